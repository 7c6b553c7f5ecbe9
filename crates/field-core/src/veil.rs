//! R47 on this device: what an officer writes for a school or the hub is masked by the vault this device holds, before
//! it is signed. Whoever holds no vault cannot know: the rules point at such words where they stand.

use records::matching::Screen;
use records::{Body, Compartment, Gap, Kind, veil};
use serde_json::Value as Json;
use signed::RecordId;

use crate::error::Result;
use crate::pen::Pen;
use crate::store::weighed;

/// Masks a new record's words; says in which of its fields.
pub(crate) fn body(
    pen: &Pen<'_>,
    kind: &Kind,
    case: RecordId,
    compartment: &Compartment,
    body: &mut Body,
) -> Result<Vec<Gap>> {
    let screen = screen(pen, case, compartment)?;
    Ok(screen.map_or_else(Vec::new, |screen| veil::body(kind, body, &screen)))
}

/// The same of values that are set by path in a record that stands.
pub(crate) fn sets(
    pen: &Pen<'_>,
    kind: &Kind,
    case: RecordId,
    compartment: &Compartment,
    sets: &mut [(String, Json)],
) -> Result<Vec<Gap>> {
    let screen = screen(pen, case, compartment)?;
    Ok(screen.map_or_else(Vec::new, |screen| veil::sets(kind, sets, &screen)))
}

/// What is looked for in what this user writes there.
pub(crate) fn screen(pen: &Pen<'_>, case: RecordId, compartment: &Compartment) -> Result<Option<Screen>> {
    if !veil::leaves(pen.me.role, compartment) {
        return Ok(None);
    }
    Ok(veil::screen(&weighed::of_case(pen.db, case)?, pen.me.role, compartment))
}
