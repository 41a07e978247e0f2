//! Fault plans: what is written in them is told over HTTP, as often as they say; what can't be meant is refused.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use roadmapd::sandbox::{FaultPlan, Options, Strikes, Tracker};
use serde_json::{Value, json};

use super::{Bed, fixed, plain, read};

/// A plan with one rule: what stands between the table's head and its end.
pub fn one(rule: &str) -> FaultPlan {
    FaultPlan::from_toml(&format!("seed = 1\n[[fault]]\n{rule}\n")).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(text: &str) -> String {
    FaultPlan::from_toml(text).err().unwrap_or_else(|| panic!("allowed: {text}")).to_string()
}

pub async fn small() -> Bed {
    Bed::new(plain(7), Options { clock: fixed(), ..Options::default() }).await
}

/// Statuses of so many requests, one after the other.
async fn statuses(bed: &Bed, requests: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..requests {
        statuses.push(bed.get("/user").await.status.as_u16());
    }
    statuses
}

#[tokio::test]
async fn server_errors_bear_their_status_and_say_when_to_come_back_in_either_form() {
    let bed = small().await;
    for status in [500, 502, 503, 504] {
        bed.running.plan_faults(one(&format!("fault = 'status'\nstatus = {status}")));
        let (github, jira) = (bed.get("/user").await, read(bed.jira(Method::GET, "/myself")).await);
        assert_eq!((github.status.as_u16(), jira.status.as_u16()), (status, status));
        assert!(github.body["message"].is_string() && jira.body["errorMessages"].is_array());
        assert_eq!(github.header("retry-after"), "");
    }
    bed.running.plan_faults(one("fault = 'status'\nstatus = 503\nretry_after_s = 9"));
    assert_eq!(bed.get("/user").await.header("retry-after"), "9");
    bed.running.plan_faults(one("fault = 'status'\nstatus = 503\nretry_after_s = 90\nretry_after = 'date'"));
    let got = bed.get("/user").await;
    assert_eq!(got.header("date"), "Tue, 24 Nov 2026 12:00:00 GMT");
    assert_eq!(got.header("retry-after"), "Tue, 24 Nov 2026 12:01:30 GMT");
    bed.running.heal_all();
    assert_eq!(bed.get("/user").await.status, StatusCode::OK);
}

#[tokio::test]
async fn limits_come_with_seconds_with_dates_and_with_nothing() {
    let bed = small().await;
    bed.running.plan_faults(one("fault = 'primary_limit'\ntracker = 'github'\nreset_s = 60"));
    let got = bed.get("/user").await;
    assert_eq!((got.status.as_u16(), got.header("x-ratelimit-remaining")), (403, "0"));
    let noon: i64 = "2026-11-24T12:01:00Z".parse::<jiff::Timestamp>().expect("a stamp").as_second();
    assert_eq!(got.header("x-ratelimit-reset"), noon.to_string());
    assert!(got.body["message"].as_str().expect("words").starts_with("API rate limit exceeded"));
    bed.running.plan_faults(one("fault = 'primary_limit'\nstatus = 429"));
    let got = bed.get("/user").await;
    assert_eq!((got.status.as_u16(), got.header("x-ratelimit-remaining")), (429, ""));
    for (rule, header) in [
        ("retry_after_s = 7", "7"),
        ("retry_after_s = 7\nretry_after = 'seconds'", "7"),
        ("retry_after_s = 60\nretry_after = 'date'", "Tue, 24 Nov 2026 12:01:00 GMT"),
        ("status = 429", ""),
    ] {
        bed.running.plan_faults(one(&format!("fault = 'secondary_limit'\n{rule}")));
        let got = bed.get("/user").await;
        let status = if header.is_empty() { 429 } else { 403 };
        assert_eq!((got.status.as_u16(), got.header("retry-after")), (status, header), "{rule}");
        assert!(got.body["message"].as_str().expect("words").contains("secondary rate limit"));
        assert_eq!(read(bed.jira(Method::GET, "/myself")).await.status, StatusCode::OK, "it is GitHub's alone");
    }
    bed.running.plan_faults(one("fault = 'burst_limit'\nretry_after_s = 3\nreset_s = 3"));
    let got = read(bed.jira(Method::GET, "/myself")).await;
    assert_eq!((got.status.as_u16(), got.header("retry-after")), (429, "3"));
    assert_eq!(
        (got.header("x-ratelimit-reset"), got.header("ratelimit-reason")),
        ("2026-11-24T12:01Z", "jira-burst-based")
    );
    bed.running.plan_faults(one("fault = 'burst_limit'"));
    let got = read(bed.jira(Method::GET, "/myself")).await;
    assert_eq!(
        (got.header("retry-after"), got.header("ratelimit-reason"), got.header("x-ratelimit-reset")),
        ("", "", "")
    );
    assert_eq!(bed.get("/user").await.status, StatusCode::OK, "it is Jira's alone");
}

#[tokio::test]
async fn an_expired_token_is_refused_and_an_anonymous_answer_is_nobodys() {
    let bed = small().await;
    bed.running.plan_faults(one("fault = 'expired_token'"));
    let (github, jira) = (bed.get("/user").await, read(bed.jira(Method::GET, "/myself")).await);
    assert_eq!((github.status.as_u16(), github.body["message"].as_str()), (401, Some("Bad credentials")));
    assert_eq!((jira.status.as_u16(), jira.header("x-seraph-loginreason")), (401, "AUTHENTICATED_FAILED"));
    bed.running.plan_faults(one("fault = 'anonymous'"));
    let got = bed.search(json!({"jql": "project = PAY"})).await;
    assert_eq!((got.status.as_u16(), got.header("x-seraph-loginreason")), (200, "AUTHENTICATED_FAILED"));
    assert_eq!(got.body["issues"], json!([]));
    assert_eq!(read(bed.jira(Method::GET, "/myself")).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(bed.get("/user").await.status, StatusCode::UNAUTHORIZED);
    let label = bed.github(Method::POST, "/repos/acme/api/issues/1/labels").json(&json!({"labels": ["x"]}));
    assert_eq!(read(label).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn bodies_are_cut_spoiled_replaced_and_sent_elsewhere() {
    let bed = small().await;
    let text = async |bed: &Bed| {
        bed.github(Method::GET, "/user").send().await.expect("an answer").text().await.expect("a body")
    };
    let whole = text(&bed).await;
    bed.running.plan_faults(one("fault = 'truncated_json'"));
    assert_eq!(text(&bed).await, whole[..whole.len() / 2]);
    bed.running.plan_faults(one("fault = 'invalid_json'"));
    let spoiled = text(&bed).await;
    assert_eq!(spoiled.len(), whole.len());
    assert!(serde_json::from_str::<Value>(&spoiled).is_err());
    bed.running.plan_faults(one("fault = 'html'\nstatus = 200"));
    let got = bed.get("/user").await;
    assert_eq!((got.status.as_u16(), got.header("content-type")), (200, "text/html; charset=utf-8"));
    for (rule, status, location) in [
        ("", 301, "https://elsewhere.example/"),
        ("status = 307\nlocation = 'https://new.example/a'", 307, "https://new.example/a"),
    ] {
        bed.running.plan_faults(one(&format!("fault = 'redirect'\n{rule}")));
        let got = bed.get("/user").await;
        assert_eq!((got.status.as_u16(), got.header("location")), (status, location));
    }
}

#[tokio::test]
async fn resets_slow_answers_and_drips_differ_in_what_was_applied() {
    let bed = small().await;
    let post =
        |label: &str| bed.github(Method::POST, "/repos/acme/api/issues/1/labels").json(&json!({"labels": [label]}));
    bed.running.plan_faults(one("fault = 'reset_before'\nmethod = 'post'"));
    assert!(post("before").send().await.is_err());
    bed.running.plan_faults(one("fault = 'reset_after'\nmethod = 'POST'\npath = '/labels'"));
    assert!(post("after").send().await.is_err());
    bed.running.plan_faults(one("fault = 'slow'\ndelay_ms = 86400000\nmethod = 'POST'"));
    let slow = post("slow").timeout(Duration::from_millis(200)).send().await;
    assert!(slow.is_err_and(|error| error.is_timeout()));
    assert_eq!(bed.running.labels_of("acme/api#1").expect("an issue"), ["after", "slow"]);
    let whole = bed.get("/user").await;
    for rule in ["fault = 'slow'\ndelay_ms = 1", "fault = 'drip'\ndelay_ms = 0"] {
        bed.running.plan_faults(one(rule));
        let got = bed.get("/user").await;
        assert_eq!((got.status, &got.body), (whole.status, &whole.body), "{rule}");
    }
}

#[tokio::test]
async fn a_stalled_answer_ends_when_all_is_healed() {
    let bed = small().await;
    bed.running.plan_faults(one("fault = 'stall'"));
    let request = tokio::spawn(bed.github(Method::GET, "/user").send());
    while bed.running.strikes()[0].struck == 0 {
        tokio::task::yield_now().await;
    }
    bed.running.heal_all();
    assert!(request.await.expect("a task").is_err());
    assert_eq!(bed.get("/user").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_faults_and_another_one_others() {
    let plan = |seed: u64| {
        let text = format!("seed = {seed}\n[[fault]]\nfault = 'status'\nstatus = 503\nprobability = 0.4\n");
        FaultPlan::from_toml(&text).expect("a plan")
    };
    let mut runs = Vec::new();
    for seed in [7, 7, 8] {
        let bed = small().await;
        bed.running.plan_faults(plan(seed));
        runs.push(statuses(&bed, 40).await);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
    assert!(runs[0].contains(&200) && runs[0].contains(&503));
}

#[tokio::test]
async fn a_script_strikes_the_requests_it_names_and_every_rule_counts_for_itself() {
    let bed = small().await;
    let script = "[[fault]]\nfault = 'status'\nstatus = 500\non = [2, 4]\n\
                  [[fault]]\nfault = 'status'\nstatus = 502\nafter = 2\ntimes = 2\n";
    bed.running.plan_faults(FaultPlan::from_toml(script).expect("a plan"));
    assert_eq!(statuses(&bed, 6).await, [200, 500, 502, 500, 200, 200]);
    let counts = [Strikes { matched: 6, struck: 2 }, Strikes { matched: 6, struck: 1 }];
    assert_eq!(bed.running.strikes(), counts);
    bed.running.plan_faults(one("fault = 'status'\nstatus = 500\ntracker = 'jira'\npath = '/search'\nmethod = 'POST'"));
    assert_eq!(statuses(&bed, 1).await, [200]);
    assert_eq!(read(bed.jira(Method::GET, "/myself")).await.status, StatusCode::OK);
    assert_eq!(bed.search(json!({"jql": "project = PAY"})).await.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(bed.running.strikes(), [Strikes { matched: 1, struck: 1 }]);
}

#[tokio::test]
async fn a_search_lags_until_it_is_healed() {
    let bed = small().await;
    bed.running.plan_faults(one("fault = 'search_lag'\nseconds = 30"));
    bed.running.edit_title("PAY-1", "said anew").expect("an issue");
    let shown = async |bed: &Bed| {
        let got = bed.search(json!({"jql": "key = PAY-1", "fields": ["summary"]})).await;
        got.body["issues"][0]["fields"]["summary"].as_str().expect("a title").to_owned()
    };
    assert_eq!(shown(&bed).await, "issue 1");
    let by_id = read(bed.jira(Method::GET, "/issue/PAY-1")).await;
    assert_eq!(by_id.body["fields"]["summary"], "said anew");
    bed.running.clock().advance(Duration::from_secs(31));
    assert_eq!(shown(&bed).await, "said anew");
    bed.running.edit_title("PAY-1", "and again").expect("an issue");
    assert_eq!(shown(&bed).await, "said anew");
    bed.running.heal_all();
    assert_eq!(shown(&bed).await, "and again");
}

#[tokio::test]
async fn a_clock_that_is_off_dates_and_stamps_wrongly_until_it_is_healed() {
    let bed = small().await;
    bed.running.plan_faults(one("fault = 'clock_skew'\ntracker = 'github'\nseconds = -3600"));
    bed.running.comment("acme/api#1").expect("an issue");
    bed.running.comment("PAY-1").expect("an issue");
    assert_eq!(bed.get("/user").await.header("date"), "Tue, 24 Nov 2026 11:00:00 GMT");
    let updated = |key| bed.running.facts(key).expect("an issue").updated.to_string();
    assert_eq!(updated("acme/api#1"), "2026-11-24T11:00:00Z");
    assert_eq!(updated("PAY-1"), "2026-11-24T12:00:00Z");
    let info = read(bed.jira(Method::GET, "/serverInfo")).await;
    assert!(info.header("date").contains("12:00:00"), "Jira's clock is right");
    bed.running.plan_faults(one("fault = 'clock_skew'\nseconds = 60"));
    assert!(read(bed.jira(Method::GET, "/serverInfo")).await.header("date").contains("12:01:00"));
    bed.running.comment("PAY-1").expect("an issue");
    assert!(updated("PAY-1").starts_with("2026-11-24T12:01:00"));
    bed.running.heal_all();
    bed.running.comment("PAY-1").expect("an issue");
    assert!(updated("PAY-1").starts_with("2026-11-24T12:00:00"), "a clock that is put right goes back");
    assert!(bed.get("/user").await.header("date").contains("12:00:00"));
}

#[tokio::test]
async fn stamps_of_one_second_have_no_fraction() {
    let bed = small().await;
    bed.running.clock().advance(Duration::from_millis(250));
    let stamp = async |bed: &Bed| {
        let got = read(bed.jira(Method::GET, "/issue/PAY-1")).await;
        got.body["fields"]["updated"].as_str().expect("a stamp").to_owned()
    };
    bed.running.plan_faults(one("fault = 'one_second_stamps'"));
    bed.running.comment("PAY-1").expect("an issue");
    assert_eq!(stamp(&bed).await, "2026-11-24T12:00:00.000+0000");
    bed.running.heal_all();
    bed.running.comment("PAY-1").expect("an issue");
    assert!(stamp(&bed).await.starts_with("2026-11-24T12:00:00.25"));
}

#[test]
fn a_bad_plan_is_refused_with_the_rule_the_value_and_what_is_allowed() {
    let good = "[[fault]]\nfault = 'stall'\n";
    for (rule, words) in [
        ("", "rule 2: it names no fault; allowed is one of `status`"),
        ("fault = 'stal'", "rule 2: fault is \"stal\": unknown variant `stal`, expected one of `status`"),
        (
            "fault = 'stall'\nchance = 1",
            "rule 2: chance is 1: unknown field `chance`, expected one of `fault`, `tracker`",
        ),
        (
            "fault = 'stall'\ntracker = 'gitlab'",
            "rule 2: tracker is \"gitlab\": unknown variant `gitlab`, expected `github` or `jira`",
        ),
        (
            "fault = 'burst_limit'\ntracker = 'github'",
            "rule 2: tracker is github, but burst_limit is known to jira alone",
        ),
        ("fault = 'stall'\nmethod = 'GRAB'", "rule 2: method is \"GRAB\"; allowed are GET, POST, PUT, PATCH, DELETE"),
        ("fault = 'stall'\nprobability = 1.5", "rule 2: probability is 1.5; allowed are 0 to 1"),
        ("fault = 'stall'\nprobability = 1\ntimes = 2", "rule 2: probability and times or after are given together"),
        ("fault = 'stall'\non = [0]", "rule 2: on holds 0; the first matching request is 1"),
        ("fault = 'stall'\non = []", "rule 2: on is []"),
        ("fault = 'stall'\ntimes = 0", "rule 2: times is 0; allowed is 1 or more"),
        ("fault = 'stall'\nafter = -1", "rule 2: after is -1: invalid value: integer `-1`, expected u64"),
        ("fault = 'status'", "rule 2: it names no status; allowed are 400 to 599"),
        ("fault = 'status'\nstatus = 200", "rule 2: status is 200; status allows 400 to 599"),
        ("fault = 'redirect'\nstatus = 304", "rule 2: status is 304; redirect allows 301 to 303, 307 to 308"),
        ("fault = 'html'\nretry_after_s = 3", "rule 2: retry_after_s is 3, but html takes status"),
        ("fault = 'secondary_limit'\nretry_after = 'date'", "rule 2: retry_after says how retry_after_s is written"),
        ("fault = 'slow'\ndelay_ms = 'long'", "rule 2: delay_ms is \"long\": invalid type"),
        ("fault = 'clock_skew'", "rule 2: it names no seconds; clock_skew needs them"),
        ("fault = 'clock_skew'\nseconds = 1\non = [1]", "rule 2: on is [1], but clock_skew holds from now on"),
        ("fault = 'search_lag'\nseconds = -5", "rule 2: seconds is -5; a search lags by 0 seconds or more"),
    ] {
        let told = refused(&format!("{good}[[fault]]\n{rule}\n"));
        assert!(told.contains(words), "{rule}: {told}");
    }
    for (text, words) in [
        ("seed = -1", "seed is -1; allowed is a whole number from 0 on"),
        ("faults = []", "faults is []; allowed at the top are seed and fault"),
        ("fault = 3", "fault is 3; allowed is a list, written as [[fault]] in TOML"),
        ("seed = ", "the fault plan isn't TOML"),
    ] {
        let told = refused(text);
        assert!(told.contains(words), "{text}: {told}");
    }
}

#[test]
fn a_file_that_is_no_plan_or_is_not_there_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("faults.toml");
    let told = FaultPlan::read(&file).expect_err("no file").to_string();
    assert!(told.contains("faults.toml can't be read"), "{told}");
    std::fs::write(&file, "[[fault]]\nfault = 'html'\nstatus = 99\n").expect("a file");
    let told = FaultPlan::read(&file).expect_err("no plan").to_string();
    assert!(told.contains("faults.toml, rule 1: status is 99; html allows 200, 400 to 599"), "{told}");
}

#[test]
fn a_plan_in_json_is_the_plan_in_toml() {
    let toml = one("fault = 'status'\nstatus = 503\non = [1, 3]\ntracker = 'jira'");
    let json = r#"{"seed": 1, "fault": [{"fault": "status", "status": 503, "on": [1, 3], "tracker": "jira"}]}"#;
    assert_eq!(FaultPlan::from_json(json).expect("a plan"), toml);
    let again = serde_json::to_string(&toml).expect("JSON");
    assert_eq!(serde_json::from_str::<FaultPlan>(&again).expect("a plan"), toml);
    assert_eq!(Tracker::Jira, serde_json::from_str("\"jira\"").expect("a tracker"));
}
