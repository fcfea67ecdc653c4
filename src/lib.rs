//! streetwarden: street cameras in, geo-tagged city-management cases out.
//!
//! The modules stand in the order data flows; each uses only those above it. `tests/it/layering.rs`
//! holds that, ARCHITECTURE.md explains it.

/// The nouns handed on: ids, time, geometry, frame, detection, geo position. Pure.
pub mod base;
/// Camera source → sampled frame.
pub mod capture;
/// Frame → batch → detections.
pub mod detect;
/// Detections → track → place on the ground → rule → violation. Pure.
pub mod judge;
/// Case and its state machine, unit grids, numbering, replay book. Pure.
pub mod resolve;
/// Cases, evidence, custody log, outbox in SQLite and files.
pub mod store;
/// How a case leaves: webhook, GeoJSON folder.
pub mod send;
/// The moving parts: queues, threads, tasks; decides nothing.
pub mod runtime;
/// HTTP API and the embedded page.
pub mod web;
/// File → checked options of every part.
pub mod settings;
/// Composes the parts into what each verb runs.
pub mod app;
/// The verbs of the command line.
pub mod cli;
