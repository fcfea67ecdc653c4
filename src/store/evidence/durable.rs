//! Writing so that it is still there after the power went. A name appears only when the bytes
//! behind it are on the disk; a folder is synced after names in it changed.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use sha2::{Digest, Sha256};

use super::EvidenceError;

/// What temporary names begin with; such files are removed at the next start.
pub(in crate::store) const TEMP_PREFIX: &str = ".tmp-";

/// SHA-256 of `bytes` as lower-case hexadecimal.
pub(in crate::store) fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// SHA-256 and length of a file, read in pieces.
pub(in crate::store) fn sha256_of_file(path: &Path) -> io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let len = io::copy(&mut file, &mut HashWriter(&mut hasher))?;
    Ok((hex::encode(hasher.finalize()), len))
}

/// Feeds what is written to it to a hasher.
struct HashWriter<'a>(&'a mut Sha256);

impl Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes `bytes` to `dir/name`: temporary file, sync, rename. The caller syncs `dir`.
pub(super) fn write_synced(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), EvidenceError> {
    let temp = dir.join(format!("{TEMP_PREFIX}{name}"));
    let written = write_file(&temp, bytes)
        .and_then(|()| fs::rename(&temp, dir.join(name)))
        .map_err(|e| EvidenceError::io(&dir.join(name), e));
    if written.is_err() {
        // best effort: the next start removes it otherwise
        let _ = fs::remove_file(&temp);
    }
    written
}

fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes name changes inside `dir` durable.
pub(super) fn sync_dir(dir: &Path) -> Result<(), EvidenceError> {
    File::open(dir).and_then(|d| d.sync_all()).map_err(|e| EvidenceError::io(dir, e))
}

/// Creates `dir` (and what is missing above it) and makes its name durable.
pub(super) fn create_dir(dir: &Path) -> Result<(), EvidenceError> {
    if dir.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(dir).map_err(|e| EvidenceError::io(dir, e))?;
    dir.parent().map_or(Ok(()), sync_dir)
}

/// Removes a file; one that is not there is as good as removed.
pub(super) fn remove_file(path: &Path) -> Result<(), EvidenceError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(EvidenceError::io(path, e)),
        _ => Ok(()),
    }
}

/// Removes a folder and all in it; one that is not there is as good as removed.
pub(super) fn remove_dir_all(path: &Path) -> Result<(), EvidenceError> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(EvidenceError::io(path, e)),
        _ => Ok(()),
    }
}

/// Names in `dir`, sorted; none when it does not exist. Names that are no UTF-8 are not ours.
pub(in crate::store) fn names_in(dir: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(e),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_a_file_is_that_of_its_bytes() {
        let dir = tempfile::tempdir().unwrap();
        write_synced(dir.path(), "a.bin", b"abc").unwrap();
        let (hash, len) = sha256_of_file(&dir.path().join("a.bin")).unwrap();
        // FIPS 180-2, appendix B.1
        assert_eq!(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!((len, sha256_hex(b"abc")), (3, hash));
        assert_eq!(names_in(dir.path()).unwrap(), ["a.bin"], "no temporary file is left");
    }

    #[test]
    fn a_failed_write_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("a.bin")).unwrap(); // renaming onto a folder fails
        assert!(write_synced(dir.path(), "a.bin", b"abc").is_err());
        assert_eq!(names_in(dir.path()).unwrap(), ["a.bin"]);
    }
}
