//! Camera source → sampled frame. Everything here uses `base` only. GStreamer is named in `gst/`
//! alone, retina in `rtsp/`; what is decided (when to sample, whose keyframe is decoded next, when to
//! reconnect, what time a frame has) stands in pure files beside them. Folders of pictures build
//! without the feature `gst`.

#[cfg(feature = "gst")]
mod account;
pub mod backoff;
mod camera;
mod course;
mod decoding;
mod error;
#[cfg(feature = "gst")]
mod feed;
pub mod folder;
#[cfg(feature = "gst")]
mod gst;
mod handover;
mod jpeg;
#[cfg(feature = "gst")]
mod line;
#[cfg(feature = "gst")]
mod nal;
mod options;
#[cfg(feature = "gst")]
mod originals;
#[cfg(feature = "gst")]
mod own;
#[cfg(feature = "gst")]
mod pending;
mod picture_file;
#[cfg(feature = "gst")]
mod pool;
#[cfg(feature = "gst")]
mod reach;
#[cfg(feature = "gst")]
mod receiver;
#[cfg(feature = "gst")]
mod room;
#[cfg(feature = "gst")]
mod rtsp;
pub mod sampling;
#[cfg(feature = "gst")]
mod slots;
mod source;
mod start;
mod status;
pub mod timing;

pub use backoff::Backoff;
pub use decoding::{Decoding, OwnReason};
pub use error::CaptureError;
#[cfg(feature = "gst")]
pub use gst::{ClipFrames, Converter, DecodeOnly, Depth, StillDecoding, serve, write_jpegs};
pub use handover::{Flow, FrameSink};
pub use options::{Keyframes, Options, PoolOptions, Transport};
pub use picture_file::{PictureError, PictureFile, PictureReader};
pub use source::{Credentials, Source, SourceError};
pub use start::{Camera, Capture, Panicked, Running};
pub use status::{CameraStatus, DropReason, State, StatusSnapshot};
