//! One record in full. Opening it is logged first (R91).

use std::collections::BTreeMap;

use documents::{Said, Sentence, View};
use records::{Beside, Conflict, Shown};
use rusqlite::Connection;
use serde_json::{Map as JsonMap, Value as Json};
use signed::{DeviceId, FrameHash, RecordId, StatementHash, Timestamp, code};

use super::answer::{self, Base64, Delivery, DeliveryState, Link};
use super::attach;
use super::list::delivery;
use super::opening;
use crate::error::{FieldError, Result};
use crate::field::{Field, Me, Moment};
use crate::project::{Reader, shown_of_draft};
use crate::store::changes::{self, DocRow};
use crate::store::lists::{self, DraftRow, Source};
use crate::store::log::{self, Consultation};
use crate::store::{code_of, directory, frames, opened, uint, vouched};
use crate::weigh;

impl Field {
    /// The whole record: its fields at the top, and beside them `id`, `kind`, `status`, `owner`,
    /// `urgency`, `due`, `gaps`, `statements`, `keys`, `addenda`, `conflicts`, `delivery`,
    /// `receipts`, `links`, `refused`. A consultation is logged, with the purpose, before anything
    /// is read. Of what is here as a headline a purpose asks for the rest, where this role may open it.
    pub fn record_show(&self, id: RecordId, purpose: Option<String>) -> Result<Json> {
        self.unlocked()?;
        let me = self.me()?;
        let moment = self.moment();
        let opened = purpose.as_ref().map(|purpose| self.open_with(&me, id, purpose)).transpose()?;
        self.write(false, |db| {
            let shown = show(db, &me, &moment, id)?;
            // An opening is in the log already.
            if opened != Some(true) {
                consult(db, &me, &moment, id, purpose.as_deref())?;
            }
            Ok(answer::json(&shown))
        })
    }

    /// Logs that something of a record was opened.
    pub(crate) fn consulted(&self, id: RecordId, purpose: Option<&str>) -> Result<()> {
        let (me, moment) = (self.me()?, self.moment());
        self.write(false, |db| consult(db, &me, &moment, id, purpose))
    }
}

pub(super) fn consult(db: &Connection, me: &Me, moment: &Moment, id: RecordId, purpose: Option<&str>) -> Result<()> {
    let entry = Consultation {
        at: moment.now,
        mono_ms: moment.mono_ms,
        boot: &moment.boot,
        user: &me.user,
        device: me.device,
        document: id,
        purpose,
    };
    if records::rules::switch::on("R91") { log::append(db, &entry) } else { Ok(()) }
}

fn show(db: &Connection, me: &Me, moment: &Moment, id: RecordId) -> Result<answer::Shown> {
    if let Some(row) = changes::document(db, id)?.filter(|row| row.id == row.record) {
        return Ok(answer::Shown::Record(Box::new(record(db, me, moment, &row)?)));
    }
    if let Some(draft) = lists::draft(db, id)? {
        return Ok(answer::Shown::Draft(Box::new(of_draft(db, me, moment, &draft)?)));
    }
    match lists::line(db, id)? {
        Some(line) if line.source == Source::Headline || line.source == Source::Withdrawn => {
            Ok(answer::Shown::Headline(answer::Headline {
                says: object(line.body),
                id: id.into(),
                kind: line.kind,
                status: line.status,
                headline: true,
                opening: opening::asked(db, id)?.map(Into::into),
            }))
        }
        Some(_) | None => Err(FieldError::new(code::I_NOT_FOUND, "no such record on this device")),
    }
}

fn of_draft(db: &Connection, me: &Me, moment: &Moment, draft: &DraftRow) -> Result<answer::Draft> {
    let mut shown = shown_of_draft(draft, &moment.policy);
    shown.status = String::from("draft");
    Ok(answer::Draft {
        fields: fields(&mut shown),
        standing: standing(shown),
        id: draft.record.into(),
        kind: draft.kind.clone(),
        recorded_at: draft.created_at.into(),
        author: me.user.to_string(),
        statements: Vec::new(),
        keys: BTreeMap::new(),
        delivery: Vec::new(),
        receipts: Vec::new(),
        refused: refused(db, RecordId::draft(draft.record))?,
        attachments: attach::shown(db, draft.record, &draft.kind)?,
    })
}

fn record(db: &Connection, me: &Me, moment: &Moment, row: &DocRow) -> Result<answer::Record> {
    let view = changes::view(db, row)?;
    let mut shown = Reader { db, me, moment }.shown(row, &view)?;
    weigh::apply(db, me, moment, row.record, &mut shown)?;
    cover(db, moment, &mut shown)?;
    let created = view.created().map(|(said, created)| {
        let statement = &said.opened.statement;
        answer::Created {
            case: created.case.map(Into::into),
            author: statement.author.to_string(),
            author_role: statement.role.clone(),
            recorded_at: statement.device_at.into(),
            capacity: created.capacity,
        }
    });
    let (statements, keys) = statements(db, me, row, &view)?;
    let links = links(db, &view, &shown, row)?;
    Ok(answer::Record {
        fields: fields(&mut shown),
        delivery: deliveries(db, me, row, shown.sealed)?,
        standing: standing(shown),
        id: row.record.into(),
        kind: row.kind.clone(),
        compartment: row.compartment.clone(),
        created,
        statements,
        keys,
        receipts: receipts(db, row.id)?,
        refused: refused(db, row.id)?,
        attachments: attach::shown(db, row.record, &row.kind)?,
        links,
    })
}

/// R76: whoever waits for somebody who is away reads who covers.
fn cover(db: &Connection, moment: &Moment, shown: &mut Shown) -> Result<()> {
    for owner in &shown.owners {
        match directory::away(db, owner, moment.now)? {
            Some(Some(cover)) => shown.notices.push(format!("{owner} is away: {cover} covers")),
            Some(None) => shown.notices.push(format!("{owner} is away, and nobody is named who covers")),
            None => {}
        }
    }
    Ok(())
}

/// The record's own fields.
fn fields(shown: &mut Shown) -> JsonMap<String, Json> {
    object(std::mem::take(&mut shown.body))
}

fn object(json: Json) -> JsonMap<String, Json> {
    if let Json::Object(map) = json { map } else { JsonMap::new() }
}

fn standing(shown: Shown) -> answer::Standing {
    answer::Standing {
        status: shown.status,
        proposed: shown.proposed,
        title: shown.title,
        urgency: shown.urgency,
        due: shown.due.map(Into::into),
        owner: owner(&shown.owners),
        owners: shown.owners,
        gaps: answer::Gap::list(&shown.gaps),
        conflicts: shown.conflicts.into_iter().map(conflict).collect(),
        sealed: shown.sealed,
        open: shown.open,
        addenda: shown.addenda.into_iter().map(addendum).collect(),
        accounts: shown.accounts.into_iter().map(account).collect(),
        differs: shown.differs.into_iter().map(Into::into).collect(),
        delay_ms: shown.delay_ms,
        notices: shown.notices,
        marks: shown.marks.iter().map(|mark| mark.word.to_owned()).collect(),
    }
}

fn owner(owners: &[String]) -> Option<answer::Owner> {
    match owners {
        [] => None,
        [one] => Some(answer::Owner::One(one.clone())),
        several => Some(answer::Owner::Several(several.to_vec())),
    }
}

fn conflict(conflict: Conflict) -> answer::Conflict {
    let value = |one: records::ConflictValue| answer::ConflictValue {
        value: one.value,
        by: one.by,
        at: one.at.map(Into::into),
        statement: one.statement.map(Into::into),
    };
    answer::Conflict { path: conflict.path, values: conflict.values.into_iter().map(value).collect() }
}

fn addendum(beside: Beside) -> answer::Addendum {
    let mut more = beside.says;
    let text = |value: &Json| value.as_str().map(str::to_owned);
    answer::Addendum {
        reason: take(&mut more, "reason", text),
        text: take(&mut more, "text", text),
        set: take(&mut more, "set", |value| value.as_object().cloned()),
        more,
        author: beside.author.to_string(),
        at: beside.at.into(),
        statement: beside.statement.into(),
    }
}

/// What is of another type than this version writes stays with what it does not know.
fn take<T>(says: &mut JsonMap<String, Json>, name: &str, read: impl Fn(&Json) -> Option<T>) -> Option<T> {
    let taken = read(says.get(name)?)?;
    says.remove(name);
    Some(taken)
}

fn account(beside: Beside) -> answer::Account {
    answer::Account {
        author: beside.author.to_string(),
        at: beside.at.into(),
        statement: beside.statement.into(),
        body: beside.says,
    }
}

/// Keys by `kid`.
type Keys = BTreeMap<String, Base64>;

/// Every statement with its bytes, whether it verifies here, and the keys that do it.
fn statements(db: &Connection, me: &Me, row: &DocRow, view: &View) -> Result<(Vec<answer::Statement>, Keys)> {
    let (mut list, mut keys) = (Vec::new(), Keys::new());
    let vouched = vouched::of(db, me, row.id, &view.statements)?;
    vouched::note(db, row.id, &vouched.fresh)?;
    for said in &view.statements {
        let verified = vouched.verified.contains(&said.opened.id);
        let kid = said.opened.kid;
        if let Some(spki) = key(db, me, kid)? {
            keys.insert(kid.to_string(), Base64::from(&spki[..]));
        }
        list.push(statement(said, verified));
        // Only what others said tells what this author knew.
        if said.opened.statement.author != me.user {
            opened::note(db, &said.opened.id, &row.compartment)?;
        }
    }
    Ok((list, keys))
}

fn statement(said: &Said, verified: bool) -> answer::Statement {
    let statement = &said.opened.statement;
    let (part, step) = match &statement.sentence {
        Sentence::Part(name) => (Some(name.clone()), None),
        Sentence::Step(name) => (None, Some(name.clone())),
    };
    answer::Statement {
        sha256: said.opened.id.into(),
        step,
        part,
        author: statement.author.to_string(),
        role: statement.role.clone(),
        at: statement.device_at.into(),
        cose: Base64::from(&said.opened.bytes[..]),
        verified,
        kid: said.opened.kid.into(),
    }
}

fn key(db: &Connection, me: &Me, kid: DeviceId) -> Result<Option<Vec<u8>>> {
    Ok(directory::key_of(db, me, kid)?.map(|key| key.spki().to_vec()))
}

/// Delivery of the record as a list shows it, then each delivered statement by name.
fn deliveries(db: &Connection, me: &Me, row: &DocRow, sealed: bool) -> Result<Vec<Delivery>> {
    let mut states = delivery(db, me, row.record, sealed)?;
    states.retain(|state| state.state != DeliveryState::Delivered);
    let mut query =
        db.prepare_cached("SELECT statement, recipient, at FROM delivery WHERE document = ?1 ORDER BY at, recipient")?;
    let mut rows = query.query([&row.id.0])?;
    while let Some(found) = rows.next()? {
        states.push(Delivery {
            to: found.get(1)?,
            state: DeliveryState::Delivered,
            at: Timestamp::from_millis(found.get(2)?).into(),
            statement: Some(StatementHash(found.get(0)?).into()),
        });
    }
    Ok(states)
}

/// Receipts of frames that carried changes of this document.
fn receipts(db: &Connection, document: RecordId) -> Result<Vec<answer::Receipt>> {
    let mut query = db.prepare_cached(
        "SELECT DISTINCT f.lane, f.number, f.received, f.hash, f.receipt FROM frame_item i
         JOIN frame f ON f.lane = i.lane AND f.number = i.number
         WHERE i.document = ?1 AND f.receipt IS NOT NULL ORDER BY f.received",
    )?;
    let mut rows = query.query([&document.0])?;
    let mut list = Vec::new();
    while let Some(row) = rows.next()? {
        list.push(answer::Receipt {
            lane: if row.get::<_, i64>(0)? == 0 { answer::Lane::Urgent } else { answer::Lane::Rest },
            number: uint(row.get(1)?),
            at: row.get::<_, Option<i64>>(2)?.map(|at| Timestamp::from_millis(at).into()),
            frame: FrameHash(row.get(3)?).into(),
            receipt: Base64::from(&row.get::<_, Vec<u8>>(4)?[..]),
        });
    }
    Ok(list)
}

/// What of this document the server refused, and what came from it that does not hold.
fn refused(db: &Connection, document: RecordId) -> Result<Vec<answer::Refused>> {
    let refusals = frames::refusals(db, document)?.into_iter();
    let ours = |(change, code): (signed::ChangeHash, signed::Code)| answer::Refused {
        change: Some(change.into()),
        code: code.into(),
        own: true,
    };
    let mut list: Vec<answer::Refused> = refusals.map(ours).collect();
    let mut query = db.prepare_cached("SELECT code FROM distrusted WHERE document = ?1 ORDER BY inbox")?;
    let mut rows = query.query([&document.0])?;
    while let Some(row) = rows.next()? {
        list.push(answer::Refused { change: None, code: code_of(row.get(0)?).into(), own: false });
    }
    Ok(list)
}

/// Links the record names, and records held here that say they belong to it.
fn links(db: &Connection, view: &View, shown: &Shown, row: &DocRow) -> Result<Vec<Link>> {
    let named = shown.body.get("links").and_then(Json::as_array).into_iter().flatten();
    let mut list: Vec<Link> = named.cloned().map(Link::Named).collect();
    let case = view.created().and_then(|(_, created)| created.case);
    let id = row.record.to_string();
    for line in case.map(|case| lists::of_case(db, case)).transpose()?.unwrap_or_default() {
        let names = |field: &&str| line.body.get(*field).and_then(Json::as_str) == Some(id.as_str());
        if let Some(why) = ["action", "update", "concern"].into_iter().find(names) {
            list.push(Link::Held { record: line.id.into(), kind: line.kind, why: why.to_owned() });
        }
    }
    Ok(list)
}
