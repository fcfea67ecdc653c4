//! The one integration binary: a module per subject, linked once.

// Clippy's allowance for tests does not reach the helpers beside them here.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(feature = "gst")]
mod capture;
mod layering;
mod store;
