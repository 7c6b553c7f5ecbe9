//! The case stories AS1 to AS15: what went wrong in real cases, replayed. Each is told in the order in
//! which it happened, on real processes under a clock that is moved.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod as01_safer_schools;
mod as02_welfare_check;
mod as03_overdue;
mod as04_phone_number;
mod as05_hotel;
mod as06_first_account;
mod as07_family;
mod as08_repeat_intelligence;
mod as09_absence_and_bail;
mod as10_long_delay;
mod keeping;
mod oversight;
mod people;
mod schools;
mod world;
