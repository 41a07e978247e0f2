//! `docs/scenarios.md` lists all scenarios and names tests that exist.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The scenarios that need mirrors.
const WAIT: [u32; 11] = [1, 2, 3, 4, 9, 10, 14, 15, 16, 17, 23];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn register() -> String {
    std::fs::read_to_string(root().join("docs/scenarios.md")).expect("docs/scenarios.md")
}

/// Each row's number and what it says holds the scenario.
fn rows(text: &str) -> BTreeMap<u32, String> {
    let rows = text.lines().filter_map(|line| {
        let cells: Vec<&str> = line.trim().trim_matches('|').split(" | ").map(str::trim).collect();
        let [number, _sentence, held] = cells.as_slice() else { return None };
        Some((number.parse().ok()?, (*held).to_owned()))
    });
    let mut all = BTreeMap::new();
    for (number, held) in rows {
        assert!(all.insert(number, held).is_none(), "{number} stands there twice");
    }
    all
}

/// The tests that a text names, as (file, function).
fn named(text: &str) -> Vec<(String, String)> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter_map(|name| name.split_once("::")).map(|(file, test)| (file.to_owned(), test.to_owned())).collect()
}

fn tests_in(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut tests = Vec::new();
    let mut marked = false;
    for line in text.lines().map(str::trim) {
        marked |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        let function = line.trim_start_matches("async ").strip_prefix("fn ");
        if let Some((name, _)) = function.and_then(|rest| rest.split_once('(')) {
            if marked {
                tests.push(name.to_owned());
            }
            marked = false;
        }
    }
    tests
}

#[test]
fn all_twenty_five_scenarios_are_listed_each_with_its_tests_or_with_what_it_waits_for() {
    let rows = rows(&register());
    assert_eq!(rows.keys().copied().collect::<Vec<_>>(), (1..=25).collect::<Vec<_>>());
    for (number, held) in rows {
        let waits = held.contains("waits for mirrors");
        assert_eq!(waits, WAIT.contains(&number), "{number}: {held}");
        assert!(waits || !named(&held).is_empty(), "{number} names no test: {held}");
    }
}

#[test]
fn every_test_that_is_named_exists() {
    let text = register();
    let named = named(&text);
    assert!(named.len() > 14, "{named:?}");
    for (file, test) in named {
        assert!(tests_in(&root().join(&file)).contains(&test), "{file} has no test {test}");
    }
}

#[test]
fn every_scenario_test_is_named() {
    let text = register();
    let named = named(&text);
    for file in ["identity", "conflict", "reading", "safety", "degradation"] {
        let file = format!("tests/scenarios/{file}.rs");
        for test in tests_in(&root().join(&file)) {
            assert!(named.contains(&(file.clone(), test.clone())), "docs/scenarios.md doesn't name {file}::{test}");
        }
    }
}
