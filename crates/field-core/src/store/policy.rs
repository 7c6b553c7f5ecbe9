//! The policy in force: the newest the server has told, else the defaults.

use records::Policy;
use rusqlite::Connection;
use signed::cbor;

use super::{optional, uint};
use crate::error::{Result, damaged};

/// The policy that counts now.
pub(crate) fn current(db: &Connection) -> Result<Policy> {
    let mut query = db.prepare_cached("SELECT version, body FROM policy ORDER BY version DESC LIMIT 1")?;
    let row: Option<(i64, Vec<u8>)> = optional(query.query_row([], |row| Ok((row.get(0)?, row.get(1)?))))?;
    let Some((version, body)) = row else { return Ok(Policy::DEFAULT) };
    let value = cbor::decode(&body).map_err(|_| damaged("the policy does not read back"))?;
    Ok(Policy::from_value(uint(version), &value))
}
