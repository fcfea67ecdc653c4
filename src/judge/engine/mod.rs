//! The judge itself: takes one look after the other and says what follows from it.
//!
//! What it does with a look is in the files beside this one, in this order: `spotting` gives the
//! detections to tracks, `joining` the tracks to things, `placing` says where a thing stands,
//! `ruling` whether it may, `leaving` when it is gone; `wanting` says how soon it wants to see more.
//! Everything that outlives a look is in four
//! tables (habits, tracks, things, former violations) and reaches the outside through
//! `take_changes`; options and rejected spots are given again by the caller. No look goes through a
//! whole table: `found` says what lies near a place and what a camera saw.

mod found;
mod joining;
mod leaving;
mod placing;
mod ruling;
mod spotting;
mod wanting;

use std::collections::BTreeMap;

use self::found::Found;
use super::{
    camera::{Eye, Habits},
    law::Calendar,
    options::Options,
    state::{self, Changed, Former, Key, Next, StateError, StateValue},
    thing::Thing,
    track::Track,
    verdict::{Judgement, RejectedSpot},
};
use crate::base::{CameraId, ClassName, Detections, ThingId, ViolationId};

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
    /// Where things and former violations are, and who saw which; follows from both.
    found: Found,
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
            found: Found::default(),
            changed: Changed::new(),
        }
    }

    /// A judge that goes on from entries that `take_changes` gave out. Rejected spots are to be
    /// passed to [`Judge::reject`] again.
    ///
    /// # Errors
    /// [`StateError`] for an entry of another version.
    pub fn restore(
        options: Options,
        entries: Vec<(String, StateValue)>,
    ) -> Result<Self, StateError> {
        let mut judge = Self::new(options);
        for (key, value) in entries {
            match Key::parse(&key)? {
                Key::Next => judge.next = state::read(&key, &value)?,
                Key::Camera(id) => {
                    judge.habits.insert(id, state::read(&key, &value)?);
                }
                Key::Track(n) => {
                    judge.tracks.insert(n, state::read(&key, &value)?);
                }
                Key::Thing(id) => {
                    judge.things.insert(id, state::read(&key, &value)?);
                }
                Key::Former(id) => {
                    judge.former.insert(id, state::read(&key, &value)?);
                }
            }
        }
        judge.found = Found::of(&judge.things, &judge.former);
        for (n, track) in &judge.tracks {
            judge.of_camera.entry(track.camera.clone()).or_default().push(*n);
        }
        // cameras taken out of the settings see nothing more and have no projection
        let blind = |track: &Track| !judge.eyes.contains_key(&track.camera);
        let blind: Vec<u64> =
            judge.tracks.iter().filter(|(_, t)| blind(t)).map(|(n, _)| *n).collect();
        blind.into_iter().for_each(|n| judge.forget_track(n));
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
    pub fn take_changes(&mut self) -> Vec<(String, Option<StateValue>)> {
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
        let Some(eye) = self.eyes.get(&look.camera) else { return out };
        let (at, recheck) = (look.at, eye.options.recheck);
        let since = self.habits.entry(look.camera.clone()).or_default().look(at, recheck);
        self.changed.insert(Key::Camera(look.camera.clone()));
        let seen = self.admitted(look, false);
        let known = self.matched(&look.camera, &seen);
        let mut hit = known.clone();
        for (index, detection) in seen.iter().enumerate() {
            if !known.values().any(|i| *i == index) {
                hit.insert(self.begin(&look.camera, detection, at), index);
            }
        }
        let unexplained: Vec<&ClassName> = hit
            .iter()
            .filter(|(track, _)| self.tracks[track].thing.is_none())
            .map(|(_, index)| &seen[*index].class)
            .collect();
        self.note_together(&hit, &seen);
        for (track, index) in &known {
            self.hit(*track, seen[*index], at, &mut out);
        }
        if let Some(habits) = self.habits.get_mut(&look.camera) {
            habits.learn_noise(unexplained.into_iter());
        }
        let weakly = self.seen_weakly(look, &hit);
        let held = self.held(&weakly, at);
        self.miss(&look.camera, &hit, &weakly, &held);
        self.look_for(&look.camera, (since, at), &held, &mut out);
        out
    }
}

#[cfg(test)]
mod tests;
