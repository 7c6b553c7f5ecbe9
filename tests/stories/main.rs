//! The case stories AS1 to AS15: what went wrong in real cases, replayed. Each is told in the order in
//! which it happened, on real processes under a clock that is moved.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod as01_safer_schools;
mod as02_welfare_check;
mod as03_overdue;
mod as04_phone_number;
mod as05_hotel;
mod as06_first_account;
mod keeping;
mod oversight;

use field_week::world;
