//! A bundle (R97): everything held of a case or record, in one file that proves itself on a machine
//! with no store. `proto/bundle.md` describes it; [`make`] writes it, [`verify()`] reads it as hostile input.

mod make;
mod verify;

pub use make::What;
pub use verify::verify;

/// Bytes of a bundle that are read at most.
pub const BUNDLE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The version of the format.
const VERSION: i64 = 1;
/// The step with which its maker signs it.
const EXPORT: &str = "export";
