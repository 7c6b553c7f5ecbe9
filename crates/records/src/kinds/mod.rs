//! The closed list of kinds, one table each.

pub mod header;

use crate::kind::Kind;

/// Every kind this version declares.
pub static ALL: &[&Kind] = &[];
