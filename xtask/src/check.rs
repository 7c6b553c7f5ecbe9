//! `cargo xtask check`: what a machine can say about a change without running it.

use std::path::Path;

use crate::report::Report;
use crate::{command, metadata, tidy};

/// Runs all checks; fails when one of them does.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let packages = metadata::packages(root)?;
    let mut report = Report::default();
    let cargo = |arguments: &[&str]| command::succeed(command::cargo(root, arguments));

    report.run("formatting", || cargo(&["fmt", "--all", "--check"]));
    report.run("tidy", || tidy::run(root));
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked"];
    let strict = ["--", "-D", "warnings"];
    report.run("lints", || cargo(&[&clippy[..], &strict].concat()));
    if packages.iter().any(|package| !package.features.is_empty()) {
        // Targets behind features are not even compiled above.
        report.run("lints, all features", || cargo(&[&clippy[..], &["--all-features"], &strict].concat()));
    }
    report.run("documentation", || {
        let mut command = command::cargo(root, &["doc", "--workspace", "--no-deps", "--locked"]);
        command.env("RUSTDOCFLAGS", "-D warnings");
        command::succeed(command)
    });
    let dependencies = "bans, licences, sources";
    if command::cargo_has(root, "deny") {
        report.run(dependencies, || cargo(&["deny", "check", "bans", "licenses", "sources"]));
    } else {
        report.leave_out(dependencies, "cargo-deny is not installed: `cargo install --locked cargo-deny`".into());
    }

    println!("\n== summary");
    for line in report.lines() {
        println!("{line}");
    }
    if report.failed() == 0 { Ok(()) } else { Err("a check failed".into()) }
}

/// Known vulnerabilities. Apart from `check`, because the list of them comes from the network.
pub(crate) fn audit(root: &Path) -> Result<(), String> {
    if !command::cargo_has(root, "deny") {
        return Err("cargo-deny is not installed: `cargo install --locked cargo-deny`".into());
    }
    command::succeed(command::cargo(root, &["deny", "check", "advisories"]))
}
