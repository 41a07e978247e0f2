//! Scores with their because.

use std::collections::BTreeSet;

use sqlx::Connection;

use super::{Answer, BATCH, BEGIN, Sqlite, json, plain, value};
use crate::model::{Day, ItemId};
use crate::score::{Formula, ItemScore, Model};

/// The note that keeps what was learned of sizes.
const MODEL: &str = "model";

impl Sqlite {
    pub(in crate::store) async fn save_scores(&self, scores: &[ItemScore], formula: &Formula, day: Day) -> Answer<()> {
        let mut hand = self.hand().await?;
        let mut work = hand.begin_with(BEGIN).await?;
        for batch in scores.chunks(BATCH) {
            let rows: Vec<(&str, String, Option<Day>)> = batch
                .iter()
                .map(|score| Ok((score.item.as_str(), json(score)?, score.due_again)))
                .collect::<Answer<_>>()?;
            sqlx::query(
                "INSERT INTO scores (item, formula, day, due_again, score)
                 SELECT value ->> 0, ?2, ?3, value ->> 2, value ->> 1 FROM json_each(?1) WHERE true
                 ON CONFLICT (item) DO UPDATE SET
                     formula = excluded.formula, day = excluded.day, due_again = excluded.due_again, score = excluded.score
                 WHERE score <> excluded.score OR formula <> excluded.formula",
            )
            .bind(json(&rows)?)
            .bind(&formula.0)
            .bind(day.to_string())
            .execute(&mut *work)
            .await?;
        }
        let kept: BTreeSet<&str> = scores.iter().map(|score| score.item.as_str()).collect();
        let stored: Vec<String> = sqlx::query_scalar("SELECT item FROM scores").fetch_all(&mut *work).await?;
        let gone: Vec<&String> = stored.iter().filter(|item| !kept.contains(item.as_str())).collect();
        for batch in gone.chunks(BATCH) {
            sqlx::query("DELETE FROM scores WHERE item IN (SELECT value FROM json_each(?))")
                .bind(json(batch)?)
                .execute(&mut *work)
                .await?;
        }
        Ok(work.commit().await?)
    }

    pub(in crate::store) async fn model(&self) -> Answer<Model> {
        let note = self.note(MODEL).await?;
        Ok(note.and_then(|note| serde_json::from_str(&note).ok()).unwrap_or_default())
    }

    pub(in crate::store) async fn save_model(&self, model: &Model) -> Answer<()> {
        self.set_note(MODEL, &json(model)?).await
    }

    pub(in crate::store) async fn scores(&self) -> Answer<Vec<ItemScore>> {
        let rows: Vec<String> =
            sqlx::query_scalar("SELECT score FROM scores ORDER BY item").fetch_all(&mut *self.hand().await?).await?;
        rows.iter().map(|score| value(score)).collect()
    }

    pub(in crate::store) async fn score_of(&self, item: &ItemId) -> Answer<Option<ItemScore>> {
        let text: Option<String> = sqlx::query_scalar("SELECT score FROM scores WHERE item = ?")
            .bind(item.as_str())
            .fetch_optional(&mut *self.hand().await?)
            .await?;
        text.map(|text| value(&text)).transpose()
    }

    pub(in crate::store) async fn next_due(&self) -> Answer<Option<Day>> {
        let day: Option<String> = sqlx::query_scalar("SELECT min(due_again) FROM scores WHERE due_again IS NOT NULL")
            .fetch_one(&mut *self.hand().await?)
            .await?;
        day.map(|day| plain(&day)).transpose()
    }
}
