//! The verb `serve-clips`: its arguments.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;

use crate::app::serve::{Request, serve};

/// Arguments of `serve-clips`.
#[derive(Args)]
pub struct ServeClips {
    /// Video files or folders; each is served under its name without extension.
    #[arg(required = true)]
    clips: Vec<PathBuf>,
    /// Where to listen; port 0 picks a free one. The address is printed.
    #[arg(long, default_value = "127.0.0.1:8554", value_name = "ADDRESS")]
    bind: SocketAddr,
    /// Play once instead of looping.
    #[arg(long)]
    once: bool,
    /// Serve so many cameras cam-0, cam-1, … instead: the clips by turns, out of step.
    #[arg(long, value_name = "COUNT")]
    cameras: Option<usize>,
    /// Ask clients for this login.
    #[arg(long, value_name = "USER:PASSWORD")]
    login: Option<String>,
    /// End when standard input does.
    #[arg(long)]
    until_stdin_ends: bool,
}

impl ServeClips {
    /// Serves.
    pub fn carry_out(self) -> anyhow::Result<()> {
        let Self { clips, bind, once, cameras, login, until_stdin_ends } = self;
        serve(Request { clips, bind, once, cameras, login, until_stdin_ends })
    }
}
