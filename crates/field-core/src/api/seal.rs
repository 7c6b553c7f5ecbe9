//! Sealing: a draft becomes a record whose words never change again.

use records::{Body, SealTimes, defaults};
use rusqlite::Connection;
use serde_json::Value as Json;
use signed::{RecordId, code};

use super::answer::{self, Gap};
use super::{attach, draft, kind_of, new, vital};
use crate::error::{FieldError, Result};
use crate::field::Field;
use crate::pen::Pen;
use crate::store::{changes, lists};
use crate::veil;

impl Field {
    /// Seals a draft: `{"id","status":"sealed"|"sealed_incomplete","statement","gaps"}`. What is
    /// missing never stops it. The record's document is made anew from the values shown: no word
    /// typed and deleted before is in it.
    pub fn record_seal(&self, id: RecordId) -> Result<Json> {
        let me = self.me()?;
        let moment = self.moment();
        // What kind a draft is never changes; what it says is read where it is sealed.
        let known = self.read(|db| lists::draft(db, id))?;
        let vital = known.is_some_and(|draft| vital(&draft.kind));
        let (line, statement, gaps) = self.write(vital, |db| {
            let Some(found) = lists::draft(db, id)? else { return Err(no_draft(db, id)?) };
            let kind = kind_of(&found.kind)?;
            let mut body = Body(found.body.as_object().cloned().unwrap_or_default());
            defaults(kind, &mut body, found.created_at);
            let pen = Pen { db, me: &me, moment: &moment, random: self.random() };
            let when = SealTimes { recorded_at: found.created_at, policy: &moment.policy };
            // What is withheld stays with the police: whoever may write no such note keeps their own words.
            let noted = records::may_create(me.role, kind_of("action_note")?);
            let withheld = if noted { records::withhold::withhold(kind, &mut body, id) } else { None };
            let compartment = new::belongs(&pen, id, kind, &body)?;
            let veil = veil::of(&pen, body.case().unwrap_or(id), &compartment, id, Some(&body))?;
            let masked = veil.map_or_else(Vec::new, |veil| veil.body(kind, &mut body));
            let mut made = new::begin(&pen, id, kind, &body, &when)?;
            if let Some(withheld) = withheld {
                made.2.extend(withheld.gaps);
                new::bring(&pen, &withheld.note, &new::Fresh { id, kind, body })?;
            }
            made.2.extend(masked);
            draft::close(&pen, id, &made.1)?;
            attach::say(&pen, id)?;
            Ok(made)
        })?;
        self.saved();
        Ok(answer::json(&answer::Sealed {
            id: id.into(),
            status: line.status,
            statement: statement.into(),
            gaps: Gap::list(&gaps),
        }))
    }
}

/// Why what is not a draft cannot be sealed.
fn no_draft(db: &Connection, id: RecordId) -> Result<FieldError> {
    Ok(if changes::document(db, id)?.is_some() {
        FieldError::new(code::S_SEALED, "this record is sealed already; what is to be added is an addendum")
    } else {
        FieldError::new(code::I_NOT_FOUND, "no such record on this device")
    })
}
