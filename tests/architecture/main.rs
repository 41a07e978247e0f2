//! The rooms hold: each imports only what stands to its left, and the first four are pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Left to right; each may import anything before it. `sandbox` stands apart and is imported by the command line alone; `fuzzing`, which is only there for tests, by nobody.
const ROOMS: [&str; 10] = ["model", "roadmap", "score", "plan", "tracker", "store", "settings", "daemon", "web", "cli"];
const PURE: usize = 4;
/// What a pure room may not name: clocks, files, networks, environments, logs, tasks.
const IMPURE: [&str; 19] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::io",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant",
    "Timestamp::now",
    "Zoned::now",
    "tokio",
    "reqwest",
    "octocrab",
    "sqlx",
    "axum",
    "tracing",
    "async fn",
    "print!(",
    "println!(",
];

struct Source {
    path: PathBuf,
    room: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![src.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("src can be read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let inside = path.strip_prefix(&src).expect("under src");
                let room = inside.components().next().expect("a name").as_os_str().to_string_lossy().to_string();
                let text = std::fs::read_to_string(&path).expect("a source can be read");
                found.push(Source { path, room: room.trim_end_matches(".rs").to_owned(), text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 30, "the sources were found");
    found
}

/// The code without comments and without its test module, so that prose and tests may say what they like.
fn code(source: &Source) -> String {
    if source.path.ends_with("tests.rs") {
        return String::new();
    }
    let text = source.text.split("#[cfg(test)]").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Rooms named behind `crate::` in a source, `use crate::{a, b}` included.
fn imports(code: &str) -> Vec<String> {
    let mut named = Vec::new();
    for after in code.split("crate::").skip(1) {
        let list = after.strip_prefix('{').map_or(after, |list| list.split('}').next().unwrap_or_default());
        let braces = after.starts_with('{');
        for part in if braces { list.split(',').collect::<Vec<_>>() } else { vec![list] } {
            named.push(part.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
        }
    }
    named
}

#[test]
fn each_room_imports_only_what_stands_to_its_left() {
    let place: BTreeMap<&str, usize> = ROOMS.iter().enumerate().map(|(at, room)| (*room, at)).collect();
    let mut wrong = Vec::new();
    for source in sources() {
        for named in imports(&code(&source)) {
            let allowed = match (place.get(source.room.as_str()), place.get(named.as_str())) {
                (Some(from), Some(to)) => to <= from,
                (Some(_), None) => named != "fuzzing" && (named != "sandbox" || source.room == "cli"),
                (None, _) if source.room == "sandbox" => named == "sandbox",
                (None, _) => true,
            };
            if !allowed {
                wrong.push(format!("{} imports {named}", source.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_source_is_in_a_known_room() {
    for source in sources() {
        let known = ROOMS.contains(&source.room.as_str())
            || ["sandbox", "fuzzing", "lib", "main"].contains(&source.room.as_str());
        assert!(known, "{} is in no room", source.path.display());
    }
}

#[test]
fn the_first_four_rooms_are_pure() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| ROOMS[..PURE].contains(&source.room.as_str())) {
        let code = code(source);
        wrong.extend(
            IMPURE
                .iter()
                .filter(|word| code.contains(**word))
                .map(|word| format!("{} names {word}", source.path.display())),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_source_opens_with_a_sentence_of_what_it_is() {
    for source in sources() {
        assert!(source.text.starts_with("//! "), "{} doesn't say what it is", source.path.display());
    }
}

#[test]
fn only_approve_builds_an_approved_plan() {
    for source in sources() {
        let builds = code(&source).contains("ApprovedPlan {") && !source.text.contains("impl ApprovedPlan {");
        assert!(!builds, "{} builds an ApprovedPlan", source.path.display());
        // Nor may anybody change one: its fields are its own.
        if let Some((_, rest)) = code(&source).split_once("pub struct ApprovedPlan {") {
            let fields = rest.split_once("\n}").expect("its end").0;
            assert!(fields.contains("changes") && !fields.contains("pub"), "{fields}");
        }
    }
}

#[test]
fn the_preview_is_handed_no_writer() {
    let cycle = sources().into_iter().find(|source| source.path.ends_with("daemon/cycle.rs")).expect("the cycle");
    let signature =
        cycle.text.split("pub async fn preview").nth(1).expect("the preview").split('{').next().expect("a body");
    assert!(signature.contains("Fetch") && !signature.contains("Write"), "{signature}");
}

#[test]
fn no_flag_for_a_dry_run_exists_below_the_command_line() {
    for source in sources().iter().filter(|source| source.room != "cli") {
        assert!(!code(source).contains("dry_run"), "{}", source.path.display());
    }
}

/// What `deny.toml` allows: licences, and crates that must not be there.
fn allowed() -> (BTreeSet<String>, BTreeSet<String>) {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml")).expect("deny.toml");
    let quoted = |section: &str| -> BTreeSet<String> {
        let body = text.split(section).nth(1).expect("the list").split("\n]").next().expect("its end");
        let body = body.split("}]").next().expect("its end");
        body.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    };
    (quoted("allow = ["), quoted("\ndeny = ["))
}

#[test]
fn every_dependency_is_from_the_registry_under_a_licence_that_deny_toml_allows() {
    let told = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).expect("JSON");
    let (licences, denied) = allowed();
    let packages = told["packages"].as_array().expect("packages");
    assert!(packages.len() > 100 && licences.len() > 5 && denied.len() == 2, "{licences:?} {denied:?}");
    for package in packages.iter().filter(|package| package["name"] != env!("CARGO_PKG_NAME")) {
        let name = package["name"].as_str().expect("a name");
        assert!(!denied.contains(name), "{name} is denied");
        let source = package["source"].as_str().unwrap_or("a path");
        assert_eq!(source, "registry+https://github.com/rust-lang/crates.io-index", "{name}");
        let licence = package["license"].as_str().unwrap_or_else(|| panic!("{name} names no licence"));
        let licence = spdx::Expression::parse_mode(licence, spdx::ParseMode::LAX).expect(name);
        let is_allowed = |wanted: &spdx::LicenseReq| {
            wanted.license.id().is_some_and(|id| licences.contains(id.name)) && wanted.addition.is_none()
        };
        assert!(licence.evaluate(is_allowed), "{name}: {licence} isn't allowed");
    }
}
