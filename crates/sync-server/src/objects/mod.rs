//! Where the ciphertext of attached files is kept: a port, so that an object store can stand behind it.
//!
//! A file is named by the hash of its bytes. While it comes it is a part that only grows; when it is
//! whole it never changes again. What each is, and who may have it, stands in the database.

mod files;
mod memory;

use signed::MediaHash;

pub use files::Files;
pub use memory::Memory;

use crate::store::StoreError;

/// What every method answers.
pub type Answer<T> = Result<T, StoreError>;

/// Where files are kept. One writer at a time for each file; the caller sees to that.
pub trait Objects: Send + Sync {
    /// Makes what came of a file so far durable; answers how many bytes that is.
    fn settle(&self, file: &MediaHash) -> Answer<u64>;
    /// Puts bytes at the end of what came so far, which must be this many bytes
    /// ([`StoreError::Damaged`] otherwise). Durable after [`Objects::settle`].
    fn append(&self, file: &MediaHash, at: u64, bytes: &[u8]) -> Answer<()>;
    /// Whether what came so far is the file of this name: then it is whole from now on, durably. What
    /// is not is forgotten.
    fn finish(&self, file: &MediaHash) -> Answer<bool>;
    /// Bytes of a whole file from an offset on, at most so many; fewer at its end. `None` if it is not
    /// here.
    fn read(&self, file: &MediaHash, from: u64, max: usize) -> Answer<Option<Vec<u8>>>;
    /// The hash and length of a whole file as it lies there; `None` if it is not here.
    fn look(&self, file: &MediaHash) -> Answer<Option<(MediaHash, u64)>>;
    /// Takes a file away, whole or not, so that it does not come back after a power cut.
    fn remove(&self, file: &MediaHash) -> Answer<()>;
}
