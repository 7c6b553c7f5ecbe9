//! What is looked at before a request is read: its length and its depth.

use signed::code;

use crate::error::{FieldError, Result};

/// Bytes of a request. A change holds 256 KiB of values; the rest is room for JSON's own signs.
pub const REQUEST_BYTES_MAX: usize = 1024 * 1024;

/// Levels of objects and lists within each other. A body's values go eight levels deep; the rest is
/// room. The reader behind this scan calls itself once a level, on a stack the app gave it.
pub const REQUEST_DEPTH_MAX: usize = 32;

/// Refuses what is too long or too deep, at the cost of one look at each byte.
pub(super) fn check(bytes: &[u8]) -> Result<()> {
    if bytes.len() > REQUEST_BYTES_MAX {
        return Err(FieldError::new(code::I_TOO_LARGE, format!("a request has at most {REQUEST_BYTES_MAX} bytes")));
    }
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in bytes {
        match (in_text, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_text = !in_text,
            (false, b'{' | b'[') => depth += 1,
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > REQUEST_DEPTH_MAX {
            let message = format!("a request is at most {REQUEST_DEPTH_MAX} levels deep");
            return Err(FieldError::new(code::I_JSON, message));
        }
    }
    Ok(())
}
