//! Numbered steps from an empty database to today's schema. A released step never changes.

use rusqlite::Connection;
use signed::code;

use crate::error::{FieldError, Result};

const STEPS: &[&str] = &[
    include_str!("sql/001_init.sql"),
    include_str!("sql/002_rules.sql"),
    include_str!("sql/003_media.sql"),
    include_str!("sql/004_erasure.sql"),
    include_str!("sql/005_relay.sql"),
    include_str!("sql/006_vouched.sql"),
    include_str!("sql/007_kinds.sql"),
];

/// Brings the schema to the newest version this code knows.
pub(crate) fn migrate(connection: &mut Connection) -> Result<()> {
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let found = usize::try_from(found).unwrap_or(usize::MAX);
    if found > STEPS.len() {
        return Err(FieldError::new(code::STORE_NEWER, "this store was written by a newer version"));
    }
    for (number, step) in (1_i64..).zip(STEPS).skip(found) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
    }
    Ok(())
}
