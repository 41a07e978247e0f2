//! `[[priority.rules]]`: own rules are compiled, bounded, taken over by scopes, and refused by name.

use std::fmt::Write;

use roadmapd::model::ContainerKey;
use roadmapd::tracker::TrackerConfig;

use super::{SMALL, finding, load};

fn rule(name: &str, when: &str, add: f64) -> String {
    format!("[[priority.rules]]\nname = \"{name}\"\nwhen = \"{when}\"\nadd = {add}\n")
}

/// The one rule that a configuration loses.
fn refused(text: &str) -> (String, String) {
    let settings = load(text);
    assert_eq!(settings.refused.len(), 1, "{}", settings.refused);
    let one = settings.refused.iter().next().expect("one");
    (one.key.clone(), one.to_string())
}

/// 200 rules, all different, of which some go through lists.
fn two_hundred() -> Vec<String> {
    let when = |n: usize| match n % 4 {
        0 => format!("'label-{n}' in item.labels && item.status != 'done'"),
        1 => format!("item.labels.exists(l, l.startsWith('area-{n}/'))"),
        2 => format!("item.points == null || item.points > {n}.5"),
        _ => format!("item.due_days != null && item.due_days < {n}"),
    };
    (0..200).map(|n| rule(&format!("rule {n}"), &when(n), n as f64 / 10.0)).collect()
}

#[test]
fn of_two_hundred_rules_an_endless_and_a_wrong_one_are_refused_by_name_and_the_others_work() {
    let mut rules = two_hundred();
    let endless: String = (0..8).map(|n| format!("item.labels.all(a{n}, ")).collect();
    rules[57] = rule("endless", &format!("{endless}a0 != 'x'{}", ")".repeat(8)), 5.0);
    rules[133] = rule("wrong", "item.label == 'x'", 5.0);
    let settings = load(&format!("{SMALL}\n{}", rules.concat()));
    let told: Vec<String> = settings.refused.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("roadmapd.toml: priority.rules[133].when: the rule \"wrong\": item.label is not a"));
    assert!(told[0].ends_with("did you mean item.labels?"), "{}", told[0]);
    assert!(told[1].starts_with("roadmapd.toml: priority.rules[57].when: the rule \"endless\": it could take"));
    assert!(told.iter().all(|told| settings.warnings.iter().any(|warning| warning.contains(told))), "{settings:?}");
    let all = settings.weights(&[]).default.rules.clone();
    assert_eq!((all.iter().count(), all.refused()), (198, &["endless".to_owned(), "wrong".to_owned()][..]));
    rules.remove(133);
    rules.remove(57);
    let settings = load(&format!("{SMALL}\n{}", rules.concat()));
    let right = settings.weights(&[]).default.rules.clone();
    assert!(right.iter().eq(all.iter()) && right.refused().is_empty() && settings.refused.is_empty());
    assert!(settings.warnings.is_empty(), "{:?}", settings.warnings);
}

#[test]
fn a_scope_takes_rules_over_or_replaces_them_and_is_told_of_its_own() {
    let text = format!(
        "{SMALL}\n{}\n[[scope]]\nname = \"api\"\nmatch = [\"github:acme/api\"]\npriority = {{ hysteresis = 5 }}\n\
         [[scope]]\nname = \"pay\"\nmatch = [\"jira:PAY\"]\n[[scope.priority.rules]]\nname = \"b\"\nwhen = \"false\"\nadd = 1\n",
        rule("a", "true", 3.0)
    );
    let (api, pay) = ("github:acme/api", "jira:PAY");
    let containers: Vec<ContainerKey> = [api, pay].map(|key| key.parse().expect("a container")).to_vec();
    let weights = load(&text).weights(&containers);
    let names = |at: usize| weights.of(&containers[at]).rules.iter().map(|rule| rule.name.clone()).collect::<Vec<_>>();
    assert_eq!((names(0), names(1)), (vec!["a".to_owned()], vec!["b".to_owned()]));
    let (key, said) = refused(&text.replace("\"false\"", "\"item.title\""));
    assert_eq!(key, "scope[1].priority.rules[0].when");
    assert!(said.contains("the rule \"b\": it is string and must be true or false"), "{said}");
    // What a scope only takes over is told once.
    assert_eq!(refused(&text.replace("\"true\"", "\"1\"")).0, "priority.rules[0].when");
}

#[test]
fn each_name_is_one_of_its_own() {
    for (name, said) in [
        ("severity", "is the name of a built-in reason"),
        ("hold", "is the name of a built-in reason"),
        ("", "is no name"),
        (&"n".repeat(81), "it has 81 characters and may have 80"),
        ("other", "another rule is named \\\"other\\\" too"),
    ] {
        let text = format!("{SMALL}\n{}{}", rule("other", "true", 1.0), rule(name, "true", 1.0));
        let (key, told) = finding(&text);
        assert_eq!(key, "priority.rules[1].name");
        assert!(told.contains(&said.replace('\\', "")), "{told}");
    }
}

#[test]
fn rules_are_bounded_in_number_and_in_what_they_take_together() {
    let many: String = (0..501).map(|n| rule(&n.to_string(), "true", 1.0)).collect();
    let (key, said) = finding(&format!("{SMALL}\n{many}"));
    assert_eq!(key, "priority.rules");
    assert!(said.contains("there are 501 rules and may be 500"), "{said}");
    let costly = "item.labels.all(a, item.labels.all(b, a != 'x' && b != 'y'))";
    let mut text = SMALL.to_owned();
    for n in 0..40 {
        write!(text, "\n{}", rule(&n.to_string(), costly, 1.0)).expect("a text");
    }
    let settings = load(&text);
    let kept = settings.weights(&[]).default.rules.iter().count();
    assert!(kept > 1 && kept + settings.refused.len() == 40, "{kept} and {}", settings.refused.len());
    for refused in settings.refused.iter() {
        assert!(refused.problem.contains("all may take 1000000"), "{refused}");
    }
    // A cheap one after those that were too many is kept.
    write!(text, "\n{}", rule("cheap", "true", 1.0)).expect("a text");
    assert_eq!(
        load(&text).weights(&[]).default.rules.iter().last().map(|rule| rule.name.clone()),
        Some("cheap".into())
    );
}

#[test]
fn a_jira_tracker_reads_the_fields_that_rules_name() {
    let text = format!("{SMALL}\n{}", rule("gold", "item.fields.customfield_77 == 'gold'", 1.0));
    let settings = load(&text);
    let asked: Vec<&[String]> = settings
        .trackers
        .iter()
        .filter_map(|tracker| match tracker {
            TrackerConfig::Jira(jira) => Some(&jira.fields_asked[..]),
            TrackerConfig::Github(_) => None,
        })
        .collect();
    assert_eq!(asked, [&["customfield_77".to_owned()][..]]);
}

#[test]
fn a_pasted_secret_is_never_shown() {
    let token = "ghp_0123456789abcdefghij0123456789abcdef";
    for when in [format!("{token} == 1"), format!("'{token}' in item.title"), format!("item.{token} == 1")] {
        let text = format!("{SMALL}\n{}", rule("a", &when, 1.0));
        let settings = load(&text);
        assert_eq!(settings.refused.len(), 1);
        let told = format!("{settings:?} {}", settings.refused);
        assert!(!told.contains("ghp_"), "{told}");
    }
}
