//! The audit chain: every collection, alteration, consultation, disclosure, combination and
//! erasure (Data Protection Act 2018 s.62), and every administrative act. Each entry's hash covers
//! the one before it, from the first entry on.

use signed::cbor::{self, CborError, Fields, Value};
use signed::digest::sha256_of;
use signed::{DeviceId, RecordId, Timestamp, UserId};

use super::types::{AuditFilter, AuditRow};
use crate::error::ServerError;
use crate::store::rows::AuditEntry;
use crate::store::{Reading, StoreError, Writing};

/// Entries read at a time.
const STEP: usize = 1000;

/// An entry to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Note<'a> {
    pub(crate) operation: &'a str,
    pub(crate) who: &'a str,
    pub(crate) device: Option<DeviceId>,
    pub(crate) to: Option<&'a UserId>,
    pub(crate) records: &'a [RecordId],
    pub(crate) why: &'a str,
}

impl<'a> Note<'a> {
    /// An act of whoever operates the server.
    pub(crate) fn admin(why: &'a str) -> Self {
        Self { operation: "admin", who: "operator", device: None, to: None, records: &[], why }
    }

    pub(crate) fn about(self, user: &'a UserId) -> Self {
        Self { to: Some(user), ..self }
    }

    pub(crate) fn on(self, records: &'a [RecordId]) -> Self {
        Self { records, ..self }
    }
}

/// Appends an entry.
pub(crate) fn append(tx: &mut dyn Writing, now: Timestamp, note: Note<'_>) -> Result<(), ServerError> {
    append_change(tx, now, note, &[])
}

/// Appends an entry about settings, with the names of those that changed.
pub(crate) fn append_change(
    tx: &mut dyn Writing,
    now: Timestamp,
    note: Note<'_>,
    changed: &[&str],
) -> Result<(), ServerError> {
    let (last, previous) = tx.audit_tip()?;
    let mut map = cbor::Map::new();
    let mut put = |name: &str, value| map.insert(name.to_owned(), value);
    put("number", Value::uint(last + 1));
    put("at", Value::text(now.to_string()));
    put("operation", Value::text(note.operation));
    put("who", Value::text(note.who));
    put("why", Value::text(note.why));
    put("records", Value::Array(note.records.iter().map(|id| Value::bytes(id.0)).collect()));
    if let Some(device) = note.device {
        put("device", Value::bytes(device.0));
    }
    if let Some(to) = note.to {
        put("to", Value::text(to.as_str()));
    }
    if !changed.is_empty() {
        put("changed", Value::Array(changed.iter().map(|name| Value::text(*name)).collect()));
    }
    let body = cbor::encode(&Value::Map(map));
    let hash = chain(&previous, &body);
    Ok(tx.append_audit(&AuditEntry { number: last + 1, at: now, body, hash })?)
}

/// The hash of an entry after the one with this hash.
pub(crate) fn chain(previous: &[u8; 32], body: &[u8]) -> [u8; 32] {
    sha256_of(&[previous, body])
}

/// Entries, oldest first.
pub(crate) fn list(tx: &dyn Reading, filter: &AuditFilter) -> Result<Vec<AuditRow>, ServerError> {
    let (mut rows, mut after) = (Vec::new(), 0);
    loop {
        let entries = tx.audit(after, STEP)?;
        let Some(last) = entries.last() else { return Ok(rows) };
        after = last.number;
        for entry in &entries {
            let row = read(entry).map_err(|_| StoreError::Damaged)?;
            if wanted(&row, filter) {
                rows.push(row);
            }
        }
    }
}

/// Everything of the chain that breaks it, entry by entry.
pub(crate) fn each(tx: &dyn Reading, mut found: impl FnMut(&AuditEntry, Option<&AuditRow>)) -> Result<(), ServerError> {
    let mut after = 0;
    loop {
        let entries = tx.audit(after, STEP)?;
        let Some(last) = entries.last() else { return Ok(()) };
        after = last.number;
        for entry in &entries {
            found(entry, read(entry).ok().as_ref());
        }
    }
}

fn wanted(row: &AuditRow, filter: &AuditFilter) -> bool {
    let user = |user: &UserId| row.who == user.as_str() || row.to.as_ref() == Some(user);
    filter.record.is_none_or(|record| row.records.contains(&record))
        && filter.user.as_ref().is_none_or(user)
        && filter.since.is_none_or(|since| row.at >= since)
}

fn read(entry: &AuditEntry) -> Result<AuditRow, CborError> {
    let mut fields = Fields::of(cbor::decode(&entry.body)?)?;
    let device = fields.optional("device").map(|value| value.as_bytes().map(DeviceId::from_slice));
    let device = match device {
        None => None,
        Some(Some(Ok(device))) => Some(device),
        Some(_) => return Err(CborError::Shape),
    };
    let to = match fields.optional("to") {
        None => None,
        Some(value) => {
            let text = value.as_text().ok_or(CborError::Shape)?;
            Some(UserId::new(text).map_err(|_| CborError::Shape)?)
        }
    };
    let changed = match fields.optional("changed") {
        None => Vec::new(),
        Some(value) => {
            let names = value.as_array().ok_or(CborError::Shape)?.iter().map(Value::as_text);
            names.map(|name| name.map(str::to_owned)).collect::<Option<_>>().ok_or(CborError::Shape)?
        }
    };
    let record = |value: &Value| value.as_bytes().and_then(|id| RecordId::from_slice(id).ok()).ok_or(CborError::Shape);
    let row = AuditRow {
        number: fields.uint("number")?,
        at: Timestamp::parse_exact(&fields.text("at")?).map_err(|_| CborError::Shape)?,
        operation: fields.text("operation")?,
        who: fields.text("who")?,
        device,
        to,
        records: fields.array("records")?.iter().map(record).collect::<Result<_, _>>()?,
        why: fields.text("why")?,
        reason: None,
        changed,
        hash: entry.hash,
    };
    fields.finish()?;
    Ok(row)
}
