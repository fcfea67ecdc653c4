//! Which way a camera's frames are decoded, and why: what the health page says of it. Decides
//! nothing; `sampling` does.

use std::time::Duration;

use serde::Serialize;

/// The way a camera's frames are decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "way", content = "why")]
pub enum Decoding {
    /// Its keyframes go through the decoders that all cameras share.
    Shared,
    /// By a decoder of its own.
    Own(OwnReason),
}

/// Why a camera has a decoder of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnReason {
    /// Its keyframes lie this far apart, further than samples are due.
    SparseKeyframes(Duration),
    /// It sends no keyframes: intra refresh, or a broken encoder.
    NoKeyframes,
    /// `keyframes = "off"`.
    AskedFor,
    /// GStreamer receives it: a source other than RTSP over TCP, or a server that only GStreamer
    /// understands.
    Source,
}

impl Decoding {
    /// The way, as a word: `shared` or `own`.
    pub fn way(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Own(_) => "own",
        }
    }

    /// The reason for a decoder of its own, as a word.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Shared => None,
            Self::Own(OwnReason::SparseKeyframes(_)) => Some("sparse_keyframes"),
            Self::Own(OwnReason::NoKeyframes) => Some("no_keyframes"),
            Self::Own(OwnReason::AskedFor) => Some("asked_for"),
            Self::Own(OwnReason::Source) => Some("source"),
        }
    }

    /// Seconds from one keyframe to the next, where they are the reason.
    pub fn keyframes_every_s(self) -> Option<f64> {
        match self {
            Self::Own(OwnReason::SparseKeyframes(distance)) => Some(distance.as_secs_f64()),
            _ => None,
        }
    }
}
