//! The rules, each told as a story over the rows of a case.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod actions;
mod capture;
mod case;
mod joint;
mod ladders;
mod risk;
mod supervision;
mod vulnerable;
mod welfare;
