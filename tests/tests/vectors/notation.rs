//! CBOR values as JSON: a byte string is written `"h'0102'"`, all else is what it is in JSON.

use serde_json::{Map as JsonMap, Value as Json};
use signed::Value;

use super::{hex, to_hex};

/// From the notation.
pub(crate) fn read(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(bool) => Value::Bool(*bool),
        Json::Number(number) => Value::Int(number.as_i64().expect("whole numbers only")),
        Json::String(text) => match text.strip_prefix("h'").and_then(|text| text.strip_suffix('\'')) {
            Some(bytes) => Value::Bytes(hex(bytes)),
            None => Value::text(text),
        },
        Json::Array(items) => Value::Array(items.iter().map(read).collect()),
        Json::Object(map) => Value::Map(map.iter().map(|(key, value)| (key.clone(), read(value))).collect()),
    }
}

/// To the notation.
pub(crate) fn write(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(bool) => Json::Bool(*bool),
        Value::Int(number) => Json::from(*number),
        Value::Bytes(bytes) => Json::String(format!("h'{}'", to_hex(bytes))),
        Value::Text(text) => {
            assert!(!text.starts_with("h'"), "a text that the notation cannot tell from bytes");
            Json::String(text.clone())
        }
        Value::Array(items) => Json::Array(items.iter().map(write).collect()),
        Value::Map(map) => {
            Json::Object(map.iter().map(|(key, value)| (key.clone(), write(value))).collect::<JsonMap<_, _>>())
        }
    }
}
