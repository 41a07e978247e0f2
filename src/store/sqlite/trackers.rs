//! What is remembered about each tracker.

use std::collections::BTreeSet;

use sqlx::{Connection, SqliteConnection};

use super::issues::save;
use super::{Answer, BEGIN, Sqlite, json, plain, value};
use crate::model::{Timestamp, TrackerName};
use crate::store::{StoreTrouble, TrackerState};
use crate::tracker::{Page, Read};

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
        let mut hand = self.hand().await?;
        let row: Option<TrackerRow> = sqlx::query_as(
            "SELECT memory, server, last_whole, last_census, containers, allowed, findings, failed_at, failed
             FROM trackers WHERE name = ?",
        )
        .bind(tracker.as_str())
        .fetch_optional(&mut *hand)
        .await?;
        let bookmarks: Vec<(String, String)> = sqlx::query_as("SELECT part, at FROM bookmarks WHERE tracker = ?")
            .bind(tracker.as_str())
            .fetch_all(&mut *hand)
            .await?;
        let bookmarks = bookmarks.into_iter().collect();
        let Some(row) = row else { return Ok(TrackerState { bookmarks, ..TrackerState::default() }) };
        let instant = |text: Option<String>| text.map(|text| plain::<Timestamp>(&text)).transpose();
        let last_whole = instant(row.last_whole)?;
        Ok(TrackerState {
            memory: row.memory,
            server: row.server,
            whole: last_whole.is_some(),
            last_whole,
            last_census: instant(row.last_census)?,
            bookmarks,
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
        if read.listed {
            forget_listing(&mut work, tracker).await?;
        }
        Ok(work.commit().await?)
    }

    pub(in crate::store) async fn save_page(&self, tracker: &TrackerName, page: &Page) -> Answer<()> {
        let mut hand = self.hand().await?;
        let mut work = hand.begin_with(BEGIN).await?;
        if page.bookmark.as_ref().is_some_and(|bookmark| bookmark.begins) {
            forget_listing(&mut work, tracker).await?;
        }
        save(&mut work, &page.issues).await?;
        if page.listed {
            let ids: Vec<&str> = page.issues.iter().map(|issue| issue.id.id.as_str()).collect();
            sqlx::query("INSERT OR IGNORE INTO listed (tracker, id) SELECT ?, value FROM json_each(?)")
                .bind(tracker.as_str())
                .bind(json(&ids)?)
                .execute(&mut *work)
                .await?;
        }
        if let Some(bookmark) = &page.bookmark {
            sqlx::query("INSERT OR REPLACE INTO bookmarks (tracker, part, at) VALUES (?, ?, ?)")
                .bind(tracker.as_str())
                .bind(&bookmark.part)
                .bind(&bookmark.at)
                .execute(&mut *work)
                .await?;
        }
        Ok(work.commit().await?)
    }

    pub(in crate::store) async fn listing(&self, tracker: &TrackerName) -> Answer<(u64, u64)> {
        let (listed, known): (i64, i64) = sqlx::query_as(
            "SELECT (SELECT count(*) FROM listed WHERE tracker = ?1),
                    (SELECT count(*) FROM issues INDEXED BY issues_stamps WHERE tracker = ?1)",
        )
        .bind(tracker.as_str())
        .fetch_one(&mut *self.hand().await?)
        .await?;
        Ok((listed.unsigned_abs(), known.unsigned_abs()))
    }

    pub(in crate::store) async fn listed(&self, tracker: &TrackerName) -> Answer<BTreeSet<String>> {
        let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM listed WHERE tracker = ?")
            .bind(tracker.as_str())
            .fetch_all(&mut *self.hand().await?)
            .await?;
        Ok(ids.into_iter().collect())
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

async fn forget_listing(work: &mut SqliteConnection, tracker: &TrackerName) -> Answer<()> {
    for forget in ["DELETE FROM bookmarks WHERE tracker = ?", "DELETE FROM listed WHERE tracker = ?"] {
        sqlx::query(forget).bind(tracker.as_str()).execute(&mut *work).await?;
    }
    Ok(())
}
