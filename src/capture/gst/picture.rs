//! A decoded buffer as planes of our own, copied or kept.

use std::sync::Arc;

use bytes::Bytes;
use gstreamer as gst;
use gstreamer_video::{self as gst_video, prelude::*};

use crate::base::{ColourMatrix, PixelFormat, Plane};

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
/// layout that was asked for. A decoder whose buffers are few would starve if they were kept.
pub fn read(sample: &gst::Sample, mut memory: impl Memory) -> Option<Planes> {
    let info = gst_video::VideoInfo::from_caps(sample.caps()?).ok()?;
    let buffer = sample.buffer()?;
    let frame = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, &info).ok()?;
    let bytes = memory.as_mut();
    bytes.clear();
    bytes.reserve(buffer.size());
    let mut places = Vec::with_capacity(3);
    for (index, stride) in (0..frame.n_planes()).zip(frame.plane_stride()) {
        let begin = bytes.len();
        bytes.extend_from_slice(frame.plane_data(index).ok()?);
        places.push((begin..bytes.len(), usize::try_from(*stride).ok()?));
    }
    let bytes = Bytes::from_owner(memory);
    let plane = |(place, stride)| Plane { data: bytes.slice(place), stride };
    planes(&info, places.into_iter().map(plane).collect())
}

/// The same without a copy: the decoder has the buffer back when the last of the planes goes.
pub fn keep(sample: &gst::Sample) -> Option<Planes> {
    let info = gst_video::VideoInfo::from_caps(sample.caps()?).ok()?;
    let frame = gst_video::VideoFrame::from_buffer_readable(sample.buffer_owned()?, &info).ok()?;
    let frame = Arc::new(frame);
    let plane = |(index, stride): (u32, &i32)| {
        let data = Bytes::from_owner(Kept { frame: frame.clone(), index });
        Some(Plane { data, stride: usize::try_from(*stride).ok()? })
    };
    let kept = (0..frame.n_planes()).zip(frame.plane_stride()).map(plane);
    planes(&info, kept.collect::<Option<_>>()?)
}

/// One plane of a decoder's buffer.
struct Kept {
    frame: Arc<gst_video::VideoFrame<gst_video::video_frame::Readable>>,
    index: u32,
}

impl AsRef<[u8]> for Kept {
    fn as_ref(&self) -> &[u8] {
        self.frame.plane_data(self.index).unwrap_or_default()
    }
}

fn planes(info: &gst_video::VideoInfo, planes: Arc<[Plane]>) -> Option<Planes> {
    let format = match info.format() {
        gst_video::VideoFormat::I420 => PixelFormat::I420,
        gst_video::VideoFormat::Nv12 => PixelFormat::Nv12,
        gst_video::VideoFormat::Rgb => PixelFormat::Rgb,
        _ => return None,
    };
    let (width, height) = (info.width(), info.height());
    let matrix = match info.colorimetry().matrix() {
        gst_video::VideoColorMatrix::Bt601 => ColourMatrix::Bt601,
        gst_video::VideoColorMatrix::Bt709 => ColourMatrix::Bt709,
        _ => ColourMatrix::usual(height),
    };
    let is_full = info.colorimetry().range() == gst_video::VideoColorRange::Range0_255;
    let matrix = if is_full { matrix.in_full_range() } else { matrix };
    Some(Planes { width, height, format, matrix, planes })
}
