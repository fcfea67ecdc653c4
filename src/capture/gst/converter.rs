//! GStreamer's own converter and scaler alone, one thread, for the benchmark: what a pipeline would
//! use where `detect` has its letterbox. On no camera's road.
//!
//! A buffer is pushed into the element's pad and comes out within the same call, so nothing but the
//! element is measured.

use std::sync::{Arc, Mutex, PoisonError};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video::{self as gst_video, prelude::*};

use super::{element::make, init};
use crate::{
    base::{ColourMatrix, Frame, PixelFormat},
    capture::CaptureError,
};

const ELEMENT: &str = "videoconvertscale";

/// In how many bits a colour the element calculates: as many as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// To RGB; of factors with few digits all colours come out two to four levels darker.
    Eight,
    /// To ARGB64; within two levels.
    Sixteen,
}

impl Depth {
    fn format(self) -> gst_video::VideoFormat {
        match self {
            Self::Eight => gst_video::VideoFormat::Rgb,
            Self::Sixteen => gst_video::VideoFormat::Argb64,
        }
    }

    /// The red, green and blue of a row.
    fn rgb(self, row: &[u8]) -> Vec<u8> {
        match self {
            Self::Eight => row.to_vec(),
            Self::Sixteen => {
                let (values, _) = row.as_chunks::<2>();
                let (pixels, _) = values.as_chunks::<4>();
                // the nearest of 256 levels; 65535 is 255 of 257
                let level = |value| ((u32::from(u16::from_ne_bytes(value)) + 128) / 257) as u8;
                pixels.iter().flat_map(|[_, r, g, b]| [*r, *g, *b].map(level)).collect()
            }
        }
    }
}

/// One frame on its way through `videoconvertscale`, as often as asked, to another size in red, green and
/// blue, with borders where the sides' ratio differs.
pub struct Converter {
    element: gst::Element,
    entry: gst::Pad,
    frame: gst::Buffer,
    made: Arc<Mutex<Option<gst::Buffer>>>,
    output: gst_video::VideoInfo,
    depth: Depth,
    exit: gst::Pad,
}

impl Converter {
    /// Readies the element for `frame`, whose planes hold its rows. `method` is the element's
    /// property of that name, `"bilinear"` being its default.
    ///
    /// # Errors
    /// The element is missing, knows no such method or refuses the sizes.
    pub fn new(
        frame: &Frame,
        (width, height): (u32, u32),
        method: &str,
        depth: Depth,
    ) -> Result<Self, CaptureError> {
        init()?;
        let element = make(ELEMENT)?;
        let known = element
            .find_property("method")
            .and_then(|property| gst::glib::EnumClass::with_type(property.value_type()))
            .is_some_and(|methods| methods.value_by_nick(method).is_some());
        if !known {
            return Err(CaptureError::Other(format!("{ELEMENT} has no method {method:?}")));
        }
        element.set_property_from_str("method", method);
        element.set_property("n-threads", 1u32);
        let (input, output) = (input_of(frame)?, output_of(depth, width, height)?);
        let made = Arc::new(Mutex::new(None));
        let exit = exit(&output, made.clone())?;
        let entry = gst::Pad::builder(gst::PadDirection::Src).build();
        let frame = filled(&input, frame)?;
        let converter = Self { frame, element, entry, made, output, depth, exit };
        converter.start(&input)?;
        Ok(converter)
    }

    fn start(&self, input: &gst_video::VideoInfo) -> Result<(), CaptureError> {
        let pad = |name| self.element.static_pad(name).ok_or_else(refused);
        self.entry.link(&pad("sink")?).map_err(|_| refused())?;
        pad("src")?.link(&self.exit).map_err(|_| refused())?;
        self.exit.set_active(true).map_err(|_| refused())?;
        self.element.set_state(gst::State::Playing).map_err(|_| refused())?;
        self.entry.set_active(true).map_err(|_| refused())?;
        let caps = input.to_caps().map_err(|_| refused())?;
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        let events = [
            gst::event::StreamStart::new("benchmark"),
            gst::event::Caps::new(&caps),
            gst::event::Segment::new(&segment),
        ];
        let taken = events.into_iter().all(|event| self.entry.push_event(event));
        taken.then_some(()).ok_or_else(refused)
    }

    /// Converts the frame once more.
    ///
    /// # Errors
    /// The element refuses.
    pub fn convert(&self) -> Result<(), CaptureError> {
        self.entry.push(self.frame.clone()).map(|_| ()).map_err(|_| refused())
    }

    /// The picture made last: RGB, rows without padding, borders black. `None` before the first.
    pub fn picture(&self) -> Option<Vec<u8>> {
        let buffer = self.made.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let frame = gst_video::VideoFrame::from_buffer_readable(buffer, &self.output).ok()?;
        let stride = usize::try_from(frame.plane_stride().first().copied()?).ok()?;
        let bytes = self.output.comp_pstride(0) as usize * frame.width() as usize;
        let rows = frame.plane_data(0).ok()?.chunks(stride).take(frame.height() as usize);
        Some(rows.flat_map(|row| self.depth.rgb(&row[..bytes])).collect())
    }

    /// GStreamer's version, as in `"1.22.0"`.
    pub fn version() -> String {
        let (major, minor, micro, _) = gst::version();
        format!("{major}.{minor}.{micro}")
    }
}

impl Drop for Converter {
    fn drop(&mut self) {
        // Going down cannot fail in a way that leaves something to be done.
        let _ = self.entry.set_active(false);
        let _ = self.element.set_state(gst::State::Null);
        let _ = self.exit.set_active(false);
    }
}

fn refused() -> CaptureError {
    CaptureError::Other(format!("{ELEMENT} refuses these sizes and formats"))
}

/// A pad that takes pictures like `output` and keeps the last one.
fn exit(
    output: &gst_video::VideoInfo,
    made: Arc<Mutex<Option<gst::Buffer>>>,
) -> Result<gst::Pad, CaptureError> {
    let caps = output.to_caps().map_err(|_| refused())?;
    let template =
        gst::PadTemplate::new("sink", gst::PadDirection::Sink, gst::PadPresence::Always, &caps)
            .map_err(|_| refused())?;
    Ok(gst::Pad::builder_from_template(&template)
        .chain_function(move |_, _, buffer| {
            *made.lock().unwrap_or_else(PoisonError::into_inner) = Some(buffer);
            Ok(gst::FlowSuccess::Ok)
        })
        .build())
}

fn output_of(depth: Depth, width: u32, height: u32) -> Result<gst_video::VideoInfo, CaptureError> {
    gst_video::VideoInfo::builder(depth.format(), width, height)
        .par(gst::Fraction::new(1, 1))
        .build()
        .map_err(|_| refused())
}

fn input_of(frame: &Frame) -> Result<gst_video::VideoInfo, CaptureError> {
    let format = match frame.format {
        PixelFormat::I420 => gst_video::VideoFormat::I420,
        PixelFormat::Nv12 => gst_video::VideoFormat::Nv12,
        PixelFormat::Rgb => gst_video::VideoFormat::Rgb,
    };
    let builder = gst_video::VideoInfo::builder(format, frame.width, frame.height)
        .par(gst::Fraction::new(1, 1));
    let is_full = frame.matrix == frame.matrix.in_full_range();
    let colours = gst_video::VideoColorimetry::new(
        match is_full {
            true => gst_video::VideoColorRange::Range0_255,
            false => gst_video::VideoColorRange::Range16_235,
        },
        match frame.matrix {
            ColourMatrix::Bt601 | ColourMatrix::FullBt601 => gst_video::VideoColorMatrix::Bt601,
            ColourMatrix::Bt709 | ColourMatrix::FullBt709 => gst_video::VideoColorMatrix::Bt709,
        },
        gst_video::VideoTransferFunction::Bt709,
        gst_video::VideoColorPrimaries::Bt709,
    );
    let yuv = frame.format != PixelFormat::Rgb;
    builder.colorimetry_if(&colours, yuv).build().map_err(|_| refused())
}

/// The frame's planes in a buffer as the element likes it.
fn filled(info: &gst_video::VideoInfo, frame: &Frame) -> Result<gst::Buffer, CaptureError> {
    let buffer = gst::Buffer::with_size(info.size()).map_err(|_| refused())?;
    let mut to =
        gst_video::VideoFrame::from_buffer_writable(buffer, info).map_err(|_| refused())?;
    for (index, plane) in (0..).zip(frame.planes.iter()) {
        let stride = info.stride().get(index as usize).copied().ok_or_else(refused)?;
        let stride = usize::try_from(stride).map_err(|_| refused())?;
        let rows = to.plane_data_mut(index).map_err(|_| refused())?.chunks_mut(stride);
        for (to, from) in rows.zip(plane.data.chunks(plane.stride.max(1))) {
            let bytes = to.len().min(from.len());
            to[..bytes].copy_from_slice(&from[..bytes]);
        }
    }
    Ok(to.into_buffer())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::base::{Plane, TimeSource, WallTime};

    fn grey(width: u32, height: u32) -> Frame {
        let (w, h) = (width as usize, height as usize);
        let plane = |value, w: usize, h: usize| Plane {
            // padded rows
            data: Bytes::from(vec![value; (w + 3) * h]),
            stride: w + 3,
        };
        Frame {
            camera: "bench".into(),
            seq: 0,
            at: WallTime::from_millis(0),
            arrival: WallTime::from_millis(0),
            time_source: TimeSource::File,
            pts_ns: None,
            width,
            height,
            format: PixelFormat::I420,
            matrix: ColourMatrix::Bt709,
            planes: [plane(126, w, h), plane(128, w / 2, h / 2), plane(128, w / 2, h / 2)].into(),
            encoded: None,
        }
    }

    #[test]
    fn a_grey_frame_comes_out_grey_between_black_borders() {
        for depth in [Depth::Eight, Depth::Sixteen] {
            let converter = Converter::new(&grey(320, 180), (64, 64), "bilinear", depth).unwrap();
            assert_eq!(converter.picture(), None);
            converter.convert().unwrap();
            converter.convert().unwrap();
            let picture = converter.picture().unwrap();
            assert_eq!(picture.len(), 64 * 64 * 3);
            let middle = &picture[14 * 64 * 3..50 * 64 * 3];
            // it comes out as 126 in all colours, or as 130 in two
            assert!(middle.iter().all(|b| b.abs_diff(128) <= 3), "{depth:?} {:?}", &middle[..6]);
            assert!(picture[..14 * 64 * 3].iter().all(|b| *b == 0));
        }
    }

    #[test]
    fn an_unknown_method_is_named() {
        let error = Converter::new(&grey(32, 18), (8, 8), "finest", Depth::Eight).err().unwrap();
        assert!(error.to_string().contains("finest"), "{error}");
    }
}
