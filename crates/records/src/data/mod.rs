//! Lists that come from outside and change: versioned data, never constants in a rule.

pub mod ethnicity;
pub mod language;
