//! The verb `run`: the daemon until a signal ends it. The first signal stops in order, the second at
//! once.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::daemon::{Daemon, Plan};
use crate::settings::Settings;

/// How long the parts get to finish.
pub const GRACE: Duration = Duration::from_secs(20);

/// Runs the daemon on the settings file `config`.
///
/// # Errors
/// When a part cannot be started.
pub fn run(config: &Path, record: Option<PathBuf>) -> anyhow::Result<()> {
    let settings = Settings::load(config)?;
    on_runtime(async {
        let mut signals = Signals::new()?;
        let daemon = Daemon::start(settings, Plan { record, until_end: false }).await?;
        let name = signals.next().await;
        tracing::info!(signal = name, "stopping; a second signal stops at once");
        tokio::select! {
            late = daemon.stop(GRACE) => report(&late),
            name = signals.next() => {
                tracing::warn!(signal = name, "stopped at once");
                std::process::exit(130);
            }
        }
        Ok(())
    })
}

/// Logs who was late.
pub(super) fn report(late: &[String]) {
    if late.is_empty() {
        tracing::info!("stopped");
    } else {
        tracing::warn!(late = late.join(", "), "stopped; not all parts ended in time");
    }
}

/// Runs `work` on a fresh multi-threaded runtime.
pub(super) fn on_runtime<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("the async runtime cannot be started")?
        .block_on(work)
}

/// The signals that end the daemon.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    pub fn new() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("signals cannot be listened to");
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    pub async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "interrupt",
            _ = self.terminate.recv() => "terminate",
        }
    }
}
