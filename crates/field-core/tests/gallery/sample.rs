//! A value of every declared form.

use records::{Field, Kind, Shape, Who};
use serde_json::{Map, Value as Json, json};

/// A body of a kind with every field that may be given.
pub fn body(kind: &Kind) -> Json {
    let given = kind.all_fields().filter(|field| field.who != Who::Computed);
    // Two fields that only somebody else may set, and the case, which is minted.
    let given = given.filter(|field| !["case", "text_police"].contains(&field.path));
    parts(given)
}

fn parts<'f>(fields: impl Iterator<Item = &'f Field>) -> Json {
    Json::Object(fields.map(|field| (field.path.to_owned(), named(field))).collect::<Map<_, _>>())
}

fn named(field: &Field) -> Json {
    match field.path {
        "owner" => json!("officer1"),
        "roles" => json!(["child"]),
        _ => value(&field.shape),
    }
}

/// A value of a shape.
fn value(shape: &Shape) -> Json {
    match shape {
        Shape::Text => json!("some words"),
        Shape::Bool => json!(true),
        Shape::Int => json!(1),
        Shape::Time => json!("2026-11-20T09:00:00Z"),
        Shape::Day => json!("2012-01-31"),
        Shape::Enum(words) => json!(words.first()),
        Shape::Set(words) => json!([words.first()]),
        Shape::Yn3 => json!("yes"),
        Shape::Item => json!({ "not_done": "no time" }),
        Shape::Answer => json!("as seen"),
        Shape::Choice(words) => match words.first() {
            Some((word, true)) => json!({ *word: "a reason" }),
            Some((word, false)) => json!(word),
            None => Json::Null,
        },
        Shape::TextOr(_) => json!("a code"),
        Shape::Ethnicity => json!("W1"),
        Shape::Said => json!({ "as_said": "somebody" }),
        Shape::Record => json!("01890a5d-ac96-774b-bcce-b302099a8057"),
        Shape::Holder | Shape::Id => json!("officer1"),
        Shape::List(element) | Shape::ListOrNone(element) => json!([value(element)]),
        Shape::Object(fields) | Shape::Headed(fields) => parts(fields.iter()),
        Shape::Any => json!({ "a": 1 }),
    }
}
