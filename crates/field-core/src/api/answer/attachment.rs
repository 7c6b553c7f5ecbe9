//! Answers about attached files.

use serde::Serialize;

use super::{CodeName, Hash, Id, Time};

/// A file was attached, and is on disk.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AttachedFile {
    /// The file: the hash of its ciphertext.
    pub sha256: Hash,
    /// How many bytes it has.
    pub bytes: u64,
    /// What it is.
    #[serde(rename = "type")]
    pub media_type: String,
}

/// A file was decrypted, and is what was attached.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FetchedFile {
    /// The file: the hash of its ciphertext.
    pub sha256: Hash,
    /// How many bytes it has.
    pub bytes: u64,
    /// What it is.
    #[serde(rename = "type")]
    pub media_type: String,
    /// Where it was put.
    pub to: String,
}

/// A file that is attached to a record.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attachment {
    /// The file: the hash of its ciphertext.
    pub sha256: Hash,
    /// How many bytes it has.
    pub bytes: u64,
    /// What it is.
    #[serde(rename = "type")]
    pub media_type: String,
    /// When it was attached, by its author's device.
    pub at: Time,
    /// Who attached it.
    pub by: String,
    /// Where it is.
    pub state: AttachmentState,
    /// In the index of a case: the record that it is attached to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<Id>,
    /// Why the server did not take it, if it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeName>,
}

/// Where an attached file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AttachmentState {
    /// On this device, and at the server.
    Here,
    /// On this device, and on its way to the server.
    Waiting,
    /// Not on this device: it has to be fetched.
    Missing,
    /// Flagged (R110): it opens nowhere and travels no more.
    Locked,
}
