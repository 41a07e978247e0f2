//! The first hour: a configuration written from what the tokens reach and how people work there.

use std::io::Write;
use std::process::Stdio;

use roadmapd::sandbox::{Corpus, JiraShape, Options};

use crate::desk::{Desk, Said, bare};

fn flags(desk: &Desk) -> Vec<String> {
    let file = |name: &str| desk.folder.path().join(name).display().to_string();
    [
        ("--github-url", desk.trackers.github_url().to_owned()),
        ("--github-token-file", file("github-token")),
        ("--jira-url", desk.trackers.jira_url().to_owned()),
        ("--jira-user", desk.trackers.jira_user().to_owned()),
        ("--jira-token-file", file("jira-token")),
        ("--out", file("first.toml")),
    ]
    .into_iter()
    .flat_map(|(flag, value)| [flag.to_owned(), value])
    .collect()
}

fn run(desk: &Desk, args: &[String]) -> Said {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    desk.run(&args)
}

#[tokio::test(flavor = "multi_thread")]
async fn init_finds_what_the_tokens_reach_and_writes_a_configuration_that_observes_on_every_flavour() {
    let data_center = JiraShape { data_center: true, ..JiraShape::default() };
    let shapes =
        [Options::default(), Options { github_enterprise: true, jira_shape: data_center, ..Options::default() }];
    for options in shapes {
        let desk = Desk::with(Corpus::generated(1, 60), options, "").await;
        let args: Vec<String> = std::iter::once("init".to_owned()).chain(flags(&desk)).collect();
        let said = run(&desk, &args);
        assert_eq!((said.code, desk.writes()), (0, 0), "{said:?}");
        let out = desk.folder.path().join("first.toml");
        let text = std::fs::read_to_string(&out).expect("a configuration");
        for container in desk.trackers.repositories().iter().chain(&desk.trackers.projects()) {
            assert!(text.contains(&format!("\"{container}\"")) && said.out.contains(container.as_str()), "{text}");
        }
        assert!(text.contains("mode = \"observe\"") && text.contains("bands = { p0 = "), "{text}");
        for secret in [desk.trackers.github_token(), desk.trackers.jira_token()] {
            assert!(!text.contains(secret) && !said.out.contains(secret) && !said.err.contains(secret));
        }
        // The commands that it ends with run as they are told.
        let config = out.display().to_string();
        for command in [&["check", "--online"][..], &["once"], &["roadmap"], &["report"]] {
            assert!(said.out.contains(&format!("-c {config} {}", command.join(" "))), "{}", said.out);
            let ran = Said::from(
                bare(command).arg("-c").arg(&out).current_dir(desk.folder.path()).output().expect("the binary runs"),
            );
            assert_eq!((ran.code, desk.writes()), (0, 0), "{command:?}: {ran:?}");
        }
        let again = run(&desk, &args);
        assert!(
            again.code == 1 && again.err.contains("is there already") && again.err.contains("--force"),
            "{again:?}"
        );
        assert_eq!(std::fs::read_to_string(&out).expect("a configuration"), text, "it is left alone");
        assert_eq!(run(&desk, &[args, vec!["--force".to_owned()]].concat()).code, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn init_takes_over_how_people_spell_their_labels() {
    let desk = Desk::new(Corpus::shipped(), "").await;
    for (key, label) in [("acme/api#3", "prio: P1"), ("acme/api#5", "prio: P2"), ("acme/web#2", "size/S")] {
        desk.trackers.add_label(key, label).expect("an issue");
    }
    desk.trackers.add_label("acme/web#4", "size/XL").expect("an issue");
    let said = run(&desk, &std::iter::once("init".to_owned()).chain(flags(&desk)).collect::<Vec<_>>());
    assert_eq!(said.code, 0, "{said:?}");
    let text = std::fs::read_to_string(desk.folder.path().join("first.toml")).expect("a configuration");
    for part in ["label = \"prio: {level}\"", "label = \"size/{level}\"", "also_read = { p0 = [", "\"sev1\""] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("\"prio: P1\""), "what the sink spells is no other word: {text}");
    assert!(text.contains("# field = \"priority\""), "{text}");
    assert!(said.out.contains("Too few open items"), "{}", said.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn init_asks_where_nothing_is_told_and_says_what_is_missing() {
    let desk = Desk::new(Corpus::shipped(), "").await;
    let token = desk.folder.path().join("github-token");
    let out = desk.folder.path().join("asked.toml");
    let answers = format!("{}\n{}\n-\nacme/nothing\n2\n", desk.trackers.github_url(), token.display());
    let mut child = bare(&["init", "--out", &out.display().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary");
    child.stdin.take().expect("a pipe").write_all(answers.as_bytes()).expect("answers");
    let said = Said::from(child.wait_with_output().expect("an end"));
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.err.contains("acme/nothing is neither a number nor a name"), "{said:?}");
    let text = std::fs::read_to_string(&out).expect("a configuration");
    assert!(text.contains("repositories = [\"acme/web\"]") && !text.contains("trackers.jira"), "{text}");

    let (url, out) = (desk.trackers.github_url(), out.with_file_name("by-env.toml"));
    let mut by_env =
        bare(&["init", "--github-url", url, "--github-token-env", "OUR_TOKEN", "--repository", "acme/api"]);
    by_env.arg("--out").arg(&out).env("OUR_TOKEN", desk.trackers.github_token()).env("ROADMAPD__NONSENSE", "1");
    let said = Said::from(by_env.output().expect("the binary runs"));
    assert_eq!(said.code, 0, "{said:?}");
    assert!(std::fs::read_to_string(&out).expect("a configuration").contains("{ env = \"OUR_TOKEN\" }"));

    let missing = run(&desk, &["init", "--project", "PAY", "--out", "other.toml"].map(str::to_owned));
    assert!(missing.code == 1 && missing.err.contains("--jira-url"), "{missing:?}");
    let refused = desk.folder.path().join("refused");
    std::fs::write(&refused, "not-a-token").expect("a file");
    let mut args = flags(&desk);
    args[3] = refused.display().to_string();
    let said = run(&desk, &std::iter::once("init".to_owned()).chain(args).collect::<Vec<_>>());
    assert!(said.code == 1 && said.err.contains("401"), "{said:?}");
    assert!(!desk.folder.path().join("first.toml").exists(), "nothing is left of it");
}
