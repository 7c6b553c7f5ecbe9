//! A child who changes school (R90): the new school sees nothing until somebody shares it; the old school keeps
//! what it had, and gets no news.

use records::access::Compartment;
use records::rules::{Row, look, switch};
use records::{Holder, Holding};
use signed::{ChangeHash, RecordId, Timestamp};

use super::document::Doc;
use super::projection::Projection;
use crate::error::ServerError;
use crate::store::rows::HolderRow;
use crate::store::{Reading, Writing};

/// A child of a case went from one school to another: marked with the moment, for the school that was left.
pub(crate) fn changed(
    tx: &mut (dyn Writing + '_),
    child: &Row,
    before: Option<&str>,
    now: Timestamp,
) -> Result<(), ServerError> {
    let Some(case) = child.case.filter(|_| look::is(child, "child") && switch::on("R90")) else { return Ok(()) };
    if let Some(before) = before {
        tx.put_meta(&marker(before, case), now.to_string().as_bytes())?;
    }
    if let Some(now_at) = &child.school {
        tx.put_meta(&marker(now_at, case), &[])?;
    }
    Ok(())
}

fn marker(school: &str, case: RecordId) -> String {
    format!("left/{school}/{case}")
}

/// Whether a school was left by the children of a document's case, and the document is none that the school
/// wrote since.
pub(crate) fn left(tx: &dyn Reading, projection: &Projection) -> Result<bool, ServerError> {
    let Ok(Compartment::Share { school, case }) = projection.compartment.parse() else { return Ok(false) };
    let stored = tx.meta(&marker(school.as_str(), case))?.unwrap_or_default();
    let Some(since) = String::from_utf8(stored).ok().and_then(|text| Timestamp::parse(&text).ok()) else {
        return Ok(false);
    };
    let of_school = |role: &str| role.parse::<records::Role>().is_ok_and(records::Role::of_school);
    let author = tx.user(&projection.author)?;
    let by_school = author.is_some_and(|author| author.schools.contains(&school) && of_school(&author.role));
    Ok(!(by_school && projection.created_at >= since))
}

/// What somebody of the school that was left may hold: what they had, unless it is shared with them by name.
pub(crate) fn holding(holder: &Holder, granted: bool, had: bool, left: bool, otherwise: Holding) -> Holding {
    if left && holder.role.of_school() && !granted && !had { Holding::None } else { otherwise }
}

/// How many changes of a document somebody was told before its news stopped for them.
pub(crate) fn stopped_at(held: &HolderRow) -> Option<usize> {
    if !held.content {
        return None;
    }
    let count = held.line.as_slice().try_into().ok().map(u64::from_be_bytes)?;
    usize::try_from(count).ok()
}

/// The holder's row once news has stopped.
pub(crate) fn stopped(held: &HolderRow, told: usize) -> HolderRow {
    HolderRow { line: (told as u64).to_be_bytes().to_vec(), ..held.clone() }
}

/// The changes of a document that somebody was told.
pub(crate) fn told<'d>(doc: &'d Doc, held: Option<&HolderRow>) -> &'d [ChangeHash] {
    let told = held.and_then(stopped_at).unwrap_or(doc.told).min(doc.changes.len());
    doc.changes.get(..told).unwrap_or_default()
}
