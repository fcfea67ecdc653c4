//! On what was measured: figures without it cannot be compared.

use std::fs;

/// The machine by name and value.
pub fn facts() -> Vec<(&'static str, String)> {
    let model = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| processor_in(&text));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    vec![
        ("processor", model.unwrap_or_else(|| std::env::consts::ARCH.to_owned())),
        ("cores", cores.to_string()),
        ("system", std::env::consts::OS.to_owned()),
        ("build", if cfg!(debug_assertions) { "debug" } else { "release" }.to_owned()),
    ]
}

/// What a table measured with a build that is not optimised has to say.
pub fn notes() -> Vec<String> {
    let slow = "this build is not optimised, its figures say nothing: build with --release";
    if cfg!(debug_assertions) { vec![slow.to_owned()] } else { Vec::new() }
}

/// The name that `/proc/cpuinfo` gives the first core.
fn processor_in(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, name)| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_named_where_the_system_does() {
        let text = "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nflags\t: a b\n";
        assert_eq!(processor_in(text).as_deref(), Some("Some CPU @ 2 GHz"));
        assert_eq!(processor_in("processor\t: 0\n"), None);
        assert!(facts().iter().any(|(name, _)| *name == "cores"));
    }
}
