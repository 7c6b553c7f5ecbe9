//! The chronology of a case or of a person: every sealed part, addendum and step that is held here.

use documents::{Said, Sentence};
use rusqlite::Connection;
use serde_json::Value as Json;
use signed::{RecordId, Timestamp, code};

use super::answer::{self, TimelineLine};
use crate::error::{FieldError, Result};
use crate::field::{Field, Me};
use crate::store::lists::{self, Source};
use crate::store::{changes, directory, weighed};

/// What a chronology is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Everything that names this person, and the person's own record.
    Person(RecordId),
    /// A case.
    Case(RecordId),
}

impl Field {
    /// Every kind, oldest first: by the time that each device's clock was measured to be off by, and
    /// within a record by what knew of what. Nothing is rewritten: the time as it was stated stands beside.
    pub fn timeline(&self, of: Of) -> Result<Json> {
        self.unlocked()?;
        let me = self.me()?;
        let skew_ms = self.moment().policy.skew_ms;
        self.read(|db| {
            let mut lines = Vec::new();
            for record in records_of(db, of)? {
                lines.extend(of_record(db, &me, record, skew_ms)?);
            }
            if lines.is_empty() {
                return Err(FieldError::new(code::I_NOT_FOUND, "nothing of this is on this device"));
            }
            lines.sort_by_key(|(at, place, _)| (*at, *place));
            Ok(answer::json(&lines.into_iter().map(|(_, _, line)| line).collect::<Vec<_>>()))
        })
    }
}

/// The records a chronology is of.
pub(crate) fn records_of(db: &Connection, of: Of) -> Result<Vec<RecordId>> {
    match of {
        Of::Case(case) => {
            let lines = lists::of_case(db, case)?.into_iter();
            Ok(lines.filter(|line| line.source != Source::Draft).map(|line| line.id).collect())
        }
        Of::Person(person) => {
            let names =
                |row: &records::rules::Row| row.id == person || records::rules::named(&row.body).contains(&person);
            Ok(weighed::all(db)?.into_iter().filter(names).map(|row| row.id).collect())
        }
    }
}

/// The statements of a record; a clock that was off by more than `skew_ms` is shown (R95).
fn of_record(
    db: &Connection,
    me: &Me,
    record: RecordId,
    skew_ms: i64,
) -> Result<Vec<(Timestamp, usize, TimelineLine)>> {
    let Some(row) = changes::document(db, record)?.filter(|row| row.id == row.record) else {
        return Ok(lists::line(db, record)?.map(|line| (line.recorded_at, 0, headline(&line))).into_iter().collect());
    };
    let view = changes::view(db, &row)?;
    let mut lines: Vec<(Timestamp, usize, TimelineLine)> = Vec::new();
    let mut last: Option<Timestamp> = None;
    for (place, said) in view.statements.iter().enumerate() {
        let corrected = corrected(said);
        // What knew of another is never shown before it, whatever the clocks say.
        let at = last.map_or(corrected, |last| last.max(corrected));
        last = Some(at);
        let received = changes::received(db, row.id, &said.dot)?;
        let verified = directory::vouch(db, me, &said.opened)?.is_ok();
        let skew = said.opened.statement.offset_ms.filter(|skew| skew.abs() > skew_ms);
        lines.push((at, place, line(&row.kind, record, said, skew, received, verified)));
    }
    Ok(lines)
}

/// A statement's time by the server's clock, as far as its device had measured it.
fn corrected(said: &Said) -> Timestamp {
    let statement = &said.opened.statement;
    Timestamp::from_millis(statement.device_at.millis().saturating_sub(statement.offset_ms.unwrap_or(0)))
}

fn line(
    kind: &str,
    record: RecordId,
    said: &Said,
    skew: Option<i64>,
    received: Option<Timestamp>,
    verified: bool,
) -> TimelineLine {
    let statement = &said.opened.statement;
    let (step, part) = match &statement.sentence {
        Sentence::Step(name) => (Some(name.clone()), None),
        Sentence::Part(name) => (None, Some(name.clone())),
    };
    let text = |name: &str| statement.content.get(name).and_then(signed::Value::as_text).map(str::to_owned);
    TimelineLine {
        at: statement.device_at.into(),
        corrected_at: skew.map(|_| corrected(said).into()),
        skew_ms: skew,
        received_at: received.map(Into::into),
        record: record.into(),
        kind: kind.to_owned(),
        step,
        part,
        author: statement.author.to_string(),
        role: statement.role.clone(),
        text: text("reason").or_else(|| text("text")).or_else(|| text("outcome")),
        statement: Some(said.opened.id.into()),
        verified,
    }
}

fn headline(line: &lists::Line) -> TimelineLine {
    TimelineLine {
        at: line.recorded_at.into(),
        corrected_at: None,
        skew_ms: None,
        received_at: None,
        record: line.id.into(),
        kind: line.kind.clone(),
        step: Some(String::from("exists")),
        part: None,
        author: String::new(),
        role: String::new(),
        text: None,
        statement: None,
        verified: false,
    }
}
