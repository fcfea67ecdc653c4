//! A camera without a thread, for as long as it is wanted: connects, waits and connects again as a
//! task on the receiver's thread, and never fails. Where a server is not understood it is
//! GStreamer's turn, on a thread, for as long as that goes better.

use std::sync::{Arc, Mutex};

use tokio::{sync::oneshot, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use url::Url;

use super::{
    CameraStatus, CaptureError, Options,
    camera::{Connection, Outcome, run_once as on_thread},
    course::{Course, Next},
    feed::Feed,
    handover::Handover,
    pool::Places,
    rtsp::{self, Failure},
};

/// Who receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Us,
    Gstreamer,
}

/// Runs a camera until its course is over.
pub(super) async fn run(mut course: Course, url: Url, places: Places) {
    let stop = course.stop.clone();
    let mut by = By::Us;
    course.begin();
    while !stop.is_cancelled() {
        let attempt = course.attempt();
        let ended = match by {
            By::Us => connect(&course, &url, &places).await,
            By::Gstreamer => through_gstreamer(&course).await.map_err(Failure::from),
        };
        let fell_short = ended.as_ref().err().is_some_and(|failure| failure.is_ours);
        by = match by {
            By::Us if fell_short => By::Gstreamer,
            By::Gstreamer if !course.has_streamed(&attempt) => By::Us,
            unchanged => unchanged,
        };
        if fell_short && by == By::Gstreamer {
            info!(camera = course.options.id.as_str(), "the next connection is GStreamer's");
        }
        match course.after(attempt, ended.map_err(|failure| failure.error)) {
            Next::Over => break,
            Next::Again(wait) => {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => break,
                    () = sleep(wait) => course.again(),
                }
            }
        }
    }
}

async fn connect(course: &Course, url: &Url, places: &Places) -> Result<Outcome, Failure> {
    let Course { options, status, stop, handover, .. } = course;
    once(options, url, status, handover, places, stop).await
}

/// One connection, from nothing to nothing: when this returns no frame of it is on its way.
pub(super) async fn once(
    options: &Options,
    url: &Url,
    status: &Arc<CameraStatus>,
    handover: &Arc<Mutex<Handover>>,
    places: &Places,
    stop: &CancellationToken,
) -> Result<Outcome, Failure> {
    let begin = |format| Feed::new(options, format, status.clone(), handover.clone(), places);
    let mut feed = None;
    let outcome = tokio::select! {
        biased;
        () = stop.cancelled() => Ok(Outcome::Stopped),
        outcome = rtsp::run_once(options, url, begin, &mut feed) => outcome,
    };
    if let Some(mut feed) = feed {
        if outcome == Ok(Outcome::Ended) {
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = feed.drain() => {}
            }
        }
        feed.end().await;
    }
    outcome
}

async fn through_gstreamer(course: &Course) -> Result<Outcome, CaptureError> {
    let (tell, told) = oneshot::channel();
    let Course { options, status, stop, handover, .. } = course;
    let (options, status) = (options.clone(), status.clone());
    let (stop, handover) = (stop.clone(), handover.clone());
    // Linux keeps 15 bytes of a thread's name
    let name: String = format!("cam {}", options.id).chars().take(15).collect();
    let work = move || {
        let connection = Connection {
            options: &options,
            status: &status,
            stop: &stop,
            handover: &handover,
            deadline: None,
        };
        // Nobody waits any more when this fails.
        let _ = tell.send(on_thread(&connection));
    };
    let thread = std::thread::Builder::new()
        .name(name)
        .spawn(work)
        .map_err(|_| CaptureError::Other("the system gives no thread".to_owned()))?;
    let outcome = told.await;
    if thread.join().is_err() {
        warn!("a camera's thread had panicked");
    }
    outcome.unwrap_or(Err(CaptureError::Lost))
}
