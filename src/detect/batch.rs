//! Frames of many cameras looked at together, and when a forming batch is closed.
//!
//! A [`Batch`] owns its frames and is consumed by the look: every list of detections comes back with
//! the very frame it was made from, so a box cannot end up at another camera. No clock here: "now"
//! is always an argument.

use std::time::{Duration, Instant};

use super::{DetectError, Detector, FrameFault, planes::checked};
use crate::base::{Detection, Frame};

/// Decides when a forming batch closes: when it is full, or when its oldest frame has waited long
/// enough. It knows no cameras, so it cannot wait for a quiet one.
#[derive(Clone, Debug)]
pub struct BatchWindow {
    max_batch: usize,
    max_wait: Duration,
    oldest: Option<Instant>,
    count: usize,
}

impl BatchWindow {
    /// A batch takes up to `max_batch` frames (at least one) and no frame waits beyond `max_wait`.
    pub fn new(max_batch: usize, max_wait: Duration) -> Self {
        Self { max_batch: max_batch.max(1), max_wait, oldest: None, count: 0 }
    }

    /// A frame that arrived at `arrived` joins the forming batch.
    pub fn admit(&mut self, arrived: Instant) {
        self.oldest = Some(self.oldest.map_or(arrived, |o| o.min(arrived)));
        self.count += 1;
    }

    /// When the forming batch closes at the latest; `None` while it is empty.
    pub fn deadline(&self) -> Option<Instant> {
        self.oldest.map(|o| o + self.max_wait)
    }

    /// Whether the forming batch closes now.
    pub fn closes(&self, now: Instant) -> bool {
        self.count >= self.max_batch || self.deadline().is_some_and(|d| now >= d)
    }

    /// Most frames in one batch.
    pub fn max_batch(&self) -> usize {
        self.max_batch
    }

    /// Frames in the forming batch.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Begins the next batch.
    pub fn restart(&mut self) {
        self.oldest = None;
        self.count = 0;
    }
}

/// Frames to be looked at in one go.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    frames: Vec<Frame>,
}

/// A batch that could not be looked at, with its frames.
#[derive(Debug, thiserror::Error)]
#[error("batch of {} frames: {error}", .frames.len())]
pub struct BatchFailure {
    /// The frames, to be counted or tried again.
    pub frames: Vec<Frame>,
    /// Why.
    #[source]
    pub error: DetectError,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a frame, unless its planes are unreadable: one broken frame must not cost the others
    /// their look.
    ///
    /// # Errors
    /// [`FrameFault`] naming the camera; the frame is not added.
    pub fn push(&mut self, frame: Frame) -> Result<(), FrameFault> {
        checked(&frame)?;
        self.frames.push(frame);
        Ok(())
    }

    /// Frames in it.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether there is nothing to look at.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Looks at every frame. Each comes back with its own detections, in the order pushed.
    ///
    /// # Errors
    /// [`BatchFailure`] with all frames when the detector fails, or answers for another number of
    /// frames.
    pub fn detect(
        self,
        detector: &mut dyn Detector,
    ) -> Result<Vec<(Frame, Vec<Detection>)>, BatchFailure> {
        let frames = self.frames;
        let mut seen = Vec::with_capacity(frames.len());
        for part in frames.chunks(detector.max_batch().max(1)) {
            match detector.detect(part) {
                Ok(lists) if lists.len() == part.len() => seen.extend(lists),
                Ok(lists) => {
                    let error = DetectError::Count { expected: part.len(), found: lists.len() };
                    return Err(BatchFailure { frames, error });
                }
                Err(error) => return Err(BatchFailure { frames, error }),
            }
        }
        Ok(frames.into_iter().zip(seen).collect())
    }
}
