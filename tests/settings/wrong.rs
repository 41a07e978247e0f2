//! Wrong configurations: everything that is wrong is named at once, with file, key and next step.

use proptest::prelude::*;
use roadmapd::settings::Settings;

use super::{SMALL, env, finding, findings};

#[test]
fn nine_things_wrong_are_nine_findings_sorted_by_file_and_key() {
    let text = r#"
[daemon]
schedule = "every five minutes"
timezone = "Mars/Olympus"
shedule = "0 * * * *"

[trackers.github]
kind = "github"
base_url = "http://api.github.com"
auth = { token = { env = "NO_SUCH" } }
repositories = ["acme"]

[trackers.jira]
kind = "jira"
base_url = "https://acme.atlassian.net"
auth = { token = "literal" }
projects = ["pay"]

[limits]
share_max = 30
changes_max = "many"
"#;
    let findings = findings(text);
    let keys: Vec<&str> = findings.iter().map(|finding| finding.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "daemon.schedule",
            "daemon.shedule",
            "daemon.timezone",
            "limits.changes_max",
            "limits.share_max",
            "trackers.github.auth.token",
            "trackers.github.base_url",
            "trackers.github.repositories[0]",
            "trackers.jira.auth.token",
            "trackers.jira.projects[0]",
        ],
        "{findings}"
    );
    assert_eq!(findings.to_string().lines().count(), keys.len());
    assert!(findings.to_string().contains("30 must be a number from 0 to 1"), "{findings}");
    for finding in findings.iter() {
        assert!(
            finding.file == "roadmapd.toml" && !finding.problem.is_empty() && !finding.next.is_empty(),
            "{finding}"
        );
    }
}

#[test]
fn an_unknown_key_names_the_nearest_of_its_section() {
    for (text, key, near) in [
        ("[daemn]\nlisten = \"\"", "daemn", "daemon"),
        ("[daemon]\nschedul = \"\"", "daemon.schedul", "schedule"),
        ("[limits]\nchange_max = 1", "limits.change_max", "changes_max"),
        ("[priority.weights]\nsevertiy = 1", "priority.weights.severtiy", "severity"),
        ("[priority]\nbands = { po = 1 }", "priority.bands.po", "p0"),
        ("[complexity]\nbands = { xll = 1 }", "complexity.bands.xll", "xl"),
        ("[write]\nfirst-contact = \"ask\"", "write.first-contact", "first_contact"),
        ("[[scope]]\nname = \"a\"\nmatch = [\"jira:PAY\"]\nlimit = {}", "scope[0].limit", "limits"),
        ("[[mirror]]\nname = \"a\"\nfrom = []\nto = \"b\"\nstatus = { tood = \"x\" }", "mirror[0].status.tood", "todo"),
    ] {
        let (found, said) = finding(&format!("{SMALL}\n{text}"));
        assert_eq!(found, key);
        assert!(said.ends_with(&format!("did you mean {near}?")), "{said}");
    }
    let (_, said) = finding(&SMALL.replace("repositories", "repos = [\"acme/api\"]\nrepositories"));
    assert!(said.contains("trackers.github.repos: ") && said.contains("did you mean repositories?"), "{said}");
    let (_, said) = finding(&format!("{SMALL}\n[limits]\nzzz = 1"));
    assert!(said.ends_with("known there: changes_max, refusals_max, reversals_max, share_max, stale_max"), "{said}");
}

#[test]
fn each_value_out_of_its_limits_is_refused_with_the_limit() {
    for (text, key, said) in [
        ("[daemon]\nschedule = \"* * *\"", "daemon.schedule", "needs five (Unix cron) or six"),
        ("[daemon]\ncensus = \"0 0 31 2 *\"", "daemon.census", "no day of any year"),
        ("[daemon]\nlisten = \"8780\"", "daemon.listen", "127.0.0.1:8780"),
        ("[daemon]\nlisten = \"0.0.0.0:8780\"", "daemon.listen", "set [page] auth; or [page] open = true"),
        ("[daemon]\nlisten = \"[::]:8780\"", "daemon.listen", "can be reached from elsewhere"),
        ("[page]\nauth = {}", "page.auth", "neither a token nor a proxy's header"),
        ("[page.auth]\nproxy_header = \"X-Forwarded-User\"", "page.auth.from", "whoever sends the header"),
        ("[page.auth]\nproxy_header = \"Host\"\nfrom = [\"::1\"]", "page.auth.proxy_header", "X-Forwarded-User"),
        ("[page.auth]\nproxy_header = \"X-User\"\nfrom = [\"proxy\"]", "page.auth.from", "is not an address"),
        ("[page.auth]\ntoken = { env = \"SHORT\" }", "page.auth.token", "is not set"),
        ("[page]\nhosts = [\"https://a.example\"]", "page.hosts", "without https://"),
        ("[notify]\nurl = { env = \"NO_HOOK\" }", "notify.url", "is not set"),
        ("[notify]\nurl = { env = \"JIRA_TOKEN\" }", "notify.url", "it is not shown"),
        ("[notify]\nurl = \"https://hooks.example/T0\"", "notify.url", "a literal secret is refused"),
        ("[notify]\ntemplate = '{\"text\": {text}}'", "notify.template", "{text} within a text"),
        ("[notify]\ntemplate = '{\"text\": \"hello\"}'", "notify.template", "{text} within a text"),
        ("[notify]\nevents = [\"rain\"]", "notify.events[0]", "plan-waits"),
        ("[notify]\ndigest = \"0 0 8 * * Mon\"", "notify.digest", "there is no url"),
        ("[notify]\ndigest = \"weekly\"", "notify.digest", "is not a schedule"),
        ("[daemon]\ndatabase = \"roadmapd.db\"", "daemon.database", "sqlite:PATH"),
        ("[limits]\nrefusals_max = 0", "limits.refusals_max", "from 1 to 100"),
        ("[limits]\nreversals_max = 101", "limits.reversals_max", "from 1 to 100"),
        ("[daemon]\ndatabase = \"postgres://db/x\"", "daemon.database", "postgres is not built yet"),
        ("[daemon]\ndatabase = \"sqlite:\"", "daemon.database", "names no file"),
        ("[write]\nmode = \"wirte\"", "write.mode", "did you mean \"write\"?"),
        ("[write]\nidle_max = \"180\"", "write.idle_max", "180d"),
        ("[links]\nfrom = [\"mirrors\"]", "links.from[0]", "did you mean \"mirror\"?"),
        ("[priority]\nmodel = \"rice\"", "priority.model", "wsjf, weighted"),
        ("[priority]\nsize_exponent = 1.5", "priority.size_exponent", "from 0 to 1"),
        ("[priority]\nhysteresis = -1", "priority.hysteresis", "from 0 to 50"),
        ("[priority]\nhysteresis = nan", "priority.hysteresis", "NaN must be"),
        ("[priority]\nbands = { p1 = 90 }", "priority.bands", "fall from p0 to p3 = 0"),
        ("[priority]\nbands = { p3 = 10 }", "priority.bands", "fall from p0 to p3 = 0"),
        ("[complexity]\nbands = { s = 5 }", "complexity.bands", "rise from xs = 0 to xl"),
        ("[complexity]\nbands = { xs = 1 }", "complexity.bands", "rise from xs = 0 to xl"),
        ("[priority.weights]\nseverity = -3", "priority.weights.severity", "from 0 to 1000"),
        ("[limits]\nshare_max = 1.01", "limits.share_max", "from 0 to 1"),
        ("[limits]\nchanges_max = -1", "limits.changes_max", "from 0"),
        ("[limits]\nchanges_max = 1.5", "limits.changes_max", "must be a whole number"),
        ("[limits]\nstale_max = 3600", "limits.stale_max", "must be a text"),
        ("[readiness]\nenabled = \"yes\"", "readiness.enabled", "true or false"),
        ("[[sink]]\nlabel = \"{level}\"", "sink[0].aspect", "missing"),
        ("[[priority.rules]]\nname = \"a\"\nwhen = \"true\"", "priority.rules[0].add", "missing"),
        ("[[scope]]\nname = \"a\"\nmatch = [\"gitlab:x\"]", "scope[0].match[0]", "configured: github, jira"),
        (
            "[[scope]]\nname = \"a\"\nmatch = [\"jira:PAY\"]\npriority = { bands = { p0 = 1 } }",
            "scope[0].priority.bands",
            "fall",
        ),
    ] {
        let (found, text) = finding(&format!("{SMALL}\n{text}"));
        assert_eq!(found, key, "{text}");
        assert!(text.contains(said), "{text}");
    }
    assert_eq!(finding(&format!("sink = []\n{SMALL}")).0, "sink");
}

#[test]
fn each_wrong_tracker_is_refused_with_the_next_step() {
    for (from, to, key, said) in [
        ("\"github\"\nb", "\"gitlab\"\nb", "trackers.github.kind", "github, jira"),
        ("kind = \"github\"", "", "trackers.github.kind", "it is missing"),
        ("base_url = \"https://api.github.com\"", "", "trackers.github.base_url", "it is missing"),
        ("auth = { token = { env = \"GITHUB_TOKEN\" } }", "", "trackers.github.auth", "it is missing"),
        ("{ token = { env = \"GITHUB_TOKEN\" } }", "{}", "trackers.github.auth.token", "it is missing"),
        ("{ token = { env", "{ user = \"x\", token = { env", "trackers.github.auth.user", "only a Jira tracker"),
        ("{ env = \"GITHUB_TOKEN\" }", "{}", "trackers.github.auth.token", "exactly one of env and file"),
        ("https://api.github.com", "api.github.com", "trackers.github.base_url", "not a URL"),
        ("https://api.github.com", "https://github.com", "trackers.github.base_url", "the page, not the API"),
        ("https://api.github.com", "http://10.0.0.1", "trackers.github.base_url", "only allowed on loopback"),
        ("https://api.github.com", "ftp://a.b", "trackers.github.base_url", "must be https"),
        ("https://acme.atlassian.net", "https://acme.atlassian.net/?a=b", "trackers.jira.base_url", "no ?"),
        ("[\"acme/api\"]", "[]", "trackers.github.repositories", "nothing would be read"),
        ("[\"acme/api\"]", "[\"acme/api\", \"Acme/API\"]", "trackers.github.repositories[1]", "twice"),
        ("[\"acme/api\"]", "[\"acme/api/x\"]", "trackers.github.repositories[0]", "not owner/name"),
        ("[\"acme/api\"]", "[\"../..\"]", "trackers.github.repositories[0]", "not owner/name"),
        ("[\"PAY\"]", "[\"PAY\", \"PAY\"]", "trackers.jira.projects[1]", "twice"),
        ("[\"PAY\"]", "[\"PAY-7\"]", "trackers.jira.projects[0]", "not a project key"),
        ("[\"PAY\"]", "[\"PAY\"]\nrepositories = []", "trackers.jira.repositories", "only a GitHub tracker"),
        (
            "[\"PAY\"]",
            "[\"PAY\"]\nfields = { story_points = \"Story Points\" }",
            "trackers.jira.fields.story_points",
            "customfield_10016",
        ),
        ("[\"PAY\"]", "[\"PAY\"]\nbudget = { concurrency = 0 }", "trackers.jira.budget.concurrency", "from 1 to 100"),
        ("[trackers.jira]", "[trackers.\"a:b\"]", "trackers.\"a:b\"", "can't have this name"),
        ("[trackers.jira]", "[trackers.GitHub]", "trackers.github", "but for upper and lower case"),
    ] {
        let text = SMALL.replace(from, to);
        assert_ne!(text, SMALL, "{from}");
        let (found, text) = finding(&text);
        assert_eq!(found, key, "{text}");
        assert!(text.contains(said), "{text}");
    }
    for loopback in ["http://127.0.0.1:1234", "http://localhost:1", "http://[::1]:1"] {
        assert!(Settings::from_toml(&SMALL.replace("https://api.github.com", loopback), &env()).is_ok(), "{loopback}");
    }
    let said = finding("[limits]\nchanges_max = 1").1;
    assert!(said.contains("trackers: it is missing; add [trackers.github]"), "{said}");
}

#[test]
fn what_is_not_toml_is_named_by_line_and_column_alone() {
    let (key, said) = finding(&format!("{SMALL}limits = {{ oops"));
    assert_eq!(key, "");
    assert!(said.contains("line 13, column"), "{said}");
}

fn any_toml() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        "[a-z_]{1,8}",
        prop::sample::select(vec![
            "daemon",
            "trackers",
            "sink",
            "scope",
            "priority",
            "bands",
            "auth",
            "token",
            "env",
            "schedule",
            "kind",
            "label",
            "weights",
            "match",
            "database",
            "timezone",
            "limits",
            "write",
            "a.b[99999999999]",
            "fields",
            "budget",
            "tracker",
            "aspect",
            "also_read",
            "name",
            "repositories",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,6}",
    ];
    let leaf = prop_oneof![
        any::<i64>().prop_map(toml_text),
        any::<f64>().prop_map(toml_text),
        any::<bool>().prop_map(toml_text),
        "\\PC{0,20}".prop_map(toml_text),
        prop::sample::select(vec![
            "* * * * 7-7/7",
            "github",
            "{level}",
            "priority",
            "*",
            "0 0 29 2 1",
            "1h",
            "http://[::1"
        ])
        .prop_map(toml_text),
    ];
    let value = leaf.prop_recursive(4, 32, 4, move |inner| {
        let named = (key.clone(), inner.clone()).prop_map(|(key, value)| format!("{} = {value}", toml_text(key)));
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|values| format!("[{}]", values.join(", "))),
            prop::collection::vec(named, 0..4).prop_map(|pairs| format!("{{ {} }}", pairs.join(", "))),
        ]
    });
    let sections = prop::sample::select(vec![
        "daemon",
        "trackers",
        "trackers.github",
        "sink",
        "scope",
        "priority",
        "complexity",
        "links",
        "limits",
        "write",
        "mirror",
        "people",
        "readiness",
        "x",
    ]);
    prop::collection::vec((sections, value), 0..6)
        .prop_map(|pairs| pairs.iter().map(|(name, value)| format!("{name} = {value}\n")).collect())
}

fn toml_text(value: impl serde::Serialize) -> String {
    serde_json::to_string(&value).unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(text in "(?s).{0,200}") {
        let findings = Settings::from_toml(&text, &env()).expect_err("no random text is a configuration");
        prop_assert!(!findings.is_empty());
    }

    #[test]
    fn no_table_makes_it_panic(text in any_toml(), after in any::<bool>()) {
        let text = if after { format!("{text}{SMALL}") } else { text };
        if let Err(findings) = Settings::from_toml(&text, &env()) {
            prop_assert_eq!(findings.to_string().lines().count(), findings.len());
        }
    }

    #[test]
    fn no_variable_makes_it_panic(name in "(ROADMAPD__)?(DAEMON|TRACKERS|SINK|[A-Z_]{0,6})(__[A-Z_.\\[\\]0-9]{0,9}){0,3}", value in "\\PC{0,20}") {
        if let Err(findings) = Settings::from_toml(SMALL, &[env(), vec![(name, value)]].concat()) {
            prop_assert!(!findings.is_empty());
        }
    }

    #[test]
    fn no_expression_makes_the_schedule_panic(fields in prop::collection::vec("[0-9*/,?LW-]{1,6}|mon|[a-z]{1,4}", 0..8)) {
        let _ = fields.join(" ").parse::<roadmapd::settings::Schedule>();
    }
}
