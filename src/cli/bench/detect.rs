//! The arguments of `bench detect`.

use std::path::PathBuf;

use clap::Args;

use super::{Files, Turns};
use crate::{app::bench::detect::Request, detect::SecondLookChoice};

/// Arguments of `detect`.
#[derive(Args)]
pub struct Detect {
    /// Folder of pictures; JPEGs of 1920x1080 made of the demo's clips when not given.
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// Model card; the shipped one when not given.
    #[arg(long = "model", value_name = "CARD")]
    card: Option<PathBuf>,
    /// No second look.
    #[arg(long)]
    no_second_look: bool,
    #[command(flatten)]
    times: Turns,
    #[command(flatten)]
    files: Files,
}

impl Detect {
    /// What is asked for, of the model whose card is `card` when none is named, and where it goes.
    pub fn request(self, card: impl FnOnce() -> PathBuf) -> (Request, Files) {
        let Self { pictures, card: named, no_second_look, times, files } = self;
        let card = named.unwrap_or_else(card);
        let second_look =
            if no_second_look { SecondLookChoice::Off } else { SecondLookChoice::Bundled };
        (Request { card, pictures, second_look, times: times.into() }, files)
    }
}
