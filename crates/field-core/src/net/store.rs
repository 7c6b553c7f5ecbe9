//! What the network side asks of a store.

use std::sync::Arc;

use signed::{Code, DeviceId, MediaHash, PublicKey, Signer, Timestamp, UserId};
use sync_engine::device::{Outgoing, ProvenAhead, ProvenPage, ProvenReceipt};
use wire::{Epoch, Erased, Hello, Lane};

use crate::field::Waker;
use crate::store::carried::CarriedPart;
use crate::store::media::WaitingMedia;
use crate::{FieldError, PageOutcome, Stored};

/// Whom a device talks to, and as whom.
#[derive(Clone, Debug)]
pub struct Server {
    /// `host:port`.
    pub address: String,
    /// SHA-256 of each server key that TLS may show.
    pub pins: Vec<[u8; 32]>,
    /// The keys that pages and receipts are signed with.
    pub keys: Vec<PublicKey>,
    /// This device.
    pub device: DeviceId,
    /// Its user.
    pub user: UserId,
}

/// Whether a server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// A server answered the hello.
    Online,
    /// No link; with the reason where the server (or its pin) gave one.
    Offline(Option<Code>),
}

/// The store's half of a sync. Calls may block on the disk; they are never made on the thread that
/// serves the socket. What a call has answered is durable.
pub trait LinkStore: Send + Sync {
    /// Signs the TLS handshake with the device's key; `D.not_enrolled` without one.
    fn signer(&self) -> Result<Arc<dyn Signer>, FieldError>;

    /// Whom to dial; `D.not_enrolled` when that is not known yet.
    fn server(&self) -> Result<Server, FieldError>;

    /// What opens a session.
    fn hello(&self) -> Result<Hello, FieldError>;

    /// The first committed frame of the lane after this number, or a new one of at most so many
    /// records; `None` when nothing waits.
    fn next_frame(&self, lane: Lane, after: u64, records: usize) -> Result<Option<Outgoing>, FieldError>;

    /// Keeps a proven receipt and what it says.
    fn store_receipt(&self, receipt: &ProvenReceipt) -> Result<Stored, FieldError>;

    /// Stores a proven page and the cursor in one transaction.
    fn store_page(&self, page: &ProvenPage) -> Result<PageOutcome, FieldError>;

    /// Stores proven documents that do not wait for their rows, in one transaction; the cursor stays.
    fn store_ahead(&self, ahead: &ProvenAhead) -> Result<u64, FieldError>;

    /// The server answered the hello.
    fn welcomed(&self, time: Timestamp, epoch: Epoch, role: &str) -> Result<(), FieldError>;

    /// The store and the server differ in what this user should hold. Nothing is wiped.
    fn drifted(&self) -> Result<(), FieldError>;

    /// The server orders this device to forget. Answers its last word, signed before the key was destroyed;
    /// none where the key could not sign.
    fn erase(&self) -> Result<Option<Erased>, FieldError>;

    /// Calls this whenever something new waits to be sent, until it answers false. The waker neither
    /// blocks nor calls back.
    fn on_saved(&self, waker: Waker);

    /// Called at the start of a session and every few seconds of it: time to make draft changes of
    /// what was only typed.
    fn idle(&self) -> Result<(), FieldError>;

    /// The next file that may be sent, behind this place in the queue: the server holds the statement
    /// that names it, and nothing else is to be known of it.
    fn media_next(&self, _after: u64) -> Result<Option<WaitingMedia>, FieldError> {
        Ok(None)
    }

    /// Bytes of a file that is being sent, at most so many from there on. `R110.locked` once it is
    /// flagged.
    fn media_part(&self, _file: &MediaHash, _from: u64, _max: usize) -> Result<Vec<u8>, FieldError> {
        Ok(Vec::new())
    }

    /// The server has a file, whole and checked.
    fn media_sent(&self, _file: &MediaHash) -> Result<(), FieldError> {
        Ok(())
    }

    /// The server does not take a file, or it cannot be read here; it stays, with the reason.
    fn media_refused(&self, _file: &MediaHash, _why: Code) -> Result<(), FieldError> {
        Ok(())
    }

    /// The next part that is carried for another device, behind this place in the queue.
    fn carried_next(&self, _after: u64) -> Result<Option<CarriedPart>, FieldError> {
        Ok(None)
    }

    /// What the server said of a part: without a code it is on its disk.
    fn carried_answered(&self, _part: &[u8; 32], _refused: Option<Code>) -> Result<(), FieldError> {
        Ok(())
    }

    /// The link came or went.
    fn link(&self, state: LinkState) -> Result<(), FieldError>;
}
