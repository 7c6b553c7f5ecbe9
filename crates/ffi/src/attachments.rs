//! Attached files. The shapes stand in `proto/api`.

use std::path::Path;
use std::time::Duration;

use field_core::Host;
use field_core::request::{self, AttachmentAdd, AttachmentFetch};

use crate::boundary::record;
use crate::bytes::{FieldBuffer, FieldBytes};
use crate::status::FieldStatus;
use crate::store::FieldStore;

/// How long a fetch waits for the network.
const FETCH_MAX: Duration = Duration::from_secs(60);

/// Attaches a file to a record or a draft: `{"id","path"|"base64","type"?}` gives `{"sha256","bytes","type"}`.
/// Encrypted, signed for and on disk when this returns; it is sent after everything else, and cannot be
/// taken away again. `sha256` is that of the ciphertext, as `field_record_show` lists it. At most 64 MiB by
/// `path`, and what a request holds by `base64`. Codes: `R80.too_large`, `R80.too_many`, `I.value`.
///
/// # Safety
/// The bytes can be read during the call; `response_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_attachment_add(
    store: FieldStore,
    request: FieldBytes,
    response_out: *mut FieldBuffer,
) -> FieldStatus {
    let work = |host: &Host, bytes: &[u8]| {
        let add: AttachmentAdd = request::parse(bytes)?;
        host.call()?.attachment_add_request(&add)
    };
    // SAFETY: the caller vouches for the bytes and the pointer.
    unsafe { record("field_attachment_add", store, request, response_out, work) }
}

/// Decrypts an attached file into a file that its owner alone can read: `{"id","sha256","to"}` gives
/// `{"sha256","bytes","type","to"}`. Where the file is not on this device this waits for the network, up to
/// 60 s; a later call goes on where it stopped. That it was opened is logged. Codes: `R110.locked`,
/// `R80.damaged`, `I.not_found`, `W.media_missing`, `W.media_denied`, `D.offline`.
///
/// # Safety
/// The bytes can be read during the call; `response_out` is NULL or points to a `field_buffer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_attachment_fetch(
    store: FieldStore,
    request: FieldBytes,
    response_out: *mut FieldBuffer,
) -> FieldStatus {
    let work = |host: &Host, bytes: &[u8]| {
        let AttachmentFetch { id, sha256, to } = request::parse(bytes)?;
        host.attachment_fetch(id, sha256, Path::new(&to), FETCH_MAX)
    };
    // SAFETY: the caller vouches for the bytes and the pointer.
    unsafe { record("field_attachment_fetch", store, request, response_out, work) }
}
