//! One number of cameras, measured: clip server and daemon in processes of their own, a pause until
//! the daemon has settled, then what it used and decided in a span of time.

use std::{
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::ensure;

use super::{
    Request,
    daemon::Daemon,
    launch::{Launched, launch},
    metrics::Counts,
};
use crate::app::{
    bench::{clock::time_of, statistics::median},
    clip_server::ClipServer,
};

/// How long cameras may take to deliver, and so much more for each.
const DELIVER: Duration = Duration::from_secs(60);
const DELIVER_EACH: Duration = Duration::from_millis(100);
/// Between two looks at the daemon's size, or at how many cameras deliver.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// How long.
    pub seconds: f64,
    /// Processor time of the daemon in that time.
    pub processor_s: f64,
    /// The same of the clip server.
    pub server_s: f64,
    /// MiB of the daemon in memory: the median look.
    pub memory_mib: Option<f64>,
    /// Its threads: the median look.
    pub threads: Option<f64>,
    /// What it counted.
    pub counts: Counts,
}

/// Measures `cameras` cameras with `program` as daemon.
///
/// # Errors
/// Something does not start, ends early, or not all cameras deliver.
pub fn measure(program: &Path, request: &Request, cameras: usize) -> anyhow::Result<Load> {
    let mut launched = launch(program, &request.site, cameras)?;
    let Launched { daemon, server, .. } = &mut launched;
    all_deliver(daemon, cameras)?;
    wait(daemon, request.warm_up(), |_| {})?;
    span(daemon, server, request.span)
}

/// Waits until every camera delivers and as many frames are judged: the first ones find inference
/// still warming up.
fn all_deliver(daemon: &mut Daemon, cameras: usize) -> anyhow::Result<()> {
    let each = DELIVER_EACH * u32::try_from(cameras).unwrap_or(u32::MAX);
    let until = Instant::now() + DELIVER + each;
    loop {
        let Counts { streaming, judged, .. } = daemon.counts()?;
        if streaming >= cameras && judged >= cameras as f64 {
            return Ok(());
        }
        let waiting = Instant::now() < until;
        ensure!(waiting, "{streaming} of {cameras} cameras deliver, {judged} frames are judged");
        sleep(LOOK_EVERY);
    }
}

/// Readings of the counters lie outside those of the clocks: to answer costs processor time too.
fn span(daemon: &mut Daemon, server: &ClipServer, length: Duration) -> anyhow::Result<Load> {
    let clocks = |daemon: &Daemon| anyhow::Ok((daemon.processor_time()?, time_of(server.id())?));
    let earlier = daemon.counts()?;
    let (began, before) = (Instant::now(), clocks(daemon)?);
    let mut sizes = Vec::new();
    wait(daemon, length, |daemon| sizes.extend(daemon.size()))?;
    let (seconds, after) = (began.elapsed().as_secs_f64(), clocks(daemon)?);
    let counts = daemon.counts()?.since(&earlier);
    let (resident, threads): (Vec<f64>, Vec<f64>) =
        sizes.iter().map(|(mib, threads)| (*mib, *threads as f64)).unzip();
    Ok(Load {
        seconds,
        processor_s: after.0.saturating_sub(before.0).as_secs_f64(),
        server_s: after.1.saturating_sub(before.1).as_secs_f64(),
        memory_mib: (!resident.is_empty()).then(|| median(&resident)),
        threads: (!threads.is_empty()).then(|| median(&threads)),
        counts,
    })
}

/// Lets the daemon work for `length` and looks at it meanwhile.
fn wait(
    daemon: &mut Daemon,
    length: Duration,
    mut look: impl FnMut(&Daemon),
) -> anyhow::Result<()> {
    let until = Instant::now() + length;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        sleep(left.min(LOOK_EVERY));
        daemon.check()?;
        look(daemon);
    }
}
