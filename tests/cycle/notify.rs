//! People are told through one webhook, each thing once: plans that wait, trackers that can't be read, new p0, quarantine, fights.

use roadmapd::daemon::{Turned, tell};
use roadmapd::model::{IssueKey, TrackerName};
use roadmapd::sandbox::{Corpus, Fault, Matcher, Tracker};
use roadmapd::store::Request;
use serde_json::Value;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::world::{WRITES, World};

/// A chat that takes messages.
struct Chat {
    server: MockServer,
    folder: tempfile::TempDir,
}

impl Chat {
    async fn open() -> Self {
        let server = MockServer::start().await;
        let chat = Self { server, folder: tempfile::tempdir().expect("a folder") };
        std::fs::write(chat.folder.path().join("url"), format!("{}/hook/secret-part", chat.server.uri()))
            .expect("a file");
        chat.answers(200).await;
        chat
    }

    async fn answers(&self, status: u16) {
        self.server.reset().await;
        let answer = ResponseTemplate::new(status);
        Mock::given(method("POST")).and(path("/hook/secret-part")).respond_with(answer).mount(&self.server).await;
    }

    fn settings(&self, more: &str) -> String {
        format!("[notify]\nurl = {{ file = {:?} }}\n{more}\n", self.folder.path().join("url").display().to_string())
    }

    /// What came in since this was asked last.
    async fn heard(&self) -> Vec<String> {
        let requests = self.server.received_requests().await.expect("they are kept");
        let text = |body: &[u8]| {
            let body: Value = serde_json::from_slice(body).expect("JSON");
            body["text"].as_str().expect("a text").to_owned()
        };
        let heard = requests.iter().map(|request| text(&request.body)).collect();
        self.answers(200).await;
        heard
    }
}

async fn turn_and_tell(world: &World) -> Turned {
    let turned = world.turn().await;
    tell(&world.works, &world.store, &turned).await.expect("people are told");
    turned
}

#[tokio::test]
async fn a_plan_that_waits_is_told_once_and_again_only_when_it_is_another_one() {
    let chat = Chat::open().await;
    let world = World::new(Corpus::shipped(), &chat.settings("")).await;
    let turned = turn_and_tell(&world).await;
    let fingerprint = turned.plan.expect("a plan").fingerprint;
    let heard = chat.heard().await;
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(heard[0].contains("A plan waits") && heard[0].contains(&fingerprint), "{heard:?}");
    for _ in 0..2 {
        turn_and_tell(&world).await;
    }
    assert_eq!(chat.heard().await, Vec::<String>::new());
    world.trackers.edit_title("acme/api#3", "Payouts reach the wrong bank").expect("an issue");
    world.trackers.close("acme/api#5").expect("an issue");
    world.pass(60);
    turn_and_tell(&world).await;
    assert_eq!(chat.heard().await.len(), 1, "it is another plan");
}

#[tokio::test]
async fn a_tracker_that_cannot_be_read_is_told_with_its_words_and_that_it_is_back() {
    let chat = Chat::open().await;
    let world = World::new(Corpus::shipped(), &format!("{}{WRITES}", chat.settings(""))).await;
    turn_and_tell(&world).await;
    assert_eq!(chat.heard().await, Vec::<String>::new());
    world.trackers.fail(Tracker::Jira, Matcher::any(), Fault::status(401, "{}"), u32::MAX);
    turn_and_tell(&world).await;
    assert_eq!(chat.heard().await, Vec::<String>::new(), "a while is no news");
    world.pass(2 * 3600);
    for _ in 0..2 {
        turn_and_tell(&world).await;
    }
    let heard = chat.heard().await;
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(heard[0].contains("jira couldn't be read for") && heard[0].contains("401"), "{heard:?}");
    world.trackers.heal_all();
    for _ in 0..2 {
        turn_and_tell(&world).await;
    }
    assert_eq!(chat.heard().await, ["jira can be read again"]);
}

#[tokio::test]
async fn an_item_that_comes_up_to_p0_is_told_with_why_calls_nobody_and_keeps_private_titles() {
    let chat = Chat::open().await;
    let world = World::new(Corpus::shipped(), &format!("{}{WRITES}", chat.settings(""))).await;
    turn_and_tell(&world).await;
    assert_eq!(chat.heard().await, Vec::<String>::new());
    world.trackers.edit_title("CORE-6", "<!channel> @here is down").expect("an issue");
    world.trackers.set_priority("CORE-6", "Highest").expect("an issue");
    world.trackers.add_label("CORE-6", "security").expect("an issue");
    world.trackers.add_label("acme/web#8", "sev1").expect("an issue");
    world.pass(60);
    chat.answers(503).await;
    let turned = world.turn().await;
    tell(&world.works, &world.store, &turned).await.expect_err("the chat is down");
    chat.answers(200).await;
    for _ in 0..3 {
        turn_and_tell(&world).await;
    }
    for key in ["CORE-6", "acme/web#8"] {
        assert_eq!(world.labels(key, "priority/p"), ["priority/p0"], "{key}");
    }
    let heard = chat.heard().await.join("\n");
    assert!(
        heard.contains("New p0: jira:CORE-6 ‹!channel› @\u{2060}here is down: declared Highest in jira"),
        "{heard}"
    );
    assert!(!heard.contains("<!channel>") && !heard.contains("@here"), "{heard}");
    // The repository is private: its titles stay where they are.
    assert!(heard.contains("New p0: github:acme/web#8: label sev1"), "{heard}");
    turn_and_tell(&world).await;
    assert_eq!(chat.heard().await, Vec::<String>::new(), "once");
}

#[tokio::test]
async fn what_is_set_aside_is_told_once_until_it_is_set_aside_again() {
    let chat = Chat::open().await;
    let world = World::new(Corpus::shipped(), &format!("{}{WRITES}", chat.settings(""))).await;
    let path = "/acme/api/issues/3/labels";
    let refused = Fault::status(422, r#"{"message":"no <room> for labels"}"#);
    world.trackers.fail(Tracker::GitHub, Matcher::new(http::Method::POST, path), refused, u32::MAX);
    for _ in 0..6 {
        turn_and_tell(&world).await;
    }
    let heard = chat.heard().await;
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(heard[0].contains("github:acme/api#3 is set aside: ") && heard[0].contains("roadmapd retry"), "{heard:?}");
    let key = IssueKey::new(&TrackerName::new("github"), "acme/api#3");
    world.ask(Request::Retry { key }).await;
    for _ in 0..6 {
        turn_and_tell(&world).await;
    }
    assert_eq!(chat.heard().await.len(), 1, "it is set aside anew");
}

#[tokio::test]
async fn a_fight_is_told_with_its_name() {
    let chat = Chat::open().await;
    let world = World::new(Corpus::shipped(), &format!("{}{WRITES}", chat.settings("events = [\"fight\"]"))).await;
    turn_and_tell(&world).await;
    let bot = world.trackers.by("stale-bot");
    for _ in 0..3 {
        let ours = world.labels("acme/api#3", "priority/p").remove(0);
        let other = if ours == "priority/p0" { "priority/p3" } else { "priority/p0" };
        bot.remove_label("acme/api#3", &ours).expect("a label");
        bot.add_label("acme/api#3", other).expect("an issue");
        world.pass(60);
        turn_and_tell(&world).await;
        bot.remove_label("acme/api#3", other).expect("a label");
        world.pass(60);
        turn_and_tell(&world).await;
    }
    let heard = chat.heard().await;
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(heard[0].contains("acme/api#3: stale-bot kept reversing our priority"), "{heard:?}");
}

#[tokio::test]
async fn what_the_webhook_did_not_take_is_told_by_the_next_cycle_and_its_address_is_in_no_sentence() {
    let chat = Chat::open().await;
    let world = World::new(Corpus::shipped(), &chat.settings("")).await;
    chat.answers(500).await;
    let turned = world.turn().await;
    let untold = tell(&world.works, &world.store, &turned).await.expect_err("it isn't taken").to_string();
    assert!(untold.contains("500") && !untold.contains("secret-part"), "{untold}");
    chat.heard().await;
    turn_and_tell(&world).await;
    assert_eq!(chat.heard().await.len(), 1);
    std::fs::write(chat.folder.path().join("url"), "http://127.0.0.1:9/hook/secret-part").expect("a file");
    world.trackers.close("acme/api#5").expect("an issue");
    world.pass(60);
    let turned = world.turn().await;
    let untold = tell(&world.works, &world.store, &turned).await.expect_err("nobody is there").to_string();
    assert!(!untold.contains("secret-part"), "{untold}");
}

#[tokio::test]
async fn the_digest_of_a_week_is_told_when_it_is_due_and_not_before() {
    let chat = Chat::open().await;
    let more = "events = []\ndigest = \"0 0 8 * * Mon\"";
    let world = World::new(Corpus::shipped(), &format!("{}{WRITES}", chat.settings(more))).await;
    // It is a Tuesday.
    turn_and_tell(&world).await;
    world.pass(5 * 86_400);
    turn_and_tell(&world).await;
    assert_eq!(chat.heard().await, Vec::<String>::new());
    world.trackers.add_label("acme/web#4", "sev1").expect("an issue");
    world.pass(86_400);
    for _ in 0..2 {
        turn_and_tell(&world).await;
    }
    let heard = chat.heard().await;
    assert_eq!(heard.len(), 1, "{heard:?}");
    for part in ["Roadmap, 2026-11-23 to 2026-11-30", "Up", "github:acme/web#4", "label sev1", "Blocked longest"] {
        assert!(heard[0].contains(part), "{part}: {}", heard[0]);
    }
}
