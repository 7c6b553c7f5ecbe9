//! The open stores of this process.

use std::sync::atomic::{AtomicU32, Ordering};

use field_core::Host;

use crate::handle::{Found, Handles};
use crate::status::{FIELD_CLOSED, FIELD_HANDLE, FieldStatus};
use crate::store::FieldStore;
use std::sync::Arc;

static STORES: std::sync::LazyLock<Handles<Host>> = std::sync::LazyLock::new(Handles::default);

/// The process that opened the first store. A fork has its stores' files, but none of their threads
/// and perhaps a lock that nobody will ever release: it may touch nothing here.
static OWNER: AtomicU32 = AtomicU32::new(0);

/// Whether this process may use the library; the first one that asks is the one.
pub(crate) fn ours() -> bool {
    let own = std::process::id();
    match OWNER.compare_exchange(0, own, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => true,
        Err(owner) => owner == own,
    }
}

pub(crate) fn insert(host: Host) -> Result<FieldStore, Host> {
    STORES.insert(Arc::new(host)).map_err(|host| (*host).clone())
}

pub(crate) fn find(store: FieldStore) -> Result<Arc<Host>, FieldStatus> {
    taken(STORES.find(store))
}

pub(crate) fn remove(store: FieldStore) -> Result<Arc<Host>, FieldStatus> {
    taken(STORES.remove(store))
}

fn taken(found: Found<Host>) -> Result<Arc<Host>, FieldStatus> {
    match found {
        Found::Here(host) => Ok(host),
        Found::Closed => Err(FIELD_CLOSED),
        Found::Never => Err(FIELD_HANDLE),
    }
}
