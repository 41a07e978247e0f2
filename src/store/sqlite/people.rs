//! What people asked for: requests, the pause, links by hand; the plan that waits for them; small notes.

use sqlx::Connection;

use super::{Answer, BEGIN, Failure, Sqlite, json, plain, value};
use crate::model::{IssueKey, Timestamp};
use crate::store::{HandLinks, Request, WaitingPlan};

/// Notes of the store's own have a name that no caller uses.
const PAUSED: &str = "store:paused";
/// Plans that waited are kept, this many: a person's yes may come some cycles after the plan that it is for.
const REVIEWED_KEPT: i64 = 50;

impl Sqlite {
    pub(in crate::store) async fn ask(&self, request: &Request, at: Timestamp) -> Answer<()> {
        sqlx::query("INSERT INTO requests (request, asked) VALUES (?, ?)")
            .bind(json(request)?)
            .bind(at.to_string())
            .execute(&mut *self.hand().await?)
            .await?;
        Ok(())
    }

    pub(in crate::store) async fn asked(&self) -> Answer<Vec<(i64, Request)>> {
        let rows: Vec<(i64, String)> =
            sqlx::query_as("SELECT id, request FROM requests WHERE answered IS NULL ORDER BY id")
                .fetch_all(&mut *self.hand().await?)
                .await?;
        rows.into_iter().map(|(id, request)| Ok((id, value(&request)?))).collect()
    }

    pub(in crate::store) async fn answered(&self, id: i64, at: Timestamp, note: &str) -> Answer<()> {
        let done = sqlx::query("UPDATE requests SET answered = ?, note = ? WHERE id = ?")
            .bind(at.to_string())
            .bind(note)
            .bind(id)
            .execute(&mut *self.hand().await?)
            .await?;
        if done.rows_affected() == 0 { Err(Failure::Unknown(format!("nobody asked request {id}"))) } else { Ok(()) }
    }

    pub(in crate::store) async fn paused(&self) -> Answer<Option<Timestamp>> {
        self.note(PAUSED).await?.map(|since| plain(&since)).transpose()
    }

    pub(in crate::store) async fn set_paused(&self, since: Option<Timestamp>) -> Answer<()> {
        match since {
            Some(since) => self.set_note(PAUSED, &since.to_string()).await,
            None => {
                let delete = sqlx::query("DELETE FROM notes WHERE key = ?").bind(PAUSED);
                delete.execute(&mut *self.hand().await?).await?;
                Ok(())
            }
        }
    }

    pub(in crate::store) async fn links(&self) -> Answer<HandLinks> {
        let rows: Vec<(String, String, bool)> =
            sqlx::query_as("SELECT a, b, joined FROM hand_links").fetch_all(&mut *self.hand().await?).await?;
        let mut links = HandLinks::default();
        for (a, b, joined) in rows {
            let pair: (IssueKey, IssueKey) = (plain(&a)?, plain(&b)?);
            if joined { links.0.push(pair) } else { links.1.push(pair) }
        }
        links.0.sort();
        links.1.sort();
        Ok(links)
    }

    pub(in crate::store) async fn join(&self, a: &IssueKey, b: &IssueKey) -> Answer<()> {
        self.tie(a, b, true).await
    }

    pub(in crate::store) async fn part(&self, a: &IssueKey, b: &IssueKey) -> Answer<()> {
        self.tie(a, b, false).await
    }

    async fn tie(&self, a: &IssueKey, b: &IssueKey, joined: bool) -> Answer<()> {
        // A pair has no direction: it is stored in one order, so that the last word on it replaces the one before.
        let (first, second) = if a <= b { (a, b) } else { (b, a) };
        sqlx::query(
            "INSERT INTO hand_links (a, b, joined) VALUES (?1, ?2, ?3) ON CONFLICT (a, b) DO UPDATE SET joined = ?3",
        )
        .bind(first.to_string())
        .bind(second.to_string())
        .bind(joined)
        .execute(&mut *self.hand().await?)
        .await?;
        Ok(())
    }

    pub(in crate::store) async fn save_waiting(&self, plan: Option<&WaitingPlan>) -> Answer<()> {
        let mut hand = self.hand().await?;
        let mut work = hand.begin_with(BEGIN).await?;
        let fingerprint = plan.map_or("", |plan| &plan.reviewed.fingerprint);
        sqlx::query("UPDATE waiting SET waits = 0 WHERE waits = 1 AND fingerprint <> ?")
            .bind(fingerprint)
            .execute(&mut *work)
            .await?;
        if let Some(plan) = plan {
            let text = json(plan)?;
            let same = sqlx::query("UPDATE waiting SET waits = 1, plan = ?2 WHERE fingerprint = ?1 AND waits = 1")
                .bind(fingerprint)
                .bind(&text)
                .execute(&mut *work)
                .await?;
            if same.rows_affected() == 0 {
                // Anew, so that it counts as the last one.
                sqlx::query("INSERT OR REPLACE INTO waiting (fingerprint, waits, plan) VALUES (?, 1, ?)")
                    .bind(fingerprint)
                    .bind(&text)
                    .execute(&mut *work)
                    .await?;
            }
            sqlx::query("DELETE FROM waiting WHERE seq NOT IN (SELECT seq FROM waiting ORDER BY seq DESC LIMIT ?)")
                .bind(REVIEWED_KEPT)
                .execute(&mut *work)
                .await?;
        }
        Ok(work.commit().await?)
    }

    pub(in crate::store) async fn reviewed(&self, fingerprint: &str) -> Answer<Option<WaitingPlan>> {
        let text: Option<String> = sqlx::query_scalar("SELECT plan FROM waiting WHERE fingerprint = ?")
            .bind(fingerprint)
            .fetch_optional(&mut *self.hand().await?)
            .await?;
        text.map(|text| value(&text)).transpose()
    }

    pub(in crate::store) async fn waiting(&self) -> Answer<Option<WaitingPlan>> {
        let text: Option<String> = sqlx::query_scalar("SELECT plan FROM waiting WHERE waits = 1")
            .fetch_optional(&mut *self.hand().await?)
            .await?;
        text.map(|text| value(&text)).transpose()
    }

    pub(in crate::store) async fn note(&self, key: &str) -> Answer<Option<String>> {
        let query = sqlx::query_scalar("SELECT value FROM notes WHERE key = ?").bind(key);
        Ok(query.fetch_optional(&mut *self.hand().await?).await?)
    }

    pub(in crate::store) async fn set_note(&self, key: &str, value: &str) -> Answer<()> {
        sqlx::query(
            "INSERT INTO notes (key, value) VALUES (?1, ?2)
             ON CONFLICT (key) DO UPDATE SET value = ?2 WHERE value <> ?2",
        )
        .bind(key)
        .bind(value)
        .execute(&mut *self.hand().await?)
        .await?;
        Ok(())
    }
}
