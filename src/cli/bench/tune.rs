//! The arguments of `bench tune`.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use super::{Files, infer::Infer};
use crate::app::bench::tune::Request;

/// Arguments of `tune`.
#[derive(Args)]
pub struct Tune {
    /// How long a frame may take from being decoded to being judged, in 95 of 100.
    #[arg(long, value_name = "DURATION", default_value = "500ms", value_parser = humantime::parse_duration)]
    latency: Duration,
    /// Where the preset goes, a .toml file.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Write over what is there.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    infer: Infer,
}

impl Tune {
    /// What is asked for, of the model whose card is `card` when none is named, and where the table
    /// goes.
    pub fn request(self, card: impl FnOnce() -> PathBuf) -> (Request, Files) {
        let Self { latency, out, force, infer } = self;
        let (infer, files) = infer.request(card);
        (Request { infer, latency, out, force }, files)
    }
}
