//! streetwarden: street cameras in, geo-tagged city-management cases out.
//!
//! The modules stand in the order data flows; each uses only those above it. `tests/it/layering.rs`
//! holds that, ARCHITECTURE.md explains it.

/// Composes the parts into what each verb runs.
pub mod app;
/// The nouns handed on: ids, time, geometry, frame, detection, geo position. Pure.
pub mod base;
/// Camera source → sampled frame.
pub mod capture;
/// The verbs of the command line.
pub mod cli;
/// Frame → batch → detections.
pub mod detect;
/// Detections → track → place on the ground → rule → violation. Pure.
pub mod judge;
/// Case and its state machine, unit grids, numbering, replay book. Pure.
pub mod resolve;
/// The moving parts: queues, threads, tasks; decides nothing.
pub mod runtime;
/// How a case leaves: webhook, GeoJSON folder.
pub mod send;
/// File → checked options of every part.
pub mod settings;
/// Cases, evidence, custody log, outbox in SQLite and files.
pub mod store;
/// HTTP API and the embedded page.
pub mod web;
