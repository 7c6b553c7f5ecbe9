//! Everything of the server but the network.
//!
//! What a frame goes through: [`Core::prepare`] reads its changes and looks at every signature on
//! a worker thread; [`Core::commit`] takes several frames in, in one transaction: each change is
//! checked against its document ([`mod@documents::check`]) and against what its author may do
//! (`authority`), its rows are written (`ingest`), what the rules ask of the server is added
//! (`own`), whoever may now hold it gets rows (`audience`, `inbox`), the audit chain and the
//! receipt log grow, and one fsync ends it. Only then do the receipts exist for anybody.

mod admin;
mod ahead;
mod audience;
mod audit;
mod authority;
mod calendar;
mod directory;
mod document;
mod enrol;
mod erase;
pub mod faults;
mod home;
mod inbox;
mod ingest;
mod left;
pub mod limits;
mod matching;
mod media;
mod opening;
mod own;
pub(crate) mod policy;
mod prepare;
mod projection;
mod receipts;
mod recover;
mod relay;
mod released;
mod report;
mod retention;
mod schooling;
mod session;
mod types;
pub mod vault;
mod verify;
mod weigh;
mod work;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use signed::{ActorId, DeviceId, PublicKey, RingSigner, Signer, UserId};
use wire::Epoch;
use wire::enrolment::pin;

use self::limits::KEYS_KEPT_MAX;
use crate::error::ServerError;
use crate::objects::Objects;
use crate::store::{Reading, Store};

pub use home::{Secrets, init};
pub use media::{Incoming, Offered, Taken};
pub use policy::{PolicyChange, PolicyVersion};
pub use prepare::Prepared;
pub use report::ReportKind;
pub use types::{
    Agreement, AuditFilter, AuditRow, Clock, Committed, DeviceRow, DueCase, Effects, Fault, Hold, InitAnswer,
    InitOptions, NewCode, PeerState, RecoverDraft, Recovered, RetentionDecision, RetentionReview, SchoolNew,
    SystemClock, UserNew, VerifyAnswer,
};

/// Everything of the server but the network: blocking calls, one writer at a time.
pub struct Core {
    store: Box<dyn Store>,
    objects: Box<dyn Objects>,
    uploads: media::Uploads,
    vault: vault::Vault,
    signer: Arc<RingSigner>,
    spare: PublicKey,
    epoch: Epoch,
    actor: ActorId,
    clock: Arc<dyn Clock>,
    keys: RwLock<BTreeMap<DeviceId, PublicKey>>,
    policy: RwLock<Arc<records::Policy>>,
    calendar_armed: std::sync::atomic::AtomicBool,
    trainings: RwLock<Option<Arc<calendar::Trainings>>>,
    faults: faults::Faults,
}

impl Core {
    /// The server's key, for TLS and for signing.
    #[must_use]
    pub fn signer(&self) -> Arc<dyn Signer> {
        let signer: Arc<dyn Signer> = Arc::<RingSigner>::clone(&self.signer);
        signer
    }

    /// SHA-256 of each server key, current first.
    #[must_use]
    pub fn pins(&self) -> Vec<[u8; 32]> {
        self.server_keys_der().iter().map(|key| pin(key)).collect()
    }

    /// The server's public keys (DER), current first.
    #[must_use]
    pub fn server_keys_der(&self) -> Vec<Vec<u8>> {
        vec![self.signer.public_key().spki().to_vec(), self.spare.spki().to_vec()]
    }

    /// This life of the server's data.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The last row of each of these users' inboxes.
    pub fn heads(&self, users: &[UserId]) -> Result<Vec<(UserId, u64)>, ServerError> {
        let tx = self.store.read()?;
        users.iter().map(|user| Ok((user.clone(), tx.inbox_head(user)?.0))).collect()
    }

    /// A number that changes when another process has written (an admin command): look again at
    /// [`Core::heads`] and [`Core::peer`] when it does.
    pub fn data_version(&self) -> Result<u64, ServerError> {
        Ok(self.store.data_version()?)
    }

    /// The key a `kid` names: the server's own or an enrolled device's, revoked or not (revocation
    /// does not unmake earlier signatures).
    fn key(&self, tx: &dyn Reading, kid: DeviceId) -> Result<Option<PublicKey>, ServerError> {
        if kid == self.signer.public_key().id() {
            return Ok(Some(self.signer.public_key().clone()));
        }
        let kept = self.keys.read().unwrap_or_else(PoisonError::into_inner).get(&kid).cloned();
        if kept.is_some() {
            return Ok(kept);
        }
        let Some(device) = tx.device(kid)? else { return Ok(None) };
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        if keys.len() < KEYS_KEPT_MAX {
            keys.insert(kid, device.key.clone());
        }
        Ok(Some(device.key))
    }
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Core({})", self.signer.public_key().id())
    }
}
