//! Policies as the server sent them, by version; the newest is in force.

use records::Policy;
use rusqlite::Connection;
use signed::cbor::{self, Value};

use super::{int, optional, uint};
use crate::error::{Result, damaged};

/// Keeps a version. What this program does not know of it is kept too, for one that does.
pub(crate) fn put(db: &Connection, version: u64, values: &Value) -> Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO policy (version, body) VALUES (?1, ?2)")?
        .execute((int(version), cbor::encode(values)))?;
    Ok(())
}

/// The policy in force; before the server has sent one, the defaults.
pub(crate) fn current(db: &Connection) -> Result<Policy> {
    let mut query = db.prepare_cached("SELECT version, body FROM policy ORDER BY version DESC LIMIT 1")?;
    let row: Option<(i64, Vec<u8>)> = optional(query.query_row([], |row| Ok((row.get(0)?, row.get(1)?))))?;
    let Some((version, body)) = row else { return Ok(Policy::DEFAULT) };
    let values = cbor::decode(&body).map_err(|_| damaged("the policy of the store does not read back"))?;
    Ok(Policy::from_value(&values, uint(version)))
}
