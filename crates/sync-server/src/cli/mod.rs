//! The commands of `sync-server`, as `contract-cli` fixes them.
//!
//! Exit status: 0 done, 1 refused or failed, 2 wrong usage. With `--json` exactly one JSON value
//! is printed on stdout (`serve` prints its listening line instead, in either case); everything
//! else goes to stderr.

mod admin;
mod args;
mod audit;
mod clock;
mod enrol;
mod keeping;
mod policy;
mod print;
mod qr;
mod report;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;
use signed::code;

use crate::failure::Failure;
use crate::serve::{self, Serve};
use args::{Args, Command, DeviceCommand, HoldCommand, SchoolCommand, UserCommand};
use print::Answer;

const REFUSED: u8 = 1;
const WRONG_USAGE: u8 = 2;

/// Runs one command line.
#[must_use]
pub fn run(arguments: Vec<OsString>) -> ExitCode {
    // Wrong usage is told as JSON too where it was asked for, before the rest can be understood.
    let json_wanted = arguments.iter().any(|argument| argument == "--json");
    let args = match Args::try_parse_from(arguments) {
        Ok(args) => args,
        Err(error) => return usage(&error, json_wanted),
    };
    let json = args.json;
    match command(args) {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(answer)) => {
            let status = if answer.failed { ExitCode::from(REFUSED) } else { ExitCode::SUCCESS };
            if print::answer(&answer, json).is_ok() { status } else { ExitCode::from(REFUSED) }
        }
        Err(failure) => {
            print::failure(&failure, json);
            ExitCode::from(REFUSED)
        }
    }
}

fn usage(error: &clap::Error, json: bool) -> ExitCode {
    let asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    // Nothing can be done where neither stream can be written.
    let _ = error.print();
    if asked_for {
        return ExitCode::SUCCESS;
    }
    if json {
        print::failure(&Failure::new(code::I_USAGE, "wrong usage; --help shows what is right"), true);
    }
    ExitCode::from(WRONG_USAGE)
}

fn command(args: Args) -> Result<Option<Answer>, Failure> {
    let now = args.now;
    if let Some(now) = now {
        print::note(&format!("a test clock runs from {now}"));
    }
    let answer = match args.command {
        Command::Init { dir } => admin::init(&dir, now)?,
        Command::Serve { dir, listen } => {
            serve::run(&Serve { dir, listen, now })?;
            return Ok(None);
        }
        Command::School(SchoolCommand::Add(school)) => admin::school_add(school, now)?,
        Command::User(UserCommand::Add(user)) => admin::user_add(user, now)?,
        Command::User(UserCommand::Deactivate { dir, id, emergency }) => {
            admin::user_deactivate(&dir, &id, emergency, now)?
        }
        Command::Enrol { dir, user, address, qr } => {
            enrol::enrol(&dir, &user, address, now, enrol::Shows { json: args.json, qr })?
        }
        Command::Device(DeviceCommand::List { dir }) => admin::device_list(&dir, now)?,
        Command::Device(DeviceCommand::Revoke { dir, id, erase }) => admin::device_revoke(&dir, id, erase, now)?,
        Command::RecoverDraft { dir, record, inspector, dpo, reason } => {
            admin::recover_draft(&dir, record, [&inspector, &dpo], reason, now)?
        }
        Command::Verify { dir } => audit::verify(&dir, now)?,
        Command::Audit { dir, record, user, since } => audit::audit(&dir, record, user, since, now)?,
        Command::Erase { dir, record, approved_by, reason } => {
            keeping::erase(&dir, record, &approved_by, &reason, now)?
        }
        Command::Hold { command: Some(HoldCommand::List { dir }), .. } => keeping::holds(&dir, now)?,
        Command::Hold { command: None, hold } => match hold.as_ref().and_then(|hold| Some((hold, hold.subject()?))) {
            Some((hold, subject)) => keeping::hold(hold, subject, now)?,
            None => return Err(Failure::new(code::I_USAGE, "a record or a case is held; --help shows how")),
        },
        Command::Retention(command) => keeping::retention(command, now)?,
        Command::Policy { dir, set, reload, show: _ } => policy::policy(&dir, &set, reload, now)?,
        Command::Report { dir, kind, svg } => report::report(&dir, kind, svg.as_deref(), now)?,
        Command::Clock { dir, advance } => clock::advance(&dir, advance)?,
    };
    Ok(Some(answer))
}
