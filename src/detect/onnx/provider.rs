//! What ONNX Runtime is told of a place: the execution provider, its device and its options. Decides
//! nothing that the options do not say, but what suits batches of every size.

use ort::ep::{self, ExecutionProviderDispatch, cuda::ConvAlgorithmSearch};

use crate::detect::{
    ModelCard, Options, Place, Precision, Provider,
    accelerator::{card_name, engine_folder, nvidia_models, usual_engines},
    card::InputSpec,
    contract,
};

/// What to register for a place, the best first. It must fail loudly: a provider that is quietly left
/// out would be reported as used.
pub fn dispatch(
    card: &ModelCard,
    options: &Options,
    place: Place,
) -> Vec<ExecutionProviderDispatch> {
    let device = place.device.unwrap_or(0);
    let mut providers = match place.provider {
        Provider::Cpu => Vec::new(),
        Provider::Cuda => vec![cuda(options, device).build().error_on_failure()],
        // what TensorRT does not take stays on the card
        Provider::TensorRt => vec![
            tensorrt(card, options, device).build().error_on_failure(),
            cuda(options, device).build().error_on_failure(),
        ],
        Provider::OpenVino => vec![openvino(options).build().error_on_failure()],
    };
    providers.push(processor().build());
    providers
}

/// Keeps its memory from one run to the next: taken anew each time, a picture in a batch of four costs two
/// fifths more, in page faults.
pub fn processor() -> ep::CPU {
    ep::CPU::default().with_arena_allocator(true)
}

/// The shapes of the card's input that a session in this place takes: all where they may change from run to run.
/// TensorRT would build an engine for each, and captured launches have one.
pub fn shapes_at<'a>(card: &'a ModelCard, options: &Options, place: Place) -> &'a [InputSpec] {
    let any = match place.provider {
        Provider::Cpu | Provider::OpenVino => true,
        Provider::Cuda => !options.accelerator.cuda_graph,
        Provider::TensorRt => false,
    };
    if any { card.inputs() } else { &card.inputs()[..1] }
}

fn cuda(options: &Options, device: u32) -> ep::CUDA {
    let cuda = ep::CUDA::default().with_device_id(i32::try_from(device).unwrap_or(i32::MAX));
    if options.accelerator.cuda_graph {
        return cuda.with_cuda_graph(true);
    }
    // trying out every kernel takes seconds, and is done anew for every size of a batch
    cuda.with_conv_algorithm_search(ConvAlgorithmSearch::Heuristic)
}

fn tensorrt(card: &ModelCard, options: &Options, device: u32) -> ep::TensorRT {
    let accelerator = &options.accelerator;
    let most = options.max_batch.max(1);
    let least = if accelerator.cuda_graph { most } else { 1 };
    let provider = ep::TensorRT::default()
        .with_device_id(i32::try_from(device).unwrap_or(i32::MAX))
        .with_cuda_graph(accelerator.cuda_graph)
        // one engine for all sizes, or it would be built anew whenever a larger batch comes
        .with_profile_min_shapes(shape_text(card, least))
        .with_profile_opt_shapes(shape_text(card, most))
        .with_profile_max_shapes(shape_text(card, most));
    let provider = match accelerator.precision {
        Some(Precision::Fp16) => provider.with_fp16(true),
        // layers without scales are computed in fp16
        Some(Precision::Int8) => provider.with_fp16(true).with_int8(true),
        Some(Precision::Fp32) | None => provider,
    };
    let engines = accelerator.engines.clone().unwrap_or_else(usual_engines);
    let name = card_name(&nvidia_models(), device);
    let folder = engine_folder(&engines, card.sha256(), &name, &runtime_of(ort::info()));
    // without the folder every start builds the engine anew, which takes minutes and is not wrong
    if std::fs::create_dir_all(&folder).is_err() {
        return provider;
    }
    let folder = folder.display();
    provider
        .with_engine_cache(true)
        .with_engine_cache_path(folder.to_string())
        .with_timing_cache(true)
        .with_timing_cache_path(folder.to_string())
}

fn openvino(options: &Options) -> ep::OpenVINO {
    let accelerator = &options.accelerator;
    let mut provider = ep::OpenVINO::default();
    if let Some(device) = &accelerator.openvino_device {
        provider = provider.with_device_type(device.clone());
    }
    match accelerator.precision {
        Some(Precision::Fp32) => provider.with_precision("FP32"),
        Some(Precision::Fp16) => provider.with_precision("FP16"),
        Some(Precision::Int8) | None => provider,
    }
}

/// The input's extents as TensorRT writes them: "images:8x3x416x416".
fn shape_text(card: &ModelCard, rows: usize) -> String {
    let input = contract::input_of(card);
    let extents = input.dims.iter().skip(1).map(|extent| format!("x{extent}"));
    format!("{}:{rows}{}", input.name, extents.collect::<String>())
}

/// What tells one build of the library from another, out of its words about itself.
fn runtime_of(info: &str) -> String {
    let after = |key: &str| {
        let (_, rest) = info.split_once(key)?;
        Some(rest.split([',', ' ']).next()?.to_owned()).filter(|word| !word.is_empty())
    };
    let words: Vec<_> =
        ["git-branch=", "git-commit-id="].iter().filter_map(|key| after(key)).collect();
    if words.is_empty() { "unknown".to_owned() } else { words.join("-") }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::detect::card::tests::GOOD;

    #[test]
    fn tensorrt_is_told_extents_in_the_models_order() {
        let card = ModelCard::parse(GOOD, Path::new("model.toml")).unwrap();
        assert_eq!(shape_text(&card, 8), "images:8x3x32x64");
    }

    #[test]
    fn shapes_change_only_where_that_costs_nothing() {
        let several = GOOD.replace("height = 32", "height = 32\nshapes = [[32, 64]]");
        let card = ModelCard::parse(&several, Path::new("model.toml")).unwrap();
        let mut options = Options::for_card(Path::new("model.toml"));
        let count = |options: &Options, provider| {
            shapes_at(&card, options, Place { provider, device: None }).len()
        };
        assert_eq!(Provider::ALL.map(|provider| count(&options, provider)), [2, 2, 1, 2]);
        options.accelerator.cuda_graph = true;
        assert_eq!(count(&options, Provider::Cuda), 1);
    }

    #[test]
    fn a_build_is_known_by_branch_and_commit() {
        let info =
            "ORT Build Info: git-branch=rel-1.32.0, git-commit-id=26250ae, build type=Release";
        assert_eq!(runtime_of(info), "rel-1.32.0-26250ae");
        assert_eq!(runtime_of("git-branch=, nothing else"), "unknown");
    }
}
