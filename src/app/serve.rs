//! The verb `serve-clips`: video files as live RTSP cameras, for demos, tests and benchmarks.

use std::{
    io::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};
use tokio_util::sync::CancellationToken;

use crate::capture::{
    Credentials,
    serve::{self, Clip, ServeOptions},
};

/// What the first line on standard output begins with; the address follows.
pub const LISTENING: &str = "listening on rtsp://";

/// What to serve.
pub struct Request {
    /// Video files, or folders of them; each is served under its name without extension.
    pub clips: Vec<PathBuf>,
    /// Where to listen.
    pub bind: SocketAddr,
    /// End when the clips have been played once.
    pub once: bool,
    /// Serve so many cameras, the clips by turns and out of step, instead of one a clip.
    pub cameras: Option<usize>,
    /// `user:password` asked of clients.
    pub login: Option<String>,
    /// Ends when standard input does, so that it never outlives who started it.
    pub until_stdin_ends: bool,
}

/// Serves until a signal, or the end of standard input when so asked.
///
/// # Errors
/// When there is nothing to serve or it cannot be served.
pub fn serve(request: Request) -> anyhow::Result<()> {
    let mut clips = Vec::new();
    for path in &request.clips {
        collect(path, &mut clips)?;
    }
    ensure!(!clips.is_empty(), "no clips found; name .mp4 files or folders of them");
    let credentials = request.login.map(|login| {
        let (user, password) = login.split_once(':').unwrap_or((&login, ""));
        Credentials { user: user.to_owned(), password: password.to_owned() }
    });
    let stop = CancellationToken::new();
    if request.until_stdin_ends {
        let stop = stop.clone();
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            stop.cancel();
        });
    }
    let options = ServeOptions {
        clips,
        bind: request.bind,
        looping: !request.once,
        cameras: request.cameras,
        credentials,
    };
    serve::serve(options, stop, |address| {
        // whoever started this reads the line; when nobody does, serving goes on
        let _ = writeln!(std::io::stdout(), "{LISTENING}{address}");
        let _ = std::io::stdout().flush();
    })?;
    Ok(())
}

fn collect(path: &Path, clips: &mut Vec<Clip>) -> anyhow::Result<()> {
    if path.is_dir() {
        let listing = || format!("folder {} cannot be listed", path.display());
        let mut files: Vec<PathBuf> = std::fs::read_dir(path)
            .with_context(listing)?
            .filter_map(|entry| entry.ok().map(|e| e.path()))
            .filter(|p| p.extension().is_some_and(|e| e == "mp4"))
            .collect();
        files.sort();
        return files.iter().try_for_each(|file| collect(file, clips));
    }
    ensure!(path.is_file(), "clip {} is not there", path.display());
    let mount = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    clips.push(Clip { mount, path: path.to_owned() });
    Ok(())
}
