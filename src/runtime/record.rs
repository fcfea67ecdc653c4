//! Writes what judging was given as lines that `replay` reads: in time order, though cameras hand
//! in a little out of order. Not a log: a line that comes too late to be put in order is left out.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write},
    path::Path,
    time::Duration,
};

use serde::Deserialize;

use crate::base::{Detections, WallTime};

/// Lines wait until one so much newer has come. Two cameras' clocks may differ so much: each is
/// believed as long as it is within 30 s of the arrival.
const HOLD: Duration = Duration::from_secs(60);
/// The end of an older recording that is searched for its last line.
const TAIL_BYTES: u64 = 1 << 20;

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is written, or will be in its turn.
    InOrder,
    /// Later lines are written already; it is left out.
    TooLate,
}

/// An open recording. Whole lines are written, so a killed daemon loses the lines that waited and
/// no others; dropped, it writes them all.
pub struct Recorder {
    out: BufWriter<File>,
    /// By time, then by arrival.
    held: BTreeMap<(WallTime, u64), Vec<u8>>,
    arrived: u64,
    newest: WallTime,
    /// Time of the last line in the file.
    written: Option<WallTime>,
}

#[derive(Deserialize)]
struct Timed {
    at: WallTime,
}

impl Recorder {
    /// Appends to `path`, creating it when missing; half a line at its end, as a crash may leave
    /// it, is cut off.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::options().create(true).read(true).append(true).open(path)?;
        let written = mend(&mut file)?;
        Ok(Self {
            out: BufWriter::new(file),
            held: BTreeMap::new(),
            arrived: 0,
            newest: written.unwrap_or_default(),
            written,
        })
    }

    /// Takes one line, and writes those whose turn has come.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&mut self, detections: &Detections) -> io::Result<Recorded> {
        let at = detections.at;
        if self.written.is_some_and(|written| at < written) {
            return Ok(Recorded::TooLate);
        }
        let mut line = serde_json::to_vec(detections)?;
        line.push(b'\n');
        self.arrived += 1;
        self.held.insert((at, self.arrived), line);
        self.newest = self.newest.max(at);
        self.release(self.newest.minus(HOLD))?;
        Ok(Recorded::InOrder)
    }

    /// Writes all that waits.
    ///
    /// # Errors
    /// What the file system says.
    pub fn finish(&mut self) -> io::Result<()> {
        self.release(self.newest)
    }

    fn release(&mut self, until: WallTime) -> io::Result<()> {
        let mut any = false;
        while let Some(entry) = self.held.first_entry()
            && entry.key().0 <= until
        {
            let ((at, _), line) = entry.remove_entry();
            self.written = Some(at);
            self.out.write_all(&line)?;
            any = true;
        }
        if any { self.out.flush() } else { Ok(()) }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if let Err(error) = self.finish() {
            tracing::warn!(%error, "the end of the recording cannot be written");
        }
    }
}

/// Cuts half a line off the end of `file`; the time of its last line, where it has one.
fn mend(file: &mut File) -> io::Result<Option<WallTime>> {
    let length = file.metadata()?.len();
    let from = length.saturating_sub(TAIL_BYTES);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let whole = tail.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    if whole < tail.len() {
        file.set_len(from + whole as u64)?;
    }
    let lines = tail[..whole].split(|b| *b == b'\n');
    let last = lines.rev().find(|line| !line.is_empty());
    Ok(last.and_then(|line| serde_json::from_slice::<Timed>(line).ok()).map(|timed| timed.at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> WallTime {
        WallTime::from_millis(1_778_457_600_000).plus(Duration::from_secs(second))
    }

    fn line(camera: &str, second: u64) -> Detections {
        let camera = camera.into();
        Detections { camera, at: at(second), width: 4, height: 2, detections: Vec::new() }
    }

    /// `(camera, second)` of every line in the file.
    fn lines(path: &Path) -> Vec<(String, u64)> {
        let text = std::fs::read_to_string(path).unwrap();
        text.lines()
            .map(|text| {
                let read: serde_json::Value = serde_json::from_str(text).unwrap();
                let time = WallTime::parse(read["at"].as_str().unwrap()).unwrap();
                (read["camera"].as_str().unwrap().to_owned(), time.since(at(0)).as_secs())
            })
            .collect()
    }

    fn seconds(path: &Path) -> Vec<u64> {
        lines(path).into_iter().map(|(_, second)| second).collect()
    }

    #[test]
    fn lines_are_written_in_time_order_though_they_come_out_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("r.jsonl");
        let mut recorder = Recorder::open(&path).unwrap();
        for (camera, second) in [("a", 40), ("b", 10), ("a", 50), ("b", 20), ("c", 20), ("a", 75)] {
            assert_eq!(recorder.write(&line(camera, second)).unwrap(), Recorded::InOrder);
        }
        let early = [("b".to_owned(), 10)];
        assert_eq!(lines(&path), early, "what may still be overtaken waits");
        drop(recorder);
        assert_eq!(seconds(&path), [10, 20, 20, 40, 50, 75]);
        assert_eq!(lines(&path)[1].0, "b", "of the same time: as they came");
    }

    #[test]
    fn a_line_too_late_is_left_out_and_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("r.jsonl");
        let mut recorder = Recorder::open(&path).unwrap();
        recorder.write(&line("a", 100)).unwrap();
        recorder.write(&line("a", 200)).unwrap();
        assert_eq!(recorder.write(&line("b", 99)).unwrap(), Recorded::TooLate);
        assert_eq!(recorder.write(&line("b", 101)).unwrap(), Recorded::InOrder);
        recorder.finish().unwrap();
        assert_eq!(seconds(&path), [100, 101, 200]);
    }

    #[test]
    fn a_recording_goes_on_behind_its_last_whole_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("r.jsonl");
        Recorder::open(&path).unwrap().write(&line("a", 100)).unwrap();
        let mut file = File::options().append(true).open(&path).unwrap();
        file.write_all(br#"{"camera":"a","at":"20"#).unwrap();
        let mut recorder = Recorder::open(&path).unwrap();
        assert_eq!(recorder.write(&line("a", 90)).unwrap(), Recorded::TooLate);
        recorder.write(&line("a", 110)).unwrap();
        drop(recorder);
        assert_eq!(seconds(&path), [100, 110]);
    }
}
