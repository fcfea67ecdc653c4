//! The verb `replay`: recorded detections through judging and cases in virtual time. Output and
//! state are written whole or not at all.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use crate::{
    resolve::{Replay, ReplayState},
    settings::Settings,
};

const STATE_FILE: &str = "replay-state.json";

/// What to replay.
pub struct Request {
    /// Detections and reviews, one JSON object a line.
    pub input: PathBuf,
    /// Settings file of the site.
    pub config: PathBuf,
    /// Where the cases go.
    pub cases: PathBuf,
    /// Folder of the state, to go on from a run before and be gone on from.
    pub state: Option<PathBuf>,
}

/// What came of it.
pub struct Outcome {
    /// Lines read.
    pub lines: u64,
    /// Cases known, those of runs before included.
    pub cases: usize,
    /// Reviews that no open case answered to.
    pub unmatched_reviews: u64,
}

/// Replays.
///
/// # Errors
/// Settings, a malformed line (with its number), files that cannot be read or written. Nothing is
/// written then.
pub fn replay(request: &Request) -> anyhow::Result<Outcome> {
    let settings = Settings::load(&request.config)?;
    let state = request.state.as_deref().map(load_state).transpose()?.flatten();
    let mut replay = Replay::new(settings.judge, settings.docket, state)?;
    let name = request.input.display();
    let input = File::open(&request.input).with_context(|| format!("{name} cannot be read"))?;
    let mut lines = 0;
    for line in BufReader::new(input).lines() {
        let line = line.with_context(|| format!("{name}: line {} cannot be read", lines + 1))?;
        lines += 1;
        replay.feed(&line).with_context(|| name.to_string())?;
    }
    let rows = replay.rows();
    // both lie ready before either takes its place; cases first, for a run with the old state makes
    // the same ones again
    let cases = Ready::write(&request.cases, &rows)?;
    let state_file = request.state.as_deref().map(|dir| (dir, dir.join(STATE_FILE)));
    let state = match &state_file {
        Some((dir, path)) => {
            fs::create_dir_all(dir).with_context(|| format!("{} cannot be made", dir.display()))?;
            Some(Ready::write(path, &replay.state())?)
        }
        None => None,
    };
    cases.put()?;
    state.map_or(Ok(()), Ready::put)?;
    Ok(Outcome { lines, cases: rows.len(), unmatched_reviews: replay.unmatched_reviews() })
}

fn load_state(dir: &Path) -> anyhow::Result<Option<ReplayState>> {
    let path = dir.join(STATE_FILE);
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let state = serde_json::from_slice(&text).with_context(|| {
        format!("{} is no state of a replay; remove it to begin anew", path.display())
    })?;
    Ok(Some(state))
}

/// A file that is written beside its place, so that nobody ever reads half of it. Removed again if
/// it does not come to be put there.
struct Ready<'a> {
    beside: PathBuf,
    path: &'a Path,
}

impl<'a> Ready<'a> {
    fn write(path: &'a Path, value: &impl serde::Serialize) -> anyhow::Result<Self> {
        let cannot = || format!("{} cannot be written", path.display());
        let mut beside = path.as_os_str().to_owned();
        beside.push(".part");
        let mut text = serde_json::to_vec_pretty(value)?;
        text.push(b'\n');
        let mut file = File::create(&beside).with_context(cannot)?;
        let ready = Self { beside: beside.into(), path };
        file.write_all(&text).and_then(|()| file.sync_all()).with_context(cannot)?;
        Ok(ready)
    }

    fn put(self) -> anyhow::Result<()> {
        fs::rename(&self.beside, self.path)
            .with_context(|| format!("{} cannot be written", self.path.display()))
    }
}

impl Drop for Ready<'_> {
    fn drop(&mut self) {
        // after `put` there is nothing left to remove
        let _ = fs::remove_file(&self.beside);
    }
}
