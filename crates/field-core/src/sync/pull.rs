//! Rows of the inbox: each is checked again here before it is believed.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use documents::{Candidate, Refusal, Template, Verdict};
use rusqlite::Connection;
use serde_json::Value as Json;
use signed::digest::AudienceDigest;
use signed::{ChangeHash, RecordId, StatementHash, Timestamp, Value, code};
use sync_engine::Urgency;
use sync_engine::device::ProvenPage;
use wire::Row;

use super::ahead;
use crate::api::{cursor, draft};
use crate::error::{FieldError, Result};
use crate::event::{Event, EventKind};
use crate::field::{Field, Me, Moment};
use crate::project::Reader;
use crate::store::changes::{self, DocRow, Origin};
use crate::store::lists::{self, Line, Source};
use crate::store::{directory, erasure, int, meta, millis, policy, weighed};
use crate::types::PageOutcome;

impl Field {
    /// Checks and stores a page's rows and the cursor in one transaction. A row that does not hold
    /// is kept apart and told (`quarantined`), never applied; what this device holds already stays
    /// as it is.
    pub fn store_page(&self, page: &ProvenPage) -> Result<PageOutcome> {
        let me = self.me()?;
        let moment = self.moment();
        let stored = self.write(false, |db| {
            let mut taking = Taking {
                db,
                me: &me,
                moment: moment.clone(),
                digest: self.digest(db)?,
                touched: BTreeSet::new(),
                events: Vec::new(),
                received: 0,
                removed: false,
                settles: false,
            };
            let cursor = taking.page(page)?;
            Ok((cursor, taking.digest, taking.events, taking.received, (taking.settles, taking.moment.policy)))
        });
        if stored.as_ref().is_err_and(|error| error.code == code::W_AHEAD) {
            self.write(false, ahead::stop)?;
        }
        let (cursor, digest, events, received, (settles, policy)) = stored?;
        if settles {
            self.settle()?;
        }
        self.set_digest(Some(digest));
        // What was withdrawn is in no row any more; nor may it stay on the disk.
        if events.iter().any(|event| event.event == EventKind::Erased) {
            // What cannot go now goes at the next opening; the page is stored all the same.
            let _ = self.sweep_media();
        }
        self.set_policy(policy);
        self.tell(&events);
        Ok(PageOutcome { cursor, digest_agrees: digest.0 == page.digest, received, events })
    }
}

pub(super) struct Taking<'a> {
    pub(super) db: &'a Connection,
    pub(super) me: &'a Me,
    pub(super) moment: Moment,
    pub(super) digest: AudienceDigest,
    pub(super) touched: BTreeSet<RecordId>,
    pub(super) events: Vec<Event>,
    pub(super) received: u64,
    pub(super) removed: bool,
    /// Something was erased: what was freed leaves the log beside the database too.
    pub(super) settles: bool,
}

impl Taking<'_> {
    fn page(&mut self, page: &ProvenPage) -> Result<u64> {
        let held = cursor(self.db)?;
        if page.from > held.saturating_add(1) {
            return Err(FieldError::new(code::W_PAGE_ORDER, "a page that does not follow the last row held"));
        }
        let mut last = held;
        for (number, row) in (page.from..).zip(&page.rows) {
            // A page that came twice changes nothing.
            if number > held {
                self.row(number, row)?;
                last = number;
            }
        }
        meta::set_number(self.db, meta::CURSOR, int(last))?;
        if page.rows.iter().any(|row| matches!(row, Row::Policy { .. })) {
            self.new_policy()?;
        }
        if std::mem::take(&mut self.removed) {
            lists::overwrite(self.db)?;
        }
        self.settle_all()?;
        Ok(last)
    }

    /// Reads off what was touched. Of what comes together the most urgent is told first (R20).
    pub(super) fn settle_all(&mut self) -> Result<()> {
        let mut settled = Vec::new();
        for document in std::mem::take(&mut self.touched) {
            settled.extend(self.settle(document)?);
        }
        settled.sort_by_key(|(urgency, _)| Reverse(*urgency));
        self.events.extend(settled.into_iter().map(|(_, event)| event));
        Ok(())
    }

    fn row(&mut self, number: u64, row: &Row) -> Result<()> {
        match row {
            Row::Change { document, change } => self.change(number, *document, change),
            Row::Own { document, change, .. } => self.own(number, *document, change),
            Row::Held { document, change } => self.held(number, *document, change),
            // The changes of what is granted follow as rows of their own.
            Row::Granted { .. } | Row::Unknown { .. } => Ok(()),
            Row::Withdrawn { document, headline } => self.withdrawn(*document, headline.as_ref()),
            Row::Delivery { document, statement, to, at } => self.delivery(*document, statement, to.as_str(), *at),
            Row::Headline { line } => self.headline(line),
            Row::Prompt { line } => self.prompt(line),
            Row::Match { line } => self.found_match(line),
            Row::Directory { statement } => match directory::store(self.db, &self.me.server_keys, statement)? {
                Ok(()) => Ok(()),
                Err(refusal) => self.distrust(number, None, statement, &refusal),
            },
            // It is in force for all of this page, once its rows are in.
            Row::Policy { version, values } => policy::put(self.db, *version, values),
        }
    }

    /// Rows brought a policy: what was read off by the one before is read off by this one.
    fn new_policy(&mut self) -> Result<()> {
        let policy = policy::current(self.db)?;
        let before = std::mem::replace(&mut self.moment.policy, Arc::new(policy));
        if before.differences(&self.moment.policy).is_empty() {
            return Ok(());
        }
        let reader = Reader { db: self.db, me: self.me, moment: &self.moment };
        for id in lists::records(self.db)? {
            if let Some(row) = changes::document(self.db, id)? {
                let view = changes::view(self.db, &row)?;
                reader.project(&row, &view)?;
            }
        }
        Ok(())
    }

    fn change(&mut self, number: u64, document: RecordId, bytes: &[u8]) -> Result<()> {
        match self.believe(document, bytes)? {
            Ok((row, Verdict::Fits(checked))) => {
                let mut row = row;
                let (saved_at, inbox) = (self.moment.now, Some(number));
                let origin = Origin { own: false, saved_at, inbox, vouched: true };
                changes::insert(self.db, &mut row, &checked, origin)?;
                self.digest.add(document, checked.hash);
                self.received += 1;
                self.touched.insert(document);
                self.seen_by(&row, &checked);
                Ok(())
            }
            Ok((row, Verdict::Known)) => {
                let hash = Candidate::read(bytes, row.template())?.hash;
                self.mark(number, document, &hash).map(drop)
            }
            Ok((_, Verdict::Need(_))) => {
                let refusal = Refusal::new(code::C_DEPS, "a change whose ancestors did not come before it");
                self.distrust(number, Some(document), bytes, &refusal)
            }
            Ok((_, Verdict::Refused(refusal))) | Err(refusal) => self.distrust(number, Some(document), bytes, &refusal),
        }
    }

    /// The same checks the server made: form, place in the document, and every signature by the
    /// keys of the directory.
    pub(super) fn believe(
        &self,
        document: RecordId,
        bytes: &[u8],
    ) -> Result<std::result::Result<(DocRow, Verdict), Refusal>> {
        let row = changes::document(self.db, document)?;
        let candidate = match read(row.as_ref(), bytes) {
            Ok(candidate) => candidate,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let row = match row.map_or_else(|| begun(document, &candidate), Ok) {
            Ok(row) => row,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let held = changes::bytes(self.db, document, &candidate.hash)?.is_some();
        if !held {
            for opened in candidate.statements() {
                if let Err(refusal) = directory::vouch(self.db, self.me, opened)? {
                    return Ok(Err(refusal));
                }
            }
        }
        let verdict = changes::judge(self.db, &row, candidate)?;
        Ok(Ok((row, verdict)))
    }

    fn own(&mut self, number: u64, document: RecordId, change: &ChangeHash) -> Result<()> {
        if !self.mark(number, document, change)? {
            let refusal = Refusal::new(code::C_HASH, "the server names a change of ours that is not here");
            self.distrust(number, Some(document), &change.0, &refusal)?;
        }
        Ok(())
    }

    /// It came ahead of its turn. Where it is not here the page is not taken, and all comes as rows.
    fn held(&mut self, number: u64, document: RecordId, change: &ChangeHash) -> Result<()> {
        if self.mark(number, document, change)? { Ok(()) } else { Err(ahead::missing()) }
    }

    /// Counts a change that is here already from this row on, once; answers whether it is here.
    fn mark(&mut self, number: u64, document: RecordId, change: &ChangeHash) -> Result<bool> {
        let before = changes::inbox_of(self.db, document, change)?;
        if before == Some(None) {
            changes::mark_inbox(self.db, document, change, number)?;
            self.digest.add(document, *change);
        }
        Ok(before.is_some())
    }

    fn withdrawn(&mut self, document: RecordId, headline: Option<&Value>) -> Result<()> {
        for hash in changes::counted(self.db, document)? {
            self.digest.remove(document, hash);
        }
        self.touched.remove(&document);
        if let Some(tombstone) = headline.filter(|line| is_tombstone(line)) {
            return self.erased(document, tombstone);
        }
        let row = changes::document(self.db, document)?;
        let record = row.map_or(document, |row| row.record);
        changes::purge(self.db, document)?;
        if record == document && lists::draft(self.db, record)?.is_none() {
            lists::remove(self.db, record)?;
            self.removed = true;
            if let Some(headline) = headline {
                lists::put(self.db, &line_of(record, headline, Source::Withdrawn, self.moment.now))?;
            }
        }
        let mut event = Event::new(EventKind::Erased, self.moment.now);
        event.id = Some(record);
        self.events.push(event);
        Ok(())
    }

    /// Erased with approval: what a withdrawal would leave goes too. The row of a draft names its record.
    fn erased(&mut self, document: RecordId, tombstone: &Value) -> Result<()> {
        let record = id_of(tombstone, "id").unwrap_or(document);
        erasure::forget(self.db, document, record)?;
        let line = line_of(record, tombstone, Source::Withdrawn, self.moment.now);
        erasure::leave(self.db, &line)?;
        self.removed = true;
        self.settles = true;
        let mut event = Event::new(EventKind::Erased, self.moment.now);
        event.id = Some(record);
        event.kind = Some(line.kind);
        event.status = Some(line.status);
        self.events.push(event);
        Ok(())
    }

    fn delivery(&mut self, document: RecordId, statement: &StatementHash, to: &str, at: Timestamp) -> Result<()> {
        self.db
            .prepare_cached(
                "INSERT OR IGNORE INTO delivery (document, statement, recipient, at) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute((&document.0, &statement.0, to, millis(at)))?;
        let line = lists::line(self.db, document)?;
        let mut event = Event::new(EventKind::Delivered, self.moment.now);
        event.id = Some(document);
        event.kind = line.as_ref().map(|line| line.kind.clone());
        event.status = line.map(|line| line.status);
        event.to = Some(to.to_owned());
        event.statement = Some(*statement);
        self.events.push(event);
        Ok(())
    }

    fn headline(&mut self, value: &Value) -> Result<()> {
        let Some(id) = id_of(value, "id") else { return Ok(()) };
        let held = lists::line(self.db, id)?;
        // A line never stands in the way of the content itself.
        if held.is_none_or(|line| matches!(line.source, Source::Headline | Source::Withdrawn)) {
            lists::put(self.db, &line_of(id, value, Source::Headline, self.moment.now))?;
            let mut event = Event::new(EventKind::RecordChanged, self.moment.now);
            event.id = Some(id);
            self.events.push(event);
        }
        Ok(())
    }

    /// What the rules told this user.
    fn prompt(&mut self, value: &Value) -> Result<()> {
        let Some(id) = id_of(value, "id") else { return Ok(()) };
        let body = in_words(value);
        let due = body.get("due_at").and_then(Json::as_str).and_then(|at| Timestamp::parse(at).ok());
        let ended = body.get("ended").is_some();
        weighed::put_prompt(self.db, id, due.unwrap_or(self.moment.now), ended, &body)?;
        let mut event = Event::new(EventKind::Prompt, self.moment.now);
        event.id = body.get("record").and_then(Json::as_str).and_then(|id| id.parse().ok());
        event.status = Some(String::from(if ended { "ended" } else { "due" }));
        event.code = body.get("code").and_then(Json::as_str).and_then(signed::Code::by_name);
        self.events.push(event);
        Ok(())
    }

    fn found_match(&mut self, value: &Value) -> Result<()> {
        let Some(id) = id_of(value, "id") else { return Ok(()) };
        let body = in_words(value);
        weighed::put_match(self.db, id, &body)?;
        let mut event = Event::new(EventKind::Match, self.moment.now);
        event.id = Some(id);
        event.status = body.get("state").and_then(Json::as_str).map(str::to_owned);
        self.events.push(event);
        Ok(())
    }

    fn distrust(&mut self, number: u64, document: Option<RecordId>, bytes: &[u8], why: &Refusal) -> Result<()> {
        self.db
            .prepare_cached(
                "INSERT OR REPLACE INTO distrusted (inbox, document, code, at, bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((
                int(number),
                document.map(|id| id.0),
                i64::from(why.code.number),
                millis(self.moment.now),
                bytes,
            ))?;
        let mut event = Event::new(EventKind::Quarantined, self.moment.now);
        event.id = document;
        event.code = Some(why.code);
        self.events.push(event);
        Ok(())
    }

    /// Somebody says that they saw it.
    pub(super) fn seen_by(&mut self, row: &DocRow, change: &documents::Checked) {
        for opened in change.statements().filter(|opened| opened.statement.sentence.name() == "confirm_seen") {
            let mut event = Event::new(EventKind::Seen, self.moment.now);
            event.id = Some(row.record);
            event.kind = Some(row.kind.clone());
            event.to = Some(opened.statement.author.to_string());
            event.statement = Some(opened.id);
            self.events.push(event);
        }
    }

    /// Lines and drafts follow once a page is in, however many changes a document got.
    fn settle(&mut self, document: RecordId) -> Result<Option<(Urgency, Event)>> {
        let Some(row) = changes::document(self.db, document)? else { return Ok(None) };
        let view = changes::view(self.db, &row)?;
        let reader = Reader { db: self.db, me: self.me, moment: &self.moment };
        let line = if row.template() == Template::Draft {
            match draft::follow(self.db, &row, &view, self.moment.now)? {
                Some(draft) => reader.project_draft(&draft)?,
                None => return Ok(None),
            }
        } else {
            if lists::draft(self.db, row.record)?.is_some_and(|draft| draft.unflushed == 0) {
                lists::remove_draft(self.db, row.record)?;
            }
            let (line, _) = reader.project(&row, &view)?;
            reader.project_case(&line)?;
            line
        };
        let mut event = Event::new(EventKind::RecordChanged, self.moment.now);
        event.id = Some(line.id);
        event.kind = Some(line.kind);
        event.status = Some(line.status);
        Ok(Some((Urgency::read(&line.urgency), event)))
    }
}

/// Reads a change under its document's template; of an unknown document, under the one it begins
/// with.
fn read(row: Option<&DocRow>, bytes: &[u8]) -> std::result::Result<Candidate, Refusal> {
    let template = match row {
        Some(row) => row.template(),
        None => {
            let deps = Candidate::dependencies(bytes)?;
            let missing = Refusal::new(code::C_DEPS, "a change of a document whose beginning did not come");
            deps.iter().find_map(Template::of_genesis).ok_or(missing)?
        }
    };
    Candidate::read(bytes, template)
}

/// A document as its first change names it.
fn begun(document: RecordId, candidate: &Candidate) -> std::result::Result<DocRow, Refusal> {
    let missing = Refusal::new(code::C_CREATED, "a first change must say what document it begins");
    let opened = candidate.statements().find(|opened| opened.statement.sentence.name() == "created").ok_or(missing)?;
    let created = opened.statement.created()?;
    let record = match created.template {
        Template::Record => document,
        Template::Draft => draft::record_of(&opened.statement.content, document)
            .ok_or(Refusal::new(code::S_RECORD, "a draft of another record than it says"))?,
    };
    Ok(DocRow::new(document, record, created.template, &created.kind, created.compartment))
}

fn id_of(value: &Value, name: &str) -> Option<RecordId> {
    match value.as_map()?.get(name)? {
        Value::Bytes(bytes) => RecordId::from_slice(bytes).ok(),
        Value::Text(text) => text.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Array(_) | Value::Map(_) => None,
    }
}

/// Whether a line says that its record was erased.
fn is_tombstone(line: &Value) -> bool {
    line.as_map().and_then(|map| map.get("status")).and_then(Value::as_text) == Some(erasure::ERASED)
}

/// A line as JSON, its ids as text.
fn in_words(value: &Value) -> Json {
    fn words(value: &Value) -> Json {
        match value {
            Value::Bytes(bytes) => match RecordId::from_slice(bytes) {
                Ok(id) => Json::String(id.to_string()),
                Err(_) => Json::Null,
            },
            Value::Array(items) => Json::Array(items.iter().map(words).collect()),
            Value::Map(map) => Json::Object(map.iter().map(|(name, value)| (name.clone(), words(value))).collect()),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Text(_) => value.to_json(),
        }
    }
    words(value)
}

/// A line the server made, from what it says of itself.
fn line_of(id: RecordId, value: &Value, source: Source, now: Timestamp) -> Line {
    let mut body = value.to_json();
    for name in ["id", "case", "record"] {
        if let (Some(field), Some(id)) = (body.get_mut(name), id_of(value, name)) {
            *field = Json::String(id.to_string());
        }
    }
    let text = |name: &str| body.get(name).and_then(Json::as_str).map(str::to_owned);
    let at = ["time", "since", "recorded_at"].into_iter().find_map(text).and_then(|at| Timestamp::parse(&at).ok());
    let withdrawn = source == Source::Withdrawn;
    Line {
        id,
        source,
        kind: text("kind").unwrap_or_default(),
        case: id_of(value, "case"),
        school: text("school"),
        urgency: text("urgency").unwrap_or_else(|| String::from("standard")),
        status: if withdrawn && text("status").as_deref() == Some("erased") {
            String::from("erased")
        } else if withdrawn {
            String::from("withdrawn")
        } else {
            text("status").unwrap_or_default()
        },
        // All that a PCSO reads of a check.
        title: text("found").map(|found| found.replace('_', " ")).or(text("title")).unwrap_or_default(),
        recorded_at: at.unwrap_or(now),
        sealed: withdrawn,
        open: !withdrawn,
        conflicts: 0,
        body,
    }
}
