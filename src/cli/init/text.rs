//! What was found and learned -> the text of a configuration, and the story that ends with the commands to run.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::scheme::{Habits, Learned, size_names};
use crate::model::{Priority, TrackerName};
use crate::plan::AUTO_LABEL;

/// github.com's API.
pub(super) const GITHUB: &str = "https://api.github.com";

/// Which kind of tracker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Github,
    Jira,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Jira => "jira",
        }
    }

    /// The key of its containers.
    fn key(self) -> &'static str {
        match self {
            Self::Github => "repositories",
            Self::Jira => "projects",
        }
    }

    pub(super) fn one(self) -> &'static str {
        match self {
            Self::Github => "repository with issues",
            Self::Jira => "project",
        }
    }

    pub(super) fn flag(self) -> &'static str {
        match self {
            Self::Github => "--repository",
            Self::Jira => "--project",
        }
    }

    pub(super) fn count(self, n: usize) -> String {
        match (self, n) {
            (_, 1) => format!("1 {}", self.one()),
            (Self::Github, _) => format!("{n} repositories with issues"),
            (Self::Jira, _) => format!("{n} projects"),
        }
    }
}

/// Where a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Secret {
    Env(String),
    File(PathBuf),
}

impl Secret {
    pub(super) fn of(env: Option<&str>, file: Option<&Path>, default: &str) -> Self {
        match file {
            Some(file) => Self::File(file.to_owned()),
            None => Self::Env(env.unwrap_or(default).to_owned()),
        }
    }
}

/// A tracker and how to get in.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub(super) side: Side,
    pub(super) url: String,
    pub(super) user: Option<String>,
    pub(super) secret: Secret,
    pub(super) containers: Vec<String>,
}

impl Connection {
    /// The same with some container: what is asked needs none, a configuration does.
    pub(super) fn somewhere(&self) -> Self {
        let some = match self.side {
            Side::Github => "owner/repository",
            Side::Jira => "PROJECT",
        };
        Self { containers: vec![some.to_owned()], ..self.clone() }
    }
}

/// A text as TOML writes it: JSON's escapes are a part of TOML's, which wants one character more escaped.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

fn list(texts: &[String]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", quoted.join(", "))
}

/// The head of the configuration: how to get in and what to read.
pub(super) fn connections(connections: &[Connection]) -> String {
    let mut text = String::from("[write]\nmode = \"observe\"    # nothing is written until this says \"write\"\n");
    for connection in connections {
        let token = match &connection.secret {
            Secret::Env(name) => format!("{{ env = {} }}", quoted(name)),
            Secret::File(path) => {
                // The daemon may be started elsewhere.
                let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
                format!("{{ file = {} }}", quoted(&path.to_string_lossy()))
            }
        };
        let user = connection.user.as_ref().map_or(String::new(), |user| format!("user = {}, ", quoted(user)));
        let side = connection.side;
        let _ = write!(
            text,
            "\n[trackers.{name}]\nkind = \"{name}\"\nbase_url = {url}\nauth = {{ {user}token = {token} }}\n{key} = {all}\n",
            name = side.name(),
            url = quoted(&connection.url),
            key = side.key(),
            all = list(&connection.containers),
        );
    }
    text
}

/// The whole configuration.
pub(super) fn whole(base: &str, learned: &Learned) -> String {
    let mut text = format!(
        "# Written by `roadmapd init`. Every key, its default and why: docs/configuration.md, `roadmapd schema`.\n\n{base}"
    );
    let mut all = learned.habits.values();
    let first = all.next();
    if all.all(|habits| Some(habits) == first) {
        text.push_str(&sinks(None, first.unwrap_or(&Habits::usual()), learned));
    } else {
        for (tracker, habits) in &learned.habits {
            text.push_str(&sinks(Some(tracker), habits, learned));
        }
    }
    if !learned.field.is_empty() {
        text.push_str(&field(learned));
    }
    if let Some([p0, p1, p2]) = learned.bands {
        let _ = write!(
            text,
            "\n[priority]    # by the scores of {} open items: about 5 % p0, 15 % p1, 40 % p2\nbands = {{ p0 = {p0}, p1 = {p1}, p2 = {p2}, p3 = 0 }}\n",
            learned.open
        );
    }
    if let Some(sizes) = learned.sizes {
        let named = size_names().into_iter().zip(sizes).map(|(name, points)| format!("{name} = {points}"));
        let named: Vec<String> = named.collect();
        let _ = write!(
            text,
            "\n[complexity]    # by the story points of {} items\nbands = {{ xs = 0, {} }}\n",
            learned.estimated,
            named.join(", ")
        );
    }
    text
}

/// Where levels are written as labels: on one tracker, or on all.
fn sinks(tracker: Option<&TrackerName>, habits: &Habits, learned: &Learned) -> String {
    let tracker = tracker.map_or(String::new(), |name| format!("tracker = {}\n", quoted(name.as_str())));
    format!(
        "\n[[sink]]\naspect = \"priority\"\n{tracker}label = {}\n{}\n[[sink]]\naspect = \"complexity\"\n{tracker}label = {}\n",
        quoted(&habits.priority),
        also_read(habits, learned),
        quoted(&habits.complexity)
    )
}

/// People's labels that name a level, but those that a sink spells.
fn also_read(habits: &Habits, learned: &Learned) -> String {
    let spelled = |label: &str| {
        let mut sinks = learned.habits.values().flat_map(|habits| Priority::ALL.map(|level| (habits, level)));
        sinks.any(|(habits, level)| habits.priority.replace("{level}", level.name()) == label.to_lowercase())
    };
    let levels = habits.words.iter().filter_map(|(level, words)| {
        let words: Vec<String> = words.iter().map(|(label, _)| label.clone()).filter(|label| !spelled(label)).collect();
        (!words.is_empty()).then(|| format!("{level} = {}", list(&words)))
    });
    let levels: Vec<String> = levels.collect();
    if levels.is_empty() {
        return String::new();
    }
    format!("also_read = {{ {} }}    # people's own: evidence, never written\n", levels.join(", "))
}

/// The sink of Jira's priority field, for a person to switch on.
fn field(learned: &Learned) -> String {
    let values = Priority::ALL.iter().filter_map(|level| {
        let names = learned.field.get(level)?;
        Some(format!("{level} = {}", list(names)))
    });
    let values: Vec<String> = values.collect();
    format!(
        "\n# Jira's priority field, too: take the # away. Every level needs a value that the projects allow.\n# [[sink]]\n# aspect = \"priority\"\n# tracker = \"jira\"\n# field = \"priority\"\n# values = {{ {} }}\n",
        values.join(", ")
    )
}

/// What was found, and what to do next.
pub(super) fn story(learned: &Learned, out: &Path) -> String {
    let mut text = format!("\n{} open items.", learned.open);
    let mut words: Vec<&(String, usize)> =
        learned.habits.values().flat_map(|habits| habits.words.values()).flatten().collect();
    words.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    if words.is_empty() {
        text.push_str(" No labels that name a priority.");
    } else {
        let named: Vec<String> = words.iter().take(6).map(|(label, count)| format!("{label} ({count})")).collect();
        let _ = write!(text, " Labels that name a priority: {}.", named.join(", "));
    }
    for (tracker, habits) in &learned.habits {
        let _ =
            write!(text, "\nLevels would be written to {tracker} as {} and {}.", habits.priority, habits.complexity);
    }
    let _ = write!(text, "\nPeople's labels stand, and {AUTO_LABEL} hands an issue back.");
    match learned.bands {
        Some([p0, p1, p2]) => {
            let _ = write!(text, "\nBands by these items' scores: p0 from {p0}, p1 from {p1}, p2 from {p2}.");
        }
        None => text.push_str("\nToo few open items to set the bands by them: the defaults stand."),
    }
    if learned.sizes.is_some() {
        let _ = write!(text, " Sizes by {} given story points.", learned.estimated);
    }
    let name = out.display();
    let config = if out == Path::new("roadmapd.toml") { String::new() } else { format!(" -c {name}") };
    let _ = write!(
        text,
        "\n\n{name} is written. It only observes; nothing is written to your trackers.\n\n\
         \u{20} roadmapd{config} check --online    finds what is missing, also for writing\n\
         \u{20} roadmapd{config} once              reads everything and works the levels out\n\
         \u{20} roadmapd{config} roadmap           the ranked backlog\n\
         \u{20} roadmapd{config} report            how often the levels agree with what people set\n\n\
         When they do, set mode = \"write\" there: `roadmapd{config} plan` shows what would be written, and the first plan waits for your yes.\n"
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_so_that_toml_reads_them_back() {
        for text in ["plain", "a \"quoted\" one", "back\\slash", "line\nbreak", "tab\t", "ünïcødé \u{7f}"] {
            let read: toml::Table = toml::from_str(&format!("key = {}", quoted(text))).expect(text);
            assert_eq!(read["key"].as_str(), Some(text));
        }
    }
}
