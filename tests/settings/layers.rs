//! The defaults, then files, then the environment; the later wins.

use std::path::PathBuf;

use roadmapd::plan::{Mode, Target};
use roadmapd::settings::{Findings, Settings};
use roadmapd::tracker::{GithubAuth, TrackerConfig};

use super::{SMALL, env, env_with};

fn load_files(texts: &[&str], env: &[(String, String)]) -> Result<Settings, Findings> {
    let directory = tempfile::tempdir().expect("a directory");
    let files: Vec<PathBuf> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let file = directory.path().join(format!("{index}.toml"));
            std::fs::write(&file, text).expect("written");
            file
        })
        .collect();
    Settings::load(&files, env)
}

#[test]
fn a_later_file_wins_and_the_environment_wins_over_files() {
    let first = format!("{SMALL}\n[limits]\nchanges_max = 1\nshare_max = 0.1\n[write]\nmode = \"observe\"");
    let second = "[limits]\nchanges_max = 2";
    let settings = load_files(&[&first, second], &env()).expect("right");
    assert_eq!((settings.limits(&[]).changes_max, settings.limits(&[]).share_max), (2, 0.1));
    assert_eq!(settings.scheme(&[]).default.mode, Mode::Observe);
    assert_eq!(settings.limits(&[]).stale_max_s, 3600);
    let settings = load_files(&[&first, second], &env_with("ROADMAPD__LIMITS__CHANGES_MAX", "3")).expect("right");
    assert_eq!(settings.limits(&[]).changes_max, 3);
}

#[test]
fn a_later_files_list_replaces_the_earlier_list() {
    let first = format!(
        "{SMALL}\n[[sink]]\naspect = \"priority\"\nlabel = \"a-{{level}}\"\n[[sink]]\naspect = \"complexity\"\nlabel = \"b-{{level}}\""
    );
    let second =
        "[[sink]]\naspect = \"readiness\"\nlabel = \"c-{level}\"\n[trackers.github]\nrepositories = [\"acme/web\"]";
    let settings = load_files(&[&first, second], &env()).expect("right");
    let scheme = settings.scheme(&[]);
    let spelled: Vec<_> =
        scheme.default.sinks.values().flatten().map(|sink| (&sink.target, sink.spellings[0].1.as_str())).collect();
    assert_eq!(spelled, [(&Target::Label, "c-ready"), (&Target::Label, "c-ready")]);
    let TrackerConfig::Github(github) = &settings.trackers[0] else { panic!("the first by name") };
    assert_eq!(github.repositories, ["acme/web"]);
}

#[test]
fn a_later_files_secret_replaces_an_earlier_one_and_does_not_mix_with_it() {
    let secret = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(secret.path(), "abc\n").expect("written");
    let second = format!("[trackers.github]\nauth = {{ token = {{ file = {:?} }} }}", secret.path());
    let settings = load_files(&[SMALL, &second], &env()).expect("right");
    let TrackerConfig::Github(github) = &settings.trackers[0] else { panic!("the first by name") };
    let GithubAuth::Token(token) = &github.auth else { panic!("{:?}", github.auth) };
    assert_eq!(token.to_string(), format!("the file {}", secret.path().display()));
}

#[test]
fn variables_are_read_as_the_type_of_their_key() {
    for (name, value, read) in [
        ("ROADMAPD__LIMITS__SHARE_MAX", "0.5", true),
        ("ROADMAPD__LIMITS__SHARE_MAX", "1", true),
        ("ROADMAPD__LIMITS__SHARE_MAX", "half", false),
        ("ROADMAPD__READINESS__ENABLED", "false", true),
        ("ROADMAPD__READINESS__ENABLED", "no", false),
        ("ROADMAPD__TRACKERS__JIRA__JQL", "123", true),
        ("ROADMAPD__TRACKERS__JIRA__PROJECTS", "PAY, CORE", true),
        ("ROADMAPD__TRACKERS__JIRA__PROJECTS", "[\"PAY\"]", true),
        ("ROADMAPD__LINKS__FROM", "explicit-line,mirror", true),
        ("ROADMAPD__PRIORITY__BANDS", "{ p0 = 90 }", true),
        ("ROADMAPD__PRIORITY__BANDS__P0", "90", true),
        ("ROADMAPD__DAEMON__LISTEN", "127.0.0.1:9", true),
        ("ROADMAPD__TRACKERS__GITHUB__AUTH__TOKEN__ENV", "JIRA_TOKEN", true),
        ("ROADMAPD__LIMITS", "5", false),
        ("ROADMAPD__", "5", false),
        ("ROADMAPD__DAEMON__LISTEN__PORT", "5", false),
    ] {
        let loaded = Settings::from_toml(SMALL, &env_with(name, value));
        assert_eq!(loaded.is_ok(), read, "{name}={value}: {:?}", loaded.err().map(|findings| findings.to_string()));
        if let Err(findings) = loaded {
            assert!(findings.iter().all(|finding| finding.file == name), "{findings}");
        }
    }
}

#[test]
fn a_wrong_variable_is_named_with_its_key() {
    let findings = Settings::from_toml(SMALL, &env_with("ROADMAPD__DAEMON__LISTN", "x")).expect_err("wrong");
    assert_eq!(
        findings.to_string(),
        "ROADMAPD__DAEMON__LISTN: daemon.listn: this key is not known; did you mean listen?"
    );
}

#[test]
fn without_a_named_file_the_directorys_own_is_read_or_missed_in_a_clear_sentence() {
    let directory = tempfile::tempdir().expect("a directory");
    let said = Settings::load_from(directory.path(), &[], &env()).expect_err("nothing there").to_string();
    assert!(said.contains("roadmapd.toml: there is no such configuration file; write one"), "{said}");
    assert!(said.contains("-c FILE") && said.lines().count() == 1, "{said}");
    std::fs::write(directory.path().join("roadmapd.toml"), SMALL).expect("written");
    assert!(Settings::load_from(directory.path(), &[], &env()).is_ok());
}

#[test]
fn files_that_cannot_be_read_are_all_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let binary = directory.path().join("b.toml");
    std::fs::write(&binary, [0xff, 0xfe]).expect("written");
    let files = [directory.path().join("a.toml"), binary, directory.path().to_owned()];
    let said = Settings::load(&files, &env()).expect_err("wrong").to_string();
    assert_eq!(said.lines().count(), 3, "{said}");
}
