//! How long one picture's raw output takes to become boxes: YOLOX at 416 × 416, then suppression.

mod processor_time;

use std::{hint::black_box, path::Path};

use criterion::{Criterion, criterion_group, criterion_main};
use ndarray::Array2;
use processor_time::ProcessorTime;
use streetwarden::detect::{ModelCard, decode::Decoder, nms};

const CARD: &str = r#"
name = "bench"
version = "0"
file = "bench.onnx"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
licence = "none"
input = { name = "i", width = 416, height = 416, dtype = "u8", layout = "nchw", colour = "bgr", letterbox = "centre" }
output = { name = "o", decoder = "yolox", strides = [8, 16, 32] }
nms = { iou = 0.5 }
class = [
    { name = "a", threshold = 0.5 }, { name = "b", threshold = 0.5 }, { name = "c", threshold = 0.5 },
    { name = "d", threshold = 0.5 }, { name = "e", threshold = 0.5 }, { name = "f", threshold = 0.5 },
]
"#;

/// Output rows of which one in `every` is sure of something, and the others too that there is a
/// thing when `sure`: then every class of every row has to be looked at.
fn output(every: usize, sure: bool) -> Array2<f32> {
    Array2::from_shape_fn((3549, 11), |(row, column)| match column {
        0..4 => (row % 7) as f32 / 7.0,
        4 if sure || row % every == 0 => 0.95,
        4 => 0.02,
        _ if row % every == 0 && column == 5 + row % 6 => 0.9,
        _ => 0.01,
    })
}

fn decode(c: &mut Criterion<ProcessorTime>) {
    let card = match ModelCard::parse(CARD, Path::new("model.toml")) {
        Ok(card) => card,
        Err(e) => return eprintln!("the bench's card is wrong: {e}"),
    };
    let decoder = Decoder::of(&card, card.input());
    for (name, every, sure) in [
        ("quiet street", 500, false),
        ("crowded street", 20, false),
        ("sure of everything", 20, true),
    ] {
        let raw = output(every, sure);
        c.bench_function(&format!("decode and suppress, {name}"), |b| {
            b.iter(|| {
                let found = decoder.decode(&[black_box(raw.view())], &[0.5; 6]).unwrap_or_default();
                nms::suppress(found, 0.5)
            });
        });
    }
}

criterion_group! {
    name = benches;
    config = processor_time::criterion();
    targets = decode
}
criterion_main!(benches);
