//! The ledger, and the journal's two moments: intent before a write leaves, outcome after.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{Connection, SqliteConnection};

use super::{Answer, BATCH, BEGIN, Failure, Sqlite, json, number, value};
use crate::model::{Aspect, ContainerKey, Issue, IssueId, Timestamp, TrackerName};
use crate::plan::{Change, Ledger, Outcome, Refusals, Row, RowKey, SinkId, Writing, intended};
use crate::score::Formula;

/// A stored row: tracker, id, aspect, sink, the row.
type LedgerRow = (String, String, String, String, String);

/// Notes in which the ledger keeps what isn't a row: the formula of the last confirmed levels, containers that were left,
/// labels that are gone from catalogues.
const FORMULA: &str = "ledger_formula";
const RETIRED: &str = "ledger_retired";
const GONE: &str = "ledger_gone";

impl Sqlite {
    pub(in crate::store) async fn ledger(&self) -> Answer<Ledger> {
        let mut hand = self.hand().await?;
        let rows: Vec<LedgerRow> =
            sqlx::query_as("SELECT tracker, id, aspect, sink, row FROM ledger").fetch_all(&mut *hand).await?;
        let contacted: Vec<(String, String, String, String)> =
            sqlx::query_as("SELECT tracker, container, aspect, sink FROM contacted").fetch_all(&mut *hand).await?;
        let refusals: Vec<(String, String, String)> =
            sqlx::query_as("SELECT tracker, id, row FROM refusals").fetch_all(&mut *hand).await?;
        drop(hand);
        let refusal = |(tracker, id, row): (String, String, String)| {
            Ok((IssueId::new(&TrackerName::new(&tracker), id), value(&row)?))
        };
        let retired = self.note(RETIRED).await?.map(|text| value(&text)).transpose()?;
        let gone: Option<Vec<_>> = self.note(GONE).await?.map(|text| value(&text)).transpose()?;
        let contact = |(tracker, container, aspect, sink): (String, String, String, String)| {
            Ok((ContainerKey::new(&TrackerName::new(&tracker), container), aspect_of(&aspect)?, SinkId(sink)))
        };
        Ok(Ledger {
            rows: rows.into_iter().map(row_of).collect::<Answer<_>>()?,
            contacted: contacted.into_iter().map(contact).collect::<Answer<_>>()?,
            formula: self.note(FORMULA).await?.map(Formula),
            retired: retired.unwrap_or_default(),
            refusals: refusals.into_iter().map(refusal).collect::<Answer<_>>()?,
            gone: gone.into_iter().flatten().collect(),
            authors: BTreeMap::new(),
        })
    }

    pub(in crate::store) async fn save_ledger(&self, before: &Ledger, after: &Ledger) -> Answer<()> {
        let mut hand = self.hand().await?;
        let mut work = hand.begin_with(BEGIN).await?;
        // Rows whose intents were opened since `before` was read: there the stored row is what `after` must be compared with.
        let open: Vec<LedgerRow> = sqlx::query_as("SELECT tracker, id, aspect, sink, row FROM ledger WHERE open = 1")
            .fetch_all(&mut *work)
            .await?;
        let open = open.into_iter().map(row_of).collect::<Answer<BTreeMap<RowKey, Row>>>()?;
        let changed: Vec<_> = after
            .rows
            .iter()
            .filter(|(key, row)| open.get(key).or_else(|| before.rows.get(key)) != Some(row))
            .collect();
        for batch in changed.chunks(BATCH) {
            put(&mut work, batch).await?;
        }
        for key in before.rows.keys().filter(|key| !after.rows.contains_key(key)) {
            sqlx::query("DELETE FROM ledger WHERE tracker = ? AND id = ? AND aspect = ? AND sink = ?")
                .bind(key.issue.tracker.as_str())
                .bind(&key.issue.id)
                .bind(key.aspect.name())
                .bind(&key.sink.0)
                .execute(&mut *work)
                .await?;
        }
        save_contacted(&mut work, &before.contacted, &after.contacted).await?;
        save_refusals(&mut work, &before.refusals, &after.refusals).await?;
        if let Some(Formula(formula)) = after.formula.as_ref().filter(|_| before.formula != after.formula) {
            note(&mut work, FORMULA, formula).await?;
        }
        if before.retired != after.retired {
            note(&mut work, RETIRED, &json(&after.retired)?).await?;
        }
        if before.gone != after.gone {
            note(&mut work, GONE, &json(&after.gone.iter().collect::<Vec<_>>())?).await?;
        }
        Ok(work.commit().await?)
    }

    pub(in crate::store) async fn intend(&self, writing: Writing, change: &Change) -> Answer<()> {
        let mut hand = self.hand().await?;
        let mut work = hand.begin_with(BEGIN).await?;
        let stored: Vec<LedgerRow> =
            sqlx::query_as("SELECT tracker, id, aspect, sink, row FROM ledger WHERE tracker = ? AND id = ?")
                .bind(change.issue.tracker.as_str())
                .bind(&change.issue.id)
                .fetch_all(&mut *work)
                .await?;
        let rows = stored.into_iter().map(row_of).collect::<Answer<BTreeMap<RowKey, Row>>>()?;
        let rows = intended(&Ledger { rows, ..Ledger::default() }, change, writing);
        put(&mut work, &rows.iter().collect::<Vec<_>>()).await?;
        sqlx::query("INSERT INTO journal (cycle, tracker, id, change, at) VALUES (?, ?, ?, ?, ?)")
            .bind(number(writing.cycle)?)
            .bind(change.issue.tracker.as_str())
            .bind(&change.issue.id)
            .bind(json(change)?)
            .bind(Timestamp::now().to_string())
            .execute(&mut *work)
            .await?;
        Ok(work.commit().await?)
    }

    pub(in crate::store) async fn outcome(
        &self,
        cycle: u64,
        change: &Change,
        outcome: &Outcome,
        at: Timestamp,
    ) -> Answer<()> {
        let done = sqlx::query(
            "UPDATE journal SET outcome = ?4, at = ?5 WHERE seq =
                 (SELECT max(seq) FROM journal WHERE cycle = ?1 AND tracker = ?2 AND id = ?3)",
        )
        .bind(number(cycle)?)
        .bind(change.issue.tracker.as_str())
        .bind(&change.issue.id)
        .bind(json(outcome)?)
        .bind(at.to_string())
        .execute(&mut *self.hand().await?)
        .await?;
        if done.rows_affected() == 0 {
            return Err(Failure::Unknown(format!("no intent of cycle {cycle} on {} was journalled", change.key)));
        }
        Ok(())
    }
}

fn aspect_of(name: &str) -> Answer<Aspect> {
    Aspect::parse(name).ok_or_else(|| Failure::Value(format!("{name:?} is no aspect")))
}

fn row_of((tracker, id, aspect, sink, row): LedgerRow) -> Answer<(RowKey, Row)> {
    let issue = IssueId::new(&TrackerName::new(&tracker), id);
    Ok((RowKey { issue, aspect: aspect_of(&aspect)?, sink: SinkId(sink) }, value(&row)?))
}

/// [`Ledger::hand_on`], for the stored rows of two issues of one tracker.
pub(super) async fn hand_on(work: &mut SqliteConnection, from: &IssueId, there: &Issue) -> Answer<()> {
    let of_both = "DELETE FROM ledger WHERE tracker = ? AND id IN (?, ?) RETURNING tracker, id, aspect, sink, row";
    let rows: Vec<LedgerRow> = sqlx::query_as(of_both)
        .bind(from.tracker.as_str())
        .bind(&from.id)
        .bind(&there.id.id)
        .fetch_all(&mut *work)
        .await?;
    let mut ledger = Ledger { rows: rows.into_iter().map(row_of).collect::<Answer<_>>()?, ..Ledger::default() };
    ledger.hand_on(from, there);
    put(work, &ledger.rows.iter().collect::<Vec<_>>()).await
}

async fn put(work: &mut SqliteConnection, rows: &[(&RowKey, &Row)]) -> Answer<()> {
    let rows = rows
        .iter()
        .map(|(RowKey { issue, aspect, sink }, row)| {
            Ok((issue.tracker.as_str(), &issue.id, aspect.name(), &sink.0, row.intent.is_some(), json(row)?))
        })
        .collect::<Answer<Vec<_>>>()?;
    sqlx::query(
        "INSERT INTO ledger (tracker, id, aspect, sink, open, row)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each(?) WHERE true
         ON CONFLICT (tracker, id, aspect, sink) DO UPDATE SET open = excluded.open, row = excluded.row",
    )
    .bind(json(&rows)?)
    .execute(work)
    .await?;
    Ok(())
}

async fn note(work: &mut SqliteConnection, key: &str, value: &str) -> Answer<()> {
    sqlx::query("INSERT INTO notes (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2")
        .bind(key)
        .bind(value)
        .execute(work)
        .await?;
    Ok(())
}

async fn save_refusals(
    work: &mut SqliteConnection,
    before: &BTreeMap<IssueId, Refusals>,
    after: &BTreeMap<IssueId, Refusals>,
) -> Answer<()> {
    for id in before.keys().filter(|id| !after.contains_key(id)) {
        sqlx::query("DELETE FROM refusals WHERE tracker = ? AND id = ?")
            .bind(id.tracker.as_str())
            .bind(&id.id)
            .execute(&mut *work)
            .await?;
    }
    for (id, row) in after.iter().filter(|(id, row)| before.get(id) != Some(row)) {
        sqlx::query("INSERT OR REPLACE INTO refusals (tracker, id, row) VALUES (?, ?, ?)")
            .bind(id.tracker.as_str())
            .bind(&id.id)
            .bind(json(row)?)
            .execute(&mut *work)
            .await?;
    }
    Ok(())
}

async fn save_contacted(
    work: &mut SqliteConnection,
    before: &BTreeSet<(ContainerKey, Aspect, SinkId)>,
    after: &BTreeSet<(ContainerKey, Aspect, SinkId)>,
) -> Answer<()> {
    let insert = "INSERT OR IGNORE INTO contacted (tracker, container, aspect, sink) VALUES (?, ?, ?, ?)";
    let delete = "DELETE FROM contacted WHERE tracker = ? AND container = ? AND aspect = ? AND sink = ?";
    let begun = after.difference(before).map(|contact| (insert, contact));
    let gone = before.difference(after).map(|contact| (delete, contact));
    for (statement, (container, aspect, sink)) in begun.chain(gone) {
        sqlx::query(statement)
            .bind(container.tracker.as_str())
            .bind(&container.local)
            .bind(aspect.name())
            .bind(&sink.0)
            .execute(&mut *work)
            .await?;
    }
    Ok(())
}
