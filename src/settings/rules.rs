//! `[[priority.rules]]` -> people's own rules, each compiled; one that is wrong is named and left out.

use std::collections::{BTreeMap, BTreeSet};

use super::check::Check;
use super::finding::shown;
use super::raw;
use crate::score::cel::{ALL_STEPS_MAX, Condition, OwnRule, OwnRules, RULES_MAX, Wrong};
use crate::score::{Because, RULES};

/// Characters of the longest name.
const NAME_MAX_CHARS: usize = 80;
/// Names that explanations give to what isn't a rule.
const TAKEN: [&str; 5] = [Because::BLOCKS, "cap", Because::HOLD, Because::HYSTERESIS, "size"];

/// Expressions that were compiled already: scopes take over the defaults' rules.
pub(super) type Compiled = BTreeMap<String, Result<Condition, Wrong>>;

/// The rules of one list; `key` is where it stands (`priority.rules`).
pub(super) fn rules(raw: &[raw::Rule], key: &str, check: &mut Check<'_>) -> OwnRules {
    if raw.len() > RULES_MAX {
        let problem = format!("there are {} rules and may be {RULES_MAX}", raw.len());
        check.wrong(key, problem, "let one rule say what several do: item.kind in ['bug', 'story']");
        return OwnRules::default();
    }
    let mut names: BTreeSet<&str> = BTreeSet::new();
    let (mut found, mut refused, mut steps) = (Vec::new(), Vec::new(), 0_u64);
    for (index, rule) in raw.iter().enumerate() {
        let key = format!("{key}[{index}]");
        // What is missing was noted when the layer was read.
        let (Some(name), Some(when), Some(add)) = (&rule.name, &rule.when, rule.add) else { continue };
        check_name(name, !names.insert(name), &key, check);
        match compiled(when, check).and_then(|when| within_all(when, &mut steps)) {
            Ok(when) => found.push(OwnRule { name: name.clone(), when, add }),
            Err(Wrong { problem, next }) => {
                // What it says of itself may quote the expression, and somebody may have pasted a secret there.
                let quoted = super::finding::quoted(&problem);
                check.refuse(&format!("{key}.when"), format!("the rule {}: {quoted}", shown(name)), next);
                refused.push(super::finding::quoted(name));
            }
        }
    }
    OwnRules::new(found).without(refused)
}

/// Counts the steps of one more rule; one that is too many is refused, and cheaper ones may follow.
fn within_all(when: Condition, steps: &mut u64) -> Result<Condition, Wrong> {
    let together = steps.saturating_add(when.steps());
    if together > ALL_STEPS_MAX {
        return Err(Wrong {
            problem: format!(
                "with those before it, it could take {together} steps for one item and all may take {ALL_STEPS_MAX}"
            ),
            next: "go through fewer lists inside each other in the costliest of them".to_owned(),
        });
    }
    *steps = together;
    Ok(when)
}

fn compiled(when: &str, check: &mut Check<'_>) -> Result<Condition, Wrong> {
    if let Some(known) = check.compiled.get(when) {
        return known.clone();
    }
    let compiled = Condition::compile(when);
    check.compiled.insert(when.to_owned(), compiled.clone());
    compiled
}

fn check_name(name: &str, again: bool, key: &str, check: &mut Check<'_>) {
    let key = format!("{key}.name");
    let chars = name.chars().count();
    if name.trim().is_empty() || name.contains(char::is_control) {
        check.wrong(&key, format!("{} is no name", shown(name)), "name what the rule is about: \"paying customer\"");
    } else if chars > NAME_MAX_CHARS {
        check.wrong(&key, format!("it has {chars} characters and may have {NAME_MAX_CHARS}"), "write a shorter name");
    } else if TAKEN.contains(&name) || RULES.iter().any(|rule| rule.name == name) {
        let problem = format!("{} is the name of a built-in reason", shown(name));
        check.wrong(&key, problem, "give your rule another name; weights are [priority.weights]");
    } else if again {
        check.wrong(&key, format!("another rule is named {} too", shown(name)), "rename one");
    }
}
