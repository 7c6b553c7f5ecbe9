//! The three stories, in the order in which they are played.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a story ends where it stands")]

mod as02_welfare_check;
mod as04_phone_number;
mod as06_first_account;

use crate::scene::Summary;

/// A story that can be played.
pub type Play = fn() -> Summary;

/// Each by its name.
pub const STORIES: [(&str, Play); 3] =
    [("as2", as02_welfare_check::play), ("as6", as06_first_account::play), ("as4", as04_phone_number::play)];
