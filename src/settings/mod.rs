//! The settings file → checked options of every part. Knows every part's `Options`; no part knows
//! it. All faults of a file come at once, each with its path in the file and what would be right.

mod camera;
mod daemon;
mod fault;
mod permit;
mod preset;
mod reader;
mod rule;
mod site;

pub use camera::Camera;
pub use daemon::DataOptions;
pub use fault::{Fault, Faults};

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::{
    base::{CameraId, ClassName},
    capture, detect, judge,
    resolve::DocketOptions,
    send::Channel,
    store, web,
};

/// A checked settings file.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The file they were read from.
    pub file: PathBuf,
    /// The site's name, for people.
    pub site_name: String,
    /// Cameras: name, place and how to capture.
    pub cameras: Vec<Camera>,
    /// What judging must know.
    pub judge: judge::Options,
    /// What the docket must know.
    pub docket: DocketOptions,
    /// The unit grids as they were given, for the map.
    pub grids_geojson: Option<String>,
    /// The decoders that cameras share.
    pub pool: capture::PoolOptions,
    /// Inference.
    pub detect: detect::Options,
    /// The data directory.
    pub data: store::Options,
    /// HTTP.
    pub web: web::Options,
    /// Ways out.
    pub channels: Vec<Channel>,
}

impl Settings {
    /// Reads and checks the file at `path`; relative paths in it are meant from its folder.
    ///
    /// # Errors
    /// All faults at once.
    pub fn load(path: &Path) -> Result<Self, Faults> {
        let text = std::fs::read_to_string(path).map_err(|e| {
            Faults::one(path, "", format!("cannot be read: {e}; name an existing settings file"))
        })?;
        Self::parse(&text, path)
    }

    /// Checks `text`, the contents of the file at `path`.
    ///
    /// # Errors
    /// All faults at once.
    pub fn parse(text: &str, path: &Path) -> Result<Self, Faults> {
        let mut table: toml::Table =
            text.parse().map_err(|e: toml::de::Error| Faults::one(path, "", no_toml(text, &e)))?;
        let faults = Faults::new(path);
        let dir = path.parent().map_or_else(PathBuf::new, Path::to_owned);
        if let Err(fault) = preset::lay_under(&mut table, &dir) {
            faults.add("preset", fault);
        }
        let root = reader::Node::root(&table, &faults);
        let settings = Self::read(&root, path, &dir);
        root.finish();
        match settings {
            Some(settings) if faults.is_empty() => Ok(settings),
            _ => Err(faults),
        }
    }

    fn read(root: &reader::Node<'_>, file: &Path, dir: &Path) -> Option<Self> {
        let site = site::read(root, dir);
        let rules = rule::read(root);
        let cameras = camera::read(root, dir);
        let permits = permit::read(root, &rule::classes(root));
        let pool = daemon::capture(root);
        let detect = daemon::detect(root, dir);
        let data = daemon::data(root, dir);
        let web = daemon::web(root);
        let channels = daemon::channels(root, dir);
        let (site, (rules, codes), cameras, permits) = (site?, rules?, cameras?, permits?);
        let (mut judged, cameras): (Vec<judge::Camera>, Vec<_>) = cameras.into_iter().unzip();
        let mut detect = detect?;
        detect.camera_tiles = of_cameras(&cameras, |camera| camera.tiles);
        detect.camera_recheck = of_cameras(&cameras, |camera| camera.recheck);
        for camera in &mut judged {
            camera.recheck = detect.recheck_of(&camera.id).time().unwrap_or_default();
        }
        let data = data?;
        detect.accelerator.engines.get_or_insert_with(|| data.dir.join("engines"));
        Some(Self {
            file: file.to_owned(),
            site_name: site.name,
            cameras,
            judge: judge::Options { rules, cameras: judged, permits, timezone: site.timezone },
            docket: DocketOptions {
                division: site.division,
                timezone: site.timezone,
                grids: site.grids,
                codes,
            },
            grids_geojson: site.grids_geojson,
            pool: pool?,
            detect,
            data,
            web: web?,
            channels: channels?,
        })
    }

    /// Checks that `model` knows the class of every rule.
    ///
    /// # Errors
    /// A fault for each that it does not know.
    pub fn fit(&self, model: &detect::ModelCard) -> Result<(), Faults> {
        let known: Vec<&str> = model.classes().iter().map(|c| c.name.as_str()).collect();
        let faults = Faults::new(&self.file);
        for class in self.judge.rules.keys().filter(|class| !known.contains(&class.as_str())) {
            let at = format!("rule.{class}");
            let name = model.name();
            faults.add(
                at,
                format!("model {name} knows no such class; it knows {}", known.join(", ")),
            );
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// The capture options of every camera.
    pub fn capture(&self) -> impl Iterator<Item = &capture::Options> {
        self.cameras.iter().map(|c| &c.capture)
    }
}

/// What cameras have of their own.
fn of_cameras<T>(cameras: &[Camera], own: impl Fn(&Camera) -> Option<T>) -> BTreeMap<CameraId, T> {
    cameras.iter().filter_map(|c| Some((c.capture.id.clone(), own(c)?))).collect()
}

/// Where and why `text` is no TOML, without repeating any of it: it may hold a password.
fn no_toml(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    format!("is no TOML: line {line}: {}", error.message().replace('\n', ", "))
}

type Rules = (BTreeMap<ClassName, judge::Rule>, BTreeMap<ClassName, String>);

#[cfg(test)]
mod tests;
