//! The one way in: what every function does before and after the library's own work.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use field_core::{FieldError, Host};
use serde_json::{Value as Json, json};

use crate::bytes::{FieldBuffer, FieldBytes};
use crate::log::{self, Level};
use crate::status::{self, FIELD_HANDLE, FIELD_NULL, FIELD_OK, FIELD_PANIC, FIELD_UTF8, FieldStatus, SMALL};
use crate::store::FieldStore;
use crate::table;

/// Why a call came to nothing.
pub(crate) enum Failure {
    /// One of the small statuses.
    Status(FieldStatus),
    /// A code, with what a person can read.
    Error(FieldError),
}

impl From<FieldError> for Failure {
    fn from(error: FieldError) -> Self {
        Self::Error(error)
    }
}

impl Failure {
    pub(crate) fn status(&self) -> FieldStatus {
        match self {
            Self::Status(status) => *status,
            Self::Error(error) => status::of(error),
        }
    }

    /// `{"error":{..}}`, as the `field` program prints it.
    fn to_json(&self) -> Json {
        match self {
            Self::Error(error) => error.to_json(),
            Self::Status(status) => {
                let known = SMALL.iter().find(|(number, _, _)| number == status);
                let text = |text: &'static std::ffi::CStr| text.to_str().unwrap_or_default();
                let (name, class) = known.map_or(("", ""), |(_, name, class)| (text(name), text(class)));
                json!({ "error": { "code": name, "class": class, "number": status, "message": sentence(*status), "gaps": [] } })
            }
        }
    }
}

fn sentence(status: FieldStatus) -> &'static str {
    match status {
        FIELD_NULL => "a pointer is NULL that must not be",
        FIELD_HANDLE => "no such store",
        FIELD_UTF8 => "the request is not UTF-8",
        FIELD_PANIC => "a fault of the library's own; nothing was half done",
        _ => "the store is closed",
    }
}

/// Runs a call that answers a status alone.
pub(crate) fn plain(name: &'static str, work: impl FnOnce() -> Result<(), Failure>) -> FieldStatus {
    let failed = guarded(name, || work().map(|()| FIELD_OK));
    failed.unwrap_or_else(|failure| failure.status())
}

/// Runs a call on an open store that answers a status alone.
pub(crate) fn on_store(
    name: &'static str,
    store: FieldStore,
    work: impl FnOnce(&Host) -> Result<(), FieldError>,
) -> FieldStatus {
    plain(name, || {
        let host = table::find(store).map_err(Failure::Status)?;
        Ok(work(&host)?)
    })
}

/// Runs a call that writes an answer; on failure what it writes is the error.
///
/// # Safety
/// `out` is NULL or points to a `field_buffer` that can be written.
pub(crate) unsafe fn answering(
    name: &'static str,
    out: *mut FieldBuffer,
    work: impl FnOnce() -> Result<(FieldStatus, Vec<u8>), Failure>,
) -> FieldStatus {
    // SAFETY: the caller vouches for the pointer.
    let Some(out) = (unsafe { out.as_mut() }) else {
        if !table::ours() {
            return FIELD_HANDLE;
        }
        log::line(Level::Debug, name, FIELD_NULL);
        return FIELD_NULL;
    };
    *out = FieldBuffer::EMPTY;
    let mut answer = Vec::new();
    let done = guarded(name, || {
        let (status, bytes) = work()?;
        answer = bytes;
        Ok(status)
    });
    let status = match done {
        Ok(status) => status,
        Err(failure) => {
            answer = failure.to_json().to_string().into_bytes();
            failure.status()
        }
    };
    *out = FieldBuffer::of(answer);
    status
}

/// Runs a call with a request on an open store.
///
/// # Safety
/// As for [`FieldBytes::read`] and [`answering`].
pub(crate) unsafe fn record(
    name: &'static str,
    store: FieldStore,
    request: FieldBytes,
    out: *mut FieldBuffer,
    work: impl FnOnce(&Host, &[u8]) -> Result<Json, FieldError>,
) -> FieldStatus {
    // SAFETY: the caller vouches for both.
    unsafe {
        answering(name, out, || {
            let host = table::find(store).map_err(Failure::Status)?;
            Ok((FIELD_OK, work(&host, text(request)?)?.to_string().into_bytes()))
        })
    }
}

/// The bytes of a text.
///
/// # Safety
/// As for [`FieldBytes::read`].
pub(crate) unsafe fn text<'a>(bytes: FieldBytes) -> Result<&'a [u8], Failure> {
    // SAFETY: the caller vouches for the bytes.
    let bytes = unsafe { bytes.read() }.ok_or(Failure::Status(FIELD_NULL))?;
    if std::str::from_utf8(bytes).is_err() {
        return Err(Failure::Status(FIELD_UTF8));
    }
    Ok(bytes)
}

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Nothing unwinds past this, and nothing is printed: what a panic says may quote a record.
fn guarded(name: &'static str, work: impl FnOnce() -> Result<FieldStatus, Failure>) -> Result<FieldStatus, Failure> {
    if !table::ours() {
        return Err(Failure::Status(FIELD_HANDLE));
    }
    keep_panics_quiet();
    let outer = INSIDE.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Failure::Status(FIELD_PANIC)));
    INSIDE.set(outer);
    let status = done.as_ref().map_or_else(Failure::status, |status| *status);
    log::line(Level::of(status), name, status);
    done
}

/// A panic of ours is a status and a line of the log with its place; those of the app's own Rust code,
/// if it has any, are none of our business.
fn keep_panics_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let thread = std::thread::current();
            if INSIDE.get() || thread.name().is_some_and(|name| name.starts_with("field-")) {
                log::panicked(info.location());
            } else {
                before(info);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use std::ffi::c_void;
    use std::sync::Mutex;

    use super::*;

    static LINES: Mutex<Vec<(i32, String)>> = Mutex::new(Vec::new());

    unsafe extern "C" fn keep(_: *mut c_void, level: i32, line: FieldBytes) {
        let line = unsafe { line.read() }.unwrap();
        LINES.lock().unwrap().push((level, String::from_utf8(line.to_vec()).unwrap()));
    }

    #[test]
    fn r98_a_panic_is_a_status_and_the_log_knows_its_place_and_not_its_words() {
        unsafe { log::field_set_log_callback(Some(keep), std::ptr::null_mut()) };
        let status = plain("field_example", || panic!("CANARY words of a record"));
        assert_eq!(status, FIELD_PANIC);
        let mut answer = FieldBuffer::EMPTY;
        let status = unsafe { answering("field_example", &raw mut answer, || panic!("CANARY again")) };
        assert_eq!(status, FIELD_PANIC);
        let text = unsafe { FieldBytes { data: answer.data, len: answer.len }.read() }.unwrap();
        let text = String::from_utf8(text.to_vec()).unwrap();
        assert!(text.contains("FIELD_PANIC") && !text.contains("CANARY"), "{text}");
        unsafe {
            crate::bytes::field_buffer_free(&raw mut answer);
            log::field_set_log_callback(None, std::ptr::null_mut());
        }
        let lines = LINES.lock().unwrap();
        assert!(lines.iter().any(|(level, line)| *level == 1 && line.contains("boundary.rs:")), "{lines:?}");
        assert!(lines.iter().any(|(_, line)| line == "field_example 11 FIELD_PANIC"), "{lines:?}");
        assert!(lines.iter().all(|(_, line)| !line.contains("CANARY")), "{lines:?}");
        // And the next call works.
        assert_eq!(plain("field_example", || Ok(())), FIELD_OK);
    }
}
