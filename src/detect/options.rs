//! What a detector is opened with, and which execution provider it ended on.
//!
//! Already checked values; reading them from a file is the work of `settings`.

use std::{collections::BTreeMap, fmt, path::PathBuf, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

use super::{Recheck, Tiling};
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

/// Which provider a session ended on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderUsed {
    /// What was asked for, in order.
    pub asked: Vec<Provider>,
    /// What the session runs on.
    pub used: Provider,
    /// Why it is not the first one asked for; `None` when it is.
    pub why: Option<String>,
}

impl ProviderUsed {
    /// Whether the first choice could not be had.
    pub fn fell_back(&self) -> bool {
        self.why.is_some()
    }
}

/// How detectors are opened and fed.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The model card, `models/NAME/model.toml`.
    pub card: PathBuf,
    /// Providers to try in order; the processor is the last resort even when not listed.
    pub providers: Vec<Provider>,
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

impl Options {
    /// One CPU session with batches of up to 8 frames, closed after 100 ms.
    pub fn for_card(card: impl Into<PathBuf>) -> Self {
        Self {
            card: card.into(),
            providers: vec![Provider::Cpu],
            sessions: 1,
            threads: 0,
            max_batch: 8,
            max_wait: Duration::from_millis(100),
            tiles: Tiling::WHOLE,
            camera_tiles: BTreeMap::new(),
            recheck: Recheck::default(),
            camera_recheck: BTreeMap::new(),
            library: None,
        }
    }

    /// How often `camera` is looked at while it shows nothing new.
    pub fn recheck_of(&self, camera: &CameraId) -> Recheck {
        self.camera_recheck.get(camera).copied().unwrap_or(self.recheck)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
