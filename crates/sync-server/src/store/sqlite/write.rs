//! The writes, as SQL.

use rusqlite::Params;
use signed::cbor::{self, Value};
use signed::merkle::Node;
use signed::{ActorId, RecordId, SchoolId, UserId};

use super::columns::int;
use super::{WriteTx, failure};
use crate::store::StoreError;
use crate::store::port::{Answer, Reading, Writing};
use crate::store::rows::{
    ActorRow, AuditEntry, ChangeRow, CodeRow, DeviceEntry, DirectoryRow, DocumentRow, FrameRow, HeadRow, HolderRow,
    InboxRow, QuarantineRow, SchoolRow, StatementRow, UserRow, WithdrawalRow,
};

impl WriteTx<'_> {
    pub(super) fn run(&mut self, sql: &str, params: impl Params) -> Answer<()> {
        let mut statement = self.connection.prepare_cached(sql).map_err(failure)?;
        statement.execute(params).map_err(failure)?;
        Ok(())
    }
}

impl Writing for WriteTx<'_> {
    fn put_meta(&mut self, name: &str, value: &[u8]) -> Answer<()> {
        self.run("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)", (name, value))
    }

    fn put_school(&mut self, row: &SchoolRow) -> Answer<()> {
        let sql = "INSERT OR REPLACE INTO school (id, name, agreement, until_day) VALUES (?1, ?2, ?3, ?4)";
        self.run(sql, (row.id.as_str(), &row.name, &row.agreement, &row.until))
    }

    fn put_user(&mut self, row: &UserRow) -> Answer<()> {
        // An update, never a replacement: other rows refer to this one.
        let sql = "INSERT INTO person (id, name, role, schools, team, area, supervisor, active, delivered) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO UPDATE SET name = ?2, role = ?3, \
                   schools = ?4, team = ?5, area = ?6, supervisor = ?7, active = ?8, delivered = ?9";
        let schools = row.schools.iter().map(SchoolId::as_str).collect::<Vec<_>>().join(",");
        let supervisor = row.supervisor.as_ref().map(UserId::as_str);
        let (team, area) = (row.team.as_deref(), row.area.as_deref());
        let values = (
            row.id.as_str(),
            row.name.as_str(),
            row.role.as_str(),
            schools,
            team,
            area,
            supervisor,
            row.active,
            int(row.delivered),
        );
        self.run(sql, values)
    }

    fn put_device(&mut self, row: &DeviceEntry) -> Answer<()> {
        let sql = "INSERT INTO device (id, person, spki, incarnation, enrolled_at, last_sync_at, seen_to, revoked_at, \
                   erase, erase_ordered_at, erased_at, erased_report) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT (id) DO UPDATE SET person = ?2, \
                   spki = ?3, incarnation = ?4, enrolled_at = ?5, last_sync_at = ?6, seen_to = ?7, revoked_at = ?8, \
                   erase = ?9, erase_ordered_at = ?10, erased_at = ?11, erased_report = ?12";
        let values = (
            &row.id.0[..],
            row.user.as_str(),
            row.key.spki(),
            &row.incarnation.0[..],
            row.enrolled_at.millis(),
            row.last_sync_at.map(signed::Timestamp::millis),
            int(row.cursor),
            row.revoked_at.map(signed::Timestamp::millis),
            row.erase,
            row.erase_ordered_at.map(signed::Timestamp::millis),
            row.erased.as_ref().map(|(at, _)| at.millis()),
            row.erased.as_ref().map(|(_, report)| &report[..]),
        );
        self.run(sql, values)
    }

    fn add_actor(&mut self, row: &ActorRow) -> Answer<()> {
        let sql = "INSERT OR IGNORE INTO actor (id, device, incarnation) VALUES (?1, ?2, ?3)";
        self.run(sql, (&row.actor.0[..], &row.device.0[..], &row.incarnation.0[..]))
    }

    fn put_code(&mut self, row: &CodeRow) -> Answer<()> {
        let sql = "INSERT OR REPLACE INTO enrolment_code (id, person, secret_hash, expires_at, tries, used_at) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let used = row.used_at.map(signed::Timestamp::millis);
        let hash = &row.secret_hash[..];
        self.run(sql, (&row.id[..], row.user.as_str(), hash, row.expires_at.millis(), int(row.tries), used))
    }

    fn put_document(&mut self, row: &DocumentRow) -> Answer<()> {
        let sql = "INSERT INTO document (id, template, kind, case_id, compartment, owner, status, urgency, due, open, \
                   gaps, wrapped_key, state, projection, changes) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15) \
                   ON CONFLICT (id) DO UPDATE SET template = ?2, kind = ?3, case_id = ?4, compartment = ?5, owner = ?6, \
                   status = ?7, urgency = ?8, due = ?9, open = ?10, gaps = ?11, wrapped_key = ?12, state = ?13, \
                   projection = ?14, changes = ?15";
        let values = (
            &row.id.0[..],
            row.template.as_str(),
            row.kind.as_str(),
            row.case.as_ref().map(|id| &id.0[..]),
            row.compartment.as_str(),
            row.owner.as_str(),
            row.status.as_str(),
            row.urgency.as_str(),
            row.due.map(signed::Timestamp::millis),
            row.open,
            int(row.gaps),
            &row.key[..],
            &row.state[..],
            &row.projection[..],
            int(row.changes),
        );
        self.run(sql, values)?;
        self.run("DELETE FROM open_item WHERE document = ?1", [&row.id.0[..]])?;
        for owner in row.owner.split(',').filter(|owner| row.open && !owner.is_empty()) {
            let sql = "INSERT OR IGNORE INTO open_item (person, kind, document) VALUES (?1, ?2, ?3)";
            self.run(sql, (owner, row.kind.as_str(), &row.id.0[..]))?;
        }
        Ok(())
    }

    fn add_change(&mut self, row: &ChangeRow) -> Answer<()> {
        let sql = "INSERT INTO change (document, hash, place, actor, seq, max_op, clock, bytes, at, device, \
                   incarnation, lane, frame, item) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, \
                   ?14) ON CONFLICT (document, hash) DO NOTHING";
        let origin = row.origin.as_ref();
        let values = (
            &row.document.0[..],
            &row.hash.0[..],
            int(row.place),
            &row.actor.0[..],
            int(row.seq),
            int(row.max_op),
            &row.clock[..],
            &row.bytes[..],
            row.at.millis(),
            origin.map(|o| &o.device.0[..]),
            origin.map(|o| &o.incarnation.0[..]),
            origin.map(|o| int(o.lane.number())),
            origin.map(|o| int(o.frame)),
            origin.map(|o| int(o.item)),
        );
        self.run(sql, values)
    }

    fn add_operation(
        &mut self,
        document: RecordId,
        key: &[u8; 16],
        counter: u64,
        actor: ActorId,
        seq: u64,
    ) -> Answer<()> {
        let sql = "INSERT OR IGNORE INTO operation (document, register, counter, actor, seq) \
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        self.run(sql, (&document.0[..], &key[..], int(counter), &actor.0[..], int(seq)))
    }

    fn add_statement(&mut self, row: &StatementRow) -> Answer<()> {
        let sql = "INSERT OR IGNORE INTO statement (document, change, id, kid, author) VALUES (?1, ?2, ?3, ?4, ?5)";
        let values = (&row.document.0[..], &row.change.0[..], &row.id.0[..], &row.kid.0[..], row.author.as_str());
        self.run(sql, values)
    }

    fn put_holder(&mut self, row: &HolderRow) -> Answer<()> {
        let sql = "INSERT OR REPLACE INTO holder (document, person, content, line) VALUES (?1, ?2, ?3, ?4)";
        self.run(sql, (&row.document.0[..], row.user.as_str(), row.content, &row.line[..]))
    }

    fn remove_holder(&mut self, document: RecordId, user: &UserId) -> Answer<()> {
        self.run("DELETE FROM holder WHERE document = ?1 AND person = ?2", (&document.0[..], user.as_str()))
    }

    fn append_inbox(&mut self, row: &InboxRow) -> Answer<()> {
        if self.inbox_head(&row.user)?.0 + 1 != row.number {
            return Err(StoreError::Damaged);
        }
        let sql = "INSERT INTO inbox_head (person, number, digest) VALUES (?1, ?2, ?3) \
                   ON CONFLICT (person) DO UPDATE SET number = ?2, digest = ?3";
        self.run(sql, (row.user.as_str(), int(row.number), &row.digest[..]))?;
        let sql = "INSERT INTO inbox (person, number, kind, document, change, body, digest) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let document = row.document.as_ref().map(|id| &id.0[..]);
        let change = row.change.as_ref().map(|id| &id.0[..]);
        let (number, kind) = (int(row.number), int(row.kind));
        self.run(sql, (row.user.as_str(), number, kind, document, change, &row.body[..], &row.digest[..]))
    }

    fn add_withdrawal(&mut self, row: &WithdrawalRow) -> Answer<()> {
        let sql = "INSERT OR IGNORE INTO withdrawal (person, number, document, first_row, cursors) \
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        let pair = |(device, cursor): &(signed::DeviceId, u64)| {
            Value::Array(vec![Value::bytes(device.0), Value::uint(*cursor)])
        };
        let cursors = cbor::encode(&Value::Array(row.cursors.iter().map(pair).collect()));
        self.run(sql, (row.user.as_str(), int(row.number), &row.document.0[..], int(row.first), cursors))
    }

    fn put_frame(&mut self, row: &FrameRow) -> Answer<()> {
        let sql = "INSERT OR REPLACE INTO frame (device, incarnation, lane, number, hash, previous, signature, items, \
                   leaf, size, inbox_head) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        let item = |(document, hashes): &(RecordId, Vec<[u8; 32]>)| {
            let hashes = hashes.iter().map(Value::bytes);
            Value::Array(std::iter::once(Value::bytes(document.0)).chain(hashes).collect())
        };
        let items = cbor::encode(&Value::Array(row.items.iter().map(item).collect()));
        let values = (
            &row.device.0[..],
            &row.incarnation.0[..],
            int(row.lane.number()),
            int(row.number),
            &row.hash.0[..],
            &row.previous.0[..],
            &row.signature[..],
            items,
            int(row.index),
            int(row.size),
            int(row.inbox_head),
        );
        self.run(sql, values)
    }

    fn add_leaf(&mut self, index: u64, leaf: &[u8]) -> Answer<()> {
        self.run("INSERT OR IGNORE INTO log_leaf (place, leaf) VALUES (?1, ?2)", (int(index), leaf))
    }

    fn add_node(&mut self, level: u8, index: u64, node: &Node) -> Answer<()> {
        let sql = "INSERT OR IGNORE INTO log_node (level, place, node) VALUES (?1, ?2, ?3)";
        self.run(sql, (level, int(index), &node[..]))
    }

    fn add_log_head(&mut self, row: &HeadRow) -> Answer<()> {
        let sql = "INSERT OR IGNORE INTO log_head (size, envelope) VALUES (?1, ?2)";
        self.run(sql, (int(row.size), &row.envelope[..]))
    }

    fn append_audit(&mut self, row: &AuditEntry) -> Answer<()> {
        if self.audit_tip()?.0 + 1 != row.number {
            return Err(StoreError::Damaged);
        }
        let sql = "INSERT INTO audit (number, at, body, hash) VALUES (?1, ?2, ?3, ?4)";
        self.run(sql, (int(row.number), row.at.millis(), &row.body[..], &row.hash[..]))
    }

    fn add_quarantine(&mut self, row: &QuarantineRow) -> Answer<()> {
        let sql = "INSERT OR IGNORE INTO quarantine (device, document, hash, code, at, length, bytes) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let (device, document, hash) = (&row.device.0[..], &row.document.0[..], &row.hash[..]);
        self.run(sql, (device, document, hash, row.code, row.at.millis(), int(row.length), &row.bytes[..]))
    }

    fn add_directory(&mut self, row: &DirectoryRow) -> Answer<()> {
        let sql = "INSERT OR IGNORE INTO directory (number, subject, statement) VALUES (?1, ?2, ?3)";
        self.run(sql, (int(row.number), &row.subject.0[..], &row.statement[..]))
    }

    fn mark_directory_sent(&mut self, user: &UserId, number: u64) -> Answer<()> {
        let sql = "INSERT OR IGNORE INTO directory_sent (person, number) VALUES (?1, ?2)";
        self.run(sql, (user.as_str(), int(number)))
    }

    fn commit(mut self: Box<Self>) -> Answer<()> {
        self.finish()
    }

    fn reading(&self) -> &dyn Reading {
        self
    }
}
