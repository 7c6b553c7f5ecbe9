//! Answers to what was written.

use serde::Serialize;
use serde_json::Value as Json;

use super::{Gap, Hash, Id, Time};

/// A record was made, and is on disk.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Made {
    /// The record.
    pub id: Id,
    /// Where it stands.
    pub status: String,
    /// The case it belongs to; it may have started one.
    pub case: Option<Id>,
    /// The statement that a live record begins with; a draft has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<Hash>,
    /// What a live record still needs; a draft is asked when it is sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gaps: Option<Vec<Gap>>,
}

/// Something said while the store's key was gone, and still in its box.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Boxed {
    /// Its number, for `box_done`.
    pub number: u64,
    /// The record it is about; null where it does not open.
    pub id: Option<Id>,
    /// When it was said, by the device's clock.
    pub at: Option<Time>,
    /// Of a new record: its kind.
    pub kind: Option<String>,
    /// What it says: the fields of a new record, or what was to be changed.
    pub words: Vec<BoxedWords>,
}

/// Something went from the sealed box.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BoxDone {
    /// Its number.
    pub number: u64,
    /// How much is in the box still.
    pub left: u64,
}

/// A value in a sealed box.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BoxedWords {
    /// Where it belongs.
    pub path: String,
    /// What was said there.
    pub value: Json,
}

/// Working fields were changed, on disk.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Edited {
    /// The record.
    pub id: Id,
    /// Where it stands.
    pub status: String,
    /// Where words were masked before they were written, because a school or the hub reads them (R47); absent where
    /// none were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gaps: Option<Vec<Gap>>,
}

/// A draft became a record whose words never change again.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sealed {
    /// The record.
    pub id: Id,
    /// `sealed`, or `sealed_incomplete` while something is missing.
    pub status: String,
    /// The statement that seals it.
    pub statement: Hash,
    /// What is missing; an addendum can fill it.
    pub gaps: Vec<Gap>,
}

/// Something was added to a sealed record.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Added {
    /// The record.
    pub id: Id,
    /// Where it stands.
    pub status: String,
    /// The statement that adds it.
    pub statement: Option<Hash>,
    /// Where words were masked before they were written, because a school or the hub reads them (R47); absent where
    /// none were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gaps: Option<Vec<Gap>>,
}

/// A step was taken.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Done {
    /// The record.
    pub id: Id,
    /// Where it stands; a step that was only proposed has not moved it.
    pub status: String,
    /// The step, where the server has to confirm it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed: Option<String>,
    /// What the step leaves open.
    pub gaps: Vec<Gap>,
}
