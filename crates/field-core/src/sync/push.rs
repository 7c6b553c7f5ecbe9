//! Frames out, receipts in.

use std::collections::BTreeMap;

use rusqlite::Connection;
use signed::{Class, Code, RecordId, code};
use sync_engine::device::{Outgoing, ProvenReceipt};
use wire::{Lane, Message, Outcome, Rest};

use super::reissue;
use crate::error::{FieldError, Result};
use crate::event::{Event, EventKind};
use crate::field::Field;
use crate::pen::Pen;
use crate::store::frames::{self, Placed, Sender};
use crate::store::{changes, erasure, int, lists, meta, millis};
use crate::types::{Rejected, Stored};

impl Field {
    /// The first frame of the lane after this number that has no receipt, else a new one of at
    /// most so many records. Its number, hash and contents are on disk before it is answered; a
    /// frame is the same each time.
    pub fn next_frame(&self, lane: Lane, after: u64, records: usize) -> Result<Option<Outgoing>> {
        let me = self.me()?;
        if let Some(number) = self.read(|db| frames::unreceipted(db, lane, after))? {
            return self.read(|db| frames::load(db, lane, number)).map(Some);
        }
        let now = self.moment().now;
        let number = self.write(false, |db| {
            let sender = Sender { signer: &*me.signer, incarnation: me.incarnation, now };
            frames::make(db, lane, records, &sender)
        })?;
        number.map(|number| self.read(|db| frames::load(db, lane, number))).transpose()
    }

    /// Stores a receipt. What the server refused stays here with its code; where the server holds
    /// the document, it is put together anew without the refused change, and what stood on that is
    /// issued again.
    pub fn store_receipt(&self, receipt: &ProvenReceipt) -> Result<Stored> {
        let me = self.me()?;
        let moment = self.moment();
        let stored = self.write(false, |db| {
            let pen = Pen { db, me: &me, moment: &moment, random: self.random() };
            store(&pen, receipt)
        })?;
        if stored.rejected.iter().any(|rejected| rejected.code == code::R96_ERASED) {
            // What went may have been counted: read anew from the rows that are left.
            self.set_digest(None);
            // Files that nothing names any more; what cannot go now goes at the next opening.
            let _ = self.sweep_media();
            self.settle()?;
        }
        self.tell(&stored.events);
        if stored.reissued {
            self.saved();
        }
        Ok(stored)
    }
}

fn store(pen: &Pen<'_>, proven: &ProvenReceipt) -> Result<Stored> {
    let (db, mut stored) = (pen.db, Stored::default());
    let message = Message::Receipt(proven.receipt.clone()).encode();
    let marked = db
        .prepare_cached(
            "UPDATE frame SET receipt = ?3, epoch = ?4, received = ?5
             WHERE lane = ?1 AND number = ?2 AND receipt IS NULL",
        )?
        .execute((
            frames::lane_number(proven.lane),
            int(proven.number),
            message,
            &proven.head.epoch.0,
            millis(proven.head.time),
        ))?;
    if marked == 0 {
        // A receipt that came twice changes nothing.
        return Ok(stored);
    }
    meta::set_number(db, meta::LAST_RECEIPT, proven.head.time.millis())?;
    let mut items: BTreeMap<i64, Vec<Placed>> = BTreeMap::new();
    for placed in frames::contents(db, proven.lane, proven.number)? {
        items.entry(placed.item).or_default().push(placed);
    }
    if items.len() != proven.outcomes.len() {
        return Err(FieldError::new(code::W_RECEIPT, "a receipt with another number of items"));
    }
    for (placed, outcome) in items.values().zip(&proven.outcomes) {
        item(pen, proven, placed, outcome, &mut stored)?;
    }
    // What was erased since was kept only because this frame was on its way.
    for document in items.values().flatten().map(|placed| placed.document) {
        if erasure::was(db, document)? {
            erasure::forget(db, document, record_of(db, document)?)?;
        }
    }
    Ok(stored)
}

fn item(
    pen: &Pen<'_>,
    proven: &ProvenReceipt,
    placed: &[Placed],
    outcome: &Outcome,
    stored: &mut Stored,
) -> Result<()> {
    let Some(first) = placed.first() else { return Ok(()) };
    let accepted = usize::try_from(outcome.accepted).unwrap_or(usize::MAX).min(placed.len());
    let (taken, left) = placed.split_at(accepted);
    let record = record_of(pen.db, first.document)?;
    for change in taken {
        tell_receipt(pen, change, record, stored)?;
        frames::accepted(pen.db, change.document, &change.change, proven.head.time)?;
        stored.changes += 1;
    }
    if !taken.is_empty() && !stored.sent.contains(&record) {
        stored.sent.push(record);
    }
    match (&outcome.rest, left.first()) {
        (Rest::Ok, _) | (_, None) => Ok(()),
        (Rest::Need(missing), Some(_)) => needed(pen, left, missing, record, stored),
        (Rest::Refused { code, kept: _ }, Some(refused)) => {
            let code = Code::by_number(*code).unwrap_or(code::W_UNEXPECTED);
            reject(pen, record, code, stored);
            if code == code::R96_ERASED {
                return erased(pen, refused.document, record, stored);
            }
            if code.class == Class::Damaged {
                // The fault is the server's: here the record stays as it was written.
                return left.iter().try_for_each(|change| frames::block(pen.db, change.document, &change.change, code));
            }
            stored.reissued |= reissue::without(pen, refused.document, &refused.change, code)?;
            Ok(())
        }
    }
}

/// The record a document belongs to; of a withdrawn one only its own id is left.
fn record_of(db: &Connection, document: RecordId) -> Result<RecordId> {
    Ok(changes::document(db, document)?.map_or(document, |row| row.record))
}

/// The server says that this was erased, with approval: it goes here as if its row had come.
fn erased(pen: &Pen<'_>, document: RecordId, record: RecordId, stored: &mut Stored) -> Result<()> {
    for one in [document, record, RecordId::draft(record)] {
        erasure::forget(pen.db, one, record)?;
    }
    erasure::leave_unnamed(pen.db, record)?;
    lists::overwrite(pen.db)?;
    let mut event = Event::new(EventKind::Erased, pen.moment.now);
    event.id = Some(record);
    event.status = Some(erasure::ERASED.to_owned());
    stored.events.push(event);
    Ok(())
}

/// One event for each statement the server now has; a draft's are nobody's business.
fn tell_receipt(pen: &Pen<'_>, change: &Placed, record: RecordId, stored: &mut Stored) -> Result<()> {
    if change.document != record {
        return Ok(());
    }
    let line = lists::line(pen.db, record)?;
    for statement in changes::statements_of(pen.db, change.document, &change.change)? {
        let mut event = Event::new(EventKind::Receipt, pen.moment.now);
        event.id = Some(record);
        event.kind = line.as_ref().map(|line| line.kind.clone());
        event.status = line.as_ref().map(|line| line.status.clone());
        event.statement = Some(statement);
        stored.events.push(event);
    }
    Ok(())
}

/// The server lacks what these stand on: they go again, behind what is missing if that is ours.
fn needed(
    pen: &Pen<'_>,
    left: &[Placed],
    missing: &[signed::ChangeHash],
    record: RecordId,
    stored: &mut Stored,
) -> Result<()> {
    let mut waits = true;
    for change in left {
        waits &= frames::requeue(pen.db, change.document, &change.change, code::C_DEPS)?;
    }
    if let Some(first) = left.first() {
        for hash in missing {
            let own = changes::own_bytes(pen.db, first.document, hash)?;
            if let Some(bytes) = own {
                frames::enqueue(pen.db, first.document, hash, bytes, sync_engine::Urgency::Urgent, pen.moment.now)?;
            }
        }
    }
    if waits {
        stored.reissued = true;
    } else {
        reject(pen, record, code::C_DEPS, stored);
    }
    Ok(())
}

fn reject(pen: &Pen<'_>, record: RecordId, code: Code, stored: &mut Stored) {
    let message = String::from("the server did not take this change; it is kept on this device");
    stored.rejected.push(Rejected { id: record, code, message });
    let mut event = Event::new(EventKind::Quarantined, pen.moment.now);
    event.id = Some(record);
    event.code = Some(code);
    stored.events.push(event);
}
