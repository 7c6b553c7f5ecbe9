//! What the two sides say to each other; `proto/messages.cddl` is the authority. Types that hold a record's bytes or a
//! secret have a `Debug` of their own in `debug.rs`, which prints lengths.

use signed::merkle::Node;
use signed::{
    ChangeHash, DeviceId, FrameHash, Incarnation, MediaHash, RecordId, StatementHash, Timestamp, UserId, Value,
};

/// One of the two lanes in which a device pushes: nothing urgent waits for a resend of bulk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Immediate and urgent records.
    Urgent,
    /// Everything else.
    Rest,
}

/// Names one life of the server's data: a restore from backup starts a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epoch(pub [u8; 16]);

/// Any message of `firsthand/1` or `firsthand-enrol/1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Device: who I am, what I hold. First on the control stream.
    Hello(Hello),
    /// Server: the answer to it.
    Welcome(Welcome),
    /// Device: one signed frame of changes.
    Push(Push),
    /// Server: what became of a frame, after fsync.
    Receipt(Receipt),
    /// Server: rows of this user's inbox.
    Page(Page),
    /// Device: rows up to here are on my disk.
    Committed(Committed),
    /// Either: a numbered no.
    Refuse(Refuse),
    /// Server: this device is revoked and must erase itself.
    Erase,
    /// Device: it did; its last word.
    Erased(crate::Erased),
    /// Device: what came ahead of its turn is on my disk up to here.
    Resume(Resume),
    /// Server: documents that do not wait for their rows.
    Ahead(Ahead),
    /// On a media stream: bytes of attached files.
    Media(Media),
    /// Device: a frame of another device that it carries, sealed for the server.
    Relay(crate::Relay),
    /// Server: what became of it.
    Relayed(crate::Relayed),
    /// Device, enrolment only: the one-time code.
    Enrol(Enrol),
    /// Server, enrolment only: welcome.
    Enrolled(Enrolled),
}

/// A device's first message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Protocol versions it speaks.
    pub versions: Vec<u64>,
    /// This life of its store.
    pub incarnation: Incarnation,
    /// The server epoch it knows, if it has ever synced.
    pub epoch: Option<Epoch>,
    /// The last inbox row it holds.
    pub cursor: u64,
    /// Its audience digest at the cursor.
    pub digest: [u8; 32],
    /// Size and root of the newest signed log head it holds.
    pub last_receipt: Option<(u64, Node)>,
    /// What it holds of the list of what goes ahead of its turn; `None`: send nothing ahead.
    pub ahead: Option<Resume>,
}

/// The server's first message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// The protocol version both will speak.
    pub version: u64,
    /// The server's epoch.
    pub epoch: Epoch,
    /// The server's clock.
    pub time: Timestamp,
    /// Whose device this is.
    pub user: UserId,
    /// Their role.
    pub role: String,
    /// The last row of the user's inbox.
    pub head: u64,
    /// The server's audience digest at the device's cursor; absent when it has no such row.
    pub digest: Option<[u8; 32]>,
    /// The number the server expects next in each lane (urgent, rest) from this incarnation.
    pub next: (u64, u64),
}

/// Whether a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// As it is.
    Raw,
    /// zstd.
    Zstd,
}

/// Bytes that may be compressed; the length after inflating is declared and bounded.
#[derive(Clone, PartialEq, Eq)]
pub struct Packed {
    /// How.
    pub codec: Codec,
    /// Bytes after inflating.
    pub length: u64,
    /// The bytes on the wire.
    pub bytes: Vec<u8>,
}

/// A push frame on the wire. The signed header's hashes are left out and computed again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// Which lane.
    pub lane: Lane,
    /// 1, 2, 3, .. within lane and incarnation.
    pub number: u64,
    /// A packed [`FrameBody`].
    pub body: Packed,
}

/// What a frame holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameBody {
    /// SHA-256 of the previous signed header in this lane; zeroes before the first.
    pub previous: FrameHash,
    /// The device's signature over the header.
    pub signature: [u8; 64],
    /// The changes, by document.
    pub items: Vec<Item>,
}

/// Changes of one document, in the order they must be applied.
#[derive(Clone, PartialEq, Eq)]
pub struct Item {
    /// The document.
    pub document: RecordId,
    /// Whole change chunks.
    pub changes: Vec<Vec<u8>>,
}

/// The header a device signs (COSE `firsthand/frame`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// The signing device.
    pub device: DeviceId,
    /// The life of its store.
    pub incarnation: Incarnation,
    /// Which lane.
    pub lane: Lane,
    /// Its number.
    pub number: u64,
    /// SHA-256 of the previous signed header of the lane.
    pub previous: FrameHash,
    /// One hash per item.
    pub items: Vec<[u8; 32]>,
}

/// What became of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How many of its changes, from the first, are accepted (or were already held).
    pub accepted: u64,
    /// What stopped the rest, if anything did.
    pub rest: Rest,
}

/// Why the rest of an item was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rest {
    /// Nothing stopped it: all are accepted.
    Ok,
    /// The server lacks these changes.
    Need(Vec<ChangeHash>),
    /// A numbered refusal of the first change that is not accepted; `kept` when it is quarantined.
    Refused {
        /// The code.
        code: u32,
        /// Whether the bytes are kept for an auditor.
        kept: bool,
    },
}

/// What became of a frame; sent when it is on the server's disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The frame's lane.
    pub lane: Lane,
    /// The frame's number.
    pub number: u64,
    /// The signed log head (COSE `firsthand/receipt`, payload [`LogHead`]).
    pub head: Vec<u8>,
    /// The place of this frame's leaf in the log.
    pub index: u64,
    /// The inclusion path of the leaf.
    pub path: Vec<Node>,
    /// Per item. The device puts the leaf together from these and what it holds itself.
    pub outcomes: Vec<Outcome>,
    /// Whose device the server takes this for.
    pub user: UserId,
    /// With which role.
    pub role: String,
    /// The last row of the user's inbox once this frame is in.
    pub inbox_head: u64,
}

/// The leaf of a receipt in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// The device that sent the frame.
    pub device: DeviceId,
    /// The frame.
    pub frame: FrameHash,
    /// Per item.
    pub outcomes: Vec<Outcome>,
    /// Per item: the statements in its accepted changes.
    pub statements: Vec<Vec<StatementHash>>,
    /// The user, as known.
    pub user: UserId,
    /// The role, as known.
    pub role: String,
}

/// The signed head of the receipt log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogHead {
    /// The epoch.
    pub epoch: Epoch,
    /// When it was signed.
    pub time: Timestamp,
    /// Leaves in the log.
    pub size: u64,
    /// The RFC 9162 root.
    pub root: Node,
    /// Entries in the audit chain at that moment: so that a shortened chain shows.
    pub audit_size: u64,
    /// The hash of the last of them.
    pub audit_head: Node,
}

/// Rows of an inbox, signed over their hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The number of its first row.
    pub from: u64,
    /// How many rows it holds (at least one).
    pub count: u64,
    /// The last row of the inbox at this moment.
    pub head: u64,
    /// The audience digest at the page's last row.
    pub digest: [u8; 32],
    /// When it was signed.
    pub time: Timestamp,
    /// The server key's signature over the [`PageHeader`].
    pub signature: [u8; 64],
    /// A packed array of rows.
    pub body: Packed,
}

/// The header of a page (COSE `firsthand/page`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageHeader {
    /// Whose inbox.
    pub user: UserId,
    /// The server's epoch.
    pub epoch: Epoch,
    /// First row.
    pub from: u64,
    /// The audience digest at the last row.
    pub digest: [u8; 32],
    /// When it was signed.
    pub time: Timestamp,
    /// SHA-256 of each row's bytes.
    pub rows: Vec<[u8; 32]>,
}

/// One row of an inbox. Its number is the page's `from` plus its place.
#[derive(Clone, PartialEq, Eq)]
pub enum Row {
    /// A change of a document this user may hold.
    Change {
        /// The document.
        document: RecordId,
        /// The whole change chunk, as received.
        change: Vec<u8>,
    },
    /// A change this very device sent: only its name comes back.
    Own {
        /// The document.
        document: RecordId,
        /// The change.
        change: ChangeHash,
        /// The frame it came in.
        lane: Lane,
        /// The frame's number.
        frame: u64,
        /// The item in the frame, from 0.
        item: u64,
    },
    /// From here on this user may hold the document; its changes follow as rows.
    Granted {
        /// The document.
        document: RecordId,
    },
    /// This user may no longer hold the document: purge it. What was unsent stays.
    Withdrawn {
        /// The document.
        document: RecordId,
        /// A line that may be kept: {id, kind, time}.
        headline: Option<Value>,
    },
    /// A statement reached somebody's device.
    Delivery {
        /// The document.
        document: RecordId,
        /// The statement.
        statement: StatementHash,
        /// Who has it.
        to: UserId,
        /// Since when.
        at: Timestamp,
    },
    /// A line about a record whose content this user may not hold.
    Headline {
        /// {id, kind, case, owner, status, urgency, due, gaps}.
        line: Value,
    },
    /// A statement by the server's key about people, devices and schools.
    Directory {
        /// COSE bytes.
        statement: Vec<u8>,
    },
    /// A policy version.
    Policy {
        /// Its version.
        version: u64,
        /// Its values.
        values: Value,
    },
    /// Something this user owes or is to know, told by the rules; the same id again replaces it.
    Prompt {
        /// {id, rule, code, record, case, rung, due_at, text, ended?}: never a word of a record.
        line: Value,
    },
    /// Two records that may be about the same number, place or person; the same id again replaces it.
    Match {
        /// {id, rule, state, records, key_kind}.
        line: Value,
    },
    /// A change that came to this very device ahead of its turn: only its name comes here.
    Held {
        /// The document.
        document: RecordId,
        /// The change.
        change: ChangeHash,
    },
    /// A row of a kind this version does not know: kept, shown to nobody, counted for the hash.
    Unknown {
        /// Its type number.
        number: u64,
        /// Its body.
        body: Value,
    },
}

/// How far a device has what goes ahead of its turn: in which list, and up to where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resume {
    /// The list; zeroes when nothing came ahead yet.
    pub list: [u8; 16],
    /// How many of its places are done.
    pub position: u64,
}

/// Documents that do not wait for their rows, signed over the rows' hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// The list, and how far this message goes in it.
    pub to: Resume,
    /// When it was signed.
    pub time: Timestamp,
    /// The server key's signature over the [`AheadHeader`].
    pub signature: [u8; 64],
    /// A packed array of rows: [`Row::Directory`], [`Row::Change`] and [`Row::Own`] alone.
    pub body: Packed,
}

/// The header of what goes ahead (COSE `firsthand/ahead`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AheadHeader {
    /// Whose.
    pub user: UserId,
    /// The server's epoch.
    pub epoch: Epoch,
    /// The list, and how far the message goes in it.
    pub to: Resume,
    /// When it was signed.
    pub time: Timestamp,
    /// SHA-256 of each row's bytes.
    pub rows: Vec<[u8; 32]>,
}

/// A device's word that rows up to here are on its disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The last row held.
    pub cursor: u64,
}

/// A numbered no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refuse {
    /// The code's permanent number.
    pub code: u32,
    /// The frame it is about, if any.
    pub frame: Option<(Lane, u64)>,
    /// The frame number or version the other side expects, if that is what is wrong.
    pub expected: Option<u64>,
}

/// What is said on a media stream. A file is named by the hash of its ciphertext.
#[derive(Clone, PartialEq, Eq)]
pub enum Media {
    /// Device: the server may have this file.
    Offer {
        /// The file.
        sha256: MediaHash,
        /// Bytes of its ciphertext, at least 1.
        size: u64,
    },
    /// Server: everything before this offset is on its disk.
    Have {
        /// The first byte it does not have.
        offset: u64,
    },
    /// Whoever sends the file: its bytes from this offset on.
    Chunk {
        /// The place of the first of them.
        offset: u64,
        /// At least one, at most [`crate::limits::MEDIA_CHUNK_BYTES_MAX`].
        bytes: Vec<u8>,
    },
    /// Server: it holds the whole file; to a fetch: all has been sent.
    Done {
        /// The file.
        sha256: MediaHash,
    },
    /// Device: send this file.
    Fetch {
        /// The file.
        sha256: MediaHash,
        /// From this offset on.
        from: u64,
    },
    /// Server: a numbered no to the last offer or fetch of this stream; the session goes on.
    Refuse {
        /// The code's permanent number.
        code: u32,
    },
}

/// The one-time code, over TLS with the device's own raw key.
#[derive(Clone, PartialEq, Eq)]
pub struct Enrol {
    /// Protocol versions it speaks.
    pub versions: Vec<u64>,
    /// Which code.
    pub code: [u8; 16],
    /// Its 128-bit secret.
    pub secret: [u8; 16],
    /// This life of the device's store.
    pub incarnation: Incarnation,
}

/// The server's welcome to a new device.
#[derive(Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// Whose device it is now.
    pub user: UserId,
    /// Their role.
    pub role: String,
    /// The device's id, as the server computed it.
    pub device: DeviceId,
    /// The server's epoch.
    pub epoch: Epoch,
    /// The server's clock.
    pub time: Timestamp,
    /// The statements that say so, signed by the server.
    pub directory: Vec<Vec<u8>>,
    /// The server's public keys (DER), current first: pins of what comes later.
    pub server_keys: Vec<Vec<u8>>,
}
