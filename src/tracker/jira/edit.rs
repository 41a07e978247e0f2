//! Change -> the body of its one PUT. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::map::value_text;
use super::told::{OnScreen, Screen};
use crate::plan::{Change, Edit, Target};

/// The body of the one PUT that a change is: labels by add and remove, fields by set. `screen` is what may be edited there.
///
/// # Errors
/// A sentence, for a field that can't be written or not to that value.
pub(super) fn body(change: &Change, screen: Option<&Screen>) -> Result<Value, String> {
    let mut update = Map::new();
    let labels: Vec<&Edit> = change.edits.iter().filter(|edit| Target::named(&edit.sink) == Target::Label).collect();
    if !labels.is_empty() {
        let add: BTreeSet<&String> = labels.iter().filter_map(|edit| edit.to.as_ref()).collect();
        let remove: BTreeSet<&String> = labels.iter().filter_map(|edit| edit.from.as_ref()).collect();
        let removals = remove.iter().filter(|label| !add.contains(*label)).map(|label| json!({"remove": label}));
        let additions = add.iter().map(|label| json!({"add": label}));
        update.insert("labels".to_owned(), removals.chain(additions).collect());
    }
    for (field, edit) in fields(change) {
        let place = screen.and_then(|screen| screen.fields.get(&field)).ok_or_else(|| {
            format!(
                "the field {field} can't be set: it isn't on the edit screen of this issue (or the account may not edit \
                 it); put it on the screen, or leave {} out of that [[sink]]",
                change.container.local
            )
        })?;
        update.insert(field.clone(), json!([{"set": value(&field, place, edit.to.as_deref())?}]));
    }
    Ok(json!({ "update": update }))
}

/// The edits that set a field, by the field's id.
pub(super) fn fields(change: &Change) -> impl Iterator<Item = (String, &Edit)> {
    change.edits.iter().filter_map(|edit| match Target::named(&edit.sink) {
        Target::Field(field) => Some((field, edit)),
        Target::Label => None,
    })
}

/// What a person should know if a field isn't what the change expects it to be: setting it would undo somebody's work.
pub(super) fn superseded(change: &Change, now: &BTreeMap<String, Value>) -> Option<String> {
    let said = |text: Option<&str>| text.map_or_else(|| "nothing".to_owned(), |text| format!("{text:?}"));
    fields(change).find_map(|(field, edit)| {
        let stands = now.get(&field).and_then(value_text);
        let expected = edit.from.as_deref();
        let same = match (expected, stands.as_deref()) {
            (Some(a), Some(b)) => same_value(a, b),
            (a, b) => a == b,
        };
        let (stands, expected) = (said(stands.as_deref()), said(expected));
        (!same).then(|| format!("{}: {field} was expected to be {expected} and is {stands} now", change.key))
    })
}

/// Whether two texts are one value: equal, or the same number.
pub(super) fn same_value(a: &str, b: &str) -> bool {
    a == b || matches!((a.parse::<f64>(), b.parse::<f64>()), (Ok(a), Ok(b)) if a == b)
}

fn value(field: &str, place: &OnScreen, to: Option<&str>) -> Result<Value, String> {
    let Some(to) = to else { return Ok(Value::Null) };
    match place.schema.kind.as_str() {
        "number" => match to.parse::<f64>().ok().filter(|number| number.is_finite()) {
            Some(number) => Ok(json!(number)),
            None => Err(format!("the field {field} takes numbers, not {to:?}; spell its levels as numbers in values")),
        },
        "string" if place.allowed.is_empty() => Ok(json!(to)),
        kind if kind == "array" || place.allowed.is_empty() => Err(format!(
            "the field {field} is of the type {kind:?}, which can't be written; numbers, texts and single choices can"
        )),
        _ => {
            let exact = place.allowed.iter().find(|choice| choice.text() == to);
            let folded = || place.allowed.iter().find(|choice| choice.text().to_lowercase() == to.to_lowercase());
            let choice = exact.or_else(folded).ok_or_else(|| {
                let allowed: Vec<&str> = place.allowed.iter().map(super::told::Choice::text).collect();
                let allowed = allowed.join(", ");
                format!("the field {field} doesn't allow {to:?} here, only {allowed}; name one of these in values")
            })?;
            Ok(json!({"id": choice.id}))
        }
    }
}
