//! Agreement -> what people and programs read: text, Markdown, JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::agreement::{Agreed, Agreement};
use super::render::{clean, code, count, escape, fold, table};

/// The agreement as `report --json` prints it.
pub fn agreement_json(agreement: &Agreement) -> Value {
    let of = |agreed: &Agreed| {
        json!({
            "scope": agreed.scope,
            "field": agreed.aspect.name(),
            "items": agreed.items,
            "declared": agreed.declared,
            "equal": agreed.equal,
            "within_one": agreed.within_one,
            "confusion": agreed.confusion.iter().map(|((theirs, ours), n)| json!({
                "theirs": theirs.name(), "ours": ours.name(), "items": n,
            })).collect::<Vec<_>>(),
            "disagreements": agreed.disagreements.iter().map(|one| json!({
                "item": one.item.as_str(), "issue": one.key.to_string(),
                "theirs": one.theirs.name(), "their_reason": one.their_reason,
                "ours": one.ours.name(), "our_reason": one.our_reason,
            })).collect::<Vec<_>>(),
        })
    };
    json!({ "agreement": agreement.0.iter().map(of).collect::<Vec<_>>() })
}

/// The agreement for a terminal. At most 110 characters a line, no colours.
pub fn agreement_text(agreement: &Agreement) -> String {
    let mut text = String::new();
    for agreed in &agreement.0 {
        if !text.is_empty() {
            text.push('\n');
        }
        fold(&mut text, "", &headline(agreed));
        confusion(&mut text, agreed);
        let rows: Vec<[String; 4]> = agreed
            .disagreements
            .iter()
            .map(|one| {
                let both = format!("{}, we {}", one.theirs, one.ours);
                let why = format!("{}; we: {}", one.their_reason, one.our_reason);
                [format!("  {}", one.key), "they".to_owned(), both, why].map(|cell| clean(&cell))
            })
            .collect();
        table(&mut text, &rows);
    }
    text
}

/// The agreement as Markdown.
pub fn agreement_markdown(agreement: &Agreement) -> String {
    let mut text = String::new();
    for agreed in &agreement.0 {
        let _ = writeln!(text, "{}\n", escape(&headline(agreed)));
        let mut counts = String::new();
        confusion(&mut counts, agreed);
        if !counts.is_empty() {
            let _ = writeln!(text, "```text\n{}```\n", counts);
        }
        if agreed.disagreements.is_empty() {
            continue;
        }
        text.push_str("| issue | theirs | why | ours | why |\n| --- | --- | --- | --- | --- |\n");
        for one in &agreed.disagreements {
            let (issue, theirs, ours) = (code(&one.key.to_string()), one.theirs, one.ours);
            let (their_reason, our_reason) = (escape(&one.their_reason), escape(&one.our_reason));
            let _ = writeln!(text, "| {issue} | {theirs} | {their_reason} | {ours} | {our_reason} |");
        }
        text.push('\n');
    }
    text
}

fn headline(agreed: &Agreed) -> String {
    let scope = agreed.scope.as_deref().map_or(String::new(), |scope| format!("{}, ", clean(scope)));
    let items = count(agreed.items, "open item");
    let lead = format!("{scope}{}: people gave a level to {} of {items}", agreed.aspect, agreed.declared);
    let share = |n: usize| format!("{n} ({:.0} %)", n as f64 * 100.0 / agreed.declared.max(1) as f64);
    match agreed.declared {
        0 => lead,
        _ => format!("{lead}; {} agree with ours, {} within one level", share(agreed.equal), share(agreed.within_one)),
    }
}

/// People's levels down, ours across.
fn confusion(text: &mut String, agreed: &Agreed) {
    if agreed.declared == 0 {
        return;
    }
    let levels = agreed.aspect.levels();
    let across: String = levels.iter().fold(String::new(), |line, level| format!("{line}{level:>6}"));
    let _ = writeln!(text, "  {:<12}{across}", "they \\ we");
    for theirs in &levels {
        let n = |ours: &_| agreed.confusion.get(&(*theirs, *ours)).copied().unwrap_or(0);
        let counts = levels.iter().fold(String::new(), |line, ours| format!("{line}{:>6}", n(ours)));
        let _ = writeln!(text, "  {:<12}{counts}", theirs.name());
    }
}
