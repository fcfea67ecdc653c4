//! The one integration binary: a module per subject, linked once.

// A test fails by panicking; clippy's exemption covers `#[test]` functions but not what they call.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod allocations;
#[cfg(feature = "onnx")]
mod bench;
mod bench_compare;
#[cfg(feature = "gst")]
mod capture;
#[cfg(all(feature = "gst", feature = "onnx"))]
mod daemon;
mod gate;
mod layering;
mod scenarios;
mod store;
mod web;
