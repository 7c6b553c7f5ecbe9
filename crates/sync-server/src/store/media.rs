//! Attached files: their rows and the reads and writes of them. The bytes are behind another port,
//! [`crate::objects`].

use signed::{DeviceId, MediaHash, RecordId, StatementHash, Timestamp, UserId};

use super::port::Answer;

/// A file that some accepted statement names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaRow {
    /// The file: SHA-256 of its ciphertext.
    pub sha256: MediaHash,
    /// Bytes of the ciphertext, as the first statement says.
    pub size: u64,
    /// Whether it is here, whole and checked.
    pub complete: bool,
    /// Whether it is flagged (R110): it travels no more.
    pub locked: bool,
    /// When it was destroyed, if it was.
    pub destroyed: Option<Timestamp>,
    /// Who offered it last.
    pub device: Option<DeviceId>,
    /// That device's user.
    pub user: Option<UserId>,
}

/// A statement that names a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaNameRow {
    /// The file.
    pub sha256: MediaHash,
    /// The document whose statement it is.
    pub document: RecordId,
    /// The statement.
    pub statement: StatementHash,
    /// Who says it.
    pub author: UserId,
}

/// The reads.
pub trait ReadingMedia {
    /// A file.
    fn media(&self, sha256: &MediaHash) -> Answer<Option<MediaRow>>;
    /// The statements that name a file, by document and statement.
    fn media_names(&self, sha256: &MediaHash) -> Answer<Vec<MediaNameRow>>;
    /// The files that a document names, by hash.
    fn media_of(&self, document: RecordId) -> Answer<Vec<MediaRow>>;
    /// Every file, by hash.
    fn media_all(&self) -> Answer<Vec<MediaRow>>;
    /// Bytes of the files that this device has offered and not brought to their end.
    fn media_unfinished(&self, device: DeviceId) -> Answer<u64>;
    /// Bytes of the files that the devices of this user have offered.
    fn media_bytes(&self, user: &UserId) -> Answer<u64>;
}

/// The writes.
pub trait WritingMedia {
    /// Sets a file.
    fn put_media(&mut self, row: &MediaRow) -> Answer<()>;
    /// Adds a statement that names a file which is there.
    fn add_media_name(&mut self, row: &MediaNameRow) -> Answer<()>;
    /// Locks a file; one that nothing names stays unknown.
    fn lock_media(&mut self, sha256: &MediaHash) -> Answer<()>;
    /// Notes that a file was destroyed: it is locked, and not here any more.
    fn destroy_media(&mut self, sha256: &MediaHash, at: Timestamp) -> Answer<()>;
}
