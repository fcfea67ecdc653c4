//! Room for decoded pictures: how many there may be at a time, and the memory they are written into, which
//! is used again. So what they take is bounded however far behind the rest falls, and no frame costs an
//! allocation. Pure: who waits for room is the pool's matter.

/// See the file's first line.
pub(super) struct Room {
    most: usize,
    taken: usize,
    spare: Vec<Vec<u8>>,
}

impl Room {
    /// For so many pictures; any number when `None`.
    pub fn new(most: Option<usize>) -> Self {
        Self { most: most.map_or(usize::MAX, |most| most.max(1)), taken: 0, spare: Vec::new() }
    }

    /// Whether there is room for one more.
    pub fn is_left(&self) -> bool {
        self.taken < self.most
    }

    /// Memory for one more, which may hold an old picture.
    pub fn take(&mut self) -> Option<Vec<u8>> {
        if !self.is_left() {
            return None;
        }
        self.taken += 1;
        Some(self.spare.pop().unwrap_or_default())
    }

    /// Nobody has a picture in this memory any more.
    pub fn give_back(&mut self, memory: Vec<u8>) {
        self.taken = self.taken.saturating_sub(1);
        self.spare.push(memory);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_so_many_and_their_memory_is_used_again() {
        let mut room = Room::new(Some(2));
        let mut first = room.take().unwrap();
        first.extend([7; 1_000]);
        let at = first.as_ptr();
        let second = room.take().unwrap();
        assert!(!room.is_left() && room.take().is_none());
        room.give_back(first);
        assert!(room.is_left());
        let again = room.take().unwrap();
        assert_eq!(again.as_ptr(), at);
        room.give_back(second);
        assert!(room.is_left());
    }

    #[test]
    fn without_a_limit_there_is_always_room_and_none_is_no_limit() {
        let mut room = Room::new(None);
        let taken: Vec<_> = (0..1_000).map_while(|_| room.take()).collect();
        assert_eq!(taken.len(), 1_000);
        assert!(Room::new(Some(0)).is_left(), "with room for none nothing would ever be seen");
    }
}
