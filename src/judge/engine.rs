//! The judge itself: takes one look after the other and says what follows from it.
//!
//! Everything that outlives a look is in four tables (habits, tracks, things, former violations) and
//! reaches the outside through `take_changes`; options and rejected spots are given again by the caller.

use std::{cmp::Reverse, collections::BTreeMap, time::Duration};

use serde_json::Value;

use super::{
    camera::{Eye, Habits},
    ground::Fix,
    law::{Calendar, Law},
    options::{Options, Rule},
    state::{self, Changed, Former, Key, Next, StateError},
    thing::{Open, Stay, Thing},
    track::{Sighting, Track, foot_and_size, foot_error},
    verdict::{Judgement, RejectedSpot, Violation},
};
use crate::base::{
    CameraId, Detection, Detections, GroundPosition, ThingId, ViolationId, WallTime,
};

/// How long a violation that is over can be named by its return.
const FORMER_FOR: Duration = Duration::from_secs(30 * 24 * 3_600);

/// See the file's head.
#[derive(Debug)]
pub struct Judge {
    options: Options,
    eyes: BTreeMap<CameraId, Eye>,
    calendar: Calendar,
    spots: BTreeMap<String, RejectedSpot>,
    next: Next,
    habits: BTreeMap<CameraId, Habits>,
    tracks: BTreeMap<u64, Track>,
    /// Tracks of each camera; follows from `tracks`.
    of_camera: BTreeMap<CameraId, Vec<u64>>,
    things: BTreeMap<ThingId, Thing>,
    former: BTreeMap<ViolationId, Former>,
    changed: Changed,
}

impl Judge {
    /// A judge that has seen nothing yet.
    pub fn new(options: Options) -> Self {
        let eyes = options.cameras.iter().map(|c| (c.id.clone(), Eye::new(c.clone()))).collect();
        Self {
            options,
            eyes,
            calendar: Calendar::default(),
            spots: BTreeMap::new(),
            next: Next { thing: 1, violation: 1, track: 1 },
            habits: BTreeMap::new(),
            tracks: BTreeMap::new(),
            of_camera: BTreeMap::new(),
            things: BTreeMap::new(),
            former: BTreeMap::new(),
            changed: Changed::new(),
        }
    }

    /// A judge that goes on from entries that `take_changes` gave out. Rejected spots are to be
    /// passed to [`Judge::reject`] again.
    ///
    /// # Errors
    /// [`StateError`] for an entry of another version.
    pub fn restore(options: Options, entries: Vec<(String, Value)>) -> Result<Self, StateError> {
        let mut judge = Self::new(options);
        for (key, value) in entries {
            match Key::parse(&key)? {
                Key::Next => judge.next = state::read(&key, value)?,
                Key::Camera(id) => {
                    judge.habits.insert(id, state::read(&key, value)?);
                }
                Key::Track(n) => {
                    judge.tracks.insert(n, state::read(&key, value)?);
                }
                Key::Thing(id) => {
                    judge.things.insert(id, state::read(&key, value)?);
                }
                Key::Former(id) => {
                    judge.former.insert(id, state::read(&key, value)?);
                }
            }
        }
        for (n, track) in &judge.tracks {
            judge.of_camera.entry(track.camera.clone()).or_default().push(*n);
        }
        Ok(judge)
    }

    /// The things it knows now.
    pub fn things(&self) -> impl Iterator<Item = ThingId> {
        self.things.keys().copied()
    }

    /// Whether the options have this camera.
    pub fn knows(&self, camera: &CameraId) -> bool {
        self.eyes.contains_key(camera)
    }

    /// What changed since last asked: key and value, or nothing where the entry is to be removed.
    pub fn take_changes(&mut self) -> Vec<(String, Option<Value>)> {
        std::mem::take(&mut self.changed)
            .into_iter()
            .map(|key| {
                let value = match &key {
                    Key::Next => state::write(&self.next),
                    Key::Camera(id) => self.habits.get(id).and_then(state::write),
                    Key::Track(n) => self.tracks.get(n).and_then(state::write),
                    Key::Thing(id) => self.things.get(id).and_then(state::write),
                    Key::Former(id) => self.former.get(id).and_then(state::write),
                };
                (key.text(), value)
            })
            .collect()
    }

    /// From now on nothing of the spot's class is claimed there; open violations there end unsaid.
    pub fn reject(&mut self, spot: RejectedSpot) {
        for (id, thing) in &mut self.things {
            if thing.violation.is_some()
                && spot.covers(&thing.class, thing.position.place, thing.last_seen)
            {
                thing.violation = None;
                thing.suppressed = Some(spot.id.clone());
                self.changed.insert(Key::Thing(*id));
            }
        }
        self.spots.insert(spot.id.clone(), spot);
    }

    /// Takes a rejected spot back.
    pub fn lift(&mut self, id: &str) {
        self.spots.remove(id);
    }

    /// Takes one look of one camera.
    pub fn observe(&mut self, look: &Detections) -> Vec<Judgement> {
        let mut out = Vec::new();
        if !self.eyes.contains_key(&look.camera) {
            return out;
        }
        let at = look.at;
        let since = self.habits.entry(look.camera.clone()).or_default().look(at);
        self.changed.insert(Key::Camera(look.camera.clone()));
        let seen = self.admitted(look);
        let matched = self.matched(&look.camera, &seen);
        let mut unexplained = Vec::new();
        for (track, index) in &matched {
            let detection = seen[*index];
            if self.tracks[track].thing.is_none() {
                unexplained.push(&detection.class);
            }
            self.hit(*track, detection, at, &mut out);
        }
        for (index, detection) in seen.iter().enumerate() {
            if !matched.values().any(|i| *i == index) {
                unexplained.push(&detection.class);
                self.begin(&look.camera, detection, at);
            }
        }
        if let Some(habits) = self.habits.get_mut(&look.camera) {
            habits.learn_noise(unexplained.into_iter());
        }
        self.miss(&look.camera, &matched, at);
        self.look_for(&look.camera, (since, at), &mut out);
        out
    }

    fn admitted<'a>(&self, look: &'a Detections) -> Vec<&'a Detection> {
        let Some(eye) = self.eyes.get(&look.camera) else { return Vec::new() };
        look.detections
            .iter()
            .filter(|d| self.options.rules.get(&d.class).is_some_and(|r| d.score >= r.min_score))
            .filter(|d| eye.admits(d))
            .collect()
    }

    /// Nearest pairs first; one detection a track, one track a detection.
    fn matched(&self, camera: &CameraId, seen: &[&Detection]) -> BTreeMap<u64, usize> {
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

    fn fix(&self, camera: &CameraId, foot: (f64, f64), size: (f64, f64)) -> Fix {
        self.eyes[camera].projector.fix(foot, foot_error(size))
    }

    fn flicker(&self, track: &Track) -> f64 {
        self.habits[&track.camera].flicker(&track.class, track.gate_area())
    }

    fn begin(&mut self, camera: &CameraId, detection: &Detection, at: WallTime) {
        let (foot, size) = foot_and_size(&detection.bbox);
        let fix = self.fix(camera, foot, size);
        let area = size.0 * size.1;
        let flicker = self.habits[camera].flicker(&detection.class, area);
        let n = self.next.track;
        self.next.track += 1;
        self.changed.extend([Key::Next, Key::Track(n)]);
        self.tracks.insert(n, Track::new(camera.clone(), detection, at, &fix, flicker));
        self.of_camera.entry(camera.clone()).or_default().push(n);
    }

    fn hit(&mut self, n: u64, detection: &Detection, at: WallTime, out: &mut Vec<Judgement>) {
        let (foot, size) = foot_and_size(&detection.bbox);
        let fix = self.fix(&self.tracks[&n].camera, foot, size);
        let flicker = self.flicker(&self.tracks[&n]);
        self.changed.insert(Key::Track(n));
        let Some(track) = self.tracks.get_mut(&n) else { return };
        if let Some(sighting) = track.hit(detection, at, &fix, flicker) {
            let id = self.thing_of(n, &sighting);
            self.sighted(id, n, &sighting, out);
        }
    }

    fn miss(&mut self, camera: &CameraId, matched: &BTreeMap<u64, usize>, at: WallTime) {
        let mut ended = Vec::new();
        for n in self.of_camera.get(camera).cloned().unwrap_or_default() {
            let Some(track) = self.tracks.get(&n) else { continue };
            if matched.contains_key(&n) || !track.is_running() || track.last_hit() == Some(at) {
                continue;
            }
            let flicker = self.flicker(track);
            self.changed.insert(Key::Track(n));
            let Some(track) = self.tracks.get_mut(&n) else { continue };
            track.miss(flicker);
            if !track.is_running() && track.thing.is_none() {
                ended.push(n);
            }
        }
        ended.into_iter().for_each(|n| self.forget_track(n));
    }

    fn forget_track(&mut self, n: u64) {
        if let Some(track) = self.tracks.remove(&n) {
            if let Some(list) = self.of_camera.get_mut(&track.camera) {
                list.retain(|other| *other != n);
            }
            self.changed.insert(Key::Track(n));
        }
    }

    /// The thing that a proven track shows: its own, one known at this place, or a new one.
    fn thing_of(&mut self, n: u64, sighting: &Sighting) -> ThingId {
        let track = &self.tracks[&n];
        if let Some(id) = track.thing.filter(|id| self.things.contains_key(id)) {
            return id;
        }
        let (foot, size) = track.mean();
        let (place, spread) = track.place(&self.fix(&track.camera, foot, size));
        let (class, camera, bbox) = (track.class.clone(), track.camera.clone(), track.last_bbox);
        let known = self.known_at(n, GroundPosition { place, error_m: spread.error_m() });
        let id = known.unwrap_or_else(|| {
            let id = ThingId(self.next.thing);
            self.next.thing += 1;
            self.changed.insert(Key::Next);
            self.things.insert(id, Thing::new(class, n, camera, place, sighting, bbox));
            id
        });
        if let Some(thing) = self.things.get_mut(&id) {
            thing.tracks.insert(n);
        }
        if let Some(track) = self.tracks.get_mut(&n) {
            track.thing = Some(id);
        }
        self.changed.extend([Key::Thing(id), Key::Track(n)]);
        id
    }

    /// The thing that track `n`, standing at `position`, shows as well: one whose spot in the same
    /// picture is hardly another (the camera was knocked), else the nearest within the merge radius.
    fn known_at(&self, n: u64, position: GroundPosition) -> Option<ThingId> {
        let track = &self.tracks[&n];
        let radius = self.options.rules.get(&track.class)?.merge_radius_m;
        let beside = |thing: &Thing| {
            thing
                .tracks
                .iter()
                .filter_map(|t| self.tracks.get(t))
                .any(|t| t.camera == track.camera && t.is_beside(track))
        };
        // where the place says next to nothing, two spots of one picture are two things
        let vague = position.error_m > radius;
        self.things
            .iter()
            .filter(|(_, thing)| thing.class == track.class)
            .filter_map(|(id, thing)| {
                let distance = thing.position.place.distance_m(position.place);
                if beside(thing) {
                    return Some((false, distance, *id));
                }
                let elsewhere = self.alternates(track, thing)
                    || vague && thing.seen_by.contains_key(&track.camera);
                (distance <= radius && !elsewhere).then_some((true, distance, *id))
            })
            .min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)))
            .map(|(_, _, id)| id)
    }

    /// Whether a camera shows `track` and `thing` in turns as two spots.
    fn alternates(&self, track: &Track, thing: &Thing) -> bool {
        thing.tracks.iter().filter_map(|n| self.tracks.get(n)).any(|t| t.alternates_with(track))
    }

    /// All tracks' places of a thing, each weighed by its certainty and by how often it was hit: a
    /// few chance hits close to a camera must not outweigh a thousand farther off.
    fn position(&self, thing: &Thing) -> GroundPosition {
        let origin = thing.position.place;
        let (mut ee, mut en, mut nn, mut x, mut y) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let tracks = || thing.tracks.iter().filter_map(|n| self.tracks.get(n));
        let most = tracks().map(Track::hits).fold(1.0, f64::max);
        for track in tracks() {
            let share = track.hits() / most;
            let (foot, size) = track.mean();
            let (place, spread) = track.place(&self.fix(&track.camera, foot, size));
            let Some(sure) = spread.inverse() else { continue };
            let (east, north) = place.metres_from(origin);
            ee += sure.ee * share;
            en += sure.en * share;
            nn += sure.nn * share;
            x += (sure.ee * east + sure.en * north) * share;
            y += (sure.en * east + sure.nn * north) * share;
        }
        let sum = super::ground::Spread { ee, en, nn };
        match sum.inverse() {
            Some(spread) => GroundPosition {
                place: origin
                    .offset_by(spread.ee * x + spread.en * y, spread.en * x + spread.nn * y),
                error_m: spread.error_m(),
            },
            None => thing.position,
        }
    }

    fn sighted(&mut self, id: ThingId, n: u64, s: &Sighting, out: &mut Vec<Judgement>) {
        self.changed.insert(Key::Thing(id));
        let (camera, bbox, score) = {
            let track = &self.tracks[&n];
            (track.camera.clone(), track.last_bbox, track.last_score)
        };
        if let Some(thing) = self.things.get_mut(&id) {
            thing.see(&camera, s, bbox, score);
        }
        let position = self.position(&self.things[&id]);
        let Some(thing) = self.things.get_mut(&id) else { return };
        thing.position = position;
        let Some(rule) = self.options.rules.get(&thing.class).cloned() else { return };
        let law = self.calendar.law(&self.options, (&thing.class, &rule), position, s.to);
        match law {
            Law::Lawful => self.lawful(id, &rule, s.to, out),
            Law::Unlawful { since, permit } => self.unlawful(id, &rule, (since, permit), s, out),
        }
    }

    fn lawful(&mut self, id: ThingId, rule: &Rule, at: WallTime, out: &mut Vec<Judgement>) {
        let Some(thing) = self.things.get_mut(&id) else { return };
        if std::mem::take(&mut thing.announced) && thing.violation.is_none() {
            out.push(Judgement::CandidateEnded { thing: id });
        }
        let Some(open) = thing.violation else {
            thing.stay = None;
            return;
        };
        let last = thing.stay.as_ref().map_or(thing.last_seen, |stay| stay.last);
        if at.since(last) >= rule.gone_after {
            thing.violation = None;
            thing.stay = None;
            let former =
                Former { class: thing.class.clone(), place: thing.position.place, last_seen: last };
            self.end(open.id, former, at, out);
        }
    }

    fn unlawful(
        &mut self,
        id: ThingId,
        rule: &Rule,
        (since, permit): (Option<WallTime>, Option<String>),
        s: &Sighting,
        out: &mut Vec<Judgement>,
    ) {
        let Some(thing) = self.things.get_mut(&id) else { return };
        let first = thing.first_seen;
        let begin = since.map_or(first, |since| since.max(first));
        let stay = thing.stay.get_or_insert_with(|| Stay::new(begin.min(s.to), permit));
        stay.add(s);
        let stood = stay.has_stood(rule.dwell);
        let spot =
            self.spots.values().find(|spot| spot.covers(&thing.class, thing.position.place, s.to));
        if let Some(spot) = spot {
            thing.violation = None;
            if std::mem::take(&mut thing.announced) {
                out.push(Judgement::CandidateEnded { thing: id });
            }
            if stood && thing.suppressed.as_deref() != Some(spot.id.as_str()) {
                thing.suppressed = Some(spot.id.clone());
                let (class, spot) = (thing.class.clone(), spot.id.clone());
                out.push(Judgement::Suppressed { thing: id, class, spot });
            }
            return;
        }
        if thing.violation.is_some() {
            if let Some(violation) = self.violation(id) {
                out.push(Judgement::Seen(violation));
            }
        } else if stood {
            self.open(id, s.to, out);
        } else {
            thing.announced = true;
            out.push(Judgement::Candidate {
                thing: id,
                class: thing.class.clone(),
                camera: thing.camera.clone(),
                bbox: thing.bbox,
                score: thing.score,
                dwelt: stay.dwelt(),
                dwell: rule.dwell,
            });
        }
    }

    /// Opens a violation, unless it turns out that the thing is one that has an open one already.
    fn open(&mut self, id: ThingId, at: WallTime, out: &mut Vec<Judgement>) {
        if let Some(same) = self.open_twin(id) {
            self.merge(id, same, out);
            if let Some(violation) = self.violation(same) {
                out.push(Judgement::Seen(violation));
            }
            return;
        }
        let Some(thing) = self.things.get(&id) else { return };
        let recurrence_of = self.former_at(thing, at);
        let open = Open { id: ViolationId(self.next.violation), recurrence_of };
        self.next.violation += 1;
        self.changed.insert(Key::Next);
        if let Some(thing) = self.things.get_mut(&id) {
            thing.violation = Some(open);
            thing.announced = false;
        }
        if let Some(violation) = self.violation(id) {
            out.push(Judgement::Opened(violation));
        }
    }

    /// Another thing of the class within the merge radius whose violation is open.
    fn open_twin(&self, id: ThingId) -> Option<ThingId> {
        let thing = self.things.get(&id)?;
        let radius = self.options.rules.get(&thing.class)?.merge_radius_m;
        let vague = thing.position.error_m > radius;
        self.things
            .iter()
            .filter(|(other, t)| **other != id && t.class == thing.class && t.violation.is_some())
            .filter(|(_, t)| !vague || !t.seen_by.keys().any(|c| thing.seen_by.contains_key(c)))
            .filter(|(_, t)| {
                let mut mine = thing.tracks.iter().filter_map(|n| self.tracks.get(n));
                !mine.any(|track| self.alternates(track, t))
            })
            .map(|(other, t)| (t.position.place.distance_m(thing.position.place), *other))
            .filter(|(distance, _)| *distance <= radius)
            .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))
            .map(|(_, other)| other)
    }

    fn merge(&mut self, from: ThingId, into: ThingId, out: &mut Vec<Judgement>) {
        let Some(other) = self.things.remove(&from) else { return };
        for n in &other.tracks {
            if let Some(track) = self.tracks.get_mut(n) {
                track.thing = Some(into);
                self.changed.insert(Key::Track(*n));
            }
        }
        if other.announced {
            out.push(Judgement::CandidateEnded { thing: from });
        }
        if let Some(thing) = self.things.get_mut(&into) {
            thing.absorb(other);
        }
        let position = self.things.get(&into).map(|thing| self.position(thing));
        if let (Some(thing), Some(position)) = (self.things.get_mut(&into), position) {
            thing.position = position;
        }
        self.changed.extend([Key::Thing(from), Key::Thing(into)]);
    }

    /// The latest violation that was over at this place.
    fn former_at(&self, thing: &Thing, at: WallTime) -> Option<ViolationId> {
        let radius = self.options.rules.get(&thing.class)?.merge_radius_m;
        self.former
            .iter()
            .filter(|(_, f)| f.class == thing.class && at.since(f.last_seen) <= FORMER_FOR)
            .filter(|(_, f)| f.place.distance_m(thing.position.place) <= radius)
            .max_by_key(|(id, f)| (f.last_seen, Reverse(**id)))
            .map(|(id, _)| *id)
    }

    fn violation(&self, id: ThingId) -> Option<Violation> {
        let thing = self.things.get(&id)?;
        let (open, stay) = (thing.violation?, thing.stay.as_ref()?);
        Some(Violation {
            id: open.id,
            thing: id,
            class: thing.class.clone(),
            position: thing.position,
            first_seen: stay.since,
            last_seen: stay.last,
            cameras: thing.cameras.clone(),
            camera: thing.camera.clone(),
            bbox: thing.bbox,
            detections: stay.hits,
            score: stay.score(),
            recurrence_of: open.recurrence_of,
            permit: stay.permit.clone(),
        })
    }

    fn look_for(
        &mut self,
        camera: &CameraId,
        span: (WallTime, WallTime),
        out: &mut Vec<Judgement>,
    ) {
        let mut gone = Vec::new();
        for (id, thing) in &mut self.things {
            if !thing.seen_by.contains_key(camera) || thing.last_seen == span.1 {
                continue;
            }
            let Some(rule) = self.options.rules.get(&thing.class) else { continue };
            self.changed.insert(Key::Thing(*id));
            if thing.looked_for(camera, span, rule.gone_after) {
                gone.push(*id);
            }
        }
        gone.into_iter().for_each(|id| self.gone(id, span.1, out));
    }

    fn gone(&mut self, id: ThingId, at: WallTime, out: &mut Vec<Judgement>) {
        let Some(thing) = self.things.remove(&id) else { return };
        self.changed.insert(Key::Thing(id));
        thing.tracks.iter().for_each(|n| self.forget_track(*n));
        if thing.announced {
            out.push(Judgement::CandidateEnded { thing: id });
        }
        if let Some(open) = thing.violation {
            let last_seen = thing.stay.as_ref().map_or(thing.last_seen, |stay| stay.last);
            let former = Former { class: thing.class, place: thing.position.place, last_seen };
            self.end(open.id, former, at, out);
        }
    }

    fn end(&mut self, id: ViolationId, former: Former, at: WallTime, out: &mut Vec<Judgement>) {
        let old: Vec<ViolationId> = self
            .former
            .iter()
            .filter(|(_, f)| at.since(f.last_seen) > FORMER_FOR)
            .map(|(id, _)| *id)
            .collect();
        for id in old {
            self.former.remove(&id);
            self.changed.insert(Key::Former(id));
        }
        self.former.insert(id, former);
        self.changed.insert(Key::Former(id));
        out.push(Judgement::Gone { violation: id, at });
    }
}
