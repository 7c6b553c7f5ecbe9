//! Signed CRDT documents: what a change may say, and how it is checked before automerge sees it.
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic))]

pub mod refusal;
pub mod template;

pub use refusal::Refusal;
pub use template::{Genesis, Object, Template};
