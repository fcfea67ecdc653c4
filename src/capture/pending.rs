//! The frames inside the decoder, and which of them a picture came from. Pure. Bounded, because a
//! decoder that makes nothing of its input must not collect frames for ever.

use std::{collections::VecDeque, time::Duration};

use crate::base::WallTime;

use super::originals::Original;

/// Most frames a decoder may hold back; the oldest beyond is given up.
const MAX: usize = 64;

/// A frame in the decoder.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The stream's time of it.
    pub pts: Duration,
    /// Whether it is known already that it is wanted.
    pub wanted: bool,
    /// Where its encoded bytes are.
    pub original: Option<Original>,
    /// When it arrived.
    pub arrival: WallTime,
    /// When it was taken by the sender's clock, where that is known already.
    pub sender: Option<WallTime>,
    /// Its account is closed: it only leads up to those that follow.
    pub settled: bool,
}

fn open(entries: impl Iterator<Item = Entry>) -> usize {
    entries.filter(|entry| !entry.settled).count()
}

/// See the file's first line.
#[derive(Debug, Default)]
pub(super) struct Pending {
    entries: VecDeque<Entry>,
}

impl Pending {
    /// Notes a frame that goes into the decoder; the number of frames given up for it.
    pub fn enter(&mut self, entry: Entry) -> usize {
        self.entries.push_back(entry);
        let over = self.entries.len().saturating_sub(MAX);
        open(self.entries.drain(..over))
    }

    /// The frame that the picture with time `pts` came from, and the number of frames that never
    /// will become one: pictures come out in the order of their times. A decoder that has lost the
    /// time gives the earliest.
    pub fn claim(&mut self, pts: Option<Duration>) -> (Option<Entry>, usize) {
        let same = pts.and_then(|pts| self.entries.iter().position(|e| e.pts == pts));
        let earliest = || {
            let by_time = self.entries.iter().enumerate().min_by_key(|(_, entry)| entry.pts);
            by_time.map(|(index, _)| index)
        };
        let claimed = same.or_else(earliest).and_then(|index| self.entries.remove(index));
        let Some(from) = claimed.as_ref().map(|claimed| claimed.pts) else { return (None, 0) };
        let mut lost = 0;
        self.entries.retain(|entry| {
            lost += usize::from(entry.pts < from && !entry.settled);
            entry.pts >= from
        });
        (claimed, lost)
    }

    /// Whether the decoder holds nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Gives all up; their number.
    pub fn write_off(&mut self) -> usize {
        open(self.entries.drain(..))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(ms: u64) -> Entry {
        let pts = Duration::from_millis(ms);
        let arrival = WallTime::default();
        Entry { pts, wanted: false, original: None, arrival, sender: None, settled: false }
    }

    fn claim(pending: &mut Pending, ms: Option<u64>) -> (Option<u128>, usize) {
        let (claimed, lost) = pending.claim(ms.map(Duration::from_millis));
        (claimed.map(|e| e.pts.as_millis()), lost)
    }

    #[test]
    fn reordered_pictures_find_their_frames_and_passed_over_ones_are_lost() {
        let mut pending = Pending::default();
        for ms in [0, 300, 100, 200, 400, 500] {
            assert_eq!(pending.enter(entry(ms)), 0);
        }
        assert_eq!(claim(&mut pending, Some(0)), (Some(0), 0));
        assert_eq!(claim(&mut pending, Some(100)), (Some(100), 0));
        assert_eq!(claim(&mut pending, Some(300)), (Some(300), 1), "200 was never decoded");
        assert_eq!(claim(&mut pending, None), (Some(400), 0));
        assert_eq!(claim(&mut pending, Some(777)), (Some(500), 0), "the time was changed");
        assert_eq!(claim(&mut pending, Some(600)), (None, 0));
    }

    #[test]
    fn frames_that_only_lead_up_are_in_no_account() {
        let mut pending = Pending::default();
        for ms in [0, 40, 80] {
            pending.enter(Entry { settled: ms < 80, ..entry(ms) });
        }
        pending.enter(entry(120));
        assert_eq!(claim(&mut pending, Some(120)), (Some(120), 1), "80 alone was lost");
        pending.enter(Entry { settled: true, ..entry(160) });
        assert_eq!(pending.write_off(), 0);
    }

    #[test]
    fn a_decoder_that_gives_nothing_collects_no_more_than_the_bound() {
        let mut pending = Pending::default();
        let given_up: usize = (0..200).map(|n| pending.enter(entry(n))).sum();
        assert_eq!(given_up, 200 - MAX);
        assert_eq!(pending.write_off(), MAX);
        assert!(pending.is_empty());
    }
}
