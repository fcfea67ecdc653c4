//! The verb `bench` and what it measures.

use std::{
    io::{Write as _, stdout},
    path::PathBuf,
    time::Duration,
};

use clap::Subcommand;

use crate::app::bench::{Size, letterbox};

/// What is measured.
#[derive(Subcommand)]
pub enum Bench {
    /// From a decoder's planes into the model's input, beside GStreamer's converter.
    #[command(
        after_help = "Times are processor time of one thread; contenders take turns until the figures hold still. The\nspread is where the middle half of the rounds lies; the ratio is against this program.\n\nExamples:\n  streetwarden bench letterbox\n  streetwarden bench letterbox --picture street.jpg --input 640x384 --json\n\nExit codes: 0 measured, 1 something could not be read or measured, 64 bad usage."
    )]
    Letterbox {
        /// Size of the I420 frame, which is drawn.
        #[arg(long, value_name = "WxH", default_value = "1920x1080")]
        size: Size,
        /// Size of the model's input.
        #[arg(long, value_name = "WxH", default_value = "416x416")]
        input: Size,
        /// Take this picture, in its own size, instead of a drawn one.
        #[arg(long, value_name = "FILE", conflicts_with = "size")]
        picture: Option<PathBuf>,
        /// Write frame.i420 and letterbox.rgb here, raw, for other programs to compare with.
        #[arg(long, value_name = "DIR")]
        dump: Option<PathBuf>,
        /// Stop after so long though the figures have not settled.
        #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = humantime::parse_duration)]
        longest: Duration,
        /// The table as JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Measures and prints.
pub fn bench(what: Bench) -> anyhow::Result<bool> {
    let Bench::Letterbox { size, input, picture, dump, longest, json } = what;
    let request = letterbox::Request { size, input, picture, dump, longest };
    let report = letterbox::letterbox(&request)?;
    if json {
        writeln!(stdout(), "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        write!(stdout(), "{report}")?;
    }
    Ok(true)
}
