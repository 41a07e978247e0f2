//! `[[sink]]` -> how each level is spelled on each tracker, and which words of people mean a priority.

use std::collections::BTreeMap;

use super::check::Check;
use super::finding::{nearest, shown};
use super::raw;
use super::trackers::Kind;
use super::word::Word;
use crate::model::{Aspect, Level, Priority, TrackerName};
use crate::plan::{Spelled, Target};

const GITHUB_LABEL_MAX_CHARS: usize = 50;
const JIRA_LABEL_MAX_CHARS: usize = 255;
/// Jira's own priority field, which is always read.
pub(super) const PRIORITY_FIELD: &str = "priority";

/// What the sinks of one container say.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sinks {
    /// The sinks by tracker, priority first.
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
            (None, Some(field)) => add_field(&mut sinks, &mut claims, aspect, sink, field, &trackers, &key, check),
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
        let claimed = (name.clone(), target.clone(), folded(target, spelling));
        if let Some((other, by)) = claims.get(&claimed) {
            let (spelling, aspect, others) = (shown(spelling), level.aspect(), other.aspect());
            if (other, by.as_str()) == (level, key) {
                check.wrong(key, format!("{spelling} stands there twice (case doesn't count)"), "take one out");
                return;
            }
            let problem = format!(
                "on {name}, {spelling} would mean {aspect} {level} and, by {by}, {others} {other} (case doesn't count)"
            );
            check.wrong(key, problem, "give every level a spelling of its own");
            return;
        }
        claims.insert(claimed, (*level, key.to_owned()));
    }
}

/// A spelling without what makes no difference: case, and in a field how a number is written.
fn folded(target: &Target, spelling: &str) -> String {
    match spelling.parse::<f64>() {
        Ok(number) if *target != Target::Label => number.to_string(),
        _ => spelling.to_lowercase(),
    }
}

#[expect(clippy::too_many_arguments, reason = "one sink, where it stands, and what is gathered of all of them")]
fn add_field(
    sinks: &mut Sinks,
    claims: &mut Claims,
    aspect: Aspect,
    sink: &raw::Sink,
    field: &str,
    trackers: &[(TrackerName, Kind)],
    key: &str,
    check: &mut Check<'_>,
) {
    let field_key = format!("{key}.field");
    if field != PRIORITY_FIELD && !is_custom_field(field) {
        let next = "write priority, or the id of a custom field as Jira has it: customfield_10050";
        check.wrong(&field_key, format!("{} is not the id of a field that can be written", shown(field)), next);
    }
    let (jira, github): (Vec<_>, Vec<_>) = trackers.iter().partition(|(_, kind)| *kind == Kind::Jira);
    if let Some((name, _)) = github.first() {
        let jira: Vec<&str> = jira.iter().map(|(name, _)| name.as_str()).collect();
        let next = match jira.first() {
            Some(one) => format!("name the Jira tracker (tracker = \"{one}\"), and give {name} a label"),
            None => "write a label: label = \"priority/{level}\"".to_owned(),
        };
        check.wrong(&field_key, format!("{name} is a GitHub tracker, where levels are labels and not fields"), next);
    }
    let Some(spellings) = spellings(aspect, sink, key, check) else { return };
    for (name, _) in jira {
        let target = Target::Field(field.to_owned());
        let of_tracker = sinks.spelled.entry(name.clone()).or_default();
        if let Some(other) = of_tracker.iter().find(|other| other.target == target) {
            let problem = format!("on {name}, another sink writes {} into {} already", other.aspect, shown(field));
            check.wrong(&field_key, problem, "let one sink write a field, and take the other out");
            continue;
        }
        for of_level in spellings.chunk_by(|(one, _), (other, _)| one == other) {
            claim(claims, name, &target, of_level, &format!("{key}.values.{}", of_level[0].0), check);
        }
        of_tracker.push(Spelled { aspect, target, spellings: spellings.clone(), fold_case: false, allowed: None });
    }
}

/// How a field's values spell the levels: in the aspect's order, for each level the preferred first.
fn spellings(aspect: Aspect, sink: &raw::Sink, key: &str, check: &mut Check<'_>) -> Option<Vec<(Level, String)>> {
    let Some(values) = &sink.values else {
        let next = format!("write values = {{ {} = [\"…\"] }} and so on for every level", aspect.levels()[0]);
        check.missing(&format!("{key}.values"), next);
        return None;
    };
    let mut spellings = Vec::new();
    let mut whole = true;
    for level in aspect.levels() {
        let key = format!("{key}.values.{level}");
        let words = values.get(level.name()).map_or(&[][..], Vec::as_slice);
        if words.is_empty() {
            check.missing(&key, "write the field's values for this level, the one to write first");
        }
        if words.iter().any(|Word(word)| word.trim() != word || word.is_empty()) {
            check.wrong(&key, "a value is empty or begins or ends with a space", "write it as Jira shows it");
        }
        whole &= !words.is_empty();
        spellings.extend(words.iter().map(|Word(word)| (level, word.clone())));
    }
    whole.then_some(spellings)
}

fn is_custom_field(id: &str) -> bool {
    id.strip_prefix("customfield_")
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// People's words: `also_read` of any sink, and the values of field sinks but for numbers, which a label may have for
/// many reasons.
fn read_words(
    words: &mut BTreeMap<String, Priority>,
    aspect: Aspect,
    sink: &raw::Sink,
    key: &str,
    check: &mut Check<'_>,
) {
    let also_read = sink.also_read.iter().flatten().map(|(level, said)| ("also_read", level, said.clone()));
    let values = sink.values.iter().flatten().map(|(level, said)| {
        let said = said.iter().map(|Word(word)| word).filter(|word| word.parse::<f64>().is_err());
        ("values", level, said.cloned().collect::<Vec<String>>())
    });
    for (part, level, said) in also_read.chain(values) {
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
                Some(other) if other != priority && !check.findings.touches(&key) => {
                    let problem = format!("{} is said to mean {priority} and {other}", shown(&word));
                    check.wrong(&key, problem, "let each word mean one level (case doesn't count)");
                }
                _ => {}
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
