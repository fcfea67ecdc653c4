//! A session and the memory that its inputs lie in: its own on the processor, page-locked and bound once
//! for a graphics card. Knows nothing of what the outputs mean.

use ndarray::{ArrayView, ArrayViewD, Axis, Dimension};
use ort::{
    session::{Session, SessionOutputs},
    value::{Tensor, TensorRef},
};

use super::{
    bound::{Bound, Locations},
    provider,
    session::not_opened,
};
use crate::{
    base::Frame,
    detect::{
        DetectError, ModelCard, Options, Place,
        card::InputSpec,
        shapes::fitting,
        tensor::{InputTensor, Slots, Values},
    },
};

/// A session with its input, in each of its shapes.
#[derive(Debug)]
pub struct Runner {
    // dropped before the session that its memory comes from
    bound: Option<Bound>,
    session: Session,
    shapes: Vec<InputSpec>,
    tensors: Vec<InputTensor>,
    /// The shape that was laid out last.
    laid_out: usize,
    input_name: String,
    model: String,
}

impl Runner {
    /// For batches of up to `most` frames.
    ///
    /// # Errors
    /// [`DetectError::Model`] when the place has no memory for them.
    pub fn new(
        session: Session,
        card: &ModelCard,
        options: &Options,
        place: Place,
        most: usize,
    ) -> Result<Self, DetectError> {
        let locations = place.provider.has_devices().then(|| Locations::of_cuda(place.device));
        let locations = locations.transpose().map_err(|e| not_opened(card.file(), &e))?;
        let kept = locations.map(|locations| (locations, options.accelerator.cuda_graph));
        let shapes = provider::shapes_at(card, options, place);
        Self::keeping(session, card, shapes, most, kept).map_err(|e| not_opened(card.file(), &e))
    }

    /// With memory that is kept in these locations, if any, and batches all of one size or not.
    pub(super) fn keeping(
        session: Session,
        card: &ModelCard,
        shapes: &[InputSpec],
        most: usize,
        kept: Option<(Locations, bool)>,
    ) -> ort::Result<Self> {
        let tensors: Vec<_> = shapes.iter().map(InputTensor::new).collect();
        let bound = kept.map(|(locations, fixed)| {
            Bound::new(&session, card, &tensors[0], &locations, most, fixed)
        });
        let bound = bound.transpose()?;
        let (input_name, model) = (card.input().name.clone(), card.name().to_owned());
        let shapes = shapes.to_vec();
        Ok(Self { bound, session, shapes, tensors, laid_out: 0, input_name, model })
    }

    /// The shapes of the input, the usual one first.
    pub fn shapes(&self) -> &[InputSpec] {
        &self.shapes
    }

    /// The number of the shape that shows a frame largest.
    pub fn shape_for(&self, frame: &Frame) -> usize {
        fitting(&self.shapes, frame.width, frame.height)
    }

    /// Lays out a batch in the shape of this number.
    ///
    /// # Errors
    /// [`DetectError::Frame`] naming the camera of the first unreadable frame, or
    /// [`DetectError::Run`] when there is no memory for so many.
    pub fn fill(&mut self, shape: usize, frames: &[Frame]) -> Result<Slots, DetectError> {
        self.laid_out = shape;
        let tensor = &mut self.tensors[shape];
        let Some(bound) = &mut self.bound else { return Ok(tensor.fill(frames)?) };
        let room = bound
            .room(tensor.shape_of(frames.len()))
            .map_err(|e| DetectError::Run { model: self.model.clone(), reason: e.to_string() })?;
        Ok(tensor.fill_into(frames, room)?)
    }

    /// Runs the model on the batch laid out last.
    ///
    /// # Errors
    /// [`DetectError::Run`].
    pub fn run(&mut self) -> Result<Outputs<'_>, DetectError> {
        let Self { bound, session, tensors, laid_out, input_name, model, .. } = self;
        let tensor = &tensors[*laid_out];
        let shape = tensor.shape();
        let outputs = match bound {
            Some(bound) => bound.run(session, input_name, shape[0]),
            None => run_once(session, input_name, shape, tensor.values(), None),
        };
        outputs.map_err(|e| DetectError::Run { model: model.clone(), reason: e.to_string() })
    }
}

/// Runs a model on values that lie in this process's own memory, and on a number for each of its rows where it
/// has an input for that.
pub(super) fn run_once<'s>(
    session: &'s mut Session,
    name: &str,
    shape: [usize; 4],
    values: Values<'_>,
    numbers: Option<(&str, &[i64])>,
) -> ort::Result<Outputs<'s>> {
    let mut inputs = match values {
        Values::U8(values) => ort::inputs![name => TensorRef::from_array_view((shape, values))?],
        Values::F32(values) => ort::inputs![name => TensorRef::from_array_view((shape, values))?],
    };
    if let Some((name, numbers)) = numbers {
        let tensor = TensorRef::from_array_view(([numbers.len()], numbers))?;
        inputs.extend(ort::inputs![name => tensor]);
    }
    Ok(Outputs { rows: shape[0], from: From::Run(session.run(inputs)?) })
}

/// What a run gave.
pub struct Outputs<'a> {
    pub(super) rows: usize,
    pub(super) from: From<'a>,
}

/// Where outputs lie.
pub(super) enum From<'a> {
    Run(SessionOutputs<'a>),
    /// By name, with room for more rows than were asked for.
    Kept(&'a [(String, Tensor<f32>)]),
}

impl Outputs<'_> {
    /// The output `name` of every row, or what is wrong with it.
    pub fn array<D: Dimension>(&self, name: &str) -> Result<ArrayView<'_, f32, D>, String> {
        let array: Option<ArrayViewD<'_, f32>> = match &self.from {
            From::Run(outputs) => {
                let array = outputs.get(name).map(|value| value.try_extract_array());
                array.transpose().map_err(|e| e.to_string())?
            }
            From::Kept(outputs) => {
                let own = outputs.iter().find(|(own, _)| own == name);
                own.map(|(_, tensor)| tensor.extract_array())
            }
        };
        let array = array.ok_or_else(|| format!("it gave no output {name:?}"))?;
        let axes = array.ndim();
        let array = array.into_dimensionality::<D>();
        let mut array = array.map_err(|_| {
            let due = D::NDIM.unwrap_or_default();
            format!("output {name:?} has {axes} axes instead of {due}")
        })?;
        if matches!(self.from, From::Kept(_)) {
            array.slice_axis_inplace(Axis(0), (..self.rows).into());
        }
        Ok(array)
    }
}
