//! Where ONNX Runtime's shared library and the bundled model are found, so that nobody has to set
//! an environment variable.
//!
//! Order for the library: the setting, `ORT_DYLIB_PATH`, beside the executable and in `../lib`, then
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
    let local = above([folder, current]).map(|a| a.join(LOCAL).join(FILE));
    let mut places: Vec<PathBuf> = Vec::new();
    for place in beside.chain(local) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// Each of the folders and every one above it.
fn above(folders: [Option<&Path>; 2]) -> impl Iterator<Item = &Path> {
    folders.into_iter().flatten().flat_map(Path::ancestors)
}

/// A model card of the repository or the installation, such as `models/street-nano/model.toml`:
/// the first such file in the current folder, the executable's, or any above them. For defaults
/// only; a card that was named in the settings is taken from where they say.
pub fn find_card(relative: &str) -> Option<PathBuf> {
    find_bundled(relative).filter(|p| p.is_file())
}

/// The card of the second look that comes with the program, taken where nobody named one or wanted
/// none. The only place that says which.
const SECOND_LOOK: &str = "models/street-look/model.toml";

/// The card of the second look that comes with the program, where it is found.
pub fn shipped_second_look() -> Option<PathBuf> {
    find_card(SECOND_LOOK)
}

/// A file or folder of the repository or the installation, looked for in the same places.
pub fn find_bundled(relative: &str) -> Option<PathBuf> {
    let executable = env::current_exe().ok();
    let current = env::current_dir().ok();
    let folder = executable.as_deref().and_then(Path::parent);
    above([current.as_deref(), folder]).map(|a| a.join(relative)).find(|p| p.exists())
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
    fn a_card_is_found_from_below_the_repository() {
        // tests run in the repository's root; its manifest stands in for a card
        let found = find_card("Cargo.toml").unwrap();
        assert!(found.is_absolute() && found.is_file());
        assert_eq!(find_card("models/no-such-model/model.toml"), None);
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
