//! What comes ahead of its turn: stored and shown at once, counted when its row comes.

use std::collections::BTreeSet;

use documents::Verdict;
use rusqlite::Connection;
use signed::code;
use sync_engine::device::ProvenAhead;
use wire::{Resume, Row};

use super::pull::Taking;
use crate::error::{FieldError, Result};
use crate::field::Field;
use crate::store::changes::{self, Origin};
use crate::store::{directory, meta};

/// A row names a change that went ahead of its turn and is not here.
pub(crate) fn missing() -> FieldError {
    FieldError::new(code::W_AHEAD, "the server names a change that did not come ahead of its turn")
}

impl Field {
    /// Checks and stores documents that do not wait for their rows; the cursor and what is counted
    /// stay, and how far this goes in the server's list is kept with them. What does not hold is left
    /// out: its row comes all the same. Answers how many changes were new.
    pub fn store_ahead(&self, ahead: &ProvenAhead) -> Result<u64> {
        let me = self.me()?;
        let moment = self.moment();
        let (events, received) = self.write(false, |db| {
            let mut taking = Taking {
                db,
                me: &me,
                moment: moment.clone(),
                digest: self.digest(db)?,
                touched: BTreeSet::new(),
                events: Vec::new(),
                received: 0,
                removed: false,
                settles: false,
            };
            let mut last = None;
            for row in &ahead.rows {
                if let Row::Change { document, .. } = row
                    && last.replace(*document).is_some_and(|last| last != *document)
                {
                    // In the order in which they came: the most urgent is told first.
                    taking.settle_all()?;
                }
                taking.ahead(row)?;
            }
            taking.settle_all()?;
            keep(db, ahead.to)?;
            Ok((taking.events, taking.received))
        })?;
        self.tell(&events);
        Ok(received)
    }
}

impl Taking<'_> {
    fn ahead(&mut self, row: &Row) -> Result<()> {
        match row {
            Row::Directory { statement } => {
                // One that does not hold is kept aside when its row comes.
                let _ = directory::store(self.db, &self.me.server_keys, statement)?;
                Ok(())
            }
            Row::Change { document, change } => {
                if let Ok((mut row, Verdict::Fits(checked))) = self.believe(*document, change)? {
                    let origin = Origin { own: false, saved_at: self.moment.now, inbox: None, vouched: true };
                    changes::insert(self.db, &mut row, &checked, origin)?;
                    self.received += 1;
                    self.touched.insert(*document);
                    self.seen_by(&row, &checked);
                }
                Ok(())
            }
            // What is ours is here; the others never come ahead.
            Row::Own { .. }
            | Row::Granted { .. }
            | Row::Withdrawn { .. }
            | Row::Delivery { .. }
            | Row::Headline { .. }
            | Row::Policy { .. }
            | Row::Prompt { .. }
            | Row::Match { .. }
            | Row::Held { .. }
            | Row::Unknown { .. } => Ok(()),
        }
    }
}

/// How far this store has the server's list; `None` when nothing is to come ahead any more.
pub(crate) fn held(db: &Connection) -> Result<Option<Resume>> {
    let Some(bytes) = meta::get(db, meta::AHEAD)? else { return Ok(Some(Resume::default())) };
    let read = || {
        let (list, position) = bytes.split_first_chunk::<16>()?;
        Some(Resume { list: *list, position: u64::from_be_bytes(position.try_into().ok()?) })
    };
    Ok(read())
}

fn keep(db: &Connection, to: Resume) -> Result<()> {
    // Once it has failed it stays off: everything comes as rows.
    if held(db)?.is_some() {
        meta::set(db, meta::AHEAD, &[&to.list[..], &to.position.to_be_bytes()].concat())?;
    }
    Ok(())
}

/// Nothing comes ahead to this store any more.
pub(crate) fn stop(db: &Connection) -> Result<()> {
    meta::set(db, meta::AHEAD, &[])
}
