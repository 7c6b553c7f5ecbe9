//! Reading ends after too long without the server (R92): a handset that was lost and is kept away from every
//! network must not go on showing what it holds. Capture goes on: what somebody has to say is taken always.

use rusqlite::Connection;
use signed::code;

use crate::error::{FieldError, Result};
use crate::field::{Field, Moment};
use crate::store::{int, meta, uint};

/// How far the clock moves before that is written down: a list must not cost a write.
const STEP_MS: i64 = 60 * 60 * 1000;

/// When reading was last permitted anew: by the server's answer, or by the user's authentication.
struct Since {
    at_ms: i64,
    mono_ms: u64,
    boot: String,
}

impl Since {
    fn read(db: &Connection) -> Result<Option<Self>> {
        let Some(at_ms) = meta::number(db, meta::READ_SINCE)? else { return Ok(None) };
        let mono_ms = uint(meta::number(db, meta::READ_SINCE_MONO)?.unwrap_or(0));
        let boot = meta::text(db, meta::READ_SINCE_BOOT)?.unwrap_or_default();
        Ok(Some(Self { at_ms, mono_ms, boot }))
    }

    /// How long ago that is at least. A clock that was set back does not make it less: the highest time ever
    /// seen counts, and within one boot what the device itself has counted.
    fn elapsed_ms(&self, highest_ms: i64, moment: &Moment) -> i64 {
        let by_clock = moment.now.millis().max(highest_ms).saturating_sub(self.at_ms);
        let counted = if moment.boot == self.boot { moment.mono_ms.saturating_sub(self.mono_ms) } else { 0 };
        by_clock.max(int(counted))
    }
}

/// Reading is permitted from this moment on, for as long as the policy says.
pub(crate) fn permit(db: &Connection, moment: &Moment) -> Result<()> {
    meta::set_number(db, meta::READ_SINCE, moment.now.millis())?;
    meta::set_number(db, meta::READ_SINCE_MONO, int(moment.mono_ms))?;
    meta::set(db, meta::READ_SINCE_BOOT, moment.boot.as_bytes())?;
    // A clock that stood in the future for a while is forgiven: somebody who knows was asked.
    meta::set_number(db, meta::HIGHEST_TIME, moment.now.millis())
}

/// What a look at the store finds.
enum Found {
    /// Reading goes on, and nothing has to be written down.
    Fine,
    /// It goes on, and the time is written down.
    Later,
    /// A store from before this was kept: it begins now.
    Begins,
    /// It has ended; the time is written down, so that a clock that is set back does not open it again.
    Over,
}

impl Field {
    /// `STORE.locked` where the server was not reached for longer than the policy allows and nobody was
    /// authenticated since.
    pub(crate) fn not_lapsed(&self) -> Result<()> {
        let moment = self.moment();
        let found = self.read(|db| look(db, &moment))?;
        // Best effort: a disk that is full must not end reading.
        let _ = match found {
            Found::Fine => Ok(()),
            Found::Later | Found::Over => self.write(false, |db| saw(db, &moment)),
            Found::Begins => self.write(false, |db| permit(db, &moment)),
        };
        match found {
            Found::Fine | Found::Later | Found::Begins => Ok(()),
            Found::Over => Err(FieldError::new(
                code::STORE_LOCKED,
                "the server was not reached for too long; sync, or authenticate again, to read",
            )),
        }
    }

    /// The app has authenticated this store's user (the platform's own means, then the store's key): reading that
    /// had ended for want of the server goes on.
    pub fn reauthenticated(&self) -> Result<()> {
        let moment = self.moment();
        self.write(false, |db| permit(db, &moment))
    }
}

/// The highest time this store has seen never falls.
fn saw(db: &Connection, moment: &Moment) -> Result<()> {
    let now_ms = moment.now.millis();
    let highest_ms = meta::number(db, meta::HIGHEST_TIME)?.unwrap_or(now_ms);
    meta::set_number(db, meta::HIGHEST_TIME, highest_ms.max(now_ms))
}

fn look(db: &Connection, moment: &Moment) -> Result<Found> {
    // Before enrolment there is nobody to lose touch with.
    if meta::get(db, meta::USER)?.is_none() {
        return Ok(Found::Fine);
    }
    let Some(since) = Since::read(db)? else { return Ok(Found::Begins) };
    let highest_ms = meta::number(db, meta::HIGHEST_TIME)?.unwrap_or(since.at_ms);
    if since.elapsed_ms(highest_ms, moment) > moment.policy.offline_lock_ms && records::rules::switch::on("R92") {
        return Ok(Found::Over);
    }
    let later = moment.now.millis().saturating_sub(highest_ms) >= STEP_MS;
    Ok(if later { Found::Later } else { Found::Fine })
}

#[cfg(test)]
mod tests {
    use signed::Timestamp;

    use super::*;

    const DAY_MS: i64 = 24 * 60 * 60 * 1000;

    fn at(days: i64, mono_days: i64, boot: &str) -> Moment {
        let now = Timestamp::from_millis(days * DAY_MS);
        Moment { now, mono_ms: uint(mono_days * DAY_MS), boot: boot.to_owned(), policy: Default::default() }
    }

    #[test]
    fn a_clock_that_is_set_back_makes_nothing_younger() {
        let since = Since { at_ms: 100 * DAY_MS, mono_ms: 0, boot: "one".to_owned() };
        assert_eq!(since.elapsed_ms(100 * DAY_MS, &at(130, 30, "one")), 30 * DAY_MS);
        assert_eq!(since.elapsed_ms(146 * DAY_MS, &at(90, 0, "two")), 46 * DAY_MS, "the highest time counts");
        assert_eq!(since.elapsed_ms(100 * DAY_MS, &at(90, 50, "one")), 50 * DAY_MS, "so does what was counted");
    }
}
