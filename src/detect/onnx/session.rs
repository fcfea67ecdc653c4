//! The library and its sessions: loaded, opened in one place, compared with the model's card. Opens
//! nothing anywhere else than it is told.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use ort::{
    environment::Environment,
    session::{Session, builder::GraphOptimizationLevel},
    value::{Outlet, TensorElementType, ValueType},
};

use super::provider;
use crate::detect::{
    DetectError, ModelCard, Options, Place,
    contract::{self, TensorSpec},
    library,
};

/// The process's one environment; ONNX Runtime allows no second.
static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

/// Loads the library on first use.
pub fn environment(setting: Option<&Path>) -> Result<Environment, DetectError> {
    let mut slot = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = slot.as_ref() {
        return Ok(environment.clone());
    }
    let path = library::find(setting)?;
    let unusable = |reason: String| DetectError::LibraryUnusable { path: path.clone(), reason };
    let environment = ort::init_from(&path)
        .map_err(|e| unusable(e.to_string()))?
        .with_name("streetwarden")
        .with_telemetry(false)
        .build()
        .map_err(|e| unusable(e.to_string()))?;
    *slot = Some(environment.clone());
    Ok(environment)
}

/// When a session's threads burn the processor to be there at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spinning {
    /// Cameras leave pauses between frames; spinning through them would burn whole cores.
    Never,
    /// But not between two runs: that would take the processor from whoever is measured next.
    WithinRun,
}

/// A session in one place.
///
/// # Errors
/// [`DetectError::Model`] with the library's words.
pub fn open(
    environment: &Environment,
    card: &ModelCard,
    options: &Options,
    place: Place,
    spinning: Spinning,
) -> Result<Session, DetectError> {
    let opened = || -> ort::Result<Session> {
        let builder = Session::builder(environment)?
            .with_execution_providers(provider::dispatch(card, options, place))?
            .with_optimization_level(GraphOptimizationLevel::All)?;
        let builder = match spinning {
            Spinning::Never => builder.with_intra_op_spinning(false)?,
            Spinning::WithinRun => builder.with_config_entry("session.force_spinning_stop", "1")?,
        };
        let threads = options.threads;
        let mut builder =
            if threads == 0 { builder } else { builder.with_intra_threads(threads)? };
        builder.commit_from_file(card.file())
    };
    opened().map_err(|e| not_opened(card, &e))
}

/// What became of opening `card`'s model.
pub fn not_opened(card: &ModelCard, error: &ort::Error) -> DetectError {
    let reason = error.to_string().trim_end().to_owned();
    DetectError::Model { file: card.file().to_owned(), reason }
}

/// Compares the session with the card; gives the most frames of one call.
pub fn fitting(card: &ModelCard, session: &Session, asked: usize) -> Result<usize, DetectError> {
    let inputs: Vec<_> = session.inputs().iter().map(spec_of).collect();
    let outputs: Vec<_> = session.outputs().iter().map(spec_of).collect();
    let mut differences = contract::differences(card, &inputs, &outputs);
    let input = inputs.iter().find(|i| i.name == card.input().name);
    match input.map(|i| contract::batch_limit(i, asked)) {
        Some(Ok(limit)) if differences.is_empty() => return Ok(limit),
        Some(Err(fault)) => differences.push(fault),
        _ => {}
    }
    Err(DetectError::Mismatch {
        file: PathBuf::from(card.file()),
        differences: differences.join("; "),
    })
}

fn spec_of(outlet: &Outlet) -> TensorSpec {
    let (dtype, dims) = match outlet.dtype() {
        ValueType::Tensor { ty, shape, .. } => (type_name(*ty), shape.to_vec()),
        other => (format!("{other:?}"), Vec::new()),
    };
    TensorSpec { name: outlet.name().to_owned(), dtype, dims }
}

fn type_name(ty: TensorElementType) -> String {
    match ty {
        TensorElementType::Uint8 => "u8".to_owned(),
        TensorElementType::Float32 => "f32".to_owned(),
        other => format!("{other:?}").to_lowercase(),
    }
}
