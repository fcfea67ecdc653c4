//! How long suppression takes: a quiet street, a crowded one, and a frame that floods the model.

mod processor_time;

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use processor_time::ProcessorTime;
use streetwarden::detect::{decode::Candidate, nms};

/// `count` boxes over 416 × 416, in clusters of eight around one place.
fn candidates(count: usize) -> Vec<Candidate> {
    let mut state = 1u32;
    let mut chance = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    let mut around = (0.0, 0.0);
    (0..count)
        .map(|i| {
            if i % 8 == 0 {
                around = (chance() * 380.0, chance() * 380.0);
            }
            let (x, y) = (around.0 + chance() * 6.0, around.1 + chance() * 6.0);
            let corners = [x, y, x + 24.0 + chance() * 8.0, y + 24.0 + chance() * 8.0];
            Candidate { class: i / 8 % 6, score: 0.4 + 0.6 * chance(), corners }
        })
        .collect()
}

fn suppress(c: &mut Criterion<ProcessorTime>) {
    for (name, count) in [("quiet street", 8), ("crowded street", 400), ("flooded frame", 20_000)] {
        let found = candidates(count);
        c.bench_function(&format!("suppress, {name}"), |b| {
            b.iter_batched(
                || found.clone(),
                |found| nms::suppress(black_box(found), 0.5),
                BatchSize::SmallInput,
            );
        });
    }
}

criterion_group! {
    name = benches;
    config = processor_time::criterion();
    targets = suppress
}
criterion_main!(benches);
