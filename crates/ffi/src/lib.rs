//! `libfield`: the device as a C library, for apps in any language.
//!
//! The conventions, all on one page, stand at the top of `include/field.h`. Every function here is
//! one call of the `boundary`: pointers are checked, bytes become a request, `field-core` is
//! called, its answer becomes bytes, and nothing unwinds out of it.
#![allow(unsafe_code, reason = "the C boundary is the one place where pointers come from outside")]
#![cfg_attr(
    test,
    allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic, clippy::undocumented_unsafe_blocks)
)]

mod attachments;
mod boundary;
mod bytes;
mod events;
pub mod handle;
mod log;
mod oversight;
mod records;
mod sealed_box;
mod signer;
mod status;
mod store;
mod sync;
mod table;
mod thread;

pub use attachments::{field_attachment_add, field_attachment_fetch};
pub use bytes::{FieldBuffer, FieldBytes, field_buffer_free};
pub use events::field_event_next;
pub use log::{FieldLog, field_set_log_callback};
pub use oversight::{field_export, field_import, field_matches, field_prompts, field_timeline, field_verify_bundle};
pub use records::{
    field_draft_keep, field_enrol, field_record_addendum, field_record_do, field_record_edit, field_record_list,
    field_record_new, field_record_seal, field_record_show, field_search, field_status_get, field_verify,
};
pub use sealed_box::{field_box_done, field_box_list, field_box_new};
pub use signer::{FieldRelease, FieldSign, FieldSigner};
pub use status::*;
pub use store::{
    FieldStore, field_close, field_lifecycle, field_open, field_rekey, field_resume, field_suspend, field_unlock,
};
pub use sync::{field_network_changed, field_sync_once, field_sync_start, field_sync_stop};

use std::ffi::c_char;

/// Major version of this interface: it changes when an app has to.
pub const FIELD_ABI_MAJOR: u32 = 1;

/// Minor version of this interface: it grows with every function that is added.
pub const FIELD_ABI_MINOR: u32 = 0;

const VERSION: &std::ffi::CStr =
    match std::ffi::CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => c"unknown",
    };

/// `major << 16 | minor` of the interface that the library has; a wrapper compares the major with
/// its own `FIELD_ABI_MAJOR` when it loads. May be called at any time.
#[unsafe(no_mangle)]
pub extern "C" fn field_abi_version() -> u32 {
    FIELD_ABI_MAJOR << 16 | FIELD_ABI_MINOR
}

/// The library's version as static text; never NULL, never to be freed.
#[unsafe(no_mangle)]
pub extern "C" fn field_version() -> *const c_char {
    VERSION.as_ptr()
}
