//! R77: a school that is shut stops no timer of the police, and what depends on it gets somebody else to ask, or a date.

use signed::{Timestamp, code};

use super::look;
use super::view::{CaseView, Row};
use super::{Findings, Item, Rule, To};
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

/// Whether somebody of a school is to do it.
fn waits_for_a_school(view: &CaseView<'_>, action: &Row) -> bool {
    action.owner().and_then(|owner| view.people.role(owner)).is_some_and(|role| role.of_school())
}

/// Each break of the school that this has to live through: the police side is asked when it begins, or when the
/// date of an exception has passed, and the sergeant a working day later.
fn breaks(view: &CaseView<'_>, action: &Row, found: &mut Findings) {
    if look::answered(action.value("alternative_contact")) {
        return;
    }
    let excepted = look::time(action.at("school_exception/until"));
    let text = "the school that is to do this is shut: name somebody else to ask, or until when it may wait and why";
    for (begins, ends) in worktime::school_breaks(view.policy).filter(|(_, ends)| *ends > view.now) {
        let from = begins.max(action.since()).max(excepted.unwrap_or(begins));
        if from >= ends {
            continue;
        }
        if from <= view.now {
            found.mark(action, "R77", "school_shut", text);
        }
        let item = Item::of("R77", code::R77_CONTACT, action, from, text).about(begins.to_string());
        found.owe(ask(view, action, from, item));
    }
}

fn ask(view: &CaseView<'_>, action: &Row, from: Timestamp, item: Item) -> Item {
    let owner = view.own().and_then(Row::owner).unwrap_or(&action.author);
    let item = item.at(from, To::User(owner.to_owned()));
    match view.people.sergeant_of(owner) {
        Some(sergeant) => item.at(worktime::after_working_days(from, 1, view.policy), To::User(sergeant.to_owned())),
        None => item,
    }
}
