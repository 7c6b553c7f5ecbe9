//! What this device carries for others: parts that nobody but the server can open (`proto/relay.md`).

use rusqlite::Connection;
use signed::digest::sha256;
use signed::{Code, Timestamp};

use super::{int, meta, millis, optional, uint};
use crate::error::Result;

const HOUR_MS: i64 = 3_600_000;

/// How long a part that waits for one before it is not tried again at most, in milliseconds.
const AGAIN_MS_MAX: i64 = 24 * HOUR_MS;

/// How long a part that the server does not take yet is kept, in milliseconds: by then the device that made it has
/// found a link of its own, or never will.
pub(crate) const CARRIED_MS_MAX: i64 = 30 * 24 * HOUR_MS;

/// A part on its way to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarriedPart {
    /// Its place in the queue.
    pub number: u64,
    /// Its name.
    pub sha256: [u8; 32],
    /// The part, as it came.
    pub sealed: Vec<u8>,
}

/// Bytes of everything that is carried.
pub(crate) fn bytes(db: &Connection) -> Result<u64> {
    Ok(uint(db.query_row("SELECT coalesce(sum(length(sealed)), 0) FROM carried", [], |row| row.get(0))?))
}

/// Parts that are carried.
pub(crate) fn count(db: &Connection) -> Result<u64> {
    Ok(uint(db.query_row("SELECT count(*) FROM carried", [], |row| row.get(0))?))
}

/// Parts that were given up because the server will never take them.
pub(crate) fn refused(db: &Connection) -> Result<u64> {
    Ok(meta::number(db, meta::CARRIED_REFUSED)?.map_or(0, uint))
}

/// Takes a part in; false where it is here already. Then it goes where it would stand had it come now, and at once:
/// what it waits for may have come with it.
pub(crate) fn add(db: &Connection, part: &[u8], at: Timestamp) -> Result<bool> {
    let name = sha256(part);
    let moved = db
        .prepare_cached(
            "UPDATE carried SET number = (SELECT max(number) + 1 FROM carried), again_at = NULL WHERE sha256 = ?1",
        )?
        .execute([&name])?;
    if moved == 0 {
        db.prepare_cached("INSERT INTO carried (sha256, sealed, at) VALUES (?1, ?2, ?3)")?.execute((
            &name,
            part,
            millis(at),
        ))?;
    }
    Ok(moved == 0)
}

/// The first part behind this place whose time has come. A clock that was set back delays none for longer than a day.
pub(crate) fn next(db: &Connection, after: u64, now: Timestamp) -> Result<Option<CarriedPart>> {
    let mut query = db.prepare_cached(
        "SELECT number, sha256, sealed FROM carried
         WHERE number > ?1 AND (again_at IS NULL OR again_at <= ?2 OR again_at > ?2 + ?3) ORDER BY number LIMIT 1",
    )?;
    let row = query.query_row((int(after), millis(now), AGAIN_MS_MAX), |row| {
        Ok(CarriedPart { number: uint(row.get(0)?), sha256: row.get(1)?, sealed: row.get(2)? })
    });
    optional(row)
}

/// A part is at the server, or never will be by this device.
pub(crate) fn remove(db: &Connection, part: &[u8; 32]) -> Result<bool> {
    Ok(db.prepare_cached("DELETE FROM carried WHERE sha256 = ?1")?.execute([part])? > 0)
}

/// A part is given up, and counted.
pub(crate) fn give_up(db: &Connection, part: &[u8; 32]) -> Result<bool> {
    let removed = remove(db, part)?;
    if removed {
        meta::set_number(db, meta::CARRIED_REFUSED, int(refused(db)? + 1))?;
    }
    Ok(removed)
}

/// Whether a part has waited for as long as one waits.
pub(crate) fn is_old(db: &Connection, part: &[u8; 32], now: Timestamp) -> Result<bool> {
    let mut query = db.prepare_cached("SELECT at FROM carried WHERE sha256 = ?1")?;
    let at: Option<i64> = optional(query.query_row([part], |row| row.get(0)))?;
    Ok(at.is_some_and(|at| millis(now).saturating_sub(at) >= CARRIED_MS_MAX))
}

/// A part waits for one before it, which may come another way: it is tried again later, each time later still.
pub(crate) fn again(db: &Connection, part: &[u8; 32], now: Timestamp) -> Result<()> {
    let mut query = db.prepare_cached("SELECT tries FROM carried WHERE sha256 = ?1")?;
    let tries: Option<u32> = optional(query.query_row([part], |row| row.get(0)))?;
    let wait = tries.and_then(|tries| HOUR_MS.checked_shl(tries.min(5))).unwrap_or(HOUR_MS).min(AGAIN_MS_MAX);
    db.prepare_cached("UPDATE carried SET tries = tries + 1, again_at = ?2 WHERE sha256 = ?1")?
        .execute((part, millis(now).saturating_add(wait)))?;
    Ok(())
}

/// What becomes of a part that the server did not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It waits for one before it.
    Again,
    /// The server could not take it now.
    NextSession,
    /// It never will: the device that made it has everything still.
    GivenUp,
}

impl Fate {
    /// By the server's code.
    pub(crate) fn of(code: Code) -> Self {
        use signed::Class;
        if code == signed::code::W_FRAME_ORDER {
            return Self::Again;
        }
        match code.class {
            Class::Busy | Class::Offline | Class::Internal | Class::Damaged | Class::Update => Self::NextSession,
            Class::Refused | Class::NotFound | Class::Denied | Class::Locked | Class::Limit => Self::GivenUp,
        }
    }
}

#[cfg(test)]
mod tests {
    use signed::code;

    use super::*;

    #[test]
    fn only_what_can_never_be_taken_is_given_up() {
        assert_eq!(Fate::of(code::W_FRAME_ORDER), Fate::Again);
        for passing in [code::W_SHUTDOWN, code::W_RATE, code::A_IO, code::A_DAMAGED, code::W_VERSION] {
            assert_eq!(Fate::of(passing), Fate::NextSession, "{passing}");
        }
        let never = [code::W_RELAY_SEALED, code::D_UNKNOWN, code::W_FRAME_SIGNATURE, code::W_FRAME_CHANGED];
        for never in never.into_iter().chain([code::W_FRAME_CHAIN, code::W_MALFORMED, code::W_TOO_LARGE]) {
            assert_eq!(Fate::of(never), Fate::GivenUp, "{never}");
        }
    }

    #[test]
    fn what_waits_is_tried_later_each_time_and_no_later_than_a_day() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(include_str!("sql/005_relay.sql")).unwrap();
        let start = Timestamp::from_millis(1_800_000_000_000);
        assert!(add(&db, b"one", start).unwrap() && add(&db, b"two", start).unwrap());
        assert!(!add(&db, b"one", start).unwrap() && !add(&db, b"two", start).unwrap(), "each is here once");
        assert_eq!(count(&db).unwrap(), 2);
        let (mut now, name) = (start, sha256(b"one"));
        let mut waits = Vec::new();
        for _ in 0..8 {
            again(&db, &name, now).unwrap();
            assert_eq!(next(&db, 0, now).unwrap().map(|part| part.number), Some(4), "the other goes meanwhile");
            let hours = (1..=24).find(|hours| {
                let then = now.plus_millis(hours * HOUR_MS);
                next(&db, 0, then).unwrap().is_some_and(|part| part.number == 3)
            });
            waits.push(hours.unwrap());
            now = now.plus_millis(waits.last().unwrap() * HOUR_MS);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 24, 24, 24]);
        assert_eq!(next(&db, 0, start.plus_millis(-CARRIED_MS_MAX)).unwrap().unwrap().number, 3, "a clock set back");
        assert!(!is_old(&db, &name, start.plus_millis(CARRIED_MS_MAX - 1)).unwrap());
        assert!(is_old(&db, &name, start.plus_millis(CARRIED_MS_MAX)).unwrap());
    }
}
