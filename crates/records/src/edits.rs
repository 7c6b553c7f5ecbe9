//! Changes to a record that stands: to its working fields, and what is added after a seal.

use std::fmt;

use documents::{Merge, Scalar, View};
use serde_json::Value as Json;
use signed::cbor::{self, Map, Value};
use signed::code;

use crate::effective;
use crate::gap::Gap;
use crate::kind::{Caution, Kind, Shape, Who};
use crate::normal::Normal;
use crate::path::{self, Place};
use crate::policy::Policy;
use crate::writes::{Apart, RECORD_BYTES_MAX, Writes, elements, once};

/// A permitted addendum.
#[derive(Clone, PartialEq, Eq)]
pub struct Addendum {
    /// Content of the `addendum` step.
    pub content: Map,
    /// What is written beside it. `sealed` is empty: W values stand in the content's `set`.
    pub writes: Writes,
}

/// Changes to working fields. A sealed path is refused (`S.sealed`), a lowering of an M field
/// (`I.lower`), a register in conflict (`R93.conflict`). What would change nothing is left out.
pub fn edits(
    kind: &Kind,
    view: &View,
    sets: &[(String, Json)],
    policy: &Policy,
    new_id: &mut dyn FnMut() -> String,
) -> Result<Writes, Vec<Gap>> {
    let normal = Normal { new_id, gaps: Vec::new() };
    let mut editor = Editor { kind, view, policy, normal, apart: Apart::default(), by_verb: false };
    sets.iter().for_each(|(path, value)| editor.set(path, value.clone()));
    editor.finish()
}

/// The register or cautious value a verb writes: checked like an edit, but the field may be the
/// verb's own.
pub(crate) fn verb_writes(
    kind: &Kind,
    view: &View,
    sets: &[(String, Json)],
    policy: &Policy,
    new_id: &mut dyn FnMut() -> String,
) -> Result<Writes, Vec<Gap>> {
    let normal = Normal { new_id, gaps: Vec::new() };
    let mut editor = Editor { kind, view, policy, normal, apart: Apart::default(), by_verb: true };
    sets.iter().for_each(|(path, value)| editor.set(path, value.clone()));
    editor.finish()
}

/// The regular form of a value at a path, and where that is.
pub(crate) fn regular(
    kind: &Kind,
    path: &str,
    value: Json,
    new_id: &mut dyn FnMut() -> String,
) -> Result<(Place, Json), Vec<Gap>> {
    let Some(place) = path::follow(kind, path) else {
        return Err(vec![Gap::new(code::I_FIELD, path, "no such field")]);
    };
    let mut normal = Normal { new_id, gaps: Vec::new() };
    match normal_at(&mut normal, &place, value) {
        Some(value) if normal.gaps.is_empty() => Ok((place, value)),
        _ => Err(normal.gaps),
    }
}

fn normal_at(normal: &mut Normal<'_>, place: &Place, value: Json) -> Option<Json> {
    let Some(line) = &place.line else { return normal.value(&place.shape, value, &place.path) };
    let mut value = value;
    if line != "+"
        && let Json::Object(map) = &mut value
    {
        map.insert(String::from("id"), Json::String(line.clone()));
    }
    // A record of a list may be named by its line: `intelligence_checks/<id>`.
    if place.shape == Shape::Record && line != "+" {
        value = Json::String(line.clone());
    }
    normal.line(&place.field.shape, value, place.path.rsplit_once('/').map_or("", |(list, _)| list))
}

struct Editor<'a> {
    kind: &'a Kind,
    view: &'a View,
    policy: &'a Policy,
    normal: Normal<'a>,
    apart: Apart,
    by_verb: bool,
}

impl Editor<'_> {
    fn refuse(&mut self, code: signed::Code, path: &str, message: &str) {
        if code == code::S_SEALED && !crate::rules::switch::on("R7") {
            return;
        }
        self.apart.gaps.push(Gap::new(code, path, message));
    }

    fn set(&mut self, path: &str, value: Json) {
        let Some(place) = path::follow(self.kind, path) else {
            return self.refuse(code::I_FIELD, path, "no such field");
        };
        match (place.field.who, place.top.who) {
            (Who::Computed, _) | (_, Who::Computed) => {
                return self.refuse(code::I_FIELD, path, "this follows from what is done and is never given");
            }
            (Who::Verb(verb), _) | (_, Who::Verb(verb)) if !self.by_verb => {
                return self.refuse(code::I_FIELD, path, &format!("this is changed by the verb {verb}"));
            }
            _ => {}
        }
        match place.top.merge {
            Merge::W => self.refuse(code::S_SEALED, path, "this is sealed: an addendum can stand beside it"),
            Merge::A => self.append(&place, value),
            Merge::M | Merge::C | Merge::L | Merge::S if value.is_null() => self.clear(&place),
            Merge::M | Merge::C | Merge::L | Merge::S => self.change(&place, value),
        }
    }

    fn append(&mut self, place: &Place, value: Json) {
        let whole = place.path == place.top.path;
        let line = place.line.is_some() && std::ptr::eq(place.field, place.top);
        if !(whole || line) || value.is_null() {
            return self.refuse(code::S_SEALED, &place.path, "an entry never changes: append another with +");
        }
        let Some(value) = normal_at(&mut self.normal, place, value) else { return };
        let given = if whole { elements(place.top, &value) } else { vec![&value] };
        for element in given {
            self.append_one(place.top, element);
        }
    }

    fn append_one(&mut self, field: &crate::kind::Field, element: &Json) {
        let Some(value) = self.apart.value(element, field.path) else { return };
        let id = |value: &Value| value.as_map().and_then(|map| map.get("id")).cloned();
        let known = self.view.entries.get(field.key).map(Vec::as_slice).unwrap_or_default();
        if known.iter().any(|entry| entry.value == value) {
            return;
        }
        if let Some(line) = id(&value).filter(|_| known.iter().any(|entry| id(&entry.value) == id(&value))) {
            let path = format!("{}/{}", field.path, line.as_text().unwrap_or_default());
            return self.refuse(code::S_SEALED, &path, "an entry never changes: append another with +");
        }
        once(&mut self.apart.writes.entries, field.key, value);
    }

    fn clear(&mut self, place: &Place) {
        let below = format!("{}/", place.key);
        let standing = self.view.fields.keys().filter(|key| **key == place.key || key.starts_with(&below));
        let keys: Vec<String> = standing.cloned().collect();
        let cautious = place.field.merge == Merge::M && place.field.parts().is_empty();
        if cautious || self.view.cautious.keys().any(|key| *key == place.key || key.starts_with(&below)) {
            return self.refuse(code::I_LOWER, &place.path, "a protective value is lowered by the verb lower");
        }
        self.apart.writes.fields.extend(keys.into_iter().map(|key| (key, Scalar::Null)));
    }

    fn change(&mut self, place: &Place, value: Json) {
        let Some(value) = normal_at(&mut self.normal, place, value) else { return };
        match &place.line {
            None => self.apart.flatten(place.field, &place.key, &place.path, &value),
            Some(_) => {
                let (key, path) = (parent(&place.key), parent(&place.path));
                let lines = Json::Array(vec![value]);
                self.apart.flatten(place.field, key, path, &lines);
            }
        }
    }

    fn finish(mut self) -> Result<Writes, Vec<Gap>> {
        let mut gaps = self.normal.gaps;
        gaps.append(&mut self.apart.gaps);
        let Writes { sealed, entries, cautious, fields } = self.apart.writes;
        let mut writes = Writes { sealed, entries, ..Writes::default() };
        for (name, value) in cautious {
            match raise(self.kind, self.view, self.policy, &name, &value) {
                Raise::Higher => writes.cautious.push((name, value)),
                Raise::Same => {}
                Raise::Lower => {
                    let verb =
                        if matches!(value, Value::Text(_)) && is_time(self.kind, &name) { "extend" } else { "lower" };
                    gaps.push(Gap::new(
                        code::I_LOWER,
                        name,
                        format!("less cautious than what stands: only the verb {verb} does that, with a reason"),
                    ));
                }
            }
        }
        for (key, scalar) in fields {
            match self.view.field(&key) {
                Some((_, false)) => {
                    gaps.push(Gap::new(code::R93_CONFLICT, key, "several values stand here: resolve them first"));
                }
                Some((standing, true)) if standing.value == scalar => {}
                None if scalar == Scalar::Null => {}
                Some(_) | None => {
                    // The same register named twice in one call: the later one counts.
                    writes.fields.retain(|(known, _)| *known != key);
                    writes.fields.push((key, scalar));
                }
            }
        }
        if gaps.is_empty() { Ok(writes) } else { Err(gaps) }
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(parent, _)| parent)
}

enum Raise {
    Higher,
    Same,
    Lower,
}

fn is_time(kind: &Kind, name: &str) -> bool {
    path::of_key(kind, name).is_some_and(|field| field.caution == Caution::Earliest)
}

fn raise(kind: &Kind, view: &View, policy: &Policy, name: &str, value: &Value) -> Raise {
    let Some(field) = path::of_key(kind, name) else { return Raise::Higher };
    if field.caution == Caution::Union {
        let known = effective::standing(view, name, policy).iter().any(|entry| same_line(&entry.value, value));
        return if known { Raise::Same } else { Raise::Higher };
    }
    let Some(entry) = effective::effective(view, field, name, policy) else { return Raise::Higher };
    match effective::rank(field.caution, value).cmp(&effective::rank(field.caution, &entry.value)) {
        std::cmp::Ordering::Less => Raise::Higher,
        std::cmp::Ordering::Equal => Raise::Same,
        std::cmp::Ordering::Greater => Raise::Lower,
    }
}

/// Whether two lines say the same, whatever their ids.
pub(crate) fn same_line(one: &Value, other: &Value) -> bool {
    let bare = |value: &Value| {
        let mut value = value.clone();
        if let Value::Map(map) = &mut value {
            map.remove("id");
        }
        value
    };
    bare(one) == bare(other)
}

/// An addendum to a sealed record: a text, and values for paths among the seal's gaps.
pub fn addendum(
    kind: &Kind,
    view: &View,
    text: Option<&str>,
    sets: &[(String, Json)],
    reason: &str,
    policy: &Policy,
    new_id: &mut dyn FnMut() -> String,
) -> Result<Addendum, Vec<Gap>> {
    let mut gaps = Vec::new();
    let Some((seal, _)) = view.part(kind.part).filter(|_| kind.drafted) else {
        return Err(vec![Gap::new(code::I_STATE, "", "only a sealed record has addenda")]);
    };
    if reason.trim().is_empty() {
        gaps.push(Gap::new(code::I_REASON, "reason", "an addendum says why"));
    }
    if text.is_none_or(|text| text.trim().is_empty()) && sets.is_empty() {
        gaps.push(Gap::new(code::I_USAGE, "text", "an addendum has a text or fills a gap"));
    }
    let open: Vec<Gap> = seal.opened.statement.gaps.iter().filter_map(Gap::from_value).collect();
    let (mut set, mut working) = (Map::new(), Vec::new());
    for (path, value) in sets {
        match regular(kind, path, value.clone(), new_id) {
            Err(wrong) => gaps.extend(wrong),
            Ok((place, _)) if !open.iter().any(|gap| touches(&gap.path, &place)) => {
                gaps.push(Gap::new(code::S_SEALED, path, "an addendum fills only what the seal found missing"));
            }
            Ok((place, value)) => {
                let cbor = Value::from_json(&value).unwrap_or(Value::Null);
                if place.top.merge != Merge::W {
                    working.push((path.clone(), value));
                }
                add(&mut set, &place, cbor);
            }
        }
    }
    let writes = match edits(kind, view, &working, policy, new_id) {
        Ok(writes) => writes,
        Err(wrong) => {
            gaps.extend(wrong);
            Writes::default()
        }
    };
    if !gaps.is_empty() {
        return Err(gaps);
    }
    let mut content = Map::new();
    content.insert(String::from("reason"), Value::text(reason));
    if let Some(text) = text {
        content.insert(String::from("text"), Value::text(text));
    }
    if !set.is_empty() {
        content.insert(String::from("set"), Value::Map(set));
    }
    if cbor::encode(&Value::Map(content.clone())).len() > RECORD_BYTES_MAX {
        return Err(vec![Gap::new(code::I_TOO_LARGE, "text", "an addendum holds at most 240 KiB")]);
    }
    Ok(Addendum { content, writes })
}

fn touches(gap: &str, place: &Place) -> bool {
    let path = if place.line.is_some() { parent(&place.path) } else { &place.path };
    gap == path
        || gap.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
        || path.strip_prefix(gap).is_some_and(|rest| rest.starts_with('/'))
}

/// By path; lines given one by one come together in a list.
fn add(set: &mut Map, place: &Place, value: Value) {
    if place.line.is_none() {
        set.insert(place.path.clone(), value);
        return;
    }
    let list = set.entry(parent(&place.path).to_owned()).or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(lines) = list {
        lines.push(value);
    }
}

impl fmt::Debug for Addendum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "addendum({:?})", self.writes)
    }
}
