//! What is said unasked: events, and why something was not done.

use serde::Serialize;

use super::{Class, CodeName, Hash, Id, Time};
use crate::event::EventKind;

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Event {
    /// What happened.
    pub event: EventKind,
    /// When, by the device's clock.
    pub at: Time,
    /// The record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// Its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Where it stands now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Why, for what was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeName>,
    /// Whom it reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The statement it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<Hash>,
}

/// What is answered instead when something was not done.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Refusal {
    /// Why it was not done.
    pub error: Failure,
}

/// Why something was not done; no part of it holds a word of a record.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Failure {
    /// The permanent code.
    pub code: CodeName,
    /// What a caller can do about it.
    pub class: Class,
    /// The code's permanent number.
    pub number: u32,
    /// A sentence for a person.
    pub message: String,
    /// Everything that stands in the way.
    pub gaps: Vec<Gap>,
}

/// One thing that is missing, or that stands in the way.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Gap {
    /// The permanent code; it begins with the rule's id.
    pub code: CodeName,
    /// What it is about, as a path in the record: `concern_items/<id>`.
    pub path: String,
    /// A sentence for a person; it never holds a word of the record.
    pub message: String,
}

impl From<&records::Gap> for Gap {
    fn from(gap: &records::Gap) -> Self {
        Self { code: gap.code.into(), path: gap.path.clone(), message: gap.message.clone() }
    }
}

impl Gap {
    pub(crate) fn list(gaps: &[records::Gap]) -> Vec<Self> {
        gaps.iter().map(Self::from).collect()
    }
}
