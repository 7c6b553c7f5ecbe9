//! A body taken apart: what is sealed, appended, raised and written to registers.

use std::fmt;

use documents::{Scalar, View};
use serde_json::Value as Json;
use signed::cbor::{Map, Value};

use crate::body::Body;
use crate::gap::Gap;
use crate::kind::Kind;

/// What a change writes.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Writes {
    /// W: the content of the sealed part.
    pub sealed: Map,
    /// A: one entry per element, by field. The builder adds `by` and `at`.
    pub entries: Vec<(String, Value)>,
    /// M: one entry per value, by field (`immediate_safety/safe_now`).
    pub cautious: Vec<(String, Value)>,
    /// C, L, S: registers by key.
    pub fields: Vec<(String, Scalar)>,
}

/// A permitted addendum.
#[derive(Clone, PartialEq, Eq)]
pub struct Addendum {
    /// Content of the `addendum` step.
    pub content: Map,
    /// What is written beside it. `sealed` is empty: W values stand in the content's `set`.
    pub writes: Writes,
}

/// A whole new record. `case`, `school` and `capacity` stand in `created`, not here.
pub fn split(_kind: &Kind, _body: &Body) -> Result<Writes, Vec<Gap>> {
    Ok(Writes::default())
}

/// Changes to working fields. A sealed path is refused (`S.sealed`), a lowering of an M field
/// (`I.lower`), a register in conflict (`R93.conflict`).
pub fn edits(
    _kind: &Kind,
    _view: &View,
    _sets: &[(String, Json)],
    _new_id: &mut dyn FnMut() -> String,
) -> Result<Writes, Vec<Gap>> {
    Ok(Writes::default())
}

/// An addendum to a sealed record: a text, and values for paths among the seal's gaps.
pub fn addendum(
    _kind: &Kind,
    _view: &View,
    _text: Option<&str>,
    _sets: &[(String, Json)],
    _reason: &str,
    _new_id: &mut dyn FnMut() -> String,
) -> Result<Addendum, Vec<Gap>> {
    Ok(Addendum { content: Map::new(), writes: Writes::default() })
}

impl Writes {
    /// Whether nothing is written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sealed.is_empty() && self.entries.is_empty() && self.cautious.is_empty() && self.fields.is_empty()
    }
}

impl fmt::Debug for Writes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (w, a, m, c) = (self.sealed.len(), self.entries.len(), self.cautious.len(), self.fields.len());
        write!(f, "writes({w} sealed, {a} entries, {m} cautious, {c} registers)")
    }
}

impl fmt::Debug for Addendum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "addendum({:?})", self.writes)
    }
}
