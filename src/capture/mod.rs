//! Camera source → sampled frame. Everything here uses `base` only. GStreamer is named in `gst/`
//! alone; what is decided (when to sample, when to reconnect, what time a frame has) stands in
//! pure files beside it and builds without the feature `gst`, as do folders of pictures.

pub mod backoff;
mod camera;
mod error;
pub mod folder;
#[cfg(feature = "gst")]
mod gst;
mod handover;
mod options;
#[cfg(feature = "gst")]
mod originals;
#[cfg(feature = "gst")]
mod pending;
#[cfg(feature = "gst")]
mod range;
#[cfg(feature = "gst")]
mod reach;
pub mod sampling;
mod source;
mod status;
pub mod timing;

pub use backoff::Backoff;
pub use camera::{probe, run};
pub use error::CaptureError;
#[cfg(feature = "gst")]
pub use gst::{Converter, serve};
pub use handover::{Flow, FrameSink};
pub use options::{Keyframes, Options, Transport};
pub use source::{Credentials, Source, SourceError};
pub use status::{CameraStatus, DropReason, State, StatusSnapshot};
