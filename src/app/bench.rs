//! The verb `bench`: parts of this program measured beside what a user would take instead, in the
//! same run. Absolute times say little on a shared machine, so every table gives ratios.

// a build with neither video nor inference has nothing to put against each other
#[cfg_attr(not(any(feature = "gst", feature = "onnx")), allow(dead_code))]
mod clock;
#[cfg_attr(not(any(feature = "gst", feature = "onnx")), allow(dead_code))]
mod contest;
#[cfg_attr(not(any(feature = "gst", feature = "onnx")), allow(dead_code))]
mod crew;
#[cfg(feature = "gst")]
pub mod decode;
#[cfg(feature = "onnx")]
pub mod detect;
mod in_turn;
pub mod infer;
pub mod letterbox;
mod machine;
#[cfg_attr(not(feature = "onnx"), allow(dead_code))]
mod memory;
#[cfg(feature = "gst")]
pub mod pipeline;
mod report;
#[cfg(feature = "onnx")]
pub mod roofline;
mod rounds;
mod scene;
mod statistics;
pub mod tune;

pub use clock::{process_time, thread_time};
pub use contest::Times;
pub use report::{Files, Report};

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Most pixels along a side: what any camera or model stays below.
const SIDE_MAX: u32 = 16384;

/// A width and height in pixels, written `"1920x1080"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Size {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// A text that names no size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no size: write width x height, each 1 to 16384, as in \"1920x1080\"")]
pub struct NoSize(pub String);

impl FromStr for Size {
    type Err = NoSize;

    fn from_str(text: &str) -> Result<Self, NoSize> {
        let side = |t: &str| t.trim().parse().ok().filter(|n| (1..=SIDE_MAX).contains(n));
        let (width, height) = text.split_once('x').ok_or_else(|| NoSize(text.to_owned()))?;
        match (side(width), side(height)) {
            (Some(width), Some(height)) => Ok(Self { width, height }),
            _ => Err(NoSize(text.to_owned())),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl From<Size> for String {
    fn from(size: Size) -> Self {
        size.to_string()
    }
}

impl TryFrom<String> for Size {
    type Error = NoSize;

    fn try_from(text: String) -> Result<Self, NoSize> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_written_and_others_refused() {
        let size: Size = "1920x1080".parse().unwrap();
        assert_eq!((size.width, size.height), (1920, 1080));
        assert_eq!(size.to_string().parse(), Ok(size));
        for bad in ["", "1920", "0x4", "4x", "20000x4", "-1x4", "4x4x4"] {
            assert!(bad.parse::<Size>().is_err(), "{bad}");
        }
    }
}
