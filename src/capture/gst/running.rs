//! Decodes one stream with every frame of it, in decoding order, on the thread that feeds it.

use std::time::Duration;

use bytes::Bytes;
use gstreamer as gst;

use super::{
    chain::Chain,
    decode::Codec,
    picture::{self, Planes},
};
use crate::{base::EncodedFormat, capture::CaptureError};

/// A picture that came out; its planes are copied only when asked for.
pub struct Decoded<'a>(&'a gst::Sample);

impl Decoded<'_> {
    /// The stream's time of it, where the decoder has kept it.
    pub fn pts(&self) -> Option<Duration> {
        self.0.buffer().and_then(gst::BufferRef::pts).map(Duration::from)
    }

    /// The picture; `None` when its layout cannot be read.
    pub fn planes(&self) -> Option<Planes> {
        picture::read(self.0, Vec::new())
    }
}

/// See the file's first line.
pub struct Running(Chain);

impl Running {
    /// With the installed decoder `decoder`; pictures go to `deliver`.
    pub fn new(
        format: EncodedFormat,
        decoder: &str,
        deliver: impl Fn(&Decoded<'_>) + Send + Sync + 'static,
    ) -> Result<Self, CaptureError> {
        let unknown = || CaptureError::Codec { codec: format.extension().to_owned() };
        let codec = Codec::of(format).ok_or_else(unknown)?;
        Chain::new(codec, decoder, move |sample| deliver(&Decoded(&sample))).map(Self)
    }

    /// Feeds one access unit with its time; false when the decoder takes no more.
    pub fn push(&self, unit: &Bytes, pts: Duration) -> bool {
        self.0.push(unit, gst::ClockTime::try_from(pts).unwrap_or(gst::ClockTime::ZERO))
    }

    /// Has the decoder give out all it holds back.
    pub fn finish(&self) {
        self.0.finish();
    }
}
