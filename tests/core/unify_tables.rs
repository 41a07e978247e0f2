//! Which issues become one item, and which don't.

use roadmapd::model::{ItemId, RelationKind, Status, Text};
use roadmapd::roadmap::{LinkSource, Links, Roadmap, unify};

use crate::score_corpus::{at, issue, links, relation, roadmap, snapshot};

/// The items as their faces' keys.
fn faces(roadmap: &Roadmap) -> Vec<Vec<String>> {
    let mut faces: Vec<Vec<String>> =
        roadmap.items.iter().map(|item| item.faces.iter().map(|face| face.key.to_string()).collect()).collect();
    faces.sort();
    faces
}

fn saying(key: &str, body: &str) -> roadmapd::model::Issue {
    let mut issue = issue(key);
    issue.text = Text::of(body, key.strip_prefix("github:").and_then(|local| local.split('#').next()));
    issue
}

#[test]
fn an_explicit_line_joins_across_trackers_whatever_the_case() {
    let roadmap = roadmap([
        saying("github:acme/api#7", "Fails.\n\n- **jira**: pay-7\n"),
        issue("jira:PAY-7"),
        issue("jira:PAY-8"),
    ]);
    assert_eq!(faces(&roadmap), [vec!["github:acme/api#7", "jira:PAY-7"], vec!["jira:PAY-8"]]);
    assert_eq!(roadmap.findings, Vec::<String>::new());
}

#[test]
fn a_title_prefix_joins_and_a_mention_does_not() {
    let mut titled = issue("github:acme/api#7");
    titled.title = "[PAY-7] Refunds fail".to_owned();
    let roadmap =
        roadmap([titled, saying("github:acme/api#8", "See PAY-8 for why."), issue("jira:PAY-7"), issue("jira:PAY-8")]);
    assert_eq!(
        faces(&roadmap),
        [vec!["github:acme/api#7", "jira:PAY-7"], vec!["github:acme/api#8"], vec!["jira:PAY-8"]]
    );
}

#[test]
fn the_only_key_in_a_body_joins_where_that_is_asked_for() {
    let issues = || {
        [
            saying("github:acme/api#7", "See PAY-7, in UTF-8."),
            saying("github:acme/api#8", "See PAY-8 and #7."),
            issue("jira:PAY-7"),
            issue("jira:PAY-8"),
        ]
    };
    assert_eq!(roadmap(issues()).items.len(), 4);
    let from = [LinkSource::OnlyKeyInBody].into();
    let asked = unify(&snapshot(issues()), &Links { from, ..Links::default() });
    assert_eq!(faces(&asked), [vec!["github:acme/api#7", "jira:PAY-7"], vec!["github:acme/api#8"], vec!["jira:PAY-8"]]);
}

#[test]
fn a_former_key_still_finds_the_issue() {
    let mut moved = issue("jira:CORE-3");
    moved.aliases = vec!["jira:PAY-7".parse().expect("a key")];
    let roadmap = roadmap([saying("github:acme/api#7", "Jira: PAY-7"), moved]);
    assert_eq!(faces(&roadmap), [vec!["github:acme/api#7", "jira:CORE-3"]]);
}

#[test]
fn two_issues_of_one_project_are_never_joined_through_a_third_and_the_older_pair_wins() {
    let mut first = saying("github:acme/api#1", "Jira: PAY-7");
    first.created = at(-90);
    let mut second = saying("github:acme/api#2", "Jira: PAY-7");
    second.created = at(-100);
    let mut target = issue("jira:PAY-7");
    target.created = at(-300);
    let roadmap = roadmap([first, second, target]);
    assert_eq!(faces(&roadmap), [vec!["github:acme/api#1"], vec!["jira:PAY-7", "github:acme/api#2"]]);
    assert_eq!(
        roadmap.findings,
        ["github:acme/api#1 and jira:PAY-7 are not joined: github:acme/api#1 and github:acme/api#2 are both in \
          github:acme/api, and an item has one issue of each; the older link stands"]
    );
}

#[test]
fn a_key_that_nobody_has_is_named() {
    let roadmap = roadmap([saying("github:acme/api#7", "Jira: PAY-99\n\nJira: OTHER-1"), issue("jira:PAY-7")]);
    assert_eq!(roadmap.findings, ["github:acme/api#7 says that it is PAY-99, which no tracker has: check the key"]);
}

#[test]
fn a_persons_hand_joins_and_parts() {
    let pair = || ("github:acme/api#7".parse().expect("a key"), "jira:PAY-7".parse().expect("a key"));
    let joined = Links { joined: vec![pair()], ..links() };
    assert_eq!(unify(&snapshot([issue("github:acme/api#7"), issue("jira:PAY-7")]), &joined).items.len(), 1);
    let parted = Links { joined: vec![pair()], parted: vec![pair()], ..links() };
    let apart = unify(&snapshot([saying("github:acme/api#7", "Jira: PAY-7"), issue("jira:PAY-7")]), &parted);
    assert_eq!(apart.items.len(), 2);
    assert_eq!(apart.findings, Vec::<String>::new(), "who parted them knows");
}

#[test]
fn a_join_keeps_the_oldest_faces_id_and_a_split_leaves_it_with_the_founder() {
    let (mut young, mut old) = (saying("github:acme/api#7", "Jira: PAY-7"), issue("jira:PAY-7"));
    old.created = at(-300);
    (young.item, old.item) = (Some(ItemId::mint(&young.id)), Some(ItemId::mint(&old.id)));
    let joined = roadmap([young.clone(), old.clone()]);
    assert_eq!(joined.items[0].id, ItemId::mint(&old.id));

    (young.item, old.item) = (Some(ItemId::mint(&old.id)), Some(ItemId::mint(&old.id)));
    young.text = Text::default();
    let split = roadmap([young.clone(), old.clone()]);
    assert_eq!(split.item(&old.id).map(|item| item.id.clone()), Some(ItemId::mint(&old.id)));
    assert_eq!(split.item(&young.id).map(|item| item.id.clone()), Some(ItemId::mint(&young.id)));
}

#[test]
fn a_blocker_that_nobody_reads_is_outside_unless_it_is_known_to_be_closed() {
    let mut waiting = issue("github:acme/api#7");
    let mut closed = relation(RelationKind::BlockedBy, "github:other/lib#2");
    closed.to.closed = Some(true);
    waiting.relations = vec![relation(RelationKind::BlockedBy, "github:other/lib#1"), closed];
    let roadmap = roadmap([waiting]);
    assert_eq!(roadmap.items[0].blocked_outside, ["github:other/lib#1"]);
}

#[test]
fn dependencies_cross_trackers_and_a_circle_is_named_once() {
    // jira:PAY-1 waits for jira:PAY-2, which is github:acme/api#2, which waits for github:acme/api#1, which is jira:PAY-1.
    let mut one = issue("jira:PAY-1");
    one.relations =
        vec![relation(RelationKind::BlockedBy, "jira:PAY-2"), relation(RelationKind::BlockedBy, "jira:PAY-3")];
    let mut two = saying("github:acme/api#2", "Jira: PAY-2");
    two.relations = vec![relation(RelationKind::BlockedBy, "github:acme/api#1")];
    let issues = [one, two, issue("jira:PAY-2"), issue("jira:PAY-3"), saying("github:acme/api#1", "Jira: PAY-1")];
    let roadmap = roadmap(issues);
    assert_eq!(roadmap.items.len(), 3);
    assert_eq!(roadmap.cycles.len(), 1);
    assert_eq!(
        roadmap.cycles[0].why,
        "github:acme/api#1, github:acme/api#2 wait for each other in a circle: none of these dependencies counts until \
         one is taken away"
    );
    let one = &roadmap.items[roadmap.find("jira:PAY-1").expect("the item")];
    assert_eq!(one.blocked_by, [roadmap.find("jira:PAY-3").expect("the item")], "only what is outside the circle");
}

#[test]
fn parents_in_a_circle_are_cut_above_the_oldest() {
    let mut one = issue("jira:PAY-1");
    one.relations = vec![relation(RelationKind::Parent, "jira:PAY-2")];
    let mut two = issue("jira:PAY-2");
    two.created = at(-300);
    two.relations = vec![relation(RelationKind::Parent, "jira:PAY-1")];
    let roadmap = roadmap([one, two]);
    let (one, two) = (roadmap.find("jira:PAY-1").expect("it"), roadmap.find("jira:PAY-2").expect("it"));
    assert_eq!((roadmap.items[one].parent, roadmap.items[two].parent), (Some(two), None));
    assert_eq!(
        roadmap.findings,
        ["jira:PAY-1, jira:PAY-2 are part of each other in a circle: jira:PAY-2, the oldest, is taken as the top"]
    );
}

#[test]
fn an_item_is_done_when_all_its_faces_are_and_due_when_its_first_open_face_is() {
    let pair = |github: Status, jira: Status| {
        let mut one = saying("github:acme/api#7", "Jira: PAY-7");
        (one.status, one.due) = (github, Some((crate::score_corpus::day(3), roadmapd::model::DueSource::Milestone)));
        let mut other = issue("jira:PAY-7");
        (other.status, other.due) = (jira, Some((crate::score_corpus::day(9), roadmapd::model::DueSource::Issue)));
        let roadmap = roadmap([one, other]);
        (roadmap.items[0].status, roadmap.items[0].due.map(|(day, _)| day))
    };
    let (soon, later) = (Some(crate::score_corpus::day(3)), Some(crate::score_corpus::day(9)));
    assert_eq!(pair(Status::Done, Status::Done), (Status::Done, soon));
    assert_eq!(pair(Status::Done, Status::Todo), (Status::Todo, later));
    assert_eq!(pair(Status::Doing, Status::Todo), (Status::Doing, soon));
    assert_eq!(pair(Status::Dropped, Status::Done), (Status::Done, soon));
    assert_eq!(pair(Status::Dropped, Status::Dropped), (Status::Dropped, soon));
}
