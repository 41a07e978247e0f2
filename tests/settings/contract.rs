//! Every key of the contract is accepted with its name and shape, and the shipped files load.

use roadmapd::model::{Aspect, Priority, TrackerName};
use roadmapd::plan::{Existing, Mode, Target};
use roadmapd::roadmap::LinkSource;
use roadmapd::score::PriorityModel;
use roadmapd::settings::{Settings, schema};
use roadmapd::tracker::{Budget, TrackerConfig};

use super::{CERTIFICATE, SMALL, load};

pub const CONTRACT: &str = include_str!("contract.toml");

/// The contract with a file of certificates and one of values that are there.
fn contract() -> (Settings, tempfile::NamedTempFile) {
    let ca_file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(ca_file.path(), CERTIFICATE).expect("written");
    let path = ca_file.path().to_str().expect("a path");
    let text = CONTRACT.replace("/etc/ssl/acme.pem", path).replace("value.csv", "tests/settings/value.csv");
    (load(&text), ca_file)
}

#[test]
fn every_key_of_the_contract_is_accepted_and_means_what_it_says() {
    let (settings, _ca_file) = contract();
    assert_eq!(settings.daemon.schedule.as_str(), "0 */5 * * * *");
    assert_eq!(settings.daemon.database, "sqlite:roadmapd.db");
    assert_eq!(settings.daemon.listen.map(|address| address.port()), Some(8780));
    assert_eq!(settings.daemon.listen_webhooks, None);
    assert_eq!(
        settings.links.from.iter().copied().collect::<Vec<_>>(),
        [LinkSource::Mirror, LinkSource::ExplicitLine, LinkSource::TitlePrefix]
    );
    let [TrackerConfig::Github(github), TrackerConfig::Jira(jira)] = &settings.trackers[..] else {
        panic!("{:?}", settings.trackers)
    };
    assert_eq!(github.repositories, ["acme/api", "acme/web", "acme/pay-*", "!acme/*-archive"]);
    assert!(github.ca_file.is_some() && jira.fields == ["priority"]);
    assert_eq!(github.budget, Budget { writes_per_minute: 60, writes_per_hour: 500, concurrency: 4 });
    assert_eq!(
        (jira.user.as_deref(), jira.story_points.as_deref()),
        (Some("bot@acme.example"), Some("customfield_10016"))
    );
    assert_eq!((jira.budget.writes_per_minute, jira.budget.concurrency), (600, 4));

    let weights = settings.weights(&[]);
    assert_eq!(weights.default.model, PriorityModel::Wsjf);
    assert_eq!(weights.default.priority_bands, [80.0, 55.0, 30.0, 0.0]);
    assert_eq!(weights.default.complexity_bands, [0.0, 2.0, 4.0, 8.0, 13.0]);
    assert_eq!((weights.default.hysteresis, weights.default.size_exponent), (4.0, 0.5));
    assert!(weights.default.inherit && weights.default.readiness);
    let word = |word: &str| weights.default.priority_words.get(word).copied();
    assert_eq!(
        (word("sev-2"), word("critical"), word("low")),
        (Some(Priority::P1), Some(Priority::P0), Some(Priority::P3))
    );

    let scheme = settings.scheme(&[]);
    assert_eq!((scheme.default.mode, scheme.default.existing), (Mode::Write, Existing::Respect));
    for tracker in ["github", "jira"] {
        let sinks = &scheme.default.sinks[&TrackerName::new(tracker)];
        let shapes: Vec<_> = sinks.iter().map(|sink| (sink.aspect, sink.target.clone(), sink.fold_case)).collect();
        let fold = tracker == "github";
        let mut expected = vec![(Aspect::Priority, Target::Label, fold), (Aspect::Complexity, Target::Label, fold)];
        if tracker == "jira" {
            expected.insert(1, (Aspect::Priority, Target::Field("priority".to_owned()), false));
        }
        assert_eq!(shapes, expected);
    }
    assert_eq!(settings.scope_of(&"github:acme/pay-api".parse().expect("a container")), Some("payments"));
    let limits = settings.limits(&[]);
    assert_eq!((limits.changes_max, limits.share_max, limits.stale_max_s), (500, 0.30, 3600));
    assert!(!limits.first_contact_applies);
}

#[test]
fn what_is_not_built_yet_is_named_in_one_loud_warning() {
    let (settings, _ca_file) = contract();
    let (without, others): (Vec<_>, Vec<_>) =
        settings.warnings.iter().partition(|warning| warning.starts_with("SET BUT WITHOUT EFFECT"));
    let [warning] = &without[..] else { panic!("{without:?}") };
    assert!(others.iter().all(|warning| warning.contains("webhook_secret does nothing")), "{others:?}");
    for key in ["[[mirror]]", "[people]"] {
        assert!(warning.contains(key), "{key} is not in: {warning}");
    }
    for key in ["listen", "idle_max", "links.from", "ca_file", "scope", "sink", "rules", "value"] {
        assert!(!warning.contains(key), "{key} is in: {warning}");
    }
}

#[test]
fn each_inert_key_is_named_where_it_is_set_and_nothing_is_said_where_none_is() {
    assert_eq!(load(SMALL).warnings, Vec::<String>::new());
    for (text, named) in [
        ("[links]\nfrom = [\"remote-link\"]", "links.from \"remote-link\""),
        ("[people]\nfile = \"people.csv\"", "[people]"),
    ] {
        let warnings = load(&format!("{SMALL}\n{text}")).warnings;
        assert!(warnings.len() == 1 && warnings[0].contains(named), "{text}: {warnings:?}");
    }
    for text in [
        "[daemon]\nlisten = \"127.0.0.1:80\"",
        "[daemon]\nlisten = \"\"",
        "[complexity]\nlearn = true",
        "[write]\nidle_max = \"180d\"",
    ] {
        assert_eq!(load(&format!("{SMALL}\n{text}")).warnings, Vec::<String>::new(), "{text}");
    }
}

#[test]
fn without_sinks_both_levels_are_labels_everywhere_beside_the_one_that_hands_back() {
    let specs = load(SMALL).label_specs();
    for tracker in ["github", "jira"] {
        let names: Vec<&str> = specs[&TrackerName::new(tracker)].iter().map(|spec| spec.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "complexity/l",
                "complexity/m",
                "complexity/s",
                "complexity/xl",
                "complexity/xs",
                "priority/p0",
                "priority/p1",
                "priority/p2",
                "priority/p3",
                "roadmapd:auto"
            ]
        );
    }
}

#[test]
fn the_digest_moves_with_what_shapes_a_plan_and_only_with_that() {
    let base = load(SMALL).digest();
    assert_eq!(base.len(), 64);
    for same in
        ["[daemon]\nschedule = \"0 0 * * * *\"", "[daemon]\ndatabase = \"sqlite:b.db\"", "[daemon]\nlisten = \"\""]
    {
        assert_eq!(load(&format!("{SMALL}\n{same}")).digest(), base, "{same}");
    }
    assert_eq!(load(&SMALL.replace("GITHUB_TOKEN", "JIRA_TOKEN")).digest(), base);
    for other in [
        "[daemon]\ntimezone = \"Asia/Tokyo\"",
        "[write]\nmode = \"observe\"",
        "[priority]\nhysteresis = 5",
        "[priority.weights]\nseverity = 31",
        "[priority]\nvalue = [\"parent\"]",
        "[[priority.rules]]\nname = \"a\"\nwhen = \"true\"\nadd = 1",
        "[limits]\nchanges_max = 1",
        "[links]\nfrom = []",
    ] {
        assert_ne!(load(&format!("{SMALL}\n{other}")).digest(), base, "{other}");
    }
    assert_ne!(load(&SMALL.replace("acme/api", "acme/web")).digest(), base);
}

#[test]
fn the_schema_describes_every_key_and_allows_no_other() {
    fn check(node: &serde_json::Value, path: &str, keys: &mut usize) {
        for (name, property) in node.get("properties").and_then(|p| p.as_object()).into_iter().flatten() {
            let path = format!("{path}.{name}");
            let described = property.get("description").and_then(|d| d.as_str()).is_some_and(|d| d.len() > 5);
            assert!(described, "{path} is not described: {property}");
            *keys += 1;
            check(property, &path, keys);
        }
        if node.get("properties").is_some() {
            assert_eq!(node.get("additionalProperties"), Some(&serde_json::json!(false)), "{path}");
        }
        for inner in ["items", "additionalProperties"] {
            node.get(inner).into_iter().for_each(|inner| check(inner, path, keys));
        }
        node.get("anyOf").and_then(|of| of.as_array()).into_iter().flatten().for_each(|of| check(of, path, keys));
    }
    let schema = schema();
    let mut keys = 0;
    check(&schema, "", &mut keys);
    assert!(keys > 90, "{keys}");
    assert!(!schema.to_string().contains("x-"), "our own marks stay inside");
    assert_eq!(schema.pointer("/properties/limits/properties/changes_max/default"), Some(&serde_json::json!(500)));
    assert_eq!(
        schema.pointer("/properties/priority/properties/weights/properties/severity/default"),
        Some(&serde_json::json!(30))
    );
    assert_eq!(schema.pointer("/properties/limits/properties/share_max/maximum"), Some(&serde_json::json!(1)));
}
