//! Events: pulled by a thread of the app's own, so that no thread of the library calls into the app.

use std::time::Duration;

use field_core::Next;

use crate::boundary::{Failure, answering};
use crate::bytes::FieldBuffer;
use crate::status::{FIELD_CLOSED, FIELD_OK, FIELD_TIMEOUT, FieldStatus};
use crate::store::FieldStore;
use crate::table;

/// Waits for the next event: `{"event","at",..}`, where `event` is record_changed, receipt, delivered,
/// seen, quarantined, erased, online or offline. `FIELD_TIMEOUT` when none came (`event_out` is then
/// empty), `FIELD_CLOSED` when the store is closed meanwhile. Events are kept while the store is suspended
/// or locked. What this device wrote itself it is not told of. Of more than 4,096 that nobody fetches the oldest are lost, so that after an `offline` or a
/// pause a list is read anew.
///
/// # Safety
/// `event_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_event_next(
    store: FieldStore,
    timeout_ms: u32,
    event_out: *mut FieldBuffer,
) -> FieldStatus {
    // SAFETY: the caller vouches for the pointer.
    unsafe {
        answering("field_event_next", event_out, || {
            let host = table::find(store).map_err(Failure::Status)?;
            match host.event_next(Duration::from_millis(u64::from(timeout_ms))) {
                Next::Event(event) => Ok((FIELD_OK, event.to_json().to_string().into_bytes())),
                Next::Timeout => Ok((FIELD_TIMEOUT, Vec::new())),
                Next::Closed => Err(Failure::Status(FIELD_CLOSED)),
            }
        })
    }
}
