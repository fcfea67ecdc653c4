//! Frames of many cameras looked at together. When a forming batch is closed is decided by
//! [`BatchPolicy`].
//!
//! A [`Batch`] owns its frames and is consumed by the look: every list of detections comes back with
//! the very frame it was made from, so a box cannot end up at another camera.

mod arrivals;
mod costs;
mod policy;

pub use arrivals::Arrivals;
pub use costs::CostCurve;
pub use policy::{BatchPolicy, Decision};

use super::{DetectError, Detector, FrameFault, planes::checked};
use crate::base::{Detection, Frame};

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

/// The same frames, to be looked at once more; they were readable before.
impl From<BatchFailure> for Batch {
    fn from(failure: BatchFailure) -> Self {
        Self { frames: failure.frames }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::{BBox, PixelFormat},
        detect::planes::tests::frame,
    };

    /// Reports a box as wide as the first byte of the frame says, and counts calls.
    struct ByBrightness {
        calls: Vec<usize>,
        forget: bool,
    }

    impl Detector for ByBrightness {
        fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, DetectError> {
            self.calls.push(frames.len());
            let list = |f: &Frame| {
                let side = f32::from(f.planes[0].data[0]) / 100.0;
                let bbox = BBox::new(0.0, 0.0, side, side).unwrap();
                vec![Detection {
                    class: "bin".into(),
                    score: 1.0,
                    bbox,
                    second: None,
                    is_weak: false,
                }]
            };
            Ok(frames.iter().skip(usize::from(self.forget)).map(list).collect())
        }

        fn max_batch(&self) -> usize {
            4
        }
    }

    fn of(camera: &str, value: u8) -> Frame {
        frame(camera, (2, 1), PixelFormat::Rgb, vec![(vec![value; 6], 6)])
    }

    fn ten() -> Batch {
        let mut batch = Batch::new();
        for i in 1..=10u8 {
            batch.push(of(&format!("camera-{i}"), i * 10)).unwrap();
        }
        batch
    }

    #[test]
    fn every_box_comes_back_with_its_own_camera() {
        let mut detector = ByBrightness { calls: Vec::new(), forget: false };
        let seen = ten().detect(&mut detector).unwrap();
        assert_eq!(detector.calls, [4, 4, 2]);
        assert_eq!(seen.len(), 10);
        for (i, (frame, boxes)) in seen.iter().enumerate() {
            assert_eq!(frame.camera.as_str(), format!("camera-{}", i + 1));
            let side = boxes[0].bbox.width();
            assert!((side - (i + 1) as f32 / 10.0).abs() < 1e-6, "{} has {side}", frame.camera);
        }
    }

    #[test]
    fn a_detector_that_forgets_a_frame_gives_nobodys_boxes_to_anybody() {
        let mut detector = ByBrightness { calls: Vec::new(), forget: true };
        let failure = ten().detect(&mut detector).unwrap_err();
        assert!(matches!(failure.error, DetectError::Count { expected: 4, found: 3 }));
        assert_eq!(failure.frames.len(), 10, "the frames come back to be counted");
    }

    #[test]
    fn an_unreadable_frame_is_refused_and_the_others_stay() {
        let mut batch = ten();
        let broken = frame("torn", (2, 2), PixelFormat::Rgb, vec![(vec![0; 6], 6)]);
        assert_eq!(batch.push(broken).unwrap_err().camera.as_str(), "torn");
        assert_eq!(batch.len(), 10);
    }
}
