//! Rows the rules look at, and what the server told this user.

use rusqlite::Connection;
use serde_json::Value as Json;
use signed::{RecordId, Timestamp};

use records::rules::Row;

use super::{millis, optional};
use crate::error::{Result, damaged};

fn row(text: &str) -> Result<Row> {
    let json = serde_json::from_str(text).ok();
    json.and_then(Row::from_json).ok_or_else(|| damaged("what the rules look at does not read back"))
}

/// Writes the row of a record.
pub(crate) fn put(db: &Connection, row: &Row) -> Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO weighed (id, case_id, body) VALUES (?1, ?2, ?3)")?.execute((
        &row.id.0,
        row.case.map(|id| id.0),
        row.to_json().to_string(),
    ))?;
    Ok(())
}

/// Takes the row of a record away.
pub(crate) fn remove(db: &Connection, id: RecordId) -> Result<()> {
    db.prepare_cached("DELETE FROM weighed WHERE id = ?1")?.execute([&id.0])?;
    Ok(())
}

/// One record's row.
pub(crate) fn get(db: &Connection, id: RecordId) -> Result<Option<Row>> {
    let mut query = db.prepare_cached("SELECT body FROM weighed WHERE id = ?1")?;
    let text: Option<String> = optional(query.query_row([&id.0], |row| row.get(0)))?;
    text.map(|text| row(&text)).transpose()
}

/// The rows of a case.
pub(crate) fn of_case(db: &Connection, case: RecordId) -> Result<Vec<Row>> {
    let mut query = db.prepare_cached("SELECT body FROM weighed WHERE case_id = ?1")?;
    let mut rows = query.query([&case.0])?;
    let mut found = Vec::new();
    while let Some(one) = rows.next()? {
        found.push(row(&one.get::<_, String>(0)?)?);
    }
    Ok(found)
}

const OF_KIND: &str = "SELECT w.body FROM record r CROSS JOIN weighed w ON w.id = r.id
    WHERE r.kind = ?1 AND r.source = 'record' AND (r.open OR NOT ?2) ORDER BY w.id";

/// Records of a kind; with `open`, those that are not ended. The cost is that of the kind: each save asks this.
pub(crate) fn of_kind(db: &Connection, kind: &str, open: bool) -> Result<Vec<Row>> {
    let mut query = db.prepare_cached(OF_KIND)?;
    let mut rows = query.query((kind, open))?;
    let mut found = Vec::new();
    while let Some(one) = rows.next()? {
        found.push(row(&one.get::<_, String>(0)?)?);
    }
    Ok(found)
}

/// Every row.
pub(crate) fn all(db: &Connection) -> Result<Vec<Row>> {
    let mut query = db.prepare_cached("SELECT body FROM weighed ORDER BY id")?;
    let mut rows = query.query([])?;
    let mut found = Vec::new();
    while let Some(one) = rows.next()? {
        found.push(row(&one.get::<_, String>(0)?)?);
    }
    Ok(found)
}

/// Records of a case that stand here and have no row yet.
pub(crate) fn unread(db: &Connection, case: RecordId) -> Result<Vec<RecordId>> {
    let mut query = db.prepare_cached(
        "SELECT r.id FROM record r WHERE r.case_id = ?1 AND r.source = 'record'
         AND NOT EXISTS (SELECT 1 FROM weighed w WHERE w.id = r.id)",
    )?;
    let mut rows = query.query([&case.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(RecordId(row.get(0)?));
    }
    Ok(found)
}

/// Cases in which something is open here.
pub(crate) fn open_cases(db: &Connection) -> Result<Vec<RecordId>> {
    let mut query = db.prepare_cached(
        "SELECT DISTINCT case_id FROM record WHERE case_id IS NOT NULL AND source = 'record' AND open ORDER BY case_id",
    )?;
    let mut rows = query.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(RecordId(row.get(0)?));
    }
    Ok(found)
}

/// Keeps a prompt the server told; the same id again replaces it.
pub(crate) fn put_prompt(db: &Connection, id: RecordId, due: Timestamp, ended: bool, body: &Json) -> Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO prompt (id, due, ended, body) VALUES (?1, ?2, ?3, ?4)")?.execute((
        &id.0,
        millis(due),
        ended,
        body.to_string(),
    ))?;
    Ok(())
}

/// Prompts that are not over, by time.
pub(crate) fn prompts(db: &Connection) -> Result<Vec<Json>> {
    texts(db, "SELECT body FROM prompt WHERE NOT ended ORDER BY due, id")
}

/// Every prompt that was told, also what is over, by time: when it was due, whether it is over, and itself.
pub(crate) fn prompts_told(db: &Connection) -> Result<Vec<(Timestamp, bool, Json)>> {
    let mut query = db.prepare_cached("SELECT due, ended, body FROM prompt ORDER BY due, id")?;
    let mut rows = query.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let text: String = row.get(2)?;
        let body = serde_json::from_str(&text).map_err(|_| damaged("what the server told does not read back"))?;
        found.push((Timestamp::from_millis(row.get(0)?), row.get(1)?, body));
    }
    Ok(found)
}

/// Keeps a possible match; the same id again replaces it.
pub(crate) fn put_match(db: &Connection, id: RecordId, body: &Json) -> Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO possible_match (id, body) VALUES (?1, ?2)")?
        .execute((&id.0, body.to_string()))?;
    Ok(())
}

/// Every possible match that was told.
pub(crate) fn matches(db: &Connection) -> Result<Vec<Json>> {
    texts(db, "SELECT body FROM possible_match ORDER BY id")
}

fn texts(db: &Connection, sql: &str) -> Result<Vec<Json>> {
    let mut query = db.prepare_cached(sql)?;
    let mut rows = query.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let text: String = row.get(0)?;
        found.push(serde_json::from_str(&text).map_err(|_| damaged("what the server told does not read back"))?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::migrate::migrate;

    #[test]
    fn what_each_save_asks_reads_no_table_as_a_whole() {
        let mut db = Connection::open_in_memory().unwrap();
        migrate(&mut db).unwrap();
        let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {OF_KIND}")).unwrap();
        let steps = plan.query_map(("absence", true), |row| row.get::<_, String>(3)).unwrap();
        let steps: Vec<String> = steps.map(|step| step.unwrap()).collect();
        assert!(steps.iter().any(|step| step.contains("record_kind")), "{steps:?}");
        assert!(!steps.iter().any(|step| step.starts_with("SCAN")), "{steps:?}");
    }
}
