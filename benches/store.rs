//! How long the store takes: a new case with its outbox row and judging's state in one transaction, a
//! page of cases, and all that is loaded at a start, with a hundred or ten thousand cases in it.
//! Processor time: what the disk adds is the machine's.

mod processor_time;

use std::path::Path;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use processor_time::ProcessorTime;
use serde_json::json;
use streetwarden::{
    base::{CaseId, LonLat, ViolationId, WallTime},
    judge::StateValue,
    resolve::{Case, CaseChange, CaseStatus},
    store::{CaseFilter, Commit, Options, Page, Store, StoreError},
};
use tokio::runtime::Runtime;

const STORED: [u64; 2] = [100, 10_000];
/// Cases of one commit while the store is filled.
const TOGETHER: u64 = 500;
const NOW: WallTime = WallTime::from_millis(1_778_457_600_000);

fn case(number: u64) -> Case {
    Case {
        id: CaseId::new(format!("440703{:08}{:05}", 20_260_511 + number / 90_000, number % 90_000)),
        violation: ViolationId(number),
        class: "billboard".into(),
        code: "07003".into(),
        code_name: "违规户外广告".into(),
        status: CaseStatus::Clue,
        opened_at: NOW,
        first_seen: NOW,
        last_seen: NOW,
        gone_at: None,
        cameras: vec!["cam-1".into()],
        place: LonLat { lon: 113.0815, lat: 22.5787 },
        error_m: 0.75,
        grid: Some("440703001001001".into()),
        detections: 12,
        score: 0.8125,
        recurrence_of: None,
        permit: None,
    }
}

fn opening(numbers: impl Iterator<Item = u64>) -> Commit {
    let cases: Vec<Case> = numbers.map(case).collect();
    let thing = |case: &Case| {
        let value = json!({ "class": case.class, "place": case.place, "hits": case.detections });
        (format!("thing/{}", case.violation.0), StateValue::parse(value.to_string()).ok())
    };
    Commit {
        judge: cases.iter().map(thing).collect(),
        changes: cases.into_iter().map(CaseChange::Open).collect(),
        evidence: Vec::new(),
        channels: vec!["desk".into()],
        at: NOW,
    }
}

async fn filled(dir: &Path, stored: u64) -> Result<Store, StoreError> {
    let store = Store::open(&Options { dir: dir.to_owned(), min_free_bytes: 0 }).await?;
    for first in (0..stored).step_by(TOGETHER as usize) {
        store.commit(&opening(first..stored.min(first + TOGETHER))).await?;
    }
    Ok(store)
}

/// What a benchmark cannot go on without.
fn must<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("{error}"))
}

fn store(c: &mut Criterion<ProcessorTime>) {
    let runtime = must(Runtime::new());
    let mut group = c.benchmark_group("store");
    group.sample_size(20);
    for stored in STORED {
        let dir = must(tempfile::tempdir());
        let store = must(runtime.block_on(filled(dir.path(), stored)));
        let page = Page { limit: 50, offset: 0 };
        group.bench_function(BenchmarkId::new("a page of cases", stored), |b| {
            let filter = CaseFilter::default();
            b.iter(|| must(runtime.block_on(store.cases(&filter, page))));
        });
        group.bench_function(BenchmarkId::new("all that is loaded", stored), |b| {
            b.iter(|| must(runtime.block_on(store.load())));
        });
        let mut number = stored;
        group.bench_function(BenchmarkId::new("a case is opened", stored), |b| {
            b.iter(|| {
                number += 1;
                must(runtime.block_on(store.commit(&opening(std::iter::once(number)))));
            });
        });
        runtime.block_on(store.close());
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = processor_time::of_process();
    targets = store
}
criterion_main!(benches);
