//! One operation of the library, over and over on memory that lies where it computes: how fast a place
//! is at most. For the benchmarks; on no frame's road.

use std::path::Path;

use ort::{
    memory::Allocator,
    session::{IoBinding, Session, builder::GraphOptimizationLevel},
    value::Tensor,
};

use super::{
    bound::Locations,
    provider,
    session::{environment, not_opened},
};
use crate::detect::{DetectError, ModelCard, Options, Place, Provider};

/// Every value that goes in: neither zero nor so small that processors slow down over it.
const VALUE: f32 = 0.5;

/// An operation with its memory.
#[derive(Debug)]
pub struct Kernel {
    // what the session's memory is bound by goes before the session
    binding: IoBinding,
    _inputs: Vec<Tensor<f32>>,
    session: Session,
    name: &'static str,
}

impl Kernel {
    /// The graph `name`, whose bytes are `graph`, on inputs of these names and extents, with as many
    /// threads as `options` give and in the first of its places. What TensorRT would run is run by CUDA,
    /// on the same card.
    ///
    /// # Errors
    /// [`DetectError`]: no library, or the place or its memory cannot be had.
    pub fn open(
        name: &'static str,
        graph: &[u8],
        inputs: &[(&str, [usize; 2])],
        card: &ModelCard,
        options: &Options,
    ) -> Result<Self, DetectError> {
        let environment = environment(options.library.as_deref())?;
        let place = options.places().next();
        let place = match place.unwrap_or(Place { provider: Provider::Cpu, device: None }) {
            Place { provider: Provider::TensorRt, device } => {
                Place { provider: Provider::Cuda, device }
            }
            other => other,
        };
        let opened = || -> ort::Result<Self> {
            let mut builder = Session::builder(&environment)?
                .with_execution_providers(provider::dispatch(card, options, place))?
                .with_optimization_level(GraphOptimizationLevel::All)?
                .with_config_entry("session.force_spinning_stop", "1")?;
            if options.threads > 0 {
                builder = builder.with_intra_threads(options.threads)?;
            }
            let session = builder.commit_from_memory(graph)?;
            let locations = Locations::of(place)?;
            let host = Allocator::new(&session, locations.host.clone())?;
            let device = Allocator::new(&session, locations.device.clone())?;
            let mut binding = session.create_binding()?;
            let mut kept = Vec::new();
            for (input, extents) in inputs {
                let mut values = Tensor::<f32>::new(&host, *extents)?;
                values.extract_tensor_mut().1.fill(VALUE);
                let mut there = Tensor::<f32>::new(&device, *extents)?;
                values.copy_into(&mut there)?;
                binding.bind_input(*input, &there)?;
                kept.push(there);
            }
            for output in session.outputs() {
                binding.bind_output_to_device(output.name(), &locations.device)?;
            }
            Ok(Self { binding, _inputs: kept, session, name })
        };
        opened().map_err(|e| not_opened(Path::new(name), &e))
    }

    /// Runs it once, to its end.
    ///
    /// # Errors
    /// [`DetectError::Run`].
    pub fn run(&mut self) -> Result<(), DetectError> {
        let mut run = || -> ort::Result<()> {
            drop(self.session.run_binding(&self.binding)?);
            self.binding.synchronize_outputs()
        };
        run().map_err(|e| DetectError::Run { model: self.name.to_owned(), reason: e.to_string() })
    }
}
