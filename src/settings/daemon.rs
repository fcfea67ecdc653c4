//! The tables that only the daemon reads: `[capture]`, `[data]`, `[detect]`, `[web]`, `[[channel]]`.

use std::{collections::BTreeSet, net::SocketAddr, path::Path, thread, time::Duration};

use super::reader::{Node, from_dir};
use crate::{
    capture::PoolOptions,
    detect::{
        self, Accelerator, Precision, Provider, Recheck, SecondLookChoice, Tiling,
        accelerator::openvino_device,
    },
    send::{Channel, Secret},
    store, web,
};

/// The data directory's options.
pub type DataOptions = store::Options;

const DEFAULT_MIN_FREE_MB: u64 = 500;
const UNKNOWN_PRECISION: &str = "is known to none of the providers: tensorrt has fp32, fp16 and int8, \
    openvino fp32 and fp16, the others compute as the model's file says: name a file of that precision";
const DEFAULT_MODEL: &str = "models/street-nano/model.toml";

pub(super) fn data(root: &Node<'_>, dir: &Path) -> Option<store::Options> {
    let node = root.table_or_empty("data")?;
    let folder = node.or("dir", "data".to_owned());
    let min_free = node.or("min_free_mb", DEFAULT_MIN_FREE_MB);
    node.finish();
    Some(store::Options {
        dir: from_dir(dir, &folder?),
        min_free_bytes: min_free?.saturating_mul(1_000_000),
    })
}

pub(super) fn capture(root: &Node<'_>) -> Option<PoolOptions> {
    let node = root.table_or_empty("capture")?;
    let threads = node.or("decoder_threads", 0u64);
    node.finish();
    Some(PoolOptions { threads: usize::try_from(threads?).ok()?, ..PoolOptions::default() })
}

pub(super) fn detect(root: &Node<'_>, dir: &Path) -> Option<detect::Options> {
    let node = root.table_or_empty("detect")?;
    let model = node.optional::<String>("model");
    let card = match model {
        Some(text) => from_dir(dir, &text),
        None => detect::find_card(DEFAULT_MODEL).unwrap_or_else(|| from_dir(dir, DEFAULT_MODEL)),
    };
    let mut options = detect::Options::for_card(card);
    options.second_look = match node.or("second_look", SecondLookChoice::Bundled) {
        Some(SecondLookChoice::Card(path)) => SecondLookChoice::Card(dir.join(path)),
        Some(other) => other,
        None => SecondLookChoice::Off,
    };
    let providers = node.or("providers", vec!["cpu".to_owned()]).and_then(|names| {
        let parsed: Result<Vec<Provider>, _> = names.iter().map(|n| n.parse()).collect();
        node.checked("providers", parsed)
    });
    let accelerator = accelerator(&node, dir, providers.as_deref().unwrap_or(&Provider::ALL));
    let sessions = node.optional::<u64>("sessions");
    let sessions = sessions.filter(|n| at_least_one(&node, "sessions", *n));
    let threads = node.optional::<u64>("threads");
    let max_batch = node.optional::<u64>("max_batch");
    let max_batch = max_batch.filter(|n| at_least_one(&node, "max_batch", *n));
    let max_wait = node.or("max_wait", Duration::from_millis(100));
    let tiles = node.or("tiles", Tiling::WHOLE);
    let recheck = node.or("recheck", Recheck::default());
    options.library = node.optional::<String>("library").map(|text| from_dir(dir, &text));
    node.finish();
    options.providers = providers?;
    options.accelerator = accelerator?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    options.share(cores, sessions.map(|n| n as usize), threads.map(|n| n as usize));
    options.limit_batches(max_batch.map(|n| n as usize));
    options.max_wait = max_wait?;
    options.tiles = tiles?;
    options.recheck = recheck?;
    Some(options)
}

/// What only some providers know, refused where none of `providers` does.
fn accelerator(node: &Node<'_>, dir: &Path, providers: &[Provider]) -> Option<Accelerator> {
    let has_cards = providers.iter().any(|p| p.has_devices());
    let needs_cards = |key: &'static str| {
        if !has_cards && node.has(key) {
            node.fault(key, "is for graphics cards: add cuda or tensorrt to providers");
        }
    };
    let devices = devices(node);
    let cuda_graph = node.or("cuda_graph", false);
    ["devices", "cuda_graph"].into_iter().for_each(needs_cards);
    let precision = node.made("precision", |text: String| text.parse::<Precision>());
    if precision.is_some_and(|precision| !providers.iter().any(|p| p.knows(precision))) {
        node.fault("precision", UNKNOWN_PRECISION);
    }
    let openvino = node.made("openvino_device", |text: String| openvino_device(&text));
    if openvino.is_some() && !providers.contains(&Provider::OpenVino) {
        node.fault("openvino_device", "is for openvino: add it to providers");
    }
    let engines = node.optional::<String>("engines").map(|text| from_dir(dir, &text));
    Some(Accelerator {
        devices: devices?,
        precision,
        cuda_graph: cuda_graph?,
        openvino_device: openvino,
        engines,
    })
}

/// Numbers of graphics cards, each once.
fn devices(node: &Node<'_>) -> Option<Vec<u32>> {
    let devices: Vec<u32> = node.or("devices", Vec::new())?;
    let (mut seen, mut right) = (BTreeSet::new(), true);
    if let Some(twice) = devices.iter().find(|device| !seen.insert(**device)) {
        node.fault("devices", format!("names {twice} twice: raise sessions to use a card more"));
        right = false;
    } else if devices.is_empty() && node.has("devices") {
        node.fault("devices", "names no card: leave it out for the first one");
        right = false;
    }
    right.then_some(devices)
}

fn at_least_one(node: &Node<'_>, key: &str, n: u64) -> bool {
    if n == 0 {
        node.fault(key, "must be 1 or more");
    }
    n > 0
}

pub(super) fn web(root: &Node<'_>) -> Option<web::Options> {
    let default = || "127.0.0.1:8080".to_owned();
    let (bind, token) = match root.table("web") {
        Some(node) => {
            let bind = node.or("bind", default()).and_then(|text| {
                let wrong =
                    |_| format!("{text:?} is no address and port, for example \"127.0.0.1:8080\"");
                node.checked("bind", text.parse::<SocketAddr>().map_err(wrong))
            });
            let token = node.optional::<String>("token");
            node.finish();
            (bind?, token)
        }
        None if root.has("web") => return None,
        None => (default().parse().ok()?, None),
    };
    root.checked("web.bind", web::Options { bind, token }.checked())
}

pub(super) fn channels(root: &Node<'_>, dir: &Path) -> Option<Vec<Channel>> {
    let (mut channels, mut names, mut whole) = (Vec::new(), BTreeSet::new(), true);
    for node in root.tables("channel") {
        match channel(&node, dir) {
            Some(channel) => {
                if !names.insert(channel.name().to_owned()) {
                    node.fault(
                        "name",
                        format!("{:?} is another channel's name too", channel.name()),
                    );
                }
                channels.push(channel);
            }
            None => whole = false,
        }
        node.finish();
    }
    whole.then_some(channels)
}

fn channel(node: &Node<'_>, dir: &Path) -> Option<Channel> {
    let name = node.required::<String>("name");
    match node.required::<String>("kind")?.as_str() {
        "webhook" => {
            let url = node.required::<String>("url").and_then(|text| {
                let url = url::Url::parse(&text).map_err(|e| format!("is no URL: {e}"));
                node.checked("url", url).filter(|url| {
                    let http = matches!(url.scheme(), "http" | "https");
                    if !http {
                        node.fault("url", "must be http or https");
                    }
                    http
                })
            });
            let secret = node.required::<String>("secret");
            Some(Channel::Webhook { name: name?, url: url?, secret: Secret::new(secret?) })
        }
        "geojson" => {
            let folder = node.required::<String>("dir");
            Some(Channel::GeoJsonDir { name: name?, dir: from_dir(dir, &folder?) })
        }
        other => {
            node.fault("kind", format!("{other:?} is none of webhook, geojson"));
            None
        }
    }
}
