//! One thing on the ground for one stay: which tracks show it, how long it has stood unlawfully, and
//! since when it has been looked for in vain.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::track::{Sighting, Track};
use crate::base::{
    BBox, CameraId, ClassName, GroundPosition, LonLat, SecondLook, ThingId, ViolationId, WallTime,
};

/// Part of the dwell time in which the thing must really have been there; the rest may be breaks.
const SURE_PART_OF_DWELL: f64 = 0.75;
/// A break wears off a part of the sure time, one in so many: flickers that fall on one spot now and
/// then must not add up over a day.
const WEAR: u64 = 4;
/// Sightings below which a stay is not told from flickers that fell on one spot by chance.
const FEWEST_HITS: u64 = 3;

/// See the file's head.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Thing {
    pub class: ClassName,
    pub tracks: BTreeSet<u64>,
    /// Things that were seen beside this one, so surely are others.
    pub apart: BTreeSet<ThingId>,
    /// Cameras in the order in which they saw it.
    pub cameras: Vec<CameraId>,
    /// When each of them last surely saw it.
    pub seen_by: BTreeMap<CameraId, WallTime>,
    pub first_seen: WallTime,
    pub last_seen: WallTime,
    pub position: GroundPosition,
    /// Looked-at time without a sure sighting, and up to when it is counted.
    unseen_ms: u64,
    looked_until: WallTime,
    pub stay: Option<Stay>,
    pub violation: Option<Open>,
    /// The spot that keeps it from being a violation, once said.
    pub suppressed: Option<String>,
    /// Whether it has been told as a candidate.
    pub announced: bool,
    pub camera: CameraId,
    pub bbox: BBox,
    pub score: f32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<SecondLook>,
}

/// One look says at most so much of the time after which a thing is gone: a single miss after a long
/// pause proves nothing.
pub(super) const FEWEST_MISSES: u32 = 5;

/// How long after a camera surely saw a thing its weak boxes say that it may be there still.
const HELD_FOR: Duration = Duration::from_secs(300);

/// An unlawful stay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Stay {
    pub since: WallTime,
    pub last: WallTime,
    /// The permit whose end began it.
    pub permit: Option<String>,
    sure_ms: u64,
    pub hits: u64,
    scores: f64,
}

/// The violation a stay has become.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Open {
    pub id: ViolationId,
    pub recurrence_of: Option<ViolationId>,
}

impl Stay {
    pub(super) fn new(since: WallTime, permit: Option<String>) -> Self {
        Self { since, last: since, permit, sure_ms: 0, hits: 0, scores: 0.0 }
    }

    pub(super) fn add(&mut self, s: &Sighting) {
        let elapsed_ms = millis(s.to.since(self.last));
        let sure_ms = if s.broken { 0 } else { millis(s.to.since(s.from.max(self.last))) };
        let worn_ms = (elapsed_ms - sure_ms) / WEAR;
        self.sure_ms = (self.sure_ms + sure_ms).saturating_sub(worn_ms);
        self.last = self.last.max(s.to);
        self.hits += s.hits;
        self.scores += s.scores;
    }

    /// How long it has stood.
    pub(super) fn dwelt(&self) -> Duration {
        self.last.since(self.since)
    }

    /// Whether it has surely stood for `dwell`.
    pub(super) fn has_stood(&self, dwell: Duration) -> bool {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of a stay fit a double")]
        let sure = self.sure_ms as f64 / 1_000.0;
        self.hits >= FEWEST_HITS
            && self.dwelt() >= dwell
            && sure >= SURE_PART_OF_DWELL * dwell.as_secs_f64()
    }

    /// Mean score of the sightings.
    pub(super) fn score(&self) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "a count of sightings")]
        let mean = self.scores / self.hits.max(1) as f64;
        #[expect(clippy::cast_possible_truncation, reason = "a score needs no more digits")]
        let mean = mean as f32;
        mean
    }

    /// Takes over what another stay of the same thing knows.
    pub(super) fn join(&mut self, other: &Self) {
        self.since = self.since.min(other.since);
        self.last = self.last.max(other.last);
        self.sure_ms = self.sure_ms.max(other.sure_ms);
        self.hits += other.hits;
        self.scores += other.scores;
    }
}

impl Thing {
    pub(super) fn new(
        class: ClassName,
        track: u64,
        camera: CameraId,
        place: LonLat,
        s: &Sighting,
        bbox: BBox,
    ) -> Self {
        Self {
            class,
            tracks: BTreeSet::from([track]),
            apart: BTreeSet::new(),
            cameras: Vec::new(),
            seen_by: BTreeMap::new(),
            first_seen: s.from,
            last_seen: s.from,
            position: GroundPosition { place, error_m: 0.0 },
            unseen_ms: 0,
            looked_until: s.to,
            stay: None,
            violation: None,
            suppressed: None,
            announced: false,
            camera,
            bbox,
            score: 0.0,
            second: None,
        }
    }

    /// Notes a sure sighting, lawful or not.
    pub(super) fn see(&mut self, s: &Sighting, by: &Track) {
        let camera = &by.camera;
        if !self.cameras.contains(camera) {
            self.cameras.push(camera.clone());
        }
        self.seen_by.insert(camera.clone(), s.to);
        self.first_seen = self.first_seen.min(s.from);
        self.last_seen = self.last_seen.max(s.to);
        self.unseen_ms = 0;
        self.looked_until = s.to;
        self.camera = camera.clone();
        self.bbox = by.last_bbox;
        self.score = by.last_score;
        self.second = by.last_second;
    }

    /// Notes that `camera` looked from `from` to `to` and saw nothing of it; whether it is now gone.
    /// A camera counts only when it was among those that saw the thing at the end: one that lost it
    /// long before (a knock, the night) says nothing by still not seeing it.
    pub(super) fn looked_for(
        &mut self,
        camera: &CameraId,
        (from, to): (WallTime, WallTime),
        gone_after: Duration,
    ) -> bool {
        if self.counts(camera, gone_after) {
            let looked = to.since(from.max(self.looked_until));
            self.unseen_ms += millis(looked.min(gone_after / FEWEST_MISSES));
            self.looked_until = self.looked_until.max(to);
        }
        self.unseen_ms >= millis(gone_after / FEWEST_MISSES) * u64::from(FEWEST_MISSES)
    }

    /// Notes that a camera saw something weakly where it is: what it looked at until then was not in vain,
    /// nor is it a sighting.
    pub(super) fn seen_weakly(&mut self, at: WallTime) {
        self.looked_until = self.looked_until.max(at);
    }

    /// Whether `camera` surely saw it so lately that a weak box is not taken for something else.
    pub(super) fn is_held_by(&self, camera: &CameraId, at: WallTime) -> bool {
        self.seen_by.get(camera).is_some_and(|seen| at.since(*seen) <= HELD_FOR)
    }

    /// Whether `camera`, which last looked at `last_look`, missed it then and is one that counts.
    pub(super) fn is_missed_by(
        &self,
        camera: &CameraId,
        last_look: WallTime,
        gone_after: Duration,
    ) -> bool {
        self.seen_by.get(camera).is_some_and(|seen| *seen < last_look)
            && self.counts(camera, gone_after)
    }

    fn counts(&self, camera: &CameraId, gone_after: Duration) -> bool {
        self.seen_by.get(camera).is_some_and(|seen| seen.plus(gone_after) >= self.last_seen)
    }

    /// Takes over everything of a thing that turned out to be the same one.
    pub(super) fn absorb(&mut self, other: Self) {
        self.tracks.extend(other.tracks);
        self.apart.extend(other.apart);
        for camera in other.cameras {
            if !self.cameras.contains(&camera) {
                self.cameras.push(camera);
            }
        }
        for (camera, at) in other.seen_by {
            let seen = self.seen_by.entry(camera).or_insert(at);
            *seen = at.max(*seen);
        }
        self.first_seen = self.first_seen.min(other.first_seen);
        self.last_seen = self.last_seen.max(other.last_seen);
        self.unseen_ms = self.unseen_ms.min(other.unseen_ms);
        self.looked_until = self.looked_until.max(other.looked_until);
        match (&mut self.stay, other.stay) {
            (Some(mine), Some(theirs)) => {
                let since = mine.since;
                mine.join(&theirs);
                if self.violation.is_some() {
                    mine.since = since;
                }
            }
            (mine @ None, theirs) => *mine = theirs,
            (Some(_), None) => {}
        }
    }
}

fn millis(d: Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DWELL: Duration = Duration::from_secs(600);

    fn minute(m: u64) -> WallTime {
        WallTime::from_millis(0).plus(Duration::from_secs(60 * m))
    }

    fn sighting(from: u64, to: u64, broken: bool) -> Sighting {
        Sighting { from: minute(from), to: minute(to), broken, hits: 1, scores: 0.5 }
    }

    #[test]
    fn short_sure_pieces_between_long_breaks_do_not_add_up() {
        let mut stay = Stay::new(minute(0), None);
        for hour in 0..100 {
            stay.add(&sighting(60 * hour, 60 * hour + 4, false));
            assert!(!stay.has_stood(DWELL), "after {hour} hours");
        }
    }

    #[test]
    fn one_break_does_not_undo_a_stay() {
        let mut stay = Stay::new(minute(0), None);
        for m in 1..7 {
            stay.add(&sighting(m - 1, m, false));
        }
        stay.add(&sighting(6, 9, true));
        assert!(!stay.has_stood(DWELL));
        for m in 10..13 {
            stay.add(&sighting(m - 1, m, false));
        }
        assert!(stay.has_stood(DWELL), "{stay:?}");
    }
}
