//! Readiness is written only where a sink says so, and a risk is told to nobody outside.

use roadmapd::model::{Aspect, Readiness};
use roadmapd::sandbox::{Corpus, GithubIssueSeed, JiraIssueSeed, RepositorySeed};

use crate::world::{WRITES, World};

#[tokio::test]
async fn what_is_risky_is_never_said_in_a_public_repository() {
    let doubts =
        "Maybe the cache is at fault. Unclear where: investigate first, then say what shall change for whom and how.";
    let github = GithubIssueSeed {
        title: "Requests time out".to_owned(),
        body: Some(doubts.to_owned()),
        created_days_ago: 30.0,
        ..GithubIssueSeed::default()
    };
    let jira = JiraIssueSeed {
        summary: "Requests time out".to_owned(),
        description: Some(doubts.to_owned()),
        created_days_ago: 30.0,
        ..JiraIssueSeed::default()
    };
    let mut corpus = Corpus::shipped();
    let secret = RepositorySeed {
        name: "acme/secret".to_owned(),
        private: true,
        issues: vec![github.clone()],
        ..RepositorySeed::default()
    };
    let open = RepositorySeed { name: "acme/open".to_owned(), private: false, ..secret.clone() };
    corpus.repositories.extend([secret, open]);
    let sink = "[[sink]]\naspect = 'readiness'\ntracker = '*'\nlabel = 'readiness/{level}'\n";
    let world = World::new(corpus, &format!("{WRITES}{sink}")).await;
    let inside = world.trackers.add_jira_issue("CORE", &jira).expect("an issue");
    world.turn().await;
    let preview = world.preview().await;
    let open = "acme/open#1";
    for key in [format!("github:{open}"), format!("jira:{inside}"), "github:acme/secret#1".to_owned()] {
        let at = preview.thought.roadmap.find(&key).expect("an item");
        let readiness = preview.thought.scores.items[at].readiness.clone().expect("it is on");
        assert_eq!(readiness.level, Readiness::Risky, "{key}: {readiness:?}");
    }
    assert_eq!(world.labels(open, "readiness/"), ["readiness/ready"]);
    assert_eq!(world.labels("acme/secret#1", "readiness/"), ["readiness/risky"]);
    assert_eq!(world.labels(&inside, "readiness/"), ["readiness/risky"]);
    // A person who says so inside isn't quoted outside either.
    let hana = world.trackers.by("hana");
    hana.remove_label(&inside, "readiness/risky").expect("a label");
    hana.add_label(&inside, "readiness/blocked").expect("a label");
    world.pass(60);
    world.turn().await;
    assert!(world.preview().await.plan.changes.is_empty());
    assert!(world.preview().await.plan.levels[&Aspect::Readiness]["risky"] >= 1);
}
