//! Cycles and the journal.

use std::collections::BTreeMap;

use sqlx::Connection;
use sqlx::query::QueryAs;
use sqlx::sqlite::{Sqlite as Database, SqliteArguments};

use super::{Answer, BEGIN, Failure, Sqlite, count, json, number, plain, value};
use crate::model::{IssueId, Timestamp};
use crate::store::{CycleRecord, CycleSummary, JournalEntry, lock};

const LAST: &str = "SELECT coalesce(max(n), 0) FROM cycles";

/// Number, begun, cause, ended, summary.
type CycleRow = (i64, String, String, Option<String>, Option<String>);

impl Sqlite {
    pub(in crate::store) async fn begin_cycle(&self, at: Timestamp, cause: &str) -> Answer<u64> {
        let mut hand = self.hand().await?;
        let mut work = hand.begin_with(BEGIN).await?;
        let n = sqlx::query_scalar::<_, i64>(LAST).fetch_one(&mut *work).await? + 1;
        sqlx::query("INSERT INTO cycles (n, begun, cause) VALUES (?, ?, ?)")
            .bind(n)
            .bind(at.to_string())
            .bind(cause)
            .execute(&mut *work)
            .await?;
        work.commit().await?;
        count(n)
    }

    pub(in crate::store) async fn end_cycle(&self, n: u64, summary: &CycleSummary, at: Timestamp) -> Answer<()> {
        let done = sqlx::query("UPDATE cycles SET ended = ?, summary = ? WHERE n = ?")
            .bind(at.to_string())
            .bind(json(summary)?)
            .bind(number(n)?)
            .execute(&mut *self.hand().await?)
            .await?;
        if done.rows_affected() == 0 { Err(Failure::Unknown(format!("cycle {n} never began"))) } else { Ok(()) }
    }

    pub(in crate::store) async fn first_cycle_at(&self) -> Answer<Option<Timestamp>> {
        let begun: Option<String> = sqlx::query_scalar("SELECT begun FROM cycles ORDER BY n LIMIT 1")
            .fetch_optional(&mut *self.hand().await?)
            .await?;
        begun.map(|begun| plain(&begun)).transpose()
    }

    pub(in crate::store) async fn last_cycle(&self) -> Answer<u64> {
        count(sqlx::query_scalar(LAST).fetch_one(&mut *self.hand().await?).await?)
    }

    pub(in crate::store) async fn cycles(&self, limit: u32) -> Answer<Vec<CycleRecord>> {
        let cycles = "SELECT n, begun, cause, ended, summary FROM cycles ORDER BY n DESC LIMIT ?";
        self.records(sqlx::query_as(cycles).bind(limit)).await
    }

    pub(in crate::store) async fn cycle(&self, n: u64) -> Answer<Option<CycleRecord>> {
        let Ok(n) = number(n) else { return Ok(None) };
        let cycle = "SELECT n, begun, cause, ended, summary FROM cycles WHERE n = ?";
        Ok(self.records(sqlx::query_as(cycle).bind(n)).await?.pop())
    }

    async fn records(&self, cycles: QueryAs<'_, Database, CycleRow, SqliteArguments>) -> Answer<Vec<CycleRecord>> {
        let mut hand = self.hand().await?;
        let last: i64 = sqlx::query_scalar(LAST).fetch_one(&mut *hand).await?;
        let rows: Vec<CycleRow> = cycles.fetch_all(&mut *hand).await?;
        drop(hand);
        // Only one cycle runs at a time, and whoever runs it holds the lock.
        let running = if lock::is_held(&self.path) { last } else { 0 };
        let record = |(n, begun, cause, ended, summary): CycleRow| {
            Ok(CycleRecord {
                n: count(n)?,
                begun: plain(&begun)?,
                cause,
                interrupted: ended.is_none() && n != running,
                ended: ended.map(|at| plain(&at)).transpose()?,
                summary: summary.map(|text| value(&text)).transpose()?,
            })
        };
        rows.into_iter().map(record).collect()
    }

    pub(in crate::store) async fn all_quiet(&self, n: u64, last: u64) -> Answer<bool> {
        let quiet: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM cycles WHERE n > ? AND n <= ? AND ended IS NOT NULL AND summary ->> '$.quiet'",
        )
        .bind(number(n)?)
        .bind(number(last)?)
        .fetch_one(&mut *self.hand().await?)
        .await?;
        Ok(count(quiet)? == last.saturating_sub(n))
    }

    pub(in crate::store) async fn journal(&self, cycle: u64) -> Answer<Vec<JournalEntry>> {
        let rows: Vec<(String, Option<String>, String)> =
            sqlx::query_as("SELECT change, outcome, at FROM journal WHERE cycle = ? ORDER BY seq")
                .bind(number(cycle)?)
                .fetch_all(&mut *self.hand().await?)
                .await?;
        rows.into_iter().map(|(change, outcome, at)| entry(&change, outcome, &at)).collect()
    }

    pub(in crate::store) async fn journal_of(&self, issue: &IssueId, limit: u32) -> Answer<Vec<(u64, JournalEntry)>> {
        let rows: Vec<(i64, String, Option<String>, String)> = sqlx::query_as(
            "SELECT cycle, change, outcome, at FROM journal WHERE tracker = ? AND id = ? ORDER BY seq DESC LIMIT ?",
        )
        .bind(issue.tracker.as_str())
        .bind(&issue.id)
        .bind(limit)
        .fetch_all(&mut *self.hand().await?)
        .await?;
        let dated = |(cycle, change, outcome, at): (i64, String, Option<String>, String)| {
            Ok((count(cycle)?, entry(&change, outcome, &at)?))
        };
        rows.into_iter().map(dated).collect()
    }

    pub(in crate::store) async fn cycle_times(&self, cycles: &[u64]) -> Answer<BTreeMap<u64, Timestamp>> {
        let rows: Vec<(i64, String)> =
            sqlx::query_as("SELECT n, begun FROM cycles WHERE n IN (SELECT value FROM json_each(?))")
                .bind(json(cycles)?)
                .fetch_all(&mut *self.hand().await?)
                .await?;
        rows.into_iter().map(|(n, begun)| Ok((count(n)?, plain(&begun)?))).collect()
    }
}

fn entry(change: &str, outcome: Option<String>, at: &str) -> Answer<JournalEntry> {
    Ok(JournalEntry { change: value(change)?, outcome: outcome.map(|text| value(&text)).transpose()?, at: plain(at)? })
}
