//! What every call answers: small numbers of this interface, and the permanent numbers of codes.

use std::ffi::{CStr, CString, c_char};
use std::sync::OnceLock;

use field_core::FieldError;
use signed::code::{self, ALL};
use signed::{Class, Code};

/// What a call came to: `FIELD_OK`, one of the small numbers below, or from 1000 on the permanent
/// number of a code, as it stands in the answer's `error.number` and in `proto/codes.md`. Numbers
/// never change their meaning and are never used again.
pub type FieldStatus = i32;

/// Done.
pub const FIELD_OK: FieldStatus = 0;
/// The store is closed.
pub const FIELD_CLOSED: FieldStatus = 1;
/// The time was up: no event came.
pub const FIELD_TIMEOUT: FieldStatus = 2;
/// A pointer is NULL that must not be.
pub const FIELD_NULL: FieldStatus = 3;
/// No such store: the handle was never given out, or this process was forked from the one it is of.
pub const FIELD_HANDLE: FieldStatus = 4;
/// The bytes are not UTF-8.
pub const FIELD_UTF8: FieldStatus = 5;
/// The device's key is locked (also what a signer answers to say so).
pub const FIELD_KEY_LOCKED: FieldStatus = 6;
/// The signer failed, or what it gave does not verify under its public key.
pub const FIELD_SIGNER_BAD: FieldStatus = 7;
/// The signer did not answer within 10 s; its call was abandoned.
pub const FIELD_SIGNER_TIMEOUT: FieldStatus = 8;
/// The budget is used up and something is left to do.
pub const FIELD_MORE_WORK: FieldStatus = 9;
/// No server could be reached.
pub const FIELD_NO_NETWORK: FieldStatus = 10;
/// A fault of the library's own; nothing was half done, and the store may be used on.
pub const FIELD_PANIC: FieldStatus = 11;

/// The small numbers with their names and the classes of what an app can do about them.
pub(crate) const SMALL: [(FieldStatus, &CStr, &CStr); 12] = [
    (FIELD_OK, c"FIELD_OK", c"ok"),
    (FIELD_CLOSED, c"FIELD_CLOSED", c"locked"),
    (FIELD_TIMEOUT, c"FIELD_TIMEOUT", c"busy"),
    (FIELD_NULL, c"FIELD_NULL", c"usage"),
    (FIELD_HANDLE, c"FIELD_HANDLE", c"usage"),
    (FIELD_UTF8, c"FIELD_UTF8", c"usage"),
    (FIELD_KEY_LOCKED, c"FIELD_KEY_LOCKED", c"locked"),
    (FIELD_SIGNER_BAD, c"FIELD_SIGNER_BAD", c"internal"),
    (FIELD_SIGNER_TIMEOUT, c"FIELD_SIGNER_TIMEOUT", c"busy"),
    (FIELD_MORE_WORK, c"FIELD_MORE_WORK", c"busy"),
    (FIELD_NO_NETWORK, c"FIELD_NO_NETWORK", c"offline"),
    (FIELD_PANIC, c"FIELD_PANIC", c"internal"),
];

/// The status of an error: its code's number, but for the four that have a small number here.
pub(crate) fn of(error: &FieldError) -> FieldStatus {
    match error.code {
        code::D_KEY_LOCKED => FIELD_KEY_LOCKED,
        code::D_SIGNER => FIELD_SIGNER_BAD,
        code::D_SIGNER_TIMEOUT => FIELD_SIGNER_TIMEOUT,
        code::STORE_CLOSED => FIELD_CLOSED,
        other => i32::try_from(other.number).unwrap_or(FIELD_PANIC),
    }
}

fn code_of(status: FieldStatus) -> Option<Code> {
    u32::try_from(status).ok().and_then(Code::by_number)
}

fn small(status: FieldStatus) -> Option<&'static (FieldStatus, &'static CStr, &'static CStr)> {
    SMALL.iter().find(|(number, _, _)| *number == status)
}

/// The name of a status as static text: `FIELD_HANDLE`, or a code's name such as `S.sealed`; NULL for
/// a number that this version does not know.
#[unsafe(no_mangle)]
pub extern "C" fn field_status_name(status: FieldStatus) -> *const c_char {
    static NAMES: OnceLock<Vec<(u32, CString)>> = OnceLock::new();
    if let Some((_, name, _)) = small(status) {
        return name.as_ptr();
    }
    let Some(code) = code_of(status) else { return std::ptr::null() };
    let names = NAMES
        .get_or_init(|| ALL.iter().filter_map(|code| Some((code.number, CString::new(code.name).ok()?))).collect());
    let name = names.iter().find(|(number, _)| *number == code.number);
    name.map_or(std::ptr::null(), |(_, name)| name.as_ptr())
}

/// What an app can do about a status, as static text: `ok`, `refused`, `not_found`, `denied`,
/// `offline`, `busy`, `damaged`, `internal`, `update`, `locked`, `limit` or `usage`; NULL for a number
/// that this version does not know.
#[unsafe(no_mangle)]
pub extern "C" fn field_status_class(status: FieldStatus) -> *const c_char {
    if let Some((_, _, class)) = small(status) {
        return class.as_ptr();
    }
    let Some(code) = code_of(status) else { return std::ptr::null() };
    let class = match code.class {
        Class::Refused => c"refused",
        Class::NotFound => c"not_found",
        Class::Denied => c"denied",
        Class::Offline => c"offline",
        Class::Busy => c"busy",
        Class::Damaged => c"damaged",
        Class::Internal => c"internal",
        Class::Update => c"update",
        Class::Locked => c"locked",
        Class::Limit => c"limit",
    };
    class.as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_name_and_a_class_and_no_small_number_is_a_codes() {
        let text = |pointer: *const c_char| {
            assert!(!pointer.is_null());
            unsafe { CStr::from_ptr(pointer) }.to_str().unwrap()
        };
        for code in ALL {
            let status = i32::try_from(code.number).unwrap();
            assert!(status >= 1000);
            assert_eq!(text(field_status_name(status)), code.name);
            assert_eq!(text(field_status_class(status)), code.class.as_str());
        }
        for (status, name, class) in SMALL {
            assert_eq!(
                (text(field_status_name(status)), text(field_status_class(status))),
                (name.to_str().unwrap(), class.to_str().unwrap())
            );
        }
        for unknown in [-1, 12, 999, i32::MAX, i32::MIN] {
            assert!(field_status_name(unknown).is_null() && field_status_class(unknown).is_null());
        }
    }
}
