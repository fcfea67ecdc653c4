//! A clip's access units, taken out of the file once and kept in memory: clips are a few MB.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::timeline::{Mark, Timeline};
use crate::capture::{
    CaptureError, Source,
    gst::{
        decode::{self, Codec},
        element::{add_chain, make},
        fault,
    },
};

/// Most bytes of one clip.
const MAX_BYTES: usize = 512 << 20;
/// A file is read, not played: longer than this it hangs.
const MAX_READ: Duration = Duration::from_secs(60);
/// Frame time of a file that does not tell its own.
const DEFAULT_FRAME: Duration = Duration::from_millis(40);

/// One access unit with parameter sets where it is a keyframe.
pub struct Unit {
    /// The bytes; cloned by reference.
    pub buffer: gst::Buffer,
    /// Presentation time from the clip's beginning minus sending time: the reordering delay.
    pub reorder: Duration,
}

/// A clip ready to be sent.
pub struct Loaded {
    /// Its encoding.
    pub codec: Codec,
    /// Caps of the units.
    pub caps: gst::Caps,
    /// The units in decoding order.
    pub units: Vec<Unit>,
    /// When each is sent.
    pub timeline: Timeline,
}

/// Reads a file.
pub fn load(path: &Path) -> Result<Loaded, CaptureError> {
    std::fs::metadata(path)?;
    let pipeline = gst::Pipeline::new();
    let result = read(&pipeline, path);
    // Going down cannot fail in a way that leaves something to be done.
    let _ = pipeline.set_state(gst::State::Null);
    let (codec, samples) = result?;
    arrange(codec, &samples)
}

fn read(pipeline: &gst::Pipeline, path: &Path) -> Result<(Codec, Vec<gst::Sample>), CaptureError> {
    let source = make("filesrc")?;
    source.set_property("location", path.to_string_lossy().as_ref());
    let parser = make("parsebin")?;
    let chosen: Arc<Mutex<Option<Result<Codec, CaptureError>>>> = Arc::default();
    let sink = make("appsink")?
        .downcast::<gst_app::AppSink>()
        .map_err(|_| CaptureError::Other("appsink is no appsink".to_owned()))?;
    sink.set_property("sync", false);
    let (weak, found, end) = (pipeline.downgrade(), chosen.clone(), sink.clone());
    parser.connect_pad_added(move |_, pad| {
        let Some(pipeline) = weak.upgrade() else { return };
        let caps = pad.current_caps().unwrap_or_else(|| pad.query_caps(None));
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        let is_video = |name: &str| name.starts_with("video/") || name == "image/jpeg";
        if found.is_none() && caps.structure(0).is_some_and(|s| is_video(s.name())) {
            *found = Some(hang(&pipeline, pad, &caps, &end));
        }
    });
    add_chain(pipeline.upcast_ref(), &[&source, &parser])?;
    let bus = pipeline.bus().ok_or_else(|| CaptureError::Other("pipeline has no bus".into()))?;
    // What is wrong comes over the bus.
    let _ = pipeline.set_state(gst::State::Playing);
    let samples = collect(&bus, &sink, path)?;
    match chosen.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(codec) => Ok((codec?, samples)),
        None => Err(CaptureError::NoVideoStream),
    }
}

fn hang(
    pipeline: &gst::Pipeline,
    pad: &gst::Pad,
    caps: &gst::CapsRef,
    sink: &gst_app::AppSink,
) -> Result<Codec, CaptureError> {
    let fault = || CaptureError::Other("the pipeline's elements do not fit together".to_owned());
    let codec = Codec::from_caps(caps)?;
    if codec == Codec::Raw {
        return Err(CaptureError::Codec { codec: codec.name().to_owned() });
    }
    let parsers = decode::parsers(codec, false)?;
    let mut chain: Vec<&gst::Element> = parsers.iter().collect();
    chain.push(sink.upcast_ref());
    add_chain(pipeline.upcast_ref(), &chain)?;
    for element in chain.iter().rev() {
        element.sync_state_with_parent().map_err(|_| fault())?;
    }
    let first = chain[0].static_pad("sink").ok_or_else(fault)?;
    pad.link(&first).map_err(|_| fault())?;
    Ok(codec)
}

fn collect(
    bus: &gst::Bus,
    sink: &gst_app::AppSink,
    path: &Path,
) -> Result<Vec<gst::Sample>, CaptureError> {
    let (mut samples, mut bytes) = (Vec::new(), 0);
    let began = Instant::now();
    let tick = gst::ClockTime::from_mseconds(20);
    while began.elapsed() < MAX_READ {
        while let Some(sample) = sink.try_pull_sample(tick) {
            bytes += sample.buffer().map_or(0, gst::BufferRef::size);
            if bytes > MAX_BYTES {
                return Err(CaptureError::Other("the clip is too long to be served".to_owned()));
            }
            samples.push(sample);
        }
        let wanted = [gst::MessageType::Error, gst::MessageType::Eos];
        match bus.timed_pop_filtered(tick, &wanted).as_deref().map(gst::MessageRef::view) {
            Some(gst::MessageView::Error(error)) => {
                let source = Source::File(path.to_owned());
                return Err(fault::classify(&error.error(), error.debug(), &source));
            }
            Some(gst::MessageView::Eos(_)) => return Ok(samples),
            _ => {}
        }
    }
    Err(CaptureError::Timeout(MAX_READ))
}

/// Puts the units on a timeline that begins at zero with the first keyframe.
fn arrange(codec: Codec, samples: &[gst::Sample]) -> Result<Loaded, CaptureError> {
    let mut caps = None;
    let (mut units, mut marks) = (Vec::new(), Vec::new());
    let (mut origin, mut length) = (None, Duration::ZERO);
    for sample in samples {
        let Some(buffer) = sample.buffer_owned() else { continue };
        let is_key = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        if units.is_empty() && !is_key {
            continue;
        }
        let pts = buffer.pts().or(buffer.dts()).map(Duration::from).unwrap_or(length);
        let dts = buffer.dts().map_or(pts, Duration::from);
        let origin = *origin.get_or_insert(dts);
        let offset = dts.saturating_sub(origin);
        let duration = buffer.duration().map_or(DEFAULT_FRAME, Duration::from);
        length = length.max(offset + duration);
        caps = caps.or_else(|| sample.caps_owned());
        marks.push(Mark { offset, is_key });
        units.push(Unit { buffer, reorder: pts.saturating_sub(dts) });
    }
    let timeline = Timeline::new(marks, length).ok_or(CaptureError::Damaged)?;
    let caps = caps.ok_or(CaptureError::Damaged)?;
    Ok(Loaded { codec, caps, units, timeline })
}
