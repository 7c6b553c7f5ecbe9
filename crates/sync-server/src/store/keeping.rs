//! What is erased, held and kept (R96): rows of their own, and the reads and writes of them.

use signed::{RecordId, Timestamp, UserId};

use super::port::Answer;

/// One document that was erased: what stays of it. The list only grows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasureRow {
    /// 1, 2, 3, .. in the order of erasing.
    pub number: u64,
    /// The document.
    pub document: RecordId,
    /// The record it belonged to: another id where it was a draft.
    pub record: RecordId,
    /// Its kind.
    pub kind: String,
    /// Its case.
    pub case: Option<RecordId>,
    /// Its compartment.
    pub compartment: String,
    /// Who approved it.
    pub approved_by: UserId,
    /// When.
    pub at: Timestamp,
    /// Sealed: why.
    pub reason: Vec<u8>,
}

/// A legal hold, standing or released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldRow {
    /// 1, 2, 3, .. in the order of placing.
    pub number: u64,
    /// The record or case.
    pub subject: RecordId,
    /// Who placed it.
    pub placed_by: UserId,
    /// When.
    pub placed_at: Timestamp,
    /// Sealed: why.
    pub reason: Vec<u8>,
    /// Who released it, when and (sealed) why.
    pub released: Option<(UserId, Timestamp, Vec<u8>)>,
}

/// A decision about keeping a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetentionRow {
    /// 1, 2, 3, .. in the order of deciding.
    pub number: u64,
    /// The case.
    pub case: RecordId,
    /// The review group, 1 to 4.
    pub group: u64,
    /// When it is looked at next.
    pub next_review: Timestamp,
    /// `retain`, `review` or `erase`.
    pub decision: String,
    /// Who decided.
    pub decided_by: UserId,
    /// When.
    pub decided_at: Timestamp,
    /// Sealed: why.
    pub reason: Vec<u8>,
}

/// The reads.
pub trait ReadingKeeping {
    /// What stays of an erased document.
    fn erasure(&self, document: RecordId) -> Answer<Option<ErasureRow>>;
    /// Everything that was erased, in order.
    fn erasures(&self) -> Answer<Vec<ErasureRow>>;
    /// The hold that stands on a record or case.
    fn hold_on(&self, subject: RecordId) -> Answer<Option<HoldRow>>;
    /// Every hold, released ones too, in order.
    fn holds(&self) -> Answer<Vec<HoldRow>>;
    /// What was decided last about a case.
    fn retention_of(&self, case: RecordId) -> Answer<Option<RetentionRow>>;
    /// Every decision, in order.
    fn retentions(&self) -> Answer<Vec<RetentionRow>>;
    /// Documents of a kind that are not erased, by id.
    fn of_kind(&self, kind: &str) -> Answer<Vec<RecordId>>;
    /// When somebody's device last brought something about a case: neither what the server wrote itself counts, nor
    /// that it was read (an `opening`).
    fn last_contact(&self, case: RecordId) -> Answer<Option<Timestamp>>;
}

/// The writes.
pub trait WritingKeeping {
    /// Appends to the list of what was erased; the number must be one past the last
    /// ([`super::StoreError::Damaged`] otherwise).
    fn append_erasure(&mut self, row: &ErasureRow) -> Answer<()>;
    /// Sets a hold.
    fn put_hold(&mut self, row: &HoldRow) -> Answer<()>;
    /// Appends a decision; the number must be one past the last.
    fn append_retention(&mut self, row: &RetentionRow) -> Answer<()>;
}
