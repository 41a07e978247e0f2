//! Where a store's life ends when a test wants it to: writes are counted, and from a chosen one on nothing gets in or out.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use super::StoreTrouble;

/// On which side of a write a process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// The write doesn't happen.
    Before,
    /// The write is durable; whoever wanted it never hears of it.
    After,
}

/// What all clones of a store share of its life.
#[derive(Debug, Default)]
pub(super) struct Life {
    writes: AtomicU64,
    end: Mutex<Option<(u64, Death)>>,
    over: CancellationToken,
}

impl Life {
    /// Writes that were called so far.
    pub(super) fn writes_so_far(&self) -> u64 {
        self.writes.load(Ordering::SeqCst)
    }

    /// Ends it at the nth write from now.
    pub(super) fn end_at(&self, nth: u64, death: Death) {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner) = Some((self.writes_so_far() + nth, death));
    }

    /// Waits until it is over.
    pub(super) async fn ended(&self) {
        self.over.cancelled().await;
    }

    /// Runs a call that only reads.
    pub(super) async fn reads<T>(
        &self,
        call: impl Future<Output = Result<T, StoreTrouble>>,
    ) -> Result<T, StoreTrouble> {
        if self.over.is_cancelled() { Err(StoreTrouble::Died) } else { call.await }
    }

    /// Runs a call that writes.
    pub(super) async fn writes<T>(
        &self,
        call: impl Future<Output = Result<T, StoreTrouble>>,
    ) -> Result<T, StoreTrouble> {
        let nth = self.writes.fetch_add(1, Ordering::SeqCst) + 1;
        let end = *self.end.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((last, death)) = end.filter(|(last, _)| nth >= *last) else { return call.await };
        if nth == last && death == Death::After {
            // Dead or refused: nobody hears which.
            let _ = call.await;
        }
        self.over.cancel();
        Err(StoreTrouble::Died)
    }
}
