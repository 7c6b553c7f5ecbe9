//! What goes into [`super::Core`] and comes out of it.

use std::path::PathBuf;

use records::Role;
use signed::{Code, DeviceId, RecordId, SchoolId, Timestamp, UserId};
use sync_engine::server::Peer;
use wire::{EnrolmentCode, Receipt};

/// The server's clock: a port, so that tests tell the time.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// How a server directory is made.
#[derive(Clone, Copy, Debug)]
pub struct InitOptions {
    /// The present moment, for the first audit entry.
    pub now: Timestamp,
}

/// What `init` made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitAnswer {
    /// The directory.
    pub dir: PathBuf,
    /// SHA-256 of the SubjectPublicKeyInfo of the current key and of the offline spare, in hex.
    pub pins: [String; 2],
}

/// What a school's agreement allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// A signed partnership and an agreement on sharing: a standing share.
    Partnership,
    /// Shares per action only.
    NamedContact,
}

impl Agreement {
    /// Its name on the command line and in the directory.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Partnership => "partnership",
            Self::NamedContact => "named_contact",
        }
    }

    /// The agreement with this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        [Self::Partnership, Self::NamedContact].into_iter().find(|a| a.as_str() == name)
    }
}

/// A school to be added.
#[derive(Clone, Debug)]
pub struct SchoolNew {
    /// Its unique reference number.
    pub id: SchoolId,
    /// Its name.
    pub name: String,
    /// What its agreement allows.
    pub agreement: Agreement,
    /// The day (`YYYY-MM-DD`) until which the agreement runs.
    pub until: Option<String>,
}

/// A user to be added.
#[derive(Clone, Debug)]
pub struct UserNew {
    /// The id.
    pub id: UserId,
    /// The name, as colleagues see it.
    pub name: String,
    /// The role.
    pub role: Role,
    /// Schools posted to or of.
    pub schools: Vec<SchoolId>,
    /// The team.
    pub team: Option<String>,
    /// The area.
    pub area: Option<String>,
    /// Who supervises.
    pub supervisor: Option<UserId>,
}

/// A draft of somebody who is gone, to be released by two people together.
#[derive(Clone, Debug)]
pub struct RecoverDraft {
    /// The record that it would have become (or the draft's own document).
    pub record: RecordId,
    /// The inspector.
    pub inspector: UserId,
    /// The data protection officer.
    pub dpo: UserId,
    /// Why.
    pub reason: String,
}

/// What a draft was released as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// Records of kind `recovered_draft`: one, but for a draft of hundreds of kilobytes.
    pub records: Vec<RecordId>,
    /// Their case.
    pub case: RecordId,
    /// Inboxes that grew, with their last row.
    pub grown: Vec<(UserId, u64)>,
}

/// A one-time code, as it is shown once.
#[derive(Clone, Debug)]
pub struct NewCode {
    /// The code; its text form is what the device takes.
    pub code: EnrolmentCode,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// One line of `device list`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRow {
    /// The device.
    pub id: DeviceId,
    /// Whose it is.
    pub user: UserId,
    /// Since when.
    pub enrolled_at: Timestamp,
    /// When it last said hello, pushed or committed a cursor.
    pub last_sync_at: Option<Timestamp>,
    /// Rows of its user's inbox that it does not hold yet.
    pub unreceived: u64,
    /// Changes of it that are kept aside.
    pub quarantined: u64,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Since when it is to erase itself.
    pub erase_ordered_at: Option<Timestamp>,
    /// When its signed word came that it did.
    pub erased_at: Option<Timestamp>,
}

/// A legal hold, with its reasons in clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The record or case.
    pub subject: RecordId,
    /// Who placed it.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// Who released it, when and why.
    pub released: Option<(UserId, Timestamp, String)>,
}

/// What is decided about keeping a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetentionDecision {
    /// It is kept; a new contact begins the clear period anew.
    Retain,
    /// It is looked at again on that very day.
    Review,
    /// Every record of it is erased.
    Erase,
}

/// A decision about keeping a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetentionReview {
    /// The case.
    pub case: RecordId,
    /// The data protection officer.
    pub by: UserId,
    /// What is decided.
    pub decision: RetentionDecision,
    /// The review group, 1 to 4.
    pub group: u64,
    /// When it is looked at next.
    pub next_review: Timestamp,
    /// Why; kept sealed.
    pub reason: String,
}

/// A case whose review is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueCase {
    /// The case.
    pub case: RecordId,
    /// The review group, 1 to 4.
    pub group: u64,
    /// Since when it is due.
    pub next_review: Timestamp,
    /// When somebody's device last brought something about it.
    pub last_contact: Option<Timestamp>,
    /// What was decided last.
    pub decision: Option<String>,
    /// By whom.
    pub decided_by: Option<UserId>,
    /// Whether a legal hold stands on it.
    pub held: bool,
    /// Whether a child under ten is part of it: keeping it needs special thought.
    pub young_child: bool,
    /// Whether a suspect of a case of group 1 is not known to be of the age until which it is kept.
    pub kept_until_age: bool,
}

/// Which audit entries are wanted; what is `None` does not restrict.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Entries that name this record.
    pub record: Option<RecordId>,
    /// Entries by or about this user.
    pub user: Option<UserId>,
    /// Entries at or after this moment.
    pub since: Option<Timestamp>,
}

/// One audit entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number: 1, 2, 3, ..
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// `collection`, `alteration`, `consultation`, `disclosure`, `combination`, `erasure`,
    /// `quarantine` or `admin`.
    pub operation: String,
    /// Who did it: a user, `server` or `operator`.
    pub who: String,
    /// With which device.
    pub device: Option<DeviceId>,
    /// To whom, where something was disclosed.
    pub to: Option<UserId>,
    /// Which documents.
    pub records: Vec<RecordId>,
    /// Why, as a word or code: `push`, `page`, `user_add`, `C.foreign_actor`.
    pub why: String,
    /// The reason that was given, of an opening: it stands in the opening and not in this entry.
    pub reason: Option<String>,
    /// Names of the settings that changed, where the act changed settings.
    pub changed: Vec<String>,
    /// The hash that chains it to the one before.
    pub hash: [u8; 32],
}

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `V.` and what was checked: `V.signature`, `V.projection`, ..
    pub code: &'static str,
    /// Where: ids and numbers only.
    pub what: String,
}

/// What `verify` found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyAnswer {
    /// Documents looked at.
    pub records: u64,
    /// Statements looked at.
    pub statements: u64,
    /// Whether everything is as it was written.
    pub ok: bool,
    /// What is not.
    pub faults: Vec<Fault>,
}

/// Whose key TLS has proven.
#[derive(Clone, Debug)]
pub enum PeerState {
    /// A known device of an active user.
    Known(Peer),
    /// Revoked, or its user is no longer active. What it pushes is kept aside.
    Revoked {
        /// Whose it was.
        peer: Peer,
        /// Whether it is to be told to erase itself.
        erase: bool,
    },
    /// Never enrolled here.
    Unknown,
}

/// What came of committing several frames in one transaction.
#[derive(Debug)]
pub struct Committed {
    /// For each frame, in order: its receipt, or why it was not taken as a whole.
    pub results: Vec<Result<Receipt, Code>>,
    /// Inboxes that grew, with their last row.
    pub grown: Vec<(UserId, u64)>,
}

/// What an administrative act did to others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// Inboxes that grew, with their last row.
    pub grown: Vec<(UserId, u64)>,
    /// What moved to somebody else (R69).
    pub moved: Vec<RecordId>,
}
