//! The reads, as SQL.

use rusqlite::{OptionalExtension as _, Params, Row};
use signed::merkle::Node;
use signed::{ActorId, ChangeHash, DeviceId, Incarnation, RecordId, SchoolId, UserId};
use wire::Lane;

use super::columns::{
    SqlResult, actor, audit, bytes, change, code, count, device, directory, document, frame, head, holder, inbox, int,
    person, quarantine, school, statement, uint, user, withdrawal,
};
use super::{Connected, ReadTx, WriteTx, failure};
use crate::store::StoreError;
use crate::store::port::{Answer, Reading};
use crate::store::rows::{
    ActorRow, AuditEntry, ChangeRow, CodeRow, DeviceEntry, DirectoryRow, DocumentRow, FrameRow, HeadRow, HolderRow,
    InboxRow, QuarantineRow, SchoolRow, StatementRow, UserRow, WithdrawalRow,
};

const SCHOOL: &str = "SELECT id, name, agreement, until_day FROM school";
const PERSON: &str = "SELECT id, name, role, schools, team, area, supervisor, active, delivered FROM person";
const DEVICE: &str = "SELECT id, person, spki, incarnation, enrolled_at, last_sync_at, seen_to, revoked_at, erase, \
     erase_ordered_at, erased_at, erased_report FROM device";
const DOCUMENT: &str = "SELECT id, template, kind, case_id, compartment, owner, status, urgency, due, open, gaps, \
                        wrapped_key, state, projection, changes FROM document";
const CHANGE: &str = "SELECT document, hash, place, actor, seq, max_op, clock, bytes, at, device, incarnation, lane, \
                      frame, item FROM change";
const STATEMENT: &str = "SELECT document, change, id, kid, author FROM statement";
const HOLDER: &str = "SELECT document, person, content, line FROM holder";
const FRAME: &str = "SELECT device, incarnation, lane, number, hash, previous, signature, items, leaf, size, \
                     inbox_head FROM frame";

pub(super) trait Queries: Connected {
    fn one<T>(&self, sql: &str, params: impl Params, read: impl FnOnce(&Row<'_>) -> SqlResult<T>) -> Answer<Option<T>> {
        let mut statement = self.connection()?.prepare_cached(sql).map_err(failure)?;
        statement.query_row(params, read).optional().map_err(failure)
    }

    fn all<T>(&self, sql: &str, params: impl Params, read: impl FnMut(&Row<'_>) -> SqlResult<T>) -> Answer<Vec<T>> {
        let mut statement = self.connection()?.prepare_cached(sql).map_err(failure)?;
        let rows = statement.query_map(params, read).map_err(failure)?;
        rows.collect::<SqlResult<_>>().map_err(failure)
    }
}

impl<C: Connected> Queries for C {}

macro_rules! reading {
    ($name:ident) => {
        impl Reading for $name<'_> {
            fn meta(&self, name: &str) -> Answer<Option<Vec<u8>>> {
                self.one("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0))
            }

            fn school(&self, id: &SchoolId) -> Answer<Option<SchoolRow>> {
                self.one(&format!("{SCHOOL} WHERE id = ?1"), [id.as_str()], school)
            }

            fn schools(&self) -> Answer<Vec<SchoolRow>> {
                self.all(&format!("{SCHOOL} ORDER BY id"), [], school)
            }

            fn user(&self, id: &UserId) -> Answer<Option<UserRow>> {
                self.one(&format!("{PERSON} WHERE id = ?1"), [id.as_str()], person)
            }

            fn users(&self) -> Answer<Vec<UserRow>> {
                self.all(&format!("{PERSON} ORDER BY id"), [], person)
            }

            fn device(&self, id: DeviceId) -> Answer<Option<DeviceEntry>> {
                self.one(&format!("{DEVICE} WHERE id = ?1"), [&id.0[..]], device)
            }

            fn devices(&self) -> Answer<Vec<DeviceEntry>> {
                self.all(&format!("{DEVICE} ORDER BY id"), [], device)
            }

            fn actor(&self, id: ActorId) -> Answer<Option<ActorRow>> {
                self.one("SELECT id, device, incarnation FROM actor WHERE id = ?1", [&id.0[..]], actor)
            }

            fn actors(&self) -> Answer<Vec<ActorRow>> {
                self.all("SELECT id, device, incarnation FROM actor ORDER BY id", [], actor)
            }

            fn code(&self, id: &[u8; 16]) -> Answer<Option<CodeRow>> {
                let sql =
                    "SELECT id, person, secret_hash, expires_at, tries, used_at FROM enrolment_code WHERE id = ?1";
                self.one(sql, [&id[..]], code)
            }

            fn document(&self, id: RecordId) -> Answer<Option<DocumentRow>> {
                self.one(&format!("{DOCUMENT} WHERE id = ?1"), [&id.0[..]], document)
            }

            fn documents(&self) -> Answer<Vec<RecordId>> {
                self.all("SELECT id FROM document ORDER BY id", [], |row| Ok(RecordId(bytes(row, 0)?)))
            }

            fn documents_of_case(&self, case: RecordId) -> Answer<Vec<RecordId>> {
                let sql = "SELECT id FROM document WHERE case_id = ?1 ORDER BY id";
                self.all(sql, [&case.0[..]], |row| Ok(RecordId(bytes(row, 0)?)))
            }

            fn open_of(&self, owner: &UserId) -> Answer<Vec<RecordId>> {
                let sql = "SELECT document FROM open_item WHERE person = ?1 ORDER BY document";
                self.all(sql, [owner.as_str()], |row| Ok(RecordId(bytes(row, 0)?)))
            }

            fn open_count(&self, owner: &UserId, kind: &str) -> Answer<u64> {
                let sql = "SELECT count(*) FROM open_item WHERE person = ?1 AND kind = ?2";
                Ok(self.one(sql, (owner.as_str(), kind), |row| uint(row, 0))?.unwrap_or(0))
            }

            fn change(&self, document: RecordId, hash: ChangeHash) -> Answer<Option<ChangeRow>> {
                let sql = format!("{CHANGE} WHERE document = ?1 AND hash = ?2");
                self.one(&sql, (&document.0[..], &hash.0[..]), change)
            }

            fn changes(&self, document: RecordId) -> Answer<Vec<ChangeRow>> {
                self.all(&format!("{CHANGE} WHERE document = ?1 ORDER BY place"), [&document.0[..]], change)
            }

            fn operation(
                &self,
                document: RecordId,
                key: &[u8; 16],
                counter: u64,
                actor: ActorId,
            ) -> Answer<Option<u64>> {
                let sql = "SELECT seq FROM operation \
                           WHERE document = ?1 AND register = ?2 AND counter = ?3 AND actor = ?4";
                self.one(sql, (&document.0[..], &key[..], int(counter), &actor.0[..]), |row| uint(row, 0))
            }

            fn statements(&self, document: RecordId) -> Answer<Vec<StatementRow>> {
                self.all(&format!("{STATEMENT} WHERE document = ?1 ORDER BY change, id"), [&document.0[..]], statement)
            }

            fn statements_of(&self, document: RecordId, change: ChangeHash) -> Answer<Vec<StatementRow>> {
                let sql = format!("{STATEMENT} WHERE document = ?1 AND change = ?2 ORDER BY id");
                self.all(&sql, (&document.0[..], &change.0[..]), statement)
            }

            fn holder(&self, document: RecordId, user: &UserId) -> Answer<Option<HolderRow>> {
                self.one(
                    &format!("{HOLDER} WHERE document = ?1 AND person = ?2"),
                    (&document.0[..], user.as_str()),
                    holder,
                )
            }

            fn holders(&self, document: RecordId) -> Answer<Vec<HolderRow>> {
                self.all(&format!("{HOLDER} WHERE document = ?1 ORDER BY person"), [&document.0[..]], holder)
            }

            fn inbox_head(&self, user: &UserId) -> Answer<(u64, [u8; 32])> {
                let sql = "SELECT number, digest FROM inbox_head WHERE person = ?1";
                let head = self.one(sql, [user.as_str()], |row| Ok((uint(row, 0)?, bytes(row, 1)?)))?;
                Ok(head.unwrap_or_default())
            }

            fn inbox(&self, user: &UserId, after: u64, max: usize) -> Answer<Vec<InboxRow>> {
                let sql = "SELECT person, number, kind, document, change, body, digest FROM inbox \
                           WHERE person = ?1 AND number > ?2 ORDER BY number LIMIT ?3";
                self.all(sql, (user.as_str(), int(after), count(max)), inbox)
            }

            fn withdrawals(&self, user: &UserId, after: u64) -> Answer<Vec<WithdrawalRow>> {
                let sql = "SELECT person, number, document, first_row, cursors FROM withdrawal \
                           WHERE person = ?1 AND number > ?2 ORDER BY number";
                self.all(sql, (user.as_str(), int(after)), withdrawal)
            }

            fn frame(&self, device: DeviceId, life: &Incarnation, lane: Lane, number: u64) -> Answer<Option<FrameRow>> {
                let sql = format!("{FRAME} WHERE device = ?1 AND incarnation = ?2 AND lane = ?3 AND number = ?4");
                self.one(&sql, (&device.0[..], &life.0[..], int(lane.number()), int(number)), frame)
            }

            fn last_frame(&self, device: DeviceId, life: &Incarnation, lane: Lane) -> Answer<Option<FrameRow>> {
                let sql = format!(
                    "{FRAME} WHERE device = ?1 AND incarnation = ?2 AND lane = ?3 ORDER BY number DESC LIMIT 1"
                );
                self.one(&sql, (&device.0[..], &life.0[..], int(lane.number())), frame)
            }

            fn frames(&self) -> Answer<Vec<FrameRow>> {
                self.all(&format!("{FRAME} ORDER BY leaf"), [], frame)
            }

            fn leaf(&self, index: u64) -> Answer<Option<Vec<u8>>> {
                self.one("SELECT leaf FROM log_leaf WHERE place = ?1", [int(index)], |row| row.get(0))
            }

            fn leaves(&self) -> Answer<u64> {
                Ok(self.one("SELECT count(*) FROM log_leaf", [], |row| uint(row, 0))?.unwrap_or(0))
            }

            fn node(&self, level: u8, index: u64) -> Answer<Option<Node>> {
                let sql = "SELECT node FROM log_node WHERE level = ?1 AND place = ?2";
                self.one(sql, (level, int(index)), |row| bytes(row, 0))
            }

            fn log_head(&self, size: u64) -> Answer<Option<HeadRow>> {
                self.one("SELECT size, envelope FROM log_head WHERE size = ?1", [int(size)], head)
            }

            fn last_log_head(&self) -> Answer<Option<HeadRow>> {
                self.one("SELECT size, envelope FROM log_head ORDER BY size DESC LIMIT 1", [], head)
            }

            fn audit(&self, after: u64, max: usize) -> Answer<Vec<AuditEntry>> {
                let sql = "SELECT number, at, body, hash FROM audit WHERE number > ?1 ORDER BY number LIMIT ?2";
                self.all(sql, (int(after), count(max)), audit)
            }

            fn audit_tip(&self) -> Answer<(u64, Node)> {
                let sql = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1";
                Ok(self.one(sql, [], |row| Ok((uint(row, 0)?, bytes(row, 1)?)))?.unwrap_or_default())
            }

            fn quarantined(&self, device: DeviceId) -> Answer<(u64, u64)> {
                let sql = "SELECT coalesce(sum(length), 0), count(*) FROM quarantine WHERE device = ?1";
                let sums = self.one(sql, [&device.0[..]], |row| Ok((uint(row, 0)?, uint(row, 1)?)))?;
                Ok(sums.unwrap_or_default())
            }

            fn in_quarantine(&self, document: RecordId, hash: &[u8; 32]) -> Answer<bool> {
                let sql = "SELECT 1 FROM quarantine WHERE document = ?1 AND hash = ?2";
                Ok(self.one(sql, (&document.0[..], &hash[..]), |_| Ok(()))?.is_some())
            }

            fn quarantine(&self) -> Answer<Vec<QuarantineRow>> {
                let sql = "SELECT device, document, hash, code, at, length, bytes FROM quarantine \
                           ORDER BY at, device, document, hash";
                self.all(sql, [], quarantine)
            }

            fn directory_of(&self, subject: RecordId) -> Answer<Vec<DirectoryRow>> {
                let sql = "SELECT number, subject, statement FROM directory WHERE subject = ?1 ORDER BY number";
                self.all(sql, [&subject.0[..]], directory)
            }

            fn directory(&self) -> Answer<Vec<DirectoryRow>> {
                self.all("SELECT number, subject, statement FROM directory ORDER BY number", [], directory)
            }

            fn directory_sent(&self, user: &UserId, number: u64) -> Answer<bool> {
                let sql = "SELECT 1 FROM directory_sent WHERE person = ?1 AND number = ?2";
                Ok(self.one(sql, (user.as_str(), int(number)), |_| Ok(()))?.is_some())
            }

            fn directory_readers(&self, subject: RecordId) -> Answer<Vec<UserId>> {
                let sql = "SELECT DISTINCT person FROM directory_sent JOIN directory USING (number) \
                           WHERE subject = ?1 ORDER BY person";
                self.all(sql, [&subject.0[..]], |row| user(row, 0))
            }
        }
    };
}

reading!(ReadTx);
reading!(WriteTx);

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        failure(error)
    }
}
