//! The judge's key-value table. Its values are read by judging alone.

use sqlx::SqliteConnection;

use super::StoreError;
use crate::judge::StateValue;

/// Every key and its value.
pub(super) async fn all(
    db: &mut SqliteConnection,
) -> Result<Vec<(String, StateValue)>, StoreError> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT key, value FROM judge_state ORDER BY key").fetch_all(db).await?;
    rows.into_iter()
        .map(|(key, text)| {
            let value = StateValue::parse(text)
                .map_err(|_| StoreError::unreadable("judge_state", &key, "value"))?;
            Ok((key, value))
        })
        .collect()
}

/// Applies `changes` in order: a value replaces, none removes.
pub(super) async fn apply(
    db: &mut SqliteConnection,
    changes: &[(String, Option<StateValue>)],
) -> Result<(), StoreError> {
    for (key, value) in changes {
        let query = match value {
            Some(value) => sqlx::query(
                "INSERT INTO judge_state (key, value) VALUES (?1, ?2) \
                 ON CONFLICT (key) DO UPDATE SET value = ?2",
            )
            .bind(key)
            .bind(value.as_str()),
            None => sqlx::query("DELETE FROM judge_state WHERE key = ?").bind(key),
        };
        query.execute(&mut *db).await?;
    }
    Ok(())
}
