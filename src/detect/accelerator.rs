//! What only some providers know: numbered devices, a precision, captured launches, kept engines. Plain
//! data and names; what a provider makes of it is the work of `onnx`.

use std::{
    env,
    path::{Path, PathBuf},
    str::FromStr,
};

/// What a provider computes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floats.
    Fp32,
    /// 16-bit floats.
    Fp16,
    /// 8-bit integers, for model files that hold the scales.
    Int8,
}

impl Precision {
    /// Every precision that can be asked for.
    pub const ALL: [Self; 3] = [Self::Fp32, Self::Fp16, Self::Int8];

    /// The name used in settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fp32 => "fp32",
            Self::Fp16 => "fp16",
            Self::Int8 => "int8",
        }
    }
}

/// A precision nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown precision {0:?}: use fp32, fp16 or int8")]
pub struct UnknownPrecision(pub String);

impl FromStr for Precision {
    type Err = UnknownPrecision;

    fn from_str(text: &str) -> Result<Self, UnknownPrecision> {
        let named = Self::ALL.into_iter().find(|p| p.as_str() == text);
        named.ok_or_else(|| UnknownPrecision(text.to_owned()))
    }
}

/// What only some providers know; those that do not pass over it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accelerator {
    /// Numbers of the graphics cards that sessions take in turn; the first one when empty.
    pub devices: Vec<u32>,
    /// What to compute in; as the model's file says when not given.
    pub precision: Option<Precision>,
    /// Whether CUDA captures a batch's launches once and repeats them. Every batch then has the largest
    /// size, with blank pictures where frames are missing.
    pub cuda_graph: bool,
    /// OpenVINO's name of a device, such as "GPU.0".
    pub openvino_device: Option<String>,
    /// Where TensorRT keeps the engines it built; in the user's cache when not given.
    pub engines: Option<PathBuf>,
}

/// A text that names no device of OpenVINO's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no device of OpenVINO's: use CPU, GPU, NPU, one of several as in GPU.0, or AUTO:GPU,CPU"
)]
pub struct NoOpenVinoDevice(pub String);

/// The name as it was given.
///
/// # Errors
/// [`NoOpenVinoDevice`].
pub fn openvino_device(name: &str) -> Result<String, NoOpenVinoDevice> {
    let one = |device: &str| {
        let (kind, number) = device.split_once('.').unwrap_or((device, "0"));
        matches!(kind, "CPU" | "GPU" | "NPU") && number.parse::<u8>().is_ok()
    };
    let several = name.split_once(':').is_some_and(|(how, devices)| {
        matches!(how, "AUTO" | "HETERO" | "MULTI") && devices.split(',').all(one)
    });
    if several || one(name) || name == "AUTO" {
        return Ok(name.to_owned());
    }
    Err(NoOpenVinoDevice(name.to_owned()))
}

/// The folder below `engines` for a model on a card: an engine is good for one model, one kind of card
/// and one version of the runtime, and for none other.
pub fn engine_folder(engines: &Path, model_sha256: &str, card: &str, runtime: &str) -> PathBuf {
    let plain = |text: &str| {
        let keep = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
        text.chars().map(keep).collect::<String>().to_lowercase()
    };
    engines.join(plain(model_sha256)).join(format!("{}_{}", plain(card), plain(runtime)))
}

/// What to call the card with this number. The numbers the driver's files go by need not be those that
/// CUDA counts by, so the number is part of it where the cards are not alike.
pub fn card_name(models: &[String], device: u32) -> String {
    match models {
        [] => format!("card-{device}"),
        [first, others @ ..] if others.iter().all(|other| other == first) => first.clone(),
        several => format!("{}-{device}", several.join("-")),
    }
}

/// The models of the machine's NVIDIA cards, as the driver names them.
pub fn nvidia_models() -> Vec<String> {
    let Ok(cards) = std::fs::read_dir("/proc/driver/nvidia/gpus") else { return Vec::new() };
    let text = |card: std::fs::DirEntry| std::fs::read_to_string(card.path().join("information"));
    let mut models: Vec<_> =
        cards.flatten().filter_map(|card| model_in(&text(card).ok()?)).collect();
    models.sort();
    models
}

/// The line that says "Model:  NVIDIA L4".
fn model_in(information: &str) -> Option<String> {
    let model = information.lines().find_map(|line| line.strip_prefix("Model:"))?.trim();
    (!model.is_empty()).then(|| model.to_owned())
}

/// Where engines are kept when nobody says: the user's cache.
pub fn usual_engines() -> PathBuf {
    let folder = |name| env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let cache = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")));
    cache.unwrap_or_else(env::temp_dir).join("streetwarden/engines")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_names_are_read_as_they_are_written() {
        for p in Precision::ALL {
            assert_eq!(p.as_str().parse(), Ok(p));
        }
        let unknown = "fp12".parse::<Precision>().unwrap_err().to_string();
        assert!(unknown.contains("fp12") && unknown.contains("int8"), "{unknown}");
    }

    #[test]
    fn openvinos_devices_are_told_from_other_words() {
        for good in ["CPU", "GPU", "NPU", "GPU.1", "AUTO", "AUTO:GPU,CPU", "HETERO:NPU,GPU.0"] {
            assert_eq!(openvino_device(good).as_deref(), Ok(good));
        }
        for wrong in ["", "gpu", "GPU.x", "GPU,CPU", "AUTO:", "HETERO:TPU", "CUDA"] {
            let error = openvino_device(wrong).unwrap_err().to_string();
            assert!(error.contains(&format!("{wrong:?}")) && error.contains("GPU.0"), "{error}");
        }
    }

    #[test]
    fn an_engine_is_kept_by_model_card_and_runtime() {
        let folder = |model: &str, card: &str, runtime: &str| {
            engine_folder(Path::new("e"), model, card, runtime)
        };
        let one = folder("ab12", "NVIDIA L4", "1.32.0");
        assert_eq!(one, Path::new("e/ab12/nvidia-l4_1.32.0"));
        for other in [
            folder("ab13", "NVIDIA L4", "1.32.0"),
            folder("ab12", "NVIDIA L40", "1.32.0"),
            folder("ab12", "NVIDIA L4", "1.33.0"),
        ] {
            assert_ne!(one, other);
        }
        let sly = folder("../..", "../etc", "a/b");
        assert!(sly.starts_with("e") && sly.components().count() == 3, "{sly:?}");
    }

    #[test]
    fn cards_of_one_kind_share_a_name_and_others_do_not() {
        let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let alike = names(&["L4", "L4"]);
        assert_eq!(card_name(&alike, 0), card_name(&alike, 1));
        let mixed = names(&["L4", "T4"]);
        assert_ne!(card_name(&mixed, 0), card_name(&mixed, 1));
        assert_eq!(card_name(&[], 3), "card-3");
        assert_eq!(model_in("Model: \t\t NVIDIA L4\nIRQ:   70\n").as_deref(), Some("NVIDIA L4"));
        assert_eq!(model_in("Model:\n"), None);
    }
}
