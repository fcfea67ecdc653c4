//! The elements from an encoded pad to decoded pictures: depayloader, parser, decoder, appsink.
//! Knows encodings and element names; what is sampled is the tail's matter.

use gstreamer as gst;
use gstreamer::prelude::*;

use super::element::{make, package_of, set_if_present};
use crate::{base::EncodedFormat, capture::CaptureError};

/// An encoding that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// H.264.
    H264,
    /// H.265.
    H265,
    /// Motion JPEG.
    Jpeg,
    /// Pictures as they are: the test source.
    Raw,
}

impl Codec {
    /// From the caps of RTP packets or of a parsed stream.
    pub fn from_caps(caps: &gst::CapsRef) -> Result<Self, CaptureError> {
        let Some(structure) = caps.structure(0) else { return Err(CaptureError::NoVideoStream) };
        let name = match structure.name().as_str() {
            "application/x-rtp" => structure.get::<&str>("encoding-name").unwrap_or_default(),
            name => name,
        };
        match name {
            "H264" | "video/x-h264" => Ok(Self::H264),
            "H265" | "video/x-h265" => Ok(Self::H265),
            "JPEG" | "image/jpeg" => Ok(Self::Jpeg),
            "video/x-raw" => Ok(Self::Raw),
            other => {
                let codec = other.trim_start_matches("video/").trim_start_matches("x-").to_owned();
                Err(CaptureError::Codec { codec })
            }
        }
    }

    /// The encoding of an original.
    pub fn of(format: EncodedFormat) -> Option<Self> {
        match format {
            EncodedFormat::H264 => Some(Self::H264),
            EncodedFormat::H265 => Some(Self::H265),
            EncodedFormat::Jpeg => Some(Self::Jpeg),
            EncodedFormat::Png => None,
        }
    }

    /// The name shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::H264 => "h264",
            Self::H265 => "h265",
            Self::Jpeg => "jpeg",
            Self::Raw => "raw",
        }
    }

    /// The format of a frame's original; none where there is no encoded one.
    pub fn format(self) -> Option<EncodedFormat> {
        match self {
            Self::H264 => Some(EncodedFormat::H264),
            Self::H265 => Some(EncodedFormat::H265),
            Self::Jpeg => Some(EncodedFormat::Jpeg),
            Self::Raw => None,
        }
    }

    /// Caps of whole access units; none of raw pictures.
    pub fn parsed_caps(self) -> Option<gst::Caps> {
        let media = match self {
            Self::H264 => "video/x-h264",
            Self::H265 => "video/x-h265",
            Self::Jpeg => return Some(gst::Caps::builder("image/jpeg").build()),
            Self::Raw => return None,
        };
        let caps = gst::Caps::builder(media);
        Some(caps.field("stream-format", "byte-stream").field("alignment", "au").build())
    }

    /// Decoders tried after the preferred ones.
    fn defaults(self) -> &'static [&'static str] {
        match self {
            Self::H264 => &["avdec_h264", "openh264dec"],
            Self::H265 => &["avdec_h265", "libde265dec"],
            Self::Jpeg => &["jpegdec", "avdec_mjpeg"],
            Self::Raw => &[],
        }
    }
}

/// Depayloader and parser in front of the decoder, ending in encoded access units.
pub fn parsers(codec: Codec, is_rtp: bool) -> Result<Vec<gst::Element>, CaptureError> {
    let (depayloader, parser) = match codec {
        Codec::H264 => ("rtph264depay", "h264parse"),
        Codec::H265 => ("rtph265depay", "h265parse"),
        Codec::Jpeg => ("rtpjpegdepay", "jpegparse"),
        Codec::Raw => return Ok(Vec::new()),
    };
    let mut elements = Vec::new();
    if is_rtp {
        elements.push(make(depayloader)?);
    }
    let parser = make(parser)?;
    // Parameter sets with every keyframe: each can then be decoded, and kept, by itself.
    set_if_present(&parser, "config-interval", "-1");
    elements.push(parser);
    let filter = make("capsfilter")?;
    if let Some(caps) = codec.parsed_caps() {
        filter.set_property("caps", &caps);
    }
    elements.push(filter);
    Ok(elements)
}

/// The first installed decoder that takes the encoding: preferred ones, then the defaults.
pub fn decoder(
    codec: Codec,
    preferred: &[String],
) -> Result<Option<(gst::Element, String)>, CaptureError> {
    let Some(caps) = codec.parsed_caps() else { return Ok(None) };
    let names = preferred.iter().map(String::as_str).chain(codec.defaults().iter().copied());
    for name in names {
        let Some(factory) = gst::ElementFactory::find(name) else { continue };
        if !factory.can_sink_any_caps(&caps) {
            continue;
        }
        let Ok(element) = factory.create().build() else { continue };
        // One thread a camera: many cameras share the machine, and frame threads add delay.
        set_if_present(&element, "max-threads", "1");
        // A grey or smeared picture is worse than none: it would be judged.
        set_if_present(&element, "output-corrupt", "false");
        return Ok(Some((element, name.to_owned())));
    }
    let decoder = codec.defaults().first().copied().unwrap_or_default();
    Err(CaptureError::DecoderMissing { decoder: decoder.into(), package: package_of(decoder) })
}

/// Pictures in a layout that detection reads without conversion.
pub fn picture_caps() -> gst::Caps {
    gst::Caps::builder("video/x-raw")
        .field("format", gst::List::new(["I420", "NV12", "RGB"]))
        .build()
}

/// The end of a pipeline.
pub fn sink() -> Result<gstreamer_app::AppSink, CaptureError> {
    let sink = make("appsink")?;
    sink.set_property("caps", picture_caps());
    sink.set_property("sync", false);
    sink.set_property("max-buffers", 1_u32);
    sink.set_property("enable-last-sample", false);
    sink.downcast().map_err(|_| CaptureError::Other("appsink is no appsink".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoder_that_does_not_exist_or_does_not_fit_is_passed_over() {
        crate::capture::gst::init().unwrap();
        let preferred = ["nosuchdec".to_owned(), "avdec_h265".to_owned()];
        let (_, name) = decoder(Codec::H264, &preferred).unwrap().unwrap();
        assert_eq!(name, "avdec_h264");
        let caps = gst::Caps::builder("video/x-vp9").build();
        let error = Codec::from_caps(&caps).unwrap_err();
        assert!(error.to_string().contains("vp9"), "{error}");
    }
}
