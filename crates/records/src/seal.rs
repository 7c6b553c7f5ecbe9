//! What a seal finds missing (R2-R6 and every `!`). It never blocks the seal.

use signed::Timestamp;

use crate::body::Body;
use crate::gap::Gap;
use crate::kind::Kind;
use crate::policy::Policy;

/// The times a seal is judged by.
#[derive(Clone, Copy, Debug)]
pub struct SealTimes<'a> {
    /// When it was written down, by the device.
    pub recorded_at: Timestamp,
    /// The policy in force.
    pub policy: &'a Policy,
}

/// Everything open in this body, in the order of the kind's table.
#[must_use]
pub fn seal_gaps(_kind: &Kind, _body: &Body, _when: &SealTimes<'_>) -> Vec<Gap> {
    Vec::new()
}
