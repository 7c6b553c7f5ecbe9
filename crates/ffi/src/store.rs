//! Opening, closing, and everything between that a phone does to an app.

use std::sync::Arc;

use field_core::host::Screen;
use field_core::request::{self, Open};
use field_core::{FieldError, Host, Options, StoreKey, TestClock};
use signed::{Signer, code};

use crate::boundary::{Failure, answering, on_store, plain, text};
use crate::bytes::{FieldBuffer, FieldBytes};
use crate::signer::{AppSigner, FieldSigner};
use crate::status::{FIELD_NULL, FIELD_OK, FieldStatus};
use crate::table;

/// One open store, as a number that is checked whenever it is used; 0 is none. It may be used from any
/// thread, by several at once.
pub type FieldStore = u64;

/// Opens a store, or makes it where there is none. `config_json` is `{"path","server"?,"now"?,
/// "locale"?}`; `store_key` is 32 bytes from the platform's keystore; with `signer` NULL the library
/// makes a P-256 key and keeps it in the encrypted store. On `FIELD_OK` the handle is written to
/// `store_out` and the signer, if there is one, is the library's until it calls `release`; on failure
/// the signer stays the app's, `store_out` is 0 and `error_out` (which may be NULL) holds
/// `{"error":{..}}`. Codes: `STORE.in_use`, `STORE.key`, `STORE.damaged` (the files were moved aside and
/// kept), `STORE.newer`, `STORE.full`, `STORE.io`; `I.value` for a key that has not 32 bytes or a
/// `struct_size` that is too small, `FIELD_SIGNER_BAD` for a public key that is none. Blocks on the disk:
/// some 10 ms.
///
/// # Safety
/// The bytes can be read during the call; the pointers are NULL or point to what their types say.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_open(
    config_json: FieldBytes,
    store_key: FieldBytes,
    signer: *const FieldSigner,
    store_out: *mut FieldStore,
    error_out: *mut FieldBuffer,
) -> FieldStatus {
    // SAFETY: the caller vouches for the pointer.
    if let Some(store) = unsafe { store_out.as_mut() } {
        *store = 0;
    }
    let mut unwanted = FieldBuffer::EMPTY;
    let error_out = if error_out.is_null() { &raw mut unwanted } else { error_out };
    // SAFETY: the caller vouches for every pointer.
    let status = unsafe {
        answering("field_open", error_out, || {
            let store_out = store_out.as_mut().ok_or(Failure::Status(FIELD_NULL))?;
            let config = text(config_json)?;
            let key = key(store_key)?;
            let signer = if signer.is_null() { None } else { Some(AppSigner::of(signer)?) };
            *store_out = open(config, key, signer)?;
            Ok((FIELD_OK, Vec::new()))
        })
    };
    // SAFETY: filled by the call above or empty.
    unsafe { crate::bytes::field_buffer_free(&raw mut unwanted) };
    status
}

fn open(config: &[u8], key: StoreKey, signer: Option<AppSigner>) -> Result<FieldStore, Failure> {
    let config: Open = request::parse(config)?;
    if config.path.is_empty() {
        return Err(FieldError::new(code::I_VALUE, "`path` is empty").into());
    }
    let signer = signer.map(Arc::new);
    let mut options = Options::new(config.path, key);
    options.signer = signer.clone().map(|signer| signer as Arc<dyn Signer>);
    if let Some(now) = config.now {
        options.clock = Arc::new(TestClock::starting_at(now));
    }
    let host = Host::open(options)?;
    if let Some(server) = config.server {
        host.call()?.set_server_address(&server)?;
    }
    let store = table::insert(host).map_err(|host| {
        let _ = host.close();
        FieldError::new(code::I_TOO_LARGE, "too many stores are open")
    })?;
    // From here on the library answers for it.
    signer.iter().for_each(|signer| signer.keep());
    Ok(store)
}

fn key(bytes: FieldBytes) -> Result<StoreKey, Failure> {
    // SAFETY: the caller of the exported function vouches for the bytes.
    let bytes = unsafe { bytes.read() }.filter(|_| !bytes.data.is_null()).ok_or(Failure::Status(FIELD_NULL))?;
    let key: [u8; 32] =
        bytes.try_into().map_err(|_| FieldError::new(code::I_VALUE, "the key of a store has 32 bytes"))?;
    Ok(StoreKey::new(key))
}

/// Closes a store for good: wakes whoever waits for an event, ends the network side and wipes the keys.
/// Returns within 5 s; a call of the signer that has not come back by then is left to itself. Closing
/// twice answers `FIELD_CLOSED`.
#[unsafe(no_mangle)]
pub extern "C" fn field_close(store: FieldStore) -> FieldStatus {
    plain("field_close", || {
        let host = table::remove(store).map_err(Failure::Status)?;
        Ok(host.close()?)
    })
}

/// Before the system freezes the app: ends transactions, closes the file, and leaves no thread of the
/// library running. Until `field_resume` every call that needs the file answers 1007
/// (`STORE.suspended`); events are kept. 1009 (`STORE.waiting`) when something that was under way (a call of
/// the signer, the end of a session) has not come back within 4.5 s: the file closes when it has, and this
/// can be asked again.
#[unsafe(no_mangle)]
pub extern "C" fn field_suspend(store: FieldStore) -> FieldStatus {
    on_store("field_suspend", store, Host::suspend)
}

/// Opens the file again after `field_suspend`, and goes on syncing if that was wanted; 1009 while what was
/// under way then has not come back. Harmless on an open store; a locked one stays locked (1006) and needs `field_unlock` alone.
#[unsafe(no_mangle)]
pub extern "C" fn field_resume(store: FieldStore) -> FieldStatus {
    on_store("field_resume", store, Host::resume)
}

/// What the app's life came to: 0 it is in front (the server is looked for at once), 1 it is behind
/// (what was typed into drafts is made ready to be sent; 6 when the device's key is locked, and nothing is
/// lost by that), 2 it is locked (the store's key is dropped:
/// every call that needs it answers 1006, `STORE.locked`, until `field_unlock`). Any other number is 1502.
#[unsafe(no_mangle)]
pub extern "C" fn field_lifecycle(store: FieldStore, state: i32) -> FieldStatus {
    on_store("field_lifecycle", store, |host| match state {
        0 => host.screen(Screen::Foreground),
        1 => host.screen(Screen::Background),
        2 => host.lock(),
        _ => Err(FieldError::new(code::I_VALUE, "no such state of an app")),
    })
}

/// Opens a locked store with its key; another key answers 1003 (`STORE.key`) and it stays locked.
///
/// # Safety
/// The bytes can be read during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_unlock(store: FieldStore, store_key: FieldBytes) -> FieldStatus {
    plain("field_unlock", || {
        let host = table::find(store).map_err(Failure::Status)?;
        Ok(host.unlock(key(store_key)?)?)
    })
}

/// Changes the store's key: `{"rekeyed":true}`. A crash in between leaves a store that opens with one
/// of the two, so keep the old key until this has answered.
///
/// # Safety
/// The bytes can be read during the call; `response_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_rekey(
    store: FieldStore,
    new_store_key: FieldBytes,
    response_out: *mut FieldBuffer,
) -> FieldStatus {
    // SAFETY: the caller vouches for both.
    unsafe {
        answering("field_rekey", response_out, || {
            let host = table::find(store).map_err(Failure::Status)?;
            Ok((FIELD_OK, host.rekey(key(new_store_key)?)?.to_string().into_bytes()))
        })
    }
}
