//! Aspects and their levels.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is levelled about an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Aspect {
    /// How much it matters now: p0–p3.
    Priority,
    /// How much work it is: xs–xl.
    Complexity,
    /// Whether work can start.
    Readiness,
}

impl Aspect {
    /// All aspects, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Priority, Self::Complexity, Self::Readiness];

    /// The word people read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Priority => "priority",
            Self::Complexity => "complexity",
            Self::Readiness => "readiness",
        }
    }

    /// The aspect of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|aspect| aspect.name() == name)
    }

    /// Every level of this aspect, most pressing (or smallest) first.
    pub fn levels(self) -> Vec<Level> {
        match self {
            Self::Priority => Priority::ALL.map(Level::Priority).to_vec(),
            Self::Complexity => Complexity::ALL.map(Level::Complexity).to_vec(),
            Self::Readiness => Readiness::ALL.map(Level::Readiness).to_vec(),
        }
    }
}

impl fmt::Display for Aspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

macro_rules! levels {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$doc])* #[serde(rename = $text)] $variant),* }

        impl $name {
            /// All levels in order.
            pub const ALL: [Self; [$($text),*].len()] = [$(Self::$variant),*];

            /// The word people read.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// The level of that name.
            pub fn parse(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)* _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

levels! {
    /// Priority levels; `P0` is the most pressing and the least in `Ord`.
    Priority {
        /// Drop everything.
        P0 = "p0",
        /// Next.
        P1 = "p1",
        /// Soon.
        P2 = "p2",
        /// When there is time.
        P3 = "p3",
    }
}
levels! {
    /// Complexity levels, bands of story points.
    Complexity {
        /// Extra small.
        Xs = "xs",
        /// Small.
        S = "s",
        /// Medium.
        M = "m",
        /// Large.
        L = "l",
        /// Extra large.
        Xl = "xl",
    }
}
levels! {
    /// Readiness levels.
    Readiness {
        /// Work can start.
        Ready = "ready",
        /// Something open blocks it.
        Blocked = "blocked",
        /// It doesn't say enough to start.
        NeedsRequirements = "needs-requirements",
        /// Too large to start as one piece.
        NeedsBreakdown = "needs-breakdown",
        /// It could start, but much is unknown.
        Risky = "risky",
    }
}

/// A level of any aspect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A priority.
    Priority(Priority),
    /// A complexity.
    Complexity(Complexity),
    /// A readiness.
    Readiness(Readiness),
}

impl Level {
    /// The aspect that this is a level of.
    pub fn aspect(self) -> Aspect {
        match self {
            Self::Priority(_) => Aspect::Priority,
            Self::Complexity(_) => Aspect::Complexity,
            Self::Readiness(_) => Aspect::Readiness,
        }
    }

    /// The word people read: `p0`, `xl`, `ready`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Priority(level) => level.name(),
            Self::Complexity(level) => level.name(),
            Self::Readiness(level) => level.name(),
        }
    }

    /// The level of that name of that aspect.
    pub fn parse(aspect: Aspect, name: &str) -> Option<Self> {
        match aspect {
            Aspect::Priority => Priority::parse(name).map(Self::Priority),
            Aspect::Complexity => Complexity::parse(name).map(Self::Complexity),
            Aspect::Readiness => Readiness::parse(name).map(Self::Readiness),
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
