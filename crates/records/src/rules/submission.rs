//! R63: what goes to another unit takes its context along, and is never less urgent than the risk.

use serde_json::{Value as Json, json};
use signed::code;

use super::look::words;
use super::view::{CaseView, Row};
use super::{Attempt, Findings, Gate, Rule};
use crate::access::Compartment;
use crate::kinds::action::NEEDS_FILE as SUBMITTED;

pub(super) const RULES: &[Rule] =
    &[Rule { id: "R63", weigh: Some(submission_context), gate: Some(never_below_the_risk) }];

fn submitted(row: &Row) -> bool {
    row.kind == "action" && row.text("action_kind").is_some_and(|kind| SUBMITTED.contains(&kind))
}

/// Whether the case's risk is high as it stands.
fn high(view: &CaseView<'_>) -> bool {
    super::risk::current(view).is_some_and(|risk| matches!(risk.text("level"), Some("high" | "very_high")))
}

/// What belongs to a submission in this compartment: the risk, the people, earlier reports with their items. Nothing
/// comes out of a compartment whose readers are fewer, and a reporter's name out of none.
fn context<'a>(view: &CaseView<'a>, to: &Compartment) -> impl Iterator<Item = &'a Row> {
    let police = matches!(to, Compartment::Police { .. });
    let to = to.clone();
    let reaches = move |row: &&Row| {
        let wider = matches!(row.compartment, Compartment::Share { .. } | Compartment::Call { .. });
        row.compartment == to || (police && wider)
    };
    let kinds = |row: &&Row| matches!(row.kind.as_str(), "concern" | "risk_assessment" | "person");
    view.rows.iter().filter(kinds).filter(reaches)
}

/// Lines of what a new action takes along as it is made, beside those it names itself. `None` where nothing goes to
/// another unit.
#[must_use]
pub fn carried(view: &CaseView<'_>, action: &Row) -> Option<Vec<Json>> {
    if !submitted(action) || !super::switch::on("R63") {
        return None;
    }
    let mut lines = action.lines("carried_context").to_vec();
    let named = lines.iter().map(words).collect::<String>();
    let missing = context(view, &action.compartment).filter(|row| row.id != action.id);
    lines.extend(missing.filter(|row| !named.contains(&row.id.to_string())).map(line));
    Some(lines)
}

fn line(row: &Row) -> Json {
    let fields: &[&str] = match row.kind.as_str() {
        "concern" => &["source", "heard_how", "exact_words", "concern_items"],
        "risk_assessment" => &["model", "level", "kirat_level"],
        _ => &["roles", "names", "dob", "jobs_and_volunteering", "contact_with_children"],
    };
    let says = fields.iter().filter_map(|field| Some(((*field).to_owned(), row.value(field)?.clone())));
    json!({ "record": row.id.to_string(), "kind": row.kind, "says": says.collect::<serde_json::Map<_, _>>() })
}

fn submission_context(view: &CaseView<'_>, found: &mut Findings) {
    let high = high(view);
    for action in view.rows.iter().filter(|row| submitted(row)) {
        if high && action.open {
            found.raise("R63", action, "urgency", "urgent");
        }
        let carried = action.lines("carried_context").iter().map(words).collect::<String>();
        let context = context(view, &action.compartment).filter(|row| row.id != action.id);
        for row in context.filter(|row| !carried.contains(&row.id.to_string())) {
            let path = format!("carried_context/{}", row.id);
            found.gap(
                action,
                code::R63_CONTEXT,
                path,
                "this belongs to what is submitted: risk, earlier reports, people, items",
            );
        }
    }
}

/// Nobody sends it as standard while the risk is high: the assessment is what is made again.
fn never_below_the_risk(view: &CaseView<'_>, attempt: &Attempt<'_>, gate: &mut Gate) {
    let text = |name: &str| attempt.body.get(name).and_then(Json::as_str);
    let lowers = attempt.verb == "lower" && text("field") == Some("urgency");
    let below = matches!(text("value"), Some("standard" | "info"));
    if lowers && below && submitted(attempt.row) && high(view) {
        let message = "what is submitted is never less urgent than its risk";
        gate.refuse(code::R63_CONTEXT, "urgency", message);
    }
}
