//! The settings of the site that is measured: cameras of the clip server, and rules for what the model
//! knows. Everything else is as the daemon has it by default, or as a preset says.

use std::{net::SocketAddr, path::Path};

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use super::Request;
use crate::{detect::ModelCard, resolve::default_code};

/// How long a thing must stand: longer than is measured, so that no case is opened meanwhile.
const DWELL: &str = "1h";
/// Cameras so many degrees apart see nothing in common.
const STEP_DEG: f64 = 0.001;

/// The text of a settings file for `cameras` cameras of the clip server at `server`, whose data is
/// kept in `dir`.
///
/// # Errors
/// The model card cannot be read.
pub fn settings(
    request: &Request,
    cameras: usize,
    server: SocketAddr,
    dir: &Path,
) -> anyhow::Result<String> {
    let card = ModelCard::load(&request.card)?;
    let mut site = json!({
        "site": { "name": "bench", "timezone": "UTC" },
        "rule": rules(&card),
        "camera": (0..cameras).map(|at| camera(request, at, server)).collect::<Vec<_>>(),
        "detect": { "model": std::path::absolute(&request.card)? },
        "data": { "dir": dir.join("data"), "min_free_mb": 1 },
        "web": { "bind": "127.0.0.1:0" },
    });
    if let Some(preset) = &request.preset {
        site["preset"] = json!(from_here(preset)?);
    }
    if let Some(recheck) = &request.recheck {
        site["detect"]["recheck"] = json!(recheck);
    }
    Ok(toml::Table::try_from(site).context("the site's settings are no TOML")?.to_string())
}

fn rules(card: &ModelCard) -> Map<String, Value> {
    // any code will do for a class that has none of its own
    let code = |class: &str| default_code(class).or(default_code("street_stall"));
    let rule = |class: &str| json!({ "dwell": DWELL, "gone_after": DWELL, "code": code(class) });
    card.classes().iter().map(|c| (c.name.to_string(), rule(c.name.as_str()))).collect()
}

fn camera(request: &Request, at: usize, server: SocketAddr) -> Value {
    let every = humantime::format_duration(request.every).to_string();
    json!({
        "id": format!("cam-{at}"),
        "uri": format!("rtsp://{server}/cam-{at}"),
        "every": every,
        "position": { "lon": 113.0 + STEP_DEG * at as f64, "lat": 22.5, "crs": "WGS84" },
    })
}

/// A preset's path is meant from where the user is, not from where the settings lie.
fn from_here(preset: &str) -> anyhow::Result<String> {
    if !preset.ends_with(".toml") {
        return Ok(preset.to_owned());
    }
    Ok(std::path::absolute(preset)?.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{detect::Recheck, settings::Settings};

    fn request() -> Request {
        Request {
            card: Path::new(env!("CARGO_MANIFEST_DIR")).join("models/street-nano/model.toml"),
            every: Duration::from_millis(1500),
            ..super::super::tests::request()
        }
    }

    fn parsed(request: &Request, cameras: usize) -> Settings {
        let server = "127.0.0.1:8554".parse().unwrap();
        let text = settings(request, cameras, server, Path::new("/tmp/x")).unwrap();
        let settings = Settings::parse(&text, Path::new("/tmp/x/site.toml")).unwrap();
        settings.fit(&ModelCard::load(&request.card).unwrap()).unwrap();
        settings
    }

    #[test]
    fn the_settings_are_such_as_the_daemon_takes() {
        let settings = parsed(&request(), 3);
        assert_eq!(settings.cameras.len(), 3);
        let last = &settings.cameras[2].capture;
        assert_eq!((last.id.as_str(), last.every), ("cam-2", Duration::from_millis(1500)));
        assert!(last.source.is_live() && settings.detect.recheck == Recheck::default());
    }

    #[test]
    fn preset_and_recheck_reach_the_daemon() {
        let off = Request { recheck: Some("off".to_owned()), ..request() };
        let settings = parsed(&Request { preset: Some("nvidia".to_owned()), ..off }, 1);
        assert_eq!((settings.detect.recheck, settings.detect.max_batch), (Recheck::Off, 32));
        assert_eq!(settings.cameras[0].capture.decoders[0], "nvh264dec");
    }
}
