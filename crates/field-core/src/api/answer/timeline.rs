//! A chronology, and what came of a bundle.

use serde::Serialize;

use super::{Hash, Id, Time};

/// One thing that was said or done.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TimelineLine {
    /// When, as its device's clock said.
    pub at: Time,
    /// When, by the server's clock, where the device's was off by more than five minutes (R95).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrected_at: Option<Time>,
    /// By how much the device's clock was ahead, in milliseconds, where it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skew_ms: Option<i64>,
    /// When the server received it, if this device knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Time>,
    /// The record.
    pub record: Id,
    /// Its kind.
    pub kind: String,
    /// The step, or `exists` for a record of which only that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The sealed part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// Who.
    pub author: String,
    /// In which role.
    pub role: String,
    /// The reason or words of the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<Hash>,
    /// Whether its signature holds here.
    pub verified: bool,
}

/// What was exported.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Exported {
    /// Where it is.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: Hash,
    /// Records in it.
    pub records: u64,
    /// Statements in it.
    pub statements: u64,
    /// Records that are in it masked: their words would tell who a reporter is (R47).
    pub masked: u64,
}

/// What a bundle proves.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BundleVerified {
    /// Whether everything holds.
    pub ok: bool,
    /// What does not.
    pub faults: Vec<BundleFault>,
    /// Records in it.
    pub records: u64,
    /// Statements in it.
    pub statements: u64,
    /// Receipts in it.
    pub receipts: u64,
    /// SHA-256 of each server key that vouches for it: to be compared with what the force publishes.
    pub pins: Vec<Hash>,
    /// Who made it.
    pub exported_by: String,
    /// When.
    pub exported_at: String,
}

/// Something in a bundle that does not hold.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BundleFault {
    /// `B.` and what was checked.
    pub code: String,
    /// Where: ids and numbers only.
    pub what: String,
}
