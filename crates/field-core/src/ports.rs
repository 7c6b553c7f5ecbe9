//! What the outside world gives: time and randomness. (Keys are [`signed::Signer`]'s.)

use std::sync::Mutex;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use data_encoding::HEXLOWER;
use ring::rand::{SecureRandom, SystemRandom as RingRandom};
use signed::digest::sha256_of;
use signed::{Timestamp, code};

use crate::error::{FieldError, Result};

/// A device's clock. What it says is a claim: nothing depends on its being right.
pub trait Clock: Send + Sync {
    /// Wall time, UTC.
    fn now(&self) -> Timestamp;
    /// Milliseconds that only ever grow while [`Clock::boot`] stays the same.
    fn mono_ms(&self) -> u64;
    /// Names the stretch of time [`Clock::mono_ms`] counts from.
    fn boot(&self) -> String;
}

/// Unpredictable bytes.
pub trait Random: Send + Sync {
    /// Fills the whole slice, or answers `D.signer` when the system gives none.
    fn fill(&self, bytes: &mut [u8]) -> Result<()>;
}

/// An array of random bytes.
pub(crate) fn bytes<const N: usize>(random: &dyn Random) -> Result<[u8; N]> {
    let mut out = [0_u8; N];
    random.fill(&mut out)?;
    Ok(out)
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock {
    boot: String,
    started: Instant,
    // Where the system tells its uptime, that is what counts: it goes on while a device sleeps.
    uptime: bool,
}

impl SystemClock {
    /// Reads which boot this is where the system tells; else one boot is one life of this value.
    #[must_use]
    pub fn new() -> Self {
        let told = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned());
        let uptime = uptime_ms().is_some() && told.is_ok();
        let boot = told.ok().filter(|id| !id.is_empty()).unwrap_or_else(|| {
            let mut bytes = [0_u8; 16];
            let random = RingRandom::new().fill(&mut bytes);
            if random.is_ok() { HEXLOWER.encode(&bytes) } else { String::from("unknown") }
        });
        Self { boot, started: Instant::now(), uptime }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

fn uptime_ms() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/uptime").ok()?;
    let (seconds, rest) = text.split_whitespace().next()?.split_once('.')?;
    let hundredths: u64 = rest.get(..2)?.parse().ok()?;
    Some(seconds.parse::<u64>().ok()? * 1000 + hundredths * 10)
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn mono_ms(&self) -> u64 {
        let here = || u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if self.uptime { uptime_ms().unwrap_or_else(here) } else { here() }
    }

    fn boot(&self) -> String {
        self.boot.clone()
    }
}

/// A clock that starts where it is told and runs: `--now`.
#[derive(Debug)]
pub struct TestClock {
    start: Timestamp,
    started: Instant,
}

impl TestClock {
    /// Starts at a time.
    #[must_use]
    pub fn starting_at(start: Timestamp) -> Self {
        Self { start, started: Instant::now() }
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        self.start.plus_millis(i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX))
    }

    fn mono_ms(&self) -> u64 {
        u64::try_from(self.now().millis()).unwrap_or(0)
    }

    fn boot(&self) -> String {
        String::from("test")
    }
}

/// The operating system's randomness.
#[derive(Debug)]
pub struct SystemRandom(RingRandom);

impl SystemRandom {
    /// The operating system's randomness.
    #[must_use]
    pub fn new() -> Self {
        Self(RingRandom::new())
    }
}

impl Default for SystemRandom {
    fn default() -> Self {
        Self::new()
    }
}

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<()> {
        self.0.fill(bytes).map_err(|_| FieldError::new(code::D_SIGNER, "the system gives no random numbers"))
    }
}

/// Randomness that can be repeated from a seed: for tests and simulation, never for a real device.
#[derive(Debug)]
pub struct SeededRandom(Mutex<(u64, u64)>);

impl SeededRandom {
    /// Starts from a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new((seed, 0)))
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<()> {
        let mut state = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for chunk in bytes.chunks_mut(32) {
            let block = sha256_of(&[&state.0.to_be_bytes(), &state.1.to_be_bytes()]);
            state.1 = state.1.wrapping_add(1);
            for (byte, from) in chunk.iter_mut().zip(block) {
                *byte = from;
            }
        }
        Ok(())
    }
}
