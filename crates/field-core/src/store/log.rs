//! The consultation log (R91): who opened what, when and why, each row holding the hash of the
//! one before.

use std::collections::BTreeSet;

use rusqlite::Connection;
use signed::cbor::{self, Value};
use signed::digest::sha256;
use signed::{DeviceId, RecordId, Timestamp, UserId};

use super::{int, meta, millis, uint};
use crate::error::Result;

/// Characters kept of a purpose.
const PURPOSE_CHARS_MAX: usize = 500;

/// One consultation.
pub(crate) struct Consultation<'a> {
    pub(crate) at: Timestamp,
    pub(crate) mono_ms: u64,
    pub(crate) boot: &'a str,
    pub(crate) user: &'a UserId,
    pub(crate) device: DeviceId,
    pub(crate) document: RecordId,
    pub(crate) purpose: Option<&'a str>,
}

impl Consultation<'_> {
    fn hash(&self, number: i64, previous: &[u8; 32], purpose: Option<&str>) -> [u8; 32] {
        let mut map = vec![
            ("number", Value::Int(number)),
            ("at", Value::Int(millis(self.at))),
            ("mono_ms", Value::uint(self.mono_ms)),
            ("boot", Value::text(self.boot)),
            ("user", Value::text(self.user.as_str())),
            ("device", Value::bytes(self.device.0)),
            ("document", Value::bytes(self.document.0)),
            ("previous", Value::bytes(previous)),
        ];
        if let Some(purpose) = purpose {
            map.push(("purpose", Value::text(purpose)));
        }
        let map = map.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        sha256(&cbor::encode(&Value::Map(map)))
    }
}

/// Number and hash of the last row; number 0 and zeroes before the first.
fn head(db: &Connection) -> Result<(i64, [u8; 32])> {
    let Some(bytes) = meta::get(db, meta::LOG_HEAD)? else { return Ok((0, [0; 32])) };
    let [number, hash] = [bytes.get(..8), bytes.get(8..)].map(Option::unwrap_or_default);
    Ok((i64::from_be_bytes(super::fixed(number)?), super::fixed(hash)?))
}

/// Writes one row.
pub(crate) fn append(db: &Connection, entry: &Consultation<'_>) -> Result<()> {
    let (last, previous) = head(db)?;
    let number = last + 1;
    let purpose: Option<String> = entry.purpose.map(|text| text.chars().take(PURPOSE_CHARS_MAX).collect());
    let hash = entry.hash(number, &previous, purpose.as_deref());
    db.prepare_cached(
        "INSERT INTO access_log (number, at, mono_ms, boot, user, device, document, purpose, previous, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute((
        number,
        millis(entry.at),
        int(entry.mono_ms),
        entry.boot,
        entry.user.as_str(),
        &entry.device.0,
        &entry.document.0,
        purpose,
        &previous,
        &hash,
    ))?;
    meta::set(db, meta::LOG_HEAD, &[&number.to_be_bytes()[..], &hash].concat())
}

/// Whether the chain is whole, from its first row to the last one written.
pub(crate) fn is_whole(db: &Connection) -> Result<bool> {
    let mut query = db.prepare_cached(
        "SELECT number, at, mono_ms, boot, user, device, document, purpose, previous, hash
         FROM access_log ORDER BY number",
    )?;
    let mut rows = query.query([])?;
    let (mut number, mut previous) = (0_i64, [0_u8; 32]);
    while let Some(row) = rows.next()? {
        let (user, boot): (String, String) = (row.get(4)?, row.get(3)?);
        let purpose: Option<String> = row.get(7)?;
        let Ok(user) = UserId::new(&user) else { return Ok(false) };
        let entry = Consultation {
            at: Timestamp::from_millis(row.get(1)?),
            mono_ms: uint(row.get(2)?),
            boot: &boot,
            user: &user,
            device: DeviceId(row.get(5)?),
            document: RecordId(row.get(6)?),
            purpose: None,
        };
        number += 1;
        let hash = entry.hash(number, &previous, purpose.as_deref());
        let stored: ([u8; 32], [u8; 32]) = (row.get(8)?, row.get(9)?);
        if row.get::<_, i64>(0)? != number || stored != (previous, hash) {
            return Ok(false);
        }
        previous = hash;
    }
    Ok(head(db)? == (number, previous))
}

/// The chain for a bundle, from the first row about these records to the newest: those in full, of the
/// rows between the hashes alone. `hidden` says which purposes may not be shown; such a row is a hash too.
pub(crate) fn stretch(
    db: &Connection,
    about: &BTreeSet<RecordId>,
    hidden: impl Fn(&str) -> bool,
) -> Result<Vec<Value>> {
    let mut query = db.prepare_cached(
        "SELECT number, at, mono_ms, boot, user, device, document, purpose, previous, hash
         FROM access_log ORDER BY number",
    )?;
    let mut rows = query.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (number, previous, hash): (i64, [u8; 32], [u8; 32]) = (row.get(0)?, row.get(8)?, row.get(9)?);
        let (document, purpose) = (RecordId(row.get(6)?), row.get::<_, Option<String>>(7)?);
        let shown = about.contains(&document) && !purpose.as_deref().is_some_and(&hidden);
        if !shown && found.is_empty() {
            continue;
        }
        let mut map = cbor::map([("number", Value::Int(number)), ("hash", Value::bytes(hash))]);
        if let (true, Value::Map(map)) = (shown, &mut map) {
            let mut entry = cbor::Map::from([
                ("number".into(), Value::Int(number)),
                ("at".into(), Value::Int(row.get(1)?)),
                ("mono_ms".into(), Value::uint(uint(row.get(2)?))),
                ("boot".into(), Value::text(row.get::<_, String>(3)?)),
                ("user".into(), Value::text(row.get::<_, String>(4)?)),
                ("device".into(), Value::bytes(row.get::<_, [u8; 16]>(5)?)),
                ("document".into(), Value::bytes(document.0)),
                ("previous".into(), Value::bytes(previous)),
            ]);
            entry.extend(purpose.map(|purpose| ("purpose".into(), Value::text(purpose))));
            map.insert("entry".into(), Value::Map(entry));
        }
        found.push(map);
    }
    Ok(found)
}
