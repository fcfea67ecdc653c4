//! How long judging takes for one look when a thousand or a million things are known: tracking what is
//! known, and telling a newcomer from them. The time of a detection may grow like the logarithm of
//! what is known, not faster.

mod city;
mod processor_time;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use processor_time::ProcessorTime;
use streetwarden::judge::{Judge, Judgement};

const KNOWN: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// Looks after which a newcomer that left is surely gone.
const MOST_LOOKS: usize = 40;
/// Which camera is next: no two in a row near one another.
const STRIDE: usize = 7_919;

/// A judge and the time in its city.
struct City {
    judge: Judge,
    cameras: usize,
    camera: usize,
    step: u64,
}

impl City {
    /// With so many things that stand unlawfully.
    fn with(known: usize) -> Self {
        let cameras = known / city::THINGS;
        let mut judge = Judge::new(city::options(cameras));
        for step in 0..city::LOOKS {
            for camera in 0..cameras {
                judge.observe(&city::look(camera, step as u64, false));
                // all at once they would take more memory than the city
                let _ = judge.take_changes();
            }
        }
        assert_eq!(judge.things().count(), known, "things that are not told apart");
        Self { judge, cameras, camera: 0, step: city::LOOKS as u64 }
    }

    fn next_camera(&mut self) {
        self.camera = (self.camera + STRIDE) % self.cameras;
    }

    fn look(&mut self, one_more: bool) -> Vec<Judgement> {
        self.step += 1;
        let judged = self.judge.observe(&city::look(self.camera, self.step, one_more));
        // as the daemon does, which writes them down
        let _ = self.judge.take_changes();
        judged
    }

    /// A thing comes, stands until it is a violation, goes, and is gone.
    fn visit(&mut self) {
        let opened = |judged: &[Judgement]| matches!(judged, [.., Judgement::Opened(_)]);
        let gone = |judged: &[Judgement]| matches!(judged, [.., Judgement::Gone { .. }]);
        self.next_camera();
        let came = (0..MOST_LOOKS).any(|_| opened(&self.look(true)));
        let went = (0..MOST_LOOKS).any(|_| gone(&self.look(false)));
        assert!(came && went, "a newcomer is not told from what is known");
    }
}

fn judge(c: &mut Criterion<ProcessorTime>) {
    for known in KNOWN {
        // built when a benchmark of it is not filtered out: a million things take a while
        let mut built = None;
        let mut group = c.benchmark_group("judge");
        group.sample_size(20);
        group.throughput(Throughput::Elements(city::THINGS as u64));
        group.bench_function(BenchmarkId::new("ten known things seen again", known), |b| {
            let city = built.get_or_insert_with(|| City::with(known));
            b.iter(|| {
                city.next_camera();
                city.look(false)
            });
        });
        group.throughput(Throughput::Elements(1));
        group.bench_function(BenchmarkId::new("a newcomer comes and goes", known), |b| {
            let city = built.get_or_insert_with(|| City::with(known));
            b.iter(|| city.visit());
        });
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = processor_time::criterion();
    targets = judge
}
criterion_main!(benches);
