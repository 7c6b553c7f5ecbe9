//! What can be typed.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args as ClapArgs, Parser, Subcommand};
use records::Role;
use signed::{DeviceId, RecordId, Timestamp};

use crate::core::RetentionDecision;
use crate::serve::clock::parse_length;

/// Firsthand's server.
#[derive(Debug, Parser)]
#[command(
    name = "sync-server",
    version,
    about = "Firsthand's server: keeps what was recorded, and brings it to whoever must act"
)]
pub(super) struct Args {
    /// Print exactly one JSON value on stdout
    #[arg(long, global = true)]
    pub(super) json: bool,

    /// Begin with a test clock at this time (`serve`: only with test_clock = true in config.toml)
    #[arg(long, global = true, value_name = "TIME", value_parser = time)]
    pub(super) now: Option<Timestamp>,

    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a new server in a folder
    Init {
        /// The folder, which must not exist yet
        #[arg(long)]
        dir: PathBuf,
    },
    /// Serve until SIGTERM
    Serve {
        /// The server's folder
        #[arg(long)]
        dir: PathBuf,
        /// Where to listen; port 0 is any free port, and the same one at every later start
        #[arg(long, value_name = "IP:PORT")]
        listen: Option<SocketAddr>,
    },
    /// Schools
    #[command(subcommand)]
    School(SchoolCommand),
    /// People
    #[command(subcommand)]
    User(UserCommand),
    /// Make a one-time code with which a new device of a user enrols
    Enrol {
        /// The server's folder
        #[arg(long)]
        dir: PathBuf,
        /// Whose device it will be
        #[arg(long)]
        user: String,
        /// Where the device finds this server, if not where it listens
        #[arg(long, value_name = "HOST:PORT")]
        address: Option<String>,
        /// Draw the QR code although no terminal shows it (with --json on stderr)
        #[arg(long)]
        qr: bool,
    },
    /// Devices
    #[command(subcommand)]
    Device(DeviceCommand),
    /// Release the unsealed draft of somebody who has left, as a record that says it was never sealed
    RecoverDraft {
        /// The server's folder
        #[arg(long)]
        dir: PathBuf,
        /// The record that it would have become
        #[arg(long, value_name = "ID")]
        record: RecordId,
        /// The inspector who releases it
        #[arg(long, value_name = "USER")]
        inspector: String,
        /// The data protection officer who releases it too
        #[arg(long, value_name = "USER")]
        dpo: String,
        /// Why; it stands in the record
        #[arg(long)]
        reason: String,
    },
    /// Check every signature, chain, inbox and log that is kept
    Verify {
        /// The server's folder
        #[arg(long)]
        dir: PathBuf,
    },
    /// The log of what was done with records, by whom, and why
    Audit {
        /// The server's folder
        #[arg(long)]
        dir: PathBuf,
        /// Only what concerns this record
        #[arg(long, value_name = "ID")]
        record: Option<RecordId>,
        /// Only what this user did or was shown
        #[arg(long)]
        user: Option<String>,
        /// Only from this time on
        #[arg(long, value_name = "TIME", value_parser = time)]
        since: Option<Timestamp>,
    },
    /// Erase a record for good: its key is destroyed, a tombstone stays
    Erase {
        /// The server's folder
        #[arg(long)]
        dir: PathBuf,
        /// The record
        #[arg(long, value_name = "ID")]
        record: RecordId,
        /// The data protection officer who approves it
        #[arg(long, value_name = "USER")]
        approved_by: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Place a legal hold on a record or a case, or release it
    #[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
    Hold {
        #[command(subcommand)]
        command: Option<HoldCommand>,
        #[command(flatten)]
        hold: Option<HoldArgs>,
    },
    /// How long cases are kept: what is due to be looked at, and what is decided
    #[command(subcommand)]
    Retention(RetentionCommand),
    /// The policy: show what is in force, or change it
    Policy {
        /// The server's folder
        #[arg(long)]
        dir: PathBuf,
        /// Set a value, in policy.toml and in force; may be given several times
        #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value, conflicts_with_all = ["reload", "show"])]
        set: Vec<String>,
        /// Put in force what policy.toml says
        #[arg(long, conflicts_with = "show")]
        reload: bool,
        /// Show what is in force, as without any of these
        #[arg(long)]
        show: bool,
    },
    /// Delivery times, workload, what is overdue, completeness, attendance, hours lost
    Report {
        /// The server's folder
        #[arg(long)]
        dir: PathBuf,
        /// Which report
        #[arg(long, value_enum)]
        kind: super::report::Kind,
        /// Draw it as a chart too (delivery and workload)
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
    },
    /// Move the test clock of a serving server
    Clock {
        /// The server's folder
        #[arg(long)]
        dir: PathBuf,
        /// How far, such as 90s, 15m, 2h or 3d
        #[arg(long, value_name = "LENGTH", value_parser = length)]
        advance: i64,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum SchoolCommand {
    /// Add a school
    Add(SchoolAdd),
}

#[derive(Debug, clap::Args)]
pub(super) struct SchoolAdd {
    /// The server's folder
    #[arg(long)]
    pub(super) dir: PathBuf,
    /// Its unique reference number
    #[arg(long, value_name = "URN")]
    pub(super) id: String,
    /// Its name
    #[arg(long)]
    pub(super) name: String,
    /// What its agreement allows; without one, shares per action only
    #[arg(long, value_parser = ["partnership", "named_contact"])]
    pub(super) agreement: Option<String>,
    /// The last day of the agreement
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date, requires = "agreement")]
    pub(super) until: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Add a person
    Add(UserAdd),
    /// End a person's access; refused while they own open items
    Deactivate {
        /// The server's folder
        #[arg(long)]
        dir: PathBuf,
        /// Who
        #[arg(long)]
        id: String,
        /// At once: open items move to the supervisor or a sergeant in the same instant
        #[arg(long)]
        emergency: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct UserAdd {
    /// The server's folder
    #[arg(long)]
    pub(super) dir: PathBuf,
    /// The id: 1 to 64 of A-Z a-z 0-9 . _ -
    #[arg(long)]
    pub(super) id: String,
    /// The name, as colleagues see it
    #[arg(long)]
    pub(super) name: String,
    /// The role
    #[arg(long, value_parser = roles())]
    pub(super) role: String,
    /// A school posted to or of; may be given several times
    #[arg(long = "school", value_name = "URN")]
    pub(super) schools: Vec<String>,
    /// The team
    #[arg(long)]
    pub(super) team: Option<String>,
    /// The area
    #[arg(long)]
    pub(super) area: Option<String>,
    /// Who supervises them
    #[arg(long, value_name = "USER")]
    pub(super) supervisor: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum DeviceCommand {
    /// List all devices
    List {
        /// The server's folder
        #[arg(long)]
        dir: PathBuf,
    },
    /// End a device's access at once
    Revoke {
        /// The server's folder
        #[arg(long)]
        dir: PathBuf,
        /// Which, as `device list` shows it
        #[arg(long, value_name = "DEVICE")]
        id: DeviceId,
        /// Tell it to erase itself when it next comes
        #[arg(long)]
        erase: bool,
    },
}

/// Everybody's roles: the server's own cannot be given.
fn roles() -> PossibleValuesParser {
    let given = Role::ALL.into_iter().filter(|role| *role != Role::Server);
    PossibleValuesParser::new(given.map(Role::as_str))
}

/// A legal hold.
#[derive(Debug, ClapArgs)]
pub(super) struct HoldArgs {
    /// The server's folder
    #[arg(long)]
    pub(super) dir: PathBuf,
    /// The record
    #[arg(long, value_name = "ID", required_unless_present = "case", conflicts_with = "case")]
    record: Option<RecordId>,
    /// The whole case
    #[arg(long, value_name = "ID")]
    case: Option<RecordId>,
    /// The data protection officer
    #[arg(long, value_name = "USER")]
    pub(super) by: String,
    /// Why; kept sealed
    #[arg(long)]
    pub(super) reason: String,
    /// Release it
    #[arg(long)]
    pub(super) release: bool,
}

impl HoldArgs {
    /// What is held.
    pub(super) fn subject(&self) -> Option<RecordId> {
        self.record.or(self.case)
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum HoldCommand {
    /// Every hold, released ones too
    List {
        /// The server's folder
        #[arg(long)]
        dir: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum RetentionCommand {
    /// Cases whose review is due
    Due {
        /// The server's folder
        #[arg(long)]
        dir: PathBuf,
    },
    /// Record what is decided about a case; erase erases every record of it
    Decide {
        /// The server's folder
        #[arg(long)]
        dir: PathBuf,
        /// The case
        #[arg(long, value_name = "ID")]
        case: RecordId,
        /// The data protection officer
        #[arg(long, value_name = "USER")]
        by: String,
        /// retain (a new contact begins the clear period anew), review (on that very day) or erase
        #[arg(long, value_name = "DECISION", value_parser = decision)]
        decision: RetentionDecision,
        /// The review group, 1 to 4
        #[arg(long)]
        group: u64,
        /// When it is looked at next
        #[arg(long, value_name = "DATE", value_parser = moment)]
        next: Timestamp,
        /// Why; kept sealed
        #[arg(long)]
        reason: String,
    },
}

fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).map_err(|error| error.to_string())
}

fn length(text: &str) -> Result<i64, String> {
    parse_length(text).ok_or_else(|| "a length of time is a number and s, m, h or d, ten years at most".to_owned())
}

/// The beginning of a day, or a time.
fn moment(text: &str) -> Result<Timestamp, String> {
    time(text).or_else(|_| time(&format!("{text}T00:00:00Z"))).map_err(|_| "a day (YYYY-MM-DD) or a time".to_owned())
}

fn decision(text: &str) -> Result<RetentionDecision, String> {
    let all = [RetentionDecision::Retain, RetentionDecision::Review, RetentionDecision::Erase];
    all.into_iter().find(|one| one.as_str() == text).ok_or_else(|| "retain, review or erase".to_owned())
}

fn name_and_value(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some((name, _)) if !name.trim().is_empty() => Ok(text.to_owned()),
        Some(_) | None => Err("it is NAME=VALUE".to_owned()),
    }
}

/// A day; of a time, its day.
fn date(text: &str) -> Result<String, String> {
    let day = text.get(..10).unwrap_or(text);
    let at_midnight = format!("{day}T00:00:00Z");
    let whole = if text.len() > day.len() { text } else { &at_midnight };
    match (Timestamp::parse(&at_midnight), Timestamp::parse(whole)) {
        (Ok(_), Ok(_)) => Ok(day.to_owned()),
        (Ok(_) | Err(_), Ok(_) | Err(_)) => Err("not a day of the form YYYY-MM-DD".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_declaration_of_the_commands_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_day_is_read_from_a_day_or_a_time() {
        assert_eq!(date("2026-08-31"), Ok("2026-08-31".to_owned()));
        assert_eq!(date("2026-08-31T12:00:00Z"), Ok("2026-08-31".to_owned()));
        for bad in ["", "2026-02-30", "31.08.2026", "2026-08-31T", "2026-08-3é"] {
            assert!(date(bad).is_err(), "{bad}");
        }
    }
}
