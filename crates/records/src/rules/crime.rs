//! R14, R20-R22, R58-R62, R64-R67, R123: what is recorded as a crime, referred, notified, and done together.

use serde_json::{Map, Value as Json, json};
use signed::{Timestamp, code};

use super::look::{self, child, closes_case, later, words};
use super::urgent::urgent_rungs;
use super::view::{CaseView, Row};
use super::{Attempt, Findings, Gate, Item, Rule, To};
use crate::access::Role;
use crate::matching::Recurrence;
use crate::raise;
use crate::seal::filled;
use crate::worktime;

pub(super) const RULES: &[Rule] = &[
    Rule { id: "R14", weigh: Some(recurrence), gate: Some(in_isolation) },
    Rule { id: "R20", weigh: Some(one_by_one), gate: None },
    Rule { id: "R21", weigh: Some(own_assessment), gate: None },
    Rule { id: "R22", weigh: Some(missing), gate: None },
    Rule { id: "R58", weigh: Some(crime_decision), gate: Some(undecided) },
    Rule { id: "R59", weigh: Some(suggested_class), gate: None },
    Rule { id: "R60", weigh: Some(referral_each), gate: Some(referral_before_closing) },
    Rule { id: "R61", weigh: Some(direct_referral), gate: None },
    Rule { id: "R62", weigh: Some(strategy), gate: None },
    Rule { id: "R64", weigh: Some(consulted_first), gate: None },
    Rule { id: "R65", weigh: Some(challenged), gate: Some(harm_needs_inspector) },
    Rule { id: "R66", weigh: Some(attendance), gate: None },
    Rule { id: "R67", weigh: Some(pack), gate: None },
    Rule { id: "R123", weigh: Some(joint_visit), gate: None },
];

/// Concerns of the case, and of cases a confirmed match joins to it, within the window of R14.
fn recent<'a>(view: &CaseView<'a>) -> Vec<&'a Row> {
    let all = view.rows.iter().chain(view.beside).filter(|row| row.kind == "concern");
    let mut all: Vec<&Row> = all.collect();
    let within = adds_up(view, &all).within;
    all.retain(|row| within.contains(&row.id));
    all.sort_by_key(|row| (row.since(), row.id));
    all
}

fn adds_up(view: &CaseView<'_>, concerns: &[&Row]) -> Recurrence {
    let times: Vec<_> = concerns.iter().map(|row| (row.id, row.since())).collect();
    crate::matching::recurrence(&times, view.now, view.policy)
}

/// R14: a second concern in half a year is looked at as a whole, a third is talked over with others.
fn recurrence(view: &CaseView<'_>, found: &mut Findings) {
    let Some(case) = view.own() else { return };
    let concerns = recent(view);
    let adds_up = adds_up(view, &concerns);
    let (Some(newest), true) = (adds_up.latest, adds_up.review_due) else { return };
    let reviewed = reviewed_since(case, &concerns);
    found.mark(case, "R14", "cumulative", "more than one concern in six months: read them as one");
    if !reviewed {
        let text = "a further concern about a child in six months: review the whole";
        let due = worktime::after_working_days(newest, view.policy.recurrence_review_days, view.policy);
        let item = Item::of("R14", code::R14_REVIEW, case, newest, text).about("review");
        found.owe(item.at(newest, To::Sergeant).at(due, To::Inspector));
    }
    if let Some(third) =
        concerns.get(view.policy.recurrence_strategy.saturating_sub(1)).filter(|_| adds_up.strategy_proposed)
    {
        propose_strategy(third, "R14", found);
    }
}

fn reviewed_since(case: &Row, concerns: &[&Row]) -> bool {
    let last = concerns.last().map(|row| row.since());
    case.steps
        .iter()
        .any(|step| step.role.supervises() && step.verb == "approve" && last.is_none_or(|last| step.at >= last))
}

/// R14: the latest is not closed in isolation: whoever proposes it has opened the earlier ones.
fn in_isolation(view: &CaseView<'_>, attempt: &Attempt<'_>, gate: &mut Gate) {
    let closes = matches!(attempt.verb, "propose_close" | "close");
    if !closes || !matches!(attempt.row.kind.as_str(), "case" | "welfare_check") {
        return;
    }
    let concerns = recent(view);
    let earlier = concerns.iter().take(concerns.len().saturating_sub(1));
    for concern in earlier {
        let read = concern.author == attempt.actor.user.as_str()
            || concern.steps.iter().any(|step| {
                step.author == attempt.actor.user.as_str()
                    && matches!(step.verb.as_str(), "confirm_seen" | "acknowledge")
            });
        if !read {
            let message = "an earlier concern about this child was not read: confirm that you have seen it";
            gate.refuse(code::R14_UNREAD, format!("concerns/{}", concern.id), message);
        }
    }
}

fn propose_strategy(row: &Row, rule: &'static str, found: &mut Findings) {
    let org = |name: &str| json!({ "person": { "as_said": name }, "org": name });
    let told =
        |name: &str| json!({ "person": { "as_said": name }, "reason": "significant harm is reasonably suspected" });
    let orgs = ["police", "social care", "health", "referrer"];
    let mut body = Map::new();
    body.insert("meeting_type".into(), json!("strategy_discussion"));
    body.insert("called_by".into(), json!({ "as_said": format!("rule {rule}") }));
    body.insert("about".into(), json!(row.lines("subjects").iter().map(super::actions::bare).collect::<Vec<_>>()));
    body.insert("reason_told_to_each".into(), json!(orgs.map(told)));
    body.insert("invited".into(), json!(orgs.map(org)));
    found.make(rule, row, "strategy", "meeting", body);
}

/// R20: what is urgent goes to the hub by itself, with its own record; and a missing child always does (R22).
fn one_by_one(view: &CaseView<'_>, found: &mut Findings) {
    let told = |row: &&Row| row.kind == "missing_episode" || (row.urgent() && row.kind == "concern");
    for row in view.rows.iter().filter(told) {
        let missing = row.kind == "missing_episode";
        let reason = if missing { "a child is missing" } else { "an urgent concern about a child" };
        let mut body = Map::new();
        body.insert("recipient_org".into(), json!("hub"));
        body.insert("recipients".into(), json!(view.people.in_role(Role::Hub).collect::<Vec<_>>()));
        body.insert("reason".into(), json!(reason));
        body.insert("risk".into(), json!(row.urgency));
        body.insert("incident".into(), json!(row.id.to_string()));
        body.insert("urgency".into(), json!(row.urgency));
        found.make("R20", row, "hub", "notification", body);
    }
}

/// R21: no notification goes out without its own reason and assessment, and one that is not urgent (the server
/// alone knows where it went) has arrived in a day.
fn own_assessment(view: &CaseView<'_>, found: &mut Findings) {
    for notice in view.of("notification") {
        for (field, message) in [("risk", "assessed how?"), ("reason", "told why?")] {
            if !filled(notice.value(field)) {
                found.gap(notice, code::R21_UNASSESSED, field, message);
            }
        }
        if view.whole && notice.open && !notice.urgent() && !view.reached.contains(&notice.id) {
            let text = "a notification has reached no device of whoever it is for: tell them another way";
            let item = Item::of("R21", code::R21_NOT_REACHED, notice, notice.since(), text);
            found.owe(item.after(view.policy.notice_ms, To::OwnerAndSergeant));
        }
    }
}

/// R22: a missing child: the social worker hears at once, the home only if it is safe; on return it is
/// asked what happened and what else may.
fn missing(view: &CaseView<'_>, found: &mut Findings) {
    for episode in view.of("missing_episode") {
        let told = |step: &super::StepRow| {
            matches!(step.verb.as_str(), "acknowledge" | "confirm_seen") && step.role == Role::Hub
        };
        if episode.open && !episode.steps.iter().any(told) {
            let text = "a child is missing: the social worker is told at once";
            let item = Item::of("R22", code::R22_MISSING, episode, episode.since(), text).about("hub");
            found.owe(item.after(0, To::Role(Role::Hub)).after(0, To::Sergeant));
        }
        if !look::yes(episode.value("home_safe")) && episode.open {
            found.mark(episode, "R22", "home_not_told", "whether home is safe is not known: home is not told");
        }
        state_owed(view, episode, found);
        if episode.status == "returned" {
            for field in ["circumstances", "wider_risk"] {
                let asked = filled(episode.at(&format!("return_conversation/{field}")));
                if !asked && !filled(episode.at("return_conversation/not_done")) {
                    let path = format!("return_conversation/{field}");
                    found.gap(episode, code::R22_RETURN, path, "on return: what happened, and what else may happen?");
                }
            }
        }
    }
}

/// R22: where a missing child is stays owed until somebody says it, and then what happened.
fn state_owed(view: &CaseView<'_>, episode: &Row, found: &mut Findings) {
    let state = Item::of("R22", code::R22_RETURN, episode, episode.since(), "is the child back, seen, or not traced?");
    if episode.status == "missing" {
        let mut state = state.about("state").after(0, To::Owner);
        state.rungs.extend(urgent_rungs(view, episode, episode.since()).into_iter().skip(1));
        found.owe(state);
    }
    let Some(back) = episode.did("returned").next_back().filter(|_| episode.status == "returned") else { return };
    let asked = |field: &str| filled(episode.at(&format!("return_conversation/{field}")));
    let told = asked("circumstances") && asked("wider_risk");
    if !told && !asked("not_done") {
        let text = "the child is back: what happened, and what else may happen?";
        let item = Item::of("R22", code::R22_RETURN, episode, back.at, text).about("conversation").after(0, To::Owner);
        found.owe(item.at(worktime::after_working_days(back.at, 1, view.policy), To::Sergeant));
    }
}

/// Records that ask for a crime recording decision.
fn triggers<'a>(view: &CaseView<'a>) -> impl Iterator<Item = &'a Row> + use<'a> {
    let view = *view;
    let is = move |row: &&'a Row| {
        let body = crate::Body(row.body.as_object().cloned().unwrap_or_default());
        let sexual = row.declared().is_some_and(|kind| raise::sexual_indicator(kind, &body));
        let crime =
            ["criminal_exploitation", "blackmail", "coercion"].iter().any(|word| look::has(row, "indicators", word));
        row.sealed && (sexual || crime) && matches!(row.kind.as_str(), "concern" | "disclosure")
    };
    view.rows.iter().filter(is)
}

fn decided(view: &CaseView<'_>) -> bool {
    let by_who_may = |row: &Row| row.role != Role::Pcso || row.did("review").any(|step| step.role.supervises());
    view.of("crime_recording_decision").any(|row| row.sealed && filled(row.value("route")) && by_who_may(row))
}

/// R58: a trigger, and no decision: due in a day, then up the ladder. The clock starts at the first account.
fn crime_decision(view: &CaseView<'_>, found: &mut Findings) {
    let Some(first) = triggers(view).min_by_key(|row| (row.since(), row.id)).filter(|_| !decided(view)) else { return };
    let due = later(first.since(), view.policy.crime_decision_ms);
    let text = "is this recorded as a crime? the decision is not made";
    found.gap(first, code::R58_UNDECIDED, "crime_recording_decision", text);
    let item = Item::of("R58", code::R58_UNDECIDED, first, first.since(), text);
    let rungs = urgent_rungs(view, first, due);
    let mut item = item.after(0, To::OwnerAndSergeant);
    item.rungs.extend(rungs);
    found.owe(item);
}

fn undecided(view: &CaseView<'_>, attempt: &Attempt<'_>, gate: &mut Gate) {
    if closes_case(attempt) && triggers(view).next().is_some() && !decided(view) {
        gate.refuse(code::R58_UNDECIDED, "crime_recording_decision", "no crime recording decision was made");
    }
}

/// R59: under 16, an adult, and touching or sexual words: the class is suggested, and immediate where they
/// are together or a marker exists.
fn suggested_class(view: &CaseView<'_>, found: &mut Findings) {
    let markers = !super::vulnerable::markers_of(view).is_empty();
    for row in view.of("concern") {
        let body = crate::Body(row.body.as_object().cloned().unwrap_or_default());
        let text = ["exact_words", "concern_items", "subjects"];
        let said: String = text.iter().filter_map(|field| row.value(field)).map(words).collect();
        let ages = raise::ages_in(&said);
        let young = ages.iter().any(|age| *age < view.policy.consent_age_below);
        let adult = adult_ages(&said) || look::has(row, "indicators", "older_person");
        if !(young
            && adult
            && (raise::sexual_said(&said) || row.declared().is_some_and(|k| raise::sexual_indicator(k, &body))))
        {
            continue;
        }
        found.mark(
            row,
            "R59",
            "class_suggested",
            "the class 'child sexual activity' is suggested; refusing it needs a reason",
        );
        found.raise("R59", row, "urgency", "urgent");
        if markers {
            found.mark(row, "R59", "immediate_suggested", "grade immediate is suggested: a marker exists");
            let refused = row.did("lower").next().is_some() || !row.immediate();
            if refused {
                let text = "grade immediate was suggested and is not set: look at it now";
                let item = Item::of("R59", code::R59_NOT_IMMEDIATE, row, row.since(), text);
                found.owe(item.after(0, To::Sergeant));
            }
        }
    }
}

fn adult_ages(said: &str) -> bool {
    let lower = said.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.iter().enumerate().any(|(at, word)| {
        let adult = word.parse::<i64>().is_ok_and(|age| (18..=99).contains(&age));
        let next = words.get(at + 1).copied().unwrap_or_default();
        let before = at.checked_sub(1).and_then(|at| words.get(at)).copied().unwrap_or_default();
        adult && (next.starts_with("year") || ["aged", "age", "is", "man", "of"].contains(&before))
    })
}

/// Children of the case who have no referral decision.
fn unreferred<'a>(view: &CaseView<'a>) -> Vec<&'a Row> {
    let children = view.of("person").filter(|person| child(person, view.now) && !super::vulnerable::stub(person));
    let children = children.filter(|person| !look::is(person, "reporter") && !look::is(person, "professional"));
    let view = *view;
    children
        .filter(|person| {
            let of_child =
                |row: &Row| row.value("child").and_then(|who| view.named(who)).is_some_and(|one| one.id == person.id);
            let lines = view.of("welfare_check").flat_map(|check| check.lines("referral_decision"));
            let mut lines = lines.filter(|line| {
                line.get("child").and_then(|who| view.named(who)).is_some_and(|one| one.id == person.id)
            });
            !view.of("referral").any(of_child) && lines.next().is_none()
        })
        .collect()
}

/// R60: "not made" with an indicator goes to the sergeant; what was made is followed until it is answered.
fn referral_each(view: &CaseView<'_>, found: &mut Findings) {
    let indicators = view.of("concern").any(|concern| !concern.lines("indicators").is_empty());
    for referral in view.of("referral") {
        let not_made = referral.value("decision").is_some_and(|decision| decision.get("not_made").is_some());
        if not_made && indicators && !referral.steps.iter().any(|step| step.role.supervises()) {
            let text = "a child with indicators was not referred: look at the reason";
            found.owe(Item::of("R60", code::R60_NOT_MADE, referral, referral.since(), text).after(0, To::Sergeant));
        }
        super::referral::follow_up(view, referral, found);
    }
    if view.of("disclosure").any(|row| row.sealed)
        || view.of("welfare_check").any(|row| row.did("attend").next().is_some())
    {
        for person in unreferred(view) {
            found.gap(
                person,
                code::R60_UNDECIDED,
                format!("people/{}", person.id),
                "referred, or not and why, for this child",
            );
        }
    }
}

fn referral_before_closing(view: &CaseView<'_>, attempt: &Attempt<'_>, gate: &mut Gate) {
    if closes_case(attempt) {
        for person in unreferred(view) {
            gate.refuse(
                code::R60_UNDECIDED,
                format!("people/{}", person.id),
                "referred, or not and why, for this child",
            );
        }
    }
}

/// R61: a referral the school or hub makes itself needs nobody's approval; the case hears of it.
fn direct_referral(view: &CaseView<'_>, found: &mut Findings) {
    for referral in view.of("referral").filter(|row| row.role.of_school() || row.role == Role::Hub) {
        let seen = |step: &super::StepRow| !step.role.of_school() && step.role != Role::Hub;
        if !referral.steps.iter().any(seen) {
            let text = "the school or the hub has referred a child of this case itself";
            let item = Item::of("R61", code::R61_REFERRED, referral, referral.since(), text);
            let owner = view.own().and_then(Row::owner).map_or(To::Owner, |user| To::User(user.to_owned()));
            found.owe(item.after(0, owner));
        }
    }
}

/// R62: significant harm reasonably suspected: a strategy discussion is proposed.
fn strategy(view: &CaseView<'_>, found: &mut Findings) {
    let high = |row: &&Row| matches!(row.text("level"), Some("high" | "very_high")) && row.sealed;
    for risk in view.of("risk_assessment").filter(high) {
        propose_strategy(risk, "R62", found);
    }
    for account in view.of("disclosure").filter(|row| row.sealed && super::capture::serious_sexual(row)) {
        propose_strategy(account, "R62", found);
    }
}

/// R64: police protection or an arrest that affects children: social care is consulted first.
fn consulted_first(view: &CaseView<'_>, found: &mut Findings) {
    for action in view.of("action") {
        let text = action.value("exact_request").map(words).unwrap_or_default().to_lowercase();
        if ["police protection", "arrest"].iter().any(|word| text.contains(word)) {
            let consulted = |row: &Row| words(&row.body).to_lowercase().contains("social care");
            let any =
                view.rows.iter().filter(|row| matches!(row.kind.as_str(), "contact_log" | "meeting" | "action_note"));
            if !any.into_iter().any(consulted) {
                let message = "was social care consulted, and what else was considered?";
                found.gap(action, code::R64_CONSULTED, "social_care_consulted", message);
            }
        }
    }
}

/// Whether the case holds evidence of injury or harm.
fn harm(view: &CaseView<'_>) -> bool {
    let text = |row: &Row| {
        let fields = ["observations", "words_verbatim", "concern_items", "exact_words", "medical_need"];
        fields.iter().filter_map(|field| row.value(field)).map(words).collect::<String>().to_lowercase()
    };
    let hurt = ["injur", "bruise", "burn", "cut ", "bleed", "broken", "hit me", "hurt me", "marks on"];
    let needs = |row: &Row| look::yes(row.at("medical_need/yn3"));
    let of_it = |row: &&Row| matches!(row.kind.as_str(), "disclosure" | "concern" | "welfare_check");
    view.rows.iter().filter(of_it).any(|row| needs(row) || hurt.iter().any(|word| text(row).contains(word)))
}

/// R65: a school or hub that challenges a closure brings it to the inspector.
fn challenged(view: &CaseView<'_>, found: &mut Findings) {
    for row in view.rows.iter().filter(|row| row.status == "reopened") {
        let Some(challenge) = row.did("challenge").next_back() else { continue };
        let answered = row.steps.iter().any(|step| step.at > challenge.at && step.role == Role::Inspector);
        if !answered {
            let text = "the school or the hub challenges that this was closed";
            let item = Item::of("R65", code::R65_CHALLENGED, row, challenge.at, text);
            found.owe(item.after(0, To::Inspector));
        }
    }
}

fn harm_needs_inspector(view: &CaseView<'_>, attempt: &Attempt<'_>, gate: &mut Gate) {
    let above = matches!(attempt.actor.role, Role::Inspector | Role::Command | Role::Server);
    if attempt.row.kind == "case" && attempt.verb == "close" && harm(view) && !above {
        gate.refuse(code::R65_INSPECTOR, "approved_by", "there is evidence of harm: an inspector closes this");
    }
}

/// R56 and R66: who came, who did not and why; no reason is not the child's to give.
fn attendance(view: &CaseView<'_>, found: &mut Findings) {
    for meeting in view.of("meeting").filter(|meeting| meeting.status == "held") {
        let held = meeting.did("hold").next_back().map_or(meeting.since(), |step| step.at);
        let mut missed = false;
        for line in meeting.lines("attendance") {
            let came = line.get("came");
            let absent =
                came.is_some_and(|came| came.get("absent").is_some() || came.as_str() == Some("absent_reason_unknown"));
            let police = line.get("org").and_then(Json::as_str) == Some("police");
            missed |= absent;
            if police && came.and_then(Json::as_str) == Some("absent_reason_unknown") {
                let text = "the police did not come to a meeting about a child, and gave no reason";
                let item = Item::of("R66", code::R66_ABSENT, meeting, held, text).after(0, To::Sergeant);
                found.owe(item.at(worktime::after_working_days(held, 1, view.policy), To::Inspector));
            }
        }
        if missed && super::switch::on("R56") {
            if !filled(meeting.value("next_date")) {
                found.gap(meeting, code::R56_NEXT_DATE, "next_date", "somebody did not come: when is the next one?");
            }
            found.mark(meeting, "R56", "not_the_childs_to_explain", "the child is not asked to account for it");
        }
    }
}

/// R67: a pack says what is known, what is pending, and what is not known.
fn pack(view: &CaseView<'_>, found: &mut Findings) {
    let awaited = |row: &&Row| row.open && row.text("deadline_kind") == Some("lab_result");
    for meeting in view.of("meeting").filter(|meeting| !meeting.lines("pack").is_empty()) {
        for result in view.of("deadline").filter(awaited) {
            found.mark(meeting, "R67", "result_pending", "a laboratory's result is pending");
            if !meeting.lines("pack").iter().any(|line| line.as_str() == Some(result.id.to_string().as_str())) {
                let message = "a result that is awaited belongs to the pack";
                found.gap(meeting, code::R67_PACK, format!("pack/{}", result.id), message);
            }
        }
        for part in ["known", "pending", "unknown"] {
            if !filled(meeting.at(&format!("pack_says/{part}"))) {
                let path = format!("pack_says/{part}");
                found.gap(meeting, code::R67_PACK, path, "what the police know, what is pending, what is unknown");
            }
        }
    }
}

/// R123: a joint visit or interview that was asked for has a time, and climbs when it passes.
fn joint_visit(view: &CaseView<'_>, found: &mut Findings) {
    let joint = |row: &&Row| matches!(row.text("meeting_type"), Some("joint_visit" | "joint_interview"));
    for meeting in view.of("meeting").filter(|meeting| meeting.open).filter(joint) {
        let at: Option<Timestamp> = look::time(meeting.value("at"));
        match at {
            None => found.gap(meeting, code::R123_NO_TIME, "at", "when? a joint visit that was asked for has a time"),
            Some(at) => {
                let text = "a joint visit or interview was asked for, and its time has passed";
                let item = Item::of("R123", code::R123_PASSED, meeting, at, text);
                found.owe(item.climbs(urgent_rungs(view, meeting, at)));
            }
        }
    }
}
