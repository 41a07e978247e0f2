//! `[[sink]]` -> how each level is spelled on each tracker, and which words of people mean a priority.

use std::collections::BTreeMap;

use super::check::Check;
use super::finding::{nearest, shown};
use super::raw;
use super::trackers::Kind;
use crate::model::{Aspect, Level, Priority, TrackerName};
use crate::plan::{Spelled, Target};

const GITHUB_LABEL_MAX_CHARS: usize = 50;
const JIRA_LABEL_MAX_CHARS: usize = 255;

/// What the sinks of one container say.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sinks {
    /// The label sinks by tracker, priority first. Field sinks are not written yet.
    pub spelled: BTreeMap<TrackerName, Vec<Spelled>>,
    /// People's words for a priority, lower case.
    pub words: BTreeMap<String, Priority>,
}

/// Whose a spelling is: which sink it is said by, and what for.
type Claims = BTreeMap<(TrackerName, Target, String), (Level, String)>;

/// Reads the sinks under a key (`sink`, `scope[0].sink`).
pub(super) fn sinks(raw: &[raw::Sink], key: &str, kinds: &BTreeMap<TrackerName, Kind>, check: &mut Check<'_>) -> Sinks {
    if raw.is_empty() {
        let next =
            "leave [[sink]] out for priority and complexity labels everywhere, or write mode = \"observe\" in [write]";
        check.missing(key, next);
    }
    let mut sinks = Sinks::default();
    let mut claims = Claims::new();
    sinks.spelled.extend(kinds.keys().map(|name| (name.clone(), Vec::new())));
    for (index, sink) in raw.iter().enumerate() {
        let key = format!("{key}[{index}]");
        let Some(aspect) = sink.aspect.as_deref().and_then(Aspect::parse) else {
            check.missing(&format!("{key}.aspect"), "write priority, complexity or readiness");
            continue;
        };
        let trackers = reached(sink, &key, kinds, check);
        match (&sink.label, &sink.field) {
            (Some(label), None) => {
                add_label(&mut sinks, &mut claims, aspect, label, &trackers, &key, check);
                if sink.values.is_some() {
                    let next = "take it out; people's spellings are also_read";
                    check.wrong(&format!("{key}.values"), "only a field has values", next);
                }
            }
            (None, Some(field)) => check_field(&mut claims, aspect, sink, field, &trackers, &key, check),
            (None, None) => {
                check.missing(&format!("{key}.label"), "write label = \"priority/{level}\" or field = \"NAME\"")
            }
            (Some(_), Some(_)) => {
                check.wrong(&format!("{key}.field"), "a sink is a label or a field, not both", "make two sinks of it");
            }
        }
        read_words(&mut sinks.words, aspect, sink, &key, check);
    }
    check_words(raw, key, &claims, check);
    for spelled in sinks.spelled.values_mut() {
        spelled.sort_by(|a, b| (a.aspect, &a.target).cmp(&(b.aspect, &b.target)));
    }
    sinks
}

fn reached(
    sink: &raw::Sink,
    key: &str,
    kinds: &BTreeMap<TrackerName, Kind>,
    check: &mut Check<'_>,
) -> Vec<(TrackerName, Kind)> {
    let wanted = sink.tracker.as_deref().unwrap_or("*");
    let found: Vec<_> = kinds
        .iter()
        .filter(|(name, _)| wanted == "*" || name.as_str() == wanted)
        .map(|(name, kind)| (name.clone(), *kind))
        .collect();
    let follows = check.findings.lost_a_file();
    if found.is_empty() && wanted != "*" && !follows && !check.findings.touches(&format!("trackers.{wanted}")) {
        let names: Vec<&str> = kinds.keys().map(TrackerName::as_str).collect();
        let next = match (nearest(wanted, names.iter().copied()), names.is_empty()) {
            (_, true) => "configure it as [trackers.NAME]".to_owned(),
            (Some(near), _) => format!("did you mean {near}? Configured: {}, or * for all", names.join(", ")),
            (None, _) => format!("configured: {}, or * for all", names.join(", ")),
        };
        check.wrong(&format!("{key}.tracker"), format!("no tracker is named {}", shown(wanted)), next);
    }
    found
}

fn add_label(
    sinks: &mut Sinks,
    claims: &mut Claims,
    aspect: Aspect,
    template: &str,
    trackers: &[(TrackerName, Kind)],
    key: &str,
    check: &mut Check<'_>,
) {
    let key = format!("{key}.label");
    let rest = template.replace("{level}", "");
    if rest.len() == template.len() || rest.contains(['{', '}']) {
        let next = "write {level} where the level's name goes, and no other braces: \"priority/{level}\"";
        check.wrong(&key, format!("{} doesn't say where the level goes", shown(template)), next);
        return;
    }
    let spellings: Vec<(Level, String)> =
        aspect.levels().into_iter().map(|level| (level, template.replace("{level}", level.name()))).collect();
    let longest = spellings.iter().map(|(_, label)| label).max_by_key(|label| label.chars().count());
    for (name, kind) in trackers {
        if let Some(problem) = longest.and_then(|label| refused(*kind, label)) {
            check.wrong(
                &key,
                format!("{name} can't take the label {}: {problem}", shown(template)),
                "change the spelling",
            );
            continue;
        }
        let of_tracker = sinks.spelled.entry(name.clone()).or_default();
        if of_tracker.iter().any(|other| other.aspect == aspect && other.target == Target::Label) {
            let problem =
                format!("{name} already has a label for {aspect}, and an aspect has at most one on a tracker");
            check.wrong(&key, problem, "take one out, or name each tracker by itself instead of *");
            continue;
        }
        claim(claims, name, &Target::Label, &spellings, &key, check);
        let fold_case = *kind == Kind::Github;
        let spellings = spellings.clone();
        of_tracker.push(Spelled { aspect, target: Target::Label, spellings, allowed: None, fold_case });
    }
}

/// What a tracker has against a label. (A name of emoji only can't come about: every label holds a level's name.)
fn refused(kind: Kind, label: &str) -> Option<String> {
    let chars = label.chars().count();
    match kind {
        _ if label.contains(char::is_control) => Some("it has a control character".to_owned()),
        Kind::Github if chars > GITHUB_LABEL_MAX_CHARS => {
            Some(format!("it has up to {chars} characters, and a GitHub label has 1 to {GITHUB_LABEL_MAX_CHARS}"))
        }
        Kind::Github if label.trim() != label => {
            Some("it begins or ends with a space, which GitHub takes off".to_owned())
        }
        Kind::Jira if chars > JIRA_LABEL_MAX_CHARS => {
            Some(format!("it has up to {chars} characters, and a Jira label at most {JIRA_LABEL_MAX_CHARS}"))
        }
        Kind::Jira if label.contains(char::is_whitespace) => Some("a Jira label has no spaces".to_owned()),
        _ => None,
    }
}

fn claim(
    claims: &mut Claims,
    name: &TrackerName,
    target: &Target,
    spellings: &[(Level, String)],
    key: &str,
    check: &mut Check<'_>,
) {
    for (level, spelling) in spellings {
        let claimed = (name.clone(), target.clone(), spelling.to_lowercase());
        if let Some((other, by)) = claims.get(&claimed) {
            let problem = format!(
                "on {name}, {} would mean {} {level} and, by {by}, {} {other} (case doesn't count)",
                shown(spelling),
                level.aspect(),
                other.aspect()
            );
            check.wrong(key, problem, "give every level a spelling of its own");
            return;
        }
        claims.insert(claimed, (*level, key.to_owned()));
    }
}

fn check_field(
    claims: &mut Claims,
    aspect: Aspect,
    sink: &raw::Sink,
    field: &str,
    trackers: &[(TrackerName, Kind)],
    key: &str,
    check: &mut Check<'_>,
) {
    if field.trim().is_empty() {
        check.wrong(&format!("{key}.field"), "it is empty", "write the tracker's name for the field");
    }
    let Some(values) = &sink.values else {
        let next = format!("write values = {{ {} = [\"…\"] }} and so on for every level", aspect.levels()[0]);
        return check.missing(&format!("{key}.values"), next);
    };
    let target = Target::Field(field.to_owned());
    for level in aspect.levels() {
        match values.get(level.name()) {
            Some(words) if !words.is_empty() => {
                let spellings: Vec<(Level, String)> = words.iter().map(|word| (level, word.clone())).collect();
                for (name, _) in trackers {
                    claim(claims, name, &target, &spellings, &format!("{key}.values.{level}"), check);
                }
            }
            _ => check.missing(
                &format!("{key}.values.{level}"),
                "write the field's values for this level, the one to write first",
            ),
        }
    }
}

/// People's words: `also_read` of any sink, and the values of field sinks.
fn read_words(
    words: &mut BTreeMap<String, Priority>,
    aspect: Aspect,
    sink: &raw::Sink,
    key: &str,
    check: &mut Check<'_>,
) {
    for (part, by_level) in [("also_read", &sink.also_read), ("values", &sink.values)] {
        for (level, said) in by_level.iter().flatten() {
            let key = format!("{key}.{part}.{level}");
            let Some(level) = Level::parse(aspect, level) else {
                let levels: Vec<&str> = aspect.levels().into_iter().map(Level::name).collect();
                let next = format!("{aspect} has {}", levels.join(", "));
                check.wrong(&key, format!("there is no such level of {aspect}"), next);
                continue;
            };
            let Level::Priority(priority) = level else { continue };
            for word in said {
                match words.insert(word.to_lowercase(), priority) {
                    Some(other) if other != priority => {
                        let problem = format!("{} is said to mean {priority} and {other}", shown(word));
                        check.wrong(&key, problem, "let each word mean one level (case doesn't count)");
                    }
                    _ => {}
                }
            }
        }
    }
}

/// What people say must not be what we write: else our own label would be evidence for itself.
fn check_words(raw: &[raw::Sink], key: &str, claims: &Claims, check: &mut Check<'_>) {
    for (index, sink) in raw.iter().enumerate() {
        for (level, said) in sink.also_read.iter().flatten() {
            for word in said {
                let folded = word.to_lowercase();
                let ours = claims.keys().any(|(_, target, spelling)| *target == Target::Label && *spelling == folded);
                if ours {
                    let problem = format!("{} is how we spell a level ourselves", shown(word));
                    let next = "take it out: what we write is never evidence";
                    check.wrong(&format!("{key}[{index}].also_read.{level}"), problem, next);
                }
            }
        }
    }
}
