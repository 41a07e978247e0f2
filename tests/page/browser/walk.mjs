// A job (JSON on standard input) -> what a browser finds wrong with the page (JSON on standard output).
//
// Every view of the job is opened in every way: at a width, with or without JavaScript, in light or dark. In two of them it is also
// walked by keyboard. What was walked is told beside what was found, so that a view that is left out is a failure, too.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";

const job = JSON.parse(await text(process.stdin));
const require = createRequire(`${job.packages}/`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

/** Stops of the Tab key on one view, beyond those that are expected, until it is taken to lead nowhere. */
const STOPS_SPARE = 20;
/** How long anything may take, in milliseconds. */
const PATIENCE_MS = 30_000;

const walked = [];
const findings = [];
const found = (where, what) => findings.push(`${where}: ${what}`);
const started = Date.now();
/** For whoever reads why it took so long, or where it broke off. */
const ended = (where) => {
  walked.push(where);
  console.error(`${((Date.now() - started) / 1000).toFixed(1)} s: ${where}`);
};

/** What is done by keyboard alone, each by its name. */
const steps = {
  "skips to the content": async (page) => {
    await page.goto("/");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    return (await page.evaluate(() => document.activeElement.closest("main") !== null)) || "the first Tab and Enter don't lead into the content";
  },
  "searches": async (page, way) => {
    await page.goto("/");
    if (way.script) await page.keyboard.press("/");
    else await tabTo(page, "input[name=text]");
    await page.keyboard.type("<script>alert(1)");
    await page.keyboard.press("Enter");
    await page.waitForURL(/[?&]text=%3Cscript%3Ealert%281%29/);
    return (await page.locator("main").innerText()).includes("<script>alert(1)</script>") || "the item isn't found";
  },
  "chooses two levels and a status": async (page) => {
    await page.goto("/");
    await tabTo(page, "select[name=status]");
    await page.keyboard.press("End");
    await tabTo(page, "summary");
    await page.keyboard.press("Enter");
    for (const level of ["p0", "p1"]) {
      await tabTo(page, `input[value=${level}]`);
      await page.keyboard.press("Space");
    }
    if (new URL(page.url()).search !== "") return `a key that chooses leaves the form: ${page.url()}`;
    await page.keyboard.press("Enter");
    await page.waitForURL(/priority=p0&priority=p1/);
    const chosen = await page.evaluate(() => [...document.querySelectorAll(":checked")].map((e) => e.value).filter(Boolean).join());
    return chosen === "all,p0,p1" || `the choices are ${chosen}`;
  },
  "goes from a mark to its item": async (page) => {
    await page.goto("/matrix");
    await tabTo(page, ".dot");
    const told = await page.evaluate(() => getComputedStyle(document.activeElement.querySelector(".tip")).opacity);
    if (told !== "1") return "a mark doesn't tell what it is";
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/items\//);
    return true;
  },
};
async function tabTo(page, selector) {
  for (let stop = 0; stop < 100; stop++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((selector) => document.activeElement.matches(selector), selector)) return;
  }
  throw new Error(`the Tab key doesn't reach ${selector}`);
}

const name = (way) => `${way.width} ${way.script ? "script" : "no script"} ${way.scheme}`;

const browser = await chromium.launch({
  executablePath: job.chromium,
  // Whoever runs tests as root (containers do) gets no sandbox from Chromium; the pages are our own.
  args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  timeout: PATIENCE_MS,
});
try {
  for (const site of job.sites) {
    const said = new Map();
    for (const way of job.ways) {
      const context = await browser.newContext({
        baseURL: site.base,
        viewport: { width: way.width, height: way.width === 390 ? 844 : 800 },
        isMobile: way.width === 390,
        hasTouch: way.width === 390,
        javaScriptEnabled: way.script,
        colorScheme: way.scheme,
        timezoneId: "UTC",
      });
      context.setDefaultTimeout(PATIENCE_MS);
      const page = await context.newPage();
      const now = { where: name(way), status: 200 };
      listen(page, site, now);
      if (site.token) await signIn(page, site, way, now);
      for (const view of site.views) await walk(page, view, way, now, said);
      if (way.scheme === "light") for (const step of site.steps) await take(page, step, way, now);
      await context.close();
    }
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify({ walked, findings }));

/** One view in one way. */
async function walk(page, view, way, now, said) {
  const where = `${name(way)} ${view.name}`;
  Object.assign(now, { where, status: view.status });
  try {
    await look(page, view, way, where, said);
  } catch (error) {
    found(where, `${error}`);
  }
  ended(where);
}

async function look(page, view, way, where, said) {
  const answer = await page.goto(view.path, { waitUntil: "load" });
  if (answer.status() !== view.status) found(where, `is answered with ${answer.status()}`);
  if (job.pictures) await page.screenshot({ path: `${job.pictures}/${where}.png`, fullPage: true });
  for (const what of await page.evaluate(layout, way.width)) found(where, what);
  const words = await page.evaluate(spoken);
  if (!words.includes(view.says)) found(where, `doesn't say ${view.says}`);
  const other = said.get(`${way.width} ${view.name}`) ?? words;
  said.set(`${way.width} ${view.name}`, other);
  if (words !== other) found(where, `says something else than in another way: ${words} / ${other}`);
  if (way.script) for (const what of await accessible(page, way)) found(where, what);
  if ((way.width === 1280) === way.script && way.scheme === "light") await byKeyboard(page, where);
}

/** One thing that is done by keyboard. */
async function take(page, step, way, now) {
  const where = `${name(way)} ${step}`;
  Object.assign(now, { where, status: 200 });
  try {
    const done = await steps[step](page, way);
    if (done !== true) found(where, done);
  } catch (error) {
    found(where, `${error}`);
  }
  ended(where);
}

/** Types the token: a wrong one first. */
async function signIn(page, site, way, now) {
  const where = `${name(way)} signs in`;
  Object.assign(now, { where, status: 401 });
  await page.goto("/cycles");
  for (const token of ["a guess", site.token]) {
    const asked = await page.evaluate(() => document.activeElement.name);
    if (asked !== "token") found(where, `the focus is on ${asked}, not on the token`);
    await page.keyboard.type(token);
    await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
    if (token !== site.token) {
      for (const what of await page.evaluate(layout, way.width)) found(where, what);
      if (way.script) for (const what of await accessible(page, way)) found(where, what);
      if ((await page.locator("[role=alert]").count()) !== 1) found(where, "a wrong token isn't told");
    }
  }
  if (new URL(page.url()).pathname !== "/cycles") found(where, `leads to ${page.url()}`);
  ended(where);
}

/** Makes a page tell on itself. */
function listen(page, site, now) {
  const expected = (message) => now.status >= 400 && message.text().includes(`status of ${now.status}`);
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !expected(message)) found(now.where, `console: ${message.text()}`);
  });
  page.on("pageerror", (error) => found(now.where, `script: ${error}`));
  page.on("requestfailed", (request) => {
    const why = request.failure()?.errorText;
    // What a page still asks for when it is left.
    if (why !== "net::ERR_ABORTED") found(now.where, `${request.url()} failed: ${why}`);
  });
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(site.base).origin) found(now.where, `asks for ${request.url()}`);
  });
  page.on("dialog", async (dialog) => {
    found(now.where, `dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
}

/** What doesn't fit the window. Runs in the browser. */
function layout(width) {
  const wrong = [];
  const root = document.documentElement;
  if (innerWidth !== width || root.scrollWidth > width) {
    const wide = [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > width && !e.closest(".scroll, pre, .top nav"));
    wrong.push(`scrolls sideways: ${root.scrollWidth} wide, ${wide.slice(0, 3).map((e) => e.outerHTML.slice(0, 120)).join(" | ")}`);
  }
  for (const e of document.querySelectorAll("a[href], button, input, select, summary")) {
    if (!e.checkVisibility() || e.closest(".scroll, pre, .skip, .top nav")) continue;
    const box = e.getBoundingClientRect();
    if (box.right > width + 0.5 || box.left < -0.5) wrong.push(`is cut off: ${e.outerHTML.slice(0, 120)}`);
  }
  return wrong;
}

/** The words of a page, moments as the server wrote them. Runs in the browser. */
function spoken() {
  for (const time of document.querySelectorAll("time")) if (time.title) time.textContent = time.title;
  return document.body.innerText.replace(/\s+/g, " ");
}

/** What axe has against a page; in the dark against its colours, since all else is the same. */
async function accessible(page, way) {
  await page.evaluate(axe);
  const options = { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } };
  if (way.scheme === "dark") options.runOnly = ["color-contrast", "link-in-text-block"];
  const { violations } = await page.evaluate((options) => globalThis.axe.run(options), options);
  return violations.map((v) => {
    const nodes = v.nodes.map((node) => `${node.target} (${(node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? ""})`);
    return `axe ${v.id} (${v.impact}): ${v.help}: ${nodes.length} times, ${nodes.slice(0, 4).join(" | ")}`;
  });
}

/** Goes through everything by the Tab key: all that can be used is reached, in order, and seen to be. */
async function byKeyboard(page, where) {
  const expected = await page.evaluate(() => {
    const all = document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary, [tabindex]:not([tabindex='-1'])");
    const look = (e) => {
      const parts = [e, ...e.querySelectorAll("*")].map((part) => getComputedStyle(part));
      return JSON.stringify(parts.map((s) => [s.outlineStyle, s.outlineWidth, s.outlineColor, s.boxShadow, s.borderColor, s.backgroundColor, s.stroke, s.strokeWidth, s.top]));
    };
    globalThis.walk = { left: new Set([...all].filter((e) => e.checkVisibility())), seen: new Set(), look, before: null };
    return walk.left.size;
  });
  if (expected === 0) found(where, "nothing can be reached by keyboard");
  for (let stop = 0; ; stop++) {
    if (stop > expected + STOPS_SPARE) return found(where, "the Tab key never comes round");
    await page.keyboard.press("Tab");
    const { wrong, round } = await page.evaluate(() => {
      const wrong = [];
      const here = document.activeElement;
      const { before } = walk;
      if (before && before.look === walk.look(before.e)) wrong.push(`focus can't be seen on ${before.e.outerHTML.slice(0, 160)}`);
      walk.before = null;
      if (!here || here === document.body) return { wrong, round: false };
      if (walk.seen.has(here)) return { wrong, round: true };
      walk.seen.add(here);
      walk.left.delete(here);
      const box = here.getBoundingClientRect();
      if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth) wrong.push(`focus is out of sight on ${here.outerHTML.slice(0, 160)}`);
      walk.before = { e: here, look: walk.look(here) };
      return { wrong, round: false };
    });
    for (const what of wrong) found(where, what);
    if (round) break;
  }
  const left = await page.evaluate(() => [...walk.left].slice(0, 5).map((e) => e.outerHTML.slice(0, 160)));
  for (const what of left) found(where, `isn't reached by the Tab key: ${what}`);
}
