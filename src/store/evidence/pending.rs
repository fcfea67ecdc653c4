//! Evidence of things that are watched but are no case yet. It may be discarded at any time.

use std::{collections::HashSet, path::Path};

use super::{
    Evidence, EvidenceError, Moment, NewEvidence,
    durable::{create_dir, names_in, remove_dir_all, remove_file, sync_dir, write_synced},
    item::{Role, Sidecar},
};
use crate::base::ThingId;

/// Extension of the description beside a pending file.
const SIDECAR: &str = ".json";

impl Evidence {
    /// Keeps `item` for `thing`; returns its SHA-256, which names it as the source of others. Keeping
    /// the same again changes nothing; a newer [`Moment::Last`] replaces the older of its role.
    ///
    /// # Errors
    /// [`EvidenceError::DiskFull`] when the floor would be broken, others when the disk refuses.
    pub fn keep(&self, thing: ThingId, item: &NewEvidence) -> Result<String, EvidenceError> {
        let sidecar = Sidecar::of(item);
        let name = sidecar.file_name(item.extension);
        let description = serde_json::to_vec(&sidecar).map_err(|e| EvidenceError::BadSidecar {
            path: self.thing_dir(thing).join(&name),
            reason: e.to_string(),
        })?;
        self.check_space(sidecar.bytes_len.saturating_add(description.len() as u64))?;
        let dir = self.thing_dir(thing);
        create_dir(&dir)?;
        write_synced(&dir, &name, &item.bytes)?;
        write_synced(&dir, &format!("{name}{SIDECAR}"), &description)?;
        sync_dir(&dir)?;
        if item.moment == Moment::Last {
            drop_older_last(&dir, &sidecar)?;
        }
        Ok(sidecar.sha256)
    }

    /// Forgets what is pending for `thing`: after its case was committed, or when it never became
    /// one. After a failed commit call `Store::undo_attach` first, or its links stay behind.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn discard(&self, thing: ThingId) -> Result<(), EvidenceError> {
        remove_dir_all(&self.thing_dir(thing))
    }

    /// Discards what is pending for every thing not in `known`: called once after the judge was
    /// restored. Returns how many were discarded.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn retain_pending(&self, known: &[ThingId]) -> Result<usize, EvidenceError> {
        let known: HashSet<String> = known.iter().map(|t| t.0.to_string()).collect();
        let dir = self.pending_dir();
        let names = names_in(&dir).map_err(|e| EvidenceError::io(&dir, e))?;
        let strangers: Vec<_> = names.iter().filter(|name| !known.contains(*name)).collect();
        for name in &strangers {
            remove_dir_all(&dir.join(name))?;
        }
        Ok(strangers.len())
    }

    /// The pending pictures of `thing` with a box and no copy that shows it, as they were handed in,
    /// with their SHA-256; oldest first.
    ///
    /// # Errors
    /// When the disk refuses, or a description cannot be read.
    pub fn unmarked(&self, thing: ThingId) -> Result<Vec<(String, NewEvidence)>, EvidenceError> {
        let (dir, all) = (self.thing_dir(thing), self.pending(thing)?);
        let marked: HashSet<&str> = all
            .iter()
            .filter(|(_, s)| s.role == Role::Annotated)
            .filter_map(|(_, s)| s.derived_from.as_deref())
            .collect();
        all.iter()
            .filter(|(_, s)| s.role == Role::Picture && s.bbox.is_some())
            .filter(|(_, s)| !marked.contains(s.sha256.as_str()))
            .map(|(name, sidecar)| {
                let path = dir.join(name);
                let bytes = std::fs::read(&path).map_err(|e| EvidenceError::io(&path, e))?;
                Ok((sidecar.sha256.clone(), sidecar.clone().item(bytes.into())))
            })
            .collect()
    }

    /// Whether anything is pending for `thing`.
    ///
    /// # Errors
    /// When the disk refuses, or a description cannot be read.
    pub fn has_pending(&self, thing: ThingId) -> Result<bool, EvidenceError> {
        Ok(!self.pending(thing)?.is_empty())
    }

    /// What is pending for `thing`, oldest first.
    pub(super) fn pending(&self, thing: ThingId) -> Result<Vec<(String, Sidecar)>, EvidenceError> {
        described(&self.thing_dir(thing))
    }
}

/// The files in `dir` that have a description, oldest first.
pub(super) fn described(dir: &Path) -> Result<Vec<(String, Sidecar)>, EvidenceError> {
    let names = names_in(dir).map_err(|e| EvidenceError::io(dir, e))?;
    let all: HashSet<&str> = names.iter().map(String::as_str).collect();
    let mut found = Vec::new();
    for name in &names {
        if let Some(file) = name.strip_suffix(SIDECAR).filter(|file| all.contains(file)) {
            found.push((file.to_owned(), read_sidecar(&dir.join(name))?));
        }
    }
    Ok(found)
}

fn read_sidecar(path: &Path) -> Result<Sidecar, EvidenceError> {
    let bytes = std::fs::read(path).map_err(|e| EvidenceError::io(path, e))?;
    serde_json::from_slice(&bytes)
        .map_err(|e| EvidenceError::BadSidecar { path: path.to_owned(), reason: e.to_string() })
}

fn drop_older_last(dir: &Path, newest: &Sidecar) -> Result<(), EvidenceError> {
    for (name, other) in described(dir)? {
        let replaced = other.moment == Moment::Last
            && other.role == newest.role
            && (other.at < newest.at || (other.at == newest.at && other.sha256 != newest.sha256));
        if replaced {
            remove_pending(dir, &name)?;
        }
    }
    Ok(())
}

/// Removes a pending file and its description; the description goes first, so that a crash in
/// between leaves an undescribed file, which the next start removes.
pub(super) fn remove_pending(dir: &Path, name: &str) -> Result<(), EvidenceError> {
    remove_file(&dir.join(format!("{name}{SIDECAR}")))?;
    remove_file(&dir.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{TimeSource, WallTime};

    fn item(moment: Moment, role: Role, at_ms: i64, bytes: &'static [u8]) -> NewEvidence {
        NewEvidence {
            role,
            camera: "cam".into(),
            at: WallTime::from_millis(at_ms),
            time_source: TimeSource::Arrival,
            pts_ns: Some(7),
            bbox: None,
            moment,
            extension: "jpg",
            bytes: bytes.into(),
            derived_from: None,
            model: "m".into(),
            second: None,
        }
    }

    fn open(min_free_bytes: u64) -> (tempfile::TempDir, Evidence) {
        let dir = tempfile::tempdir().unwrap();
        let evidence = Evidence::open(dir.path(), min_free_bytes).unwrap();
        (dir, evidence)
    }

    #[test]
    fn keeping_twice_is_keeping_once_and_a_newer_last_replaces_the_older() {
        let (_dir, evidence) = open(0);
        let thing = ThingId(4);
        let first = item(Moment::First, Role::Picture, 1_000, b"one");
        let hash = evidence.keep(thing, &first).unwrap();
        assert_eq!(evidence.keep(thing, &first).unwrap(), hash);
        for (at, bytes) in [(2_000, b"two".as_slice()), (3_000, b"three")] {
            evidence.keep(thing, &item(Moment::Last, Role::Picture, at, bytes)).unwrap();
        }
        evidence.keep(thing, &item(Moment::Last, Role::Annotated, 2_000, b"drawn")).unwrap();
        let kept: Vec<_> =
            evidence.pending(thing).unwrap().into_iter().map(|(_, s)| s.at.millis()).collect();
        assert_eq!(kept, [1_000, 2_000, 3_000], "one first, one annotated last, the newest last");
    }

    #[test]
    fn a_full_disk_is_refused_before_anything_is_written() {
        let (_dir, evidence) = open(u64::MAX);
        let error = evidence.keep(ThingId(1), &item(Moment::First, Role::Picture, 1, b"x"));
        assert!(error.unwrap_err().is_disk_full());
        assert!(!evidence.thing_dir(ThingId(1)).exists());
    }

    #[test]
    fn only_known_things_stay_pending() {
        let (_dir, evidence) = open(0);
        for thing in [1, 2, 3] {
            let piece = item(Moment::First, Role::Picture, thing, b"x");
            evidence.keep(ThingId(thing.unsigned_abs()), &piece).unwrap();
        }
        assert_eq!(evidence.retain_pending(&[ThingId(2)]).unwrap(), 2);
        let pending: Vec<bool> =
            (1..4).map(|thing| evidence.has_pending(ThingId(thing)).unwrap()).collect();
        assert_eq!(pending, [false, true, false]);
    }
}
