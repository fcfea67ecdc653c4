//! How much memory a process holds and how many threads it has, and how much of the graphics cards'
//! memory is taken. Where the system does not tell, nothing is said.

use std::{fs, process::Command};

/// MiB of the process that are in memory now.
pub fn resident_mib() -> Option<f64> {
    resident_in(&fs::read_to_string("/proc/self/status").ok()?)
}

/// MiB that can be taken without the system ending something.
pub fn available_mib() -> Option<f64> {
    kib_of("MemAvailable:", &fs::read_to_string("/proc/meminfo").ok()?).map(|kib| kib / 1024.0)
}

/// MiB of process `id` that are in memory now, and its threads.
#[cfg(feature = "gst")]
pub fn size_of(id: u32) -> Option<(f64, usize)> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    Some((resident_in(&status)?, threads_in(&status)?))
}

/// The line of `/proc/PID/status` that says `Threads:  12`.
#[cfg(feature = "gst")]
fn threads_in(status: &str) -> Option<usize> {
    status.lines().find_map(|line| line.strip_prefix("Threads:"))?.trim().parse().ok()
}

/// MiB taken on all NVIDIA cards together, by whomever.
pub fn nvidia_mib() -> Option<f64> {
    let mut command = Command::new("nvidia-smi");
    command.args(["--query-gpu=memory.used", "--format=csv,noheader,nounits"]);
    let output = command.output().ok().filter(|output| output.status.success())?;
    sum_of(&String::from_utf8(output.stdout).ok()?)
}

/// The line of `/proc/PID/status` that says `VmRSS:     12345 kB`.
fn resident_in(status: &str) -> Option<f64> {
    kib_of("VmRSS:", status).map(|kib| kib / 1024.0)
}

fn kib_of(name: &str, lines: &str) -> Option<f64> {
    let line = lines.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Figures, one a line; none when one of them is no figure.
fn sum_of(lines: &str) -> Option<f64> {
    let figures: Result<Vec<f64>, _> = lines.lines().map(|line| line.trim().parse()).collect();
    figures.ok().filter(|figures| !figures.is_empty()).map(|figures| figures.iter().sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_words_are_read_and_others_are_nothing() {
        let status = "Name:\tx\nVmHWM:\t    4096 kB\nVmRSS:\t    2048 kB\n";
        assert_eq!(resident_in(status), Some(2.0));
        assert_eq!(resident_in("Name:\tx\n"), None);
        assert_eq!(sum_of("1024\n512\n"), Some(1536.0));
        assert_eq!(sum_of("[N/A]\n"), None);
        assert_eq!(sum_of(""), None);
    }

    #[cfg(all(feature = "gst", target_os = "linux"))]
    #[test]
    fn a_process_size_is_read_by_its_id() {
        let (_, before) = size_of(std::process::id()).unwrap();
        assert!(before >= 1);
        assert_eq!(threads_in("Name:\tx\nThreads:\t37\n"), Some(37));
        assert_eq!(size_of(0x7fff_fff0), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn some_memory_is_free_and_not_all_of_the_world() {
        let free = available_mib().unwrap();
        assert!(1.0 < free && free < 1e9, "{free}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_that_is_written_to_is_resident() {
        let block = std::hint::black_box(vec![1u8; 64 << 20]);
        assert!(resident_mib().unwrap() >= 64.0, "{}", block.len());
    }
}
