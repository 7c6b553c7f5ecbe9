//! Erasure and legal holds (R96): a data protection officer's approved act destroys a document's key and
//! every row of its words; a tombstone says that it was, and nothing else deletes.

use records::Role;
use signed::cbor::{self, Value};
use signed::{MediaHash, RecordId, Timestamp, UserId, code};

use super::Core;
use super::audit::{self, Note};
use super::limits::REASON_BYTES_MAX;
use super::types::{Effects, Hold};
use super::work::Work;
use crate::error::ServerError;
use crate::store::keeping::{ErasureRow, HoldRow};
use crate::store::rows::DocumentRow;

/// The status of what was erased.
pub(crate) const ERASED: &str = "erased";

impl Core {
    /// Erases a record for good, and the draft it came from. `I.denied` unless an active data protection
    /// officer approves, `I.reason` without a reason of at most 2000 bytes, `A.not_found` for a record that
    /// is not here (any more), `R96.held` while a hold stands on it or its case. The reason is kept sealed,
    /// beside the tombstone and nowhere else.
    pub fn erase(&self, record: RecordId, approved_by: &UserId, reason: &str) -> Result<Effects, ServerError> {
        let mut work = Work::begin(self)?;
        work.officer(approved_by)?;
        check(reason)?;
        let row = work.erasable(record)?.ok_or(NO_SUCH_RECORD)?;
        work.not_held(record, row.case)?;
        let files = work.erase_record(record, approved_by, reason)?;
        self.finish_erasing(work, &files)
    }

    /// Commits what was erased; what was freed leaves the log beside the database too.
    pub(super) fn finish_erasing(&self, work: Work<'_>, files: &[MediaHash]) -> Result<Effects, ServerError> {
        let effects = Effects { grown: work.finish()?, moved: Vec::new() };
        for file in files {
            self.media_forget(file)?;
        }
        self.store.settle()?;
        Ok(effects)
    }

    /// Places a legal hold on a record or a case, or releases it. `I.denied`, `I.reason` and `A.not_found`
    /// as for an erasure; releasing what is not held is `A.not_found` too, holding twice changes nothing.
    pub fn hold(&self, subject: RecordId, by: &UserId, reason: &str, release: bool) -> Result<(), ServerError> {
        let mut work = Work::begin(self)?;
        work.officer(by)?;
        check(reason)?;
        let standing = work.tx.hold_on(subject)?;
        match (standing, release) {
            (Some(_), false) => return Ok(()),
            (None, true) => return Err(ServerError::new(code::A_NOT_FOUND, "no hold stands on this")),
            (Some(mut hold), true) => {
                let why = self.vault.seal_reason(subject, reason)?;
                hold.released = Some((by.clone(), work.now, why));
                work.tx.put_hold(&hold)?;
            }
            (None, false) => {
                if work.erasable(subject)?.is_none() && work.tx.documents_of_case(subject)?.is_empty() {
                    return Err(NO_SUCH_RECORD);
                }
                let number = work.tx.holds()?.last().map_or(0, |hold| hold.number) + 1;
                let reason = self.vault.seal_reason(subject, reason)?;
                let (placed_by, placed_at) = (by.clone(), work.now);
                work.tx.put_hold(&HoldRow { number, subject, placed_by, placed_at, reason, released: None })?;
            }
        }
        let why = if release { "hold_released" } else { "hold" };
        let note = Note { operation: "admin", who: by.as_str(), device: None, to: None, records: &[subject], why };
        audit::append(work.tx.as_mut(), work.now, note)?;
        work.finish().map(drop)
    }

    /// Every legal hold in the order of placing, released ones too, with its reasons in clear: for the
    /// data protection officer's screen, never for a log.
    pub fn holds(&self) -> Result<Vec<Hold>, ServerError> {
        let tx = self.store.read()?;
        let hold = |row: HoldRow| {
            let released = match row.released {
                Some((by, at, why)) => Some((by, at, self.vault.open_reason(row.subject, &why)?)),
                None => None,
            };
            let reason = self.vault.open_reason(row.subject, &row.reason)?;
            Ok(Hold { subject: row.subject, by: row.placed_by, at: row.placed_at, reason, released })
        };
        tx.holds()?.into_iter().map(hold).collect()
    }
}

const NO_SUCH_RECORD: ServerError = ServerError::new(code::A_NOT_FOUND, "no such record");

/// A reason is said, in a few sentences at most.
pub(super) fn check(reason: &str) -> Result<(), ServerError> {
    if (1..=REASON_BYTES_MAX).contains(&reason.trim().len()) {
        return Ok(());
    }
    Err(ServerError::new(code::I_REASON, "say why, in a few sentences at most"))
}

/// What stays of a record, for those who held it: that it was, and who approved. Not a word of it.
fn tombstone(record: RecordId, row: &DocumentRow, approved_by: &UserId, now: Timestamp) -> Value {
    let mut map = cbor::Map::new();
    let mut put = |name: &str, value| map.insert(name.to_owned(), value);
    put("id", Value::bytes(record.0));
    put("kind", Value::text(&row.kind));
    put("status", Value::text(ERASED));
    put("time", Value::text(now.to_string()));
    put("approved_by", Value::text(approved_by.as_str()));
    if let Some(case) = row.case {
        put("case", Value::bytes(case.0));
    }
    Value::Map(map)
}

impl Work<'_> {
    /// Only an active data protection officer approves.
    pub(super) fn officer(&self, user: &UserId) -> Result<(), ServerError> {
        let is = self.person(user).is_some_and(|person| person.row.active && person.role() == Some(Role::Dpo));
        if is { Ok(()) } else { Err(ServerError::new(code::I_DENIED, "a data protection officer approves this")) }
    }

    /// The document of a record that can be erased: its own, or that of a draft that was never sealed.
    fn erasable(&self, record: RecordId) -> Result<Option<DocumentRow>, ServerError> {
        for id in [record, RecordId::draft(record)] {
            if let Some(row) = self.tx.document(id)?.filter(|row| !row.key.is_empty()) {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// `R96.held` while a legal hold stands on a record or its case.
    pub(super) fn not_held(&self, record: RecordId, case: Option<RecordId>) -> Result<(), ServerError> {
        for id in std::iter::once(record).chain(case) {
            if self.tx.hold_on(id)?.is_some() {
                return Err(ServerError::new(code::R96_HELD, "a legal hold stands on this"));
            }
        }
        Ok(())
    }

    /// Destroys the keys of a record and of its draft with every row of their words, tells whoever held
    /// them, and writes down that it was; answers the files that are to go with it. Holds are asked for before.
    pub(super) fn erase_record(
        &mut self,
        record: RecordId,
        approved_by: &UserId,
        reason: &str,
    ) -> Result<Vec<MediaHash>, ServerError> {
        let mut files = Vec::new();
        let about = self.erasable(record)?.ok_or(NO_SUCH_RECORD)?;
        let reason = self.core.vault.seal_reason(record, reason)?;
        for document in [record, RecordId::draft(record)] {
            if self.erased(document)? {
                continue;
            }
            let stored = self.tx.document(document)?;
            if let Some(row) = &stored {
                self.take_from_holders(record, row, approved_by)?;
                files.extend(self.media_erased(document)?);
                if records::rules::switch::on("R96") {
                    self.tx.erase_document(document)?;
                }
                self.tx.put_keys(document, &[])?;
            }
            self.docs.remove(&document);
            // A draft that never came here does not come later either.
            let row = stored.as_ref().unwrap_or(&about);
            let number = self.tx.erasures()?.len() as u64 + 1;
            self.tx.append_erasure(&ErasureRow {
                number,
                document,
                record,
                kind: row.kind.clone(),
                case: row.case,
                compartment: row.compartment.clone(),
                approved_by: approved_by.clone(),
                at: self.now,
                reason: reason.clone(),
            })?;
        }
        self.end_prompts_of(record, about.case)?;
        let note = Note {
            operation: "erasure",
            who: approved_by.as_str(),
            device: None,
            to: None,
            records: &[record],
            why: "approved",
        };
        audit::append(self.tx.as_mut(), self.now, note)?;
        Ok(files)
    }

    fn take_from_holders(
        &mut self,
        record: RecordId,
        row: &DocumentRow,
        approved_by: &UserId,
    ) -> Result<(), ServerError> {
        let told: Vec<_> = self.tx.changes(row.id)?.into_iter().map(|change| change.hash).collect();
        let line = tombstone(record, row, approved_by, self.now);
        for holder in self.tx.holders(row.id)? {
            let held = if holder.content { told.as_slice() } else { &[] };
            // Of a draft, its author alone knows the record it would have been.
            let line = (row.id == record || holder.content).then(|| line.clone());
            self.tell_withdrawn(&holder.user, row.id, line, held)?;
            self.tx.remove_holder(row.id, &holder.user)?;
        }
        Ok(())
    }

    /// Whether a document was erased: nothing of it comes back.
    pub(crate) fn erased(&self, id: RecordId) -> Result<bool, ServerError> {
        Ok(self.tx.erasure(id)?.is_some())
    }
}
