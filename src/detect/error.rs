//! What can go wrong between a frame and its detections; each names the thing and the remedy.

use std::path::PathBuf;

use super::{CardError, FrameFault, decode::ShapeFault};

/// Opening or running a detector failed.
#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    /// The card is unreadable or does not fit its model file.
    #[error(transparent)]
    Card(#[from] CardError),
    /// No ONNX Runtime shared library anywhere it is looked for.
    #[error(
        "ONNX Runtime's shared library was not found: run script/setup, or set ORT_DYLIB_PATH to \
         libonnxruntime.so (looked for {tried})"
    )]
    LibraryNotFound {
        /// The places, comma-separated.
        tried: String,
    },
    /// A library was found but cannot be used.
    #[error("ONNX Runtime library {path} cannot be used: {reason}; run script/setup for one that can", path = .path.display())]
    LibraryUnusable {
        /// The library.
        path: PathBuf,
        /// The loader's words.
        reason: String,
    },
    /// The model file is no model the runtime can read.
    #[error("model {file} cannot be loaded, it is corrupt or of an unknown kind: {reason}; restore the file the card was written for", file = .file.display())]
    Model {
        /// The .onnx file.
        file: PathBuf,
        /// The runtime's words.
        reason: String,
    },
    /// The model's inputs or outputs are not what its card says.
    #[error("model {file} does not match its card: {differences}; correct the card or restore the model", file = .file.display())]
    Mismatch {
        /// The .onnx file.
        file: PathBuf,
        /// Every difference, semicolon-separated.
        differences: String,
    },
    /// A frame's planes do not hold what its size and format promise.
    #[error(transparent)]
    Frame(#[from] FrameFault),
    /// More frames than one call takes.
    #[error("{found} frames in one batch, this model takes {most}: lower detect.max_batch")]
    TooMany {
        /// Frames given.
        found: usize,
        /// Frames taken at most.
        most: usize,
    },
    /// The model ran and gave an output of another shape than its card says.
    #[error("output of model {model}: {fault}; correct the card's [output] section")]
    Shape {
        /// The card's name.
        model: String,
        /// The difference.
        fault: ShapeFault,
    },
    /// The runtime refused to run the model.
    #[error("model {model} failed to run: {reason}")]
    Run {
        /// The card's name.
        model: String,
        /// The runtime's words.
        reason: String,
    },
    /// The second look's model failed, or said something that is no share of a score.
    #[error(
        "second look {model} failed: {reason}; restore its file, or do without: [detect] second_look = \"off\""
    )]
    SecondLook {
        /// The card's name.
        model: String,
        /// What is wrong.
        reason: String,
    },
    /// A detector answered for another number of frames than it was asked about.
    #[error(
        "the detector answered for {found} frames instead of {expected}: its results are dropped"
    )]
    Count {
        /// Frames asked about.
        expected: usize,
        /// Lists given back.
        found: usize,
    },
}

impl DetectError {
    /// Whether another device or provider may do what failed here: the runtime failed, and neither the
    /// frames nor the model's card are to blame.
    pub fn may_work_elsewhere(&self) -> bool {
        matches!(self, Self::Run { .. })
    }
}
