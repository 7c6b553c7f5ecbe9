//! R15-R19 and R107: nothing urgent and nothing in a queue ages silently.

use signed::{Timestamp, code};

use super::look::later;
use super::view::{CaseView, Row};
use super::{Findings, Item, Rule, Rung, To};
use crate::worktime;

/// The rules of this family.
pub(super) const RULES: &[Rule] = &[
    Rule { id: "R16", weigh: Some(unassigned), gate: None },
    Rule { id: "R19", weigh: Some(queued), gate: None },
    Rule { id: "R107", weigh: Some(not_attended), gate: None },
];

/// Kinds that somebody has to be sent to, or that somebody has to take.
const TAKEN: [&str; 3] = ["welfare_check", "action", "missing_episode"];

/// The rungs of an urgent or immediate item from a moment on: who answers, the sergeant, the inspector,
/// the duty officers.
#[must_use]
pub fn urgent_rungs(view: &CaseView<'_>, row: &Row, since: Timestamp) -> Vec<Rung> {
    let policy = view.policy;
    let minutes = if immediate(row) { policy.immediate_rungs_ms } else { policy.urgent_rungs_ms };
    let to = [To::Owner, To::Sergeant, To::Inspector, To::Command];
    minutes.iter().zip(to).map(|(ms, to)| Rung { at: later(since, *ms), to }).collect()
}

/// A check's grade counts as its urgency where that is higher.
fn immediate(row: &Row) -> bool {
    row.immediate() || row.text("grade") == Some("immediate")
}

fn urgent(row: &Row) -> bool {
    row.urgent() || matches!(row.text("grade"), Some("immediate" | "urgent"))
}

/// The interval after which a decision's rest is over: one rung of the ladder.
#[must_use]
pub fn rung_ms(view: &CaseView<'_>, row: &Row) -> i64 {
    let rungs = if immediate(row) { view.policy.immediate_rungs_ms } else { view.policy.urgent_rungs_ms };
    match rungs {
        [first, second, ..] => second - first,
    }
}

/// R16: an urgent item that nobody in person has taken. The clock runs from its recording, through
/// every change of queue, area, team or shift (R18).
fn unassigned(view: &CaseView<'_>, found: &mut Findings) {
    for row in view.rows.iter().filter(|row| TAKEN.contains(&row.kind.as_str()) && row.open && urgent(row)) {
        if taken(row) {
            continue;
        }
        found.owe(Item {
            rule: "R16",
            code: code::R16_UNASSIGNED,
            record: row.id,
            about: String::new(),
            since: row.since(),
            rungs: urgent_rungs(view, row, row.since()),
            text: "urgent, and no named person is under way: name one with a time, from any team or area",
            rests_ms: Some(rung_ms(view, row)),
        });
    }
}

/// Whether a named person has it: sent, there, or accepted. A queue is nobody.
fn taken(row: &Row) -> bool {
    !row.unowned() && !matches!(row.status.as_str(), "requested" | "reopened" | "missing")
}

/// When somebody is to be there where the request says no time: by the grade (a check that is not graded yet by
/// its urgency), from the recording on. A grade that is raised later does not begin anew (R18).
fn attend_by(view: &CaseView<'_>, row: &Row) -> Timestamp {
    let policy = view.policy;
    let ms = match (immediate(row), urgent(row)) {
        (true, _) => policy.attend_immediate_ms,
        (false, true) => policy.attend_urgent_ms,
        (false, false) => policy.attend_scheduled_ms,
    };
    later(row.since(), ms)
}

/// R107: somebody was to be there by now. Arrival ends it, assignment does not (R15).
fn not_attended(view: &CaseView<'_>, found: &mut Findings) {
    for row in view.of("welfare_check").filter(|row| matches!(row.status.as_str(), "requested" | "dispatched")) {
        let by = row.due.unwrap_or_else(|| attend_by(view, row));
        found.owe(Item {
            rule: "R107",
            code: code::R107_NOT_ATTENDED,
            record: row.id,
            about: String::new(),
            since: by,
            rungs: urgent_rungs(view, row, by),
            text: "the time to be there has passed, and no device has recorded an arrival",
            rests_ms: Some(rung_ms(view, row)),
        });
    }
}

/// R19: work that went to a queue waits for a named person.
fn queued(view: &CaseView<'_>, found: &mut Findings) {
    let waits = |row: &&Row| row.open && row.unowned() && row.owners.iter().any(|owner| owner.starts_with("team:"));
    for row in view.rows.iter().filter(waits) {
        let since = queued_since(row);
        let step = |times: i64| match urgent(row) {
            true => later(since, view.policy.queue_urgent_ms * times),
            false => worktime::after_working_days(since, times * view.policy.queue_days, view.policy),
        };
        let rungs = match of_inspectors(view, row) {
            // R16: what is addressed to inspectors starts above them.
            true => vec![(0, To::Owner), (1, To::Command)],
            false => vec![(0, To::Owner), (1, To::Sergeant), (2, To::Inspector), (3, To::Command)],
        };
        let rungs = rungs.into_iter().map(|(times, to)| Rung { at: if times == 0 { since } else { step(times) }, to });
        found.owe(Item {
            rule: "R19",
            code: code::R19_UNACCEPTED,
            record: row.id,
            about: String::new(),
            since,
            rungs: rungs.collect(),
            text: "it went to a queue, and no named person has accepted it",
            rests_ms: None,
        });
    }
}

/// Whether the queue it is in is one of inspectors.
fn of_inspectors(view: &CaseView<'_>, row: &Row) -> bool {
    let teams = row.owners.iter().filter_map(|owner| owner.strip_prefix("team:"));
    let mut members = teams.flat_map(|team| view.people.team(team));
    super::switch::on("R16") && members.any(|member| member.role == crate::access::Role::Inspector)
}

/// Since when it is in a queue: moving it from queue to queue does not begin anew (R18).
fn queued_since(row: &Row) -> Timestamp {
    let accepted = row.steps.iter().rfind(|step| step.verb == "accept").map(|step| step.at);
    let forwarded = row.did("forward").find(|step| accepted.is_none_or(|at| step.at > at)).map(|step| step.at);
    forwarded.filter(|_| accepted.is_some()).unwrap_or_else(|| row.since())
}
