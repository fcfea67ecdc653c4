//! The last step: a sampled picture becomes a `Frame`, is numbered, timed, counted and handed to
//! the sink. Lives as long as the camera, across its connections. Not a queue: the sink is.

use std::sync::Arc;

use crate::base::{
    CameraId, ColourMatrix, Encoded, Frame, PixelFormat, Plane, TimeSource, WallTime,
};

use super::{CameraStatus, timing::MonotonicGuard};

/// Whether the camera goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// More frames, please.
    Continue,
    /// No more; the camera stops.
    Stop,
}

/// Where sampled frames go. Called from one thread at a time, not always the same. A sink behind a
/// live source replaces the older frame and never waits, because other cameras may wait for its
/// thread; behind a file it blocks until there is room, and must return `Stop` when the camera's
/// cancellation token is cancelled, else the camera cannot end.
pub trait FrameSink: Send {
    /// Takes a frame.
    fn deliver(&mut self, frame: Frame) -> Flow;

    /// Whether a frame taken at `at` would be of any use. Asked before a live camera's keyframe is
    /// decoded by the shared decoders; where not, it is counted as `Cooldown` and never delivered.
    fn wants(&self, at: WallTime) -> bool {
        let _ = at;
        true
    }
}

/// A sampled picture, not yet numbered.
#[derive(Debug)]
pub(super) struct Picture {
    pub at: WallTime,
    pub arrival: WallTime,
    pub time_source: TimeSource,
    pub pts_ns: Option<u64>,
    pub width: u32,
    pub height: u32,
    pub format: PixelFormat,
    pub matrix: ColourMatrix,
    pub planes: Arc<[Plane]>,
    pub encoded: Option<Encoded>,
}

/// One camera's way out.
pub(super) struct Handover {
    camera: CameraId,
    sink: Box<dyn FrameSink>,
    status: Arc<CameraStatus>,
    guard: MonotonicGuard,
    next_seq: u64,
}

impl Handover {
    pub fn new(camera: CameraId, sink: Box<dyn FrameSink>, status: Arc<CameraStatus>) -> Self {
        Self { camera, sink, status, guard: MonotonicGuard::default(), next_seq: 0 }
    }

    /// Numbers of the frames handed over so far.
    pub fn delivered(&self) -> u64 {
        self.next_seq
    }

    /// What the sink says.
    #[cfg(feature = "gst")]
    pub fn wants(&self, at: WallTime) -> bool {
        self.sink.wants(at)
    }

    pub fn hand_over(&mut self, picture: Picture) -> Flow {
        let at = self.guard.pass(picture.at);
        let size = (picture.width, picture.height);
        self.status.count_handed_over(at, picture.time_source, size);
        let frame = Frame {
            camera: self.camera.clone(),
            seq: self.next_seq,
            at,
            arrival: picture.arrival,
            time_source: picture.time_source,
            pts_ns: picture.pts_ns,
            width: picture.width,
            height: picture.height,
            format: picture.format,
            matrix: picture.matrix,
            planes: picture.planes,
            encoded: picture.encoded,
        };
        self.next_seq += 1;
        self.sink.deliver(frame)
    }
}
