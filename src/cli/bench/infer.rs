//! The arguments of `bench infer`.

use std::{path::PathBuf, time::Duration};

use clap::Args;

use super::{Files, Turns, count};
use crate::app::bench::{
    Size,
    infer::{AS_THE_FILE, Request},
};

/// Arguments of `infer`.
#[derive(Args)]
pub struct Infer {
    /// Model cards, one a precision, say; the shipped one when none is given.
    #[arg(long = "model", value_name = "CARD", value_delimiter = ',')]
    models: Vec<PathBuf>,
    /// Execution providers: cpu, cuda, tensorrt, openvino.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "cpu")]
    providers: Vec<String>,
    /// Precisions: fp32, fp16, int8 where the provider knows it, or file for what the model's file says.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = AS_THE_FILE)]
    precisions: Vec<String>,
    /// Graphics cards by number; 0+1 has the sessions take both in turn. The first when none is given.
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',')]
    devices: Vec<String>,
    /// Frames a call.
    #[arg(long, value_name = "COUNTS", value_delimiter = ',', default_value = "1,2,4,8", value_parser = count)]
    batches: Vec<usize>,
    /// Sessions at work at the same time.
    #[arg(long, value_name = "COUNTS", value_delimiter = ',', default_value = "1,2", value_parser = count)]
    sessions: Vec<usize>,
    /// Threads inside a session; 0 lets the library choose.
    #[arg(long, value_name = "COUNTS", value_delimiter = ',', default_value = "1,0")]
    threads: Vec<usize>,
    /// Size of the I420 frames, which are drawn.
    #[arg(long, value_name = "WxH", default_value = "1920x1080")]
    size: Size,
    /// Take these pictures, in their own sizes, instead of drawn ones.
    #[arg(long = "picture", value_name = "FILE", conflicts_with = "size")]
    pictures: Vec<PathBuf>,
    /// Give a combination up after so long; some take minutes to open.
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = humantime::parse_duration)]
    patience: Duration,
    #[command(flatten)]
    times: Turns,
    #[command(flatten)]
    files: Files,
}

impl Infer {
    /// What is asked for, of the model whose card is `card` when none is named, and where it goes.
    pub fn request(self, card: impl FnOnce() -> PathBuf) -> (Request, Files) {
        let request = Request {
            cards: if self.models.is_empty() { vec![card()] } else { self.models },
            providers: self.providers,
            precisions: self.precisions,
            devices: if self.devices.is_empty() { vec![String::new()] } else { self.devices },
            batches: self.batches,
            sessions: self.sessions,
            threads: self.threads,
            pictures: self.pictures,
            size: self.size,
            times: self.times.into(),
            patience: self.patience,
        };
        (request, self.files)
    }
}
