//! What holds for every history in CSV. See `crate::fuzzing`.

use super::{Table, trial};
use crate::score::fit;

pub(crate) fn history(bytes: &[u8]) {
    let table = match Table::read(bytes) {
        Ok(table) => table,
        Err(trouble) => return assert!(trouble.to_string().len() < 400, "{trouble}"),
    };
    assert_eq!(Ok(&table), Table::read(bytes).as_ref());
    assert!(table.fit <= table.rows.len() && table.why.len() <= table.skipped.min(20), "{table:?}");
    assert!(table.why.iter().all(|why| why.len() < 400), "{:?}", table.why);
    assert!(table.rows.iter().all(|row| (0.0..=1000.0).contains(&row.1)));
    for (bag, _) in &table.rows {
        assert!(bag.terms().count() <= 400);
    }
    if let Ok(trial) = trial(&table.rows, table.fit, usize::MAX, 0, fit) {
        let ordered =
            |said: &super::Prediction| said.low <= said.median && said.median <= said.high && said.expected.is_finite();
        assert!(trial.predictions.iter().all(ordered), "{:?}", trial.predictions);
    }
}
