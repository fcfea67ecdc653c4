//! The judging thread: sole owner of `Judge` and `Docket`. Takes what was seen in order, keeps
//! evidence, and commits cases together with judging's own state in one transaction, so that a
//! crash at any moment leaves both as they were before or both as they are after.
//!
//! After a violation nothing is dropped: a write that fails is tried again until it succeeds, and
//! while the disk is full no frame is judged at all, so that no case stands without its evidence.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use chrono::Utc;
use crossbeam_channel::{Receiver, select, tick};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::{
    events::{
        CaseGone, CaseOpened, FrameJudged, FrameLost, LineLeftOut, RecordingEnded, SpotLearned,
        WriteDelayed,
    },
    evidence::{self, Shot, Shown},
    frames::FrameQueue,
    health::Health,
    inference::Seen,
    record::{Recorded, Recorder},
};
use crate::{
    base::{BBox, CaseId, Detections, SecondLook, ThingId, ViolationId, WallTime},
    judge::{Judge, Judgement, RejectedSpot, Violation},
    resolve::{CaseChange, Docket, ShotPlan},
    store::{Commit, EvidenceError, EvidenceRow, Moment, Store},
};

/// Judging's state is on disk at the latest so long after it changed.
const FLUSH_EVERY: Duration = Duration::from_secs(1);
/// Pause before a failed write is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// Frames a case shows at the least.
const FRAMES_WANTED: usize = 3;

/// What a reviewer's decision means for judging.
#[derive(Clone, Debug, PartialEq)]
pub enum Mail {
    /// This spot is rejected from now on.
    Reject(RejectedSpot),
    /// The spot with this id is lifted.
    Lift(String),
}

/// Everything the judging thread needs.
pub struct Judging {
    /// Makes violations.
    pub judge: Judge,
    /// Makes cases.
    pub docket: Docket,
    /// Where they go.
    pub store: Store,
    /// Runs the store's futures.
    pub handle: Handle,
    /// Frames judged are given back here.
    pub queue: FrameQueue,
    /// Counters.
    pub health: Health,
    /// Names of the channels every case leaves by.
    pub channels: Vec<String>,
    /// Records detections, when asked to.
    pub recorder: Option<Recorder>,
    /// Cancelled when the grace period is over: failing writes are given up.
    pub give_up: CancellationToken,
}

/// A case that has too few frames yet.
struct Short {
    case: CaseId,
    frames: usize,
}

/// Changes not yet on disk.
struct Unsaved {
    changes: Vec<CaseChange>,
    evidence: Vec<EvidenceRow>,
    attached: Vec<ThingId>,
    since: Instant,
    at: WallTime,
}

impl Judging {
    /// Judges until `seen` is closed and empty, then saves what is left.
    pub fn run(self, seen: &Receiver<Seen>, mail: &Receiver<Mail>) {
        let mut work = Work {
            parts: self,
            shots: ShotPlan::default(),
            short: BTreeMap::new(),
            unsaved: Unsaved {
                changes: Vec::new(),
                evidence: Vec::new(),
                attached: Vec::new(),
                since: Instant::now(),
                at: WallTime::default(),
            },
        };
        for camera in work.parts.health.cameras() {
            camera.asked.look_within(work.parts.judge.wants_look_within(&camera.id));
        }
        let clock = tick(FLUSH_EVERY);
        loop {
            select! {
                recv(seen) -> message => match message {
                    Ok(message) => work.take(message),
                    Err(_) => break,
                },
                recv(mail) -> message => if let Ok(message) = message { work.read(message) },
                recv(clock) -> _ => {}
            }
            if work.unsaved.since.elapsed() >= FLUSH_EVERY {
                work.save();
            }
        }
        while let Ok(message) = mail.try_recv() {
            work.read(message);
        }
        work.save();
    }
}

struct Work {
    parts: Judging,
    shots: ShotPlan,
    short: BTreeMap<ViolationId, Short>,
    unsaved: Unsaved,
}

impl Work {
    fn read(&mut self, mail: Mail) {
        match mail {
            Mail::Reject(spot) => {
                SpotLearned { spot: &spot.id, case: None }.emit();
                self.parts.judge.reject(spot);
            }
            Mail::Lift(id) => self.parts.judge.lift(&id),
        }
    }

    fn take(&mut self, seen: Seen) {
        let Seen { frame, detections, model } = seen;
        let camera = frame.camera.clone();
        if let Err(error) = self.parts.store.evidence().check_space(0) {
            FrameLost { camera: &camera, reason: "disk_full", error: &error }.emit();
            if let Some(health) = self.parts.health.camera(&camera) {
                health.count_lost("disk_full", Some(error.to_string()));
            }
            self.parts.queue.done(&camera);
            return;
        }
        let count = detections.iter().filter(|seen| !seen.is_weak).count();
        let detections = Detections {
            camera: camera.clone(),
            at: frame.at,
            width: frame.width,
            height: frame.height,
            detections,
        };
        self.record(&detections);
        let shown = Shown::new(&frame, model);
        for judgement in self.parts.judge.observe(&detections) {
            self.carry_out(&judgement, &shown);
        }
        if self.unsaved.changes.iter().any(|c| matches!(c, CaseChange::Open(_))) {
            self.save();
        }
        let latency = WallTime::from(Utc::now()).since(frame.arrival);
        if let Some(health) = self.parts.health.camera(&camera) {
            health.count_judged(count, latency);
            health.asked.look_within(self.parts.judge.wants_look_within(&camera));
        }
        FrameJudged { camera: &camera, detections: count, latency }.emit();
        self.parts.queue.done(&camera);
    }

    fn record(&mut self, detections: &Detections) {
        let Some(recorder) = &mut self.parts.recorder else { return };
        match recorder.write(detections) {
            Ok(Recorded::InOrder) => {}
            Ok(Recorded::TooLate) => LineLeftOut { camera: &detections.camera }.emit(),
            Err(error) => {
                RecordingEnded { error: &error }.emit();
                self.parts.recorder = None;
            }
        }
    }

    fn carry_out(&mut self, judgement: &Judgement, shown: &Shown<'_>) {
        let frame = shown.frame;
        match judgement {
            Judgement::Candidate { thing, bbox, second, dwelt, dwell, camera, .. } => {
                if *camera == frame.camera && self.shots.due(*thing, *dwelt, *dwell) {
                    // a candidate's picture that cannot be kept now is asked for again at opening
                    if let Err(error) = self.keep(*thing, *bbox, *second, shown) {
                        WriteDelayed { what: "evidence", error: &error }.emit();
                        self.shots.forget(*thing);
                    }
                }
            }
            Judgement::CandidateEnded { thing } | Judgement::Suppressed { thing, .. } => {
                self.shots.forget(*thing);
                self.discard(*thing);
            }
            Judgement::Opened(violation) => self.open(violation, judgement, shown),
            Judgement::Seen(violation) => {
                self.complete(violation, shown);
                self.note(judgement, frame.at);
            }
            Judgement::Gone { violation, .. } => {
                self.short.remove(violation);
                self.note(judgement, frame.at);
            }
        }
    }

    /// Keeps a candidate's sighting, the first as such.
    fn keep(
        &self,
        thing: ThingId,
        bbox: BBox,
        second: Option<SecondLook>,
        shown: &Shown<'_>,
    ) -> Result<(), EvidenceError> {
        let kept = self.parts.store.evidence();
        let moment = if kept.has_pending(thing)? { Moment::Middle } else { Moment::First };
        shown.keep(&kept, thing, &Shot { bbox, second, moment })
    }

    fn note(&mut self, judgement: &Judgement, at: WallTime) {
        if let Some(change) = self.parts.docket.apply(judgement, at) {
            self.unsaved.at = at;
            self.unsaved.changes.push(change);
        }
    }

    fn open(&mut self, violation: &Violation, judgement: &Judgement, shown: &Shown<'_>) {
        let at = shown.frame.at;
        self.shots.forget(violation.thing);
        let Some(change) = self.parts.docket.apply(judgement, at) else { return };
        let case = change.case().id.clone();
        let rows = self
            .until_written("evidence", |work| work.attach(violation, shown, Moment::Last, &case));
        let rows = rows.unwrap_or_default();
        let frames = frames_in(&rows);
        if frames < FRAMES_WANTED {
            self.short.insert(violation.id, Short { case, frames });
        }
        self.unsaved.at = at;
        self.unsaved.changes.push(change);
        self.unsaved.evidence.extend(rows);
        self.unsaved.attached.push(violation.thing);
    }

    /// Adds a later frame to a case that was opened with too few.
    fn complete(&mut self, violation: &Violation, shown: &Shown<'_>) {
        let Some(short) = self.short.get(&violation.id) else { return };
        if violation.camera != shown.frame.camera {
            return;
        }
        let case = short.case.clone();
        let rows = self
            .until_written("evidence", |work| work.attach(violation, shown, Moment::Later, &case));
        self.unsaved.evidence.extend(rows.unwrap_or_default());
        self.unsaved.attached.push(violation.thing);
        self.save();
        if let Some(short) = self.short.get_mut(&violation.id) {
            short.frames += 1;
            if short.frames >= FRAMES_WANTED {
                self.short.remove(&violation.id);
            }
        }
    }

    /// Keeps the sighting that `shown` is, marks what is pending and gives it to the case.
    fn attach(
        &self,
        v: &Violation,
        shown: &Shown<'_>,
        moment: Moment,
        case: &CaseId,
    ) -> Result<Vec<EvidenceRow>, EvidenceError> {
        let kept = self.parts.store.evidence();
        if v.camera == shown.frame.camera {
            shown.keep(&kept, v.thing, &Shot { bbox: v.bbox, second: v.second, moment })?;
        }
        evidence::mark(&kept, v.thing, &v.class)?;
        kept.attach(v.thing, case, true)
    }

    fn discard(&self, thing: ThingId) {
        if let Err(error) = self.parts.store.evidence().discard(thing) {
            WriteDelayed { what: "discarding evidence", error: &error }.emit();
        }
    }

    fn save(&mut self) {
        self.unsaved.since = Instant::now();
        let judge = self.parts.judge.take_changes();
        if judge.is_empty() && self.unsaved.changes.is_empty() && self.unsaved.evidence.is_empty() {
            return;
        }
        let commit = Commit {
            changes: std::mem::take(&mut self.unsaved.changes),
            evidence: std::mem::take(&mut self.unsaved.evidence),
            judge,
            channels: self.parts.channels.clone(),
            at: self.unsaved.at,
        };
        let done = self.until_written("cases", |work| {
            work.parts.handle.block_on(work.parts.store.commit(&commit))
        });
        if done.is_none() {
            return;
        }
        for thing in std::mem::take(&mut self.unsaved.attached) {
            self.discard(thing);
        }
        for change in &commit.changes {
            match change {
                CaseChange::Open(case) => CaseOpened(case).emit(),
                CaseChange::Update(case) if case.gone_at.is_some() => CaseGone(case).emit(),
                CaseChange::Update(_) => {}
            }
        }
    }

    /// Tries again until it is written; `None` only when the daemon's grace period is over.
    fn until_written<T, E: std::fmt::Display>(
        &mut self,
        what: &'static str,
        mut write: impl FnMut(&mut Self) -> Result<T, E>,
    ) -> Option<T> {
        loop {
            match write(self) {
                Ok(value) => return Some(value),
                Err(error) => WriteDelayed { what, error: &error }.emit(),
            }
            if self.parts.give_up.is_cancelled() {
                return None;
            }
            std::thread::sleep(RETRY_AFTER);
        }
    }
}

/// Distinct frames among evidence rows.
fn frames_in(rows: &[EvidenceRow]) -> usize {
    let frames: std::collections::BTreeSet<_> =
        rows.iter().map(|r| (r.camera.clone(), r.at)).collect();
    frames.len()
}
