//! What must be true at the end of the day, whoever tells it.

use serde_json::{Value as Json, json};

/// One thing that must be true.
#[derive(Clone, Debug)]
pub struct Fact {
    /// As a sentence.
    pub what: String,
    /// Whether it was seen to be.
    pub holds: bool,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub struct Facts(Vec<Fact>);

impl Facts {
    /// Notes one.
    pub fn check(&mut self, what: &str, holds: bool) {
        self.0.push(Fact { what: what.to_owned(), holds });
    }

    /// Whether all hold.
    #[must_use]
    pub fn all_hold(&self) -> bool {
        !self.0.is_empty() && self.0.iter().all(|fact| fact.holds)
    }

    /// Each, in order.
    #[must_use]
    pub fn list(&self) -> &[Fact] {
        &self.0
    }

    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> Json {
        self.0.iter().map(|fact| json!({"fact": fact.what, "holds": fact.holds})).collect()
    }
}

/// Whether every statement of a shown record verifies, and there is at least one.
#[must_use]
pub fn verified(record: &Json) -> bool {
    let statements = record.get("statements").and_then(Json::as_array);
    statements.is_some_and(|all| !all.is_empty() && all.iter().all(|s| s.get("verified") == Some(&Json::Bool(true))))
}

/// Whether a text stands anywhere in an answer.
#[must_use]
pub fn holds_text(answer: &Json, text: &str) -> bool {
    match answer {
        Json::String(found) => found.contains(text),
        Json::Array(items) => items.iter().any(|item| holds_text(item, text)),
        Json::Object(map) => map.values().any(|item| holds_text(item, text)),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}
