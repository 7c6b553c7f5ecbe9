//! R77: a school that is shut stops no timer of the police, and what depends on it gets somebody else to ask, or a date.

use signed::{Timestamp, code};

use super::look;
use super::view::{CaseView, Row};
use super::{Findings, Item, Rule, To};
use crate::access::Role;
use crate::worktime;

pub(super) const RULES: &[Rule] = &[Rule { id: "R77", weigh: Some(shut), gate: None }];

fn shut(view: &CaseView<'_>, found: &mut Findings) {
    old_cases(view, found);
    for action in view.of("action").filter(|action| action.open && waits_for_a_school(view, action)) {
        breaks(view, action, found);
    }
}

/// A case of half a year is the inspector's to see, whatever the school's holidays.
fn old_cases(view: &CaseView<'_>, found: &mut Findings) {
    let Some(case) = view.own().filter(|case| case.open) else { return };
    let text = "this case is older than six months";
    found.owe(Item::of("R77", code::R77_OLD, case, case.since(), text).after(view.policy.case_old_ms, To::Inspector));
}

/// Whether it waits for a school: somebody there is to do it, or the police asked it of a school and nobody has it yet.
fn waits_for_a_school(view: &CaseView<'_>, action: &Row) -> bool {
    let done = matches!(action.status.as_str(), "completed" | "outcome_told");
    let of_school = |owner: &str| view.people.role(owner).is_some_and(Role::of_school);
    let asked = action.owners.is_empty() && action.compartment.school().is_some() && !action.role.of_school();
    !done && (asked || action.owner().is_some_and(of_school))
}

/// Each break of the school that this has to live through: the police side is asked when it begins, or when the
/// date of an exception has passed, and the sergeant a working day later.
fn breaks(view: &CaseView<'_>, action: &Row, found: &mut Findings) {
    if look::answered(action.value("alternative_contact")) {
        return;
    }
    let reasoned = look::answered(action.at("school_exception/reason"));
    let excepted = look::time(action.at("school_exception/until")).filter(|_| reasoned);
    let text = "the school that is to do this is shut: name somebody else to ask, or until when it may wait and why";
    for (begins, ends) in worktime::school_breaks(view.policy).into_iter().filter(|(_, ends)| *ends > view.now) {
        // What is asked again after an exception is another question; both sides name it alike.
        let question = excepted.map_or(begins, |until| until.max(begins));
        let from = question.max(action.since());
        if from >= ends {
            continue;
        }
        if from <= view.now {
            found.mark(action, "R77", "school_shut", text);
        }
        let item = Item::of("R77", code::R77_CONTACT, action, from, text).about(question.to_string());
        found.owe(ask(view, action, from, item));
    }
}

/// Whoever of the police answers for the case, else whoever asked, else an officer of the school, else the inspectors;
/// then the sergeant over them.
fn ask(view: &CaseView<'_>, action: &Row, from: Timestamp, item: Item) -> Item {
    let police = |user: &&str| view.people.role(user).is_some_and(|role| !role.of_school());
    let school = action.compartment.school().map(|school| school.as_str()).unwrap_or_default();
    let answers = view.own().and_then(Row::owner).filter(police).or(Some(action.author.as_str()).filter(police));
    let Some(asked) = answers.or_else(|| view.people.officers_of(school).next()) else {
        return item.at(from, To::Role(Role::Inspector));
    };
    let item = item.at(from, To::User(asked.to_owned()));
    let next = worktime::after_working_days(from, 1, view.policy);
    let sergeant = view.people.sergeant_of(asked).map(str::to_owned);
    sergeant.into_iter().fold(item, |item, user| item.at(next, To::User(user)))
}
