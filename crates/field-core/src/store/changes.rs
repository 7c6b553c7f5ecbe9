//! Documents and their changes.

use std::collections::BTreeMap;

use documents::{
    Candidate, ChangeInfo, Checked, Clock, Declaration, DocState, Document, Dot, History, Template, Verdict, View,
    check, declaration::Undeclared,
};
use rusqlite::Connection;
use signed::digest::AudienceDigest;
use signed::{ActorId, ChangeHash, RecordId, StatementHash, Timestamp};

use super::{fixed, int, media, millis, optional, uint};
use crate::error::{FieldError, Result, damaged};

/// A document's row.
#[derive(Clone, Debug)]
pub(crate) struct DocRow {
    pub(crate) id: RecordId,
    pub(crate) record: RecordId,
    pub(crate) kind: String,
    pub(crate) compartment: String,
    pub(crate) state: DocState,
}

impl DocRow {
    /// A document nothing is stored of yet.
    pub(crate) fn new(id: RecordId, record: RecordId, template: Template, kind: &str, compartment: String) -> Self {
        Self { id, record, kind: kind.to_owned(), compartment, state: DocState::new(template) }
    }

    pub(crate) fn template(&self) -> Template {
        self.state.template
    }
}

pub(crate) fn document(db: &Connection, id: RecordId) -> Result<Option<DocRow>> {
    let mut query = db.prepare_cached("SELECT record, kind, compartment, state FROM document WHERE id = ?1")?;
    let row = query
        .query_row([&id.0], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get(1)?, row.get(2)?, row.get::<_, Vec<u8>>(3)?)));
    let Some((record, kind, compartment, state)) = optional(row)? else { return Ok(None) };
    let state = DocState::from_bytes(&state).map_err(|_| damaged("a document's state does not read back"))?;
    Ok(Some(DocRow { id, record: RecordId(fixed(&record)?), kind, compartment, state }))
}

/// Ids of all documents (or of one record's).
pub(crate) fn documents_of(db: &Connection, record: Option<RecordId>) -> Result<Vec<RecordId>> {
    let mut query = db.prepare_cached("SELECT id FROM document WHERE ?1 IS NULL OR record = ?1 ORDER BY id")?;
    let mut rows = query.query([record.map(|id| id.0)])?;
    let mut ids = Vec::new();
    while let Some(row) = rows.next()? {
        ids.push(RecordId(row.get(0)?));
    }
    Ok(ids)
}

/// The declaration changes of this kind are checked against.
pub(crate) fn declaration(kind: &str) -> &'static dyn Declaration {
    match records::kind(kind) {
        Some(kind) => kind,
        None => &Undeclared,
    }
}

struct Stored<'a> {
    db: &'a Connection,
    document: RecordId,
}

impl History for Stored<'_> {
    type Error = FieldError;

    fn change(&self, hash: &ChangeHash) -> Result<Option<ChangeInfo>> {
        let mut query =
            self.db.prepare_cached("SELECT actor, seq, max_op, clock FROM change WHERE document = ?1 AND hash = ?2")?;
        let row = query.query_row((&self.document.0, &hash.0), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, Vec<u8>>(3)?))
        });
        optional(row)?.map(|(actor, seq, max_op, clock)| info(actor, seq, max_op, &clock)).transpose()
    }

    fn operation(&self, key: &str, counter: u64, actor: &ActorId) -> Result<Option<u64>> {
        let mut query = self.db.prepare_cached(
            "SELECT seq FROM operation WHERE document = ?1 AND key = ?2 AND counter = ?3 AND actor = ?4",
        )?;
        let row = query.query_row((&self.document.0, key, int(counter), &actor.0), |row| row.get(0));
        Ok(optional(row)?.map(uint))
    }
}

fn info(actor: [u8; 16], seq: i64, max_op: i64, clock: &[u8]) -> Result<ChangeInfo> {
    let clock = Clock::from_bytes(clock).ok_or_else(|| damaged("a change's clock does not read back"))?;
    Ok(ChangeInfo { actor: ActorId(actor), seq: uint(seq), max_op: uint(max_op), clock })
}

/// Whether a change fits its document: the same question for our own and for everybody's.
pub(crate) fn judge(db: &Connection, row: &DocRow, candidate: Candidate) -> Result<Verdict> {
    let history = Stored { db, document: row.id };
    check(candidate, row.id, &row.state, &history, declaration(&row.kind), records::RULES_VERSION)
}

/// What is known of how a change came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) own: bool,
    pub(crate) saved_at: Timestamp,
    pub(crate) inbox: Option<u64>,
    /// Whether the signatures in it were found to hold.
    pub(crate) vouched: bool,
}

/// Takes a change that fits into the document.
pub(crate) fn insert(db: &Connection, row: &mut DocRow, change: &Checked, origin: Origin) -> Result<()> {
    row.state.apply(change);
    db.prepare_cached(
        "INSERT INTO change (document, hash, actor, seq, max_op, clock, bytes, own, saved_at, inbox)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute((
        &row.id.0,
        &change.hash.0,
        &change.actor.0,
        int(change.seq),
        int(change.max_op),
        change.clock.to_bytes(),
        &change.bytes,
        origin.own,
        millis(origin.saved_at),
        origin.inbox.map(int),
    ))?;
    for (key, counter) in change.operations() {
        db.prepare_cached("INSERT INTO operation (document, key, counter, actor, seq) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute((&row.id.0, key, int(counter), &change.actor.0, int(change.seq)))?;
    }
    for (position, opened) in (0_i64..).zip(change.statements()) {
        db.prepare_cached(
            "INSERT OR IGNORE INTO statement (id, document, change, position, name, author, at, holds)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute((
            &opened.id.0,
            &row.id.0,
            &change.hash.0,
            position,
            opened.statement.sentence.name(),
            opened.statement.author.as_str(),
            millis(opened.statement.device_at),
            origin.vouched.then_some(1),
        ))?;
        if row.id == row.record {
            media::said(db, row.record, &row.kind, opened)?;
        }
    }
    save_state(db, row)
}

fn save_state(db: &Connection, row: &DocRow) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO document (id, record, template, kind, compartment, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (id) DO UPDATE SET state = ?6",
    )?
    .execute((
        &row.id.0,
        &row.record.0,
        row.template().as_str(),
        &row.kind,
        &row.compartment,
        row.state.to_bytes(),
    ))?;
    Ok(())
}

/// One stored change.
pub(crate) struct StoredChange {
    pub(crate) hash: ChangeHash,
    pub(crate) bytes: Vec<u8>,
    pub(crate) info: ChangeInfo,
    pub(crate) own: bool,
    pub(crate) saved_at: Timestamp,
    pub(crate) inbox: Option<u64>,
    pub(crate) received: Option<i64>,
}

/// Every change of a document, ancestors first.
pub(crate) fn changes(db: &Connection, document: RecordId) -> Result<Vec<StoredChange>> {
    let mut query = db.prepare_cached(
        "SELECT hash, actor, seq, max_op, clock, bytes, own, saved_at, inbox, received
         FROM change WHERE document = ?1 ORDER BY place",
    )?;
    let mut rows = query.query([&document.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let clock: Vec<u8> = row.get(4)?;
        found.push(StoredChange {
            hash: ChangeHash(row.get(0)?),
            bytes: row.get(5)?,
            info: info(row.get(1)?, row.get(2)?, row.get(3)?, &clock)?,
            own: row.get(6)?,
            saved_at: Timestamp::from_millis(row.get(7)?),
            inbox: row.get::<_, Option<i64>>(8)?.map(uint),
            received: row.get(9)?,
        });
    }
    Ok(found)
}

/// What is kept of each change of a document.
pub(crate) fn infos(db: &Connection, document: RecordId) -> Result<BTreeMap<ChangeHash, ChangeInfo>> {
    let mut query = db.prepare_cached("SELECT hash, actor, seq, max_op, clock FROM change WHERE document = ?1")?;
    let mut rows = query.query([&document.0])?;
    let mut found = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let clock: Vec<u8> = row.get(4)?;
        found.insert(ChangeHash(row.get(0)?), info(row.get(1)?, row.get(2)?, row.get(3)?, &clock)?);
    }
    Ok(found)
}

/// Past every row.
const AHEAD_PLACE: u64 = 1 << 62;

/// What a document says.
pub(crate) fn view(db: &Connection, row: &DocRow) -> Result<View> {
    said(row.template(), &changes(db, row.id)?)
}

/// What these changes of a document say. Only a draft's words need automerge; of a record both readings are the
/// same, and the one without it is several times faster.
pub(crate) fn said(template: Template, stored: &[StoredChange]) -> Result<View> {
    let parts = stored.iter().map(|change| (change.bytes.as_slice(), change.info.clone()));
    let view = match template {
        Template::Record => View::of_kept(parts),
        Template::Draft => Document::load(template, parts).and_then(|document| document.view()),
    };
    let mut view = view.map_err(|_| damaged("a stored document does not read back"))?;
    for (number, change) in (0_u64..).zip(stored) {
        // What came ahead of its turn came in the server's order, behind what has a row.
        let ahead = (!change.own).then_some(AHEAD_PLACE + number);
        if let Some(place) = change.inbox.or(ahead) {
            view.taken(Dot { actor: change.info.actor, seq: change.info.seq }, place);
        }
    }
    Ok(view)
}

/// The bytes of one change.
pub(crate) fn bytes(db: &Connection, document: RecordId, hash: &ChangeHash) -> Result<Option<Vec<u8>>> {
    let mut query = db.prepare_cached("SELECT bytes FROM change WHERE document = ?1 AND hash = ?2")?;
    optional(query.query_row((&document.0, &hash.0), |row| row.get(0)))
}

/// Statements in a change, in their order.
pub(crate) fn statements_of(db: &Connection, document: RecordId, change: &ChangeHash) -> Result<Vec<StatementHash>> {
    let mut query =
        db.prepare_cached("SELECT id FROM statement WHERE change = ?2 AND document = ?1 ORDER BY position")?;
    let mut rows = query.query((&document.0, &change.0))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(StatementHash(row.get(0)?));
    }
    Ok(found)
}

/// How many statements a document holds.
pub(crate) fn statement_count(db: &Connection, document: RecordId) -> Result<i64> {
    let mut query = db.prepare_cached("SELECT count(*) FROM statement WHERE document = ?1")?;
    Ok(query.query_row([&document.0], |row| row.get(0))?)
}

/// Notes by which inbox row a change came (back); answers whether it is here.
pub(crate) fn mark_inbox(db: &Connection, document: RecordId, hash: &ChangeHash, row: u64) -> Result<bool> {
    let marked = db
        .prepare_cached("UPDATE change SET inbox = coalesce(inbox, ?3) WHERE document = ?1 AND hash = ?2")?
        .execute((&document.0, &hash.0, int(row)))?;
    Ok(marked > 0)
}

/// Whether a change is here (outer), and since which row it counts (inner).
pub(crate) fn inbox_of(db: &Connection, document: RecordId, hash: &ChangeHash) -> Result<Option<Option<u64>>> {
    let mut query = db.prepare_cached("SELECT inbox FROM change WHERE document = ?1 AND hash = ?2")?;
    let row = query.query_row((&document.0, &hash.0), |row| row.get::<_, Option<i64>>(0));
    Ok(optional(row)?.map(|inbox| inbox.map(uint)))
}

/// Changes of a document that count in the digest.
pub(crate) fn counted(db: &Connection, document: RecordId) -> Result<Vec<ChangeHash>> {
    let mut query = db.prepare_cached("SELECT hash FROM change WHERE document = ?1 AND inbox IS NOT NULL")?;
    let mut rows = query.query([&document.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(ChangeHash(row.get(0)?));
    }
    Ok(found)
}

/// The length of an own change that is here.
pub(crate) fn own_bytes(db: &Connection, document: RecordId, hash: &ChangeHash) -> Result<Option<usize>> {
    let mut query = db.prepare_cached("SELECT length(bytes) FROM change WHERE document = ?1 AND hash = ?2 AND own")?;
    let length: Option<i64> = optional(query.query_row((&document.0, &hash.0), |row| row.get(0)))?;
    Ok(length.map(|length| usize::try_from(length).unwrap_or(0)))
}

/// The digest over everything that came by rows, at the cursor.
pub(crate) fn audience_digest(db: &Connection) -> Result<AudienceDigest> {
    let mut query = db.prepare_cached("SELECT document, hash FROM change WHERE inbox IS NOT NULL")?;
    let mut rows = query.query([])?;
    let mut digest = AudienceDigest::default();
    while let Some(row) = rows.next()? {
        digest.add(RecordId(row.get(0)?), ChangeHash(row.get(1)?));
    }
    Ok(digest)
}

/// Takes everything of a document away but its own unsent changes' bytes, which still have to be
/// sent. `secure_delete` overwrites what was freed.
pub(crate) fn purge(db: &Connection, document: RecordId) -> Result<()> {
    let unsent = "EXISTS (SELECT 1 FROM outbox o WHERE o.document = change.document AND o.change = change.hash)";
    db.execute(&format!("DELETE FROM change WHERE document = ?1 AND NOT {unsent}"), [&document.0])?;
    for table in ["operation", "delivery"] {
        db.execute(&format!("DELETE FROM {table} WHERE document = ?1"), [&document.0])?;
    }
    db.execute("DELETE FROM opened WHERE statement IN (SELECT id FROM statement WHERE document = ?1)", [&document.0])?;
    // A frame that waits for its receipt needs the names of the statements in it.
    db.execute(
        "DELETE FROM statement WHERE document = ?1
         AND NOT EXISTS (SELECT 1 FROM change c WHERE c.document = ?1 AND c.hash = statement.change)",
        [&document.0],
    )?;
    db.execute("DELETE FROM distrusted WHERE document = ?1", [&document.0])?;
    db.execute("DELETE FROM document WHERE id = ?1", [&document.0])?;
    media::purge(db, document)
}

/// Puts a document's rows together anew from these changes, in this order; the others are gone.
pub(crate) fn rebuild(db: &Connection, row: &DocRow, keep: &[StoredChange]) -> Result<DocRow> {
    for table in ["change", "operation", "statement"] {
        db.execute(&format!("DELETE FROM {table} WHERE document = ?1"), [&row.id.0])?;
    }
    if row.id == row.record {
        media::unsay(db, row.record)?;
    }
    let mut anew = DocRow::new(row.id, row.record, row.template(), &row.kind, row.compartment.clone());
    for change in keep {
        let candidate = Candidate::read(&change.bytes, row.template())?;
        let Verdict::Fits(checked) = judge(db, &anew, candidate)? else {
            return Err(damaged("a stored change does not fit its document"));
        };
        let origin = Origin { own: change.own, saved_at: change.saved_at, inbox: change.inbox, vouched: false };
        insert(db, &mut anew, &checked, origin)?;
        db.prepare_cached("UPDATE change SET received = ?3 WHERE document = ?1 AND hash = ?2")?.execute((
            &row.id.0,
            &change.hash.0,
            change.received,
        ))?;
    }
    save_state(db, &anew)?;
    Ok(anew)
}

/// When the server signed for a change, as far as this device knows.
pub(crate) fn received(db: &Connection, document: RecordId, dot: &documents::Dot) -> Result<Option<Timestamp>> {
    let mut query = db.prepare_cached("SELECT received FROM change WHERE document = ?1 AND actor = ?2 AND seq = ?3")?;
    let at = optional(query.query_row((&document.0, &dot.actor.0, int(dot.seq)), |row| row.get::<_, Option<i64>>(0)))?;
    Ok(at.flatten().map(Timestamp::from_millis))
}
