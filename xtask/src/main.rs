//! Chores of the house, in Rust so that they run wherever the house builds.
//!
//! What other people extend are three tables: [`parts`] (the tools that optional tests need),
//! [`tidy::arrows`] (which crate may use which) and [`tidy::pages`] (which sources a protocol page
//! describes).

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a chore talks to the person who started it")]

mod check;
mod command;
mod metadata;
mod parts;
mod report;
mod rules;
mod sanitizer;
mod test;
mod tidy;

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask test            every test that can run here; says what it left out and why
cargo xtask test --all      the same, and fails when a part had to be left out
cargo xtask check           formatting, tidy, lints, documentation, licences
cargo xtask tidy            arrows between crates, protocol pages, sizes, words, invariants
cargo xtask tidy --accept   after reading them: the protocol pages are true again
cargo xtask rules --off [RULE ..]  every rule off in turn: a test of it must fail
cargo xtask audit           known vulnerabilities of dependencies (needs the network)";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = root();
    let done = match words.as_slice() {
        ["test"] => test::run(&root, test::Demand::WhatIsHere),
        ["test", "--all"] => test::run(&root, test::Demand::Everything),
        ["check"] => check::run(&root),
        ["tidy"] => tidy::run(&root),
        ["tidy", "--accept"] => tidy::accept(&root),
        ["rules", "--off", only @ ..] => rules::off(&root, only),
        ["audit"] => check::audit(&root),
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace. Asked at run time: a binary built in one clone may be started in another.
fn root() -> PathBuf {
    let here = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    here.and_then(|xtask| xtask.parent().map(PathBuf::from)).unwrap_or_else(|| PathBuf::from("."))
}
