//! What holds for everything that GitHub sends. See `crate::fuzzing`.

use serde_json::from_slice;
use url::Url;

use super::client::expiration;
use super::hindsight::closed_by;
use super::link::{location, next, target_of};
use super::map::{self, Place};
use super::memory::{Memory, Repository};
use super::reach::repository_id;
use super::selection;
use super::wire::{self, Row};
use crate::model::fuzzing::reads_back;
use crate::model::{TrackerName, Turn};
use crate::tracker::http::fuzzing::read;

pub(crate) fn wire(bytes: &[u8]) {
    let mut rows = from_slice::<Vec<Row>>(bytes).unwrap_or_default();
    rows.extend(from_slice::<Row>(bytes).ok());
    let tracker = TrackerName::new("github");
    let (repositories, was) = (["Acme/API".to_owned(), "acme/web".to_owned()], ["acme/old".to_owned()]);
    let place = Place {
        tracker: &tracker,
        repositories: &repositories,
        repository: "Acme/API",
        was: &was,
        private: false,
        turn: Turn(2),
        by_id: false,
    };
    for row in &rows {
        closed_by(row.body.as_deref().unwrap_or_default(), "Acme/API");
        let issue = map::issue(row, place);
        assert_eq!(issue, map::issue(row, place));
        assert_eq!((issue.key.number(), issue.id.id.clone()), (row.number, row.id.to_string()));
        assert!(issue.labels.is_sorted_by(|a, b| a < b), "{:?}", issue.labels);
        reads_back(&issue);
    }
    let blockers = map::blockers(&rows, place);
    assert_eq!(blockers.len(), rows.len());
    reads_back(&blockers);
    // The rest is only read here; a line too much costs nothing, one too few a panic in the field.
    let _ = from_slice::<wire::Size>(bytes);
    let _ = from_slice::<Vec<wire::Comment>>(bytes).map(|rows| rows.iter().filter_map(wire::Comment::issue).count());
    let _ = from_slice::<wire::Repositories>(bytes).map(wire::Repositories::rows);
    let _ = from_slice::<wire::Repository>(bytes);
    let _ = from_slice::<Vec<wire::Event>>(bytes);
    let _ = from_slice::<Vec<wire::Label>>(bytes);
    let _ = from_slice::<Vec<wire::Installation>>(bytes);
    let _ = from_slice::<wire::App>(bytes);
    let _ = from_slice::<wire::User>(bytes);
    let _ = from_slice::<wire::Minted>(bytes);
}

pub(crate) fn links(bytes: &[u8]) {
    let answer = read(bytes);
    for base in ["https://api.github.com", "https://ghe.acme.example/api/v3"] {
        let Ok(base) = base.parse::<Url>() else { return };
        for target in [next(&base, &answer), location(&base, &answer)].into_iter().flatten() {
            stays_inside(&base, &target);
            repository_id(&target);
        }
        // Whatever address stands in a link that is the next page, it is found, wherever in the header it stands.
        let address = answer.header("x-address").and_then(|text| base.join(text).ok());
        // An address without a path may hold the brackets themselves.
        let address = address.filter(|address| !address.as_str().contains(['<', '>']));
        for (before, behind) in [("", ""), ("<https://a.example/?a=1,2;3>; rel=\"prev\", ", ", <x>; rel=last")] {
            let Some(address) = &address else { break };
            let header = format!("{before}<{address}>; rel=\"next\"{behind}");
            let told = read(format!("200\nlink: {header}").as_bytes());
            assert_eq!(next(&base, &told), target_of(&base, address.as_str()), "{header}");
        }
    }
    answer.header("github-authentication-token-expiration").map(expiration);
}

/// A target is a path and a query below the base's path: no link leads to another host.
fn stays_inside(base: &Url, target: &str) {
    let path = base.path().trim_end_matches('/');
    let whole = format!("{}{path}{target}", &base[..url::Position::BeforePath]);
    let sound = !target.contains(|c: char| c.is_control() || c == ' ' || c == '#');
    assert!(sound && (target.is_empty() || target.starts_with(['/', '?'])), "{target:?}");
    let host = whole.parse::<Url>().ok().and_then(|url| url.host_str().map(str::to_owned));
    assert_eq!(host.as_deref(), base.host_str(), "{whole}");
}

pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    selection::fits(pattern, name)
}

pub(crate) fn memory(text: &str) {
    let memory = Memory::read(Some(text));
    assert_eq!(Memory::read(Some(&memory.text())), memory);
    if let Ok(repository) = serde_json::from_str::<Repository>(text) {
        reads_back(&repository);
    }
}
