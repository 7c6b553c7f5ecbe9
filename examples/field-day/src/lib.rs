//! A school day without signal, played by real processes on one machine.
//!
//! [`stage`] starts and stops the programs and speaks to them in the words of their command lines;
//! [`day`] is the story; [`people`] makes up names and words from a seed; [`facts`] is what must
//! be true at the end. Whole-system tests use the stage as well.

pub mod day;
pub mod facts;
pub mod people;
pub mod programs;
pub mod stage;
pub mod told;
