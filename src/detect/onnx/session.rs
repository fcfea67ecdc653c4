//! The library and its sessions: loaded, opened in one place, compared with the model's card. Opens
//! nothing anywhere else than it is told.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

use ort::{
    environment::Environment,
    session::{Session, builder::GraphOptimizationLevel},
    value::{Outlet, TensorElementType, ValueType},
};

use super::provider;
use crate::detect::{
    DetectError, ModelCard, Options, Place, SecondCard,
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
    opened().map_err(|e| not_opened(card.file(), &e))
}

/// A session of the model in `file` on the processor, with one thread: for a model that takes little.
///
/// # Errors
/// [`DetectError::Model`] with the library's words.
pub fn open_small(environment: &Environment, file: &Path) -> Result<Session, DetectError> {
    let opened = || -> ort::Result<Session> {
        Session::builder(environment)?
            .with_execution_providers([provider::processor().build()])?
            .with_optimization_level(GraphOptimizationLevel::All)?
            .with_intra_op_spinning(false)?
            .with_intra_threads(1)?
            .commit_from_file(file)
    };
    opened().map_err(|e| not_opened(file, &e))
}

/// What became of opening the model in `file`.
pub fn not_opened(file: &Path, error: &ort::Error) -> DetectError {
    let reason = error.to_string().trim_end().to_owned();
    DetectError::Model { file: file.to_owned(), reason }
}

/// Compares the session with the card; gives the most frames of one call.
pub fn fitting(card: &ModelCard, session: &Session, asked: usize) -> Result<usize, DetectError> {
    let (inputs, outputs) = specs(session);
    let differences = contract::differences(card, &inputs, &outputs);
    limit(card.file(), &card.input().name, &inputs, differences, asked)
}

/// The same for a second look; gives the most cut-outs of one call.
pub fn second_fitting(
    card: &SecondCard,
    session: &Session,
    asked: usize,
) -> Result<usize, DetectError> {
    let (inputs, outputs) = specs(session);
    let differences = contract::second_differences(card, &inputs, &outputs);
    limit(card.file(), &card.input().name, &inputs, differences, asked)
}

fn specs(session: &Session) -> (Vec<TensorSpec>, Vec<TensorSpec>) {
    let inputs = session.inputs().iter().map(spec_of).collect();
    (inputs, session.outputs().iter().map(spec_of).collect())
}

/// The most pictures of one call, when there is no difference.
fn limit(
    file: &Path,
    input: &str,
    inputs: &[TensorSpec],
    mut differences: Vec<String>,
    asked: usize,
) -> Result<usize, DetectError> {
    let input = inputs.iter().find(|i| i.name == input);
    match input.map(|i| contract::batch_limit(i, asked)) {
        Some(Ok(limit)) if differences.is_empty() => return Ok(limit),
        Some(Err(fault)) => differences.push(fault),
        _ => {}
    }
    Err(DetectError::Mismatch { file: file.to_owned(), differences: differences.join("; ") })
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
