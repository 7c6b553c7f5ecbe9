//! Drafts: autosaved as a row, made safe elsewhere as changes of a document of their own.

use std::collections::BTreeMap;

use documents::{Created, Scalar, Sentence, Template, View};
use records::{Body, Compartment, from_draft, normalise, set_path, to_draft};
use rusqlite::Connection;
use serde_json::{Map as JsonMap, Value as Json};
use signed::cbor::{Map, Value};
use signed::{RecordId, Timestamp, code};
use sync_engine::Urgency;

use super::{Ids, kind_of, small_enough, vital};
use crate::api::edit::edited;
use crate::api::new::reader;
use crate::error::{FieldError, Result};
use crate::field::{Field, Moment};
use crate::pen::{Pen, Saying, Words};
use crate::sealed_box::{self, EMPTYING_MAX};
use crate::store::changes::{self, DocRow};
use crate::store::lists::{self, DraftRow};

/// Characters (bytes, to be exact) typed since the last draft change after which one is made.
const FLUSH_BYTES: u64 = 2000;
/// The pause after which one is made, in milliseconds.
pub const DRAFT_PAUSE_MS: i64 = 30_000;

impl Field {
    /// Keeps what was just typed into a draft, as a row: for an app's autosave, at most 2 s after a
    /// keystroke: `{"id","status"}`. A draft change is made of it at 2,000 characters, and else by
    /// [`Field::drafts_flush`].
    pub fn draft_keep(&self, id: RecordId, sets: &[(String, Json)]) -> Result<Json> {
        self.change_draft(id, sets, false, &self.moment(), None)
    }

    /// Makes draft changes of what was only autosaved: of every draft that was left alone for that
    /// many milliseconds (30,000 is the rule), or of all (leaving the screen, lock).
    pub fn drafts_flush(&self, untouched_ms: Option<i64>) -> Result<u64> {
        let Ok(me) = self.me() else { return Ok(0) };
        // What was said while the key was gone and could not be signed when it came back.
        let _ = self.empty_box(EMPTYING_MAX);
        let moment = self.moment();
        let since: Option<Timestamp> = untouched_ms.map(|ms| moment.now.plus_millis(-ms));
        let stale = self.read(|db| lists::stale_drafts(db, since))?;
        let (mut flushed, mut failed) = (0, None);
        for record in stale {
            let done = self.write(false, |db| {
                let pen = Pen { db, me: &me, moment: &moment, random: self.random() };
                let Some(mut draft) = lists::draft(db, record)? else { return Ok(()) };
                flush(&pen, &mut draft)
            });
            // One that cannot be signed now does not hold up those that need no signature.
            match done {
                Ok(()) => flushed += 1,
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        if flushed > 0 {
            self.saved();
        }
        if let Err(error) = super::attach::say_all(self) {
            failed = failed.or(Some(error));
        }
        failed.map_or(Ok(flushed), Err)
    }

    /// Sets values of a draft; with `flush`, a draft change is made at once.
    pub(crate) fn change_draft(
        &self,
        id: RecordId,
        sets: &[(String, Json)],
        flush_now: bool,
        moment: &Moment,
        entry: Option<&str>,
    ) -> Result<Json> {
        let me = self.me()?;
        // What kind a draft is never changes; what it says is read where it is written.
        let known = self.read(|db| lists::draft(db, id))?;
        let vital = known.is_some_and(|draft| vital(&draft.kind));
        let typed: usize = sets.iter().map(|(_, value)| value.to_string().len()).sum();
        let line = self.write(vital, |db| {
            sealed_box::took(db, entry)?;
            let draft = lists::draft(db, id)?;
            let mut changed = draft.ok_or_else(|| FieldError::new(code::I_DRAFT, "this is not a draft"))?;
            let kind = kind_of(&changed.kind)?;
            for (path, value) in sets {
                set_path(&mut changed.body, path, value.clone())?;
            }
            small_enough(&changed.body)?;
            let mut ids = Ids::new(self.random(), moment.now);
            changed.body = Json::Object(normalise(kind, changed.body, &mut || ids.next())?.0);
            ids.done()?;
            let pen = Pen { db, me: &me, moment, random: self.random() };
            changed.changed_at = moment.now;
            changed.unflushed = changed.unflushed.saturating_add(typed as u64).max(1);
            if flush_now || changed.unflushed >= FLUSH_BYTES {
                flush_or_keep(&pen, &mut changed)?;
            } else {
                lists::put_draft(db, &changed)?;
            }
            reader(&pen).project_draft(&changed)
        })?;
        if flush_now || typed as u64 >= FLUSH_BYTES {
            self.saved();
        }
        Ok(edited(&line, &[]))
    }
}

/// As [`flush`]; where the device's key cannot sign now, the words are kept as a row alone and
/// follow when it can. A locked key must not lose a word.
pub(crate) fn flush_or_keep(pen: &Pen<'_>, draft: &mut DraftRow) -> Result<()> {
    match flush(pen, draft) {
        // Nothing was written before the signature was asked for.
        Err(error) if error.is_of_the_signer() => {
            draft.unflushed = draft.unflushed.max(1);
            lists::put_draft(pen.db, draft)
        }
        flushed => flushed,
    }
}

/// Brings the draft's document to what the draft says, in one change, and saves the row.
pub(crate) fn flush(pen: &Pen<'_>, draft: &mut DraftRow) -> Result<()> {
    let kind = kind_of(&draft.kind)?;
    let id = RecordId::draft(draft.record);
    let (mut row, view, saying) = match changes::document(pen.db, id)? {
        Some(row) => {
            let view = changes::view(pen.db, &row)?;
            (row, view, None)
        }
        None => {
            let compartment = Compartment::Draft { user: pen.me.user.clone() }.to_string();
            let saying = created(draft, &compartment);
            (DocRow::new(id, draft.record, Template::Draft, &draft.kind, compartment), View::default(), Some(saying))
        }
    };
    let body = Body(draft.body.as_object().cloned().unwrap_or_default());
    let wanted = to_draft(kind, &body);
    let stands = |key: &str, text: &str| {
        let alone = view.field(key).filter(|(_, alone)| *alone);
        alone.is_some_and(|(standing, _)| standing.value == Scalar::Text(text.to_owned()))
    };
    let mut words = Words { saying, ..Words::default() };
    for (key, text) in &wanted {
        if !stands(key, text) {
            words.writes.fields.push((key.clone(), Scalar::Text(text.clone())));
        }
    }
    words.deletes = view.fields.keys().filter(|key| !wanted.contains_key(*key)).cloned().collect();
    pen.write(&mut row, None, &words, Urgency::Info)?;
    draft.unflushed = 0;
    lists::put_draft(pen.db, draft)
}

/// The first statement of a draft's document. `of` tells the author's other devices which record
/// it will be: the document's own id only follows from that one.
fn created(draft: &DraftRow, compartment: &str) -> Saying {
    let capacity = draft.body.get("capacity").and_then(Json::as_str).unwrap_or("safer_schools");
    let created = Created {
        kind: draft.kind.clone(),
        template: Template::Draft,
        compartment: compartment.to_owned(),
        case: None,
        school: None,
        capacity: capacity.to_owned(),
    };
    let mut content: Map = created.content(None);
    content.insert("of".into(), Value::bytes(draft.record.0));
    Saying::step("created", content)
}

/// The last word of a draft's document: it is sealed as this statement.
pub(crate) fn close(pen: &Pen<'_>, record: RecordId, statement: &signed::StatementHash) -> Result<()> {
    if let Some(mut row) = changes::document(pen.db, RecordId::draft(record))? {
        let mut content = Map::new();
        content.insert("statement".into(), Value::bytes(statement.0));
        let words = Words { saying: Some(Saying::step("sealed", content)), ..Words::default() };
        pen.write(&mut row, None, &words, Urgency::Info)?;
    }
    lists::remove_draft(pen.db, record)
}

/// Which record a draft's document will be, as its `created` says.
pub(crate) fn record_of(content: &Map, document: RecordId) -> Option<RecordId> {
    let record = RecordId::from_slice(content.get("of")?.as_bytes()?).ok()?;
    (RecordId::draft(record) == document).then_some(record)
}

/// After another device of this author changed a draft: its row here follows, unless something
/// was typed here that is in no draft change yet.
pub(crate) fn follow(db: &Connection, row: &DocRow, view: &View, now: Timestamp) -> Result<Option<DraftRow>> {
    let sealed = view
        .statements
        .iter()
        .any(|said| matches!(&said.opened.statement.sentence, Sentence::Step(step) if step == "sealed"));
    let held = lists::draft(db, row.record)?;
    // What was typed here and is nowhere else stays: it can be sealed as a second account.
    if let Some(held) = held.as_ref().filter(|held| held.unflushed > 0) {
        return Ok(Some(held.clone()));
    }
    if sealed || changes::document(db, row.record)?.is_some() {
        lists::remove_draft(db, row.record)?;
        return Ok(None);
    }
    // A kind of a newer version: its document is kept, and a newer version will show it.
    let Some(kind) = records::kind(&row.kind) else { return Ok(None) };
    let texts: BTreeMap<String, String> = view
        .fields
        .iter()
        .filter_map(|(key, standing)| match &standing.last()?.value {
            Scalar::Text(text) => Some((key.clone(), text.clone())),
            Scalar::Null | Scalar::Bool(_) | Scalar::Int(_) | Scalar::Bytes(_) | Scalar::Time(_) => None,
        })
        .collect();
    let created_at = view.created().map_or(now, |(said, _)| said.opened.statement.device_at);
    let body: JsonMap<String, Json> = from_draft(kind, &texts).0;
    let draft = DraftRow {
        record: row.record,
        kind: row.kind.clone(),
        body: Json::Object(body),
        created_at: held.map_or(created_at, |held| held.created_at),
        changed_at: now,
        unflushed: 0,
    };
    lists::put_draft(db, &draft)?;
    Ok(Some(draft))
}
