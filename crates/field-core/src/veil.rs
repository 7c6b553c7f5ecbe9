//! R47 on this device: what an officer writes for a school or the hub is masked by the vault this device holds, before
//! it is signed. Whoever holds no vault cannot know: the rules point at such words where they stand.

use records::Compartment;
use records::veil::{Veil, leaves};
use signed::RecordId;

use crate::error::Result;
use crate::pen::Pen;
use crate::weigh::Weighing;

/// What is masked in what this user writes there: in a record that stands, or in a new one.
pub(crate) fn of(
    pen: &Pen<'_>,
    case: RecordId,
    compartment: &Compartment,
    record: Option<RecordId>,
) -> Result<Option<Veil>> {
    if !leaves(pen.me.role, compartment) {
        return Ok(None);
    }
    let weighing = Weighing::of(pen.db, pen.me, pen.moment, case)?;
    Ok(Veil::of(&weighing.view(pen.moment), pen.me.role, compartment, record))
}
