//! How long to wait before dialling again: capped, jittered, and told the random number.

use crate::limits::{REDIAL_MS_MAX, REDIAL_MS_MIN, REDIAL_WATCHED_MS_MAX};

/// Counts failures in a row.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// After a session that got through.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// The wait after one more failure, in milliseconds: between half and all of a doubling cap,
    /// so that many handsets that lost one server do not come back in step.
    pub fn next_ms(&mut self, watched: bool, random: u64) -> u64 {
        let cap = if watched { REDIAL_WATCHED_MS_MAX } else { REDIAL_MS_MAX };
        let full = REDIAL_MS_MIN.saturating_shl(self.failures).min(cap);
        self.failures = self.failures.saturating_add(1);
        let half = full / 2;
        half + random % (full - half + 1)
    }
}

trait SaturatingShl {
    fn saturating_shl(self, by: u32) -> u64;
}

impl SaturatingShl for u64 {
    fn saturating_shl(self, by: u32) -> u64 {
        if by >= self.leading_zeros() { u64::MAX } else { self << by }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_stay_capped_and_spread() {
        let mut backoff = Backoff::default();
        for round in 0..200_u64 {
            let wait = backoff.next_ms(true, round.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            assert!((REDIAL_MS_MIN / 2..=REDIAL_WATCHED_MS_MAX).contains(&wait), "{wait}");
        }
        backoff.reset();
        assert!(backoff.next_ms(false, u64::MAX) <= REDIAL_MS_MIN);
        for _ in 0..200 {
            assert!(backoff.next_ms(false, 7) <= REDIAL_MS_MAX);
        }
    }
}
