//! The arguments of `bench detect`.

use std::path::PathBuf;

use clap::Args;

use super::{Files, Turns};
use crate::app::bench::detect::Request;

/// Arguments of `detect`.
#[derive(Args)]
pub struct Detect {
    /// Folder of pictures; JPEGs of 1920x1080 made of the demo's clips when not given.
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// Model card; the shipped one when not given.
    #[arg(long = "model", value_name = "CARD")]
    card: Option<PathBuf>,
    #[command(flatten)]
    times: Turns,
    #[command(flatten)]
    files: Files,
}

impl Detect {
    /// What is asked for, of the model whose card is `card` when none is named, and where it goes.
    pub fn request(self, card: impl FnOnce() -> PathBuf) -> (Request, Files) {
        let Self { pictures, card: named, times, files } = self;
        (Request { card: named.unwrap_or_else(card), pictures, times: times.into() }, files)
    }
}
