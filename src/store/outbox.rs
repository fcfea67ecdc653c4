//! What is still to be told to whom. Rows are written with the event they tell of, claimed for a
//! while, and stay until delivered or given up: a crash in between means telling again under the
//! same key, never not telling. No clock here: the time is always given.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{Store, StoreError, row};
use crate::{
    base::{CaseId, WallTime},
    resolve::Case,
};

/// What happened to a case. Each happens once, so case and event make the idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Opened,
    Gone,
    Confirmed,
    Rejected,
}

impl Event {
    fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Gone => "gone",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
        }
    }
}

/// A message that was claimed for delivery.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxJob {
    /// The row.
    pub id: i64,
    /// The channel's name in the settings.
    pub channel: String,
    /// The idempotency key: the same for every attempt.
    pub key: String,
    /// What is sent: `{"key", "event", "at", "case"}`.
    pub body: Value,
    /// Times it was claimed, this one included.
    pub attempts: u32,
    /// When the event happened.
    pub created_at: WallTime,
}

/// A message that was given up.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeadLetter {
    /// The row.
    pub id: i64,
    /// The channel's name in the settings.
    pub channel: String,
    /// The idempotency key.
    pub key: String,
    /// The case it tells of.
    pub case: CaseId,
    /// Times it was claimed.
    pub attempts: u32,
    /// When the event happened.
    pub created_at: WallTime,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}

/// How many messages are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OutboxCounts {
    /// Waiting or being delivered.
    pub pending: u64,
    /// Delivered.
    pub done: u64,
    /// Given up.
    pub dead: u64,
}

/// Writes one row a channel, due at once whatever clock `at` is of: a camera's may go ahead of ours,
/// and a file's does. A key that is there already is left.
pub(super) async fn enqueue(
    db: &mut SqliteConnection,
    event: Event,
    case: &Case,
    channels: &[String],
    at: WallTime,
) -> Result<(), StoreError> {
    let key = format!("{}.{}", case.id, event.as_str());
    let body = json!({
        "key": key,
        "event": format!("case.{}", event.as_str()),
        "at": at,
        "case": row::value_of(case)?,
    })
    .to_string();
    for channel in channels {
        sqlx::query(
            "INSERT INTO outbox (channel, key, case_id, body, created_at, state, next_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, 'pending', 0) ON CONFLICT (channel, key) DO NOTHING",
        )
        .bind(channel)
        .bind(&key)
        .bind(case.id.as_str())
        .bind(&body)
        .bind(at.millis())
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// The channels that were told anything of `case`.
pub(super) async fn channels_of(
    db: &mut SqliteConnection,
    case: &CaseId,
) -> Result<Vec<String>, StoreError> {
    let channels = sqlx::query_scalar(
        "SELECT DISTINCT channel FROM outbox WHERE case_id = ? ORDER BY channel",
    )
    .bind(case.as_str())
    .fetch_all(db)
    .await?;
    Ok(channels)
}

/// Claims due rows. Of one case and channel only the oldest undelivered row can be due, so that
/// nobody hears "gone" before "opened".
const CLAIM: &str = "UPDATE outbox SET claimed_until = ?1, attempts = attempts + 1 WHERE id IN ( \
     SELECT id FROM outbox AS o WHERE state = 'pending' AND next_at <= ?2 \
     AND (claimed_until IS NULL OR claimed_until <= ?2) \
     AND NOT EXISTS (SELECT 1 FROM outbox AS e WHERE e.channel = o.channel \
         AND e.case_id = o.case_id AND e.state = 'pending' AND e.id < o.id) \
     ORDER BY next_at, id LIMIT ?3) RETURNING *";

impl Store {
    /// Claims up to `limit` due messages until `now + lease`; one whose lease ran out is due again.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn claim_outbox(
        &self,
        now: WallTime,
        limit: u32,
        lease: Duration,
    ) -> Result<Vec<OutboxJob>, StoreError> {
        let mut tx = self.begin().await?;
        let rows = sqlx::query(CLAIM)
            .bind(now.plus(lease).millis())
            .bind(now.millis())
            .bind(i64::from(limit))
            .fetch_all(&mut *tx)
            .await?;
        let mut jobs = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        tx.commit().await?;
        jobs.sort_by_key(|job| job.id);
        Ok(jobs)
    }

    /// Marks a message delivered.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for no such row.
    pub async fn outbox_done(&self, id: i64) -> Result<(), StoreError> {
        self.settle_job(id, "done", None, None).await
    }

    /// Gives a message back, to be tried again at `next_at`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for no such row.
    pub async fn outbox_retry(
        &self,
        id: i64,
        next_at: WallTime,
        error: &str,
    ) -> Result<(), StoreError> {
        self.settle_job(id, "pending", Some(next_at), Some(error)).await
    }

    /// Gives a message up; it stays as a dead letter.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for no such row.
    pub async fn outbox_dead(&self, id: i64, error: &str) -> Result<(), StoreError> {
        self.settle_job(id, "dead", None, Some(error)).await
    }

    /// Makes a dead letter due at `now`, with its attempts counted anew.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no dead letter of that id.
    pub async fn outbox_revive(&self, id: i64, now: WallTime) -> Result<(), StoreError> {
        let revived = sqlx::query(
            "UPDATE outbox SET state = 'pending', attempts = 0, next_at = ?, claimed_until = NULL \
             WHERE id = ? AND state = 'dead'",
        )
        .bind(now.millis())
        .bind(id)
        .execute(&self.inner.writer)
        .await?;
        found(revived.rows_affected(), "dead letter", id)
    }

    /// The messages that were given up, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dead_letters(&self, limit: u32) -> Result<Vec<DeadLetter>, StoreError> {
        let rows =
            sqlx::query("SELECT * FROM outbox WHERE state = 'dead' ORDER BY id DESC LIMIT ?")
                .bind(i64::from(limit))
                .fetch_all(self.reader())
                .await?;
        rows.iter().map(read_dead).collect()
    }

    /// How many messages are in which state.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn outbox_counts(&self) -> Result<OutboxCounts, StoreError> {
        let rows: Vec<(String, i64)> =
            sqlx::query_as("SELECT state, count(*) FROM outbox GROUP BY state")
                .fetch_all(self.reader())
                .await?;
        let of = |state: &str| {
            rows.iter().find(|(s, _)| s == state).map_or(0, |(_, count)| count.unsigned_abs())
        };
        Ok(OutboxCounts { pending: of("pending"), done: of("done"), dead: of("dead") })
    }

    /// A message that was delivered stays so, whatever a late worker says.
    async fn settle_job(
        &self,
        id: i64,
        state: &str,
        next_at: Option<WallTime>,
        error: Option<&str>,
    ) -> Result<(), StoreError> {
        let settled = sqlx::query(
            "UPDATE outbox SET state = CASE WHEN state = 'done' THEN state ELSE ?1 END, \
             next_at = coalesce(?2, next_at), claimed_until = NULL, last_error = ?3 WHERE id = ?4",
        )
        .bind(state)
        .bind(next_at.map(WallTime::millis))
        .bind(error)
        .bind(id)
        .execute(&self.inner.writer)
        .await?;
        found(settled.rows_affected(), "outbox row", id)
    }
}

fn found(rows: u64, what: &'static str, id: i64) -> Result<(), StoreError> {
    if rows == 0 { Err(StoreError::not_found(what, &id.to_string())) } else { Ok(()) }
}

fn attempts(r: &SqliteRow) -> Result<u32, StoreError> {
    Ok(u32::try_from(r.try_get::<i64, _>("attempts")?).unwrap_or(u32::MAX))
}

fn read(r: &SqliteRow) -> Result<OutboxJob, StoreError> {
    let id: i64 = r.try_get("id")?;
    Ok(OutboxJob {
        id,
        channel: r.try_get("channel")?,
        key: r.try_get("key")?,
        body: serde_json::from_str(r.try_get("body")?)
            .map_err(|_| StoreError::unreadable("outbox", &id.to_string(), "body"))?,
        attempts: attempts(r)?,
        created_at: WallTime::from_millis(r.try_get("created_at")?),
    })
}

fn read_dead(r: &SqliteRow) -> Result<DeadLetter, StoreError> {
    Ok(DeadLetter {
        id: r.try_get("id")?,
        channel: r.try_get("channel")?,
        key: r.try_get("key")?,
        case: CaseId::new(r.try_get::<String, _>("case_id")?),
        attempts: attempts(r)?,
        created_at: WallTime::from_millis(r.try_get("created_at")?),
        last_error: r.try_get("last_error")?,
    })
}
