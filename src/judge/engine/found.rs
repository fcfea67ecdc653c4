//! What follows from the tables and finds their entries: things and former violations by place, things
//! by the cameras that saw them. Part of no state; made anew when judging is restored.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    base::{CameraId, LonLat, ThingId, ViolationId, WallTime},
    judge::{near::Near, state::Former, thing::Thing},
};

/// See the file's head.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Found {
    things: Near,
    seen_by: BTreeMap<CameraId, BTreeSet<ThingId>>,
    former: Near,
    /// Former violations, that seen last at the end.
    ended: BTreeSet<(WallTime, ViolationId)>,
}

impl Found {
    /// Of these tables.
    pub fn of(things: &BTreeMap<ThingId, Thing>, former: &BTreeMap<ViolationId, Former>) -> Self {
        let mut found = Self::default();
        things.iter().for_each(|(id, thing)| found.put(*id, thing));
        former.iter().for_each(|(id, former)| found.put_former(*id, former));
        found
    }

    /// A thing is new, was seen, or stands elsewhere than was thought.
    pub fn put(&mut self, id: ThingId, thing: &Thing) {
        self.things.put(id.0, thing.position.place);
        for camera in thing.seen_by.keys() {
            match self.seen_by.get_mut(camera) {
                Some(seen) => {
                    seen.insert(id);
                }
                None => {
                    self.seen_by.insert(camera.clone(), BTreeSet::from([id]));
                }
            }
        }
    }

    /// A thing is no more.
    pub fn remove(&mut self, id: ThingId, thing: &Thing) {
        self.things.remove(id.0);
        for camera in thing.seen_by.keys() {
            let Some(seen) = self.seen_by.get_mut(camera) else { continue };
            seen.remove(&id);
            if seen.is_empty() {
                self.seen_by.remove(camera);
            }
        }
    }

    /// Things within `radius_m` of `place`, and some beyond.
    pub fn around(&self, place: LonLat, radius_m: f64) -> impl Iterator<Item = ThingId> {
        self.things.around(place, radius_m).map(ThingId)
    }

    /// Things that `camera` saw.
    pub fn seen_by(&self, camera: &CameraId) -> impl Iterator<Item = ThingId> {
        self.seen_by.get(camera).into_iter().flatten().copied()
    }

    /// A violation is over.
    pub fn put_former(&mut self, id: ViolationId, former: &Former) {
        self.former.put(id.0, former.place);
        self.ended.insert((former.last_seen, id));
    }

    /// Takes out a former violation that was seen last when `is_old` says, if there is one.
    pub fn take_old(&mut self, is_old: impl FnOnce(WallTime) -> bool) -> Option<ViolationId> {
        let (last_seen, _) = self.ended.first()?;
        if !is_old(*last_seen) {
            return None;
        }
        let (_, id) = self.ended.pop_first()?;
        self.former.remove(id.0);
        Some(id)
    }

    /// Former violations within `radius_m` of `place`, and some beyond.
    pub fn former_around(&self, place: LonLat, radius_m: f64) -> impl Iterator<Item = ViolationId> {
        self.former.around(place, radius_m).map(ViolationId)
    }
}
