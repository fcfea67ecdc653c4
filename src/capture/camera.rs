//! One camera for as long as it is wanted: `run` connects, waits and connects again and never
//! fails; one connection, which fails freely, is in `gst/` or `folder`. Blocks its thread.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::base::Frame;

use super::{
    CameraStatus, CaptureError, Flow, FrameSink, Options, Source, State, handover::Handover,
};

/// How often a wait looks whether it was cancelled.
const TICK: Duration = Duration::from_millis(50);

/// How a connection ended without fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The source has played to its end.
    Ended,
    /// The token was cancelled, or the sink wants no more.
    Stopped,
}

/// What one connection works with.
#[derive(Clone)]
pub(super) struct Connection<'a> {
    pub options: &'a Options,
    pub status: &'a Arc<CameraStatus>,
    pub stop: &'a CancellationToken,
    pub handover: &'a Arc<Mutex<Handover>>,
    /// Gives up when nothing was sampled by then.
    pub deadline: Option<Instant>,
}

/// Runs a camera until it is stopped, or its file has been played, or, with `until_end`, its
/// stream has ended. Blocks: give it a thread. Whatever fails is told by `status` and tried again.
pub fn run(
    options: Options,
    sink: Box<dyn FrameSink>,
    status: Arc<CameraStatus>,
    stop: CancellationToken,
    until_end: bool,
) {
    let handover = Arc::new(Mutex::new(Handover::new(options.id.clone(), sink, status.clone())));
    let connection = Connection {
        options: &options,
        status: &status,
        stop: &stop,
        handover: &handover,
        deadline: None,
    };
    let (camera, live) = (options.id.as_str(), options.source.is_live());
    let mut failures = 0;
    info!(camera, source = %options.source, "camera begins");
    while !stop.is_cancelled() {
        let (began, before) = (Instant::now(), delivered(&handover));
        let error = match run_once(&connection) {
            Ok(Outcome::Stopped) => break,
            Ok(Outcome::Ended) if until_end || !live => {
                info!(camera, frames = delivered(&handover), "camera ended");
                status.set_state(State::Ended);
                break;
            }
            Ok(Outcome::Ended) => CaptureError::StreamEnded,
            Err(error) => error,
        };
        let streamed = delivered(&handover) > before;
        status.set_state(State::Failing { reason: error.to_string() });
        if !live && (streamed || until_end) {
            // Playing it again would hand over the same frames with new times.
            warn!(camera, reason = %error, "camera gave up");
            break;
        }
        let lasted = if streamed { began.elapsed() } else { Duration::ZERO };
        failures = options.backoff.failures_after(failures, lasted);
        let wait = options.backoff.delay(failures.saturating_sub(1), rand::random::<f64>());
        warn!(camera, reason = %error, wait_ms = wait.as_millis() as u64, "camera failing");
        if !pause(wait, &stop) {
            break;
        }
        status.count_reconnect();
    }
}

/// Connects once and returns the first frame: for `check`. Blocks for at most about `timeout`.
pub fn probe(options: &Options, timeout: Duration) -> Result<Frame, CaptureError> {
    let status = Arc::new(CameraStatus::new());
    let first = Arc::new(Mutex::new(None));
    let sink = Box::new(KeepFirst(first.clone()));
    let handover = Arc::new(Mutex::new(Handover::new(options.id.clone(), sink, status.clone())));
    let outcome = run_once(&Connection {
        options,
        status: &status,
        stop: &CancellationToken::new(),
        handover: &handover,
        deadline: Some(Instant::now() + timeout),
    });
    let frame = first.lock().unwrap_or_else(PoisonError::into_inner).take();
    match (frame, outcome) {
        (Some(frame), _) => Ok(frame),
        (None, Err(CaptureError::Timeout(_))) => Err(CaptureError::Timeout(timeout)),
        (None, Err(error)) => Err(error),
        (None, Ok(Outcome::Ended)) => Err(CaptureError::StreamEnded),
        (None, Ok(Outcome::Stopped)) => Err(CaptureError::Stopped),
    }
}

struct KeepFirst(Arc<Mutex<Option<Frame>>>);

impl FrameSink for KeepFirst {
    fn deliver(&mut self, frame: Frame) -> Flow {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(frame);
        Flow::Stop
    }
}

fn delivered(handover: &Mutex<Handover>) -> u64 {
    handover.lock().unwrap_or_else(PoisonError::into_inner).delivered()
}

fn run_once(connection: &Connection<'_>) -> Result<Outcome, CaptureError> {
    match &connection.options.source {
        Source::Folder(path) => super::folder::run_once(path, connection),
        #[cfg(feature = "gst")]
        _ => super::gst::run_once(connection),
        #[cfg(not(feature = "gst"))]
        _ => Err(CaptureError::NoGstreamer),
    }
}

/// Waits; false when cancelled meanwhile.
fn pause(wait: Duration, stop: &CancellationToken) -> bool {
    let until = Instant::now() + wait;
    while !stop.is_cancelled() {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        std::thread::sleep(left.min(TICK));
    }
    false
}
