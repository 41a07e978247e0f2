//! What a part of an expression is: its type, how large it can get, and how many steps it can take.

use std::fmt;

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One value.
    One(Scalar),
    /// One value, or null.
    Maybe(Scalar),
    /// A list; of nothing where it is written as `[]`.
    List(Option<Scalar>),
    /// Null itself.
    Null,
}

/// The type of a single value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// A number with a fraction.
    Double,
    /// Text.
    Text,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(scalar) => write!(f, "{scalar}"),
            Self::Maybe(scalar) => write!(f, "{scalar} or null"),
            Self::List(Some(scalar)) => write!(f, "list of {scalar}"),
            Self::List(None) => f.write_str("empty list"),
            Self::Null => f.write_str("null"),
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Double => "double",
            Self::Text => "string",
        })
    }
}

/// The most bytes that a text may have: given ones are cut there, ones that are put together are refused past it.
pub(super) const TEXT_MAX_BYTES: usize = 1024;
/// The most bytes of a text in a list; a given one is cut there.
pub(super) const LISTED_MAX_BYTES: usize = 256;
/// The most values in a list; a given one is cut there.
pub(super) const LIST_MAX: usize = 64;

/// A type, how large its values get at most, and the steps that it takes to have one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub kind: Kind,
    /// Bytes of a text, values of a list; 1 for what has one size.
    pub len: u64,
    /// Bytes of the largest text in a list; 1 elsewhere.
    pub each: u64,
    /// Steps at most; each takes well under a microsecond.
    pub steps: u64,
}

impl Shape {
    /// A value of one size.
    pub(super) fn plain(kind: Kind, steps: u64) -> Self {
        Self { kind, len: 1, each: 1, steps }
    }

    pub(super) fn bool(steps: u64) -> Self {
        Self::plain(Kind::One(Scalar::Bool), steps)
    }

    /// What a variable of this type is at most.
    pub(super) fn given(kind: Kind) -> Self {
        let (len, each) = match kind {
            Kind::One(Scalar::Text) | Kind::Maybe(Scalar::Text) => (TEXT_MAX_BYTES, 1),
            Kind::List(Some(Scalar::Text)) => (LIST_MAX, LISTED_MAX_BYTES),
            Kind::List(_) => (LIST_MAX, 1),
            _ => (1, 1),
        };
        Self { kind, len: len as u64, each: each as u64, steps: 1 }
    }

    /// One value of a list.
    pub(super) fn element(self) -> Option<Self> {
        match self.kind {
            Kind::List(Some(scalar)) => {
                let len = if scalar == Scalar::Text { self.each } else { 1 };
                Some(Self { kind: Kind::One(scalar), len, each: 1, steps: 1 })
            }
            // Nothing comes out of it, so anything may be said of it.
            Kind::List(None) => Some(Self::plain(Kind::Null, 1)),
            _ => None,
        }
    }

    /// Steps that reading all of it takes: 256 bytes a step.
    pub(super) fn weight(self) -> u64 {
        match self.kind {
            Kind::List(_) => self.len.saturating_mul(1 + self.each / 256),
            _ => self.len / 256,
        }
    }
}
