//! Requests, counted: what they were, and how they were answered.

use std::ops::Add;

/// Requests sent, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// Requests that read.
    pub reads: u64,
    /// Requests that wrote.
    pub writes: u64,
    /// Requests that were tried again, among the above.
    pub retries: u64,
    /// How they were answered, in the order of [`Answered::ALL`].
    pub answers: [u64; Answered::ALL.len()],
}

impl Requests {
    /// How many were answered in which way.
    pub fn by_answer(&self) -> impl Iterator<Item = (Answered, u64)> {
        Answered::ALL.into_iter().zip(self.answers)
    }
}

impl Add for Requests {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            reads: self.reads + other.reads,
            writes: self.writes + other.writes,
            retries: self.retries + other.retries,
            answers: std::array::from_fn(|way| self.answers[way] + other.answers[way]),
        }
    }
}

/// How a request was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// 2xx.
    Done,
    /// 3xx; mostly 304: nothing is new.
    Unchanged,
    /// 4xx that isn't a limit.
    Refused,
    /// 429, or a 403 that is a limit.
    Limited,
    /// 5xx.
    Failed,
    /// No whole answer, or one of no known kind.
    Nothing,
}

impl Answered {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Done, Self::Unchanged, Self::Refused, Self::Limited, Self::Failed, Self::Nothing];

    /// The class of its status, in a word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "2xx",
            Self::Unchanged => "3xx",
            Self::Refused => "4xx",
            Self::Limited => "limited",
            Self::Failed => "5xx",
            Self::Nothing => "none",
        }
    }
}
