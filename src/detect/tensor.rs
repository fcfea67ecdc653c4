//! The input tensor of one batch, and the way back from the output: row and frame are tied here.
//!
//! [`InputTensor::fill`] writes frame *i* into row *i* and gives back [`Slots`], the only thing that
//! can turn an output into detections; it holds the rows' mappings and refuses an output with
//! another number of rows.

use ndarray::{ArrayView3, Axis};

use super::{
    DetectError, FrameFault, Letterbox, Mapping, Square,
    card::{Dtype, InputSpec, Layout, ModelCard},
    decode::{Decoder, ShapeFault},
    nms::suppress,
};
use crate::base::{ClassName, Detection, Frame};

/// A tensor's values, borrowed for one run.
#[derive(Clone, Copy, Debug)]
pub enum Values<'a> {
    /// Bytes.
    U8(&'a [u8]),
    /// Floats.
    F32(&'a [f32]),
}

/// Memory for a tensor's values.
#[derive(Debug)]
pub enum ValuesMut<'a> {
    /// Bytes.
    U8(&'a mut [u8]),
    /// Floats.
    F32(&'a mut [f32]),
}

/// A square to be cut out of a frame.
#[derive(Clone, Copy, Debug)]
pub struct Crop<'a> {
    /// The frame.
    pub frame: &'a Frame,
    /// The square.
    pub square: Square,
    /// What it was taken for: the number of the class among those that are judged.
    pub class: usize,
}

/// Reused memory for the pictures of one batch.
#[derive(Debug)]
pub struct InputTensor {
    letterbox: Letterbox,
    dtype: Dtype,
    picture: [usize; 3],
    rows: usize,
    bytes: Vec<u8>,
    floats: Vec<f32>,
}

impl InputTensor {
    /// For this input; memory is taken as batches come.
    pub fn new(input: &InputSpec) -> Self {
        let (w, h) = (input.width as usize, input.height as usize);
        Self {
            letterbox: Letterbox::new(input.clone()),
            dtype: input.dtype,
            picture: match input.layout {
                Layout::Nchw => [3, h, w],
                Layout::Nhwc => [h, w, 3],
            },
            rows: 0,
            bytes: Vec::new(),
            floats: Vec::new(),
        }
    }

    /// Fits every frame into its row.
    ///
    /// # Errors
    /// [`FrameFault`] naming the camera of the first unreadable frame.
    pub fn fill(&mut self, frames: &[Frame]) -> Result<Slots, FrameFault> {
        let len = self.letterbox.len() * frames.len();
        let (mut bytes, mut floats) =
            (std::mem::take(&mut self.bytes), std::mem::take(&mut self.floats));
        let values = match self.dtype {
            Dtype::U8 => {
                bytes.resize(len, 0);
                ValuesMut::U8(&mut bytes)
            }
            Dtype::F32 => {
                floats.resize(len, 0.0);
                ValuesMut::F32(&mut floats)
            }
        };
        let slots = self.fill_into(frames, values);
        (self.bytes, self.floats) = (bytes, floats);
        slots
    }

    /// Fits every frame into its row of memory that lies elsewhere and has room for all of them.
    ///
    /// # Errors
    /// [`FrameFault`] naming the camera of the first unreadable frame.
    pub fn fill_into(
        &mut self,
        frames: &[Frame],
        values: ValuesMut<'_>,
    ) -> Result<Slots, FrameFault> {
        let size = self.letterbox.len();
        self.rows = frames.len();
        let letterbox = &mut self.letterbox;
        let mappings: Result<Vec<_>, _> = match values {
            ValuesMut::U8(values) => {
                let rows = values.chunks_exact_mut(size);
                frames.iter().zip(rows).map(|(f, row)| letterbox.bytes(f, row)).collect()
            }
            ValuesMut::F32(values) => {
                let rows = values.chunks_exact_mut(size);
                frames.iter().zip(rows).map(|(f, row)| letterbox.floats(f, row)).collect()
            }
        };
        Ok(Slots { mappings: mappings? })
    }

    /// Cuts every square out of its frame into its row.
    ///
    /// # Errors
    /// [`FrameFault`] naming the camera of the first unreadable frame.
    pub fn cut(&mut self, crops: &[Crop<'_>]) -> Result<(), FrameFault> {
        let size = self.letterbox.len();
        let Self { letterbox, dtype, rows, bytes, floats, .. } = self;
        *rows = crops.len();
        match dtype {
            Dtype::U8 => {
                bytes.resize(size * crops.len(), 0);
                let mut pairs = crops.iter().zip(bytes.chunks_exact_mut(size));
                pairs.try_for_each(|(c, row)| letterbox.cut_bytes(c.frame, c.square, row))
            }
            Dtype::F32 => {
                floats.resize(size * crops.len(), 0.0);
                let mut pairs = crops.iter().zip(floats.chunks_exact_mut(size));
                pairs.try_for_each(|(c, row)| letterbox.cut_floats(c.frame, c.square, row))
            }
        }
    }

    /// The extents of a batch of so many pictures.
    pub fn shape_of(&self, rows: usize) -> [usize; 4] {
        let [a, b, c] = self.picture;
        [rows, a, b, c]
    }

    /// Whether its values are bytes, and not floats.
    pub fn is_bytes(&self) -> bool {
        self.dtype == Dtype::U8
    }

    /// The tensor's extents.
    pub fn shape(&self) -> [usize; 4] {
        self.shape_of(self.rows)
    }

    /// The tensor's values.
    pub fn values(&self) -> Values<'_> {
        match self.dtype {
            Dtype::U8 => Values::U8(&self.bytes),
            Dtype::F32 => Values::F32(&self.floats),
        }
    }
}

/// What turns outputs into detections.
#[derive(Clone, Debug)]
pub struct Reader {
    model: String,
    decoder: Decoder,
    names: Vec<ClassName>,
    thresholds: Vec<f32>,
    /// From which score on boxes are reported: their thresholds, or less.
    floors: Vec<f32>,
    nms_iou: f32,
}

impl Reader {
    /// For this card's output where pictures are shown as `input` says.
    pub fn new(card: &ModelCard, input: &InputSpec) -> Self {
        Self {
            model: card.name().to_owned(),
            decoder: Decoder::of(card, input),
            names: card.classes().iter().map(|c| c.name.clone()).collect(),
            thresholds: card.classes().iter().map(|c| c.threshold).collect(),
            floors: card.classes().iter().map(|c| c.threshold.min(card.weak_from())).collect(),
            nms_iou: card.nms_iou(),
        }
    }
}

/// The rows of one filled batch. Consumed by reading, so an output cannot be read for another batch.
#[derive(Debug)]
#[must_use]
pub struct Slots {
    mappings: Vec<Mapping>,
}

impl Slots {
    /// Detections of each row, from outputs whose first axis is the batch.
    ///
    /// # Errors
    /// [`DetectError::Shape`] when an output has another number of rows or another shape.
    pub fn read(
        self,
        reader: &Reader,
        outputs: &[ArrayView3<'_, f32>],
    ) -> Result<Vec<Vec<Detection>>, DetectError> {
        let shape = |fault| DetectError::Shape { model: reader.model.clone(), fault };
        if outputs.iter().any(|o| o.len_of(Axis(0)) != self.mappings.len()) {
            let expected = reader.decoder.shapes(reader.thresholds.len());
            let found = outputs.iter().map(|o| o.shape().to_vec()).collect();
            return Err(shape(ShapeFault { expected, found }));
        }
        self.mappings
            .iter()
            .enumerate()
            .map(|(row, mapping)| {
                let views: Vec<_> = outputs.iter().map(|o| o.index_axis(Axis(0), row)).collect();
                let candidates = reader.decoder.decode(&views, &reader.floors).map_err(shape)?;
                Ok(reader.detections(candidates, mapping))
            })
            .collect()
    }
}

impl Reader {
    fn detections(
        &self,
        candidates: Vec<super::decode::Candidate>,
        mapping: &Mapping,
    ) -> Vec<Detection> {
        suppress(candidates, self.nms_iou)
            .into_iter()
            .filter_map(|c| {
                let bbox = mapping.unmap(c.corners)?;
                Some(Detection {
                    class: self.names[c.class].clone(),
                    score: c.score,
                    bbox,
                    second: None,
                    is_weak: c.score < self.thresholds[c.class],
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
