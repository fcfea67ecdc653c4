//! Frame → batch → detections. What the model says about a frame, with no opinion on what it means.
//!
//! Not here: pulling streams, threads and queues, what is a violation. Only `onnx` may name the
//! inference library; every other file is built and tested without it.

pub mod accelerator;
pub mod annotate;
pub mod batch;
pub mod blank;
pub mod card;
pub mod change;
pub mod coco;
mod colour;
pub mod contract;
pub mod decode;
pub mod error;
pub mod holding;
pub mod jfif;
mod lanes;
mod lately;
pub mod letterbox;
pub mod library;
pub mod nested;
pub mod nms;
#[cfg(feature = "onnx")]
pub mod onnx;
pub mod options;
mod part;
pub mod planes;
pub mod resample;
pub mod score;
pub mod second;
#[cfg(feature = "onnx")]
mod shapes;
pub mod tensor;
pub mod tiles;

pub use accelerator::{Accelerator, Precision};
pub use annotate::{annotate, draw, to_rgb};
pub use batch::{Arrivals, Batch, BatchFailure, BatchPolicy, CostCurve, Decision};
pub use blank::blank;
pub use card::{CardError, ClassSpec, Cost, ModelCard};
pub use change::{ChangeGate, Look, Recheck};
pub use error::DetectError;
pub use holding::{FLOOR, Holder, Holding};
pub use jfif::JfifLines;
pub use letterbox::{Letterbox, Mapping, Square};
pub use library::{find_bundled, find_card, shipped_second_look};
pub use nested::{Doubted, Doubting, Nested};
#[cfg(feature = "onnx")]
pub use onnx::{Kernel, OnnxDetector, OnnxSecondLook, RawLoop, RawSecondLook};
pub use options::{Options, Place, Provider, ProviderUsed, SecondLookChoice};
pub use planes::FrameFault;
pub use second::{CropModel, Looked, SecondCard, SecondLooking, Standing, Verdict};
pub use tiles::{NoTiling, Tiled, Tiling};

use crate::base::{Detection, Frame};

/// Something that looks at frames. One owner thread per detector; it is handed frames of many
/// cameras at once.
pub trait Detector: Send {
    /// What is seen in each frame, one list per frame in the order of `frames`. Call it through
    /// [`Batch::detect`], which keeps every list with its frame.
    ///
    /// # Errors
    /// [`DetectError`] when a frame cannot be read or the model fails; nothing is half-answered.
    fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, DetectError>;

    /// The most frames one call takes.
    fn max_batch(&self) -> usize;
}
