//! Video files through capture, for the verb `detect`.

use std::{
    path::Path,
    sync::{Arc, mpsc},
    time::Duration,
};

use anyhow::bail;
use tokio_util::sync::CancellationToken;

use crate::{
    base::{CameraId, Frame},
    capture::{Camera, CameraStatus, Capture, Flow, FrameSink, Options, Source, State},
    runtime::shutdown::Member,
};

/// Frames read ahead of the one looked at.
const AHEAD: usize = 4;

struct ToChannel(mpsc::SyncSender<Frame>);

impl FrameSink for ToChannel {
    fn deliver(&mut self, frame: Frame) -> Flow {
        if self.0.send(frame).is_ok() { Flow::Continue } else { Flow::Stop }
    }
}

/// Hands a frame every `every` of the video at `path` to `deliver`, as those of a camera named after the file.
///
/// # Errors
/// The video cannot be read, or `deliver` fails.
pub fn read(
    path: &Path,
    every: Duration,
    deliver: &mut dyn FnMut(Frame) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let camera = CameraId::new(path.to_string_lossy());
    let mut options = Options::new(camera, Source::File(path.to_owned()));
    options.every = every;
    let (status, stop) = (Arc::new(CameraStatus::new()), CancellationToken::new());
    let (sender, frames) = mpsc::sync_channel(AHEAD);
    let capture = Capture::default();
    let capturing = capture.start(Camera {
        options,
        sink: Box::new(ToChannel(sender)),
        status: status.clone(),
        stop: stop.clone(),
        until_end: true,
    })?;
    let mut result = Ok(());
    while let Ok(frame) = frames.recv() {
        result = deliver(frame);
        if result.is_err() {
            break;
        }
    }
    drop(frames);
    stop.cancel();
    crate::runtime::shutdown::join_all(
        vec![Member::camera("video", capturing)],
        Duration::from_secs(10),
    );
    result?;
    match status.state() {
        State::Failing { reason } => bail!("{reason}"),
        _ => Ok(()),
    }
}
