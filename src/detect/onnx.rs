//! ONNX Runtime sessions. The only file that names `ort`.
//!
//! Not here: how pixels become numbers and numbers become boxes. The library is loaded once per
//! process, the first path wins. A session is used by one owner thread.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use ndarray::{ArrayView3, Ix3};
use ort::{
    environment::Environment,
    ep::{self, ExecutionProviderDispatch},
    session::{Session, SessionOutputs, builder::GraphOptimizationLevel},
    value::{Outlet, TensorElementType, TensorRef, ValueType},
};

use super::{
    DetectError, Detector, ModelCard, Options, Provider, ProviderUsed,
    contract::{self, TensorSpec},
    library,
    tensor::{InputTensor, Reader, Values},
};
use crate::base::{Detection, Frame};

/// The process's one environment; ONNX Runtime allows no second.
static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

/// A detector that runs a model file.
#[derive(Debug)]
pub struct OnnxDetector {
    session: Session,
    model: String,
    input_name: String,
    output_names: Vec<String>,
    max_batch: usize,
    tensor: InputTensor,
    reader: Reader,
}

impl OnnxDetector {
    /// Opens the card's model on the first provider of `options` that works, and looks at one grey
    /// picture, so that a model that cannot run is refused here and not at the first frame.
    ///
    /// # Errors
    /// [`DetectError`]: no library, a corrupt model, or one that does not match its card.
    pub fn open(card: &ModelCard, options: &Options) -> Result<(Self, ProviderUsed), DetectError> {
        let environment = environment(options.library.as_deref())?;
        let (session, used) = first_working(&environment, card, options)?;
        let max_batch = fitting(card, &session, options.max_batch)?;
        let names = std::iter::once(&card.output().name).chain(&card.output().boxes);
        let mut detector = Self {
            session,
            model: card.name().to_owned(),
            input_name: card.input().name.clone(),
            output_names: names.cloned().collect(),
            max_batch,
            tensor: InputTensor::new(card),
            reader: Reader::new(card),
        };
        detector.detect(&[grey()])?;
        Ok((detector, used))
    }
}

impl Detector for OnnxDetector {
    fn detect(&mut self, frames: &[Frame]) -> Result<Vec<Vec<Detection>>, DetectError> {
        if frames.is_empty() {
            return Ok(Vec::new());
        }
        if frames.len() > self.max_batch {
            return Err(DetectError::TooMany { found: frames.len(), most: self.max_batch });
        }
        let slots = self.tensor.fill(frames)?;
        let model = &self.model;
        let failed =
            |e: ort::Error| DetectError::Run { model: model.clone(), reason: e.to_string() };
        let outputs = run_on(&mut self.session, &self.input_name, &self.tensor).map_err(failed)?;
        let arrays: Result<Vec<_>, _> =
            self.output_names.iter().map(|name| array_of(&outputs, name, model)).collect();
        slots.read(&self.reader, &arrays?)
    }

    fn max_batch(&self) -> usize {
        self.max_batch
    }
}

/// ONNX Runtime alone: the model on one batch that is laid out already, over and over, its outputs
/// not looked at. The limit that the benchmark holds a detector against; on no frame's road.
#[derive(Debug)]
pub struct RawLoop {
    session: Session,
    model: String,
    input_name: String,
    tensor: InputTensor,
}

impl RawLoop {
    /// For a batch of all `frames`, on the first provider of `options` and no other, with as many
    /// threads as those say. All else is as the library has it by itself: unlike a detector's, its
    /// threads spin while they wait for each other, but not between two runs.
    ///
    /// # Errors
    /// [`DetectError`]: no library, a model or provider that cannot be had, an unreadable frame.
    pub fn open(
        card: &ModelCard,
        options: &Options,
        frames: &[Frame],
    ) -> Result<Self, DetectError> {
        let environment = environment(options.library.as_deref())?;
        let provider = options.providers.first().copied().unwrap_or(Provider::Cpu);
        let session = open_raw(&environment, card.file(), provider, options.threads);
        let session = session.map_err(|e| DetectError::Model {
            file: card.file().to_owned(),
            reason: format!("{provider}: {}", e.to_string().trim_end()),
        })?;
        let mut tensor = InputTensor::new(card);
        let _rows = tensor.fill(frames)?;
        let (model, input_name) = (card.name().to_owned(), card.input().name.clone());
        Ok(Self { session, model, input_name, tensor })
    }

    /// Runs the model once.
    ///
    /// # Errors
    /// [`DetectError::Run`].
    pub fn run(&mut self) -> Result<(), DetectError> {
        match run_on(&mut self.session, &self.input_name, &self.tensor) {
            Ok(_) => Ok(()),
            Err(e) => Err(DetectError::Run { model: self.model.clone(), reason: e.to_string() }),
        }
    }
}

fn run_on<'s>(
    session: &'s mut Session,
    input_name: &str,
    tensor: &InputTensor,
) -> ort::Result<SessionOutputs<'s>> {
    let shape = tensor.shape();
    match tensor.values() {
        Values::U8(values) => {
            let values = TensorRef::from_array_view((shape, values))?;
            session.run(ort::inputs![input_name => values])
        }
        Values::F32(values) => {
            let values = TensorRef::from_array_view((shape, values))?;
            session.run(ort::inputs![input_name => values])
        }
    }
}

fn array_of<'a>(
    outputs: &'a SessionOutputs<'_>,
    name: &str,
    model: &str,
) -> Result<ArrayView3<'a, f32>, DetectError> {
    let failed = |reason: String| DetectError::Run { model: model.to_owned(), reason };
    let value = outputs.get(name).ok_or_else(|| failed(format!("it gave no output {name:?}")))?;
    let array = value.try_extract_array::<f32>().map_err(|e| failed(e.to_string()))?;
    array
        .into_dimensionality::<Ix3>()
        .map_err(|_| failed(format!("output {name:?} does not have three axes")))
}

/// Loads the library on first use.
fn environment(setting: Option<&Path>) -> Result<Environment, DetectError> {
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

/// A session on the first provider that can be had; the processor is always the last resort.
fn first_working(
    environment: &Environment,
    card: &ModelCard,
    options: &Options,
) -> Result<(Session, ProviderUsed), DetectError> {
    let asked =
        if options.providers.is_empty() { vec![Provider::Cpu] } else { options.providers.clone() };
    let mut reasons = Vec::new();
    let last_resort = (!asked.contains(&Provider::Cpu)).then_some(Provider::Cpu);
    for used in asked.iter().copied().chain(last_resort) {
        match open_on(environment, card.file(), used, options.threads) {
            Ok(session) => {
                let why = (!reasons.is_empty()).then(|| reasons.join("; "));
                return Ok((session, ProviderUsed { asked, used, why }));
            }
            Err(e) => reasons.push(format!("{used}: {}", e.to_string().trim_end())),
        }
    }
    Err(DetectError::Model { file: card.file().to_owned(), reason: reasons.join("; ") })
}

fn open_on(
    environment: &Environment,
    file: &Path,
    provider: Provider,
    threads: usize,
) -> ort::Result<Session> {
    let builder = Session::builder(environment)?
        .with_execution_providers(dispatch(provider))?
        .with_optimization_level(GraphOptimizationLevel::All)?
        // cameras leave pauses between frames; spinning through them would burn whole cores
        .with_intra_op_spinning(false)?;
    let mut builder = if threads == 0 { builder } else { builder.with_intra_threads(threads)? };
    builder.commit_from_file(file)
}

fn open_raw(
    environment: &Environment,
    file: &Path,
    provider: Provider,
    threads: usize,
) -> ort::Result<Session> {
    let builder = Session::builder(environment)?
        .with_execution_providers(dispatch(provider))?
        .with_optimization_level(GraphOptimizationLevel::All)?
        // or it would take the processor from whoever is measured next
        .with_config_entry("session.force_spinning_stop", "1")?;
    let mut builder = if threads == 0 { builder } else { builder.with_intra_threads(threads)? };
    builder.commit_from_file(file)
}

/// What to register for a provider. It must fail loudly: a provider that is quietly left out would
/// be reported as used.
fn dispatch(provider: Provider) -> Vec<ExecutionProviderDispatch> {
    let accelerator = match provider {
        Provider::Cpu => None,
        Provider::Cuda => Some(ep::CUDA::default().build()),
        Provider::TensorRt => Some(ep::TensorRT::default().build()),
        Provider::OpenVino => Some(ep::OpenVINO::default().build()),
    };
    let cpu = ep::CPU::default().build();
    accelerator.map(|a| a.error_on_failure()).into_iter().chain([cpu]).collect()
}

/// Compares the session with the card; gives the most frames of one call.
fn fitting(card: &ModelCard, session: &Session, asked: usize) -> Result<usize, DetectError> {
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

/// A small grey picture of no camera.
fn grey() -> Frame {
    use crate::base::{ColourMatrix, PixelFormat, Plane, TimeSource, WallTime};
    let plane = Plane { data: bytes::Bytes::from_static(&[114; 192]), stride: 24 };
    Frame {
        camera: "self-test".into(),
        seq: 0,
        at: WallTime::from_millis(0),
        arrival: WallTime::from_millis(0),
        time_source: TimeSource::Arrival,
        pts_ns: None,
        width: 8,
        height: 8,
        format: PixelFormat::Rgb,
        matrix: ColourMatrix::Bt601,
        planes: [plane].into(),
        encoded: None,
    }
}

#[cfg(test)]
mod tests;
