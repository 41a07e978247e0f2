//! Who is who: pages, moves, renames and transfers neither lose nor double an issue.

use roadmapd::model::{IssueKey, Presence};
use roadmapd::sandbox::{Corpus, Fault, FaultPlan, Matcher, Tracker};

use crate::people::{another, census, holds, pair, replace, stored};
use crate::world::{WRITES, World};

/// As many pairs.
fn linked(pairs: usize) -> Corpus {
    let mut corpus = Corpus::generated(5, pairs);
    for issue in &mut corpus.repositories[0].issues {
        issue.body = Some(format!("What happens.\n\nJira: CORE-{}\n", issue.number));
    }
    corpus
}

async fn all_here(world: &World, count: usize) {
    let stored = stored(world).await;
    let missing: Vec<_> = stored.values().filter(|issue| issue.presence != Presence::Here).map(|it| &it.key).collect();
    assert_eq!((stored.len(), missing), (count, vec![]));
}

#[tokio::test]
async fn five_hundred_pairs_over_short_pages_are_all_read_and_none_is_missed_because_of_a_listing_that_broke_off() {
    let world = World::new(linked(500), "[write]\nmode = \"observe\"\n").await;
    // Fifty rows a page, though a hundred are asked for; the token or link alone says whether more come.
    let short = "[[fault]]\nfault = 'short_page'\nprobability = 1.0\n";
    world.trackers.plan_faults(FaultPlan::from_toml(short).expect("a plan"));
    let turned = world.turn().await;
    assert_eq!(turned.errors, Vec::<String>::new());
    all_here(&world, 1000).await;
    let listings = |what: &str| -> u64 {
        world.trackers.requests().iter().filter(|((_, route), _)| route.ends_with(what)).map(|(_, n)| n).sum()
    };
    assert!(listings("/issues") >= 10 && listings("/search/jql") >= 10, "{:?}", world.trackers.requests());
    let items = world.preview().await.thought.roadmap.items;
    assert_eq!((items.len(), items.iter().filter(|item| item.faces.len() == 2).count()), (500, 500));

    for (tracker, path) in [(Tracker::GitHub, "sort=created"), (Tracker::Jira, "/search/jql")] {
        world.trackers.hook(tracker, Matcher::path(path), 5, move |trackers| {
            trackers.fail(tracker, Matcher::any(), Fault::status(502, "{}"), u32::MAX);
        });
    }
    let turned = world.turn_as(&census()).await;
    assert_eq!((turned.errors.len(), turned.written), (2, 0), "{:?}", turned.errors);
    all_here(&world, 1000).await;
    for tracker in [Tracker::GitHub, Tracker::Jira] {
        world.trackers.heal(tracker);
    }
    let turned = world.turn().await;
    assert_eq!((turned.errors, turned.census), (Vec::new(), true));
    assert_eq!(turned.findings, Vec::<String>::new(), "nothing was judged missing");
    all_here(&world, 1000).await;
}

#[tokio::test]
async fn a_pair_whose_jira_issue_moved_goes_on_under_the_new_key_and_is_known_by_the_old_one() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    let (github, jira) = pair(&world, "Payouts stop");
    world.turn().await;
    world.turn().await;
    let before = stored(&world).await;
    let moved = world.trackers.move_issue(&jira, "CORE").expect("a move");
    world.pass(60);
    let turned = world.turn().await;
    assert_eq!((turned.errors, turned.written), (Vec::new(), 0));
    let after = stored(&world).await;
    assert_eq!(after.len(), before.len(), "no issue more, none fewer");
    assert_eq!((&after[&moved].id, &after[&moved].item), (&before[&jira].id, &before[&jira].item));
    assert!(after[&moved].aliases.iter().any(|alias: &IssueKey| alias.local == jira), "{:?}", after[&moved].aliases);
    let roadmap = world.preview().await.thought.roadmap;
    let found = [&jira, &moved].map(|key| roadmap.find(&format!("jira:{key}")));
    assert!(found[0].is_some() && found[0] == found[1], "{found:?}");

    // A change on either side reaches the other one.
    let urgent = another(&world, &github, ["priority/p0", "priority/p3"]);
    replace(&world, "erik", &github, &urgent);
    let large = another(&world, &moved, ["complexity/xl", "complexity/xs"]);
    replace(&world, "dana", &moved, &large);
    world.pass(60);
    world.turn().await;
    for key in [&github, &moved] {
        assert_eq!(world.labels(key, "priority/"), [urgent.as_str()], "{key}");
        assert_eq!(world.labels(key, "complexity/"), [large.as_str()], "{key}");
    }
}

#[tokio::test]
async fn a_pair_whose_jira_issue_moved_out_of_reach_is_reported_and_that_face_is_never_written_again() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    let world = world.with_jira(|jira| jira.projects = vec!["PAY".to_owned()]).await;
    let (github, jira) = pair(&world, "Payouts stop");
    world.turn().await;
    let away = world.trackers.move_issue(&jira, "CORE").expect("a move");
    let left = world.trackers.labels_of(&away).expect("an issue");
    replace(&world, "erik", &github, &another(&world, &github, ["priority/p0", "priority/p3"]));
    world.pass(60);
    let turned = world.turn_as(&census()).await;
    let told = turned.findings.join("\n");
    assert!(
        told.contains(&format!("{jira} is jira:{away} now")) && told.contains("outside the configuration"),
        "{told}"
    );
    for _ in 0..3 {
        world.turn().await;
    }
    assert_eq!(world.trackers.labels_of(&away).expect("an issue"), left);
}

#[tokio::test]
async fn a_renamed_repository_and_a_transferred_issue_are_the_same_items_at_another_place() {
    let world = World::new(Corpus::shipped(), WRITES).await;
    let (github, jira) = pair(&world, "Payouts stop");
    world.turn().await;
    // A level that the other repository's catalogue knows, too: a transfer takes no other label along.
    let known = world.trackers.catalogue("acme/web").expect("a repository");
    let ours = world.labels(&github, "priority/");
    let theirs = known.into_iter().find(|label| label.starts_with("priority/p") && *label != ours[0]).expect("a level");
    replace(&world, "dana", &github, &theirs);
    world.pass(60);
    world.turn().await;
    world.turn().await;
    let (before, tickets) = (stored(&world).await, world.trackers.all_facts().len());

    world.trackers.rename_repository("acme/api", "acme/engine").expect("a repository");
    let renamed = github.replace("acme/api", "acme/engine");
    let turned = world.turn().await;
    assert_eq!((turned.errors, turned.written), (Vec::new(), 0));
    let after = stored(&world).await;
    assert!(after.len() == before.len() && after.keys().all(|key| !key.starts_with("acme/api#")), "{:?}", after.keys());
    assert_eq!((&after[&renamed].id, &after[&renamed].item), (&before[&github].id, &before[&github].item));
    assert_eq!(holds(&world, &renamed).await[0].theirs.as_ref(), Some(&theirs), "a hold goes along");
    let large = another(&world, &renamed, ["complexity/xl", "complexity/xs"]);
    replace(&world, "dana", &renamed, &large);
    world.pass(60);
    world.turn().await;
    assert_eq!(world.labels(&jira, "complexity/"), [large]);

    let there = world.trackers.move_issue(&renamed, "acme/web").expect("a transfer");
    world.pass(60);
    let turned = world.turn_as(&census()).await;
    assert_eq!(turned.errors, Vec::<String>::new());
    let after = stored(&world).await;
    assert!(after.len() == before.len() && !after.contains_key(&renamed), "{:?}", after.keys());
    assert_eq!(after[&there].item, before[&github].item);
    assert_eq!(world.trackers.all_facts().len(), tickets, "nothing was made anew");
    world.turn().await;
    assert_eq!(world.labels(&jira, "priority/"), [theirs.as_str()]);
    assert_eq!(holds(&world, &there).await[0].theirs, Some(theirs), "the hold went along again");
}
