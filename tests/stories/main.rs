//! The case stories AS1 to AS15: what went wrong in real cases, replayed. Each is told in the order in
//! which it happened, on real processes under a clock that is moved.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod as04_phone_number;
mod keeping;
mod oversight;
mod world;
