//! Which time a command uses, and moving the time of a serving server.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use signed::{Timestamp, code};

use super::print::Answer;
use crate::config::Config;
use crate::core::{Clock as _, Core};
use crate::failure::Failure;
use crate::serve::clock::{ClockFolder, ServerClock};
use crate::serve::limits::ADVANCE_WAIT_MAX;
use crate::serve::place::ServeLock;

/// The clock of one command: a test clock that was asked for, else that of the process that serves
/// this folder (so that a code made beside a test clock ends by it), else the system's.
pub(super) fn for_command(dir: &Path, now: Option<Timestamp>, config: &Config) -> Result<ServerClock, Failure> {
    let now = match now {
        None if config.test_clock && ServeLock::is_held(dir)? => ClockFolder::of(dir).now(),
        now => now,
    };
    Ok(now.map_or_else(ServerClock::system, ServerClock::starting_at))
}

/// Opens the server's store for one command.
pub(super) fn open(dir: &Path, now: Option<Timestamp>) -> Result<(Core, Config), Failure> {
    let config = Config::read(dir)?;
    let clock = for_command(dir, now, &config)?;
    Ok((Core::open(dir, Arc::new(clock))?, config))
}

/// `clock --advance`: returns when the serving process has moved its clock and all that fell due
/// by it has happened.
pub(super) fn advance(dir: &Path, millis: i64) -> Result<Answer, Failure> {
    if !Config::read(dir)?.test_clock {
        return Err(Failure::new(code::A_CLOCK, "the clock moves only with `test_clock = true` in config.toml"));
    }
    let folder = ClockFolder::of(dir);
    if !ServeLock::is_held(dir)? || folder.now().is_none() {
        return Err(Failure::new(code::A_CLOCK, "no server with a test clock is serving this folder"));
    }
    let request =
        folder.request(millis).map_err(|error| Failure::io("the clock's folder cannot be written", &error))?;
    let begun = Instant::now();
    while request.exists() {
        if begun.elapsed() > ADVANCE_WAIT_MAX {
            // Nobody takes it any more, and a later server must not.
            let _ = std::fs::remove_file(&request);
            return Err(Failure::new(code::A_CLOCK, "the serving process did not move its clock"));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let now = folder.now().unwrap_or_else(|| ServerClock::system().now());
    Ok(Answer::new(json!({"now": now}), vec![format!("It is now {now}.")]))
}
