//! What a kind of record declares about its fields. `documents` knows no child and no officer: it
//! checks changes against these declarations, which `records` makes.

/// How concurrent values of a field meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Merge {
    /// Write-once: lives only in signed statements, never as a register.
    W,
    /// Append-only list of write-once entries.
    A,
    /// Protective-monotone: automatic change only towards more caution.
    M,
    /// Written by the owner alone.
    S,
    /// Conflict-surfaced: every concurrent value is kept and shown until a person resolves.
    C,
    /// Latest wins.
    L,
}

/// A kind, as far as the checking of changes needs it.
pub trait Declaration {
    /// How this key merges; `None` if this version does not know it. For `entries` and
    /// `cautious` the key is the field's name, for `fields` the whole key.
    fn merge(&self, key: &str) -> Option<Merge>;
}

/// Whether a key of `fields` (or a field's name) is well-formed: `[a-z][a-z0-9_/.-]{0,63}`.
///
/// The hyphen is for the ids of list lines (`children/<uuid>/seen`).
#[must_use]
pub fn well_formed(key: &str) -> bool {
    let mut bytes = key.bytes();
    key.len() <= 64
        && bytes.next().is_some_and(|b| b.is_ascii_lowercase())
        && bytes.all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'/' | b'.' | b'-'))
}

/// A declaration that knows nothing: every key is kept as from a newer version.
#[derive(Clone, Copy, Debug, Default)]
pub struct Undeclared;

impl Declaration for Undeclared {
    fn merge(&self, _key: &str) -> Option<Merge> {
        None
    }
}
