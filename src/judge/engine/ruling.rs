//! What a sure sighting of a thing means under rule, permit and rejected spots: nothing, a candidate,
//! a violation. That a thing left is not seen here, only that it became lawful.

use std::time::Duration;

use super::Judge;
use crate::{
    base::{ThingId, ViolationId, WallTime},
    judge::{
        law::Law,
        options::Rule,
        state::{Former, Key},
        thing::{Open, Stay},
        track::Sighting,
        verdict::{Judgement, Violation},
    },
};

impl Judge {
    /// Notes that track `n` surely saw thing `id`, and judges it.
    pub(super) fn sighted(&mut self, id: ThingId, n: u64, s: &Sighting, out: &mut Vec<Judgement>) {
        self.changed.insert(Key::Thing(id));
        if let Some(thing) = self.things.get_mut(&id) {
            thing.see(s, &self.tracks[&n]);
        }
        let position = self.position(&self.things[&id]);
        let Some(thing) = self.things.get_mut(&id) else { return };
        thing.position = position;
        self.found.put(id, thing);
        let Some(rule) = self.options.rules.get(&thing.class).cloned() else { return };
        let law = self.calendar.law(&self.options, (&thing.class, &rule), position, s.to);
        match law {
            Law::Lawful => self.lawful(id, &rule, s.to, out),
            Law::Unlawful { since, permit } => self.unlawful(id, &rule, (since, permit), s, out),
        }
    }

    /// An open violation outlives a lawful while that is shorter than the time after which it counts
    /// as gone.
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

    /// `since` and `permit` are what the law says: since when at most, and whose end it was.
    fn unlawful(
        &mut self,
        id: ThingId,
        rule: &Rule,
        (since, permit): (Option<WallTime>, Option<String>),
        s: &Sighting,
        out: &mut Vec<Judgement>,
    ) {
        let Some(thing) = self.things.get_mut(&id) else { return };
        let begin = since.map_or(thing.first_seen, |since| since.max(thing.first_seen));
        let stay = thing.stay.get_or_insert_with(|| Stay::new(begin.min(s.to), permit));
        stay.add(s);
        let stood = stay.has_stood(rule.dwell);
        if let Some(spot) = self.rejected_spot(id, s.to) {
            self.suppress(id, spot, stood, out);
        } else if let Some(violation) = self.violation(id) {
            out.push(Judgement::Seen(violation));
        } else if stood {
            self.open(id, s.to, out);
        } else {
            self.announce(id, rule.dwell, out);
        }
    }

    /// The spot on which a thing stands that a reviewer does not want claimed.
    fn rejected_spot(&self, id: ThingId, at: WallTime) -> Option<String> {
        let thing = self.things.get(&id)?;
        let mut spots = self.spots.values();
        spots
            .find(|spot| spot.covers(&thing.class, thing.position.place, at))
            .map(|spot| spot.id.clone())
    }

    fn suppress(&mut self, id: ThingId, spot: String, stood: bool, out: &mut Vec<Judgement>) {
        let Some(thing) = self.things.get_mut(&id) else { return };
        thing.violation = None;
        if std::mem::take(&mut thing.announced) {
            out.push(Judgement::CandidateEnded { thing: id });
        }
        if stood && thing.suppressed.as_ref() != Some(&spot) {
            thing.suppressed = Some(spot.clone());
            out.push(Judgement::Suppressed { thing: id, class: thing.class.clone(), spot });
        }
    }

    fn announce(&mut self, id: ThingId, dwell: Duration, out: &mut Vec<Judgement>) {
        let Some(thing) = self.things.get_mut(&id) else { return };
        thing.announced = true;
        out.push(Judgement::Candidate {
            thing: id,
            class: thing.class.clone(),
            camera: thing.camera.clone(),
            bbox: thing.bbox,
            score: thing.score,
            second: thing.second,
            dwelt: thing.stay.as_ref().map_or(Duration::ZERO, Stay::dwelt),
            dwell,
        });
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
            second: thing.second,
            recurrence_of: open.recurrence_of,
            permit: stay.permit.clone(),
        })
    }
}
