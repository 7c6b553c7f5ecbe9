//! Shapes: whether a value has its declared form, and its one regular form.

use serde_json::{Map as JsonMap, Value as Json, json};
use signed::{RecordId, SchoolId, Timestamp, code};

use crate::data::ethnicity;
use crate::gap::Gap;
use crate::kind::{Field, Shape, Who};

/// How deep a value of shape `Any` may go: a statement as a whole may hold sixteen levels.
const ANY_DEPTH_MAX: usize = 8;
/// The words of a text.
const ITEM_WORDS: [&str; 3] = ["done", "not_done", "not_applicable"];

/// Brings values into their regular form, collecting what is wrong by path.
pub(crate) struct Normal<'a> {
    /// Mints the id of a new line.
    pub(crate) new_id: &'a mut dyn FnMut() -> String,
    /// What was wrong.
    pub(crate) gaps: Vec<Gap>,
}

impl Normal<'_> {
    fn wrong(&mut self, path: &str, expected: &str) -> Option<Json> {
        self.gaps.push(Gap::new(code::I_VALUE, path, format!("expected {expected}")));
        None
    }

    /// The regular form of a value at a path; `None` if it is wrong (and the gap is noted).
    pub(crate) fn value(&mut self, shape: &Shape, value: Json, path: &str) -> Option<Json> {
        match shape {
            Shape::Text => text(value).or_else(|| self.wrong(path, "a text")),
            Shape::Bool => match (value.as_bool(), value.as_str()) {
                (Some(known), _) => Some(json!(known)),
                (None, Some("true")) => Some(json!(true)),
                (None, Some("false")) => Some(json!(false)),
                (None, _) => self.wrong(path, "true or false"),
            },
            Shape::Int => match value.as_i64() {
                Some(_) => Some(value),
                None => self.wrong(path, "a whole number"),
            },
            Shape::Time => match value.as_str().and_then(|t| Timestamp::parse(t).ok()) {
                Some(time) => Some(json!(time.to_string())),
                None => self.wrong(path, "a time such as 2026-01-31T09:30:00Z"),
            },
            Shape::Day => self.day(value, path),
            Shape::Enum(words) => self.word(words, value, path),
            Shape::Set(words) => self.set(words, value, path),
            Shape::Yn3 => self.yn3(value, path),
            Shape::Item => self.item(value, path),
            Shape::Answer => self.answer(value, path),
            Shape::Choice(words) => self.choice(words, value, path),
            Shape::TextOr(words) => self.text_or(words, value, path),
            Shape::Ethnicity => self.ethnicity(value, path),
            Shape::Said => self.said(value, path),
            Shape::Record => match value.as_str().and_then(|t| t.parse::<RecordId>().ok()) {
                Some(id) => Some(json!(id.to_string())),
                None => match value.get("record").cloned() {
                    Some(inner) if inner.is_string() => self.value(shape, inner, path),
                    _ => self.wrong(path, "the id of a record"),
                },
            },
            Shape::Id => match text(value) {
                Some(Json::String(id)) if SchoolId::new(&id).is_ok() => Some(Json::String(id)),
                _ => self.wrong(path, "an id of 1 to 64 characters of A-Z a-z 0-9 . _ -"),
            },
            Shape::Holder => match text(value) {
                Some(Json::String(to)) if is_holder(&to) => Some(Json::String(to)),
                _ => self.wrong(path, "a user's id or team:NAME"),
            },
            Shape::List(element) | Shape::ListOrNone(element) => self.list(shape, element, value, path),
            Shape::Object(parts) => {
                let Json::Object(map) = value else { return self.wrong(path, "an object") };
                self.object(parts, map, path)
            }
            Shape::Headed(parts) => self.headed(parts, value, path),
            Shape::Any => self.any(value, path),
        }
    }

    /// One line of a list, with its id if it is an object.
    pub(crate) fn line(&mut self, list: &Shape, value: Json, path: &str) -> Option<Json> {
        let Some(element) = list.element() else { return self.wrong(path, "one value") };
        let mut value = value;
        let id = value.as_object_mut().and_then(|map| map.remove("id"));
        let id = match id {
            None => None,
            Some(id) => match id.as_str().and_then(|t| t.parse::<RecordId>().ok()) {
                Some(id) => Some(id.to_string()),
                None => return self.wrong(&format!("{path}/id"), "the id of a line"),
            },
        };
        let none = matches!(list, Shape::ListOrNone(_)).then(|| none_said(&value)).flatten();
        let regular = match none {
            Some(none) => none,
            None => self.value(element, value, &format!("{path}/{}", id.as_deref().unwrap_or("+")))?,
        };
        let Json::Object(mut map) = regular else { return Some(regular) };
        if !matches!(element, Shape::Any) {
            let id = id.unwrap_or_else(|| (self.new_id)());
            map.insert(String::from("id"), Json::String(id));
        } else if let Some(id) = id {
            map.insert(String::from("id"), Json::String(id));
        }
        Some(Json::Object(map))
    }

    fn list(&mut self, shape: &Shape, element: &Shape, value: Json, path: &str) -> Option<Json> {
        let none = matches!(shape, Shape::ListOrNone(_)) && none_said(&value).is_some();
        // One text given for a list of texts is a list of one.
        let one = matches!(value, Json::String(_) | Json::Number(_))
            && matches!(element, Shape::Text | Shape::Said | Shape::Id | Shape::Record);
        let lines = match value {
            Json::Array(lines) => lines,
            value @ (Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_)) => {
                if !none && !one {
                    return self.wrong(path, "a list");
                }
                vec![value]
            }
        };
        let before = self.gaps.len();
        let regular: Vec<Json> = lines.into_iter().filter_map(|line| self.line(shape, line, path)).collect();
        let ids: Vec<&Json> = regular.iter().filter_map(|line| line.get("id")).collect();
        let twice = ids.iter().enumerate().any(|(at, id)| ids.iter().skip(at + 1).any(|other| other == id));
        if twice {
            return self.wrong(path, "each line's id once");
        }
        (self.gaps.len() == before).then_some(Json::Array(regular))
    }

    /// The named parts of an object; what is unknown is refused by name.
    pub(crate) fn object(&mut self, parts: &[Field], map: JsonMap<String, Json>, path: &str) -> Option<Json> {
        let before = self.gaps.len();
        let mut regular = JsonMap::new();
        for (name, value) in map {
            let below = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            let exact = parts.iter().find(|part| part.path == name);
            match exact.or_else(|| parts.iter().find(|part| part.also.contains(&name.as_str()))) {
                None => self.gaps.push(Gap::new(code::I_FIELD, below, "no such field")),
                Some(part) if part.who == Who::Computed => self.computed(below),
                Some(_) if value.is_null() => {}
                Some(part) => {
                    if let Some(value) = self.value(&part.shape, value, &below) {
                        regular.insert(part.path.to_owned(), value);
                    }
                }
            }
        }
        (self.gaps.len() == before).then_some(Json::Object(regular))
    }

    /// Notes that a body gave a field nobody gives.
    pub(crate) fn computed(&mut self, path: String) {
        self.gaps.push(Gap::new(code::I_FIELD, path, "this follows from what is done and is never given"));
    }

    fn headed(&mut self, parts: &[Field], value: Json, path: &str) -> Option<Json> {
        let Some((head, others)) = parts.split_first() else { return self.wrong(path, "an object") };
        let is = |part: &Field, name: &str| part.path == name || part.also.contains(&name);
        match value {
            Json::Object(map) if map.keys().any(|name| is(head, name)) => self.object(parts, map, path),
            Json::Object(map) => {
                let (rest, head_value): (JsonMap<_, _>, JsonMap<_, _>) =
                    map.into_iter().partition(|(name, _)| others.iter().any(|part| is(part, name)));
                let mut whole = rest;
                // `{"unknown": ..}` or `{"record": ..}` is a head's own form; a single name that is
                // neither is better refused by that name.
                let form = |name: &String| {
                    ["unknown", "record", "as_said", "other", "no"].contains(&name.as_str())
                        || ITEM_WORDS.contains(&name.as_str())
                };
                if head_value.keys().any(form) {
                    whole.insert(head.path.to_owned(), Json::Object(head_value));
                } else {
                    whole.extend(head_value);
                }
                self.object(parts, whole, path)
            }
            // `"anonymous"` for `{"anonymous": true}`.
            Json::String(word) if others.iter().any(|part| part.path == word && part.shape == Shape::Bool) => {
                self.object(parts, JsonMap::from_iter([(word, json!(true))]), path)
            }
            bare @ (Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_)) => {
                let head_value = self.value(&head.shape, bare, path)?;
                Some(Json::Object(JsonMap::from_iter([(head.path.to_owned(), head_value)])))
            }
        }
    }

    fn word(&mut self, words: &[&str], value: Json, path: &str) -> Option<Json> {
        if let Some(other) = said(&value, "other") {
            return Some(json!({ "other": other }));
        }
        match text(value) {
            Some(Json::String(word)) if words.contains(&word.as_str()) => Some(Json::String(word)),
            _ => self.wrong(path, &format!("one of {}, or {{\"other\": text}}", words.join(", "))),
        }
    }

    fn set(&mut self, words: &[&str], value: Json, path: &str) -> Option<Json> {
        let given = match value {
            Json::Array(given) => given,
            Json::String(_) | Json::Object(_) => vec![value],
            Json::Null | Json::Bool(_) | Json::Number(_) => return self.wrong(path, "a list of words"),
        };
        let before = self.gaps.len();
        let mut regular: Vec<Json> = Vec::new();
        for word in given {
            if let Some(word) = self.word(words, word, path)
                && !regular.contains(&word)
            {
                regular.push(word);
            }
        }
        (self.gaps.len() == before).then_some(Json::Array(regular))
    }

    fn yn3(&mut self, value: Json, path: &str) -> Option<Json> {
        match (&value, said(&value, "unknown")) {
            (Json::String(word), _) if word == "yes" || word == "no" => Some(value),
            (_, Some(reason)) => Some(json!({ "unknown": reason })),
            _ => self.wrong(path, "\"yes\", \"no\" or {\"unknown\": reason}"),
        }
    }

    fn item(&mut self, value: Json, path: &str) -> Option<Json> {
        if let Some(regular) = item_of(&value) {
            return Some(regular);
        }
        self.wrong(path, "{\"done\": {when, by}}, {\"not_done\": reason} or {\"not_applicable\": reason}")
    }

    fn answer(&mut self, value: Json, path: &str) -> Option<Json> {
        if let Some(item) = item_of(&value) {
            return Some(item);
        }
        if let Some(reason) = said(&value, "unknown") {
            return Some(json!({ "unknown": reason }));
        }
        text(value).or_else(|| self.wrong(path, "yes, no, an item, or words"))
    }

    fn choice(&mut self, words: &[(&str, bool)], value: Json, path: &str) -> Option<Json> {
        for (word, reasoned) in words {
            if !reasoned && value == *word {
                return Some(value);
            }
            if *reasoned && let Some(reason) = said(&value, word) {
                return Some(json!({ *word: reason }));
            }
        }
        let form = |(word, reasoned): &(&str, bool)| {
            if *reasoned { format!("{{\"{word}\": reason}}") } else { format!("\"{word}\"") }
        };
        self.wrong(path, &words.iter().map(form).collect::<Vec<_>>().join(" or "))
    }

    fn text_or(&mut self, words: &[&str], value: Json, path: &str) -> Option<Json> {
        for word in words {
            if let Some(reason) = value.get(*word) {
                let filled = reason.is_object() || reason.as_str().is_some_and(|r| !r.trim().is_empty());
                let one = value.as_object().is_some_and(|map| map.len() == 1);
                let reason = filled.then(|| self.any(reason.clone(), path)).flatten();
                return match reason {
                    Some(reason) if one => Some(json!({ *word: reason })),
                    _ => self.wrong(path, &format!("{{\"{word}\": reason}}")),
                };
            }
        }
        text(value).or_else(|| self.wrong(path, "a text or code, or a reason why there is none"))
    }

    /// R85: as the person states it. What somebody looks like to an officer is an IC code, and is refused.
    fn ethnicity(&mut self, value: Json, path: &str) -> Option<Json> {
        let Some(stated) = value.as_str() else { return self.text_or(&["not_stated", "unknown"], value, path) };
        if ethnicity::appearance(stated) {
            let message = "an IC code says what somebody looks like: it goes into ethnicity_officer_perceived";
            self.gaps.push(Gap::new(code::R85_IC_CODE, path, message));
            return None;
        }
        match ethnicity::code(stated).filter(|code| *code != ethnicity::NOT_STATED) {
            Some(code) => Some(json!(code)),
            None => self.wrong(path, "an 18+1 code, {\"not_stated\": reason} or {\"unknown\": reason}"),
        }
    }

    fn day(&mut self, value: Json, path: &str) -> Option<Json> {
        if let Some(reason) = said(&value, "unknown") {
            return Some(json!({ "unknown": reason }));
        }
        let day = value.as_str().filter(|d| d.len() == 10 && Timestamp::parse(&format!("{d}T00:00:00Z")).is_ok());
        match day {
            Some(day) => Some(json!(day)),
            None => self.wrong(path, "a day such as 2014-01-31, or {\"unknown\": reason}"),
        }
    }

    fn said(&mut self, value: Json, path: &str) -> Option<Json> {
        if let Some(words) = said(&value, "as_said") {
            return Some(json!({ "as_said": words }));
        }
        if let Some(id) = said(&value, "record").and_then(|t| t.parse::<RecordId>().ok()) {
            return Some(json!({ "record": id.to_string() }));
        }
        match text(value) {
            Some(Json::String(words)) if !words.trim().is_empty() => Some(json!({ "as_said": words })),
            _ => self.wrong(path, "{\"record\": id} or {\"as_said\": text}"),
        }
    }

    fn any(&mut self, value: Json, path: &str) -> Option<Json> {
        match plain(&value, ANY_DEPTH_MAX) {
            Ok(()) => Some(value),
            Err(expected) => self.wrong(path, expected),
        }
    }
}

/// A text; a whole number is taken as typed (`--set` reads digits as a number).
fn text(value: Json) -> Option<Json> {
    match value {
        Json::String(_) => Some(value),
        Json::Number(n) if n.is_i64() || n.is_u64() => Some(Json::String(n.to_string())),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) | Json::Object(_) => None,
    }
}

/// The words in an object of exactly this one name, if there are any.
fn said<'v>(value: &'v Json, name: &str) -> Option<&'v str> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    map.get(name)?.as_str().filter(|words| !words.trim().is_empty())
}

fn none_said(value: &Json) -> Option<Json> {
    said(value, "none").map(|reason| json!({ "none": reason }))
}

fn item_of(value: &Json) -> Option<Json> {
    if let Some(done) = value.as_object().filter(|map| map.len() == 1).and_then(|map| map.get("done")) {
        let when = done.get("when").and_then(Json::as_str).and_then(|t| Timestamp::parse(t).ok())?;
        let by = done.get("by").and_then(Json::as_str)?;
        let exact = done.as_object().is_some_and(|map| map.len() == 2);
        return exact.then(|| json!({ "done": { "when": when.to_string(), "by": by } }));
    }
    let reason = |word: &str| said(value, word).map(|reason| json!({ word: reason }));
    reason("not_done").or_else(|| reason("not_applicable"))
}

/// A user's id, or `team:NAME`.
pub(crate) fn is_holder(text: &str) -> bool {
    SchoolId::new(text.strip_prefix("team:").unwrap_or(text)).is_ok()
}

fn plain(value: &Json, depth: usize) -> Result<(), &'static str> {
    let below = || depth.checked_sub(1).ok_or("fewer levels");
    match value {
        Json::Number(n) if n.as_i64().is_none() => Err("whole numbers only"),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => Ok(()),
        Json::Array(items) => {
            let depth = below()?;
            items.iter().try_for_each(|item| plain(item, depth))
        }
        Json::Object(map) => {
            let depth = below()?;
            map.values().try_for_each(|item| plain(item, depth))
        }
    }
}
