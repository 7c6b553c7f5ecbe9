//! New records.

use documents::{Created, Sentence, Template, View};
use records::access::Compartment;
use records::body::NewRecord;
use records::raise::urgency_raise;
use records::rights::{compartment_of, may_begin, without_agreement};
use records::{Body, Gap, Kind, SealTimes, Writes, defaults, normalise, seal_gaps, split, take_note};
use rusqlite::Connection;
use serde_json::{Value as Json, json};
use signed::{RecordId, SchoolId, StatementHash, Timestamp, Value, code};
use sync_engine::Urgency;

use super::{Ids, answer, kind_of, opening, show, small_enough, vital};
use crate::error::{FieldError, Result};
use crate::field::{Field, Me, Moment};
use crate::pen::{Pen, Saying, Words};
use crate::ports;
use crate::project::Reader;
use crate::sealed_box;
use crate::store::changes::{self, DocRow};
use crate::store::lists::{self, DraftRow, Line};
use crate::store::{directory, frames};
use crate::{veil, weigh};

/// A record about to be made.
pub(crate) struct Fresh {
    pub(crate) id: RecordId,
    pub(crate) kind: &'static Kind,
    pub(crate) body: Body,
}

impl Field {
    /// A new record. Kinds declared drafted begin as a draft, the others are live at once. Durable
    /// when it returns: `{"id","status","case","gaps"}`; `gaps` is what a live record still needs.
    pub fn record_new(&self, kind: &str, body: Json) -> Result<Json> {
        let moment = self.moment();
        let id = RecordId::mint(moment.now, ports::bytes(self.random())?);
        self.record_new_at(kind, body, &moment, id, None)
    }

    /// The same, of what was said at another time and kept in a box as this entry, as the record that was named then.
    pub(crate) fn record_new_at(
        &self,
        kind: &str,
        body: Json,
        moment: &Moment,
        id: RecordId,
        entry: Option<&str>,
    ) -> Result<Json> {
        small_enough(&body)?;
        let me = self.me()?;
        let kind = kind_of(kind)?;
        if !may_begin(me.role, kind) {
            return Err(FieldError::new(code::I_CREATE, "this role does not make records of this kind"));
        }
        let mut ids = Ids::new(self.random(), moment.now);
        let mut body = normalise(kind, body, &mut || ids.next())?;
        ids.done()?;
        defaults(kind, &mut body, moment.now);
        let fresh = self.read(|db| self.place(db, Fresh { id, kind, body }, &me, moment))?;
        let answer = self.write(vital(kind.name), |db| {
            sealed_box::took(db, entry)?;
            let pen = Pen { db, me: &me, moment, random: self.random() };
            if let (opening::OPENING, Some(opens)) = (kind.name, opening::opens(&Json::Object(fresh.body.0.clone()))) {
                show::consult(db, &me, moment, opens, fresh.body.text("reason"))?;
            }
            if kind.drafted { begin_draft(&pen, &fresh) } else { begin_live(&pen, &fresh) }
        })?;
        self.saved();
        Ok(answer)
    }

    /// Gives a body its case and school where it does not name them.
    fn place(&self, db: &Connection, fresh: Fresh, me: &Me, moment: &Moment) -> Result<Fresh> {
        let Fresh { id, kind, mut body } = fresh;
        inherit(db, &mut body)?;
        if kind.name == opening::OPENING {
            opening::place(db, me, &mut body)?;
        }
        if kind.name == "case" {
            body.0.insert("case".into(), json!(id.to_string()));
        } else if body.case().is_none() {
            // Whoever records first starts the case, without having to know or hold it.
            let case = RecordId::mint(moment.now, ports::bytes(self.random())?);
            body.0.insert("case".into(), json!(case.to_string()));
        }
        if let (false, Some(school)) = (body.0.contains_key("school"), own_school(db, me)?) {
            body.0.insert("school".into(), json!(school.as_str()));
        }
        Ok(Fresh { id, kind, body })
    }
}

/// What belongs to an action belongs to its case and school.
fn inherit(db: &Connection, body: &mut Body) -> Result<()> {
    let Some(of) = body.text("action").and_then(|id| id.parse().ok()) else { return Ok(()) };
    let Some(line) = lists::line(db, of)? else { return Ok(()) };
    if let Some(case) = line.case {
        body.0.entry("case").or_insert_with(|| json!(case.to_string()));
    }
    if let Some(school) = line.school {
        body.0.entry("school").or_insert_with(|| json!(school));
    }
    Ok(())
}

/// The school of somebody who works at one.
pub(crate) fn own_school(db: &Connection, me: &Me) -> Result<Option<SchoolId>> {
    if !me.role.of_school() {
        return Ok(None);
    }
    let content = directory::user(db, me.user.as_str())?;
    let schools = content.as_ref().and_then(|content| content.get("schools")).and_then(Value::as_array);
    let first = schools.and_then(|schools| schools.first()).and_then(Value::as_text);
    Ok(first.and_then(|id| SchoolId::new(id).ok()))
}

fn begin_draft(pen: &Pen<'_>, fresh: &Fresh) -> Result<Json> {
    let mut draft = DraftRow {
        record: fresh.id,
        kind: fresh.kind.name.to_owned(),
        body: Json::Object(fresh.body.0.clone()),
        created_at: pen.moment.now,
        changed_at: pen.moment.now,
        unflushed: 0,
    };
    super::draft::flush_or_keep(pen, &mut draft)?;
    let line = reader(pen).project_draft(&draft)?;
    Ok(answer(&line, None, None))
}

fn begin_live(pen: &Pen<'_>, fresh: &Fresh) -> Result<Json> {
    let (line, statement, gaps) = make(pen, fresh)?;
    Ok(answer(&line, Some(statement), Some(&gaps)))
}

fn answer(line: &Line, statement: Option<StatementHash>, gaps: Option<&[Gap]>) -> Json {
    answer::json(&answer::Made {
        id: line.id.into(),
        status: line.status.clone(),
        case: line.case.map(Into::into),
        statement: statement.map(Into::into),
        gaps: gaps.map(answer::Gap::list),
    })
}

pub(crate) fn reader<'a>(pen: &Pen<'a>) -> Reader<'a> {
    Reader { db: pen.db, me: pen.me, moment: pen.moment }
}

/// Makes a live record (and what comes with it) in one change.
pub(crate) fn make(pen: &Pen<'_>, fresh: &Fresh) -> Result<(Line, StatementHash, Vec<Gap>)> {
    let mut body = fresh.body.clone();
    let note = take_note(fresh.kind, &mut body, fresh.id);
    let compartment = belongs(pen, fresh.id, fresh.kind, &body)?;
    if fresh.kind.name == "action" {
        weigh::carry(pen, fresh.id, fresh.kind, &mut body, &compartment)?;
    }
    let veil = veil::of(pen, body.case().unwrap_or(fresh.id), &compartment, fresh.id, Some(&body))?;
    let masked = veil.map_or_else(Vec::new, |veil| veil.body(fresh.kind, &mut body));
    let when = SealTimes { recorded_at: pen.moment.now, policy: &pen.moment.policy };
    let mut made = begin(pen, fresh.id, fresh.kind, &body, &when)?;
    made.2.extend(masked);
    if let Some(note) = note {
        bring(pen, &note, fresh)?;
    }
    Ok(made)
}

/// Makes a record that another one brings with it.
pub(crate) fn bring(pen: &Pen<'_>, new: &NewRecord, with: &Fresh) -> Result<RecordId> {
    let kind = kind_of(new.kind)?;
    let id = match new.id {
        Some(id) => id,
        None => RecordId::mint(pen.moment.now, ports::bytes(pen.random)?),
    };
    // A record a rule makes twice is the same record.
    if changes::document(pen.db, id)?.is_some() {
        return Ok(id);
    }
    let mut ids = Ids::new(pen.random, pen.moment.now);
    let mut body = normalise(kind, Json::Object(new.body.0.clone()), &mut || ids.next())?;
    ids.done()?;
    defaults(kind, &mut body, pen.moment.now);
    for name in ["case", "school"] {
        if let (false, Some(value)) = (body.0.contains_key(name), with.body.0.get(name)) {
            body.0.insert(name.into(), value.clone());
        }
    }
    make(pen, &Fresh { id, kind, body })?;
    Ok(id)
}

/// The first change of a record: `created` with the sealed part in it, and everything else the
/// body says. Live kinds begin so at `new`, drafted ones at `seal`.
pub(crate) fn begin(
    pen: &Pen<'_>,
    id: RecordId,
    kind: &'static Kind,
    body: &Body,
    when: &SealTimes<'_>,
) -> Result<(Line, StatementHash, Vec<Gap>)> {
    start(pen, id, kind, body, when, By::Hand)
}

/// What makes a record. A rule's is the same on every device and on the server, whatever each knows of a
/// school; and what follows from it is weighed by whoever called the rule.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Hand,
    Rule,
}

fn start(
    pen: &Pen<'_>,
    id: RecordId,
    kind: &'static Kind,
    body: &Body,
    when: &SealTimes<'_>,
    by: By,
) -> Result<(Line, StatementHash, Vec<Gap>)> {
    let mut writes = split(kind, body)?;
    if let Some(level) = urgency_raise(kind, body, &ages(pen.db, body, pen.moment.now)?, when.policy) {
        writes.cautious.push((String::from("urgency"), Value::text(level)));
    }
    let created = created(pen, id, kind, body, by)?;
    let mut gaps = seal_gaps(kind, body, when);
    gaps.extend(weigh::gaps_of(pen, id, kind, body, &created.compartment.parse()?)?);
    let sealed = std::mem::take(&mut writes.sealed);
    // Who must not be known is no business of whoever reads the statement.
    let saying = Saying {
        sentence: Sentence::Step(String::from("created")),
        content: created.content(Some((kind.part, sealed.clone()))),
        event_at: body.event_at(),
        gaps: gaps.iter().filter(|gap| gap.code != code::R114_CHILD_WITNESS).cloned().collect(),
    };
    let (mut row, mut view, saying) = match changes::document(pen.db, id)? {
        None => {
            let row = DocRow::new(id, id, Template::Record, kind.name, created.compartment.clone());
            (row, View::default(), saying)
        }
        // Another device of this author sealed the same draft: this stands beside it as a second
        // account, and touches no register of the first.
        Some(row) => {
            let view = changes::view(pen.db, &row)?;
            writes.fields.clear();
            let part = Sentence::Part(kind.part.to_owned());
            (row, view, Saying { sentence: part, content: sealed, ..saying })
        }
    };
    let words = Words { saying: Some(saying), writes: dedupe(writes), ..Words::default() };
    let statement = pen.write(&mut row, Some(&mut view), &words, Urgency::Info)?;
    let statement = statement.ok_or_else(|| FieldError::new(code::C_CREATED, "a record begins with a statement"))?;
    let line = match by {
        By::Hand => finish(pen, &row, &view)?,
        By::Rule => finish_one(pen, &row, &view)?,
    };
    Ok((line, statement, gaps))
}

/// A register is written once in a change: the last word counts.
fn dedupe(mut writes: Writes) -> Writes {
    let mut seen = std::collections::BTreeSet::new();
    let mut fields: Vec<_> = writes.fields.into_iter().rev().filter(|(key, _)| seen.insert(key.clone())).collect();
    fields.reverse();
    writes.fields = fields;
    writes
}

/// After a record was written: its line, its place in the queue, and what of its case is weighed
/// anew.
pub(crate) fn finish(pen: &Pen<'_>, row: &DocRow, view: &View) -> Result<Line> {
    let line = finish_one(pen, row, view)?;
    if row.id == row.record {
        weigh::follow(pen, line.case.unwrap_or(line.id))?;
    }
    // What followed may have raised it.
    Ok(lists::line(pen.db, line.id)?.unwrap_or(line))
}

/// The same for this record alone.
pub(crate) fn finish_one(pen: &Pen<'_>, row: &DocRow, view: &View) -> Result<Line> {
    let reader = reader(pen);
    let (line, _) = reader.project(row, view)?;
    frames::hasten(pen.db, row.id, Urgency::read(&line.urgency))?;
    reader.project_case(&line)?;
    Ok(line)
}

/// Makes one record that a rule asked for.
pub(crate) fn make_one(pen: &Pen<'_>, fresh: &Fresh) -> Result<()> {
    let when = SealTimes { recorded_at: pen.moment.now, policy: &pen.moment.policy };
    start(pen, fresh.id, fresh.kind, &fresh.body, &when, By::Rule).map(drop)
}

/// Where what is written by hand belongs.
pub(crate) fn belongs(pen: &Pen<'_>, id: RecordId, kind: &'static Kind, body: &Body) -> Result<Compartment> {
    Ok(created(pen, id, kind, body, By::Hand)?.compartment.parse()?)
}

fn created(pen: &Pen<'_>, id: RecordId, kind: &'static Kind, body: &Body, by: By) -> Result<Created> {
    let case = body.case().unwrap_or(id);
    let school = own_school(pen.db, pen.me)?;
    let mut compartment = compartment_of(kind, pen.me.role, school.as_ref(), Some(&pen.me.user), body, case)?;
    if let (By::Hand, "action" | "action_update" | "extract", Some(school)) = (by, kind.name, compartment.school()) {
        let now = pen.moment.now.to_string();
        if directory::shares_by_action(pen.db, school.as_str(), now.get(..10).unwrap_or_default())? {
            compartment = without_agreement(compartment, id);
        }
    }
    let of_compartment = match &compartment {
        Compartment::Share { school, .. } | Compartment::ShareAction { school, .. } => Some(school.to_string()),
        Compartment::Call { .. }
        | Compartment::Police { .. }
        | Compartment::Intel { .. }
        | Compartment::Hub { .. }
        | Compartment::Reporter { .. }
        | Compartment::Staffing { .. }
        | Compartment::Prompts { .. }
        | Compartment::Draft { .. }
        | Compartment::Audit => None,
    };
    Ok(Created {
        kind: kind.name.to_owned(),
        template: Template::Record,
        compartment: compartment.to_string(),
        case: Some(case),
        school: of_compartment.or_else(|| body.text("school").map(str::to_owned)),
        capacity: body.text("capacity").unwrap_or("safer_schools").to_owned(),
    })
}

/// Ages this device knows of the people a record is about.
fn ages(db: &Connection, body: &Body, now: Timestamp) -> Result<Vec<i64>> {
    let mut found = Vec::new();
    let people = ["subjects", "about"].iter().filter_map(|name| body.0.get(*name)?.as_array()).flatten();
    for person in people.chain(body.0.get("speaker")) {
        let id = person.get("record").and_then(Json::as_str).and_then(|id| id.parse().ok());
        if let Some(line) = id.map(|id| lists::line(db, id)).transpose()?.flatten() {
            found.extend(age(&line.body, now));
        }
    }
    Ok(found)
}

fn age(person: &Json, now: Timestamp) -> Option<i64> {
    if let Some(age) =
        person.pointer("/estimated_age/age").or_else(|| person.get("estimated_age")).and_then(Json::as_i64)
    {
        return Some(age);
    }
    let day = |text: &str| {
        let mut parts =
            text.splitn(3, '-').map(|part| part.get(..part.len().min(4)).unwrap_or_default().parse::<i64>());
        let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
        Some((year, month, day))
    };
    let today = now.to_string();
    let (year, month, date) = day(today.split('T').next()?)?;
    let (born_year, born_month, born_date) = day(person.get("dob")?.as_str()?)?;
    Some(year - born_year - i64::from((month, date) < (born_month, born_date)))
}
