//! The arguments that say of what simulated cameras are made.

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;
use clap::Args;

use crate::{app::bench::pipeline::Site, detect::find_bundled};

/// The clips that come with the program.
const CLIPS: &str = "pipelines/demo/clips";

/// Arguments of every verb that simulates cameras.
#[derive(Args)]
pub struct Cameras {
    /// Look at one frame of each camera this often.
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = humantime::parse_duration)]
    every: Duration,
    /// Video files, or folders of them, that the cameras show in a loop; the demo's when not given.
    #[arg(long = "clip", value_name = "FILE", num_args = 1..)]
    clips: Vec<PathBuf>,
    /// Model card; the shipped one when not given.
    #[arg(long = "model", value_name = "CARD")]
    card: Option<PathBuf>,
    /// Preset of the settings: a name, or the path of a .toml file.
    #[arg(long, value_name = "PRESET")]
    preset: Option<String>,
    /// Look at each camera so often though nothing changes, or "off", as in the settings.
    #[arg(long, value_name = "DURATION")]
    recheck: Option<String>,
}

impl Cameras {
    /// The site, of the model whose card is `card` when none is named.
    pub fn site(self, card: impl FnOnce() -> PathBuf) -> anyhow::Result<Site> {
        let mut clips = self.clips;
        if clips.is_empty() {
            let bundled = find_bundled(CLIPS);
            clips.push(bundled.context("the demo's clips are not found; name some by --clip")?);
        }
        Ok(Site {
            every: self.every,
            clips,
            card: self.card.unwrap_or_else(card),
            preset: self.preset,
            recheck: self.recheck,
        })
    }
}
