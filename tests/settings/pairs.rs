//! Nine ways to write a wrong configuration, two at once: both are named, each in its file.

use std::path::PathBuf;

use roadmapd::settings::Settings;

use super::{SMALL, env};

/// What is written, the key that is named, and what the finding says to do.
const WAYS: [(&str, &str, &str); 9] = [
    ("[limits]\nchange_max = 1", "limits.change_max", "did you mean changes_max?"),
    ("[readiness]\nenabled = \"yes\"", "readiness.enabled", "write true or false here"),
    ("[priority]\nhysteresis = 99", "priority.hysteresis", "change it to fit"),
    ("[links]\nfrom = [\"mirrors\"]", "links.from[0]", "did you mean \"mirror\"?"),
    ("[daemon]\nschedule = \"hourly\"", "daemon.schedule", "write five fields"),
    ("[trackers.jira]\nauth = { token = \"abc\" }", "trackers.jira.auth.token", "write { env = \"NAME\" }"),
    (
        "[trackers.github]\nauth = { token = { env = \"NO_SUCH\" } }",
        "trackers.github.auth.token",
        "set it, or name another",
    ),
    ("[[sink]]\naspect = \"priority\"\nlabel = \"my {level}\"", "sink[0].label", "change the spelling"),
    ("[write\nmode = \"observe\"", "", "correct that line"),
];

#[test]
fn of_two_things_wrong_both_are_named_at_once_with_file_key_and_next_step() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    };
    let right = write("right.toml", SMALL);
    for (index, one) in WAYS.iter().enumerate() {
        for other in &WAYS[index + 1..] {
            let files = [right.clone(), write("one.toml", one.0), write("other.toml", other.0)];
            let found = Settings::load(&files, &env()).expect_err("two things are wrong");
            assert_eq!(found.len(), 2, "{} and {}:\n{found}", one.0, other.0);
            for ((_, key, next), file) in [(one, &files[1]), (other, &files[2])] {
                let named = found.iter().any(|finding| {
                    finding.file == file.display().to_string() && finding.key == *key && finding.next.contains(next)
                });
                assert!(named, "{key} in {} is not named:\n{found}", file.display());
            }
        }
    }
}
