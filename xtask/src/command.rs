//! Starting other programs.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

/// The cargo that started this chore, in the workspace.
pub(crate) fn cargo(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root).args(arguments).stdin(Stdio::null());
    // What `cargo run` tells xtask about xtask is nothing to the build it starts: build scripts
    // that watch these variables would run again.
    for (name, _) in env::vars_os() {
        let told = name.to_string_lossy();
        if told.starts_with("CARGO_PKG_") || told.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs to the end with its output visible.
pub(crate) fn succeed(mut command: Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(status.to_string()),
        Err(error) => Err(format!("could not start: {error}")),
    }
}

/// Runs to the end and hands back what it printed.
pub(crate) fn output(mut command: Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("could not start: {error}"))?;
    if output.status.success() {
        String::from_utf8(output.stdout).map_err(|_| "printed something that is not UTF-8".into())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_string())
    }
}

/// Whether this works here, said without a word: a program may be installed and still not allowed.
pub(crate) fn works(words: &[&str]) -> bool {
    let Some((program, arguments)) = words.split_first() else { return false };
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Whether cargo has this subcommand.
pub(crate) fn cargo_has(root: &Path, subcommand: &str) -> bool {
    let mut command = cargo(root, &[subcommand, "--version"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
