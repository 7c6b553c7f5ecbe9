//! What is recorded: kinds as declarations, the rules that weigh them, roles and compartments,
//! policy. Pure: no I/O, no clock, no randomness; the same code runs on the handset and the server.
//!
//! Read [`mod@kind`] (what a kind declares) and one table, [`kinds::disclosure`]. A body in the
//! contract's JSON is made regular by [`body::normalise`], taken apart for a document by
//! [`writes::split`], and put together again from what a document says by [`fn@shown::shown`].
//! [`status`] computes where a record stands, [`verbs::plan`] what a step writes; what closes
//! without the server waits for it ([`mod@proposals`]). [`access`] says who may hold a record,
//! [`rights`] who may make it and act on it.
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic))]

pub mod access;
pub mod attachments;
pub mod body;
pub mod data;
pub mod draft;
pub mod edits;
pub mod effective;
pub mod gap;
pub mod kind;
pub mod kinds;
pub mod matching;
pub mod opening;
pub mod policy;
pub mod proposals;
pub mod raise;
pub mod rights;
pub mod rules;
pub mod schema;
pub mod seal;
pub mod shown;
pub mod status;
pub mod veil;
pub mod verb_bodies;
pub mod verbs;
pub mod withhold;
pub mod worktime;
pub mod writes;

mod assemble;
mod derived;
mod normal;
mod open;
mod path;
mod steps;
mod title;

pub use access::{CaseFacts, Compartment, Holder, Holding, RecordFacts, Role, holding, may_enter};
pub use attachments::{Attached, Attachment, attachments};
pub use body::{Body, NewRecord, defaults, normalise, path_fits, set_path, take_note};
pub use draft::{from_draft, to_draft};
pub use edits::{Addendum, addendum, edits};
pub use gap::Gap;
pub use kind::{Caution, Field, Kind, Need, Shape, Who, kind, kinds};
pub use policy::Policy;
pub use proposals::{Proposal, proposals};
pub use rights::{compartment_of, may_create, may_edit, may_step};
pub use seal::{SealTimes, seal_gaps};
pub use shown::{Beside, Conflict, ConflictValue, Shown, shown, shown_draft};
pub use status::{Argument, Context};
pub use verbs::{Actor, Do, Plan, Refused, plan, requesters};
pub use writes::{Writes, split};

/// Version of these rules, as it stands in every statement.
pub const RULES_VERSION: u64 = 1;
