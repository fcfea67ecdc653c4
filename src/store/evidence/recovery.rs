//! Clearing up after a crash. Only links that an attach wrote down and no commit followed are taken
//! back (their bytes stay pending); anything else that should not be there is left for fsck to name.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use super::{
    Evidence, EvidenceError,
    attach::INTENT,
    durable::{TEMP_PREFIX, names_in, remove_file, sync_dir},
    pending::{described, remove_pending},
};
use crate::base::ThingId;

/// What an attach was about to link for one case.
struct Intent {
    file: PathBuf,
    case: String,
    names: Vec<String>,
}

impl Evidence {
    /// Settles every unfinished attach and removes temporary files; `committed` are the paths that
    /// have rows.
    pub(in crate::store) fn recover(
        &self,
        committed: &HashSet<String>,
    ) -> Result<(), EvidenceError> {
        for folder in subfolders(&self.cases_dir())? {
            remove_temp(&folder)?;
        }
        for folder in subfolders(&self.pending_dir())? {
            remove_temp(&folder)?;
            self.settle_folder(&folder, committed)?;
            remove_undescribed(&folder)?;
            if entries(&folder)?.is_empty() {
                std::fs::remove_dir(&folder).map_err(|e| EvidenceError::io(&folder, e))?;
            }
        }
        Ok(())
    }

    /// Settles the unfinished attaches of one thing.
    pub(in crate::store) fn settle(
        &self,
        thing: ThingId,
        committed: &HashSet<String>,
    ) -> Result<(), EvidenceError> {
        self.settle_folder(&self.thing_dir(thing), committed)
    }

    fn settle_folder(
        &self,
        folder: &Path,
        committed: &HashSet<String>,
    ) -> Result<(), EvidenceError> {
        for intent in intents(folder)? {
            for name in &intent.names {
                let path = format!("{}/{name}", intent.case);
                if committed.contains(&path) {
                    remove_pending(folder, name)?;
                } else {
                    remove_file(&self.file_of(&path))?;
                }
            }
            self.close_case_folder(&intent.case)?;
            remove_file(&intent.file)?;
        }
        Ok(())
    }

    /// Makes removals durable, and removes the folder when nothing is left in it.
    fn close_case_folder(&self, case: &str) -> Result<(), EvidenceError> {
        let folder = self.cases_dir().join(case);
        if !folder.is_dir() {
            return Ok(());
        }
        if entries(&folder)?.is_empty() {
            std::fs::remove_dir(&folder).map_err(|e| EvidenceError::io(&folder, e))?;
            return sync_dir(&self.cases_dir());
        }
        sync_dir(&folder)
    }

    /// Paths that an attach is linking just now and a commit may follow.
    pub(in crate::store) fn in_flight(&self) -> Result<HashSet<String>, EvidenceError> {
        let mut paths = HashSet::new();
        for folder in subfolders(&self.pending_dir())? {
            for intent in intents(&folder)? {
                paths.extend(intent.names.iter().map(|name| format!("{}/{name}", intent.case)));
            }
        }
        Ok(paths)
    }
}

fn entries(folder: &Path) -> Result<Vec<String>, EvidenceError> {
    names_in(folder).map_err(|e| EvidenceError::io(folder, e))
}

fn subfolders(dir: &Path) -> Result<Vec<PathBuf>, EvidenceError> {
    let paths = entries(dir)?.into_iter().map(|name| dir.join(name));
    Ok(paths.filter(|path| path.is_dir()).collect())
}

fn intents(folder: &Path) -> Result<Vec<Intent>, EvidenceError> {
    let mut found = Vec::new();
    for name in entries(folder)? {
        let Some(case) = name.strip_suffix(INTENT).filter(|c| !c.starts_with(TEMP_PREFIX)) else {
            continue;
        };
        let file = folder.join(&name);
        let list = match std::fs::read_to_string(&file) {
            // settled by a running daemon between the listing and the reading
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => continue,
            read => read.map_err(|e| EvidenceError::io(&file, e))?,
        };
        let names = list.lines().map(str::to_owned).collect();
        found.push(Intent { case: case.to_owned(), file, names });
    }
    Ok(found)
}

fn remove_temp(folder: &Path) -> Result<(), EvidenceError> {
    for name in entries(folder)?.iter().filter(|name| name.starts_with(TEMP_PREFIX)) {
        remove_file(&folder.join(name))?;
    }
    Ok(())
}

/// Removes files whose description was not written, and descriptions whose file is gone.
fn remove_undescribed(folder: &Path) -> Result<(), EvidenceError> {
    let kept: HashSet<String> = described(folder)?
        .into_iter()
        .flat_map(|(name, _)| [format!("{name}.json"), name])
        .collect();
    for name in entries(folder)? {
        if !kept.contains(&name) && !name.ends_with(INTENT) {
            remove_file(&folder.join(&name))?;
        }
    }
    Ok(())
}
