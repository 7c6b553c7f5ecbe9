//! The one place for the most delicate code: identifiers, deterministic CBOR, the COSE profile,
//! signer and verifier ports, and digests.
//!
//! Everything here is pure: no I/O, no clock, no async. What is signed or hashed anywhere in
//! Firsthand is made and checked here and nowhere else, so that a statement has exactly one
//! byte form and therefore exactly one identity.
//!
//! Start with [`cose`] (what a signed thing looks like), then [`cbor`] (its payload's one form).

#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic))]

pub mod cbor;
pub mod code;
pub mod cose;
pub mod digest;
pub mod ids;
pub mod keys;
pub mod merkle;
pub mod sealed;
pub mod time;

pub use cbor::Value;
pub use code::{Class, Code};
pub use ids::{
    ActorId, ChangeHash, DeviceId, FrameHash, IdError, Incarnation, MediaHash, RecordId, SchoolId, StatementHash,
    UserId,
};
pub use keys::{PublicKey, RingSigner, Signer, SignerError};
pub use sealed::{ReaderKey, ReaderSecret};
pub use time::Timestamp;
