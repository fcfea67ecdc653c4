//! The only folder that names GStreamer. One connection: a pipeline built element by element, its
//! properties set by name, watched until it ends. Decides nothing that the pure files can decide.

mod chain;
mod converter;
mod decode;
mod element;
mod fault;
mod jpegs;
mod picture;
mod running;
pub mod serve;
mod source;
mod still;
mod tail;
mod yardstick;

pub(super) use picture::Planes;
pub(super) use running::{Decoded, Running as RunningDecoder};
pub(super) use still::Still;

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use gstreamer as gst;
use gstreamer::prelude::*;

use super::{
    CaptureError, Source,
    camera::{Connection, Outcome},
    reach,
};
use crate::base::EncodedFormat;
pub use converter::{Converter, Depth};
pub use jpegs::write_jpegs;
use tail::Tail;
pub use yardstick::{ClipFrames, DecodeOnly, StillDecoding};

/// How long one look at the bus takes; the token is looked at as often.
const TICK: Duration = Duration::from_millis(100);
/// A file whose video ends earlier than its index says, by more than this, was cut off.
const MISSING_END: Duration = Duration::from_secs(1);

/// Initialises GStreamer once for the process.
pub(super) fn init() -> Result<(), CaptureError> {
    static INIT: OnceLock<bool> = OnceLock::new();
    let ready = *INIT.get_or_init(|| gst::init().is_ok());
    ready.then_some(()).ok_or_else(|| CaptureError::Other("GStreamer does not start".to_owned()))
}

/// The name of the decoder that would be taken for `format`, or which one is missing.
pub(super) fn decoder_for(
    format: EncodedFormat,
    preferred: &[String],
) -> Result<String, CaptureError> {
    init()?;
    let unknown = || CaptureError::Codec { codec: format.extension().to_owned() };
    let codec = decode::Codec::of(format).ok_or_else(unknown)?;
    decode::decoder(codec, preferred)?.map(|(_, name)| name).ok_or_else(unknown)
}

/// Sets the pipeline back to nothing however the connection ends, so that no thread is left.
struct Running(gst::Pipeline);

impl Drop for Running {
    fn drop(&mut self) {
        // Going down cannot fail in a way that leaves something to be done.
        let _ = self.0.set_state(gst::State::Null);
    }
}

/// One connection, from nothing to nothing.
pub(super) fn run_once(connection: &Connection<'_>) -> Result<Outcome, CaptureError> {
    init()?;
    let tail = Arc::new(Tail::new(connection));
    let pipeline = gst::Pipeline::new();
    let bus = pipeline.bus().ok_or_else(|| CaptureError::Other("pipeline has no bus".into()))?;
    source::build(&pipeline, connection.options, &tail)?;
    let running = Running(pipeline);
    let started = running.0.set_state(gst::State::Playing);
    let outcome = if started.is_err() && !bus.have_pending() {
        Err(CaptureError::Other("pipeline does not start".to_owned()))
    } else {
        watch(&running.0, &bus, connection, &tail)
    };
    drop(running);
    tail.close();
    outcome
}

/// Follows the bus until something ends the connection.
fn watch(
    pipeline: &gst::Pipeline,
    bus: &gst::Bus,
    connection: &Connection<'_>,
    tail: &Tail,
) -> Result<Outcome, CaptureError> {
    let wanted = [gst::MessageType::Error, gst::MessageType::Eos, gst::MessageType::Warning];
    let tick = gst::ClockTime::try_from(TICK).unwrap_or(gst::ClockTime::from_mseconds(100));
    let mut closed_by_peer = false;
    loop {
        if connection.stop.is_cancelled() || tail.is_stopped() {
            return Ok(Outcome::Stopped);
        }
        let message = bus.timed_pop_filtered(tick, &wanted);
        if let Some(error) = tail.take_fault() {
            return Err(error);
        }
        match message.as_deref().map(gst::MessageRef::view) {
            Some(gst::MessageView::Error(error)) => {
                let source = &connection.options.source;
                let error = fault::classify(&error.error(), error.debug(), source);
                return Err(match (source, tail.sharpen(error)) {
                    (Source::Rtsp(url), CaptureError::Unreachable) => reach::diagnose(url),
                    (_, error) => error,
                });
            }
            Some(gst::MessageView::Warning(warning)) => {
                closed_by_peer |= fault::is_connection_closed(&warning.error());
            }
            Some(gst::MessageView::Eos(_)) if closed_by_peer => return Err(CaptureError::Lost),
            Some(gst::MessageView::Eos(_)) => return at_end(pipeline, connection, tail),
            _ => {}
        }
        if connection.deadline.is_some_and(|deadline| Instant::now() > deadline) {
            return Err(CaptureError::Timeout(Duration::ZERO));
        }
        tail.check_stall(connection.options.stall_after)?;
    }
}

/// The source says it is at its end; a file is asked whether that is true.
fn at_end(
    pipeline: &gst::Pipeline,
    connection: &Connection<'_>,
    tail: &Tail,
) -> Result<Outcome, CaptureError> {
    tail.drained();
    let duration = pipeline.query_duration::<gst::ClockTime>().map(Duration::from);
    if let Some(error) = tail.nothing_seen() {
        return Err(error);
    }
    let missing = duration.zip(tail.last_time()).map(|(all, last)| all.saturating_sub(last));
    if !connection.options.source.is_live() && missing.is_some_and(|m| m > MISSING_END) {
        return Err(CaptureError::Truncated);
    }
    Ok(Outcome::Ended)
}
