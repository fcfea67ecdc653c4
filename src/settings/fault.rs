//! What is wrong with a settings file, collected until all is known.

use std::{
    fmt,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Path in the file, for example `camera[2].position.crs`; empty for the file as a whole.
    pub at: String,
    /// What is wrong and what would be right.
    pub message: String,
}

/// All faults of one file, in the order found.
#[derive(Debug)]
pub struct Faults {
    file: String,
    list: Mutex<Vec<Fault>>,
}

impl Faults {
    /// None yet, for the file at `path`.
    pub(super) fn new(path: &Path) -> Self {
        Self { file: path.display().to_string(), list: Mutex::default() }
    }

    /// A single one.
    pub(super) fn one(path: &Path, at: &str, message: String) -> Self {
        let faults = Self::new(path);
        faults.add(at, message);
        faults
    }

    pub(super) fn add(&self, at: impl Into<String>, message: impl Into<String>) {
        self.lock().push(Fault { at: at.into(), message: message.into() });
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// The faults without the file's name, for a row of a table.
    pub fn on_one_line(&self) -> String {
        let texts: Vec<String> =
            self.lock().iter().map(|f| format!("{}: {}", f.at, f.message)).collect();
        texts.join("; ")
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The faults.
    pub fn list(&self) -> Vec<Fault> {
        self.lock().clone()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = self.lock();
        let many = if list.len() == 1 { "fault" } else { "faults" };
        write!(f, "{}: {} {many} in the settings", self.file, list.len())?;
        for fault in list.iter() {
            let at = if fault.at.is_empty() { "file" } else { &fault.at };
            write!(f, "\n  {at}: {}", fault.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
