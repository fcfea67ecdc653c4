//! The verbs that look after the data directory: `fsck` and `migrate`.

use std::path::{Path, PathBuf};

use super::run::on_runtime;
use crate::{
    settings::Settings,
    store::{FsckReport, Store},
};

/// Checks every case, evidence file and custody entry of the site.
///
/// # Errors
/// When settings, database or disk cannot be read at all.
pub fn fsck(config: &Path) -> anyhow::Result<FsckReport> {
    let settings = Settings::load(config)?;
    on_runtime(async {
        let store = Store::look(&settings.data).await?;
        let report = store.fsck().await?;
        store.close().await;
        Ok(report)
    })
}

/// Brings the site's database to this version's schema; its data directory.
///
/// # Errors
/// When it cannot, or a daemon has the data directory open.
pub fn migrate(config: &Path) -> anyhow::Result<PathBuf> {
    let settings = Settings::load(config)?;
    on_runtime(async {
        Store::open(&settings.data).await?.close().await;
        Ok(settings.data.dir)
    })
}
