//! A [`Field`] on the network.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;
use signed::{Code, MediaHash, RecordId, Signer, Timestamp, code};
use sync_engine::device::{Outgoing, ProvenAhead, ProvenPage, ProvenReceipt};
use wire::{EnrolmentCode, Epoch, Erased, Hello, Lane};

use super::enrol::{Joining, enrol_until};
use super::store::{LinkState, LinkStore, Server};
use super::sync::{Stop, SyncAnswer, Until, sync};
use super::watch::Watch;
use super::{dial, media};
use crate::api::draft::DRAFT_PAUSE_MS;
use crate::error::Result;
use crate::field::Waker;
use crate::store::carried::CarriedPart;
use crate::store::media::WaitingMedia;
use crate::{Field, FieldError, PageOutcome, Stored};

impl Field {
    /// Enrols this device with a one-time code: `{"device","user","role"}`. Waits for the network,
    /// at most this long. An address set before goes before the code's own.
    pub fn enrol(&self, code: &EnrolmentCode, timeout: Duration) -> Result<Json> {
        self.enrol_until(code, timeout, &Stop::new())
    }

    /// As [`Field::enrol`], until somebody rings.
    pub(crate) fn enrol_until(&self, code: &EnrolmentCode, timeout: Duration, stop: &Stop) -> Result<Json> {
        let start = self.enrol_begin(code)?;
        let address = self.server_address()?.unwrap_or_else(|| code.address.clone());
        let joining = Joining {
            signer: start.signer,
            incarnation: start.incarnation,
            code: code.clone(),
            address: Some(address.clone()),
        };
        let enrolled = enrol_until(joining, timeout, stop)?;
        self.enrol_finish(&enrolled, &address, &code.pins)
    }

    /// Syncs once. Waits for the network, at most this long.
    pub fn sync(&self, timeout: Duration, until: Until) -> Result<SyncAnswer> {
        sync(Arc::new(self.clone()), timeout, until)
    }

    /// Decrypts an attached file into a file that its owner alone can read: `{"sha256","bytes","type","to"}`.
    /// Where its ciphertext is not here, or was spoilt on this disk, it is fetched first: that waits for the
    /// network, at most this long, and goes on where an earlier try stopped. That it was opened is logged.
    pub fn attachment_fetch(&self, id: RecordId, sha256: MediaHash, to: &Path, timeout: Duration) -> Result<Json> {
        self.attachment_fetch_until(id, sha256, to, timeout, &Stop::new())
    }

    /// As [`Field::attachment_fetch`], until somebody rings.
    pub(crate) fn attachment_fetch_until(
        &self,
        id: RecordId,
        sha256: MediaHash,
        to: &Path,
        timeout: Duration,
        stop: &Stop,
    ) -> Result<Json> {
        let opened = match self.attachment_open(id, sha256, to) {
            // A copy that was spoilt on this disk is fetched anew.
            Err(error) if error.code == code::R80_DAMAGED && self.attachment_spoilt(&sha256)? => None,
            opened => opened?,
        };
        if let Some(opened) = opened {
            return Ok(opened);
        }
        if timeout.is_zero() {
            return Err(dial::error(code::D_OFFLINE));
        }
        let size = self.attachment(id, &sha256)?.size;
        media::fetch(Arc::new(self.clone()), self.files(), sha256, size, timeout, stop)?;
        self.attachment_came(&sha256)?;
        self.attachment_open(id, sha256, to)?.ok_or_else(|| dial::error(code::R80_DAMAGED))
    }

    /// Stays connected until the answer is dropped. Never waits for the network.
    pub fn watch(&self) -> Result<Watch> {
        self.watch_where(true)
    }

    /// As [`Field::watch`]; where no network is available it waits for one.
    pub(crate) fn watch_where(&self, available: bool) -> Result<Watch> {
        Watch::start_where(Arc::new(self.clone()), available)
    }
}

impl LinkStore for Field {
    fn signer(&self) -> Result<Arc<dyn Signer>> {
        Field::signer(self)
    }

    fn server(&self) -> Result<Server> {
        let not_enrolled = || FieldError::new(code::D_NOT_ENROLLED, "this device is not enrolled yet");
        let identity = self.identity()?.ok_or_else(not_enrolled)?;
        Ok(Server {
            address: self.server_address()?.ok_or_else(not_enrolled)?,
            pins: self.pins()?,
            keys: identity.server_keys,
            device: identity.device,
            user: identity.user,
        })
    }

    fn hello(&self) -> Result<Hello> {
        Field::hello(self)
    }

    fn next_frame(&self, lane: Lane, after: u64, records: usize) -> Result<Option<Outgoing>> {
        Field::next_frame(self, lane, after, records)
    }

    fn store_receipt(&self, receipt: &ProvenReceipt) -> Result<Stored> {
        Field::store_receipt(self, receipt)
    }

    fn store_page(&self, page: &ProvenPage) -> Result<PageOutcome> {
        Field::store_page(self, page)
    }

    fn store_ahead(&self, ahead: &ProvenAhead) -> Result<u64> {
        Field::store_ahead(self, ahead)
    }

    fn welcomed(&self, time: Timestamp, epoch: Epoch, role: &str) -> Result<()> {
        Field::welcomed(self, time, epoch, role)
    }

    fn drifted(&self) -> Result<()> {
        self.drift()
    }

    fn erase(&self) -> Result<Option<Erased>> {
        self.erase_and_say().map(|(_, said)| said)
    }

    fn on_saved(&self, waker: Waker) {
        Field::on_saved(self, waker);
    }

    fn media_next(&self, after: u64) -> Result<Option<WaitingMedia>> {
        Field::media_next(self, after)
    }

    fn media_part(&self, file: &MediaHash, from: u64, max: usize) -> Result<Vec<u8>> {
        Field::media_part(self, file, from, max)
    }

    fn media_sent(&self, file: &MediaHash) -> Result<()> {
        Field::media_sent(self, file)
    }

    fn media_refused(&self, file: &MediaHash, why: Code) -> Result<()> {
        Field::media_refused(self, file, why)
    }

    fn carried_next(&self, after: u64) -> Result<Option<CarriedPart>> {
        Field::carried_next(self, after)
    }

    fn carried_answered(&self, part: &[u8; 32], refused: Option<Code>) -> Result<()> {
        Field::carried_answered(self, part, refused)
    }

    fn idle(&self) -> Result<()> {
        self.drafts_flush(Some(DRAFT_PAUSE_MS)).map(drop)
    }

    fn link(&self, state: LinkState) -> Result<()> {
        Field::link(self, state)
    }
}
