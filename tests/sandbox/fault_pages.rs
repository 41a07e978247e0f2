//! Pages of listings that go wrong: short, doubled, shifted, repeated. Nothing is lost by them.

use std::collections::BTreeSet;

use roadmapd::sandbox::{JiraShape, Options, Strikes};
use serde_json::{Value, json};

use super::fault_plans::{one, small};
use super::{Bed, Got, fixed, plain, read};

const ISSUES: &str = "/repos/acme/api/issues?state=all&sort=created&direction=asc&per_page=3";

fn next_link(got: &Got) -> Option<String> {
    let links = got.header("link").split(", ").map(str::to_owned).collect::<Vec<_>>();
    let next = links.iter().find(|link| link.ends_with("rel=\"next\""))?;
    Some(next.trim_start_matches('<').split('>').next().expect("an address").to_owned())
}

/// Numbers of all rows of a GitHub listing by page, and how often a link came again.
async fn pages(bed: &Bed, first: &str, number: impl Fn(&Value) -> String) -> (Vec<Vec<String>>, usize) {
    let (mut pages, mut seen, mut again) = (Vec::new(), BTreeSet::from([first.to_owned()]), 0);
    let mut next = Some(first.to_owned());
    while let Some(target) = next {
        let got = bed.get(&target).await;
        pages.push(got.rows().iter().map(&number).collect());
        next = next_link(&got);
        if let Some(target) = &next
            && !seen.insert(target.trim_start_matches(bed.running.github_url()).to_owned())
        {
            again += 1;
        }
        assert!(pages.len() < 30, "endless: {pages:?}");
    }
    (pages, again)
}

async fn github_pages(bed: &Bed, first: &str) -> (Vec<Vec<String>>, usize) {
    pages(bed, first, |row| row["number"].to_string()).await
}

/// Keys of all rows of a Jira search by page, and how often a token came again.
async fn jira_pages(bed: &Bed, order: &str) -> (Vec<Vec<String>>, usize) {
    let (mut pages, mut seen, mut again) = (Vec::new(), BTreeSet::new(), 0);
    let mut body = json!({"jql": format!("project = PAY ORDER BY {order}"), "fields": ["updated"], "maxResults": 3});
    loop {
        let got = bed.search(body.clone()).await;
        let rows = got.body["issues"].as_array().expect("rows");
        pages.push(rows.iter().map(|row| row["key"].as_str().expect("a key").to_owned()).collect());
        let Some(token) = got.body["nextPageToken"].as_str() else { break };
        again += usize::from(!seen.insert(token.to_owned()));
        body["nextPageToken"] = json!(token);
        assert!(pages.len() < 30, "endless: {pages:?}");
    }
    (pages, again)
}

fn distinct(pages: &[Vec<String>]) -> usize {
    pages.iter().flatten().collect::<BTreeSet<_>>().len()
}

fn rows(pages: &[Vec<String>]) -> usize {
    pages.iter().map(Vec::len).sum()
}

#[tokio::test]
async fn no_row_is_lost_by_short_duplicated_and_shifted_pages() {
    for (fault, more_rows) in [("short_page", false), ("duplicated_rows", true), ("shifted_page", true)] {
        for probability in ["1", "0.5"] {
            let bed = small().await;
            bed.running.plan_faults(one(&format!("fault = '{fault}'\nprobability = {probability}")));
            let (github, _) = github_pages(&bed, ISSUES).await;
            let (jira, _) = jira_pages(&bed, "updated ASC, key ASC").await;
            assert_eq!((distinct(&github), distinct(&jira)), (7, 7), "{fault} {probability}: {github:?} {jira:?}");
            if probability == "1" {
                assert_eq!(rows(&jira) > 7, more_rows, "{fault}: {jira:?}");
                assert_eq!(github.len() > 3 && jira.len() > 3, fault == "short_page", "{github:?} {jira:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_short_page_has_fewer_rows_than_asked_and_a_next_one() {
    let bed = small().await;
    bed.running.plan_faults(one("fault = 'short_page'\non = [1]"));
    let (github, _) = github_pages(&bed, ISSUES).await;
    assert_eq!(github, [vec!["1"], vec!["2", "3", "4"], vec!["5", "6", "7"]]);
    bed.running.plan_faults(one("fault = 'short_page'\non = [2]"));
    let (jira, _) = jira_pages(&bed, "key ASC").await;
    assert_eq!(jira.iter().map(Vec::len).collect::<Vec<_>>(), [3, 1, 3]);
    // A listing by page number, too.
    for label in 1..=9 {
        bed.running.add_label("acme/api#1", &format!("label-{label}")).expect("an issue");
    }
    bed.running.plan_faults(one("fault = 'short_page'"));
    let (events, _) = pages(&bed, "/repos/acme/api/issues/1/events?per_page=4", |row| row["id"].to_string()).await;
    assert!(events[0].len() == 2 && rows(&events) == 9 && distinct(&events) == 9, "{events:?}");
}

#[tokio::test]
async fn a_shifted_page_hides_a_row_that_bears_a_newer_stamp_or_shows_one_twice() {
    let bed = small().await;
    bed.running.plan_faults(one("fault = 'shifted_page'\non = [1]"));
    let newest_first = "/repos/acme/api/issues?state=all&sort=updated&direction=desc&per_page=3";
    let before = bed.running.facts("acme/api#4").expect("an issue");
    let (github, _) = github_pages(&bed, newest_first).await;
    assert_eq!(github, [vec!["7", "6", "5"], vec!["3", "2", "1"]]);
    let after = bed.running.facts("acme/api#4").expect("an issue");
    assert!(after.updated > before.updated);
    assert_eq!((after.labels, after.title), (before.labels, before.title));
    let (jira, _) = jira_pages(&bed, "updated ASC, key ASC").await;
    assert_eq!(jira.concat(), ["PAY-1", "PAY-2", "PAY-3", "PAY-4", "PAY-5", "PAY-6", "PAY-7"]);
    bed.running.plan_faults(one("fault = 'shifted_page'\ntracker = 'jira'\non = [1]"));
    let (jira, _) = jira_pages(&bed, "updated ASC, key ASC").await;
    assert_eq!(jira.concat().last().map(String::as_str), Some("PAY-1"), "{jira:?}");
    assert_eq!(bed.running.log(), []);
}

#[tokio::test]
async fn a_repeated_token_leads_to_the_same_page_again() {
    let bed = small().await;
    bed.running.plan_faults(one("fault = 'repeated_token'\non = [2]"));
    let (github, again) = github_pages(&bed, ISSUES).await;
    assert_eq!((github.len(), again), (4, 1), "{github:?}");
    assert_eq!(github[1], github[2]);
    bed.running.plan_faults(one("fault = 'repeated_token'\non = [2]"));
    let (jira, again) = jira_pages(&bed, "key ASC").await;
    assert_eq!((jira.len(), again), (4, 1), "{jira:?}");
    assert_eq!(jira[1], jira[2]);
}

#[tokio::test]
async fn page_faults_count_listings_alone() {
    let bed = small().await;
    bed.running.plan_faults(one("fault = 'short_page'"));
    for _ in 0..3 {
        bed.get("/user").await;
    }
    bed.get(ISSUES).await;
    assert_eq!(bed.running.strikes(), [Strikes { matched: 1, struck: 1 }]);
}

#[tokio::test]
async fn no_row_is_lost_by_the_pages_of_data_center_either() {
    for (fault, sizes) in
        [("short_page", vec![1, 1, 1, 3, 1]), ("duplicated_rows", vec![3, 4, 2]), ("shifted_page", vec![3, 3, 1])]
    {
        let jira_shape = JiraShape { data_center: true, ..JiraShape::default() };
        let bed = Bed::new(plain(7), Options { clock: fixed(), jira_shape, ..Options::default() }).await;
        bed.running.plan_faults(one(&format!("fault = '{fault}'\non = [1, 2, 3]")));
        let (mut pages, mut start) = (Vec::new(), 0);
        loop {
            let body = json!({"jql": "project = PAY ORDER BY created ASC", "fields": ["updated"], "maxResults": 3, "startAt": start});
            let url = format!("{}/rest/api/2/search", bed.running.jira_url());
            let got = read(bed.client.post(url).bearer_auth(bed.running.jira_token()).json(&body)).await;
            let keys = got.body["issues"].as_array().expect("rows");
            pages.push(keys.iter().map(|row| row["key"].to_string()).collect::<Vec<_>>());
            start += got.body["maxResults"].as_u64().expect("a size");
            if start >= got.body["total"].as_u64().expect("a total") {
                break;
            }
            assert!(pages.len() < 30, "endless: {pages:?}");
        }
        assert_eq!(distinct(&pages), 7, "{fault}: {pages:?}");
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), sizes, "{fault}: {pages:?}");
    }
}
