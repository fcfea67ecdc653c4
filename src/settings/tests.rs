//! Faults come all at once, each where it is.

use super::*;

fn faults(text: &str) -> Vec<(String, String)> {
    let faults = Settings::parse(text, Path::new("site.toml")).unwrap_err();
    faults.list().into_iter().map(|f| (f.at, f.message)).collect()
}

const GOOD: &str = r#"
[site]
name = "a street"
timezone = "Asia/Shanghai"
[rule.bin_overflow]
dwell = "10m"
gone_after = "20m"
[[camera]]
id = "cam-1"
uri = "rtsp://user:secret@192.0.2.1/stream"
position = { lon = 113.08, lat = 22.57, crs = "WGS84" }
"#;

#[test]
fn the_least_settings_are_enough() {
    let settings = Settings::parse(GOOD, Path::new("site.toml")).unwrap();
    assert_eq!(settings.cameras.len(), 1);
    assert!(settings.web.bind.ip().is_loopback());
    assert!(!format!("{settings:?}").contains("secret"), "a password is shown");
}

#[test]
fn a_camera_may_be_cut_otherwise() {
    let text = format!("{GOOD}tiles = \"3x2\"\n[detect]\ntiles = \"2x1\"\n");
    let detect = Settings::parse(&text, Path::new("site.toml")).unwrap().detect;
    assert_eq!(detect.tiles.to_string(), "2x1");
    assert_eq!(detect.camera_tiles[&"cam-1".into()].to_string(), "3x2");
    let found = faults(&format!("{GOOD}tiles = \"3\"\n"));
    assert!(found[0].0 == "camera[0].tiles" && found[0].1.contains("3x2"), "{found:?}");
}

fn detect(keys: &str) -> crate::detect::Options {
    Settings::parse(&format!("{GOOD}[detect]\n{keys}"), Path::new("site.toml")).unwrap().detect
}

#[test]
fn tables_left_out_mean_the_same_as_empty_ones_and_as_the_preset_of_the_processor() {
    let read = |text: String| {
        let settings = Settings::parse(&text, Path::new("site.toml")).unwrap();
        (settings.detect, settings.pool, settings.data.dir, settings.data.min_free_bytes)
    };
    let without = read(GOOD.to_owned());
    assert_eq!(without, read(format!("{GOOD}[detect]\n[capture]\n[data]\n")));
    assert_eq!(without, read(format!("preset = \"cpu\"\n{GOOD}")));
}

#[test]
fn what_providers_know_is_read() {
    let read = detect(
        "providers = [\"tensorrt\", \"cuda\"]\ndevices = [1, 0]\nprecision = \"fp16\"\n\
         cuda_graph = true\nengines = \"kept\"\n",
    )
    .accelerator;
    assert_eq!((read.devices, read.cuda_graph), (vec![1, 0], true));
    assert_eq!(read.precision, Some(crate::detect::Precision::Fp16));
    assert_eq!(read.engines.as_deref(), Some(Path::new("kept")));
    let read = detect("providers = [\"openvino\"]\nopenvino_device = \"GPU.1\"\n").accelerator;
    assert_eq!(read.openvino_device.as_deref(), Some("GPU.1"));
    assert_eq!(read.engines.as_deref(), Some(Path::new("data/engines")), "with what it keeps");
}

#[test]
fn what_no_provider_knows_is_refused_with_the_remedy() {
    for (keys, at, word) in [
        ("devices = [0]", "devices", "add cuda or tensorrt"),
        ("providers = [\"cuda\"]\ndevices = [0, 0]", "devices", "0 twice"),
        ("providers = [\"cuda\"]\ndevices = []", "devices", "names no card"),
        ("providers = [\"cuda\"]\ndevices = [-1]", "devices", "whole numbers"),
        ("cuda_graph = true", "cuda_graph", "add cuda or tensorrt"),
        ("providers = [\"tensorrt\"]\nprecision = \"fp12\"", "precision", "unknown precision"),
        ("providers = [\"cuda\", \"cpu\"]\nprecision = \"fp16\"", "precision", "tensorrt has"),
        ("providers = [\"openvino\"]\nprecision = \"int8\"", "precision", "openvino fp32"),
        ("openvino_device = \"GPU\"", "openvino_device", "add it to providers"),
        ("providers = [\"openvino\"]\nopenvino_device = \"gpu\"", "openvino_device", "GPU.0"),
        ("providers = [\"coral\"]\ndevices = [0]", "providers", "coral"),
    ] {
        let found = faults(&format!("{GOOD}[detect]\n{keys}\n"));
        assert_eq!(found.len(), 1, "{keys}: {found:?}");
        assert!(found[0].0 == format!("detect.{at}") && found[0].1.contains(word), "{found:?}");
    }
}

#[test]
fn a_camera_may_be_looked_at_more_or_less_often() {
    let second = GOOD.split_once("[[camera]]").unwrap().1.replace("cam-1", "cam-2");
    let read = |of_all: &str, own: &str| {
        let text = format!("{GOOD}{own}[[camera]]{second}[detect]\n{of_all}");
        let settings = Settings::parse(&text, Path::new("site.toml")).unwrap();
        let times: Vec<_> = ["cam-1", "cam-2"]
            .map(|id| settings.detect.recheck_of(&id.into()).time().map(|t| t.as_secs()))
            .into();
        let judged: Vec<_> = settings.judge.cameras.iter().map(|c| c.recheck.as_secs()).collect();
        assert_eq!(judged, times.iter().map(|t| t.unwrap_or(0)).collect::<Vec<_>>());
        times
    };
    assert_eq!(read("", ""), [Some(30), Some(30)]);
    assert_eq!(read("recheck = \"1m\"\n", "recheck = \"10s\"\n"), [Some(10), Some(60)]);
    assert_eq!(read("recheck = \"off\"\n", "recheck = \"10s\"\n"), [Some(10), None]);
    assert_eq!(read("", "recheck = \"0s\"\n"), [None, Some(30)]);
    for wrong in ["\"2h\"", "\"on\"", "30", "false"] {
        let found = faults(&format!("{GOOD}recheck = {wrong}\n"));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].0 == "camera[0].recheck" && found[0].1.contains("\"off\""), "{found:?}");
    }
}

#[test]
fn every_built_in_preset_is_right() {
    for preset in ["cpu", "vaapi", "nvidia", "openvino"] {
        let text = format!("preset = {preset:?}\n{GOOD}");
        let settings = Settings::parse(&text, Path::new("site.toml")).unwrap();
        assert!(!settings.cameras[0].capture.decoders.is_empty(), "{preset}");
    }
    let found = faults(&format!("preset = \"gpu\"\n{GOOD}"));
    assert_eq!(found[0].0, "preset");
}

#[test]
fn every_fault_is_told_with_its_path() {
    let text = GOOD
        .replace("crs = \"WGS84\"", "")
        .replace("lat = 22.57,", "lat = 22.57")
        .replace("dwell = \"10m\"", "dwel = \"10m\"")
        .replace("Asia/Shanghai", "Asia/Nowhere");
    let found = faults(&text);
    let has = |at: &str, word: &str| found.iter().any(|(a, m)| a == at && m.contains(word));
    assert!(has("camera[0].position.crs", "missing"), "{found:?}");
    assert!(has("rule.bin_overflow.dwell", "missing"), "{found:?}");
    assert!(has("rule.bin_overflow.dwel", "dwell"), "{found:?}");
    assert!(has("site.timezone", "Asia/Nowhere"), "{found:?}");
    assert_eq!(found.len(), 4, "{found:?}");
}

#[test]
fn a_wrong_address_is_named_without_its_password() {
    let found = faults(&GOOD.replace("rtsp://", "gopher://"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "camera[0].uri");
    assert!(!found[0].1.contains("secret"), "{found:?}");
}

#[test]
fn a_page_others_can_reach_needs_a_token() {
    let found = faults(&format!("{GOOD}\n[web]\nbind = \"0.0.0.0:8080\"\n"));
    assert!(found.iter().any(|(at, m)| at == "web.bind" && m.contains("token")), "{found:?}");
}

#[test]
fn gcj02_positions_come_out_as_wgs84() {
    let settings = Settings::parse(&GOOD.replace("WGS84", "GCJ-02"), Path::new("s.toml")).unwrap();
    let moved =
        settings.cameras[0].position.distance_m(crate::base::LonLat { lon: 113.08, lat: 22.57 });
    assert!((100.0..1000.0).contains(&moved), "moved by {moved} m");
}

#[test]
fn every_shipped_site_is_right() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for site in ["pipelines/demo/site.toml", "pipelines/city.toml"] {
        Settings::load(&root.join(site)).unwrap();
    }
}
