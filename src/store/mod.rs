//! Cases, evidence, custody log and outbox: SQLite for the rows, plain files for the bytes.
//!
//! Decides nothing: what becomes a case and what a review means comes from `resolve`. One process
//! per data directory. What a call returned as done survives a kill and a power cut.

mod cases;
mod commit;
mod custody;
mod error;
mod evidence;
mod fsck;
mod judge_state;
mod lock;
mod models;
mod outbox;
mod review;
mod reviewed;
mod row;
mod spots;

use std::{collections::HashSet, path::PathBuf, sync::Arc, time::Duration};

use sqlx::{
    SqlitePool,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

pub use cases::{CaseFilter, CasePage, Page};
pub use commit::Commit;
pub use custody::{
    CASE_GONE, CASE_OPENED, CASE_REVIEWED, CustodyRow, EVIDENCE_KEPT, SPOT_LIFTED, SPOT_REJECTED,
};
pub use error::StoreError;
pub use evidence::{Evidence, EvidenceError, EvidenceRow, Moment, NewEvidence, Role};
pub use fsck::{ChainFault, Checked, Finding, FsckReport};
pub use models::{Agreement, ModelChoice};
pub use outbox::{DeadLetter, OutboxCounts, OutboxJob};
pub use reviewed::Reviewed;

use crate::{
    base::{CaseId, ThingId},
    judge::{RejectedSpot, StateValue},
    resolve::Case,
};

/// The database layouts, in order.
static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// How long a connection waits for another process (fsck, a backup) to let the database go.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Connections for reading; writing has one of its own.
const READERS: u32 = 4;

/// Where things are kept.
#[derive(Clone, Debug)]
pub struct Options {
    /// The data directory: `streetwarden.db`, `evidence/`, `pending/`, `lock`.
    pub dir: PathBuf,
    /// Evidence is refused when less would stay free.
    pub min_free_bytes: u64,
}

impl Options {
    fn database(&self) -> PathBuf {
        self.dir.join("streetwarden.db")
    }
}

/// What is loaded at start.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// Every case, oldest first.
    pub cases: Vec<Case>,
    /// The judge's key-value table.
    pub judge: Vec<(String, StateValue)>,
    /// Rejected spots that nobody lifted, expired ones included.
    pub spots: Vec<RejectedSpot>,
}

/// The store. Cloning is cheap; all clones mean the same data directory.
#[derive(Clone, Debug)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// One connection: writers queue in order instead of colliding.
    writer: SqlitePool,
    reader: SqlitePool,
    evidence: Evidence,
    /// None when opened for looking only. Last, so that it is released after the connections.
    _lock: Option<lock::DirLock>,
}

impl Store {
    /// Opens the data directory for this process alone: creates what is missing, migrates, and takes
    /// back evidence links whose case was never committed.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another process has it, others when disk or database refuse.
    pub async fn open(options: &Options) -> Result<Self, StoreError> {
        std::fs::create_dir_all(&options.dir)
            .map_err(|source| StoreError::Directory { path: options.dir.clone(), source })?;
        let lock = lock::DirLock::take(&options.dir)?;
        let evidence = Evidence::open(&options.dir, options.min_free_bytes)?;
        let connect = SqliteConnectOptions::new()
            .filename(options.database())
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let named = |e| error::opening(options.database(), e);
        let writer = pool(1, connect.clone()).await.map_err(named)?;
        MIGRATIONS.run(&writer).await?;
        let reader = pool(READERS, connect).await.map_err(named)?;
        let store = Self { inner: Arc::new(Inner { writer, reader, evidence, _lock: Some(lock) }) };
        let committed = store.committed_paths().await?;
        store.on_disk(move |evidence| evidence.recover(&committed)).await?;
        Ok(store)
    }

    /// Opens the data directory for looking: no lock, no migration, no clearing up, so that `fsck`
    /// can run beside a daemon. Every writing call fails.
    ///
    /// # Errors
    /// [`StoreError::NoDatabase`] when there is none.
    pub async fn look(options: &Options) -> Result<Self, StoreError> {
        if !options.database().is_file() {
            return Err(StoreError::NoDatabase(options.dir.clone()));
        }
        let connect = SqliteConnectOptions::new()
            .filename(options.database())
            .read_only(true)
            .busy_timeout(BUSY_TIMEOUT);
        let named = |e| error::opening(options.database(), e);
        let reader = pool(READERS, connect).await.map_err(named)?;
        // connecting reads nothing of the file; this does
        sqlx::query("SELECT count(*) FROM sqlite_master").execute(&reader).await.map_err(named)?;
        let evidence = Evidence::look(&options.dir);
        let inner = Inner { writer: reader.clone(), reader, evidence, _lock: None };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Closes the connections; calls after it fail. The lock goes with the last clone.
    pub async fn close(&self) {
        self.inner.reader.close().await;
        self.inner.writer.close().await;
    }

    /// The evidence files; their calls block, so they belong on a thread.
    pub fn evidence(&self) -> Evidence {
        self.inner.evidence.clone()
    }

    /// Everything that is needed at start, as one moment of the database.
    ///
    /// # Errors
    /// When the database fails or holds what cannot be read.
    pub async fn load(&self) -> Result<Loaded, StoreError> {
        let mut tx = self.inner.reader.begin().await?;
        let loaded = Loaded {
            cases: cases::all(&mut tx).await?,
            judge: judge_state::all(&mut tx).await?,
            spots: spots::active(&mut tx).await?,
        };
        tx.commit().await?;
        Ok(loaded)
    }

    /// Takes back the links of an attach for `thing` whose commit failed. Links that were committed
    /// stay.
    ///
    /// # Errors
    /// When disk or database refuse.
    pub async fn undo_attach(&self, thing: ThingId) -> Result<(), StoreError> {
        let committed = self.committed_paths().await?;
        self.on_disk(move |evidence| evidence.settle(thing, &committed)).await
    }

    /// The evidence of a case in order of time.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn evidence_of(&self, case: &CaseId) -> Result<Vec<EvidenceRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM evidence WHERE case_id = ? ORDER BY at, path")
            .bind(case.as_str())
            .fetch_all(self.reader())
            .await?;
        rows.iter().map(evidence::rows::read).collect()
    }

    /// The bytes of one piece of evidence, checked against the row.
    ///
    /// # Errors
    /// [`StoreError::EvidenceAltered`] when the hash differs, others when the file cannot be read.
    pub async fn evidence_bytes(&self, row: &EvidenceRow) -> Result<Vec<u8>, StoreError> {
        let row = row.clone();
        self.on_disk(move |evidence| {
            let file = evidence.file_of(&row.path);
            let bytes = std::fs::read(&file).map_err(|e| EvidenceError::io(&file, e))?;
            let found = evidence::sha256_hex(&bytes);
            if found == row.sha256 {
                return Ok(bytes);
            }
            Err(StoreError::EvidenceAltered { path: row.path, found, expected: row.sha256 })
        })
        .await
    }

    fn reader(&self) -> &SqlitePool {
        &self.inner.reader
    }

    /// A write transaction; it holds SQLite's write lock from its beginning.
    async fn begin(&self) -> Result<sqlx::Transaction<'static, sqlx::Sqlite>, StoreError> {
        Ok(self.inner.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    async fn committed_paths(&self) -> Result<HashSet<String>, StoreError> {
        let paths: Vec<String> =
            sqlx::query_scalar("SELECT path FROM evidence").fetch_all(self.reader()).await?;
        Ok(paths.into_iter().collect())
    }

    /// Runs `work` on a thread that may block.
    async fn on_disk<T, E, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        E: Into<StoreError> + Send + 'static,
        F: FnOnce(&Evidence) -> Result<T, E> + Send + 'static,
    {
        let evidence = self.evidence();
        match tokio::task::spawn_blocking(move || work(&evidence)).await {
            Ok(done) => done.map_err(Into::into),
            Err(e) if e.is_panic() => std::panic::resume_unwind(e.into_panic()),
            Err(_) => Err(StoreError::Cancelled),
        }
    }
}

async fn pool(size: u32, connect: SqliteConnectOptions) -> Result<SqlitePool, sqlx::Error> {
    SqlitePoolOptions::new().max_connections(size).connect_with(connect).await
}
