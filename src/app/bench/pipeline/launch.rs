//! A site in motion: the clip server and the daemon, each in a process of its own, on settings in a
//! folder that goes with them.

use std::{
    ffi::OsString,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Context as _;

use super::{
    daemon::Daemon,
    site::{self, Site},
};
use crate::app::{clip_server::ClipServer, scratch::Scratch};

/// How long the daemon may take to start, model included.
const START: Duration = Duration::from_secs(120);

/// Ends with this value.
pub struct Launched {
    /// Declared first: it must not see the cameras vanish.
    pub daemon: Daemon,
    /// The cameras.
    pub server: ClipServer,
    /// When the daemon was called.
    pub began: Instant,
    /// How long it then took until its page answered.
    pub started_after: Duration,
    _scratch: Scratch,
}

/// Starts `cameras` cameras of `site`, then `program` as their daemon.
///
/// # Errors
/// Something does not start.
pub fn launch(program: &Path, site: &Site, cameras: usize) -> anyhow::Result<Launched> {
    let scratch = Scratch::new(None, "bench")?;
    let clips = site.clips.iter().map(|clip| clip.clone().into_os_string());
    let count: [OsString; 2] = ["--cameras".into(), cameras.to_string().into()];
    let server = ClipServer::start(clips.chain(count), "warn")?;
    let config = scratch.dir().join("site.toml");
    let settings = site::settings(site, cameras, server.address(), scratch.dir())?;
    std::fs::write(&config, settings).with_context(|| format!("file {}", config.display()))?;
    let began = Instant::now();
    let daemon = Daemon::start(program, &config, START)?;
    Ok(Launched { daemon, server, began, started_after: began.elapsed(), _scratch: scratch })
}
