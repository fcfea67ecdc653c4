//! Which frames of a candidate's stay are worth keeping: one from each third of the dwell, so that
//! with the one at opening at least three show the thing standing there.

use std::{collections::BTreeMap, time::Duration};

use crate::base::ThingId;

/// Parts the dwell is cut into.
const PARTS: u128 = 3;

/// Remembers from which part of the dwell each candidate's newest kept frame is.
#[derive(Clone, Debug, Default)]
pub struct ShotPlan {
    newest: BTreeMap<ThingId, u8>,
}

impl ShotPlan {
    /// The part (0, 1, 2) of the dwell a frame is wanted for now; `None` when that part has one.
    pub fn due(&mut self, thing: ThingId, dwelt: Duration, dwell: Duration) -> Option<u8> {
        let part = dwelt.as_millis() * PARTS / dwell.as_millis().max(1);
        let part = part.min(PARTS - 1) as u8;
        if self.newest.get(&thing).is_some_and(|newest| part <= *newest) {
            return None;
        }
        self.newest.insert(thing, part);
        Some(part)
    }

    /// The thing is a candidate no longer.
    pub fn forget(&mut self, thing: ThingId) {
        self.newest.remove(&thing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_frame_a_third_and_again_for_the_next_stay() {
        let (mut plan, dwell) = (ShotPlan::default(), Duration::from_secs(9));
        let due: Vec<_> =
            (0..12).map(|s| plan.due(ThingId(1), Duration::from_secs(s), dwell)).collect();
        let parts: Vec<_> = due.into_iter().flatten().collect();
        assert_eq!(parts, [0, 1, 2]);
        plan.forget(ThingId(1));
        assert_eq!(plan.due(ThingId(1), Duration::ZERO, dwell), Some(0));
    }

    #[test]
    fn a_rule_without_dwell_asks_for_the_last_part_only() {
        let mut plan = ShotPlan::default();
        assert_eq!(plan.due(ThingId(1), Duration::from_secs(1), Duration::ZERO), Some(2));
        assert_eq!(plan.due(ThingId(1), Duration::from_secs(2), Duration::ZERO), None);
    }
}
