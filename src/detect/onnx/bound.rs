//! Input and output memory that is taken once and bound to a session: page-locked, so that a graphics
//! card copies it by itself. On the processor there is nothing to copy, and nothing is gained.
//!
//! Either memory is as long as the batch and taken anew when that changes, or, for captured launches,
//! every batch has the same size and the same addresses on the card.

use ort::{
    memory::{AllocationDevice, Allocator, AllocatorType, MemoryInfo, MemoryType},
    session::{IoBinding, Session},
    value::Tensor,
};

use super::runner::{From, Outputs};
use crate::detect::{
    ModelCard, Place, contract,
    tensor::{InputTensor, ValuesMut},
};

/// Where memory is taken.
pub struct Locations {
    /// Written and read by the processor.
    pub(super) host: MemoryInfo<'static>,
    /// Written and read by the model.
    pub(super) device: MemoryInfo<'static>,
}

impl Locations {
    /// Where a session in this place computes.
    pub fn of(place: Place) -> ort::Result<Self> {
        if place.provider.has_devices() {
            Self::of_cuda(place.device)
        } else {
            Ok(Self::of_processor())
        }
    }

    /// On a CUDA card, the first when none is named, and page-locked beside it.
    pub fn of_cuda(device: Option<u32>) -> ort::Result<Self> {
        let id = i32::try_from(device.unwrap_or(0)).unwrap_or(i32::MAX);
        let on = |name, kind| MemoryInfo::new(name, id, AllocatorType::Device, kind);
        Ok(Self {
            host: on(AllocationDevice::CUDA_PINNED, MemoryType::CPUOutput)?,
            device: on(AllocationDevice::CUDA, MemoryType::Default)?,
        })
    }

    pub fn of_processor() -> Self {
        Self { host: MemoryInfo::default(), device: MemoryInfo::default() }
    }
}

/// Room for pictures.
#[derive(Debug)]
enum Room {
    Bytes(Tensor<u8>),
    Floats(Tensor<f32>),
}

impl Room {
    fn new(allocator: &Allocator, of_bytes: bool, shape: [usize; 4]) -> ort::Result<Self> {
        Ok(if of_bytes {
            Self::Bytes(Tensor::new(allocator, shape)?)
        } else {
            Self::Floats(Tensor::new(allocator, shape)?)
        })
    }

    fn bind(&self, binding: &mut IoBinding, name: &str) -> ort::Result<()> {
        match self {
            Self::Bytes(tensor) => binding.bind_input(name, tensor),
            Self::Floats(tensor) => binding.bind_input(name, tensor),
        }
    }

    fn copy_into(&self, other: &mut Self) -> ort::Result<()> {
        match (self, other) {
            (Self::Bytes(from), Self::Bytes(to)) => from.copy_into(to),
            (Self::Floats(from), Self::Floats(to)) => from.copy_into(to),
            _ => Err(ort::Error::new("bytes are not floats")),
        }
    }
}

/// Memory bound to a session.
#[derive(Debug)]
pub struct Bound {
    binding: IoBinding,
    host: Allocator,
    input: Room,
    shape: [usize; 4],
    kept: Kept,
}

/// What is kept from batch to batch, besides the room for pictures.
#[derive(Debug)]
enum Kept {
    /// Room and outputs as large as the batch; taken anew only when that changes.
    AsLong { names: Vec<String>, host: MemoryInfo<'static> },
    /// On the card the input and the outputs, which are copied to `host` by name.
    Fixed { input: Room, outputs: Vec<Tensor<f32>>, host: Vec<(String, Tensor<f32>)> },
}

impl Bound {
    /// For batches of up to `most` pictures as `tensor` lays them out, all of them this long when
    /// `fixed`.
    pub fn new(
        session: &Session,
        card: &ModelCard,
        tensor: &InputTensor,
        locations: &Locations,
        most: usize,
        fixed: bool,
    ) -> ort::Result<Self> {
        let host = Allocator::new(session, locations.host.clone())?;
        let (of_bytes, shape) = (tensor.is_bytes(), tensor.shape_of(most));
        let input = Room::new(&host, of_bytes, shape)?;
        let mut binding = session.create_binding()?;
        let specs = contract::outputs_of(card, card.input());
        let kept = if fixed {
            let device = Allocator::new(session, locations.device.clone())?;
            let on_device = Room::new(&device, of_bytes, shape)?;
            on_device.bind(&mut binding, &card.input().name)?;
            let (mut outputs, mut copies) = (Vec::new(), Vec::new());
            for spec in specs {
                let extents = spec.dims.iter().map(|e| usize::try_from(*e).unwrap_or(most));
                let extents: Vec<usize> = extents.collect();
                let mut output = Tensor::new(&device, extents.clone())?;
                binding.bind_output(spec.name.as_str(), &mut output)?;
                outputs.push(output);
                copies.push((spec.name, Tensor::new(&host, extents)?));
            }
            Kept::Fixed { input: on_device, outputs, host: copies }
        } else {
            let names: Vec<String> = specs.into_iter().map(|spec| spec.name).collect();
            bind_outputs(&mut binding, &names, &locations.host)?;
            Kept::AsLong { names, host: locations.host.clone() }
        };
        Ok(Self { binding, host, input, shape, kept })
    }

    /// Room for the pictures of a batch of this shape.
    pub fn room(&mut self, shape: [usize; 4]) -> ort::Result<ValuesMut<'_>> {
        if let (Kept::AsLong { names, host }, true) = (&self.kept, shape != self.shape) {
            let of_bytes = matches!(self.input, Room::Bytes(_));
            // of a part of a larger room the library would make a copy first
            self.input = Room::new(&self.host, of_bytes, shape)?;
            bind_outputs(&mut self.binding, names, host)?;
            self.shape = shape;
        }
        Ok(match &mut self.input {
            Room::Bytes(tensor) => ValuesMut::U8(tensor.extract_tensor_mut().1),
            Room::Floats(tensor) => ValuesMut::F32(tensor.extract_tensor_mut().1),
        })
    }

    /// Runs the model on the pictures in the room, of which `asked` count.
    pub fn run<'a>(
        &'a mut self,
        session: &'a mut Session,
        input_name: &str,
        asked: usize,
    ) -> ort::Result<Outputs<'a>> {
        let Self { binding, input, kept, .. } = self;
        match kept {
            Kept::AsLong { .. } => {
                // binding is what copies to the card
                input.bind(binding, input_name)?;
                binding.synchronize_inputs()?;
                let outputs = session.run_binding(binding)?;
                Ok(Outputs { rows: asked, from: From::Run(outputs) })
            }
            Kept::Fixed { input: on_device, outputs, host } => {
                input.copy_into(on_device)?;
                session.run_binding(binding)?;
                for (output, (_, copy)) in outputs.iter().zip(host.iter_mut()) {
                    output.copy_into(copy)?;
                }
                Ok(Outputs { rows: asked, from: From::Kept(host) })
            }
        }
    }
}

/// Has the outputs taken anew at the next run, and kept from then on.
fn bind_outputs(binding: &mut IoBinding, names: &[String], at: &MemoryInfo<'_>) -> ort::Result<()> {
    binding.clear_outputs();
    names.iter().try_for_each(|name| binding.bind_output_to_device(name.as_str(), at))
}
