//! Notices what other processes do: admin commands that write to the store while this one serves,
//! and requests to move a test clock.

use std::sync::Arc;

use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::Shared;
use super::clock::{ClockFolder, ServerClock};
use super::limits::{NOTICE_EVERY, NOTICE_LATE_MAX};
use crate::error::ServerError;

/// What is looked at beside the store.
pub(super) struct Notice {
    /// The clock that is moved.
    pub(super) clock: Arc<ServerClock>,
    /// Where requests to move it come in, if it may be moved.
    pub(super) folder: Option<ClockFolder>,
}

impl Notice {
    /// Looks again and again until it is dropped.
    pub(super) async fn run(self, shared: Arc<Shared>) {
        let this = Arc::new(self);
        let mut seen = None;
        let mut ticks = interval(NOTICE_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let this = Arc::clone(&this);
            let looked = shared.blocking(move |shared| {
                this.move_clock(shared);
                fire(shared);
                let begun = Instant::now();
                Ok((look(shared, seen)?, begun.elapsed()))
            });
            // A failure is logged where it happened; the next tick looks again.
            let Ok((version, took)) = looked.await else { continue };
            seen = Some(version);
            // With very many sessions a look takes long; it is then made less often, so that it
            // costs about a quarter of a core at most.
            sleep(took.saturating_mul(4).saturating_sub(NOTICE_EVERY).min(NOTICE_LATE_MAX)).await;
        }
    }

    fn move_clock(&self, shared: &Shared) {
        let Some(folder) = &self.folder else { return };
        // What falls due by the clock alone fires here; connected devices see it before the
        // command returns.
        let due = || {
            fire(shared);
            if let Err(error) = shared.live.refresh_heads(&shared.core) {
                let _ = shared.log.error("clock_due_failed").code(error.code);
            }
        };
        match folder.take(&self.clock, due) {
            Ok(false) => {}
            Ok(true) => drop(shared.log.warn("test_clock_moved")),
            Err(_) => drop(shared.log.error("test_clock_not_moved").code(signed::code::A_IO)),
        }
    }
}

/// Tells everything that has fallen due, and whoever is connected at once. What fails is logged and
/// tried again at the next look: a timer is a row until it was told.
fn fire(shared: &Shared) {
    match shared.core.tick() {
        Ok(grown) => shared.live.grown(grown),
        Err(error) => drop(shared.log.error("clock_due_failed").code(error.code)),
    }
    // After a change of the policy, by whichever process: what follows from it for what is here.
    match shared.core.policy_follow() {
        Ok(grown) => shared.live.grown(grown),
        Err(error) => drop(shared.log.error("policy_not_followed").code(error.code)),
    }
}

/// Where another process wrote since, tells everybody connected what concerns them.
fn look(shared: &Shared, seen: Option<u64>) -> Result<u64, ServerError> {
    // Read first: what is written after this is noticed at the next tick.
    let version = shared.core.data_version()?;
    if seen != Some(version) {
        shared.live.refresh_peers(&shared.core)?;
        shared.live.refresh_heads(&shared.core)?;
    }
    Ok(version)
}
