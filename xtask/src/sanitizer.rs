//! The C boundary's own tests under AddressSanitizer: an optional part, and one that no feature can
//! ask for, because it is a way of building.

use std::path::Path;
use std::process::Command;

use crate::command;

/// The package whose tests run under it, and those of its targets that reach for memory of others.
const PACKAGE: &str = "ffi";
const TARGETS: [&str; 4] = ["--lib", "--test=asleep", "--test=boundary", "--test=life"];

/// What other builds optimise and what takes minutes to optimise once it is watched.
const SLOW: [&str; 4] = ["automerge", "hexane", "quinn-proto", "rustls"];

/// What the summary calls it.
pub(crate) const NAME: &str = "ffi under AddressSanitizer";

/// What is missing here, if anything.
pub(crate) fn missing(root: &Path) -> Option<String> {
    let toolchain = toolchain(root);
    match toolchain {
        Some(toolchain) if toolchain.has_runtime => None,
        Some(_) => Some("this Rust toolchain came without the sanitizer's runtime".into()),
        None => Some("rustc does not say where it is".into()),
    }
}

/// Builds those tests with the sanitizer, in a folder of their own, and runs them.
pub(crate) fn command(root: &Path) -> Result<Command, String> {
    let host = toolchain(root).ok_or("rustc does not say where it is")?.host;
    let mut command = command::cargo(root, &["test", "--locked", "--package", PACKAGE, "--no-fail-fast"]);
    for package in SLOW {
        command.args(["--config", &format!("profile.dev.package.{package}.opt-level=0")]);
    }
    command.args(TARGETS).args(["--target", &host, "--target-dir", "target/sanitizer"]);
    // With a named target the flags reach neither build scripts nor macros. The flag is an unstable
    // one; this variable lets a stable compiler take it.
    command.env("RUSTFLAGS", "-Zsanitizer=address").env("RUSTC_BOOTSTRAP", "1");
    // Constants that the compiler put into two objects look like one definition too many.
    command.env("ASAN_OPTIONS", "detect_odr_violation=0:detect_leaks=1");
    Ok(command)
}

struct Toolchain {
    host: String,
    has_runtime: bool,
}

fn toolchain(root: &Path) -> Option<Toolchain> {
    let rustc = |arguments: &[&str]| {
        let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        command.current_dir(root).args(arguments);
        command::output(command).ok()
    };
    let version = rustc(&["-vV"])?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "))?.to_owned();
    let libraries = Path::new(rustc(&["--print", "sysroot"])?.trim()).join("lib/rustlib").join(&host).join("lib");
    let entries = std::fs::read_dir(libraries).ok()?;
    let has_runtime = entries.flatten().any(|entry| entry.file_name().to_string_lossy().ends_with("_rt.asan.a"));
    Some(Toolchain { host, has_runtime })
}
