//! What was said of boxes that have not moved since. A stall that stands all day would be shown to the
//! model at every look of its camera, and again and again be told the same.
//!
//! It is shown anew once its camera's `recheck` is over, so what comes to stand in the very place of
//! something else is taken for it no longer than that. Only for cameras, which stay where they are:
//! pictures of other places may come under one name.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::Verdict;
use crate::{
    base::{CameraId, Detection, Frame},
    detect::{Options, Recheck, lately::Lately},
};

/// Boxes that overlap less than this (IoU) are not of the same standing thing. A detector's boxes of one
/// thing differ by some pixels from look to look.
const STANDS: f32 = 0.8;
/// The same for a weak box: those are many, and differ more from look to look.
const WEAK_STANDS: f32 = 0.5;

/// Verdicts on standing things. Clones share them: any of a model's sessions may get a camera's frame.
#[derive(Clone, Debug)]
pub struct Standing {
    recheck: Recheck,
    of_cameras: BTreeMap<CameraId, Recheck>,
    said: Arc<Mutex<Lately<Verdict>>>,
}

impl Standing {
    /// Nothing said yet; each verdict holds for its camera's `recheck`, and not at all where every frame
    /// is looked at.
    pub fn new(options: &Options) -> Self {
        let of_cameras = options.camera_recheck.clone();
        let said = Arc::new(Mutex::new(Lately::new(STANDS)));
        Self { recheck: options.recheck, of_cameras, said }
    }

    fn holds_for(&self, camera: &CameraId) -> Option<Duration> {
        self.of_cameras.get(camera).unwrap_or(&self.recheck).time()
    }

    /// What was said of `seen` when it was shown last, if it has not moved since, a weak one not far, and
    /// that still holds.
    pub(super) fn recall(&self, frame: &Frame, seen: &Detection) -> Option<Verdict> {
        let time = self.holds_for(&frame.camera)?;
        let least = if seen.is_weak { WEAK_STANDS } else { STANDS };
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let there = said.of(&frame.camera, frame.at, time, seen).filter(|of| of.overlap > least);
        there.max_by(|a, b| a.overlap.total_cmp(&b.overlap)).map(|of| *of.word)
    }

    /// Keeps what was said of `seen`.
    pub(super) fn keep(&self, frame: &Frame, seen: &Detection, verdict: Verdict) {
        let Some(time) = self.holds_for(&frame.camera) else { return };
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.keep(&frame.camera, frame.at, time, seen, verdict);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::{BBox, PixelFormat},
        detect::planes::tests::frame,
    };

    fn at(camera: &str, seconds: u64) -> Frame {
        let blank = frame(camera, (1, 1), PixelFormat::Rgb, vec![(vec![0; 3], 3)]);
        Frame { at: blank.at.plus(Duration::from_secs(seconds)), ..blank }
    }

    fn stall(class: &str, left: f32) -> Detection {
        let bbox = BBox::new(left, 0.4, left + 0.2, 0.6).unwrap();
        Detection { class: class.into(), score: 0.5, bbox, second: None, is_weak: false }
    }

    fn every(seconds: u64) -> Recheck {
        Recheck::every(Duration::from_secs(seconds)).unwrap()
    }

    const SAID: Verdict = Verdict { keep: 0.5, add: 0.1, place: None };

    #[test]
    fn a_verdict_holds_for_its_camera_its_class_its_place_and_its_time() {
        let options = Options { recheck: every(30), ..Options::for_card("model.toml") };
        let standing = Standing::new(&options);
        let shared = standing.clone();
        standing.keep(&at("a", 100), &stall("street_stall", 0.3), SAID);
        let recall =
            |camera, seconds, class, left| shared.recall(&at(camera, seconds), &stall(class, left));
        assert_eq!(recall("a", 129, "street_stall", 0.3), Some(SAID));
        assert_eq!(recall("a", 129, "street_stall", 0.31), Some(SAID), "a pixel or two");
        assert_eq!(recall("a", 71, "street_stall", 0.3), Some(SAID), "a frame that comes late");
        assert_eq!(recall("a", 129, "street_stall", 0.33), None, "it has moved");
        assert_eq!(recall("a", 129, "billboard", 0.3), None);
        assert_eq!(recall("b", 129, "street_stall", 0.3), None);
        assert_eq!(recall("a", 130, "street_stall", 0.3), None, "time is over");
        assert_eq!(recall("a", 70, "street_stall", 0.3), None, "the clock was put back");
    }

    #[test]
    fn a_weak_box_may_lie_more_loosely_and_takes_the_nearest_word() {
        let standing = Standing::new(&Options::for_card("model.toml"));
        let other = Verdict { keep: 0.9, ..SAID };
        standing.keep(&at("a", 0), &stall("street_stall", 0.3), SAID);
        standing.keep(&at("a", 0), &stall("street_stall", 0.38), other);
        let recall = |left, is_weak| {
            let seen = Detection { is_weak, ..stall("street_stall", left) };
            standing.recall(&at("a", 2), &seen)
        };
        assert_eq!([recall(0.33, false), recall(0.33, true)], [None, Some(SAID)]);
        assert_eq!([recall(0.35, false), recall(0.35, true)], [None, Some(other)]);
        assert_eq!(recall(0.2, true), None, "IoU of a third");
    }

    #[test]
    fn cameras_have_a_time_of_their_own_and_none_where_every_frame_is_looked_at() {
        let camera_recheck = [("a".into(), every(5)), ("off".into(), every(0))];
        let camera_recheck = BTreeMap::from(camera_recheck);
        let options = Options { camera_recheck, ..Options::for_card("model.toml") };
        let standing = Standing::new(&options);
        for camera in ["a", "b", "off"] {
            standing.keep(&at(camera, 0), &stall("street_stall", 0.3), SAID);
        }
        let recall =
            |camera, seconds| standing.recall(&at(camera, seconds), &stall("street_stall", 0.3));
        assert_eq!([recall("a", 4), recall("a", 5)], [Some(SAID), None]);
        assert_eq!([recall("b", 29), recall("b", 30)], [Some(SAID), None]);
        assert_eq!(recall("off", 0), None);
    }

    #[test]
    fn what_holds_no_longer_takes_no_memory() {
        let standing = Standing::new(&Options::for_card("model.toml"));
        for look in 0..1_000 {
            let left = if look % 2 == 0 { 0.1 } else { 0.5 };
            standing.keep(&at("a", look), &stall("street_stall", left), SAID);
        }
        assert_eq!(
            standing.said.lock().unwrap().len(),
            2,
            "a newer verdict takes the older's place"
        );
        standing.keep(&at("a", 1_100), &stall("street_stall", 0.3), SAID);
        assert_eq!(standing.said.lock().unwrap().len(), 1);
    }
}
