//! `field`: one device's store at a terminal, for pilots, training, support and tests.
//!
//! Every command is one call of `field-core`; this program reads words and files, and prints.

mod args;
mod body;
mod key;
mod run;
mod say;
mod store;
mod usage;
mod watch;
mod words;

use std::process::ExitCode;

use clap::Parser;
use field_core::FieldError;
use serde_json::Value as Json;
use signed::code;

use args::{Cli, Command};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage::end(&error),
    };
    let json = cli.globals.json;
    match act(&cli) {
        Ok(Some(value)) => {
            say::answer(&cli.command, &value, json);
            let holds =
                !matches!(cli.command, Command::VerifyBundle { .. }) || value.get("ok") == Some(&Json::Bool(true));
            if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Ok(None) => ExitCode::SUCCESS,
        Err(error) => {
            say::error(&error, json);
            ExitCode::from(if error.code == code::I_USAGE { 2 } else { 1 })
        }
    }
}

/// Carries out one command; `None` when it has printed everything itself.
fn act(cli: &Cli) -> Result<Option<Json>, FieldError> {
    // What the command brings is read before the store is opened: a terminal that is slow to give
    // a body keeps nobody else from the store.
    let call = run::Call::read(&cli.command, run::Source::Terminal)?;
    if let Command::VerifyBundle { file, pins } = &cli.command {
        // It proves itself: no store is opened, and none is made.
        return field_core::bundle::verify(file, pins).map(Some);
    }
    let open = match store::open(&cli.globals) {
        Err(error) if error.code == code::STORE_KEY => return call.boxed(&cli.globals).unwrap_or(Err(error)).map(Some),
        opened => opened?,
    };
    let answer = if matches!(cli.command, Command::Watch) {
        watch::watch(&open).map(|()| None)
    } else {
        if matches!(cli.command, Command::Rekey) { open.rekey() } else { call.run(&open.field) }.map(Some)
    };
    open.tidy()?;
    answer
}
