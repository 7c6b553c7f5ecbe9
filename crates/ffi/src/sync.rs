//! The network side. Only `field_sync_once` waits for it, within its budget.

use std::time::Duration;

use field_core::request::{self, NetworkState};
use field_core::{FieldError, Host};
use signed::code;

use crate::boundary::{Failure, answering, on_store, plain, text};
use crate::bytes::{FieldBuffer, FieldBytes};
use crate::status::{FIELD_MORE_WORK, FIELD_NO_NETWORK, FIELD_OK, FieldStatus};
use crate::store::FieldStore;
use crate::table;

/// Stays in sync from now on: connects whenever there is coverage, through suspensions too. Returns at
/// once; before enrolment it begins with it.
#[unsafe(no_mangle)]
pub extern "C" fn field_sync_start(store: FieldStore) -> FieldStatus {
    on_store("field_sync_start", store, Host::sync_start)
}

/// Ends staying in sync. Waits until the session has ended in order, at most 4.5 s (1009 if it has not).
#[unsafe(no_mangle)]
pub extern "C" fn field_sync_stop(store: FieldStore) -> FieldStatus {
    on_store("field_sync_stop", store, Host::sync_stop)
}

/// One sync for a background task, within `budget_ms`: most urgent first, and each batch that the server
/// has receipted stays so. Gives `{"sent","received","receipts","rejected","sent_order","bytes_out",
/// "bytes_in","round_trips","elapsed_ms","more"}`; `FIELD_MORE_WORK` when `more` is true,
/// `FIELD_NO_NETWORK` when no server was reached (nothing is lost, everything waits), 1214 (`W.sessions`)
/// while another such call is under way.
///
/// # Safety
/// `response_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_sync_once(
    store: FieldStore,
    budget_ms: u32,
    response_out: *mut FieldBuffer,
) -> FieldStatus {
    let mut reached = true;
    // SAFETY: the caller vouches for the pointer.
    let status = unsafe {
        answering("field_sync_once", response_out, || {
            let host = table::find(store).map_err(Failure::Status)?;
            let within = host.sync_once(Duration::from_millis(u64::from(budget_ms)));
            reached = !within.as_ref().is_err_and(|error: &FieldError| error.code == code::D_OFFLINE);
            let within = within?;
            let status = if within.more { FIELD_MORE_WORK } else { FIELD_OK };
            Ok((status, within.to_json().to_string().into_bytes()))
        })
    };
    if reached { status } else { FIELD_NO_NETWORK }
}

/// The network came, went or changed, as NWPathMonitor or ConnectivityManager tells:
/// `{"available","metered"?,"interface"?}`. Returns at once; the old socket is not waited for. While
/// nothing is available, `field_sync_once` answers `FIELD_NO_NETWORK` without trying.
///
/// # Safety
/// The bytes can be read during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_network_changed(store: FieldStore, state_json: FieldBytes) -> FieldStatus {
    plain("field_network_changed", || {
        let host = table::find(store).map_err(Failure::Status)?;
        // SAFETY: the caller vouches for the bytes.
        let bytes = unsafe { text(state_json) }?;
        let state: NetworkState = request::parse(bytes)?;
        Ok(host.network_changed(state.available)?)
    })
}
