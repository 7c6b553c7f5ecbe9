//! The outbox, and the signed frames it leaves in.

use documents::Opened;
use rusqlite::Connection;
use signed::cbor::{self, Value};
use signed::digest::sha256;
use signed::{ChangeHash, Code, FrameHash, Incarnation, RecordId, Signer, Timestamp};
use sync_engine::device::Outgoing;
use sync_engine::limits::{FRAME_BYTES_GATHERED_MAX, FRAME_CHANGES_MAX};
use sync_engine::{Urgency, Waiting, pick};
use wire::{FrameBody, Item, Lane, Message, Push};

use super::changes;
use super::{code_of, fixed, int, media, millis, optional, uint};
use crate::error::{Result, damaged};
use crate::field::Me;

/// How often a change is sent again because the server lacked what it stands on.
pub(crate) const NEEDS_MAX: i64 = 3;

pub(crate) fn lane_number(lane: Lane) -> i64 {
    match lane {
        Lane::Urgent => 0,
        Lane::Rest => 1,
    }
}

fn urgency_number(urgency: Urgency) -> i64 {
    match urgency {
        Urgency::Info => 0,
        Urgency::Standard => 1,
        Urgency::Urgent => 2,
        Urgency::Immediate => 3,
    }
}

pub(crate) fn urgency_of(number: i64) -> Urgency {
    match number {
        0 => Urgency::Info,
        2 => Urgency::Urgent,
        3 => Urgency::Immediate,
        _ => Urgency::Standard,
    }
}

/// Puts an own change into the outbox.
pub(crate) fn enqueue(
    db: &Connection,
    document: RecordId,
    change: &ChangeHash,
    bytes: usize,
    urgency: Urgency,
    at: Timestamp,
) -> Result<()> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO outbox (document, change, bytes, urgency, at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((&document.0, &change.0, int(bytes as u64), urgency_number(urgency), millis(at)))?;
    Ok(())
}

/// After a record's urgency was computed anew: what waits for a frame goes at least as early.
pub(crate) fn hasten(db: &Connection, document: RecordId, urgency: Urgency) -> Result<()> {
    db.prepare_cached("UPDATE outbox SET urgency = max(urgency, ?2) WHERE document = ?1 AND frame IS NULL")?
        .execute((&document.0, urgency_number(urgency)))?;
    Ok(())
}

/// What waits and is in no frame yet, by document.
fn waiting(db: &Connection, now: Timestamp) -> Result<Vec<Waiting>> {
    let mut query = db.prepare_cached(
        "SELECT document, max(urgency), min(saved), count(*), sum(bytes), min(at) FROM outbox
         WHERE code IS NULL AND frame IS NULL GROUP BY document",
    )?;
    let mut rows = query.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Waiting {
            document: RecordId(row.get(0)?),
            urgency: urgency_of(row.get(1)?),
            saved: uint(row.get(2)?),
            waited_ms: uint(millis(now).saturating_sub(row.get(5)?)),
            changes: usize::try_from(row.get::<_, i64>(3)?).unwrap_or(usize::MAX),
            bytes: usize::try_from(row.get::<_, i64>(4)?).unwrap_or(usize::MAX),
        });
    }
    Ok(found)
}

/// The first frame of the lane after this number that has no receipt.
pub(crate) fn unreceipted(db: &Connection, lane: Lane, after: u64) -> Result<Option<u64>> {
    let mut query = db.prepare_cached(
        "SELECT number FROM frame WHERE lane = ?1 AND number > ?2 AND receipt IS NULL ORDER BY number LIMIT 1",
    )?;
    Ok(optional(query.query_row((lane_number(lane), int(after)), |row| row.get(0)))?.map(uint))
}

/// Who signs a frame, and when.
pub(crate) struct Sender<'a> {
    pub(crate) signer: &'a dyn Signer,
    pub(crate) incarnation: Incarnation,
    pub(crate) now: Timestamp,
}

/// Makes the next frame of a lane of at most so many records, if anything waits for it; answers
/// its number. What of a picked document is on its way in the other lane goes along again: either
/// lane may arrive first.
pub(crate) fn make(db: &Connection, lane: Lane, records: usize, sender: &Sender<'_>) -> Result<Option<u64>> {
    let picked = pick(&waiting(db, sender.now)?, lane, records.min(wire::limits::ITEMS_PER_FRAME_MAX));
    let chosen = picked.documents.into_iter().map(|document| (document, false));
    let mut items: Vec<(Item, Vec<ChangeHash>)> = Vec::new();
    let (mut bytes, mut count) = (0_usize, 0_usize);
    for (document, aged) in chosen.chain(picked.aged.map(|document| (document, true))) {
        let mut item = (Item { document, changes: Vec::new() }, Vec::new());
        for hash in of_document(db, lane, document)? {
            let change = bytes_of(db, document, &hash)?;
            let fits = bytes + change.len() <= FRAME_BYTES_GATHERED_MAX && count < FRAME_CHANGES_MAX;
            // What has waited too long gets on in every frame that it goes along with.
            if !fits && count > 0 && !(aged && item.1.is_empty()) {
                break;
            }
            bytes += change.len();
            count += 1;
            item.0.changes.push(change);
            item.1.push(hash);
        }
        if !item.1.is_empty() {
            items.push(item);
        }
    }
    if items.is_empty() {
        return Ok(None);
    }
    let (number, previous) = next_place(db, lane)?;
    let (parts, hashes): (Vec<Item>, Vec<Vec<ChangeHash>>) = items.into_iter().unzip();
    let body = FrameBody { previous, signature: [0; 64], items: parts };
    let header = body.header(sender.signer.public_key().id(), sender.incarnation, lane, number);
    let (signature, hash) = header.sign(sender.signer)?;
    db.prepare_cached(
        "INSERT INTO frame (lane, number, previous, hash, signature, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((lane_number(lane), int(number), &previous.0, &hash.0, &signature, millis(sender.now)))?;
    for (place, (item, hashes)) in (0_i64..).zip(body.items.iter().zip(&hashes)) {
        keep_item(db, lane, number, place, item, hashes)?;
    }
    Ok(Some(number))
}

fn keep_item(db: &Connection, lane: Lane, number: u64, place: i64, item: &Item, hashes: &[ChangeHash]) -> Result<()> {
    for (position, (change, hash)) in (0_i64..).zip(item.changes.iter().zip(hashes)) {
        db.prepare_cached(
            "INSERT INTO frame_item (lane, number, item, position, document, change, sha256)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute((
            lane_number(lane),
            int(number),
            place,
            position,
            &item.document.0,
            &hash.0,
            &sha256(change),
        ))?;
        db.prepare_cached("UPDATE outbox SET lane = ?3, frame = ?4 WHERE document = ?1 AND change = ?2")?.execute((
            &item.document.0,
            &hash.0,
            lane_number(lane),
            int(number),
        ))?;
    }
    Ok(())
}

/// The last frame of a lane: the next one's number and what it names as previous.
fn next_place(db: &Connection, lane: Lane) -> Result<(u64, FrameHash)> {
    let mut query = db.prepare_cached("SELECT number, hash FROM frame WHERE lane = ?1 ORDER BY number DESC LIMIT 1")?;
    let last = query.query_row([lane_number(lane)], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?)));
    Ok(optional(last)?.map_or((1, FrameHash([0; 32])), |(number, hash)| (uint(number) + 1, FrameHash(hash))))
}

/// Changes of a document that wait, or are on their way in the other lane, oldest first.
fn of_document(db: &Connection, lane: Lane, document: RecordId) -> Result<Vec<ChangeHash>> {
    let mut query = db.prepare_cached(
        "SELECT change FROM outbox WHERE document = ?1 AND code IS NULL AND (lane IS NULL OR lane != ?2) ORDER BY saved",
    )?;
    let mut rows = query.query((&document.0, lane_number(lane)))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(ChangeHash(row.get(0)?));
    }
    Ok(found)
}

fn bytes_of(db: &Connection, document: RecordId, hash: &ChangeHash) -> Result<Vec<u8>> {
    if let Some(bytes) = changes::bytes(db, document, hash)? {
        return Ok(bytes);
    }
    let mut query = db.prepare_cached("SELECT bytes FROM refused WHERE document = ?1 AND change = ?2")?;
    optional(query.query_row((&document.0, &hash.0), |row| row.get(0)))?
        .ok_or_else(|| damaged("a change that waits to be sent is not here"))
}

/// One change of a frame, by place.
pub(crate) struct Placed {
    pub(crate) item: i64,
    pub(crate) position: i64,
    pub(crate) document: RecordId,
    pub(crate) change: ChangeHash,
    pub(crate) sha256: [u8; 32],
}

/// What a frame carries, in order.
pub(crate) fn contents(db: &Connection, lane: Lane, number: u64) -> Result<Vec<Placed>> {
    let mut query = db.prepare_cached(
        "SELECT item, position, document, change, sha256 FROM frame_item
         WHERE lane = ?1 AND number = ?2 ORDER BY item, position",
    )?;
    let mut rows = query.query((lane_number(lane), int(number)))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Placed {
            item: row.get(0)?,
            position: row.get(1)?,
            document: RecordId(row.get(2)?),
            change: ChangeHash(row.get(3)?),
            sha256: row.get(4)?,
        });
    }
    Ok(found)
}

/// A frame as it was committed.
pub(crate) fn load(db: &Connection, lane: Lane, number: u64) -> Result<Outgoing> {
    let mut query = db.prepare_cached("SELECT previous, hash, signature FROM frame WHERE lane = ?1 AND number = ?2")?;
    let row = query
        .query_row((lane_number(lane), int(number)), |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, Vec<u8>>(2)?)));
    let (previous, hash, signature) = row?;
    let mut body = FrameBody { previous: FrameHash(previous), signature: fixed(&signature)?, items: Vec::new() };
    let mut statements: Vec<Vec<Vec<signed::StatementHash>>> = Vec::new();
    for placed in contents(db, lane, number)? {
        if placed.position == 0 {
            body.items.push(Item { document: placed.document, changes: Vec::new() });
            statements.push(Vec::new());
        }
        let change = bytes_of(db, placed.document, &placed.change)?;
        let mut named = changes::statements_of(db, placed.document, &placed.change)?;
        if named.is_empty() {
            named = read_statements(&change);
        }
        if let (Some(item), Some(list)) = (body.items.last_mut(), statements.last_mut()) {
            item.changes.push(change);
            list.push(named);
        }
    }
    Ok(Outgoing { push: Push::new(lane, number, &body), frame: FrameHash(hash), statements })
}

/// The statements of a change whose rows are gone (it was refused and taken out of its document).
fn read_statements(bytes: &[u8]) -> Vec<signed::StatementHash> {
    use documents::{Candidate, Template};
    let read = [Template::Record, Template::Draft].into_iter().find_map(|t| Candidate::read(bytes, t).ok());
    let ids = |candidate: Candidate| candidate.statements().map(|opened: &Opened| opened.id).collect();
    read.map(ids).unwrap_or_default()
}

/// A change of ours the server has: it waits no longer.
pub(crate) fn accepted(db: &Connection, document: RecordId, change: &ChangeHash, at: Timestamp) -> Result<()> {
    db.prepare_cached("DELETE FROM outbox WHERE document = ?1 AND change = ?2")?.execute((&document.0, &change.0))?;
    db.prepare_cached("UPDATE change SET received = coalesce(received, ?3) WHERE document = ?1 AND hash = ?2")?
        .execute((&document.0, &change.0, millis(at)))?;
    media::told(db, document, change)?;
    // What was withdrawn was kept only until it was sent.
    db.prepare_cached(
        "DELETE FROM change WHERE document = ?1 AND hash = ?2 AND NOT EXISTS (SELECT 1 FROM document d WHERE d.id = ?1)",
    )?
    .execute((&document.0, &change.0))?;
    Ok(())
}

/// Puts a change of ours back into the queue (the server lacked what it stands on), or lays it
/// aside when that has happened too often; answers whether it waits again.
pub(crate) fn requeue(db: &Connection, document: RecordId, change: &ChangeHash, code: Code) -> Result<bool> {
    db.prepare_cached(
        "UPDATE outbox SET lane = NULL, frame = NULL, needs = needs + 1 WHERE document = ?1 AND change = ?2",
    )?
    .execute((&document.0, &change.0))?;
    let given_up = db
        .prepare_cached("UPDATE outbox SET code = ?3 WHERE document = ?1 AND change = ?2 AND needs > ?4")?
        .execute((&document.0, &change.0, i64::from(code.number), NEEDS_MAX))?;
    Ok(given_up == 0)
}

/// A change of ours the server will not have: it stays here, with the reason.
pub(crate) fn block(db: &Connection, document: RecordId, change: &ChangeHash, code: Code) -> Result<()> {
    db.prepare_cached("UPDATE outbox SET code = coalesce(code, ?3) WHERE document = ?1 AND change = ?2")?.execute((
        &document.0,
        &change.0,
        i64::from(code.number),
    ))?;
    Ok(())
}

/// Why changes of a document were refused, newest first.
pub(crate) fn refusals(db: &Connection, document: RecordId) -> Result<Vec<(ChangeHash, Code)>> {
    let mut query = db.prepare_cached(
        "SELECT change, code FROM outbox WHERE document = ?1 AND code IS NOT NULL
         UNION ALL SELECT change, code FROM refused WHERE document = ?1 AND code IS NOT NULL",
    )?;
    let mut rows = query.query([&document.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push((ChangeHash(row.get(0)?), code_of(row.get(1)?)));
    }
    Ok(found)
}

/// Receipts of this device's frames that carry changes of a document, each with what proves it on its
/// own: device, frame, epoch, and the statements of every item. Of a frame that holds what was withdrawn
/// since, none is left.
pub(crate) fn proofs(db: &Connection, me: &Me, document: RecordId) -> Result<Vec<((i64, i64), Value)>> {
    let mut query = db.prepare_cached(
        "SELECT DISTINCT f.lane, f.number, f.hash, f.receipt, f.epoch FROM frame_item i
         JOIN frame f ON f.lane = i.lane AND f.number = i.number
         WHERE i.document = ?1 AND f.receipt IS NOT NULL AND f.epoch IS NOT NULL",
    )?;
    let mut rows = query.query([&document.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (lane, number): (i64, i64) = (row.get(0)?, row.get(1)?);
        let (hash, receipt, epoch): ([u8; 32], Vec<u8>, [u8; 16]) = (row.get(2)?, row.get(3)?, row.get(4)?);
        let Ok(Message::Receipt(message)) = Message::decode(&receipt) else { continue };
        let placed = contents(db, if lane == 0 { Lane::Urgent } else { Lane::Rest }, uint(number))?;
        let (mut items, mut whole) = (Vec::new(), true);
        for (item, outcome) in placed.chunk_by(|one, other| one.item == other.item).zip(&message.outcomes) {
            let mut statements = Vec::new();
            for change in item.iter().take(usize::try_from(outcome.accepted).unwrap_or(usize::MAX)) {
                whole &= changes::bytes(db, change.document, &change.change)?.is_some();
                let of_it = changes::statements_of(db, change.document, &change.change)?;
                statements.extend(of_it.into_iter().map(|id| Value::bytes(id.0)));
            }
            items.push(Value::Array(statements));
        }
        let proof = cbor::map([
            ("device", Value::bytes(me.device.0)),
            ("frame", Value::bytes(hash)),
            ("epoch", Value::bytes(epoch)),
            ("receipt", Value::bytes(receipt)),
            ("statements", Value::Array(items)),
        ]);
        if whole {
            found.push(((lane, number), proof));
        }
    }
    Ok(found)
}

/// Whether something of a document waits for the server's answer.
pub(crate) fn waits(db: &Connection, document: RecordId) -> Result<bool> {
    let mut query = db.prepare_cached("SELECT EXISTS (SELECT 1 FROM outbox WHERE document = ?1 AND code IS NULL)")?;
    Ok(query.query_row([&document.0], |row| row.get(0))?)
}
