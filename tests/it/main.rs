//! The one integration binary; each module tests one part of the road from outside.

#[cfg(feature = "gst")]
mod capture;
