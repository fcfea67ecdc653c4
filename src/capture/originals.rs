//! The encoded bytes a sampled frame can be decoded from: its keyframe with all up to it. Bounded;
//! not a recording: only the current group of pictures is kept.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::base::{Encoded, EncodedFormat};

/// Most bytes of one group of pictures that are kept; beyond, later frames have no original.
pub const MAX_GROUP_BYTES: usize = 8 << 20;

/// The group of pictures being received.
#[derive(Debug, Default)]
pub struct Originals {
    group: Option<Arc<Mutex<Group>>>,
}

#[derive(Debug, Default)]
struct Group {
    units: Vec<Bytes>,
    bytes: usize,
    full: bool,
}

/// Where a frame's original is, without copying it: most frames are never asked for theirs.
#[derive(Clone, Debug)]
pub struct Original {
    group: Arc<Mutex<Group>>,
    units: usize,
}

impl Originals {
    /// Takes an access unit in; a keyframe begins a new group. `None` when it cannot be decoded
    /// from what is kept.
    pub fn keep(&mut self, unit: Bytes, is_key: bool) -> Option<Original> {
        if is_key {
            self.group = Some(Arc::default());
        }
        let shared = self.group.as_ref()?;
        let mut group = shared.lock().unwrap_or_else(PoisonError::into_inner);
        if group.full || (!is_key && group.bytes + unit.len() > MAX_GROUP_BYTES) {
            group.full = true;
            return None;
        }
        group.bytes += unit.len();
        group.units.push(unit);
        Some(Original { group: Arc::clone(shared), units: group.units.len() })
    }
}

impl Original {
    /// The bytes, in one piece.
    pub fn encoded(&self, format: EncodedFormat) -> Encoded {
        let group = self.group.lock().unwrap_or_else(PoisonError::into_inner);
        let units = &group.units[..self.units.min(group.units.len())];
        let bytes = match units {
            [single] => single.clone(),
            many => many.concat().into(),
        };
        Encoded { format, bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(byte: u8, len: usize) -> Bytes {
        vec![byte; len].into()
    }

    #[test]
    fn a_frame_has_its_keyframe_and_all_up_to_itself() {
        let mut originals = Originals::default();
        assert!(originals.keep(unit(9, 1), false).is_none(), "no keyframe yet");
        originals.keep(unit(1, 2), true).unwrap();
        let second = originals.keep(unit(2, 1), false).unwrap();
        originals.keep(unit(3, 1), false).unwrap();
        let key = originals.keep(unit(4, 1), true).unwrap();
        assert_eq!(&second.encoded(EncodedFormat::H264).bytes[..], [1, 1, 2]);
        assert_eq!(&key.encoded(EncodedFormat::H264).bytes[..], [4]);
    }

    #[test]
    fn a_group_beyond_the_bound_is_not_kept_in_part() {
        let mut originals = Originals::default();
        let key = originals.keep(unit(1, MAX_GROUP_BYTES), true).unwrap();
        assert!(originals.keep(unit(2, 1), false).is_none());
        assert!(originals.keep(unit(2, 0), false).is_none(), "one is missing already");
        assert_eq!(key.encoded(EncodedFormat::H265).bytes.len(), MAX_GROUP_BYTES);
        assert!(
            originals.keep(unit(1, MAX_GROUP_BYTES + 1), true).is_some(),
            "a keyframe always is"
        );
    }
}
