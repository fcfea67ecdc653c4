//! What a detector is opened with, and which execution provider it ended on.
//!
//! Already checked values; reading them from a file is the work of `settings`.

use std::{collections::BTreeMap, fmt, path::PathBuf, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

use super::{Accelerator, Precision, Recheck, Tiling};
use crate::base::CameraId;

/// Where the model runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// The processor; always there.
    Cpu,
    /// NVIDIA CUDA.
    Cuda,
    /// NVIDIA TensorRT.
    TensorRt,
    /// Intel OpenVINO.
    OpenVino,
}

impl Provider {
    /// Every provider that can be asked for.
    pub const ALL: [Self; 4] = [Self::Cpu, Self::Cuda, Self::TensorRt, Self::OpenVino];

    /// The name used in settings and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
            Self::TensorRt => "tensorrt",
            Self::OpenVino => "openvino",
        }
    }

    /// Whether it runs on graphics cards that are told apart by number.
    pub fn has_devices(self) -> bool {
        matches!(self, Self::Cuda | Self::TensorRt)
    }

    /// Whether it can be told to compute in `precision`; the others do as the model's file says.
    pub fn knows(self, precision: Precision) -> bool {
        match self {
            Self::Cpu | Self::Cuda => false,
            Self::TensorRt => true,
            Self::OpenVino => precision != Precision::Int8,
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A provider name nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown execution provider {0:?}: use cpu, cuda, tensorrt or openvino")]
pub struct UnknownProvider(pub String);

impl FromStr for Provider {
    type Err = UnknownProvider;

    fn from_str(text: &str) -> Result<Self, UnknownProvider> {
        Self::ALL
            .into_iter()
            .find(|p| p.as_str() == text)
            .ok_or_else(|| UnknownProvider(text.to_owned()))
    }
}

/// A provider, and on which of its devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The provider.
    pub provider: Provider,
    /// The graphics card's number; the provider's first one when not given.
    pub device: Option<u32>,
}

/// "cuda 1", or "cpu".
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.device {
            Some(device) => write!(f, "{} {device}", self.provider),
            None => write!(f, "{}", self.provider),
        }
    }
}

/// Which provider a session ended on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderUsed {
    /// What was asked for, in order.
    pub asked: Vec<Provider>,
    /// What the session runs on.
    pub used: Provider,
    /// And on which device of it.
    pub device: Option<u32>,
    /// How many places were tried before.
    pub tried: usize,
    /// Why it is not the first one asked for; `None` when it is.
    pub why: Option<String>,
}

impl ProviderUsed {
    /// Whether the first choice could not be had.
    pub fn fell_back(&self) -> bool {
        self.why.is_some()
    }

    /// Where the session runs.
    pub fn place(&self) -> Place {
        Place { provider: self.used, device: self.device }
    }
}

/// Which second look there is, if any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecondLookChoice {
    /// None.
    Off,
    /// The one that comes with the program, for models whose card says that they were measured with it.
    Bundled,
    /// That of a card, for whatever model knows its classes.
    Card(PathBuf),
}

/// How detectors are opened and fed.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The model card, `models/NAME/model.toml`.
    pub card: PathBuf,
    /// A second look at what the model sees.
    pub second_look: SecondLookChoice,
    /// Providers to try in order; the processor is the last resort even when not listed.
    pub providers: Vec<Provider>,
    /// How many of the places that follow from `providers` are passed over: they failed.
    pub given_up: usize,
    /// What only some providers know.
    pub accelerator: Accelerator,
    /// Sessions, each with its own owner thread.
    pub sessions: usize,
    /// Threads inside one session; 0 lets the library choose.
    pub threads: usize,
    /// Most frames in one batch.
    pub max_batch: usize,
    /// Longest the oldest frame of a forming batch waits.
    pub max_wait: Duration,
    /// Into how many tiles a frame is cut, besides the whole.
    pub tiles: Tiling,
    /// Cameras whose frames are cut otherwise.
    pub camera_tiles: BTreeMap<CameraId, Tiling>,
    /// How often a camera that shows nothing new is looked at.
    pub recheck: Recheck,
    /// Cameras of which that is not so.
    pub camera_recheck: BTreeMap<CameraId, Recheck>,
    /// The ONNX Runtime shared library; searched for when not given (see [`super::library`]).
    pub library: Option<PathBuf>,
}

/// Sessions opened on the processor without being asked for: each has memory of its own.
const MOST_SESSIONS: usize = 4;
/// Frames looked at together without being asked for: on the processor alone a frame costs no less in a
/// larger batch, which only takes more memory.
const BATCH_ON_PROCESSOR: usize = 2;
const BATCH_ELSEWHERE: usize = 8;

impl Options {
    /// Sessions and threads, where they are not given. On the processor alone a session a core, up to four,
    /// which share the cores: two sessions with one thread take less of two cores for a frame than one with
    /// two. Else one session, whose threads the library chooses. So does a session with 0 threads, which is
    /// the only one then: it takes every core.
    pub fn share(&mut self, cores: usize, sessions: Option<usize>, threads: Option<usize>) {
        let alone = self.is_on_processor_alone();
        let usual = match threads {
            Some(0) => 1,
            each if alone => (cores / each.unwrap_or(1)).clamp(1, MOST_SESSIONS),
            _ => 1,
        };
        self.sessions = sessions.unwrap_or(usual).max(1);
        let each = if alone { (cores / self.sessions).max(1) } else { 0 };
        self.threads = threads.unwrap_or(each);
    }

    /// The most frames looked at together, where it is not given.
    pub fn limit_batches(&mut self, most: Option<usize>) {
        let alone = self.is_on_processor_alone();
        self.max_batch = most.unwrap_or(if alone { BATCH_ON_PROCESSOR } else { BATCH_ELSEWHERE });
    }

    fn is_on_processor_alone(&self) -> bool {
        self.providers.iter().all(|p| *p == Provider::Cpu)
    }

    /// One CPU session with batches of up to 8 frames, closed after 100 ms.
    pub fn for_card(card: impl Into<PathBuf>) -> Self {
        Self {
            card: card.into(),
            second_look: SecondLookChoice::Off,
            providers: vec![Provider::Cpu],
            given_up: 0,
            accelerator: Accelerator::default(),
            sessions: 1,
            threads: 0,
            max_batch: BATCH_ELSEWHERE,
            max_wait: Duration::from_millis(100),
            tiles: Tiling::WHOLE,
            camera_tiles: BTreeMap::new(),
            recheck: Recheck::default(),
            camera_recheck: BTreeMap::new(),
            library: None,
        }
    }

    /// Where to open a session, in order: every provider on each of its devices, and the processor as the
    /// last resort even when it was not asked for.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        let last_resort = (!self.providers.contains(&Provider::Cpu)).then_some(Provider::Cpu);
        let on = |provider: Provider| {
            let numbered = self.accelerator.devices.iter().map(|device| Some(*device));
            let devices: Vec<_> = numbered.filter(|_| provider.has_devices()).collect();
            let devices = if devices.is_empty() { vec![None] } else { devices };
            devices.into_iter().map(move |device| Place { provider, device })
        };
        let providers = self.providers.iter().copied().chain(last_resort);
        providers.flat_map(on).skip(self.given_up)
    }

    /// For one of several sessions: each begins with another device.
    pub fn of_session(&self, session: usize) -> Self {
        let mut own = self.clone();
        let devices = &mut own.accelerator.devices;
        if !devices.is_empty() {
            let first = session % devices.len();
            devices.rotate_left(first);
        }
        own
    }

    /// How often `camera` is looked at while it shows nothing new.
    pub fn recheck_of(&self, camera: &CameraId) -> Recheck {
        self.camera_recheck.get(camera).copied().unwrap_or(self.recheck)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(options: &Options) -> String {
        options.places().map(|place| place.to_string()).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn the_cores_are_shared_by_sessions_unless_settings_say_otherwise() {
        let shared = |cores, sessions, threads, providers: &[Provider]| {
            let mut options = Options::for_card("model.toml");
            options.providers = providers.to_vec();
            options.share(cores, sessions, threads);
            (options.sessions, options.threads)
        };
        let cpu = [Provider::Cpu];
        let none = [1, 2, 4, 16].map(|cores| shared(cores, None, None, &cpu));
        assert_eq!(none, [(1, 1), (2, 1), (4, 1), (4, 4)]);
        assert_eq!(shared(8, Some(2), None, &cpu), (2, 4));
        assert_eq!(shared(2, Some(5), None, &cpu), (5, 1));
        assert_eq!(
            [shared(8, Some(1), Some(0), &cpu), shared(8, None, Some(0), &cpu)],
            [(1, 0); 2]
        );
        assert_eq!(shared(8, None, Some(4), &cpu), (2, 4));
        assert_eq!(shared(2, None, Some(3), &cpu), (1, 3));
        assert_eq!(shared(8, None, None, &[Provider::Cuda, Provider::Cpu]), (1, 0));
    }

    #[test]
    fn batches_are_small_on_the_processor_unless_settings_say_otherwise() {
        let most = |given, providers: &[Provider]| {
            let mut options = Options::for_card("model.toml");
            options.providers = providers.to_vec();
            options.limit_batches(given);
            options.max_batch
        };
        let (cpu, cuda) = ([Provider::Cpu], [Provider::Cuda, Provider::Cpu]);
        assert_eq!([most(None, &cpu), most(None, &cuda)], [2, 8]);
        assert_eq!([most(Some(5), &cpu), most(Some(5), &cuda)], [5, 5]);
    }

    #[test]
    fn sessions_take_the_devices_in_turn_and_the_processor_comes_last() {
        let mut options = Options::for_card("model.toml");
        assert_eq!(places(&options), "cpu");
        options.providers = vec![Provider::TensorRt, Provider::OpenVino];
        assert_eq!(places(&options), "tensorrt, openvino, cpu");
        options.accelerator.devices = vec![2, 0, 1];
        let first = |session| options.of_session(session).places().next().unwrap().to_string();
        let firsts: Vec<_> = (0..4).map(first).collect();
        assert_eq!(firsts, ["tensorrt 2", "tensorrt 0", "tensorrt 1", "tensorrt 2"]);
        let second = options.of_session(1);
        assert_eq!(places(&second), "tensorrt 0, tensorrt 1, tensorrt 2, openvino, cpu");
        options.providers.insert(0, Provider::Cpu);
        options.given_up = 3;
        assert_eq!(places(&options), "tensorrt 1, openvino");
    }

    #[test]
    fn provider_names_are_read_as_they_are_written() {
        for p in Provider::ALL {
            assert_eq!(p.as_str().parse(), Ok(p));
            assert_eq!(serde_json::to_value(p).unwrap(), p.as_str());
        }
        let unknown = "coral".parse::<Provider>().unwrap_err();
        assert!(unknown.to_string().contains("coral") && unknown.to_string().contains("openvino"));
    }
}
