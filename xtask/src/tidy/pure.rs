//! The crates below the two programs' cores do no I/O, read no clock and start nothing: they are
//! told the time. That is what makes them replayable in a simulation.

use super::Fault;
use super::sources::{Files, is_rust, tests_begin};
use crate::metadata::Package;

/// The pure crates, by their folder under `crates/`.
const PURE: [&str; 5] = ["signed", "documents", "records", "wire", "sync-engine"];

/// Packages that bring a disk, a socket, a runtime or a thread along.
const IMPURE: [&str; 6] = ["async-std", "mio", "quinn", "rusqlite", "smol", "tokio"];

/// What reaches for the outside from plain Rust.
const REACHES: [&str; 9] = [
    "Instant::now(",
    "Local::now(",
    "SystemTime::now(",
    "Utc::now(",
    "std::env::",
    "std::fs",
    "std::net::Tcp",
    "std::process",
    "std::thread",
];

/// Every reach to the outside in a pure crate.
pub(crate) fn faults(packages: &[Package], files: &Files) -> Vec<Fault> {
    let mut faults = Vec::new();
    for name in PURE {
        let place = format!("crates/{name}");
        for package in packages.iter().filter(|package| package.place == place) {
            for foreign in package.foreign.iter().filter(|foreign| IMPURE.contains(&foreign.as_str())) {
                faults.push(Fault::new(format!("{place}/Cargo.toml"), format!("a pure crate does not use {foreign}")));
            }
        }
        let sources = format!("{place}/src/");
        for (path, text) in files.iter().filter(|(path, _)| path.starts_with(&sources) && is_rust(path)) {
            let product = text.lines().take(tests_begin(path, text) - 1);
            for (index, line) in product.enumerate() {
                if let Some(reach) = REACHES.iter().find(|reach| line.contains(*reach)) {
                    let what = format!("`{reach}` in a pure crate: let the caller hand it in");
                    faults.push(Fault::new(format!("{path}:{}", index + 1), what));
                }
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pure_crate_reads_no_clock_but_its_tests_may() {
        let text = "fn a() { Instant::now(); }\n#[cfg(test)]\nmod tests {\n fn b() { Instant::now(); }\n}\n";
        let at = |path: &str| faults(&[], &Files::from([(path.into(), text.into())]));
        assert_eq!(at("crates/wire/src/a.rs").len(), 1);
        assert_eq!(at("crates/field-core/src/a.rs"), []);
    }

    #[test]
    fn a_pure_crate_has_no_runtime_below_it() {
        let package = Package { place: "crates/wire".into(), foreign: vec!["tokio".into()], ..Package::default() };
        assert_eq!(faults(&[package], &Files::new()).len(), 1);
    }
}
