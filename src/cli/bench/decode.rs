//! The arguments of `bench decode`.

use std::path::PathBuf;

use clap::Args;

use super::{Files, Turns, count};
use crate::app::bench::decode::Request;

/// Arguments of `decode`.
#[derive(Args)]
pub struct Decode {
    /// Video files.
    #[arg(required = true)]
    clips: Vec<PathBuf>,
    /// Decoders at work at the same time.
    #[arg(long, value_name = "COUNTS", value_delimiter = ',', default_value = "1", value_parser = count)]
    threads: Vec<usize>,
    /// Decoder elements to prefer, as in the settings.
    #[arg(long = "decoder", value_name = "ELEMENT", value_delimiter = ',')]
    decoders: Vec<String>,
    #[command(flatten)]
    times: Turns,
    #[command(flatten)]
    files: Files,
}

impl Decode {
    /// What is asked for, and where it goes.
    pub fn request(self) -> (Request, Files) {
        let Self { clips, threads, decoders, times, files } = self;
        (Request { clips, threads, decoders, times: times.into() }, files)
    }
}
