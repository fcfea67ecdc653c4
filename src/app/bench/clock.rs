//! Processor time of the calling thread, of this process and of others, which other programs on the
//! machine do not lengthen. std has no call for it.

use std::{io, time::Duration};

/// Processor time this thread has used so far.
///
/// # Errors
/// The system keeps no such clock.
pub fn thread_time() -> io::Result<Duration> {
    read(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// Processor time all threads of this process have used so far, ended ones too.
///
/// # Errors
/// The system keeps no such clock.
pub fn process_time() -> io::Result<Duration> {
    read(libc::CLOCK_PROCESS_CPUTIME_ID)
}

/// Processor time all threads of process `id` have used so far, ended ones too.
///
/// # Errors
/// There is no such process, or the system keeps no such clock.
#[cfg(all(feature = "gst", target_os = "linux"))]
#[allow(unsafe_code)]
pub fn time_of(id: u32) -> io::Result<Duration> {
    let id = libc::pid_t::try_from(id).map_err(io::Error::other)?;
    let mut clock: libc::clockid_t = 0;
    // SAFETY: `clock` is a valid place to write one clock's id to.
    match unsafe { libc::clock_getcpuclockid(id, &raw mut clock) } {
        0 => read(clock),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

/// Other systems do not tell.
#[cfg(all(feature = "gst", not(target_os = "linux")))]
pub fn time_of(_: u32) -> io::Result<Duration> {
    Err(io::ErrorKind::Unsupported.into())
}

#[allow(unsafe_code)]
fn read(clock: libc::clockid_t) -> io::Result<Duration> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place to write one timespec to.
    if unsafe { libc::clock_gettime(clock, &raw mut time) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let part = |n| u64::try_from(n).map_err(io::Error::other);
    #[allow(clippy::useless_conversion)] // the fields' widths differ between targets
    let (seconds, nanos) = (part(i64::from(time.tv_sec))?, part(i64::from(time.tv_nsec))?);
    Ok(Duration::from_secs(seconds) + Duration::from_nanos(nanos))
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
