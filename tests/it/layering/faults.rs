//! The rules, as tables, and what in a file breaks them. The tables are the place to change when
//! ARCHITECTURE.md changes; nothing here knows how Rust text is read.

use super::paths::{Named, paths};

/// A module and what it may use of this crate.
pub struct Row {
    /// Name of the folder or file under `src/`.
    pub module: &'static str,
    /// Modules it may use; all stand before it.
    pub may_use: &'static [&'static str],
}

const fn row(module: &'static str, may_use: &'static [&'static str]) -> Row {
    Row { module, may_use }
}

/// The modules in the order data flows.
pub const ROAD: &[Row] = &[
    row("base", &[]),
    row("capture", &["base"]),
    row("detect", &["base"]),
    row("judge", &["base"]),
    row("resolve", &["base", "judge"]),
    row("store", &["base", "judge", "resolve"]),
    row("send", &["base", "judge", "resolve"]),
    row("runtime", &["base", "capture", "detect", "judge", "resolve", "store", "send"]),
    row("web", &["base", "judge", "resolve", "store", "runtime"]),
    row(
        "settings",
        &["base", "capture", "detect", "judge", "resolve", "store", "send", "runtime", "web"],
    ),
    row(
        "app",
        &[
            "base", "capture", "detect", "judge", "resolve", "store", "send", "runtime", "web",
            "settings",
        ],
    ),
    row(
        "cli",
        &[
            "base", "capture", "detect", "judge", "resolve", "store", "send", "runtime", "web",
            "settings", "app",
        ],
    ),
];

/// Modules that only decide: time, ids and chance come in as arguments.
const PURE: &[&str] = &["base", "judge", "resolve"];

/// What a pure module may not name outside its tests, as the front of a path.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
    "std::env",
    "std::io::stdin",
    "std::io::stdout",
    "std::io::stderr",
    "std::time::Instant",
    "std::time::SystemTime",
    "chrono::Local",
    "tokio",
    "tokio_util",
    "crossbeam_channel",
    "sqlx",
    "ort",
    "gstreamer",
    "axum",
    "ureq",
    "rand",
    "libc",
    "println!",
    "eprintln!",
    "print!",
    "eprint!",
];

/// Calls that ask for the time, whatever the type was imported as part of.
const ASKS_THE_CLOCK: &[&str] =
    &["Instant::now", "SystemTime::now", "Utc::now", "Local::now", "WallTime::now"];

/// Foreign crates and the only places that may name them; a place ending in `/` is a folder.
const SOLE_USERS: &[(&[&str], &[&str])] = &[
    (
        &[
            "gstreamer",
            "gstreamer_app",
            "gstreamer_video",
            "gstreamer_net",
            "gstreamer_rtsp_server",
        ],
        &["capture/gst/"],
    ),
    (&["retina"], &["capture/rtsp/"]),
    (&["ort"], &["detect/onnx.rs", "detect/onnx/"]),
    (&["sqlx"], &["store/"]),
    (&["axum", "tower_http"], &["web/", "app.rs", "app/"]),
    (&["ureq"], &["send/"]),
    (&["clap"], &["cli.rs", "cli/"]),
];

/// File names that say nothing about what is inside.
const NAMELESS: &[&str] = &["util.rs", "utils.rs", "helpers.rs", "common.rs", "misc.rs"];

/// main.rs hands over to `cli`; more lines than these mean that it began to do work.
const MAIN_LINES_MAX: usize = 40;

/// Everything in the file at `path` (inside `src/`) that breaks a rule, one sentence each.
pub fn faults_in(path: &str, text: &str) -> Vec<String> {
    let mut faults = file_faults(path, text);
    let module = module_of(path);
    let row = ROAD.iter().find(|row| row.module == module);
    if row.is_none() && !matches!(path, "lib.rs" | "main.rs") {
        faults.push("is no part of a module listed in the layering table".into());
    }
    for named in paths(text) {
        if let Some(used) = module_used(path, &named) {
            let allowed = match row {
                Some(row) => used == row.module || row.may_use.contains(&used.as_str()),
                None => path == "main.rs" && used == "cli",
            };
            if !allowed {
                faults.push(format!("uses {used}"));
            }
        }
        faults.extend(crate_fault(path, module, &named));
    }
    faults.sort();
    faults.dedup();
    faults.into_iter().map(|fault| format!("{path}: {fault}")).collect()
}

fn module_of(path: &str) -> &str {
    let first = path.split('/').next().unwrap_or(path);
    first.strip_suffix(".rs").unwrap_or(first)
}

fn file_faults(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if !text.starts_with("//! ") {
        faults.push("does not open with a `//!` line that says what it is".into());
    }
    if NAMELESS.iter().any(|name| path.rsplit('/').next() == Some(name)) {
        faults.push("has a name that does not say what is inside".into());
    }
    if path == "main.rs" && text.lines().count() > MAIN_LINES_MAX {
        faults.push(format!("has more than {MAIN_LINES_MAX} lines"));
    }
    faults
}

/// The module of this crate that a path leads into, through `crate::`, the crate's name, or enough
/// `super::` to leave the top module. Names that are no module (a `*` too) count as themselves.
fn module_used(path: &str, named: &Named) -> Option<String> {
    let segments = &named.segments;
    let first = segments.first()?;
    if first == "crate" || first == "streetwarden" {
        return segments.get(1).cloned();
    }
    let supers = segments.iter().take_while(|segment| *segment == "super").count();
    let selves = usize::from(first == "self");
    let supers = supers.max(segments[selves..].iter().take_while(|s| *s == "super").count());
    let depth = file_depth(path) + named.depth;
    if supers > 0 && supers >= depth { segments.get(selves + supers).cloned() } else { None }
}

/// How many modules deep the file is: 1 for `judge.rs` and `judge/mod.rs`, 2 for `judge/spot.rs`.
fn file_depth(path: &str) -> usize {
    let parts = path.split('/').count();
    match path {
        "lib.rs" | "main.rs" => 0,
        _ if path.ends_with("/mod.rs") => parts - 1,
        _ => parts,
    }
}

fn crate_fault(path: &str, module: &str, named: &Named) -> Option<String> {
    let text = named.segments.join("::");
    if named.re_exported && text.ends_with("::*") {
        return Some(format!("re-exports the glob {text}, which hides who uses what"));
    }
    if PURE.contains(&module) && !named.in_test {
        let impure = IMPURE.iter().any(|front| starts_with(&text, front));
        let glob = text.strip_suffix("::*");
        let hides = glob.is_some_and(|g| IMPURE.iter().any(|front| starts_with(front, g)));
        if impure || hides || ASKS_THE_CLOCK.iter().any(|call| text.ends_with(call)) {
            return Some(format!("is pure and names {text}"));
        }
    }
    let name = named.segments.first()?;
    let (_, places) = SOLE_USERS.iter().find(|(crates, _)| crates.contains(&name.as_str()))?;
    let at_home = places
        .iter()
        .any(|place| path == *place || place.ends_with('/') && path.starts_with(place));
    (!at_home).then(|| format!("names {name}; only {} may", places.join(", ")))
}

/// `path` is `front` or leads into it.
fn starts_with(path: &str, front: &str) -> bool {
    path.strip_prefix(front).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[cfg(test)]
fn faults_of(path: &str, text: &str) -> Vec<String> {
    faults_in(path, &format!("//! A file.\n{text}"))
}

#[test]
fn a_step_against_the_direction_is_found_however_it_is_written() {
    for text in [
        "use crate::store::Store;",
        "use crate::{base::BBox, store};",
        "fn f() { crate::store::open(); }",
        "use super::store::Store;",
        "mod tests { use super::super::store; }",
        "use self::super::store;",
        "type S = streetwarden::store::Store;",
        "macro_rules! m { () => { $crate::store::open() } }",
    ] {
        assert_eq!(faults_of("judge/mod.rs", text), ["judge/mod.rs: uses store"], "{text}");
    }
    assert_eq!(
        faults_of("judge/rule.rs", "use super::super::store;"),
        ["judge/rule.rs: uses store"]
    );
    assert_eq!(faults_of("base/ids.rs", "use crate::*;"), ["base/ids.rs: uses *"]);
    assert_eq!(faults_of("capture/queue.rs", "use crate::detect::Options;").len(), 1);
    assert_eq!(faults_of("main.rs", "fn main() { streetwarden::app::run() }").len(), 1);
    assert_eq!(faults_of("stray.rs", "").len(), 1);
}

#[test]
fn steps_with_the_direction_pass() {
    assert_eq!(
        faults_of(
            "resolve/docket.rs",
            "// crate::store\nuse crate::{base::LonLat, judge::Rule}; use super::case; use crate::resolve::Case;
             mod tests { use super::*; } const X: &str = \"sqlx::query\";"
        ),
        [""; 0]
    );
    assert_eq!(faults_of("capture/gst/decode.rs", "use gstreamer as gst;"), [""; 0]);
    assert_eq!(faults_of("main.rs", "fn main() { streetwarden::cli::main() }"), [""; 0]);
}

#[test]
fn pure_modules_name_no_outside_world_except_in_tests() {
    for text in [
        "use std::fs;",
        "use std::{collections::HashMap, net::TcpStream};",
        "use std::time::*;",
        "fn f() { let t = time::Instant::now(); }",
        "fn f() { chrono::Utc::now(); }",
        "use rand;",
        "fn f() { println!(); }",
    ] {
        assert_eq!(faults_of("judge/mod.rs", text).len(), 1, "{text}");
    }
    assert_eq!(faults_of("judge/mod.rs", "use std::time::Duration;"), [""; 0]);
    assert_eq!(faults_of("judge/mod.rs", "#[cfg(test)] mod tests { use std::fs; }"), [""; 0]);
    assert_eq!(faults_of("send/mod.rs", "use std::fs;"), [""; 0]);
}

#[test]
fn foreign_crates_have_one_home() {
    assert_eq!(faults_of("capture/mod.rs", "use gstreamer_app::AppSink;").len(), 1);
    assert_eq!(faults_of("detect/batch.rs", "fn f() { ort::init(); }").len(), 1);
    assert_eq!(faults_of("web/cases.rs", "use sqlx::Row;").len(), 1);
    assert_eq!(faults_of("runtime/mod.rs", "#[cfg(test)] use axum::Router;").len(), 1);
    assert_eq!(faults_of("detect/onnx.rs", "use ort::session::Session;"), [""; 0]);
}

#[test]
fn files_say_what_they_are() {
    assert_eq!(faults_in("web/mod.rs", "use std::fs;").len(), 1);
    assert_eq!(faults_of("web/helpers.rs", "").len(), 1);
    assert_eq!(faults_of("main.rs", &"\n".repeat(60)).len(), 1);
    assert_eq!(faults_of("base/mod.rs", "pub use ids::*;").len(), 1);
}
