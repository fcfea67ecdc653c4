//! `[[camera]]`: where its stream is, how it is sampled, and how its picture lies on the ground.

use std::{collections::BTreeSet, path::Path, time::Duration};

use super::reader::{Metres, Node};
use crate::{
    base::{CameraId, ClassName, Crs, LonLat},
    capture::{self, Credentials, Keyframes, Source, Transport},
    detect::{Recheck, Tiling},
    judge::{self, Ground, Homography, Pose, SurveyPoint, Zone},
};

const DEFAULT_ASPECT: f64 = 16.0 / 9.0;

/// A checked camera, all but what judging knows of it.
#[derive(Clone, Debug)]
pub struct Camera {
    /// Name for people.
    pub name: String,
    /// Where it hangs, WGS84.
    pub position: LonLat,
    /// How frames are got from it.
    pub capture: capture::Options,
    /// Into how many tiles its frames are cut, where that is not as usual.
    pub tiles: Option<Tiling>,
    /// How often it is looked at while it shows nothing new, where that is not as usual.
    pub recheck: Option<Recheck>,
}

pub(super) fn read(root: &Node<'_>, dir: &Path) -> Option<Vec<(judge::Camera, Camera)>> {
    let nodes = root.tables("camera");
    if nodes.is_empty() {
        root.fault("camera", "is missing; give at least one [[camera]]");
        return None;
    }
    let (mut cameras, mut ids) = (Vec::new(), BTreeSet::new());
    let mut whole = true;
    for node in nodes {
        match one(&node, dir) {
            Some(camera) => {
                if !ids.insert(camera.0.id.clone()) {
                    node.fault("id", format!("{} is another camera's id too", camera.0.id));
                }
                cameras.push(camera);
            }
            None => whole = false,
        }
        node.finish();
    }
    whole.then_some(cameras)
}

fn one(node: &Node<'_>, dir: &Path) -> Option<(judge::Camera, Camera)> {
    let id = node.required::<String>("id").filter(|id| {
        let good =
            !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        if !good {
            node.fault("id", "must be letters, digits, '-', '_' or '.'");
        }
        good
    });
    let name = node.optional::<String>("name");
    let tiles = node.optional::<Tiling>("tiles");
    let recheck = node.optional::<Recheck>("recheck");
    let capture = capture_options(node, dir, id.as_deref());
    let place = position(node);
    let ground = ground(node, place);
    let include = zones(node, "include");
    let ignore = zones(node, "ignore");
    let (id, (position, _)) = (id?, place?);
    let id = CameraId::from(id.as_str());
    let camera = judge::Camera {
        id: id.clone(),
        ground: ground?,
        include: include?,
        ignore: ignore?,
        recheck: Duration::ZERO,
    };
    let name = name.unwrap_or_else(|| id.to_string());
    Some((camera, Camera { name, position, capture: capture?, tiles, recheck }))
}

fn capture_options(node: &Node<'_>, dir: &Path, id: Option<&str>) -> Option<capture::Options> {
    // not read through `made`: a fault must not show the text, which may hold a password
    let source =
        node.required::<String>("uri").and_then(|t| node.checked("uri", Source::parse(&t, dir)));
    let every = node.or("every", Duration::from_secs(2)).filter(|d| {
        if d.is_zero() {
            node.fault("every", "must be above 0, for example \"2s\"");
        }
        !d.is_zero()
    });
    let stall_after = node.or("stall_after", Duration::from_secs(10));
    let keyframes = word(
        node,
        "keyframes",
        Keyframes::Auto,
        &[("auto", Keyframes::Auto), ("only", Keyframes::Only), ("off", Keyframes::Off)],
    );
    let transport = word(
        node,
        "transport",
        Transport::Tcp,
        &[("tcp", Transport::Tcp), ("udp", Transport::Udp)],
    );
    let decoders = node.or("decoders", Vec::<String>::new());
    let user = node.optional::<String>("user");
    let password = node.optional::<String>("password");
    if password.is_some() && user.is_none() {
        node.fault("user", "is missing; a password needs a user");
    }
    let (source, in_uri) = source?;
    let given = user.map(|user| Credentials { user, password: password.unwrap_or_default() });
    let mut options = capture::Options::new(CameraId::from(id?), source);
    options.every = every?;
    options.stall_after = stall_after?;
    options.keyframes = keyframes?;
    options.transport = transport?;
    options.decoders = decoders?;
    options.credentials = given.or(in_uri);
    Some(options)
}

/// One of a few words.
fn word<T: Copy>(node: &Node<'_>, key: &'static str, default: T, words: &[(&str, T)]) -> Option<T> {
    let Some(text) = node.optional::<String>(key) else {
        return (!node.has(key)).then_some(default);
    };
    let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    if found.is_none() {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        node.fault(key, format!("{text:?} is none of {}", known.join(", ")));
    }
    found
}

/// The camera's place in WGS84 and the system it was stated in.
fn position(node: &Node<'_>) -> Option<(LonLat, Crs)> {
    let Some(table) = node.table("position") else {
        if !node.has("position") {
            node.fault("position", "is missing; give { lon = .., lat = .., crs = \"WGS84\" }");
        }
        return None;
    };
    let (lon, lat) = (table.required::<f64>("lon"), table.required::<f64>("lat"));
    let crs = table.required::<Crs>("crs");
    table.finish();
    let place = on_globe(&table, "lon", LonLat { lon: lon?, lat: lat? })?;
    crs.map(|crs| (crs.to_wgs84(place), crs))
}

/// `place`, unless it lies off the globe.
pub(super) fn on_globe(node: &Node<'_>, key: &str, place: LonLat) -> Option<LonLat> {
    if place.is_on_globe() {
        return Some(place);
    }
    node.fault(
        key,
        format!(
            "{}, {} are no degrees of longitude and latitude; is the order [lon, lat]?",
            place.lon, place.lat
        ),
    );
    None
}

/// Surveyed points if given, else the pose if given, else the camera's own place.
fn ground(node: &Node<'_>, place: Option<(LonLat, Crs)>) -> Option<Ground> {
    let pose = pose(node, place.map(|(p, _)| p));
    if node.has("ground_points") {
        let points = survey(node, place.map(|(_, crs)| crs))?;
        return node
            .checked("ground_points", Homography::fit(&points, place.map(|(p, _)| p)))
            .map(Ground::Homography);
    }
    match pose? {
        Some(pose) => Some(Ground::Pose(pose)),
        None => place.map(|(place, _)| Ground::Position(place)),
    }
}

fn survey(node: &Node<'_>, inherited: Option<Crs>) -> Option<Vec<SurveyPoint>> {
    let (mut points, mut whole) = (Vec::new(), true);
    for point in node.tables("ground_points") {
        let image = point.required::<(f64, f64)>("image");
        let (lon, lat) = (point.required::<f64>("lon"), point.required::<f64>("lat"));
        let crs = if point.has("crs") { point.optional::<Crs>("crs") } else { inherited };
        point.finish();
        match (image, lon, lat, crs) {
            (Some(image), Some(lon), Some(lat), Some(crs)) => {
                match on_globe(&point, "lon", LonLat { lon, lat }) {
                    Some(place) => points.push(SurveyPoint { image, place: crs.to_wgs84(place) }),
                    None => whole = false,
                }
            }
            _ => whole = false,
        }
    }
    whole.then_some(points)
}

/// The pose, when any of its keys is given; the outer `None` only after a fault.
fn pose(node: &Node<'_>, place: Option<LonLat>) -> Option<Option<Pose>> {
    const KEYS: [&str; 4] = ["height_m", "heading_deg", "pitch_deg", "fov_deg"];
    let given = KEYS.map(|key| node.has(key));
    let aspect = node.or("aspect", DEFAULT_ASPECT);
    if !given.contains(&true) {
        return Some(None);
    }
    let height = node.required::<Metres>("height_m");
    let [heading, pitch, fov] =
        ["heading_deg", "pitch_deg", "fov_deg"].map(|k| node.required::<f64>(k));
    Some(Some(Pose {
        place: place?,
        height_m: height?.0,
        heading_deg: heading?,
        pitch_deg: pitch?,
        fov_deg: fov?,
        aspect: aspect?,
    }))
}

fn zones(node: &Node<'_>, key: &'static str) -> Option<Vec<Zone>> {
    let (mut zones, mut whole) = (Vec::new(), true);
    for zone in node.tables(key) {
        let polygon = zone.required::<Vec<(f64, f64)>>("polygon");
        let classes = zone.optional::<Vec<String>>("classes");
        let classes =
            classes.map(|list| list.iter().map(|c| ClassName::from(c.as_str())).collect());
        zone.finish();
        match polygon.and_then(|corners| zone.checked("polygon", Zone::new(corners, classes))) {
            Some(made) => zones.push(made),
            None => whole = false,
        }
    }
    whole.then_some(zones)
}
