//! Signed CRDT documents: what a change may say, and how it is checked before automerge sees it.
//!
//! Driven by declared kinds; knows no child and no officer. Pure: no I/O, no clock, no async.
//!
//! Read [`template`] (what every document begins with), [`statement`] (a signed sentence),
//! [`change`] and [`mod@check`] (how bytes from a peer become a [`check::Checked`] change), [`build`]
//! (how our own are made), [`view`] (what a document says).
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic))]

pub mod build;
pub mod change;
pub mod check;
pub mod declaration;
pub mod document;
mod fold;
pub mod preflight;
pub mod refusal;
pub mod state;
pub mod statement;
pub mod template;
pub mod view;

pub use build::ChangeBuilder;
pub use check::{Candidate, Checked, Verdict, Write, check};
pub use declaration::{Declaration, Merge};
pub use document::Document;
pub use refusal::Refusal;
pub use state::{ChangeInfo, DocState, History, MemoryHistory};
pub use statement::{Created, Opened, Sentence, Statement};
pub use template::{Genesis, Object, Template};
pub use view::{Clock, Dot, Entry, NOT_TAKEN, Said, Scalar, Standing, View};
