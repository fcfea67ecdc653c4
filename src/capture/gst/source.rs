//! The front of a pipeline: everything up to a pad with encoded video. What follows is the tail.

use std::sync::Arc;

use gstreamer as gst;
use gstreamer::prelude::*;

use super::{
    element::{add_chain, make},
    tail::Tail,
};
use crate::capture::{CaptureError, Options, Source, Transport, timing::SenderClock};

/// Jitter buffer of RTSP in milliseconds: enough to put datagrams in order, and little delay.
const JITTER_MS: u32 = 200;
/// Frame rate of the test picture.
const TEST_FPS: i32 = 10;

/// Builds the front for the camera's source and hangs the tail to it, now or when its pad comes.
pub fn build(
    pipeline: &gst::Pipeline,
    options: &Options,
    tail: &Arc<Tail>,
) -> Result<(), CaptureError> {
    match &options.source {
        Source::Rtsp(url) => rtsp(pipeline, url.as_str(), options, tail),
        Source::Http(url) => http(pipeline, url.as_str(), options, tail),
        Source::File(path) => {
            let bytes = std::fs::metadata(path)?;
            if bytes.len() == 0 {
                return Err(CaptureError::NotAVideo);
            }
            let source = make("filesrc")?;
            source.set_property("location", path.as_os_str().to_string_lossy().as_ref());
            parsed(pipeline, &source, tail)
        }
        Source::Test => test(pipeline, tail),
        Source::Folder(_) => Err(CaptureError::Other("a folder needs no pipeline".to_owned())),
    }
}

fn rtsp(
    pipeline: &gst::Pipeline,
    location: &str,
    options: &Options,
    tail: &Arc<Tail>,
) -> Result<(), CaptureError> {
    let source = make("rtspsrc")?;
    source.set_property("location", location);
    let protocol = match options.transport {
        Transport::Tcp => "tcp",
        Transport::Udp => "udp",
    };
    source.set_property_from_str("protocols", protocol);
    source.set_property("latency", JITTER_MS);
    source.set_property("add-reference-timestamp-meta", true);
    let patience_us = u64::try_from(options.stall_after.as_micros()).unwrap_or(u64::MAX);
    source.set_property("tcp-timeout", patience_us);
    if let Some(credentials) = &options.credentials {
        source.set_property("user-id", &credentials.user);
        source.set_property("user-pw", &credentials.password);
    }
    source.connect("select-stream", false, |values| {
        let caps = values.get(2).and_then(|caps| caps.get::<gst::Caps>().ok());
        Some(caps.is_some_and(|caps| media_is_video(&caps)).to_value())
    });
    let (weak, shared) = (pipeline.downgrade(), Arc::downgrade(tail));
    source.connect_pad_added(move |_, pad| {
        let (Some(pipeline), Some(tail)) = (weak.upgrade(), shared.upgrade()) else { return };
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        if media_is_video(&caps) {
            read_sender_clock(pad, &tail);
            tail.attach(&pipeline, pad, &caps);
        }
    });
    pipeline.add(&source).map_err(|_| CaptureError::Other("pipeline takes no source".to_owned()))
}

fn media_is_video(caps: &gst::CapsRef) -> bool {
    caps.structure(0).is_some_and(|s| s.get::<&str>("media") == Ok("video"))
}

/// Reads the sender's NTP time off the packets, where RTCP has given it.
fn read_sender_clock(pad: &gst::Pad, tail: &Arc<Tail>) {
    let shared = Arc::downgrade(tail);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let Some(tail) = shared.upgrade() else { return gst::PadProbeReturn::Remove };
        if let Some((buffer, pts)) = info.buffer().and_then(|b| Some((b, b.pts()?)))
            && let Some(meta) = buffer.meta::<gst::ReferenceTimestampMeta>()
            && meta.reference().structure(0).is_some_and(|s| s.name() == "timestamp/x-ntp")
        {
            tail.set_sender_clock(SenderClock::new(meta.timestamp().nseconds(), pts.nseconds()));
        }
        gst::PadProbeReturn::Ok
    });
}

fn http(
    pipeline: &gst::Pipeline,
    location: &str,
    options: &Options,
    tail: &Arc<Tail>,
) -> Result<(), CaptureError> {
    let source = make("souphttpsrc")?;
    source.set_property("location", location);
    let seconds = u32::try_from(options.stall_after.as_secs()).unwrap_or(u32::MAX);
    source.set_property("timeout", seconds.clamp(1, 3_600));
    // Push mode with arrival times: an MJPEG stream has none of its own.
    source.set_property("do-timestamp", options.source.is_live());
    source.set_property("is-live", options.source.is_live());
    if let Some(credentials) = &options.credentials {
        source.set_property("user-id", &credentials.user);
        source.set_property("user-pw", &credentials.password);
    }
    parsed(pipeline, &source, tail)
}

/// `source ! parsebin`, the tail at its first video pad.
fn parsed(
    pipeline: &gst::Pipeline,
    source: &gst::Element,
    tail: &Arc<Tail>,
) -> Result<(), CaptureError> {
    let parser = make("parsebin")?;
    let (weak, shared) = (pipeline.downgrade(), Arc::downgrade(tail));
    parser.connect_pad_added(move |_, pad| {
        let (Some(pipeline), Some(tail)) = (weak.upgrade(), shared.upgrade()) else { return };
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let Some(name) = caps.structure(0).map(|s| s.name().to_string()) else { return };
        if name.starts_with("video/") || name.starts_with("image/") {
            tail.attach(&pipeline, pad, &caps);
        }
    });
    let shared = Arc::downgrade(tail);
    parser.connect_no_more_pads(move |_| {
        if let Some(tail) = shared.upgrade() {
            tail.no_more_streams();
        }
    });
    add_chain(pipeline.upcast_ref(), &[source, &parser])
}

fn test(pipeline: &gst::Pipeline, tail: &Arc<Tail>) -> Result<(), CaptureError> {
    let source = make("videotestsrc")?;
    source.set_property("is-live", true);
    source.set_property_from_str("pattern", "ball");
    let filter = make("capsfilter")?;
    let caps = gst::Caps::builder("video/x-raw")
        .field("format", "I420")
        .field("width", 640)
        .field("height", 360)
        .field("framerate", gst::Fraction::new(TEST_FPS, 1))
        .build();
    filter.set_property("caps", &caps);
    add_chain(pipeline.upcast_ref(), &[&source, &filter])?;
    let pad = filter
        .static_pad("src")
        .ok_or_else(|| CaptureError::Other("filter has no source pad".to_owned()))?;
    tail.attach(pipeline, &pad, &caps);
    Ok(())
}
