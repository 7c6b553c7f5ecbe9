//! A body taken apart: what is sealed, appended, raised and written to registers.

use std::fmt;

use documents::{Merge, Scalar};
use serde_json::Value as Json;
use signed::cbor::{Map, Value};
use signed::{Timestamp, code};

use crate::body::Body;
use crate::gap::Gap;
use crate::kind::{Caution, Field, Kind, Shape};

/// Bytes of a text in a register.
pub const REGISTER_TEXT_BYTES_MAX: usize = 4096;
/// Bytes of a structured value in a register.
pub const REGISTER_BYTES_MAX: usize = 1024;
/// Bytes of everything one record begins with: a change holds 256 KiB of values, and the
/// statement around the words needs some of them.
pub const RECORD_BYTES_MAX: usize = 240 * 1024;

/// What stands in `created` and is therefore written nowhere else.
pub(crate) const IN_CREATED: [&str; 3] = ["case", "capacity", "school"];

/// What a change writes.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Writes {
    /// W: the content of the sealed part.
    pub sealed: Map,
    /// A: one entry per element, by field. The builder adds `by` and `at`.
    pub entries: Vec<(String, Value)>,
    /// M: one entry per value, by field (`immediate_safety/safe_now`).
    pub cautious: Vec<(String, Value)>,
    /// C, L, S: registers by key.
    pub fields: Vec<(String, Scalar)>,
}

/// A whole new record. `case`, `school` and `capacity` stand in `created`, not here.
pub fn split(kind: &Kind, body: &Body) -> Result<Writes, Vec<Gap>> {
    let (writes, mut gaps) = take_apart(kind, body);
    if body.0.contains_key("text_police") {
        gaps.push(Gap::new(code::I_FIELD, "text_police", "the police's text goes into an action_note"));
    }
    if gaps.is_empty() { Ok(writes) } else { Err(gaps) }
}

/// What of a regular body does not fit into a document.
pub(crate) fn misfits(kind: &Kind, body: &Body) -> Vec<Gap> {
    take_apart(kind, body).1
}

fn take_apart(kind: &Kind, body: &Body) -> (Writes, Vec<Gap>) {
    let mut apart = Apart::default();
    let (mut total, mut largest) = (0, (0, ""));
    for field in kind.all_fields().filter(|field| !IN_CREATED.contains(&field.path)) {
        let Some(json) = body.0.get(field.path) else { continue };
        let bytes = json.to_string().len();
        total += bytes;
        largest = largest.max((bytes, field.path));
        match field.merge {
            Merge::W => {
                if let Some(value) = apart.value(json, field.path) {
                    apart.writes.sealed.insert(field.path.to_owned(), value);
                }
            }
            Merge::A => {
                for element in elements(field, json) {
                    if let Some(value) = apart.value(element, field.path) {
                        once(&mut apart.writes.entries, field.key, value);
                    }
                }
            }
            Merge::M | Merge::C | Merge::L | Merge::S => apart.flatten(field, field.key, field.path, json),
        }
    }
    if total > RECORD_BYTES_MAX {
        apart.gaps.push(Gap::new(code::I_TOO_LARGE, largest.1, "one record holds at most 240 KiB: attach a file"));
    }
    (apart.writes, apart.gaps)
}

pub(crate) fn elements<'j>(field: &Field, json: &'j Json) -> Vec<&'j Json> {
    match json {
        Json::Array(lines) if field.shape.element().is_some() || matches!(field.shape, Shape::Set(_)) => {
            lines.iter().collect()
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) | Json::Object(_) => vec![json],
    }
}

/// Adds a value once: the same value twice in one change would be one entry under one key.
pub(crate) fn once(entries: &mut Vec<(String, Value)>, field: &str, value: Value) {
    let entry = (field.to_owned(), value);
    if !entries.contains(&entry) {
        entries.push(entry);
    }
}

/// Takes values apart, collecting what does not fit.
#[derive(Default)]
pub(crate) struct Apart {
    pub(crate) writes: Writes,
    pub(crate) gaps: Vec<Gap>,
}

impl Apart {
    pub(crate) fn value(&mut self, json: &Json, path: &str) -> Option<Value> {
        let value = Value::from_json(json).ok();
        if value.is_none() {
            self.gaps.push(Gap::new(code::I_VALUE, path, "whole numbers only, and fewer levels"));
        }
        value
    }

    /// A composite value of C, L, S or M, part by part and line by line.
    pub(crate) fn flatten(&mut self, field: &Field, key: &str, path: &str, json: &Json) {
        if let (Some(map), false) = (json.as_object(), field.parts().is_empty()) {
            for part in field.parts() {
                if let Some(value) = map.get(part.path) {
                    self.flatten(part, &format!("{key}/{}", part.key), &format!("{path}/{}", part.path), value);
                }
            }
            return;
        }
        match (field.merge, field.shape.element(), json.as_array()) {
            (Merge::M, _, Some(lines)) if field.caution == Caution::Union => {
                for line in lines {
                    if let Some(value) = self.value(line, path) {
                        once(&mut self.writes.cautious, key, value);
                    }
                }
            }
            (Merge::M, ..) => {
                if let Some(value) = self.value(json, path) {
                    once(&mut self.writes.cautious, key, value);
                }
            }
            (_, Some(element), Some(lines)) if by_line(element) => {
                lines.iter().for_each(|line| self.line(element, key, path, line));
            }
            _ => self.register(&field.shape, key, path, json),
        }
    }

    fn line(&mut self, element: &Shape, key: &str, path: &str, line: &Json) {
        if let (Shape::Record, Some(id)) = (element, line.as_str()) {
            self.writes.fields.push((format!("{key}/{id}"), Scalar::Bool(true)));
            return;
        }
        let Some(id) = line.get("id").and_then(Json::as_str) else {
            self.gaps.push(Gap::new(code::I_VALUE, path, "a line without an id"));
            return;
        };
        for part in element.parts() {
            if let Some(value) = line.get(part.path) {
                let (key, path) = (format!("{key}/{id}/{}", part.key), format!("{path}/{id}/{}", part.path));
                self.flatten(part, &key, &path, value);
            }
        }
    }

    fn register(&mut self, shape: &Shape, key: &str, path: &str, json: &Json) {
        let Some(value) = self.value(json, path) else { return };
        let scalar = match (shape, json.as_str().map(Timestamp::parse)) {
            (Shape::Time, Some(Ok(time))) => Scalar::Time(time),
            _ => Scalar::from_value(&value),
        };
        let fits = match &scalar {
            Scalar::Text(text) => text.len() <= REGISTER_TEXT_BYTES_MAX,
            Scalar::Bytes(bytes) => bytes.len() <= REGISTER_BYTES_MAX,
            Scalar::Null | Scalar::Bool(_) | Scalar::Int(_) | Scalar::Time(_) => true,
        };
        if fits {
            self.writes.fields.push((key.to_owned(), scalar));
        } else {
            let most = if value.as_text().is_some() { "4 KiB of text" } else { "1 KiB" };
            self.gaps.push(Gap::new(code::I_TOO_LARGE, path, format!("this field holds at most {most}")));
        }
    }
}

/// The registers of a value that is written over all that stand there.
pub(crate) fn registers(field: &Field, key: &str, path: &str, json: &Json) -> Result<Vec<(String, Scalar)>, Vec<Gap>> {
    let mut apart = Apart::default();
    apart.flatten(field, key, path, json);
    if apart.gaps.is_empty() { Ok(apart.writes.fields) } else { Err(apart.gaps) }
}

/// Whether a C list of these is kept line by line: then two people can add at once.
pub(crate) fn by_line(element: &Shape) -> bool {
    matches!(element, Shape::Record) || !element.parts().is_empty()
}

impl Writes {
    /// Whether nothing is written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sealed.is_empty() && self.entries.is_empty() && self.cautious.is_empty() && self.fields.is_empty()
    }
}

impl fmt::Debug for Writes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (w, a, m, c) = (self.sealed.len(), self.entries.len(), self.cautious.len(), self.fields.len());
        write!(f, "writes({w} sealed, {a} entries, {m} cautious, {c} registers)")
    }
}
