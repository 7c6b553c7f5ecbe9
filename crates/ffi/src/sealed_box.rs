//! The sealed box: words for a store whose key is not to be had now (R92).

use field_core::request::{self, BoxDone, BoxList, New, Open};
use field_core::sealed_box::Ports;
use field_core::{Clock, Host, SealedBox, SystemClock, SystemRandom, TestClock};
use serde_json::Value as Json;

use crate::boundary::{answering, record, text};
use crate::bytes::{FieldBuffer, FieldBytes};
use crate::status::{FIELD_OK, FieldStatus};
use crate::store::FieldStore;

/// A new record for a store that cannot be opened now, because its key is not to be had before the user is
/// authenticated: `config_json` is that of `field_open`, the request that of `field_record_new`, the answer
/// `{"id","status":"boxed"}`. The words are sealed into the store's box, on disk when this returns, and no key
/// on this device but that of the store opens them; the next `field_open` makes the record, under the same id and
/// with the time at which it was said. 1006 (`STORE.locked`) where the store was never enrolled and has no box, 1010
/// (`STORE.box_full`) where 1,000 things wait in it.
///
/// # Safety
/// The bytes can be read during the call; `response_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_box_new(
    config_json: FieldBytes,
    request: FieldBytes,
    response_out: *mut FieldBuffer,
) -> FieldStatus {
    // SAFETY: the caller vouches for the bytes and the pointer.
    unsafe {
        answering("field_box_new", response_out, || {
            let config: Open = request::parse(text(config_json)?)?;
            let new: New = request::parse(text(request)?)?;
            let clock: Box<dyn Clock> = match config.now {
                Some(now) => Box::new(TestClock::starting_at(now)),
                None => Box::new(SystemClock::new()),
            };
            let sealed_box = SealedBox::of(config.path.as_ref())?;
            let random = SystemRandom::new();
            let ports = Ports { clock: &*clock, random: &random };
            let made = sealed_box.record_new(&new.kind, Json::Object(new.body), ports)?;
            Ok((FIELD_OK, made.to_string().into_bytes()))
        })
    }
}

/// What is still in the sealed box after the store was opened: `{}` gives `[{"number","id","at","kind","words":
/// [{"path","value"}]}]`, the first 100: what the store refused, and of what does not open only that it is there
/// (`id` null).
///
/// # Safety
/// The bytes can be read during the call; `response_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_box_list(
    store: FieldStore,
    request: FieldBytes,
    response_out: *mut FieldBuffer,
) -> FieldStatus {
    let work = |host: &Host, bytes: &[u8]| {
        let BoxList {} = request::parse(bytes)?;
        host.call()?.box_list()
    };
    // SAFETY: the caller vouches for the bytes and the pointer.
    unsafe { record("field_box_list", store, request, response_out, work) }
}

/// Takes out of the sealed box what somebody has dealt with: `{"number"}` gives `{"number","left"}`. `I.not_found`
/// of what is not kept there.
///
/// # Safety
/// The bytes can be read during the call; `response_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_box_done(
    store: FieldStore,
    request: FieldBytes,
    response_out: *mut FieldBuffer,
) -> FieldStatus {
    let work = |host: &Host, bytes: &[u8]| {
        let done: BoxDone = request::parse(bytes)?;
        host.call()?.box_done(done.number)
    };
    // SAFETY: the caller vouches for the bytes and the pointer.
    unsafe { record("field_box_done", store, request, response_out, work) }
}
