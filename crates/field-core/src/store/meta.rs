//! Small facts about this store, by name.

use rusqlite::Connection;

use super::optional;
use crate::error::{Result, damaged};

/// What the key of the sealed box is derived from.
pub(crate) const BOX_SECRET: &str = "box_secret";
pub(crate) const SIGNER: &str = "signer";
pub(crate) const INCARNATION: &str = "incarnation";
pub(crate) const USER: &str = "user";
pub(crate) const ROLE: &str = "role";
pub(crate) const DEVICE: &str = "device";
pub(crate) const SPKI: &str = "spki";
pub(crate) const EPOCH: &str = "epoch";
pub(crate) const SERVER_KEYS: &str = "server_keys";
pub(crate) const PINS: &str = "pins";
pub(crate) const ADDRESS: &str = "address";
pub(crate) const CURSOR: &str = "cursor";
pub(crate) const OFFSET: &str = "offset_ms";
pub(crate) const OFFSET_BOOT: &str = "offset_boot";
pub(crate) const ONLINE: &str = "online";
pub(crate) const OFFLINE_CODE: &str = "offline_code";
pub(crate) const DRIFT: &str = "drift_at";
/// Since when reading is permitted, by both clocks, and the highest time this store has seen (R92).
pub(crate) const READ_SINCE: &str = "read_since";
pub(crate) const READ_SINCE_MONO: &str = "read_since_mono";
pub(crate) const READ_SINCE_BOOT: &str = "read_since_boot";
pub(crate) const HIGHEST_TIME: &str = "highest_time";
pub(crate) const LAST_RECEIPT: &str = "last_receipt_at";
/// How far this store has the list of what goes ahead; empty when nothing is to come ahead any more.
pub(crate) const AHEAD: &str = "ahead";
/// Parts carried for others that the server will never take.
pub(crate) const CARRIED_REFUSED: &str = "carried_refused";
pub(crate) const LOG_HEAD: &str = "log_head";

pub(crate) fn get(db: &Connection, name: &str) -> Result<Option<Vec<u8>>> {
    let mut query = db.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
    optional(query.query_row([name], |row| row.get(0)))
}

pub(crate) fn set(db: &Connection, name: &str, value: &[u8]) -> Result<()> {
    db.prepare_cached("INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2")?
        .execute((name, value))?;
    Ok(())
}

pub(crate) fn text(db: &Connection, name: &str) -> Result<Option<String>> {
    let wrong = |_| damaged("a text of the store is not UTF-8");
    get(db, name)?.map(|bytes| String::from_utf8(bytes).map_err(wrong)).transpose()
}

pub(crate) fn number(db: &Connection, name: &str) -> Result<Option<i64>> {
    let read = |bytes: Vec<u8>| Ok(i64::from_be_bytes(super::fixed(&bytes)?));
    get(db, name)?.map(read).transpose()
}

pub(crate) fn set_number(db: &Connection, name: &str, value: i64) -> Result<()> {
    set(db, name, &value.to_be_bytes())
}
