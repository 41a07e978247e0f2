//! What it took to close an issue teaches, beside what people estimated, how large the next one is.

use roadmapd::daemon::Order;
use roadmapd::sandbox::{Corpus, GithubIssueSeed, ProjectSeed, RepositorySeed};
use roadmapd::score::ItemScore;

use crate::world::{WRITES, World};

const ESTIMATED: u32 = 45;
const CLOSED: u32 = 15;

/// Estimated issues, and others that nobody estimated, each closed by a pull request with as many lines as its word says; and an open one
/// whose word only the latter have.
fn corpus() -> Corpus {
    let kinds = [("Fix a typo", 1, 10), ("Restyle the button", 3, 90), ("Plan the migration", 8, 800)];
    let mut issues = Vec::new();
    for n in 1..=ESTIMATED + CLOSED {
        let (title, points, lines) =
            if n <= ESTIMATED { kinds[n as usize % 3] } else { ("Rewrite the parser", 0, 900) };
        let closed = Some(f64::from(100 - n));
        let one = GithubIssueSeed {
            number: n,
            title: title.to_owned(),
            body: Some("It was asked for by the people who use it every day.".to_owned()),
            author: Some("dana".to_owned()),
            labels: if points > 0 { vec![format!("points/{points}")] } else { Vec::new() },
            closed_days_ago: closed,
            created_days_ago: 300.0 - f64::from(n),
            ..GithubIssueSeed::default()
        };
        let merge = GithubIssueSeed {
            number: 100 + n,
            title: "A change".to_owned(),
            body: Some(format!("Fixes #{n}")),
            labels: Vec::new(),
            pull_request: true,
            merged_lines: Some(lines + n % 5),
            created_days_ago: 150.0,
            ..one.clone()
        };
        issues.extend([one, merge]);
    }
    issues.push(GithubIssueSeed {
        number: 200,
        title: "Rewrite the parser again".to_owned(),
        created_days_ago: 3.0,
        ..GithubIssueSeed::default()
    });
    let repositories = vec![RepositorySeed { name: "acme/api".to_owned(), issues, ..RepositorySeed::default() }];
    let projects = vec![ProjectSeed { key: "PAY".to_owned(), name: "Pay".to_owned(), ..ProjectSeed::default() }];
    Corpus { repositories, projects, ..Corpus::shipped() }
}

async fn score_of(world: &World, number: u32) -> ItemScore {
    let thought = world.preview().await.thought;
    let at = thought.roadmap.find(&format!("github:acme/api#{number}")).expect("an item");
    thought.scores.items[at].clone()
}

#[tokio::test]
async fn the_size_of_merged_pull_requests_is_weak_evidence_where_people_estimated_enough() {
    let census = Order { cause: "test".to_owned(), census: true, ..Order::default() };
    let world = World::new(corpus(), WRITES).await;
    let pulls = || -> u64 {
        let asked = world.trackers.requests();
        asked.iter().filter(|((_, route), _)| route.contains("/pulls/")).map(|(_, n)| n).sum()
    };
    for (asked, quiet) in [(40, false), (60, false), (60, true)] {
        world.turn_as(&census).await;
        assert_eq!(pulls(), asked, "each size is asked for once, some at each census");
        world.turn().await;
        assert_eq!(pulls(), asked);
        assert!(!quiet || world.turn().await.quiet);
    }
    let closed = score_of(&world, ESTIMATED + 1).await.complexity.because;
    let lines = 900 + (ESTIMATED + 1) % 5;
    let says = |text: &str| closed.iter().any(|because| because.why == text);
    assert!(says(&format!("merged pull requests changed {lines} lines")), "{closed:?}");
    let open = score_of(&world, 200).await.complexity;
    assert!(
        open.because[0]
            .why
            .ends_with("45 estimated issues and the lines that merged pull requests changed for 15 more"),
        "{open:?}"
    );
    assert_eq!(open.story_points, 8.0, "{open:?}");
    let model = world.store.model().await.expect("a model");
    let history = model.histories.values().next().expect("a history");
    assert_eq!((history.labels, history.median), (ESTIMATED as usize, 3.0), "only what people said counts as said");
}
