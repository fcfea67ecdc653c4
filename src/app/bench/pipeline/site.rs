//! The site that is measured and its settings: cameras of the clip server, and rules for what the model
//! knows. Everything else is as the daemon has it by default, or as a preset says.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use crate::{detect::ModelCard, resolve::default_code};

/// How long a thing must stand: longer than is measured, so that no case is opened meanwhile.
const DWELL: &str = "1h";
/// Cameras so many degrees apart see nothing in common.
const STEP_DEG: f64 = 0.001;

/// Of what a site is made, whatever the number of its cameras.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// One frame of each camera is looked at this often.
    pub every: Duration,
    /// Clips, or folders of them.
    pub clips: Vec<PathBuf>,
    /// The model's card.
    pub card: PathBuf,
    /// A preset by name or path.
    pub preset: Option<String>,
    /// How often a camera is looked at though nothing changes, as in the settings.
    pub recheck: Option<String>,
}

impl Site {
    /// It, by name and value.
    pub(super) fn facts(&self) -> [(&'static str, String); 4] {
        let clips: Vec<_> = self.clips.iter().map(|clip| clip.display().to_string()).collect();
        [
            ("clips", clips.join(", ")),
            ("model", self.card.display().to_string()),
            ("preset", self.preset.clone().unwrap_or_else(|| "none".to_owned())),
            ("recheck", self.recheck.clone().unwrap_or_else(|| "default".to_owned())),
        ]
    }
}

/// The text of a settings file for `cameras` cameras of the clip server at `server`, whose data is
/// kept in `dir`.
///
/// # Errors
/// The model card cannot be read.
pub fn settings(
    site: &Site,
    cameras: usize,
    server: SocketAddr,
    dir: &Path,
) -> anyhow::Result<String> {
    let card = ModelCard::load(&site.card)?;
    let mut settings = json!({
        "site": { "name": "bench", "timezone": "UTC" },
        "rule": rules(&card),
        "camera": (0..cameras).map(|at| camera(site, at, server)).collect::<Vec<_>>(),
        "detect": { "model": std::path::absolute(&site.card)? },
        "data": { "dir": dir.join("data"), "min_free_mb": 1 },
        "web": { "bind": "127.0.0.1:0" },
    });
    if let Some(preset) = &site.preset {
        settings["preset"] = json!(from_here(preset)?);
    }
    if let Some(recheck) = &site.recheck {
        settings["detect"]["recheck"] = json!(recheck);
    }
    Ok(toml::Table::try_from(settings).context("the site's settings are no TOML")?.to_string())
}

fn rules(card: &ModelCard) -> Map<String, Value> {
    // any code will do for a class that has none of its own
    let code = |class: &str| default_code(class).or(default_code("street_stall"));
    let rule = |class: &str| json!({ "dwell": DWELL, "gone_after": DWELL, "code": code(class) });
    card.classes().iter().map(|c| (c.name.to_string(), rule(c.name.as_str()))).collect()
}

fn camera(site: &Site, at: usize, server: SocketAddr) -> Value {
    let every = humantime::format_duration(site.every).to_string();
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
    use super::*;
    use crate::{detect::Recheck, settings::Settings};

    fn site() -> Site {
        Site {
            card: Path::new(env!("CARGO_MANIFEST_DIR")).join("models/street-nano/model.toml"),
            every: Duration::from_millis(1500),
            ..super::super::tests::request().site
        }
    }

    fn parsed(site: &Site, cameras: usize) -> Settings {
        let server = "127.0.0.1:8554".parse().unwrap();
        let text = settings(site, cameras, server, Path::new("/tmp/x")).unwrap();
        let settings = Settings::parse(&text, Path::new("/tmp/x/site.toml")).unwrap();
        settings.fit(&ModelCard::load(&site.card).unwrap()).unwrap();
        settings
    }

    #[test]
    fn the_settings_are_such_as_the_daemon_takes() {
        let settings = parsed(&site(), 3);
        assert_eq!(settings.cameras.len(), 3);
        let last = &settings.cameras[2].capture;
        assert_eq!((last.id.as_str(), last.every), ("cam-2", Duration::from_millis(1500)));
        assert!(last.source.is_live() && settings.detect.recheck == Recheck::default());
    }

    #[test]
    fn preset_and_recheck_reach_the_daemon() {
        let off = Site { recheck: Some("off".to_owned()), ..site() };
        let settings = parsed(&Site { preset: Some("nvidia".to_owned()), ..off }, 1);
        assert_eq!((settings.detect.recheck, settings.detect.max_batch), (Recheck::Off, 32));
        assert_eq!(settings.cameras[0].capture.decoders[0], "nvh264dec");
    }
}
