//! A body as a draft keeps it: JSON texts in scalars, one per field and one per list line.

use std::collections::BTreeMap;

use crate::body::Body;
use crate::kind::Kind;

/// The registers of a draft. A key that is no longer there has to be deleted by the caller.
#[must_use]
pub fn to_draft(_kind: &Kind, _body: &Body) -> BTreeMap<String, String> {
    BTreeMap::new()
}

/// The body a draft's registers hold. Words are never dropped, whatever a merge left behind.
#[must_use]
pub fn from_draft(_kind: &Kind, _fields: &BTreeMap<String, String>) -> Body {
    Body::default()
}
