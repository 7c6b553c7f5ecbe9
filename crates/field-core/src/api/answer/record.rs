//! One record in full.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map as JsonMap, Value as Json};

use super::{Attachment, Base64, CodeName, Delivery, Gap, Hash, Id, Time};

/// One record in full: its own fields (`bodies/<kind>.schema.json`) and what is known about it.
#[derive(Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Shown {
    /// A record.
    Record(Box<Record>),
    /// A draft of ours.
    Draft(Box<Draft>),
    /// All that this device may hold of a record.
    Headline(Headline),
}

/// A record. What is computed stands above a field of the same name, so the fields come first.
#[derive(Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Record {
    /// The fields of its kind, as they stand.
    #[serde(flatten)]
    pub fields: JsonMap<String, Json>,
    /// Where it stands.
    #[serde(flatten)]
    pub standing: Standing,
    /// The record.
    pub id: Id,
    /// Its kind.
    pub kind: String,
    /// What it belongs to, and with it who may hold a copy.
    pub compartment: String,
    /// How it began.
    #[serde(flatten)]
    pub created: Option<Created>,
    /// Everything signed about it, oldest first.
    pub statements: Vec<Statement>,
    /// The keys that verify the statements, by `kid`, as DER SubjectPublicKeyInfo.
    pub keys: BTreeMap<String, Base64>,
    /// How far it has come, each delivered statement by its own.
    pub delivery: Vec<Delivery>,
    /// The server's receipts for it.
    pub receipts: Vec<Receipt>,
    /// What of it was refused.
    pub refused: Vec<Refused>,
    /// What it is linked to.
    pub links: Vec<Link>,
    /// The files attached to it, oldest first; of a case, to any record of it held here.
    pub attachments: Vec<Attachment>,
}

/// A draft of ours.
#[derive(Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("allOf" = its_status_is("draft"))))]
pub struct Draft {
    /// The fields of its kind, as typed so far.
    #[serde(flatten)]
    pub fields: JsonMap<String, Json>,
    /// Where it stands.
    #[serde(flatten)]
    pub standing: Standing,
    /// The record it will be.
    pub id: Id,
    /// Its kind.
    pub kind: String,
    /// When it was begun.
    pub recorded_at: Time,
    /// Who writes it.
    pub author: String,
    /// Nothing yet.
    pub statements: Vec<Statement>,
    /// None yet.
    pub keys: BTreeMap<String, Base64>,
    /// Nowhere yet.
    pub delivery: Vec<Delivery>,
    /// None yet.
    pub receipts: Vec<Receipt>,
    /// What of its copies the server refused.
    pub refused: Vec<Refused>,
    /// The files attached to it so far; they are named in the record once it is sealed.
    pub attachments: Vec<Attachment>,
}

/// All that this device may hold of a record.
#[derive(Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Headline {
    /// What the server says of it.
    #[serde(flatten)]
    pub says: JsonMap<String, Json>,
    /// The record.
    pub id: Id,
    /// Its kind.
    pub kind: String,
    /// Where it stands; `withdrawn` when it was held and may not be any more.
    pub status: String,
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub headline: bool,
    /// The opening in which this user said why they must read it: the rest comes with a sync.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opening: Option<Id>,
}

/// So that a record in which something is missing does not pass for a draft.
#[cfg(feature = "schema")]
fn its_status_is(status: &str) -> Json {
    serde_json::json!([{ "properties": { "status": { "const": status } } }])
}

/// What is computed about a record.
#[derive(Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Standing {
    /// Where it stands.
    pub status: String,
    /// A step that waits for the server to confirm it.
    pub proposed: Option<String>,
    /// A line that says what it is.
    pub title: String,
    /// How urgent it is, the most cautious of what was said.
    pub urgency: String,
    /// When it is due, the earliest of what was said.
    pub due: Option<Time>,
    /// Everyone who answers for it: users, or `team:NAME`.
    pub owners: Vec<String>,
    /// Who answers for it.
    pub owner: Option<Owner>,
    /// What is missing.
    pub gaps: Vec<Gap>,
    /// Fields in which people differ.
    pub conflicts: Vec<Conflict>,
    /// Whether its words are sealed.
    pub sealed: bool,
    /// Whether something is still to be done.
    pub open: bool,
    /// What was added after it was sealed, oldest first.
    pub addenda: Vec<Addendum>,
    /// Accounts that the author's devices sealed from the same draft, beside the one shown.
    pub accounts: Vec<Account>,
    /// Accounts of others that say it differently (R10).
    pub differs: Vec<Id>,
    /// How late it was recorded, if later than it should have been (R4).
    pub delay_ms: Option<i64>,
    /// What every reader is to see at once (R5, R11).
    pub notices: Vec<String>,
    /// The same as words: `stale`, `unendorsed`, ..
    pub marks: Vec<String>,
}

/// One owner; while two people both answer for it, both.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Owner {
    /// A user, or `team:NAME`.
    One(String),
    /// Several of them.
    Several(Vec<String>),
}

/// How a record began.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Created {
    /// The case it belongs to.
    pub case: Option<Id>,
    /// Who recorded it.
    pub author: String,
    /// In which role.
    pub author_role: String,
    /// When, by the author's device.
    pub recorded_at: Time,
    /// In what capacity the author acted.
    pub capacity: String,
}

/// Something signed about a record.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Statement {
    /// The statement: the hash of its bytes.
    pub sha256: Hash,
    /// The step it is, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The part of the record it seals, if it seals one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// Who signed it.
    pub author: String,
    /// In which role.
    pub role: String,
    /// When, by the author's device.
    pub at: Time,
    /// Its bytes as they came: a COSE_Sign1.
    pub cose: Base64,
    /// Whether its signature and its author's right to it hold here.
    pub verified: bool,
    /// The device whose key signed it.
    pub kid: Id,
}

/// The server's word that a frame is on its disk.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Receipt {
    /// Which lane the frame went.
    pub lane: Lane,
    /// Its number there.
    pub number: u64,
    /// When the receipt came.
    pub at: Option<Time>,
    /// The frame: the hash of its signed header.
    pub frame: Hash,
    /// The receipt's bytes as they came.
    pub receipt: Base64,
}

/// A lane of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// What is urgent.
    Urgent,
    /// Everything else.
    Rest,
}

/// Something of a record that does not count.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Refused {
    /// The change, where it is ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Hash>,
    /// Why.
    pub code: CodeName,
    /// Whether it is ours and the server refused it; else it came and does not hold.
    pub own: bool,
}

/// What a record is linked to.
#[derive(Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Link {
    /// A record held here that says it belongs to this one.
    Held {
        /// The other record.
        record: Id,
        /// Its kind.
        kind: String,
        /// Its field that names this one.
        why: String,
    },
    /// A link the record names itself: `id`, `record`, `why`, `by`.
    #[cfg_attr(feature = "schema", schemars(with = "JsonMap<String, Json>"))]
    Named(Json),
}

/// A field in which people differ.
#[derive(Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Conflict {
    /// The field.
    pub path: String,
    /// The values, the one that is shown last.
    pub values: Vec<ConflictValue>,
}

/// One of the values on which people differ.
#[derive(Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConflictValue {
    /// The value.
    pub value: Json,
    /// Who wrote it.
    pub by: String,
    /// When, if known.
    pub at: Option<Time>,
    /// The step that wrote it, if one did.
    pub statement: Option<Hash>,
}

/// Something added to a sealed record.
#[derive(Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Addendum {
    /// What a newer version says beside it.
    #[serde(flatten)]
    pub more: JsonMap<String, Json>,
    /// Why it was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was added, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Values of what the seal found missing, by path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<JsonMap<String, Json>>,
    /// Who added it.
    pub author: String,
    /// When, by the author's device.
    pub at: Time,
    /// The statement that adds it.
    pub statement: Hash,
}

/// Another account that the author's devices sealed from the same draft.
#[derive(Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Account {
    /// Who sealed it.
    pub author: String,
    /// When, by the author's device.
    pub at: Time,
    /// The statement that seals it.
    pub statement: Hash,
    /// The sealed fields, as they stand in it.
    pub body: JsonMap<String, Json>,
}
