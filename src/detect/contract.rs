//! What a card promises about the model's tensors, compared with what the model file has.
//!
//! Plain data on both sides, so that the comparison is tested without the inference library.

use std::fmt;

use super::{
    SecondCard,
    card::{Dtype, InputSpec, Layout, ModelCard},
    decode::Decoder,
};

/// One tensor of a model: name, element type and extents; -1 stands for any extent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorSpec {
    /// The tensor's name.
    pub name: String,
    /// Element type as written in cards: `u8`, `f32`, or the runtime's word for others.
    pub dtype: String,
    /// Extents.
    pub dims: Vec<i64>,
}

impl fmt::Display for TensorSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} {}", self.name, self.dtype, dims_text(&self.dims))
    }
}

fn dims_text(dims: &[i64]) -> String {
    let parts: Vec<_> =
        dims.iter().map(|&d| if d < 0 { "any".to_owned() } else { d.to_string() }).collect();
    format!("[{}]", parts.join(", "))
}

/// The input the card promises.
pub fn input_of(card: &ModelCard) -> TensorSpec {
    spec_of(card.input())
}

/// The inputs of the second look that the card promises.
pub fn second_inputs_of(card: &SecondCard) -> Vec<TensorSpec> {
    let kinds = card.kinds().map(|name| TensorSpec {
        name: name.to_owned(),
        dtype: "int64".to_owned(),
        dims: vec![-1],
    });
    std::iter::once(spec_of(card.input())).chain(kinds).collect()
}

fn spec_of(input: &InputSpec) -> TensorSpec {
    let (w, h) = (i64::from(input.width), i64::from(input.height));
    TensorSpec {
        name: input.name.clone(),
        dtype: match input.dtype {
            Dtype::U8 => "u8".to_owned(),
            Dtype::F32 => "f32".to_owned(),
        },
        dims: match input.layout {
            Layout::Nchw => vec![-1, 3, h, w],
            Layout::Nhwc => vec![-1, h, w, 3],
        },
    }
}

/// The outputs the card promises for pictures shown as `input` says, in the order the decoder takes them.
pub fn outputs_of(card: &ModelCard, input: &InputSpec) -> Vec<TensorSpec> {
    let decoder = Decoder::of(card, input);
    let names = std::iter::once(&card.output().name).chain(&card.output().boxes);
    names
        .zip(decoder.shapes(card.classes().len()))
        .map(|(name, [rows, columns])| TensorSpec {
            name: name.clone(),
            dtype: "f32".to_owned(),
            dims: vec![-1, rows, columns],
        })
        .collect()
}

/// Every way in which the model's tensors are not what the card promises; empty when they fit.
pub fn differences(card: &ModelCard, inputs: &[TensorSpec], outputs: &[TensorSpec]) -> Vec<String> {
    let in_shape =
        |shape| all_differences(&[spec_of(shape)], inputs, &outputs_of(card, shape), outputs);
    let found = in_shape(card.input());
    if !found.is_empty() {
        return found;
    }
    // a model that does not take one of the others takes none of them
    let mut others = card.inputs()[1..].iter().map(in_shape).filter(|found| !found.is_empty());
    let mut found = others.next().unwrap_or_default();
    if !found.is_empty() {
        found.push("export it with free sides, or list no shapes under [input]".to_owned());
    }
    found
}

/// The same for a second look.
pub fn second_differences(
    card: &SecondCard,
    inputs: &[TensorSpec],
    outputs: &[TensorSpec],
) -> Vec<String> {
    let classes = i64::try_from(card.classes().len()).unwrap_or(i64::MAX);
    let of = |name: &str, rest: &[i64]| TensorSpec {
        name: name.to_owned(),
        dtype: "f32".to_owned(),
        dims: [&[-1, classes], rest].concat(),
    };
    let mut asked: Vec<_> =
        std::iter::once(card.output()).chain(card.add()).map(|name| of(name, &[])).collect();
    if let Some(place) = card.place() {
        asked.extend([of(&place.corners, &[4]), of(&place.pull, &[])]);
    }
    all_differences(&second_inputs_of(card), inputs, &asked, outputs)
}

fn all_differences(
    put: &[TensorSpec],
    inputs: &[TensorSpec],
    asked: &[TensorSpec],
    outputs: &[TensorSpec],
) -> Vec<String> {
    let mut found = compare("input", put, inputs);
    if inputs.len() > put.len() {
        found.push(format!("it has {} inputs, the card says {}", inputs.len(), put.len()));
    }
    found.extend(compare("output", asked, outputs));
    found
}

fn compare(kind: &str, asked: &[TensorSpec], had: &[TensorSpec]) -> Vec<String> {
    let mut differences = Vec::new();
    for asked in asked {
        let Some(had) = had.iter().find(|t| t.name == asked.name) else {
            let names: Vec<_> = had.iter().map(|t| format!("{:?}", t.name)).collect();
            let names = names.join(", ");
            differences.push(format!("the card's {kind} {:?} is not among {names}", asked.name));
            continue;
        };
        let fits = asked.dims.len() == had.dims.len()
            && asked.dims.iter().zip(&had.dims).all(|(a, h)| *a < 0 || *h < 0 || a == h);
        if asked.dtype != had.dtype {
            let (name, a, h) = (&asked.name, &asked.dtype, &had.dtype);
            differences.push(format!("{kind} {name:?} is {h}, the card says {a}"));
        }
        if !fits {
            let (a, h) = (dims_text(&asked.dims), dims_text(&had.dims));
            differences.push(format!("{kind} {:?} is {h}, the card says {a}", asked.name));
        }
    }
    differences
}

/// Frames one call takes: as many as asked for when the model's first axis is free, else its extent.
/// A fixed extent above 1 cannot be fed by batches that close early and is given as an error text.
pub fn batch_limit(input: &TensorSpec, asked: usize) -> Result<usize, String> {
    match input.dims.first() {
        Some(&1) => Ok(1),
        Some(&n) if n > 1 => Err(format!(
            "input {:?} has a fixed batch of {n}: export it with a free or a single one",
            input.name
        )),
        _ => Ok(asked.max(1)),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn card(text: &str) -> ModelCard {
        ModelCard::parse(text, Path::new("models/toy/model.toml")).unwrap()
    }

    fn spec(name: &str, dtype: &str, dims: &[i64]) -> TensorSpec {
        TensorSpec { name: name.to_owned(), dtype: dtype.to_owned(), dims: dims.to_vec() }
    }

    const GOOD: &str = crate::detect::card::tests::GOOD;

    #[test]
    fn a_model_that_fits_has_no_difference() {
        let inputs = [spec("images", "u8", &[-1, 3, 32, 64])];
        // 64x32 at strides 8, 16, 32: 32 + 8 + 2 cells of 4 + 1 + 3 numbers
        let outputs = [spec("output", "f32", &[-1, 42, 8])];
        assert_eq!(differences(&card(GOOD), &inputs, &outputs), Vec::<String>::new());
        let free = [spec("output", "f32", &[-1, -1, -1])];
        assert!(differences(&card(GOOD), &inputs, &free).is_empty());
    }

    #[test]
    fn every_difference_is_named() {
        let inputs = [spec("images", "f32", &[1, 3, 416, 416])];
        let outputs = [spec("output", "f32", &[1, 42, 85])];
        let text = differences(&card(GOOD), &inputs, &outputs).join("; ");
        assert!(text.contains("is f32, the card says u8"), "{text}");
        assert!(text.contains("[1, 3, 416, 416], the card says [any, 3, 32, 64]"), "{text}");
        assert!(text.contains("[1, 42, 85], the card says [any, 42, 8]"), "{text}");
        let renamed = [spec("dets", "f32", &[-1, 42, 8])];
        let text = differences(&card(GOOD), &inputs, &renamed).join("; ");
        assert!(text.contains("\"output\" is not among \"dets\""), "{text}");
    }

    #[test]
    fn a_card_with_another_number_of_classes_is_told_from_the_model() {
        let fewer = GOOD.replace("[[class]]\nname = \"billboard\"\nthreshold = 0.5\n", "");
        assert_ne!(fewer, GOOD);
        let inputs = [spec("images", "u8", &[-1, 3, 32, 64])];
        let outputs = [spec("output", "f32", &[-1, 42, 8])];
        let text = differences(&card(&fewer), &inputs, &outputs).join("; ");
        assert!(text.contains("the card says [any, 42, 7]"), "{text}");
    }

    #[test]
    fn a_model_of_one_size_does_not_fit_a_card_of_several_shapes() {
        let several = GOOD.replace("height = 32", "height = 32\nshapes = [[32, 64]]");
        let outputs = [spec("output", "f32", &[-1, -1, 8])];
        let free = [spec("images", "u8", &[-1, 3, -1, -1])];
        assert!(differences(&card(&several), &free, &outputs).is_empty());
        let fixed = [spec("images", "u8", &[-1, 3, 32, 64])];
        assert!(differences(&card(GOOD), &fixed, &outputs).is_empty());
        let text = differences(&card(&several), &fixed, &outputs).join("; ");
        assert!(text.contains("[any, 3, 32, 64], the card says [any, 3, 64, 32]"), "{text}");
        assert!(text.contains("list no shapes"), "{text}");
    }

    #[test]
    fn a_fixed_batch_limits_or_refuses() {
        assert_eq!(batch_limit(&spec("i", "u8", &[-1, 3, 8, 8]), 16), Ok(16));
        assert_eq!(batch_limit(&spec("i", "u8", &[1, 3, 8, 8]), 16), Ok(1));
        assert!(batch_limit(&spec("i", "u8", &[4, 3, 8, 8]), 16).is_err());
    }
}
