// Enriches; nothing needs it. Times say how long ago they are, a filter that is pointed at is taken at once, / goes to the search.
(function () {
  "use strict";
  function ago(at) {
    var s = (Date.now() - at) / 1000, future = s < 0, a = Math.abs(s), units = [[86400, "d"], [3600, "h"], [60, "min"]];
    for (var i = 0; i < units.length; i++) {
      if (a >= units[i][0]) {
        var text = Math.floor(a / units[i][0]) + " " + units[i][1];
        return future ? "in " + text : text + " ago";
      }
    }
    return future ? "in a moment" : "just now";
  }
  document.querySelectorAll("time[datetime]").forEach(function (time) {
    var at = Date.parse(time.getAttribute("datetime"));
    if (!isNaN(at)) {
      time.title = time.textContent;
      time.textContent = ago(at);
    }
  });
  document.querySelectorAll("form.filters").forEach(function (form) {
    // Whoever chooses by keyboard passes other choices on the way, and says by Enter when it is done.
    var pointed = false;
    form.addEventListener("pointerdown", function () { pointed = true; });
    form.addEventListener("keydown", function () { pointed = false; });
    form.addEventListener("change", function (event) {
      if (pointed && event.target.type !== "search") form.requestSubmit();
    });
    // An address says only what narrows.
    form.addEventListener("formdata", function (event) {
      Array.from(event.formData.entries()).forEach(function (entry) {
        if (entry[1] === "") event.formData.delete(entry[0]);
      });
    });
  });
  document.addEventListener("keydown", function (event) {
    var search = document.querySelector("input[type=search]"), on = event.target;
    if (event.key === "/" && search && !/^(INPUT|SELECT|TEXTAREA)$/.test(on.tagName) && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      search.focus();
    }
  });
})();
