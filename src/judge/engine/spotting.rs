//! One look's detections → the camera's tracks: which spot of the picture each belongs to, and which
//! spots were looked at in vain. What a proven track means is not decided here.

use std::collections::{BTreeMap, BTreeSet};

use super::Judge;
use crate::{
    base::{CameraId, Detection, Detections, WallTime},
    judge::{
        ground::Fix,
        state::Key,
        track::{Track, are_apart, foot_and_size, foot_error},
        verdict::Judgement,
    },
};

impl Judge {
    /// The detections that rules and zones let in; weak ones only where `weak` asks for them. Weak is
    /// what the detector calls so, and what scores less than the rule asks for.
    pub(super) fn admitted<'a>(&self, look: &'a Detections, weak: bool) -> Vec<&'a Detection> {
        let Some(eye) = self.eyes.get(&look.camera) else { return Vec::new() };
        let is_weak = |d: &Detection| {
            let rule = self.options.rules.get(&d.class)?;
            Some(d.is_weak || d.score < rule.min_score)
        };
        let detections = look.detections.iter();
        detections.filter(|d| is_weak(d) == Some(weak)).filter(|d| eye.admits(d)).collect()
    }

    /// Nearest pairs first; one detection a track, one track a detection.
    pub(super) fn matched(&self, camera: &CameraId, seen: &[&Detection]) -> BTreeMap<u64, usize> {
        let mut pairs = Vec::new();
        for n in self.of_camera.get(camera).into_iter().flatten() {
            let track = &self.tracks[n];
            for (index, detection) in seen.iter().enumerate() {
                if track.class == detection.class
                    && let Some(distance) = track.distance(&detection.bbox)
                {
                    // a known thing before a fresh suspicion
                    pairs.push((track.thing.is_none(), distance, *n, index));
                }
            }
        }
        pairs.sort_by(|a, b| {
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then((a.2, a.3).cmp(&(b.2, b.3)))
        });
        let mut taken = vec![false; seen.len()];
        let mut matched = BTreeMap::new();
        for (_, _, n, index) in pairs {
            if !taken[index] && !matched.contains_key(&n) {
                taken[index] = true;
                matched.insert(n, index);
            }
        }
        matched
    }

    /// Tracks that were not hit and are seen weakly.
    pub(super) fn seen_weakly(
        &self,
        look: &Detections,
        hit: &BTreeMap<u64, usize>,
    ) -> BTreeSet<u64> {
        let weak = self.admitted(look, true);
        let is_seen = |n: &&u64| {
            let track = &self.tracks[n];
            let is_there = |seen: &&Detection| {
                seen.class == track.class && track.distance(&seen.bbox).is_some()
            };
            !hit.contains_key(n) && weak.iter().any(is_there)
        };
        self.of_camera.get(&look.camera).into_iter().flatten().filter(is_seen).copied().collect()
    }

    /// Those of the tracks seen weakly that are of violations which are open and which the camera surely
    /// saw lately: that is no sighting, nor is it a miss. Of anything else it proves nothing, not even that
    /// it stood there all the time.
    pub(super) fn held(&self, weakly: &BTreeSet<u64>, at: WallTime) -> BTreeSet<u64> {
        let is_held = |n: &&u64| {
            let track = &self.tracks[n];
            let thing = track.thing.and_then(|id| self.things.get(&id));
            thing.is_some_and(|thing| {
                thing.violation.is_some() && thing.is_held_by(&track.camera, at)
            })
        };
        weakly.iter().filter(is_held).copied().collect()
    }

    /// A detection where no track is: a new one.
    pub(super) fn begin(&mut self, camera: &CameraId, detection: &Detection, at: WallTime) -> u64 {
        let (foot, size) = foot_and_size(&detection.bbox);
        let fix = self.fix(camera, foot, size);
        let area = size.0 * size.1;
        let flicker = self.habits[camera].flicker(&detection.class, area);
        let n = self.next.track;
        self.next.track += 1;
        self.changed.extend([Key::Next, Key::Track(n)]);
        self.tracks.insert(n, Track::new(camera.clone(), detection, at, &fix, flicker));
        self.of_camera.entry(camera.clone()).or_default().push(n);
        n
    }

    /// Notes which of the tracks hit in one look were hit by boxes apart from one another.
    pub(super) fn note_together(&mut self, hit: &BTreeMap<u64, usize>, seen: &[&Detection]) {
        for (n, mine) in hit {
            for (other, theirs) in hit.range(n + 1..) {
                let (a, b) = (seen[*mine], seen[*theirs]);
                if a.class != b.class || !are_apart(&a.bbox, &b.bbox) {
                    continue;
                }
                for (track, other) in [(n, other), (other, n)] {
                    if let Some(track) = self.tracks.get_mut(track) {
                        track.seen_together(*other);
                    }
                }
            }
        }
    }

    /// A detection of track `n`.
    pub(super) fn hit(
        &mut self,
        n: u64,
        detection: &Detection,
        at: WallTime,
        out: &mut Vec<Judgement>,
    ) {
        let (foot, size) = foot_and_size(&detection.bbox);
        let fix = self.fix(&self.tracks[&n].camera, foot, size);
        let flicker = self.flicker(&self.tracks[&n]);
        self.changed.insert(Key::Track(n));
        let Some(track) = self.tracks.get_mut(&n) else { return };
        if let Some(mut sighting) = track.hit(detection, at, &fix, flicker) {
            if let Some(whole) = self.parted(n) {
                sighting = whole;
            }
            let id = self.thing_of(n, &sighting);
            self.sighted(id, n, &sighting, out);
        }
    }

    /// Tracks of `camera` that were neither hit now nor held; what never became a thing is forgotten in
    /// the end.
    pub(super) fn miss(
        &mut self,
        camera: &CameraId,
        hit: &BTreeMap<u64, usize>,
        weakly: &BTreeSet<u64>,
        held: &BTreeSet<u64>,
    ) {
        let mut ended = Vec::new();
        for n in self.of_camera.get(camera).cloned().unwrap_or_default() {
            let Some(track) = self.tracks.get(&n) else { continue };
            if hit.contains_key(&n) || held.contains(&n) || !track.is_running() {
                continue;
            }
            let flicker = self.flicker(track);
            self.changed.insert(Key::Track(n));
            let Some(track) = self.tracks.get_mut(&n) else { continue };
            track.miss(flicker, weakly.contains(&n));
            if !track.is_running() {
                ended.push((n, track.thing.is_none()));
            }
        }
        for (n, is_nothing) in ended {
            if is_nothing {
                self.forget_track(n);
            } else {
                self.forget_together(camera, n);
            }
        }
    }

    fn forget_together(&mut self, camera: &CameraId, ended: u64) {
        for n in self.of_camera.get(camera).into_iter().flatten() {
            if self.tracks.get_mut(n).is_some_and(|track| track.forget_together(ended)) {
                self.changed.insert(Key::Track(*n));
            }
        }
    }

    pub(super) fn forget_track(&mut self, n: u64) {
        if let Some(track) = self.tracks.remove(&n) {
            if let Some(list) = self.of_camera.get_mut(&track.camera) {
                list.retain(|other| *other != n);
            }
            self.forget_together(&track.camera, n);
            self.changed.insert(Key::Track(n));
        }
    }

    /// Where a box with this foot and size stands.
    pub(super) fn fix(&self, camera: &CameraId, foot: (f64, f64), size: (f64, f64)) -> Fix {
        self.eyes[camera].projector.fix(foot, foot_error(size))
    }

    fn flicker(&self, track: &Track) -> f64 {
        self.habits[&track.camera].flicker(&track.class, track.gate_area())
    }
}
