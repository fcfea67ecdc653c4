//! Making elements by name, and saying what to install when one is missing.

use gstreamer as gst;
use gstreamer::prelude::*;

use crate::capture::CaptureError;

/// Makes the element `factory`.
pub fn make(factory: &str) -> Result<gst::Element, CaptureError> {
    gst::ElementFactory::make(factory).build().map_err(|_| CaptureError::ElementMissing {
        element: factory.to_owned(),
        package: package_of(factory),
    })
}

/// The Debian package that holds an element.
pub fn package_of(factory: &str) -> &'static str {
    match factory {
        f if f.starts_with("avdec_") => "gstreamer1.0-libav",
        f if f.starts_with("rtp") || f.starts_with("rtsp") => "gstreamer1.0-plugins-good",
        "souphttpsrc" | "qtdemux" | "multipartdemux" | "jpegdec" | "jpegenc" | "multifilesink" => {
            "gstreamer1.0-plugins-good"
        }
        "appsrc" | "appsink" | "parsebin" | "decodebin" | "videoconvert" | "videoconvertscale"
        | "videorate" | "videotestsrc" => "gstreamer1.0-plugins-base",
        _ => "gstreamer1.0-plugins-bad",
    }
}

/// Adds `elements` and links them in order.
pub fn add_chain(pipeline: &gst::Bin, elements: &[&gst::Element]) -> Result<(), CaptureError> {
    let fault = |_| CaptureError::Other("the pipeline's elements do not fit together".to_owned());
    pipeline.add_many(elements.iter().copied()).map_err(fault)?;
    gst::Element::link_many(elements.iter().copied()).map_err(fault)
}

/// Sets a property if this version of the element has it.
pub fn set_if_present(element: &gst::Element, property: &str, value: &str) {
    if element.find_property(property).is_some() {
        element.set_property_from_str(property, value);
    }
}
