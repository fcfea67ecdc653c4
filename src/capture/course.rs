//! What follows when a camera's connection has ended: its end, or another connection and when. The
//! same for cameras with a thread of their own and for those without. Waits for nothing itself.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    CameraStatus, CaptureError, FrameSink, Options, State,
    camera::{Connection, Outcome},
    handover::Handover,
};

/// A camera for as long as it is wanted.
pub(super) struct Course {
    pub options: Options,
    pub status: Arc<CameraStatus>,
    pub stop: CancellationToken,
    pub handover: Arc<Mutex<Handover>>,
    until_end: bool,
    failures: u32,
}

/// A connection being tried.
pub(super) struct Attempt {
    began: Instant,
    delivered: u64,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing: stopped, played, or given up.
    Over,
    /// Another connection, after this wait.
    Again(Duration),
}

impl Course {
    pub fn new(
        options: Options,
        sink: Box<dyn FrameSink>,
        status: Arc<CameraStatus>,
        stop: CancellationToken,
        until_end: bool,
    ) -> Self {
        let handover = Handover::new(options.id.clone(), sink, status.clone());
        let handover = Arc::new(Mutex::new(handover));
        Self { options, status, stop, handover, until_end, failures: 0 }
    }

    /// What one connection works with.
    pub fn connection(&self) -> Connection<'_> {
        Connection {
            options: &self.options,
            status: &self.status,
            stop: &self.stop,
            handover: &self.handover,
            deadline: None,
        }
    }

    pub fn begin(&self) {
        info!(camera = self.options.id.as_str(), source = %self.options.source, "camera begins");
    }

    /// A connection begins.
    pub fn attempt(&self) -> Attempt {
        Attempt { began: Instant::now(), delivered: self.delivered() }
    }

    /// A connection after the first begins.
    pub fn again(&self) {
        self.status.count_reconnect();
    }

    /// The connection has ended.
    pub fn after(&mut self, attempt: Attempt, ended: Result<Outcome, CaptureError>) -> Next {
        let (camera, live) = (self.options.id.as_str(), self.options.source.is_live());
        let error = match ended {
            Ok(Outcome::Stopped) => return Next::Over,
            Ok(Outcome::Ended) if self.until_end || !live => {
                info!(camera, frames = self.delivered(), "camera ended");
                self.status.set_state(State::Ended);
                return Next::Over;
            }
            Ok(Outcome::Ended) => CaptureError::StreamEnded,
            Err(error) => error,
        };
        let streamed = self.delivered() > attempt.delivered;
        self.status.set_state(State::Failing { reason: error.to_string() });
        if !live && (streamed || self.until_end) {
            // Playing it again would hand over the same frames with new times.
            warn!(camera, reason = %error, "camera gave up");
            return Next::Over;
        }
        let lasted = if streamed { attempt.began.elapsed() } else { Duration::ZERO };
        self.failures = self.options.backoff.failures_after(self.failures, lasted);
        let failures = self.failures.saturating_sub(1);
        let wait = self.options.backoff.delay(failures, rand::random::<f64>());
        warn!(camera, reason = %error, wait_ms = wait.as_millis() as u64, "camera failing");
        Next::Again(wait)
    }

    /// Whether this connection has handed over a frame.
    #[cfg(feature = "gst")]
    pub fn has_streamed(&self, attempt: &Attempt) -> bool {
        self.delivered() > attempt.delivered
    }

    fn delivered(&self) -> u64 {
        self.handover.lock().unwrap_or_else(PoisonError::into_inner).delivered()
    }
}
