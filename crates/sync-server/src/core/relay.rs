//! Frames that another device brings: opened, and proven to be of the device that signed them. From then on they
//! are that device's own. `proto/relay.md`.

use signed::{Code, code};
use sync_engine::server::{Peer, ProvenFrame};
use wire::Carried;

use super::Core;
use crate::error::ServerError;
use crate::store::StoreError;

impl Core {
    /// Opens a carried part and proves the frame in it; answers whose it is, whatever became of them since. Who
    /// brought it makes no difference.
    pub fn carried(&self, sealed: &[u8]) -> Result<Result<(Peer, ProvenFrame), Code>, ServerError> {
        let carried = match Carried::open(self.vault.relay(), sealed) {
            Ok(carried) => carried,
            Err(error) => return Ok(Err(error.code())),
        };
        let (device, user) = {
            let tx = self.store.read()?;
            let Some(device) = tx.device(carried.device)? else { return Ok(Err(code::D_UNKNOWN)) };
            let user = tx.user(&device.user)?.ok_or(StoreError::Damaged)?;
            (device, user)
        };
        let push = &carried.push;
        let proven = push.open().and_then(|body| {
            let (header, hash) = body.verify(&device.key, carried.incarnation, push.lane, push.number)?;
            Ok(ProvenFrame { header, signature: body.signature, hash, items: body.items })
        });
        let peer = Peer { device: device.id, key: device.key, user: device.user, role: user.role };
        Ok(proven.map(|proven| (peer, proven)).map_err(wire::WireError::code))
    }
}
