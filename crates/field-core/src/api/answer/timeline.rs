//! A chronology, and what came of a bundle.

use serde::Serialize;

use super::{CodeName, Hash, Id, Time};

/// One thing that was said or done.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TimelineLine {
    /// When, as its device's clock said.
    pub at: Time,
    /// When, by the server's clock, where the device's was off by more than five minutes (R95).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrected_at: Option<Time>,
    /// By how much the device's clock was ahead, in milliseconds, where that is more than five minutes. Where
    /// it had not been measured, the least that follows from the server's receipt.
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
    /// The field, for an entry that was added to a list or raised a protective value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// The record's title.
    pub title: String,
    /// Who.
    pub author: String,
    /// In which role; empty for an entry, which does not say.
    pub role: String,
    /// The reason or words of the step; the value of an entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<Hash>,
    /// Whether its signature holds here; of an entry, whether its change came from a device of its author.
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

/// What was written for another device to carry.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UnsentExported {
    /// Where it is.
    pub to: String,
    /// Frames in it, each sealed by itself.
    pub frames: u64,
    /// Records of which something is in it.
    pub records: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// Whether something waits that is not in it: attached files aside, which are never carried.
    pub more: bool,
}

/// What was taken in to be carried to the server.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CarriedIn {
    /// Sealed parts that are new here.
    pub parts: u64,
    /// Those that were here already.
    pub already: u64,
    /// Bytes of the new ones.
    pub bytes: u64,
}

/// What a bundle proves.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BundleVerified {
    /// Whether everything holds.
    pub ok: bool,
    /// What does not.
    pub faults: Vec<BundleFault>,
    /// How many faults are not listed.
    pub more: u64,
    /// Records in it.
    pub records: u64,
    /// Records of which it holds a masked text and nothing that proves it (R47).
    pub masked: u64,
    /// Statements in it.
    pub statements: u64,
    /// Receipts in it.
    pub receipts: u64,
    /// Times at which one of its records was opened on the device that made it.
    pub reads: u64,
    /// Whether what it shows was compared with what its changes say: not where it was made under other rules.
    pub shown_checked: bool,
    /// SHA-256 of each server key that vouches for it: to be compared with what the force publishes.
    pub pins: Vec<Hash>,
    /// Who made it.
    pub exported_by: String,
    /// When, by the device's clock.
    pub exported_at: Option<Time>,
    /// What for.
    pub purpose: Option<String>,
    /// For whom.
    pub to_whom: Option<String>,
}

/// Something in a bundle that does not hold.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BundleFault {
    /// `B.` and what was checked.
    pub code: CodeName,
    /// Where: ids, hashes and codes only.
    pub what: String,
}
