//! The arguments of `bench pipeline`.

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;
use clap::Args;

use super::{Files, count};
use crate::{app::bench::pipeline::Request, detect::find_bundled};

/// The clips that come with the program.
const CLIPS: &str = "pipelines/demo/clips";

/// Arguments of `pipeline`.
#[derive(Args)]
pub struct Pipeline {
    /// Simulated cameras; with --ramp those to begin with.
    #[arg(long, value_name = "COUNT", default_value = "4", value_parser = count)]
    cameras: usize,
    /// Look at one frame of each camera this often.
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = humantime::parse_duration)]
    every: Duration,
    /// How long each number of cameras is measured, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = count)]
    seconds: usize,
    /// How long the daemon runs before that; five looks of a camera when not given.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    warm_up: Option<Duration>,
    /// Video files, or folders of them, that the cameras show in a loop; the demo's when not given.
    #[arg(long = "clip", value_name = "FILE", num_args = 1..)]
    clips: Vec<PathBuf>,
    /// Double the cameras until frames are dropped that were to be looked at, or decisions are late.
    #[arg(long)]
    ramp: bool,
    /// 95 in 100 decisions must be made within this.
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = humantime::parse_duration)]
    late: Duration,
    /// Model card; the shipped one when not given.
    #[arg(long = "model", value_name = "CARD")]
    card: Option<PathBuf>,
    /// Preset of the settings: a name, or the path of a .toml file.
    #[arg(long, value_name = "PRESET")]
    preset: Option<String>,
    /// Look at each camera so often though nothing changes, or "off", as in the settings.
    #[arg(long, value_name = "DURATION")]
    recheck: Option<String>,
    #[command(flatten)]
    files: Files,
}

impl Pipeline {
    /// What is asked for, of the model whose card is `card` when none is named, and where it goes.
    pub fn request(self, card: impl FnOnce() -> PathBuf) -> anyhow::Result<(Request, Files)> {
        let mut clips = self.clips;
        if clips.is_empty() {
            let bundled = find_bundled(CLIPS);
            clips.push(bundled.context("the demo's clips are not found; name some by --clip")?);
        }
        let request = Request {
            cameras: self.cameras,
            ramp: self.ramp,
            every: self.every,
            span: Duration::from_secs(self.seconds as u64),
            warm_up: self.warm_up,
            clips,
            card: self.card.unwrap_or_else(card),
            preset: self.preset,
            recheck: self.recheck,
            late: self.late,
        };
        Ok((request, self.files))
    }
}
