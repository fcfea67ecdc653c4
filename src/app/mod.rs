//! Composes the parts into what each verb runs. Decides nothing itself; errors carry context here
//! and are printed by `cli`.

pub mod bench;
pub mod check;
#[cfg(feature = "gst")]
mod clip_server;
pub mod daemon;
#[cfg(feature = "gst")]
pub mod demo;
#[cfg(feature = "gst")]
mod demo_table;
pub mod detect;
pub mod detector;
pub mod eval;
pub mod export;
mod health_view;
mod models;
pub mod keep;
pub mod pictures;
pub mod replay;
pub mod run;
#[cfg(any(feature = "gst", feature = "onnx"))]
mod scratch;
#[cfg(feature = "gst")]
pub mod serve;
#[cfg(feature = "gst")]
mod truth;
pub mod video;
pub mod words;
