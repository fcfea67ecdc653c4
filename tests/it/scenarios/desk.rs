//! Puts a street into a folder, replays it there, and reads what came out.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use streetwarden::{
    app::replay::{Request, replay},
    resolve::CaseRow,
};
use tempfile::TempDir;

use super::{
    optics::Point,
    street::{Street, place},
};

/// A folder with a site's settings; recordings, cases and state come beside them.
pub struct Desk {
    dir: TempDir,
}

impl Desk {
    pub fn new(site: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("site.toml"), site).unwrap();
        Self { dir }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn record(&self, lines: &[String]) -> PathBuf {
        let input = self.path("detections.jsonl");
        fs::write(&input, lines.iter().map(|l| format!("{l}\n")).collect::<String>()).unwrap();
        input
    }

    /// Replays `lines`, with the state in the folder `state` when one is named; the bytes of
    /// `cases.json`.
    pub fn replay(&self, lines: &[String], state: Option<&str>) -> Vec<u8> {
        let request = Request {
            input: self.record(lines),
            config: self.path("site.toml"),
            cases: self.path("cases.json"),
            state: state.map(|name| self.path(name)),
        };
        replay(&request).unwrap();
        fs::read(self.path("cases.json")).unwrap()
    }

    /// Other settings from now on.
    pub fn settle(&self, site: &str) {
        fs::write(self.path("site.toml"), site).unwrap();
    }

    /// The same through the binary, for what a person sees of it.
    pub fn run(&self, lines: &[String], state: Option<&str>) -> Output {
        let input = self.record(lines);
        self.run_on(&input, state)
    }

    /// The binary on any recording.
    pub fn run_on(&self, input: &Path, state: Option<&str>) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_streetwarden"));
        command.arg("replay").arg(input);
        command.arg("--config").arg(self.path("site.toml"));
        command.arg("--cases").arg(self.path("cases.json"));
        if let Some(name) = state {
            command.arg("--state").arg(self.path(name));
        }
        command.output().unwrap()
    }
}

/// Every file below `dir` with its bytes.
pub fn contents(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

pub fn rows(json: &[u8]) -> Vec<CaseRow> {
    serde_json::from_slice(json).unwrap()
}

/// The cases of a whole street.
pub fn cases(street: &Street) -> Vec<CaseRow> {
    cases_until(street, street.minutes)
}

/// The cases known at `minute`.
pub fn cases_until(street: &Street, minute: f64) -> Vec<CaseRow> {
    let until = street.clone().until(minute);
    rows(&Desk::new(&street.site()).replay(&until.lines(), None))
}

/// Metres between a case and where the thing really stands.
pub fn off_by(case: &CaseRow, truth: Point) -> f64 {
    streetwarden::base::LonLat { lon: case.lon, lat: case.lat }.distance_m(place(truth))
}
