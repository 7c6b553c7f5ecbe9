//! What goes into the API and what comes out of it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use records::Role;
use serde_json::Value as Json;
use signed::{ActorId, Code, DeviceId, Incarnation, PublicKey, RecordId, Signer, UserId};
use wire::Epoch;
use zeroize::Zeroizing;

use crate::api::answer;
use crate::event::Event;
use crate::ports::{Clock, Random};

/// The 32-byte key of a store, from the platform's keystore; wiped from memory after use.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreKey(pub(crate) Zeroizing<[u8; 32]>);

impl StoreKey {
    /// The raw key.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreKey")
    }
}

/// How to open a store.
#[derive(Clone)]
pub struct Options {
    /// The store's folder; made if it is not there.
    pub dir: PathBuf,
    /// Its key.
    pub key: StoreKey,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where ids and salts come from.
    pub random: Arc<dyn Random>,
    /// The device key, if it lives elsewhere (a phone's hardware); else the store makes and keeps one.
    pub signer: Option<Arc<dyn Signer>>,
}

impl Options {
    /// A store with the machine's clock and randomness, which keeps its own device key.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>, key: StoreKey) -> Self {
        Self {
            dir: dir.into(),
            key,
            clock: Arc::new(crate::ports::SystemClock::new()),
            random: Arc::new(crate::ports::SystemRandom::new()),
            signer: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Options")
    }
}

/// Whose device this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The user.
    pub user: UserId,
    /// Their role, as last heard from the server.
    pub role: Role,
    /// The device: hash of its key.
    pub device: DeviceId,
    /// The actor of this life of the store.
    pub actor: ActorId,
    /// This life of the store.
    pub incarnation: Incarnation,
    /// The server's keys, current first.
    pub server_keys: Vec<PublicKey>,
    /// The server's epoch, as last heard.
    pub epoch: Epoch,
}

/// What an enrolment begins with.
#[derive(Clone)]
pub struct EnrolStart {
    /// The device's key, which TLS proves the possession of.
    pub signer: Arc<dyn Signer>,
    /// The life of the store that is being enrolled.
    pub incarnation: Incarnation,
}

impl fmt::Debug for EnrolStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EnrolStart({:?})", self.signer.public_key())
    }
}

/// Which records a list shows; the default shows all, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// Only this kind.
    pub kind: Option<String>,
    /// Only this case.
    pub case: Option<RecordId>,
    /// Only what is still to be done.
    pub open: bool,
    /// Only what waits for a receipt.
    pub unsent: bool,
    /// At most so many: what a screen shows.
    pub limit: Option<u32>,
    /// Only those that stand after this one: the last of the page before.
    pub before: Option<RecordId>,
}

/// Something of ours that the server refused. It stays on the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The record.
    pub id: RecordId,
    /// Why.
    pub code: Code,
    /// A sentence.
    pub message: String,
}

impl Rejected {
    pub(crate) fn answer(&self) -> answer::Rejected {
        answer::Rejected { id: self.id.into(), code: self.code.into(), message: self.message.clone() }
    }

    /// The contract's `{"id","code","message"}`.
    #[must_use]
    pub fn to_json(&self) -> Json {
        answer::json(&self.answer())
    }
}

/// What storing a receipt came to.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    /// Records whose changes are now on the server's disk, in the frame's order.
    pub sent: Vec<RecordId>,
    /// How many changes the receipt covers.
    pub changes: u64,
    /// What the server refused.
    pub rejected: Vec<Rejected>,
    /// Whether something waits that did not before (what was refused is issued again without it).
    pub reissued: bool,
    /// What watchers were told.
    pub events: Vec<Event>,
}

/// What storing a page came to.
#[derive(Clone, Debug)]
pub struct PageOutcome {
    /// The last row held.
    pub cursor: u64,
    /// Whether this store holds what the server says it should.
    pub digest_agrees: bool,
    /// How many changes of others the page brought.
    pub received: u64,
    /// What watchers were told.
    pub events: Vec<Event>,
}

/// What an erasure took away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erased {
    /// Records that were held.
    pub records: u64,
    /// Records among them that had never reached the server.
    pub unsent: u64,
}
