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
    /// Whether a frame is wanted now: not if there is one from this part of the dwell.
    pub fn due(&mut self, thing: ThingId, dwelt: Duration, dwell: Duration) -> bool {
        let part = dwelt.as_millis() * PARTS / dwell.as_millis().max(1);
        let part = part.min(PARTS - 1) as u8;
        if self.newest.get(&thing).is_some_and(|newest| part <= *newest) {
            return false;
        }
        self.newest.insert(thing, part);
        true
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
        let due: Vec<u64> =
            (0..12).filter(|s| plan.due(ThingId(1), Duration::from_secs(*s), dwell)).collect();
        assert_eq!(due, [0, 3, 6]);
        plan.forget(ThingId(1));
        assert!(plan.due(ThingId(1), Duration::ZERO, dwell));
    }

    #[test]
    fn a_rule_without_dwell_asks_for_one_frame() {
        let mut plan = ShotPlan::default();
        assert!(plan.due(ThingId(1), Duration::from_secs(1), Duration::ZERO));
        assert!(!plan.due(ThingId(1), Duration::from_secs(2), Duration::ZERO));
    }
}
