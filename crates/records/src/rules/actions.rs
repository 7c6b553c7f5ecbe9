//! R49-R57 and R101: what somebody asked for is written down, answered, done, shown and told.

use serde_json::{Map, Value as Json, json};
use signed::{RecordId, Timestamp, code};

use super::look::later;
use super::view::{CaseView, Row};
use super::{Attempt, Findings, Gate, Item, Rule, To};
use crate::access::Role;
use crate::worktime;

pub(super) const RULES: &[Rule] = &[
    Rule { id: "R49", weigh: Some(copy_to_requester), gate: None },
    Rule { id: "R50", weigh: Some(unanswered), gate: None },
    Rule { id: "R52", weigh: Some(forwarded), gate: None },
    Rule { id: "R53", weigh: Some(evidence_on_its_way), gate: Some(needs_evidence) },
    Rule { id: "R54", weigh: Some(outcome_untold), gate: Some(told_and_seen) },
    Rule { id: "R55", weigh: Some(promises), gate: None },
    Rule { id: "R57", weigh: Some(further_concern), gate: None },
    Rule { id: "R101", weigh: Some(confirm_or_differ), gate: None },
];

/// Whoever an action was asked by, where they are a user: the person it names, else its author.
fn requester<'a>(view: &CaseView<'a>, action: &'a Row) -> Option<&'a str> {
    let named = action.at("requested_by/person/as_said").and_then(Json::as_str);
    let user = named.filter(|user| view.people.member(user).is_some());
    user.or_else(|| view.people.member(&action.author).map(|member| member.user.as_str()))
}

/// R49: who asked gets a copy and is asked whether that is what they asked for.
fn copy_to_requester(view: &CaseView<'_>, found: &mut Findings) {
    for action in view.of("action") {
        let Some(user) = requester(view, action).filter(|user| *user != action.author) else { continue };
        let answered = |step: &super::StepRow| {
            step.author == user && matches!(step.verb.as_str(), "confirm" | "differs" | "confirm_seen" | "acknowledge")
        };
        if !action.steps.iter().any(answered) {
            let text = "this was written down as asked by you: is it what you asked for?";
            let item = Item::of("R49", code::R49_CONFIRM, action, action.since(), text);
            found.owe(item.after(0, To::User(user.to_owned())));
        }
    }
}

/// R50: accepted or declined in time; silence climbs. A refusal goes back to whoever asked, and to the
/// sergeant.
fn unanswered(view: &CaseView<'_>, found: &mut Findings) {
    for action in view.of("action") {
        if action.status == "declined" {
            let at = action.did("decline").next_back().map_or(action.since(), |step| step.at);
            let item = Item::of("R50", code::R50_DECLINED, action, at, "this was declined: the reason stands with it");
            let item = item.about("declined").after(0, To::Sergeant);
            let asked = requester(view, action).map(|user| To::User(user.to_owned()));
            found.owe(match asked {
                Some(to) => item.after(0, to),
                None => item,
            });
            continue;
        }
        // A queue's silence is R19's, an urgent one's nobody R16's.
        if action.status != "requested" || action.unowned() {
            continue;
        }
        let since = action.did("forward").next_back().map_or(action.since(), |step| step.at);
        let policy = view.policy;
        let step = |times: i64| match action.urgent() {
            true => later(since, policy.queue_urgent_ms * times),
            false => worktime::after_working_ms(since, policy.answer_working_ms * times, policy),
        };
        let text = "accept or decline with a reason: silence is no answer";
        let item = Item::of("R50", code::R50_UNANSWERED, action, since, text).about("answer");
        found.owe(
            item.at(since, To::Owner).at(step(1), To::Sergeant).at(step(2), To::Inspector).at(step(3), To::Command),
        );
    }
}

/// R52: the words of what was asked go on whole, and the new holder has to accept: until then the one
/// who forwarded answers for it.
fn forwarded(view: &CaseView<'_>, found: &mut Findings) {
    for action in view.of("action").filter(|action| action.status == "requested") {
        let Some(last) = action.did("forward").next_back() else { continue };
        if last.body.get("original_intact") != Some(&Json::Bool(true)) {
            found.gap(action, code::R52_NOT_INTACT, "exact_request", "it was forwarded without its original words");
        }
        let text = "what you forwarded has not been accepted yet: it is still yours to see to";
        let item = Item::of("R52", code::R52_NOT_ACCEPTED, action, last.at, text);
        let at = match action.urgent() {
            true => later(last.at, view.policy.queue_urgent_ms),
            false => worktime::after_working_ms(last.at, view.policy.answer_working_ms, view.policy),
        };
        found.owe(item.about(last.statement.to_string()).at(at, To::User(last.author.clone())));
    }
}

/// R53: what was named as evidence has to be there within a day, or the work counts as not done.
fn evidence_on_its_way(view: &CaseView<'_>, found: &mut Findings) {
    for action in view.of("action").filter(|action| matches!(action.status.as_str(), "completed" | "outcome_told")) {
        let waits = |line: &&Json| line.get("state").and_then(Json::as_str) == Some("queued");
        if action.lines("evidence").iter().any(|line| waits(&line)) {
            let at = action.did("complete").next_back().map_or(action.since(), |step| step.at);
            let text = "the file that shows it was done has not arrived: it counts as in progress";
            let item = Item::of("R53", code::R53_NOT_ARRIVED, action, at, text);
            found.owe(item.after(view.policy.evidence_queued_ms, To::OwnerAndSergeant));
        }
    }
}

/// R53: nothing is completed without something that shows it. What a file is required for is weighed
/// where the step is planned.
fn needs_evidence(view: &CaseView<'_>, attempt: &Attempt<'_>, gate: &mut Gate) {
    if attempt.row.kind != "action" || attempt.verb != "complete" {
        return;
    }
    let lines = attempt.body.get("evidence").and_then(Json::as_array).into_iter().flatten();
    let refers = |line: &Json| line.get("ref").and_then(Json::as_str).and_then(|id| id.parse::<RecordId>().ok());
    for line in lines {
        // A record that is named has to be one, and sealed.
        if let Some(row) = refers(line).and_then(|id| view.row(id))
            && !row.sealed
        {
            gate.refuse(code::R53_EVIDENCE, "evidence", "the record named as evidence is not sealed");
        }
    }
}

/// R54: what is done stays open until whoever asked has been told and has seen it.
fn outcome_untold(view: &CaseView<'_>, found: &mut Findings) {
    for action in view.of("action") {
        let Some(done) = action.did("complete").next_back() else { continue };
        match action.status.as_str() {
            "completed" => {
                let text = "done: now tell whoever asked for it what came of it, or say why it cannot be told";
                let item = Item::of("R54", code::R54_NOT_TOLD, action, done.at, text).about("tell");
                let due = worktime::end_of_next_working_day(done.at, view.policy);
                found.owe(item.at(done.at, To::Owner).at(due, To::Sergeant));
            }
            "outcome_told" => {
                let told = action.did("tell_outcome").next_back().map_or(done.at, |step| step.at);
                let days = view.policy.unseen_school_days;
                let text = "whoever asked has been told and has not seen it: a sergeant may close it with a reason";
                let item = Item::of("R54", code::R54_NOT_SEEN, action, told, text).about("seen");
                found.owe(item.at(worktime::after_school_days(told, days, view.policy), To::Sergeant));
            }
            _ => {}
        }
    }
}

/// R54 on a device that does not know whether it was seen, and for a case: closed before it is told.
fn told_and_seen(view: &CaseView<'_>, attempt: &Attempt<'_>, gate: &mut Gate) {
    if attempt.row.kind != "case" || !matches!(attempt.verb, "propose_close" | "close") {
        return;
    }
    for action in view.of("action").filter(|action| action.status == "completed") {
        gate.refuse(code::R54_NOT_TOLD, format!("actions/{}", action.id), "done, and nobody who asked was told");
    }
}

/// R55: what was said will be done is an action of its own, due in a day where no time was said.
fn promises(view: &CaseView<'_>, found: &mut Findings) {
    for (kind, list, every) in
        [("disclosure", "told_child", true), ("concern", "advice_given", false), ("contact_log", "what_told", false)]
    {
        for row in view.of(kind).filter(|row| row.sealed) {
            for (at, line) in row.lines(list).iter().enumerate() {
                let said = line.get("text").and_then(Json::as_str).unwrap_or_default();
                if every || promises_something(said) {
                    let id = line.get("id").and_then(Json::as_str).map_or_else(|| at.to_string(), str::to_owned);
                    promise(view, row, &id, said, line.get("due"), found);
                }
            }
        }
    }
}

fn promise(view: &CaseView<'_>, row: &Row, line: &str, said: &str, due: Option<&Json>, found: &mut Findings) {
    let due = due.cloned().unwrap_or_else(|| json!(later(row.recorded_at, view.policy.promise_ms).to_string()));
    let mut body = Map::new();
    body.insert("action_kind".into(), json!("promise"));
    body.insert("exact_request".into(), json!(said));
    body.insert("requested_by".into(), json!({ "person": { "record": row.id.to_string() }, "org": "promised" }));
    body.insert("about".into(), json!(row.lines("subjects").iter().map(bare).collect::<Vec<_>>()));
    body.insert("due".into(), due);
    body.insert("urgency".into(), json!("standard"));
    if view.people.member(&row.author).is_some() {
        body.insert("owner".into(), json!(row.author));
    }
    found.make("R55", row, line, "action", body);
}

/// A subject without its line's id.
pub(super) fn bare(line: &Json) -> Json {
    let mut line = line.clone();
    if let Json::Object(map) = &mut line {
        map.remove("id");
    }
    line
}

/// Whether words say that something will be done.
fn promises_something(text: &str) -> bool {
    let lower = format!(" {} ", text.to_lowercase());
    [" will ", "'ll ", "\u{2019}ll ", " going to ", " promise", " get back to ", " call you ", " ring you "]
        .iter()
        .any(|word| lower.contains(word))
}

/// R57: a school's further concern about a child with an open case is heard at once, not at the weekly
/// meeting.
fn further_concern(view: &CaseView<'_>, found: &mut Findings) {
    let concerns: Vec<&Row> = view.of("concern").collect();
    let open = view.own().is_some_and(|case| case.open);
    for concern in concerns.iter().skip(1).filter(|row| row.role.of_school() && open) {
        let seen = |step: &super::StepRow| {
            !step.role.of_school() && matches!(step.verb.as_str(), "acknowledge" | "confirm_seen")
        };
        if !concern.steps.iter().any(seen) {
            let text = "the school has recorded a further concern in this open case";
            let item = Item::of("R57", code::R57_FURTHER_CONCERN, concern, concern.since(), text);
            let owner = view.own().and_then(Row::owner).map_or(To::Owner, |user| To::User(user.to_owned()));
            let next = worktime::after_working_ms(concern.since(), view.policy.answer_working_ms, view.policy);
            found.owe(item.after(0, owner).at(next, To::Sergeant));
        }
    }
}

/// R101: what a school says it asked for is confirmed, or told otherwise in the officer's own words.
/// Silence climbs and is never agreement.
fn confirm_or_differ(view: &CaseView<'_>, found: &mut Findings) {
    for action in view.of("action").filter(|action| action.role.of_school()) {
        let police = |step: &super::StepRow| !step.role.of_school() && step.role != Role::Server;
        let answered = |step: &super::StepRow| police(step) && matches!(step.verb.as_str(), "confirm" | "differs");
        if action.steps.iter().any(answered) {
            if action.did("differs").any(police) {
                let text = "the two sides tell it differently: both versions stand";
                found.mark(action, "R101", "differs", text);
            }
            continue;
        }
        found.mark(action, "R101", "unanswered", "the other side has neither confirmed this nor told it otherwise");
        let due: Timestamp = match action.urgent() {
            true => later(action.since(), view.policy.queue_urgent_ms),
            false => worktime::end_of_next_working_day(action.since(), view.policy),
        };
        let text = "the school says it asked for this: confirm it, or tell it in your own words";
        let item = Item::of("R101", code::R101_UNANSWERED, action, action.since(), text);
        let item = item.after(0, To::Owner).at(due, To::Sergeant);
        let next = worktime::end_of_next_working_day(due, view.policy);
        found.owe(item.at(next, To::Inspector));
    }
}
