//! Issues by immutable id, with their aliases and items.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json as array;
use sqlx::{Connection, SqliteConnection};

use super::ledger::hand_on;
use super::{Answer, BATCH, BEGIN, Sqlite, json, plain, value};
use crate::model::{Issue, IssueId, IssueKey, ItemId, Presence, Timestamp, TrackerName};

/// Aliases by tracker and id, as local keys.
type Aliases = BTreeMap<(String, String), Vec<String>>;

/// Features and item: all that an issue is made of, apart from its aliases.
type IssueRow = (String, Option<String>);

fn fold(local: &str) -> String {
    local.to_lowercase()
}

impl Sqlite {
    pub(in crate::store) async fn save_issues(&self, issues: &[Issue]) -> Answer<()> {
        let mut hand = self.hand().await?;
        let mut work = hand.begin_with(BEGIN).await?;
        save(&mut work, issues).await?;
        Ok(work.commit().await?)
    }

    pub(in crate::store) async fn issues(&self) -> Answer<Vec<Issue>> {
        let mut hand = self.hand().await?;
        let aliases = all_aliases(&mut hand).await?;
        let rows: Vec<IssueRow> = sqlx::query_as("SELECT features, item FROM issues").fetch_all(&mut *hand).await?;
        drop(hand);
        let mut issues = rows.into_iter().map(|row| issue_of(row, &aliases)).collect::<Answer<Vec<_>>>()?;
        issues.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        Ok(issues)
    }

    pub(in crate::store) async fn issues_by_id(&self, tracker: &TrackerName, ids: &[String]) -> Answer<Vec<Issue>> {
        let mut hand = self.hand().await?;
        let mut issues = Vec::new();
        for batch in ids.chunks(BATCH) {
            let batch = json(batch)?;
            let aliases: Vec<(String, String)> = sqlx::query_as(
                "SELECT id, key FROM aliases WHERE tracker = ? AND id IN (SELECT value FROM json_each(?)) ORDER BY key",
            )
            .bind(tracker.as_str())
            .bind(&batch)
            .fetch_all(&mut *hand)
            .await?;
            let aliases = by_issue(aliases.into_iter().map(|(id, key)| (tracker.to_string(), id, key)));
            let rows: Vec<IssueRow> = sqlx::query_as(
                "SELECT features, item FROM issues WHERE tracker = ? AND id IN (SELECT value FROM json_each(?))",
            )
            .bind(tracker.as_str())
            .bind(&batch)
            .fetch_all(&mut *hand)
            .await?;
            for row in rows {
                issues.push(issue_of(row, &aliases)?);
            }
        }
        issues.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        issues.dedup_by(|a, b| a.id == b.id);
        Ok(issues)
    }

    pub(in crate::store) async fn stamps(
        &self,
        tracker: &TrackerName,
        ids: &[String],
    ) -> Answer<BTreeMap<String, Timestamp>> {
        let mut hand = self.hand().await?;
        let mut stamps = BTreeMap::new();
        for batch in ids.chunks(BATCH) {
            // One row for all: each row of its own would wake this task.
            let rows: String = sqlx::query_scalar(
                "SELECT json_group_object(id, updated) FROM issues INDEXED BY issues_stamps
                 WHERE tracker = ? AND id IN (SELECT value FROM json_each(?))",
            )
            .bind(tracker.as_str())
            .bind(json(batch)?)
            .fetch_one(&mut *hand)
            .await?;
            for (id, updated) in value::<BTreeMap<String, String>>(&rows)? {
                stamps.insert(id, plain(&updated)?);
            }
        }
        Ok(stamps)
    }

    pub(in crate::store) async fn assign_items(&self, items: &[(IssueId, ItemId)]) -> Answer<()> {
        let mut hand = self.hand().await?;
        let mut work = hand.begin_with(BEGIN).await?;
        for batch in items.chunks(BATCH) {
            let rows: Vec<_> =
                batch.iter().map(|(issue, item)| (issue.tracker.as_str(), &issue.id, item.as_str())).collect();
            sqlx::query(
                "UPDATE issues SET item = given.item
                 FROM (SELECT value ->> 0 AS tracker, value ->> 1 AS id, value ->> 2 AS item FROM json_each(?)) AS given
                 WHERE issues.tracker = given.tracker AND issues.id = given.id AND issues.item IS NOT given.item",
            )
            .bind(json(&rows)?)
            .execute(&mut *work)
            .await?;
        }
        Ok(work.commit().await?)
    }

    pub(in crate::store) async fn has_newcomers(&self, tracker: &TrackerName) -> Answer<bool> {
        let mut hand = self.hand().await?;
        let any = "SELECT EXISTS (SELECT 1 FROM issues WHERE tracker = ? AND item IS NULL)";
        Ok(sqlx::query_scalar(any).bind(tracker.as_str()).fetch_one(&mut *hand).await?)
    }

    pub(in crate::store) async fn move_issue(&self, from: &IssueId, there: &Issue) -> Answer<()> {
        let old = self.issues_by_id(&from.tracker, std::slice::from_ref(&from.id)).await?.pop();
        let mut moved = there.clone();
        if let Some(old) = old {
            moved.item = old.item;
            moved.aliases.extend(old.aliases);
            moved.aliases.push(old.key);
        }
        let mut hand = self.hand().await?;
        let mut work = hand.begin_with(BEGIN).await?;
        hand_on(&mut work, from, there).await?;
        sqlx::query("DELETE FROM issues WHERE tracker = ?1 AND id = ?2 AND ?3 <> ?2")
            .bind(from.tracker.as_str())
            .bind(&from.id)
            .bind(&there.id.id)
            .execute(&mut *work)
            .await?;
        save(&mut work, std::slice::from_ref(&moved)).await?;
        // A delta may have seen the issue at its new place first, as a new piece of work; it is the old one.
        sqlx::query("UPDATE issues SET item = coalesce(?3, item) WHERE tracker = ?1 AND id = ?2")
            .bind(there.id.tracker.as_str())
            .bind(&there.id.id)
            .bind(moved.item.as_ref().map(ItemId::as_str))
            .execute(&mut *work)
            .await?;
        Ok(work.commit().await?)
    }

    pub(in crate::store) async fn unlisted(
        &self,
        tracker: &TrackerName,
        listed: &BTreeSet<String>,
    ) -> Answer<Vec<Issue>> {
        let mut hand = self.hand().await?;
        let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM issues WHERE tracker = ? ORDER BY id")
            .bind(tracker.as_str())
            .fetch_all(&mut *hand)
            .await?;
        drop(hand);
        let missing: Vec<String> = ids.into_iter().filter(|id| !listed.contains(id)).collect();
        let mut issues = self.issues_by_id(tracker, &missing).await?;
        issues.retain(|issue| issue.presence == Presence::Here);
        Ok(issues)
    }

    pub(in crate::store) async fn remove_issues(&self, ids: &[IssueId]) -> Answer<()> {
        let mut hand = self.hand().await?;
        let mut work = hand.begin_with(BEGIN).await?;
        for id in ids {
            sqlx::query("DELETE FROM issues WHERE tracker = ? AND id = ?")
                .bind(id.tracker.as_str())
                .bind(&id.id)
                .execute(&mut *work)
                .await?;
        }
        Ok(work.commit().await?)
    }

    pub(in crate::store) async fn find_issue(&self, key: &IssueKey) -> Answer<Option<Issue>> {
        // A key of now wins over one of before; of two issues that claim it, the one read last.
        let id: Option<String> = sqlx::query_scalar(
            "SELECT id FROM (
                 SELECT 0 AS rank, turn, id FROM issues WHERE tracker = ?1 AND key_folded = ?2
                 UNION ALL SELECT 1, 0, id FROM aliases WHERE tracker = ?1 AND key_folded = ?2)
             ORDER BY rank, turn DESC, id LIMIT 1",
        )
        .bind(key.tracker.as_str())
        .bind(fold(&key.local))
        .fetch_optional(&mut *self.hand().await?)
        .await?;
        let Some(id) = id else { return Ok(None) };
        Ok(self.issues_by_id(&key.tracker, &[id]).await?.pop())
    }
}

pub(super) async fn save(work: &mut SqliteConnection, issues: &[Issue]) -> Answer<()> {
    for batch in issues.chunks(BATCH) {
        keep_old_keys(work, batch).await?;
        let rows = batch.iter().map(row_of).collect::<Answer<Vec<_>>>()?;
        sqlx::query(
            "INSERT INTO issues (tracker, id, key, key_folded, updated, turn, item, features)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7
             FROM json_each(?) WHERE true
             ON CONFLICT (tracker, id) DO UPDATE SET
                 key = excluded.key, key_folded = excluded.key_folded, updated = excluded.updated,
                 turn = excluded.turn, item = coalesce(item, excluded.item), features = excluded.features
             WHERE features <> excluded.features",
        )
        .bind(json(&rows)?)
        .execute(&mut *work)
        .await?;
        save_aliases(work, batch).await?;
    }
    Ok(())
}

fn row_of(issue: &Issue) -> Answer<serde_json::Value> {
    let Issue { id, key, item, updated, reading, .. } = issue;
    // Item and aliases have columns and rows of their own; leaving them out here makes equal features equal text.
    let features = json(&Issue { item: None, aliases: Vec::new(), ..issue.clone() })?;
    let item = item.as_ref().map(ItemId::as_str);
    let folded = fold(&key.local);
    Ok(array!([id.tracker, id.id, key.local, folded, updated, reading.turn, item, features]))
}

fn issue_of((features, item): IssueRow, aliases: &Aliases) -> Answer<Issue> {
    let mut issue: Issue = value(&features)?;
    issue.item = item.map(ItemId::stored);
    if !aliases.is_empty()
        && let Some(keys) = aliases.get(&(issue.id.tracker.to_string(), issue.id.id.clone()))
    {
        issue.aliases = keys.iter().map(|local| IssueKey::new(&issue.id.tracker, local)).collect();
    }
    Ok(issue)
}

fn by_issue(rows: impl Iterator<Item = (String, String, String)>) -> Aliases {
    rows.fold(Aliases::new(), |mut aliases, (tracker, id, key)| {
        aliases.entry((tracker, id)).or_default().push(key);
        aliases
    })
}

async fn all_aliases(hand: &mut SqliteConnection) -> Answer<Aliases> {
    let rows: Vec<(String, String, String)> =
        sqlx::query_as("SELECT tracker, id, key FROM aliases ORDER BY key").fetch_all(hand).await?;
    Ok(by_issue(rows.into_iter()))
}

/// The keys that these issues had until now become aliases, where they have another one now.
async fn keep_old_keys(work: &mut SqliteConnection, batch: &[Issue]) -> Answer<()> {
    let rows: Vec<_> =
        batch.iter().map(|issue| (issue.id.tracker.as_str(), &issue.id.id, fold(&issue.key.local))).collect();
    sqlx::query(
        "INSERT INTO aliases (tracker, key_folded, key, id)
         SELECT i.tracker, i.key_folded, i.key, i.id FROM json_each(?) AS given
         JOIN issues AS i ON i.tracker = given.value ->> 0 AND i.id = given.value ->> 1
         WHERE i.key_folded <> given.value ->> 2
         ON CONFLICT (tracker, key_folded) DO UPDATE SET id = excluded.id, key = excluded.key",
    )
    .bind(json(&rows)?)
    .execute(&mut *work)
    .await?;
    Ok(())
}

/// Aliases that came with the issues; and an issue that has an old key again no longer has it as an alias.
async fn save_aliases(work: &mut SqliteConnection, batch: &[Issue]) -> Answer<()> {
    for issue in batch {
        for alias in issue.aliases.iter().filter(|alias| alias.tracker == issue.id.tracker) {
            sqlx::query(
                "INSERT INTO aliases (tracker, key_folded, key, id) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (tracker, key_folded) DO UPDATE SET id = ?4, key = ?3",
            )
            .bind(issue.id.tracker.as_str())
            .bind(fold(&alias.local))
            .bind(&alias.local)
            .bind(&issue.id.id)
            .execute(&mut *work)
            .await?;
        }
    }
    let rows: Vec<_> =
        batch.iter().map(|issue| (issue.id.tracker.as_str(), fold(&issue.key.local), &issue.id.id)).collect();
    sqlx::query(
        "DELETE FROM aliases WHERE (tracker, key_folded, id) IN
             (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?))",
    )
    .bind(json(&rows)?)
    .execute(&mut *work)
    .await?;
    Ok(())
}
