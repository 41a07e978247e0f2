//! Plan -> what people and programs read: JSON, text for a terminal at night, Markdown for a comment.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::approve::Unsafe;
use super::change::{Change, Edit, Plan};
use super::cost::{Cost, Paces};
use super::reform::Reformed;
use crate::model::turns_direction;

/// Characters that a line may have.
const WIDTH: usize = 110;
/// Characters of the longest bar.
const BAR: usize = 40;

/// The plan as `plan --json` prints it.
pub fn plan_json(plan: &Plan, approval: Option<&Unsafe>, paces: &Paces) -> Value {
    let cost = Cost::of(&plan.changes, paces);
    let edit = |edit: &Edit| {
        json!({
            "field": edit.field.name(), "sink": edit.sink.0, "from": edit.from, "to": edit.to, "why": edit.why,
        })
    };
    let change = |change: &Change| {
        json!({
            "issue": change.key.to_string(),
            "item": change.item.as_str(),
            "edits": change.edits.iter().map(edit).collect::<Vec<_>>(),
        })
    };
    json!({
        "fingerprint": plan.fingerprint,
        "approval": approval.map(|unsafe_| json!({ "needed": unsafe_.needed, "detail": unsafe_.detail })),
        "considered": plan.considered,
        "idle": plan.idle,
        "formula": plan.reformed.as_ref().map(|reformed| json!({
            "from": reformed.from, "to": reformed.to, "items": reformed.items(),
            "moves": reformed.moves.iter().map(|(level, (up, down))| json!({
                "level": level.name(), "up": up, "down": down,
            })).collect::<Vec<_>>(),
            "refused": reformed.refused,
        })),
        "cost": {
            "events": cost.events, "mails": cost.mails, "requests": cost.requests, "minutes": cost.minutes,
        },
        "retires": plan.retires.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "closed": plan.closed,
        "changes": plan.changes.iter().map(change).collect::<Vec<_>>(),
        "skips": plan.skips.iter().map(|skip| json!({
            "issue": skip.issue.to_string(), "field": skip.field.name(), "theirs": skip.theirs,
            "reason": skip.reason, "why": skip.why,
        })).collect::<Vec<_>>(),
        "quarantined": plan.quarantined.iter().map(|(issue, error)| json!({
            "issue": issue.to_string(), "error": error,
        })).collect::<Vec<_>>(),
        "levels": plan.levels.iter().map(|(aspect, counts)| (aspect.name().to_owned(), json!(counts)))
            .collect::<serde_json::Map<_, _>>(),
    })
}

/// The plan for a terminal: what would happen and what it waits for, each edit, what stands against us, the levels.
/// At most 110 characters a line, no colours.
pub fn plan_text(plan: &Plan, approval: Option<&Unsafe>, paces: &Paces) -> String {
    let mut text = String::new();
    for line in header(plan, approval, paces) {
        fold(&mut text, "", &line);
    }
    let rows: Vec<[String; 4]> =
        plan.changes.iter().flat_map(|change| change.edits.iter().map(|edit| row(change, edit))).collect();
    table(&mut text, &rows);
    if !plan.skips.is_empty() {
        let _ = writeln!(text, "\nleft alone ({})", plan.skips.len());
        let rows: Vec<[String; 4]> = plan
            .skips
            .iter()
            .map(|skip| {
                let theirs = skip.theirs.as_deref().unwrap_or("none");
                let what = format!("{} {theirs}", reason(skip.reason));
                [skip.issue.to_string(), skip.field.name().to_owned(), what, skip.why.clone()].map(|cell| clean(&cell))
            })
            .collect();
        table(&mut text, &rows);
    }
    if !plan.quarantined.is_empty() {
        let _ = writeln!(text, "\nset aside ({})", plan.quarantined.len());
        for (issue, error) in &plan.quarantined {
            fold(&mut text, "  ", &clean(&format!("{issue}  {error}")));
        }
    }
    histogram(&mut text, plan);
    text
}

/// The plan as Markdown, for a comment or a step summary.
pub fn plan_markdown(plan: &Plan, approval: Option<&Unsafe>, paces: &Paces) -> String {
    let mut text = String::new();
    for line in header(plan, approval, paces) {
        let _ = writeln!(text, "{}\n", escape(&line));
    }
    if !plan.changes.is_empty() {
        text.push_str("| issue | field | from | to | why |\n| --- | --- | --- | --- | --- |\n");
        for change in &plan.changes {
            for edit in &change.edits {
                let cell = |value: &Option<String>| value.as_deref().map_or("–".to_owned(), code);
                let (issue, field, why) = (code(&change.key.to_string()), edit.field.name(), escape(&edit.why));
                let _ = writeln!(text, "| {issue} | {field} | {} | {} | {why} |", cell(&edit.from), cell(&edit.to));
            }
        }
    }
    if !plan.skips.is_empty() {
        text.push_str("\n| left alone | field | theirs | reason | why |\n| --- | --- | --- | --- | --- |\n");
        for skip in &plan.skips {
            let theirs = skip.theirs.as_deref().map_or("–".to_owned(), code);
            let (issue, why) = (code(&skip.issue.to_string()), escape(&skip.why));
            let _ = writeln!(text, "| {issue} | {} | {theirs} | {} | {why} |", skip.field.name(), reason(skip.reason));
        }
    }
    for (issue, error) in &plan.quarantined {
        let _ = writeln!(text, "\n- set aside: {}: {}", code(&issue.to_string()), escape(error));
    }
    let mut bars = String::new();
    histogram(&mut bars, plan);
    if !bars.is_empty() {
        let _ = writeln!(text, "\n```text\n{}\n```", bars.trim_matches('\n'));
    }
    text
}

/// What would happen, and what it waits for.
fn header(plan: &Plan, approval: Option<&Unsafe>, paces: &Paces) -> Vec<String> {
    let idle = match plan.idle {
        0 => String::new(),
        idle => format!(" ({idle} of them idle, not written)"),
    };
    let issues = format!("{} considered{idle}", count(plan.considered, "open issue"));
    let mut lines = Vec::new();
    if plan.changes.is_empty() {
        lines.push(format!("{issues}: nothing to write."));
    } else {
        lines.push(format!(
            "{issues}: {} in {} to write ({}), fingerprint {}",
            count(plan.edits(), "edit"),
            count(plan.changes.len(), "issue"),
            costs(&Cost::of(&plan.changes, paces)),
            plan.fingerprint
        ));
    }
    if !plan.retires.is_empty() {
        let containers: Vec<String> = plan.retires.iter().map(ToString::to_string).collect();
        let closed = match plan.closed {
            0 => String::new(),
            n => format!("; what stands on {} stays", count(n, "closed issue")),
        };
        lines.push(format!("Leaves {}{closed}.", clean(&containers.join(", "))));
    }
    lines.extend(plan.reformed.as_ref().map(Reformed::line));
    if let (Some(unsafe_), false) = (approval, plan.changes.is_empty()) {
        lines.push(format!("Waits: {}", clean(&unsafe_.detail)));
    }
    lines
}

/// `14 events, up to 30 mails, 12 requests, about 2 minutes`.
fn costs(cost: &Cost) -> String {
    let mut parts = vec![count(cost.events, "event")];
    if cost.mails > 0 {
        parts.push(format!("up to {}", count(cost.mails, "mail")));
    }
    parts.push(count(cost.requests, "request"));
    if cost.minutes > 0 {
        parts.push(format!("about {}", count(cost.minutes, "minute")));
    }
    parts.join(", ")
}

fn row(change: &Change, edit: &Edit) -> [String; 4] {
    let value = |value: &Option<String>| match value {
        None => "none".to_owned(),
        Some(text) => short(text, edit.field.name()).to_owned(),
    };
    let (issue, field) = (change.key.to_string(), edit.field.name().to_owned());
    [issue, field, format!("{} -> {}", value(&edit.from), value(&edit.to)), edit.why.clone()].map(|cell| clean(&cell))
}

/// `priority/p1` beside the word priority says no more than `p1`.
fn short<'a>(text: &'a str, field: &str) -> &'a str {
    let rest = text.strip_prefix(field).and_then(|rest| rest.strip_prefix(['/', '-', ':', ' ']));
    rest.filter(|rest| !rest.is_empty()).unwrap_or(text)
}

fn reason(reason: super::SkipReason) -> &'static str {
    match reason {
        super::SkipReason::Hold => "hold",
        super::SkipReason::Frozen => "frozen",
        super::SkipReason::Conflict => "conflict",
        super::SkipReason::Limit => "limit",
    }
}

/// Columns as wide as their widest cell, within reason; the last one is folded.
pub(super) fn table(text: &mut String, rows: &[[String; 4]]) {
    let width =
        |column: usize, most: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).min(most);
    let (issue, field, what) = (width(0, 36), width(1, 10), width(2, 30));
    for [a, b, c, why] in rows {
        fold(text, &format!("{a:issue$}  {b:field$}  {c:what$}  "), why);
    }
}

/// Writes `lead` and `line`, broken at spaces so that no line is wider than [`WIDTH`]; what follows is indented.
pub(super) fn fold(text: &mut String, lead: &str, line: &str) {
    let mut at = format!("{lead}{}", line.split(' ').next().unwrap_or_default());
    let indent = "      ";
    let mut lines = Vec::new();
    for word in line.split(' ').skip(1) {
        if at.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::replace(&mut at, format!("{indent}{word}")));
        } else {
            let _ = write!(at, " {word}");
        }
    }
    lines.push(at);
    for line in lines {
        let _ = writeln!(text, "{}", cut(line.trim_end()));
    }
}

/// A line no wider than [`WIDTH`], whatever a tracker put into it.
fn cut(line: &str) -> String {
    if line.chars().count() <= WIDTH {
        return line.to_owned();
    }
    line.chars().take(WIDTH - 1).chain(['…']).collect()
}

/// One line without control or direction characters: titles and labels are strangers' text.
pub fn clean(text: &str) -> String {
    text.chars().filter(|c| !turns_direction(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Text that Markdown takes literally, without mentions that would call people. What stands between backticks stays
/// code, where only the table's own sign needs care.
pub fn escape(text: &str) -> String {
    let text = clean(text);
    let parts: Vec<&str> = text.split('`').collect();
    let closed = parts.len() % 2 == 1;
    let last = parts.len() - 1;
    let mut out = String::new();
    for (n, part) in parts.into_iter().enumerate() {
        if n > 0 {
            out.push_str(if n == last && !closed { "\\`" } else { "`" });
        }
        let is_code = n % 2 == 1 && (closed || n < last);
        if is_code { out.push_str(&part.replace('|', "\\|")) } else { escape_prose(part, &mut out) }
    }
    out
}

fn escape_prose(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '|' | '\\' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '!' | '~' => out.extend(['\\', c]),
            '@' => out.push_str("@\u{200b}"),
            c => out.push(c),
        }
    }
}

pub(super) fn code(text: &str) -> String {
    format!("`{}`", clean(text).replace('`', "'").replace('|', "\\|"))
}

fn histogram(text: &mut String, plan: &Plan) {
    for (aspect, counts) in &plan.levels {
        let most = counts.values().copied().max().unwrap_or(0).max(1);
        let _ = writeln!(text, "\n{aspect}");
        for level in aspect.levels() {
            let n = counts.get(level.name()).copied().unwrap_or(0);
            // The smallest bar still shows that there is something.
            let bar = "█".repeat((n * BAR).div_ceil(most));
            let _ = writeln!(text, "{}", format!("  {:<18} {n:>6}  {bar}", level.name()).trim_end());
        }
    }
}

pub(super) fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
