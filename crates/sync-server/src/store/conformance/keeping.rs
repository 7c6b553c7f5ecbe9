//! What is erased, held and kept: in every adapter the same, and what is append-only is.

use signed::{DeviceId, RecordId, Timestamp, UserId};
use wire::Lane;

use super::{CASE, Rows, Verdict, ok, rows, same};
use crate::store::keeping::{ErasureRow, HoldRow, RetentionRow};
use crate::store::port::Store;
use crate::store::rows::{DocumentRow, Origin};
use crate::store::{StoreError, Writing};

fn erasure(rows: &Rows, number: u64, document: RecordId) -> ErasureRow {
    ErasureRow {
        number,
        document,
        record: rows.document.id,
        kind: rows.document.kind.clone(),
        case: rows.document.case,
        compartment: rows.document.compartment.clone(),
        approved_by: rows.user.id.clone(),
        at: rows.change.at,
        reason: vec![21],
    }
}

fn hold(rows: &Rows, released: Option<(UserId, Timestamp, Vec<u8>)>) -> HoldRow {
    let (placed_by, placed_at) = (rows.user.id.clone(), rows.change.at);
    HoldRow { number: 1, subject: CASE, placed_by, placed_at, reason: vec![22], released }
}

fn retention(rows: &Rows, number: u64, group: u64) -> RetentionRow {
    RetentionRow {
        number,
        case: CASE,
        group,
        next_review: rows.change.at,
        decision: "retain".into(),
        decided_by: rows.user.id.clone(),
        decided_at: rows.change.at,
        reason: vec![23],
    }
}

/// Runs after the suite's own rows are there, and takes the document of them away for good.
pub(super) fn what_is_erased_stays_so(store: &dyn Store) -> Verdict {
    let rows = rows()?;
    let (id, by, at) = (rows.document.id, rows.user.id.clone(), rows.change.at);
    let mut tx = ok(store.write())?;
    same("nothing is held yet", ok(tx.hold_on(CASE))?, None)?;
    ok(tx.put_hold(&hold(&rows, None)))?;
    same("a hold stands", ok(tx.hold_on(CASE))?, Some(hold(&rows, None)))?;
    ok(tx.put_hold(&hold(&rows, Some((by.clone(), at, vec![24])))))?;
    same("until it is released", ok(tx.hold_on(CASE))?, None)?;
    ok(tx.append_retention(&retention(&rows, 1, 3)))?;
    ok(tx.append_retention(&retention(&rows, 2, 1)))?;
    same("a gap in decisions", tx.append_retention(&retention(&rows, 4, 1)), Err(StoreError::Damaged))?;
    same("the newest decision counts", ok(tx.retention_of(CASE))?, Some(retention(&rows, 2, 1)))?;
    contact(tx.as_mut(), &rows)?;
    ok(tx.erase_document(id))?;
    ok(tx.append_erasure(&erasure(&rows, 1, id)))?;
    same("a gap in the list", tx.append_erasure(&erasure(&rows, 3, CASE)), Err(StoreError::Damaged))?;
    ok(tx.commit())?;
    what_was_erased_is_gone(store)
}

/// What a device brought counts as contact, what the server wrote itself does not.
fn contact(tx: &mut dyn Writing, rows: &Rows) -> Verdict {
    let brought = rows.change.origin.map(|_| rows.change.at);
    same("the last contact", ok(tx.last_contact(CASE))?, brought)?;
    same("of nothing", ok(tx.last_contact(RecordId([0xee; 16])))?, None)?;
    let origin =
        Origin { device: rows.device.id, incarnation: rows.device.incarnation, lane: Lane::Rest, frame: 9, item: 0 };
    let (later, own) = (Timestamp::from_millis(rows.change.at.millis() + 1000), DeviceId([0; 16]));
    let mut change = rows.change.clone();
    (change.hash, change.place, change.at, change.origin) = (signed::ChangeHash([31; 32]), 2, later, Some(origin));
    ok(tx.add_change(&change))?;
    same("a later one", ok(tx.last_contact(CASE))?, Some(later))?;
    change.at = Timestamp::from_millis(later.millis() + 1000);
    (change.hash, change.place, change.origin) = (signed::ChangeHash([32; 32]), 3, None);
    ok(tx.add_change(&change))?;
    same("not the server's own", ok(tx.last_contact(CASE))?, Some(later))?;
    ok(tx.put_document(&DocumentRow { kind: "opening".to_owned(), ..rows.document.clone() }))?;
    same("not that it was read", ok(tx.last_contact(CASE))?, None)?;
    ok(tx.put_document(&rows.document))?;
    same("no such device", ok(tx.device(own))?, None)
}

/// What stays, and that nothing else does.
pub(super) fn what_was_erased_is_gone(store: &dyn Store) -> Verdict {
    let rows = rows()?;
    let id = rows.document.id;
    let tx = ok(store.read())?;
    let left = ok(tx.document(id))?.ok_or("the row of an erased document stays")?;
    same("its key", left.key, Vec::new())?;
    same("its state", left.state, Vec::new())?;
    same("its projection", left.projection, Vec::new())?;
    same("its status", left.status, "erased".to_owned())?;
    same("changes", ok(tx.changes(id))?, Vec::new())?;
    same("statements", ok(tx.statements(id))?, Vec::new())?;
    same("quarantine", ok(tx.quarantine())?.iter().any(|row| row.document == id), false)?;
    same("open", ok(tx.open_of(&rows.user.id))?, Vec::new())?;
    same("of its kind", ok(tx.of_kind(&rows.document.kind))?, Vec::new())?;
    same("tombstone", ok(tx.erasure(id))?, Some(erasure(&rows, 1, id)))?;
    same("no other", ok(tx.erasure(CASE))?, None)?;
    same("the list", ok(tx.erasures())?.len(), 1)?;
    same("holds", ok(tx.holds())?.len(), 1)?;
    same("decisions", ok(tx.retentions())?.len(), 2)
}
