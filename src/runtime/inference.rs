//! Owner threads of the inference sessions: each takes batches off the frame queue and hands what
//! was seen to judging. A full judging queue holds inference up; nothing seen is dropped.

use std::time::{Duration, Instant};

use crossbeam_channel::Sender;

use super::{
    events::{BatchDone, FrameLost},
    frames::{Arrived, FrameQueue},
    health::Health,
    shutdown::Member,
};
use crate::{
    base::{Detection, Frame},
    detect::{Batch, BatchWindow, Detector},
};

/// A frame that has been looked at.
#[derive(Debug)]
pub struct Seen {
    /// The frame.
    pub frame: Frame,
    /// What is in it.
    pub detections: Vec<Detection>,
    /// When it arrived.
    pub since: Instant,
}

/// Starts one session's thread; it ends when the queue is closed and empty.
///
/// # Errors
/// When the system gives no thread.
pub fn spawn(
    name: String,
    mut detector: Box<dyn Detector>,
    max_wait: Duration,
    queue: FrameQueue,
    out: Sender<Seen>,
    health: Health,
) -> std::io::Result<Member> {
    Member::spawn(name, move || {
        let window = BatchWindow::new(detector.max_batch(), max_wait);
        while let Some(arrived) = queue.next_batch(&window) {
            for seen in look(detector.as_mut(), arrived, &queue, &health) {
                // judging gives the camera back once it has judged; a closed channel means it is over
                if out.send(seen).is_err() {
                    return;
                }
            }
        }
    })
}

/// Looks at a batch. Frames that cannot be looked at are counted and their cameras given back.
fn look(
    detector: &mut dyn Detector,
    arrived: Vec<Arrived>,
    queue: &FrameQueue,
    health: &Health,
) -> Vec<Seen> {
    let begun = Instant::now();
    let mut batch = Batch::new();
    let mut since = Vec::with_capacity(arrived.len());
    for Arrived { frame, since: at } in arrived {
        let camera = frame.camera.clone();
        match batch.push(frame) {
            Ok(()) => since.push(at),
            Err(fault) => lose(&camera, &fault, queue, health),
        }
    }
    if batch.is_empty() {
        return Vec::new();
    }
    match batch.detect(detector) {
        Ok(seen) => {
            BatchDone { frames: seen.len(), took: begun.elapsed() }.emit();
            seen.into_iter()
                .zip(since)
                .map(|((frame, detections), since)| Seen { frame, detections, since })
                .collect()
        }
        Err(failure) => {
            for frame in &failure.frames {
                lose(&frame.camera, &failure.error, queue, health);
            }
            Vec::new()
        }
    }
}

fn lose(
    camera: &crate::base::CameraId,
    error: &dyn std::fmt::Display,
    queue: &FrameQueue,
    health: &Health,
) {
    FrameLost { camera, reason: "inference_failed", error }.emit();
    if let Some(camera) = health.camera(camera) {
        camera.count_lost("inference_failed", Some(format!("inference failed: {error}")));
    }
    queue.done(camera);
}
