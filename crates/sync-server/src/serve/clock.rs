//! The server's clock: the system's, or a test clock that can be moved from outside.
//!
//! A request to move it is a small file in `D/clock/`: the serving process takes it, moves the
//! clock, and answers by removing the file. What it shows then stands in `D/clock/running`, so
//! that admin commands of other processes use the same time.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use signed::Timestamp;

use super::limits::ADVANCE_MS_MAX;
use crate::core::Clock;

/// Milliseconds since 1970 by the system's clock.
#[must_use]
pub fn system_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The clock that core and sessions read.
#[derive(Debug)]
pub struct ServerClock {
    // A test clock's first time and when that was; `None` is the system's clock.
    started: Option<(Timestamp, Instant)>,
    advanced_ms: AtomicI64,
}

impl ServerClock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self { started: None, advanced_ms: AtomicI64::new(0) }
    }

    /// A clock that shows `time` now, and runs.
    #[must_use]
    pub fn starting_at(time: Timestamp) -> Self {
        Self { started: Some((time, Instant::now())), advanced_ms: AtomicI64::new(0) }
    }

    /// Moves the clock forward.
    pub fn advance(&self, millis: i64) {
        self.advanced_ms.fetch_add(millis.clamp(0, ADVANCE_MS_MAX), Ordering::SeqCst);
    }
}

impl Clock for ServerClock {
    fn now(&self) -> Timestamp {
        let advanced = self.advanced_ms.load(Ordering::SeqCst);
        match self.started {
            Some((time, at)) => {
                let run = i64::try_from(at.elapsed().as_millis()).unwrap_or(i64::MAX);
                time.plus_millis(run).plus_millis(advanced)
            }
            None => Timestamp::from_millis(system_millis()).plus_millis(advanced),
        }
    }
}

/// The folder through which a test clock is moved.
#[derive(Clone, Debug)]
pub struct ClockFolder(PathBuf);

impl ClockFolder {
    /// Of this server's folder.
    #[must_use]
    pub fn of(dir: &Path) -> Self {
        Self(dir.join("clock"))
    }

    /// Begins with no request of an earlier life, and shows this clock to other processes.
    pub fn begin(&self, clock: &ServerClock) -> io::Result<()> {
        self.end();
        fs::create_dir_all(&self.0)?;
        self.show(clock)
    }

    /// Removes all traces: no test clock runs any more.
    pub fn end(&self) {
        // It may not be there; what remains of it is overwritten at the next start.
        let _ = fs::remove_dir_all(&self.0);
    }

    /// Takes every request there is; answers whether there was one. `due` runs what falls due at
    /// the new time, before the request is answered.
    pub fn take(&self, clock: &ServerClock, mut due: impl FnMut()) -> io::Result<bool> {
        let mut moved = false;
        for entry in fs::read_dir(&self.0)? {
            let path = entry?.path();
            if path.extension().is_none_or(|ending| ending != "advance") {
                continue;
            }
            let text = fs::read_to_string(&path)?;
            clock.advance(text.trim().parse().unwrap_or(0));
            self.show(clock)?;
            due();
            fs::remove_file(&path)?;
            moved = true;
        }
        Ok(moved)
    }

    /// Asks the serving process to move its clock; the request is answered once it is gone.
    pub fn request(&self, millis: i64) -> io::Result<PathBuf> {
        let name = format!("{}-{}", std::process::id(), system_millis());
        let (unfinished, path) = (self.0.join(&name), self.0.join(format!("{name}.advance")));
        fs::write(&unfinished, millis.to_string())?;
        fs::rename(&unfinished, &path)?;
        Ok(path)
    }

    /// The time the serving process's test clock shows, if one runs.
    #[must_use]
    pub fn now(&self) -> Option<Timestamp> {
        let text = fs::read_to_string(self.0.join("running")).ok()?;
        let (shown, at) = text.trim().split_once(' ')?;
        let (shown, at): (i64, i64) = (shown.parse().ok()?, at.parse().ok()?);
        Some(Timestamp::from_millis(shown).plus_millis(system_millis().saturating_sub(at)))
    }

    fn show(&self, clock: &ServerClock) -> io::Result<()> {
        let unfinished = self.0.join("running.new");
        fs::write(&unfinished, format!("{} {}", clock.now().millis(), system_millis()))?;
        fs::rename(unfinished, self.0.join("running"))
    }
}

/// Milliseconds in a length of time written as `90s`, `15m`, `2h` or `3d`.
#[must_use]
pub fn parse_length(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let factor = match unit {
        's' => 1_000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => 86_400_000,
        _ => return None,
    };
    let number: i64 = text.strip_suffix(unit)?.parse().ok()?;
    number.checked_mul(factor).filter(|millis| (0..=ADVANCE_MS_MAX).contains(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_in_their_four_units_up_to_the_limit() {
        assert_eq!(parse_length("15m"), Some(900_000));
        assert_eq!(parse_length("3653d"), Some(ADVANCE_MS_MAX));
        for bad in ["", "m", "-1s", "15", "15 m", "3654d", "99999999999999999d", "1w"] {
            assert_eq!(parse_length(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_test_clock_begins_where_it_is_told_and_moves_only_forward() {
        let start = Timestamp::parse("2026-03-02T09:00:00Z").unwrap();
        let clock = ServerClock::starting_at(start);
        clock.advance(900_000);
        clock.advance(-900_000);
        let run = clock.now().millis() - start.millis();
        assert!((900_000..960_000).contains(&run), "{run}");
    }

    #[test]
    fn a_request_is_answered_by_its_file_being_gone() {
        let dir = std::env::temp_dir().join(format!("clock-folder-{}", std::process::id()));
        let folder = ClockFolder::of(&dir);
        let clock = ServerClock::starting_at(Timestamp::parse("2026-03-02T09:00:00Z").unwrap());
        folder.begin(&clock).unwrap();
        let request = folder.request(60_000).unwrap();
        let mut fired = 0;
        assert!(folder.take(&clock, || fired += 1).unwrap());
        assert!(!request.exists() && fired == 1);
        assert!(!folder.take(&clock, || fired += 1).unwrap());
        assert!((clock.now().millis() - folder.now().unwrap().millis()).abs() < 5_000);
        folder.end();
        assert_eq!(folder.now(), None);
        fs::remove_dir_all(dir).unwrap();
    }
}
