//! When a forming batch closes, and with how many frames.
//!
//! One more frame is waited for while it is expected sooner than what looking at it together with the
//! others saves, and never beyond the age limit. So where cost is linear nothing waits, and where
//! frames come faster than they can be looked at batches are as large as is cheapest. It knows no
//! cameras, so it cannot wait for a quiet one. No clock here: "now" is always an argument.

use std::time::{Duration, Instant};

use super::{Arrivals, CostCurve};

/// What to do with the frames that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Look at so many now, the oldest first.
    Look(usize),
    /// Ask again when a frame comes, or then.
    Wait(Instant),
}

/// Decides when a forming batch closes.
#[derive(Clone, Debug)]
pub struct BatchPolicy {
    costs: CostCurve,
    max_wait: Duration,
}

impl BatchPolicy {
    /// For batches that cost what `costs` says; no frame waits beyond `max_wait`.
    pub fn new(costs: CostCurve, max_wait: Duration) -> Self {
        Self { costs, max_wait }
    }

    /// What to do with `waiting` frames, one at least, of which the first came at `oldest`.
    pub fn decide(
        &self,
        waiting: usize,
        oldest: Instant,
        arrivals: &Arrivals,
        now: Instant,
    ) -> Decision {
        let at_once = waiting.clamp(1, self.costs.most());
        let until = arrivals.wait_until(self.costs.worth(at_once));
        match until.map(|until| until.min(oldest + self.max_wait)) {
            Some(until) if now < until => Decision::Wait(until),
            _ => Decision::Look(self.costs.cheapest(at_once)),
        }
    }

    /// The most frames of one batch.
    pub fn max_batch(&self) -> usize {
        self.costs.most()
    }

    /// What batches cost.
    pub fn costs(&self) -> &CostCurve {
        &self.costs
    }

    /// A batch of so many frames took so long.
    pub fn learn(&mut self, frames: usize, took: Duration) {
        self.costs.learn(frames, took);
    }

    /// How many frames a batch is waited for, and how long that takes, when they come at this
    /// interval: for people to see.
    pub fn waits_for(&self, interval: Option<Duration>) -> (usize, Duration) {
        let (mut frames, mut waited) = (1, Duration::ZERO);
        while let Some(interval) = interval.filter(|i| *i < self.costs.worth(frames)) {
            if waited + interval > self.max_wait {
                break;
            }
            (frames, waited) = (frames + 1, waited + interval);
        }
        (frames, waited)
    }
}

#[cfg(test)]
mod tests;
