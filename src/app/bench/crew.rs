//! Workers that do one thing over and over, each on a thread of its own that owns what it works with,
//! in turns of a set length. Knows nothing of what they do.

use std::{
    sync::mpsc::{Receiver, Sender, channel},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use anyhow::{Context as _, anyhow};

use super::clock::process_time;

/// What a worker does; an error ends the measurement.
pub type Job = Box<dyn FnMut() -> anyhow::Result<()> + Send>;

/// What a crew did in one turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// Milliseconds of every call.
    pub calls_ms: Vec<f64>,
    /// Calls a second of all workers together.
    pub calls_per_s: f64,
    /// Processor time of the whole process, milliseconds a call.
    pub processor_ms: f64,
}

/// One worker's part in a turn.
struct Shift {
    calls_ms: Vec<f64>,
    seconds: f64,
}

struct Worker {
    orders: Option<Sender<Duration>>,
    shifts: Receiver<anyhow::Result<Shift>>,
    thread: Option<JoinHandle<()>>,
}

/// See the file's first line. Its threads are joined when it goes.
pub struct Crew(Vec<Worker>);

impl Crew {
    /// A worker for each of `jobs`; they wait for their first turn.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(jobs: Vec<Job>) -> std::io::Result<Self> {
        jobs.into_iter().enumerate().map(|(index, job)| Worker::start(index, job)).collect()
    }

    /// Has all work for `length`, or for one call each should that take longer.
    ///
    /// # Errors
    /// That of the first worker that fails.
    pub fn turn(&self, length: Duration) -> anyhow::Result<Turn> {
        let before = process_time()?;
        for worker in &self.0 {
            let orders = worker.orders.as_ref().context("the worker has gone")?;
            orders.send(length).map_err(|_| anyhow!("a worker has panicked"))?;
        }
        let answers: Vec<_> = self.0.iter().map(|worker| worker.shifts.recv()).collect();
        let spent = process_time()? - before;
        let (mut calls_ms, mut calls_per_s) = (Vec::new(), 0.0);
        for answer in answers {
            let shift = answer.map_err(|_| anyhow!("a worker has panicked"))??;
            calls_per_s += shift.calls_ms.len() as f64 / shift.seconds;
            calls_ms.extend(shift.calls_ms);
        }
        let processor_ms = spent.as_secs_f64() * 1e3 / calls_ms.len() as f64;
        Ok(Turn { calls_ms, calls_per_s, processor_ms })
    }
}

impl FromIterator<Worker> for Crew {
    fn from_iter<T: IntoIterator<Item = Worker>>(workers: T) -> Self {
        Self(workers.into_iter().collect())
    }
}

impl Worker {
    fn start(index: usize, mut job: Job) -> std::io::Result<Self> {
        let (orders, lengths) = channel();
        let (answers, shifts) = channel();
        let work = move || {
            while let Ok(length) = lengths.recv() {
                if answers.send(shift(&mut job, length)).is_err() {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name(format!("worker {index}")).spawn(work)?;
        Ok(Self { orders: Some(orders), shifts, thread: Some(thread) })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.orders = None;
        // one that panicked has been told of in its turn
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn shift(job: &mut Job, length: Duration) -> anyhow::Result<Shift> {
    let began = Instant::now();
    let (mut calls_ms, mut last) = (Vec::new(), began);
    while last - began < length || calls_ms.is_empty() {
        job()?;
        let now = Instant::now();
        calls_ms.push((now - last).as_secs_f64() * 1e3);
        last = now;
    }
    Ok(Shift { calls_ms, seconds: (last - began).as_secs_f64() })
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    };

    use super::*;

    #[test]
    fn every_call_of_every_worker_is_counted() {
        let calls = [(); 3].map(|()| Arc::new(AtomicUsize::new(0)));
        let job = |calls: &Arc<AtomicUsize>| -> Job {
            let calls = calls.clone();
            Box::new(move || {
                calls.fetch_add(1, Relaxed);
                Ok(())
            })
        };
        let crew = Crew::start(calls.iter().map(job).collect()).unwrap();
        let once = crew.turn(Duration::ZERO).unwrap();
        assert_eq!(once.calls_ms.len(), 3, "one call each however short the turn");
        assert!(once.calls_per_s > 0.0 && once.processor_ms >= 0.0);
        let more = crew.turn(Duration::from_millis(5)).unwrap();
        let all = calls.iter().map(|calls| calls.load(Relaxed)).sum::<usize>();
        assert_eq!(once.calls_ms.len() + more.calls_ms.len(), all);
    }

    #[test]
    fn a_worker_that_fails_or_panics_ends_the_turn_and_not_the_program() {
        let fine: Job = Box::new(|| Ok(()));
        let broken: Job = Box::new(|| anyhow::bail!("broken"));
        let crew = Crew::start(vec![fine, broken]).unwrap();
        let error = crew.turn(Duration::ZERO).unwrap_err();
        assert_eq!(error.to_string(), "broken");
        let panics: Job = Box::new(|| panic!("on purpose"));
        let crew = Crew::start(vec![panics]).unwrap();
        let error = crew.turn(Duration::ZERO).unwrap_err();
        assert!(error.to_string().contains("panicked"), "{error}");
    }
}
