//! Statements opened since this author's last one: what a new statement names as shown.

use documents::statement::SHOWN_MAX;
use rusqlite::Connection;
use signed::StatementHash;

use crate::error::Result;

/// Notes that a statement was on the screen.
pub(crate) fn note(db: &Connection, statement: &StatementHash, compartment: &str) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO opened (statement, compartment, number)
         VALUES (?1, ?2, (SELECT coalesce(max(number), 0) + 1 FROM opened))
         ON CONFLICT (statement) DO UPDATE SET number = excluded.number",
    )?
    .execute((&statement.0, compartment))?;
    Ok(())
}

/// The newest of them in this compartment, sorted; they are named once. Only the compartment's own:
/// a reader there must not learn what else exists.
pub(crate) fn take(db: &Connection, compartment: &str) -> Result<Vec<StatementHash>> {
    let mut found = Vec::new();
    {
        let mut query =
            db.prepare_cached("SELECT statement FROM opened WHERE compartment = ?1 ORDER BY number DESC LIMIT ?2")?;
        let mut rows = query.query((compartment, i64::try_from(SHOWN_MAX).unwrap_or(0)))?;
        while let Some(row) = rows.next()? {
            found.push(StatementHash(row.get(0)?));
        }
    }
    db.prepare_cached("DELETE FROM opened WHERE compartment = ?1")?.execute([compartment])?;
    found.sort_unstable();
    Ok(found)
}
