//! Fields nobody gives: they follow from who made a record, from its steps, or from its other fields.

use documents::View;
use serde_json::{Map as JsonMap, Value as Json, json};

use crate::access::Role;
use crate::effective;
use crate::kind::Kind;
use crate::matching;
use crate::seal::filled;
use crate::steps::Act;

/// What of the steps with some verbs a field holds.
enum Take {
    /// Each of them: what it says, with `by` and `at`.
    All,
    /// Who made the last one.
    By,
    /// When the last one was made.
    At,
}

use Take::{All, At, By};

/// Kind, field, verbs, what of them.
const FROM_STEPS: &[(&str, &str, &[&str], Take)] = &[
    ("deadline", "answered", &["answer"], All),
    ("protective_measure", "ended", &["end", "breach", "replace"], All),
    ("action", "extensions", &["extend"], All),
    ("deadline", "extensions", &["extend"], All),
    ("intelligence_check", "extensions", &["extend"], All),
    ("protective_measure", "extensions", &["extend"], All),
    ("safety_plan", "extensions", &["extend"], All),
    ("welfare_check", "extensions", &["extend"], All),
    ("handover", "questions", &["question"], All),
    ("handover", "accepted_by", &["accept"], By),
    ("handover", "accepted_at", &["accept"], At),
    ("crime_recording_decision", "reviewed_by", &["review"], By),
    ("risk_assessment", "endorsed_by", &["endorse"], By),
    ("risk_assessment", "unchanged_because", &["unchanged"], All),
    ("referral", "sent_at", &["send"], At),
    ("referral", "read_at", &["read"], At),
    ("referral", "reply", &["reply", "record_outcome"], All),
    ("escalation", "resolved_by", &["answer"], All),
    ("help_request", "answers", &["answer"], All),
    ("match", "decisions", &["confirm_match", "reject_match"], All),
];

/// Fills in what follows from steps and from the record itself. `acts` are the steps that count.
pub(crate) fn fill(kind: &Kind, view: &View, acts: &[&Act<'_>], body: &mut JsonMap<String, Json>) {
    for (_, field, verbs, take) in FROM_STEPS.iter().filter(|(of, ..)| *of == kind.name) {
        let with = || acts.iter().filter(|act| verbs.contains(&act.step.verb));
        match take {
            All => put(body, field, Json::Array(with().map(|act| said(act)).collect())),
            By => put(body, field, with().next_back().map_or(Json::Null, |act| json!(act.author()))),
            At => put(body, field, with().next_back().map_or(Json::Null, |act| json!(when(act)))),
        }
    }
    let made = view.created().map(|(said, _)| said);
    let author = made.map(|said| said.opened.statement.author.to_string());
    let role = made.and_then(effective::role);
    match kind.name {
        // A PCSO proposes; whoever reviews it decides.
        "crime_recording_decision" if role != Some(Role::Pcso) => put(body, "decided_by", json!(author)),
        "crime_recording_decision" => {
            let decided = body.get("reviewed_by").cloned();
            put(body, "decided_by", decided.unwrap_or(Json::Null));
        }
        "risk_assessment" => {
            put(body, "made_by", json!(author));
            let unknown =
                |value: &&Json| value.as_object().is_some_and(|map| map.len() == 1 && map.contains_key("unknown"));
            let fields = crate::kinds::risk::fields_of(body.get("model").and_then(Json::as_str).unwrap_or_default());
            let unknown = fields.iter().filter_map(|field| body.get(*field)).filter(unknown).count();
            let unknown = unknown + crate::kinds::risk::places_unknown(body);
            body.insert(String::from("unknown_count"), json!(unknown));
        }
        "place" => {
            let raw = body.get("value_raw").and_then(Json::as_str).unwrap_or_default();
            let regular = match body.get("place_kind").and_then(Json::as_str) {
                Some("phone") => matching::phone(raw),
                Some("email") => matching::email(raw),
                Some("username") => matching::username(raw),
                Some("vehicle") => matching::vehicle(raw),
                Some("address") => matching::address(raw),
                Some("venue") => matching::venue(raw),
                Some(_) | None => None,
            };
            put(body, "value_normalised", json!(regular));
        }
        _ => {}
    }
}

fn put(body: &mut JsonMap<String, Json>, name: &str, value: Json) {
    if filled(Some(&value)) {
        body.insert(name.to_owned(), value);
    }
}

/// What stands in a step for whoever weighs it, and tells a reader nothing.
const MACHINERY: [&str; 4] = ["considered", "proposed", "supersedes", "field"];

/// What a step says, by whom and when; what stands there for the machinery alone is left out.
fn said(act: &Act<'_>) -> Json {
    let content = &act.said.opened.statement.content;
    let own = content.iter().filter(|(name, _)| !MACHINERY.contains(&name.as_str()));
    let mut line: JsonMap<String, Json> = own.map(|(name, value)| (name.clone(), value.to_json())).collect();
    line.insert(String::from("step"), json!(act.step.verb));
    line.insert(String::from("by"), json!(act.author()));
    line.insert(String::from("at"), json!(when(act)));
    Json::Object(line)
}

fn when(act: &Act<'_>) -> String {
    act.said.opened.statement.device_at.to_string()
}
