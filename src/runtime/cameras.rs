//! Cameras: capturing on one end, the frame queue on the other.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{
    frames::{FrameQueue, Offered, WhenFull},
    health::CameraHealth,
    shutdown::Member,
};
use crate::{
    base::Frame,
    capture::{self, Camera, CameraStatus, Capture, DropReason, Flow, FrameSink},
};

/// Hands a camera's frames to the queue and counts those that were replaced.
struct QueueSink {
    queue: FrameQueue,
    status: Arc<CameraStatus>,
    when_full: WhenFull,
}

impl FrameSink for QueueSink {
    fn deliver(&mut self, frame: Frame) -> Flow {
        match self.queue.offer(frame, self.when_full) {
            Offered::Queued => Flow::Continue,
            Offered::Superseded => {
                self.status.count_drop(DropReason::Superseded);
                Flow::Continue
            }
            Offered::Closed => {
                self.status.count_drop(DropReason::Stopping);
                Flow::Stop
            }
        }
    }
}

/// Starts capturing. With `until_end` the camera ends with its source instead of connecting again.
///
/// # Errors
/// When the system gives no thread.
pub fn start(
    capture: &Capture,
    options: capture::Options,
    health: &CameraHealth,
    queue: FrameQueue,
    stop: CancellationToken,
    until_end: bool,
) -> std::io::Result<Member> {
    let status = health.status.clone();
    let when_full = if options.source.is_live() { WhenFull::DropOldest } else { WhenFull::Block };
    let sink = Box::new(QueueSink { queue, status: status.clone(), when_full });
    let name = format!("cam {}", options.id);
    let running = capture.start(Camera { options, sink, status, stop, until_end })?;
    Ok(Member::camera(name, running))
}
