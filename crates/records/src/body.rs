//! A whole record body in the contract's JSON shapes.

use std::fmt;

use serde_json::{Map as JsonMap, Value as Json};
use signed::{RecordId, Timestamp};

use crate::gap::Gap;
use crate::kind::Kind;

/// A record body in its regular form, as [`normalise`] makes it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Body(pub JsonMap<String, Json>);

/// A record that another one brings with it.
#[derive(Clone, PartialEq, Eq)]
pub struct NewRecord {
    /// Its id, where it is derived; else the caller mints one.
    pub id: Option<RecordId>,
    /// Its kind.
    pub kind: &'static str,
    /// Its body.
    pub body: Body,
}

/// Brings a body into its regular form, or answers every field that is unknown (`I.field`) or has
/// a wrong shape (`I.value`), by path. Nothing missing is refused here.
pub fn normalise(_kind: &Kind, body: Json, _new_id: &mut dyn FnMut() -> String) -> Result<Body, Vec<Gap>> {
    Ok(Body(body.as_object().cloned().unwrap_or_default()))
}

/// Sets one value of a body: `a/b`, `list/<id>/x`, or `list/+` to append. The result still has to
/// be normalised. `null` takes the value away.
pub fn set_path(_body: &mut Json, _path: &str, _value: Json) -> Result<(), Gap> {
    Ok(())
}

/// Fills in what a body may leave unsaid: capacity, urgency, event_at, and subjects from whom it
/// is about.
pub fn defaults(_kind: &Kind, _body: &mut Body, _now: Timestamp) {}

/// Takes the police's own text out of an action's update: it becomes an `action_note`.
pub fn take_note(_kind: &Kind, _body: &mut Body, _record: RecordId) -> Option<NewRecord> {
    None
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "body({} fields)", self.0.len())
    }
}

impl fmt::Debug for NewRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "new {} ({:?})", self.kind, self.id)
    }
}
