//! What the store keeps, row by row. Sealed columns are opaque to it.

use signed::merkle::Node;
use signed::{
    ActorId, ChangeHash, DeviceId, FrameHash, Incarnation, PublicKey, RecordId, SchoolId, StatementHash, Timestamp,
    UserId,
};
use wire::Lane;

/// A school.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchoolRow {
    /// Its unique reference number.
    pub id: SchoolId,
    /// Its name.
    pub name: String,
    /// `partnership` or `named_contact`.
    pub agreement: String,
    /// The day until which the agreement runs.
    pub until: Option<String>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow {
    /// The id.
    pub id: UserId,
    /// The name.
    pub name: String,
    /// The role, as the directory names it.
    pub role: String,
    /// Schools posted to or of, sorted.
    pub schools: Vec<SchoolId>,
    /// The team.
    pub team: Option<String>,
    /// The area.
    pub area: Option<String>,
    /// Who supervises.
    pub supervisor: Option<UserId>,
    /// Whether they may still use it.
    pub active: bool,
    /// Rows of their inbox that some device of theirs holds: what was told to be delivered.
    pub delivered: u64,
}

/// A device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceEntry {
    /// The device.
    pub id: DeviceId,
    /// Whose it is.
    pub user: UserId,
    /// Its key.
    pub key: PublicKey,
    /// The present life of its store.
    pub incarnation: Incarnation,
    /// Since when.
    pub enrolled_at: Timestamp,
    /// When it last synced.
    pub last_sync_at: Option<Timestamp>,
    /// The last row of its user's inbox that it holds.
    pub cursor: u64,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Whether it is to erase itself.
    pub erase: bool,
    /// Since when.
    pub erase_ordered_at: Option<Timestamp>,
    /// When it said that it did, and the signed words of that as they came.
    pub erased: Option<(Timestamp, Vec<u8>)>,
}

/// One life of one device's store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActorRow {
    /// The actor of its changes.
    pub actor: ActorId,
    /// The device.
    pub device: DeviceId,
    /// The life.
    pub incarnation: Incarnation,
}

/// A one-time code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeRow {
    /// Which code.
    pub id: [u8; 16],
    /// For whom.
    pub user: UserId,
    /// SHA-256 of id and secret.
    pub secret_hash: [u8; 32],
    /// When it ends.
    pub expires_at: Timestamp,
    /// Tries so far.
    pub tries: u64,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

/// A document: what stands in clear, and what is sealed under its own key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentRow {
    /// The document.
    pub id: RecordId,
    /// `record` or `draft`.
    pub template: String,
    /// The kind.
    pub kind: String,
    /// The case.
    pub case: Option<RecordId>,
    /// The compartment.
    pub compartment: String,
    /// Who answers for it, comma between several.
    pub owner: String,
    /// Where it stands.
    pub status: String,
    /// The effective urgency.
    pub urgency: String,
    /// When it is due.
    pub due: Option<Timestamp>,
    /// Whether something is still to be done.
    pub open: bool,
    /// How many gaps are open.
    pub gaps: u64,
    /// Its key, wrapped under the master key.
    pub key: Vec<u8>,
    /// Sealed: the state row of `documents`.
    pub state: Vec<u8>,
    /// Sealed: what decides who holds it, and what lists show.
    pub projection: Vec<u8>,
    /// Changes so far.
    pub changes: u64,
}

/// Where a change came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The sending device.
    pub device: DeviceId,
    /// The life of its store.
    pub incarnation: Incarnation,
    /// The lane.
    pub lane: Lane,
    /// The frame's number.
    pub frame: u64,
    /// The item in it, from 0.
    pub item: u64,
}

/// An accepted change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeRow {
    /// Its document.
    pub document: RecordId,
    /// Its hash.
    pub hash: ChangeHash,
    /// Its place in the document: 1, 2, 3, .. with ancestors first.
    pub place: u64,
    /// Who made it.
    pub actor: ActorId,
    /// Its number.
    pub seq: u64,
    /// Its last operation.
    pub max_op: u64,
    /// Its ancestors and itself ([`documents::Clock::to_bytes`]).
    pub clock: Vec<u8>,
    /// Sealed: the bytes as received.
    pub bytes: Vec<u8>,
    /// When it was accepted.
    pub at: Timestamp,
    /// Where it came from; absent for the server's own.
    pub origin: Option<Origin>,
}

/// A statement in an accepted change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementRow {
    /// Its identity.
    pub id: StatementHash,
    /// Its document.
    pub document: RecordId,
    /// The change that carries it.
    pub change: ChangeHash,
    /// The key that signed.
    pub kid: DeviceId,
    /// Who says it.
    pub author: UserId,
}

/// What somebody holds of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderRow {
    /// The document.
    pub document: RecordId,
    /// Who.
    pub user: UserId,
    /// `true` for its changes, `false` for a headline.
    pub content: bool,
    /// The headline last sent, as CBOR; empty for content.
    pub line: Vec<u8>,
}

/// One row of an inbox. A change is named, everything else is kept as the wire's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxRow {
    /// Whose.
    pub user: UserId,
    /// Its number.
    pub number: u64,
    /// The wire's number of the row's type.
    pub kind: u64,
    /// The document it is about.
    pub document: Option<RecordId>,
    /// The change, for a change row.
    pub change: Option<ChangeHash>,
    /// The wire's row as CBOR; empty for a change row.
    pub body: Vec<u8>,
    /// The user's audience digest at this row.
    pub digest: [u8; 32],
}

/// A document taken from somebody, and how far each of their devices had read by then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawalRow {
    /// From whom.
    pub user: UserId,
    /// The row that says so.
    pub number: u64,
    /// The document.
    pub document: RecordId,
    /// The first row, since it was last granted, that brought something of it.
    pub first: u64,
    /// Cursors of the user's devices at that moment.
    pub cursors: Vec<(DeviceId, u64)>,
}

/// A frame that was taken, with what its receipt needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameRow {
    /// The sending device.
    pub device: DeviceId,
    /// The life of its store.
    pub incarnation: Incarnation,
    /// The lane.
    pub lane: Lane,
    /// The number.
    pub number: u64,
    /// SHA-256 of its signed header.
    pub hash: FrameHash,
    /// SHA-256 of the signed header before it in the lane.
    pub previous: FrameHash,
    /// The device's signature over the header.
    pub signature: [u8; 64],
    /// For each item: the document, and SHA-256 of each change as received.
    pub items: Vec<(RecordId, Vec<[u8; 32]>)>,
    /// The place of its leaf in the receipt log.
    pub index: u64,
    /// The size of the log in the head of its receipt.
    pub size: u64,
    /// The last row of the user's inbox in its receipt.
    pub inbox_head: u64,
}

/// A signed head of the receipt log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadRow {
    /// Leaves in the log.
    pub size: u64,
    /// The signed head.
    pub envelope: Vec<u8>,
}

/// An entry of the audit chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// The entry as CBOR.
    pub body: Vec<u8>,
    /// SHA-256 of the hash before and the body.
    pub hash: Node,
}

/// A change that was kept aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantineRow {
    /// The sending device.
    pub device: DeviceId,
    /// The document it was pushed for.
    pub document: RecordId,
    /// The change's hash where it can be read, else SHA-256 of its bytes.
    pub hash: [u8; 32],
    /// Why.
    pub code: u32,
    /// When.
    pub at: Timestamp,
    /// Its length as received, in bytes.
    pub length: u64,
    /// Sealed: the bytes as received.
    pub bytes: Vec<u8>,
}

/// A statement of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryRow {
    /// Its place: 1, 2, 3, ..
    pub number: u64,
    /// What it is about: the derived id of a device, a user or a school.
    pub subject: RecordId,
    /// COSE bytes.
    pub statement: Vec<u8>,
}
