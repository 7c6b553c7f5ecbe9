//! Notices a link that died without a word, long before the idle limit.
//!
//! A server that was killed says nothing. Whatever we send asks for an acknowledgement, which
//! comes within a round trip and some milliseconds from any living link; only an acknowledgement
//! itself does not ask for one, and it leaves within a tick of what it acknowledges. So a link is
//! given up when datagrams left later than that and none came back for [`TICKS_MAX`] ticks. Ticks
//! are counted, not read from a clock: a suspended app wakes up to one tick, not to a dead link.

use std::time::Duration;

use quinn::Connection;

/// Between two looks at the link.
pub(super) const TICK: Duration = Duration::from_millis(250);

/// Ticks without an answer before a link counts as dead.
const TICKS_MAX: u32 = 5;

/// On a slow path: this many round trips, if that is longer.
const ROUND_TRIPS: u32 = 4;

/// Watches one link.
#[derive(Debug, Default)]
pub(super) struct Silence {
    heard: u64,
    /// Datagrams sent when the first tick without an answer came.
    answered: Option<u64>,
    ticks: u32,
}

impl Silence {
    /// To be called every [`TICK`]: whether the link is dead.
    pub(super) fn tick(&mut self, connection: &Connection) -> bool {
        let limit = connection.rtt().saturating_mul(ROUND_TRIPS).as_millis() / TICK.as_millis();
        let stats = connection.stats();
        let ticks_max = u32::try_from(limit).unwrap_or(u32::MAX).max(TICKS_MAX);
        self.look(stats.udp_rx.datagrams, stats.udp_tx.datagrams, ticks_max)
    }

    fn look(&mut self, heard: u64, sent: u64, ticks_max: u32) -> bool {
        if heard != self.heard {
            *self = Self { heard, answered: None, ticks: 0 };
        } else if sent > *self.answered.get_or_insert(sent) {
            self.ticks += 1;
        }
        self.ticks >= ticks_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_dead_when_nothing_answers_and_only_then() {
        let mut silence = Silence::default();
        for _ in 0..1_000 {
            assert!(!silence.look(5, 7, TICKS_MAX), "an idle link is quiet, not dead");
        }
        for _ in 1..TICKS_MAX {
            assert!(!silence.look(5, 8, TICKS_MAX));
        }
        assert!(silence.look(5, 8, TICKS_MAX));
    }

    #[test]
    fn an_acknowledgement_of_ours_asks_for_nothing() {
        let mut silence = Silence::default();
        assert!(!silence.look(5, 7, TICKS_MAX));
        for _ in 0..1_000 {
            assert!(!silence.look(5, 8, TICKS_MAX));
        }
    }

    #[test]
    fn one_datagram_is_a_sign_of_life() {
        let mut silence = Silence::default();
        for round in 0..100 {
            assert!(!silence.look(round / 2, round, TICKS_MAX));
        }
    }
}
