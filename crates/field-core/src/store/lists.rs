//! Lines of records, and the full-text index. Neither ever loads a document.

use rusqlite::{Connection, Row};
use serde_json::Value as Json;
use signed::{RecordId, Timestamp, code};

use super::{millis, optional};
use crate::error::{FieldError, Result, damaged};
use crate::types::ListFilter;

/// Bytes of one record's words in the index.
const WORDS_BYTES_MAX: usize = 256 * 1024;
/// Words of one search.
const TERMS_MAX: usize = 32;

/// Where a line comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// An unsealed draft of this user.
    Draft,
    /// A record whose content is here.
    Record,
    /// A line the server made about a record whose content is not here.
    Headline,
    /// A record that was withdrawn.
    Withdrawn,
}

impl Source {
    fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Record => "record",
            Self::Headline => "headline",
            Self::Withdrawn => "withdrawn",
        }
    }

    fn read(text: &str) -> Self {
        match text {
            "draft" => Self::Draft,
            "headline" => Self::Headline,
            "withdrawn" => Self::Withdrawn,
            _ => Self::Record,
        }
    }
}

/// One line.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) id: RecordId,
    pub(crate) source: Source,
    pub(crate) kind: String,
    pub(crate) case: Option<RecordId>,
    pub(crate) school: Option<String>,
    pub(crate) urgency: String,
    pub(crate) status: String,
    pub(crate) title: String,
    pub(crate) recorded_at: Timestamp,
    pub(crate) sealed: bool,
    pub(crate) open: bool,
    pub(crate) conflicts: u64,
    pub(crate) body: Json,
}

const COLUMNS: &str = "r.id, r.source, r.kind, r.case_id, r.school, r.urgency, r.status, r.title, r.recorded_at, r.sealed, r.open, r.conflicts";

fn read(row: &Row<'_>) -> rusqlite::Result<Line> {
    let source: String = row.get(1)?;
    Ok(Line {
        id: RecordId(row.get(0)?),
        source: Source::read(&source),
        kind: row.get(2)?,
        case: row.get::<_, Option<[u8; 16]>>(3)?.map(RecordId),
        school: row.get(4)?,
        urgency: row.get(5)?,
        status: row.get(6)?,
        title: row.get(7)?,
        recorded_at: Timestamp::from_millis(row.get(8)?),
        sealed: row.get(9)?,
        open: row.get(10)?,
        conflicts: super::uint(row.get(11)?),
        body: Json::Null,
    })
}

/// The same with the body, which a list never needs.
fn read_whole(row: &Row<'_>) -> rusqlite::Result<Line> {
    let body: String = row.get(12)?;
    Ok(Line { body: serde_json::from_str(&body).unwrap_or(Json::Null), ..read(row)? })
}

/// Writes a record's line and its words.
pub(crate) fn put(db: &Connection, line: &Line) -> Result<()> {
    let body = line.body.to_string();
    let before = self::line(db, line.id)?.map(|held| words_of(&held.title, &held.body));
    let number: i64 = db
        .prepare_cached(
            "INSERT INTO record (id, source, kind, case_id, school, urgency, status, title, recorded_at, sealed, open,
                                 conflicts, body, number)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,
                     CASE WHEN ?14 THEN min(0, coalesce((SELECT min(number) FROM record), 0)) - 1 END)
             ON CONFLICT (id) DO UPDATE SET source = ?2, kind = ?3, case_id = ?4, school = ?5, urgency = ?6,
                 status = ?7, title = ?8, recorded_at = ?9, sealed = ?10, open = ?11, conflicts = ?12, body = ?13
             RETURNING number",
        )?
        .query_row(
            rusqlite::params![
                &line.id.0,
                line.source.as_str(),
                &line.kind,
                line.case.map(|id| id.0),
                &line.school,
                &line.urgency,
                &line.status,
                &line.title,
                millis(line.recorded_at),
                line.sealed,
                line.open,
                super::int(line.conflicts),
                &body,
                by_rule(line.id),
            ],
            |row| row.get(0),
        )?;
    // A step or an edit leaves most words as they were, and the index is the dearest part of a save.
    let words = words_of(&line.title, &line.body);
    if before.as_ref() != Some(&words) {
        db.prepare_cached("DELETE FROM search WHERE rowid = ?1")?.execute([number])?;
        db.prepare_cached("INSERT INTO search (rowid, words) VALUES (?1, ?2)")?.execute((number, words))?;
    }
    Ok(())
}

/// Whether a rule made the record: its id is derived. Of the same moment, it is listed after what it was
/// made for.
fn by_rule(id: RecordId) -> bool {
    id.0.get(6).is_some_and(|byte| byte >> 4 == 5)
}

fn words_of(title: &str, body: &Json) -> String {
    let mut words = title.to_owned();
    gather(body, &mut words);
    words
}

/// Every text of a body, one after the other; ids are not words.
fn gather(value: &Json, words: &mut String) {
    match value {
        Json::String(text) if words.len() + text.len() < WORDS_BYTES_MAX => {
            words.push('\n');
            words.push_str(text);
        }
        Json::String(_) | Json::Null | Json::Bool(_) | Json::Number(_) => {}
        Json::Array(items) => items.iter().for_each(|item| gather(item, words)),
        Json::Object(map) => map.iter().filter(|(name, _)| *name != "id").for_each(|(_, value)| gather(value, words)),
    }
}

/// Takes a record's line and words away; [`overwrite`] is to follow in the same transaction.
pub(crate) fn remove(db: &Connection, id: RecordId) -> Result<()> {
    db.execute("DELETE FROM search WHERE rowid IN (SELECT number FROM record WHERE id = ?1)", [&id.0])?;
    db.execute("DELETE FROM record WHERE id = ?1", [&id.0])?;
    super::weighed::remove(db, id)?;
    Ok(())
}

/// Overwrites what was freed in the index. The cost is that of the index: once, however much was removed.
pub(crate) fn overwrite(db: &Connection) -> Result<()> {
    db.execute("INSERT INTO search (search) VALUES ('optimize')", [])?;
    Ok(())
}

pub(crate) fn line(db: &Connection, id: RecordId) -> Result<Option<Line>> {
    let mut query = db.prepare_cached(&format!("SELECT {COLUMNS}, r.body FROM record r WHERE id = ?1"))?;
    optional(query.query_row([&id.0], read_whole))
}

/// A line as a list shows it, without its body.
pub(crate) fn headline(db: &Connection, id: RecordId) -> Result<Option<Line>> {
    let mut query = db.prepare_cached(&format!("SELECT {COLUMNS} FROM record r WHERE id = ?1"))?;
    optional(query.query_row([&id.0], read))
}

/// Lines that pass the filter, newest first, without their bodies. The cost is that of the lines that
/// are looked at, of one kind or case where that is asked, from the newest or from where the last page ended.
pub(crate) fn list(db: &Connection, filter: &ListFilter) -> Result<Vec<Line>> {
    let (at, number) = match filter.before {
        Some(id) => place(db, id)?,
        None => (i64::MAX, i64::MAX),
    };
    let kind = if filter.kind.is_some() { "kind = ?1" } else { "?1 IS NULL" };
    let of_case = if filter.case.is_some() { "case_id = ?2" } else { "?2 IS NULL" };
    // What waits is gathered once, not looked for line by line.
    let mut query = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM record r
         WHERE {kind} AND {of_case} AND (NOT ?3 OR open)
           AND (NOT ?4 OR r.id IN (SELECT coalesce(d.record, o.document)
                                   FROM outbox o LEFT JOIN document d ON d.id = o.document))
           AND (recorded_at, number) < (?5, ?6)
         ORDER BY recorded_at DESC, number DESC LIMIT ?7"
    ))?;
    let limit = filter.limit.map_or(-1, i64::from);
    let case = filter.case.map(|id| id.0);
    let mut rows = query.query((&filter.kind, case, filter.open, filter.unsent, at, number, limit))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// Where a record stands in the order of lists.
fn place(db: &Connection, id: RecordId) -> Result<(i64, i64)> {
    let mut query = db.prepare_cached("SELECT recorded_at, number FROM record WHERE id = ?1")?;
    let found = optional(query.query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?))))?;
    found.ok_or_else(|| FieldError::new(code::I_NOT_FOUND, "no such record on this device"))
}

/// Every record whose document is held here.
pub(crate) fn records(db: &Connection) -> Result<Vec<RecordId>> {
    let mut query = db.prepare_cached("SELECT id FROM record WHERE source = 'record' ORDER BY number")?;
    let mut rows = query.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(RecordId(row.get(0)?));
    }
    Ok(found)
}

/// What a case holds here, drafts apart.
pub(crate) fn ids_of_case(db: &Connection, case: RecordId) -> Result<Vec<RecordId>> {
    let mut query =
        db.prepare_cached("SELECT id FROM record WHERE case_id = ?1 AND source <> 'draft' ORDER BY number")?;
    let mut rows = query.query([&case.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(RecordId(row.get(0)?));
    }
    Ok(found)
}

/// Lines of a case, with their bodies.
pub(crate) fn of_case(db: &Connection, case: RecordId) -> Result<Vec<Line>> {
    let sql = format!("SELECT {COLUMNS}, r.body FROM record r WHERE case_id = ?1 ORDER BY number");
    let mut query = db.prepare_cached(&sql)?;
    let mut rows = query.query([&case.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read_whole(row)?);
    }
    Ok(found)
}

/// Lines of drafts of a case, without their bodies.
pub(crate) fn drafts_of(db: &Connection, case: RecordId) -> Result<Vec<Line>> {
    let sql = format!("SELECT {COLUMNS} FROM record r WHERE case_id = ?1 AND source = 'draft' ORDER BY number");
    let mut query = db.prepare_cached(&sql)?;
    let mut rows = query.query([&case.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// Lines whose words hold every word of the text (or its beginning), best first.
pub(crate) fn search(db: &Connection, text: &str) -> Result<Vec<Line>> {
    let terms: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(TERMS_MAX)
        .map(|word| format!("\"{word}\"*"))
        .collect();
    if terms.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM search JOIN record r ON r.number = search.rowid
         WHERE search MATCH ?1 ORDER BY rank, r.recorded_at DESC"
    ))?;
    let mut rows = query.query([terms.join(" ")])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// A draft's autosaved row.
#[derive(Clone, Debug)]
pub(crate) struct DraftRow {
    pub(crate) record: RecordId,
    pub(crate) kind: String,
    pub(crate) body: Json,
    pub(crate) created_at: Timestamp,
    pub(crate) changed_at: Timestamp,
    pub(crate) unflushed: u64,
}

pub(crate) fn draft(db: &Connection, record: RecordId) -> Result<Option<DraftRow>> {
    let mut query =
        db.prepare_cached("SELECT kind, body, created_at, changed_at, unflushed FROM draft WHERE record = ?1")?;
    let row = query.query_row([&record.0], |row| {
        Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
    });
    let Some((kind, body, created_at, changed_at, unflushed)) = optional(row)? else { return Ok(None) };
    let body = serde_json::from_str(&body).map_err(|_| damaged("a draft does not read back"))?;
    Ok(Some(DraftRow {
        record,
        kind,
        body,
        created_at: Timestamp::from_millis(created_at),
        changed_at: Timestamp::from_millis(changed_at),
        unflushed: super::uint(unflushed),
    }))
}

pub(crate) fn put_draft(db: &Connection, row: &DraftRow) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO draft (record, kind, body, created_at, changed_at, unflushed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (record) DO UPDATE SET body = ?3, changed_at = ?5, unflushed = ?6",
    )?
    .execute((
        &row.record.0,
        &row.kind,
        row.body.to_string(),
        millis(row.created_at),
        millis(row.changed_at),
        super::int(row.unflushed),
    ))?;
    Ok(())
}

pub(crate) fn remove_draft(db: &Connection, record: RecordId) -> Result<()> {
    db.execute("DELETE FROM draft WHERE record = ?1", [&record.0])?;
    Ok(())
}

/// Drafts with words that are not in a draft change yet and were not touched since a time.
pub(crate) fn stale_drafts(db: &Connection, untouched_since: Option<Timestamp>) -> Result<Vec<RecordId>> {
    let mut query =
        db.prepare_cached("SELECT record FROM draft WHERE unflushed > 0 AND (?1 IS NULL OR changed_at <= ?1)")?;
    let mut rows = query.query([untouched_since.map(millis)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(RecordId(row.get(0)?));
    }
    Ok(found)
}
