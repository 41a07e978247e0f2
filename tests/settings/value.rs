//! `[priority] value`: where business value is read, and what is wrong with a file of it.

use std::path::PathBuf;

use roadmapd::score::ValueSource;
use roadmapd::settings::{Findings, Settings};
use roadmapd::tracker::TrackerConfig;

use super::{SMALL, env, finding, load};

/// A configuration with these sources in a folder of its own, and this beside it as `value.csv`.
fn beside(sources: &str, values: &str) -> (Result<Settings, Findings>, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let file: PathBuf = folder.path().join("roadmapd.toml");
    std::fs::write(&file, format!("{SMALL}\n[priority]\nvalue = {sources}")).expect("written");
    std::fs::write(folder.path().join("value.csv"), values).expect("written");
    (Settings::load(&[file], &env()), folder)
}

#[test]
fn a_file_is_read_beside_the_configuration_and_a_field_is_asked_of_jira() {
    let sources = "[\"field:customfield_10050\", \"label:Value/{n}\", \"file:value.csv\", \"parent\"]";
    let (settings, _folder) =
        beside(sources, "\u{feff}Key,Value,Until\njira:PAY-7, 8 ,2026-12-31\n\nacme/api#7,2.5,\n");
    let settings = settings.unwrap_or_else(|findings| panic!("{findings}"));
    let knobs = settings.weights(&[]).default;
    let [field, label, ValueSource::File(file), parent] = &knobs.value[..] else { panic!("{:?}", knobs.value) };
    assert_eq!(*field, ValueSource::Field("customfield_10050".to_owned()));
    assert_eq!(*label, ValueSource::Label("value/".to_owned(), String::new()));
    assert_eq!((parent, file.name.as_str()), (&ValueSource::Parent, "value.csv"));
    let rows: Vec<(&str, f64, bool)> =
        file.rows.iter().map(|(key, row)| (key.as_str(), row.value, row.until.is_some())).collect();
    assert_eq!(rows, [("acme/api#7", 2.5, false), ("jira:pay-7", 8.0, true)]);
    let TrackerConfig::Jira(jira) = &settings.trackers[1] else { panic!("Jira is the second") };
    assert_eq!(jira.fields_asked, ["customfield_10050"]);
    assert!(settings.warnings.is_empty(), "{:?}", settings.warnings);
}

#[test]
fn each_wrong_line_is_named_with_its_file() {
    let values =
        "key,value,until\njira:PAY-1,11,\njira:PAY-2,high,\njira:PAY-3,1,soon\n,1,\njira:PAY-4\na,1\na,2\nb,1,,x\n";
    let (settings, _folder) = beside("[\"file:value.csv\"]", values);
    let told = settings.expect_err("wrong").to_string();
    for said in [
        "priority.value[0]: \"value.csv\", line 2: \"11\" must be a number from 0 to 10;",
        "line 3: \"high\" must be a number from 0 to 10;",
        "line 4: \"soon\" is not a day such as 2026-12-31;",
        "line 5: it has no key;",
        "line 6: it has 1 columns;",
        "line 8: \"a\" is there twice;",
        "line 9: it has 4 columns;",
    ] {
        assert!(told.contains(said), "{said} is not in:\n{told}");
    }
    assert_eq!(told.lines().count(), 7, "{told}");
    let (settings, _folder) = beside("[\"file:value.csv\"]", "id;worth\n1;2\n");
    assert!(settings.expect_err("wrong").to_string().contains("line 1: the first line is not key,value,until"));
    let many: String = (0..100).map(|_| "a,b\n").collect();
    let (settings, _folder) = beside("[\"file:value.csv\"]", &format!("key,value\n{many}"));
    let told = settings.expect_err("wrong");
    assert!(told.len() == 21 && told.to_string().contains("100 lines are wrong, of which 20 are told"), "{told}");
}

#[test]
fn a_source_that_cannot_answer_is_refused_with_the_next_step() {
    for (source, said, next) in [
        ("field:priority", "\"priority\" is not the id of a custom field", "field:customfield_10050"),
        ("label:value/", "doesn't say where a label has its number", "label:value/{n}"),
        ("label:{n}", "doesn't say where a label has its number", "something beside it"),
        ("file:no-such.csv", "the file \"no-such.csv\" isn't there", "key,value,until"),
        ("file:src", "is no ordinary file", "key,value,until"),
        ("file:", "\"file:\" is no source", "did you mean file?"),
        ("parents", "\"parents\" is no source", "did you mean parent?"),
        ("label", "\"label\" is no source", "label:value/{n}"),
    ] {
        let (key, told) = finding(&format!("{SMALL}\n[priority]\nvalue = [\"parent\", \"{source}\"]"));
        assert_eq!(key, "priority.value[1]", "{told}");
        assert!(told.contains(said) && told.contains(next), "{told}");
    }
}

#[test]
fn a_scope_takes_the_sources_over_and_a_wrong_file_is_told_once() {
    let scope = "[[scope]]\nname = \"pay\"\nmatch = [\"jira:PAY\"]\npriority = { hysteresis = 5 }";
    let text = format!("{SMALL}\n[priority]\nvalue = [\"file:tests/settings/value.csv\"]\n{scope}");
    let settings = load(&text);
    let weights = settings.weights(&["jira:PAY".parse().expect("a container")]);
    assert_eq!(weights.of(&"jira:PAY".parse().expect("a container")).value, weights.default.value);
    assert_eq!(finding(&text.replace("value.csv", "none.csv")).0, "priority.value[0]");
}
