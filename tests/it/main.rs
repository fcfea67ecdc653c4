//! The one integration binary: a module per subject, linked once.

mod layering;
