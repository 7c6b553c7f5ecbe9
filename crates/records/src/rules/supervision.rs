//! R68-R76, R78-R80, R82-R84, R102, R118, R124, R125: cases outlive their officers, and closing is earned.

use serde_json::Value as Json;
use signed::{Timestamp, code};

use super::look::{self, child, closes_case, later, words};
use super::view::{CaseView, Row};
use super::{Attempt, Findings, Gate, Item, Rule, To};
use crate::access::Role;
use crate::attachments::ATTACH;
use crate::kinds::action::NEEDS_FILE;
use crate::seal::filled;
use crate::worktime;

pub(super) const RULES: &[Rule] = &[
    Rule { id: "R68", weigh: Some(handed_over), gate: Some(accepted_by_name) },
    Rule { id: "R70", weigh: Some(successor), gate: None },
    Rule { id: "R71", weigh: Some(dates), gate: None },
    Rule { id: "R73", weigh: Some(no_update), gate: None },
    Rule { id: "R75", weigh: Some(claims), gate: None },
    Rule { id: "R76", weigh: Some(cover), gate: None },
    Rule { id: "R79", weigh: Some(contacts), gate: None },
    Rule { id: "R80", weigh: Some(expected_documents), gate: None },
    Rule { id: "R84", weigh: Some(feedback), gate: None },
    Rule { id: "R85", weigh: Some(ethnicity), gate: Some(ethnicity_before_closing) },
    Rule { id: "R102", weigh: None, gate: Some(another_approves) },
    Rule { id: "R118", weigh: Some(help), gate: None },
    Rule { id: "R124", weigh: Some(worry_about_officer), gate: None },
    Rule { id: "R125", weigh: None, gate: Some(children_told) },
];

/// R68: what somebody hands over is the sergeant's until it is accepted by name.
fn handed_over(view: &CaseView<'_>, found: &mut Findings) {
    owner_away(view, found);
    for handover in view.of("handover").filter(|handover| handover.open) {
        let text = "a handover waits to be accepted by name: until then it is yours";
        let item = Item::of("R68", code::R68_NOT_ACCEPTED, handover, handover.since(), text);
        let to = handover.text("to").unwrap_or_default().to_owned();
        let item = item.after(0, To::User(to)).after(0, To::Sergeant);
        found.owe(item.at(worktime::after_working_days(handover.since(), 1, view.policy), To::Inspector));
        // Everything that is open is on the list.
        let listed: Vec<&str> =
            handover.lines("items").iter().filter_map(|line| line.get("record")?.as_str()).collect();
        let from = handover.text("from").unwrap_or_default();
        for row in view.rows.iter().filter(|row| row.open && row.owners.iter().any(|owner| owner == from)) {
            if row.id != handover.id && !listed.contains(&row.id.to_string().as_str()) {
                let message = "this is open and not on the list that is handed over";
                found.gap(handover, code::R68_NOT_LISTED, format!("items/{}", row.id), message);
            }
        }
    }
}

/// R68: whoever owns a case and is away: it is the sergeant's until somebody has accepted it by name.
fn owner_away(view: &CaseView<'_>, found: &mut Findings) {
    let Some(case) = view.own().filter(|case| case.open) else { return };
    let Some(owner) = case.owner().filter(|owner| view.people.member(owner).is_some_and(|one| one.away)) else {
        return;
    };
    // What was accepted before it came back to them says nothing about this time.
    let became = case.steps.iter().rfind(|step| {
        matches!(step.verb.as_str(), "assign" | "hand_over")
            && step.body.get("to").and_then(Json::as_str) == Some(owner)
    });
    let since = became.map(|step| step.at);
    let taken = |row: &Row| {
        row.status == "accepted"
            && row.text("from") == Some(owner)
            && row.did("accept").any(|step| since.is_none_or(|since| step.at > since))
    };
    let sergeant = view.people.sergeant_of(owner).filter(|_| !view.of("handover").any(taken));
    let Some(sergeant) = sergeant else { return };
    let text = "whoever owns this case is away: it is yours until a handover is accepted";
    let item = Item::of("R68", code::R68_NOT_ACCEPTED, case, case.since(), text).about(format!("away/{owner}"));
    found.owe(item.after(0, To::User(sergeant.to_owned())));
}

/// R68: only the one it is for accepts it, and with nothing left off the list.
fn accepted_by_name(view: &CaseView<'_>, attempt: &Attempt<'_>, gate: &mut Gate) {
    if attempt.row.kind == "case" && matches!(attempt.verb, "propose_close" | "close") {
        for handover in view.of("handover").filter(|handover| handover.open) {
            let path = format!("handovers/{}", handover.id);
            gate.refuse(code::R68_NOT_ACCEPTED, path, "a handover is not accepted yet");
        }
    }
    // An inspector may force a handover; everybody else waits until it is accepted.
    let forces = matches!(attempt.actor.role, Role::Inspector | Role::Command);
    if attempt.row.kind == "case" && attempt.verb == "hand_over" && !forces {
        let to = attempt.body.get("to").and_then(Json::as_str).unwrap_or_default();
        let by_them = |row: &Row| row.status == "accepted" && row.did("accept").any(|step| step.author == to);
        if !view.of("handover").any(by_them) {
            let message = "it is theirs once they have accepted a handover of it by name";
            gate.refuse(code::R68_NOT_ACCEPTED, "to", message);
        }
    }
    if attempt.row.kind == "handover" && attempt.verb == "accept" {
        let named = attempt.row.text("to") == Some(attempt.actor.user.as_str());
        if !named && !attempt.actor.role.supervises() {
            gate.refuse(code::R68_NOT_NAMED, "to", "it is for somebody else to accept");
        }
    }
}

/// Since when a case is under this sergeant or inspector: when it came to an owner of theirs from one who is not.
fn over_since(view: &CaseView<'_>, case: &Row, above: &str) -> Option<Timestamp> {
    let under = |user: &str| [view.people.sergeant_of(user), view.people.inspector_of(user)].contains(&Some(above));
    let moves = case.steps.iter().filter(|step| matches!(step.verb.as_str(), "assign" | "hand_over"));
    // Whoever recorded the case had it first; of one that the server made nobody knows.
    let first = Some(case.author.as_str()).filter(|author| view.people.member(author).is_some());
    let (mut before, mut since) = (first, None);
    for step in moves {
        let to = step.body.get("to").and_then(Json::as_str);
        if to.is_some_and(under) && !before.is_some_and(under) {
            since = Some(step.at);
        }
        before = to.or(before);
    }
    since
}

/// R70: whoever supervises a high-risk case now has acknowledged it, within five working days of its risk or of
/// when it came to their line.
fn successor(view: &CaseView<'_>, found: &mut Findings) {
    let Some(case) = view.own().filter(|case| case.open) else { return };
    let high = super::risk::current(view).filter(|risk| matches!(risk.text("level"), Some("high" | "very_high")));
    let (Some(risk), Some(owner)) = (high, case.owner()) else { return };
    // A sergeant's rung climbs to the inspector, an inspector's to command.
    let sergeant = view.people.sergeant_of(owner).map(|user| (user, To::Inspector));
    let inspector = view.people.inspector_of(owner).map(|user| (user, To::Command));
    for (user, above) in sergeant.into_iter().chain(inspector) {
        let since = over_since(view, case, user).map_or(risk.since(), |at| at.max(risk.since()));
        let late = worktime::after_working_days(since, view.policy.takeover_days, view.policy);
        if !case.did("acknowledge").any(|step| step.author == user) {
            let text = "a high-risk case is under you: acknowledge that you have taken it over";
            let item = Item::of("R70", code::R70_UNACKNOWLEDGED, case, since, text).about(user.to_owned());
            found.owe(item.after(0, To::User(user.to_owned())).at(late, above));
        }
    }
}

/// R76: somebody who is away is covered by name, and the schools see the name.
fn cover(view: &CaseView<'_>, found: &mut Findings) {
    for absence in view.of("absence").filter(|absence| absence.open) {
        let user = absence.text("user").unwrap_or_default();
        let sergeant = view.people.sergeant_of(user).unwrap_or_default().to_owned();
        let inspector = view.people.inspector_of(user).unwrap_or_default().to_owned();
        let taken = absence.did("acknowledge").any(|step| step.role.supervises());
        if !filled(absence.value("cover")) {
            let text = "somebody is away and nobody covers: name who does";
            found.gap(absence, code::R76_COVER, "cover", text);
            let item = Item::of("R76", code::R76_COVER, absence, absence.since(), text).about("cover");
            let item = item.after(0, To::User(sergeant.clone()));
            let next = worktime::after_working_days(absence.since(), 1, view.policy);
            found.owe(item.at(next, To::User(inspector)));
        }
        if !taken && super::switch::on("R68") {
            let text = "somebody is away: what is open is yours until a handover is accepted";
            let item = Item::of("R68", code::R68_NOT_ACCEPTED, absence, absence.since(), text).about("absence");
            found.owe(item.after(0, To::User(sergeant)));
        }
    }
}

/// R71: bail, review and other dates are told before they come, and climb the day they pass.
fn dates(view: &CaseView<'_>, found: &mut Findings) {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    for deadline in view.of("deadline").filter(|deadline| deadline.open) {
        let Some(due) = deadline.due.or_else(|| look::time(deadline.value("due"))) else { continue };
        let text = "a date is near or past: attended, extended or ended is not recorded";
        let mut item = Item::of("R71", code::R71_DATE, deadline, deadline.since(), text).about(due.to_string());
        for days in view.policy.date_warnings_days {
            let at = later(due, -days * DAY_MS);
            if at >= deadline.since() || days == 0 {
                item = item.at(at, To::OwnerAndSergeant);
            }
        }
        // The same day: from the evening on nobody can say it was still to come.
        found.owe(item.at(later(due, DAY_MS / 3), To::Inspector));
    }
}

/// When something of substance last happened in a case; "waiting on X until date" counts twice at most.
fn last_update(view: &CaseView<'_>) -> Option<Timestamp> {
    let substance = [
        "disclosure",
        "concern",
        "welfare_check",
        "action_update",
        "contact_log",
        "meeting",
        "referral",
        "crime_recording_decision",
        "risk_assessment",
        "safety_plan",
        "intelligence_check",
    ];
    let rows = view.rows.iter().filter(|row| substance.contains(&row.kind.as_str()) && row.role != Role::Server);
    let steps = |row: &Row| {
        let done = |step: &&super::StepRow| {
            matches!(
                step.verb.as_str(),
                "complete" | "attend" | "tell_outcome" | "answer" | "accept" | "hold" | "reply"
            )
        };
        row.steps.iter().filter(done).map(|step| step.at).max()
    };
    let waits = view.of("deadline").filter(|row| row.value("waiting_on").is_some()).map(Row::since);
    let waits = waits.take(view.policy.waiting_counts);
    rows.clone().map(Row::since).chain(view.rows.iter().filter_map(steps)).chain(waits).max()
}

/// R73: four weeks without anything of substance; twice, and the sergeant reviews on record.
fn no_update(view: &CaseView<'_>, found: &mut Findings) {
    let Some(case) = view.own().filter(|case| case.open) else { return };
    let since = last_update(view).unwrap_or_else(|| case.since());
    let ms = view.policy.case_stale_ms;
    let text = "nothing of substance has happened in this case for four weeks";
    let item = Item::of("R73", code::R73_NO_UPDATE, case, since, text).about(since.to_string());
    let review = view.policy.stale_review_periods * ms;
    found.owe(item.after(ms, To::OwnerAndSergeant).after(review, To::Sergeant).after(review + ms, To::Inspector));
    if later(since, ms) <= view.now {
        found.mark(case, "R73", "no_update", text);
    }
    let instructions: Vec<String> = case
        .did("approve")
        .filter_map(|step| step.body.get("reason")?.as_str().map(|text| text.trim().to_lowercase()))
        .collect();
    let repeats =
        instructions.iter().enumerate().any(|(at, one)| instructions.iter().take(at).any(|known| known == one));
    if repeats {
        found.mark(case, "R73", "review_repeated", "a review repeats an instruction that was not met");
    }
}

/// R75: what is claimed as done and shows nothing.
fn claims(view: &CaseView<'_>, found: &mut Findings) {
    for action in
        view.of("action").filter(|action| matches!(action.status.as_str(), "completed" | "outcome_told" | "closed"))
    {
        if action.lines("evidence").is_empty() && action.did(ATTACH).next().is_none() {
            found.mark(action, "R75", "claim_without_evidence", "claimed as done, with nothing that shows it");
        }
    }
    for action in view.of("action").filter(|action| action.open && document_missing(action)) {
        let said = |row: &Row| row.value("action").and_then(|of| view.named(of)).is_some_and(|of| of.id == action.id);
        if view.of("action_update").any(|row| said(row) && says_done(row)) {
            found.mark(action, "R75", "claim_without_evidence", "claimed as done, with nothing that shows it");
        }
    }
    for check in view.of("intelligence_check").filter(|check| check.status == "claimed") {
        found.mark(check, "R75", "claim_without_evidence", "claimed as done, with nothing that shows it");
    }
}

/// R79: victim, parent, suspect, reporter: nobody goes four weeks without a word.
fn contacts(view: &CaseView<'_>, found: &mut Findings) {
    let Some(case) = view.own().filter(|case| case.open) else { return };
    for (role, of_person) in
        [("victim", "child"), ("parent", "parent_carer"), ("suspect", "suspect"), ("reporter", "reporter")]
    {
        let people = view.of("person").filter(|person| look::is(person, of_person) && !super::vulnerable::stub(person));
        // Whoever has waited longest: a word with one child is none with another.
        let waits = people.map(|person| (last_word(view, person, role), person.id)).min();
        let Some((last, person)) = waits else { continue };
        let text = "somebody of this case has had no word for four weeks: victim, parent, suspect or reporter";
        let item = Item::of("R79", code::R79_NO_CONTACT, case, last, text).about(format!("{role}/{person}/{last}"));
        found.owe(item.after(view.policy.contact_ms, To::OwnerAndSergeant));
        if later(last, view.policy.contact_ms) <= view.now {
            found.mark(case, "R79", "no_contact", "somebody of this case has had no word for four weeks");
        }
    }
}

/// When somebody last had a word; one whose log names nobody of the case counts for all.
fn last_word(view: &CaseView<'_>, person: &Row, role: &str) -> Timestamp {
    let made = |row: &&Row| row.text("person_role") == Some(role) && row.text("contact") == Some("made");
    let theirs = |row: &&Row| row.value("person").and_then(|who| view.named(who)).is_none_or(|who| who.id == person.id);
    view.of("contact_log").filter(made).filter(theirs).map(Row::since).max().unwrap_or(person.since())
}

/// R80: one index of what is there and what is expected and missing.
fn expected_documents(view: &CaseView<'_>, found: &mut Findings) {
    for action in view.of("action").filter(|action| document_missing(action)) {
        found.mark(action, "R80", "document_missing", "a document is expected here and is not in the index");
    }
}

/// Whether a document is expected of this action and none was ever added. None can be taken away again.
#[must_use]
pub fn document_missing(action: &Row) -> bool {
    let expected = action.text("action_kind").is_some_and(|kind| NEEDS_FILE.contains(&kind));
    let named = action.lines("evidence").iter().any(|line| filled(line.get("sha256")));
    expected && !named && action.did(ATTACH).next().is_none()
}

/// Whether an update says that the work is done.
#[must_use]
pub fn says_done(update: &Row) -> bool {
    let text = update.text("text").unwrap_or_default().to_lowercase();
    let mut words = text.split(|c: char| !c.is_alphanumeric());
    words.any(|word| ["done", "complete", "completed", "finished", "submitted", "sent"].contains(&word))
}

/// R84: a school may say how it was dealt with; the sergeant sees it.
fn feedback(view: &CaseView<'_>, found: &mut Findings) {
    for row in view.of("feedback").filter(|row| !row.steps.iter().any(|step| step.role.supervises())) {
        let text = "a school has left feedback on how its request was dealt with";
        found.owe(Item::of("R84", code::R84_FEEDBACK, row, row.since(), text).after(0, To::Sergeant));
    }
}

/// People whose own word on their ethnicity is open (R85): never asked during an account, never filled
/// by what an officer perceived.
fn unasked<'a>(view: &CaseView<'a>) -> impl Iterator<Item = &'a Row> + use<'a> {
    let identified = |person: &&Row| !person.lines("names").is_empty() || person.value("dob").is_some();
    let counts = |person: &&Row| ["suspect", "child", "sibling"].iter().any(|role| look::is(person, role));
    let open = |person: &&Row| !filled(person.value("ethnicity_self_defined"));
    let suspect_unknown = move |person: &&Row| look::is(person, "suspect") && !identified(person);
    view.of("person")
        .filter(counts)
        .filter(open)
        .filter(move |person| !suspect_unknown(person) && !super::vulnerable::stub(person))
}

fn ethnicity(view: &CaseView<'_>, found: &mut Findings) {
    for person in unasked(view) {
        let message = "as the person states it, or why it is not known; never what somebody perceived";
        let path = format!("people/{}/ethnicity_self_defined", person.id);
        found.gap(person, code::R85_ETHNICITY, path.clone(), message);
        // What is sealed about them is incomplete until it is asked; nobody is asked during an account.
        let about = |row: &&Row| row.declared().is_some_and(|kind| kind.drafted) && row.sealed;
        for row in view.rows.iter().filter(about).filter(|row| super::named(&row.body).contains(&person.id)) {
            found.gap(row, code::R85_ETHNICITY, path.clone(), message);
        }
    }
}

fn ethnicity_before_closing(view: &CaseView<'_>, attempt: &Attempt<'_>, gate: &mut Gate) {
    if closes_case(attempt) {
        for person in unasked(view) {
            let path = format!("people/{}/ethnicity_self_defined", person.id);
            gate.refuse(code::R85_ETHNICITY, path, "as the person states it, or why it is not known");
        }
    }
}

/// R102: who approves a closing has decided nothing in the case and had no contact with its reporter; and
/// an inspector does where a child is still within reach, or was never heard.
fn another_approves(view: &CaseView<'_>, attempt: &Attempt<'_>, gate: &mut Gate) {
    if attempt.row.kind != "case" || attempt.verb != "close" || attempt.actor.role == Role::Server {
        return;
    }
    let user = attempt.actor.user.as_str();
    let decided = view.of("crime_recording_decision").any(|row| row.author == user);
    let advised = |line: &Json| line.get("from").map(words).is_some_and(|who| who.trim() == user);
    let advised = view.of("welfare_check").any(|check| check.lines("advice_sought").iter().any(advised));
    let reporter = view.of("contact_log").any(|row| row.author == user && row.text("person_role") == Some("reporter"));
    if decided || advised || reporter {
        let message = "whoever approves has decided nothing here, advised nobody, and spoken to no reporter";
        gate.refuse(code::R102_INVOLVED, "approved_by", message);
    }
    let inspector = matches!(attempt.actor.role, Role::Inspector | Role::Command);
    if !inspector && (super::risk::access(view) || !unheard(view).is_empty() || earlier_report(view)) {
        let message =
            "a suspect still has access, an earlier report exists, or a child was never contacted: an inspector";
        gate.refuse(code::R102_INSPECTOR, "approved_by", message);
    }
}

/// Possible victims whom no officer has heard.
pub(super) fn unheard<'a>(view: &CaseView<'a>) -> Vec<&'a Row> {
    let named = |value: Option<&Json>, person: &Row| {
        value.and_then(|who| view.named(who)).is_some_and(|row| row.id == person.id)
    };
    let heard = |person: &Row| {
        let by_officer = |row: &&Row| !row.role.of_school();
        view.of("disclosure").filter(by_officer).any(|row| named(row.value("speaker"), person))
            || view
                .of("contact_log")
                .any(|row| named(row.value("person"), person) && row.text("contact") == Some("made"))
            || view.of("welfare_check").any(|check| {
                let line = |line: &Json| named(line.get("person"), person) && look::done(line.get("spoken_to"));
                check.lines("children").iter().any(line)
            })
    };
    let victims = view.of("person").filter(|person| look::is(person, "child") && !super::vulnerable::stub(person));
    victims.filter(|person| !heard(person)).collect()
}

fn earlier_report(view: &CaseView<'_>) -> bool {
    view.matches().any(|found| found.status == "confirmed")
}

/// R118: whoever asks for help hears from the sergeant, or whom they chose, within a working day.
fn help(view: &CaseView<'_>, found: &mut Findings) {
    for request in view.of("help_request").filter(|request| request.open && !filled(request.value("about_user"))) {
        let text = "a colleague has asked for help: answer within one working day";
        let chosen = request.text("to").map_or(To::Sergeant, |user| To::User(user.to_owned()));
        let item = Item::of("R118", code::R118_HELP, request, request.since(), text).after(0, chosen);
        found.owe(
            item.at(worktime::after_working_days(request.since(), view.policy.help_days, view.policy), To::Inspector),
        );
    }
}

/// R124: a worry about how an officer sees or treats a child goes past that officer.
fn worry_about_officer(view: &CaseView<'_>, found: &mut Findings) {
    for worry in view.of("help_request").filter(|row| row.open && filled(row.value("about_user"))) {
        let about = worry.text("about_user").unwrap_or_default();
        let sergeant = view.people.sergeant_of(about).unwrap_or_default().to_owned();
        let inspector = view.people.inspector_of(about).unwrap_or_default().to_owned();
        let text = "a school or hub worries about how a colleague sees or treats a child";
        let item = Item::of("R124", code::R124_WORRY, worry, worry.since(), text).after(0, To::User(sergeant));
        found.owe(
            item.at(
                worktime::after_working_days(worry.since(), view.policy.worry_days, view.policy),
                To::User(inspector),
            ),
        );
    }
}

/// R125: before a case closes each child is told what came of it, why, and how to come back, or a reason
/// stands.
fn children_told(view: &CaseView<'_>, attempt: &Attempt<'_>, gate: &mut Gate) {
    if attempt.row.kind != "case" || attempt.verb != "propose_close" {
        return;
    }
    let children = view.of("person").filter(|person| look::is(person, "child") && child(person, view.now));
    for person in children.filter(|person| !super::vulnerable::stub(person)) {
        let of_child =
            |row: &&Row| row.value("person").and_then(|who| view.named(who)).is_some_and(|one| one.id == person.id);
        let told = |row: &Row| {
            !row.lines("what_told").is_empty() || row.value("contact").is_some_and(|v| v.get("not_attempted").is_some())
        };
        if !view.of("contact_log").filter(of_child).any(told) {
            let message = "was this child told what came of it, why, and how to come back? or why not";
            gate.refuse(code::R125_CHILD_TOLD, format!("people/{}", person.id), message);
        }
    }
}
