//! Holds the direction of ARCHITECTURE.md against the source text: who may use whom, which modules
//! stay pure, and which files alone may name a foreign library. It reads tokens, not meaning: code
//! that a macro makes is not seen.

mod faults;
mod paths;
mod tokens;

use std::fs;
use std::path::{Path, PathBuf};

use faults::{ROAD, faults_in};

/// Every Rust file below `dir`, as (path inside `dir` with forward slashes, text), sorted.
fn sources(dir: &Path) -> Vec<(String, String)> {
    let mut folders = vec![dir.to_path_buf()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a readable folder") {
            let path: PathBuf = entry.expect("a readable entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(dir).expect("below dir").to_string_lossy();
                let text = fs::read_to_string(&path).expect("UTF-8 source");
                files.push((inside.replace('\\', "/"), text));
            }
        }
    }
    files.sort();
    files
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

#[test]
fn the_source_keeps_to_the_direction() {
    let sources = sources(&src());
    assert!(sources.len() > 20, "found only {} files: wrong folder?", sources.len());
    let faults: Vec<String> =
        sources.iter().flat_map(|(path, text)| faults_in(path, text)).collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn lib_lists_the_modules_in_the_order_data_flows() {
    let text = fs::read_to_string(src().join("lib.rs")).expect("src/lib.rs");
    let listed: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let road: Vec<&str> = ROAD.iter().map(|row| row.module).collect();
    assert_eq!(listed, road);
}

#[test]
fn rows_name_only_what_stands_before_them() {
    for (at, row) in ROAD.iter().enumerate() {
        for used in row.may_use {
            assert!(
                ROAD[..at].iter().any(|earlier| earlier.module == *used),
                "{} lists {used}, which does not stand before it",
                row.module
            );
        }
    }
}
