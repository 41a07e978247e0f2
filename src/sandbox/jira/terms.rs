//! One condition of a query: field, operator, values; and whether an issue meets it.

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

use super::jql::Context;
use super::lexer::{Piece, Token};
use super::plant::{priority_named, status_named};
use super::{Issue, KINDS, PRIORITIES, STATUSES, Site};

/// A field that can be asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Project,
    Key,
    Id,
    Labels,
    Status,
    StatusCategory,
    Priority,
    Kind,
    Parent,
    Updated,
    Created,
    Due,
}

impl Field {
    pub(super) fn read(token: &Token) -> Result<Self, String> {
        let (Piece::Word(name) | Piece::Text(name)) = &token.piece else {
            return Err(token.refused("a field name was expected"));
        };
        Ok(match name.to_lowercase().as_str() {
            "project" => Self::Project,
            "key" | "issuekey" | "issue" => Self::Key,
            "id" => Self::Id,
            "labels" => Self::Labels,
            "status" => Self::Status,
            "statuscategory" => Self::StatusCategory,
            "priority" => Self::Priority,
            "issuetype" | "type" => Self::Kind,
            "parent" => Self::Parent,
            "updated" | "updateddate" => Self::Updated,
            "created" | "createddate" => Self::Created,
            "due" | "duedate" => Self::Due,
            _ => return Err(format!("Field '{name}' does not exist or you do not have permission to view it.")),
        })
    }

    fn is_time(self) -> bool {
        matches!(self, Self::Updated | Self::Created | Self::Due)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Key => "key",
            Self::Id => "id",
            Self::Labels => "labels",
            Self::Status => "status",
            Self::StatusCategory => "statusCategory",
            Self::Priority => "priority",
            Self::Kind => "issuetype",
            Self::Parent => "parent",
            Self::Updated => "updated",
            Self::Created => "created",
            Self::Due => "due",
        }
    }
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Is,
    IsNot,
    In,
    NotIn,
    From,
    After,
    Until,
    Before,
    IsEmpty,
    IsNotEmpty,
}

impl Operator {
    pub(super) fn read(token: &Token) -> Result<Self, String> {
        Ok(match token.piece {
            Piece::Sign("=") => Self::Is,
            Piece::Sign("!=") => Self::IsNot,
            Piece::Sign(">=") => Self::From,
            Piece::Sign(">") => Self::After,
            Piece::Sign("<=") => Self::Until,
            Piece::Sign("<") => Self::Before,
            _ => return Err(token.refused("an operator was expected")),
        })
    }

    fn is_range(self) -> bool {
        matches!(self, Self::From | Self::After | Self::Until | Self::Before)
    }
}

/// A value, and whether it stood in quotes: a bare number is milliseconds, a quoted one is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    text: String,
    quoted: bool,
}

impl Value {
    pub(super) fn read(token: Token) -> Result<Self, String> {
        match token.piece {
            Piece::Word(text) => Ok(Self { text, quoted: false }),
            Piece::Text(text) => Ok(Self { text, quoted: true }),
            Piece::Sign(_) => Err(token.refused("a value was expected")),
        }
    }

    fn is(&self, text: &str) -> bool {
        self.text.to_lowercase() == text.to_lowercase()
    }

    /// The moment it names: unquoted epoch milliseconds, `-30m` and the like, or a date in the user's time zone.
    fn moment(&self, site: &Site, now: Timestamp) -> Option<Timestamp> {
        if !self.quoted
            && let Ok(millis) = self.text.parse::<i64>()
            && !self.text.starts_with('-')
        {
            return Timestamp::from_millisecond(millis).ok();
        }
        if let Some(past) = relative(&self.text) {
            return now.checked_add(past).ok();
        }
        let text = self.text.replace('/', "-");
        let minute = DateTime::strptime("%Y-%m-%d %H:%M", &text);
        let day = || text.parse::<jiff::civil::Date>().map(|day| day.at(0, 0, 0, 0));
        let local = minute.or_else(|_| day()).ok()?;
        local.to_zoned(site.offset().to_time_zone()).ok().map(|local| local.timestamp())
    }
}

/// `-30m`, `-2h`, `-7d`, `-1w`, or several of them.
fn relative(text: &str) -> Option<SignedDuration> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut minutes: i64 = 0;
    for part in rest.split_whitespace() {
        let (number, unit) = part.split_at_checked(part.len().checked_sub(1)?)?;
        let unit = match unit {
            "m" => 1,
            "h" => 60,
            "d" => 1440,
            "w" => 10_080,
            _ => return None,
        };
        minutes = minutes.checked_add(number.parse::<i64>().ok()?.checked_mul(unit)?)?;
    }
    (!rest.trim().is_empty()).then(|| SignedDuration::from_secs(minutes.saturating_mul(60).saturating_mul(sign)))
}

/// One condition.
#[derive(Clone, Debug)]
pub(super) struct Term {
    field: Field,
    operator: Operator,
    values: Vec<Value>,
}

impl Term {
    pub(super) fn new(field: Field, operator: Operator, values: Vec<Value>) -> Result<Self, String> {
        if operator.is_range() != field.is_time() && !matches!(operator, Operator::IsEmpty | Operator::IsNotEmpty) {
            let sign = match operator {
                Operator::Is => "=",
                Operator::IsNot => "!=",
                Operator::In => "in",
                Operator::NotIn => "not in",
                _ => "a range",
            };
            return Err(format!("The operator '{sign}' is not supported by the '{}' field.", field.name()));
        }
        Ok(Self { field, operator, values })
    }

    /// Whether the values exist, in Jira's words where they don't.
    pub(super) fn check(&self, site: &Site) -> Result<(), String> {
        for value in &self.values {
            let text = &value.text;
            let known = match self.field {
                Field::Project => project_of(site, text).is_some(),
                Field::Key | Field::Parent if site.id_of(text).is_none() => {
                    return Err(format!(
                        "An issue with key '{text}' does not exist for field '{}'.",
                        self.field.name()
                    ));
                }
                Field::Id if site.id_of(text).is_none() => {
                    return Err(format!("A value with ID '{text}' does not exist for the field 'id'."));
                }
                Field::Status => status_named(text).is_some() || STATUSES.iter().any(|status| status.id == text),
                Field::StatusCategory => {
                    STATUSES.iter().any(|status| value.is(status.category.name) || value.is(status.category.key))
                }
                Field::Priority => {
                    priority_named(text).is_some() || PRIORITIES.iter().any(|priority| priority.0 == text)
                }
                Field::Kind => KINDS.iter().any(|kind| value.is(kind.1) || kind.0 == text),
                Field::Updated | Field::Created | Field::Due => {
                    if value.moment(site, Timestamp::UNIX_EPOCH).is_none() {
                        return Err(format!(
                            "Date value '{text}' for field '{}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.",
                            self.field.name()
                        ));
                    }
                    true
                }
                Field::Key | Field::Parent | Field::Id | Field::Labels => true,
            };
            if !known {
                return Err(format!("The value '{text}' does not exist for the field '{}'.", self.field.name()));
            }
        }
        Ok(())
    }

    /// The moment before which this can't match.
    pub(super) fn updated_from(&self, context: &Context) -> Option<Timestamp> {
        let bounds = self.field == Field::Updated && matches!(self.operator, Operator::From | Operator::After);
        bounds.then(|| self.values.first()?.moment(context.site, context.now)).flatten()
    }

    pub(super) fn matches(&self, context: &Context, issue: &Issue) -> bool {
        match self.operator {
            Operator::Is | Operator::In => self.values.iter().any(|value| self.equals(context, issue, value)),
            // What is empty is neither equal nor unequal to anything.
            Operator::IsNot | Operator::NotIn => {
                !self.empty(issue) && !self.values.iter().any(|value| self.equals(context, issue, value))
            }
            Operator::IsEmpty => self.empty(issue),
            Operator::IsNotEmpty => !self.empty(issue),
            Operator::From | Operator::After | Operator::Until | Operator::Before => self.in_range(context, issue),
        }
    }

    fn in_range(&self, context: &Context, issue: &Issue) -> bool {
        let own = match self.field {
            Field::Updated => Some(issue.updated),
            Field::Created => Some(issue.created),
            _ => issue
                .due
                .and_then(|day| day.to_zoned(context.site.offset().to_time_zone()).ok())
                .map(|day| day.timestamp()),
        };
        let bound = self.values.first().and_then(|value| value.moment(context.site, context.now));
        let (Some(own), Some(bound)) = (own, bound) else { return false };
        match self.operator {
            Operator::From => own >= bound,
            Operator::After => own > bound,
            Operator::Until => own <= bound,
            _ => own < bound,
        }
    }

    fn empty(&self, issue: &Issue) -> bool {
        match self.field {
            Field::Labels => issue.labels.is_empty(),
            Field::Parent => issue.parent.is_none(),
            Field::Due => issue.due.is_none(),
            _ => false,
        }
    }

    fn equals(&self, context: &Context, issue: &Issue, value: &Value) -> bool {
        let status = &STATUSES[issue.status];
        match self.field {
            Field::Project => project_of(context.site, &value.text) == Some(issue.project),
            Field::Key | Field::Id => context.site.id_of(&value.text) == Some(issue.id),
            Field::Parent => issue.parent.is_some() && context.site.id_of(&value.text) == issue.parent,
            Field::Labels => issue.labels.iter().any(|label| value.is(label)),
            Field::Status => value.is(status.name) || status.id == value.text,
            Field::StatusCategory => value.is(status.category.name) || value.is(status.category.key),
            Field::Priority => value.is(PRIORITIES[issue.priority].1) || PRIORITIES[issue.priority].0 == value.text,
            Field::Kind => value.is(KINDS[issue.kind].1) || KINDS[issue.kind].0 == value.text,
            Field::Updated | Field::Created | Field::Due => false,
        }
    }
}

fn project_of(site: &Site, text: &str) -> Option<usize> {
    site.project(text).or_else(|| site.projects.iter().position(|project| project.name.eq_ignore_ascii_case(text)))
}
