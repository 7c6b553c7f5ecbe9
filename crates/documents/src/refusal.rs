//! Why a change is not accepted.

use signed::Code;

/// A numbered refusal. It never holds a word of the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Refusal {
    /// The permanent code.
    pub code: Code,
    /// What exactly was wrong, in words without data.
    pub detail: &'static str,
}

impl Refusal {
    /// A refusal.
    #[must_use]
    pub const fn new(code: Code, detail: &'static str) -> Self {
        Self { code, detail }
    }
}

/// Shorthand for the many checks that refuse.
pub(crate) fn refuse<T>(code: Code, detail: &'static str) -> Result<T, Refusal> {
    Err(Refusal::new(code, detail))
}

/// Refuses unless the condition holds.
pub(crate) fn require(holds: bool, code: Code, detail: &'static str) -> Result<(), Refusal> {
    if holds { Ok(()) } else { refuse(code, detail) }
}
