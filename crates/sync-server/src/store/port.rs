//! The port: rows in, rows out, in transactions. No rule lives behind it, and no SQL before it.
//!
//! Every method can fail, because disks do. What is written in a transaction is seen by its own
//! reads at once and by others after [`Writing::commit`]; a transaction that is dropped leaves
//! nothing.

use signed::merkle::Node;
use signed::{ActorId, ChangeHash, DeviceId, Incarnation, RecordId, SchoolId, UserId};
use wire::Lane;

use super::StoreError;
use super::keeping::{ReadingKeeping, WritingKeeping};
use super::media::{ReadingMedia, WritingMedia};
use super::rows::{
    ActorRow, AuditEntry, ChangeRow, CodeRow, DeviceEntry, DirectoryRow, DocumentRow, FrameRow, HeadRow, HolderRow,
    InboxRow, QuarantineRow, SchoolRow, StatementRow, UserRow, WithdrawalRow,
};
use super::rules::{ReadingRules, WritingRules};

/// What every method answers.
pub type Answer<T> = Result<T, StoreError>;

/// Where rows are kept.
pub trait Store: Send + Sync {
    /// A steady view of what is committed.
    fn read(&self) -> Answer<Box<dyn Reading + '_>>;

    /// The one writing transaction; waits for the one before it.
    fn write(&self) -> Answer<Box<dyn Writing + '_>>;

    /// A number that changes when another process has committed something.
    fn data_version(&self) -> Answer<u64>;

    /// Brings everything into the one file: what was freed is left nowhere beside it.
    fn settle(&self) -> Answer<()>;
}

/// The reads of a transaction.
pub trait Reading: ReadingRules + ReadingMedia + ReadingKeeping {
    /// A named single value.
    fn meta(&self, name: &str) -> Answer<Option<Vec<u8>>>;
    /// A school.
    fn school(&self, id: &SchoolId) -> Answer<Option<SchoolRow>>;
    /// Every school, by id.
    fn schools(&self) -> Answer<Vec<SchoolRow>>;
    /// A user.
    fn user(&self, id: &UserId) -> Answer<Option<UserRow>>;
    /// Every user, by id.
    fn users(&self) -> Answer<Vec<UserRow>>;
    /// A device.
    fn device(&self, id: DeviceId) -> Answer<Option<DeviceEntry>>;
    /// Every device, by id.
    fn devices(&self) -> Answer<Vec<DeviceEntry>>;
    /// The store's life that an actor names.
    fn actor(&self, id: ActorId) -> Answer<Option<ActorRow>>;
    /// Every life of every store, by actor.
    fn actors(&self) -> Answer<Vec<ActorRow>>;
    /// A one-time code.
    fn code(&self, id: &[u8; 16]) -> Answer<Option<CodeRow>>;
    /// A document.
    fn document(&self, id: RecordId) -> Answer<Option<DocumentRow>>;
    /// Every document's id, in order.
    fn documents(&self) -> Answer<Vec<RecordId>>;
    /// The documents of a case, in order.
    fn documents_of_case(&self, case: RecordId) -> Answer<Vec<RecordId>>;
    /// Open documents of which this user is an owner, in order.
    fn open_of(&self, owner: &UserId) -> Answer<Vec<RecordId>>;
    /// How many open documents of a kind this user is an owner of.
    fn open_count(&self, owner: &UserId, kind: &str) -> Answer<u64>;
    /// An accepted change.
    fn change(&self, document: RecordId, hash: ChangeHash) -> Answer<Option<ChangeRow>>;
    /// A document's accepted changes, ancestors first.
    fn changes(&self, document: RecordId) -> Answer<Vec<ChangeRow>>;
    /// The number of the change in which an actor made operation `counter` on a register, the
    /// register being named by a keyed hash.
    fn operation(&self, document: RecordId, key: &[u8; 16], counter: u64, actor: ActorId) -> Answer<Option<u64>>;
    /// The statements of a document.
    fn statements(&self, document: RecordId) -> Answer<Vec<StatementRow>>;
    /// The statements of one change.
    fn statements_of(&self, document: RecordId, change: ChangeHash) -> Answer<Vec<StatementRow>>;
    /// What somebody holds of a document.
    fn holder(&self, document: RecordId, user: &UserId) -> Answer<Option<HolderRow>>;
    /// Who holds something of a document, by user.
    fn holders(&self, document: RecordId) -> Answer<Vec<HolderRow>>;
    /// The last row of somebody's inbox and the digest at it; zero and zeroes for an empty one.
    fn inbox_head(&self, user: &UserId) -> Answer<(u64, [u8; 32])>;
    /// Rows after this one, at most so many.
    fn inbox(&self, user: &UserId, after: u64, max: usize) -> Answer<Vec<InboxRow>>;
    /// Documents taken from somebody at a row after this one, by row.
    fn withdrawals(&self, user: &UserId, after: u64) -> Answer<Vec<WithdrawalRow>>;
    /// A frame that was taken.
    fn frame(&self, device: DeviceId, life: &Incarnation, lane: Lane, number: u64) -> Answer<Option<FrameRow>>;
    /// The last frame of a lane.
    fn last_frame(&self, device: DeviceId, life: &Incarnation, lane: Lane) -> Answer<Option<FrameRow>>;
    /// Every frame, by the place of its leaf.
    fn frames(&self) -> Answer<Vec<FrameRow>>;
    /// A leaf of the receipt log, as CBOR.
    fn leaf(&self, index: u64) -> Answer<Option<Vec<u8>>>;
    /// How many leaves are kept.
    fn leaves(&self) -> Answer<u64>;
    /// The root of a complete subtree of the receipt log.
    fn node(&self, level: u8, index: u64) -> Answer<Option<Node>>;
    /// The signed head of this size.
    fn log_head(&self, size: u64) -> Answer<Option<HeadRow>>;
    /// The newest signed head.
    fn last_log_head(&self) -> Answer<Option<HeadRow>>;
    /// Audit entries after this one, at most so many.
    fn audit(&self, after: u64, max: usize) -> Answer<Vec<AuditEntry>>;
    /// The last audit entry's number and hash; zero and zeroes for an empty chain.
    fn audit_tip(&self) -> Answer<(u64, Node)>;
    /// Bytes and number of the changes of a device that are kept aside.
    fn quarantined(&self, device: DeviceId) -> Answer<(u64, u64)>;
    /// Whether this change of this document is kept aside.
    fn in_quarantine(&self, document: RecordId, hash: &[u8; 32]) -> Answer<bool>;
    /// What is kept aside, by time.
    fn quarantine(&self) -> Answer<Vec<QuarantineRow>>;
    /// The directory's statements about a subject, oldest first.
    fn directory_of(&self, subject: RecordId) -> Answer<Vec<DirectoryRow>>;
    /// Every statement of the directory, oldest first.
    fn directory(&self) -> Answer<Vec<DirectoryRow>>;
    /// Whether somebody has been sent this statement.
    fn directory_sent(&self, user: &UserId, number: u64) -> Answer<bool>;
    /// Who has been sent something about a subject.
    fn directory_readers(&self, subject: RecordId) -> Answer<Vec<UserId>>;
}

/// The writes of a transaction. `put` replaces; `add` keeps what is there: the same row again
/// changes nothing.
pub trait Writing: Reading + WritingRules + WritingMedia + WritingKeeping {
    /// Sets a named single value.
    fn put_meta(&mut self, name: &str, value: &[u8]) -> Answer<()>;
    /// Sets a school.
    fn put_school(&mut self, row: &SchoolRow) -> Answer<()>;
    /// Sets a user.
    fn put_user(&mut self, row: &UserRow) -> Answer<()>;
    /// Sets a device.
    fn put_device(&mut self, row: &DeviceEntry) -> Answer<()>;
    /// Adds a life of a store.
    fn add_actor(&mut self, row: &ActorRow) -> Answer<()>;
    /// Sets a one-time code.
    fn put_code(&mut self, row: &CodeRow) -> Answer<()>;
    /// Sets a document.
    fn put_document(&mut self, row: &DocumentRow) -> Answer<()>;
    /// Adds a change.
    fn add_change(&mut self, row: &ChangeRow) -> Answer<()>;
    /// Adds an operation on a register.
    fn add_operation(
        &mut self,
        document: RecordId,
        key: &[u8; 16],
        counter: u64,
        actor: ActorId,
        seq: u64,
    ) -> Answer<()>;
    /// Adds a statement.
    fn add_statement(&mut self, row: &StatementRow) -> Answer<()>;
    /// Sets what somebody holds.
    fn put_holder(&mut self, row: &HolderRow) -> Answer<()>;
    /// Somebody holds nothing of a document any more.
    fn remove_holder(&mut self, document: RecordId, user: &UserId) -> Answer<()>;
    /// Appends a row whose number must be one past the last ([`StoreError::Damaged`] otherwise).
    fn append_inbox(&mut self, row: &InboxRow) -> Answer<()>;
    /// Adds a withdrawal.
    fn add_withdrawal(&mut self, row: &WithdrawalRow) -> Answer<()>;
    /// Sets a frame.
    fn put_frame(&mut self, row: &FrameRow) -> Answer<()>;
    /// Adds a leaf of the receipt log.
    fn add_leaf(&mut self, index: u64, leaf: &[u8]) -> Answer<()>;
    /// Adds the root of a complete subtree.
    fn add_node(&mut self, level: u8, index: u64, node: &Node) -> Answer<()>;
    /// Adds a signed head.
    fn add_log_head(&mut self, row: &HeadRow) -> Answer<()>;
    /// Appends an entry whose number must be one past the last ([`StoreError::Damaged`] otherwise).
    fn append_audit(&mut self, row: &AuditEntry) -> Answer<()>;
    /// Adds what is kept aside.
    fn add_quarantine(&mut self, row: &QuarantineRow) -> Answer<()>;
    /// Adds a statement of the directory.
    fn add_directory(&mut self, row: &DirectoryRow) -> Answer<()>;
    /// Notes that somebody has been sent a statement.
    fn mark_directory_sent(&mut self, user: &UserId, number: u64) -> Answer<()>;
    /// Makes everything durable: when this answers, it is on disk. After a failure the store must
    /// be opened again: a failed fsync is never tried twice.
    fn commit(self: Box<Self>) -> Answer<()>;
    /// The same transaction, seen through its reads.
    fn reading(&self) -> &dyn Reading;
}
