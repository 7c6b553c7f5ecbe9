//! What a seal finds missing (R2-R6 and every `!`). It never blocks the seal: the words are
//! protected first, and what is open is listed beside them.

use serde_json::Value as Json;
use signed::{Code, Timestamp, code};

use crate::body::Body;
use crate::gap::Gap;
use crate::kind::{Field, Kind, Need, Shape, Who};
use crate::policy::Policy;
use crate::rules::switch;

/// The times a seal is judged by.
#[derive(Clone, Copy, Debug)]
pub struct SealTimes<'a> {
    /// When it was written down, by the device.
    pub recorded_at: Timestamp,
    /// The policy in force.
    pub policy: &'a Policy,
}

/// Everything open in this body: the rules of the kind first, then every `!` of its table.
#[must_use]
pub fn seal_gaps(kind: &Kind, body: &Body, when: &SealTimes<'_>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    if kind.name == "disclosure" {
        disclosure(body, when, &mut gaps);
    }
    let only_named = kind.name == "person" && only_named(body);
    if kind.name == "person" && !only_named {
        person(body, &mut gaps);
    }
    let not_made = kind.name == "referral" && not_made(body);
    let waits = |field: &Field| {
        (not_made && OF_A_REFERRAL_MADE.contains(&field.path))
            || (only_named && !OF_A_PERSON_ONLY_NAMED.contains(&field.path))
    };
    let asked = |field: &&Field| field.who != Who::Computed && !waits(field);
    for field in kind.all_fields().filter(asked) {
        if field.path == "marf" && body.text("form") == Some("MARF") && !not_made && !has(body, "marf") {
            missing(field, field.path, &mut gaps);
        }
        required(field, body.0.get(field.path), field.path, &mut gaps);
    }
    gaps.retain(|gap| crate::rules::switch::counts(gap.code));
    gaps
}

/// What a decision not to refer does not need: its reason stands in the decision.
const OF_A_REFERRAL_MADE: [&str; 7] = ["to", "form", "incident", "concern_items", "risk", "facts", "siblings_included"];

/// What is asked about a person who was only named (R119); the rest falls due when they are met.
const OF_A_PERSON_ONLY_NAMED: [&str; 2] = ["roles", "names"];

fn only_named(body: &Body) -> bool {
    has(body, "not_yet_spoken_to") && switch::on("R119")
}

/// Whether a child was not referred, with a reason.
pub(crate) fn not_made(body: &Body) -> bool {
    body.0.get("decision").is_some_and(|decision| filled(decision.get("not_made")))
}

/// Milliseconds between an account's end and its recording, if over policy (R4).
#[must_use]
pub fn delay_ms(body: &Body, when: &SealTimes<'_>) -> Option<i64> {
    let ended = Timestamp::parse(body.text("account_ended_at")?).ok()?;
    let delay = when.recorded_at.millis().saturating_sub(ended.millis());
    (delay > when.policy.account_delay_max_ms && crate::rules::switch::on("R4")).then_some(delay)
}

fn disclosure(body: &Body, when: &SealTimes<'_>, gaps: &mut Vec<Gap>) {
    let mut gap = |code, path: &str, message: &str| gaps.push(Gap::new(code, path, message));
    let said_nothing = body.0.get("nothing_disclosed") == Some(&Json::Bool(true));
    if said_nothing && !has(body, "why_called") {
        gap(code::R2_BLANK, "why_called", "why was the officer called to the child?");
    }
    if !said_nothing && !has(body, "words_verbatim") {
        gap(
            code::R2_BLANK,
            "words_verbatim",
            "the child's words, or that nothing was disclosed and why you were called",
        );
    }
    if delay_ms(body, when).is_some() && !has(body, "delay_reason") {
        gap(code::R4_DELAY, "delay_reason", "why was the account written down so long after it ended?");
    }
    if body.text("how_recorded") == Some("handwritten_then_typed") && !has(body, "original_note_ref") {
        gap(code::REQUIRED, "original_note_ref", "keep the handwritten note: attach a photograph of it");
    }
    for (at, view) in lines(body, "child_view").iter().enumerate() {
        if !filled(view.get("words")) && !filled(view.get("not_asked")) {
            gap(
                code::REQUIRED,
                &line_path("child_view", view, at),
                "the child's view in words, or why it was not asked",
            );
        }
    }
    for (at, worn) in lines(body, "body_worn").iter().enumerate() {
        if filled(worn.get("off_at")) && !filled(worn.get("off_reason")) {
            let path = format!("{}/off_reason", line_path("body_worn", worn, at));
            gap(code::REQUIRED, &path, "why was the camera switched off?");
        }
    }
    one_place(body, gaps);
}

/// R3: words live in exactly one of verbatim, observation and interpretation.
fn one_place(body: &Body, gaps: &mut Vec<Gap>) {
    let mut seen: Vec<(&str, String)> = Vec::new();
    for name in ["words_verbatim", "observations", "interpretation"] {
        for (at, line) in lines(body, name).iter().enumerate() {
            let text = line.get("text").and_then(Json::as_str).map(squeezed).unwrap_or_default();
            if text.is_empty() {
                continue;
            }
            if seen.iter().any(|(place, known)| *place != name && *known == text) {
                let message = "the same words stand in two of verbatim, observation and interpretation";
                gaps.push(Gap::new(code::R3_TWICE, line_path(name, line, at), message));
            }
            seen.push((name, text));
        }
    }
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn person(body: &Body, gaps: &mut Vec<Gap>) {
    if !has(body, "dob") && !has(body, "estimated_age") {
        gaps.push(Gap::new(code::REQUIRED, "dob", "a date of birth, an estimated age, or why it is unknown"));
    }
}

/// The gap of a field that is needed and not there, and of its needed parts.
fn required(field: &Field, value: Option<&Json>, path: &str, gaps: &mut Vec<Gap>) {
    let Some(value) = value.filter(|value| filled(Some(value))) else {
        if field.need == Need::Required {
            missing(field, path, gaps);
        }
        return;
    };
    let parts = |parts: &[Field], value: &Json, path: &str, gaps: &mut Vec<Gap>| {
        for part in parts {
            let below = if part.code == code::R3_BASIS { path.to_owned() } else { format!("{path}/{}", part.path) };
            required(part, value.get(part.path), &below, gaps);
        }
    };
    if let (Some(element), Some(lines)) = (field.shape.element(), value.as_array()) {
        for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.get("none").is_none()) {
            parts(element.parts(), line, &line_path(path, line, at), gaps);
        }
    } else {
        parts(field.parts(), value, path, gaps);
    }
}

/// A composite whose parts have codes of their own leaves their gaps, not one for the whole.
fn missing(field: &Field, path: &str, gaps: &mut Vec<Gap>) {
    let own: Vec<&Field> = field.parts().iter().filter(|part| part.need == Need::Required).collect();
    let coded = own.iter().any(|part| part.code != code::REQUIRED);
    if coded && field.code == code::REQUIRED && matches!(field.shape, Shape::Object(_)) {
        own.iter().for_each(|part| gaps.push(Gap::new(part.code, format!("{path}/{}", part.path), ask(part.code))));
    } else {
        gaps.push(Gap::new(field.code, path, ask(field.code)));
    }
}

fn ask(code: Code) -> &'static str {
    match code {
        code::R3_BASIS => "an interpretation says what it rests on",
        code::R5_WHO_PRESENT => "who was there?",
        code::R5_SEEN_ALONE => "was the child seen alone? yes, no, or why it is not known",
        code::R5_SETTING => "where, and was it the child's choice?",
        code::R5_QUESTIONS => "which questions were asked? none is an answer, with its reason",
        code::R5_HOW_RECORDED => "how was it recorded?",
        code::R6_SAFE_NOW => "is the child safe now? yes, no, or why it is not known",
        code::R6_MEDICAL_NEED => "does the child need medical help? yes, no, or why it is not known",
        code::R60_MARF => "no blank: what is not known or does not apply says so",
        code::R6_FIRST_EVIDENCE => "was first evidence secured? done, or why not",
        _ => "this is needed: an answer, or why there is none",
    }
}

fn has(body: &Body, name: &str) -> bool {
    filled(body.0.get(name))
}

/// Whether something is there: not null, not blank, not an empty list.
pub(crate) fn filled(value: Option<&Json>) -> bool {
    match value {
        None | Some(Json::Null) => false,
        Some(Json::String(text)) => !text.trim().is_empty(),
        Some(Json::Array(items)) => !items.is_empty(),
        Some(Json::Object(map)) => !map.is_empty(),
        Some(Json::Bool(_) | Json::Number(_)) => true,
    }
}

pub(crate) fn lines<'b>(body: &'b Body, name: &str) -> &'b [Json] {
    body.0.get(name).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn line_path(list: &str, line: &Json, at: usize) -> String {
    match line.get("id").and_then(Json::as_str) {
        Some(id) => format!("{list}/{id}"),
        None => format!("{list}/{at}"),
    }
}
