//! What is erased, held and kept, in memory.

use std::collections::BTreeMap;

use signed::{RecordId, Timestamp};

use super::{View, Work};
use crate::store::StoreError;
use crate::store::keeping::{ErasureRow, HoldRow, ReadingKeeping, RetentionRow, WritingKeeping};
use crate::store::port::Answer;

/// The three lists.
#[derive(Clone, Debug, Default)]
pub(super) struct Keeping {
    erasures: Vec<ErasureRow>,
    holds: BTreeMap<u64, HoldRow>,
    retentions: Vec<RetentionRow>,
}

macro_rules! reading {
    ($name:ty) => {
        impl ReadingKeeping for $name {
            fn erasure(&self, document: RecordId) -> Answer<Option<ErasureRow>> {
                Ok(self.tables.keeping.erasures.iter().find(|row| row.document == document).cloned())
            }

            fn erasures(&self) -> Answer<Vec<ErasureRow>> {
                Ok(self.tables.keeping.erasures.clone())
            }

            fn hold_on(&self, subject: RecordId) -> Answer<Option<HoldRow>> {
                let stands = |row: &&HoldRow| row.subject == subject && row.released.is_none();
                Ok(self.tables.keeping.holds.values().rfind(stands).cloned())
            }

            fn holds(&self) -> Answer<Vec<HoldRow>> {
                Ok(self.tables.keeping.holds.values().cloned().collect())
            }

            fn retention_of(&self, case: RecordId) -> Answer<Option<RetentionRow>> {
                Ok(self.tables.keeping.retentions.iter().rfind(|row| row.case == case).cloned())
            }

            fn retentions(&self) -> Answer<Vec<RetentionRow>> {
                Ok(self.tables.keeping.retentions.clone())
            }

            fn of_kind(&self, kind: &str) -> Answer<Vec<RecordId>> {
                let all = self.tables.documents.values();
                let wanted = all.filter(|row| row.kind == kind && row.template == "record" && !row.key.is_empty());
                Ok(wanted.map(|row| row.id).collect())
            }

            fn last_contact(&self, case: RecordId) -> Answer<Option<Timestamp>> {
                let of_case = |document: &RecordId| {
                    let row = self.tables.documents.get(document);
                    let named = *document == case || row.is_some_and(|row| row.case == Some(case));
                    named && row.is_none_or(|row| row.kind != "opening")
                };
                let brought = self.tables.changes.values().filter(|row| row.origin.is_some() && of_case(&row.document));
                Ok(brought.map(|row| row.at).max())
            }
        }
    };
}

reading!(View);
reading!(Work<'_>);

fn follows(count: usize, number: u64) -> Answer<()> {
    if number == count as u64 + 1 { Ok(()) } else { Err(StoreError::Damaged) }
}

impl WritingKeeping for Work<'_> {
    fn append_erasure(&mut self, row: &ErasureRow) -> Answer<()> {
        follows(self.tables.keeping.erasures.len(), row.number)?;
        self.tables.keeping.erasures.push(row.clone());
        Ok(())
    }

    fn put_hold(&mut self, row: &HoldRow) -> Answer<()> {
        self.tables.keeping.holds.insert(row.number, row.clone());
        Ok(())
    }

    fn append_retention(&mut self, row: &RetentionRow) -> Answer<()> {
        follows(self.tables.keeping.retentions.len(), row.number)?;
        self.tables.keeping.retentions.push(row.clone());
        Ok(())
    }
}
