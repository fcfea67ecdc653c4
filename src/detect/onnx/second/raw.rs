//! ONNX Runtime alone on cut-outs that are laid out already, its outputs not looked at: the limit that the
//! benchmark holds a second look against. On no frame's road.

use std::path::Path;

use ort::session::Session;

use super::super::{
    runner::run_once,
    session::{self, open_small},
};
use crate::detect::{
    DetectError, SecondCard,
    tensor::{Crop, InputTensor},
};

/// What one call shows the model.
#[derive(Debug)]
struct Laid {
    tensor: InputTensor,
    kinds: Vec<i64>,
}

/// See the file's first line.
#[derive(Debug)]
pub struct RawSecondLook {
    session: Session,
    card: SecondCard,
    calls: Vec<Laid>,
}

impl RawSecondLook {
    /// With nothing laid out.
    ///
    /// # Errors
    /// [`DetectError`]: no library, or a corrupt model.
    pub fn open(card: &SecondCard, library: Option<&Path>) -> Result<Self, DetectError> {
        let environment = session::environment(library)?;
        let session = open_small(&environment, card.file())?;
        Ok(Self { session, card: card.clone(), calls: Vec::new() })
    }

    /// Lays out what one call shows.
    ///
    /// # Errors
    /// [`DetectError::Frame`] when a frame cannot be read.
    pub fn lay(&mut self, crops: &[Crop<'_>]) -> Result<(), DetectError> {
        let mut tensor = InputTensor::new(self.card.input());
        tensor.cut(crops)?;
        let kinds = crops.iter().map(|crop| crop.class as i64).collect();
        self.calls.push(Laid { tensor, kinds });
        Ok(())
    }

    /// Cut-outs laid out.
    pub fn cut_outs(&self) -> usize {
        self.calls.iter().map(|laid| laid.kinds.len()).sum()
    }

    /// Runs the model once on each call's cut-outs.
    ///
    /// # Errors
    /// [`DetectError::SecondLook`].
    pub fn run(&mut self) -> Result<(), DetectError> {
        let Self { session, card, calls } = self;
        for Laid { tensor, kinds } in calls {
            let also = card.kinds().map(|name| (name, kinds.as_slice()));
            run_once(session, &card.input().name, tensor.shape(), tensor.values(), also).map_err(
                |e| DetectError::SecondLook {
                    model: card.name().to_owned(),
                    reason: e.to_string(),
                },
            )?;
        }
        Ok(())
    }
}
