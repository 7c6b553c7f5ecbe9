//! A body as a draft keeps it: JSON texts in scalars, one per field and one per list line, so that
//! two devices of one author can add lines at once. What is longer than a scalar may be continues
//! in `<key>.1`, `<key>.2`, ..

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map as JsonMap, Value as Json, json};

use crate::body::Body;
use crate::kind::Kind;

/// Bytes of one scalar of a draft; a register's text holds at most 4 KiB.
pub const CHUNK_BYTES_MAX: usize = 4000;

/// The registers of a draft. A key that is no longer there has to be deleted by the caller.
#[must_use]
pub fn to_draft(kind: &Kind, body: &Body) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    for (name, value) in &body.0 {
        match (lined(kind, name), value) {
            (true, Json::Array(lines)) => {
                // The field itself holds the order; a line it does not name still counts.
                let ids: Vec<&str> = lines.iter().filter_map(line_id).collect();
                put(&mut fields, name, &json!(ids));
                for line in lines {
                    if let Some(id) = line_id(line) {
                        put(&mut fields, &format!("{name}/{id}"), line);
                    }
                }
            }
            _ => put(&mut fields, name, value),
        }
    }
    fields
}

/// The body a draft's registers hold. Words are never dropped, whatever a merge left behind: a
/// text that can no longer be read as JSON is kept as it stands.
#[must_use]
pub fn from_draft(kind: &Kind, fields: &BTreeMap<String, String>) -> Body {
    let mut body = JsonMap::new();
    let first = |key: &&String| !key.contains('.');
    for key in fields.keys().filter(first).filter(|key| !key.contains('/')) {
        if !lined(kind, key) {
            body.insert(key.clone(), get(fields, key));
        }
    }
    let names: BTreeSet<&str> = fields.keys().filter(first).map(|key| key.split('/').next().unwrap_or(key)).collect();
    for name in names.into_iter().filter(|name| lined(kind, name)) {
        let prefix = format!("{name}/");
        let order = if fields.contains_key(name) { get(fields, name) } else { json!([]) };
        let order: Vec<&str> = order.as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        let mut keys: Vec<&String> = fields.keys().filter(first).filter(|key| key.starts_with(&prefix)).collect();
        keys.sort_by_key(|key| {
            let id = key.strip_prefix(&prefix).unwrap_or(key);
            (order.iter().position(|known| *known == id).unwrap_or(usize::MAX), id.to_owned())
        });
        body.insert(name.to_owned(), Json::Array(keys.into_iter().map(|key| get(fields, key)).collect()));
    }
    Body(body)
}

/// Whether this field's lines are kept one by one: a list of objects, which have ids.
fn lined(kind: &Kind, name: &str) -> bool {
    let element = kind.field(name).and_then(|field| field.shape.element());
    element.is_some_and(|shape| !shape.parts().is_empty() || *shape == crate::kind::Shape::Said)
}

fn line_id(line: &Json) -> Option<&str> {
    line.get("id").and_then(Json::as_str)
}

fn put(fields: &mut BTreeMap<String, String>, key: &str, value: &Json) {
    let text = value.to_string();
    let mut rest = text.as_str();
    let mut number = 0_u32;
    loop {
        let mut at = rest.len().min(CHUNK_BYTES_MAX);
        while !rest.is_char_boundary(at) {
            at -= 1;
        }
        let (chunk, after) = rest.split_at(at);
        let name = if number == 0 { key.to_owned() } else { format!("{key}.{number}") };
        fields.insert(name, chunk.to_owned());
        if after.is_empty() {
            return;
        }
        rest = after;
        number += 1;
    }
}

fn get(fields: &BTreeMap<String, String>, key: &str) -> Json {
    let mut text = fields.get(key).cloned().unwrap_or_default();
    // Where two devices' chunks met, a shorter value may be followed by the other's remainder:
    // the first length that reads counts.
    let mut found: Result<Json, _> = serde_json::from_str(&text);
    for number in 1_u32.. {
        let (Some(chunk), true) = (fields.get(&format!("{key}.{number}")), found.is_err()) else { break };
        text.push_str(chunk);
        found = serde_json::from_str(&text);
    }
    found.unwrap_or(Json::String(text))
}
