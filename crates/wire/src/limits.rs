//! Every limit of the protocol, with its unit in its name and its reason beside it.
//!
//! The table in `proto/transport.md` echoes them; a test holds the two together. A sender keeps
//! them, a receiver refuses what does not: by code, before the memory is spent.

/// Bytes of one message after its length prefix. Large enough for the largest change (320 KiB)
/// with company, small enough that a handset can hold one for each stream it reads.
pub const MESSAGE_BYTES_MAX: usize = 1024 * 1024;

/// Bytes of the first message on an enrolment stream: its sender is not known yet, so the server
/// holds next to nothing for it.
pub const ENROL_BYTES_MAX: usize = 4 * 1024;

/// Bytes of a message that are not its packed body. Keeps "the body fits" and "the message fits"
/// from being two different questions.
pub const MESSAGE_OVERHEAD_BYTES_MAX: usize = 1024;

/// Bytes of a frame's body after inflating. Four times what travels: text compresses by about
/// that, and a receiver can hold it several times over while checking.
pub const FRAME_BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Bytes of a frame's body as it travels.
pub const FRAME_PACKED_BYTES_MAX: usize = MESSAGE_BYTES_MAX - MESSAGE_OVERHEAD_BYTES_MAX;

/// Items (documents) in one frame. Senders fill 1, 4, 16, then at most 50; the rest is room.
pub const ITEMS_PER_FRAME_MAX: usize = 64;

/// Changes in one frame, all items together: what one group commit may take at a time.
pub const CHANGES_PER_FRAME_MAX: usize = 1000;

/// Rows in one inbox page: a device stores a page in one transaction, which must stay short on a
/// cheap handset.
pub const ROWS_PER_PAGE_MAX: usize = 500;

/// Bytes of a page's rows after inflating. Not more than what travels uncompressed, so a server
/// can always send the page it has cut.
pub const PAGE_BODY_BYTES_MAX: usize = MESSAGE_BYTES_MAX - MESSAGE_OVERHEAD_BYTES_MAX;

/// Bytes of a page's rows as they travel.
pub const PAGE_PACKED_BYTES_MAX: usize = PAGE_BODY_BYTES_MAX;

/// CBOR values (heads) in one message or unpacked body. A small integer takes one byte on the
/// wire and thirty in memory; this keeps the second number bounded too.
pub const VALUES_MAX: usize = 65_536;

/// Nodes in an inclusion path: a log of 2^63 leaves needs no more.
pub const PATH_MAX: usize = 64;

/// Protocol versions in `Hello` or `Enrol`.
pub const VERSIONS_MAX: usize = 16;

/// Missing changes named in one item's `need`: a change has at most 256 dependencies.
pub const NEED_MAX: usize = 256;

/// Statements named for one item of a receipt's leaf: every change of a frame may carry one.
pub const STATEMENTS_PER_ITEM_MAX: usize = CHANGES_PER_FRAME_MAX;

/// Bytes of a receipt's signed log head (about 270 are used).
pub const LOG_HEAD_BYTES_MAX: usize = 1024;

/// Bytes of a device's signed word that it erased itself: five short fields and a signature.
pub const ERASED_BYTES_MAX: usize = 512;

/// Bytes of a role's name.
pub const ROLE_BYTES_MAX: usize = 64;

/// Statements in `Enrolled`: what others may know about one user and their device.
pub const DIRECTORY_MAX: usize = 256;

/// Server keys in `Enrolled`, and pins in an enrolment code: the current one, the spare, and
/// those of a changeover.
pub const SERVER_KEYS_MAX: usize = 8;

/// Bytes of one server key (a P-256 SubjectPublicKeyInfo has 91; room for another algorithm).
pub const SERVER_KEY_BYTES_MAX: usize = 512;

/// Characters of an enrolment code: what a QR code of a telephone's screen still shows well.
pub const ENROLMENT_CODE_CHARS_MAX: usize = 1024;

/// Bytes of the server's address in an enrolment code: a DNS name of 253 and a port.
pub const ADDRESS_BYTES_MAX: usize = 260;

/// Bytes of the ciphertext of a file: 64 MiB, and 64 KiB for what encrypting adds.
pub const MEDIA_BYTES_MAX: u64 = 64 * 1024 * 1024 + 64 * 1024;

/// Bytes of a file in one message: small, so that something urgent has little before it.
pub const MEDIA_CHUNK_BYTES_MAX: usize = 64 * 1024;

/// Bytes of a file on their way that are not confirmed. An eighth of a link's window: two files at once
/// never keep a record from being read.
pub const MEDIA_WINDOW_BYTES: u64 = 512 * 1024;

/// What a carried part is padded to a multiple of, in bytes: a page of a disk. Its size then tells no more than
/// whether it is one account or a photograph of a day.
pub const RELAY_PAD_BYTES: usize = 4096;

/// Bytes of one carried part: what fits into a message, in whole pads, and what sealing adds.
pub const RELAY_PART_BYTES_MAX: usize = 255 * RELAY_PAD_BYTES + signed::sealed::OVERHEAD_LEN;

/// Parts of one relay bundle: more frames than a week without signal makes.
pub const RELAY_PARTS_MAX: usize = 1024;

/// Bytes of a relay bundle: a carrier reads it whole, and keeps two of them.
pub const RELAY_FILE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Bytes a reassembler holds: one message, its prefix, and one more read from the network.
pub const REASSEMBLER_BYTES_MAX: usize = 2 * (MESSAGE_BYTES_MAX + 4);
