//! Calls for oversight: chronologies, and bundles that prove themselves on a machine with no store; and bundles
//! that one device carries to the server for another.

use std::path::PathBuf;

use field_core::Host;
use field_core::request::{self, Export, Exporting, Import, Matches, Prompts, Timeline, VerifyBundle};

use crate::boundary::{answering, record, text};
use crate::bytes::{FieldBuffer, FieldBytes};
use crate::status::{FIELD_OK, FieldStatus};
use crate::store::FieldStore;

/// The chronology of a case or of a person, all kinds: `{"person"}` or `{"case"}` gives an array of what was
/// said and done. Times stand as they were stated; where a clock was off by more than five minutes, that is
/// said beside. Codes: `I.not_found`, `I.value` unless exactly one is named.
///
/// # Safety
/// The bytes can be read during the call; `response_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_timeline(
    store: FieldStore,
    request: FieldBytes,
    response_out: *mut FieldBuffer,
) -> FieldStatus {
    let work = |host: &Host, bytes: &[u8]| {
        let timeline: Timeline = request::parse(bytes)?;
        host.call()?.timeline(timeline.of()?)
    };
    // SAFETY: the caller vouches for the bytes and the pointer.
    unsafe { record("field_timeline", store, request, response_out, work) }
}

/// What is due now for this user, the longest due first: `{}` gives an array of
/// `{"id","rule","code","record","rung","due_at","for","text","dismissed_by"}`. `text` holds no word of a record:
/// it may stand on a locked screen. With many, higher rungs stand first.
///
/// # Safety
/// The bytes can be read during the call; `response_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_prompts(
    store: FieldStore,
    request: FieldBytes,
    response_out: *mut FieldBuffer,
) -> FieldStatus {
    let work = |host: &Host, bytes: &[u8]| {
        let Prompts {} = request::parse(bytes)?;
        host.call()?.prompts()
    };
    // SAFETY: the caller vouches for the bytes and the pointer.
    unsafe { record("field_prompts", store, request, response_out, work) }
}

/// Records that may be about the same number, place or person, each never more than *possible* until somebody
/// confirms or rejects it: `{}` gives an array of `{"id","rule","state","records","key_kind"}`.
///
/// # Safety
/// The bytes can be read during the call; `response_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_matches(
    store: FieldStore,
    request: FieldBytes,
    response_out: *mut FieldBuffer,
) -> FieldStatus {
    let work = |host: &Host, bytes: &[u8]| {
        let Matches {} = request::parse(bytes)?;
        host.call()?.matches()
    };
    // SAFETY: the caller vouches for the bytes and the pointer.
    unsafe { record("field_matches", store, request, response_out, work) }
}

/// Writes a bundle that proves itself: `{"case"|"record","to","purpose"?,"to_whom"?,"with_reporter"?}` gives
/// `{"file","sha256","records","statements","masked"}`. That it was made, for what and for whom, is logged
/// before the file exists; the file is readable by its owner alone. Codes: `I.not_found`, `I.denied` when a
/// reporter is asked for by who may not hold the vault, `B.too_large`, `STORE.io`.
///
/// `{"unsent":true,"to"}` instead writes everything that waits to be sent, sealed for the server alone, for another
/// device to carry: `{"to","frames","records","bytes","more"}`. It waits here as before until its own receipt;
/// attached files are not in it. Codes: `D.relay_key` before the first sync, `I.not_found` where nothing waits.
///
/// # Safety
/// The bytes can be read during the call; `response_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_export(
    store: FieldStore,
    request: FieldBytes,
    response_out: *mut FieldBuffer,
) -> FieldStatus {
    let work = |host: &Host, bytes: &[u8]| {
        let export: Export = request::parse(bytes)?;
        match export.export()? {
            Exporting::Bundle(export) => host.call()?.export(&export),
            Exporting::Unsent(to) => host.call()?.export_unsent(&to),
        }
    };
    // SAFETY: the caller vouches for the bytes and the pointer.
    unsafe { record("field_export", store, request, response_out, work) }
}

/// Takes in what another device wrote with `field_export` and `"unsent"`, to be carried to the server at the next
/// sync: `{"path"}` gives `{"parts","already","bytes"}`. Nothing of it can be read here. Codes: `B.form`,
/// `B.too_large`, `B.reader` where it is for another server, `B.carried_full`, `D.not_enrolled`, `STORE.io`.
///
/// # Safety
/// The bytes can be read during the call; `response_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_import(
    store: FieldStore,
    request: FieldBytes,
    response_out: *mut FieldBuffer,
) -> FieldStatus {
    let work = |host: &Host, bytes: &[u8]| {
        let import: Import = request::parse(bytes)?;
        host.call()?.import(&PathBuf::from(import.path))
    };
    // SAFETY: the caller vouches for the bytes and the pointer.
    unsafe { record("field_import", store, request, response_out, work) }
}

/// Checks a bundle; needs no store: `{"path","pins"?}` gives
/// `{"ok","faults":[{"code","what"}],"records","statements","pins","exported_by","exported_at",..}`. A bundle
/// that does not hold is `FIELD_OK` with `"ok":false`. Codes: `STORE.io`, `B.too_large`.
///
/// # Safety
/// The bytes can be read during the call; `response_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_verify_bundle(request: FieldBytes, response_out: *mut FieldBuffer) -> FieldStatus {
    // SAFETY: the caller vouches for the bytes and the pointer.
    unsafe {
        answering("field_verify_bundle", response_out, || {
            let asked: VerifyBundle = request::parse(text(request)?)?;
            let (path, pins): (PathBuf, Vec<[u8; 32]>) = asked.into();
            Ok((FIELD_OK, field_core::bundle::verify(&path, &pins)?.to_string().into_bytes()))
        })
    }
}
