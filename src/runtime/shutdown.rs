//! Joining threads and cameras with a grace period that names who is late.

use std::time::{Duration, Instant};

use crate::capture::Running;

/// A named thread, or a camera without one, that was started and must be joined.
pub struct Member {
    name: String,
    running: Running,
}

impl Member {
    /// Spawns `work` on a thread named `name`.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn spawn(
        name: impl Into<String>,
        work: impl FnOnce() + Send + 'static,
    ) -> std::io::Result<Self> {
        let name = name.into();
        // Linux keeps 15 bytes of a thread's name
        let short: String = name.chars().take(15).collect();
        let handle = std::thread::Builder::new().name(short).spawn(work)?;
        Ok(Self { name, running: Running::Thread(handle) })
    }

    /// A camera that was started.
    pub fn camera(name: impl Into<String>, running: Running) -> Self {
        Self { name: name.into(), running }
    }

    /// Whether its work has ended.
    pub fn is_finished(&self) -> bool {
        self.running.is_finished()
    }
}

/// Joins all within `grace`; the names of those that were late or panicked come back. A late thread
/// is left to the end of the process.
pub fn join_all(members: Vec<Member>, grace: Duration) -> Vec<String> {
    let deadline = Instant::now() + grace;
    let mut late = Vec::new();
    for member in members {
        while !member.is_finished() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
        }
        if !member.is_finished() {
            late.push(member.name);
        } else if member.running.join().is_err() {
            late.push(format!("{} (panicked)", member.name));
        }
    }
    late
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn the_late_one_is_named() {
        let (hold, held) = mpsc::channel::<()>();
        let quick = Member::spawn("quick", || ()).unwrap();
        let stuck = Member::spawn("stuck", move || {
            let _ = held.recv();
        })
        .unwrap();
        let broken = Member::spawn("broken", || std::panic::resume_unwind(Box::new(()))).unwrap();
        let late = join_all(vec![quick, broken, stuck], Duration::from_millis(200));
        assert_eq!(late, ["broken (panicked)", "stuck"]);
        drop(hold);
    }
}
