//! The words of the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde_json::Value as Json;
use signed::{MediaHash, RecordId, Timestamp};

/// One device's store at a terminal.
#[derive(Debug, Parser)]
#[command(name = "field", version, about, propagate_version = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) globals: Globals,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Globals {
    /// The device's store: a folder, made if it is not there
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) store: Option<PathBuf>,
    /// The store's key; made on first use, readable by its owner alone [default: DIR/key]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// Print exactly one JSON value on standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Start a running test clock here, for this call alone (RFC 3339)
    #[arg(long, global = true, value_name = "TIME", value_parser = time)]
    pub(crate) now: Option<Timestamp>,
    /// The app has authenticated its user: what a store holds is read again after too long without the server
    #[arg(long, global = true)]
    pub(crate) reauthenticated: bool,
    /// The server's address, kept from now on
    #[arg(long, global = true, value_name = "HOST:PORT", value_parser = address)]
    pub(crate) server: Option<String>,
}

/// One command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make this device's key and enrol it with a one-time code
    Enrol {
        /// The code, as `sync-server enrol` printed it
        #[arg(long)]
        code: String,
        /// How long to wait for the server
        #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
        timeout: Duration,
    },
    /// Write down something new; it is safe on this device when the command returns
    New {
        /// What it is: disclosure, concern, welfare_check, action, person, case, ..
        kind: String,
        #[command(flatten)]
        body: BodyArgs,
    },
    /// Change working fields of a draft or a live record
    Edit {
        /// The record
        id: RecordId,
        #[command(flatten)]
        body: BodyArgs,
    },
    /// Seal a draft: its words never change again
    Seal {
        /// The record
        id: RecordId,
    },
    /// Add to a sealed record
    Addendum {
        /// The record
        id: RecordId,
        /// The words to add
        #[arg(long)]
        text: Option<String>,
        /// Fill a gap that the seal named
        #[arg(long = "set", value_name = "PATH=VALUE", value_parser = set)]
        sets: Vec<(String, Json)>,
        /// Why it is added
        #[arg(long)]
        reason: String,
    },
    /// Take a step: accept, complete, assign, close, ..
    Do {
        /// The record
        id: RecordId,
        /// The step
        verb: String,
        #[command(flatten)]
        body: BodyArgs,
    },
    /// Show a record with its statements; that it was read is logged
    Show {
        /// The record
        id: RecordId,
        /// What it is read for; of what is here as a headline it asks for the rest, where this role may open it
        #[arg(long)]
        purpose: Option<String>,
    },
    /// List records, newest first
    List {
        /// Only this kind
        kind: Option<String>,
        /// Only this case
        #[arg(long, value_name = "ID")]
        case: Option<RecordId>,
        /// Only what is still to be done
        #[arg(long)]
        open: bool,
        /// Only what waits to be sent
        #[arg(long)]
        unsent: bool,
        /// At most so many
        #[arg(long, value_name = "N")]
        limit: Option<u32>,
        /// Only those that stand after this one
        #[arg(long, value_name = "ID")]
        before: Option<RecordId>,
    },
    /// Search the full text of what this device holds
    Search {
        /// The words
        #[arg(required = true)]
        text: Vec<String>,
        /// A person is searched
        #[arg(long)]
        person: bool,
        /// What for
        #[arg(long, value_name = "TEXT")]
        purpose: Option<String>,
        /// The record it is for
        #[arg(long, value_name = "ID")]
        record: Option<RecordId>,
    },
    /// Chronology of a case or a person, all kinds
    Timeline {
        /// The person
        #[arg(long, value_name = "ID", conflicts_with = "case", required_unless_present = "case")]
        person: Option<RecordId>,
        /// The case
        #[arg(long, value_name = "ID")]
        case: Option<RecordId>,
    },
    /// Write a bundle that proves itself on a machine with no store; or what is unsent, for another device to carry
    Export {
        /// A whole case
        #[arg(long, value_name = "ID", conflicts_with = "record", required_unless_present_any = ["record", "unsent"])]
        case: Option<RecordId>,
        /// One record
        #[arg(long, value_name = "ID")]
        record: Option<RecordId>,
        /// Everything that waits to be sent, sealed for the server alone: another device carries it
        #[arg(long, conflicts_with_all = ["case", "record", "purpose", "to_whom", "with_reporter"])]
        unsent: bool,
        /// Where to
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
        /// What it is made for: it is logged
        #[arg(long)]
        purpose: Option<String>,
        /// Who will have it: it is logged
        #[arg(long, value_name = "NAME")]
        to_whom: Option<String>,
        /// With what the vault holds of a reporter: for holders of the vault alone
        #[arg(long)]
        with_reporter: bool,
    },
    /// Take in what another device wrote with `export --unsent`: the next sync brings it to the server
    Import {
        /// The file
        file: PathBuf,
    },
    /// Check a bundle; needs no store. Status 1 when something in it does not hold
    VerifyBundle {
        /// The bundle
        file: PathBuf,
        /// Take only a server key of this pin, as the force publishes it (hex); may be repeated
        #[arg(long = "pin", value_name = "HEX", value_parser = pin)]
        pins: Vec<[u8; 32]>,
    },
    /// Attach a file: encrypted on this device, sent after everything else, never taken away again
    Attach {
        /// The record, or a draft
        id: RecordId,
        /// The file
        file: PathBuf,
        /// What it is: image/jpeg, application/pdf, ..
        #[arg(long = "type", value_name = "TYPE")]
        media_type: Option<String>,
    },
    /// Decrypt an attached file, from here or else from the server; that it was opened is logged
    FetchAttachment {
        /// The record
        id: RecordId,
        /// The file, by the hash that `show` lists
        sha256: MediaHash,
        /// Where to put it, readable by its owner alone
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
        /// How long to wait for the server
        #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
        timeout: Duration,
    },
    /// What is due now, by rule
    Prompts,
    /// Records that may be about the same number, place or person
    Matches,
    /// What was said while the store's key was gone and could not be made into records
    Box {
        /// Take this one out: somebody has dealt with it
        #[arg(long, value_name = "NUMBER")]
        done: Option<u64>,
    },
    /// What waits to be sent, and when the server was last reached
    Status,
    /// Send and fetch once
    Sync {
        /// How long it may take
        #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
        timeout: Duration,
        /// When it is done
        #[arg(long, value_enum, default_value_t = Until::Quiet)]
        until: Until,
    },
    /// Stay connected; prints one JSON line per event, and takes commands on standard input
    Watch,
    /// Check signatures, receipts and hashes of everything held, or of one record
    Verify {
        /// The record
        id: Option<RecordId>,
    },
    /// End the use of the key
    Lock,
    /// Change the store's key
    Rekey,
}

/// A body: a file, single values, or both.
#[derive(Debug, Args)]
pub(crate) struct BodyArgs {
    /// A JSON body; `-` reads standard input
    #[arg(long, value_name = "FILE|-")]
    pub(crate) from: Option<PathBuf>,
    /// One value; JSON if it parses, else text
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = set)]
    pub(crate) sets: Vec<(String, Json)>,
}

/// When a sync is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Until {
    /// Nothing is left to send or fetch
    Quiet,
    /// Everything immediate and urgent is on the server's disk
    UrgentSent,
}

const SECONDS_MAX: f64 = 86_400.0;

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds")?;
    if seconds > 0.0 && seconds <= SECONDS_MAX {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err("0 to 86400".into())
    }
}

fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).map_err(|error| error.to_string())
}

/// `host:port`, with an IPv6 address in brackets.
fn address(text: &str) -> Result<String, String> {
    let fits = text.len() <= wire::limits::ADDRESS_BYTES_MAX;
    let parts = text.rsplit_once(':').filter(|(host, _)| !host.is_empty());
    let port = parts.and_then(|(_, port)| port.parse::<u16>().ok());
    if fits && port.is_some() { Ok(text.to_owned()) } else { Err("HOST:PORT".into()) }
}

fn pin(text: &str) -> Result<[u8; 32], String> {
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok();
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| "64 hexadecimal characters".into())
}

fn set(text: &str) -> Result<(String, Json), String> {
    let (path, value) = text.split_once('=').ok_or("PATH=VALUE")?;
    if path.is_empty() {
        return Err("PATH=VALUE".into());
    }
    let value = serde_json::from_str(value).unwrap_or_else(|_| Json::String(value.to_owned()));
    Ok((path.to_owned(), value))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use serde_json::json;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_value_is_json_if_it_parses_and_else_text() {
        assert_eq!(set("a/b=true"), Ok(("a/b".into(), json!(true))));
        assert_eq!(set("words=He said \"no\"=twice"), Ok(("words".into(), json!("He said \"no\"=twice"))));
        assert_eq!(set("yn={\"unknown\":\"asleep\"}"), Ok(("yn".into(), json!({"unknown": "asleep"}))));
        assert!(set("no value").is_err() && set("=value").is_err());
    }

    #[test]
    fn an_address_has_a_host_and_a_port() {
        assert!(address("127.0.0.1:4433").is_ok() && address("[::1]:4433").is_ok());
        for bad in ["", "host", ":1", "host:", "host:70000", "host:port"] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_timeout_is_a_positive_number_of_seconds() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for bad in ["0", "-1", "nan", "inf", "86401", "soon"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
