//! The card as it is written in TOML, and its checks. Not used beyond reading.

use std::{collections::BTreeSet, path::Path};

use serde::Deserialize;

use super::{
    Activation, ClassSpec, Colour, Cost, DecoderKind, Dtype, InputSpec, Layout, ModelCard,
    OutputSpec, Placement,
};
use crate::detect::nested::Nested;

/// Larger inputs are a typing error: a batch of them would not fit anywhere.
const LARGEST_SIDE: u32 = 8192;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Card {
    name: String,
    version: String,
    file: String,
    sha256: String,
    licence: String,
    input: Input,
    output: Output,
    #[serde(default)]
    class: Vec<Class>,
    nms: Option<Nms>,
    second_look: Option<Measured>,
    cost: Option<Cost>,
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
    #[serde(default)]
    shapes: Vec<[u32; 2]>,
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
    letterbox: Placement,
}

pub(in crate::detect) fn one() -> f32 {
    1.0
}

pub(in crate::detect) fn ones() -> [f32; 3] {
    [1.0; 3]
}

pub(in crate::detect) fn grey() -> u8 {
    114
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Output {
    name: String,
    boxes: Option<String>,
    decoder: DecoderKind,
    #[serde(default)]
    strides: Vec<u32>,
    reg_max: Option<usize>,
    cell_offset: Option<f32>,
    activation: Option<Activation>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Class {
    name: String,
    threshold: f32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nms {
    iou: f32,
    nested: Option<Doubt>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Doubt {
    inside: f32,
    keep: f32,
    classes: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Measured {
    // for people
    #[serde(rename = "name")]
    _name: String,
    sha256: String,
}

impl Doubt {
    fn check(&self, classes: &[Class], faults: &mut Vec<String>) -> Nested {
        for (key, value) in [("inside", self.inside), ("keep", self.keep)] {
            if !(value > 0.0 && value < 1.0) {
                faults.push(format!("nms.nested.{key} {value} must be above 0 and below 1"));
            }
        }
        for name in &self.classes {
            if !classes.iter().any(|class| class.name == *name) {
                faults.push(format!("nms.nested.classes: {name:?} is no [[class]] of this card"));
            }
        }
        let classes = self.classes.iter().map(|name| name.as_str().into()).collect();
        Nested { inside: self.inside, keep: self.keep, classes }
    }
}

impl Card {
    /// The checked card, or every fault.
    pub fn check(self, path: &Path) -> Result<ModelCard, Vec<String>> {
        let mut faults = Vec::new();
        check_file([&self.name, &self.licence], &self.file, &self.sha256, &mut faults);
        let nms_iou = self.nms_iou(&mut faults);
        let doubt = self.nms.as_ref().and_then(|nms| nms.nested.as_ref());
        let nested = doubt.map(|doubt| doubt.check(&self.class, &mut faults));
        if let Some(second) = &self.second_look {
            check_hash_text("second_look.sha256", &second.sha256, &mut faults);
        }
        let inputs = self.input.in_every_shape();
        check_input(&inputs[0], &mut faults);
        check_shapes(&inputs, &mut faults);
        self.output.check(&inputs, &mut faults);
        check_classes(&self.class, &mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        Ok(ModelCard {
            file: folder.join(&self.file),
            name: self.name,
            version: self.version,
            licence: self.licence,
            sha256: self.sha256.to_ascii_lowercase(),
            inputs,
            output: self.output.into(),
            classes: self
                .class
                .into_iter()
                .map(|c| ClassSpec { name: c.name.as_str().into(), threshold: c.threshold })
                .collect(),
            nms_iou,
            nested,
            weak_from: 1.0,
            second_look: self.second_look.map(|second| second.sha256.to_ascii_lowercase()),
            cost: self.cost,
        })
    }

    fn nms_iou(&self, faults: &mut Vec<String>) -> f32 {
        match &self.nms {
            Some(nms) if nms.iou > 0.0 && nms.iou <= 1.0 => nms.iou,
            Some(nms) => {
                faults.push(format!("nms.iou {} must be above 0 and at most 1", nms.iou));
                nms.iou
            }
            // set prediction gives each thing once; nothing overlaps by more than 1
            None if self.output.decoder == DecoderKind::Detr => 1.0,
            None => {
                faults.push("[nms] is missing: give iou, for example 0.5".to_owned());
                1.0
            }
        }
    }
}

/// `named` are name and licence.
pub(in crate::detect) fn check_file(
    named: [&str; 2],
    file: &str,
    sha256: &str,
    faults: &mut Vec<String>,
) {
    for (key, text) in ["name", "licence"].into_iter().zip(named) {
        if text.trim().is_empty() {
            faults.push(format!("{key} is empty: write it down"));
        }
    }
    if Path::new(file).file_name().is_none_or(|n| n != file) {
        faults.push(format!("file {file:?} must be a plain name beside the card"));
    }
    check_hash_text("sha256", sha256, faults);
}

fn check_hash_text(key: &str, sha256: &str, faults: &mut Vec<String>) {
    if sha256.len() != 64 || !sha256.bytes().all(|b| b.is_ascii_hexdigit()) {
        faults.push(format!("{key} {sha256:?} is no hash of 64 hex digits"));
    }
}

/// The shapes beside the first.
fn check_shapes(inputs: &[InputSpec], faults: &mut Vec<String>) {
    for (index, input) in inputs.iter().enumerate().skip(1) {
        let (w, h) = (input.width, input.height);
        if inputs[..index].iter().any(|other| (other.width, other.height) == (w, h)) {
            faults.push(format!("input.shapes lists {w}x{h}, which is there already"));
        }
        if [w, h].iter().any(|side| !(1..=LARGEST_SIDE).contains(side)) {
            faults.push(format!("input.shapes: {w}x{h} must be 1 to {LARGEST_SIDE} pixels a side"));
        }
    }
}

pub(in crate::detect) fn check_input(input: &InputSpec, faults: &mut Vec<String>) {
    for (key, side) in [("width", input.width), ("height", input.height)] {
        if !(1..=LARGEST_SIDE).contains(&side) {
            faults.push(format!("input.{key} {side} must be 1 to {LARGEST_SIDE} pixels"));
        }
    }
    let numbers = input.mean.iter().chain(&input.std).chain([&input.scale]);
    if numbers.into_iter().any(|v| !v.is_finite()) || input.std.contains(&0.0) {
        faults.push("input.scale, mean and std must be numbers, std not 0".to_owned());
    }
    let plain = input.scale == 1.0 && input.mean == [0.0; 3] && input.std == [1.0; 3];
    if input.dtype == Dtype::U8 && !plain {
        faults.push(
            "input.dtype \"u8\" takes bytes as they are: scale 1, mean 0, std 1, or use \"f32\""
                .to_owned(),
        );
    }
}

/// The classes' names, of which one may stand for one class only.
pub(in crate::detect) fn check_names<'a>(
    names: impl Iterator<Item = &'a str>,
    faults: &mut Vec<String>,
) {
    let mut seen = BTreeSet::new();
    for name in names {
        if name.trim().is_empty() {
            faults.push("a [[class]] has no name".to_owned());
        } else if !seen.insert(name) {
            faults.push(format!("class {name:?} is listed twice"));
        }
    }
    if seen.is_empty() {
        faults.push("no [[class]]: list the classes in the order of the model's scores".to_owned());
    }
}

impl Output {
    fn check(&self, inputs: &[InputSpec], faults: &mut Vec<String>) {
        let detr = self.decoder == DecoderKind::Detr;
        if detr != self.boxes.is_some() {
            faults.push(
                "output.boxes names the second output of a \"detr\" decoder, and only of it"
                    .to_owned(),
            );
        }
        if detr != self.strides.is_empty() {
            faults.push("output.strides is needed by every decoder but \"detr\"".to_owned());
        }
        for (input, &s) in inputs.iter().flat_map(|i| self.strides.iter().map(move |s| (i, s))) {
            let (w, h) = (input.width, input.height);
            if s == 0 || !w.is_multiple_of(s) || !h.is_multiple_of(s) {
                faults.push(format!("output.strides: {s} does not divide input {w}x{h}"));
            }
        }
        let nanodet = self.decoder == DecoderKind::Nanodet;
        if !nanodet && (self.reg_max.is_some() || self.cell_offset.is_some()) {
            faults
                .push("output.reg_max and cell_offset belong to a \"nanodet\" decoder".to_owned());
        }
        if self.reg_max.is_some_and(|m| m == 0 || m > 64) {
            faults.push("output.reg_max must be 1 to 64".to_owned());
        }
        if self.activation == Some(Activation::Softmax) && !detr {
            faults.push("output.activation \"softmax\" belongs to a \"detr\" decoder".to_owned());
        }
    }
}

fn check_classes(classes: &[Class], faults: &mut Vec<String>) {
    check_names(classes.iter().map(|c| c.name.as_str()), faults);
    for class in classes {
        if !(0.0..=1.0).contains(&class.threshold) {
            faults.push(format!(
                "class {:?}: threshold {} must be 0 to 1",
                class.name, class.threshold
            ));
        }
    }
}

impl Input {
    /// The first shape, and those beside it.
    fn in_every_shape(self) -> Vec<InputSpec> {
        let shapes = self.shapes.clone();
        let first = InputSpec::from(self);
        let beside = |[width, height]: [u32; 2]| InputSpec { width, height, ..first.clone() };
        let beside: Vec<_> = shapes.into_iter().map(beside).collect();
        std::iter::once(first).chain(beside).collect()
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
            letterbox: i.letterbox,
        }
    }
}

impl From<Output> for OutputSpec {
    fn from(o: Output) -> Self {
        let activation = o.activation.unwrap_or(match o.decoder {
            DecoderKind::Detr => Activation::Sigmoid,
            _ => Activation::None,
        });
        Self {
            name: o.name,
            boxes: o.boxes,
            decoder: o.decoder,
            strides: o.strides,
            reg_max: o.reg_max.unwrap_or(7),
            cell_offset: o.cell_offset.unwrap_or(0.0),
            activation,
        }
    }
}
