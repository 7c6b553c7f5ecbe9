//! R47 on this device: what an officer writes for a school or the hub is masked by the vault this device holds, before
//! it is signed. Whoever holds no vault cannot know: the rules point at such words where they stand.

use records::veil::{Veil, leaves};
use records::{Body, Compartment};
use serde_json::Value as Json;
use signed::RecordId;

use crate::error::Result;
use crate::pen::Pen;
use crate::weigh::Weighing;

/// What is masked in what this user writes there: into a new record of this body, or, without one, into the record
/// that stands.
pub(crate) fn of(
    pen: &Pen<'_>,
    case: RecordId,
    compartment: &Compartment,
    record: RecordId,
    body: Option<&Body>,
) -> Result<Option<Veil>> {
    if !leaves(pen.me.role, compartment) {
        return Ok(None);
    }
    let weighing = Weighing::of(pen.db, pen.me, pen.moment, case)?;
    let view = weighing.view(pen.moment);
    let stands = || view.row(record).map_or(Json::Null, |row| row.body.clone());
    let body = body.map_or_else(stands, |body| Json::Object(body.0.clone()));
    Ok(Veil::of(&view, pen.me.role, compartment, &body))
}
