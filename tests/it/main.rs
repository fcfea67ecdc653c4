//! The one integration binary; each module tests one part of the road from outside.

// A test fails by panicking; clippy's exemption covers `#[test]` functions but not what they call.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(feature = "gst")]
mod capture;
