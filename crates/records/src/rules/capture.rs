//! R2-R11, R23, R81, R108-R110: what a child says is written down, at once, in the child's words.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use signed::{Code, code};

use super::look::{later, words};
use super::view::{CaseView, Row};
use super::{Attempt, Findings, Gate, Item, Rule, To};
use crate::attachments::FLAG_IMAGE;
use crate::data::language;
use crate::kind::kind;
use crate::raise::sexual_indicator;

pub(super) const RULES: &[Rule] = &[
    Rule { id: "R2", weigh: Some(blank_end), gate: None },
    Rule { id: "R5", weigh: None, gate: Some(answered_before_closing) },
    Rule { id: "R6", weigh: Some(open_safety), gate: None },
    Rule { id: "R9", weigh: Some(unsealed), gate: Some(unsealed_beside) },
    Rule { id: "R10", weigh: Some(side_by_side), gate: None },
    Rule { id: "R11", weigh: Some(names_missing), gate: None },
    Rule { id: "R23", weigh: Some(use_the_phone), gate: None },
    Rule { id: "R81", weigh: Some(language_prompts), gate: None },
    Rule { id: "R83", weigh: Some(distressing), gate: None },
    Rule { id: "R108", weigh: Some(early_evidence), gate: None },
    Rule { id: "R109", weigh: Some(asked_again), gate: None },
    Rule { id: "R110", weigh: Some(flagged_file), gate: None },
];

fn has_gap(row: &Row, rule: &str) -> bool {
    row.gaps.iter().any(|gap| gap.strip_prefix(rule).is_some_and(|rest| rest.starts_with('.')))
}

/// R2: called to a child, and nothing written: the owner and the sergeant hear of it.
fn blank_end(view: &CaseView<'_>, found: &mut Findings) {
    for row in view.of("disclosure").filter(|row| row.sealed && has_gap(row, "R2")) {
        let text = "an account was ended with nothing in it: what was said, or why you were called";
        found.owe(Item::of("R2", code::R2_BLANK, row, row.since(), text).after(0, To::OwnerAndSergeant));
    }
}

/// R5: what an account was sealed without stops no seal and no sync, but it is answered, or said why not, before
/// the case is closed: whatever is shown as sealed incomplete, by its seal or by a rule.
fn answered_before_closing(view: &CaseView<'_>, attempt: &Attempt<'_>, gate: &mut Gate) {
    if attempt.row.kind != "case" || !matches!(attempt.verb, "propose_close" | "close") {
        return;
    }
    let found = super::weigh(view).gaps;
    for row in view.rows.iter().filter(|row| matches!(row.status.as_str(), "sealed" | "sealed_incomplete")) {
        let ruled = found.iter().filter(|(id, _)| *id == row.id).map(|(_, gap)| gap.code.name);
        let codes: BTreeSet<&str> = row.gaps.iter().map(String::as_str).chain(ruled).collect();
        for name in codes {
            let code = Code::by_name(name).unwrap_or(code::REQUIRED);
            let message = "something is open in what was sealed: an addendum answers it, or says why not";
            gate.refuse(code, format!("incomplete/{}", row.id), message);
        }
    }
}

/// R6: safe now, medical need, first evidence: open, they are asked for at once.
fn open_safety(view: &CaseView<'_>, found: &mut Findings) {
    for row in view.of("disclosure").filter(|row| row.sealed && has_gap(row, "R6")) {
        let text = "is the child safe now, do they need a doctor, was first evidence secured? one is unanswered";
        found.owe(Item::of("R6", code::R6_SAFE_NOW, row, row.since(), text).after(0, To::OwnerAndSergeant));
    }
}

/// R9: a draft left unsealed: its author is asked, then the sergeant sees that it exists.
fn unsealed(view: &CaseView<'_>, found: &mut Findings) {
    let Some(case) = view.own() else { return };
    for draft in view.drafts {
        let text = "words of this case are not sealed yet";
        let item = Item::of("R9", code::R9_UNSEALED, case, draft.since, text).about(draft.record.to_string());
        let ms = view.policy.draft_ms;
        let sergeant = view.people.sergeant_of(&draft.author).map(|user| To::User(user.to_owned()));
        let item = item.after(ms, To::User(draft.author.clone()));
        found.owe(match sergeant {
            Some(to) => item.after(ms + ms / 12, to),
            None => item,
        });
    }
}

/// R9: a check is not closed with an unsealed note or concern beside it.
fn unsealed_beside(view: &CaseView<'_>, attempt: &Attempt<'_>, gate: &mut Gate) {
    let closes = matches!(attempt.verb, "propose_close" | "close");
    if !closes || !matches!(attempt.row.kind.as_str(), "welfare_check" | "case") {
        return;
    }
    for draft in view.drafts {
        gate.refuse(code::R9_UNSEALED, format!("drafts/{}", draft.record), "words of this case are not sealed yet");
    }
}

/// R10: two people tell one meeting differently: both accounts stand, side by side.
fn side_by_side(view: &CaseView<'_>, found: &mut Findings) {
    for row in view.rows {
        for step in row.did("mark_differs") {
            let other = step.body.get("record").and_then(|record| view.named(record));
            for one in std::iter::once(row).chain(other) {
                found.mark(one, "R10", "differs", "another account of this tells it differently: read both");
            }
        }
    }
}

/// R11: the names written down against the numbers the child gave.
fn names_missing(view: &CaseView<'_>, found: &mut Findings) {
    for row in view.of("disclosure") {
        for (count, role) in [("counts_stated/victims", "victim"), ("counts_stated/suspects", "suspect")] {
            let stated = row.at(count).and_then(Json::as_u64).unwrap_or(0);
            let of_role = |line: &&Json| line.get("role_said").and_then(Json::as_str) == Some(role);
            let named = row.lines("named_people").iter().filter(of_role).count() as u64;
            if named < stated {
                found.mark(row, "R11", "names_missing", "the child spoke of more people than are named here");
            }
        }
    }
}

/// R23: an urgent record that has not reached the server: the officer is told to use radio or phone.
fn use_the_phone(view: &CaseView<'_>, found: &mut Findings) {
    if view.whole {
        return;
    }
    for row in view.rows.iter().filter(|row| row.sealed && row.urgent() && row.received_at.is_none()) {
        let told = |step: &super::StepRow| step.verb == "answer_prompt";
        if row.steps.iter().any(told) {
            continue;
        }
        let text = "not sent yet: tell somebody by radio or phone, and answer with whom and when";
        let item = Item::of("R23", code::R23_NOT_SENT, row, row.recorded_at, text);
        found.owe(item.after(view.policy.phone_after_ms, To::User(row.author.clone())));
    }
}

/// Fields that hold an officer's own words, by kind. What a child or caller said is never among them.
const OWN_WORDS: [(&str, &[&str]); 10] = [
    ("disclosure", &["observations", "interpretation", "delay_reason"]),
    ("action_update", &["text"]),
    ("action_note", &["text"]),
    ("welfare_check", &["children", "living_conditions", "advice_sought"]),
    ("referral", &["facts", "opinion"]),
    ("crime_recording_decision", &["rationale"]),
    ("risk_assessment", &["reason", "evidence_strength", "vulnerability", "risk"]),
    ("safety_plan", &["plan"]),
    ("contact_log", &["what_told"]),
    ("handover", &["items"]),
];

/// R81: wording that blames a child is pointed at, once for each field; nothing is blocked or changed.
fn language_prompts(view: &CaseView<'_>, found: &mut Findings) {
    for row in view.rows.iter().filter(|row| !row.role.of_school()) {
        let fields = OWN_WORDS.iter().find(|(kind, _)| *kind == row.kind).map_or(&[][..], |(_, fields)| fields);
        for field in fields {
            let text = row.value(field).map(words).unwrap_or_default();
            let mut ids: Vec<&str> = language::prompts_in(&text).into_iter().map(|hit| hit.phrase.id).collect();
            ids.dedup();
            for id in ids.into_iter().filter(|id| !chosen(view, row, id)) {
                let text =
                    "this wording may lay blame on a child: reword it, keep it with a reason, or mark it a quote";
                let item = Item::of("R81", code::R81_LANGUAGE, row, row.since(), text);
                found.owe(item.about(format!("{field}/{id}")).after(0, To::User(row.author.clone())));
            }
        }
    }
}

/// Whether the author has chosen what to do about a phrase.
fn chosen(view: &CaseView<'_>, row: &Row, id: &str) -> bool {
    let of_row = |choice: &Row| choice.text("for_record") == Some(row.id.to_string().as_str());
    let by_record = view.rows.iter().chain(view.beside).filter(|choice| choice.kind == "language_prompt");
    let mut by_record = by_record.filter(|choice| of_row(choice) && choice.text("phrase_id") == Some(id));
    by_record.next().is_some() || row.did("answer_prompt").any(|step| step.author == row.author)
}

/// Whether an account speaks of rape or a serious sexual assault.
pub(super) fn serious_sexual(row: &Row) -> bool {
    let kind = kind(&row.kind);
    let body = crate::Body(row.body.as_object().cloned().unwrap_or_default());
    let text = ["words_verbatim", "exact_words", "concern_items"];
    let said: String = text.iter().filter_map(|field| row.value(field)).map(words).collect::<String>().to_lowercase();
    let grave = ["rape", "raping", "penetrat", "forced me to have sex", "had sex with me", "inside me", "made me suck"];
    kind.is_some_and(|kind| sexual_indicator(kind, &body)) && grave.iter().any(|word| said.contains(word))
}

/// R83: what is distressing opens collapsed, with a warning; never for whoever has to act on it now.
fn distressing(view: &CaseView<'_>, found: &mut Findings) {
    for row in view.of("disclosure").filter(|row| row.sealed && !row.immediate()) {
        let body = crate::Body(row.body.as_object().cloned().unwrap_or_default());
        if row.declared().is_some_and(|kind| sexual_indicator(kind, &body)) {
            found.mark(row, "R83", "distressing", "this account is distressing: it opens when you are ready");
        }
    }
}

/// R108: rape or serious sexual assault: the specialist unit is called and the scene and early evidence
/// are seen to within the hour; the full story is not asked for first.
fn early_evidence(view: &CaseView<'_>, found: &mut Findings) {
    for row in view.of("disclosure").filter(|row| row.sealed && serious_sexual(row)) {
        let due = later(row.recorded_at, view.policy.early_evidence_ms).to_string();
        let actions = [
            ("specialist", "enquiry", "contact the specialist unit for sexual offences"),
            ("scene", "evidence", "secure the scene and early evidence; the medical centre is the child's choice"),
        ];
        for (target, action_kind, request) in actions {
            let mut body = serde_json::Map::new();
            body.insert("action_kind".into(), json!(action_kind));
            body.insert("exact_request".into(), json!(request));
            body.insert("requested_by".into(), json!({ "person": { "as_said": "rule R108" }, "org": "police" }));
            body.insert(
                "about".into(),
                json!(row.lines("subjects").iter().map(super::actions::bare).collect::<Vec<_>>()),
            );
            body.insert("due".into(), json!(due));
            body.insert("urgency".into(), json!("immediate"));
            body.insert("owner".into(), json!(row.author));
            found.make("R108", row, target, "action", body);
        }
        found.mark(
            row,
            "R108",
            "first_account_only",
            "first account only: no 'why did you'; who does the child want there?",
        );
    }
}

/// R109: whoever asks a child again has read what was said before, and says why it is asked again.
fn asked_again(view: &CaseView<'_>, found: &mut Findings) {
    let accounts: Vec<&Row> = view.of("disclosure").filter(|row| row.sealed).collect();
    for (at, row) in accounts.iter().enumerate() {
        let same = |earlier: &&&Row| {
            earlier.author != row.author
                && earlier.value("speaker").is_some()
                && earlier.value("speaker") == row.value("speaker")
        };
        let again = accounts.iter().take(at).any(|earlier| same(&earlier));
        if again && !crate::seal::filled(row.value("asked_again_because")) {
            let message = "the child has told this before: read the earlier account, and say why it was asked again";
            found.gap(row, code::R109_ASKED_AGAIN, "asked_again_because", message);
        }
    }
}

/// R110: a file that may show an indecent image: whoever opens the record is told not to copy it, and its
/// owner and the sergeant hear of it at once, until a supervisor has acknowledged it.
fn flagged_file(view: &CaseView<'_>, found: &mut Findings) {
    for row in view.rows {
        if row.did(FLAG_IMAGE).next().is_none() {
            continue;
        }
        let text =
            "a file here is locked: do not photograph or copy it; describe it in words, and keep the device as it is";
        found.mark(row, "R110", "flagged_file", text);
        let seen = row.steps.iter().rposition(|step| step.verb == "acknowledge" && step.role.supervises());
        let after = row.steps.get(seen.map_or(0, |place| place + 1)..).unwrap_or_default();
        if let Some(flag) = after.iter().find(|step| step.verb == FLAG_IMAGE) {
            let text = "a file that may show an indecent image was flagged and locked: acknowledge it, and say what happens next";
            let item = Item::of("R110", code::R110_FLAGGED, row, flag.at, text).about(flag.statement.to_string());
            found.owe(item.after(0, To::OwnerAndSergeant));
        }
    }
}
