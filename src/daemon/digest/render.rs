//! Digest -> what people and scripts read: text, Markdown, JSON.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{Blocked, Digest, Moved, NAMED_MAX, Old, Part};
use crate::model::Timestamp;

/// Characters of a title or a reason in a line.
const WORDS_MAX: usize = 90;

/// How a list is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Markdown,
}

impl Digest {
    /// For a terminal or a chat.
    pub fn text(&self) -> String {
        self.written(Form::Text)
    }

    /// For a page or a ticket.
    pub fn markdown(&self) -> String {
        self.written(Form::Markdown)
    }

    fn written(&self, form: Form) -> String {
        let mut text = String::new();
        let head = format!("Roadmap, {} to {}", day(self.since), day(self.until));
        let _ = writeln!(text, "{}{head}", if form == Form::Markdown { "# " } else { "" });
        if let Some(first) = self.noted_since {
            let _ = writeln!(text, "\nThe first cycle turned on {}: what moved before isn't known.", day(first));
        }
        for (scope, part) in &self.scopes {
            let scope = if scope.is_empty() { "outside all scopes" } else { scope };
            let scope = if self.scopes.len() == 1 && scope == "outside all scopes" { "all" } else { scope };
            let lead = if form == Form::Markdown { "## " } else { "" };
            let _ = writeln!(text, "\n{lead}{}: {}", plain(scope, form), share(part));
            lists(&mut text, part, form);
        }
        if self.scopes.is_empty() {
            text.push_str("\nNothing is open.\n");
        }
        text
    }

    /// For scripts.
    pub fn json(&self) -> Value {
        let moved = |moved: &Moved| {
            json!({
                "issue": moved.issue, "title": moved.title, "was": moved.was.map(|was| was.name()),
                "now": moved.now.name(), "why": moved.why,
            })
        };
        let blocked = |blocked: &Blocked| {
            json!({
                "issue": blocked.issue, "title": blocked.title, "priority": blocked.level.name(), "by": blocked.by,
                "since": blocked.since.map(|since| since.to_string()),
            })
        };
        let old = |old: &Old| {
            json!({
                "issue": old.issue, "field": old.held.aspect().name(), "held": old.held.name(),
                "computed": old.computed.name(), "who": old.who, "since": old.since.map(|since| since.to_string()),
            })
        };
        let scopes = self.scopes.iter().map(|(scope, part)| {
            json!({
                "scope": if scope.is_empty() { Value::Null } else { json!(scope) },
                "p0": part.pressing.p0, "open": part.pressing.open,
                "before": part.before.map(|before| json!({"p0": before.p0, "open": before.open})),
                "new_p0": part.new_p0.iter().map(moved).collect::<Vec<_>>(),
                "up": part.up.iter().map(moved).collect::<Vec<_>>(),
                "down": part.down.iter().map(moved).collect::<Vec<_>>(),
                "blocked": part.blocked.iter().map(blocked).collect::<Vec<_>>(),
                "holds": part.holds.iter().map(old).collect::<Vec<_>>(),
            })
        });
        json!({
            "since": self.since.to_string(), "until": self.until.to_string(),
            "noted_since": self.noted_since.map(|at| at.to_string()), "scopes": scopes.collect::<Vec<_>>(),
        })
    }
}

fn share(part: &Part) -> String {
    let percent = |p0: usize, open: usize| format!("{:.0} %", p0 as f64 * 100.0 / open.max(1) as f64);
    let now = part.pressing;
    let before = part.before.map_or(String::new(), |before| format!(", {} before", percent(before.p0, before.open)));
    format!("{} of {} open are p0 ({}{before})", now.p0, now.open, percent(now.p0, now.open))
}

fn lists(text: &mut String, part: &Part, form: Form) {
    list(text, "New p0", form, &part.new_p0, |one| {
        let was = one.was.map_or("new".to_owned(), |was| format!("was {was}"));
        format!("{} ({was}): {}", titled(&one.issue, &one.title, form), words(&one.why, form))
    });
    let moved = |one: &Moved| {
        let was = one.was.map_or("new", |was| was.name());
        format!("{} {was} to {}: {}", titled(&one.issue, &one.title, form), one.now, words(&one.why, form))
    };
    list(text, "Up", form, &part.up, moved);
    list(text, "Down", form, &part.down, moved);
    list(text, "Blocked longest", form, &part.blocked, |one| {
        let since = one.since.map_or("since before that was noted".to_owned(), |since| format!("since {}", day(since)));
        let by: Vec<String> = one.by.iter().take(3).map(|key| words(key, form)).collect();
        format!("{} {} waits for {}, {since}", one.level, titled(&one.issue, &one.title, form), by.join(", "))
    });
    list(text, "Holds to revisit", form, &part.holds, |one| {
        let who = one.who.as_deref().map_or("a person".to_owned(), |who| words(who, form));
        let since = one.since.map_or(String::new(), |since| format!(" since {}", day(since)));
        format!("{} held at {} by {who}{since}, would be {}", words(&one.issue, form), one.held, one.computed)
    });
}

fn list<T>(text: &mut String, head: &str, form: Form, all: &[T], line: impl Fn(&T) -> String) {
    if all.is_empty() {
        return;
    }
    let (before, bullet) = match form {
        Form::Text => ("  ", "    "),
        Form::Markdown => ("\n### ", "- "),
    };
    let _ = writeln!(text, "{before}{head}");
    if form == Form::Markdown {
        text.push('\n');
    }
    for one in all.iter().take(NAMED_MAX) {
        let _ = writeln!(text, "{bullet}{}", line(one));
    }
    if all.len() > NAMED_MAX {
        let _ = writeln!(text, "{bullet}and {} more", all.len() - NAMED_MAX);
    }
}

fn titled(issue: &str, title: &str, form: Form) -> String {
    if title.is_empty() { words(issue, form) } else { format!("{} {}", words(issue, form), words(title, form)) }
}

fn words(text: &str, form: Form) -> String {
    plain(&cut(text, WORDS_MAX), form)
}

/// The first characters of a text, and a sign where there are more.
pub(in crate::daemon) fn cut(text: &str, chars_max: usize) -> String {
    let mut kept: String = text.chars().take(chars_max).collect();
    if text.chars().nth(chars_max).is_some() {
        kept.push('…');
    }
    kept
}

/// A text that is one line, hides nothing, and in Markdown stays text.
fn plain(text: &str, form: Form) -> String {
    match form {
        Form::Text => crate::plan::clean(text),
        Form::Markdown => crate::plan::escape(text),
    }
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}
