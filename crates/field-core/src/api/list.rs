//! Lists, search and the store's own status: none of them loads a document.

use rusqlite::Connection;
use serde_json::Value as Json;
use signed::{Code, RecordId, Timestamp};
use sync_engine::Urgency;

use super::answer::{self, CodeName, Delivery, DeliveryState, Status, Unsent};
use super::counted::{SearchFor, counted};
use crate::error::Result;
use crate::field::{Field, Me};
use crate::store::lists::{self, Line};
use crate::store::{carried, frames, media, meta, optional, uint};
use crate::types::ListFilter;

impl Field {
    /// Lines of records, newest first.
    pub fn record_list(&self, filter: ListFilter) -> Result<Json> {
        self.unlocked()?;
        let me = self.me()?;
        self.read(|db| lines(db, &me, lists::list(db, &filter)?))
    }

    /// Full text over what this device holds: lines as in a list, best first.
    pub fn search(&self, text: &str) -> Result<Json> {
        self.search_for(&SearchFor { text: text.to_owned(), ..SearchFor::default() })
    }

    /// The contract's `status`; works before enrolment too.
    pub fn status(&self) -> Result<Json> {
        let identity = self.identity()?;
        let moment = self.moment();
        self.read(|db| {
            let (mut unsent, oldest) = unsent(db)?;
            unsent.media = media::waiting_count(db)?;
            let at = |millis: Option<i64>| millis.map(|at| Timestamp::from_millis(at).into());
            let refused: i64 = db.query_row(
                "SELECT count(DISTINCT document) FROM (SELECT document FROM outbox WHERE code IS NOT NULL
                 UNION ALL SELECT document FROM refused WHERE code IS NOT NULL)",
                [],
                |row| row.get(0),
            )?;
            let distrusted: i64 = db.query_row("SELECT count(*) FROM distrusted", [], |row| row.get(0))?;
            Ok(answer::json(&Status {
                device: identity.as_ref().map(|me| me.device.into()),
                user: identity.as_ref().map(|me| me.user.to_string()),
                role: identity.as_ref().map(|me| me.role.into()),
                server: meta::text(db, meta::ADDRESS)?,
                online: meta::number(db, meta::ONLINE)? == Some(1),
                unsent,
                oldest_unsent_seconds: oldest.map(|at| (moment.now.millis() - at).max(0) / 1000),
                last_receipt_at: at(meta::number(db, meta::LAST_RECEIPT)?),
                cursor: cursor(db)?,
                clock_skew_ms: meta::number(db, meta::OFFSET)?,
                offline_code: offline_code(db)?,
                refused,
                boxed: self.boxed()?,
                carried: carried::count(db)?,
                carried_refused: carried::refused(db)?,
                distrusted,
                policy: moment.policy.version,
                drift_at: at(meta::number(db, meta::DRIFT)?),
                counted: identity.as_ref().map(|me| counted(db, &me.user)).transpose()?,
            }))
        })
    }
}

fn offline_code(db: &Connection) -> Result<Option<CodeName>> {
    let number = meta::number(db, meta::OFFLINE_CODE)?.and_then(|number| u32::try_from(number).ok());
    Ok(number.and_then(Code::by_number).map(CodeName::from))
}

/// The last inbox row held.
pub(crate) fn cursor(db: &Connection) -> Result<u64> {
    Ok(meta::number(db, meta::CURSOR)?.map_or(0, uint))
}

/// Records with changes that wait for a receipt, by urgency, and since when the oldest waits. A
/// draft and the record it became are one.
fn unsent(db: &Connection) -> Result<(Unsent, Option<i64>)> {
    let mut counts = Unsent::default();
    let mut query = db.prepare_cached(
        "SELECT max(o.urgency), min(o.at) FROM outbox o LEFT JOIN document d ON d.id = o.document
         WHERE o.code IS NULL GROUP BY coalesce(d.record, o.document)",
    )?;
    let mut rows = query.query([])?;
    let mut oldest: Option<i64> = None;
    while let Some(row) = rows.next()? {
        let (urgency, at): (i64, i64) = (row.get(0)?, row.get(1)?);
        let count = match frames::urgency_of(urgency) {
            Urgency::Immediate => &mut counts.immediate,
            Urgency::Urgent => &mut counts.urgent,
            Urgency::Standard => &mut counts.standard,
            Urgency::Info => &mut counts.info,
        };
        *count += 1;
        oldest = Some(oldest.map_or(at, |known| known.min(at)));
    }
    Ok((counts, oldest))
}

pub(super) fn lines(db: &Connection, me: &Me, found: Vec<Line>) -> Result<Json> {
    let line = |found: Line| {
        let delivery = delivery(db, me, found.id, found.sealed)?;
        Ok(answer::Line {
            id: found.id.into(),
            kind: found.kind,
            case: found.case.map(Into::into),
            school: found.school,
            urgency: found.urgency,
            status: found.status,
            title: found.title,
            recorded_at: found.recorded_at.into(),
            sealed: found.sealed,
            delivery,
            conflicts: found.conflicts,
        })
    };
    let lines = found.into_iter().map(line).collect::<Result<Vec<answer::Line>>>()?;
    Ok(answer::json(&lines))
}

/// How far this record of ours has come, in the order of the states.
pub(crate) fn delivery(db: &Connection, me: &Me, record: RecordId, sealed: bool) -> Result<Vec<Delivery>> {
    let mut states = Vec::new();
    let mut state = |to: &str, state: DeliveryState, at: i64| {
        let at = Timestamp::from_millis(at).into();
        states.push(Delivery { to: to.to_owned(), state, at, statement: None });
    };
    let mut query = db.prepare_cached("SELECT min(saved_at), max(received) FROM change WHERE document = ?1 AND own")?;
    let (recorded, received): (Option<i64>, Option<i64>) =
        query.query_row([&record.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if let Some(recorded) = recorded {
        state(me.user.as_str(), DeliveryState::Recorded, recorded);
        if sealed {
            state(me.user.as_str(), DeliveryState::Sealed, recorded);
        }
        let mut left = db.prepare_cached(
            "SELECT f.at FROM frame_item i JOIN frame f ON f.lane = i.lane AND f.number = i.number
             WHERE i.document = ?1 ORDER BY f.at DESC LIMIT 1",
        )?;
        if let Some(at) = optional(left.query_row([&record.0], |row| row.get(0)))? {
            state("server", DeliveryState::LeftDevice, at);
        }
        let mut waits = db.prepare_cached("SELECT count(*) FROM outbox WHERE document = ?1")?;
        let waits: i64 = waits.query_row([&record.0], |row| row.get(0))?;
        if let Some(at) = received.filter(|_| waits == 0) {
            state("server", DeliveryState::AtServer, at);
        }
    }
    let mut query =
        db.prepare_cached("SELECT recipient, max(at) FROM delivery WHERE document = ?1 GROUP BY recipient")?;
    let mut rows = query.query([&record.0])?;
    while let Some(row) = rows.next()? {
        state(&row.get::<_, String>(0)?, DeliveryState::Delivered, row.get(1)?);
    }
    let mut query = db.prepare_cached(
        "SELECT author, name, max(at) FROM statement
         WHERE document = ?1 AND name IN ('confirm_seen', 'acknowledge') GROUP BY author, name ORDER BY name DESC",
    )?;
    let mut rows = query.query([&record.0])?;
    while let Some(row) = rows.next()? {
        let acknowledged = row.get::<_, String>(1)? == "acknowledge";
        let reached = if acknowledged { DeliveryState::Acknowledged } else { DeliveryState::Seen };
        state(&row.get::<_, String>(0)?, reached, row.get(2)?);
    }
    Ok(states)
}
