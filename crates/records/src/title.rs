//! A record's line in a list, and what every reader of an account is to see at once.

use serde_json::{Map as JsonMap, Value as Json};

use crate::kind::Kind;
use crate::seal::lines;

const TITLE_CHARS_MAX: usize = 80;

/// A line for a list within the unlocked app.
pub(crate) fn title(kind: &Kind, body: &JsonMap<String, Json>) -> String {
    let text = |name: &str| body.get(name).and_then(Json::as_str);
    let said = |value: Option<&Json>| value.and_then(|v| v.get("as_said")).and_then(Json::as_str).map(str::to_owned);
    let own = match kind.name {
        "case" => text("title").map(str::to_owned),
        "concern" => text("exact_words").map(str::to_owned),
        "disclosure" => said(body.get("speaker")),
        "welfare_check" => said(body.get("address")),
        "recovered_draft" => {
            text("of_kind").map(|kind| format!("never sealed: a draft of a {}", kind.replace('_', " ")))
        }
        "action" => text("exact_request").map(str::to_owned),
        "person" => {
            let first = body.get("names").and_then(Json::as_array).and_then(|names| names.first());
            first.and_then(Json::as_str).map(str::to_owned)
        }
        _ => text("text").map(str::to_owned),
    };
    let own = own.unwrap_or_else(|| kind.name.replace('_', " "));
    let line = own.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(TITLE_CHARS_MAX) {
        Some((at, _)) => format!("{}…", line.split_at(at).0),
        None => line,
    }
}

/// R5: who else was in the room; R11: names that are still missing. No names stand in them.
pub(crate) fn notices(body: &crate::Body) -> Vec<String> {
    let mut notices = Vec::new();
    if body.0.get("unsealed").and_then(Json::as_bool) == Some(true) {
        notices.push(String::from("this was never sealed: it is a draft as it was found"));
    }
    let present = lines(body, "who_present");
    let role = |line: &Json| line.get("role").and_then(Json::as_str).unwrap_or_default().to_lowercase();
    let any = |words: &[&str]| present.iter().any(|line| words.iter().any(|word| role(line).contains(word)));
    if any(&["parent", "mother", "father", "carer"]) {
        notices.push(String::from("R5: a parent or carer was in the room"));
    }
    if any(&["child", "pupil", "friend", "sibling", "brother", "sister"]) {
        notices.push(String::from("R5: another child was in the room"));
    }
    for (count, role) in [("victims", "victim"), ("suspects", "suspect")] {
        let stated = body.0.get("counts_stated").and_then(|counts| counts.get(count)).and_then(Json::as_i64);
        let named = lines(body, "named_people").iter();
        let named = named.filter(|line| line.get("role_said").and_then(Json::as_str) == Some(role)).count();
        let named = i64::try_from(named).unwrap_or(i64::MAX);
        if let Some(stated) = stated.filter(|stated| *stated > named) {
            notices.push(format!("R11: {stated} {count} stated, {named} named"));
        }
    }
    notices
}
