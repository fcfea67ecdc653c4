//! One spot in one camera's picture where a class is seen again and again, and whether that can be
//! chance.
//!
//! Evidence is a cumulative sum of log likelihood ratios (a CUSUM): a hit speaks for a thing by
//! ln(P(hit | thing) / P(hit | flicker)), a miss against it. From the first hit until the sum falls
//! back to zero is a *run*; a run whose sum has reached [`PROVEN`] is a thing being there, and all
//! its hits count, those before the proof too. A stray flicker in an empty spot proves nothing, a
//! passer-by in front of a standing thing disproves nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ground::{Fix, Spread};
use crate::base::{BBox, CameraId, ClassName, Detection, LonLat, SecondLook, ThingId, WallTime};

/// Evidence at which a run is no longer taken for chance: odds of ten thousand.
const PROVEN: f64 = 9.2;
/// The most that one hit can say, so that two are needed whatever was learnt.
const MOST_OF_ONE_HIT: f64 = 0.8 * PROVEN;
/// What a new spot is taken to be hit, as pseudo-counts: 4 of 10.
const PRIOR_HITS: f64 = 4.0;
const PRIOR_LOOKS: f64 = 10.0;
/// Looks after which half of what was learnt about the hit rate is forgotten (night falls).
const RATE_MEMORY_LOOKS: f64 = 150.0;
/// Bounds of the learnt hit rate.
const HIT_RATE: (f64, f64) = (0.12, 0.85);
/// Gate in box widths and heights: jitter of a detector's box corners, with room.
const GATE_WIDTHS: f64 = 0.33;
const GATE_HEIGHTS: f64 = 0.38;
/// Gate for the smallest boxes, in fractions of the picture.
const GATE_FLOOR: f64 = 0.004;
/// The most by which ln(width) or ln(height) may differ.
const GATE_LN_SIZE: f64 = 0.45;
/// Hits over which a box is averaged; afterwards it follows slowly.
const BOX_MEMORY_HITS: f64 = 25.0;
/// Errors of a foot point in box widths and heights.
const FOOT_ERROR: (f64, f64) = (0.04, 0.06);
/// A gap of misses is bridged while its chance is above e^-4, that is 2 %.
const BRIDGED: f64 = 4.0;
/// After so many misses in a row, weak boxes not counted, a hit that proved nothing is not worth hurried looks.
const LIKELY_CHANCE: u32 = 4;
/// Boxes of one look that overlap no more than this, over their union and over the smaller one, are
/// of two things; a detector's second box for one thing overlaps more or lies within the first.
const APART_OF_UNION: f32 = 0.4;
const APART_OF_SMALLER: f32 = 0.6;
/// Looks that show both tracks at once before they are taken for two things when that is still open…
const TOGETHER_TO_KEEP_APART: u32 = 2;
/// …and before they are torn apart when they had been taken for one, with the part of hits.
const TOGETHER_TO_PART: u32 = 4;
const TOGETHER_SHARE_TO_PART: f64 = 0.2;

/// See the file's head.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Track {
    pub camera: CameraId,
    pub class: ClassName,
    /// The thing it shows, once proven.
    pub thing: Option<ThingId>,
    /// Mean foot and size in fractions of the picture, over `hits`.
    foot: (f64, f64),
    size: (f64, f64),
    hits: f64,
    evidence: f64,
    proven: bool,
    run: Option<Run>,
    /// In how many looks of the runs under way each of these other tracks was hit as well.
    together: BTreeMap<u64, u32>,
    rate_hits: f64,
    rate_looks: f64,
    /// Mean place, weighted by what each sighting is worth.
    place: LonLat,
    weight: f64,
    pub last_bbox: BBox,
    pub last_score: f32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_second: Option<SecondLook>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Run {
    since: WallTime,
    last: WallTime,
    hits: u64,
    scores: f64,
    misses: u32,
    /// Those of the misses at which it was seen weakly.
    #[serde(default)]
    weak: u32,
    /// The hit rate as it was known at the last hit.
    rate: f64,
}

/// Sure sightings that a frame added.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sighting {
    /// From here…
    pub from: WallTime,
    /// …to here, the thing was there without a break.
    pub to: WallTime,
    /// Whether the break before `to` is too long to be taken for presence.
    pub broken: bool,
    /// New hits.
    pub hits: u64,
    /// Sum of their scores.
    pub scores: f64,
}

/// Whether two boxes of one look are of two things.
pub(super) fn are_apart(a: &BBox, b: &BBox) -> bool {
    let iou = a.iou(b);
    let shared = iou / (1.0 + iou) * (a.area() + b.area());
    iou <= APART_OF_UNION && shared <= APART_OF_SMALLER * a.area().min(b.area())
}

/// Foot and size of a box in fractions of the picture.
pub(super) fn foot_and_size(b: &BBox) -> ((f64, f64), (f64, f64)) {
    let foot = b.foot();
    ((f64::from(foot.0), f64::from(foot.1)), (f64::from(b.width()), f64::from(b.height())))
}

/// Expected error of a foot point for a box of this size.
pub(super) fn foot_error(size: (f64, f64)) -> (f64, f64) {
    (size.0 * FOOT_ERROR.0, size.1 * FOOT_ERROR.1)
}

impl Track {
    pub(super) fn new(
        camera: CameraId,
        seen: &Detection,
        at: WallTime,
        fix: &Fix,
        flicker: f64,
    ) -> Self {
        let (foot, size) = foot_and_size(&seen.bbox);
        let mut new = Self {
            camera,
            class: seen.class.clone(),
            thing: None,
            foot,
            size,
            hits: 0.0,
            evidence: 0.0,
            proven: false,
            run: None,
            together: BTreeMap::new(),
            rate_hits: PRIOR_HITS,
            rate_looks: PRIOR_LOOKS,
            place: fix.place,
            weight: 0.0,
            last_bbox: seen.bbox,
            last_score: seen.score,
            last_second: seen.second,
        };
        let _ = new.hit(seen, at, fix, flicker);
        new
    }

    /// 0 at the middle of the gate, 1 at its edge; `None` beyond, or for a box of another size.
    pub(super) fn distance(&self, bbox: &BBox) -> Option<f64> {
        let (foot, size) = foot_and_size(bbox);
        let (w, h) = self.gate();
        let off = ((foot.0 - self.foot.0) / w).hypot((foot.1 - self.foot.1) / h);
        let shape = (size.0 / self.size.0).ln().abs().max((size.1 / self.size.1).ln().abs());
        (off <= 1.0 && shape <= GATE_LN_SIZE).then_some(off)
    }

    /// Whether both show the same spot, allowing for a knock of the camera by less than a box.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        let (w, h) = (self.size.0.max(other.size.0), self.size.1.max(other.size.1));
        let shape =
            (self.size.0 / other.size.0).ln().abs().max((self.size.1 / other.size.1).ln().abs());
        (self.foot.0 - other.foot.0).abs() < w
            && (self.foot.1 - other.foot.1).abs() < h
            && shape < 2.0 * GATE_LN_SIZE
    }

    fn gate(&self) -> (f64, f64) {
        (self.size.0 * GATE_WIDTHS + GATE_FLOOR, self.size.1 * GATE_HEIGHTS + GATE_FLOOR)
    }

    /// Area of the gate as a fraction of the picture.
    pub(super) fn gate_area(&self) -> f64 {
        let (w, h) = self.gate();
        std::f64::consts::PI * w * h
    }

    /// Whether a miss can still change anything.
    pub(super) fn is_running(&self) -> bool {
        self.run.is_some()
    }

    /// Whether it was hit lately and it is open whether by chance.
    pub(super) fn is_weighed(&self) -> bool {
        self.run.is_some_and(|run| run.misses - run.weak < LIKELY_CHANCE) && !self.proven
    }

    /// Whether both are spots of one picture that were hit in turns without overlapping: then they
    /// show two things, not one that a knock of the camera moved in the picture.
    pub(super) fn alternates_with(&self, other: &Self) -> bool {
        let in_turns = self
            .run
            .zip(other.run)
            .is_some_and(|(mine, theirs)| mine.last >= theirs.since && theirs.last >= mine.since);
        self.camera == other.camera && in_turns && !self.overlaps(other)
    }

    fn overlaps(&self, other: &Self) -> bool {
        let apart_x = (self.foot.0 - other.foot.0).abs() >= (self.size.0 + other.size.0) / 2.0;
        let above = self.foot.1 <= other.foot.1 - other.size.1;
        let below = other.foot.1 <= self.foot.1 - self.size.1;
        !(apart_x || above || below)
    }

    /// Sightings in the run under way.
    pub(super) fn run_hits(&self) -> u64 {
        self.run.map_or(0, |run| run.hits)
    }

    /// Sightings so far.
    pub(super) fn hits(&self) -> f64 {
        self.hits
    }

    fn rate(&self) -> f64 {
        (self.rate_hits / self.rate_looks).clamp(HIT_RATE.0, HIT_RATE.1)
    }

    fn learn(&mut self, hit: bool) {
        let keep = 0.5f64.powf(1.0 / RATE_MEMORY_LOOKS);
        self.rate_hits = self.rate_hits * keep + f64::from(u8::from(hit));
        self.rate_looks = self.rate_looks * keep + 1.0;
    }

    /// Takes a detection in the gate; `flicker` is the chance of one in it by mere noise.
    pub(super) fn hit(
        &mut self,
        seen: &Detection,
        at: WallTime,
        fix: &Fix,
        flicker: f64,
    ) -> Option<Sighting> {
        self.follow(seen, fix);
        self.learn(true);
        let gain = (self.rate() / flicker).ln().clamp(0.2, MOST_OF_ONE_HIT);
        self.evidence = (self.evidence + gain).min(PROVEN + 0.5);
        let score = f64::from(seen.score);
        let rate = self.rate();
        let new = Run { since: at, last: at, hits: 0, scores: 0.0, misses: 0, weak: 0, rate };
        let before = self.run.unwrap_or(new);
        let broken = f64::from(before.misses) * -(1.0 - before.rate).ln() > BRIDGED;
        // a flicker long before says nothing about since when the thing stands
        let start = if broken && !self.proven { new } else { before };
        let run = Run {
            last: at,
            hits: start.hits + 1,
            scores: start.scores + score,
            misses: 0,
            weak: 0,
            rate,
            ..start
        };
        self.run = Some(run);
        if self.proven {
            return Some(Sighting { from: before.last, to: at, broken, hits: 1, scores: score });
        }
        if self.evidence < PROVEN {
            return None;
        }
        self.proven = true;
        self.whole_run()
    }

    /// The whole of the run under way as one sighting.
    pub(super) fn whole_run(&self) -> Option<Sighting> {
        self.run.map(|run| Sighting {
            from: run.since,
            to: run.last,
            broken: false,
            hits: run.hits,
            scores: run.scores,
        })
    }

    /// Notes that track `other` of the same picture was hit in the same look, apart from this one.
    pub(super) fn seen_together(&mut self, other: u64) {
        *self.together.entry(other).or_default() += 1;
    }

    /// Forgets track `other`, whose run is over. Whether that changed anything.
    pub(super) fn forget_together(&mut self, other: u64) -> bool {
        self.together.remove(&other).is_some()
    }

    /// Whether track `other` surely shows another thing than this one: both were seen at once.
    pub(super) fn is_apart_from(&self, other: u64) -> bool {
        self.together.get(&other).is_some_and(|looks| *looks >= TOGETHER_TO_KEEP_APART)
    }

    /// Tracks seen so often together with this one that they cannot show one thing with it.
    pub(super) fn cannot_share_with(&self) -> impl Iterator<Item = u64> {
        #[expect(clippy::cast_precision_loss, reason = "a count of sightings")]
        let hits = self.run.map_or(f64::INFINITY, |run| run.hits as f64);
        let enough = move |looks: u32| {
            looks >= TOGETHER_TO_PART && f64::from(looks) >= TOGETHER_SHARE_TO_PART * hits
        };
        self.together.iter().filter(move |(_, looks)| enough(**looks)).map(|(n, _)| *n)
    }

    fn follow(&mut self, seen: &Detection, fix: &Fix) {
        let (foot, size) = foot_and_size(&seen.bbox);
        self.hits += 1.0;
        let share = 1.0 / self.hits.min(BOX_MEMORY_HITS);
        let toward =
            |a: (f64, f64), b: (f64, f64)| (a.0 + (b.0 - a.0) * share, a.1 + (b.1 - a.1) * share);
        self.foot = toward(self.foot, foot);
        self.size = toward(self.size, size);
        let worth = 1.0 / (fix.jitter.error_m().powi(2) + 0.01);
        self.weight += worth;
        self.place.lon += (fix.place.lon - self.place.lon) * worth / self.weight;
        self.place.lat += (fix.place.lat - self.place.lat) * worth / self.weight;
        self.last_bbox = seen.bbox;
        self.last_score = seen.score;
        self.last_second = seen.second;
    }

    /// The camera looked and nothing sure was in the gate; `weakly`: something weak was.
    pub(super) fn miss(&mut self, flicker: f64, weakly: bool) {
        let Some(run) = self.run.as_mut() else { return };
        run.misses += 1;
        run.weak += u32::from(weakly);
        self.learn(false);
        self.evidence += ((1.0 - self.rate()) / (1.0 - flicker)).ln();
        if self.evidence <= 0.0 {
            self.evidence = 0.0;
            self.proven = false;
            self.run = None;
            self.together.clear();
        }
    }

    /// Mean foot point and size, for projecting.
    pub(super) fn mean(&self) -> ((f64, f64), (f64, f64)) {
        (self.foot, self.size)
    }

    /// Mean place and its covariance, given a fix at the mean foot point.
    pub(super) fn place(&self, at_mean: &Fix) -> (LonLat, Spread) {
        (self.place, at_mean.bias.add(at_mean.jitter.over(self.hits.max(1.0))))
    }
}
