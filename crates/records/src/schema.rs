//! A kind's declaration as a JSON schema, for those who build forms and clients: what `new` takes
//! and `show` gives back.
//!
//! Nothing is `required` in it: what is missing never stops a record, it leaves a gap. Whether a
//! field is needed, and with which code its gap comes, stands beside it as `x-need` and `x-code`;
//! how concurrent values meet as `x-merge`; the verb that alone changes it as `x-verb`. The steps of the
//! kind's life stand in `x-steps`, whether it begins as a draft in `x-drafted`.

use documents::Merge;
use serde_json::{Map as JsonMap, Value as Json, json};

use crate::Role;
use crate::data::ethnicity;
use crate::kind::{Field, Kind, Need, Shape, Step, Who};

/// The schema of a kind's bodies.
#[must_use]
pub fn body(kind: &Kind) -> Json {
    let fields: Vec<&Field> = kind.all_fields().collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": shared(),
        "title": kind.name,
        "description": sentence(kind.says),
        "type": "object",
        "properties": properties(&fields),
        "additionalProperties": false,
        "x-drafted": kind.drafted,
        "x-steps": kind.steps.iter().map(|step| steps(kind, step)).collect::<Vec<_>>(),
    })
}

/// A step of the kind's life: from which statuses (empty: any), to which (null: it stays), by whom.
fn steps(kind: &Kind, step: &Step) -> Json {
    let by = Role::ALL.iter().filter(|role| crate::rights::may_step(**role, kind, step.verb));
    json!({
        "verb": step.verb,
        "from": step.from,
        "to": step.to,
        "by": by.map(|role| role.as_str()).collect::<Vec<_>>(),
    })
}

fn sentence(says: &str) -> String {
    let mut letters = says.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// Each field by its name and by every other name a body may use for it.
fn properties(fields: &[&Field]) -> Json {
    let mut all = JsonMap::new();
    for field in fields {
        all.insert(field.path.to_owned(), property(field));
    }
    for field in fields {
        for also in field.also {
            let other =
                || with(of_shape(&field.shape), "description", json!(format!("`{}` by another name.", field.path)));
            all.entry(*also).or_insert_with(other);
        }
    }
    Json::Object(all)
}

fn property(field: &Field) -> Json {
    let mut schema = with(of_shape(&field.shape), "x-merge", json!(letter(field.merge)));
    schema = with(schema, "x-need", json!(need(field.need)));
    if field.need != Need::Optional {
        schema = with(schema, "x-code", json!(field.code.name));
    }
    match field.who {
        Who::Editor => schema,
        Who::Verb(verb) => with(schema, "x-verb", json!(verb)),
        // Follows from what is done: shown, and refused in a body.
        Who::Computed => with(schema, "readOnly", json!(true)),
    }
}

fn letter(merge: Merge) -> &'static str {
    match merge {
        Merge::W => "W",
        Merge::A => "A",
        Merge::M => "M",
        Merge::S => "S",
        Merge::C => "C",
        Merge::L => "L",
    }
}

fn need(need: Need) -> &'static str {
    match need {
        Need::Required => "required",
        Need::RequiredIf => "by_rule",
        Need::Optional => "optional",
    }
}

fn with(mut schema: Json, keyword: &str, value: Json) -> Json {
    if let Json::Object(map) = &mut schema {
        map.insert(keyword.to_owned(), value);
    }
    schema
}

fn of_shape(shape: &Shape) -> Json {
    match shape {
        Shape::Text => json!({ "type": "string" }),
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Int => json!({ "type": "integer" }),
        Shape::Time => shared_as("time"),
        Shape::Day => shared_as("day"),
        Shape::Enum(words) => word(words),
        Shape::Set(words) => json!({ "type": "array", "items": word(words) }),
        Shape::Yn3 => shared_as("yn3"),
        Shape::Item => shared_as("item"),
        Shape::Answer => shared_as("answer"),
        Shape::Choice(words) => choice(words),
        Shape::TextOr(words) => text_or(words),
        Shape::Ethnicity => {
            let codes = ethnicity::CODES.iter().map(|(code, _)| *code).filter(|code| *code != ethnicity::NOT_STATED);
            let codes = json!({ "enum": codes.collect::<Vec<_>>() });
            let reasons = ["not_stated", "unknown"].map(|word| one(word, json!({ "type": ["string", "object"] })));
            any_of([codes].into_iter().chain(reasons))
        }
        Shape::Said => shared_as("said"),
        Shape::Record => shared_as("record"),
        Shape::Holder => shared_as("holder"),
        Shape::Id => shared_as("id"),
        Shape::List(element) => json!({ "type": "array", "items": line(element) }),
        Shape::ListOrNone(element) => {
            let none = reason("none");
            let mut line_of_none = none.clone();
            numbered(&mut line_of_none);
            let lines = json!({ "type": "array", "items": any_of([line(element), line_of_none]) });
            any_of([lines, none])
        }
        Shape::Object(parts) => object(parts),
        Shape::Headed(parts) => headed(parts),
        Shape::Any => json!({ "description": "Anything, at most eight levels deep, its numbers whole." }),
    }
}

/// A line of a list: an object in it has an id, given when it is first saved.
fn line(element: &Shape) -> Json {
    let mut schema = of_shape(element);
    match schema.get_mut("anyOf").and_then(Json::as_array_mut) {
        Some(forms) => forms.iter_mut().for_each(numbered),
        None => numbered(&mut schema),
    }
    schema
}

fn numbered(form: &mut Json) {
    if let Some(parts) = form.get_mut("properties").and_then(Json::as_object_mut) {
        parts.insert(String::from("id"), shared_as("record"));
    }
}

fn object(parts: &[Field]) -> Json {
    let fields: Vec<&Field> = parts.iter().collect();
    json!({ "type": "object", "properties": properties(&fields), "additionalProperties": false })
}

/// The whole, or its first part alone.
fn headed(parts: &[Field]) -> Json {
    match parts.first() {
        Some(head) => any_of([object(parts), of_shape(&head.shape)]),
        None => object(parts),
    }
}

fn word(words: &[&str]) -> Json {
    any_of([json!({ "enum": words }), shared_as("other")])
}

fn choice(words: &[(&str, bool)]) -> Json {
    let bare: Vec<&str> = words.iter().filter(|(_, reasoned)| !reasoned).map(|(word, _)| *word).collect();
    let reasoned = words.iter().filter(|(_, reasoned)| *reasoned).map(|(word, _)| reason(word));
    any_of([json!({ "enum": bare })].into_iter().chain(reasoned))
}

fn text_or(words: &[&str]) -> Json {
    let reasons = words.iter().map(|word| one(word, json!({ "type": ["string", "object"] })));
    any_of([json!({ "type": "string" })].into_iter().chain(reasons))
}

fn any_of(forms: impl IntoIterator<Item = Json>) -> Json {
    json!({ "anyOf": forms.into_iter().collect::<Vec<_>>() })
}

/// `{word: reason}`.
fn reason(word: &str) -> Json {
    one(word, json!({ "type": "string", "minLength": 1 }))
}

/// An object of exactly this one name.
fn one(name: &str, value: Json) -> Json {
    json!({ "type": "object", "properties": { name: value }, "required": [name], "additionalProperties": false })
}

fn shared_as(name: &str) -> Json {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// The shapes that many fields have.
fn shared() -> Json {
    let said = |name: &str, value: Json| {
        let mut form = one(name, value);
        numbered(&mut form);
        form
    };
    let record = json!({ "type": "string", "format": "uuid" });
    let words = json!({ "type": "string", "minLength": 1 });
    let done = json!({
        "type": "object",
        "properties": { "when": shared_as("time"), "by": { "type": "string" } },
        "required": ["when", "by"],
        "additionalProperties": false,
    });
    let item = || [one("done", done.clone()), reason("not_done"), reason("not_applicable")];
    let says = |schema: Json, sentence: &str| with(schema, "description", json!(sentence));
    json!({
        "time": says(json!({ "type": "string", "format": "date-time" }), "An RFC 3339 time, kept in UTC to the millisecond."),
        "day": says(any_of([json!({ "type": "string", "format": "date" }), reason("unknown")]), "A day, or why it is not known."),
        "yn3": says(any_of([json!({ "enum": ["yes", "no"] }), reason("unknown")]), "Yes, no, or why it is not known."),
        "item": says(any_of(item()), "Done, when and by whom; or why not."),
        "answer": says(any_of(item().into_iter().chain([reason("unknown"), json!({ "type": "string" })])),
                       "Yes or no, an item, why it is not known, or words."),
        "other": says(reason("other"), "None of these words, but this."),
        "said": says(any_of([said("record", record.clone()), said("as_said", words.clone()), words]),
                     "A record, or as it was said; a bare text is taken as said. In a list it has an id."),
        "record": says(record, "The id of a record, or of a line of a list."),
        "holder": says(json!({ "type": "string", "pattern": "^(team:)?[A-Za-z0-9._-]{1,64}$" }), "A user, or `team:NAME`."),
        "id": says(json!({ "type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$" }), "A user or a school."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::kinds;

    #[test]
    fn every_field_stands_in_the_schema_with_its_merge_code_and_what_a_gap_would_say() {
        for kind in kinds() {
            let schema = body(kind);
            for field in kind.all_fields() {
                let stands = &schema["properties"][field.path];
                assert_eq!(stands["x-merge"], letter(field.merge), "{} {}", kind.name, field.path);
                let code = (field.need != Need::Optional).then_some(field.code.name);
                assert_eq!(stands.get("x-code").and_then(Json::as_str), code, "{} {}", kind.name, field.path);
                assert_eq!(stands.get("readOnly").is_some(), field.who == Who::Computed);
                assert!(field.also.iter().all(|also| schema["properties"].get(also).is_some()));
            }
            assert!(schema.get("required").is_none(), "nothing that is missing stops a record");
        }
    }

    #[test]
    fn parts_and_lines_are_described_as_deep_as_they_are_declared() {
        let schema = body(crate::kind("disclosure").unwrap());
        let safe_now = &schema["properties"]["immediate_safety"]["properties"]["safe_now"];
        assert_eq!((&safe_now["x-merge"], &safe_now["x-code"]), (&json!("M"), &json!("R6.safe_now")));
        let line = &schema["properties"]["words_verbatim"]["items"]["properties"];
        assert_eq!((&line["text"]["type"], &line["id"]["$ref"]), (&json!("string"), &json!("#/$defs/record")));
        let how = schema["properties"]["how_recorded"]["anyOf"][0]["enum"].as_array().unwrap();
        assert!(how.contains(&json!("typed_live")));
    }
}
