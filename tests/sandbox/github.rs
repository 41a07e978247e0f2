//! The GitHub: paging, conditional requests, label rules, moves, refusals.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use roadmapd::sandbox::{Options, Tracker};
use serde_json::json;

use super::{Bed, fixed, plain, read};

fn next(link: &str) -> Option<String> {
    let part = link.split(", ").find(|part| part.ends_with("rel=\"next\""))?;
    Some(part.split(['<', '>']).nth(1)?.to_owned())
}

#[tokio::test]
async fn a_list_is_read_to_its_end_by_its_next_links() {
    let bed = Bed::new(plain(250), Options { clock: fixed(), ..Options::default() }).await;
    let mut page = Some("/repos/acme/api/issues?state=all&sort=updated&direction=asc&per_page=100".to_owned());
    let (mut numbers, mut pages) = (Vec::new(), 0);
    while let Some(path) = page {
        let got = bed.get(&path).await;
        assert_eq!(got.status, StatusCode::OK);
        assert!(!got.header("link").contains("rel=\"last\""));
        numbers.extend(got.rows().iter().filter_map(|row| row["number"].as_u64()));
        page = next(got.header("link"));
        if let Some(page) = &page {
            assert!(page.contains("/repositories/1300001/issues?") && page.contains("after="), "{page}");
        }
        pages += 1;
    }
    assert_eq!(pages, 3);
    assert_eq!(numbers, (1..=250).collect::<Vec<_>>());
}

#[tokio::test]
async fn since_takes_what_was_updated_at_that_second_and_refuses_junk() {
    let bed = Bed::new(plain(5), Options { clock: fixed(), ..Options::default() }).await;
    for since in ["2026-11-22T12:00:00Z", "2026-11-22T15:00:00%2B03:00"] {
        let got = bed.get(&format!("/repos/acme/api/issues?state=all&since={since}")).await;
        assert_eq!(got.rows().len(), 2, "{since}");
    }
    assert_eq!(bed.get("/repos/acme/api/issues?since=yesterday").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let deep = bed.get("/repos/acme/api/issues?per_page=100&page=100").await;
    assert_eq!(deep.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(deep.body["message"].as_str().is_some_and(|text| text.contains("cursor based pagination")));
}

#[tokio::test]
async fn an_unchanged_list_answers_304_and_costs_nothing() {
    let bed = Bed::shipped().await;
    let path = "/repos/acme/api/issues?state=all&sort=updated&per_page=1";
    let first = bed.get(path).await;
    let etag = first.header("etag").to_owned();
    let second = read(bed.github(Method::GET, path).header("if-none-match", &etag)).await;
    assert_eq!(second.status, StatusCode::NOT_MODIFIED);
    assert_eq!(second.header("x-ratelimit-used"), first.header("x-ratelimit-used"));
    bed.running.add_label("acme/api#9", "later").expect("an issue");
    let third = read(bed.github(Method::GET, path).header("if-none-match", &etag)).await;
    assert_eq!(third.status, StatusCode::OK);
    let other =
        bed.client.get(format!("{}{path}", bed.running.github_url())).bearer_auth(bed.running.github_read_only_token());
    assert_ne!(read(other).await.header("etag"), third.header("etag"));
}

#[tokio::test]
async fn labels_are_added_and_taken_one_by_one_and_move_the_stamp() {
    let bed = Bed::shipped().await;
    let before = bed.running.facts("acme/api#6").expect("an issue").updated;
    let path = "/repos/acme/api/issues/6/labels";
    let got = read(bed.github(Method::POST, path).json(&json!({"labels": ["BUG", "priority/p1"]}))).await;
    assert_eq!(got.status, StatusCode::OK);
    let names: BTreeSet<_> = got.rows().iter().filter_map(|row| row["name"].as_str()).collect();
    assert_eq!(names, BTreeSet::from(["bug", "priority/p1"]));
    assert!(got.rows().iter().any(|row| row["name"] == "priority/p1" && row["color"] == "ededed"));
    let after = bed.running.facts("acme/api#6").expect("an issue").updated;
    assert!(after > before);
    assert_eq!(read(bed.github(Method::DELETE, &format!("{path}/priority%2Fp1"))).await.status, StatusCode::OK);
    let gone = read(bed.github(Method::DELETE, &format!("{path}/priority%2Fp1"))).await;
    assert_eq!((gone.status, gone.body["message"].as_str()), (StatusCode::NOT_FOUND, Some("Label does not exist")));
    assert_eq!(bed.running.labels_of("acme/api#6").expect("an issue"), ["bug"]);
    let log = bed.running.log();
    let acts: Vec<_> = log.iter().map(|entry| (entry.actor.as_str(), entry.what.as_str())).collect();
    assert_eq!(acts, [("roadmapd-bot", "labeled"), ("roadmapd-bot", "labeled"), ("roadmapd-bot", "unlabeled")]);
    assert_eq!(bed.running.write_count(Tracker::GitHub), 3);
}

#[tokio::test]
async fn what_moves_no_stamp_moves_none() {
    let bed = Bed::shipped().await;
    let before = bed.running.facts("acme/api#3").expect("an issue").updated;
    bed.running.react("acme/api#3", "+1").expect("a reaction");
    bed.running.block("acme/api#9", "acme/api#3").expect("a dependency");
    bed.running.rename_label("acme/api", "bug", "kind/bug").expect("a label");
    assert_eq!(bed.running.facts("acme/api#3").expect("an issue").updated, before);
    let row = bed.get("/repos/acme/api/issues/3").await.body;
    assert_eq!(row["reactions"]["+1"], 13);
    assert_eq!(row["issue_dependencies_summary"]["blocked_by"], 1);
}

#[tokio::test]
async fn the_label_rules_are_githubs() {
    let bed = Bed::shipped().await;
    let post = |body| read(bed.github(Method::POST, "/repos/acme/api/labels").json(&body));
    let twice = post(json!({"name": "BUG", "color": "ffffff"})).await;
    assert_eq!((twice.status.as_u16(), &twice.body["errors"][0]["code"]), (422, &json!("already_exists")));
    let long = post(json!({"name": "x".repeat(51), "color": "ffffff"})).await;
    assert!(long.body["errors"][0]["message"].as_str().is_some_and(|text| text.contains("maximum is 50")));
    assert_eq!(post(json!({"name": "y", "color": "#ffffff"})).await.body["errors"][0]["field"], "color");
    assert_eq!(post(json!({"name": "x".repeat(50), "color": "ffffff"})).await.status, StatusCode::CREATED);
    for n in 0..100 {
        bed.running.add_label("acme/api#6", &format!("l{n}")).expect("an issue");
    }
    let full = read(bed.github(Method::POST, "/repos/acme/api/issues/6/labels").json(&json!({"labels": ["l1"]}))).await;
    assert_eq!(full.body["errors"][0]["message"], "Issues cannot have more than 100 labels");
}

#[tokio::test]
async fn doors_that_are_closed_say_so() {
    let bed = Bed::shipped().await;
    let url = |path: &str| format!("{}{path}", bed.running.github_url());
    let wrong = read(bed.client.get(url("/repos/acme/api")).bearer_auth("wrong")).await;
    assert_eq!((wrong.status.as_u16(), wrong.body["message"].as_str()), (401, Some("Bad credentials")));
    assert_eq!(read(bed.client.get(url("/repos/acme/api"))).await.status, StatusCode::NOT_FOUND);
    let post = |token: &str| {
        bed.client.post(url("/repos/acme/api/issues/3/labels")).bearer_auth(token).json(&json!({"labels": ["x"]}))
    };
    assert_eq!(read(post(bed.running.github_read_only_token())).await.status, StatusCode::FORBIDDEN);
    bed.running.archive("acme/api", true).expect("a repository");
    let archived = read(post(bed.running.github_token())).await;
    assert_eq!(
        (archived.status.as_u16(), archived.body["message"].as_str()),
        (403, Some("Repository was archived so is read-only."))
    );
    let unknown = bed.get("/repos/acme/api/pulls").await;
    assert_eq!(unknown.status, StatusCode::NOT_IMPLEMENTED);
    assert!(unknown.body["message"].as_str().is_some_and(|text| text.contains("GET /repos/acme/api/pulls")));
}

#[tokio::test]
async fn what_moved_is_redirected_and_what_was_deleted_is_gone() {
    let bed = Bed::shipped().await;
    bed.running.delete("acme/api#5").expect("an issue");
    assert_eq!(bed.get("/repos/acme/api/issues/5").await.status, StatusCode::GONE);
    let key = bed.running.move_issue("acme/api#6", "acme/web").expect("an issue");
    let moved = bed.get("/repos/acme/api/issues/6").await;
    assert_eq!(moved.status, StatusCode::MOVED_PERMANENTLY);
    let there = bed.get(moved.header("location")).await;
    assert_eq!(format!("acme/web#{}", there.body["number"]), key);
    bed.running.rename_repository("acme/api", "acme/core-api").expect("a repository");
    let read_old = bed.get("/repos/acme/api/issues?state=all").await;
    assert_eq!(read_old.status, StatusCode::MOVED_PERMANENTLY);
    assert!(
        read_old.header("location").ends_with("/repositories/1300001/issues?state=all"),
        "{}",
        read_old.header("location")
    );
    assert_eq!(bed.get(read_old.header("location")).await.status, StatusCode::OK);
    let write_old =
        read(bed.github(Method::POST, "/repos/acme/api/issues/3/labels").json(&json!({"labels": ["x"]}))).await;
    assert_eq!(write_old.status, StatusCode::TEMPORARY_REDIRECT);
}

#[tokio::test]
async fn comments_are_listed_for_an_issue_and_for_a_repository_with_since_order_and_pages() {
    let mut corpus = plain(3);
    corpus.repositories[0].issues[2].pull_request = true;
    let bed = Bed::new(corpus, Options { clock: fixed(), ..Options::default() }).await;
    let minute = || bed.running.clock().advance(std::time::Duration::from_secs(60));
    for (who, key) in [("dana", "acme/api#2"), ("hana", "acme/api#1"), ("hana", "acme/api#3"), ("lee", "acme/api#1")] {
        minute();
        bed.running.by(who).comment(key).expect("an issue");
    }
    let told = async |path: &str| {
        let got = bed.get(path).await;
        let last = |text: &serde_json::Value| text.as_str().and_then(|url| url.rsplit('/').next()).map(str::to_owned);
        let row = |row: &serde_json::Value| {
            format!("{} {}", last(&row["issue_url"]).unwrap_or_default(), row["user"]["login"])
        };
        (got.rows().iter().map(row).collect::<Vec<_>>(), next(got.header("link")))
    };
    let all = "/repos/acme/api/issues/comments";
    let oldest_first = ["2 \"dana\"", "1 \"hana\"", "3 \"hana\"", "1 \"lee\""];
    assert_eq!(told(all).await.0, oldest_first);
    assert_eq!(told(&format!("{all}?direction=desc")).await.0, oldest_first, "a direction of no order is ignored");
    let newest_first: Vec<&str> = oldest_first.into_iter().rev().collect();
    assert_eq!(told(&format!("{all}?sort=updated&direction=desc")).await.0, newest_first);
    assert_eq!(
        told(&format!("{all}?sort=created&direction=asc&since=2026-11-24T12:03:00Z")).await.0,
        oldest_first[2..]
    );
    let (rows, next) = told(&format!("{all}?sort=updated&direction=desc&per_page=3")).await;
    assert_eq!(rows, newest_first[..3]);
    assert_eq!(told(&next.expect("a second page")).await, (vec![newest_first[3].to_owned()], None));
    assert_eq!(told("/repos/acme/api/issues/1/comments?since=2026-11-24T12:04:00Z").await.0, ["1 \"lee\""]);
    for wrong in ["sort=newest", "sort=updated&direction=up", "since=yesterday"] {
        assert_eq!(bed.get(&format!("{all}?{wrong}")).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let pull = bed.get("/repos/acme/api/issues/3/comments").await;
    assert!(pull.rows()[0]["html_url"].as_str().is_some_and(|page| page.contains("/pull/3#issuecomment-")));
    assert_eq!(bed.get("/repos/acme/api/issues/1").await.body["comments"], 2);
    assert_eq!(bed.get("/repos/acme/api/issues/9/comments").await.status, StatusCode::NOT_FOUND);
}
