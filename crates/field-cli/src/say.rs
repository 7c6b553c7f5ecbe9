//! What is printed: one JSON value for programs, tables and sentences for people.

use std::io::{Write, stderr, stdout};

use field_core::FieldError;
use serde_json::{Value as Json, json};

use crate::args::Command;

mod pages;
mod table;

/// Prints a command's answer.
pub(crate) fn answer(command: &Command, value: &Json, as_json: bool) {
    if as_json {
        line(value);
    } else {
        out(&pages::page(command, value));
    }
}

/// Prints why a command was refused or failed.
pub(crate) fn error(error: &FieldError, as_json: bool) {
    if as_json {
        return line(&error.to_json());
    }
    note(&format!("{} ({})", error.message, error.code));
    // The first gap is often the message itself.
    for gap in error.gaps.iter().filter(|gap| gap.message != error.message || !gap.path.is_empty()) {
        note(&format!("  {}: {} ({})", gap.path, gap.message, gap.code));
    }
}

/// One JSON value on a line of its own, at once.
pub(crate) fn line(value: &Json) {
    out(&format!("{value}\n"));
}

/// Something said beside the answer.
pub(crate) fn note(text: &str) {
    // Nobody is left to be told that nobody listens.
    let _ = writeln!(stderr(), "field: {text}");
}

fn out(text: &str) {
    let mut out = stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// A text of an answer, or nothing.
fn text<'a>(value: &'a Json, name: &str) -> &'a str {
    value.get(name).and_then(Json::as_str).unwrap_or_default()
}

/// A member of an answer that is a list.
fn list<'a>(value: &'a Json, name: &str) -> &'a [Json] {
    value.get(name).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// A value as people read it: `unknown (asleep)`, not `{"unknown":"asleep"}`.
fn plain(value: &Json) -> String {
    match value {
        Json::Null => String::from("-"),
        Json::Bool(true) => String::from("yes"),
        Json::Bool(false) => String::from("no"),
        Json::Number(number) => number.to_string(),
        Json::String(text) => text.clone(),
        Json::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join("; "),
        Json::Object(parts) => {
            let mut words = Vec::new();
            for (name, part) in parts {
                let name = name.replace('_', " ");
                let alone = parts.len() == 1;
                words.push(match (alone, name.as_str()) {
                    (true, "as said" | "record" | "other" | "value") => plain(part),
                    (true, _) => format!("{name} ({})", plain(part)),
                    (false, "id") => continue,
                    (false, _) => format!("{name}: {}", plain(part)),
                });
            }
            words.join(", ")
        }
    }
}

/// How many, with the right word.
fn count(value: &Json, one: &str, many: &str) -> String {
    let number = value.as_u64().unwrap_or(0);
    format!("{number} {}", if *value == json!(1) { one } else { many })
}
