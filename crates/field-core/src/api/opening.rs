//! Opening with a reason: a record of which this device holds a headline, or, for an auditor, a case. The server
//! brings what was opened with the next sync; the reason stands in its audit, and in the log of this device.

pub(super) use records::opening::{OPENING, opens};
use records::{Body, Role, may_create};
use rusqlite::Connection;
use serde_json::{Value as Json, json};
use signed::{RecordId, code};

use super::kind_of;
use crate::error::{FieldError, Result};
use crate::field::{Field, Me};
use crate::store::frames;
use crate::store::lists::{self, Source};

/// Puts an opening into the case of what it opens. `I.reason` where none is given; `I.not_found` where this device
/// holds nothing of the record: an auditor alone names a case that is not here.
pub(super) fn place(db: &Connection, me: &Me, body: &mut Body) -> Result<()> {
    if body.text("reason").is_none_or(|reason| reason.trim().is_empty()) {
        return Err(no_reason());
    }
    let unknown = || FieldError::new(code::I_NOT_FOUND, "nothing of this record is on this device");
    let id = opens(&Json::Object(body.0.clone())).ok_or_else(unknown)?;
    let line = lists::line(db, id)?.filter(|line| matches!(line.source, Source::Headline | Source::Record));
    let case = match line {
        Some(line) => line.case.unwrap_or(id),
        None if me.role == Role::Auditor => id,
        None => return Err(unknown()),
    };
    body.0.insert("case".into(), json!(case.to_string()));
    Ok(())
}

/// What this user wrote down of opening a record of which only a headline is here, and the server has not answered. Once
/// it has, either the record is here, or it was not given, or it is closed again: then it can be asked for anew.
pub(super) fn asked(db: &Connection, id: RecordId) -> Result<Option<RecordId>> {
    let Some(case) = lists::line(db, id)?.and_then(|line| line.case) else { return Ok(None) };
    let found = lists::of_case(db, case)?.into_iter();
    for line in found.filter(|line| line.kind == OPENING && opens(&line.body) == Some(id)) {
        if frames::waits(db, line.id)? {
            return Ok(Some(line.id));
        }
    }
    Ok(None)
}

impl Field {
    /// A purpose opens what is here as a headline, once, where this role may open; answers whether it did now.
    /// `I.reason` for one that says nothing.
    pub(super) fn open_with(&self, me: &Me, id: RecordId, purpose: &str) -> Result<bool> {
        let waits = self.read(|db| {
            let line = lists::line(db, id)?;
            // Nobody but its author reads a draft, for whatever reason.
            let headline = line.is_some_and(|line| line.source == Source::Headline && line.status != "draft");
            Ok(headline && asked(db, id)?.is_none())
        })?;
        if !waits || !may_create(me.role, kind_of(OPENING)?) {
            return Ok(false);
        }
        if purpose.trim().is_empty() {
            return Err(no_reason());
        }
        self.record_new(OPENING, json!({ "opens": id.to_string(), "reason": purpose })).map(|_| true)
    }
}

fn no_reason() -> FieldError {
    FieldError::new(code::I_REASON, "an opening needs a reason")
}
