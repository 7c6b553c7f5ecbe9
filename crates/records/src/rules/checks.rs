//! R35, R36, R119: who and what is named is looked up, and what was not is not forgotten.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};
use signed::code;

use super::look::{self, child, later};
use super::urgent::urgent_rungs;
use super::view::{CaseView, Row};
use super::vulnerable::stub;
use super::{Findings, Item, Rule, switch};

pub(super) const RULES: &[Rule] = &[
    Rule { id: "R35", weigh: Some(check_list), gate: None },
    Rule { id: "R36", weigh: Some(claimed), gate: None },
    Rule { id: "R119", weigh: Some(stubs), gate: None },
];

/// Targets of one record that are looked up; more than this are said to be so.
const TARGETS_MAX: usize = 40;

/// Somebody or something to look up.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Target {
    kind: &'static str,
    /// `{"record": id}` or the words as said, as text: what tells targets apart.
    name: String,
    systems: &'static [&'static str],
}

const ADULT: &[&str] = &["PNC", "PND", "force_intelligence"];
const CHILD: &[&str] = &["child_protection_plan_or_social_care", "missing_index"];
const NAMED: &[&str] = &["force_intelligence"];
const NUMBER: &[&str] = &["force_intelligence"];
const ADDRESS: &[&str] = &["force_intelligence", "control_room_log"];

/// Who a record is about: never missing from the list.
fn targets(view: &CaseView<'_>, row: &Row) -> BTreeSet<Target> {
    let mut all = BTreeSet::new();
    let mut person = |value: &Json| {
        if let Some(known) = view.named(value).filter(|known| known.kind == "person") {
            if !stub(known) {
                let systems = if child(known, view.now) && !look::is(known, "suspect") { CHILD } else { ADULT };
                all.insert(Target {
                    kind: "person",
                    name: json!({ "record": known.id.to_string() }).to_string(),
                    systems,
                });
            }
        } else if let Some(said) = value.get("as_said").and_then(Json::as_str) {
            all.insert(Target { kind: "person", name: json!({ "as_said": said }).to_string(), systems: NAMED });
        }
    };
    let lines = ["subjects", "about", "adults_present", "others_who_stay_or_visit"];
    for line in lines.iter().flat_map(|list| row.lines(list)) {
        person(line.get("person").unwrap_or(line));
    }
    row.value("speaker").into_iter().for_each(&mut person);
    for item in row.lines("concern_items") {
        item.get("about_person").into_iter().for_each(&mut person);
    }
    if !switch::on("R119") {
        for line in row.lines("named_people") {
            let said = json!({ "as_said": line.get("as_said") });
            person(line.get("person").unwrap_or(&said));
        }
    }
    let text = |value: &Json| value.as_str().or_else(|| value.get("as_said")?.as_str()).map(str::to_owned);
    for (list, kind, systems) in
        [("phones", "phone", NUMBER), ("addresses", "address", ADDRESS), ("where", "address", ADDRESS)]
    {
        for said in row.lines(list).iter().filter_map(text) {
            all.insert(Target { kind, name: json!({ "as_said": said }).to_string(), systems });
        }
    }
    all
}

fn due(view: &CaseView<'_>, row: &Row) -> signed::Timestamp {
    let policy = view.policy;
    let ms = match row.urgency.as_str() {
        "immediate" => policy.check_immediate_ms,
        "urgent" => policy.check_urgent_ms,
        _ => policy.check_ms,
    };
    later(row.recorded_at, ms)
}

/// R35: the list of checks, one for each target and system; what is not done when it is due climbs.
fn check_list(view: &CaseView<'_>, found: &mut Findings) {
    for row in view
        .rows
        .iter()
        .filter(|row| row.sealed && matches!(row.kind.as_str(), "concern" | "disclosure" | "welfare_check"))
    {
        let targets = targets(view, row);
        if targets.len() > TARGETS_MAX {
            found.mark(row, "R35", "more_to_check", "more people and numbers are named than are listed as checks");
        }
        for target in targets.into_iter().take(TARGETS_MAX) {
            for system in target.systems {
                let Ok(said) = serde_json::from_str::<Json>(&target.name) else { continue };
                let mut body = Map::new();
                body.insert("target".into(), said);
                body.insert("target_kind".into(), json!(target.kind));
                body.insert("system".into(), json!(system));
                body.insert("requested_for".into(), json!(row.id.to_string()));
                body.insert("lawful_purpose".into(), json!("safeguarding of a child"));
                body.insert("due".into(), json!(due(view, row).to_string()));
                // What people said goes first; how soon it has to be done stands in `due`.
                body.insert("urgency".into(), json!("standard"));
                if view.people.member(&row.author).is_some_and(|member| !member.role.of_school()) {
                    body.insert("owner".into(), json!(row.author));
                }
                // The person, not how often the record was edited, tells checks apart.
                found.make(
                    "R35",
                    row,
                    &format!("{}/{}/{system}", target.kind, target.name),
                    "intelligence_check",
                    body,
                );
            }
        }
    }
    for check in view.of("intelligence_check").filter(|check| check.open) {
        let Some(by) = check.due.or_else(|| look::time(check.value("due"))) else { continue };
        let text = "a check is due and not done: done with a reference, or not done and why";
        let item = Item::of("R35", code::R35_NOT_DONE, check, by, text);
        let source = check.value("requested_for").and_then(|of| view.named(of)).unwrap_or(check);
        found.owe(item.climbs(urgent_rungs(view, source, by)));
    }
}

/// R36: claimed is not done.
fn claimed(view: &CaseView<'_>, found: &mut Findings) {
    for check in view.of("intelligence_check").filter(|check| check.status == "claimed") {
        found.mark(check, "R36", "claimed", "claimed, without a reference: it counts as not done");
        found.gap(
            check,
            code::R36_REFERENCE,
            "system_reference",
            "which reference shows that it was done, by whom, when?",
        );
    }
}

/// R119: those who were only named are one request to an intelligence desk, with results per person.
fn stubs(view: &CaseView<'_>, found: &mut Findings) {
    for row in view.of("disclosure").filter(|row| row.sealed) {
        let of_it = |line: &&Json| line.get("person").and_then(|who| view.named(who)).is_none_or(stub);
        let names: Vec<&Json> = row.lines("named_people").iter().filter(of_it).collect();
        if names.is_empty() {
            continue;
        }
        let about: Vec<Json> = names
            .iter()
            .filter_map(|line| {
                line.get("person").cloned().or_else(|| Some(json!({ "as_said": line.get("as_said")?.as_str()? })))
            })
            .collect();
        let mut body = Map::new();
        body.insert("action_kind".into(), json!("check"));
        body.insert("exact_request".into(), json!("look up each of these who were only named; a result for each"));
        body.insert("requested_by".into(), json!({ "person": { "as_said": "rule R119" }, "org": "police" }));
        body.insert("about".into(), Json::Array(about));
        body.insert("due".into(), json!(due(view, row).to_string()));
        body.insert("urgency".into(), json!("standard"));
        found.make("R119", row, "desk", "action", body);
    }
}
