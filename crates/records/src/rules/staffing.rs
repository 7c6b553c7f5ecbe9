//! R37, R78, R82: searches that are answered for, cases that are sampled, training that is in date.

use signed::{Timestamp, code};

use super::look::later;
use super::view::{CaseView, Row};
use super::{Findings, Item, Rule, To};
use crate::access::Role;

pub(super) const RULES: &[Rule] = &[
    Rule { id: "R37", weigh: Some(searches), gate: None },
    Rule { id: "R78", weigh: Some(sampled), gate: None },
    Rule { id: "R82", weigh: Some(training), gate: None },
];

/// The course a role is to be trained in, if any.
#[must_use]
pub fn course(role: Role) -> Option<&'static str> {
    match role {
        Role::Officer | Role::Pcso | Role::Sergeant => Some("safeguarding"),
        Role::Call => Some("call_taking"),
        Role::Inspector
        | Role::Command
        | Role::Dsl
        | Role::Staff
        | Role::Hub
        | Role::Admin
        | Role::Auditor
        | Role::Dpo
        | Role::Server => None,
    }
}

/// R37: whoever searched a person is asked what for and for which record; after a day the sergeant is.
fn searches(view: &CaseView<'_>, found: &mut Findings) {
    for row in view.of("search").filter(|row| row.text("for_record").is_none() && row.value("for_record").is_none()) {
        let text = "a person was searched: say what for, and link the record it was for";
        let item = Item::of("R37", code::R37_UNLINKED, row, row.since(), text).about("link");
        let sergeant = view.people.sergeant_of(&row.author).unwrap_or_default().to_owned();
        let item = item.after(0, To::User(row.author.clone()));
        found.owe(item.after(view.policy.search_unlinked_ms, To::User(sergeant)));
    }
}

/// R78: a case the month's sample fell on is read by the inspector, who records what they found.
fn sampled(view: &CaseView<'_>, found: &mut Findings) {
    let samples = view.of("deadline").filter(|row| row.text("deadline_kind") == Some("dip_sample"));
    for row in samples.filter(|row| row.open) {
        let text = "this case is in this month's sample: read it and its plan, and record what you found";
        let item = Item::of("R78", code::R78_SAMPLE, row, row.since(), text);
        found.owe(item.after(0, To::User(row.owner().unwrap_or_default().to_owned())));
    }
}

/// R82: training that is over its age is told to the person and their sergeant; work of high risk given to
/// somebody without training in date warns both.
fn training(view: &CaseView<'_>, found: &mut Findings) {
    for row in view.of("training") {
        let Some(on) = row.text("trained_on").and_then(|on| Timestamp::parse(on).ok()) else { continue };
        let user = row.text("user").unwrap_or_default();
        // A later course of the same kind is in the directory: this one is history.
        let member = view.people.member(user);
        let newest = member.and_then(|member| member.trained(row.text("course").unwrap_or_default()));
        if newest.is_some_and(|newest| newest > on) {
            continue;
        }
        let text = "this training is too old: it is due again";
        let item = Item::of("R82", code::R82_TRAINING, row, on, text).about("age");
        let item = item.after(view.policy.training_ms, To::User(user.to_owned()));
        let sergeant = view.people.sergeant_of(user).unwrap_or_default().to_owned();
        found.owe(item.after(view.policy.training_ms, To::User(sergeant)));
    }
    let high = super::risk::current(view).filter(|risk| matches!(risk.text("level"), Some("high" | "very_high")));
    for row in high.into_iter().chain(urgent_checks(view)) {
        let owner = row.owner().or_else(|| view.owner_of(row));
        let Some(member) = owner.and_then(|owner| view.people.member(owner)) else { continue };
        if untrained(view, member) {
            let text = "high-risk work is with somebody whose training is missing or too old";
            let item = Item::of("R82", code::R82_TRAINING, row, row.since(), text).about(member.user.clone());
            let sergeant = view.people.sergeant_of(&member.user).unwrap_or_default().to_owned();
            found.owe(item.after(0, To::User(member.user.clone())).after(0, To::User(sergeant)));
        }
    }
}

/// Welfare checks that somebody is sent on now.
fn urgent_checks<'a>(view: &CaseView<'a>) -> impl Iterator<Item = &'a Row> + use<'a> {
    view.of("welfare_check").filter(|row| row.open && row.immediate() && row.owner().is_some())
}

/// Whether the course of somebody's role is missing or too old; a device, which does not know, says no.
fn untrained(view: &CaseView<'_>, member: &super::Member) -> bool {
    let Some(course) = course(member.role).filter(|_| view.whole) else { return false };
    member.trained(course).is_none_or(|on| later(on, view.policy.training_ms) <= view.now)
}
