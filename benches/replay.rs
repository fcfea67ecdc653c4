//! How long a recording takes to be judged again: the lines of a city's morning, read, judged, and made
//! into cases.

mod city;
mod processor_time;

use std::collections::BTreeMap;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use processor_time::ProcessorTime;
use streetwarden::resolve::{DocketOptions, Grids, Replay};

const CAMERAS: [usize; 2] = [10, 100];
const LOOKS_OF_EACH: u64 = 60;

/// The lines, and of half the cameras a thing that stands for a third of the time.
fn lines(cameras: usize) -> Vec<String> {
    let visited = |camera, step| camera % 2 == 0 && (20..40).contains(&step);
    let look = |step, camera| city::look(camera, step, visited(camera, step));
    let looks = (0..LOOKS_OF_EACH).flat_map(|step| (0..cameras).map(move |c| look(step, c)));
    looks.filter_map(|look| serde_json::to_string(&look).ok()).collect()
}

fn begin(cameras: usize) -> Replay {
    let judging = city::options(cameras);
    let docket = DocketOptions {
        division: "000000".to_owned(),
        timezone: judging.timezone,
        grids: Grids::default(),
        codes: BTreeMap::new(),
    };
    match Replay::new(judging, docket, None) {
        Ok(replay) => replay,
        Err(error) => unreachable!("there is no state to be at fault: {error}"),
    }
}

fn replay(c: &mut Criterion<ProcessorTime>) {
    let mut group = c.benchmark_group("replay");
    group.sample_size(20);
    for cameras in CAMERAS {
        let lines = lines(cameras);
        group.throughput(Throughput::Elements(lines.len() as u64));
        group.bench_function(BenchmarkId::new("lines of cameras", cameras), |b| {
            b.iter_batched(
                || begin(cameras),
                |mut replay| {
                    let read = lines.iter().all(|line| replay.feed(line).is_ok());
                    assert!(read && replay.cases().count() >= cameras * city::THINGS);
                    replay
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = processor_time::criterion();
    targets = replay
}
criterion_main!(benches);
