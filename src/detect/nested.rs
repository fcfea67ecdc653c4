//! Doubt about a box that lies in a surer one of its class. Detectors see the counter of a stall beside
//! the whole stall, too unlike for their overlap to tell that they are one; but what stands in front of
//! another thing lies in its box too, so the score is lowered and nothing struck out, as in Soft-NMS
//! (Bodla et al. 2017).
//!
//! It comes last, after tiles and the second look, so that the surest is known.

use super::{DetectError, Detector, ModelCard};
use crate::base::{CameraId, ClassName, Detection, Frame};

/// What a card says about boxes in surer ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Nested {
    /// A box that shares more than this of the smaller one's area with a surer one lies in it.
    pub inside: f32,
    /// What the score of such a box is multiplied by, once however many it lies in.
    pub keep: f32,
    /// The classes whose boxes are doubted.
    pub classes: Vec<ClassName>,
}

impl Nested {
    /// Lowers the scores of boxes in surer ones, all of one frame.
    fn doubt(&self, list: &mut [Detection]) {
        let is_surer = |other: (usize, &Detection), one: (usize, &Detection)| {
            other.1.score > one.1.score || (other.1.score == one.1.score && other.0 < one.0)
        };
        let lies_in_surer = |at: usize| {
            let one = &list[at];
            self.classes.contains(&one.class)
                && list.iter().enumerate().any(|(i, other)| {
                    other.class == one.class
                        && is_surer((i, other), (at, one))
                        && other.bbox.share_of_smaller(&one.bbox) > self.inside
                })
        };
        let doubted: Vec<bool> = (0..list.len()).map(lies_in_surer).collect();
        for (seen, _) in list.iter_mut().zip(doubted).filter(|(_, doubted)| *doubted) {
            seen.score *= self.keep;
            if let Some(second) = &mut seen.second {
                second.keep *= self.keep;
            }
        }
    }
}

/// One detection that is weak because it lies in a surer one.
#[derive(Clone, Copy, Debug)]
pub struct Doubted<'a> {
    /// Whose frame.
    pub camera: &'a CameraId,
    /// What it was taken for.
    pub class: &'a ClassName,
    /// What is left of its score.
    pub score: f32,
}

/// Told of every detection that is weak by it: counting and logging are not this module's.
pub type Teller = Box<dyn FnMut(&Doubted<'_>) + Send>;

/// A detector whose boxes in surer ones are doubted.
pub struct Doubting {
    inner: Box<dyn Detector>,
    nested: Nested,
    thresholds: Vec<(ClassName, f32)>,
    tell: Teller,
}

impl Doubting {
    /// `inner` sees with the detector of `card`. What falls below its class's threshold is weak then.
    pub fn new(inner: Box<dyn Detector>, nested: Nested, card: &ModelCard, tell: Teller) -> Self {
        let thresholds = card.classes().iter().map(|c| (c.name.clone(), c.threshold));
        Self { inner, nested, thresholds: thresholds.collect(), tell }
    }
}

impl Detector for Doubting {
    fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, DetectError> {
        let mut lists = self.inner.detect(frames)?;
        for (frame, list) in frames.iter().zip(&mut lists) {
            self.nested.doubt(list);
            for seen in list.iter_mut().filter(|seen| !seen.is_weak) {
                let threshold = self.thresholds.iter().find(|(name, _)| *name == seen.class);
                if threshold.is_some_and(|(_, threshold)| seen.score < *threshold) {
                    seen.is_weak = true;
                    let Detection { class, score, .. } = seen;
                    (self.tell)(&Doubted { camera: &frame.camera, class, score: *score });
                }
            }
        }
        Ok(lists)
    }

    fn max_batch(&self) -> usize {
        self.inner.max_batch()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{
        base::{BBox, PixelFormat, SecondLook},
        detect::{card::tests::GOOD, planes::tests::frame},
    };

    fn seen(class: &str, score: f32, corners: [f32; 4]) -> Detection {
        let [x0, y0, x1, y1] = corners.map(|v| v / 100.0);
        let bbox = BBox::new(x0, y0, x1, y1).unwrap();
        Detection { class: class.into(), score, bbox, second: None, is_weak: false }
    }

    const WHOLE: [f32; 4] = [0.0, 0.0, 60.0, 100.0];
    const COUNTER: [f32; 4] = [5.0, 40.0, 45.0, 90.0];
    const BESIDE: [f32; 4] = [40.0, 0.0, 100.0, 100.0];

    struct Sees(Vec<Detection>);

    impl Detector for Sees {
        fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, DetectError> {
            Ok(vec![self.0.clone(); frames.len()])
        }

        fn max_batch(&self) -> usize {
            3
        }
    }

    /// Classes and scores of what is left that is not weak. What is weak must have been told.
    fn left(list: &[Detection], classes: &[&str]) -> Vec<(String, f32)> {
        let card = ModelCard::parse(GOOD, Path::new("model.toml")).unwrap();
        let classes = classes.iter().map(|name| (*name).into()).collect();
        let nested = Nested { inside: 0.7, keep: 0.5, classes };
        let inner = Box::new(Sees(list.to_vec()));
        let (told, tellings) = std::sync::mpsc::channel();
        let tell: Teller = Box::new(move |d| told.send((d.camera.clone(), d.score)).unwrap());
        let mut detector = Doubting::new(inner, nested, &card, tell);
        assert_eq!(detector.max_batch(), 3);
        let frames = [frame("c", (1, 1), PixelFormat::Rgb, vec![(vec![0; 3], 3)])];
        let lists = detector.detect(&frames).unwrap();
        let (weak, sure): (Vec<_>, Vec<_>) = lists[0].iter().cloned().partition(|d| d.is_weak);
        let tellings: Vec<_> = tellings.try_iter().collect();
        assert!(tellings.iter().all(|(camera, _)| camera.as_str() == "c"));
        let weak: Vec<f32> = weak.iter().map(|d| d.score).collect();
        assert_eq!(tellings.into_iter().map(|(_, score)| score).collect::<Vec<_>>(), weak);
        assert_eq!(weak.len() + sure.len(), list.len());
        pairs(&sure)
    }

    fn pairs(list: &[Detection]) -> Vec<(String, f32)> {
        list.iter().map(|d| (d.class.to_string(), d.score)).collect()
    }

    #[test]
    fn a_box_in_a_surer_one_of_its_class_is_doubted_once() {
        let list = [
            seen("street_stall", 0.8, COUNTER), // lies in the surer one, wherever that stands
            seen("street_stall", 0.9, WHOLE),
            seen("street_stall", 0.85, BESIDE),  // by a part only
            seen("street_stall", 0.82, COUNTER), // in one that is surer
            seen("billboard", 0.7, COUNTER),     // nobody of its class
        ];
        let due = [0.4, 0.9, 0.85, 0.41, 0.7];
        let expected: Vec<_> =
            list.iter().zip(due).map(|(d, score)| (d.class.to_string(), score)).collect();
        assert_eq!(left(&list, &["street_stall", "billboard"]), expected);
        assert_eq!(left(&list, &["billboard"]), pairs(&list));
    }

    #[test]
    fn of_two_as_sure_the_first_stays_and_what_falls_too_low_is_weak() {
        // the threshold of stalls is 0.4
        let list = [seen("street_stall", 0.7, WHOLE), seen("street_stall", 0.7, COUNTER)];
        assert_eq!(left(&list, &["street_stall"]), [("street_stall".to_owned(), 0.7)]);
    }

    #[test]
    fn what_the_second_look_said_still_makes_the_score() {
        let nested = Nested { inside: 0.7, keep: 0.5, classes: vec!["street_stall".into()] };
        let second = Some(SecondLook { first_score: 0.8, keep: 0.75 });
        let doubted = Detection { second, ..seen("street_stall", 0.6, COUNTER) };
        let mut list = [seen("street_stall", 0.9, WHOLE), doubted];
        nested.doubt(&mut list);
        let told = list[1].second.unwrap();
        assert!((told.first_score * told.keep - list[1].score).abs() < 1e-6);
        assert_eq!(list[1].score, 0.3);
    }
}
