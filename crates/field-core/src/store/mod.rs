//! The encrypted store: one SQLCipher database, opened by one process at a time.

pub(crate) mod carried;
pub(crate) mod changes;
pub(crate) mod directory;
pub(crate) mod erasure;
pub(crate) mod frames;
pub(crate) mod key;
pub(crate) mod lists;
pub(crate) mod log;
pub(crate) mod media;
pub(crate) mod meta;
mod migrate;
pub(crate) mod open;
pub(crate) mod opened;
pub(crate) mod policy;
pub(crate) mod vouched;
pub(crate) mod weighed;

pub(crate) use open::{RESERVE, Store, try_lock, unlock};

use signed::Timestamp;

use crate::error::{FieldError, Result, damaged};

/// Milliseconds of a time, as a column holds them.
pub(crate) fn millis(time: Timestamp) -> i64 {
    time.millis()
}

/// A count as a column holds it; SQLite has no unsigned numbers.
pub(crate) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A column that holds a count.
pub(crate) fn uint(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A byte string of a fixed length out of a column.
pub(crate) fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| damaged("a byte string of the store has another length"))
}

/// A code out of a column.
pub(crate) fn code_of(number: i64) -> signed::Code {
    u32::try_from(number).ok().and_then(signed::Code::by_number).unwrap_or(signed::code::W_UNEXPECTED)
}

/// A query's answer that may be no row.
pub(crate) fn optional<T>(answer: rusqlite::Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
        Err(error) => Err(FieldError::from(error)),
    }
}
