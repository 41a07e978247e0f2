//! Futures side by side, in one task.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::Poll;

use tokio_util::sync::CancellationToken;

use crate::tracker::Trouble;

/// Works items off in order, some at once; answers in the order in which they are done.
///
/// After the first trouble, or when `stop` is cancelled, what is in hand is finished and the rest is not begun.
pub(in crate::tracker) async fn work_off<T, R, A: Future<Output = Result<R, Trouble>>>(
    items: impl IntoIterator<Item = T>,
    at_once: usize,
    stop: Option<&CancellationToken>,
    work: impl Fn(T) -> A,
) -> Result<Vec<R>, Trouble> {
    let queue: Mutex<VecDeque<T>> = Mutex::new(items.into_iter().collect());
    let take = || {
        let stopped = stop.is_some_and(CancellationToken::is_cancelled);
        queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front().filter(|_| !stopped)
    };
    let hands = side_by_side((0..at_once.max(1)).map(|_| async {
        let mut done = Vec::new();
        while let Some(item) = take() {
            match work(item).await {
                Ok(result) => done.push(result),
                Err(trouble) => {
                    queue.lock().unwrap_or_else(PoisonError::into_inner).clear();
                    return Err(trouble);
                }
            }
        }
        Ok(done)
    }));
    Ok(hands.await.into_iter().collect::<Result<Vec<_>, Trouble>>()?.into_iter().flatten().collect())
}

/// Runs futures side by side until all are done; answers in their order. Meant for few of them: each wake polls all.
pub(in crate::tracker) async fn side_by_side<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut under_way: Vec<Pin<Box<F>>> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = under_way.iter().map(|_| None).collect();
    poll_fn(|context| {
        let mut pending = false;
        for (future, slot) in under_way.iter_mut().zip(done.iter_mut()) {
            if slot.is_none() {
                match future.as_mut().poll(context) {
                    Poll::Ready(value) => *slot = Some(value),
                    Poll::Pending => pending = true,
                }
            }
        }
        if pending { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    done.into_iter().flatten().collect()
}
