//! streetwarden: street cameras in, geo-tagged city-management cases out.
//!
//! The modules stand in the order data flows; each uses only those above it. `tests/it/layering.rs`
//! holds that, ARCHITECTURE.md explains it.

pub mod base;
pub mod capture;
pub mod detect;
pub mod judge;
pub mod resolve;
pub mod store;
pub mod send;
pub mod runtime;
pub mod web;
pub mod settings;
pub mod app;
pub mod cli;
