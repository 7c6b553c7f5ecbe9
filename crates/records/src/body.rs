//! A whole record body in the contract's JSON shapes.

use std::fmt;

use serde_json::{Map as JsonMap, Value as Json, json};
use signed::{RecordId, Timestamp, code};

use crate::gap::Gap;
use crate::kind::{Kind, Who};
use crate::normal::Normal;
use crate::writes;

/// A record body in its regular form, as [`normalise`] makes it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Body(pub JsonMap<String, Json>);

/// A record that another one brings with it.
#[derive(Clone, PartialEq, Eq)]
pub struct NewRecord {
    /// Its id, where it is derived; else the caller mints one.
    pub id: Option<RecordId>,
    /// Its kind.
    pub kind: &'static str,
    /// Its body.
    pub body: Body,
}

/// Brings a body into its regular form, or answers every field that is unknown (`I.field`), has a
/// wrong shape (`I.value`) or does not fit (`I.too_large`), by path. Nothing missing is refused.
pub fn normalise(kind: &Kind, body: Json, new_id: &mut dyn FnMut() -> String) -> Result<Body, Vec<Gap>> {
    let Json::Object(map) = body else {
        return Err(vec![Gap::new(code::I_JSON, "", "a body is a JSON object")]);
    };
    if let Some(gap) = grouped(kind, &map) {
        return Err(vec![gap]);
    }
    let mut normal = Normal { new_id, gaps: Vec::new() };
    let mut regular = JsonMap::new();
    for (name, value) in lift(map) {
        match kind.field(&name) {
            None => normal.gaps.push(Gap::new(code::I_FIELD, name, "no such field")),
            Some(field) if field.who == Who::Computed => normal.computed(name),
            Some(_) if value.is_null() => {}
            Some(field) => {
                if let Some(value) = normal.value(&field.shape, value, field.path) {
                    regular.insert(field.path.to_owned(), value);
                }
            }
        }
    }
    let body = Body(regular);
    let mut gaps = normal.gaps;
    gaps.extend(writes::misfits(kind, &body));
    if gaps.is_empty() { Ok(body) } else { Err(gaps) }
}

/// R20: each notification and each referral is of one incident and sent alone; siblings may be named in it.
fn grouped(kind: &Kind, map: &JsonMap<String, Json>) -> Option<Gap> {
    if !["referral", "notification"].contains(&kind.name) {
        return None;
    }
    let several = |name: &str| map.get(name).and_then(Json::as_array).is_some_and(|lines| lines.len() > 1);
    let named = |name: &&str| several(name) || (*name == "incidents" && map.contains_key(*name));
    let path = ["incidents", "incident", "child"]
        .into_iter()
        .find(named)
        .or_else(|| (kind.name == "referral" && map.contains_key("children")).then_some("children"))?;
    let message = "one incident each: an urgent child never waits for another; siblings go into siblings_included";
    Some(Gap::new(code::R20_GROUPED, path, message))
}

/// `nothing_disclosed: {value, why_called, who_called}` says what stands beside it in a body.
fn lift(mut map: JsonMap<String, Json>) -> JsonMap<String, Json> {
    if let Some(Json::Object(inner)) = map.get("nothing_disclosed").cloned() {
        map.remove("nothing_disclosed");
        for (name, value) in inner {
            let name = if name == "value" { String::from("nothing_disclosed") } else { name };
            map.entry(name).or_insert(value);
        }
    }
    map
}

/// Parts of a path at most: no kind is so deep, and what is deeper would be walked down all the same.
const PATH_PARTS_MAX: usize = 32;

/// `I.path` for a path that is deeper than any record.
pub fn path_fits(path: &str) -> Result<(), Gap> {
    if path.split('/').count() > PATH_PARTS_MAX {
        let start: String = path.chars().take(64).collect();
        return Err(Gap::new(code::I_PATH, start, "a path deeper than any record"));
    }
    Ok(())
}

/// Sets one value of a body: `a/b`, `list/<id>/x`, or `list/+` to append. The result still has to
/// be normalised. `null` takes the value away.
pub fn set_path(body: &mut Json, path: &str, value: Json) -> Result<(), Gap> {
    path_fits(path)?;
    let segments: Vec<&str> = path.split('/').collect();
    if segments.iter().any(|segment| segment.is_empty()) {
        return Err(Gap::new(code::I_PATH, path, "a path is names joined by /"));
    }
    set_below(body, &segments, value).map_err(|reason| Gap::new(code::I_PATH, path, reason))
}

fn set_below(at: &mut Json, segments: &[&str], value: Json) -> Result<(), &'static str> {
    let Some((first, rest)) = segments.split_first() else {
        *at = value;
        return Ok(());
    };
    // A list begins where something is appended or named by its line.
    if at.is_null() {
        let line = *first == "+" || first.parse::<RecordId>().is_ok();
        *at = if line { json!([]) } else { json!({}) };
    }
    match at {
        Json::Array(lines) => set_line(lines, first, rest, value),
        Json::Object(map) if rest.is_empty() && value.is_null() => {
            map.remove(*first);
            Ok(())
        }
        Json::Object(map) => set_below(map.entry((*first).to_owned()).or_insert(Json::Null), rest, value),
        // A bare head (`"no"`) gives way to the parts that are now being named.
        Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Null => {
            Err("the path goes below a value that has no parts")
        }
    }
}

fn set_line(lines: &mut Vec<Json>, first: &str, rest: &[&str], value: Json) -> Result<(), &'static str> {
    if first == "+" {
        let mut line = Json::Null;
        set_below(&mut line, rest, value)?;
        lines.push(line);
        return Ok(());
    }
    let at = lines.iter().position(|line| line.get("id").and_then(Json::as_str) == Some(first));
    if rest.is_empty() && value.is_null() {
        return match at {
            Some(at) => {
                lines.remove(at);
                Ok(())
            }
            None => Err("no line with this id"),
        };
    }
    match at.and_then(|at| lines.get_mut(at)) {
        Some(line) if rest.is_empty() => {
            let mut value = value;
            if let Json::Object(map) = &mut value {
                map.insert(String::from("id"), json!(first));
            }
            *line = value;
            Ok(())
        }
        Some(line) => set_below(line, rest, value),
        None => {
            let mut line = json!({ "id": first });
            if rest.is_empty() {
                line = value;
                if let Json::Object(map) = &mut line {
                    map.insert(String::from("id"), json!(first));
                }
            } else {
                set_below(&mut line, rest, value)?;
            }
            lines.push(line);
            Ok(())
        }
    }
}

/// Fills in what a body may leave unsaid: capacity, urgency, event_at, and subjects from whom it
/// is about.
pub fn defaults(kind: &Kind, body: &mut Body, now: Timestamp) {
    let started = body.0.get("account_started_at").or_else(|| body.0.get("attended_at")).cloned();
    let event_at = started.unwrap_or_else(|| json!(now.to_string()));
    body.0.entry("capacity").or_insert_with(|| json!("safer_schools"));
    body.0.entry("urgency").or_insert_with(|| json!("standard"));
    body.0.entry("event_at").or_insert(event_at);
    if !body.0.contains_key("subjects") {
        let subjects = implied_subjects(kind, body);
        if !subjects.is_empty() {
            body.0.insert(String::from("subjects"), Json::Array(subjects));
        }
    }
}

fn implied_subjects(kind: &Kind, body: &Body) -> Vec<Json> {
    let mut found: Vec<Json> = Vec::new();
    let mut add = |value: Option<&Json>| {
        if let Some(value) = value
            && !found.iter().any(|known| same_person(known, value))
        {
            found.push(value.clone());
        }
    };
    let lines = |name: &str| body.0.get(name).and_then(Json::as_array).into_iter().flatten();
    match kind.name {
        "disclosure" => {
            add(body.0.get("speaker"));
            lines("about").for_each(|person| add(Some(person)));
        }
        "concern" => lines("concern_items").for_each(|item| add(item.get("about_person"))),
        "action" => lines("about").for_each(|person| add(Some(person))),
        _ => {}
    }
    // A line's id follows from its place (never from the words: a hash would reveal a short one).
    let event = body.0.get("event_at").and_then(Json::as_str).unwrap_or_default();
    for (at, person) in found.iter_mut().enumerate() {
        let id = RecordId::derived(&["subject", event, &at.to_string()]).to_string();
        if let Some(map) = person.as_object_mut() {
            map.insert(String::from("id"), json!(id));
        }
    }
    found
}

fn same_person(one: &Json, other: &Json) -> bool {
    ["record", "as_said"].iter().all(|name| one.get(*name) == other.get(*name))
}

/// Takes the police's own text out of an action's update: it becomes an `action_note`, whose id
/// follows from the update's.
pub fn take_note(kind: &Kind, body: &mut Body, update: RecordId) -> Option<NewRecord> {
    if kind.name != "action_update" {
        return None;
    }
    let text = body.0.remove("text_police")?;
    let mut note = JsonMap::new();
    for name in ["case", "school", "capacity", "event_at", "urgency", "action"] {
        if let Some(value) = body.0.get(name) {
            note.insert(name.to_owned(), value.clone());
        }
    }
    note.insert(String::from("update"), json!(update.to_string()));
    note.insert(String::from("text"), text);
    Some(NewRecord { id: Some(RecordId::note(update)), kind: "action_note", body: Body(note) })
}

impl Body {
    /// A text field of the body.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// The case it names.
    #[must_use]
    pub fn case(&self) -> Option<RecordId> {
        self.text("case")?.parse().ok()
    }

    /// When what it speaks of happened.
    #[must_use]
    pub fn event_at(&self) -> Option<Timestamp> {
        Timestamp::parse(self.text("event_at")?).ok()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "body({} fields)", self.0.len())
    }
}

impl fmt::Debug for NewRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "new {} ({:?})", self.kind, self.id)
    }
}
