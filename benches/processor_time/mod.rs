//! Criterion's figures in processor time instead of the wall's clock: what else runs on the machine
//! then hardly shows.

use std::{io, time::Duration};

use criterion::{
    Criterion,
    measurement::{Measurement, ValueFormatter, WallTime},
};
use streetwarden::app::bench::{process_time, thread_time};

/// Processor time by some clock.
pub struct ProcessorTime(fn() -> io::Result<Duration>);

impl Measurement for ProcessorTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        (self.0)().unwrap_or_default()
    }

    fn end(&self, start: Duration) -> Duration {
        self.start().saturating_sub(start)
    }

    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        *a + *b
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        WallTime.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

/// What `criterion_group!` takes as its configuration: time of the measuring thread.
#[allow(dead_code)] // every benchmark uses one of the two
pub fn criterion() -> Criterion<ProcessorTime> {
    Criterion::default().with_measurement(ProcessorTime(thread_time))
}

/// The same for what works on threads of its own: time of the whole process.
#[allow(dead_code)]
pub fn of_process() -> Criterion<ProcessorTime> {
    Criterion::default().with_measurement(ProcessorTime(process_time))
}
