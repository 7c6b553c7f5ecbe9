//! Openings with a reason: which record one opens.

use serde_json::Value as Json;
use signed::RecordId;

/// The kind of an opening.
pub const OPENING: &str = "opening";

/// The record that an opening of this body opens.
#[must_use]
pub fn opens(body: &Json) -> Option<RecordId> {
    let named = body.get("opens")?;
    named.as_str().or_else(|| named.get("record")?.as_str())?.parse().ok()
}
