//! The model card, `models/NAME/model.toml`: what the model file expects and gives, checked.
//!
//! Sections that describe how the model was made (`training`, `data`, `scores`) are free-form;
//! everything that changes how pixels and numbers are read is strict. A card is only handed out when
//! the model file beside it has the hash the card names.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use serde::{Deserialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::nested::Nested;
use crate::base::ClassName;

pub(super) mod raw;

/// A card that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CardError {
    /// The card or its model cannot be read.
    #[error("{what} {path} cannot be read: {source}; name another by {named_by}", path = .path.display())]
    Unreadable {
        /// "model card" or "model".
        what: &'static str,
        /// What names cards of this kind.
        named_by: NamedBy,
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The card is no TOML of the known form.
    #[error("model card {path}: {reason}", path = .path.display())]
    Syntax {
        /// Which card.
        path: PathBuf,
        /// Where and why.
        reason: String,
    },
    /// A card of one kind where the other is expected.
    #[error(
        "model card {path} is a {found}'s, a {asked}'s is needed here: name it by {named_by}",
        path = .path.display()
    )]
    Kind {
        /// Which card.
        path: PathBuf,
        /// What it is the card of.
        found: String,
        /// What it should be the card of.
        asked: &'static str,
        /// What names cards of the kind it is.
        named_by: NamedBy,
    },
    /// A second look for classes that the detector does not report.
    #[error(
        "second look {name} looks at {unknown}, which model {model} does not know; it knows {known}: \
         name a second look that was made for this model by {SECOND_LOOK}, or none: second_look = \"off\", \
         --no-second-look"
    )]
    Classes {
        /// The second look's name.
        name: String,
        /// The detector's name.
        model: String,
        /// The classes it does not know, comma-separated.
        unknown: String,
        /// Those it knows.
        known: String,
    },
    /// The card contradicts itself; every fault at once.
    #[error("model card {path}: {}", .faults.join("; "), path = .path.display())]
    Faults {
        /// Which card.
        path: PathBuf,
        /// Each names its key and the remedy.
        faults: Vec<String>,
    },
    /// The model file is not the one the card was written for.
    #[error(
        "model {file} has sha256 {found}, its card says {asked}: restore the model or write a new \
         card for it", file = .file.display()
    )]
    Hash {
        /// The model file.
        file: PathBuf,
        /// What the card names.
        asked: String,
        /// What the file has.
        found: String,
    },
}

/// The setting and the flag that name a card.
pub type NamedBy = &'static str;

/// What names a detector's card.
pub(super) const MODEL: NamedBy = "[detect] model, or by --model";
/// What names a second look's card.
pub(super) const SECOND_LOOK: NamedBy = "[detect] second_look, or by --second-look";

/// The `kind` in the card of a second look; a detector's has none.
pub(super) const SECOND_LOOK_KIND: &str = "second look";

/// Element type of the input tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dtype {
    /// Bytes as they are.
    U8,
    /// 32-bit floats: `(byte * scale - mean) / std`.
    F32,
}

/// Order of the input tensor's axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// Batch, channel, row, column.
    Nchw,
    /// Batch, row, column, channel.
    Nhwc,
}

/// Order of the channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Colour {
    /// Red first.
    Rgb,
    /// Blue first.
    Bgr,
}

/// Where the fitted picture is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// In the middle.
    Centre,
    /// In the upper left corner.
    TopLeft,
}

/// The model's input.
#[derive(Clone, Debug, PartialEq)]
pub struct InputSpec {
    /// The tensor's name.
    pub name: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Element type.
    pub dtype: Dtype,
    /// Axis order.
    pub layout: Layout,
    /// Channel order.
    pub colour: Colour,
    /// Factor on a byte, before `mean`.
    pub scale: f32,
    /// Subtracted per channel, in the model's channel order.
    pub mean: [f32; 3],
    /// Divided by per channel, in the model's channel order.
    pub std: [f32; 3],
    /// The byte around the picture.
    pub pad_value: u8,
    /// Where the picture lies.
    pub letterbox: Placement,
}

impl InputSpec {
    /// What holds a picture as people and other programs read it: bytes of R G B, pixel by pixel.
    pub fn picture(width: u32, height: u32) -> Self {
        Self {
            name: "picture".to_owned(),
            width,
            height,
            dtype: Dtype::U8,
            layout: Layout::Nhwc,
            colour: Colour::Rgb,
            scale: 1.0,
            mean: [0.0; 3],
            std: [1.0; 3],
            pad_value: 0,
            letterbox: Placement::Centre,
        }
    }

    /// Values one picture takes.
    pub fn len(&self) -> usize {
        self.width as usize * self.height as usize * 3
    }

    /// Never, once checked.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// How the output is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DecoderKind {
    /// `[N, cells, 4 + 1 + classes]`, offsets to cells, objectness.
    Yolox,
    /// `[N, cells, classes + 4 * (reg_max + 1)]`, distances as distributions.
    Nanodet,
    /// `[N, 4 + classes, cells]`, centre and size in pixels.
    Yolov8,
    /// Two outputs, `[N, queries, classes]` and `[N, queries, 4]` in fractions.
    Detr,
}

/// What still has to be done to a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    /// It is a probability already.
    None,
    /// Logistic function.
    Sigmoid,
    /// Softmax over the classes and one more, "nothing", at the end.
    Softmax,
}

/// The model's output.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputSpec {
    /// The tensor's name; for `detr` the one with the class scores.
    pub name: String,
    /// For `detr`: the tensor with the boxes.
    pub boxes: Option<String>,
    /// How to read it.
    pub decoder: DecoderKind,
    /// Pixels a cell, finest first (not for `detr`).
    pub strides: Vec<u32>,
    /// For `nanodet`: the highest distance of the distribution, in cells.
    pub reg_max: usize,
    /// For `nanodet`: where in a cell its centre is, in cells (0 for NanoDet-Plus, 0.5 before).
    pub cell_offset: f32,
    /// What is still to be done to scores.
    pub activation: Activation,
}

/// One class the model knows.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassSpec {
    /// Its name.
    pub name: ClassName,
    /// Scores below are weak, and not reported unless they are asked for ([`ModelCard::with_weak_from`]).
    pub threshold: f32,
}

/// What the model's file costs in its first shape, as it was counted when it was made. See `models/train/train/cost.py`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// Products of a picture.
    pub multiply_adds: u64,
    /// Bytes that a picture moves where nothing is fused: every tensor written once and read once by
    /// each that takes it.
    pub activation_bytes: u64,
    /// Bytes of weights, which a batch reads once.
    pub weight_bytes: u64,
}

/// A checked card with its model file beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelCard {
    name: String,
    version: String,
    licence: String,
    file: PathBuf,
    sha256: String,
    inputs: Vec<InputSpec>,
    output: OutputSpec,
    classes: Vec<ClassSpec>,
    nms_iou: f32,
    nested: Option<Nested>,
    weak_from: f32,
    second_look: Option<String>,
    cost: Option<Cost>,
}

impl ModelCard {
    /// Reads the card at `path` and checks it and the hash of the model file beside it.
    ///
    /// # Errors
    /// [`CardError`]: unreadable, of an unknown form, contradictory, or of another model file.
    pub fn load(path: &Path) -> Result<Self, CardError> {
        let card = Self::parse(&read(path, MODEL)?, path)?;
        check_hash(&card.file, &card.sha256, MODEL)?;
        Ok(card)
    }

    /// Reads a card's text; `path` says where its model file is looked for. The file is not touched.
    ///
    /// # Errors
    /// [`CardError::Syntax`] and [`CardError::Faults`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, CardError> {
        match kind_of(text, path)? {
            None => {}
            Some(kind) if kind == SECOND_LOOK_KIND => {
                return Err(CardError::Kind {
                    path: path.to_owned(),
                    found: kind,
                    asked: "detector",
                    named_by: SECOND_LOOK,
                });
            }
            Some(kind) => return Err(unknown_kind(path, &kind)),
        }
        let raw: raw::Card = parsed(text, path)?;
        raw.check(path).map_err(|faults| CardError::Faults { path: path.to_owned(), faults })
    }

    /// The model's name, as recorded with evidence.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The model's version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The licence of the weights.
    pub fn licence(&self) -> &str {
        &self.licence
    }

    /// The .onnx file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The file's SHA-256, lower-case hex.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The input in the shape that the model is meant for.
    pub fn input(&self) -> &InputSpec {
        &self.inputs[0]
    }

    /// The input in every shape that it may have, [`Self::input`] first; all else is the same in each.
    pub fn inputs(&self) -> &[InputSpec] {
        &self.inputs
    }

    /// The output.
    pub fn output(&self) -> &OutputSpec {
        &self.output
    }

    /// The classes, in the order of the model's scores.
    pub fn classes(&self) -> &[ClassSpec] {
        &self.classes
    }

    /// Boxes of a class that overlap by more are one thing.
    pub fn nms_iou(&self) -> f32 {
        self.nms_iou
    }

    /// What is done about boxes in surer ones of their class, where anything is.
    pub fn nested(&self) -> Option<&Nested> {
        self.nested.as_ref()
    }

    /// SHA-256 of the second look that the thresholds were chosen with, lower-case hex, where there was one.
    pub fn second_look(&self) -> Option<&str> {
        self.second_look.as_deref()
    }

    /// What a picture costs, where the card tells.
    pub fn cost(&self) -> Option<Cost> {
        self.cost
    }

    /// From this score on weak boxes are reported too.
    pub fn weak_from(&self) -> f32 {
        self.weak_from
    }

    /// The same card with weak boxes reported from this score on.
    pub fn with_weak_from(self, weak_from: f32) -> Self {
        Self { weak_from, ..self }
    }

    /// The same card with one threshold for every class; scoring a model needs its weak guesses too.
    pub fn with_threshold(mut self, threshold: f32) -> Self {
        for class in &mut self.classes {
            class.threshold = threshold;
        }
        self
    }
}

/// A card's text.
pub(super) fn read(path: &Path, named_by: NamedBy) -> Result<String, CardError> {
    fs::read_to_string(path).map_err(|source| CardError::Unreadable {
        what: "model card",
        named_by,
        path: path.to_owned(),
        source,
    })
}

/// A card's text taken apart.
pub(super) fn parsed<T: DeserializeOwned>(text: &str, path: &Path) -> Result<T, CardError> {
    toml::from_str(text).map_err(|e| CardError::Syntax {
        path: path.to_owned(),
        reason: e.to_string().trim_end().to_owned(),
    })
}

/// What a card says it is the card of; nothing for a detector's.
pub(super) fn kind_of(text: &str, path: &Path) -> Result<Option<String>, CardError> {
    #[derive(Deserialize)]
    struct Kind {
        kind: Option<String>,
    }
    parsed::<Kind>(text, path).map(|card| card.kind)
}

/// A `kind` that no version knows.
pub(super) fn unknown_kind(path: &Path, kind: &str) -> CardError {
    let fault = format!("kind {kind:?} is unknown: {SECOND_LOOK_KIND:?}, or none for a detector");
    CardError::Faults { path: path.to_owned(), faults: vec![fault] }
}

/// Checks that `file` is the one its card was written for.
pub(super) fn check_hash(file: &Path, asked: &str, named_by: NamedBy) -> Result<(), CardError> {
    let path = file.to_owned();
    match sha256_of(file) {
        Ok(found) if found == asked => Ok(()),
        Ok(found) => Err(CardError::Hash { file: path, asked: asked.to_owned(), found }),
        Err(source) => Err(CardError::Unreadable { what: "model", named_by, path, source }),
    }
}

fn sha256_of(path: &Path) -> std::io::Result<String> {
    let mut file = fs::File::open(path)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; 1 << 16];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(hex::encode(hash.finalize())),
            n => hash.update(&block[..n]),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
