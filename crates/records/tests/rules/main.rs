//! The rules, each told as a story over the rows of a case.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod actions;
mod capture;
mod case;
mod ladders;
mod vulnerable;
