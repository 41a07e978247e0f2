//! What a cycle left -> what people are told, each once, through one webhook.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use super::digest::{self, Digest, Reader};
use super::{Turned, View, Works};
use crate::model::{Issue, ItemId, Level, Priority, Timestamp, turns_direction};
use crate::plan::{Hold, HoldReason};
use crate::settings::{Event, Notify, webhook};
use crate::store::{Move, Store, StoreTrouble};
use crate::tracker::{Fetch, install_tls};

/// What was told already, as a note in the store.
const TOLD: &str = "told";
/// Lines of one message; the rest is counted.
const LINES_MAX: usize = 20;
/// Characters of a title or a tracker's words in a line.
const WORDS_MAX: usize = 120;
/// How long before a credential expires it is told, in days; again when each is reached.
const EXPIRY_DAYS: [i64; 3] = [14, 7, 1];
/// How long a webhook may take to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Why people weren't told; the next cycle tries again.
#[derive(Debug, thiserror::Error)]
pub enum Untold {
    /// The store can't be read or written.
    #[error(transparent)]
    Store(#[from] StoreTrouble),
    /// The view that a digest is made of can't be had.
    #[error(transparent)]
    View(#[from] super::CycleTrouble),
    /// The webhook can't be used, or didn't take it. Its address isn't in the sentence.
    #[error("people can't be told ([notify] url): {0}; the next cycle tries again")]
    Webhook(String),
}

/// What was told, and may not be told again while it goes on.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Told {
    /// The last cycle whose moves were told.
    cycle: u64,
    /// What goes on, by its key.
    going_on: BTreeMap<String, Event>,
    /// When the last digest was told, or when there was none yet.
    digest: Option<Timestamp>,
}

impl Serialize for Event {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let known = Self::ALL.into_iter().find(|event| event.name() == name);
        known.ok_or_else(|| serde::de::Error::custom("no event"))
    }
}

/// Something that people are told.
#[derive(Clone, Debug, PartialEq)]
struct Notice {
    event: Event,
    /// What it is known by while it goes on. None: it happened once.
    key: Option<String>,
    line: String,
}

/// Tells people what they should know after a cycle, and the digest when it is due. Each thing is told once, or again after a
/// webhook that didn't take it. How many lines were told.
///
/// # Errors
/// The webhook didn't take it, or the store can't be read. Nothing is noted as told then.
pub async fn tell<T: Fetch>(works: &Works<T>, store: &Store, turned: &Turned) -> Result<usize, Untold> {
    let Some(notify) = &works.settings.notify else { return Ok(0) };
    let noted = store.note(TOLD).await?;
    let told: Option<Told> = noted.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let first = told.is_none();
    let told = told.unwrap_or_default();
    let notices = notices(works, store, turned, &told, first).await?;
    let wanted: Vec<&Notice> = notices.iter().filter(|notice| notify.events.contains(&notice.event)).collect();
    let new = |notice: &&&Notice| notice.key.as_ref().is_none_or(|key| !told.going_on.contains_key(key));
    let mut lines: Vec<&str> = wanted.iter().filter(new).map(|notice| notice.line.as_str()).collect();
    let going_on: BTreeMap<String, Event> =
        wanted.iter().filter_map(|notice| Some((notice.key.clone()?, notice.event))).collect();
    let over = recovered(&told, &going_on);
    lines.extend(over.iter().map(String::as_str));
    let (now, zone) = (works.clock.now(), &works.settings.daemon.timezone);
    let last = notify.digest.as_ref().zip(told.digest);
    let due = last.is_some_and(|(schedule, last)| schedule.has_passed(last, now, zone));
    let mut message = message(&lines);
    if due {
        let view = View::open(works, store).await?;
        let digest = Digest::of(works, store, &view, digest::DAYS, Reader::Chat).await?;
        message.push_str(if message.is_empty() { "" } else { "\n\n" });
        message.push_str(&tame(&digest.text()));
    }
    if !message.is_empty() {
        post(notify, &message).await.map_err(Untold::Webhook)?;
    }
    let digest = if due || told.digest.is_none() { Some(now) } else { told.digest };
    let after = Told { cycle: turned.cycle, going_on, digest };
    let changed = first || !lines.is_empty() || due || after.going_on != told.going_on || !turned.quiet;
    if changed {
        store.set_note(TOLD, &serde_json::to_string(&after).unwrap_or_default()).await?;
    }
    Ok(lines.len())
}

/// Everything that may be told after a cycle; what goes on is among it each time.
async fn notices<T: Fetch>(
    works: &Works<T>,
    store: &Store,
    turned: &Turned,
    told: &Told,
    first: bool,
) -> Result<Vec<Notice>, StoreTrouble> {
    let mut found = Vec::new();
    found.extend(stale(works, store).await?);
    if let Some(waiting) = store.waiting().await? {
        found.push(Notice {
            event: Event::PlanWaits,
            key: Some(format!("waits {}", waiting.reviewed.fingerprint)),
            line: format!("A plan waits for a person: {}", waiting.detail),
        });
    }
    found.extend(expiring(works));
    if !first {
        found.extend(risen(store, told.cycle).await?);
    }
    let Some(plan) = &turned.plan else {
        // A quiet cycle changed nothing of what hangs on a plan.
        let kept = told.going_on.iter().filter(|(_, event)| matches!(event, Event::Quarantine | Event::Fight));
        found.extend(kept.map(|(key, event)| Notice { event: *event, key: Some(key.clone()), line: String::new() }));
        return Ok(found);
    };
    found.extend(plan.quarantined.iter().map(|(issue, error)| Notice {
        event: Event::Quarantine,
        key: Some(format!("quarantine {issue} {error}")),
        line: format!("{issue} is set aside: {}; `roadmapd retry {issue}` tries it again", short(error)),
    }));
    found.extend(fights(store).await?);
    Ok(found)
}

/// Trackers that couldn't be read for longer than their scopes allow.
async fn stale<T: Fetch>(works: &Works<T>, store: &Store) -> Result<Vec<Notice>, StoreTrouble> {
    let mut found = Vec::new();
    for config in &works.settings.trackers {
        let (name, state) = (config.name(), store.tracker(config.name()).await?);
        let limits = works.settings.limits(&state.containers);
        let most_s = limits.strictest_stale_max_s();
        let age_s = state.last_whole.map(|last| works.clock.now().duration_since(last).as_secs());
        let lead = match age_s {
            Some(age_s) if u64::try_from(age_s).is_ok_and(|age_s| age_s > most_s) => {
                format!("{name} couldn't be read for {} minutes", age_s / 60)
            }
            None if state.failed.is_some() => format!("{name} couldn't be read yet"),
            _ => continue,
        };
        let why = state.failed.map_or(String::new(), |(_, sentence)| format!(": {}", short(&sentence)));
        found.push(Notice {
            event: Event::Stale,
            key: Some(format!("stale {name}")),
            line: format!("{lead}, nothing is written anywhere{why}"),
        });
    }
    Ok(found)
}

fn expiring<T: Fetch>(works: &Works<T>) -> Vec<Notice> {
    let now = works.clock.now();
    let soon = |tracker: &std::sync::Arc<T>| {
        let at = tracker.expires()?;
        let reached = |days: &i64| at.duration_since(now) <= SignedDuration::from_hours(24 * *days);
        let days = EXPIRY_DAYS.into_iter().rev().find(reached)?;
        let (name, day) = (tracker.name(), at.strftime("%Y-%m-%d"));
        Some(Notice {
            event: Event::TokenExpiring,
            key: Some(format!("expires {name} {day} {days}")),
            line: format!("{name}: the token expires on {day}; make a new one in time"),
        })
    };
    works.trackers.iter().filter_map(soon).collect()
}

/// Open items that came up to p0 since the cycle that was told last.
async fn risen(store: &Store, since: u64) -> Result<Vec<Notice>, StoreTrouble> {
    let moves = store.moves_after(since).await?;
    let mut last: BTreeMap<ItemId, Move> = BTreeMap::new();
    for moved in moves.into_iter().filter(|moved| matches!(moved.now, Level::Priority(_))) {
        last.insert(moved.item.clone(), moved);
    }
    last.retain(|_, moved| moved.now == Level::Priority(Priority::P0));
    if last.is_empty() {
        return Ok(Vec::new());
    }
    let mut faces: BTreeMap<ItemId, Issue> = BTreeMap::new();
    for issue in store.issues().await? {
        let Some(item) = issue.item.clone().filter(|item| last.contains_key(item) && issue.status.is_open()) else {
            continue;
        };
        let older = faces.get(&item).is_none_or(|known| (issue.created, &issue.id) < (known.created, &known.id));
        if older {
            faces.insert(item, issue);
        }
    }
    let line = |(item, issue): (&ItemId, &Issue)| {
        let why = last.get(item).map_or("", |moved| moved.why.as_str());
        format!("New p0: {}: {}", named(issue), short(why))
    };
    Ok(faces.iter().map(|face| Notice { event: Event::NewP0, key: None, line: line(face) }).collect())
}

/// Values of ours that are left to whoever kept reversing them.
async fn fights(store: &Store) -> Result<Vec<Notice>, StoreTrouble> {
    let ledger = store.ledger().await?;
    let fought = |hold: &Hold| matches!(hold.reason, HoldReason::Fought(_));
    let rows = ledger.rows.iter().filter_map(|(key, row)| Some((key, row.hold.as_ref().filter(|hold| fought(hold))?)));
    let mut found = Vec::new();
    for (key, hold) in rows {
        let known = store.issues_by_id(&key.issue.tracker, std::slice::from_ref(&key.issue.id)).await?;
        let Some(issue) = known.first() else { continue };
        let who = hold.by.as_ref().map_or("somebody", |person| person.name.as_str());
        found.push(Notice {
            event: Event::Fight,
            key: Some(format!("fight {} {}", key.issue, key.aspect)),
            line: format!(
                "{}: {} kept reversing our {}; it is left to them until `roadmapd release {}`",
                issue.key,
                short(who),
                key.aspect,
                issue.key
            ),
        });
    }
    Ok(found)
}

/// What is over and worth a word.
fn recovered(told: &Told, going_on: &BTreeMap<String, Event>) -> Vec<String> {
    let over = told.going_on.iter().filter(|(key, event)| **event == Event::Stale && !going_on.contains_key(*key));
    over.map(|(key, _)| format!("{} can be read again", key.trim_start_matches("stale "))).collect()
}

/// An issue by its key, and by its title where that isn't for a few alone.
fn named(issue: &Issue) -> String {
    titled(&issue.key.to_string(), &issue.title, issue.private)
}

fn titled(key: &str, title: &str, private: bool) -> String {
    if private { key.to_owned() } else { format!("{key} {}", short(title)) }
}

fn short(text: &str) -> String {
    digest::cut(text, WORDS_MAX)
}

/// The lines as one text; empty where there are none.
fn message(lines: &[&str]) -> String {
    let mut told: Vec<String> = lines.iter().take(LINES_MAX).map(|line| tame(line)).collect();
    if lines.len() > LINES_MAX {
        told.push(format!("and {} more", lines.len() - LINES_MAX));
    }
    told.join("\n")
}

/// A text that calls nobody and shows no other text than it is: chats read `<!channel>`, `@here` and links in angle brackets.
fn tame(text: &str) -> String {
    let mut tamed = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !turns_direction(*c)) {
        match c {
            '<' => tamed.push('‹'),
            '>' => tamed.push('›'),
            // What joins no words keeps it from being a name.
            '@' => tamed.push_str("@\u{2060}"),
            '\n' => tamed.push('\n'),
            c if c.is_control() => tamed.push(' '),
            c => tamed.push(c),
        }
    }
    tamed
}

/// Posts a text. The address is in no sentence: it is a secret.
async fn post(notify: &Notify, text: &str) -> Result<(), String> {
    let address = notify.url.read()?;
    let url = webhook(address.expose_secret()).map_err(|problem| format!("{problem} (it is not shown)"))?;
    install_tls();
    let mut client = reqwest::Client::builder()
        .user_agent(concat!("roadmapd/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .timeout(ANSWER_WITHIN);
    if crate::tracker::is_loopback(&url) {
        client = client.no_proxy();
    }
    if url.scheme() == "http" {
        client = client.tls_certs_only([]);
    }
    let client = client.build().map_err(|error| error.without_url().to_string())?;
    let sent = client.post(url).header("content-type", "application/json").body(notify.body(text)).send().await;
    let answer = sent.map_err(|error| error.without_url().to_string())?;
    if answer.status().is_success() { Ok(()) } else { Err(format!("the webhook answers {}", answer.status())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_calls_nobody_and_hides_nothing() {
        assert_eq!(tame("<!channel> @here \u{202e}x\u{7}"), "‹!channel› @\u{2060}here x ");
    }

    #[test]
    fn a_private_title_stays_where_it_is() {
        assert_eq!(titled("jira:PAY-7", "The merger", true), "jira:PAY-7");
        assert_eq!(titled("jira:PAY-7", &"x".repeat(200), false).chars().count(), "jira:PAY-7 ".len() + WORDS_MAX + 1);
    }

    #[test]
    fn many_lines_are_counted() {
        let lines: Vec<String> = (0..50).map(|n| n.to_string()).collect();
        let told = message(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(told.ends_with("19\nand 30 more") && message(&[]).is_empty());
    }

    #[test]
    fn what_was_told_survives_the_store() {
        let told = Told { cycle: 7, going_on: [("stale jira".to_owned(), Event::Stale)].into(), digest: None };
        let text = serde_json::to_string(&told).expect("text");
        assert_eq!(serde_json::from_str::<Told>(&text).expect("told"), told);
    }
}
