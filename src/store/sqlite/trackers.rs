//! What is remembered about each tracker.

use sqlx::Connection;

use super::{Answer, BEGIN, Sqlite, json, plain, value};
use crate::model::{Timestamp, TrackerName};
use crate::store::{StoreTrouble, TrackerState};
use crate::tracker::Read;

#[derive(sqlx::FromRow)]
struct TrackerRow {
    memory: Option<String>,
    server: Option<String>,
    last_whole: Option<String>,
    last_census: Option<String>,
    containers: String,
    allowed: String,
    findings: String,
    failed_at: Option<String>,
    failed: Option<String>,
}

impl Sqlite {
    pub(in crate::store) async fn tracker(&self, tracker: &TrackerName) -> Answer<TrackerState> {
        let row: Option<TrackerRow> = sqlx::query_as(
            "SELECT memory, server, last_whole, last_census, containers, allowed, findings, failed_at, failed
             FROM trackers WHERE name = ?",
        )
        .bind(tracker.as_str())
        .fetch_optional(&mut *self.hand().await?)
        .await?;
        let Some(row) = row else { return Ok(TrackerState::default()) };
        let instant = |text: Option<String>| text.map(|text| plain::<Timestamp>(&text)).transpose();
        let last_whole = instant(row.last_whole)?;
        Ok(TrackerState {
            memory: row.memory,
            server: row.server,
            whole: last_whole.is_some(),
            last_whole,
            last_census: instant(row.last_census)?,
            containers: value(&row.containers)?,
            allowed: value::<Vec<_>>(&row.allowed)?.into_iter().collect(),
            findings: value(&row.findings)?,
            failed: instant(row.failed_at)?.zip(row.failed),
        })
    }

    pub(in crate::store) async fn finish_reading(
        &self,
        tracker: &TrackerName,
        read: &Read,
        at: Timestamp,
        census: bool,
    ) -> Answer<()> {
        let mut hand = self.hand().await?;
        let mut work = hand.begin_with(BEGIN).await?;
        let stored: Option<Option<String>> = sqlx::query_scalar("SELECT server FROM trackers WHERE name = ?")
            .bind(tracker.as_str())
            .fetch_optional(&mut *work)
            .await?;
        if let Some(stored) = stored.flatten().filter(|stored| *stored != read.server) {
            let trouble = StoreTrouble::OtherServer { tracker: tracker.clone(), stored, now: read.server.clone() };
            return Err(trouble.into());
        }
        sqlx::query(
            "INSERT INTO trackers (name, memory, server, last_whole, last_census, containers, findings, allowed)
             VALUES (?1, ?2, ?3, ?4, ?4, ?6, ?7, ?8)
             ON CONFLICT (name) DO UPDATE SET memory = ?2, server = ?3, last_whole = ?4,
                 last_census = CASE WHEN ?5 OR memory IS NULL THEN ?4 ELSE last_census END,
                 containers = ?6, findings = ?7, allowed = ?8, failed_at = NULL, failed = NULL",
        )
        .bind(tracker.as_str())
        .bind(&read.memory)
        .bind(&read.server)
        .bind(at.to_string())
        .bind(census)
        .bind(json(&read.containers)?)
        .bind(json(&read.findings)?)
        .bind(json(&read.allowed.iter().collect::<Vec<_>>())?)
        .execute(&mut *work)
        .await?;
        Ok(work.commit().await?)
    }

    pub(in crate::store) async fn read_failed(
        &self,
        tracker: &TrackerName,
        at: Timestamp,
        sentence: &str,
    ) -> Answer<()> {
        sqlx::query(
            "INSERT INTO trackers (name, failed_at, failed) VALUES (?1, ?2, ?3)
             ON CONFLICT (name) DO UPDATE SET failed_at = ?2, failed = ?3",
        )
        .bind(tracker.as_str())
        .bind(at.to_string())
        .bind(sentence)
        .execute(&mut *self.hand().await?)
        .await?;
        Ok(())
    }
}
