//! One record in full. Opening it is logged first (R91).

use data_encoding::BASE64;
use documents::{Sentence, View};
use records::{Conflict, Gap, Shown};
use rusqlite::Connection;
use serde_json::{Map as JsonMap, Value as Json, json};
use signed::{DeviceId, RecordId, Timestamp, code};

use super::list::delivery;
use crate::error::{FieldError, Result};
use crate::field::{Field, Me, Moment};
use crate::project::{Reader, shown_of_draft};
use crate::store::changes::{self, DocRow};
use crate::store::lists::{self, Source};
use crate::store::log::{self, Consultation};
use crate::store::{code_of, directory, frames, opened};

impl Field {
    /// The whole record: its fields at the top, and beside them `id`, `kind`, `status`, `owner`,
    /// `urgency`, `due`, `gaps`, `statements`, `keys`, `addenda`, `conflicts`, `delivery`,
    /// `receipts`, `links`, `refused`. A consultation is logged, with the purpose, before anything
    /// is read.
    pub fn record_show(&self, id: RecordId, purpose: Option<String>) -> Result<Json> {
        self.unlocked()?;
        let me = self.me()?;
        let moment = self.moment();
        self.write(false, |db| {
            let entry = Consultation {
                at: moment.now,
                mono_ms: moment.mono_ms,
                boot: &moment.boot,
                user: &me.user,
                device: me.device,
                document: id,
                purpose: purpose.as_deref(),
            };
            let shown = show(db, &me, &moment, id)?;
            log::append(db, &entry)?;
            Ok(shown)
        })
    }
}

fn show(db: &Connection, me: &Me, moment: &Moment, id: RecordId) -> Result<Json> {
    if let Some(row) = changes::document(db, id)?.filter(|row| row.id == row.record) {
        return record(db, me, moment, &row);
    }
    if let Some(draft) = lists::draft(db, id)? {
        let shown = shown_of_draft(&draft);
        let mut map = fields(&shown);
        put_shown(&mut map, &shown);
        map.insert("id".into(), json!(id.to_string()));
        map.insert("kind".into(), json!(draft.kind));
        map.insert("status".into(), json!("draft"));
        map.insert("recorded_at".into(), json!(draft.created_at.to_string()));
        map.insert("author".into(), json!(me.user.as_str()));
        for name in ["statements", "receipts", "delivery"] {
            map.insert(name.into(), json!([]));
        }
        map.insert("keys".into(), json!({}));
        map.insert("refused".into(), refused(db, RecordId::draft(id))?);
        return Ok(Json::Object(map));
    }
    match lists::line(db, id)? {
        Some(line) if line.source == Source::Headline || line.source == Source::Withdrawn => {
            let mut map = line.body.as_object().cloned().unwrap_or_default();
            map.insert("id".into(), json!(id.to_string()));
            map.insert("kind".into(), json!(line.kind));
            map.insert("status".into(), json!(line.status));
            map.insert("headline".into(), json!(true));
            Ok(Json::Object(map))
        }
        Some(_) | None => Err(FieldError::new(code::I_NOT_FOUND, "no such record on this device")),
    }
}

fn record(db: &Connection, me: &Me, moment: &Moment, row: &DocRow) -> Result<Json> {
    let view = changes::view(db, row)?;
    let reader = Reader { db, me, moment };
    let shown = reader.shown(row, &view)?;
    let mut map = fields(&shown);
    put_shown(&mut map, &shown);
    let mut put = |name: &str, value: Json| map.insert(name.to_owned(), value);
    put("id", json!(row.record.to_string()));
    put("kind", json!(row.kind));
    put("compartment", json!(row.compartment));
    if let Some((said, created)) = view.created() {
        let statement = &said.opened.statement;
        put("case", json!(created.case.map(|id| id.to_string())));
        put("author", json!(statement.author.as_str()));
        put("author_role", json!(statement.role));
        put("recorded_at", json!(statement.device_at.to_string()));
        put("capacity", json!(created.capacity));
    }
    let (statements, keys) = statements(db, me, row, &view)?;
    put("statements", statements);
    put("keys", keys);
    put("delivery", deliveries(db, me, row, shown.sealed)?);
    put("receipts", receipts(db, row.id)?);
    put("refused", refused(db, row.id)?);
    put("links", links(db, &view, &shown, row)?);
    Ok(Json::Object(map))
}

/// The record's own fields.
fn fields(shown: &Shown) -> JsonMap<String, Json> {
    shown.body.as_object().cloned().unwrap_or_default()
}

/// What is computed about a record; it stands above a field of the same name.
fn put_shown(map: &mut JsonMap<String, Json>, shown: &Shown) {
    let mut put = |name: &str, value: Json| map.insert(name.to_owned(), value);
    put("status", json!(shown.status));
    put("proposed", json!(shown.proposed));
    put("title", json!(shown.title));
    put("urgency", json!(shown.urgency));
    put("due", json!(shown.due.map(|due| due.to_string())));
    put("owners", json!(shown.owners));
    put("owner", owner(&shown.owners));
    put("gaps", Json::Array(shown.gaps.iter().map(Gap::to_json).collect()));
    put("conflicts", Json::Array(shown.conflicts.iter().map(conflict).collect()));
    put("sealed", json!(shown.sealed));
    put("open", json!(shown.open));
    put("addenda", json!(shown.addenda));
    put("accounts", json!(shown.accounts));
    put("differs", json!(shown.differs.iter().map(RecordId::to_string).collect::<Vec<_>>()));
    put("delay_ms", json!(shown.delay_ms));
    put("notices", json!(shown.notices));
}

/// One owner as a text; while two people both answer for it, both.
fn owner(owners: &[String]) -> Json {
    match owners {
        [] => Json::Null,
        [one] => json!(one),
        several => json!(several),
    }
}

fn conflict(conflict: &Conflict) -> Json {
    let value = |one: &records::ConflictValue| {
        json!({
            "value": one.value,
            "by": one.by,
            "at": one.at.map(|at| at.to_string()),
            "statement": one.statement.map(|hash| hash.to_string()),
        })
    };
    json!({ "path": conflict.path, "values": conflict.values.iter().map(value).collect::<Vec<_>>() })
}

/// Every statement with its bytes, whether it verifies here, and the keys that do it.
fn statements(db: &Connection, me: &Me, row: &DocRow, view: &View) -> Result<(Json, Json)> {
    let (mut list, mut keys) = (Vec::new(), JsonMap::new());
    for said in &view.statements {
        let (id, statement) = (said.opened.id, &said.opened.statement);
        let verified = directory::vouch(db, me, &said.opened)?.is_ok();
        let kid = said.opened.kid;
        if let Some(spki) = key(db, me, kid)? {
            keys.insert(kid.to_string(), json!(BASE64.encode(&spki)));
        }
        let (what, name) = match &statement.sentence {
            Sentence::Part(name) => ("part", name),
            Sentence::Step(name) => ("step", name),
        };
        list.push(json!({
            "sha256": id.to_string(),
            what: name,
            "author": statement.author.as_str(),
            "role": statement.role,
            "at": statement.device_at.to_string(),
            "cose": BASE64.encode(&said.opened.bytes),
            "verified": verified,
            "kid": kid.to_string(),
        }));
        // Only what others said tells what this author knew.
        if statement.author != me.user {
            opened::note(db, &id, &row.compartment)?;
        }
    }
    Ok((Json::Array(list), Json::Object(keys)))
}

fn key(db: &Connection, me: &Me, kid: DeviceId) -> Result<Option<Vec<u8>>> {
    Ok(directory::key_of(db, me, kid)?.map(|key| key.spki().to_vec()))
}

/// Delivery of the record as a list shows it, then each delivered statement by name.
fn deliveries(db: &Connection, me: &Me, row: &DocRow, sealed: bool) -> Result<Json> {
    let mut states = match delivery(db, me, row.record, sealed)? {
        Json::Array(states) => states,
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_) => Vec::new(),
    };
    states.retain(|state| state.get("state").and_then(Json::as_str) != Some("delivered"));
    let mut query =
        db.prepare_cached("SELECT statement, recipient, at FROM delivery WHERE document = ?1 ORDER BY at, recipient")?;
    let mut rows = query.query([&row.id.0])?;
    while let Some(found) = rows.next()? {
        states.push(json!({
            "to": found.get::<_, String>(1)?,
            "state": "delivered",
            "at": Timestamp::from_millis(found.get(2)?).to_string(),
            "statement": signed::StatementHash(found.get(0)?).to_string(),
        }));
    }
    Ok(Json::Array(states))
}

/// Receipts of frames that carried changes of this document.
fn receipts(db: &Connection, document: RecordId) -> Result<Json> {
    let mut query = db.prepare_cached(
        "SELECT DISTINCT f.lane, f.number, f.received, f.hash, f.receipt FROM frame_item i
         JOIN frame f ON f.lane = i.lane AND f.number = i.number
         WHERE i.document = ?1 AND f.receipt IS NOT NULL ORDER BY f.received",
    )?;
    let mut rows = query.query([&document.0])?;
    let mut list = Vec::new();
    while let Some(row) = rows.next()? {
        list.push(json!({
            "lane": if row.get::<_, i64>(0)? == 0 { "urgent" } else { "rest" },
            "number": row.get::<_, i64>(1)?,
            "at": row.get::<_, Option<i64>>(2)?.map(|at| Timestamp::from_millis(at).to_string()),
            "frame": signed::FrameHash(row.get(3)?).to_string(),
            "receipt": BASE64.encode(&row.get::<_, Vec<u8>>(4)?),
        }));
    }
    Ok(Json::Array(list))
}

/// What of this document the server refused, and what came from it that does not hold.
fn refused(db: &Connection, document: RecordId) -> Result<Json> {
    let mut list: Vec<Json> = Vec::new();
    for (change, code) in frames::refusals(db, document)? {
        list.push(json!({ "change": change.to_string(), "code": code.name, "own": true }));
    }
    let mut query = db.prepare_cached("SELECT code FROM distrusted WHERE document = ?1 ORDER BY inbox")?;
    let mut rows = query.query([&document.0])?;
    while let Some(row) = rows.next()? {
        list.push(json!({ "code": code_of(row.get(0)?).name, "own": false }));
    }
    Ok(Json::Array(list))
}

/// Links the record names, and records held here that say they belong to it.
fn links(db: &Connection, view: &View, shown: &Shown, row: &DocRow) -> Result<Json> {
    let mut list = shown.body.get("links").and_then(Json::as_array).cloned().unwrap_or_default();
    let case = view.created().and_then(|(_, created)| created.case);
    let id = row.record.to_string();
    for line in case.map(|case| lists::of_case(db, case)).transpose()?.unwrap_or_default() {
        let names = |field: &&str| line.body.get(*field).and_then(Json::as_str) == Some(id.as_str());
        if let Some(why) = ["action", "update", "concern"].into_iter().find(names) {
            list.push(json!({ "record": line.id.to_string(), "kind": line.kind, "why": why }));
        }
    }
    Ok(Json::Array(list))
}
