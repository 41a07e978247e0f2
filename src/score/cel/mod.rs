//! `[[priority.rules]]`: people's own rules in CEL, checked and bounded when they are read, then asked of each item.
//!
//! ```text
//! text -> bounded -> parsed -> checked (names, types, nulls, steps) -> Condition        once
//! Condition, Evidence -> does it hold? -> points and a because                          for each item
//! ```

mod calls;
mod check;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod parse;
mod shape;
#[cfg(test)]
mod tests;
mod variables;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use ::cel::common::value::CowVal;
use ::cel::context::VariableResolver;
use ::cel::parser::Expression;
use ::cel::{Context, ExecutionError, Value};
use sha2::{Digest, Sha256};

use super::calendar::{count, later};
use super::evidence::Evidence;
use super::priority::{reason, tenth};
use super::types::Because;
use crate::model::Day;

pub use calls::FUNCTIONS;
pub use check::STEPS_MAX;
pub use parse::EXPRESSION_MAX_BYTES;
pub use shape::{Kind, Scalar};
pub use variables::{FIELDS_MEANING, VARIABLES, Variable};

/// The most own rules of one container.
pub const RULES_MAX: usize = 500;
/// The most steps that all own rules of one container may take for one item together, about a tenth of a second at the
/// very worst. A usual rule takes ten.
pub const ALL_STEPS_MAX: u64 = 1_000_000;

/// What is wrong with an expression, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// What is wrong, in one line.
    pub problem: String,
    /// What a person can do.
    pub next: String,
}

impl Wrong {
    fn new(problem: impl Into<String>, next: impl Into<String>) -> Self {
        Self { problem: problem.into(), next: next.into() }
    }
}

/// When a rule counts: an expression that was checked. Two are equal when their texts are.
#[derive(Clone)]
pub struct Condition(Arc<Compiled>);

struct Compiled {
    text: String,
    expression: Expression,
    reads: Reads,
    steps: u64,
}

/// What expressions read.
#[derive(Clone, Debug, Default)]
struct Reads {
    /// Places in [`VARIABLES`].
    variables: BTreeSet<usize>,
    /// Ids of fields.
    fields: BTreeSet<String>,
}

impl Condition {
    /// Reads an expression of at most [`EXPRESSION_MAX_BYTES`] that takes at most [`STEPS_MAX`] steps for any item.
    ///
    /// # Errors
    /// The first thing that is wrong with it: its length or depth, its syntax, an unknown name, a type that doesn't fit, a
    /// value that may be null, too many steps.
    pub fn compile(text: &str) -> Result<Self, Wrong> {
        let mut expression = parse::parse(text)?;
        let mut checker = check::Checker::default();
        let shape = checker.whole(&mut expression)?;
        let compiled = Compiled { text: text.to_owned(), expression, reads: checker.reads, steps: shape.steps };
        Ok(Self(Arc::new(compiled)))
    }

    /// The expression as it was written.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Steps that it takes for one item at most.
    pub fn steps(&self) -> u64 {
        self.0.steps
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0.text, f)
    }
}

/// A rule of a person's own.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnRule {
    /// Its name, which explanations show.
    pub name: String,
    /// When it counts.
    pub when: Condition,
    /// Points of the score that it adds, -100 to 100; counted in tenths.
    pub add: f64,
}

/// The own rules of one container, in the configuration's order.
#[derive(Clone, Default)]
pub struct OwnRules(Arc<Rules>);

#[derive(Clone, Default)]
struct Rules {
    all: Vec<OwnRule>,
    /// Names of those that were refused, sorted.
    refused: Vec<String>,
    /// What any of them reads.
    reads: Reads,
}

impl PartialEq for OwnRules {
    fn eq(&self, other: &Self) -> bool {
        self.0.all == other.0.all
    }
}

impl fmt::Debug for OwnRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0.all, f)
    }
}

/// What own rules say of one item.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// Rules that hold.
    pub because: Vec<Because>,
    /// Rules that couldn't be asked, by their place, and why not.
    pub failed: Vec<(usize, &'static str)>,
    /// The first later day on which time alone could change any of it.
    pub changes: Option<Day>,
}

impl OwnRules {
    /// These rules.
    pub fn new(all: Vec<OwnRule>) -> Self {
        let mut reads = Reads::default();
        for rule in &all {
            reads.variables.extend(&rule.when.0.reads.variables);
            reads.fields.extend(rule.when.0.reads.fields.iter().cloned());
        }
        Self(Arc::new(Rules { all, refused: Vec::new(), reads }))
    }

    /// The same, and with it the names of rules that were refused and count for nothing.
    #[must_use]
    pub fn without(self, mut refused: Vec<String>) -> Self {
        refused.sort_unstable();
        Self(Arc::new(Rules { refused, ..Arc::unwrap_or_clone(self.0) }))
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &OwnRule> {
        self.0.all.iter()
    }

    /// Names of the rules that were refused, sorted: levels are found without them.
    pub fn refused(&self) -> &[String] {
        &self.0.refused
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.all.is_empty()
    }

    /// Fields that they read, by the tracker's id, sorted.
    pub fn fields(&self) -> &BTreeSet<String> {
        &self.0.reads.fields
    }

    /// How a formula is called that has them: how many there are, and a mark that moves with each of them. Empty: none.
    pub(super) fn formula(&self) -> String {
        if self.0.all.is_empty() {
            return String::new();
        }
        let mark = Sha256::digest(format!("{self:?}").as_bytes());
        let mark: String = mark.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        format!(" with {} ({mark})", count(self.0.all.len() as u64, "own rule", "own rules"))
    }

    /// Asks each of them about an item. Nothing of a closed one: it is written no more, and its age would move its score.
    pub(super) fn ask(&self, evidence: &Evidence<'_>) -> Said {
        if self.0.all.is_empty() || !evidence.is_open() {
            return Said::default();
        }
        let facts = Facts::of(self, evidence);
        let mut context = Context::with_env(Arc::clone(&parse::ENV));
        context.set_variable_resolver(&facts);
        let mut said = Said { changes: facts.changes, ..Said::default() };
        for (place, rule) in self.0.all.iter().enumerate() {
            match Value::resolve(&rule.when.0.expression, &context) {
                Ok(Value::Bool(true)) => said.because.push(reason(&rule.name, tenth(rule.add), why(rule.when.text()))),
                Ok(_) => {}
                Err(error) => said.failed.push((place, failed(&error))),
            }
        }
        said
    }
}

fn why(when: &str) -> String {
    const SHOWN_MAX_CHARS: usize = 200;
    let line = when.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN_MAX_CHARS) {
        Some((end, _)) => format!("your rule: {}…", &line[..end]),
        None => format!("your rule: {line}"),
    }
}

/// Why an expression couldn't be worked out, without a word of what the item says.
fn failed(error: &ExecutionError) -> &'static str {
    match error {
        ExecutionError::FunctionError { .. } => "a text isn't a number",
        ExecutionError::Overflow(..) => "a number gets too large",
        _ => "it can't be worked out",
    }
}

/// What the rules of a container may read of one item, gathered once for all of them.
struct Facts<'e> {
    variables: Vec<(&'static str, variables::Given<'e>)>,
    /// By the whole name, `item.fields.ID`, sorted.
    fields: Vec<(String, variables::Given<'e>)>,
    changes: Option<Day>,
}

impl<'e> Facts<'e> {
    fn of(rules: &OwnRules, evidence: &'e Evidence<'_>) -> Self {
        let read = &rules.0.reads.variables;
        let changes = read.iter().any(|at| moves(&VARIABLES[*at], evidence)).then(|| later(evidence.day, 1));
        let variables = read.iter().map(|at| (VARIABLES[*at].name, (VARIABLES[*at].read)(evidence))).collect();
        let field = |id: &String| (format!("{}.{id}", variables::FIELDS), variables::field(evidence, id));
        Self { variables, fields: rules.fields().iter().map(field).collect(), changes }
    }
}

/// Whether a day's passing moves a variable: a due day that nobody set stays unset.
fn moves(variable: &Variable, evidence: &Evidence<'_>) -> bool {
    variable.moves_daily && (variable.name != "item.due_days" || evidence.item.due.is_some())
}

impl VariableResolver for Facts<'_> {
    fn resolve<'b>(&'b self, name: &str) -> Option<CowVal<'b, 'b>> {
        if let Ok(at) = self.variables.binary_search_by(|(known, _)| (*known).cmp(name)) {
            return Some(CowVal::Borrowed(&*self.variables[at].1));
        }
        let at = self.fields.binary_search_by(|(known, _)| known.as_str().cmp(name)).ok()?;
        Some(CowVal::Borrowed(&*self.fields[at].1))
    }
}
