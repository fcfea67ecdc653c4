//! Processor time of the calling thread, of this process and of others, which other programs on the
//! machine do not lengthen. std has no call for it.

use std::{io, time::Duration};

use nix::time::ClockId;

/// Processor time this thread has used so far.
///
/// # Errors
/// The system keeps no such clock.
pub fn thread_time() -> io::Result<Duration> {
    Ok(ClockId::CLOCK_THREAD_CPUTIME_ID.now()?.into())
}

/// Processor time all threads of this process have used so far, ended ones too.
///
/// # Errors
/// The system keeps no such clock.
pub fn process_time() -> io::Result<Duration> {
    Ok(ClockId::CLOCK_PROCESS_CPUTIME_ID.now()?.into())
}

/// Processor time all threads of process `id` have used so far, ended ones too.
///
/// # Errors
/// There is no such process, or the system keeps no such clock.
#[cfg(all(feature = "gst", target_os = "linux"))]
pub fn time_of(id: u32) -> io::Result<Duration> {
    use nix::{time::clock_getcpuclockid, unistd::Pid};
    let id = i32::try_from(id).map_err(io::Error::other)?;
    Ok(clock_getcpuclockid(Pid::from_raw(id))?.now()?.into())
}

/// Other systems do not tell.
#[cfg(all(feature = "gst", not(target_os = "linux")))]
pub fn time_of(_: u32) -> io::Result<Duration> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(feature = "gst", target_os = "linux"))]
    #[test]
    fn a_process_is_found_by_its_id() {
        let (own, named) = (process_time().unwrap(), time_of(std::process::id()).unwrap());
        assert!(named >= own);
        // the largest id that Linux can be set to give out is far below
        assert!(time_of(0x7fff_fff0).is_err());
    }

    #[test]
    fn work_takes_time_and_another_threads_work_is_the_process_s_alone() {
        let start = thread_time().unwrap();
        let mut sum = 0u64;
        while thread_time().unwrap() == start {
            sum = std::hint::black_box(sum + 1);
        }
        let other = || {
            let start = thread_time().unwrap();
            while thread_time().unwrap() < start + Duration::from_millis(20) {}
        };
        let (own, all) = (thread_time().unwrap(), process_time().unwrap());
        std::thread::spawn(other).join().unwrap();
        assert!(thread_time().unwrap() - own < Duration::from_millis(20));
        assert!(process_time().unwrap() - all >= Duration::from_millis(20));
    }
}
