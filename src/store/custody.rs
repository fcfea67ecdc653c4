//! The custody log: who did what when, each entry bound to the one before by its hash.
//!
//! Not a general event log: only what a court may ask about. Entries are written inside the
//! transaction of what they tell, never changed, never deleted.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{Store, StoreError, evidence::sha256_hex};
use crate::base::{CaseId, WallTime};

/// A case was opened; the payload is the case.
pub const CASE_OPENED: &str = "case_opened";
/// The thing of a case was found gone; the payload is the case.
pub const CASE_GONE: &str = "case_gone";
/// A file became evidence; the payload is its row.
pub const EVIDENCE_KEPT: &str = "evidence_kept";
/// A person decided; the payload is the review.
pub const CASE_REVIEWED: &str = "case_reviewed";
/// A rejected spot began; the payload is the spot.
pub const SPOT_REJECTED: &str = "spot_rejected";
/// A person lifted a rejected spot; the payload is the reason.
pub const SPOT_LIFTED: &str = "spot_lifted";

/// A person switched to another model; the payload is its version and hash.
pub const MODEL_ACTIVATED: &str = "model_activated";

/// Who the machine's own entries are by.
const MACHINE: &str = "streetwarden";

/// The hash before the first entry.
const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CustodyRow {
    /// 1, 2, 3 … without a hole.
    pub seq: i64,
    /// When.
    pub at: WallTime,
    /// A person, or `streetwarden`.
    pub who: String,
    /// What was done.
    pub what: String,
    /// Case number, evidence path or spot id.
    pub subject: String,
    /// What was recorded, JSON text as hashed.
    pub payload: String,
    /// SHA-256 of `payload`.
    pub payload_sha256: String,
    /// `hash` of the entry before; 64 zeros for the first.
    pub prev_hash: String,
    /// SHA-256 of the JSON array `[seq, at in ms, who, what, subject, payload_sha256, prev_hash]`
    /// without spaces.
    pub hash: String,
}

impl CustodyRow {
    /// What `hash` must be.
    fn hash_due(&self) -> String {
        let fields = serde_json::json!([
            self.seq,
            self.at.millis(),
            self.who,
            self.what,
            self.subject,
            self.payload_sha256,
            self.prev_hash
        ]);
        sha256_hex(fields.to_string().as_bytes())
    }
}

/// What is to be written down.
pub(super) struct Entry<'a> {
    at: WallTime,
    who: &'a str,
    what: &'static str,
    subject: &'a str,
    payload: Value,
}

impl<'a> Entry<'a> {
    /// Done by the machine.
    pub(super) fn machine(
        at: WallTime,
        what: &'static str,
        subject: &'a str,
        payload: Value,
    ) -> Self {
        Self { at, who: MACHINE, what, subject, payload }
    }

    /// Done by a person.
    pub(super) fn person(
        at: WallTime,
        who: &'a str,
        what: &'static str,
        subject: &'a str,
        payload: Value,
    ) -> Self {
        Self { at, who, what, subject, payload }
    }
}

/// Appends `entry`; must run inside a write transaction, which serialises the chain.
pub(super) async fn append(db: &mut SqliteConnection, entry: Entry<'_>) -> Result<(), StoreError> {
    let last: Option<(i64, String)> =
        sqlx::query_as("SELECT seq, hash FROM custody ORDER BY seq DESC LIMIT 1")
            .fetch_optional(&mut *db)
            .await?;
    let (seq, prev_hash) = last.unwrap_or_else(|| (0, NO_HASH.to_owned()));
    let payload = entry.payload.to_string();
    let mut row = CustodyRow {
        seq: seq + 1,
        at: entry.at,
        who: entry.who.to_owned(),
        what: entry.what.to_owned(),
        subject: entry.subject.to_owned(),
        payload_sha256: sha256_hex(payload.as_bytes()),
        payload,
        prev_hash,
        hash: String::new(),
    };
    row.hash = row.hash_due();
    sqlx::query(
        "INSERT INTO custody (seq, at, who, what, subject, payload, payload_sha256, prev_hash, hash) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(row.seq)
    .bind(row.at.millis())
    .bind(&row.who)
    .bind(&row.what)
    .bind(&row.subject)
    .bind(&row.payload)
    .bind(&row.payload_sha256)
    .bind(&row.prev_hash)
    .bind(&row.hash)
    .execute(db)
    .await?;
    Ok(())
}

pub(super) fn read(r: &SqliteRow) -> Result<CustodyRow, StoreError> {
    Ok(CustodyRow {
        seq: r.try_get("seq")?,
        at: WallTime::from_millis(r.try_get("at")?),
        who: r.try_get("who")?,
        what: r.try_get("what")?,
        subject: r.try_get("subject")?,
        payload: r.try_get("payload")?,
        payload_sha256: r.try_get("payload_sha256")?,
        prev_hash: r.try_get("prev_hash")?,
        hash: r.try_get("hash")?,
    })
}

/// Walks the chain entry by entry.
#[derive(Debug)]
pub(super) struct ChainCheck {
    seq: i64,
    hash: String,
}

impl ChainCheck {
    pub(super) fn new() -> Self {
        Self { seq: 0, hash: NO_HASH.to_owned() }
    }

    /// What is wrong with `row` as the next entry; goes on from it as it stands, so that one fault
    /// is one finding.
    pub(super) fn next(&mut self, row: &CustodyRow) -> Option<String> {
        let fault = if row.seq != self.seq + 1 {
            Some(format!("entry {} is missing", self.seq + 1))
        } else if row.prev_hash != self.hash {
            Some("does not name the hash of the entry before".to_owned())
        } else if row.payload_sha256 != sha256_hex(row.payload.as_bytes()) {
            Some("payload was altered".to_owned())
        } else if row.hash != row.hash_due() {
            Some("fields were altered".to_owned())
        } else {
            None
        };
        self.seq = row.seq;
        self.hash.clone_from(&row.hash);
        fault
    }
}

impl Store {
    /// The entries about a case and its evidence, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn custody_of(&self, case: &CaseId) -> Result<Vec<CustodyRow>, StoreError> {
        // '0' follows '/': everything that begins with "CASE/"
        let rows = sqlx::query(
            "SELECT * FROM custody WHERE subject = ?1 \
             OR (subject >= ?1 || '/' AND subject < ?1 || '0') ORDER BY seq",
        )
        .bind(case.as_str())
        .fetch_all(self.reader())
        .await?;
        rows.iter().map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(seq: i64, prev_hash: &str) -> CustodyRow {
        let mut row = CustodyRow {
            seq,
            at: WallTime::from_millis(1_000 + seq),
            who: "王工".into(),
            what: CASE_REVIEWED.into(),
            subject: "44070320260511".into(),
            payload: "{\"a\":1}".into(),
            payload_sha256: sha256_hex(b"{\"a\":1}"),
            prev_hash: prev_hash.into(),
            hash: String::new(),
        };
        row.hash = row.hash_due();
        row
    }

    #[test]
    fn the_hash_is_what_another_program_computes() {
        // python3: hashlib.sha256(json.dumps([1,1001,"王工","case_reviewed","44070320260511",
        //   sha256(b'{"a":1}').hexdigest(),"0"*64],separators=(",",":"),ensure_ascii=False).encode())
        assert_eq!(
            entry(1, NO_HASH).hash,
            "2cde5f8dc0253d6da3bd579bfb62ab75223eeb30b2e7fb46990a99c4347cd7a7"
        );
    }

    #[test]
    fn every_kind_of_tampering_is_seen_once() {
        let first = entry(1, NO_HASH);
        let second = entry(2, &first.hash);
        let third = entry(3, &second.hash);
        let faults = |rows: &[CustodyRow]| {
            let mut check = ChainCheck::new();
            rows.iter().filter_map(|row| check.next(row)).collect::<Vec<_>>()
        };
        let all = [first.clone(), second.clone(), third.clone()];
        assert!(faults(&all).is_empty());
        assert_eq!(faults(&[first.clone(), third.clone()]), ["entry 2 is missing"]);
        let mut payload = all.clone();
        payload[1].payload = "{\"a\":2}".into();
        assert_eq!(faults(&payload), ["payload was altered"]);
        let mut who = all.clone();
        who[1].who = "someone else".into();
        assert_eq!(faults(&who), ["fields were altered"]);
        let mut rehashed = all;
        rehashed[1].who = "someone else".into();
        rehashed[1].hash = rehashed[1].hash_due();
        assert_eq!(faults(&rehashed), ["does not name the hash of the entry before"]);
    }
}
