//! From pending to case: the same bytes under a second name. What is about to be linked is written
//! down first, so that links whose case was never committed can be undone after a crash.

use std::{fs, io, path::Path};

use super::{
    Evidence, EvidenceError, EvidenceRow, Moment,
    durable::{create_dir, sha256_of_file, sync_dir, write_synced},
    folder_of,
    item::Sidecar,
};
use crate::base::{CaseId, ThingId};

/// Extension of the list of files about to be linked for a case.
pub(super) const INTENT: &str = ".attach";

impl Evidence {
    /// Links what is pending for `thing` into the folder of `case` and returns the rows to commit
    /// with it; files of [`Moment::Last`] only with `keep_last`. Repeating it gives the same rows.
    /// The pending files stay until [`Evidence::discard`], which belongs after the commit.
    ///
    /// # Errors
    /// When the disk refuses, or the case's folder holds other files of these names.
    pub fn attach(
        &self,
        thing: ThingId,
        case: &CaseId,
        keep_last: bool,
    ) -> Result<Vec<EvidenceRow>, EvidenceError> {
        let mut chosen = self.pending(thing)?;
        chosen.retain(|(_, sidecar)| keep_last || sidecar.moment != Moment::Last);
        if chosen.is_empty() {
            return Ok(Vec::new());
        }
        self.write_intent(thing, case, &chosen)?;
        let (from, to) = (self.thing_dir(thing), self.cases_dir().join(folder_of(case)?));
        create_dir(&to)?;
        for (name, sidecar) in &chosen {
            link(&from, &to, name, &sidecar.sha256)?;
        }
        sync_dir(&to)?;
        Ok(chosen.into_iter().map(|(name, sidecar)| sidecar.row(case, &name)).collect())
    }

    fn write_intent(
        &self,
        thing: ThingId,
        case: &CaseId,
        chosen: &[(String, Sidecar)],
    ) -> Result<(), EvidenceError> {
        let dir = self.thing_dir(thing);
        let list: String = chosen.iter().map(|(name, _)| format!("{name}\n")).collect();
        write_synced(&dir, &format!("{}{INTENT}", folder_of(case)?), list.as_bytes())?;
        sync_dir(&dir)
    }
}

/// Gives `from/name` the second name `to/name`; copies where the file system has no hard links.
fn link(from: &Path, to: &Path, name: &str, sha256: &str) -> Result<(), EvidenceError> {
    let (source, target) = (from.join(name), to.join(name));
    match fs::hard_link(&source, &target) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => same_content(&target, sha256),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Err(EvidenceError::io(&source, e)),
        Err(_) => {
            let bytes = fs::read(&source).map_err(|e| EvidenceError::io(&source, e))?;
            write_synced(to, name, &bytes)
        }
    }
}

fn same_content(target: &Path, sha256: &str) -> Result<(), EvidenceError> {
    let (found, _) = sha256_of_file(target).map_err(|e| EvidenceError::io(target, e))?;
    if found == sha256 { Ok(()) } else { Err(EvidenceError::Occupied(target.to_owned())) }
}
