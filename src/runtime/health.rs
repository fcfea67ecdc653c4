//! What every camera is doing, from frame to decision, for the page, the metrics and the demo's
//! table, and what is asked of it in turn. Counting only: nothing follows from a count here.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::gate::Asked;
use crate::{
    base::{CameraId, LonLat},
    capture::{CameraStatus, State, StatusSnapshot},
};

/// Decision latencies kept per camera; older ones are overwritten.
const LATENCIES_KEPT: usize = 4096;

/// Counts of one camera after sampling.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// Frames judged.
    pub frames: u64,
    /// Detections in them.
    pub detections: u64,
    /// Frames lost after sampling, with reason.
    pub lost: BTreeMap<&'static str, u64>,
    /// Why judging waits, when it does.
    pub blocked: Option<String>,
    latencies_ms: Vec<u32>,
    next: usize,
}

impl Judged {
    /// The latency below which `share` (0 to 1) of the kept decisions were made.
    pub fn latency(&self, share: f64) -> Option<Duration> {
        let mut sorted = self.latencies_ms.clone();
        sorted.sort_unstable();
        let at = ((sorted.len().checked_sub(1)?) as f64 * share.clamp(0.0, 1.0)).round() as usize;
        sorted.get(at).map(|ms| Duration::from_millis(u64::from(*ms)))
    }
}

/// What became of a camera's frames, from coming in to being judged: as in capturing, every frame is
/// sampled or dropped for a reason, and one lost after sampling counts as dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Frames that came in.
    pub frames_in: u64,
    /// Frames judged, or on their way there.
    pub sampled: u64,
    /// Frames that went no further, by reason.
    pub dropped: BTreeMap<&'static str, u64>,
    /// Frames in the decoder now: neither sampled nor dropped yet.
    pub decoding: u64,
}

impl Account {
    fn of(status: &StatusSnapshot, judged: &Judged) -> Self {
        let lost: u64 = judged.lost.values().sum();
        let mut dropped: BTreeMap<&'static str, u64> =
            status.dropped.iter().map(|(why, n)| (why.as_str(), *n)).collect();
        dropped.extend(&judged.lost);
        let settled = status.sampled + status.dropped.values().sum::<u64>();
        Self {
            frames_in: status.frames_in,
            sampled: status.sampled.saturating_sub(lost),
            dropped,
            decoding: status.frames_in.saturating_sub(settled),
        }
    }

    /// Sum of all drops.
    pub fn dropped_in_all(&self) -> u64 {
        self.dropped.values().sum()
    }
}

/// One camera's counters, and what the stages behind it ask of it.
pub struct CameraHealth {
    /// Id.
    pub id: CameraId,
    /// Name for people.
    pub name: String,
    /// Where it hangs.
    pub position: Option<LonLat>,
    /// Up to the sampled frame.
    pub status: Arc<CameraStatus>,
    /// What its gate is asked for.
    pub asked: Arc<Asked>,
    judged: Mutex<Judged>,
}

impl CameraHealth {
    /// Counters at zero.
    pub fn new(id: CameraId, name: String, position: Option<LonLat>) -> Self {
        let status = Arc::new(CameraStatus::new());
        Self { id, name, position, status, asked: Arc::default(), judged: Mutex::default() }
    }

    /// What capturing counted, with judging's trouble in place of a healthy state.
    pub fn capture(&self) -> StatusSnapshot {
        let mut snapshot = self.status.snapshot();
        if let Some(reason) = self.judged().blocked {
            snapshot.state = State::Failing { reason };
        }
        snapshot
    }

    /// What became of its frames.
    pub fn account(&self) -> Account {
        Account::of(&self.capture(), &self.judged())
    }

    /// What came after sampling.
    pub fn judged(&self) -> Judged {
        self.lock().clone()
    }

    pub(super) fn count_judged(&self, detections: usize, latency: Duration) {
        let mut judged = self.lock();
        judged.frames += 1;
        judged.detections += detections as u64;
        judged.blocked = None;
        let ms = u32::try_from(latency.as_millis()).unwrap_or(u32::MAX);
        let at = judged.next;
        if judged.latencies_ms.len() < LATENCIES_KEPT {
            judged.latencies_ms.push(ms);
        } else {
            judged.latencies_ms[at] = ms;
        }
        judged.next = (at + 1) % LATENCIES_KEPT;
    }

    /// Counts a frame that was given up; what it showed is to be looked at anew.
    pub(super) fn count_lost(&self, reason: &'static str, blocked: Option<String>) {
        let mut judged = self.lock();
        *judged.lost.entry(reason).or_default() += 1;
        if blocked.is_some() {
            judged.blocked = blocked;
        }
        self.asked.look_anew();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Judged> {
        self.judged.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All cameras, in the order of the settings.
#[derive(Clone)]
pub struct Health {
    cameras: Arc<Vec<Arc<CameraHealth>>>,
}

impl Health {
    /// For these cameras.
    pub fn new(cameras: Vec<CameraHealth>) -> Self {
        Self { cameras: Arc::new(cameras.into_iter().map(Arc::new).collect()) }
    }

    /// Every camera.
    pub fn cameras(&self) -> &[Arc<CameraHealth>] {
        &self.cameras
    }

    /// One camera.
    pub fn camera(&self, id: &CameraId) -> Option<&Arc<CameraHealth>> {
        self.cameras.iter().find(|c| c.id == *id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::DropReason;

    #[test]
    fn latencies_are_ranked_and_bounded() {
        let camera = CameraHealth::new("a".into(), "A".into(), None);
        assert!(camera.judged().latency(0.5).is_none());
        for ms in 0..LATENCIES_KEPT as u64 + 100 {
            camera.count_judged(1, Duration::from_millis(ms));
        }
        let judged = camera.judged();
        assert_eq!(judged.frames, LATENCIES_KEPT as u64 + 100);
        assert_eq!(judged.latency(0.0), Some(Duration::from_millis(100)));
        assert_eq!(judged.latency(1.0), Some(Duration::from_millis(LATENCIES_KEPT as u64 + 99)));
    }

    #[test]
    fn a_frame_lost_after_sampling_is_dropped_and_no_longer_sampled() {
        let mut status = CameraStatus::new().snapshot();
        (status.frames_in, status.sampled) = (10, 4);
        status.dropped = [(DropReason::Delta, 5)].into();
        let judged = Judged { lost: [("disk_full", 3)].into(), ..Judged::default() };
        let account = Account::of(&status, &judged);
        assert_eq!((account.sampled, account.dropped_in_all()), (1, 8));
        assert_eq!(account.dropped, [("delta", 5), ("disk_full", 3)].into());
        assert_eq!(account.decoding, 1, "what is neither is in the decoder");
    }

    #[test]
    fn trouble_after_sampling_shows_in_the_state_until_a_frame_is_judged() {
        let camera = CameraHealth::new("a".into(), "A".into(), None);
        camera.count_lost("disk_full", Some("disk full".into()));
        assert_eq!(camera.capture().state, State::Failing { reason: "disk full".into() });
        camera.count_judged(0, Duration::ZERO);
        assert_eq!(camera.capture().state, State::Connecting);
    }
}
