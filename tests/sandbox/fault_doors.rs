//! How a fault plan gets in: the sandbox's own page, and the command line.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use reqwest::{Method, StatusCode};
use roadmapd::sandbox::{JiraShape, Options, Tracker};
use serde_json::{Value, json};

use super::fault_plans::small;
use super::{Bed, Got, fixed, plain, read};

const PLAN: &str = "seed = 3\n[[fault]]\nfault = 'status'\nstatus = 503\npath = '/user'\non = [2]\n";

/// A request to the page of one of the trackers' ports.
async fn page(bed: &Bed, tracker: Tracker, method: Method, body: &str) -> Got {
    let url = if tracker == Tracker::GitHub { bed.running.github_url() } else { bed.running.jira_url() };
    let port = url::Url::parse(url).expect("an address").port().expect("a port");
    read(bed.client.request(method, format!("http://127.0.0.1:{port}/_sandbox/faults")).body(body.to_owned())).await
}

#[tokio::test]
async fn the_page_takes_a_plan_shows_it_with_its_strikes_and_heals() {
    let bed = small().await;
    for (tracker, plan) in [
        (Tracker::GitHub, PLAN.to_owned()),
        (
            Tracker::Jira,
            r#"{"seed": 3, "fault": [{"fault": "status", "status": 503, "path": "/user", "on": [2]}]}"#.to_owned(),
        ),
    ] {
        assert_eq!(page(&bed, tracker, Method::GET, "").await.body, json!({"plan": null, "rules": []}));
        let put = page(&bed, tracker, Method::PUT, &plan).await;
        assert_eq!(put.status, StatusCode::OK);
        let rule = json!({"fault": "status", "status": 503, "path": "/user", "on": [2]});
        assert_eq!(put.body["plan"], json!({"seed": 3, "fault": [rule]}));
        assert_eq!(bed.get("/user").await.status, StatusCode::OK);
        assert_eq!(bed.get("/user").await.status, StatusCode::SERVICE_UNAVAILABLE);
        let shown = page(&bed, tracker, Method::GET, "").await.body;
        assert_eq!(shown["rules"], json!([{"rule": 1, "matched": 2, "struck": 1}]));
        // What is shown can be put again; it counts anew.
        let again = page(&bed, tracker, Method::PUT, &shown["plan"].to_string()).await.body;
        assert_eq!((&again["plan"], &again["rules"][0]["matched"]), (&shown["plan"], &json!(0)));
        assert_eq!(page(&bed, tracker, Method::DELETE, "").await.body, json!({"plan": null, "rules": []}));
        assert_eq!(bed.running.fault_plan(), None);
    }
}

#[tokio::test]
async fn a_bad_plan_is_refused_by_the_page_and_the_one_in_force_stays() {
    let bed = small().await;
    page(&bed, Tracker::GitHub, Method::PUT, PLAN).await;
    for (plan, words) in [
        ("[[fault]]\nfault = 'stal'", "rule 1: fault is \"stal\""),
        ("{\"fault\": [{}]}", "rule 1: it names no fault"),
        ("{\"fault\":", "isn't JSON"),
    ] {
        let got = page(&bed, Tracker::GitHub, Method::PUT, plan).await;
        assert_eq!(got.status, StatusCode::BAD_REQUEST);
        assert!(got.body["message"].as_str().expect("a sentence").contains(words), "{}", got.body);
    }
    assert!(bed.running.fault_plan().is_some());
    let got = page(&bed, Tracker::Jira, Method::POST, PLAN).await;
    assert_eq!((got.status, got.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET, PUT, DELETE"));
}

#[tokio::test]
async fn the_page_is_no_request_of_a_tracker_and_no_fault_strikes_it() {
    let jira_shape = JiraShape { context: "/jira".to_owned(), ..JiraShape::default() };
    let options = Options { clock: fixed(), jira_shape, github_enterprise: true, ..Options::default() };
    let bed = Bed::new(plain(1), options).await;
    let before = bed.running.clock().now();
    page(&bed, Tracker::GitHub, Method::PUT, "[[fault]]\nfault = 'status'\nstatus = 500\n").await;
    for tracker in [Tracker::GitHub, Tracker::Jira] {
        assert_eq!(page(&bed, tracker, Method::GET, "").await.body["rules"][0]["matched"], 0);
        assert_eq!(bed.running.request_count(tracker), 0);
    }
    assert_eq!(bed.running.clock().now(), before);
}

/// A process that is ended with the test.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn sandbox(file: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_roadmapd"));
    command.args(["sandbox", "--generate", "3", "--faults"]).arg(file).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[tokio::test]
async fn the_command_takes_a_plan_from_a_file_and_refuses_a_bad_one_before_it_serves() {
    let bed = small().await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("faults.toml");
    std::fs::write(&file, "[[fault]]\nfault = 'status'\nstatus = 504\n").expect("a file");
    let mut served = Served(sandbox(&file).spawn().expect("the command"));
    let mut line = String::new();
    BufReader::new(served.0.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
    let url = line.trim().strip_prefix("github ").unwrap_or_else(|| panic!("no address: {line}")).to_owned();
    let got = read(bed.client.get(format!("{url}/user"))).await;
    assert_eq!(got.status, StatusCode::GATEWAY_TIMEOUT);
    let shown: Value = read(bed.client.get(format!("{url}/_sandbox/faults"))).await.body;
    assert_eq!(shown["rules"], json!([{"rule": 1, "matched": 1, "struck": 1}]));
    drop(served);

    std::fs::write(&file, "[[fault]]\nfault = 'status'\nstatus = 99\n").expect("a file");
    let output = sandbox(&file).output().expect("the command");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(told.contains("faults.toml, rule 1: status is 99; status allows 400 to 599"), "{told}");
    assert!(output.stdout.is_empty());
}
