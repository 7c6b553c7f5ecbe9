//! A value of every declared form, and from them a body of every kind with all its fields.

use records::{Field, Kind, Shape, Who};
use serde_json::{Map, Value as Json, json};

/// A body of a kind with every field that may be given, but for the police's own text of an update,
/// which becomes a record of its own.
pub fn body(kind: &Kind) -> Json {
    let given = kind.all_fields().filter(|field| field.who != Who::Computed && field.path != "text_police");
    parts(given)
}

fn parts<'f>(fields: impl Iterator<Item = &'f Field>) -> Json {
    Json::Object(fields.map(|field| (field.path.to_owned(), value(&field.shape))).collect::<Map<_, _>>())
}

fn value(shape: &Shape) -> Json {
    match shape {
        Shape::Text => json!("some words, “quoted”"),
        Shape::Bool => json!(true),
        Shape::Int => json!(3),
        Shape::Time => json!("2026-11-20T09:00:00Z"),
        Shape::Day => json!("2012-01-31"),
        Shape::Enum(words) => json!(words.last()),
        Shape::Set(words) => json!([words.first(), { "other": "another" }]),
        Shape::Yn3 => json!({ "unknown": "nobody asked" }),
        Shape::Item => json!({ "not_done": "no time" }),
        Shape::Answer => json!("as seen"),
        Shape::Choice(words) => words
            .last()
            .map_or(Json::Null, |(word, reasoned)| if *reasoned { json!({ *word: "a reason" }) } else { json!(word) }),
        Shape::TextOr(words) => words.first().map_or(Json::Null, |word| json!({ *word: "a reason" })),
        Shape::Ethnicity => json!("B1"),
        Shape::Said => json!({ "as_said": "somebody" }),
        Shape::Record => json!("01890a5d-ac96-774b-bcce-b302099a8057"),
        Shape::Holder => json!("team:north"),
        Shape::Id => json!("officer1"),
        Shape::List(element) | Shape::ListOrNone(element) => json!([value(element)]),
        Shape::Object(fields) | Shape::Headed(fields) => parts(fields.iter()),
        Shape::Any => json!({ "a": 1 }),
    }
}
