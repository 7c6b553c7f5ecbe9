//! What a command brings: a JSON body from a file or standard input, and single values.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use field_core::FieldError;
use serde_json::{Map, Value as Json};
use signed::code;

/// Bytes of a body. A change holds 256 KiB of values; the rest is room for JSON's own signs.
const BODY_BYTES_MAX: u64 = 1024 * 1024;

/// Reads a JSON object from a file, or from standard input for `-`.
pub(crate) fn read(from: &Path, stdin_is_free: bool) -> Result<Map<String, Json>, FieldError> {
    let bytes = if from == Path::new("-") {
        if !stdin_is_free {
            return Err(FieldError::new(code::I_USAGE, "standard input brings commands here; use a file"));
        }
        bounded(std::io::stdin().lock())
    } else {
        File::open(from).map_err(|error| unreadable(&error)).and_then(bounded)
    }?;
    match serde_json::from_slice(&bytes) {
        Ok(Json::Object(body)) => Ok(body),
        Ok(Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_)) => {
            Err(FieldError::new(code::I_JSON, "the body is not a JSON object"))
        }
        Err(error) => {
            // The parser's own message can quote the text.
            let place = format!("the body is not JSON (line {}, column {})", error.line(), error.column());
            Err(FieldError::new(code::I_JSON, place))
        }
    }
}

fn bounded(source: impl Read) -> Result<Vec<u8>, FieldError> {
    let mut bytes = Vec::new();
    source.take(BODY_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > BODY_BYTES_MAX {
        return Err(FieldError::new(code::I_TOO_LARGE, format!("a body has at most {BODY_BYTES_MAX} bytes")));
    }
    Ok(bytes)
}

fn unreadable(error: &std::io::Error) -> FieldError {
    FieldError::new(code::I_USAGE, format!("the body cannot be read: {}", error.kind()))
}
