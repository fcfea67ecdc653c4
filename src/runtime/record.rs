//! Writes what judging was given as lines that `replay` reads.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use crate::base::Detections;

/// An open recording; every line is flushed, so a killed daemon leaves whole lines but the last.
pub struct Recorder {
    out: BufWriter<File>,
}

impl Recorder {
    /// Appends to `path`, creating it when missing.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(path)?;
        Ok(Self { out: BufWriter::new(file) })
    }

    /// Writes one line.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&mut self, detections: &Detections) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, detections)?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}
