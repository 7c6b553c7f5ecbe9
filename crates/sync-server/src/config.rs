//! `config.toml`: written by `init` with every setting explained and none set.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use serde::Deserialize;
use signed::code;

use crate::failure::Failure;
use crate::serve::limits::SESSIONS_MAX;
use crate::serve::log::Level;

/// The file's name inside a server's folder.
pub const FILE: &str = "config.toml";

/// What `init` writes. Every setting is top-level and commented out, so that a line can be added
/// at either end of the file.
pub const TEMPLATE: &str = r#"# Settings of this Firsthand server. A line that begins with # is not in force; what it shows is
# the default. Changes are taken up at the next start of `sync-server serve`.

# The address and port to listen at (UDP). Port 0 takes any free port at the first start and the
# same one ever after. `serve --listen` comes before this.
# listen = "127.0.0.1:0"

# The name or address, with port, under which devices reach this server. It goes into enrolment
# codes. Without it: the address that the running or last `serve` listened at.
# address = "sync.example.org:4433"

# Minutes for which an enrolment code can be used.
# enrolment_minutes = 15

# Sessions at one time, all devices together.
# sessions_max = 2000

# How much is written to stderr: "error", "warn", "info" or "debug". No line ever holds a word of
# a record.
# log_level = "info"

# For tests and training only: lets `serve --now` and `clock --advance` set the server's clock.
# Receipts of a server with a test clock prove no time.
# test_clock = false
"#;

/// The settings in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// What goes into enrolment codes, if it is not where we listen.
    pub address: Option<String>,
    /// Milliseconds an enrolment code lives.
    pub enrolment_ms: u64,
    /// Sessions at one time.
    pub sessions_max: usize,
    /// How much is logged.
    pub log_level: Level,
    /// Whether the clock may be set.
    pub test_clock: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: Option<String>,
    address: Option<String>,
    enrolment_minutes: Option<u64>,
    sessions_max: Option<usize>,
    log_level: Option<String>,
    test_clock: Option<bool>,
}

/// A day: a code that is written down somewhere for longer is found.
const ENROLMENT_MINUTES_MAX: u64 = 1_440;

impl Config {
    /// Reads the settings of this folder; without the file, the defaults.
    pub fn read(dir: &Path) -> Result<Self, Failure> {
        let text = match fs::read_to_string(dir.join(FILE)) {
            Ok(text) => text,
            // Whether there is a server here at all is found out when its store is opened.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Failure::io("config.toml cannot be read", &error)),
        };
        Self::parse(&text)
    }

    /// Reads settings; an unknown one is refused, since a misspelt setting is one not in force.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let file: File = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| text.bytes().take(span.start).filter(|b| *b == b'\n').count() + 1);
            wrong(&format!("line {line}: {}", error.message()))
        })?;
        let listen = file.listen.as_deref().unwrap_or("127.0.0.1:0");
        let minutes = file.enrolment_minutes.unwrap_or(15);
        if !(1..=ENROLMENT_MINUTES_MAX).contains(&minutes) {
            return Err(wrong("enrolment_minutes is 1 to 1440"));
        }
        let sessions_max = file.sessions_max.unwrap_or(SESSIONS_MAX);
        if sessions_max == 0 {
            return Err(wrong("sessions_max is at least 1"));
        }
        let level = file.log_level.as_deref().unwrap_or("info");
        Ok(Self {
            listen: listen.parse().map_err(|_| wrong("listen is an IP address and a port"))?,
            address: file.address.map(|address| checked_address(&address)).transpose()?,
            enrolment_ms: minutes * 60_000,
            sessions_max,
            log_level: Level::parse(level).ok_or_else(|| wrong("log_level is error, warn, info or debug"))?,
            test_clock: file.test_clock.unwrap_or(false),
        })
    }
}

/// A host and a port, as devices are told.
pub fn checked_address(address: &str) -> Result<String, Failure> {
    let fits = address.len() <= wire::limits::ADDRESS_BYTES_MAX
        && address
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port != 0));
    if fits { Ok(address.to_owned()) } else { Err(wrong("an address is HOST:PORT")) }
}

fn wrong(what: &str) -> Failure {
    Failure::new(code::A_CONFIG, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_init_writes_is_the_defaults_and_lets_every_setting_be_uncommented() {
        let defaults = Config::parse("").unwrap();
        assert_eq!(Config::parse(TEMPLATE), Ok(defaults.clone()));
        let set: String = TEMPLATE
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|rest| rest.contains(" = ")).unwrap_or(line))
            .fold(String::new(), |text, line| text + line + "\n");
        let address = Some("sync.example.org:4433".to_owned());
        assert_eq!(Config::parse(&set), Ok(Config { address, ..defaults }));
    }

    #[test]
    fn a_setting_nobody_knows_or_of_a_wrong_form_is_refused() {
        for bad in [
            "tset_clock = true",
            "listen = \"nowhere\"",
            "enrolment_minutes = 0",
            "enrolment_minutes = 1441",
            "sessions_max = 0",
            "log_level = \"loud\"",
            "address = \"no-port\"",
            "test_clock = ",
        ] {
            assert_eq!(Config::parse(bad).map_err(|failure| failure.code), Err(code::A_CONFIG), "{bad}");
        }
    }

    #[test]
    fn a_line_added_after_the_template_is_in_force() {
        assert!(Config::parse(&format!("{TEMPLATE}\ntest_clock = true\n")).unwrap().test_clock);
    }
}
