//! R88: what was released to a school stays as it was released, whoever holds its source sees when that has moved on;
//! and nothing is given to somebody who may not hold it.

use serde_json::{Value as Json, json};
use signed::digest::sha256;
use signed::{cbor, code};

use super::view::{CaseView, Row, StepRow};
use super::{Attempt, Findings, Gate, Item, Rule, To};
use crate::access::{Compartment, Role, may_be_given};

pub(super) const RULES: &[Rule] = &[Rule { id: "R88", weigh: Some(released_and_owned), gate: Some(given_in_vain) }];

fn released_and_owned(view: &CaseView<'_>, found: &mut Findings) {
    older_than_its_source(view, found);
    for row in view.rows {
        owned_in_vain(view, row, found);
        shared_in_vain(view, row, found);
    }
}

/// Whoever is named to do something and may not hold it never hears of it. Whoever named them does; where that was
/// a rule, whoever answers for the case.
fn owned_in_vain(view: &CaseView<'_>, row: &Row, found: &mut Findings) {
    let author = if row.role == Role::Server { view.own().and_then(Row::owner) } else { Some(row.author.as_str()) };
    for owner in row.owners.iter().filter(|owner| row.open && gives_nothing(view, row, &row.compartment, owner)) {
        let message = "whoever is to do this may not hold it and never hears of it: it is for somebody else to do";
        found.gap(row, code::R88_RECIPIENT, format!("owner/{owner}"), message);
        let item = Item::of("R88", code::R88_RECIPIENT, row, row.since(), message).about(format!("owner/{owner}"));
        found.owe(item.after(0, told(view, author)));
    }
}

/// Whoever shared it without being able to know that it gives nobody anything hears of it, until they say so. Whom the
/// server tells of a match is told, whatever they may hold of it.
fn shared_in_vain(view: &CaseView<'_>, row: &Row, found: &mut Findings) {
    for step in row.did("share").filter(|step| row.open && step.role != Role::Server) {
        let Some(to) = step.body.get("to").and_then(Json::as_str) else { continue };
        let read = |later: &StepRow| later.verb == "acknowledge" && later.author == step.author && later.at >= step.at;
        if gives_nothing(view, row, &row.compartment, to) && !row.steps.iter().any(read) {
            let text = "whom you shared this with may not hold it: it does not reach them";
            let item = Item::of("R88", code::R88_RECIPIENT, row, step.at, text).about(to);
            found.owe(item.after(0, told(view, Some(&step.author))));
        }
    }
}

/// Whoever gave it; where they have left or nobody did, the sergeant.
fn told(view: &CaseView<'_>, user: Option<&str>) -> To {
    let here = user.filter(|user| !view.whole || view.people.member(user).is_some());
    here.map_or(To::Sergeant, |user| To::User(user.to_owned()))
}

/// A record that is shared with, assigned, sent or handed to somebody who may not hold it would reach nobody, and
/// whoever gave it would think that it did.
fn given_in_vain(view: &CaseView<'_>, attempt: &Attempt<'_>, gate: &mut Gate) {
    let row = attempt.row;
    let path = match attempt.verb {
        "share" | "assign" | "forward" | "dispatch" | "hand_over" => "to",
        "add_member" => "user",
        _ => return,
    };
    let Some(to) = attempt.body.get(path).and_then(Json::as_str) else { return };
    // Members of a case may be of the hub or a school, who hold other parts of it.
    let all = view.rows.iter().map(|row| row.compartment.clone()).filter(|part| part.user().is_none());
    let all = all.chain([Compartment::Hub { case: view.case }]);
    let parts: Vec<Compartment> =
        if attempt.verb == "add_member" { all.collect() } else { vec![row.compartment.clone()] };
    if parts.iter().all(|part| gives_nothing(view, row, part, to)) {
        let message = "they may not hold this and nothing would reach them: release an extract, or ask their school \
                       by an action of its own";
        gate.refuse(code::R88_RECIPIENT, path, message);
    }
}

/// Whether somebody is one who may not hold what lies there. Whom a device does not know it lets pass: the server
/// knows everybody.
fn gives_nothing(view: &CaseView<'_>, row: &Row, compartment: &Compartment, user: &str) -> bool {
    if user.starts_with("team:") {
        return false;
    }
    let Some(member) = view.people.member(user) else { return view.whole };
    // R111: what is restricted reaches inspectors and their author alone.
    let restricted = view.own().is_some_and(|case| case.value("restricted") == Some(&Json::Bool(true)));
    if restricted
        && compartment.user().is_none()
        && !matches!(member.role, Role::Inspector | Role::Command | Role::Server)
        && row.author != user
    {
        return true;
    }
    // A device may not know of which school somebody is.
    let known = !member.role.of_school() || !member.schools.is_empty();
    known && !may_be_given(member.role, &member.schools, compartment)
}

/// The parts of a record and its addenda, as one reader sees them, in a form that shows only whether they changed.
/// It stands in the record itself and nowhere a school reads.
#[must_use]
pub fn as_it_stands(row: &Row, parts: &[String]) -> String {
    let parts: Vec<Json> = parts.iter().map(|part| json!([part, row.value(part)])).collect();
    let all = json!([parts, row.did("addendum").count()]);
    // What no statement could hold stands in no record.
    let bytes = cbor::Value::from_json(&all).map(|value| cbor::encode(&value)).unwrap_or_default();
    sha256(&bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An extract whose source was added to, or changed in a part that was released, says so to whoever holds both.
fn older_than_its_source(view: &CaseView<'_>, found: &mut Findings) {
    for extract in view.of("extract") {
        let Some(source) = extract.value("of").and_then(|of| view.named(of)) else { continue };
        let id = extract.id.to_string();
        let of_this = |step: &&StepRow| step.body.get("extract").and_then(Json::as_str) == Some(&id);
        let Some(released) = source.did("release_extract").find(of_this) else { continue };
        let lines = extract.lines("parts").iter();
        let parts: Vec<String> = lines.filter_map(Json::as_str).map(str::to_owned).collect();
        let seen = released.body.get("seen").and_then(Json::as_str);
        if seen.is_some_and(|seen| seen != as_it_stands(source, &parts)) {
            let text = "what this was taken from has been added to or changed since: it is older than its source";
            found.mark(extract, "R88", "older_than_source", text);
        }
    }
}
