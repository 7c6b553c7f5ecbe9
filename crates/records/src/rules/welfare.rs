//! R42-R48, R113: a household is seen whole, a concern is answered whole, and a reporter stays unknown.

use serde_json::{Map, Value as Json, json};
use signed::code;

use super::look::{self, answered, later, same_person, words};
use super::view::{CaseView, Row};
use super::vulnerable::stub;
use super::{Attempt, Findings, Gate, Item, Rule, To};
use crate::access::Role;
use crate::gap::Gap;
use crate::seal::filled;

pub(super) const RULES: &[Rule] = &[
    Rule { id: "R42", weigh: Some(every_child), gate: None },
    Rule { id: "R43", weigh: Some(items_whole), gate: None },
    Rule { id: "R44", weigh: None, gate: Some(close_check) },
    Rule { id: "R45", weigh: None, gate: Some(clerical) },
    Rule { id: "R46", weigh: Some(left_to_family), gate: Some(left_before_closing) },
    Rule { id: "R47", weigh: Some(screened), gate: None },
    Rule { id: "R48", weigh: Some(motive), gate: None },
    Rule { id: "R113", weigh: Some(safe_contact), gate: None },
    Rule { id: "R114", weigh: Some(child_witness), gate: None },
];

/// The lines of a check's children, by id.
fn child_lines(check: &Row) -> &[Json] {
    check.lines("children")
}

fn line_id<'a>(line: &'a Json, other: &'a str) -> &'a str {
    line.get("id").and_then(Json::as_str).unwrap_or(other)
}

/// R42: a sibling who is known and has no line reopens the check. The line itself waits for a child who was
/// only named (R119).
fn every_child(view: &CaseView<'_>, found: &mut Findings) {
    for check in view.of("welfare_check").filter(|check| check.did("attend").next().is_some()) {
        let household = |person: &&Row| {
            let there = look::is(person, "sibling") || look::is(person, "child");
            there && look::child(person, view.now) && (!stub(person) || look::is(person, "sibling"))
        };
        for person in view.of("person").filter(household) {
            let listed =
                |line: &Json| line.get("person").and_then(|who| view.named(who)).is_some_and(|row| row.id == person.id);
            if !child_lines(check).iter().any(listed) {
                let message =
                    "a child of this household has no line of their own: seen, alone, spoken to, risk, referral";
                if !stub(person) {
                    found.gap(check, code::R42_CHILD, format!("people/{}", person.id), message);
                }
                if check.status == "closed" || check.status == "closing_proposed" {
                    let text = "a child nobody listed is known now: the check is open again";
                    found.mark(check, "R42", "reopened", text);
                    let item =
                        Item::of("R42", code::R42_CHILD, check, person.since(), text).about(person.id.to_string());
                    found.owe(item.after(0, To::OwnerAndSergeant));
                }
            }
        }
    }
}

/// R43: the items of a concern travel word for word with what is made of it.
fn items_whole(view: &CaseView<'_>, found: &mut Findings) {
    for check in view.of("welfare_check") {
        let Some(concern) = check.at("request/concern").and_then(|id| view.named(id)) else { continue };
        let carried = check.at("request/concern_items").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        for item in concern.lines("concern_items") {
            let whole = |line: &Json| line.get("text") == item.get("text");
            if !carried.iter().any(whole) {
                let path = format!("request/concern_items/{}", line_id(item, "missing"));
                found.gap(check, code::R43_ITEM, path, "an item of the concern did not travel word for word");
            }
        }
    }
}

/// Everything that is open on a check (R44), gap by gap.
pub(super) fn open_on_check(view: &CaseView<'_>, check: &Row) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut gap = |code, path: String, message: &str| gaps.push(Gap::new(code, path, message));
    let concern = check.at("request/concern").and_then(|id| view.named(id));
    let carried = check.at("request/concern_items").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let items = concern.map_or(carried, |concern| concern.lines("concern_items"));
    for item in items {
        let id = line_id(item, "item");
        let answers =
            |line: &Json| line.get("concern_item").and_then(Json::as_str) == Some(id) && filled(line.get("answer"));
        if !check.lines("concern_answers").iter().any(answers) {
            gap(code::R44_CONCERN_ITEM, format!("concern_items/{id}"), "this item of the concern is not answered");
        }
    }
    if check.did("attend").next().is_none() {
        gap(code::R44_ATTENDED, "attended_at".into(), "nobody has recorded being there");
    }
    if child_lines(check).is_empty() {
        gap(code::R44_HOUSEHOLD, "children".into(), "which children live there? each has a line of their own");
    }
    for line in child_lines(check) {
        let id = line_id(line, "child");
        for field in ["seen", "seen_alone", "spoken_to", "sleeping_arrangement", "observed", "communication_need"] {
            if !answered(line.get(field)) {
                gap(code::R44_CHILD, format!("children/{id}/{field}"), "done, or why not, for this child");
            }
        }
        let decided = |one: &Json| one.get("child") == line.get("person") && filled(one.get("ref"));
        if !check.lines("referral_decision").iter().any(decided) && !answered(line.get("referral")) {
            gap(
                code::R44_REFERRAL,
                format!("children/{id}/referral"),
                "was this child referred? made, or not made and why",
            );
        }
        if !answered(line.get("risk")) {
            gap(code::R44_RISK_CHILD, format!("children/{id}/risk"), "which risk, for this child?");
        }
    }
    for (field, message) in [
        ("adults_present", "which adults were there, and how old are they?"),
        ("others_who_stay_or_visit", "who else stays or visits? none is an answer, with how it is known"),
        ("siblings_all_listed", "are all brothers and sisters listed? done, or why not"),
    ] {
        if !answered(check.value(field)) {
            gap(code::R44_HOUSEHOLD, field.into(), message);
        }
    }
    for field in ["food", "heating", "cleanliness", "bedrooms", "substances"] {
        if !answered(check.at(&format!("living_conditions/{field}"))) {
            gap(code::R44_CHECKLIST, format!("living_conditions/{field}"), "done, or why not");
        }
    }
    if !answered(check.value("reporter_contacted")) {
        gap(code::R44_REPORTER, "reporter_contacted".into(), "was whoever reported it gone back to? done, or why not");
    }
    named_adults(view, check, items, &mut gap);
    checks_and_risk(view, check, &mut gap);
    gaps
}

/// Whoever the concern is about is listed as present, staying or visiting, or a check names them.
fn named_adults(view: &CaseView<'_>, check: &Row, items: &[Json], gap: &mut impl FnMut(signed::Code, String, &str)) {
    let lists = ["adults_present", "others_who_stay_or_visit", "children"];
    let there: Vec<&Json> =
        lists.iter().flat_map(|list| check.lines(list)).filter_map(|line| line.get("person")).collect();
    for item in items {
        let Some(about) = item.get("about_person") else { continue };
        let checked = view
            .of("intelligence_check")
            .any(|one| one.value("target").is_some_and(|t| same_person(t, about)) && !one.open);
        if !there.iter().any(|who| same_person(who, about)) && !checked {
            let path = format!("concern_items/{}/about_person", line_id(item, "item"));
            gap(code::R44_PERSON, path, "whoever this item is about is neither listed nor checked");
        }
    }
}

fn checks_and_risk(view: &CaseView<'_>, check: &Row, gap: &mut impl FnMut(signed::Code, String, &str)) {
    for one in view.of("intelligence_check").filter(|one| one.open) {
        gap(
            code::R44_CHECK,
            format!("intelligence_checks/{}", one.id),
            "this check is queued or claimed: done, or not done and why",
        );
    }
    if view.of("intelligence_check").next().is_none() && !filled(check.value("intelligence_checks")) {
        gap(code::R44_CHECK, "intelligence_checks".into(), "nobody was looked up");
    }
    let assessed = super::risk::current(view).is_some() || check.value("risk").and_then(|id| view.named(id)).is_some();
    if !assessed {
        gap(code::R44_RISK, "risk".into(), "no risk assessment was made");
    }
}

/// R44: a check closes when every one of these is answered; the refusal lists each.
fn close_check(view: &CaseView<'_>, attempt: &Attempt<'_>, gate: &mut Gate) {
    if attempt.row.kind == "welfare_check" && matches!(attempt.verb, "propose_close" | "close") {
        gate.refused.extend(open_on_check(view, attempt.row));
    }
}

/// R45: nobody closes a check for "no arrest", and nobody who neither owns it nor supervises.
fn clerical(view: &CaseView<'_>, attempt: &Attempt<'_>, gate: &mut Gate) {
    if attempt.row.kind != "welfare_check" || !matches!(attempt.verb, "propose_close" | "close") {
        return;
    }
    let reason = attempt.body.get("reason").and_then(Json::as_str).unwrap_or_default().to_lowercase();
    if ["no arrest", "no crime", "nfa", "no further action", "clerical"].iter().any(|word| reason.contains(word)) {
        gate.refuse(code::R45_CLERICAL, "reason", "no arrest is no reason to close a child's check");
    }
    let user = attempt.actor.user.as_str();
    let owns = attempt.row.owners.iter().any(|owner| owner == user) || view.owner_of(attempt.row) == Some(user);
    let attended = attempt.row.did("attend").any(|step| step.author == user);
    if !owns && !attended && !attempt.actor.role.supervises() && attempt.actor.role != Role::Server {
        gate.refuse(code::R45_NOT_OWNER, "owner", "only whoever went or owns it, or a sergeant, closes a check");
    }
}

/// Who else knows something where a contact was left to the family: an enquiry for each (R46).
const ENQUIRIES: [(&str, &str); 2] = [
    ("witnesses", "a contact was left to the family: who else saw or heard something? ask them, or say why not"),
    ("schools", "a contact was left to the family: which schools know these children? ask them, or say why not"),
];

/// Records that say that a contact is left to the reporter or the family.
fn left<'a>(view: &CaseView<'a>) -> impl Iterator<Item = &'a Row> + use<'a> {
    let says = |row: &&Row| {
        let text = ["instructions", "request", "exact_request", "what_told", "advice_given", "plan"];
        let said: String = text.iter().filter_map(|field| row.value(field)).map(words).collect();
        let lower = said.to_lowercase();
        let family = ["aunt", "mother", "father", "family", "reporter", "grandmother", "parent"];
        let will = ["will approach", "will speak to", "will talk to", "to approach", "will contact", "will ask"];
        family.iter().any(|who| lower.contains(who)) && will.iter().any(|verb| lower.contains(verb))
    };
    let may = |row: &&Row| matches!(row.kind.as_str(), "contact_log" | "concern" | "case");
    view.rows.iter().filter(may).filter(says)
}

/// R46: a contact left to the reporter or the family is an officer's action, for a week at most; other
/// witnesses and the schools are asked as well.
fn left_to_family(view: &CaseView<'_>, found: &mut Findings) {
    for row in left(view) {
        let request = "a contact was left to the family or the reporter: make it, or decide with a reason";
        make_action(view, row, ("contact", "speak_to_child", request), found);
        for (target, request) in ENQUIRIES {
            make_action(view, row, (target, "enquiry", request), found);
        }
        if let Some(action) = view.row(super::made_id("R46", row.id, "contact")).filter(|action| action.open) {
            let by = action.due.unwrap_or_else(|| later(action.since(), view.policy.left_to_family_ms));
            let text = "a contact was left to the family for a week: act, or record a reasoned decision";
            found.owe(Item::of("R46", code::R46_LEFT, action, by, text).at(by, To::OwnerAndSergeant));
        }
    }
}

fn make_action(view: &CaseView<'_>, row: &Row, (target, kind, request): (&str, &str, &str), found: &mut Findings) {
    let mut body = Map::new();
    body.insert("action_kind".into(), json!(kind));
    body.insert("exact_request".into(), json!(request));
    body.insert("requested_by".into(), json!({ "person": { "as_said": "rule R46" }, "org": "police" }));
    body.insert("about".into(), json!(row.lines("subjects").iter().map(super::actions::bare).collect::<Vec<_>>()));
    body.insert("due".into(), json!(later(row.recorded_at, view.policy.left_to_family_ms).to_string()));
    if view.people.member(&row.author).is_some_and(|member| !member.role.of_school()) {
        body.insert("owner".into(), json!(row.author));
    }
    found.make("R46", row, target, "action", body);
}

/// R46: while that contact is open and a victim unheard, or nobody has asked who else knows, the case
/// stays open.
fn left_before_closing(view: &CaseView<'_>, attempt: &Attempt<'_>, gate: &mut Gate) {
    if attempt.row.kind != "case" || !matches!(attempt.verb, "propose_close" | "close") {
        return;
    }
    let waits = |row: &Row, target: &str| {
        let id = super::made_id("R46", row.id, target);
        let done = |action: &Row| !action.open || matches!(action.status.as_str(), "completed" | "outcome_told");
        (!view.row(id).is_some_and(done)).then_some(id)
    };
    for row in left(view) {
        if waits(row, "contact").is_some() {
            for person in super::supervision::unheard(view) {
                let message = "this contact was left to the family, and no officer has spoken to them";
                gate.refuse(code::R46_NOT_CONTACTED, format!("people/{}", person.id), message);
            }
        }
        for id in ENQUIRIES.iter().filter_map(|(target, _)| waits(row, target)) {
            let message = "other witnesses and the schools are not considered: ask, or say why not";
            gate.refuse(code::R46_NOT_CONSIDERED, format!("actions/{id}"), message);
        }
    }
}

/// R47: a record outside the vault in which words would tell who the reporter is says so to whoever holds both. Words
/// that were said are not altered: it is a mark, and nothing that could ever be answered.
fn screened(view: &CaseView<'_>, found: &mut Findings) {
    let vault = |row: &&Row| matches!(row.compartment, crate::Compartment::Reporter { .. });
    if !view.rows.iter().any(|row| vault(&row)) {
        return;
    }
    let screen = crate::veil::secret(view.rows);
    for row in view.rows.iter().filter(|row| !vault(row)) {
        if !screen.finds(&words(&row.body)).is_empty() {
            found.mark(row, "R47", "names_reporter", "words in it would tell who the reporter is");
        }
    }
}

/// R114: a child who reported or saw is named to others only by a sergeant's decision.
fn child_witness(view: &CaseView<'_>, found: &mut Findings) {
    let young =
        |person: &&Row| (look::is(person, "witness") || look::is(person, "reporter")) && look::child(person, view.now);
    for referral in view.of("referral") {
        for person in view.of("person").filter(young) {
            let named = crate::rules::named(&referral.body).contains(&person.id)
                || person
                    .lines("names")
                    .iter()
                    .filter_map(Json::as_str)
                    .any(|name| words(&referral.body).contains(name));
            let decides = |step: &super::StepRow| step.verb == "acknowledge" && step.role.supervises();
            let decided =
                filled(referral.value("lawful_basis_to_name_child_witness")) || referral.steps.iter().any(decides);
            if named && !decided {
                let message = "a child who reported or saw is named: only on a sergeant's decision";
                found.gap(referral, code::R114_CHILD_WITNESS, format!("people/{}", person.id), message);
                let item = Item::of("R114", code::R114_CHILD_WITNESS, referral, referral.since(), message);
                found.owe(item.about(person.id.to_string()).after(0, To::Sergeant));
            }
        }
    }
}

/// R48: what is said of a reporter's motive is an opinion, and leaves with a referral only where a
/// sergeant approved its basis.
fn motive(view: &CaseView<'_>, found: &mut Findings) {
    use crate::withhold::{approved, of_motive};
    for referral in view.of("referral") {
        for (at, fact) in referral.lines("facts").iter().enumerate() {
            if fact.as_str().is_some_and(of_motive) {
                found.gap(
                    referral,
                    code::R48_MOTIVE,
                    format!("facts/{at}"),
                    "what a reporter may want is an opinion, not a fact",
                );
            }
        }
        for line in referral.lines("opinion") {
            if line.get("text").and_then(Json::as_str).is_some_and(of_motive) && !approved(line) {
                let path = format!("opinion/{}", line_id(line, "line"));
                found.gap(
                    referral,
                    code::R48_MOTIVE,
                    path,
                    "kept out of the referral until a sergeant approves its basis",
                );
            }
        }
    }
}

/// Whom somebody of the case must not be given away to.
pub(super) fn must_not_know<'a>(view: &CaseView<'a>) -> Vec<&'a Json> {
    let lists = view.of("person").filter_map(|person| person.at("safe_contact/not_to_know").and_then(Json::as_array));
    lists.flatten().collect()
}

/// R113: who must not know is not called, invited or told before a sergeant has looked.
fn safe_contact(view: &CaseView<'_>, found: &mut Findings) {
    let barred = must_not_know(view);
    for meeting in view.of("meeting").filter(|meeting| meeting.open) {
        for line in meeting.lines("invited") {
            let Some(who) = line.get("person").filter(|who| barred.iter().any(|known| same_person(known, who))) else {
                continue;
            };
            let id = line_id(line, "invited");
            let message = "this person must not know: a sergeant looks at it first";
            found.gap(meeting, code::R113_NOT_TO_KNOW, format!("invited/{id}"), message);
            let item = Item::of(
                "R113",
                code::R113_NOT_TO_KNOW,
                meeting,
                meeting.since(),
                "somebody who must not know was invited",
            );
            found.owe(item.about(who.to_string()).after(0, To::Sergeant));
        }
    }
    for check in view.of("welfare_check").filter(|check| check.open && !barred.is_empty()) {
        found.mark(
            check,
            "R113",
            "careful_contact",
            "somebody there must not know: read how to approach before you go",
        );
    }
}
