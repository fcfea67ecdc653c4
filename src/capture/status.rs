//! What a camera is doing and what became of every frame. Counters, not a metrics exporter. The
//! law held here: once idle, every frame that came in was either sampled or dropped for a reason.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use serde::Serialize;

use super::Decoding;
use crate::base::{TimeSource, WallTime};

/// Why a frame went no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// A delta frame, dropped before the decoder because keyframes suffice.
    Delta,
    /// Its time had not come.
    NotDue,
    /// A newer frame of the same camera took its place in the queue.
    Superseded,
    /// It showed nothing that was not looked at already.
    Unchanged,
    /// A keyframe not decoded: its camera was looked at a moment before, and the sink behind it had
    /// no use for it.
    Cooldown,
    /// The decoder or the picture reader could make nothing of it.
    Undecodable,
    /// On its way when the camera was stopped or its connection ended.
    Stopping,
}

impl DropReason {
    /// All reasons, in the order of the counters.
    pub const ALL: [Self; 7] = [
        Self::Delta,
        Self::NotDue,
        Self::Superseded,
        Self::Unchanged,
        Self::Cooldown,
        Self::Undecodable,
        Self::Stopping,
    ];

    /// The name used in metrics and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delta => "delta",
            Self::NotDue => "not_due",
            Self::Superseded => "superseded",
            Self::Unchanged => "unchanged",
            Self::Cooldown => "cooldown",
            Self::Undecodable => "undecodable",
            Self::Stopping => "stopping",
        }
    }
}

/// What a camera is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum State {
    /// Not yet a frame.
    #[default]
    Connecting,
    /// Frames come.
    Streaming,
    /// No frames, and why; goes on trying. Stays until frames come again.
    Failing {
        /// The reason, fit to be shown: no credentials, no address.
        reason: String,
    },
    /// Played to its end.
    Ended,
}

/// What is known of the stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Stream {
    state: State,
    last_frame_at: Option<WallTime>,
    width: u32,
    height: u32,
    codec: Option<String>,
    decoder: Option<String>,
    decoding: Option<Decoding>,
    time_source: Option<TimeSource>,
}

/// Shared between the camera's thread, the queue behind it and whoever asks.
#[derive(Debug, Default)]
pub struct CameraStatus {
    frames_in: AtomicU64,
    handed_over: AtomicU64,
    /// Replaced while they waited for a decoder: never handed over.
    overtaken: AtomicU64,
    dropped: [AtomicU64; DropReason::ALL.len()],
    reconnects: AtomicU64,
    stream: Mutex<Stream>,
}

/// A reading of a [`CameraStatus`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusSnapshot {
    /// What the camera is doing.
    #[serde(flatten)]
    pub state: State,
    /// Encoded frames (or pictures of a folder) that came in.
    pub frames_in: u64,
    /// Frames handed over, neither replaced by a newer one nor found unchanged.
    pub sampled: u64,
    /// Frames that went no further, by reason; reasons that never occurred are left out.
    pub dropped: BTreeMap<DropReason, u64>,
    /// Connections tried after the first.
    pub reconnects: u64,
    /// Wall time of the newest frame handed over.
    pub last_frame_at: Option<WallTime>,
    /// Width in pixels of the newest frame handed over; 0 before.
    pub width: u32,
    /// Height in pixels of the newest frame handed over; 0 before.
    pub height: u32,
    /// Encoding of the stream: `h264`, `h265`, `jpeg`, `png`, `raw`.
    pub codec: Option<String>,
    /// The element that decodes.
    pub decoder: Option<String>,
    /// Which way it is decoded, and why; none before the first frame, and for pictures of a folder.
    pub decoding: Option<Decoding>,
    /// Where the newest frame's time came from.
    pub time_source: Option<TimeSource>,
}

impl CameraStatus {
    /// A camera that has not begun.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the camera is doing.
    pub fn state(&self) -> State {
        self.stream().state.clone()
    }

    /// Counts a frame that went no further. `Superseded` and `Unchanged` are for the sink behind the
    /// camera: the frame was handed over before, so it stops counting as sampled.
    pub fn count_drop(&self, reason: DropReason) {
        self.dropped[reason as usize].fetch_add(1, Relaxed);
    }

    /// Reads everything. While frames are on their way, `frames_in` is ahead by those.
    pub fn snapshot(&self) -> StatusSnapshot {
        let stream = self.stream().clone();
        let [superseded, unchanged] = [DropReason::Superseded, DropReason::Unchanged]
            .map(|reason| self.dropped[reason as usize].load(Relaxed));
        let overtaken = self.overtaken.load(Relaxed);
        let count = |reason: DropReason| match reason {
            DropReason::Superseded => superseded + overtaken,
            DropReason::Unchanged => unchanged,
            _ => self.dropped[reason as usize].load(Relaxed),
        };
        StatusSnapshot {
            state: stream.state,
            sampled: self.handed_over.load(Relaxed).saturating_sub(superseded + unchanged),
            dropped: DropReason::ALL
                .into_iter()
                .map(|reason| (reason, count(reason)))
                .filter(|(_, n)| *n > 0)
                .collect(),
            frames_in: self.frames_in.load(Relaxed),
            reconnects: self.reconnects.load(Relaxed),
            last_frame_at: stream.last_frame_at,
            width: stream.width,
            height: stream.height,
            codec: stream.codec,
            decoder: stream.decoder,
            decoding: stream.decoding,
            time_source: stream.time_source,
        }
    }

    pub(super) fn count_in(&self) {
        self.frames_in.fetch_add(1, Relaxed);
    }

    /// Counts a frame that was replaced before it was decoded. To whoever asks it is one more
    /// `Superseded`.
    #[cfg(feature = "gst")]
    pub(super) fn count_overtaken(&self) {
        self.overtaken.fetch_add(1, Relaxed);
    }

    pub(super) fn count_reconnect(&self) {
        self.reconnects.fetch_add(1, Relaxed);
    }

    pub(super) fn set_state(&self, state: State) {
        self.stream().state = state;
    }

    pub(super) fn set_codec(&self, codec: &str, decoder: Option<&str>) {
        let mut stream = self.stream();
        stream.codec = Some(codec.to_owned());
        stream.decoder = decoder.map(ToOwned::to_owned);
    }

    #[cfg(feature = "gst")]
    pub(super) fn set_decoding(&self, decoding: Decoding) {
        self.stream().decoding = Some(decoding);
    }

    /// Counts a frame about to be handed over; frames coming means streaming.
    pub(super) fn count_handed_over(&self, at: WallTime, source: TimeSource, size: (u32, u32)) {
        self.handed_over.fetch_add(1, Relaxed);
        let mut stream = self.stream();
        stream.state = State::Streaming;
        stream.last_frame_at = Some(at);
        stream.time_source = Some(source);
        (stream.width, stream.height) = size;
    }

    /// A panic elsewhere leaves only counters behind; they stay readable.
    fn stream(&self) -> MutexGuard<'_, Stream> {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StatusSnapshot {
    /// Sum of all drops.
    pub fn dropped_in_all(&self) -> u64 {
        self.dropped.values().sum()
    }

    /// Whether every frame that came in is accounted for.
    pub fn adds_up(&self) -> bool {
        self.frames_in == self.sampled + self.dropped_in_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_frame_is_accounted_for_also_when_the_queue_replaces_one() {
        let status = CameraStatus::new();
        for _ in 0..5 {
            status.count_in();
        }
        assert!(!status.snapshot().adds_up());
        for second in 0..3 {
            let at = WallTime::from_millis(second * 1_000);
            status.count_handed_over(at, TimeSource::Arrival, (64, 48));
        }
        status.count_drop(DropReason::Delta);
        status.count_drop(DropReason::Undecodable);
        assert!(status.snapshot().adds_up());
        status.count_drop(DropReason::Superseded);
        let snapshot = status.snapshot();
        assert!(snapshot.adds_up());
        assert_eq!(snapshot.sampled, 2);
        assert_eq!(snapshot.state, State::Streaming);
        assert_eq!(snapshot.dropped.get(&DropReason::NotDue), None);
        status.count_drop(DropReason::Unchanged);
        let snapshot = status.snapshot();
        assert!(snapshot.adds_up());
        assert_eq!((snapshot.sampled, snapshot.dropped[&DropReason::Unchanged]), (1, 1));
    }

    #[cfg(feature = "gst")]
    #[test]
    fn one_replaced_before_the_decoder_never_counted_as_sampled() {
        let status = CameraStatus::new();
        for _ in 0..3 {
            status.count_in();
        }
        status.count_handed_over(WallTime::default(), TimeSource::Arrival, (64, 48));
        status.count_overtaken();
        status.count_overtaken();
        let snapshot = status.snapshot();
        assert_eq!((snapshot.sampled, snapshot.dropped[&DropReason::Superseded]), (1, 2));
        assert!(snapshot.adds_up());
    }

    #[test]
    fn counters_stand_in_the_order_of_the_reasons() {
        for (index, reason) in DropReason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, index);
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
