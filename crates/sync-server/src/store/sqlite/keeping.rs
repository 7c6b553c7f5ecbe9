//! What is erased, held and kept, as SQL.

use rusqlite::Row;
use signed::{RecordId, Timestamp};

use super::columns::{SqlResult, bytes, int, time, uint, user};
use super::read::Queries as _;
use super::{ReadTx, WriteTx};
use crate::store::StoreError;
use crate::store::keeping::{ErasureRow, HoldRow, ReadingKeeping, RetentionRow, WritingKeeping};
use crate::store::port::Answer;

const ERASURE: &str =
    "SELECT number, document, record, kind, case_id, compartment, approved_by, at, reason FROM erasure";
const HOLD: &str = "SELECT number, subject, placed_by, placed_at, reason, released_by, released_at, release_reason \
                    FROM legal_hold";
const RETENTION: &str = "SELECT number, case_id, review_group, next_review, decision, decided_by, decided_at, reason \
                         FROM retention";

fn erasure(row: &Row<'_>) -> SqlResult<ErasureRow> {
    let case: Option<Vec<u8>> = row.get(4)?;
    Ok(ErasureRow {
        number: uint(row, 0)?,
        document: RecordId(bytes(row, 1)?),
        record: RecordId(bytes(row, 2)?),
        kind: row.get(3)?,
        case: case.map(|_| bytes(row, 4)).transpose()?.map(RecordId),
        compartment: row.get(5)?,
        approved_by: user(row, 6)?,
        at: time(row, 7)?,
        reason: row.get(8)?,
    })
}

fn hold(row: &Row<'_>) -> SqlResult<HoldRow> {
    let released: Option<i64> = row.get(6)?;
    Ok(HoldRow {
        number: uint(row, 0)?,
        subject: RecordId(bytes(row, 1)?),
        placed_by: user(row, 2)?,
        placed_at: time(row, 3)?,
        reason: row.get(4)?,
        released: match released {
            Some(at) => Some((user(row, 5)?, Timestamp::from_millis(at), row.get(7)?)),
            None => None,
        },
    })
}

fn retention(row: &Row<'_>) -> SqlResult<RetentionRow> {
    Ok(RetentionRow {
        number: uint(row, 0)?,
        case: RecordId(bytes(row, 1)?),
        group: uint(row, 2)?,
        next_review: time(row, 3)?,
        decision: row.get(4)?,
        decided_by: user(row, 5)?,
        decided_at: time(row, 6)?,
        reason: row.get(7)?,
    })
}

macro_rules! reading {
    ($name:ident) => {
        impl ReadingKeeping for $name<'_> {
            fn erasure(&self, document: RecordId) -> Answer<Option<ErasureRow>> {
                self.one(&format!("{ERASURE} WHERE document = ?1"), [&document.0[..]], erasure)
            }

            fn erasures(&self) -> Answer<Vec<ErasureRow>> {
                self.all(&format!("{ERASURE} ORDER BY number"), [], erasure)
            }

            fn hold_on(&self, subject: RecordId) -> Answer<Option<HoldRow>> {
                let sql = format!("{HOLD} WHERE subject = ?1 AND released_at IS NULL ORDER BY number DESC LIMIT 1");
                self.one(&sql, [&subject.0[..]], hold)
            }

            fn holds(&self) -> Answer<Vec<HoldRow>> {
                self.all(&format!("{HOLD} ORDER BY number"), [], hold)
            }

            fn retention_of(&self, case: RecordId) -> Answer<Option<RetentionRow>> {
                let sql = format!("{RETENTION} WHERE case_id = ?1 ORDER BY number DESC LIMIT 1");
                self.one(&sql, [&case.0[..]], retention)
            }

            fn retentions(&self) -> Answer<Vec<RetentionRow>> {
                self.all(&format!("{RETENTION} ORDER BY number"), [], retention)
            }

            fn of_kind(&self, kind: &str) -> Answer<Vec<RecordId>> {
                let sql = "SELECT id FROM document WHERE kind = ?1 AND template = 'record' AND wrapped_key != x'' \
                           ORDER BY id";
                self.all(sql, [kind], |row| Ok(RecordId(bytes(row, 0)?)))
            }

            fn last_contact(&self, case: RecordId) -> Answer<Option<Timestamp>> {
                let sql = "SELECT max(c.at) FROM document d JOIN change c ON c.document = d.id \
                           WHERE (d.case_id = ?1 OR d.id = ?1) AND c.device IS NOT NULL AND d.kind <> 'opening'";
                let found = self.one(sql, [&case.0[..]], |row| row.get::<_, Option<i64>>(0))?;
                Ok(found.flatten().map(Timestamp::from_millis))
            }
        }
    };
}

reading!(ReadTx);
reading!(WriteTx);

impl WriteTx<'_> {
    fn follows(&self, table: &str, number: u64) -> Answer<()> {
        let sql = format!("SELECT coalesce(max(number), 0) FROM {table}");
        let last = self.one(&sql, [], |row| uint(row, 0))?.unwrap_or(0);
        if number == last + 1 { Ok(()) } else { Err(StoreError::Damaged) }
    }
}

impl WritingKeeping for WriteTx<'_> {
    fn append_erasure(&mut self, row: &ErasureRow) -> Answer<()> {
        self.follows("erasure", row.number)?;
        let sql = "INSERT INTO erasure (number, document, record, kind, case_id, compartment, approved_by, at, reason) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let values = (
            int(row.number),
            &row.document.0[..],
            &row.record.0[..],
            row.kind.as_str(),
            row.case.as_ref().map(|case| &case.0[..]),
            row.compartment.as_str(),
            row.approved_by.as_str(),
            row.at.millis(),
            &row.reason[..],
        );
        self.run(sql, values)
    }

    fn put_hold(&mut self, row: &HoldRow) -> Answer<()> {
        let sql = "INSERT OR REPLACE INTO legal_hold (number, subject, placed_by, placed_at, reason, released_by, \
                   released_at, release_reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let released = row.released.as_ref();
        let values = (
            int(row.number),
            &row.subject.0[..],
            row.placed_by.as_str(),
            row.placed_at.millis(),
            &row.reason[..],
            released.map(|(by, _, _)| by.as_str()),
            released.map(|(_, at, _)| at.millis()),
            released.map(|(_, _, why)| &why[..]),
        );
        self.run(sql, values)
    }

    fn append_retention(&mut self, row: &RetentionRow) -> Answer<()> {
        self.follows("retention", row.number)?;
        let sql = "INSERT INTO retention (number, case_id, review_group, next_review, decision, decided_by, \
                   decided_at, reason) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let values = (
            int(row.number),
            &row.case.0[..],
            int(row.group),
            row.next_review.millis(),
            row.decision.as_str(),
            row.decided_by.as_str(),
            row.decided_at.millis(),
            &row.reason[..],
        );
        self.run(sql, values)
    }
}
