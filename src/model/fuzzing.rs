//! What holds for every body, key and stored issue. See `crate::fuzzing`.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{ContainerKey, Issue, IssueKey, Text};

/// A value is the same once it was stored and read.
pub(crate) fn reads_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let told = serde_json::to_string(value).map_err(|error| error.to_string());
    let again = told.clone().and_then(|told| serde_json::from_str::<T>(&told).map_err(|error| error.to_string()));
    assert_eq!(again.as_ref(), Ok(value), "{told:?}");
}

pub(crate) fn text(bytes: &[u8]) {
    let body = String::from_utf8_lossy(bytes);
    for here in [Some("acme/api"), None] {
        let told = Text::of(&body, here);
        assert_eq!(told, Text::of(&body, here));
        reads_back(&told);
        let (chars, lines) = (body.chars().count(), body.lines().count());
        assert_eq!(told.chars as usize, chars);
        assert!(told.words as usize <= chars && told.links as usize <= chars, "{told:?}");
        for count in [told.code_blocks, told.stack_traces, told.open_tasks + told.done_tasks] {
            assert!(count as usize <= lines, "{told:?}");
        }
        assert_eq!(told.hash.len(), if body.is_empty() { 0 } else { 32 });
        for list in [&told.uncertainty, &told.explicit, &told.mentions] {
            assert!(list.is_sorted() && list.len() <= 20, "{told:?}");
        }
        assert!(told.explicit.iter().all(|key| told.mentions.contains(key)), "{told:?}");
        told.mentions.iter().for_each(|local| is_local_key(local));
    }
    if let Some(local) = Text::title_key(&body) {
        is_local_key(&local);
    }
}

/// A local key is a key once its tracker stands before it.
fn is_local_key(local: &str) {
    let key = format!("tracker:{local}").parse::<IssueKey>();
    assert!(key.is_ok_and(|key| key.local == local && key.number() > 0), "{local:?}");
}

pub(crate) fn key(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(key) = text.parse::<IssueKey>() {
        is_as_written(&key, &text);
        let container = key.container();
        is_as_written(&container, &container.to_string());
    }
    if let Ok(container) = text.parse::<ContainerKey>() {
        is_as_written(&container, &text);
    }
}

fn is_as_written<T>(key: &T, text: &str)
where
    T: FromStr<Err: Debug + PartialEq> + Display + Debug + PartialEq + Serialize + DeserializeOwned,
{
    assert_eq!(key.to_string(), text);
    assert_eq!(text.parse::<T>().as_ref(), Ok(key));
    reads_back(key);
}

pub(crate) fn stored_issue(bytes: &[u8]) {
    if let Ok(issue) = serde_json::from_slice::<Issue>(bytes) {
        reads_back(&issue);
    }
}
