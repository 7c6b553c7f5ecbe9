//! Answers about the device, its store and its server.

use serde::Serialize;

use super::{CodeName, Id, Role, Time};

/// This device is somebody's now.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Enrolled {
    /// The device.
    pub device: Id,
    /// Whose it is.
    pub user: String,
    /// Their role.
    pub role: Role,
}

/// How the device and its store are.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Status {
    /// The device; null before it is enrolled.
    pub device: Option<Id>,
    /// Whose it is.
    pub user: Option<String>,
    /// Their role, as last heard from the server.
    pub role: Option<Role>,
    /// Where the server is (`host:port`).
    pub server: Option<String>,
    /// Whether the last attempt reached the server.
    pub online: bool,
    /// Why it did not, where somebody said no: the server, its pin, or the device's own key.
    pub offline_code: Option<CodeName>,
    /// How many records wait for a receipt.
    pub unsent: Unsent,
    /// For how long the oldest of them has waited.
    pub oldest_unsent_seconds: Option<i64>,
    /// When the last receipt came.
    pub last_receipt_at: Option<Time>,
    /// The last row of the inbox that is on disk.
    pub cursor: u64,
    /// This device's clock minus the server's.
    pub clock_skew_ms: Option<i64>,
    /// How many records of ours the server refused something of.
    pub refused: i64,
    /// How many things were said while the store's key was gone and are in its box still: what the store refused,
    /// and what does not open.
    pub boxed: u64,
    /// How many sealed parts wait here that another device gave to this one to carry.
    pub carried: u64,
    /// How many such parts were given up because the server will never take them.
    pub carried_refused: u64,
    /// How many things came that do not hold.
    pub distrusted: i64,
    /// The version of the force's policy that is in force here.
    pub policy: u64,
    /// Since when this store does not hold what the server says it should.
    pub drift_at: Option<Time>,
    /// What is counted about this user, for them to see; null before the device is enrolled.
    pub counted: Option<Counted>,
}

/// What is counted about a user, from what their device holds. Each number can be annotated on the records it
/// is counted from (`notes`); none is a score, and by itself none is evidence of anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Counted {
    /// Wordings that were pointed at and then changed.
    pub wordings_reworded: u64,
    /// Wordings that were kept, with a reason.
    pub wordings_kept: u64,
    /// Wordings that were a quote.
    pub wordings_quoted: u64,
    /// Prompts that were answered.
    pub prompts_answered: u64,
    /// Prompts that were dismissed.
    pub prompts_dismissed: u64,
    /// Searches of a person.
    pub searches: u64,
    /// Those of them that name no record yet.
    pub searches_unlinked: u64,
    /// Times a record was opened on this device.
    pub records_opened: u64,
}

/// How many records wait for a receipt, by urgency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Unsent {
    /// Now.
    pub immediate: u64,
    /// Today.
    pub urgent: u64,
    /// The ordinary case.
    pub standard: u64,
    /// For information.
    pub info: u64,
    /// Attachments.
    pub media: u64,
}

/// What a sync did and cost.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Synced {
    /// How many records were sent.
    pub sent: u64,
    /// How many changes of others came.
    pub received: u64,
    /// How many records have their receipt on this device's disk now.
    pub receipts: u64,
    /// What the server refused; it stays here.
    pub rejected: Vec<Rejected>,
    /// The records sent, each once, in the order of sending.
    pub sent_order: Vec<Id>,
    /// Bytes of UDP payload sent.
    pub bytes_out: u64,
    /// Bytes of UDP payload received.
    pub bytes_in: u64,
    /// Round trips on the longest chain of waiting, handshake included.
    pub round_trips: u64,
    /// From the call to the answer.
    pub elapsed_ms: u64,
}

/// One sync within a budget.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SyncedWithin {
    /// What was done.
    #[serde(flatten)]
    pub done: Synced,
    /// Whether something is left to send or fetch.
    pub more: bool,
}

/// The store has another key.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Rekeyed {
    /// Always true: a refusal is an error.
    pub rekeyed: bool,
}

/// Something of ours that the server refused.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Rejected {
    /// The record.
    pub id: Id,
    /// Why.
    pub code: CodeName,
    /// A sentence for a person.
    pub message: String,
}

/// Whether what is held is what was signed.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Verified {
    /// Whether nothing was found.
    pub ok: bool,
    /// What was found.
    pub faults: Vec<Fault>,
    /// How many faults are not listed.
    pub more: u64,
}

/// Something held that is not what was signed.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Fault {
    /// The record, if it is about one.
    pub id: Option<Id>,
    /// What is wrong.
    pub code: CodeName,
    /// A sentence for a person.
    pub message: String,
}
