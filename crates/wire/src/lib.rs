//! The protocol's messages and their CBOR codec. Pure: no I/O, no clock, no async.
//!
//! `proto/` is the authority; this crate is its Rust. Read [`message`] (what is said), then
//! [`Message::encode`] and [`Message::decode`] (its one byte form), [`Reassembler`] (messages out
//! of a stream), [`verify`] (what is signed, and what a receiver rebuilds to check it),
//! [`Packed`] (compression, outside every signature) and [`limits`].
//!
//! Changes of documents pass through here as opaque bytes. Whatever comes in, nothing here
//! panics, and no allocation passes a limit of [`limits`].

#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic))]

mod bounded;
pub mod codec;
mod debug;
pub mod enrolment;
pub mod erased;
mod error;
pub mod limits;
pub mod message;
mod packed;
mod reassembler;
pub mod relay;
pub mod verify;
pub mod version;

pub use bounded::decode_within;
pub use codec::length_prefix;
pub use enrolment::EnrolmentCode;
pub use erased::{Erased, ErasedReport};
pub use error::WireError;
pub use message::{
    Ahead, AheadHeader, Codec, Committed, Enrol, Enrolled, Epoch, FrameBody, FrameHeader, Hello, Item, Lane, Leaf,
    LogHead, Media, Message, Outcome, Packed, Page, PageHeader, Push, Receipt, Refuse, Rest, Resume, Row, Welcome,
};
pub use reassembler::Reassembler;
pub use relay::{Carried, Relay, RelayFile, Relayed};
