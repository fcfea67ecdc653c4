//! One camera's habits: how often it looks, how often it sees what is not there.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use super::ground::Projector;
use super::options::Camera;
use crate::base::{ClassName, Detection, WallTime};

/// Before anything is learnt: one unexplained detection of a class in a hundred looks.
const PRIOR_NOISE: f64 = 1.0;
const PRIOR_LOOKS: f64 = 100.0;
/// Looks after which half of what was learnt about noise is forgotten.
const NOISE_MEMORY_LOOKS: f64 = 3_000.0;
/// Part of the picture over which noise spreads: the street, not the sky.
const NOISE_SPREAD: f64 = 0.3;
/// Bounds of the chance of noise in one gate at one look.
const FLICKER: (f64, f64) = (1e-4, 0.2);
/// A pause of more than this many usual pauses is an outage; only this much of it was looked at.
const OUTAGE: f64 = 3.0;
/// Nor is one of this many times what a camera may go without a look.
const RECHECKS: u32 = 2;
/// How fast the usual pause is learnt.
const PAUSE_SHARE: f64 = 0.1;

/// What a camera's looks have taught; kept across restarts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Habits {
    last_look: Option<WallTime>,
    usual_pause_ms: Option<f64>,
    looks: f64,
    noise: BTreeMap<ClassName, f64>,
}

impl Habits {
    /// Notes a look at `at`; returns how far back this look vouches for, which is not the whole time
    /// of an outage. For `recheck` the camera may have gone without a look since nothing changed.
    pub(super) fn look(&mut self, at: WallTime, recheck: Duration) -> WallTime {
        let pause = self.last_look.map(|last| at.since(last));
        self.last_look = Some(at);
        let Some(pause) = pause else { return at };
        let ms = pause.as_secs_f64() * 1_000.0;
        let usual = self.usual_pause_ms.unwrap_or(ms);
        let quiet = (recheck * RECHECKS).as_secs_f64() * 1_000.0;
        let counted = ms.min((usual * OUTAGE).max(quiet));
        self.usual_pause_ms = Some(usual + (counted - usual) * PAUSE_SHARE);
        at.minus(Duration::from_secs_f64(counted / 1_000.0))
    }

    /// When it last looked.
    pub(super) fn last_look(&self) -> Option<WallTime> {
        self.last_look
    }

    /// Notes which detections of this look belonged to nothing known.
    pub(super) fn learn_noise<'a>(&mut self, unexplained: impl Iterator<Item = &'a ClassName>) {
        let keep = 0.5f64.powf(1.0 / NOISE_MEMORY_LOOKS);
        self.looks = self.looks * keep + 1.0;
        self.noise.values_mut().for_each(|n| *n *= keep);
        for class in unexplained {
            match self.noise.get_mut(class) {
                Some(n) => *n += 1.0,
                None => {
                    self.noise.insert(class.clone(), 1.0);
                }
            }
        }
    }

    /// The chance that noise of `class` falls into a gate of `area` at one look.
    pub(super) fn flicker(&self, class: &ClassName, area: f64) -> f64 {
        let seen = self.noise.get(class).copied().unwrap_or_default();
        let rate = (seen + PRIOR_NOISE) / (self.looks + PRIOR_LOOKS);
        (rate * (area / NOISE_SPREAD).min(1.0)).clamp(FLICKER.0, FLICKER.1)
    }
}

/// A camera with its projection made ready.
#[derive(Debug)]
pub(super) struct Eye {
    pub options: Camera,
    pub projector: Projector,
}

impl Eye {
    pub(super) fn new(options: Camera) -> Self {
        let projector = Projector::new(&options.ground);
        Self { options, projector }
    }

    /// Whether the zones let a detection in.
    pub(super) fn admits(&self, seen: &Detection) -> bool {
        let (x, y) = seen.bbox.foot();
        let (x, y) = (f64::from(x), f64::from(y));
        let mut meant = self.options.include.iter().filter(|z| z.is_for(&seen.class)).peekable();
        let inside = meant.peek().is_none() || meant.any(|z| z.contains(x, y));
        inside && !self.options.ignore.iter().any(|z| z.is_for(&seen.class) && z.contains(x, y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_not_looked_at() {
        let mut habits = Habits::default();
        let start = WallTime::from_millis(0);
        let mut at = start;
        for _ in 0..20 {
            habits.look(at, Duration::ZERO);
            at = at.plus(Duration::from_secs(20));
        }
        let after = at.plus(Duration::from_secs(3_600));
        let since = habits.look(after, Duration::ZERO);
        assert!(after.since(since) <= Duration::from_secs(61), "{:?}", after.since(since));
    }

    #[test]
    fn a_pause_in_which_nothing_changed_was_looked_at() {
        let (mut habits, recheck) = (Habits::default(), Duration::from_secs(30));
        let mut at = WallTime::from_millis(0);
        for _ in 0..20 {
            habits.look(at, recheck);
            at = at.plus(Duration::from_secs(2));
        }
        let after = at.plus(Duration::from_secs(30));
        assert_eq!(habits.look(after, recheck), at.minus(Duration::from_secs(2)));
        let after = after.plus(Duration::from_secs(3_600));
        assert!(after.since(habits.look(after, recheck)) <= Duration::from_secs(60));
    }

    #[test]
    fn a_noisy_class_makes_hits_worth_less() {
        let (mut habits, quiet, noisy) = (Habits::default(), "a".into(), "b".into());
        for _ in 0..500 {
            habits.learn_noise(std::iter::once(&noisy));
        }
        assert!(habits.flicker(&noisy, 0.02) > 10.0 * habits.flicker(&quiet, 0.02));
    }
}
