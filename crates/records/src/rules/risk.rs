//! R38-R41, R104-R106: a risk rests on what is known, goes stale, and is never lowered by what is not.

use serde_json::{Map, Value as Json, json};
use signed::{RecordId, Timestamp, code};

use super::look::{self, child, later};
use super::view::{CaseView, Row};
use super::{Attempt, Findings, Gate, Item, Rule, To};
use crate::kinds::risk::{ACCESS_PLACES, fields_of, places_unknown};
use crate::seal::filled;

pub(super) const RULES: &[Rule] = &[
    Rule { id: "R38", weigh: Some(every_field), gate: None },
    Rule { id: "R39", weigh: Some(positive_action), gate: None },
    Rule { id: "R40", weigh: Some(no_contact), gate: None },
    Rule { id: "R41", weigh: Some(stale), gate: None },
    Rule { id: "R104", weigh: Some(safety_plans), gate: Some(planned_before_closing) },
    Rule { id: "R105", weigh: Some(reasons_alone), gate: None },
    Rule { id: "R106", weigh: Some(submission_owed), gate: None },
];

fn sealed<'a>(view: &CaseView<'a>) -> impl Iterator<Item = &'a Row> + use<'a> {
    view.of("risk_assessment").filter(|risk| risk.sealed)
}

/// The newest assessment that no other supersedes.
pub(super) fn current<'a>(view: &CaseView<'a>) -> Option<&'a Row> {
    let ladder = |risk: &&Row| !matches!(risk.text("model"), Some("THOR" | "NDM"));
    sealed(view).filter(ladder).max_by_key(|risk| (risk.since(), risk.id))
}

/// How many of its model's fields are unknown, and of the places where children may be met (R40).
fn unknowns(risk: &Row) -> usize {
    let fields = fields_of(risk.text("model").unwrap_or_default());
    let unknown = |field: &&&str| risk.value(field).is_some_and(|value| value.get("unknown").is_some());
    let places = if super::switch::on("R40") { risk.body.as_object().map_or(0, places_unknown) } else { 0 };
    fields.iter().filter(unknown).count() + places
}

/// R38: every field of the model is a value, or why it is not known; a low level with unknowns stands
/// only with a sergeant's endorsement.
fn every_field(view: &CaseView<'_>, found: &mut Findings) {
    for risk in sealed(view) {
        for field in fields_of(risk.text("model").unwrap_or_default()) {
            let stated =
                risk.value(field).is_some_and(|value| filled(value.get("value")) || filled(value.get("unknown")));
            if !stated {
                found.gap(risk, code::R38_FIELD, *field, "a value, or why it is not known: unknown is never no");
            }
        }
        let low = risk.text("level") == Some("low");
        let endorsed = risk.did("endorse").any(|step| step.role.supervises());
        if low && unknowns(risk) >= view.policy.unknowns_need_endorsement && !endorsed {
            let message = "low with something unknown: a sergeant endorses it, or it is asked";
            found.gap(risk, code::R38_ENDORSEMENT, "level", message);
            found.mark(risk, "R38", "unendorsed", "low with something unknown, and no sergeant has endorsed it");
            let text = "a low level rests on something unknown: endorse it, or have it asked";
            found.owe(Item::of("R38", code::R38_ENDORSEMENT, risk, risk.since(), text).after(0, To::Sergeant));
        }
    }
}

/// R39: an assessment of who may abuse asks for action within days, by a deadline of its own.
fn positive_action(view: &CaseView<'_>, found: &mut Findings) {
    for risk in sealed(view) {
        let Some(level) = risk.text("kirat_level").or_else(|| kirat(risk)) else { continue };
        let high = matches!(level, "high" | "very_high");
        let policy = view.policy;
        let ms = if high { policy.positive_action_high_ms } else { policy.positive_action_ms };
        let body = positive_action_by(view, risk, later(risk.recorded_at, ms));
        found.make("R39", risk, "positive_action", "deadline", body);
        let deadline = view.row(super::made_id("R39", risk.id, "positive_action"));
        if deadline.is_some_and(|deadline| deadline.status == "answered") {
            continue;
        }
        let text = "positive action on an assessment of who may abuse has not been recorded";
        let item = Item::of("R39", code::R39_POSITIVE_ACTION, risk, risk.since(), text);
        // What was addressed to inspectors starts above them.
        let addressed = risk.lines("addressed_to").iter().filter_map(Json::as_str);
        let above = addressed.into_iter().any(|user| view.people.role(user) == Some(crate::access::Role::Inspector));
        found.owe(match (high, above) {
            (true, false) => item
                .after(0, To::Owner)
                .after(policy.positive_action_sergeant_ms, To::Sergeant)
                .after(policy.positive_action_high_ms, To::Inspector),
            (true, true) => item.after(0, To::Owner).after(policy.positive_action_high_ms, To::Command),
            (false, true) => item.after(policy.positive_action_ms, To::Command),
            (false, false) => item.after(policy.positive_action_ms, To::Sergeant),
        });
    }
}

fn kirat(risk: &Row) -> Option<&str> {
    risk.text("level").filter(|_| risk.text("model") == Some("KIRAT"))
}

/// R40: "no contact with children" is known of six places, or it is unknown.
fn no_contact(view: &CaseView<'_>, found: &mut Findings) {
    let message = "no contact with children: known how, here? what is blank counts as unknown";
    for risk in sealed(view).filter(|risk| look::yes(risk.value("no_contact_with_children"))) {
        let mut open = false;
        for place in ACCESS_PLACES {
            let known = risk.at(&format!("child_access/{place}"));
            if !known.is_some_and(|line| filled(line.get("yn3")) && filled(line.get("evidence"))) {
                open = true;
                found.gap(risk, code::R40_ACCESS, format!("child_access/{place}"), message);
            }
        }
        if open {
            found.mark(
                risk,
                "R40",
                "access_unknown",
                "contact with children is unknown: not every place was asked about",
            );
        }
    }
    for person in view.of("person") {
        let contact = person.value("contact_with_children");
        if contact.is_some_and(|value| look::no(value.get("yn3")))
            && !contact.is_some_and(|v| filled(v.get("evidence")))
        {
            found.gap(person, code::R40_ACCESS, "contact_with_children/evidence", message);
        }
    }
    among_children(view, found);
}

/// R40: somebody works among children and the level was set without it: high is suggested, and what is done
/// about it has the week of a high level.
fn among_children(view: &CaseView<'_>, found: &mut Findings) {
    let lower = current(view).filter(|risk| !matches!(risk.text("level"), Some("high" | "very_high")));
    let Some(risk) = lower else { return };
    for person in work_not_weighed(view, risk) {
        let text = "somebody works where children are, and the level was set without it: high is suggested";
        found.mark(risk, "R40", "high_suggested", text);
        let item = Item::of("R40", code::R40_HIGH, risk, person.since(), text).about(person.id.to_string());
        found.owe(item.after(0, To::OwnerAndSergeant));
        let known = work_known_at(person).min(view.now);
        let due = later(known, view.policy.positive_action_high_ms);
        found.make("R40", person, "positive_action", "deadline", positive_action_by(view, risk, due));
    }
}

/// Suspects whose work is among children though this assessment of who may abuse does not say so.
fn work_not_weighed<'a>(view: &CaseView<'a>, risk: &'a Row) -> Vec<&'a Row> {
    let asks = risk.text("model") == Some("KIRAT")
        || ["kirat_level", "no_contact_with_children", "child_access"].iter().any(|field| risk.value(field).is_some());
    let says = ["job", "volunteering"].iter().any(|place| look::yes(risk.at(&format!("child_access/{place}/yn3"))));
    let unweighed = |person: &&Row| asks && !says && look::is(person, "suspect") && works_with_children(person);
    view.of("person").filter(unweighed).collect()
}

/// When it was written down: a line's id tells when its device made it.
fn work_known_at(person: &Row) -> Timestamp {
    let made = |line: &Json| line.get("id")?.as_str()?.parse::<RecordId>().ok()?.minted_at();
    let lines = person.lines("jobs_and_volunteering").iter().filter(|line| among(line));
    lines.filter_map(made).max().unwrap_or(person.recorded_at).max(person.recorded_at)
}

/// The deadline by which something is done about an assessment.
fn positive_action_by(view: &CaseView<'_>, risk: &Row, due: Timestamp) -> Map<String, Json> {
    let mut body = Map::new();
    body.insert("deadline_kind".into(), json!("positive_action"));
    body.insert("due".into(), json!(due.to_string()));
    body.insert("for_record".into(), json!(risk.id.to_string()));
    if view.people.member(&risk.author).is_some() {
        body.insert("owner".into(), json!(risk.author));
    }
    body.insert("what".into(), json!("positive action on this assessment"));
    body
}

/// What came to a case after a moment and makes its assessment stale.
fn news<'a>(view: &CaseView<'a>, risk: &'a Row) -> Vec<&'a Row> {
    let unchanged: Vec<&str> = risk.did("unchanged").filter_map(|step| step.body.get("item")?.as_str()).collect();
    let counts = |row: &&Row| match row.kind.as_str() {
        "concern" | "disclosure" => true,
        // R103: what protected somebody and does no more.
        "protective_measure" => super::measures::ended_at(row, view.now).is_some(),
        "intelligence_check" => row.at("result/found").is_some_and(|result| result.get("hit").is_some()),
        // A possible match as well, until somebody says that it is none; what many share tells nothing.
        "match" => row.status != "rejected" && row.body.get("shared") != Some(&Json::Bool(true)),
        "person" => !row.lines("markers").is_empty() || works_with_children(row),
        _ => false,
    };
    let when = |row: &Row| match row.kind.as_str() {
        "match" => row.did("confirm_match").next_back().map_or(row.since(), |step| step.at),
        "intelligence_check" => row.did("complete").next_back().map_or(row.since(), |step| step.at),
        "protective_measure" => super::measures::ended_at(row, view.now).unwrap_or(row.since()),
        _ => row.since(),
    };
    let others = view.matches().filter(|found| !view.rows.iter().any(|row| row.id == found.id));
    let later = view.rows.iter().chain(others).filter(|row| when(row) > risk.since());
    let immediate = |row: &Row| row.immediate();
    let mut news: Vec<&Row> = later.filter(counts).collect();
    // Work that was added to somebody known before: the assessment does not say so, whenever it was written down.
    news.extend(work_not_weighed(view, risk));
    news.retain(|row| immediate(row) || !unchanged.contains(&row.id.to_string().as_str()));
    news
}

fn works_with_children(person: &Row) -> bool {
    person.lines("jobs_and_volunteering").iter().any(among)
}

/// Whether this work or volunteering is among children.
fn among(line: &Json) -> bool {
    let work = line.get("what").and_then(Json::as_str).unwrap_or_default().to_lowercase();
    look::yes(line.get("contact_with_children"))
        || ["police", "teacher", "school", "nurse", "coach", "care"].iter().any(|word| work.contains(word))
}

/// R41: something new on the case: its assessment is stale until it is made again.
fn stale(view: &CaseView<'_>, found: &mut Findings) {
    let Some(risk) = current(view) else { return };
    let news = news(view, risk);
    let Some(first) = news.first() else { return };
    let text = "something new came to this case since its risk was assessed: assess it again";
    for row in [Some(risk), view.own()].into_iter().flatten() {
        found.mark(row, "R41", "stale", text);
        found.gap(row, code::R41_STALE, "current_risk", text);
    }
    let item = Item::of("R41", code::R41_STALE, risk, first.since(), text).about(first.id.to_string());
    found.owe(item.after(0, To::OwnerAndSergeant));
}

/// Whether a plan only waits: for a result, for a decision.
fn waits(plan: &Row) -> bool {
    let text = plan.text("plan").unwrap_or_default().to_lowercase();
    ["await", "wait for", "pending result"].iter().any(|word| text.contains(word))
}

/// Children within reach of a suspect whom no plan keeps safe.
fn unplanned<'a>(view: &CaseView<'a>, counts: impl Fn(&Row) -> bool) -> Vec<&'a Row> {
    if !access(view) {
        return Vec::new();
    }
    let children = view.of("person").filter(|person| look::is(person, "child") && child(person, view.now));
    let planned = |person: &&Row| {
        let named =
            |plan: &Row| plan.value("child").and_then(|who| view.named(who)).is_some_and(|row| row.id == person.id);
        !view.of("safety_plan").any(|plan| plan.open && named(plan) && counts(plan))
    };
    children.filter(planned).collect()
}

/// R104: a case does not close over a child who is within reach and has no plan but to wait.
fn planned_before_closing(view: &CaseView<'_>, attempt: &Attempt<'_>, gate: &mut Gate) {
    if attempt.row.kind == "case" && matches!(attempt.verb, "propose_close" | "close") {
        for person in unplanned(view, |plan| !waits(plan)) {
            let message = "somebody may have access to this child: what keeps them safe?";
            gate.refuse(code::R104_NO_PLAN, format!("people/{}", person.id), message);
        }
    }
}

/// R104: while somebody may have access to a child, each child has a plan, which is not to wait.
fn safety_plans(view: &CaseView<'_>, found: &mut Findings) {
    for plan in view.of("safety_plan").filter(|plan| plan.open) {
        if waits(plan) {
            found.gap(
                plan,
                code::R104_AWAITS,
                "plan",
                "a plan does not wait for a result: what keeps the child safe until then?",
            );
        }
        let review = plan.due.or_else(|| look::time(plan.value("review_by")));
        let latest = later(plan.recorded_at, view.policy.safety_plan_ms);
        let at = review.filter(|review| *review < latest).unwrap_or(latest);
        let reviewed = plan.did("reviewed").next_back().map(|step| later(step.at, view.policy.safety_plan_ms));
        let text = "a child's safety plan is due for review";
        let item = Item::of("R104", code::R104_REVIEW, plan, plan.since(), text).about("review");
        found.owe(item.at(reviewed.unwrap_or(at), To::OwnerAndSergeant));
    }
    for person in unplanned(view, |_| true) {
        let message = "somebody may have access to this child: what keeps them safe?";
        found.gap(person, code::R104_NO_PLAN, format!("people/{}", person.id), message);
    }
    for device in view.of("device_seen").filter(|device| !filled(device.value("taken"))) {
        let text = "a device was seen and nobody wrote down whether it was taken, or why not";
        let item = Item::of("R104", code::R104_DEVICE, device, device.since(), text).about("device");
        found.owe(item.after(0, To::Sergeant));
        found.gap(device, code::R104_DEVICE, "taken", "seized, not seized and why, or not asked and why");
    }
}

/// Whether a suspect has, or may have, access to a child.
pub(super) fn access(view: &CaseView<'_>) -> bool {
    let suspect = |person: &Row| {
        let contact = person.at("contact_with_children/yn3");
        look::is(person, "suspect") && (look::yes(contact) || contact.is_none_or(|v| v.get("unknown").is_some()))
    };
    let said = |row: &Row| look::yes(row.at("immediate_safety/suspect_access"));
    view.of("person").any(suspect) || view.of("disclosure").any(said)
}

/// R105: weak evidence, a charging decision, a withdrawal or another agency is no reason alone; another
/// agency counts once it has confirmed it by name and date.
fn reasons_alone(view: &CaseView<'_>, found: &mut Findings) {
    const ALONE: [&str; 4] = ["weak_evidence", "charging_decision", "withdrawal", "other_agency"];
    for risk in sealed(view).filter(|risk| matches!(risk.text("level"), Some("low" | "medium"))) {
        let because: Vec<&str> =
            risk.at("reason/because").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect();
        if !because.is_empty() && because.iter().all(|reason| ALONE.contains(reason)) {
            found.gap(risk, code::R105_ALONE, "reason", "this cannot stand alone as the reason for a low level");
        }
        for line in risk.lines("relied_on") {
            if !(filled(line.get("confirmed_by")) && filled(line.get("at"))) {
                let id = line.get("id").and_then(Json::as_str).unwrap_or("relied_on");
                let message = "that agency has not confirmed it by name and date: until then it is unknown";
                found.gap(risk, code::R105_UNCONFIRMED, format!("relied_on/{id}"), message);
            }
        }
    }
}

/// R106: who names a possible suspect, venue or group hands it on as intelligence within a day, or says
/// why not, even if the child denies it.
fn submission_owed(view: &CaseView<'_>, found: &mut Findings) {
    for row in view.rows.iter().filter(|row| row.sealed && matches!(row.kind.as_str(), "concern" | "disclosure")) {
        let suspect = |line: &Json| line.get("role_said").and_then(Json::as_str) == Some("suspect");
        let group = look::has(row, "indicators", "named_group") || look::has(row, "indicators", "older_person");
        let names = row.lines("named_people").iter().any(suspect) || !row.lines("venues").is_empty() || group;
        let of_row = |one: &Row| one.text("from_record") == Some(row.id.to_string().as_str());
        if names && !view.of("intelligence_submission").any(of_row) {
            let text = "a possible suspect, venue or group was named: hand it on as intelligence, or say why not";
            let item = Item::of("R106", code::R106_SUBMISSION, row, row.since(), text);
            found.owe(item.after(0, To::Owner).after(view.policy.submission_ms, To::Sergeant));
        }
    }
}
