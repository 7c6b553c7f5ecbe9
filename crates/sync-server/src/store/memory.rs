//! Rows in memory, for tests: each writing transaction works on a copy that replaces the whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use signed::merkle::Node;
use signed::{ActorId, ChangeHash, DeviceId, Incarnation, RecordId, SchoolId, StatementHash, UserId};
use wire::Lane;

mod keeping;
mod media;
mod rules;

use super::StoreError;
use super::port::{Answer, Reading, Store, Writing};
use super::rows::{
    ActorRow, AuditEntry, ChangeRow, CodeRow, DeviceEntry, DirectoryRow, DocumentRow, FrameRow, HeadRow, HolderRow,
    InboxRow, QuarantineRow, SchoolRow, StatementRow, UserRow, WithdrawalRow,
};

/// A store that lasts as long as the value.
#[derive(Debug, Default)]
pub struct Memory {
    tables: Mutex<Arc<Tables>>,
    writing: Mutex<()>,
}

type FrameKey = (DeviceId, Incarnation, Lane, u64);

#[derive(Clone, Debug, Default)]
struct Tables {
    meta: BTreeMap<String, Vec<u8>>,
    schools: BTreeMap<SchoolId, SchoolRow>,
    users: BTreeMap<UserId, UserRow>,
    devices: BTreeMap<DeviceId, DeviceEntry>,
    actors: BTreeMap<ActorId, ActorRow>,
    codes: BTreeMap<[u8; 16], CodeRow>,
    documents: BTreeMap<RecordId, DocumentRow>,
    changes: BTreeMap<(RecordId, ChangeHash), ChangeRow>,
    operations: BTreeMap<(RecordId, [u8; 16], u64, ActorId), u64>,
    statements: BTreeMap<(RecordId, ChangeHash, StatementHash), StatementRow>,
    holders: BTreeMap<(RecordId, UserId), HolderRow>,
    heads: BTreeMap<UserId, (u64, [u8; 32])>,
    inbox: BTreeMap<(UserId, u64), InboxRow>,
    withdrawals: BTreeMap<(UserId, u64), WithdrawalRow>,
    frames: BTreeMap<FrameKey, FrameRow>,
    leaves: BTreeMap<u64, Vec<u8>>,
    nodes: BTreeMap<(u8, u64), Node>,
    log_heads: BTreeMap<u64, HeadRow>,
    audit: BTreeMap<u64, AuditEntry>,
    quarantine: BTreeMap<(DeviceId, RecordId, [u8; 32]), QuarantineRow>,
    directory: BTreeMap<u64, DirectoryRow>,
    sent: BTreeSet<(UserId, u64)>,
    rules: rules::Rules,
    keeping: keeping::Keeping,
    media: media::Media,
}

impl Store for Memory {
    fn read(&self) -> Answer<Box<dyn Reading + '_>> {
        Ok(Box::new(View { tables: Arc::clone(&lock(&self.tables)) }))
    }

    fn write(&self) -> Answer<Box<dyn Writing + '_>> {
        let alone = lock(&self.writing);
        let tables = Tables::clone(&lock(&self.tables));
        Ok(Box::new(Work { tables, home: &self.tables, _alone: alone }))
    }

    fn settle(&self) -> Answer<()> {
        Ok(())
    }

    fn data_version(&self) -> Answer<u64> {
        // Nobody else can write here.
        Ok(0)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn owned(row: &DocumentRow, owner: &UserId) -> bool {
    row.open && row.owner.split(',').any(|name| name == owner.as_str())
}

struct View {
    tables: Arc<Tables>,
}

struct Work<'a> {
    tables: Tables,
    home: &'a Mutex<Arc<Tables>>,
    _alone: MutexGuard<'a, ()>,
}

const FIRST: [u8; 32] = [0; 32];
const LAST: [u8; 32] = [0xff; 32];

macro_rules! reading {
    ($name:ty) => {
        impl Reading for $name {
            fn meta(&self, name: &str) -> Answer<Option<Vec<u8>>> {
                Ok(self.tables.meta.get(name).cloned())
            }

            fn school(&self, id: &SchoolId) -> Answer<Option<SchoolRow>> {
                Ok(self.tables.schools.get(id).cloned())
            }

            fn schools(&self) -> Answer<Vec<SchoolRow>> {
                Ok(self.tables.schools.values().cloned().collect())
            }

            fn user(&self, id: &UserId) -> Answer<Option<UserRow>> {
                Ok(self.tables.users.get(id).cloned())
            }

            fn users(&self) -> Answer<Vec<UserRow>> {
                Ok(self.tables.users.values().cloned().collect())
            }

            fn device(&self, id: DeviceId) -> Answer<Option<DeviceEntry>> {
                Ok(self.tables.devices.get(&id).cloned())
            }

            fn devices(&self) -> Answer<Vec<DeviceEntry>> {
                Ok(self.tables.devices.values().cloned().collect())
            }

            fn actor(&self, id: ActorId) -> Answer<Option<ActorRow>> {
                Ok(self.tables.actors.get(&id).cloned())
            }

            fn actors(&self) -> Answer<Vec<ActorRow>> {
                Ok(self.tables.actors.values().cloned().collect())
            }

            fn code(&self, id: &[u8; 16]) -> Answer<Option<CodeRow>> {
                Ok(self.tables.codes.get(id).cloned())
            }

            fn document(&self, id: RecordId) -> Answer<Option<DocumentRow>> {
                Ok(self.tables.documents.get(&id).cloned())
            }

            fn documents(&self) -> Answer<Vec<RecordId>> {
                Ok(self.tables.documents.keys().copied().collect())
            }

            fn documents_of_case(&self, case: RecordId) -> Answer<Vec<RecordId>> {
                let of_case = self.tables.documents.values().filter(|row| row.case == Some(case));
                Ok(of_case.map(|row| row.id).collect())
            }

            fn open_of(&self, owner: &UserId) -> Answer<Vec<RecordId>> {
                let of = self.tables.documents.values().filter(|row| owned(row, owner));
                Ok(of.map(|row| row.id).collect())
            }

            fn open_count(&self, owner: &UserId, kind: &str) -> Answer<u64> {
                let of = self.tables.documents.values().filter(|row| owned(row, owner) && row.kind == kind);
                Ok(of.count() as u64)
            }

            fn change(&self, document: RecordId, hash: ChangeHash) -> Answer<Option<ChangeRow>> {
                Ok(self.tables.changes.get(&(document, hash)).cloned())
            }

            fn changes(&self, document: RecordId) -> Answer<Vec<ChangeRow>> {
                let range = (document, ChangeHash(FIRST))..=(document, ChangeHash(LAST));
                let mut rows: Vec<_> = self.tables.changes.range(range).map(|(_, row)| row.clone()).collect();
                rows.sort_by_key(|row| row.place);
                Ok(rows)
            }

            fn operation(
                &self,
                document: RecordId,
                key: &[u8; 16],
                counter: u64,
                actor: ActorId,
            ) -> Answer<Option<u64>> {
                Ok(self.tables.operations.get(&(document, *key, counter, actor)).copied())
            }

            fn statements(&self, document: RecordId) -> Answer<Vec<StatementRow>> {
                let from = (document, ChangeHash(FIRST), StatementHash(FIRST));
                let to = (document, ChangeHash(LAST), StatementHash(LAST));
                Ok(self.tables.statements.range(from..=to).map(|(_, row)| row.clone()).collect())
            }

            fn statements_of(&self, document: RecordId, change: ChangeHash) -> Answer<Vec<StatementRow>> {
                let range = (document, change, StatementHash(FIRST))..=(document, change, StatementHash(LAST));
                Ok(self.tables.statements.range(range).map(|(_, row)| row.clone()).collect())
            }

            fn holder(&self, document: RecordId, user: &UserId) -> Answer<Option<HolderRow>> {
                Ok(self.tables.holders.get(&(document, user.clone())).cloned())
            }

            fn holders(&self, document: RecordId) -> Answer<Vec<HolderRow>> {
                let of = self.tables.holders.iter().filter(|((id, _), _)| *id == document);
                Ok(of.map(|(_, row)| row.clone()).collect())
            }

            fn inbox_head(&self, user: &UserId) -> Answer<(u64, [u8; 32])> {
                Ok(self.tables.heads.get(user).copied().unwrap_or_default())
            }

            fn inbox(&self, user: &UserId, after: u64, max: usize) -> Answer<Vec<InboxRow>> {
                let range = (user.clone(), after.saturating_add(1))..=(user.clone(), u64::MAX);
                Ok(self.tables.inbox.range(range).take(max).map(|(_, row)| row.clone()).collect())
            }

            fn withdrawals(&self, user: &UserId, after: u64) -> Answer<Vec<WithdrawalRow>> {
                let range = (user.clone(), after.saturating_add(1))..=(user.clone(), u64::MAX);
                Ok(self.tables.withdrawals.range(range).map(|(_, row)| row.clone()).collect())
            }

            fn frame(&self, device: DeviceId, life: &Incarnation, lane: Lane, number: u64) -> Answer<Option<FrameRow>> {
                Ok(self.tables.frames.get(&(device, *life, lane, number)).cloned())
            }

            fn last_frame(&self, device: DeviceId, life: &Incarnation, lane: Lane) -> Answer<Option<FrameRow>> {
                let range = (device, *life, lane, 0)..=(device, *life, lane, u64::MAX);
                Ok(self.tables.frames.range(range).next_back().map(|(_, row)| row.clone()))
            }

            fn frames(&self) -> Answer<Vec<FrameRow>> {
                let mut rows: Vec<_> = self.tables.frames.values().cloned().collect();
                rows.sort_by_key(|row| row.index);
                Ok(rows)
            }

            fn leaf(&self, index: u64) -> Answer<Option<Vec<u8>>> {
                Ok(self.tables.leaves.get(&index).cloned())
            }

            fn leaves(&self) -> Answer<u64> {
                Ok(self.tables.leaves.len() as u64)
            }

            fn node(&self, level: u8, index: u64) -> Answer<Option<Node>> {
                Ok(self.tables.nodes.get(&(level, index)).copied())
            }

            fn log_head(&self, size: u64) -> Answer<Option<HeadRow>> {
                Ok(self.tables.log_heads.get(&size).cloned())
            }

            fn last_log_head(&self) -> Answer<Option<HeadRow>> {
                Ok(self.tables.log_heads.values().next_back().cloned())
            }

            fn audit(&self, after: u64, max: usize) -> Answer<Vec<AuditEntry>> {
                let range = after.saturating_add(1)..;
                Ok(self.tables.audit.range(range).take(max).map(|(_, row)| row.clone()).collect())
            }

            fn audit_tip(&self) -> Answer<(u64, Node)> {
                Ok(self.tables.audit.values().next_back().map(|row| (row.number, row.hash)).unwrap_or_default())
            }

            fn quarantined(&self, device: DeviceId) -> Answer<(u64, u64)> {
                let of = self.tables.quarantine.values().filter(|row| row.device == device);
                Ok(of.fold((0, 0), |(bytes, count), row| (bytes + row.length, count + 1)))
            }

            fn in_quarantine(&self, document: RecordId, hash: &[u8; 32]) -> Answer<bool> {
                Ok(self.tables.quarantine.values().any(|row| row.document == document && row.hash == *hash))
            }

            fn quarantine(&self) -> Answer<Vec<QuarantineRow>> {
                let mut rows: Vec<_> = self.tables.quarantine.values().cloned().collect();
                rows.sort_by_key(|row| (row.at, row.device, row.document, row.hash));
                Ok(rows)
            }

            fn directory_of(&self, subject: RecordId) -> Answer<Vec<DirectoryRow>> {
                Ok(self.tables.directory.values().filter(|row| row.subject == subject).cloned().collect())
            }

            fn directory(&self) -> Answer<Vec<DirectoryRow>> {
                Ok(self.tables.directory.values().cloned().collect())
            }

            fn directory_sent(&self, user: &UserId, number: u64) -> Answer<bool> {
                Ok(self.tables.sent.contains(&(user.clone(), number)))
            }

            fn directory_readers(&self, subject: RecordId) -> Answer<Vec<UserId>> {
                let about = |number: &u64| self.tables.directory.get(number).is_some_and(|row| row.subject == subject);
                let readers: BTreeSet<_> = self.tables.sent.iter().filter(|(_, number)| about(number)).collect();
                let readers: BTreeSet<_> = readers.into_iter().map(|(user, _)| user.clone()).collect();
                Ok(readers.into_iter().collect())
            }
        }
    };
}

reading!(View);
reading!(Work<'_>);

impl Writing for Work<'_> {
    fn put_meta(&mut self, name: &str, value: &[u8]) -> Answer<()> {
        self.tables.meta.insert(name.to_owned(), value.to_vec());
        Ok(())
    }

    fn put_school(&mut self, row: &SchoolRow) -> Answer<()> {
        self.tables.schools.insert(row.id.clone(), row.clone());
        Ok(())
    }

    fn put_user(&mut self, row: &UserRow) -> Answer<()> {
        self.tables.users.insert(row.id.clone(), row.clone());
        Ok(())
    }

    fn put_device(&mut self, row: &DeviceEntry) -> Answer<()> {
        self.tables.devices.insert(row.id, row.clone());
        Ok(())
    }

    fn add_actor(&mut self, row: &ActorRow) -> Answer<()> {
        self.tables.actors.entry(row.actor).or_insert_with(|| row.clone());
        Ok(())
    }

    fn put_code(&mut self, row: &CodeRow) -> Answer<()> {
        self.tables.codes.insert(row.id, row.clone());
        Ok(())
    }

    fn put_document(&mut self, row: &DocumentRow) -> Answer<()> {
        self.tables.documents.insert(row.id, row.clone());
        Ok(())
    }

    fn add_change(&mut self, row: &ChangeRow) -> Answer<()> {
        self.tables.changes.entry((row.document, row.hash)).or_insert_with(|| row.clone());
        Ok(())
    }

    fn add_operation(
        &mut self,
        document: RecordId,
        key: &[u8; 16],
        counter: u64,
        actor: ActorId,
        seq: u64,
    ) -> Answer<()> {
        self.tables.operations.entry((document, *key, counter, actor)).or_insert(seq);
        Ok(())
    }

    fn add_statement(&mut self, row: &StatementRow) -> Answer<()> {
        self.tables.statements.entry((row.document, row.change, row.id)).or_insert_with(|| row.clone());
        Ok(())
    }

    fn put_holder(&mut self, row: &HolderRow) -> Answer<()> {
        self.tables.holders.insert((row.document, row.user.clone()), row.clone());
        Ok(())
    }

    fn remove_holder(&mut self, document: RecordId, user: &UserId) -> Answer<()> {
        self.tables.holders.remove(&(document, user.clone()));
        Ok(())
    }

    fn append_inbox(&mut self, row: &InboxRow) -> Answer<()> {
        if self.inbox_head(&row.user)?.0 + 1 != row.number {
            return Err(StoreError::Damaged);
        }
        self.tables.heads.insert(row.user.clone(), (row.number, row.digest));
        self.tables.inbox.insert((row.user.clone(), row.number), row.clone());
        Ok(())
    }

    fn add_withdrawal(&mut self, row: &WithdrawalRow) -> Answer<()> {
        self.tables.withdrawals.entry((row.user.clone(), row.number)).or_insert_with(|| row.clone());
        Ok(())
    }

    fn put_frame(&mut self, row: &FrameRow) -> Answer<()> {
        let key = (row.device, row.incarnation, row.lane, row.number);
        self.tables.frames.insert(key, row.clone());
        Ok(())
    }

    fn add_leaf(&mut self, index: u64, leaf: &[u8]) -> Answer<()> {
        self.tables.leaves.entry(index).or_insert_with(|| leaf.to_vec());
        Ok(())
    }

    fn add_node(&mut self, level: u8, index: u64, node: &Node) -> Answer<()> {
        self.tables.nodes.entry((level, index)).or_insert(*node);
        Ok(())
    }

    fn add_log_head(&mut self, row: &HeadRow) -> Answer<()> {
        self.tables.log_heads.entry(row.size).or_insert_with(|| row.clone());
        Ok(())
    }

    fn append_audit(&mut self, row: &AuditEntry) -> Answer<()> {
        if self.audit_tip()?.0 + 1 != row.number {
            return Err(StoreError::Damaged);
        }
        self.tables.audit.insert(row.number, row.clone());
        Ok(())
    }

    fn add_quarantine(&mut self, row: &QuarantineRow) -> Answer<()> {
        let key = (row.device, row.document, row.hash);
        self.tables.quarantine.entry(key).or_insert_with(|| row.clone());
        Ok(())
    }

    fn add_directory(&mut self, row: &DirectoryRow) -> Answer<()> {
        self.tables.directory.entry(row.number).or_insert_with(|| row.clone());
        Ok(())
    }

    fn mark_directory_sent(&mut self, user: &UserId, number: u64) -> Answer<()> {
        self.tables.sent.insert((user.clone(), number));
        Ok(())
    }

    fn commit(self: Box<Self>) -> Answer<()> {
        *lock(self.home) = Arc::new(self.tables);
        Ok(())
    }

    fn reading(&self) -> &dyn Reading {
        self
    }
}
