//! One sampled picture of one camera, in the decoder's own planes, with its encoded original.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{CameraId, TimeSource, WallTime};

/// How the planes are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PixelFormat {
    /// Y, U, V in three planes, chroma halved on both axes.
    I420,
    /// Y, then U and V interleaved, chroma halved on both axes.
    Nv12,
    /// One plane, R G B bytes.
    Rgb,
}

/// Which colours Y'CbCr samples stand for; of no meaning for RGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColourMatrix {
    /// ITU-R BT.601, standard definition: luma 16–235, chroma 16–240.
    Bt601,
    /// ITU-R BT.709, high definition, in the same range.
    Bt709,
    /// BT.601 in full range, 0–255: JPEG (JFIF 1.02).
    FullBt601,
    /// BT.709 in full range.
    FullBt709,
}

impl ColourMatrix {
    /// What a picture of this height is made with by convention, where the stream does not say.
    pub fn usual(height: u32) -> Self {
        if height >= 720 { Self::Bt709 } else { Self::Bt601 }
    }

    /// The same in full range.
    pub fn in_full_range(self) -> Self {
        match self {
            Self::Bt601 | Self::FullBt601 => Self::FullBt601,
            Self::Bt709 | Self::FullBt709 => Self::FullBt709,
        }
    }
}

/// One plane of a picture.
#[derive(Clone, Debug)]
pub struct Plane {
    /// The bytes, `stride` a row.
    pub data: Bytes,
    /// Bytes from one row to the next.
    pub stride: usize,
}

/// How the original was encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EncodedFormat {
    /// H.264 byte stream, from a keyframe with parameter sets up to this frame.
    H264,
    /// H.265 byte stream, the same.
    H265,
    /// One JPEG picture.
    Jpeg,
    /// One PNG picture.
    Png,
}

impl EncodedFormat {
    /// The file extension evidence is written with.
    pub fn extension(self) -> &'static str {
        match self {
            Self::H264 => "h264",
            Self::H265 => "h265",
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }
}

/// The bytes as the camera sent them: what evidence keeps.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// Which encoding.
    pub format: EncodedFormat,
    /// The bytes.
    pub bytes: Bytes,
}

/// A sampled frame. Cloning shares the planes.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Which camera.
    pub camera: CameraId,
    /// Counts the frames handed over by this camera since the process began.
    pub seq: u64,
    /// When it was taken.
    pub at: WallTime,
    /// When its bytes had come in, by this machine's clock.
    pub arrival: WallTime,
    /// Where `at` came from.
    pub time_source: TimeSource,
    /// The stream's own presentation time in nanoseconds, when it has one.
    pub pts_ns: Option<u64>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Layout of `planes`.
    pub format: PixelFormat,
    /// What their samples mean.
    pub matrix: ColourMatrix,
    /// One to three planes.
    pub planes: Arc<[Plane]>,
    /// The original bytes, where the source still had them.
    pub encoded: Option<Encoded>,
}
