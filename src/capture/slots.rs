//! Which camera's keyframe is decoded next: one slot a camera, earliest deadline first. Pure: no
//! thread, no clock. Bounded by the number of cameras, whatever they send.

use std::{
    collections::{BTreeSet, HashMap},
    time::Instant,
};

/// A camera's number among those that share the decoders.
pub type Key = u64;

struct Waiting<T> {
    deadline: Instant,
    turn: u64,
    load: T,
}

struct Slot<T> {
    waiting: Option<Waiting<T>>,
    in_hand: bool,
}

/// The slots of all cameras.
pub struct Slots<T> {
    cameras: HashMap<Key, Slot<T>>,
    /// Those that wait and are not in hand; the first is next. The turn keeps equals in order.
    order: BTreeSet<(Instant, u64, Key)>,
    turns: u64,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self { cameras: HashMap::new(), order: BTreeSet::new(), turns: 0 }
    }
}

impl<T> Slots<T> {
    /// Puts `load` into the camera's slot, wanted by `deadline`; the one it replaces comes back. A
    /// replacement keeps the place of the one before: a camera that was passed over is the first
    /// to be served, so that none waits for ever when there is too much to do.
    pub fn offer(&mut self, key: Key, deadline: Instant, load: T) -> Option<T> {
        let slot = self.cameras.entry(key).or_insert(Slot { waiting: None, in_hand: false });
        if let Some(waiting) = &mut slot.waiting {
            return Some(std::mem::replace(&mut waiting.load, load));
        }
        self.turns += 1;
        let turn = self.turns;
        slot.waiting = Some(Waiting { deadline, turn, load });
        if !slot.in_hand {
            self.order.insert((deadline, turn, key));
        }
        None
    }

    /// The load with the earliest deadline. Until [`Slots::done`] nothing more of its camera comes:
    /// one camera's frames are decoded one after the other.
    pub fn take(&mut self) -> Option<(Key, T)> {
        let (_, _, key) = self.order.pop_first()?;
        let slot = self.cameras.get_mut(&key)?;
        slot.in_hand = true;
        let waiting = slot.waiting.take()?;
        Some((key, waiting.load))
    }

    /// What was taken of this camera is decoded.
    pub fn done(&mut self, key: Key) {
        let Some(slot) = self.cameras.get_mut(&key) else { return };
        slot.in_hand = false;
        match &slot.waiting {
            Some(waiting) => {
                self.order.insert((waiting.deadline, waiting.turn, key));
            }
            None => {
                self.cameras.remove(&key);
            }
        }
    }

    /// Takes back what the camera has waiting.
    pub fn withdraw(&mut self, key: Key) -> Option<T> {
        let slot = self.cameras.get_mut(&key)?;
        let waiting = slot.waiting.take();
        if let Some(waiting) = &waiting {
            self.order.remove(&(waiting.deadline, waiting.turn, key));
        }
        if !slot.in_hand {
            self.cameras.remove(&key);
        }
        waiting.map(|waiting| waiting.load)
    }

    /// Whether nothing of this camera waits or is in hand.
    pub fn is_idle(&self, key: Key) -> bool {
        !self.cameras.contains_key(&key)
    }

    /// Whether something could be taken.
    pub fn has_next(&self) -> bool {
        !self.order.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    struct Desk {
        start: Instant,
        slots: Slots<u32>,
    }

    impl Desk {
        fn new() -> Self {
            Self { start: Instant::now(), slots: Slots::default() }
        }

        fn offer(&mut self, key: Key, deadline_ms: u64, load: u32) -> Option<u32> {
            self.slots.offer(key, self.start + Duration::from_millis(deadline_ms), load)
        }

        fn served(&mut self) -> Vec<(Key, u32)> {
            std::iter::from_fn(|| {
                let next = self.slots.take()?;
                self.slots.done(next.0);
                Some(next)
            })
            .collect()
        }
    }

    #[test]
    fn the_earliest_deadline_comes_first_and_equals_in_order() {
        let mut desk = Desk::new();
        for (key, deadline, load) in [(1, 900, 10), (2, 300, 20), (3, 300, 30), (4, 100, 40)] {
            assert_eq!(desk.offer(key, deadline, load), None);
        }
        assert_eq!(desk.served(), [(4, 40), (2, 20), (3, 30), (1, 10)]);
        assert!(!desk.slots.has_next());
    }

    #[test]
    fn a_newer_frame_replaces_one_not_begun_and_keeps_its_place() {
        let mut desk = Desk::new();
        desk.offer(1, 100, 10);
        desk.offer(2, 200, 20);
        assert_eq!(desk.offer(1, 5_000, 11), Some(10));
        assert_eq!(desk.served(), [(1, 11), (2, 20)]);
    }

    #[test]
    fn one_begun_is_not_replaced_and_the_next_waits_for_it() {
        let mut desk = Desk::new();
        desk.offer(1, 100, 10);
        assert_eq!(desk.slots.take(), Some((1, 10)));
        assert_eq!(desk.offer(1, 50, 11), None);
        assert_eq!(desk.slots.take(), None, "one frame of a camera at a time");
        assert_eq!(desk.offer(1, 60, 12), Some(11));
        assert!(!desk.slots.is_idle(1));
        desk.slots.done(1);
        assert_eq!(desk.served(), [(1, 12)]);
        assert!(desk.slots.is_idle(1));
    }

    #[test]
    fn what_is_withdrawn_is_not_served() {
        let mut desk = Desk::new();
        desk.offer(1, 100, 10);
        desk.offer(2, 200, 20);
        assert_eq!(desk.slots.withdraw(1), Some(10));
        assert_eq!(desk.slots.withdraw(1), None);
        assert_eq!(desk.slots.take(), Some((2, 20)));
        assert_eq!(desk.slots.withdraw(2), None);
        assert!(!desk.slots.is_idle(2), "it is still in hand");
        desk.slots.done(2);
        assert!(desk.slots.is_idle(2) && desk.slots.cameras.is_empty());
    }

    #[test]
    fn with_too_much_to_do_every_camera_is_served_in_turn() {
        let mut desk = Desk::new();
        let (cameras, mut served) = (10, [0_u32; 10]);
        for round in 0..100_u64 {
            for key in 0..cameras {
                // Camera 0 wants its frames every 100 ms, the others every 10 s.
                let patience = if key == 0 { 100 } else { 10_000 };
                desk.offer(key, round * 1_000 + patience, 0);
            }
            // There is time for three of ten.
            for _ in 0..3 {
                let (key, _) = desk.slots.take().unwrap();
                served[usize::try_from(key).unwrap()] += 1;
                desk.slots.done(key);
            }
        }
        assert_eq!(served[0], 100, "the urgent one always in time");
        let share = 2 * 100 / 9;
        assert!(served[1..].iter().all(|n| n.abs_diff(share) <= 4), "{served:?}");
    }

    proptest! {
        /// Whatever happens: at most one waits a camera, nothing is lost or served twice, and
        /// deadlines are kept in order.
        #[test]
        fn nothing_is_lost_or_served_twice(
            steps in prop::collection::vec((0_u8..4, 0_u64..6, 0_u64..1_000), 0..200)
        ) {
            let mut desk = Desk::new();
            let (mut offered, mut settled) = (0_u32, 0_u32);
            let mut in_hand = Vec::new();
            for (what, key, deadline) in steps {
                match what {
                    0 | 1 => {
                        offered += 1;
                        settled += u32::from(desk.offer(key, deadline, offered).is_some());
                    }
                    2 => {
                        if let Some((key, _)) = desk.slots.take() {
                            prop_assert!(!in_hand.contains(&key));
                            in_hand.push(key);
                            settled += 1;
                        } else if let Some(key) = in_hand.pop() {
                            desk.slots.done(key);
                        }
                    }
                    _ => settled += u32::from(desk.slots.withdraw(key).is_some()),
                }
                prop_assert!(offered - settled <= 6);
            }
            in_hand.drain(..).for_each(|key| desk.slots.done(key));
            settled += u32::try_from(desk.served().len()).unwrap();
            prop_assert_eq!(offered, settled);
            prop_assert!(desk.slots.cameras.is_empty());
        }
    }
}
