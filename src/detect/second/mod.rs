//! A second look at what the detector saw: a small model is shown each detection of some classes, cut
//! out of the frame at full resolution, and says how much of its score to keep, what to add
//! and, where it can, where the thing is. What comes to lie on a surer one by that is the same thing and goes.
//!
//! Not here: the inference library, which classes are judged, what a look means. It wraps a detector, so
//! that every road gets it; it goes around the tiles, so that it sees each thing once and in the whole
//! frame. A frame without a candidate costs nothing, and a camera's standing thing is not shown at every
//! look ([`Standing`]).

mod card;
mod standing;

use std::collections::BTreeMap;

pub use card::{PlaceOutputs, SecondCard};
pub use standing::Standing;

use super::{DetectError, Detector, Holder, ModelCard, Square, tensor::Crop};
use crate::base::{BBox, CameraId, ClassName, Detection, Frame, SecondLook};

/// Cut-outs shown to the model in one call: its memory stays small however many boxes a batch has.
pub const MOST_CROPS: usize = 4;

/// What a model says about a detection. `keep`, `add` and their sum are in [0, 1], so the new score is too.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Verdict {
    /// What the score is multiplied by.
    pub keep: f32,
    /// What is added then.
    pub add: f32,
    /// Where it sees the thing, when it does.
    pub place: Option<Place>,
}

/// Where a thing is seen close up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// In fractions of the frame.
    pub bbox: BBox,
    /// What share of the way there the detector's box is moved, in [0, 1].
    pub pull: f32,
}

impl Place {
    /// What becomes of a box.
    fn of(self, seen: BBox) -> BBox {
        let (from, to) = (seen.corners(), self.bbox.corners());
        let [x0, y0, x1, y1] = std::array::from_fn(|i| from[i] + self.pull * (to[i] - from[i]));
        BBox::new(x0, y0, x1, y1).unwrap_or(seen)
    }
}

impl Verdict {
    /// What becomes of a score.
    pub fn of(self, score: f32) -> f32 {
        score * self.keep + self.add
    }

    /// The same as one factor, as it is told: above 1 where the model is surer.
    fn as_factor_of(self, score: f32) -> f32 {
        if score > 0.0 { self.keep + self.add / score } else { self.keep }
    }
}

/// Boxes with less than this share of their class's threshold are faint: few of them become surer than it,
/// and there are many. They are shown only where something that is known would be missed else.
const FAINT: f32 = 0.4;

/// A model that is shown cut-outs.
pub trait CropModel: Send {
    /// What to do with scores, for each cut-out one verdict a class of its card.
    ///
    /// # Errors
    /// [`DetectError`] when a frame cannot be read or the model fails; nothing is half-answered.
    fn judge(&mut self, crops: &[Crop<'_>]) -> Result<Vec<Vec<Verdict>>, DetectError>;

    /// The most cut-outs one call takes.
    fn max_crops(&self) -> usize;
}

/// One detection that was looked at a second time.
#[derive(Clone, Copy, Debug)]
pub struct Looked<'a> {
    /// Whose frame.
    pub camera: &'a CameraId,
    /// What the detector took it for.
    pub class: &'a ClassName,
    /// Both models' numbers.
    pub second: SecondLook,
    /// What came of them.
    pub score: f32,
    /// Whether that is below the class's threshold.
    pub is_weak: bool,
    /// Whether the verdict is from an earlier look, since the thing has not moved.
    pub is_recalled: bool,
}

/// Told of every second look: counting and logging are not this module's.
pub type Teller = Box<dyn FnMut(&Looked<'_>) + Send>;

/// What is done with a class that is looked at twice.
#[derive(Clone, Copy, Debug)]
struct Twice {
    /// Its place in the model's output.
    column: usize,
    /// Scores below are weak.
    threshold: f32,
}

impl Twice {
    fn is_faint(&self, seen: &Detection) -> bool {
        seen.is_weak && seen.score < FAINT * self.threshold
    }
}

/// What is said of one candidate.
#[derive(Clone, Copy, Debug, Default)]
struct Answer {
    verdict: Verdict,
    /// Whether it was said at an earlier look.
    is_recalled: bool,
}

/// A detector whose detections of some classes are looked at a second time.
pub struct SecondLooking {
    inner: Box<dyn Detector>,
    model: Box<dyn CropModel>,
    name: String,
    margin: f64,
    nms_iou: f32,
    classes: BTreeMap<ClassName, Twice>,
    standing: Option<Standing>,
    holder: Option<Holder>,
    tell: Teller,
}

impl SecondLooking {
    /// Shows what `inner`, a detector of `detector`'s card, sees to `model`, which is of `card`, but for
    /// what is faint. What is below its class's threshold afterwards is weak, and nothing else.
    ///
    /// # Errors
    /// [`DetectError::Card`] for a class that the detector does not know.
    pub fn new(
        inner: Box<dyn Detector>,
        detector: &ModelCard,
        model: Box<dyn CropModel>,
        card: &SecondCard,
        tell: Teller,
    ) -> Result<Self, DetectError> {
        card.fit(detector)?;
        let threshold = |name: &ClassName| {
            let class = detector.classes().iter().find(|c| c.name == *name);
            class.map_or(0.0, |class| class.threshold)
        };
        let twice = |(column, name): (usize, &ClassName)| {
            (name.clone(), Twice { column, threshold: threshold(name) })
        };
        let classes = card.classes().iter().enumerate().map(twice).collect();
        let name = card.name().to_owned();
        let (margin, nms_iou) = (card.margin(), detector.nms_iou());
        let (standing, holder) = (None, None);
        Ok(Self { inner, model, name, margin, nms_iou, classes, standing, holder, tell })
    }

    /// Recalls what was said of things that stand instead of showing them at every look.
    pub fn recalling(self, standing: Standing) -> Self {
        Self { standing: Some(standing), ..self }
    }

    /// Shows faint boxes too where `holder` knows that something was lately, and no other box is now.
    pub fn holding(self, holder: Holder) -> Self {
        Self { holder: Some(holder), ..self }
    }

    /// What is done with `seen`, one of `list`, if it is to be looked at again.
    fn twice(&self, frame: &Frame, seen: &Detection, list: &[Detection]) -> Option<Twice> {
        let twice = self.classes.get(&seen.class)?;
        let is_missed = || {
            let others = || list.iter().filter(|d| d.class == seen.class && !twice.is_faint(d));
            let holder = self.holder.as_ref();
            holder.is_some_and(|holder| holder.is_missed(&frame.camera, frame.at, seen, others))
        };
        (!twice.is_faint(seen) || is_missed()).then_some(*twice)
    }

    /// What is said of each box of `lists`, if it is looked at again: what was said of it before where that
    /// still holds, else what the model says now.
    fn answers(
        &mut self,
        frames: &[Frame],
        lists: &[Vec<Detection>],
    ) -> Result<Vec<Vec<Option<Answer>>>, DetectError> {
        let mut unknown = Vec::new();
        let mut answers: Vec<Vec<Option<Answer>>> = Vec::with_capacity(lists.len());
        for (at, (frame, list)) in frames.iter().zip(lists).enumerate() {
            let answer = |(place, seen): (usize, &Detection)| {
                let twice = self.twice(frame, seen, list)?;
                let standing = self.standing.as_ref();
                let said = standing.and_then(|s| s.recall(frame, seen));
                if said.is_none() {
                    unknown.push((at, place, twice.column));
                }
                let (verdict, is_recalled) = (said.unwrap_or_default(), said.is_some());
                Some(Answer { verdict, is_recalled })
            };
            answers.push(list.iter().enumerate().map(answer).collect());
        }
        let crop = |&(at, place, class): &(usize, usize, usize)| {
            let (frame, seen) = (&frames[at], &lists[at][place]);
            Crop { frame, square: Square::around(&seen.bbox, frame, self.margin), class }
        };
        let rows = self.shown(&unknown.iter().map(crop).collect::<Vec<_>>())?;
        for ((at, place, column), row) in unknown.into_iter().zip(rows) {
            let verdict = row.get(column).copied().unwrap_or_default();
            if let Some(standing) = &self.standing {
                standing.keep(&frames[at], &lists[at][place], verdict);
            }
            answers[at][place] = Some(Answer { verdict, is_recalled: false });
        }
        Ok(answers)
    }

    /// Leaves the surest of boxes that have been moved onto each other: by the detector's own measure they
    /// are one thing.
    fn without_doubles(&self, list: Vec<Detection>) -> Vec<Detection> {
        let mut order: Vec<usize> = (0..list.len()).collect();
        order.sort_by(|&a, &b| list[b].score.total_cmp(&list[a].score));
        let mut stays: Vec<usize> = Vec::with_capacity(list.len());
        for at in order {
            let one = &list[at];
            let covers = |other: &Detection| {
                other.class == one.class && other.bbox.iou(&one.bbox) > self.nms_iou
            };
            let is_double =
                self.classes.contains_key(&one.class) && stays.iter().any(|&i| covers(&list[i]));
            if !is_double {
                stays.push(at);
            }
        }
        stays.sort_unstable();
        let mut stays = stays.into_iter().peekable();
        let kept = list.into_iter().enumerate().filter(|(at, _)| stays.next_if_eq(at).is_some());
        kept.map(|(_, seen)| seen).collect()
    }

    /// What the model says of each cut-out, in the order of `crops`.
    fn shown(&mut self, crops: &[Crop<'_>]) -> Result<Vec<Vec<Verdict>>, DetectError> {
        let mut verdicts = Vec::with_capacity(crops.len());
        for chunk in crops.chunks(self.model.max_crops().clamp(1, MOST_CROPS)) {
            let rows = self.model.judge(chunk)?;
            if rows.len() != chunk.len() || rows.iter().any(|r| r.len() != self.classes.len()) {
                let reason = format!("it did not answer for each of {} cut-outs", chunk.len());
                return Err(DetectError::SecondLook { model: self.name.clone(), reason });
            }
            verdicts.extend(rows);
        }
        Ok(verdicts)
    }
}

impl Detector for SecondLooking {
    fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, DetectError> {
        let mut lists = self.inner.detect(frames)?;
        if lists.len() != frames.len() {
            return Err(DetectError::Count { expected: frames.len(), found: lists.len() });
        }
        let answers = self.answers(frames, &lists)?;
        let Self { classes, tell, .. } = self;
        for ((frame, list), answers) in frames.iter().zip(&mut lists).zip(answers) {
            for (seen, answer) in list.iter_mut().zip(answers) {
                let (Some(answer), Some(twice)) = (answer, classes.get(&seen.class)) else {
                    continue;
                };
                let Answer { verdict, is_recalled } = answer;
                let (first, score) = (seen.score, verdict.of(seen.score));
                let second = SecondLook { first_score: first, keep: verdict.as_factor_of(first) };
                seen.score = score;
                seen.second = Some(second);
                seen.bbox = verdict.place.map_or(seen.bbox, |place| place.of(seen.bbox));
                seen.is_weak = score < twice.threshold;
                let (camera, class, is_weak) = (&frame.camera, &seen.class, seen.is_weak);
                tell(&Looked { camera, class, second, score, is_weak, is_recalled });
            }
        }
        Ok(lists.into_iter().map(|list| self.without_doubles(list)).collect())
    }

    fn max_batch(&self) -> usize {
        self.inner.max_batch()
    }
}

#[cfg(test)]
mod tests;
