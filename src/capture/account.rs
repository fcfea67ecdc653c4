//! The account of one connection's frames, from coming in to being handed over or dropped, shared
//! by the task that receives them and the threads that decode them. Decodes nothing itself.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::{
    CameraStatus, CaptureError, DropReason, Flow, Options, OwnReason,
    gst::Planes,
    handover::{Handover, Picture},
    originals::{Original, Originals},
    sampling::{Sampler, Verdict},
    timing::live_time,
};
use crate::base::{Encoded, EncodedFormat, WallTime};

/// Keyframes in a row of which none could be decoded, before the stream is called undecodable.
const HOPELESS_KEYFRAMES: u32 = 3;
/// The same, frames into a decoder of the camera's own: it may hold some back.
const HOPELESS_FRAMES: u32 = 20;
/// A decoder that could not begin at a keyframe gets this long to find its way in.
const WITHOUT_KEYFRAME: Duration = Duration::from_secs(120);

/// One access unit as it came in.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    /// The stream's time of it.
    pub at: Duration,
    /// Whether it is a keyframe.
    pub is_key: bool,
    /// Whether it can be decoded by itself: a keyframe with its parameter sets.
    pub is_whole: bool,
    /// Its bytes.
    pub data: Bytes,
    /// When it arrived.
    pub arrival: WallTime,
    /// When it was taken, by the sender's clock.
    pub sender: Option<WallTime>,
}

struct Inner {
    sampler: Sampler,
    originals: Originals,
    last_out: Instant,
    since_out: u32,
    key_fed: bool,
    fault: Option<CaptureError>,
}

/// See the file's first line.
pub(super) struct Account {
    pub status: Arc<CameraStatus>,
    pub format: EncodedFormat,
    /// Cancelled when nothing more is wanted of this connection, or possible.
    pub over: CancellationToken,
    handover: Arc<Mutex<Handover>>,
    stall_after: Duration,
    inner: Mutex<Inner>,
}

/// What the sampler says to a frame.
pub(super) struct Answer {
    pub verdict: Verdict,
    /// Why every frame is decoded, where that is so.
    pub own: Option<OwnReason>,
    /// Whether what came since the keyframe may still be needed.
    pub guessing: bool,
}

impl Account {
    pub fn new(
        options: &Options,
        format: EncodedFormat,
        status: Arc<CameraStatus>,
        handover: Arc<Mutex<Handover>>,
    ) -> Self {
        Self {
            status,
            format,
            over: CancellationToken::new(),
            handover,
            stall_after: options.stall_after,
            inner: Mutex::new(Inner {
                sampler: Sampler::trusting(options.keyframes, options.every),
                originals: Originals::default(),
                last_out: Instant::now(),
                since_out: 0,
                key_fed: false,
                fault: None,
            }),
        }
    }

    /// Asks the sampler, in the order the frames came in.
    pub fn ask(&self, unit: &Unit) -> Answer {
        let sampler = &mut self.lock().sampler;
        let verdict = match sampler.encoded(unit.at, unit.is_key) {
            Verdict::Wanted if !self.is_wanted(unit) => Verdict::Drop(DropReason::Cooldown),
            verdict => verdict,
        };
        Answer { verdict, own: sampler.own_reason(), guessing: sampler.is_guessing() }
    }

    /// Asks the sink. One that is busy with the frame before is not waited for, since who asks
    /// receives all cameras.
    fn is_wanted(&self, unit: &Unit) -> bool {
        let (at, _) = live_time(unit.sender, unit.arrival);
        self.handover.try_lock().map_or(true, |handover| handover.wants(at))
    }

    /// Asks the sampler about a decoded frame, in the order of presentation.
    pub fn is_due(&self, at: Duration) -> bool {
        self.lock().sampler.due(at)
    }

    /// Keeps a frame that a decoder of the camera's own is fed with, as part of an original.
    pub fn keep(&self, unit: &Unit) -> Option<Original> {
        self.lock().originals.keep(unit.data.clone(), unit.is_key)
    }

    /// Notes a frame that went into a decoder of the camera's own.
    pub fn note_fed(&self, is_key: bool) {
        let mut inner = self.lock();
        inner.since_out += 1;
        inner.key_fed |= is_key;
        let patience = match inner.key_fed {
            true => self.stall_after,
            false => self.stall_after.max(WITHOUT_KEYFRAME),
        };
        if inner.since_out >= HOPELESS_FRAMES && inner.last_out.elapsed() > patience {
            drop(inner);
            self.fail(self.undecodable_stream());
        }
    }

    /// Notes that a decoder gave a picture.
    pub fn note_out(&self) {
        let mut inner = self.lock();
        (inner.last_out, inner.since_out) = (Instant::now(), 0);
    }

    /// A keyframe that gave no picture.
    fn note_undecodable(&self) {
        self.status.count_drop(DropReason::Undecodable);
        let mut inner = self.lock();
        inner.since_out += 1;
        if inner.since_out >= HOPELESS_KEYFRAMES && inner.last_out.elapsed() > self.stall_after {
            drop(inner);
            self.fail(self.undecodable_stream());
        }
    }

    fn undecodable_stream(&self) -> CaptureError {
        CaptureError::Undecodable { codec: codec_name(self.format).to_owned() }
    }

    /// Hands over a picture that is wanted.
    pub fn hand_over(&self, shown: Shown, planes: Planes) {
        let (at, time_source) = live_time(shown.sender, shown.arrival);
        let picture = Picture {
            at,
            arrival: shown.arrival,
            time_source,
            pts_ns: u64::try_from(shown.pts.as_nanos()).ok(),
            width: planes.width,
            height: planes.height,
            format: planes.format,
            matrix: planes.matrix,
            planes: planes.planes,
            encoded: shown.encoded,
        };
        let mut handover = self.handover.lock().unwrap_or_else(PoisonError::into_inner);
        if handover.hand_over(picture) == Flow::Stop {
            self.over.cancel();
        }
    }

    /// Ends the connection with an error.
    pub fn fail(&self, error: CaptureError) {
        self.lock().fault.get_or_insert(error);
        self.over.cancel();
    }

    /// Why it was ended, if with an error.
    pub fn take_fault(&self) -> Option<CaptureError> {
        self.lock().fault.take()
    }

    pub fn count_drops(&self, frames: usize, reason: DropReason) {
        for _ in 0..frames {
            self.status.count_drop(reason);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name shown of an encoding.
pub(super) fn codec_name(format: EncodedFormat) -> &'static str {
    match format {
        EncodedFormat::H264 => "h264",
        EncodedFormat::H265 => "h265",
        EncodedFormat::Jpeg => "jpeg",
        EncodedFormat::Png => "png",
    }
}

/// What belongs to a picture beside its planes.
pub(super) struct Shown {
    pub pts: Duration,
    pub arrival: WallTime,
    pub sender: Option<WallTime>,
    pub encoded: Option<Encoded>,
}

/// A frame that was counted in and of which nothing more has been counted yet. Whatever happens to
/// it happens once: let go of, it counts as on its way when its connection ended.
pub(super) struct InFlight {
    account: Arc<Account>,
    pub unit: Unit,
    open: bool,
}

impl InFlight {
    /// Counts a frame in.
    pub fn new(account: &Arc<Account>, unit: Unit) -> Self {
        account.status.count_in();
        Self { account: account.clone(), unit, open: true }
    }

    /// One that was dropped already and is decoded for those that follow.
    pub fn leading_up(account: &Arc<Account>, unit: Unit) -> Self {
        Self { account: account.clone(), unit, open: false }
    }

    pub fn format(&self) -> EncodedFormat {
        self.account.format
    }

    /// Whether it is still to be counted as something.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// It goes no further.
    pub fn dropped(mut self, reason: DropReason) {
        self.open = false;
        self.account.status.count_drop(reason);
    }

    /// A newer one took its place before a decoder.
    pub fn overtaken(mut self) {
        self.open = false;
        self.account.status.count_overtaken();
    }

    /// The decoder's answer to a keyframe.
    pub fn decoded(mut self, planes: Option<Planes>) {
        if self.account.over.is_cancelled() {
            return;
        }
        self.open = false;
        let Some(planes) = planes else { return self.account.note_undecodable() };
        self.account.note_out();
        let encoded = Encoded { format: self.account.format, bytes: self.unit.data.clone() };
        let shown = Shown {
            pts: self.unit.at,
            arrival: self.unit.arrival,
            sender: self.unit.sender,
            encoded: Some(encoded),
        };
        self.account.hand_over(shown, planes);
    }

    /// The frame, into an account of the caller's.
    pub fn into_unit(mut self) -> Unit {
        self.open = false;
        self.unit.clone()
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if self.open {
            self.account.status.count_drop(DropReason::Stopping);
        }
    }
}
