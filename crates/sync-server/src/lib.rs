//! The server: who may hold what, what was accepted, and who has been told.
//!
//! [`core::Core`] is everything but the network: blocking calls over one store, one writer at a
//! time. Read [`core`] first (what a frame goes through), then [`store`] (what is kept, and the
//! port behind which it is kept), then [`serve`] (the process around it) and [`cli`] (its commands).
#![cfg_attr(test, allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic))]

pub mod cli;
pub mod config;
pub mod core;
pub mod error;
pub mod failure;
pub mod objects;
pub mod policy_file;
pub mod serve;
pub mod store;

pub use core::{Clock, Core, SystemClock, init};
pub use error::ServerError;
