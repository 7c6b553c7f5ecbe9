//! R103, R113: what protected somebody and does no more: what comes in its place, and who tells those it protected.

use serde_json::Value as Json;
use signed::{Timestamp, code};

use super::look::{self, answered, closes_case, later, same_person};
use super::view::{CaseView, Row};
use super::{Attempt, Findings, Gate, Item, Rule, To};

pub(super) const RULES: &[Rule] = &[
    Rule { id: "R103", weigh: Some(measure_ended), gate: None },
    Rule { id: "R113", weigh: Some(those_protected), gate: Some(told_before_closing) },
];

/// R103: a measure that ended, lapsed or was broken leaves a gap that somebody fills or accepts in writing;
/// it never reads as no action.
fn measure_ended(view: &CaseView<'_>, found: &mut Findings) {
    for measure in view.of("protective_measure") {
        let to = measure.due.or_else(|| look::time(measure.value("to")));
        let lapsed = to.is_some_and(|to| to <= view.now) && measure.status == "in_force";
        let text = "a measure that protected somebody has ended: name what replaces it, or accept the gap in writing";
        if measure.status == "in_force" && !lapsed {
            // It is due to lapse: the sergeant hears of it then.
            if let Some(to) = to {
                found.owe(
                    Item::of("R103", code::R103_ENDED, measure, measure.since(), text)
                        .about("lapse")
                        .at(to, To::Sergeant),
                );
            }
            continue;
        }
        if measure.status == "replaced" {
            continue;
        }
        let at = ended_at(measure, view.now).or(to).unwrap_or_else(|| measure.since());
        for row in [Some(measure), view.own()].into_iter().flatten() {
            found.mark(row, "R103", "measure_ended", "measure ended, investigation live");
        }
        found.owe(Item::of("R103", code::R103_ENDED, measure, at, text).about("ended").after(0, To::Sergeant));
        found.gap(measure, code::R103_ENDED, "replaced_by", text);
    }
}

/// When a measure ended, was broken or lapsed.
pub(super) fn ended_at(measure: &Row, now: Timestamp) -> Option<Timestamp> {
    let ended = measure.steps.iter().rfind(|step| matches!(step.verb.as_str(), "end" | "breach")).map(|step| step.at);
    let to = measure.due.or_else(|| look::time(measure.value("to")));
    ended.or_else(|| to.filter(|to| *to <= now))
}

/// Somebody whom a measure protected and whom nobody has told that it does so no more.
struct Untold<'a> {
    measure: &'a Row,
    /// Which line of `protects`.
    line: String,
    who: &'a Json,
    /// What ended, broke or replaced it; a lapse has no step.
    event: String,
    since: Timestamp,
}

impl Untold<'_> {
    fn path(&self) -> String {
        format!("protects/{}", self.line)
    }
}

fn untold<'a>(view: &CaseView<'a>) -> Vec<Untold<'a>> {
    let mut all = Vec::new();
    for measure in view.of("protective_measure") {
        let Some((since, event)) = over(measure, view.now) else { continue };
        // A lapse is known before it comes: a word of the day before is one in time, but not the first word of a
        // measure that lasts no longer.
        let before = view.policy.protected_told_ms.min((since.millis() - measure.since().millis()) / 2);
        let from = later(since, if event == LAPSE { -before.max(0) } else { 0 });
        for (at, who) in measure.lines("protects").iter().enumerate() {
            if !view.of("contact_log").any(|contact| tells(view, contact, measure, from, who)) {
                let line = who.get("id").and_then(Json::as_str).map_or_else(|| at.to_string(), str::to_owned);
                all.push(Untold { measure, line, who, event: event.clone(), since });
            }
        }
    }
    all
}

/// What ends a measure that nobody ended: its date.
const LAPSE: &str = "lapse";

/// From when a measure does no longer protect as it did, and by which step. What replaced it after it ended is no
/// news to those who were told that it ended.
fn over(measure: &Row, now: Timestamp) -> Option<(Timestamp, String)> {
    let by = |verbs: &[&str]| measure.steps.iter().rfind(|step| verbs.contains(&step.verb.as_str()));
    let step = by(&["end", "breach"]).or_else(|| by(&["replace"]));
    step.map(|step| (step.at, step.statement.to_string()))
        .or_else(|| ended_at(measure, now).map(|at| (at, String::from(LAPSE))))
}

/// Whether a contact says that somebody was told of this: themselves, or another for them, by whom, when and how.
/// That nobody tells them is a decision, and a sergeant's.
fn tells(view: &CaseView<'_>, contact: &Row, measure: &Row, since: Timestamp, who: &Json) -> bool {
    let of_it = contact.value("measure").and_then(|of| view.named(of)).is_some_and(|row| row.id == measure.id);
    let heard = contact.value("person").into_iter().chain(contact.lines("on_behalf_of"));
    let concerns = heard.into_iter().any(|one| same_person(one, who));
    let made =
        contact.text("contact") == Some("made") && ["at", "how"].iter().all(|name| answered(contact.value(name)));
    let not = contact.value("contact").is_some_and(|said| said.get("not_attempted").is_some());
    of_it && contact.since() >= since && concerns && (made || (not && contact.role.supervises()))
}

/// R113: those a measure protected are told that it does no more; who must not know is not, before a sergeant has
/// looked.
fn those_protected(view: &CaseView<'_>, found: &mut Findings) {
    let held = super::welfare::must_not_know(view);
    for one in untold(view) {
        let message =
            "told that this does not protect them any more: by whom, when, how? or a sergeant's reason why not";
        found.gap(one.measure, code::R113_NOT_TOLD, one.path(), message);
        let text =
            "a measure has ended and somebody it protected has not been told: tell them, and record when and how";
        let due = later(one.since, view.policy.protected_told_ms);
        let item = Item::of("R113", code::R113_NOT_TOLD, one.measure, one.since, text);
        let item = item.about(format!("{}/{}", one.line, one.event));
        let item = match held.iter().any(|known| same_person(known, one.who)) {
            true => item.after(0, To::Sergeant),
            false => item.after(0, To::Owner).at(due, To::Sergeant),
        };
        found.owe(item.at(later(due, view.policy.protected_told_ms), To::Inspector));
    }
}

/// R113: a case closes when they are told. Nothing else waits for it: what comes in the measure's place least of all.
fn told_before_closing(view: &CaseView<'_>, attempt: &Attempt<'_>, gate: &mut Gate) {
    if closes_case(attempt) {
        for one in untold(view) {
            let path = format!("protective_measures/{}/{}", one.measure.id, one.path());
            gate.refuse(code::R113_NOT_TOLD, path, "they have not been told that what protected them has ended");
        }
    }
}
