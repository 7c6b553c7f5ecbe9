//! `cargo xtask test`: everything, in order, with a summary of the parts at the end.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::report::Report;
use crate::{command, metadata, parts, sanitizer};

/// What a run asks of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// Leave out what cannot run here, and say so.
    WhatIsHere,
    /// Fail when something cannot run here.
    Everything,
}

/// Results of single tests, added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
}

/// Runs all parts; fails when one of them does.
pub(crate) fn run(root: &Path, demand: Demand) -> Result<(), String> {
    let packages = metadata::packages(root)?;
    let mut report = Report::default();
    let mut tally = Tally::default();

    report.run("build", || build(root, &[]));
    report.run("workspace", || tests(root, &[], &mut tally));
    let parts = parts::gated(&packages);
    for part in &parts {
        match part.missing(|tool| command::works(tool.probe)) {
            None => report.run(&part.name(), || gated(root, part, &mut tally)),
            Some(why) => report.leave_out(&part.name(), why),
        }
    }
    match sanitizer::missing(root) {
        None => report.run(sanitizer::NAME, || tally_of(sanitizer::command(root)?, &mut tally)),
        Some(why) => report.leave_out(sanitizer::NAME, why),
    }
    if parts.iter().any(parts::Gated::changes_programs) {
        // Programs with planted faults may stand where the honest ones stood.
        report.run("build again", || build(root, &[]));
    }

    println!("\n== summary");
    for line in report.lines() {
        println!("{line}");
    }
    let left_out = report.left_out();
    let Tally { passed, failed, ignored } = tally;
    println!(
        "{passed} passed, {failed} failed, {ignored} ignored; parts failed: {}, left out: {left_out}",
        report.failed()
    );
    match demand {
        _ if report.failed() > 0 => Err("a part failed".into()),
        Demand::Everything if left_out > 0 => Err("--all demands the parts that were left out".into()),
        Demand::Everything | Demand::WhatIsHere => Ok(()),
    }
}

/// One part with features of its own.
fn gated(root: &Path, part: &parts::Gated<'_>, total: &mut Tally) -> Result<(), String> {
    let features = part.features();
    if part.changes_programs() {
        build(root, &["--features", &features])?;
    }
    tests(root, &["--features", &features, "--test", part.target()], total)
}

/// Tests and programs together: the whole-system tests start real programs, and `cargo test` alone
/// does not build them all. Tests are named too, and the whole workspace is always selected,
/// because cargo would otherwise choose other features of the dependencies and build them twice.
fn build(root: &Path, more: &[&str]) -> Result<(), String> {
    // Without xtask, which is running.
    let mut command = command::cargo(root, &["build", "--workspace", "--exclude", "xtask", "--bins", "--tests"]);
    command.arg("--locked").args(more);
    command::succeed(command)
}

/// One `cargo test`; its output stays visible and its results are counted. A part in which no test
/// ran has not shown anything, so it failed.
fn tests(root: &Path, more: &[&str], total: &mut Tally) -> Result<(), String> {
    let mut command = command::cargo(root, &["test", "--workspace", "--locked", "--no-fail-fast"]);
    command.args(more);
    tally_of(command, total)
}

fn tally_of(command: Command, total: &mut Tally) -> Result<(), String> {
    let mut ran = Tally::default();
    let outcome = watch(command, |line| ran.add(line));
    total.passed += ran.passed;
    total.failed += ran.failed;
    total.ignored += ran.ignored;
    outcome?;
    if ran.passed == 0 { Err("no test ran".into()) } else { Ok(()) }
}

/// Runs to the end, showing each line and handing it on.
fn watch(mut command: Command, mut each: impl FnMut(&str)) -> Result<(), String> {
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| format!("could not start: {error}"))?;
    if let Some(stdout) = child.stdout.take() {
        let mut lines = BufReader::new(stdout);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).map_err(|error| format!("its output broke off: {error}"))? > 0 {
            let text = String::from_utf8_lossy(&line);
            print!("{text}");
            each(&text);
            line.clear();
        }
    }
    match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(status.to_string()),
        Err(error) => Err(format!("lost sight of it: {error}")),
    }
}

impl Tally {
    /// Reads `test result: ok. 3 passed; 0 failed; 0 ignored; ..`.
    fn add(&mut self, line: &str) {
        let Some((_, counts)) = line.split_once("test result: ").and_then(|(_, rest)| rest.split_once(". ")) else {
            return;
        };
        for count in counts.split(';') {
            let Some((number, what)) = count.trim().split_once(' ') else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_several_test_programs_add_up() {
        let mut tally = Tally::default();
        tally.add("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.02s\n");
        tally.add("test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out\n");
        tally.add("test a_name::passed ... ok\n");
        assert_eq!(tally, Tally { passed: 14, failed: 1, ignored: 1 });
    }
}
