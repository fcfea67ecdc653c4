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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::{BBox, PixelFormat},
        detect::planes::tests::frame,
    };

    #[test]
    fn a_batch_closes_when_full_or_when_its_oldest_has_waited() {
        let start = Instant::now();
        let ms = |n| start + Duration::from_millis(n);
        let mut window = BatchWindow::new(3, Duration::from_millis(100));
        assert!(!window.closes(ms(10_000)), "an empty one never closes");
        window.admit(ms(20));
        window.admit(ms(5)); // came first, was handed over second
        assert_eq!(window.deadline(), Some(ms(105)));
        assert!(!window.closes(ms(104)) && window.closes(ms(105)));
        window.admit(ms(30));
        assert!(window.closes(ms(31)), "full");
        window.restart();
        assert_eq!((window.count(), window.deadline()), (0, None));
    }

    #[test]
    fn a_quiet_camera_is_not_waited_for() {
        let start = Instant::now();
        let mut window = BatchWindow::new(16, Duration::from_millis(50));
        // one camera of sixteen goes on sending; the deadline stays that of the first frame
        for n in 0..10 {
            window.admit(start + Duration::from_millis(n));
        }
        assert!(window.closes(start + Duration::from_millis(50)));
    }

    #[test]
    fn zero_frames_a_batch_means_one() {
        let mut window = BatchWindow::new(0, Duration::ZERO);
        let now = Instant::now();
        assert!(!window.closes(now));
        window.admit(now);
        assert!(window.closes(now));
    }

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
                vec![Detection { class: "bin".into(), score: 1.0, bbox }]
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
