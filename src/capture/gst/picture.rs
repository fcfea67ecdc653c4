//! A decoded buffer as planes of our own. Copied: only sampled frames come here, and a decoder's
//! buffers, kept, would starve it.

use std::sync::Arc;

use bytes::Bytes;
use gstreamer as gst;
use gstreamer_video::{self as gst_video, prelude::*};

use crate::{
    base::{ColourMatrix, PixelFormat, Plane},
    capture::range::Range,
};

/// Width, height, layout, colours and planes of a picture.
pub struct Planes {
    pub width: u32,
    pub height: u32,
    pub format: PixelFormat,
    pub matrix: ColourMatrix,
    pub planes: Arc<[Plane]>,
}

/// Memory that a picture is copied into. What it held before is of no meaning.
pub trait Memory: AsRef<[u8]> + AsMut<Vec<u8>> + Send + 'static {}

impl<T: AsRef<[u8]> + AsMut<Vec<u8>> + Send + 'static> Memory for T {}

/// Reads a sample into `memory`, which goes with the last of the planes; `None` when it is no picture in a
/// layout that was asked for.
pub fn read(sample: &gst::Sample, mut memory: impl Memory) -> Option<Planes> {
    let info = gst_video::VideoInfo::from_caps(sample.caps()?).ok()?;
    let format = match info.format() {
        gst_video::VideoFormat::I420 => PixelFormat::I420,
        gst_video::VideoFormat::Nv12 => PixelFormat::Nv12,
        gst_video::VideoFormat::Rgb => PixelFormat::Rgb,
        _ => return None,
    };
    let buffer = sample.buffer()?;
    let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, &info).ok()?;
    let is_full = info.colorimetry().range() == gst_video::VideoColorRange::Range0_255;
    let bytes = memory.as_mut();
    bytes.clear();
    bytes.reserve(buffer.size());
    let mut places = Vec::with_capacity(3);
    for (index, stride) in (0..frame.n_planes()).zip(frame.plane_stride()) {
        let begin = bytes.len();
        let range = if is_full { Range::limited(places.len(), format) } else { Range::Kept };
        range.copy(frame.plane_data(index).ok()?, bytes);
        places.push((begin..bytes.len(), usize::try_from(*stride).ok()?));
    }
    let bytes = Bytes::from_owner(memory);
    let plane = |(place, stride)| Plane { data: bytes.slice(place), stride };
    let planes = places.into_iter().map(plane).collect();
    let (width, height) = (frame.width(), frame.height());
    let matrix = match info.colorimetry().matrix() {
        gst_video::VideoColorMatrix::Bt601 => ColourMatrix::Bt601,
        gst_video::VideoColorMatrix::Bt709 => ColourMatrix::Bt709,
        _ => ColourMatrix::usual(height),
    };
    Some(Planes { width, height, format, matrix, planes })
}
