//! What the machine and the trackers may do to it: odd clocks, slow answers, great numbers; it says so and recovers by itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use roadmapd::sandbox::{Corpus, Fault, GithubIssueSeed, JiraIssueSeed, Matcher, Tracker};
use roadmapd::tracker::{Policy, TrackerConfig};

use crate::people::cursor;
use crate::world::{WRITES, World};

#[tokio::test]
async fn a_tracker_that_answers_byte_by_byte_for_hours_is_given_up_by_name_while_the_other_goes_on() {
    for (tracker, name) in [(Tracker::GitHub, "github"), (Tracker::Jira, "jira")] {
        let mut world = World::new(Corpus::generated(63, 24), WRITES).await;
        world.turn().await;
        let policy = Policy {
            tries_max: 2,
            backoff: Duration::from_millis(1),
            request_timeout: Duration::from_millis(400),
            ..Policy::GITHUB
        };
        let connect = |config: &TrackerConfig| roadmapd::tracker::Tracker::connect_with(config, policy);
        let trackers = world.works.settings.trackers.iter().map(|config| connect(config).map(Arc::new));
        world.works.trackers = trackers.collect::<Result<_, _>>().expect("the trackers connect");
        let at = cursor(&world, name).await;
        let github = GithubIssueSeed { title: "Exports time out".to_owned(), ..GithubIssueSeed::default() };
        let jira = JiraIssueSeed { summary: "Exports time out".to_owned(), ..JiraIssueSeed::default() };
        let new = [
            world.trackers.add_github_issue("acme/api", &github).expect("an issue"),
            world.trackers.add_jira_issue("CORE", &jira).expect("an issue"),
        ];
        let (slow, quick) = if tracker == Tracker::GitHub { (&new[0], &new[1]) } else { (&new[1], &new[0]) };
        world.trackers.fail(tracker, Matcher::any(), Fault::Drip(Duration::from_secs(1)), u32::MAX);
        let begun = Instant::now();
        let turned = world.turn().await;
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
        assert_eq!(turned.errors.len(), 1, "{:?}", turned.errors);
        let told = &turned.errors[0];
        for word in [name, "timed out", "400ms", "2 tries", "next cycle"] {
            assert!(told.contains(word), "{word}: {told}");
        }
        assert_eq!(cursor(&world, name).await, at);
        assert_eq!((world.labels(quick, "priority/").len(), world.labels(slow, "priority/").len()), (1, 0));
        world.trackers.heal_all();
        let turned = world.turn().await;
        assert_eq!((turned.errors, world.labels(slow, "priority/").len()), (vec![], 1));
    }
}
