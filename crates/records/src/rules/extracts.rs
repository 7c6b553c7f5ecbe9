//! R88: what was released to a school stays as it was released; whoever holds its source sees when that has moved on.

use serde_json::{Value as Json, json};
use signed::cbor;
use signed::digest::sha256;

use super::view::{CaseView, Row};
use super::{Findings, Rule};

pub(super) const RULES: &[Rule] = &[Rule { id: "R88", weigh: Some(older_than_its_source), gate: None }];

/// The parts of a record and its addenda, as one reader sees them, in a form that shows only whether they changed.
/// It stands in the record itself and nowhere a school reads.
#[must_use]
pub fn as_it_stands(row: &Row, parts: &[String]) -> String {
    let parts: Vec<Json> = parts.iter().map(|part| json!([part, row.value(part)])).collect();
    let all = json!([parts, row.did("addendum").count()]);
    // What no statement could hold stands in no record.
    let bytes = cbor::Value::from_json(&all).map(|value| cbor::encode(&value)).unwrap_or_default();
    sha256(&bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An extract whose source was added to, or changed in a part that was released, says so to whoever holds both.
fn older_than_its_source(view: &CaseView<'_>, found: &mut Findings) {
    for extract in view.of("extract") {
        let Some(source) = extract.value("of").and_then(|of| view.named(of)) else { continue };
        let id = extract.id.to_string();
        let of_this = |step: &&super::StepRow| step.body.get("extract").and_then(Json::as_str) == Some(&id);
        let Some(released) = source.did("release_extract").find(of_this) else { continue };
        let lines = extract.lines("parts").iter();
        let parts: Vec<String> = lines.filter_map(Json::as_str).map(str::to_owned).collect();
        let seen = released.body.get("seen").and_then(Json::as_str);
        if seen.is_some_and(|seen| seen != as_it_stands(source, &parts)) {
            let text = "what this was taken from has been added to or changed since: it is older than its source";
            found.mark(extract, "R88", "older_than_source", text);
        }
    }
}
