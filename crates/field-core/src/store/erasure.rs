//! What was erased with approval (R96): everything of it goes, also what a withdrawal leaves.

use rusqlite::Connection;
use signed::RecordId;

use super::changes;
use super::lists::{self, Line};
use crate::error::Result;

/// The status of a line that says that a record was erased.
pub(crate) const ERASED: &str = "erased";

/// Whether a document was erased.
pub(crate) fn was(db: &Connection, document: RecordId) -> Result<bool> {
    let mut query = db.prepare_cached("SELECT EXISTS (SELECT 1 FROM erased WHERE document = ?1)")?;
    Ok(query.query_row([&document.0], |row| row.get(0))?)
}

/// Takes everything of a document away but what a frame on its way needs to be sent again as it was: that
/// goes with the frame's receipt, by the same call.
pub(crate) fn forget(db: &Connection, document: RecordId, record: RecordId) -> Result<()> {
    db.execute("INSERT OR IGNORE INTO erased (document, record) VALUES (?1, ?2)", (&document.0, &record.0))?;
    for table in ["outbox", "refused"] {
        db.execute(
            &format!(
                "DELETE FROM {table} WHERE document = ?1 AND NOT EXISTS (
                     SELECT 1 FROM frame_item i JOIN frame f ON f.lane = i.lane AND f.number = i.number
                     WHERE i.document = ?1 AND i.change = {table}.change AND f.receipt IS NULL)"
            ),
            [&document.0],
        )?;
    }
    changes::purge(db, document)
}

/// Puts what says that a record was erased in the place of its line and its draft;
/// [`lists::overwrite`] is to follow in the same transaction.
pub(crate) fn leave(db: &Connection, tombstone: &Line) -> Result<()> {
    lists::remove_draft(db, tombstone.id)?;
    lists::remove(db, tombstone.id)?;
    lists::put(db, tombstone)
}

/// The same from what this device itself knew, where the server only says that it was.
pub(crate) fn leave_unnamed(db: &Connection, record: RecordId) -> Result<()> {
    let Some(line) = lists::line(db, record)? else { return lists::remove_draft(db, record) };
    let tombstone = Line {
        source: lists::Source::Withdrawn,
        school: None,
        status: ERASED.to_owned(),
        title: String::new(),
        sealed: true,
        open: false,
        conflicts: 0,
        body: serde_json::json!({ "id": record.to_string(), "kind": line.kind, "status": ERASED }),
        ..line
    };
    leave(db, &tombstone)
}
