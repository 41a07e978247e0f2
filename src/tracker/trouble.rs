//! What can go wrong with a tracker, as something a person can act on.

use crate::model::TrackerName;

/// A tracker's refusal or silence: names the tracker, what was asked, what it said and the next step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{tracker}: {what}; {next}")]
pub struct Trouble {
    /// The tracker.
    pub tracker: TrackerName,
    /// What kind, for the caller to branch on.
    pub kind: TroubleKind,
    /// What was asked and what came, with the status: `GET /repos/acme/api/issues answered 401 Bad credentials`. Never a token or a body.
    pub what: String,
    /// What a person can do, or what happens by itself.
    pub next: String,
}

impl Trouble {
    /// Whether trying further changes makes no sense: what stopped this one stops the next one too.
    pub(crate) fn ends_batch(&self) -> bool {
        matches!(
            self.kind,
            TroubleKind::Unauthorized
                | TroubleKind::Limited
                | TroubleKind::Paced
                | TroubleKind::Unavailable
                | TroubleKind::Store
                | TroubleKind::Stopped
        )
    }
}

impl TroubleKind {
    /// Whether a write was refused for what it was about, and not for what would refuse any other.
    pub(crate) fn is_of_one_issue(self) -> bool {
        matches!(self, Self::Invalid | Self::Forbidden | Self::Missing | Self::Moved)
    }
}

/// Kinds of [`Trouble`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TroubleKind {
    /// 401, an anonymous answer: the credential isn't accepted.
    Unauthorized,
    /// 403 that isn't a limit: the credential may not.
    Forbidden,
    /// 404 or 410: not there, or not for this credential.
    Missing,
    /// A redirect: it lives elsewhere now.
    Moved,
    /// 400 or 422: the tracker can't take what was sent.
    Invalid,
    /// A limit that outlasts the patience of one cycle.
    Limited,
    /// Our own pace leaves no room: nothing is wrong, the next cycle goes on.
    Paced,
    /// 5xx, a reset, a time-out: it may work later. For a write: it never left or was refused.
    Unavailable,
    /// A write left and no answer tells whether it arrived.
    FateUnknown,
    /// An answer that isn't what the description says: HTML, cut JSON, too large.
    Garbled,
    /// Our own store couldn't be read or written.
    Store,
    /// Stopped on request.
    Stopped,
}
