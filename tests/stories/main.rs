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
mod as11_batches;
mod as12_ethnicity;
mod as13_submission;
mod as14_merge_and_security;
mod as15_holiday;
#[path = "../tests/common/author.rs"]
#[allow(dead_code, unreachable_pub)]
mod author;
#[path = "../tests/common/client.rs"]
#[allow(dead_code, unreachable_pub)]
mod client;
mod keeping;
mod opening;
mod oversight;
#[path = "../tests/common/pages.rs"]
#[allow(dead_code, unreachable_pub)]
mod pages;
mod people;
mod schools;

use field_week::world;
