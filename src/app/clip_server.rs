//! The verb `serve-clips` in a process of its own: what it costs is told apart, and whatever happens
//! to it stays there. Not the server itself; that is `serve`.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, bail};

use super::serve::LISTENING;

/// The clip server's process; it ends with this value, and with this process.
pub(super) struct ClipServer {
    child: Child,
    address: SocketAddr,
}

impl ClipServer {
    /// Starts it on a free port of this machine with `arguments`: clips, and options of the verb. It
    /// logs what `log` lets through.
    ///
    /// # Errors
    /// When it does not listen; its own message is on standard error then.
    pub fn start(
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
        log: &str,
    ) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve-clips", "--bind", "127.0.0.1:0", "--until-stdin-ends"])
            .args(arguments)
            .env("STREETWARDEN_LOG", std::env::var_os("STREETWARDEN_LOG").unwrap_or(log.into()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the clip server cannot be started")?;
        let mut line = String::new();
        let stdout = child.stdout.take().context("the clip server has no output")?;
        BufReader::new(stdout).read_line(&mut line)?;
        match line.trim().strip_prefix(LISTENING).and_then(|address| address.parse().ok()) {
            Some(address) => Ok(Self { child, address }),
            None => {
                // it has ended, or is of no use
                let _ = child.kill();
                let _ = child.wait();
                bail!("the clip server did not start; its message is above")
            }
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for ClipServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
