//! Input and output memory that is taken once and bound to a session: page-locked, so that a graphics
//! card copies it by itself. On the processor there is nothing to copy, and nothing is gained.
//!
//! Either a batch is as long as it is and only the input's room is kept, or, for captured launches,
//! every batch has the same size and the same addresses on the card.

use ort::{
    memory::{AllocationDevice, Allocator, AllocatorType, MemoryInfo, MemoryType},
    session::{IoBinding, Session},
    value::{Tensor, TensorRef},
};

use super::runner::{From, Outputs};
use crate::detect::{
    ModelCard, contract,
    tensor::{InputTensor, ValuesMut},
};

/// Where memory is taken.
pub struct Locations {
    /// Written and read by the processor.
    host: MemoryInfo<'static>,
    /// Written and read by the model.
    device: MemoryInfo<'static>,
}

impl Locations {
    /// On a CUDA card, the first when none is named, and page-locked beside it.
    pub fn of_cuda(device: Option<u32>) -> ort::Result<Self> {
        let id = i32::try_from(device.unwrap_or(0)).unwrap_or(i32::MAX);
        let on = |name, kind| MemoryInfo::new(name, id, AllocatorType::Device, kind);
        Ok(Self {
            host: on(AllocationDevice::CUDA_PINNED, MemoryType::CPUOutput)?,
            device: on(AllocationDevice::CUDA, MemoryType::Default)?,
        })
    }

    #[cfg(test)]
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
    fn new(allocator: &Allocator, tensor: &InputTensor, rows: usize) -> ort::Result<Self> {
        let shape = tensor.shape_of(rows);
        Ok(match tensor.is_bytes() {
            true => Self::Bytes(Tensor::new(allocator, shape)?),
            false => Self::Floats(Tensor::new(allocator, shape)?),
        })
    }

    fn bind(&self, binding: &mut IoBinding, name: &str) -> ort::Result<()> {
        match self {
            Self::Bytes(tensor) => binding.bind_input(name, tensor),
            Self::Floats(tensor) => binding.bind_input(name, tensor),
        }
    }

    /// The first pictures of the room, as many as `shape` says.
    fn bind_part(&self, binding: &mut IoBinding, name: &str, shape: [usize; 4]) -> ort::Result<()> {
        let len = shape.iter().product();
        match self {
            Self::Bytes(tensor) => {
                let values = tensor.extract_tensor().1.get(..len).unwrap_or_default();
                binding.bind_input(name, &*TensorRef::from_array_view((shape, values))?)
            }
            Self::Floats(tensor) => {
                let values = tensor.extract_tensor().1.get(..len).unwrap_or_default();
                binding.bind_input(name, &*TensorRef::from_array_view((shape, values))?)
            }
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
    input: Room,
    kept: Kept,
}

/// What is kept from batch to batch, besides the room for pictures.
#[derive(Debug)]
enum Kept {
    /// Outputs as long as the batch; taken anew only when that changes.
    AsLong { names: Vec<String>, host: MemoryInfo<'static>, rows: usize },
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
        let input = Room::new(&host, tensor, most)?;
        let mut binding = session.create_binding()?;
        let specs = contract::outputs_of(card);
        if !fixed {
            let names = specs.into_iter().map(|spec| spec.name).collect();
            let kept = Kept::AsLong { names, host: locations.host.clone(), rows: 0 };
            return Ok(Self { binding, input, kept });
        }
        let device = Allocator::new(session, locations.device.clone())?;
        let on_device = Room::new(&device, tensor, most)?;
        on_device.bind(&mut binding, &card.input().name)?;
        let (mut outputs, mut on_host) = (Vec::new(), Vec::new());
        for spec in specs {
            let extents = spec.dims.iter().map(|extent| usize::try_from(*extent).unwrap_or(most));
            let extents: Vec<usize> = extents.collect();
            let mut output = Tensor::new(&device, extents.clone())?;
            binding.bind_output(spec.name.as_str(), &mut output)?;
            outputs.push(output);
            on_host.push((spec.name, Tensor::new(&host, extents)?));
        }
        let kept = Kept::Fixed { input: on_device, outputs, host: on_host };
        Ok(Self { binding, input, kept })
    }

    /// The room for pictures, for as many as a batch may have.
    pub fn values(&mut self) -> ValuesMut<'_> {
        match &mut self.input {
            Room::Bytes(tensor) => ValuesMut::U8(tensor.extract_tensor_mut().1),
            Room::Floats(tensor) => ValuesMut::F32(tensor.extract_tensor_mut().1),
        }
    }

    /// Runs the model on the first pictures of the room, as many as `shape` says.
    pub fn run<'a>(
        &'a mut self,
        session: &'a mut Session,
        input_name: &str,
        shape: [usize; 4],
    ) -> ort::Result<Outputs<'a>> {
        let Self { binding, input, kept } = self;
        let [asked, ..] = shape;
        match kept {
            Kept::AsLong { names, host, rows } => {
                if *rows != asked {
                    binding.clear_outputs();
                    for name in names {
                        binding.bind_output_to_device(name.as_str(), host)?;
                    }
                    *rows = asked;
                }
                // binding is what copies to the card
                input.bind_part(binding, input_name, shape)?;
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
