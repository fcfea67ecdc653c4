//! Makes small clips with GStreamer's encoders; a missing encoder skips the test, loudly.

use std::path::{Path, PathBuf};

use gstreamer as gst;
use gstreamer::prelude::*;

/// A clip to be made.
pub struct Recipe {
    pub encoder: &'static str,
    pub width: i32,
    pub height: i32,
    pub fps: i32,
    pub frames: i32,
    /// Frames from one keyframe to the next, at most.
    pub gop: i32,
    /// All of one grey instead of a moving ball.
    pub grey: Option<u8>,
}

pub const H264_720P: Recipe = Recipe {
    encoder: "x264enc",
    width: 1280,
    height: 720,
    fps: 10,
    frames: 40,
    gop: 5,
    grey: None,
};
pub const H265_360P: Recipe = Recipe { encoder: "x265enc", width: 640, height: 360, ..H264_720P };

fn make(name: &str) -> Option<gst::Element> {
    let element = gst::ElementFactory::make(name).build().ok();
    if element.is_none() {
        eprintln!("SKIPPED: element {name} is not installed");
    }
    element
}

/// Writes the clip into `dir`; `None` when an element is missing.
pub fn record(dir: &Path, name: &str, recipe: &Recipe) -> Option<PathBuf> {
    gst::init().unwrap();
    let path = dir.join(name);
    let source = make("videotestsrc")?;
    source.set_property("num-buffers", recipe.frames);
    match recipe.grey {
        Some(grey) => {
            source.set_property_from_str("pattern", "solid-color");
            let grey = u32::from(grey);
            source.set_property("foreground-color", 0xff << 24 | grey << 16 | grey << 8 | grey);
        }
        None => source.set_property_from_str("pattern", "ball"),
    }
    let filter = make("capsfilter")?;
    let caps = gst::Caps::builder("video/x-raw")
        .field("format", "I420")
        .field("width", recipe.width)
        .field("height", recipe.height)
        .field("framerate", gst::Fraction::new(recipe.fps, 1))
        .build();
    filter.set_property("caps", &caps);
    let encoder = make(recipe.encoder)?;
    let mut chain = vec![source, filter, encoder];
    let encoder = &chain[2];
    match recipe.encoder {
        "x264enc" => {
            encoder.set_property_from_str("speed-preset", "ultrafast");
            encoder.set_property("key-int-max", u32::try_from(recipe.gop).unwrap());
            encoder.set_property("bframes", 0_u32);
            chain.push(make("h264parse")?);
        }
        "x265enc" => {
            encoder.set_property_from_str("speed-preset", "ultrafast");
            encoder.set_property("key-int-max", recipe.gop);
            encoder.set_property_from_str("option-string", "bframes=0:log-level=none");
            chain.push(make("h265parse")?);
        }
        _ => {}
    }
    match path.extension().and_then(|e| e.to_str()) {
        Some("mp4") => {
            let muxer = make("mp4mux")?;
            // The index in front, as cameras and portals write it: it survives a cut-off end.
            muxer.set_property("faststart", true);
            chain.push(muxer);
        }
        Some("h264") => {
            let filter = make("capsfilter")?;
            let caps = gst::Caps::builder("video/x-h264")
                .field("stream-format", "byte-stream")
                .field("alignment", "au")
                .build();
            filter.set_property("caps", &caps);
            chain.push(filter);
        }
        Some("mov") => chain.push(make("qtmux")?),
        Some("ts") => chain.push(make("mpegtsmux")?),
        _ => {}
    }
    let sink = make("filesink")?;
    sink.set_property("location", path.to_str().unwrap());
    chain.push(sink);
    run(&chain);
    Some(path)
}

/// Decodes a byte stream as evidence keeps it; the size of the last picture.
pub fn decode(stream: &Path, parser: &str, decoder: &str) -> (i32, i32) {
    let source = make("filesrc").unwrap();
    source.set_property("location", stream.to_str().unwrap());
    let sink = make("fakesink").unwrap();
    let decoded = run(&[source, make(parser).unwrap(), make(decoder).unwrap(), sink]);
    let sample = decoded.expect("nothing was decoded");
    let caps = sample.caps().unwrap().structure(0).unwrap();
    (caps.get("width").unwrap(), caps.get("height").unwrap())
}

/// Runs a pipeline to its end; the last sample where its sink keeps one.
fn run(chain: &[gst::Element]) -> Option<gst::Sample> {
    let pipeline = gst::Pipeline::new();
    pipeline.add_many(chain).unwrap();
    gst::Element::link_many(chain).unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
    let end = pipeline
        .bus()
        .unwrap()
        .timed_pop_filtered(gst::ClockTime::from_seconds(60), &wanted)
        .expect("no end within 60 s");
    assert_eq!(end.type_(), gst::MessageType::Eos, "{end:?}");
    // Read before the state goes down and the sample with it.
    let sink = chain.last().unwrap();
    let kept = sink.find_property("last-sample").and_then(|_| sink.property("last-sample"));
    pipeline.set_state(gst::State::Null).unwrap();
    kept
}
