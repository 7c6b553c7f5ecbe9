//! Why the server says no, or cannot.

use records::Gap;
use signed::{Code, code};

use crate::store::StoreError;

/// A numbered refusal or failure of the server. It never holds a word of a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct ServerError {
    /// The permanent code.
    pub code: Code,
    /// What exactly stands in the way, in words without data.
    pub detail: &'static str,
    /// Everything that stands in the way, where it is several things.
    pub gaps: Vec<Gap>,
}

impl ServerError {
    /// A refusal or failure.
    #[must_use]
    pub const fn new(code: Code, detail: &'static str) -> Self {
        Self { code, detail, gaps: Vec::new() }
    }

    /// A refusal for these reasons.
    #[must_use]
    pub const fn because(code: Code, detail: &'static str, gaps: Vec<Gap>) -> Self {
        Self { code, detail, gaps }
    }
}

impl From<StoreError> for ServerError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::new(code::STORE_FULL, "the disk is full; nothing was half-written"),
            StoreError::Damaged => Self::new(code::A_DAMAGED, "the database is damaged"),
            StoreError::InUse => Self::new(code::A_IN_USE, "the database is in use"),
            StoreError::Key => Self::new(code::STORE_KEY, "the key does not open this database"),
            StoreError::Newer => Self::new(code::STORE_NEWER, "a newer version wrote this database"),
            StoreError::Io => Self::new(code::A_IO, "the disk failed"),
        }
    }
}

impl From<signed::SignerError> for ServerError {
    fn from(_: signed::SignerError) -> Self {
        Self::new(code::D_SIGNER, "the server's key could not sign")
    }
}
