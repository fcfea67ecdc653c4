//! The arguments of `bench start`.

use std::path::PathBuf;

use clap::Args;

use super::{Cameras, Files, count};
use crate::app::bench::pipeline::start::Request;

/// Arguments of `start`.
#[derive(Args)]
pub struct Start {
    /// Numbers of cameras, parted by commas.
    #[arg(long, value_name = "COUNTS", value_delimiter = ',', default_value = "1,1000", value_parser = count)]
    cameras: Vec<usize>,
    /// Starts with each.
    #[arg(long, value_name = "COUNT", default_value = "5", value_parser = count)]
    starts: usize,
    #[command(flatten)]
    site: Cameras,
    #[command(flatten)]
    files: Files,
}

impl Start {
    /// What is asked for, of the model whose card is `card` when none is named, and where it goes.
    pub fn request(self, card: impl FnOnce() -> PathBuf) -> anyhow::Result<(Request, Files)> {
        let Self { cameras, starts, site, files } = self;
        Ok((Request { cameras, starts, site: site.site(card)? }, files))
    }
}
