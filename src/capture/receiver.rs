//! What cameras share: one thread that receives all RTSP over TCP, and the decoders. Holds no camera:
//! each is a task that ends with its token.

use std::{sync::mpsc, thread::JoinHandle, time::Duration};

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    CaptureError, Options, PoolOptions, Running,
    camera::{Outcome, Probe},
    course::Course,
    line,
    pool::Pool,
    rtsp::Failure,
};

/// Names are looked up on threads beside the receiver's; more than these wait.
const LOOK_UPS: usize = 4;

/// From one round of the receiver to the next. A look is late by so much at most, which is little beside the
/// seconds between two.
const ROUND: Duration = Duration::from_millis(40);
/// Most tasks in one round: each camera is one, and what does not fit waits for the next.
const TASKS: u32 = 4096;

/// Lets tasks run in rounds. A frame comes in several packets and thousands of frames a second: to wake up
/// for each costs more than to take it, and nothing here is in a hurry.
async fn rounds(over: CancellationToken) {
    while !over.is_cancelled() {
        // blocks the thread on purpose; while this gives way, all that has come in is taken
        std::thread::sleep(ROUND);
        tokio::task::yield_now().await;
    }
}

/// See the file's first line. Stops and joins its threads when it goes.
pub(super) struct Shared {
    handle: Handle,
    over: CancellationToken,
    thread: Option<JoinHandle<()>>,
    // After the thread: what it still decodes is let go of first.
    pool: Pool,
}

impl Shared {
    /// With these decoders.
    pub fn start_up(options: PoolOptions) -> std::io::Result<Self> {
        let pool = Pool::start(options)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .thread_name("receiver look-up")
            .max_blocking_threads(LOOK_UPS)
            .event_interval(TASKS)
            .build()?;
        let (handle, over) = (runtime.handle().clone(), CancellationToken::new());
        let until = over.clone();
        let receive = move || {
            runtime.block_on(rounds(until));
            // A name server that does not answer must not hold up the end.
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("receiver".to_owned()).spawn(receive)?;
        Ok(Self { handle, over, thread: Some(thread), pool })
    }

    /// Captures a camera.
    pub fn start(&self, course: Course, url: Url) -> std::io::Result<Running> {
        let task = self.handle.spawn(line::run(course, url, self.pool.places()));
        Ok(Running::Task(task))
    }

    /// Tries a camera; its outcome comes by the channel.
    pub fn probe(
        &self,
        probe: &Probe,
        options: &Options,
        url: &Url,
        timeout: Duration,
    ) -> mpsc::Receiver<Result<Outcome, Failure>> {
        let (tell, told) = mpsc::channel();
        let (options, url) = (options.clone(), url.clone());
        let (status, handover) = (probe.status.clone(), probe.handover.clone());
        let places = self.pool.places();
        self.handle.spawn(async move {
            let late = CancellationToken::new();
            let once = line::once(&options, &url, &status, &handover, &places, &late);
            tokio::pin!(once);
            let outcome = tokio::select! {
                outcome = &mut once => outcome,
                () = tokio::time::sleep(timeout) => {
                    late.cancel();
                    // The frame may have come in this moment; then it counts.
                    let _ = once.await;
                    Err(CaptureError::Timeout(timeout).into())
                }
            };
            // Nobody waits any more when this fails.
            let _ = tell.send(outcome);
        });
        told
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.over.cancel();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::warn!("the receiver's thread had panicked");
        }
    }
}
