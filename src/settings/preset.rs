//! Presets: keys that fit a kind of machine, laid under those the file gives itself. Pure but for
//! reading a preset that is named by its path. A preset says nothing of what is judged.

use std::path::Path;

use toml::{Table, Value};

use super::reader::from_dir;

/// Those that come with the binary.
const BUILT_IN: &[(&str, &str)] = &[
    ("cpu", include_str!("../../pipelines/cpu.toml")),
    ("nvidia", include_str!("../../pipelines/nvidia.toml")),
    ("openvino", include_str!("../../pipelines/openvino.toml")),
    ("vaapi", include_str!("../../pipelines/vaapi.toml")),
];

/// Lays the preset that `site` names under its own keys and takes the name off.
///
/// # Errors
/// What is wrong with the preset, in words.
pub(super) fn lay_under(site: &mut Table, dir: &Path) -> Result<(), String> {
    let Some(named) = site.remove("preset") else { return Ok(()) };
    let named = named.as_str().ok_or("expected a text: the name or path of a preset")?;
    let preset = parse(named, dir)?;
    for (key, value) in preset {
        match (key.as_str(), value) {
            ("detect", Value::Table(keys)) => {
                let own = site.entry("detect").or_insert_with(|| Value::Table(Table::new()));
                fill(own, &keys);
            }
            ("camera", Value::Table(keys)) => {
                let cameras = site.get_mut("camera").and_then(Value::as_array_mut);
                cameras.into_iter().flatten().for_each(|camera| fill(camera, &keys));
            }
            _ => {
                return Err(format!(
                    "{named} holds {key}; a preset may hold [detect] and [camera]"
                ));
            }
        }
    }
    Ok(())
}

fn parse(named: &str, dir: &Path) -> Result<Table, String> {
    let built_in = BUILT_IN.iter().find(|(name, _)| *name == named).map(|(_, text)| *text);
    let text = match built_in {
        Some(text) => text.to_owned(),
        None if named.ends_with(".toml") => std::fs::read_to_string(from_dir(dir, named))
            .map_err(|e| format!("{named} cannot be read: {e}"))?,
        None => {
            let names: Vec<_> = BUILT_IN.iter().map(|(name, _)| *name).collect();
            let names = names.join(", ");
            return Err(format!(
                "{named:?} is unknown; one of {names}, or the path of a .toml file"
            ));
        }
    };
    text.parse().map_err(|e| format!("{named} is no TOML: {e}"))
}

/// Adds what is missing. What is no table is a fault that the reader names.
fn fill(own: &mut Value, keys: &Table) {
    let Value::Table(own) = own else { return };
    for (key, value) in keys {
        own.entry(key).or_insert_with(|| value.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid(text: &str) -> Result<Table, String> {
        let mut table = text.parse().unwrap();
        lay_under(&mut table, Path::new("")).map(|()| table)
    }

    #[test]
    fn the_files_own_keys_go_first() {
        let text = "preset = \"nvidia\"\n[detect]\nsessions = 5\n[[camera]]\ndecoders = [\"mine\"]\n[[camera]]\n";
        let table = laid(text).unwrap();
        assert!(!table.contains_key("preset"));
        assert_eq!(table["detect"]["sessions"].as_integer(), Some(5));
        assert_eq!(table["detect"]["max_batch"].as_integer(), Some(32));
        assert_eq!(table["camera"][0]["decoders"][0].as_str(), Some("mine"));
        assert_eq!(table["camera"][1]["decoders"][0].as_str(), Some("nvh264dec"));
    }

    #[test]
    fn an_unknown_or_unfit_preset_is_named() {
        assert!(laid("preset = \"nvdia\"").unwrap_err().contains("nvidia"));
        assert!(laid("preset = \"none/such.toml\"").unwrap_err().contains("such.toml"));
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p.toml");
        std::fs::write(&path, "[rule.bin_overflow]\ndwell = \"1s\"\n").unwrap();
        let found = laid(&format!("preset = {path:?}")).unwrap_err();
        assert!(found.contains("holds rule"), "{found}");
    }
}
