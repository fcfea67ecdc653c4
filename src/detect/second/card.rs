//! The card of a second look, `models/NAME/model.toml` with `kind = "second look"`: what its model file
//! expects and gives, checked as strictly as a detector's card, and the hash as well.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{
    base::ClassName,
    detect::{
        CardError, ModelCard,
        card::{
            Colour, Dtype, InputSpec, Layout, MODEL, Placement, SECOND_LOOK, SECOND_LOOK_KIND,
            check_hash, kind_of, parsed,
            raw::{check_file, check_input, check_names, grey, one, ones},
            read, unknown_kind,
        },
    },
};

/// A margin below leaves out parts of the box, one above shows mostly the neighbours.
const MARGINS: std::ops::RangeInclusive<f64> = 1.0..=10.0;

/// A checked card with its model file beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct SecondCard {
    name: String,
    version: String,
    licence: String,
    file: PathBuf,
    sha256: String,
    input: InputSpec,
    kinds: Option<String>,
    margin: f64,
    output: String,
    add: Option<String>,
    place: Option<PlaceOutputs>,
    classes: Vec<ClassName>,
}

/// Names of the outputs that say where a thing is and how far its box is moved there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceOutputs {
    /// `[N, classes, 4]`: left, top, right and bottom in shares of the cut-out.
    pub corners: String,
    /// `[N, classes]`: what share of the way from the detector's box, in [0, 1].
    pub pull: String,
}

impl SecondCard {
    /// Reads the card at `path` and checks it and the hash of the model file beside it.
    ///
    /// # Errors
    /// [`CardError`]: unreadable, of another kind or form, contradictory, or of another model file.
    pub fn load(path: &Path) -> Result<Self, CardError> {
        let card = Self::parse(&read(path, SECOND_LOOK)?, path)?;
        check_hash(&card.file, &card.sha256, SECOND_LOOK)?;
        Ok(card)
    }

    /// Reads a card's text; `path` says where its model file is looked for. The file is not touched.
    ///
    /// # Errors
    /// [`CardError::Kind`], [`CardError::Syntax`] and [`CardError::Faults`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, CardError> {
        match kind_of(text, path)? {
            Some(kind) if kind == SECOND_LOOK_KIND => {}
            Some(kind) => return Err(unknown_kind(path, &kind)),
            None => {
                return Err(CardError::Kind {
                    path: path.to_owned(),
                    found: "detector".to_owned(),
                    asked: SECOND_LOOK_KIND,
                    named_by: MODEL,
                });
            }
        }
        let raw: Card = parsed(text, path)?;
        raw.check(path).map_err(|faults| CardError::Faults { path: path.to_owned(), faults })
    }

    /// Checks that `detector` reports every class that is looked at a second time.
    ///
    /// # Errors
    /// [`CardError::Classes`] with those it does not.
    pub fn fit(&self, detector: &ModelCard) -> Result<(), CardError> {
        let is_known = |class: &&ClassName| detector.classes().iter().any(|c| c.name == **class);
        let unknown: Vec<_> = self.classes.iter().filter(|c| !is_known(c)).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let known: Vec<_> = detector.classes().iter().map(|c| c.name.as_str()).collect();
        let unknown: Vec<_> = unknown.into_iter().map(ClassName::as_str).collect();
        Err(CardError::Classes {
            name: self.name.clone(),
            model: detector.name().to_owned(),
            unknown: unknown.join(", "),
            known: known.join(", "),
        })
    }

    /// Whether the thresholds of `detector` were chosen with this one.
    pub fn is_of(&self, detector: &ModelCard) -> bool {
        detector.second_look() == Some(&self.sha256)
    }

    /// The model's name.
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

    /// The input: cut-outs, as wide as high.
    pub fn input(&self) -> &InputSpec {
        &self.input
    }

    /// Name of a second input, where there is one: `[N]`, i64, the number of the class that each cut-out is of.
    /// Of the others the model need say nothing then.
    pub fn kinds(&self) -> Option<&str> {
        self.kinds.as_deref()
    }

    /// Side of the square cut-out, in longer sides of the box.
    pub fn margin(&self) -> f64 {
        self.margin
    }

    /// Name of the output: `[N, classes]`, what the detector's score is multiplied by, in [0, 1].
    pub fn output(&self) -> &str {
        &self.output
    }

    /// Name of a second output of the same shape: what is added to the score then, so that both are
    /// at most 1 together.
    pub fn add(&self) -> Option<&str> {
        self.add.as_deref()
    }

    /// Outputs that move a box, where there are any.
    pub fn place(&self) -> Option<&PlaceOutputs> {
        self.place.as_ref()
    }

    /// The classes looked at a second time, in the order of the output.
    pub fn classes(&self) -> &[ClassName] {
        &self.classes
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Card {
    name: String,
    version: String,
    file: String,
    sha256: String,
    licence: String,
    #[serde(rename = "kind")]
    _kind: String,
    input: Input,
    output: Output,
    #[serde(default)]
    class: Vec<Class>,
    // how it was made and how good it is: for people, free-form
    #[serde(rename = "training")]
    _training: Option<toml::Value>,
    #[serde(rename = "data")]
    _data: Option<toml::Value>,
    #[serde(rename = "scores")]
    _scores: Option<toml::Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    name: String,
    width: u32,
    height: u32,
    dtype: Dtype,
    layout: Layout,
    colour: Colour,
    #[serde(default = "one")]
    scale: f32,
    #[serde(default)]
    mean: [f32; 3],
    #[serde(default = "ones")]
    std: [f32; 3],
    #[serde(default = "grey")]
    pad_value: u8,
    kinds: Option<String>,
    margin: f64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Output {
    name: String,
    add: Option<String>,
    place: Option<String>,
    pull: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Class {
    name: String,
}

impl Card {
    /// The checked card, or every fault.
    fn check(self, path: &Path) -> Result<SecondCard, Vec<String>> {
        let mut faults = Vec::new();
        check_file([&self.name, &self.licence], &self.file, &self.sha256, &mut faults);
        let margin = self.input.margin;
        let kinds = self.input.kinds.clone();
        let input = InputSpec::from(self.input);
        if kinds.as_ref() == Some(&input.name) {
            faults.push(format!(
                "input.kinds is {0:?}, as input.name is: it is an input of its own",
                input.name
            ));
        }
        check_input(&input, &mut faults);
        if input.width != input.height {
            let (w, h) = (input.width, input.height);
            faults.push(format!("input is {w}x{h}: a cut-out is a square, make both the same"));
        }
        if !MARGINS.contains(&margin) {
            let (least, most) = (MARGINS.start(), MARGINS.end());
            faults.push(format!("input.margin {margin} must be {least} to {most}"));
        }
        let place = match (self.output.place, self.output.pull) {
            (Some(corners), Some(pull)) => Some(PlaceOutputs { corners, pull }),
            (None, None) => None,
            _ => {
                faults
                    .push("output.place and output.pull go together: give both or neither".into());
                None
            }
        };
        check_names(self.class.iter().map(|c| c.name.as_str()), &mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        Ok(SecondCard {
            file: folder.join(&self.file),
            name: self.name,
            version: self.version,
            licence: self.licence,
            sha256: self.sha256.to_ascii_lowercase(),
            input,
            kinds,
            margin,
            output: self.output.name,
            add: self.output.add,
            place,
            classes: self.class.into_iter().map(|c| c.name.as_str().into()).collect(),
        })
    }
}

impl From<Input> for InputSpec {
    fn from(i: Input) -> Self {
        Self {
            name: i.name,
            width: i.width,
            height: i.height,
            dtype: i.dtype,
            layout: i.layout,
            colour: i.colour,
            scale: i.scale,
            mean: i.mean,
            std: i.std,
            pad_value: i.pad_value,
            // a cut-out fills it whole
            letterbox: Placement::Centre,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
