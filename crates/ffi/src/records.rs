//! Every call with a request and an answer: JSON in, JSON out. The shapes stand in `proto/api`.

use std::time::Duration;

use field_core::Host;
use field_core::request::{self, Addendum, Do, Edit, Enrol, List, New, Seal, Search, Show, Status, Verify};
use serde_json::Value as Json;

use crate::boundary::record;
use crate::bytes::{FieldBuffer, FieldBytes};
use crate::status::FieldStatus;
use crate::store::FieldStore;

/// How long an enrolment waits for the network.
const ENROL_MAX: Duration = Duration::from_secs(30);

/// Makes this store somebody's device with a one-time code: `{"code"}` gives `{"device","user","role"}`.
/// The one call here that waits for the network: up to 30 s. Codes: `D.code_wrong`, `D.code_used`,
/// `D.code_expired`, `D.code_tries`, `D.code_form`, `D.pin`, `D.enrolled`, `D.offline`.
///
/// # Safety
/// The bytes can be read during the call; `response_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_enrol(
    store: FieldStore,
    request: FieldBytes,
    response_out: *mut FieldBuffer,
) -> FieldStatus {
    let work = |host: &Host, bytes: &[u8]| {
        let enrol: Enrol = request::parse(bytes)?;
        host.enrol(&enrol.code()?, ENROL_MAX)
    };
    // SAFETY: the caller vouches for the bytes and the pointer.
    unsafe { record("field_enrol", store, request, response_out, work) }
}

/// A new record: `{"kind","body"}` gives `{"id","status","case",..}`. It is on disk when this returns. Kinds
/// declared drafted begin as a draft; the others are live at once, and `gaps` says what they still need. On a
/// locked store the words go into its sealed box, and `status` is `boxed`: the record is made under the same id when
/// the store is unlocked. 1010 (`STORE.box_full`) where 1,000 things wait in the box.
///
/// # Safety
/// The bytes can be read during the call; `response_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_record_new(
    store: FieldStore,
    request: FieldBytes,
    response_out: *mut FieldBuffer,
) -> FieldStatus {
    let work = |host: &Host, bytes: &[u8]| {
        let new: New = request::parse(bytes)?;
        host.record_new(&new.kind, Json::Object(new.body))
    };
    // SAFETY: the caller vouches for the bytes and the pointer.
    unsafe { record("field_record_new", store, request, response_out, work) }
}

/// Changes working fields of a draft or a record: `{"id","set":{path:value}}` gives `{"id","status"}`. What
/// is sealed is refused (`S.sealed`). On a locked store it goes into the sealed box, as a new record does.
///
/// # Safety
/// The bytes can be read during the call; `response_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_record_edit(
    store: FieldStore,
    request: FieldBytes,
    response_out: *mut FieldBuffer,
) -> FieldStatus {
    let work = |host: &Host, bytes: &[u8]| {
        let edit: Edit = request::parse(bytes)?;
        host.record_edit(edit.id, edit.set.into_iter().collect())
    };
    // SAFETY: the caller vouches for the bytes and the pointer.
    unsafe { record("field_record_edit", store, request, response_out, work) }
}

/// Keeps what was just typed into a draft: `{"id","set":{path:value}}` gives `{"id","status"}`. On disk when
/// this returns, and cheaper than `field_record_edit`: for an app's autosave, at most 2 s after a
/// keystroke. It becomes ready to be sent after a pause of 30 s, at 2,000 characters, and when the app goes
/// behind.
///
/// # Safety
/// The bytes can be read during the call; `response_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_draft_keep(
    store: FieldStore,
    request: FieldBytes,
    response_out: *mut FieldBuffer,
) -> FieldStatus {
    let work = |host: &Host, bytes: &[u8]| {
        let edit: Edit = request::parse(bytes)?;
        let sets: Vec<_> = edit.set.into_iter().collect();
        host.draft_keep(edit.id, sets)
    };
    // SAFETY: the caller vouches for the bytes and the pointer.
    unsafe { record("field_draft_keep", store, request, response_out, work) }
}

/// Seals a draft, so that its words never change again: `{"id"}` gives
/// `{"id","status":"sealed"|"sealed_incomplete","statement","gaps"}`. What is missing never stops it.
///
/// # Safety
/// The bytes can be read during the call; `response_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_record_seal(
    store: FieldStore,
    request: FieldBytes,
    response_out: *mut FieldBuffer,
) -> FieldStatus {
    let work = |host: &Host, bytes: &[u8]| {
        let seal: Seal = request::parse(bytes)?;
        host.call()?.record_seal(seal.id)
    };
    // SAFETY: the caller vouches for the bytes and the pointer.
    unsafe { record("field_record_seal", store, request, response_out, work) }
}

/// Adds to a sealed record: `{"id","text"?,"set"?,"reason"}` gives `{"id","status","statement"}`; `set` only
/// for paths among the gaps of its seal.
///
/// # Safety
/// The bytes can be read during the call; `response_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_record_addendum(
    store: FieldStore,
    request: FieldBytes,
    response_out: *mut FieldBuffer,
) -> FieldStatus {
    let work = |host: &Host, bytes: &[u8]| {
        let Addendum { id, text, set, reason } = request::parse(bytes)?;
        host.call()?.record_addendum(id, text, set.unwrap_or_default().into_iter().collect(), &reason)
    };
    // SAFETY: the caller vouches for the bytes and the pointer.
    unsafe { record("field_record_addendum", store, request, response_out, work) }
}

/// A step of a record's life: `{"id","verb","body"?}` gives `{"id","status","gaps"}`, and `proposed` where
/// the server has to confirm it.
///
/// # Safety
/// The bytes can be read during the call; `response_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_record_do(
    store: FieldStore,
    request: FieldBytes,
    response_out: *mut FieldBuffer,
) -> FieldStatus {
    let work = |host: &Host, bytes: &[u8]| {
        let Do { id, verb, body } = request::parse(bytes)?;
        host.call()?.record_do(id, &verb, Json::Object(body.unwrap_or_default()))
    };
    // SAFETY: the caller vouches for the bytes and the pointer.
    unsafe { record("field_record_do", store, request, response_out, work) }
}

/// The whole record with its statements: `{"id","purpose"?}`. That it was read is logged, with the purpose.
///
/// # Safety
/// The bytes can be read during the call; `response_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_record_show(
    store: FieldStore,
    request: FieldBytes,
    response_out: *mut FieldBuffer,
) -> FieldStatus {
    let work = |host: &Host, bytes: &[u8]| {
        let Show { id, purpose } = request::parse(bytes)?;
        host.call()?.record_show(id, purpose)
    };
    // SAFETY: the caller vouches for the bytes and the pointer.
    unsafe { record("field_record_show", store, request, response_out, work) }
}

/// Lines of records, newest first: `{"kind"?,"case"?,"open"?,"unsent"?,"limit"?,"before"?}` gives an array.
/// A screen asks for as many as it shows, and for the next ones `before` the last of them; without `limit`
/// all come.
///
/// # Safety
/// The bytes can be read during the call; `response_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_record_list(
    store: FieldStore,
    request: FieldBytes,
    response_out: *mut FieldBuffer,
) -> FieldStatus {
    let work = |host: &Host, bytes: &[u8]| {
        let list: List = request::parse(bytes)?;
        host.call()?.record_list(list.into())
    };
    // SAFETY: the caller vouches for the bytes and the pointer.
    unsafe { record("field_record_list", store, request, response_out, work) }
}

/// Full text over what this device holds: `{"text"}` gives lines as in a list, best first.
///
/// # Safety
/// The bytes can be read during the call; `response_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_search(
    store: FieldStore,
    request: FieldBytes,
    response_out: *mut FieldBuffer,
) -> FieldStatus {
    let work = |host: &Host, bytes: &[u8]| {
        let search: Search = request::parse(bytes)?;
        host.call()?.search_for(&search.into())
    };
    // SAFETY: the caller vouches for the bytes and the pointer.
    unsafe { record("field_search", store, request, response_out, work) }
}

/// How the device and its store are. `unsent` counts records that wait for a receipt, drafts among them
/// (`info`). `{}` gives
/// `{"device","user","online","unsent":{..},"oldest_unsent_seconds","last_receipt_at","cursor","clock_skew_ms",..}`.
///
/// # Safety
/// The bytes can be read during the call; `response_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_status_get(
    store: FieldStore,
    request: FieldBytes,
    response_out: *mut FieldBuffer,
) -> FieldStatus {
    let work = |host: &Host, bytes: &[u8]| {
        let Status {} = request::parse(bytes)?;
        host.call()?.status()
    };
    // SAFETY: the caller vouches for the bytes and the pointer.
    unsafe { record("field_status_get", store, request, response_out, work) }
}

/// Checks signatures, receipts and hashes of everything held, or of one record: `{"id"?}` gives
/// `{"ok","faults"}`.
///
/// # Safety
/// The bytes can be read during the call; `response_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_verify(
    store: FieldStore,
    request: FieldBytes,
    response_out: *mut FieldBuffer,
) -> FieldStatus {
    let work = |host: &Host, bytes: &[u8]| {
        let verify: Verify = request::parse(bytes)?;
        host.call()?.verify(verify.id)
    };
    // SAFETY: the caller vouches for the bytes and the pointer.
    unsafe { record("field_verify", store, request, response_out, work) }
}
