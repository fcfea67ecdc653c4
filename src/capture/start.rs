//! Starts cameras: RTSP over TCP on what they share, which is made when the first camera needs it;
//! other sources on a thread each.

use std::sync::Arc;
#[cfg(feature = "gst")]
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::base::Frame;

#[cfg(feature = "gst")]
use super::receiver::Shared;
use super::{
    CameraStatus, CaptureError, FrameSink, Options, PoolOptions,
    camera::{self, Probe},
    course::Course,
};

/// A camera to be captured.
pub struct Camera {
    /// How.
    pub options: Options,
    /// Where its frames go.
    pub sink: Box<dyn FrameSink>,
    /// What it tells of itself.
    pub status: Arc<CameraStatus>,
    /// Stops it.
    pub stop: CancellationToken,
    /// Ends with its source instead of connecting again.
    pub until_end: bool,
}

/// Captures cameras. Stops and joins its threads when it goes; stop the cameras before.
#[derive(Default)]
pub struct Capture {
    #[cfg_attr(not(feature = "gst"), allow(dead_code, reason = "only RTSP shares decoders"))]
    options: PoolOptions,
    #[cfg(feature = "gst")]
    shared: Mutex<Option<Shared>>,
}

/// A camera being captured.
pub enum Running {
    /// On a thread of its own.
    Thread(std::thread::JoinHandle<()>),
    /// As one task of many.
    Task(tokio::task::JoinHandle<()>),
}

/// A camera's thread or task ended by a fault of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("capturing panicked")]
pub struct Panicked;

impl Running {
    /// Whether it has come to its end.
    pub fn is_finished(&self) -> bool {
        match self {
            Self::Thread(thread) => thread.is_finished(),
            Self::Task(task) => task.is_finished(),
        }
    }

    /// Waits for its end. Blocks.
    ///
    /// # Errors
    /// When it panicked.
    pub fn join(self) -> Result<(), Panicked> {
        match self {
            Self::Thread(thread) => thread.join().map_err(|_| Panicked),
            Self::Task(task) => block_on(task).map_err(|_| Panicked),
        }
    }
}

/// Waits for a future that others drive.
fn block_on<F: Future + Unpin>(mut future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    loop {
        if let std::task::Poll::Ready(output) = std::pin::Pin::new(&mut future).poll(&mut context) {
            return output;
        }
        std::thread::park();
    }
}

impl Capture {
    /// With these decoders; starts nothing yet.
    #[cfg_attr(
        not(feature = "gst"),
        expect(
            clippy::needless_update,
            reason = "without GStreamer there is nothing else to share"
        )
    )]
    pub fn new(options: PoolOptions) -> Self {
        Self { options, ..Self::default() }
    }

    /// Captures a camera until it is stopped, or its file has been played, or, with `until_end`,
    /// its stream has ended. Whatever fails is told by its status and tried again.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(&self, camera: Camera) -> std::io::Result<Running> {
        let Camera { options, sink, status, stop, until_end } = camera;
        let course = Course::new(options, sink, status, stop, until_end);
        #[cfg(feature = "gst")]
        if let Some(url) = course.options.shared_address().cloned() {
            return self.with_shared(|shared| shared.start(course, url));
        }
        // Linux keeps 15 bytes of a thread's name
        let name: String = format!("cam {}", course.options.id).chars().take(15).collect();
        let run = move || camera::run(course);
        std::thread::Builder::new().name(name).spawn(run).map(Running::Thread)
    }

    /// Connects once and returns the first frame: for `check`. Blocks for at most about `timeout`,
    /// or twice that where GStreamer has to be tried.
    ///
    /// # Errors
    /// Why no frame came.
    pub fn probe(&self, options: &Options, timeout: Duration) -> Result<Frame, CaptureError> {
        let probe = Probe::new(options);
        #[cfg(feature = "gst")]
        if let Some(url) = options.shared_address() {
            let no_thread = |_| CaptureError::Other("the system gives no thread".to_owned());
            let ask = |shared: &Shared| Ok(shared.probe(&probe, options, url, timeout));
            let told = self.with_shared(ask).map_err(no_thread)?;
            let failure = match told.recv().unwrap_or_else(|_| Err(CaptureError::Stopped.into())) {
                Err(failure) if failure.is_ours => failure,
                outcome => return probe.result(outcome.map_err(|f| f.error), timeout),
            };
            tracing::debug!(reason = %failure.error, "GStreamer is tried");
        }
        let outcome = probe.run_once(options, timeout);
        probe.result(outcome, timeout)
    }

    #[cfg(feature = "gst")]
    fn with_shared<T>(
        &self,
        work: impl FnOnce(&Shared) -> std::io::Result<T>,
    ) -> std::io::Result<T> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = match shared.as_mut() {
            Some(shared) => shared,
            None => shared.insert(Shared::start_up(self.options)?),
        };
        work(shared)
    }
}
