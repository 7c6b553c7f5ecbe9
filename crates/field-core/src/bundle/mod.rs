//! A bundle (R97): everything held of a case or record, in one file that proves itself on a machine
//! with no store. `proto/bundle.md` describes it; `make` writes it, [`verify()`] reads it as hostile input.
//! What both must come to alike stands between them: whose keys are whose (`people`), and what the
//! records show (`replay`).

mod make;
mod people;
mod replay;
mod verify;

pub(crate) use make::write_file;
pub use make::{Export, What};
pub use verify::{verify, verify_bytes};

/// Bytes of a bundle: a case of a thousand records with long accounts has about a tenth.
pub const BUNDLE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// CBOR values in one: each is one byte on disk and may be seventy in memory.
pub const BUNDLE_VALUES_MAX: usize = 1_000_000;
/// Changes of one record that are put together: reading what they say takes longer than they are many.
pub const BUNDLE_RECORD_CHANGES_MAX: usize = 10_000;
/// Bytes of a purpose, and of a recipient: both stand in one row of the consultation log.
pub const BUNDLE_WORDS_BYTES_MAX: usize = 200;

/// The version of the format.
const VERSION: u64 = 1;
/// The step with which its maker signs it.
const EXPORT: &str = "export";
