//! Where ONNX Runtime's shared library is found, so that nobody has to set an environment variable.
//!
//! Order: the setting, `ORT_DYLIB_PATH`, beside the executable and in `../lib`, then
//! `.local/onnxruntime/lib` in every folder above the executable and the current one. A library
//! that was asked for by name is never quietly replaced by another.

use std::{
    env,
    path::{Path, PathBuf},
};

use super::DetectError;

/// The library's file name on this system.
pub const FILE: &str = if cfg!(target_os = "macos") {
    "libonnxruntime.dylib"
} else if cfg!(windows) {
    "onnxruntime.dll"
} else {
    "libonnxruntime.so"
};

/// Where script/setup unpacks the library, under the repository's root.
const LOCAL: &str = ".local/onnxruntime/lib";

/// The library to load; `setting` comes first.
///
/// # Errors
/// [`DetectError::LibraryNotFound`] with the places looked at.
pub fn find(setting: Option<&Path>) -> Result<PathBuf, DetectError> {
    let named = setting
        .map(Path::to_owned)
        .or_else(|| env::var_os("ORT_DYLIB_PATH").filter(|v| !v.is_empty()).map(PathBuf::from));
    let executable = env::current_exe().ok();
    let current = env::current_dir().ok();
    let places = match named {
        Some(path) => vec![path],
        None => candidates(executable.as_deref(), current.as_deref()),
    };
    match places.iter().find(|p| p.is_file()) {
        Some(found) => Ok(found.clone()),
        None => Err(DetectError::LibraryNotFound { tried: listed(&places) }),
    }
}

/// Every place the library is looked for when nobody named one, best first.
fn candidates(executable: Option<&Path>, current: Option<&Path>) -> Vec<PathBuf> {
    let folder = executable.and_then(Path::parent);
    let beside = folder.into_iter().flat_map(|f| [f.join(FILE), f.join("../lib").join(FILE)]);
    let above = [folder, current].into_iter().flatten().flat_map(Path::ancestors);
    let local = above.map(|a| a.join(LOCAL).join(FILE));
    let mut places: Vec<PathBuf> = Vec::new();
    for place in beside.chain(local) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

fn listed(places: &[PathBuf]) -> String {
    let texts: Vec<_> = places.iter().map(|p| p.display().to_string()).collect();
    texts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_library_is_not_replaced() {
        let missing = Path::new("/nowhere/libonnxruntime.so");
        let text = find(Some(missing)).unwrap_err().to_string();
        assert!(
            text.contains("/nowhere/libonnxruntime.so") && text.contains("script/setup"),
            "{text}"
        );
    }

    #[test]
    fn folders_above_both_starting_points_are_searched_once() {
        let places = candidates(Some(Path::new("/r/target/debug/app")), Some(Path::new("/r/docs")));
        let local = |root: &str| Path::new(root).join(LOCAL).join(FILE);
        assert_eq!(places[0], Path::new("/r/target/debug").join(FILE));
        assert_eq!(places.iter().filter(|p| **p == local("/r")).count(), 1);
        assert!(places.contains(&local("/r/docs")));
    }
}
