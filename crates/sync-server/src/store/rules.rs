//! The part of the port that the rules use: prompts, each a timer, and match keys.

use signed::{RecordId, Timestamp, UserId};

use super::port::Answer;

/// One rung of something that is owed, for one user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptRow {
    /// Derived from rule, record, rung and user.
    pub id: RecordId,
    /// The case.
    pub case: RecordId,
    /// The record.
    pub record: RecordId,
    /// Who is told.
    pub user: UserId,
    /// The rule.
    pub rule: String,
    /// From 1.
    pub rung: u64,
    /// When it falls due.
    pub due: Timestamp,
    /// When it was told.
    pub told: Option<Timestamp>,
    /// When it was over.
    pub ended: Option<Timestamp>,
    /// What is told, as CBOR: never a word of the record.
    pub line: Vec<u8>,
}

/// A keyed hash of an identifier in its normal form.
pub type KeyHash = [u8; 16];

/// The reads.
pub trait ReadingRules {
    /// Prompts of a case, over ones included, by id.
    fn prompts_of_case(&self, case: RecordId) -> Answer<Vec<PromptRow>>;
    /// Who was ever told a prompt of a case, each once.
    fn told_in_case(&self, case: RecordId) -> Answer<Vec<UserId>>;
    /// Prompts that fall due at this moment or before it and are not told, by time; at most so many.
    fn prompts_due(&self, now: Timestamp, max: usize) -> Answer<Vec<PromptRow>>;
    /// When the next prompt falls due.
    fn next_due(&self) -> Answer<Option<Timestamp>>;
    /// What somebody was told and is not over, by time.
    fn prompts_of(&self, user: &UserId) -> Answer<Vec<PromptRow>>;
    /// Everything that was told to anybody and is not over, by time.
    fn prompts_told(&self) -> Answer<Vec<PromptRow>>;
    /// Open documents of a kind, by id.
    fn open_of_kind(&self, kind: &str) -> Answer<Vec<RecordId>>;
    /// Other documents that carry an identifier, at most so many, by id.
    fn with_key(&self, hash: &KeyHash, max: usize) -> Answer<Vec<RecordId>>;
    /// The identifiers of a document, each with the number of its kind, by hash.
    fn keys_of(&self, document: RecordId) -> Answer<Vec<(KeyHash, u64)>>;
}

/// The writes.
pub trait WritingRules {
    /// Sets a prompt.
    fn put_prompt(&mut self, row: &PromptRow) -> Answer<()>;
    /// Takes a prompt away that was never told.
    fn remove_prompt(&mut self, id: RecordId) -> Answer<()>;
    /// Takes every row of a document's words away and destroys its key; a row that says it was erased stays.
    fn erase_document(&mut self, document: RecordId) -> Answer<()>;
    /// Sets the identifiers of a document.
    fn put_keys(&mut self, document: RecordId, keys: &[(KeyHash, u64)]) -> Answer<()>;
}
