//! What the rules tell.

use serde::Serialize;

use super::{Id, Time};

/// Something this user owes or is to know now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Prompt {
    /// The prompt, for `answer_prompt` and `dismiss_prompt`.
    pub id: Id,
    /// The rule that asks.
    pub rule: String,
    /// Its code.
    pub code: String,
    /// The record it is about.
    pub record: Id,
    /// How far it has climbed, from 1.
    pub rung: u64,
    /// Since when it is due.
    pub due_at: Time,
    /// Whom it is for.
    #[serde(rename = "for")]
    pub to: String,
    /// What is owed. It never holds a word of the record.
    pub text: String,
    /// Who has dismissed it: kept, and no end of it.
    pub dismissed_by: Vec<String>,
}

/// Two records that may be about the same number, place or person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PossibleMatch {
    /// The match, for `confirm_match` and `reject_match`.
    pub id: Id,
    /// R12 or R13.
    pub rule: String,
    /// `possible`, `confirmed` or `rejected`.
    pub state: String,
    /// The two records, the lower id first.
    pub records: Vec<Id>,
    /// What they share: `phone`, `address`, ..; never its value.
    pub key_kind: String,
}
