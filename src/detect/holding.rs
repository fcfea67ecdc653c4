//! Boxes below their class's threshold that are reported all the same, because a surer one was there
//! lately: a board by night that scores 0.6 in one frame and 0.3 in the next has not gone meanwhile. That
//! weak boxes go on with what sure ones began, and begin nothing, is how ByteTrack (Zhang et al. 2022)
//! treats them. They stay marked as weak, so that nothing is proven by them.
//!
//! It comes last, when the score is final, and needs the frames of a camera in their order.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{DetectError, Detector, lately::Lately};
use crate::base::{CameraId, Detection, Frame, WallTime};

/// A detector's boxes with less are noise wherever they are.
pub const FLOOR: f32 = 0.02;
/// The same once they have been looked at a second time.
const WEAK: f32 = 0.05;
/// How long a sure box holds weak ones: ten looks of a camera where nothing happens.
const HOLDS: Duration = Duration::from_secs(300);
/// Boxes that overlap more than this (IoU) are taken for the same thing's.
const SAME: f32 = 0.5;

/// Knows where sure boxes were lately. Clones share it: any of a model's sessions may get a camera's
/// next frame.
#[derive(Clone, Debug)]
pub struct Holder {
    sure: Arc<Mutex<Lately<()>>>,
}

impl Default for Holder {
    fn default() -> Self {
        Self { sure: Arc::new(Mutex::new(Lately::new(SAME))) }
    }
}

impl Holder {
    /// Whether something was sure lately where `camera` shows `seen`, and none of `others`, of the same class,
    /// is there.
    pub fn is_missed<'a, I: Iterator<Item = &'a Detection>>(
        &self,
        camera: &CameraId,
        at: WallTime,
        seen: &Detection,
        others: impl Fn() -> I,
    ) -> bool {
        let lately = self.sure.lock().unwrap_or_else(PoisonError::into_inner);
        let mut there = lately.of(camera, at, HOLDS, seen).filter(|of| of.overlap > SAME);
        there.any(|of| !others().any(|other| other.bbox.iou(&of.bbox) > SAME))
    }

    /// Leaves of what `camera` showed the sure boxes, and of weak ones the surest where each sure one was
    /// lately that is not seen surely now.
    pub fn sift(&self, camera: &CameraId, at: WallTime, list: &mut Vec<Detection>) {
        let mut lately = self.sure.lock().unwrap_or_else(PoisonError::into_inner);
        let mut order: Vec<usize> = (0..list.len()).collect();
        order.sort_by(|a, b| {
            let (a, b) = (&list[*a], &list[*b]);
            a.is_weak.cmp(&b.is_weak).then(b.score.total_cmp(&a.score))
        });
        let (mut taken, mut counts) = (Vec::new(), vec![false; list.len()]);
        for index in order {
            let seen = &list[index];
            let there = lately.of(camera, at, HOLDS, seen).filter(|of| of.overlap > SAME);
            let there: Vec<usize> = there.map(|of| of.place).collect();
            counts[index] =
                !seen.is_weak || (seen.score >= WEAK && there.iter().any(|n| !taken.contains(n)));
            if counts[index] {
                taken.extend(there);
            }
        }
        let mut counts = counts.into_iter();
        list.retain(|_| counts.next().unwrap_or_default());
        for seen in list.iter().filter(|seen| !seen.is_weak) {
            lately.keep(camera, at, HOLDS, seen, ());
        }
    }
}

/// A detector for cameras whose weak boxes are reported where a sure one was lately, and dropped elsewhere.
pub struct Holding {
    inner: Box<dyn Detector>,
    holder: Holder,
}

impl Holding {
    /// `inner` reports weak boxes too.
    pub fn new(inner: Box<dyn Detector>, holder: Holder) -> Self {
        Self { inner, holder }
    }
}

impl Detector for Holding {
    fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, DetectError> {
        let mut lists = self.inner.detect(frames)?;
        for (frame, list) in frames.iter().zip(&mut lists) {
            self.holder.sift(&frame.camera, frame.at, list);
        }
        Ok(lists)
    }

    fn max_batch(&self) -> usize {
        self.inner.max_batch()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::BBox;

    const NONE: [f32; 0] = [];

    /// Score and left edge of boxes of one size, of which neighbours by 0.1 are the same thing's.
    type Boxes<'a> = &'a [(f32, f32)];

    /// From this score on a box is sure here.
    const SURE: f32 = 0.4;

    fn left(holder: &Holder, camera: &str, second: u64, class: &str, boxes: Boxes<'_>) -> Vec<f32> {
        let seen = |&(score, left): &(f32, f32)| {
            let bbox = BBox::new(left, 0.2, left + 0.4, 0.8).unwrap();
            Detection { class: class.into(), score, bbox, second: None, is_weak: score < SURE }
        };
        let mut list: Vec<_> = boxes.iter().map(seen).collect();
        let at = WallTime::from_millis(1_000_000).plus(Duration::from_secs(second));
        holder.sift(&camera.into(), at, &mut list);
        list.iter().map(|seen| seen.score).collect()
    }

    #[test]
    fn a_weak_box_counts_only_where_and_while_a_sure_one_was_lately() {
        let holder = Holder::default();
        let seen = |camera, second, class, boxes| left(&holder, camera, second, class, boxes);
        assert_eq!(seen("a", 0, "street_stall", &[(0.3, 0.1)]), NONE, "nothing began it");
        assert_eq!(seen("a", 2, "street_stall", &[(0.7, 0.1), (0.3, 0.5)]), [0.7]);
        assert_eq!(seen("a", 4, "street_stall", &[(0.3, 0.2)]), [0.3]);
        assert_eq!(seen("a", 4, "street_stall", &[(0.04, 0.1)]), NONE, "noise");
        assert_eq!(seen("a", 4, "street_stall", &[(0.3, 0.3)]), NONE, "elsewhere");
        assert_eq!(seen("a", 4, "bin_overflow", &[(0.3, 0.1)]), NONE);
        assert_eq!(seen("b", 4, "street_stall", &[(0.3, 0.1)]), NONE);
        assert_eq!(seen("a", 301, "street_stall", &[(0.3, 0.1)]), [0.3]);
        assert_eq!(
            seen("a", 302, "street_stall", &[(0.3, 0.1)]),
            NONE,
            "weak ones do not renew it"
        );
    }

    #[test]
    fn one_sure_box_holds_one_and_none_beside_itself() {
        let holder = Holder::default();
        let seen = |second, boxes| left(&holder, "a", second, "street_stall", boxes);
        assert_eq!(seen(0, &[(0.9, 0.2)]), [0.9]);
        assert_eq!(seen(2, &[(0.2, 0.1), (0.3, 0.2), (0.25, 0.3)]), [0.3], "the surest");
        assert_eq!(seen(4, &[(0.3, 0.1), (0.8, 0.25)]), [0.8], "it is seen surely now");
        let lately = holder.sure.lock().unwrap().len();
        assert_eq!(lately, 1, "the newest place counts, and only that");
    }

    #[test]
    fn an_earlier_frame_that_comes_later_takes_no_place() {
        let holder = Holder::default();
        let seen = |second, boxes| left(&holder, "a", second, "street_stall", boxes);
        assert_eq!(seen(200, &[(0.9, 0.2)]), [0.9]);
        assert_eq!(seen(0, &[(0.8, 0.15), (0.7, 0.55)]), [0.8, 0.7]);
        assert_eq!(seen(499, &[(0.3, 0.25), (0.3, 0.55)]), [0.3], "that of 200 s, not of 0 s");
    }

    #[test]
    fn two_things_hold_one_each() {
        let holder = Holder::default();
        let seen = |second, boxes| left(&holder, "a", second, "street_stall", boxes);
        assert_eq!(seen(0, &[(0.9, 0.0), (0.5, 0.5)]), [0.9, 0.5]);
        assert_eq!(seen(2, &[(0.2, 0.5), (0.3, 0.0)]), [0.2, 0.3], "in the order they came in");
    }
}
