//! R48: what somebody says of a reporter's motive is held as an opinion of the police. It leaves with no
//! referral: the hub reads what was seen and said, and weighs it for itself.

use serde_json::{Map, Value as Json, json};
use signed::{RecordId, code};

use crate::body::{Body, NewRecord};
use crate::gap::Gap;
use crate::kind::Kind;
use crate::seal::filled;

const MOTIVE: [&str; 6] = ["agenda", "grudge", "malicious", "vindictive", "ulterior", "getting back at"];

/// Whether words are about what a reporter may want.
#[must_use]
pub fn of_motive(text: &str) -> bool {
    let lower = text.to_lowercase();
    MOTIVE.iter().any(|word| lower.contains(word))
}

/// Whether a sergeant approved what such an opinion rests on.
#[must_use]
pub fn approved(line: &Json) -> bool {
    filled(line.get("approved_by")) && filled(line.get("basis"))
}

/// What a referral leaves behind when it is sealed.
#[derive(Clone, Debug, PartialEq)]
pub struct Withheld {
    /// The words, as a note of the police.
    pub note: NewRecord,
    /// Where they stood.
    pub gaps: Vec<Gap>,
}

/// Takes out of a referral what nobody approved about the reporter's motive. It becomes a note beside the
/// referral, whose id follows from the referral's.
pub fn withhold(kind: &Kind, body: &mut Body, referral: RecordId) -> Option<Withheld> {
    if kind.name != "referral" || !crate::rules::switch::on("R48") {
        return None;
    }
    let (mut texts, mut gaps) = (Vec::new(), Vec::new());
    for list in ["facts", "opinion"] {
        let Some(lines) = body.0.get_mut(list).and_then(Json::as_array_mut) else { continue };
        let mut at = 0;
        lines.retain(|line| {
            let text = line.as_str().or_else(|| line.get("text")?.as_str()).unwrap_or_default();
            let leaves = of_motive(text) && !approved(line);
            if leaves {
                let name = line.get("id").and_then(Json::as_str).map_or_else(|| at.to_string(), str::to_owned);
                let message = "kept out of the referral until a sergeant approves its basis";
                gaps.push(Gap::new(code::R48_MOTIVE, format!("{list}/{name}"), message));
                texts.push(text.to_owned());
            }
            at += 1;
            !leaves
        });
    }
    let mut note = Map::new();
    note.insert("action".into(), json!(referral.to_string()));
    note.insert("text".into(), json!(texts.join("\n")));
    note.insert("opinion".into(), json!(true));
    for name in ["case", "event_at"] {
        note.extend(body.0.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    let note = NewRecord { id: Some(RecordId::note(referral)), kind: "action_note", body: Body(note) };
    (!texts.is_empty()).then_some(Withheld { note, gaps })
}
