//! What the server keeps, and the port behind which it keeps it.
//!
//! [`port`] says what an adapter must do, [`conformance`] checks that it does, [`sqlite`] is the
//! one that serves and [`memory`] the one that tests.

pub mod conformance;
pub mod keeping;
pub mod media;
pub mod memory;
pub mod port;
pub mod rows;
pub mod rules;
pub mod sqlite;

pub use port::{Answer, Reading, Store, Writing};

/// Why the store could not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No room is left.
    #[error("no room is left")]
    Full,
    /// Bytes on disk are not what was written.
    #[error("damaged")]
    Damaged,
    /// Another process holds it.
    #[error("in use")]
    InUse,
    /// The key does not open it.
    #[error("the key does not open it")]
    Key,
    /// A newer version wrote it.
    #[error("written by a newer version")]
    Newer,
    /// Reading or writing failed.
    #[error("reading or writing failed")]
    Io,
}
