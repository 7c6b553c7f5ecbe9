//! Devices that erased themselves (R92): their own signed word of it, kept as a receipt.

use signed::code;
use sync_engine::server::Peer;
use wire::{Erased, ErasedReport};

use super::Core;
use super::audit::{self, Note};
use super::work::Work;
use crate::error::ServerError;
use crate::store::StoreError;

const UNPROVEN: ServerError = ServerError::new(code::W_ERASED, "a last word that does not hold");

impl Core {
    /// Keeps what a device that was ordered to erase itself says of that: the first such word. `W.erased` where
    /// its key did not sign it, or nobody ordered it.
    pub fn device_erased(&self, peer: &Peer, said: &Erased) -> Result<(), ServerError> {
        let report = ErasedReport::verify(said, &peer.key).map_err(|_| UNPROVEN)?;
        let mut work = Work::begin(self)?;
        let mut row = work.tx.device(peer.device)?.ok_or(StoreError::Damaged)?;
        if report.device != row.id || !row.erase || row.revoked_at.is_none() {
            return Err(UNPROVEN);
        }
        if row.erased.is_some() {
            return Ok(());
        }
        row.erased = Some((work.now, said.report.clone()));
        work.tx.put_device(&row)?;
        let note = Note {
            operation: "admin",
            who: row.user.as_str(),
            device: Some(row.id),
            to: None,
            records: &[],
            why: "device_erased",
        };
        audit::append(work.tx.as_mut(), work.now, note)?;
        work.finish().map(drop)
    }
}
