//! Edits of working fields, and addenda to what is sealed.

use documents::View;
use records::rights::may_edit;
use records::{Compartment, Gap, Kind, Writes, addendum, edits};
use serde_json::Value as Json;
use signed::{RecordId, code};
use sync_engine::Urgency;

use super::new::finish;
use super::{Ids, answer, held, kind_of, record_row, small_enough};
use crate::error::{FieldError, Result};
use crate::field::{Field, Me, Moment};
use crate::pen::{Pen, Saying, Words};
use crate::sealed_box;
use crate::store::changes::DocRow;
use crate::store::lists::{self, Line};
use crate::veil;

impl Field {
    /// Changes working fields of a draft or a record: `{"id","status"}`. What is sealed is refused
    /// (`S.sealed`), and so is a field on which two people differ (`R93.conflict`).
    pub fn record_edit(&self, id: RecordId, sets: Vec<(String, Json)>) -> Result<Json> {
        self.record_edit_at(id, sets, true, &self.moment(), None)
    }

    /// The same, of what was said at another time and kept in a box as this entry; a draft's change is made at once
    /// with `flush`.
    pub(crate) fn record_edit_at(
        &self,
        id: RecordId,
        sets: Vec<(String, Json)>,
        flush: bool,
        moment: &Moment,
        entry: Option<&str>,
    ) -> Result<Json> {
        sets.iter().try_for_each(|(_, value)| small_enough(value))?;
        if self.read(|db| lists::draft(db, id))?.is_some() {
            return self.change_draft(id, &sets, flush, moment, entry);
        }
        let me = self.me()?;
        let (line, masked) = self.write(false, |db| {
            sealed_box::took(db, entry)?;
            let (mut row, mut view) = held(db, id)?;
            let kind = kind_of(&row.kind)?;
            allowed(&me, kind, &row, &sets)?;
            let pen = Pen { db, me: &me, moment, random: self.random() };
            let mut sets = sets.clone();
            let veil = veil::of(&pen, case_of(&row, &view), &row.compartment.parse()?, id, None)?;
            let masked = veil.map_or_else(Vec::new, |veil| veil.sets(kind, &mut sets));
            let mut ids = Ids::new(self.random(), moment.now);
            let writes = edits(kind, &view, &sets, &moment.policy, &mut || ids.next())?;
            ids.done()?;
            pen.write(&mut row, Some(&mut view), &Words { writes, ..Words::default() }, Urgency::Info)?;
            Ok((finish(&pen, &row, &view)?, masked))
        })?;
        self.saved();
        Ok(edited(&line, &masked))
    }

    /// Sets each top-level field a body names (`edit --from`): `{"id","status"}`.
    pub fn record_edit_body(&self, id: RecordId, body: Json) -> Result<Json> {
        let Json::Object(map) = body else {
            return Err(FieldError::new(code::I_JSON, "a body is a JSON object"));
        };
        self.record_edit(id, map.into_iter().collect())
    }

    /// Adds to a sealed record: `{"id","status","statement"}`. `sets` only for paths among the
    /// seal's gaps; nothing that was sealed changes.
    pub fn record_addendum(
        &self,
        id: RecordId,
        text: Option<String>,
        sets: Vec<(String, Json)>,
        reason: &str,
    ) -> Result<Json> {
        sets.iter().try_for_each(|(_, value)| small_enough(value))?;
        let me = self.me()?;
        let moment = self.moment();
        // What kind a record is never changes; everything else is read where it is written.
        let kind = self.read(|db| record_row(db, id).map(|row| row.kind));
        let vital = kind.is_ok_and(|kind| super::vital(&kind));
        let (line, statement, masked) = self.write(vital, |db| {
            if lists::draft(db, id)?.is_some() {
                return Err(FieldError::new(code::I_DRAFT, "a draft is edited; an addendum is for what is sealed"));
            }
            let (mut row, mut view) = held(db, id)?;
            let kind = kind_of(&row.kind)?;
            if !records::may_step(me.role, kind, "addendum") {
                return Err(FieldError::new(code::I_DENIED, "this role adds nothing to a record"));
            }
            let pen = Pen { db, me: &me, moment: &moment, random: self.random() };
            let (mut text, mut sets, mut reason) = (text.clone(), sets.clone(), reason.to_owned());
            let veil = veil::of(&pen, case_of(&row, &view), &row.compartment.parse()?, id, None)?;
            let masked = veil.map_or_else(Vec::new, |veil| veil.addendum(kind, text.as_mut(), &mut sets, &mut reason));
            let mut ids = Ids::new(self.random(), moment.now);
            let added = addendum(kind, &view, text.as_deref(), &sets, &reason, &moment.policy, &mut || ids.next())?;
            ids.done()?;
            let saying = Saying::step("addendum", added.content);
            let writes = Writes { sealed: signed::cbor::Map::new(), ..added.writes };
            let words = Words { saying: Some(saying), writes, ..Words::default() };
            let statement = pen.write(&mut row, Some(&mut view), &words, Urgency::Info)?;
            Ok((finish(&pen, &row, &view)?, statement, masked))
        })?;
        self.saved();
        let gaps = (!masked.is_empty()).then(|| answer::Gap::list(&masked));
        let statement = statement.map(Into::into);
        Ok(answer::json(&answer::Added { id: id.into(), status: line.status, statement, gaps }))
    }
}

/// What was changed; with what was masked in it (R47).
pub(crate) fn edited(line: &Line, masked: &[Gap]) -> Json {
    let gaps = (!masked.is_empty()).then(|| answer::Gap::list(masked));
    answer::json(&answer::Edited { id: line.id.into(), status: line.status.clone(), gaps })
}

fn case_of(row: &DocRow, view: &View) -> RecordId {
    view.created().and_then(|(_, made)| made.case).unwrap_or(row.record)
}

/// Whether this role may change these fields here; every one that it may not is named.
fn allowed(me: &Me, kind: &'static Kind, row: &DocRow, sets: &[(String, Json)]) -> Result<()> {
    let compartment: Compartment = row.compartment.parse()?;
    let mut gaps = Vec::new();
    for (path, _) in sets {
        let name = path.split('/').next().unwrap_or(path);
        // A field that does not exist is for `edits` to refuse.
        let Some(field) = kind.field(name) else { continue };
        if !may_edit(me.role, &compartment, kind, field) {
            gaps.push(Gap::new(code::I_DENIED, path, "this role does not change this field here"));
        }
    }
    if gaps.is_empty() { Ok(()) } else { Err(FieldError::of_gaps(gaps)) }
}
