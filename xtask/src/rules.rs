//! `cargo xtask rules --off`: every rule is switched off in turn, and its tests must notice.
//!
//! The switch stands in `records::rules::switch` and exists only with the feature `rules-off`. A rule that is
//! one line of a family's table has it there; others name it where they act.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::command;

/// The rules of the requirements are numbered up to here.
const LAST: u32 = 125;

/// Rules that are how the house is built and have nothing to switch off: the reason, and what shows instead
/// that their tests can fail.
const BUILT_IN: &[(u32, &str)] = &[
    (1, "saved means on disk: `save_unsynced` breaks the syncing and is caught"),
    (24, "the order of the lanes is their type's; `ahead_kills` cuts them"),
    (33, "no all-or-nothing field is declared, so none can be offered"),
    (94, "documents converge by automerge; `orders` plays every order"),
    (98, "a boundary of C: `abuse_c`, `abuse_python` and the sanitizers go against it"),
    (99, "a receipt follows the commit; `kills` ends the server between any two writes"),
    (100, "nothing counts days to forget; the story plays the summer"),
    (115, "no rule reads these fields, so there is nothing to take away; the test permutes them"),
    (116, "no text says so, so there is nothing to take away"),
];

/// The feature, the variable that names the rule, and the one by which the stories build their programs.
const FEATURE: &str = "records/rules-off";
const VARIABLE: &str = "FIRSTHAND_RULE_OFF";
const PROGRAMS: &str = "FIRSTHAND_PROGRAMS_WITH";

/// A test program and the folder its tests run in.
#[derive(Debug)]
struct Program {
    path: PathBuf,
    folder: PathBuf,
}

/// What became of the tests of a rule that was off.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    noticed: usize,
    slept: Vec<String>,
}

/// Switches rules off: all, or those that are named (`R12`). Fails where no test of a rule notices.
pub(crate) fn off(root: &Path, only: &[&str]) -> Result<(), String> {
    let wanted = wanted(only)?;
    let programs = build(root)?;
    let tests = by_rule(&programs)?;
    let mut unnoticed = Vec::new();
    for number in wanted {
        if let Some((_, why)) = BUILT_IN.iter().find(|(built, _)| *built == number) {
            println!("R{number:<4} has no switch: {why}");
            continue;
        }
        let Some(of_rule) = tests.get(&number) else {
            println!("R{number:<4} NO TEST");
            unnoticed.push(number);
            continue;
        };
        let mut outcome = Outcome::default();
        for (program, names) in of_rule {
            let printed = run(programs.get(*program).ok_or("a program is gone")?, names, number)?;
            read(&printed, names, &mut outcome);
        }
        let all = outcome.noticed + outcome.slept.len();
        println!("R{number:<4} off: {} of {all} tests noticed", outcome.noticed);
        for name in &outcome.slept {
            println!("      did not notice: {name}");
        }
        if outcome.noticed == 0 {
            unnoticed.push(number);
        }
    }
    if unnoticed.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = unnoticed.iter().map(|number| format!("R{number}")).collect();
    Err(format!("no test notices that these are off: {}", names.join(" ")))
}

fn wanted(only: &[&str]) -> Result<BTreeSet<u32>, String> {
    if only.is_empty() {
        return Ok((1..=LAST).collect());
    }
    let number = |id: &&str| id.trim_start_matches(['R', 'r']).parse().map_err(|_| format!("{id} is no rule"));
    only.iter().map(number).collect()
}

/// Every test program, built with the switch in a folder of its own: the ordinary ones stay as they are.
fn build(root: &Path) -> Result<Vec<Program>, String> {
    let mut cargo = command::cargo(root, &["test", "--workspace", "--exclude", "xtask", "--no-run", "--locked"]);
    cargo.args(["--features", FEATURE, "--message-format", "json"]).arg("--target-dir").arg(folder(root));
    cargo.stderr(Stdio::inherit());
    let printed = command::output(cargo)?;
    let mut programs = Vec::new();
    for line in printed.lines() {
        let Ok(said) = serde_json::from_str::<Value>(line) else { continue };
        let is_test = said.pointer("/profile/test").and_then(Value::as_bool) == Some(true);
        let text = |path: &str| said.pointer(path).and_then(Value::as_str).map(PathBuf::from);
        if let (true, Some(path), Some(manifest)) = (is_test, text("/executable"), text("/manifest_path")) {
            let folder = manifest.parent().map(Path::to_path_buf).unwrap_or_default();
            programs.push(Program { path, folder });
        }
    }
    if programs.is_empty() { Err("cargo built no test".into()) } else { Ok(programs) }
}

fn folder(root: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from).join("rules-off")
}

/// The tests of each rule: by the place of their program.
fn by_rule(programs: &[Program]) -> Result<BTreeMap<u32, BTreeMap<usize, Vec<String>>>, String> {
    let mut found: BTreeMap<u32, BTreeMap<usize, Vec<String>>> = BTreeMap::new();
    for (place, program) in programs.iter().enumerate() {
        let mut list = program.command();
        list.args(["--list", "--format", "terse"]);
        for line in command::output(list)?.lines() {
            let Some(name) = line.strip_suffix(": test") else { continue };
            if let Some(number) = rule_of(name) {
                found.entry(number).or_default().entry(place).or_default().push(name.to_owned());
            }
        }
    }
    Ok(found)
}

/// The rule a test is named after: `stories::r12_..`.
fn rule_of(name: &str) -> Option<u32> {
    let last = name.rsplit("::").next()?;
    let (number, _) = last.strip_prefix('r')?.split_once('_')?;
    number.parse().ok()
}

fn run(program: &Program, names: &[String], number: u32) -> Result<String, String> {
    let mut tests = program.command();
    tests.arg("--exact").args(names).env(VARIABLE, format!("R{number}")).env(PROGRAMS, FEATURE);
    // A case that fails because a rule is off is none to keep.
    tests.env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true");
    tests.stdin(Stdio::null()).stderr(Stdio::null());
    let output = tests.output().map_err(|error| format!("could not start: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

impl Program {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.current_dir(&self.folder).env_remove(VARIABLE);
        command
    }
}

/// Reads `test NAME ... ok`. A test that did not come to an end noticed, too.
fn read(printed: &str, names: &[String], outcome: &mut Outcome) {
    let passed = |name: &&String| printed.lines().any(|line| line == format!("test {name} ... ok"));
    let slept: Vec<String> = names.iter().filter(passed).cloned().collect();
    outcome.noticed += names.len() - slept.len();
    outcome.slept.extend(slept);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_its_rules_by_its_name() {
        assert_eq!(rule_of("welfare::r44_closing_lists_each_gap"), Some(44));
        assert_eq!(rule_of("r9_a_draft"), Some(9));
        assert_eq!(rule_of("reads_a_row"), None);
        assert_eq!(rule_of("as4_the_number"), None);
    }

    #[test]
    fn what_passed_with_its_rule_off_slept() {
        let printed = "test r1_a ... ok\ntest r1_b ... FAILED\n";
        let names = ["r1_a".to_owned(), "r1_b".to_owned(), "r1_c".to_owned()];
        let mut outcome = Outcome::default();
        read(printed, &names, &mut outcome);
        assert_eq!(outcome, Outcome { noticed: 2, slept: vec!["r1_a".into()] });
    }
}
