//! The two ends of a sync session as state machines that do no I/O: data in, effects out.
//!
//! How to drive one: feed it [`device::Input`]s (or [`server::Input`]s) as they happen; carry out
//! every [`device::Effect`] it answers, in order; where an effect asks for something (a frame, a
//! page to be stored), feed the result back as the next input. The machine never opens a socket,
//! reads a clock, draws a random number or spawns; two machines in one process do not notice each
//! other. `proto/sync.md` tells the same as a document.
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic))]

pub mod backoff;
pub mod device;
pub mod limits;
pub mod server;
pub mod urgency;

pub use backoff::Backoff;
pub use urgency::{Picked, Urgency, Waiting, pick};
