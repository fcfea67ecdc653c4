//! The back of a pipeline: parser, probe, decoder, appsink, and the account of every encoded frame
//! until it was handed over or dropped. Called from streaming threads; its lock is never held while
//! a frame is handed over, since a file's sink blocks.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use chrono::Utc;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;

use super::{
    decode::{self, Codec},
    element::add_chain,
    picture,
};
use crate::{
    base::{TimeSource, WallTime},
    capture::{
        CameraStatus, CaptureError, Decoding, DropReason, Flow, OwnReason, Source,
        camera::Connection,
        handover::{Handover, Picture},
        originals::Originals,
        pending::{Entry, Pending},
        sampling::{Sampler, Verdict},
        timing::{SenderClock, live_time},
    },
};

/// Frames of a live stream that must have gone into the decoder without a picture coming out
/// before it is called undecodable.
const HOPELESS: u32 = 20;

struct Inner {
    sampler: Sampler,
    originals: Originals,
    pending: Pending,
    codec: Option<Codec>,
    drain_due: bool,
    last_pts: Option<Duration>,
    last_in: Instant,
    last_out: Instant,
    fed_since_out: u32,
    frames_out: u64,
    fault: Option<CaptureError>,
}

/// See the file's first line.
pub struct Tail {
    status: Arc<CameraStatus>,
    handover: Arc<Mutex<Handover>>,
    decoders: Vec<String>,
    live: bool,
    on_disk: bool,
    opened_at: WallTime,
    sender: Mutex<Option<SenderClock>>,
    inner: Mutex<Inner>,
    handing_over: AtomicBool,
    stopped: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now() -> WallTime {
    chrono::DateTime::<Utc>::from(SystemTime::now()).into()
}

impl Tail {
    /// A tail for one connection.
    pub fn new(connection: &Connection<'_>) -> Self {
        let options = connection.options;
        Self {
            status: connection.status.clone(),
            handover: connection.handover.clone(),
            decoders: options.decoders.clone(),
            live: options.source.is_live(),
            on_disk: matches!(options.source, Source::File(_)),
            opened_at: now(),
            sender: Mutex::new(None),
            inner: Mutex::new(Inner {
                sampler: Sampler::new(options.keyframes, options.every),
                originals: Originals::default(),
                pending: Pending::default(),
                codec: None,
                drain_due: false,
                last_pts: None,
                last_in: Instant::now(),
                last_out: Instant::now(),
                fed_since_out: 0,
                frames_out: 0,
                fault: None,
            }),
            handing_over: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
        }
    }

    /// Hangs the tail to `pad`; further video streams of the same source are left alone.
    pub fn attach(self: &Arc<Self>, pipeline: &gst::Pipeline, pad: &gst::Pad, caps: &gst::Caps) {
        let codec = match Codec::from_caps(caps) {
            Ok(codec) => codec,
            Err(error) => return self.fail(error),
        };
        {
            let mut inner = lock(&self.inner);
            if inner.codec.is_some() {
                return;
            }
            inner.codec = Some(codec);
        }
        let is_rtp = caps.structure(0).is_some_and(|s| s.name() == "application/x-rtp");
        if let Err(error) = self.build(pipeline, pad, codec, is_rtp) {
            self.fail(error);
        }
    }

    fn build(
        self: &Arc<Self>,
        pipeline: &gst::Pipeline,
        pad: &gst::Pad,
        codec: Codec,
        is_rtp: bool,
    ) -> Result<(), CaptureError> {
        let fault =
            || CaptureError::Other("the pipeline's elements do not fit together".to_owned());
        let mut chain = decode::parsers(codec, is_rtp)?;
        let decoder = decode::decoder(codec, &self.decoders)?;
        self.status.set_codec(codec.name(), decoder.as_ref().map(|(_, name)| name.as_str()));
        if decoder.is_some() {
            self.status.set_decoding(Decoding::Own(OwnReason::Source));
        }
        let probed = chain.len();
        chain.extend(decoder.map(|(element, _)| element));
        // Passes its input through untouched unless the decoder's layout is a rarer one.
        chain.push(super::element::make("videoconvert")?);
        let sink = decode::sink()?;
        self.listen(&sink);
        chain.push(sink.upcast());
        let chain: Vec<&gst::Element> = chain.iter().collect();
        add_chain(pipeline.upcast_ref(), &chain)?;
        self.probe(&chain[probed].static_pad("sink").ok_or_else(fault)?);
        for element in chain.iter().rev() {
            element.sync_state_with_parent().map_err(|_| fault())?;
        }
        let first = chain[0].static_pad("sink").ok_or_else(fault)?;
        pad.link(&first).map(|_| ()).map_err(|_| fault())
    }

    fn probe(self: &Arc<Self>, pad: &gst::Pad) {
        let shared = Arc::downgrade(self);
        pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| match shared.upgrade() {
            Some(tail) => match info.buffer_mut() {
                Some(buffer) => tail.on_encoded(pad, buffer),
                None => gst::PadProbeReturn::Ok,
            },
            None => gst::PadProbeReturn::Remove,
        });
    }

    fn listen(self: &Arc<Self>, sink: &gstreamer_app::AppSink) {
        let shared = Arc::downgrade(self);
        let callbacks = gstreamer_app::AppSinkCallbacks::builder().new_sample(move |sink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            let Some(tail) = shared.upgrade() else { return Err(gst::FlowError::Flushing) };
            match tail.on_decoded(&sample) {
                Flow::Continue => Ok(gst::FlowSuccess::Ok),
                Flow::Stop => Err(gst::FlowError::Eos),
            }
        });
        sink.set_callbacks(callbacks.build());
    }

    /// An encoded frame before the decoder.
    fn on_encoded(&self, pad: &gst::Pad, buffer: &mut gst::Buffer) -> gst::PadProbeReturn {
        self.status.count_in();
        let mut guard = lock(&self.inner);
        let inner = &mut *guard;
        inner.last_in = Instant::now();
        let is_key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        let pts = buffer
            .pts()
            .or(buffer.dts())
            .map_or_else(|| self.missing_pts(inner.last_pts, buffer), Duration::from);
        inner.last_pts = Some(pts);
        let wanted = match inner.sampler.encoded(pts, is_key) {
            Verdict::Drop(reason) => {
                self.status.count_drop(reason);
                let drain = std::mem::take(&mut inner.drain_due) && !inner.pending.is_empty();
                drop(guard);
                if drain {
                    // The decoder may wait for more frames to reorder. None will come, so it is
                    // told to give out the keyframe it holds.
                    pad.send_event(gst_video::StillFrameEvent::builder(true).build());
                }
                // `Drop` would do, but the binding then unrefs the buffer twice; `Handled` is the
                // same for a buffer.
                return gst::PadProbeReturn::Handled;
            }
            Verdict::Wanted => true,
            Verdict::Decode => false,
        };
        let has_original = inner.codec.is_some_and(|codec| codec.format().is_some());
        let original = has_original
            .then(|| buffer.map_readable().ok())
            .flatten()
            .and_then(|map| inner.originals.keep(Bytes::copy_from_slice(&map), is_key));
        inner.drain_due = inner.sampler.drops_deltas();
        inner.fed_since_out = inner.fed_since_out.saturating_add(1);
        let arrival = now();
        let entry = Entry { pts, wanted, original, arrival, sender: None, settled: false };
        let given_up = inner.pending.enter(entry);
        self.count_drops(given_up, DropReason::Undecodable);
        gst::PadProbeReturn::Ok
    }

    /// A time stamp for a buffer without one: the arrival's, or for a file the next 25th of a
    /// second. It is written to the buffer, so that the decoded picture is found again.
    fn missing_pts(&self, last: Option<Duration>, buffer: &mut gst::Buffer) -> Duration {
        let pts = if self.live {
            now().since(self.opened_at)
        } else {
            last.map_or(Duration::ZERO, |last| last + Duration::from_millis(40))
        };
        buffer.make_mut().set_pts(gst::ClockTime::try_from(pts).ok());
        pts
    }

    /// A picture out of the decoder.
    fn on_decoded(&self, sample: &gst::Sample) -> Flow {
        let pts = sample.buffer().and_then(|b| b.pts()).map(Duration::from);
        let (pending, codec) = {
            let mut guard = lock(&self.inner);
            let inner = &mut *guard;
            inner.last_out = Instant::now();
            inner.fed_since_out = 0;
            inner.frames_out += 1;
            let (claimed, lost) = inner.pending.claim(pts);
            self.count_drops(lost, DropReason::Undecodable);
            let Some(mut pending) = claimed else { return Flow::Continue };
            pending.wanted = pending.wanted || inner.sampler.due(pts.unwrap_or(pending.pts));
            (pending, inner.codec)
        };
        if !pending.wanted {
            self.status.count_drop(DropReason::NotDue);
            return Flow::Continue;
        }
        let Some(planes) = picture::read(sample, Vec::new()) else {
            self.status.count_drop(DropReason::Undecodable);
            return Flow::Continue;
        };
        let pts = pts.unwrap_or(pending.pts);
        let (at, time_source) = self.time_of(pts, pending.arrival);
        let format = codec.and_then(Codec::format);
        self.hand_over(Picture {
            at,
            arrival: pending.arrival,
            time_source,
            pts_ns: u64::try_from(pts.as_nanos()).ok(),
            width: planes.width,
            height: planes.height,
            format: planes.format,
            matrix: planes.matrix,
            planes: planes.planes,
            encoded: pending.original.zip(format).map(|(original, f)| original.encoded(f)),
        })
    }

    fn time_of(&self, pts: Duration, arrival: WallTime) -> (WallTime, TimeSource) {
        if !self.live {
            return (self.opened_at.plus(pts), TimeSource::File);
        }
        let pts_ns = u64::try_from(pts.as_nanos()).unwrap_or(u64::MAX);
        let sender = lock(&self.sender).and_then(|clock| clock.at(pts_ns));
        live_time(sender, arrival)
    }

    fn hand_over(&self, picture: Picture) -> Flow {
        self.handing_over.store(true, SeqCst);
        let flow = lock(&self.handover).hand_over(picture);
        // The wait for the sink is no silence of the source.
        let mut inner = lock(&self.inner);
        (inner.last_in, inner.last_out) = (Instant::now(), Instant::now());
        self.handing_over.store(false, SeqCst);
        if flow == Flow::Stop {
            self.stopped.store(true, SeqCst);
        }
        flow
    }

    /// The newest relation of the sender's clock to the stream's time stamps.
    pub fn set_sender_clock(&self, clock: SenderClock) {
        *lock(&self.sender) = Some(clock);
    }

    /// Whether the sink wants no more.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(SeqCst)
    }

    /// The source has shown all its streams.
    pub fn no_more_streams(&self) {
        let mut inner = lock(&self.inner);
        if inner.codec.is_none() {
            inner.fault.get_or_insert(CaptureError::NoVideoStream);
        }
    }

    fn fail(&self, error: CaptureError) {
        lock(&self.inner).fault.get_or_insert(error);
    }

    /// A fault found on a streaming thread.
    pub fn take_fault(&self) -> Option<CaptureError> {
        lock(&self.inner).fault.take()
    }

    /// Makes an error that names a symptom name the cause, where that is known here.
    pub fn sharpen(&self, error: CaptureError) -> CaptureError {
        self.take_fault().unwrap_or(error)
    }

    /// Fails when the source has been silent, or the decoder without result, for `stall_after`.
    pub fn check_stall(&self, stall_after: Duration) -> Result<(), CaptureError> {
        if self.handing_over.load(SeqCst) {
            return Ok(());
        }
        let inner = lock(&self.inner);
        if inner.last_in.elapsed() > stall_after {
            // A file is never silent: parsebin has swallowed its demuxer's error, which it does
            // when that comes before the demuxer is fully plugged.
            let stalled = CaptureError::Stalled(stall_after);
            return Err(if self.on_disk { CaptureError::Damaged } else { stalled });
        }
        if inner.fed_since_out >= HOPELESS && inner.last_out.elapsed() > stall_after {
            let codec = inner.codec.map_or("unknown", Codec::name).to_owned();
            return Err(CaptureError::Undecodable { codec });
        }
        Ok(())
    }

    /// The decoder has given out all it will: what is still pending it could not decode.
    pub fn drained(&self) {
        self.write_off(DropReason::Undecodable);
    }

    /// The connection is over.
    pub fn close(&self) {
        self.write_off(DropReason::Stopping);
    }

    fn write_off(&self, reason: DropReason) {
        let given_up = lock(&self.inner).pending.write_off();
        self.count_drops(given_up, reason);
    }

    fn count_drops(&self, frames: usize, reason: DropReason) {
        for _ in 0..frames {
            self.status.count_drop(reason);
        }
    }

    /// Why an ended source gave no picture at all; `None` if it gave some.
    pub fn nothing_seen(&self) -> Option<CaptureError> {
        let inner = lock(&self.inner);
        match (inner.frames_out, inner.codec) {
            (1.., _) => None,
            (0, None) => Some(CaptureError::NoVideoStream),
            (0, Some(_)) if !self.live => Some(CaptureError::Damaged),
            (0, Some(codec)) => {
                let codec = codec.name().to_owned();
                (inner.last_pts.is_some()).then_some(CaptureError::Undecodable { codec })
            }
        }
    }

    /// Stream time of the newest encoded frame.
    pub fn last_time(&self) -> Option<Duration> {
        lock(&self.inner).last_pts
    }
}
