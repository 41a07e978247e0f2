//! JQL text -> a checked query -> which issues, in which order. What it doesn't understand it refuses, naming the token.

use std::cmp::Ordering;
use std::iter::Peekable;
use std::vec::IntoIter;

use jiff::Timestamp;

use super::lexer::{self, Token};
use super::terms::{Field, Operator, Term, Value};
use super::{Issue, PRIORITIES, Site};

/// Fields that one ORDER BY may name.
const ORDER_MAX: usize = 7;
/// How deep parentheses and NOT may nest.
const DEPTH_MAX: usize = 64;

/// A parsed query.
pub(super) struct Jql {
    condition: Condition,
    order: Vec<(Field, bool)>,
}

enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Term(Term),
}

/// What a query is asked against.
pub(super) struct Context<'a> {
    pub site: &'a Site,
    pub now: Timestamp,
}

struct Parser {
    tokens: Peekable<IntoIter<Token>>,
    depth: usize,
}

/// Reads a query.
pub(super) fn parse(text: &str) -> Result<Jql, String> {
    let unbounded =
        || "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.".to_owned();
    let mut parser = Parser { tokens: lexer::tokens(text)?.into_iter().peekable(), depth: 0 };
    if parser.tokens.peek().is_none_or(|token| token.is_word("order")) {
        return Err(unbounded());
    }
    let condition = parser.any()?;
    let order = if parser.take_word("order") { parser.order()? } else { Vec::new() };
    if let Some(token) = parser.tokens.next() {
        return Err(token.refused("a logical operator or ORDER BY was expected"));
    }
    Ok(Jql { condition, order })
}

impl Parser {
    fn take_word(&mut self, word: &str) -> bool {
        self.tokens.next_if(|token| token.is_word(word)).is_some()
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        self.tokens.next_if(|token| token.is_sign(sign)).is_some()
    }

    fn next(&mut self) -> Result<Token, String> {
        self.tokens.next().ok_or_else(|| "Error in the JQL Query: the query ends too early.".to_owned())
    }

    fn any(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.all()?];
        while self.take_word("or") || self.take_sign("||") {
            parts.push(self.all()?);
        }
        Ok(Condition::Any(parts))
    }

    fn all(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.one()?];
        while self.take_word("and") || self.take_sign("&&") {
            parts.push(self.one()?);
        }
        Ok(Condition::All(parts))
    }

    fn one(&mut self) -> Result<Condition, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("Error in the JQL Query: more than {DEPTH_MAX} nested conditions."));
        }
        let found = if self.take_word("not") || self.take_sign("!") {
            Condition::Not(Box::new(self.one()?))
        } else if self.take_sign("(") {
            let inner = self.any()?;
            self.close()?;
            inner
        } else {
            Condition::Term(self.term()?)
        };
        self.depth -= 1;
        Ok(found)
    }

    fn close(&mut self) -> Result<(), String> {
        let token = self.next()?;
        if token.is_sign(")") { Ok(()) } else { Err(token.refused("')' was expected")) }
    }

    fn term(&mut self) -> Result<Term, String> {
        let token = self.next()?;
        let field = Field::read(&token)?;
        let token = self.next()?;
        let negated = token.is_word("not");
        let operator = match () {
            () if token.is_word("is") => return self.is_empty(field),
            () if token.is_word("in") => Operator::In,
            () if negated && self.take_word("in") => Operator::NotIn,
            () => Operator::read(&token)?,
        };
        let values =
            if matches!(operator, Operator::In | Operator::NotIn) { self.list()? } else { vec![self.value()?] };
        Term::new(field, operator, values)
    }

    fn is_empty(&mut self, field: Field) -> Result<Term, String> {
        let operator = if self.take_word("not") { Operator::IsNotEmpty } else { Operator::IsEmpty };
        let token = self.next()?;
        if !(token.is_word("empty") || token.is_word("null")) {
            return Err(token.refused("EMPTY or NULL was expected"));
        }
        Term::new(field, operator, Vec::new())
    }

    fn list(&mut self) -> Result<Vec<Value>, String> {
        let token = self.next()?;
        if !token.is_sign("(") {
            return Err(token.refused("'(' was expected"));
        }
        let mut values = vec![self.value()?];
        while self.take_sign(",") {
            values.push(self.value()?);
        }
        self.close()?;
        Ok(values)
    }

    fn value(&mut self) -> Result<Value, String> {
        Value::read(self.next()?)
    }

    fn order(&mut self) -> Result<Vec<(Field, bool)>, String> {
        let token = self.next()?;
        if !token.is_word("by") {
            return Err(token.refused("BY was expected"));
        }
        let mut order = Vec::new();
        loop {
            let field = Field::read(&self.next()?)?;
            let descending = self.take_word("desc");
            if !descending {
                self.take_word("asc");
            }
            order.push((field, descending));
            if !self.take_sign(",") {
                break;
            }
        }
        if order.len() > ORDER_MAX {
            return Err(format!("The maximum number of fields in ORDER BY is {ORDER_MAX}."));
        }
        Ok(order)
    }
}

impl Condition {
    fn matches(&self, context: &Context, issue: &Issue) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(context, issue)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(context, issue)),
            Self::Not(part) => !part.matches(context, issue),
            Self::Term(term) => term.matches(context, issue),
        }
    }

    fn check(&self, site: &Site) -> Result<(), String> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().try_for_each(|part| part.check(site)),
            Self::Not(part) => part.check(site),
            Self::Term(term) => term.check(site),
        }
    }

    fn updated_from(&self, context: &Context) -> Option<Timestamp> {
        match self {
            Self::All(parts) => parts.iter().filter_map(|part| part.updated_from(context)).max(),
            Self::Any(parts) if parts.len() == 1 => parts[0].updated_from(context),
            Self::Term(term) => term.updated_from(context),
            Self::Any(_) | Self::Not(_) => None,
        }
    }
}

impl Jql {
    /// Whether what the query names exists.
    pub(super) fn check(&self, site: &Site) -> Result<(), String> {
        self.condition.check(site)
    }

    pub(super) fn matches(&self, context: &Context, issue: &Issue) -> bool {
        self.condition.matches(context, issue)
    }

    /// A moment before which nothing can match, where the query says so at its top.
    pub(super) fn updated_from(&self, context: &Context) -> Option<Timestamp> {
        self.condition.updated_from(context)
    }

    /// Whether what changes jumps to the front of the query's order.
    pub(super) fn newest_first(&self) -> bool {
        self.order.first().is_none_or(|(field, descending)| *field == Field::Updated && *descending)
    }

    /// Puts ids in the query's order; without one, newest first.
    pub(super) fn sort<'a>(&self, context: &Context, ids: &mut [u64], issue: impl Fn(&u64) -> Option<&'a Issue>) {
        ids.sort_by(|a, b| {
            let (Some(left), Some(right)) = (issue(a), issue(b)) else { return a.cmp(b) };
            for (field, descending) in &self.order {
                let ordering = compare(context, *field, left, right);
                let ordering = if *descending { ordering.reverse() } else { ordering };
                if ordering != Ordering::Equal {
                    return ordering;
                }
            }
            if self.order.is_empty() { b.cmp(a) } else { a.cmp(b) }
        });
    }
}

fn compare(context: &Context, field: Field, left: &Issue, right: &Issue) -> Ordering {
    let key = |issue: &Issue| {
        let (project, number) = issue.key.rsplit_once('-').unwrap_or(("", "0"));
        (project.to_owned(), number.parse::<u64>().unwrap_or(0))
    };
    match field {
        Field::Updated => left.updated.cmp(&right.updated),
        Field::Created => left.created.cmp(&right.created),
        Field::Id => left.id.cmp(&right.id),
        Field::Key => key(left).cmp(&key(right)),
        Field::Project => context.site.projects[left.project].name.cmp(&context.site.projects[right.project].name),
        // The highest priority comes last in ascending order.
        Field::Priority => (PRIORITIES.len() - left.priority).cmp(&(PRIORITIES.len() - right.priority)),
        Field::Status => left.status.cmp(&right.status),
        Field::StatusCategory => {
            super::STATUSES[left.status].category.id.cmp(&super::STATUSES[right.status].category.id)
        }
        Field::Kind => left.kind.cmp(&right.kind),
        Field::Parent => left.parent.cmp(&right.parent),
        Field::Due => left.due.cmp(&right.due),
        Field::Labels => left.labels.cmp(&right.labels),
    }
}
