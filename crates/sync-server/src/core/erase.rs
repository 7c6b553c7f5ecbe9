//! Erasure and legal holds (R96): a data protection officer's approved act destroys a document's key and
//! every row of its words; a tombstone says that it was, and nothing else deletes.

use records::Role;
use signed::cbor::{self, Value};
use signed::{RecordId, UserId, code};

use super::Core;
use super::audit::{self, Note};
use super::limits::REASON_BYTES_MAX;
use super::types::Effects;
use super::work::Work;
use crate::error::ServerError;

/// The status of what was erased.
pub(crate) const ERASED: &str = "erased";

fn hold_name(id: RecordId) -> String {
    format!("hold/{id}")
}

impl Core {
    /// Erases a record for good. `R96.held` while a hold stands on it or its case.
    pub fn erase(&self, record: RecordId, approved_by: &UserId, reason: &str) -> Result<Effects, ServerError> {
        let mut work = Work::begin(self)?;
        work.officer(approved_by)?;
        check(reason)?;
        let row = work.tx.document(record)?.filter(|row| !row.key.is_empty());
        let row = row.ok_or_else(|| ServerError::new(code::A_NOT_FOUND, "no such record"))?;
        for id in std::iter::once(record).chain(row.case) {
            if work.tx.meta(&hold_name(id))?.is_some_and(|hold| !hold.is_empty()) {
                return Err(ServerError::new(code::R96_HELD, "a legal hold stands on this"));
            }
        }
        let told = work.doc(record)?.map(|doc| doc.changes).unwrap_or_default();
        work.docs.remove(&record);
        let tombstone = cbor::map([
            ("id", Value::bytes(record.0)),
            ("kind", Value::text(&row.kind)),
            ("status", Value::text(ERASED)),
            ("time", Value::text(work.now.to_string())),
            ("approved_by", Value::text(approved_by.as_str())),
        ]);
        for holder in work.tx.holders(record)? {
            let held = if holder.content { told.as_slice() } else { &[] };
            work.tell_withdrawn(&holder.user, record, Some(tombstone.clone()), held)?;
            work.tx.remove_holder(record, &holder.user)?;
        }
        for mut prompt in work.tx.prompts_of_case(row.case.unwrap_or(record))? {
            if prompt.record == record && prompt.ended.is_none() {
                prompt.ended = Some(work.now);
                work.tx.put_prompt(&prompt)?;
            }
        }
        work.tx.erase_document(record)?;
        work.tx.put_keys(record, &[])?;
        let note = Note {
            operation: "erasure",
            who: approved_by.as_str(),
            device: None,
            to: None,
            records: &[record],
            why: "approved",
        };
        audit::append(work.tx.as_mut(), work.now, note)?;
        let effects = Effects { grown: work.finish()?, moved: Vec::new() };
        // What was freed leaves the log beside the database too.
        self.store.settle()?;
        Ok(effects)
    }

    /// Places or releases a legal hold on a record or a case.
    pub fn hold(&self, record: RecordId, by: &UserId, reason: &str, release: bool) -> Result<(), ServerError> {
        let mut work = Work::begin(self)?;
        work.officer(by)?;
        check(reason)?;
        if work.tx.document(record)?.is_none() {
            return Err(ServerError::new(code::A_NOT_FOUND, "no such record"));
        }
        let value = if release { Vec::new() } else { by.as_str().as_bytes().to_vec() };
        work.tx.put_meta(&hold_name(record), &value)?;
        let why = if release { "hold_released" } else { "hold" };
        let note = Note { operation: "admin", who: by.as_str(), device: None, to: None, records: &[record], why };
        audit::append(work.tx.as_mut(), work.now, note)?;
        work.finish().map(drop)
    }
}

fn check(reason: &str) -> Result<(), ServerError> {
    if (1..=REASON_BYTES_MAX).contains(&reason.trim().len()) {
        return Ok(());
    }
    Err(ServerError::new(code::I_REASON, "say why, in a few sentences at most"))
}

impl Work<'_> {
    /// Only an active data protection officer approves.
    fn officer(&self, user: &UserId) -> Result<(), ServerError> {
        let is = self.person(user).is_some_and(|person| person.row.active && person.role() == Some(Role::Dpo));
        if is { Ok(()) } else { Err(ServerError::new(code::I_DENIED, "a data protection officer approves this")) }
    }

    /// Whether a document was erased: nothing of it comes back.
    pub(crate) fn erased(&self, id: RecordId) -> Result<bool, ServerError> {
        Ok(self.tx.document(id)?.is_some_and(|row| row.status == ERASED && row.key.is_empty()))
    }
}
