//! What an app calls, one file per thing it does.

pub mod answer;
pub(crate) mod attach;
pub(crate) mod counted;
pub(crate) mod draft;
mod edit;
mod enrol;
mod list;
pub(crate) mod new;
pub(crate) mod opening;
mod prompts;
pub mod request;
#[cfg(feature = "schema")]
pub mod schema;
mod seal;
mod show;
pub(crate) mod timeline;
mod verb;
mod verify;

pub(crate) use list::cursor;

use documents::View;
use records::Kind;
use rusqlite::Connection;
use signed::{RecordId, Timestamp, code};

use crate::error::{FieldError, Result};
use crate::ports::{self, Random};
use crate::store::changes::{self, DocRow};

/// Bytes of JSON one call may bring: what one record may hold, and room for its names.
pub(crate) const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Gives list lines their ids.
pub(crate) struct Ids<'a> {
    random: &'a dyn Random,
    now: Timestamp,
    failed: Option<FieldError>,
}

impl<'a> Ids<'a> {
    pub(crate) fn new(random: &'a dyn Random, now: Timestamp) -> Self {
        Self { random, now, failed: None }
    }

    pub(crate) fn next(&mut self) -> String {
        match ports::bytes(self.random) {
            Ok(bytes) => RecordId::mint(self.now, bytes).to_string(),
            Err(error) => {
                self.failed = Some(error);
                String::new()
            }
        }
    }

    /// Whether every id could be given.
    pub(crate) fn done(self) -> Result<()> {
        self.failed.map_or(Ok(()), Err)
    }
}

pub(crate) fn kind_of(name: &str) -> Result<&'static Kind> {
    records::kind(name).ok_or_else(|| FieldError::new(code::I_KIND, "no such kind of record"))
}

/// A record's document; a draft has none yet.
pub(crate) fn record_row(db: &Connection, id: RecordId) -> Result<DocRow> {
    changes::document(db, id)?
        .filter(|row| row.id == row.record)
        .ok_or_else(|| FieldError::new(code::I_NOT_FOUND, "no such record on this device"))
}

/// A record's document and what it says, for a change of it. To be read in the transaction that writes
/// the change: what was read before may be another's by then, and a change built on it would stand on
/// a state that is no more.
pub(crate) fn held(db: &Connection, id: RecordId) -> Result<(DocRow, View)> {
    let row = record_row(db, id)?;
    let view = changes::view(db, &row)?;
    Ok((row, view))
}

/// Whether a kind must be saved even when the disk is full: a child's account.
pub(crate) fn vital(kind: &str) -> bool {
    kind == "disclosure"
}

pub(crate) fn small_enough(json: &serde_json::Value) -> Result<()> {
    if json.to_string().len() > BODY_BYTES_MAX {
        return Err(FieldError::new(code::I_TOO_LARGE, "more than one record may hold"));
    }
    Ok(())
}
