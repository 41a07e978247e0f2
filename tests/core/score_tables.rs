//! What levels real situations get, and in which words.

use std::collections::BTreeMap;

use roadmapd::model::*;
use roadmapd::roadmap::Roadmap;
use roadmapd::score::{
    EstimateSource, History, ItemScore, Knobs, Levels, Model, Previous, RULES, Weights, rank, score,
};

use crate::score_corpus::{TODAY, at, day, issue, relation, roadmap};

fn scored(roadmap: &Roadmap, previous: &Previous) -> BTreeMap<String, ItemScore> {
    let scores = score(roadmap, previous, &Model::default(), &Weights::uniform(Knobs::default()), TODAY);
    let keys = roadmap.items.iter().map(|item| item.founder().key.to_string());
    keys.zip(scores.items).collect()
}

fn one(change: impl FnOnce(&mut Issue)) -> ItemScore {
    let mut issue = issue("jira:PAY-7");
    change(&mut issue);
    scored(&roadmap([issue]), &Previous::default()).into_values().next().expect("one item")
}

fn named(name: &str, age: i64) -> impl FnOnce(&mut Issue) {
    let name = name.to_owned();
    move |issue| {
        issue.priority = Some(name);
        issue.created = at(-age);
    }
}

fn whys(because: &[roadmapd::score::Because]) -> Vec<(&str, &str)> {
    because.iter().map(|because| (because.rule.as_str(), because.why.as_str())).collect()
}

#[test]
fn the_rules_are_in_one_table_with_the_documented_weights() {
    let table: Vec<(&str, f64)> = RULES.iter().map(|rule| (rule.name, rule.weight)).collect();
    let file: toml::Table = include_str!("../../config/default.toml").parse().expect("a table");
    let written = file["priority"]["weights"].as_table().expect("weights");
    let written: BTreeMap<&str, f64> =
        written.iter().map(|(name, weight)| (name.as_str(), weight.as_integer().expect("a number") as f64)).collect();
    assert_eq!(table.into_iter().collect::<BTreeMap<_, _>>(), written);
    let page: Vec<&str> = include_str!("../../docs/rules.md").lines().filter(|line| line.starts_with("| `")).collect();
    let rows = RULES.iter().map(|rule| format!("| `{}` | {} | {} |", rule.name, rule.weight, rule.meaning));
    let told: Vec<String> = rows.filter(|row| !page.contains(&row.as_str())).collect();
    assert!(told.is_empty(), "docs/rules.md lacks {told:#?}");
    assert!(RULES.iter().all(|rule| !rule.meaning.is_empty() && !rule.meaning.contains('\n')));
    assert_eq!(Knobs::default().weights.len(), RULES.len());
}

#[test]
fn declared_priorities_land_where_people_expect_them() {
    for (name, age, level) in [
        ("Highest", 1, Priority::P0),
        ("Highest", 300, Priority::P1),
        ("Highest", 900, Priority::P2),
        ("High", 1, Priority::P1),
        ("High", 300, Priority::P2),
        ("Medium", 1, Priority::P2),
        ("Medium", 300, Priority::P3),
        ("Low", 1, Priority::P2),
        ("Low", 90, Priority::P3),
        ("Lowest", 90, Priority::P3),
    ] {
        let score = one(named(name, age));
        assert_eq!(score.priority.level, level, "{name}, {age} days old: {:?}", score.priority);
    }
}

#[test]
fn the_worst_is_p0_when_it_is_due_or_many_want_it() {
    let due = one(|issue| {
        named("Highest", 300)(issue);
        issue.due = Some((day(5), DueSource::Issue));
    });
    assert_eq!(due.priority.level, Priority::P0);
    let wanted = one(|issue| {
        named("Highest", 300)(issue);
        issue.votes = 70;
    });
    assert_eq!(wanted.priority.level, Priority::P0);
}

#[test]
fn reasons_are_sentences_and_the_strongest_comes_first() {
    let score = one(|issue| {
        named("Highest", 3)(issue);
        issue.due = Some((day(7), DueSource::Issue));
        (issue.reactions, issue.votes, issue.comments) = (7, 1, 3);
    });
    assert_eq!(
        whys(&score.priority.because),
        [
            ("severity", "declared Highest in jira"),
            ("recency", "opened 3 days ago or less (2026-11-21)"),
            ("deadline", "due in 7 days or less (2026-12-01)"),
            ("demand", "7 reactions, 1 vote, 3 comments"),
            ("cap", "100 is the most"),
        ]
    );
    assert_eq!(score.priority.score, 100.0);
    assert_eq!(score.due_again, Some(day(1)), "the fourth day after it was opened");
}

#[test]
fn a_low_blocker_of_a_pressing_item_is_lifted_through_both_trackers_and_says_why() {
    // jira:PAY-7 waits for jira:CORE-1, which is github:acme/api#1, which waits for github:acme/web#1.
    let mut urgent = issue("jira:PAY-7");
    named("Highest", 2)(&mut urgent);
    urgent.due = Some((day(2), DueSource::Issue));
    urgent.relations = vec![relation(RelationKind::BlockedBy, "jira:CORE-1")];
    let mut middle = issue("github:acme/api#1");
    middle.title = "[CORE-1] Rotate keys".to_owned();
    middle.relations = vec![relation(RelationKind::BlockedBy, "github:acme/web#1")];
    let mut low = issue("github:acme/web#1");
    low.labels = vec!["severity/low".to_owned()];
    let roadmap = roadmap([urgent, middle, issue("jira:CORE-1"), low]);
    let scores = scored(&roadmap, &Previous::default());
    let low = &scores["github:acme/web#1"];
    assert_eq!((low.priority.own, low.priority.level), (Priority::P3, Priority::P0));
    let reasons = whys(&low.priority.because);
    assert!(reasons.contains(&("blocks", "lifted from p3: jira:PAY-7 (p0) waits for it")), "{reasons:?}");
    assert!(reasons.contains(&("blocking", "2 open items wait for it: jira:PAY-7, github:acme/api#1")), "{reasons:?}");
    let urgent = &scores["jira:PAY-7"];
    assert_eq!(urgent.readiness.as_ref().map(|readiness| readiness.level), Some(Readiness::Blocked));
    assert_eq!(whys(&urgent.readiness.as_ref().expect("it").because), [("blocked", "waits for github:acme/api#1")]);
}

#[test]
fn a_blocker_that_is_not_shown_any_more_goes_on_blocking() {
    let mut waiting = issue("jira:PAY-7");
    waiting.relations = vec![relation(RelationKind::BlockedBy, "jira:CORE-1")];
    for presence in [Presence::Filtered, Presence::Outside, Presence::Hidden] {
        let mut blocker = issue("jira:CORE-1");
        blocker.presence = presence;
        let scores = scored(&roadmap([waiting.clone(), blocker]), &Previous::default());
        let readiness = scores["jira:PAY-7"].readiness.as_ref().map(|readiness| readiness.level);
        assert_eq!(readiness, Some(Readiness::Blocked), "{presence:?}");
    }
}

#[test]
fn a_held_level_rises_too_and_a_hold_on_the_way_does_not_hide_what_is_behind_it() {
    let mut top = issue("jira:PAY-1");
    top.relations = vec![relation(RelationKind::BlockedBy, "jira:PAY-2")];
    let mut middle = issue("jira:PAY-2");
    middle.relations = vec![relation(RelationKind::BlockedBy, "jira:PAY-3")];
    let roadmap = roadmap([top, middle, issue("jira:PAY-3")]);
    let mut previous = Previous::default();
    for (key, level) in [("jira:PAY-1", Priority::P0), ("jira:PAY-2", Priority::P3)] {
        let id = roadmap.items[roadmap.find(key).expect("it")].id.clone();
        previous.holds.insert((id, Aspect::Priority), Level::Priority(level));
    }
    let scores = scored(&roadmap, &previous);
    let levels: Vec<Priority> = scores.values().map(|score| score.priority.level).collect();
    assert_eq!(levels, [Priority::P0, Priority::P3, Priority::P0]);
    assert!(
        whys(&scores["jira:PAY-2"].priority.because).contains(&("hold", "a person holds it at p3; it would be p0"))
    );
}

#[test]
fn a_closed_item_lifts_nobody_and_comes_last() {
    let mut done = issue("jira:PAY-1");
    named("Highest", 1)(&mut done);
    done.status = Status::Done;
    done.relations = vec![relation(RelationKind::BlockedBy, "jira:PAY-2")];
    let roadmap = roadmap([done, issue("jira:PAY-2")]);
    let scores = score(&roadmap, &Previous::default(), &Model::default(), &Weights::default(), TODAY);
    let keys: Vec<String> =
        rank(&roadmap, &scores).into_iter().map(|index| roadmap.items[index].founder().key.to_string()).collect();
    assert_eq!(keys, ["jira:PAY-2", "jira:PAY-1"]);
    let last = &scores.items[rank(&roadmap, &scores)[1]];
    assert_eq!(
        (last.due_again, last.readiness.as_ref().map(|r| (r.level, r.because.len()))),
        (None, Some((Readiness::Ready, 0)))
    );
    assert_eq!(scores.items[rank(&roadmap, &scores)[0]].priority.level, Priority::P3);
}

#[test]
fn a_level_that_stands_stays_within_the_margin() {
    let mut almost = issue("jira:PAY-7");
    named("Highest", 300)(&mut almost);
    almost.votes = 30;
    let roadmap = roadmap([almost]);
    let fresh = scored(&roadmap, &Previous::default())["jira:PAY-7"].priority.clone();
    assert!((76.0..80.0).contains(&fresh.score) && fresh.level == Priority::P1, "{fresh:?}");
    let levels = Levels { priority: Some(Priority::P0), ..Levels::default() };
    let previous = Previous { levels: [(roadmap.items[0].id.clone(), levels)].into(), ..Previous::default() };
    let stays = &scored(&roadmap, &previous)["jira:PAY-7"].priority;
    assert_eq!((stays.level, stays.score), (Priority::P0, fresh.score));
    let why = format!("stays p0: {:.1} isn't past the edge by more than 4", stays.score);
    assert!(whys(&stays.because).contains(&("hysteresis", why.as_str())), "{:?}", stays.because);
}

#[test]
fn a_level_that_waiting_items_explain_is_not_said_to_stand_by_itself() {
    let mut almost = issue("jira:PAY-7");
    named("Highest", 300)(&mut almost);
    almost.votes = 11;
    let mut urgent = issue("jira:PAY-8");
    named("Highest", 2)(&mut urgent);
    urgent.due = Some((day(2), DueSource::Issue));
    urgent.relations = vec![relation(RelationKind::BlockedBy, "jira:PAY-7")];
    let roadmap = roadmap([almost, urgent]);
    let levels = Levels { priority: Some(Priority::P0), ..Levels::default() };
    let id = roadmap.find("jira:PAY-7").map(|index| roadmap.items[index].id.clone()).expect("it");
    let previous = Previous { levels: [(id, levels)].into(), ..Previous::default() };
    let lifted = &scored(&roadmap, &previous)["jira:PAY-7"].priority;
    assert!((76.0..80.0).contains(&lifted.score), "{lifted:?}");
    assert_eq!((lifted.level, lifted.own), (Priority::P0, Priority::P1));
    let of_level: Vec<&str> =
        lifted.because.iter().filter(|why| why.is_of_level()).map(|because| because.why.as_str()).collect();
    assert_eq!(of_level, ["lifted from p1: jira:PAY-8 (p0) waits for it"]);
}

#[test]
fn given_story_points_win_and_the_larger_of_two_counts() {
    let mut one = issue("github:acme/api#7");
    (one.title, one.story_points) = ("[PAY-7] Refunds".to_owned(), Some(3.0));
    let mut other = issue("jira:PAY-7");
    other.story_points = Some(8.0);
    let score = scored(&roadmap([one, other]), &Previous::default()).into_values().next().expect("one item");
    let size = score.complexity;
    assert_eq!((size.source, size.story_points, size.low, size.high), (EstimateSource::Given, 8.0, 8.0, 8.0));
    assert_eq!(size.level, Complexity::L);
    assert_eq!(
        whys(&size.because),
        [("given", "8 story points in jira:PAY-7"), ("given", "github:acme/api#7 says 3: the larger number counts")]
    );
}

#[test]
fn a_size_is_estimated_with_a_range_and_reasons() {
    let score = one(|issue| {
        issue.tier = Tier::Epic;
        issue.text = Text { words: 500, open_tasks: 5, uncertainty: vec!["unclear".to_owned()], ..Text::default() };
        issue.components = vec!["api".to_owned(), "web".to_owned()];
    });
    let size = score.complexity;
    assert_eq!((size.source, size.level), (EstimateSource::Estimated, Complexity::Xl));
    let rules: Vec<&str> = size.because.iter().map(|because| because.rule.as_str()).collect();
    assert_eq!(rules, ["median", "kind", "words", "length", "tasks", "uncertainty", "components", "scale", "range"]);
    assert!(size.low < size.story_points && size.story_points < size.high);
    let words = size.because.iter().find(|because| because.rule == "words").expect("words");
    assert!(words.points < 0.0 && words.why == "words that often mean little work: “fail”", "{words:?}");

    let plain = one(|_| {}).complexity;
    assert_eq!((plain.story_points, plain.low, plain.high, plain.level), (3.0, 1.2, 7.5, Complexity::S));
}

#[test]
fn a_size_that_text_tells_lands_on_the_numbers_that_the_team_estimates_with() {
    let of = |title: &str, scale: &[f64]| {
        let mut work = issue("jira:PAY-7");
        (work.title, work.text) = (title.to_owned(), Text { words: 60, ..Text::default() });
        let history = History { labels: 20, median: 4.0, scale: scale.to_vec(), learned: None };
        let model = Model { histories: [(String::new(), history)].into(), ..Model::default() };
        let roadmap = roadmap([work]);
        let scores = score(&roadmap, &Previous::default(), &model, &Weights::default(), TODAY);
        scores.items[0].complexity.clone()
    };
    let (small, large) = ("Typo in the tooltip wording", "Migrate the architecture to a cluster");
    for (scale, points) in [
        (&[0.0, 2.0, 4.0, 6.0][..], (2.0, 6.0)),
        (&[3.0, 4.0, 4.5], (3.0, 5.0)),
        (&[4.0], (3.0, 5.0)),
        (&[], (3.0, 5.0)),
    ] {
        let (small, large) = (of(small, scale), of(large, scale));
        assert_eq!((small.story_points, large.story_points), points, "{scale:?}: {small:?} {large:?}");
        let sum: f64 = small.because.iter().map(|because| because.points).sum();
        assert!((sum - small.story_points).abs() < 0.05, "the reasons add up: {small:?}");
    }
    let told = of(large, &[2.0, 4.0, 6.0]).because;
    let told = whys(&told);
    assert!(
        told.contains(&("words", "words that often mean much work: “architecture”, “cluster”, “migrate”")),
        "{told:?}"
    );
    assert!(told.contains(&("scale", "6 is the nearest of the numbers that people estimate with")), "{told:?}");
}

#[test]
fn size_counts_for_small_and_against_large_items_and_says_so() {
    let of = |points: f64| {
        one(|issue| {
            named("Highest", 300)(issue);
            issue.story_points = Some(points);
        })
    };
    assert_eq!(of(3.0).priority.score, 58.3);
    assert_eq!(of(12.0).priority.score, 29.2);
    assert_eq!(of(1000.0).priority.score, 29.2, "at most so much");
    assert_eq!(of(0.0).priority.score, 72.9, "smallness counts less than largeness");
    assert!(whys(&of(12.0).priority.because).contains(&("size", "about 12 story points: large, so later")));
}

#[test]
fn what_is_missing_is_said() {
    let bare = one(|issue| issue.text = Text::default()).readiness.expect("on by default");
    assert_eq!(
        (bare.level, whys(&bare.because)),
        (Readiness::NeedsRequirements, vec![("description", "no description")])
    );
    let large = one(|issue| issue.story_points = Some(8.0)).readiness.expect("on by default");
    assert_eq!(
        (large.level, whys(&large.because)),
        (
            Readiness::NeedsRequirements,
            vec![("acceptance", "about 8 story points and nothing says when it is done: add acceptance criteria")]
        )
    );
    assert_eq!(one(|_| {}).readiness.map(|readiness| readiness.level), Some(Readiness::Ready));
}

#[test]
fn a_realistic_backlog_gets_few_p0_and_many_p3() {
    let issues = (0..400_u32).map(|n| {
        let mut one =
            issue(&if n % 2 == 0 { format!("jira:PAY-{}", n + 1) } else { format!("github:acme/api#{}", n + 1) });
        // Multiplying by primes spreads each property over the others.
        let (a, b, c) = (n * 37 % 100, n * 61 % 100, n * 83 % 100);
        if n % 2 == 0 {
            let name = match a {
                0..6 => "Highest",
                6..28 => "High",
                28..82 => "Medium",
                _ => "Low",
            };
            one.priority = Some(name.to_owned());
        } else {
            one.labels = match a {
                0..4 => vec!["sev1".to_owned()],
                4..40 => vec!["bug".to_owned()],
                _ => Vec::new(),
            };
        }
        one.created = at(-i64::from(b * b / 12));
        (one.reactions, one.comments) = (if c < 60 { 0 } else { c * c / 400 - 8 }, b % 12);
        one.due = (c % 5 == 0).then(|| (day(i64::from(a) - 10), DueSource::Issue));
        one.text.words = 5 + b * 3;
        one
    });
    let roadmap = roadmap(issues);
    let mut shares = BTreeMap::new();
    for score in scored(&roadmap, &Previous::default()).values() {
        *shares.entry(score.priority.level).or_insert(0_usize) += 1;
    }
    let share = |level| shares.get(&level).copied().unwrap_or(0) / 4;
    let found = Priority::ALL.map(share);
    assert!((2..=9).contains(&found[0]) && (5..=20).contains(&found[1]), "{found:?} %");
    assert!((25..=45).contains(&found[2]) && (40..=60).contains(&found[3]), "{found:?} %");
}

#[test]
fn points_by_label_count_as_given_and_ours_do_not() {
    let mut labelled = issue("github:acme/api#7");
    labelled.labels = vec!["Points/5".to_owned()];
    let roadmap = roadmap([labelled]);
    let given = scored(&roadmap, &Previous::default())["github:acme/api#7"].complexity.clone();
    assert_eq!((given.source, given.story_points), (EstimateSource::Given, 5.0));
    let ours = [(roadmap.items[0].faces[0].id.clone(), ["points/5".to_owned()].into())].into();
    let previous = Previous { ours, ..Previous::default() };
    assert_eq!(scored(&roadmap, &previous)["github:acme/api#7"].complexity.source, EstimateSource::Estimated);
}

#[test]
fn readiness_names_what_a_person_can_do_and_the_most_pressing_first() {
    let level = |edit: &dyn Fn(&mut Issue)| {
        let readiness = one(|issue| edit(issue)).readiness.expect("on by default");
        (readiness.level, readiness.because.iter().map(|because| because.rule.clone()).collect::<Vec<_>>())
    };
    let rules = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        level(&|issue| issue.story_points = Some(20.0)),
        (Readiness::NeedsBreakdown, rules(&["breakdown", "acceptance"]))
    );
    let listed = |issue: &mut Issue| {
        issue.story_points = Some(20.0);
        (issue.text.open_tasks, issue.text.acceptance) = (5, true);
    };
    assert_eq!(level(&listed), (Readiness::Ready, rules(&[])));
    assert_eq!(
        level(&|issue| issue.tier = Tier::Epic),
        (Readiness::NeedsBreakdown, rules(&["breakdown", "acceptance"]))
    );
    assert_eq!(level(&|issue| issue.status = Status::Doing), (Readiness::NeedsRequirements, rules(&["owner"])));
    let doubtful = |issue: &mut Issue| issue.text.uncertainty = vec!["maybe".to_owned(), "unclear".to_owned()];
    assert_eq!(level(&doubtful), (Readiness::Risky, rules(&["doubt"])));
    let wide = |issue: &mut Issue| issue.components = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
    assert_eq!(level(&wide), (Readiness::Risky, rules(&["components"])));
}

#[test]
fn of_items_that_press_equally_the_one_due_sooner_comes_first_then_the_older_whatever_their_size() {
    let due = |key: &str, due: Option<Day>, age: i64| {
        let mut issue = issue(key);
        issue.due = due.map(|day| (day, DueSource::Issue));
        issue.created = at(-age);
        issue
    };
    let roadmap = roadmap([
        due("jira:PAY-1", None, 3),
        due("jira:PAY-2", None, 9),
        due("jira:PAY-3", Some(day(20)), 1),
        due("jira:PAY-4", Some(day(10)), 1),
    ]);
    let mut scores = score(&roadmap, &Previous::default(), &Model::default(), &Weights::default(), TODAY);
    for (item, score) in roadmap.items.iter().zip(&mut scores.items) {
        (score.priority.level, score.priority.score) = (Priority::P1, 70.0);
        if item.founder().key.local == "PAY-1" {
            score.complexity.level = Complexity::Xs;
        }
    }
    let keys: Vec<&str> =
        rank(&roadmap, &scores).into_iter().map(|index| &*roadmap.items[index].founder().key.local).collect();
    assert_eq!(keys, ["PAY-4", "PAY-3", "PAY-2", "PAY-1"]);
}
