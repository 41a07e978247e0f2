//! Scores with their because.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::Connection;
use sqlx::query::QueryAs;
use sqlx::sqlite::{Sqlite as Database, SqliteArguments};

use super::{Answer, BATCH, BEGIN, Failure, Sqlite, count, json, number, plain, value};
use crate::model::{Aspect, Day, ItemId, Level, Timestamp};
use crate::score::{Formula, ItemScore, Model};
use crate::store::{Move, Pressing};

/// The note that keeps what was learned of sizes.
const MODEL: &str = "model";

/// Asks for moves, some of them, in some order.
macro_rules! moves {
    ($which:literal) => {
        sqlx::query_as(concat!(
            "SELECT cycle, begun, item, aspect, was, now, why FROM moves JOIN cycles ON n = cycle ",
            $which
        ))
    };
}

impl Sqlite {
    pub(in crate::store) async fn save_scores(
        &self,
        scores: &[ItemScore],
        formula: &Formula,
        day: Day,
        cycle: u64,
    ) -> Answer<()> {
        let mut hand = self.hand().await?;
        let mut work = hand.begin_with(BEGIN).await?;
        let stored: Vec<String> = sqlx::query_scalar("SELECT item FROM scores").fetch_all(&mut *work).await?;
        let known: BTreeSet<&str> = stored.iter().map(String::as_str).collect();
        for batch in scores.chunks(BATCH) {
            let rows: Vec<(&str, String, Option<Day>)> = batch
                .iter()
                .map(|score| Ok((score.item.as_str(), json(score)?, score.due_again)))
                .collect::<Answer<_>>()?;
            let rows = json(&rows)?;
            let before: Vec<String> = sqlx::query_scalar(
                "SELECT scores.score FROM json_each(?) JOIN scores ON item = value ->> 0 WHERE score <> value ->> 1",
            )
            .bind(&rows)
            .fetch_all(&mut *work)
            .await?;
            let before: Vec<ItemScore> = before.iter().map(|score| value(score)).collect::<Answer<_>>()?;
            let moves = json(&moves(batch, &before, &known))?;
            sqlx::query(
                "INSERT OR REPLACE INTO moves (cycle, item, aspect, was, now, why)
                 SELECT ?2, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?1)",
            )
            .bind(moves)
            .bind(number(cycle)?)
            .execute(&mut *work)
            .await?;
            sqlx::query(
                "INSERT INTO scores (item, formula, day, due_again, score)
                 SELECT value ->> 0, ?2, ?3, value ->> 2, value ->> 1 FROM json_each(?1) WHERE true
                 ON CONFLICT (item) DO UPDATE SET
                     formula = excluded.formula, day = excluded.day, due_again = excluded.due_again, score = excluded.score
                 WHERE score <> excluded.score OR formula <> excluded.formula",
            )
            .bind(&rows)
            .bind(&formula.0)
            .bind(day.to_string())
            .execute(&mut *work)
            .await?;
        }
        let kept: BTreeSet<&str> = scores.iter().map(|score| score.item.as_str()).collect();
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

    pub(in crate::store) async fn moves(&self, since: Timestamp) -> Answer<Vec<Move>> {
        let moves = moves!("WHERE begun >= ? ORDER BY cycle, item, aspect").bind(since.to_string());
        self.told(moves).await
    }

    pub(in crate::store) async fn moves_after(&self, cycle: u64) -> Answer<Vec<Move>> {
        let moves = moves!("WHERE cycle > ? ORDER BY cycle, item, aspect").bind(number(cycle)?);
        self.told(moves).await
    }

    pub(in crate::store) async fn moves_of(&self, item: &ItemId, limit: u32) -> Answer<Vec<Move>> {
        let moves = moves!("WHERE item = ? ORDER BY cycle DESC, aspect LIMIT ?").bind(item.as_str()).bind(limit);
        self.told(moves).await
    }

    async fn told(&self, moves: QueryAs<'_, Database, MoveRow, SqliteArguments>) -> Answer<Vec<Move>> {
        moves.fetch_all(&mut *self.hand().await?).await?.into_iter().map(told).collect()
    }

    pub(in crate::store) async fn pressing_at(&self, at: Timestamp) -> Answer<BTreeMap<String, Pressing>> {
        let told: Option<String> = sqlx::query_scalar(
            "SELECT summary ->> '$.pressing' FROM cycles
             WHERE ended <= ? AND summary ->> '$.pressing' <> '{}' ORDER BY n DESC LIMIT 1",
        )
        .bind(at.to_string())
        .fetch_optional(&mut *self.hand().await?)
        .await?;
        told.map_or_else(|| Ok(BTreeMap::new()), |told| value(&told))
    }
}

/// Cycle, its beginning, item, aspect, before, since, why.
type MoveRow = (i64, String, String, String, Option<String>, String, String);

fn told((cycle, at, item, aspect, was, now, why): MoveRow) -> Answer<Move> {
    let aspect = Aspect::parse(&aspect).ok_or_else(|| Failure::Unknown(format!("the aspect {aspect}")))?;
    let level = |name: &str| Level::parse(aspect, name).ok_or_else(|| Failure::Unknown(format!("the {aspect} {name}")));
    let was = was.as_deref().map(level).transpose()?;
    Ok(Move { cycle: count(cycle)?, at: plain(&at)?, item: ItemId::stored(item), was, now: level(&now)?, why })
}

/// Item, aspect, before, since and why of each level that is another one; none where nothing was scored before.
fn moves<'a>(
    scores: &'a [ItemScore],
    before: &[ItemScore],
    known: &BTreeSet<&str>,
) -> Vec<(&'a str, &'static str, Option<&'static str>, &'static str, String)> {
    let mut moves = Vec::new();
    if known.is_empty() {
        return moves;
    }
    let before: BTreeMap<&ItemId, &ItemScore> = before.iter().map(|score| (&score.item, score)).collect();
    for score in scores {
        let old = before.get(&score.item).copied();
        if old.is_none() && known.contains(score.item.as_str()) {
            continue;
        }
        for (was, now, why) in score.moved_from(old) {
            moves.push((score.item.as_str(), now.aspect().name(), was.map(Level::name), now.name(), why));
        }
    }
    moves
}
