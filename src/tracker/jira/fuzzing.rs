//! What holds for everything that Jira sends. See `crate::fuzzing`.

use serde_json::{Value, from_slice};

use super::flavour::Flavour;
use super::map::{self, Place};
use super::memory::{Memory, Site};
use super::wire::{Page, Row, Stamp, User};
use super::{adf, sprint, told, wiki as markup};
use crate::model::fuzzing::reads_back;
use crate::model::{Text, TrackerName, Turn};

/// The fields that a site of one's own might have.
const OWN: [&str; 3] = ["customfield_10014", "customfield_10016", "customfield_10026"];

pub(crate) fn wire(bytes: &[u8]) {
    let mut rows = from_slice::<Page<Row>>(bytes).map(|page| page.issues).unwrap_or_default();
    rows.extend(from_slice::<Row>(bytes).ok());
    let tracker = TrackerName::new("jira");
    let fields: Vec<String> = OWN.iter().chain(&["priority"]).map(|id| (*id).to_owned()).collect();
    for flavour in [Flavour::Cloud, Flavour::DataCenter] {
        let site = Site {
            url: "https://s.acme.example".to_owned(),
            flavour,
            story_points: fields[1..3].to_vec(),
            epic_links: fields[..1].to_vec(),
            sprints: fields[1..].to_vec(),
            ..Site::default()
        };
        let place = Place { tracker: &tracker, site: &site, fields: &fields, turn: Turn(2), by_id: false };
        for row in &rows {
            let issue = map::issue(row, place);
            assert_eq!(issue, map::issue(row, place));
            assert_eq!((&issue.key.local, &issue.id.id), (&row.key, &row.id));
            assert!(
                issue.labels.is_sorted_by(|a, b| a < b) && issue.components.is_sorted_by(|a, b| a < b),
                "{issue:?}"
            );
            assert!(issue.relations.is_sorted() && issue.story_points.is_none_or(|points| points >= 0.0), "{issue:?}");
            reads_back(&issue);
        }
    }
    if let Ok(fields) = from_slice::<Vec<told::Field>>(bytes) {
        for pinned in [None, Some(OWN[1])] {
            assert!(map::story_points(&fields, pinned).0.len() <= 2, "{fields:?}");
        }
        map::epic_links(&fields, Flavour::DataCenter);
        sprint::fields(&fields);
    }
    if let Ok(value) = from_slice::<Value>(bytes) {
        sprint::end(&value);
        assert!(map::value_text(&value).is_none_or(|text| !text.is_empty()));
    }
    // The rest is only read here; a line too much costs nothing, one too few a panic in the field.
    let _ = from_slice::<Page<Stamp>>(bytes);
    let _ = from_slice::<Page<told::Logged>>(bytes);
    let _ = from_slice::<Page<told::Placed>>(bytes);
    let _ = from_slice::<told::Logs>(bytes);
    let _ = from_slice::<told::Server>(bytes);
    let _ = from_slice::<told::Screen>(bytes);
    let _ = from_slice::<told::Bare>(bytes);
    let _ = from_slice::<told::Tenant>(bytes);
    let _ = from_slice::<Vec<told::AccessToken>>(bytes);
    let _ = from_slice::<told::Permissions>(bytes);
    let _ = from_slice::<User>(bytes).as_ref().map(map::person);
}

pub(crate) fn adf(bytes: &[u8]) {
    let Ok(document) = from_slice::<Value>(bytes) else { return };
    let text = adf::text(&document);
    assert_eq!(text, adf::text(&document));
    // A mark and a level of indentation for each line is all that is added, so that a reading is as bounded as a body.
    assert!(text.len() <= adf::TEXT_BYTES_MAX.max(bytes.len()), "{} of {}", text.len(), bytes.len());
    Text::of(&text, None);
}

pub(crate) fn wiki(bytes: &[u8]) {
    let source = String::from_utf8_lossy(bytes);
    let text = markup::text(&source);
    assert_eq!(text, markup::text(&source));
    assert!(text.len() <= 3 * source.len(), "{} of {}", text.len(), source.len());
    Text::of(&text, None);
}

pub(crate) fn memory(text: &str) {
    if let Ok(memory) = serde_json::from_str::<Memory>(text) {
        let asked = memory.asked.clone();
        assert!(Memory::read(Some(&memory.text()), &asked).is_none_or(|again| again == memory));
        reads_back(&memory);
    }
}
