//! JPEGs made of a clip, as a camera that sends pictures would: for the benchmark. On no camera's road.

use std::{path::Path, time::Duration};

use gstreamer as gst;
use gstreamer::prelude::*;

use super::{
    Running,
    element::{add_chain, make},
    init,
};
use crate::capture::CaptureError;

/// What cameras are delivered with.
const QUALITY: i32 = 90;
/// When to give a clip up.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(300);

/// Writes a picture of the clip into `folder` every so many whole seconds, named after the clip,
/// with chroma halved on both axes.
///
/// # Errors
/// The clip cannot be read, an element is missing, or the folder cannot be written.
pub fn write_jpegs(
    clip: &Path,
    (width, height): (u32, u32),
    every: Duration,
    folder: &Path,
) -> Result<(), CaptureError> {
    init()?;
    let pipeline = gst::Pipeline::new();
    let [source, decoder] = [make("filesrc")?, make("decodebin")?];
    source.set_property("location", clip);
    let [rate, scale, caps] = [make("videorate")?, make("videoconvertscale")?, make("capsfilter")?];
    let side = |side: u32| i32::try_from(side).unwrap_or(i32::MAX);
    let seconds = i32::try_from(every.as_secs().max(1)).unwrap_or(i32::MAX);
    let wanted = gst::Caps::builder("video/x-raw")
        .field("format", "I420")
        .field("width", side(width))
        .field("height", side(height))
        .field("pixel-aspect-ratio", gst::Fraction::new(1, 1))
        .field("framerate", gst::Fraction::new(1, seconds))
        .build();
    caps.set_property("caps", wanted);
    let [encoder, sink] = [make("jpegenc")?, make("multifilesink")?];
    encoder.set_property("quality", QUALITY);
    let stem = clip.file_stem().unwrap_or_default().to_string_lossy().replace('%', "%%");
    sink.set_property("location", folder.join(format!("{stem}-%03d.jpg")));
    add_chain(pipeline.upcast_ref(), &[&source, &decoder])?;
    add_chain(pipeline.upcast_ref(), &[&rate, &scale, &caps, &encoder, &sink])?;
    let entry = rate.static_pad("sink");
    decoder.connect_pad_added(move |_, pad| {
        // sound has no place here, and what does not link is told of by the bus
        if let Some(entry) = entry.as_ref().filter(|entry| !entry.is_linked()) {
            let _ = pad.link(entry);
        }
    });
    let fault = |text: String| CaptureError::Other(text);
    let bus = pipeline.bus().ok_or_else(|| fault("pipeline has no bus".to_owned()))?;
    let running = Running(pipeline);
    // what keeps it from starting is told of by the bus
    let _ = running.0.set_state(gst::State::Playing);
    let ends = [gst::MessageType::Error, gst::MessageType::Eos];
    match bus.timed_pop_filtered(PATIENCE, &ends).as_deref().map(gst::MessageRef::view) {
        Some(gst::MessageView::Eos(_)) => Ok(()),
        Some(gst::MessageView::Error(error)) => Err(fault(error.error().to_string())),
        _ => Err(fault("it takes too long".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clip_gives_pictures_of_the_size_asked_for() {
        let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/demo/clips/cam-1.mp4");
        let folder = tempfile::tempdir().unwrap();
        write_jpegs(&clip, (320, 180), Duration::from_secs(11), folder.path()).unwrap();
        let made: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect();
        assert!((5..8).contains(&made.len()), "{made:?}");
        let first = folder.path().join("cam-1-000.jpg");
        assert_eq!(image::image_dimensions(first).unwrap(), (320, 180));
        let missing =
            write_jpegs(Path::new("no/such.mp4"), (320, 180), Duration::ZERO, folder.path());
        assert!(missing.is_err());
    }
}
