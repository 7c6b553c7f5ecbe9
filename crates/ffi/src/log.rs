//! Lines for the app's own log: names of functions, numbers and places in the code, never more.

use std::cell::Cell;
use std::ffi::{CStr, c_void};
use std::panic::Location;
use std::sync::{PoisonError, RwLock};

use signed::{Class, Code};

use crate::bytes::FieldBytes;
use crate::status::{
    FIELD_HANDLE, FIELD_MORE_WORK, FIELD_OK, FIELD_PANIC, FIELD_TIMEOUT, FieldStatus, field_status_name,
};
use crate::table;

/// Takes one line: UTF-8 without an end of line, to be read during the call alone. `level`: 1 a fault of
/// the library's, 2 something for a person to look at, 3 what happened, 4 what was refused. It may be
/// called from any thread, several at once; what it calls of the library is not logged.
pub type FieldLog = Option<unsafe extern "C" fn(context: *mut c_void, level: i32, line: FieldBytes)>;

struct Logger {
    log: unsafe extern "C" fn(*mut c_void, i32, FieldBytes),
    context: *mut c_void,
}

// SAFETY: the app is told that its function may be called from any thread.
unsafe impl Send for Logger {}
// SAFETY: as above.
unsafe impl Sync for Logger {}

static LOGGER: RwLock<Option<Logger>> = RwLock::new(None);

thread_local! {
    static LOGGING: Cell<bool> = const { Cell::new(false) };
}

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Error = 1,
    Warning = 2,
    Info = 3,
    Debug = 4,
}

impl Level {
    /// How much an answer matters.
    pub(crate) fn of(status: FieldStatus) -> Self {
        let class = u32::try_from(status).ok().and_then(Code::by_number).map(|code| code.class);
        match (status, class) {
            (FIELD_PANIC, _) => Self::Error,
            (_, Some(Class::Damaged | Class::Internal | Class::Limit | Class::Update)) => Self::Warning,
            _ => Self::Debug,
        }
    }
}

/// Sends lines about the library's work to the app, until it is called with NULL. When it returns, the
/// function given before is not being called any more. No line holds personal data. 1009 when it is
/// called by such a function itself.
///
/// # Safety
/// `log` can be called from any thread with `context` until it is replaced.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn field_set_log_callback(log: FieldLog, context: *mut c_void) -> FieldStatus {
    // The lock below may be held by a thread that a fork did not take along.
    if !table::ours() {
        return FIELD_HANDLE;
    }
    if LOGGING.get() {
        return i32::try_from(signed::code::STORE_WAITING.number).unwrap_or(FIELD_PANIC);
    }
    *LOGGER.write().unwrap_or_else(PoisonError::into_inner) = log.map(|log| Logger { log, context });
    FIELD_OK
}

/// What a function answered.
pub(crate) fn line(level: Level, function: &str, status: FieldStatus) {
    let level = match status {
        FIELD_OK if ["field_open", "field_close", "field_enrol"].contains(&function) => Level::Info,
        // What happens all the time says nothing.
        FIELD_OK | FIELD_TIMEOUT | FIELD_MORE_WORK => return,
        _ => level,
    };
    let name = field_status_name(status);
    // SAFETY: static text of ours.
    let name = if name.is_null() { c"unknown" } else { unsafe { CStr::from_ptr(name) } };
    say(level, || format!("{function} {status} {}", name.to_string_lossy()));
}

/// Where the library panicked.
pub(crate) fn panicked(place: Option<&Location<'_>>) {
    say(Level::Error, || match place {
        Some(place) => format!("panic at {}:{}", place.file(), place.line()),
        None => String::from("panic"),
    });
}

fn say(level: Level, text: impl FnOnce() -> String) {
    if LOGGING.get() {
        return;
    }
    let logger = LOGGER.read().unwrap_or_else(PoisonError::into_inner);
    let Some(Logger { log, context }) = logger.as_ref() else { return };
    let text = text();
    LOGGING.set(true);
    // SAFETY: the app vouched for both when it gave them; the text lives until the call is over.
    unsafe { log(*context, level as i32, FieldBytes { data: text.as_ptr(), len: text.len() }) };
    LOGGING.set(false);
}
