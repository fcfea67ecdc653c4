//! One camera on a thread of its own, for as long as it is wanted: `run` connects, waits and connects
//! again and never fails; one connection, which fails freely, is in `gst/` or `folder`. Cameras
//! that need no thread are `receiver`'s.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;

use crate::base::Frame;

use super::{
    CameraStatus, CaptureError, Flow, FrameSink, Options, Source,
    course::{Course, Next},
    handover::Handover,
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

/// Runs a camera until its course is over. Blocks: give it a thread.
pub(super) fn run(mut course: Course) {
    let stop = course.stop.clone();
    course.begin();
    while !stop.is_cancelled() {
        let attempt = course.attempt();
        let ended = run_once(&course.connection());
        match course.after(attempt, ended) {
            Next::Over => break,
            Next::Again(wait) if pause(wait, &stop) => course.again(),
            Next::Again(_) => break,
        }
    }
}

/// One connection that ends with its first frame, or at the deadline.
pub(super) struct Probe {
    pub handover: Arc<Mutex<Handover>>,
    pub status: Arc<CameraStatus>,
    first: Arc<Mutex<Option<Frame>>>,
}

impl Probe {
    pub fn new(options: &Options) -> Self {
        let status = Arc::new(CameraStatus::new());
        let first = Arc::new(Mutex::new(None));
        let sink = Box::new(KeepFirst(first.clone()));
        let handover = Handover::new(options.id.clone(), sink, status.clone());
        Self { handover: Arc::new(Mutex::new(handover)), status, first }
    }

    /// Connects on this thread.
    pub fn run_once(&self, options: &Options, timeout: Duration) -> Result<Outcome, CaptureError> {
        run_once(&Connection {
            options,
            status: &self.status,
            stop: &CancellationToken::new(),
            handover: &self.handover,
            deadline: Some(Instant::now() + timeout),
        })
    }

    /// The first frame, or why there is none.
    pub fn result(
        self,
        outcome: Result<Outcome, CaptureError>,
        timeout: Duration,
    ) -> Result<Frame, CaptureError> {
        let frame = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (frame, outcome) {
            (Some(frame), _) => Ok(frame),
            (None, Err(CaptureError::Timeout(_))) => Err(CaptureError::Timeout(timeout)),
            (None, Err(error)) => Err(error),
            (None, Ok(Outcome::Ended)) => Err(CaptureError::StreamEnded),
            (None, Ok(Outcome::Stopped)) => Err(CaptureError::Stopped),
        }
    }
}

struct KeepFirst(Arc<Mutex<Option<Frame>>>);

impl FrameSink for KeepFirst {
    fn deliver(&mut self, frame: Frame) -> Flow {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(frame);
        Flow::Stop
    }
}

pub(super) fn run_once(connection: &Connection<'_>) -> Result<Outcome, CaptureError> {
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
