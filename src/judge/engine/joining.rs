//! Tracks → things: which tracks, of one camera or several, show one real thing on the ground.

use std::collections::BTreeSet;

use super::Judge;
use crate::{
    base::{CameraId, GroundPosition, LonLat, ThingId},
    judge::{
        state::Key,
        thing::Thing,
        track::{Sighting, Track},
        verdict::Judgement,
    },
};

impl Judge {
    /// The thing that a proven track shows: its own, one known at this place, or a new one.
    pub(super) fn thing_of(&mut self, n: u64, sighting: &Sighting) -> ThingId {
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
        self.note_apart(id, n);
        id
    }

    /// Remembers from which things the track `n` of thing `id` stands apart: what it shows of that is
    /// forgotten when it is hit no more.
    fn note_apart(&mut self, id: ThingId, n: u64) {
        let track = &self.tracks[&n];
        let others: BTreeSet<ThingId> = self
            .shown_by(&track.camera)
            .filter(|(other, thing)| *other != id && thing.class == track.class)
            .filter(|(_, thing)| self.is_seen_apart(n, thing) || self.alternates(track, thing))
            .map(|(other, _)| other)
            .collect();
        for other in others {
            for (thing, from) in [(id, other), (other, id)] {
                if let Some(thing) = self.things.get_mut(&thing) {
                    thing.apart.insert(from);
                }
                self.changed.insert(Key::Thing(thing));
            }
        }
    }

    /// Takes track `n` off its thing when another track of it was seen together with it so often that
    /// both cannot show one thing; its whole run, which now shows something else. The one that is
    /// seen less leaves.
    pub(super) fn parted(&mut self, n: u64) -> Option<Sighting> {
        let track = &self.tracks[&n];
        let id = track.thing?;
        let thing = self.things.get_mut(&id)?;
        let seen_more =
            |other: &u64| self.tracks.get(other).is_some_and(|t| t.run_hits() >= track.run_hits());
        let leaves = track.cannot_share_with().any(|n| thing.tracks.contains(&n) && seen_more(&n));
        if !leaves {
            return None;
        }
        let whole = track.whole_run();
        thing.tracks.remove(&n);
        self.changed.extend([Key::Thing(id), Key::Track(n)]);
        self.tracks.get_mut(&n)?.thing = None;
        whole
    }

    /// The thing that track `n`, standing at `position`, shows as well: one whose spot in the same
    /// picture is hardly another (the camera was knocked), else the nearest within the merge radius.
    fn known_at(&self, n: u64, position: GroundPosition) -> Option<ThingId> {
        let track = &self.tracks[&n];
        let radius = self.options.rules.get(&track.class)?.merge_radius_m;
        let beside = |thing: &Thing| {
            self.tracks_of(thing).any(|t| t.camera == track.camera && t.is_beside(track))
        };
        // where the place says next to nothing, two spots of one picture are two things
        let vague = position.error_m > radius;
        // no other can be beside it or within the radius; some come twice
        self.things_around(position.place, radius)
            .chain(self.shown_by(&track.camera))
            .filter(|(_, thing)| thing.class == track.class)
            .filter_map(|(id, thing)| {
                let distance = thing.position.place.distance_m(position.place);
                if self.is_seen_apart(n, thing) {
                    return None;
                }
                if beside(thing) {
                    return Some((false, distance, id));
                }
                let elsewhere = self.alternates(track, thing)
                    || vague && thing.seen_by.contains_key(&track.camera);
                (distance <= radius && !elsewhere).then_some((true, distance, id))
            })
            .min_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)))
            .map(|(_, _, id)| id)
    }

    /// The tracks that show `thing`.
    pub(super) fn tracks_of(&self, thing: &Thing) -> impl Iterator<Item = &Track> {
        thing.tracks.iter().filter_map(|n| self.tracks.get(n))
    }

    /// Whether a camera shows `track` and `thing` in turns as two spots.
    fn alternates(&self, track: &Track, thing: &Thing) -> bool {
        self.tracks_of(thing).any(|t| t.alternates_with(track))
    }

    /// Whether `thing` was seen in the same looks as track `n` and apart from it.
    fn is_seen_apart(&self, n: u64, thing: &Thing) -> bool {
        self.tracks_of(thing).any(|t| t.is_apart_from(n))
    }

    /// Another thing of the class within the merge radius whose violation is open.
    pub(super) fn open_twin(&self, id: ThingId) -> Option<ThingId> {
        let thing = self.things.get(&id)?;
        let radius = self.options.rules.get(&thing.class)?.merge_radius_m;
        let vague = thing.position.error_m > radius;
        self.things_around(thing.position.place, radius)
            .filter(|(other, t)| *other != id && t.class == thing.class && t.violation.is_some())
            .filter(|(other, _)| !thing.apart.contains(other))
            .filter(|(_, t)| !vague || !t.seen_by.keys().any(|c| thing.seen_by.contains_key(c)))
            .filter(|(_, t)| !self.tracks_of(thing).any(|track| self.alternates(track, t)))
            .filter(|(_, t)| !thing.tracks.iter().any(|n| self.is_seen_apart(*n, t)))
            .map(|(other, t)| (t.position.place.distance_m(thing.position.place), other))
            .filter(|(distance, _)| *distance <= radius)
            .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))
            .map(|(_, other)| other)
    }

    /// Thing `old`, which stood apart from those `apart`, is no more, or is now called `new`. To stand
    /// apart is mutual, so no other thing knows of it.
    pub(super) fn rename_apart(
        &mut self,
        old: ThingId,
        apart: &BTreeSet<ThingId>,
        new: Option<ThingId>,
    ) {
        for id in apart {
            let Some(thing) = self.things.get_mut(id) else { continue };
            if thing.apart.remove(&old) {
                thing.apart.extend(new.filter(|new| new != id));
                self.changed.insert(Key::Thing(*id));
            }
        }
    }

    /// Things within `radius_m` of `place`, and some beyond.
    fn things_around(
        &self,
        place: LonLat,
        radius_m: f64,
    ) -> impl Iterator<Item = (ThingId, &Thing)> {
        let near = self.found.around(place, radius_m);
        near.filter_map(|id| Some((id, self.things.get(&id)?)))
    }

    /// Things that tracks of `camera` show, some more than once.
    fn shown_by(&self, camera: &CameraId) -> impl Iterator<Item = (ThingId, &Thing)> {
        let tracks = self.of_camera.get(camera).into_iter().flatten();
        let ids = tracks.filter_map(|n| self.tracks.get(n)?.thing);
        ids.filter_map(|id| Some((id, self.things.get(&id)?)))
    }

    /// `from` turned out to be `into`.
    pub(super) fn merge(&mut self, from: ThingId, into: ThingId, out: &mut Vec<Judgement>) {
        let Some(other) = self.things.remove(&from) else { return };
        self.found.remove(from, &other);
        self.rename_apart(from, &other.apart, Some(into));
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
            self.found.put(into, thing);
        }
        self.changed.extend([Key::Thing(from), Key::Thing(into)]);
    }
}
