//! The end of a stay: a thing looked for in vain is gone, and its violation is remembered so that a
//! return can name it.

use std::{cmp::Reverse, collections::BTreeSet, time::Duration};

use super::Judge;
use crate::{
    base::{CameraId, ThingId, ViolationId, WallTime},
    judge::{
        state::{Former, Key},
        thing::Thing,
        verdict::Judgement,
    },
};

/// How long a violation that is over can be named by its return.
const FORMER_FOR: Duration = Duration::from_secs(30 * 24 * 3_600);

impl Judge {
    /// Notes that `camera` looked over `span`, and ends what it has looked for in vain long enough. What
    /// it sees weakly, on the tracks `held`, it has not looked for in vain.
    pub(super) fn look_for(
        &mut self,
        camera: &CameraId,
        span: (WallTime, WallTime),
        held: &BTreeSet<u64>,
        out: &mut Vec<Judgement>,
    ) {
        let mut gone = Vec::new();
        for id in self.found.seen_by(camera) {
            let Some(thing) = self.things.get_mut(&id) else { continue };
            if thing.last_seen == span.1 {
                continue;
            }
            let Some(rule) = self.options.rules.get(&thing.class) else { continue };
            self.changed.insert(Key::Thing(id));
            if thing.tracks.iter().any(|n| held.contains(n)) {
                thing.seen_weakly(span.1);
                continue;
            }
            if thing.looked_for(camera, span, rule.gone_after) {
                gone.push(id);
            }
        }
        gone.into_iter().for_each(|id| self.gone(id, span.1, out));
    }

    fn gone(&mut self, id: ThingId, at: WallTime, out: &mut Vec<Judgement>) {
        let Some(thing) = self.things.remove(&id) else { return };
        self.found.remove(id, &thing);
        self.rename_apart(id, &thing.apart, None);
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

    /// A violation is over.
    pub(super) fn end(
        &mut self,
        id: ViolationId,
        former: Former,
        at: WallTime,
        out: &mut Vec<Judgement>,
    ) {
        while let Some(old) = self.found.take_old(|seen| at.since(seen) > FORMER_FOR) {
            self.former.remove(&old);
            self.changed.insert(Key::Former(old));
        }
        self.found.put_former(id, &former);
        self.former.insert(id, former);
        self.changed.insert(Key::Former(id));
        out.push(Judgement::Gone { violation: id, at });
    }

    /// The latest violation that was over at this place.
    pub(super) fn former_at(&self, thing: &Thing, at: WallTime) -> Option<ViolationId> {
        let radius = self.options.rules.get(&thing.class)?.merge_radius_m;
        let near = self.found.former_around(thing.position.place, radius);
        near.filter_map(|id| Some((id, self.former.get(&id)?)))
            .filter(|(_, f)| f.class == thing.class && at.since(f.last_seen) <= FORMER_FOR)
            .filter(|(_, f)| f.place.distance_m(thing.position.place) <= radius)
            .max_by_key(|(id, f)| (f.last_seen, Reverse(*id)))
            .map(|(id, _)| id)
    }
}
