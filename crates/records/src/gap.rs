//! A gap: what is missing or wrong, by code and path, never with a word of the record.

use serde_json::{Value as Json, json};
use signed::cbor::{self, Value};
use signed::{Code, code};

/// One thing that is missing, or that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The permanent code; it starts with the rule's id.
    pub code: Code,
    /// What it is about: `concern_items/<id>`.
    pub path: String,
    /// A sentence for a person. It never holds a word of the record.
    pub message: String,
}

impl Gap {
    /// A gap. A part of the path that can be no name and no id came from whoever wrote the body, and
    /// may be anything: it is shown as `..`.
    pub fn new(code: Code, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code, path: repeatable(path.into()), message: message.into() }
    }

    /// As the contract prints it.
    #[must_use]
    pub fn to_json(&self) -> Json {
        json!({ "code": self.code.name, "path": self.path, "message": self.message })
    }

    /// As it stands in a statement.
    #[must_use]
    pub fn to_value(&self) -> Value {
        cbor::map([
            ("code", Value::text(self.code.name)),
            ("path", Value::text(&self.path)),
            ("message", Value::text(&self.message)),
        ])
    }

    /// From a statement. A code of a newer version reads as `I.required`, its name kept in the message.
    #[must_use]
    pub fn from_value(value: &Value) -> Option<Self> {
        let map = value.as_map()?;
        let text = |name: &str| map.get(name).and_then(Value::as_text);
        let name = text("code")?;
        let message = text("message").unwrap_or_default();
        Some(match Code::by_name(name) {
            Some(code) => Self::new(code, text("path")?, message),
            None => Self::new(code::REQUIRED, text("path")?, format!("{name}: {message}")),
        })
    }
}

/// Bytes of a part of a path: the longest field's name has about thirty, an id 36.
const PART_BYTES_MAX: usize = 64;

fn repeatable(path: String) -> String {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.+".contains(&byte);
    let fits = |part: &str| part.len() <= PART_BYTES_MAX && part.bytes().all(plain);
    if path.split('/').all(fits) {
        return path;
    }
    path.split('/').map(|part| if fits(part) { part } else { ".." }).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_reads_back_from_a_statement_even_when_its_code_is_newer() {
        let gap = Gap::new(code::R6_SAFE_NOW, "immediate_safety/safe_now", "is the child safe now?");
        assert_eq!(Gap::from_value(&gap.to_value()), Some(gap));
        let newer = cbor::map([("code", Value::text("R999.x")), ("path", Value::text("p"))]);
        let read = Gap::from_value(&newer).expect("kept");
        assert_eq!((read.code, read.path.as_str()), (code::REQUIRED, "p"));
        assert!(read.message.starts_with("R999.x"));
    }
}
