//! Ten thousand items: each view stays small and quick.

use std::time::{Duration, Instant};

use crate::site::{Site, WRITES, generated, nasty};

/// The largest answer of a view, in bytes.
const BYTES_MAX: usize = 200_000;

const VIEWS: [&str; 7] = ["/", "/?status=all&page=100", "/?text=pay", "/matrix", "/cycles", "/cycles/1", "/status"];

/// A site of ten thousand items: a few hundred that were read, and the same again under other ids and numbers until there are enough.
async fn ten_thousand() -> Site {
    let site = Site::new(generated(9, 400), WRITES).await;
    let read = site.store.issues().await.expect("issues");
    let mut all = Vec::new();
    for round in 1_u32.. {
        if all.len() + read.len() >= 10_000 {
            break;
        }
        all.extend(read.iter().map(|issue| {
            let mut copy = issue.clone();
            copy.id.id = format!("{}{round:03}", issue.id.id);
            let (place, number) = issue.key.local.split_at(issue.key.local.rfind(['#', '-']).expect("a number") + 1);
            copy.key.local = format!("{place}{round}{number:0>5}");
            (copy.aliases, copy.item, copy.relations) = (Vec::new(), None, Vec::new());
            copy
        }));
    }
    site.store.save_issues(&all).await.expect("saved");
    // A cycle that reads nothing new would be quiet; the page looks again all the same once one has ended.
    site.turn().await;
    site
}

#[tokio::test(flavor = "multi_thread")]
async fn every_view_of_ten_thousand_items_is_within_200_kb() {
    let site = ten_thousand().await;
    let first = site.get("/api/v1/roadmap?status=all&per_page=1").await.json();
    let total = first["total"].as_u64().expect("a number");
    assert!(total > 8_000, "{total}");
    let key = first["items"][0]["faces"][0].as_str().expect("a key").replace('#', "%23");
    let item = format!("/items/{key}");
    for path in VIEWS.into_iter().chain([item.as_str()]) {
        let started = Instant::now();
        let said = site.get(path).await;
        eprintln!("{path}: {} bytes, {:?}", said.body.len(), started.elapsed());
        said.names(&["</html>"]);
        assert!(said.body.len() <= BYTES_MAX, "{path} has {} bytes", said.body.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn titles_that_do_their_worst_on_every_row_stay_within_200_kb_too() {
    let mut corpus = generated(10, 700);
    let worst: String = nasty().chars().take(250).collect();
    for issue in corpus.repositories.iter_mut().flat_map(|repository| &mut repository.issues) {
        issue.title.clone_from(&worst);
    }
    for issue in corpus.projects.iter_mut().flat_map(|project| &mut project.issues) {
        issue.summary.clone_from(&worst);
    }
    let site = Site::new(corpus, WRITES).await;
    for path in VIEWS {
        let said = site.get(path).await;
        assert!(said.body.len() <= BYTES_MAX, "{path} has {} bytes", said.body.len());
        said.hides(&["<script>alert"]);
    }
}

/// Run with `--release`, alone: `cargo test --release --test page -- --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures, and a machine that does other things at once would judge it wrongly"]
async fn every_view_of_ten_thousand_items_takes_less_than_100_ms() {
    let site = ten_thousand().await;
    let mut slow = Vec::new();
    for path in VIEWS {
        site.get(path).await.names(&["</html>"]);
        let started = Instant::now();
        let rounds = 10_u32;
        for _ in 0..rounds {
            site.get(path).await;
        }
        let took = started.elapsed() / rounds;
        eprintln!("{path}: {took:?}");
        slow.extend((took >= Duration::from_millis(100)).then(|| format!("{path}: {took:?}")));
    }
    assert!(slow.is_empty(), "{slow:?}");
}
