//! Who may make a record, do a step, change a field; and where a new record belongs.

use signed::{RecordId, SchoolId, UserId, code};

use crate::access::{Compartment, Role, may_enter};
use crate::body::Body;
use crate::gap::Gap;
use crate::kind::{Field, Kind, Who};

use Role::{Admin, Auditor, Call, Command, Dpo, Dsl, Hub, Inspector, Officer, Pcso, Sergeant, Staff};

const POLICE: &[Role] = &[Officer, Pcso, Sergeant, Inspector, Command];
const SUPERVISORS: &[Role] = &[Sergeant, Inspector, Command];
const OFFICERS: &[Role] = &[Officer, Sergeant, Inspector, Command];
const ACTIVE: &[Role] = &[Officer, Pcso, Sergeant, Inspector, Command, Dsl, Staff, Hub, Call];
const POLICE_AND_CALL: &[Role] = &[Officer, Pcso, Sergeant, Inspector, Command, Call];
const WHO_HEARD: &[Role] = &[Officer, Pcso, Sergeant, Inspector, Dsl, Staff];
const DOERS: &[Role] = &[Officer, Pcso, Sergeant, Inspector, Command, Hub, Dsl];
const ASKERS: &[Role] = &[Officer, Pcso, Sergeant, Inspector, Command, Hub, Dsl, Staff];
const PARTNERS: &[Role] = &[Dsl, Staff, Hub];
const MEETERS: &[Role] = &[Officer, Pcso, Sergeant, Inspector, Command, Dsl, Hub];
const REFERRERS: &[Role] = &[Officer, Pcso, Sergeant, Inspector, Command, Dsl, Hub];
const NOTIFIERS: &[Role] = &[Officer, Pcso, Sergeant, Inspector, Command, Call, Hub];
const SUPERVISED: &[Role] = &[Officer, Pcso, Sergeant, Inspector, Command, Admin];
const CONTACTERS: &[Role] = &[Officer, Pcso, Sergeant, Inspector, Command, Call, Hub];
const OUTCOMES: &[Role] = &[Officer, Pcso, Sergeant, Inspector, Command, Dsl];
const SCHOOL: &[Role] = &[Dsl, Staff];
const HUB_AND_POLICE: &[Role] = &[Officer, Pcso, Sergeant, Inspector, Command, Hub];
const MISSERS: &[Role] = &[Officer, Pcso, Sergeant, Inspector, Command, Call, Hub, Dsl];
const KEEPERS: &[Role] = &[Admin, Dpo];
const TRAINERS: &[Role] = &[Sergeant, Inspector, Admin];
/// Whose role gives headlines, or nothing, of what it may read for a reason.
const OPENERS: &[Role] = &[Inspector, Command, Auditor];
const NOBODY: &[Role] = &[];

/// All that command makes: a duty senior officer opens, reassigns and decides, and writes down what is their own.
const OF_COMMAND: &[&str] =
    &["opening", "handover", "escalation", "absence", "help_request", "language_prompt", "search"];
/// All that command does: it acknowledges, adds, reassigns and decides; what is done for a case, others do.
const BY_COMMAND: &[&str] = &[
    "confirm_seen",
    "acknowledge",
    "mark_differs",
    "addendum",
    "answer_prompt",
    "dismiss_prompt",
    "attach",
    "flag_image",
    "lower",
    "resolve",
    "extend",
    "assign",
    "dispatch",
    "forward",
    "hand_over",
    "question",
    "accept",
    "decline",
    "answer",
    "review",
    "endorse",
    "approve",
    "close",
    "reopen",
    "end",
];

/// Whether a role may make a record of this kind. The server makes what a rule makes.
#[must_use]
pub fn may_create(role: Role, kind: &Kind) -> bool {
    let roles = match kind.name {
        "case" | "action_note" => POLICE,
        "person" | "concern" | "action" => ACTIVE,
        "disclosure" => WHO_HEARD,
        "welfare_check" => POLICE_AND_CALL,
        "action_update" => DOERS,
        "risk_assessment" | "intelligence_check" => POLICE_AND_CALL,
        "crime_recording_decision" | "intelligence_submission" => POLICE,
        "meeting" => MEETERS,
        "referral" => REFERRERS,
        "notification" => NOTIFIERS,
        "missing_episode" => ACTIVE,
        "handover" | "absence" => SUPERVISED,
        "search" => POLICE_AND_CALL,
        "opening" => OPENERS,
        "training" => TRAINERS,
        "deadline" | "protective_measure" | "safety_plan" | "device_seen" | "escalation" | "match" => POLICE,
        "contact_log" => CONTACTERS,
        "school_outcome" => OUTCOMES,
        "feedback" => SCHOOL,
        "extract" => OFFICERS,
        "place" | "help_request" | "language_prompt" => ACTIVE,
        "agreement" => KEEPERS,
        _ => NOBODY,
    };
    let narrowed = role == Command && !OF_COMMAND.contains(&kind.name);
    role == Role::Server || (roles.contains(&role) && !narrowed)
}

/// Whether somebody in this role begins a record of this kind by hand: an extract is made by `release_extract` on
/// another record alone.
#[must_use]
pub fn may_begin(role: Role, kind: &Kind) -> bool {
    kind.name != "extract" && may_create(role, kind)
}

/// Whether a role may do this verb on a record of this kind. Who owns it, and in what state, is
/// looked at by [`crate::plan`].
#[must_use]
pub fn may_step(role: Role, kind: &Kind, verb: &str) -> bool {
    if kind.step(verb).is_none() {
        return false;
    }
    let roles = match (kind.name, verb) {
        (
            _,
            "confirm_seen" | "acknowledge" | "mark_differs" | "addendum" | "answer_prompt" | "dismiss_prompt"
            | "attach" | "flag_image",
        ) => ACTIVE,
        (_, "lower" | "resolve" | "extend") => SUPERVISORS,
        (_, "share" | "release_extract" | "add_member" | "remove_member") => OFFICERS,
        (_, "challenge") => PARTNERS,
        ("action", "accept" | "decline" | "start" | "block" | "complete" | "tell_outcome" | "close" | "forward") => {
            DOERS
        }
        ("action", "reopen") => ASKERS,
        ("welfare_check", "dispatch" | "assign") => POLICE_AND_CALL,
        ("risk_assessment", "endorse") => SUPERVISORS,
        ("risk_assessment", _) => POLICE,
        ("crime_recording_decision", "review") => SUPERVISORS,
        ("crime_recording_decision", _) => POLICE,
        ("intelligence_check", _) => POLICE_AND_CALL,
        ("meeting", "decline") => SUPERVISORS,
        ("meeting", _) => MEETERS,
        ("referral" | "notification", "read" | "reply" | "take_note") => HUB_AND_POLICE,
        ("referral", _) => REFERRERS,
        ("missing_episode", _) => MISSERS,
        ("absence" | "agreement", "end") => SUPERVISED,
        ("protective_measure", "replace") => SUPERVISORS,
        ("handover" | "deadline" | "protective_measure" | "safety_plan" | "match" | "escalation", _) => POLICE,
        ("help_request", "answer" | "assign") => SUPERVISORS,
        ("help_request", "reopen") => ACTIVE,
        ("action", "confirm" | "differs") => ACTIVE,
        ("case", "hand_over" | "approve") => SUPERVISORS,
        ("welfare_check", "attend") | (_, "propose_close" | "reopen" | "assign") => POLICE,
        (_, "close") => SUPERVISORS,
        _ => NOBODY,
    };
    let narrowed = role == Command && !BY_COMMAND.contains(&verb);
    role == Role::Server || (roles.contains(&role) && !narrowed)
}

/// Whether a role may change this field of a record in this compartment.
#[must_use]
pub fn may_edit(role: Role, compartment: &Compartment, kind: &Kind, field: &Field) -> bool {
    let given = field.who == Who::Editor;
    let known = kind.all_fields().any(|known| std::ptr::eq(known, field) || known.parts().contains(field))
        || kind.all_fields().filter_map(|f| f.shape.element()).any(|element| element.parts().contains(field));
    given && known && ACTIVE.contains(&role) && may_enter(role, compartment)
}

/// Where a new record belongs: it follows from kind, author and content.
///
/// A school's words go to SHARE, a reporter's identity and contacts with them to REPORTER whoever writes
/// it, what police ask of or for a school to SHARE, everything else of theirs to POLICE.
pub fn compartment_of(
    kind: &Kind,
    role: Role,
    author_school: Option<&SchoolId>,
    author: Option<&UserId>,
    body: &Body,
    case: RecordId,
) -> Result<Compartment, Gap> {
    let roles = body.0.get("roles").and_then(serde_json::Value::as_array).into_iter().flatten();
    if kind.name == "person" && roles.into_iter().any(|role| role == "reporter") {
        return Ok(Compartment::Reporter { case });
    }
    // R47: a later contact with a reporter names them, and stays where their name is.
    if kind.name == "contact_log" && body.text("person_role") == Some("reporter") {
        return Ok(Compartment::Reporter { case });
    }
    if ["case", "action_note", "recovered_draft"].contains(&kind.name) {
        return Ok(Compartment::Police { case });
    }
    if ["match", "intelligence_submission"].contains(&kind.name) {
        return Ok(Compartment::Intel { case });
    }
    if kind.name == "intelligence_check" && role != Role::Call {
        return Ok(Compartment::Intel { case });
    }
    if ["referral", "notification"].contains(&kind.name) {
        return Ok(Compartment::Hub { case });
    }
    if let ("language_prompt" | "search" | "opening", Some(user)) = (kind.name, author) {
        return Ok(Compartment::Prompts { user: user.clone() });
    }
    if let ("help_request", Some(user)) = (kind.name, author) {
        return Ok(Compartment::Staffing { user: user.clone() });
    }
    if let ("absence" | "training", Some(user)) = (kind.name, body.text("user")) {
        let user = UserId::new(user).map_err(|_| Gap::new(code::I_VALUE, "user", "not the id of a user"))?;
        return Ok(Compartment::Staffing { user });
    }
    if role.of_school() {
        let school = author_school.cloned();
        let school = school.ok_or_else(|| Gap::new(code::A_SCHOOL, "school", "the author is of no school"))?;
        return Ok(Compartment::Share { school, case });
    }
    if role == Role::Hub {
        return Ok(Compartment::Hub { case });
    }
    if role == Role::Call {
        // The first record of a call mints the case; the incident carries the same id.
        return Ok(Compartment::Call { incident: case });
    }
    if let ("action" | "action_update" | "extract", Some(school)) = (kind.name, body.text("school")) {
        let school = SchoolId::new(school).map_err(|_| Gap::new(code::I_VALUE, "school", "not the id of a school"))?;
        return Ok(Compartment::Share { school, case });
    }
    Ok(Compartment::Police { case })
}

/// The same for a school without a signed partnership: an action is shared alone, nothing else is.
#[must_use]
pub fn without_agreement(compartment: Compartment, action: RecordId) -> Compartment {
    if let Compartment::Share { school, .. } = compartment {
        return Compartment::ShareAction { school, action };
    }
    compartment
}
