//! How much memory this process holds, and how much of the graphics cards' is taken. Where the system
//! does not tell, nothing is said.

use std::{fs, process::Command};

/// MiB of the process that are in memory now.
pub fn resident_mib() -> Option<f64> {
    resident_in(&fs::read_to_string("/proc/self/status").ok()?)
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
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
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

    #[cfg(target_os = "linux")]
    #[test]
    fn memory_that_is_written_to_is_resident() {
        let block = std::hint::black_box(vec![1u8; 64 << 20]);
        assert!(resident_mib().unwrap() >= 64.0, "{}", block.len());
    }
}
