//! R26, the raise: a child under 13 and any sexual indicator make a record immediate.

use crate::body::Body;
use crate::kind::Kind;
use crate::policy::Policy;

/// The urgency the rules ask for, if they ask for one. `ages` are those known of the subjects.
#[must_use]
pub fn urgency_raise(_kind: &Kind, _body: &Body, _ages: &[i64], _policy: &Policy) -> Option<&'static str> {
    None
}
