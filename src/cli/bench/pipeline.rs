//! The arguments of `bench pipeline`.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use super::{Cameras, Files, count};
use crate::app::bench::pipeline::Request;

/// Arguments of `pipeline`.
#[derive(Args)]
pub struct Pipeline {
    /// Simulated cameras; with --ramp those to begin with.
    #[arg(long, value_name = "COUNT", default_value = "4", value_parser = count)]
    cameras: usize,
    /// How long each number of cameras is measured, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = count)]
    seconds: usize,
    /// How long the daemon runs before that; five looks of a camera when not given.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    warm_up: Option<Duration>,
    /// Double the cameras until frames are dropped that were to be looked at, or decisions are late.
    #[arg(long)]
    ramp: bool,
    /// 95 in 100 decisions must be made within this.
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = humantime::parse_duration)]
    late: Duration,
    #[command(flatten)]
    site: Cameras,
    #[command(flatten)]
    files: Files,
}

impl Pipeline {
    /// What is asked for, of the model whose card is `card` when none is named, and where it goes.
    pub fn request(self, card: impl FnOnce() -> PathBuf) -> anyhow::Result<(Request, Files)> {
        let request = Request {
            cameras: self.cameras,
            ramp: self.ramp,
            span: Duration::from_secs(self.seconds as u64),
            warm_up: self.warm_up,
            late: self.late,
            site: self.site.site(card)?,
        };
        Ok((request, self.files))
    }
}
