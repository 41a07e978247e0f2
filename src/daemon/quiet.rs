//! Whether a cycle may leave before unify: nothing changed since one that left nothing to do.

use super::cycle::Order;
use super::gather::Gathered;
use super::people::Asked;
use super::{CycleTrouble, Works};
use crate::model::Day;
use crate::store::Store;

/// The note that nothing was left to do: the digest of the settings, the number of skips, and the day that levels were found for.
pub(super) const SETTLED: &str = "settled";

/// Whether nothing has changed since a cycle that left nothing to do; the number of its skips if so.
pub(super) async fn quiet<T>(
    works: &Works<T>,
    store: &Store,
    order: &Order,
    gathered: &Gathered,
    asked: &Asked,
) -> Result<Option<usize>, CycleTrouble> {
    let calm = gathered.changed == 0
        && gathered.errors.is_empty()
        && !gathered.census
        && asked.nothing()
        && !order.adopt
        && order.only.is_none();
    if !calm {
        return Ok(None);
    }
    let today = works.clock.today(&works.settings.daemon.timezone);
    if store.next_due().await?.is_some_and(|due| due <= today) {
        return Ok(None);
    }
    let Some(note) = store.note(SETTLED).await? else { return Ok(None) };
    let [digest, skipped, day] = *note.split(' ').collect::<Vec<_>>() else { return Ok(None) };
    // Levels of a day that is still to come were found by a clock that was put right since.
    let holds = digest == works.settings.digest() && day.parse::<Day>().is_ok_and(|day| day <= today);
    Ok(holds.then(|| skipped.parse().unwrap_or(0)))
}

/// Notes that nothing is left to do, so that the next cycle may be quiet.
pub(super) async fn settle_down<T>(works: &Works<T>, store: &Store, skipped: usize) -> Result<(), CycleTrouble> {
    let day = works.clock.today(&works.settings.daemon.timezone);
    store.set_note(SETTLED, &format!("{} {skipped} {day}", works.settings.digest())).await?;
    Ok(())
}
