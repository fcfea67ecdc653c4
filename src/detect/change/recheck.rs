//! How long a camera may go without a look: a checked value. What a frame shows is not asked here.

use std::time::Duration;

/// How often a camera that shows nothing new is looked at anyway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recheck {
    /// Every frame is looked at.
    Off,
    /// So often at the least.
    Every(Duration),
}

impl Recheck {
    /// The longest that may be asked for: a thing that the gate overlooks is seen so late.
    pub const LONGEST: Duration = Duration::from_secs(3_600);

    /// `None` where that is longer than [`Self::LONGEST`]; zero is [`Self::Off`].
    pub fn every(time: Duration) -> Option<Self> {
        match time {
            Duration::ZERO => Some(Self::Off),
            time => (time <= Self::LONGEST).then_some(Self::Every(time)),
        }
    }

    /// The time between two looks; `None` where every frame is looked at.
    pub fn time(self) -> Option<Duration> {
        match self {
            Self::Off => None,
            Self::Every(time) => Some(time),
        }
    }
}

impl Default for Recheck {
    fn default() -> Self {
        Self::Every(Duration::from_secs(30))
    }
}
