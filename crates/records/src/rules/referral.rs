//! R60, once a referral is made: it goes out in writing, and whoever it went to answers.

use signed::{Timestamp, code};

use super::look;
use super::view::{CaseView, Row, StepRow};
use super::{Findings, Item, To};
use crate::access::Role;
use crate::worktime;

/// Steps by which a referral is answered, whoever writes down that it was.
const ANSWERS: [&str; 3] = ["read", "reply", "record_outcome"];

/// What is owed on a referral that was made: the words in writing, then an answer.
pub(super) fn follow_up(view: &CaseView<'_>, referral: &Row, found: &mut Findings) {
    if !referral.sealed || referral.text("decision") != Some("made") {
        return;
    }
    match sent(referral) {
        Some(at) => answered(view, referral, at, found),
        None => written(view, referral, found),
    }
}

/// When it went out. What a school or the hub refers itself reaches the hub with its seal (R61).
fn sent(referral: &Row) -> Option<Timestamp> {
    let by_seal = referral.role.of_school() || referral.role == Role::Hub;
    referral.did("send").next_back().map(|step| step.at).or_else(|| by_seal.then(|| referral.since()))
}

/// Made by phone: in writing it follows by then. A clock that runs ahead moves nothing.
fn written(view: &CaseView<'_>, referral: &Row, found: &mut Findings) {
    let Some(phoned) = look::time(referral.value("by_phone_at")) else { return };
    let ms = view.policy.referral_written_ms;
    let text = "a referral was made by phone and has not followed in writing";
    let item = Item::of("R60", code::R60_WRITTEN, referral, phoned.min(referral.since()), text);
    found.owe(item.after(ms, To::Owner).after(ms + ms / 12, To::Sergeant));
}

/// Nobody has said that it arrived: the referrer asks, each time anew, and the sergeant hears of the silence; for
/// them it runs from the sending, however often somebody asked.
fn answered(view: &CaseView<'_>, referral: &Row, sent: Timestamp, found: &mut Findings) {
    let theirs = |step: &StepRow| {
        step.role == Role::Hub || referral.lines("recipients").iter().any(|user| user.as_str() == Some(&step.author))
    };
    let answers = |step: &StepRow| {
        let seen = matches!(step.verb.as_str(), "acknowledge" | "confirm_seen") && theirs(step);
        step.at >= sent && step.author != referral.author && (seen || ANSWERS.contains(&step.verb.as_str()))
    };
    if referral.steps.iter().any(answers) {
        return;
    }
    let asked: Vec<Timestamp> = referral.did("chase").map(|step| step.at).filter(|at| *at >= sent).collect();
    let days = view.policy.referral_answer_days;
    let due = |from: Timestamp, times: i64| worktime::after_working_days(from, times * days, view.policy);
    let text = "a referral has not been acknowledged: ask whoever it went to, and say that you did";
    let since = asked.last().copied().unwrap_or(sent);
    let owner = Item::of("R60", code::R60_UNANSWERED, referral, since, text).about(format!("asked/{}", asked.len()));
    found.owe(owner.at(due(since, 1), To::Owner));
    let text = "a referral has not been acknowledged, and the time to ask has passed";
    let silence = Item::of("R60", code::R60_UNANSWERED, referral, sent, text).about("silence");
    found.owe(silence.at(due(sent, 2), To::Sergeant));
}
