//! What every record carries.

use crate::kind::Field;

/// The header of every record.
pub static FIELDS: &[Field] = &[];
