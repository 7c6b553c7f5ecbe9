//! The rules on this device, over what it holds: the same code as the server's. What they ask for is
//! made here where this user's role may make it; the rest the server makes when it hears of it.

use std::collections::BTreeSet;

use records::rights::{compartment_of, may_edit};
use records::rules::{self, CaseView, Directory, Made, Member, Raise, Row, Unsealed};
use records::{Body, Shown, Writes};
use rusqlite::Connection;
use serde_json::{Value as Json, json};
use signed::{RecordId, Timestamp, Value};
use sync_engine::Urgency;

use crate::api::kind_of;
use crate::api::new::{self, Fresh};
use crate::error::Result;
use crate::field::{Me, Moment};
use crate::pen::{Pen, Words};
use crate::project::Reader;
use crate::store::{changes, directory, erasure, lists, weighed};

/// How often a case is weighed again because the last time something followed from it.
const WEIGHED_AGAIN_MAX: usize = 4;
/// Records of other cases that are looked at beside one.
const BESIDE_MAX: usize = 500;

/// A case as this device holds it.
pub(crate) struct Weighing {
    case: RecordId,
    rows: Vec<Row>,
    beside: Vec<Row>,
    drafts: Vec<Unsealed>,
    people: Directory,
}

impl Weighing {
    /// Reads a case off.
    pub(crate) fn of(db: &Connection, me: &Me, moment: &Moment, case: RecordId) -> Result<Self> {
        let reader = Reader { db, me, moment };
        for id in weighed::unread(db, case)? {
            if let Some(row) = changes::document(db, id)? {
                let view = changes::view(db, &row)?;
                reader.project(&row, &view)?;
            }
        }
        let mut rows = weighed::of_case(db, case)?;
        rows.sort_by_key(|row| (row.recorded_at, row.id));
        let mut beside = Vec::new();
        let names: BTreeSet<RecordId> = rows.iter().flat_map(|row| rules::named(&row.body)).collect();
        for id in names.into_iter().filter(|id| !rows.iter().any(|row| row.id == *id)).take(BESIDE_MAX) {
            beside.extend(weighed::get(db, id)?);
        }
        Ok(Self { case, rows, beside, drafts: drafts(db, me, case)?, people: people(db, me, moment.now)? })
    }

    /// As a rule looks at it.
    pub(crate) fn view<'a>(&'a self, moment: &'a Moment) -> CaseView<'a> {
        CaseView {
            case: self.case,
            rows: &self.rows,
            beside: &self.beside,
            drafts: &self.drafts,
            people: &self.people,
            policy: &moment.policy,
            now: moment.now,
            whole: false,
            reached: &[],
        }
    }

    /// With one record as it would be.
    pub(crate) fn with(mut self, row: Row) -> Self {
        self.rows.retain(|known| known.id != row.id);
        self.rows.push(row);
        self
    }
}

/// This user's own drafts of a case.
fn drafts(db: &Connection, me: &Me, case: RecordId) -> Result<Vec<Unsealed>> {
    let lines = lists::drafts_of(db, case)?.into_iter();
    let unsealed = |line: lists::Line| Unsealed {
        record: line.id,
        kind: line.kind,
        author: me.user.to_string(),
        since: line.recorded_at,
    };
    Ok(lines.map(unsealed).collect())
}

/// Who is who, as far as the directory of this device tells.
fn people(db: &Connection, me: &Me, now: Timestamp) -> Result<Directory> {
    let mut members = Vec::new();
    for content in directory::users(db)? {
        let text = |name: &str| content.get(name).and_then(Value::as_text).map(str::to_owned);
        let active = content.get("active") != Some(&Value::Bool(false));
        let (Some(user), Some(role)) = (text("user"), text("role").and_then(|role| role.parse().ok())) else {
            continue;
        };
        let schools = content.get("schools").and_then(Value::as_array).unwrap_or_default();
        let schools = schools.iter().filter_map(Value::as_text).map(str::to_owned).collect();
        if active {
            members.push(Member {
                user,
                role,
                schools,
                team: text("team"),
                area: text("area"),
                supervisor: text("supervisor"),
                cover: None,
                away: false,
                training: Vec::new(),
            });
        }
    }
    if !members.iter().any(|member| member.user == me.user.as_str()) {
        members.push(Member {
            user: me.user.to_string(),
            role: me.role,
            schools: Vec::new(),
            team: None,
            area: None,
            supervisor: None,
            cover: None,
            away: false,
            training: Vec::new(),
        });
    }
    // Who is away, and who covers, as far as this device holds it.
    for absence in weighed::of_kind(db, "absence", true)? {
        let time = |field: &str| absence.text(field).and_then(|at| Timestamp::parse(at).ok());
        let runs = time("from").is_none_or(|from| from <= now) && time("to").is_none_or(|to| to > now);
        for member in members.iter_mut().filter(|member| runs && absence.text("user") == Some(member.user.as_str())) {
            member.away = true;
            member.cover = absence.text("cover").map(str::to_owned);
        }
    }
    for row in weighed::of_kind(db, "training", false)? {
        let on = row.text("trained_on").and_then(|on| Timestamp::parse(on).ok());
        let (Some(on), Some(course)) = (on, row.text("course")) else { continue };
        for member in members.iter_mut().filter(|member| row.text("user") == Some(member.user.as_str())) {
            member.training.push((course.to_owned(), on));
        }
    }
    Ok(Directory::of(members))
}

/// After a record was written: what the rules ask for on its case, until nothing more follows.
pub(crate) fn follow(pen: &Pen<'_>, case: RecordId) -> Result<()> {
    for _ in 0..WEIGHED_AGAIN_MAX {
        let weighing = Weighing::of(pen.db, pen.me, pen.moment, case)?;
        let found = rules::weigh(&weighing.view(pen.moment));
        let mut more = false;
        for made in &found.makes {
            more |= make(pen, made, &weighing)?;
        }
        for one in &found.raises {
            more |= raise(pen, one, &weighing)?;
        }
        if !more {
            break;
        }
    }
    Ok(())
}

/// Makes a record a rule asks for, unless it is there or is not for this role to make.
fn make(pen: &Pen<'_>, made: &Made, weighing: &Weighing) -> Result<bool> {
    let Some(id) = made.new.id else { return Ok(false) };
    // What was erased is not made again, whatever the rules ask for.
    if pen.me.role.of_school() || changes::document(pen.db, id)?.is_some() || erasure::was(pen.db, id)? {
        return Ok(false);
    }
    let kind = kind_of(made.new.kind)?;
    let source = weighing.rows.iter().chain(&weighing.beside).find(|row| row.id == made.from);
    let mut lines = 0_u32;
    let mut line_id = || {
        lines += 1;
        RecordId::derived(&["line", &id.to_string(), &lines.to_string()]).to_string()
    };
    let mut body = records::normalise(kind, Json::Object(made.new.body.0.clone()), &mut line_id)?;
    records::defaults(kind, &mut body, pen.moment.now);
    let case = body.case().or(source.and_then(|row| row.case)).unwrap_or(weighing.case);
    body.0.insert("case".into(), json!(case.to_string()));
    if let (None, Some(school)) = (body.text("school"), source.and_then(|row| row.school.clone())) {
        body.0.insert("school".into(), json!(school));
    }
    let role = rules::maker(source);
    let there = compartment_of(kind, role, None, None, &body, case)?;
    let here = compartment_of(kind, pen.me.role, None, None, &body, case)?;
    let may = records::may_create(pen.me.role, kind) && records::may_enter(pen.me.role, &there);
    if here != there || !may {
        return Ok(false);
    }
    new::make_one(pen, &Fresh { id, kind, body })?;
    Ok(true)
}

/// Raises a protective value of a record this user wrote or holds as police, once.
fn raise(pen: &Pen<'_>, raise: &Raise, weighing: &Weighing) -> Result<bool> {
    let Some(mut row) = changes::document(pen.db, raise.record)? else { return Ok(false) };
    let kind = kind_of(&row.kind)?;
    let (Some(field), Ok(mut value)) = (kind.field(raise.field), Value::from_json(&raise.value)) else {
        return Ok(false);
    };
    let known = weighing.rows.iter().find(|known| known.id == raise.record);
    let own = known.is_some_and(|known| known.author == pen.me.user.as_str());
    if !own || !may_edit(pen.me.role, &row.compartment.parse()?, kind, field) {
        return Ok(false);
    }
    let mut view = changes::view(pen.db, &row)?;
    let entries = view.cautious.get(field.key).map(Vec::as_slice).unwrap_or_default();
    if entries.iter().any(|entry| rules::same(&entry.value, &value)) {
        return Ok(false);
    }
    if let Value::Map(map) = &mut value {
        let line = RecordId::derived(&["line", raise.rule, &row.id.to_string(), &raise.value.to_string()]);
        map.insert("id".into(), Value::text(line.to_string()));
    }
    let writes = Writes { cautious: vec![(field.key.to_owned(), value)], ..Writes::default() };
    pen.write(&mut row, Some(&mut view), &Words { writes, ..Words::default() }, Urgency::Info)?;
    new::finish_one(pen, &row, &view)?;
    Ok(true)
}

/// What the rules find about one record, put into how it is shown.
pub(crate) fn apply(db: &Connection, me: &Me, moment: &Moment, record: RecordId, shown: &mut Shown) -> Result<()> {
    let case = weighed::get(db, record)?.and_then(|row| row.case).unwrap_or(record);
    let weighing = Weighing::of(db, me, moment, case)?;
    let found = rules::weigh(&weighing.view(moment));
    rules::apply(&found, record, shown);
    Ok(())
}

/// A record as it would be, and its case with it.
fn would_be(
    pen: &Pen<'_>,
    id: RecordId,
    kind: &records::Kind,
    body: &Body,
    compartment: &records::Compartment,
) -> Result<(Weighing, Row)> {
    let case = body.case().unwrap_or(id);
    let text = |name: &str| body.text(name).map(str::to_owned);
    let row = Row {
        id,
        kind: kind.name.to_owned(),
        case: Some(case),
        compartment: compartment.clone(),
        school: text("school"),
        author: pen.me.user.to_string(),
        role: pen.me.role,
        recorded_at: pen.moment.now,
        received_at: None,
        status: if kind.drafted { String::from("sealed") } else { kind.initial.to_owned() },
        open: true,
        sealed: true,
        owners: text("owner").into_iter().collect(),
        urgency: text("urgency").unwrap_or_else(|| String::from("standard")),
        due: None,
        body: Json::Object(body.0.clone()),
        gaps: Vec::new(),
        steps: Vec::new(),
    };
    Ok((Weighing::of(pen.db, pen.me, pen.moment, case)?, row))
}

/// What a new record takes along of its case (R63).
pub(crate) fn carry(
    pen: &Pen<'_>,
    id: RecordId,
    kind: &records::Kind,
    body: &mut Body,
    compartment: &records::Compartment,
) -> Result<()> {
    let (weighing, row) = would_be(pen, id, kind, body, compartment)?;
    if let Some(lines) = rules::carried(&weighing.view(pen.moment), &row).filter(|lines| !lines.is_empty()) {
        body.0.insert("carried_context".into(), Json::Array(lines));
    }
    Ok(())
}

/// The gaps the rules see in a record that is about to be sealed, beside those of its own table.
pub(crate) fn gaps_of(
    pen: &Pen<'_>,
    id: RecordId,
    kind: &records::Kind,
    body: &Body,
    compartment: &records::Compartment,
) -> Result<Vec<records::Gap>> {
    let (weighing, row) = would_be(pen, id, kind, body, compartment)?;
    let weighing = weighing.with(row);
    let found = rules::weigh(&weighing.view(pen.moment));
    Ok(found.gaps.into_iter().filter(|(record, _)| *record == id).map(|(_, gap)| gap).collect())
}
