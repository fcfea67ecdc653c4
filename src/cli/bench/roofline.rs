//! The arguments of `bench roofline`.

use std::path::PathBuf;

use clap::Args;

use super::{Files, Turns, count};
use crate::app::bench::{infer::AS_THE_FILE, roofline::Request};

/// Arguments of `roofline`.
#[derive(Args)]
pub struct Roofline {
    /// The model's card; the shipped one when none is given.
    #[arg(long, value_name = "CARD")]
    model: Option<PathBuf>,
    /// Execution provider: cpu, cuda, tensorrt or openvino. With tensorrt, the roof is that of cuda.
    #[arg(long, value_name = "NAME", default_value = "cpu")]
    provider: String,
    /// Precision of the model: fp32, fp16, int8 where the provider knows it, or file for what its file says.
    #[arg(long, value_name = "NAME", default_value = AS_THE_FILE)]
    precision: String,
    /// Pictures a call.
    #[arg(long, value_name = "COUNTS", value_delimiter = ',', default_value = "1,4,16", value_parser = count)]
    batches: Vec<usize>,
    /// Sessions at work at the same time.
    #[arg(long, value_name = "COUNT", default_value = "1", value_parser = count)]
    sessions: usize,
    /// Threads inside a session; 0 lets the library choose.
    #[arg(long, value_name = "COUNT", default_value = "0")]
    threads: usize,
    #[command(flatten)]
    times: Turns,
    #[command(flatten)]
    files: Files,
}

impl Roofline {
    /// What is asked for, of the model whose card is `card` when none is named, and where it goes.
    pub fn request(self, card: impl FnOnce() -> PathBuf) -> (Request, Files) {
        let request = Request {
            card: self.model.unwrap_or_else(card),
            provider: self.provider,
            precision: self.precision,
            batches: self.batches,
            sessions: self.sessions,
            threads: self.threads,
            times: self.times.into(),
        };
        (request, self.files)
    }
}
