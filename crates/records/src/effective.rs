//! The effective value of a protective field: the most cautious entry that no valid lowering of a
//! sergeant or above has superseded. A raise the lowering had not seen survives it.

use std::collections::BTreeSet;

use documents::{Entry, Said, View};
use signed::{Timestamp, Value};

use crate::access::Role;
use crate::kind::{Caution, Field};
use crate::policy::Policy;
use crate::rules::switch;

/// The entries of an M field that stand, in causal order.
#[must_use]
pub fn standing<'v>(view: &'v View, name: &str, policy: &Policy) -> Vec<&'v Entry> {
    let superseded = superseded(view, name, policy);
    let all = view.cautious.get(name).map(Vec::as_slice).unwrap_or_default();
    all.iter().filter(|entry| !superseded.contains(entry.id.as_str())).collect()
}

/// The most cautious of the entries that stand; between equals the lesser id, on every device.
#[must_use]
pub fn effective<'v>(view: &'v View, field: &Field, name: &str, policy: &Policy) -> Option<&'v Entry> {
    let entries = standing(view, name, policy);
    entries.into_iter().min_by_key(|entry| (rank(field.caution, &entry.value), entry.id.clone()))
}

/// How cautious a value is: less is more cautious. What a newer version may mean ranks first, so
/// that nothing is lowered by not being understood.
#[must_use]
pub fn rank(caution: Caution, value: &Value) -> i64 {
    match caution {
        Caution::Order(words) => {
            let word = match value {
                Value::Text(word) => word.as_str(),
                Value::Bool(true) => "true",
                Value::Bool(false) => "false",
                Value::Map(map) if map.contains_key("unknown") => "unknown",
                Value::Map(_) | Value::Null | Value::Int(_) | Value::Bytes(_) | Value::Array(_) => "",
            };
            words.iter().position(|known| *known == word).and_then(|at| i64::try_from(at).ok()).unwrap_or(0)
        }
        Caution::Earliest => time(value).map_or(i64::MIN, Timestamp::millis),
        Caution::Union | Caution::None => 0,
    }
}

/// A time, as it stands in an entry or a register.
pub(crate) fn time(value: &Value) -> Option<Timestamp> {
    value.as_text().and_then(|text| Timestamp::parse(text).ok())
}

/// The role a statement was made in.
pub(crate) fn role(said: &Said) -> Option<Role> {
    said.opened.statement.role.parse().ok()
}

/// Ids of the entries of a field that a valid `lower` or `extend` names and had seen.
fn superseded<'v>(view: &'v View, name: &str, policy: &Policy) -> BTreeSet<&'v str> {
    let entries = view.cautious.get(name).map(Vec::as_slice).unwrap_or_default();
    let mut gone = BTreeSet::new();
    for said in lowerings(view, name, policy) {
        let named = said.opened.statement.content.get("supersedes").and_then(Value::as_array).unwrap_or_default();
        let named: BTreeSet<&str> = named.iter().filter_map(Value::as_text).collect();
        let seen = entries.iter().filter(|entry| named.contains(entry.id.as_str()) && said.knew(entry.dot));
        gone.extend(seen.map(|entry| entry.id.as_str()));
    }
    gone
}

/// The valid lowerings of a field: by a sergeant or above; an extension past the policy's number
/// of earlier ones it knew of, by an inspector or above and with a plan (R72).
pub(crate) fn lowerings<'v>(view: &'v View, name: &str, policy: &Policy) -> Vec<&'v Said> {
    let mut valid: Vec<&Said> = Vec::new();
    for said in &view.statements {
        let step = said.step();
        let names = said.opened.statement.content.get("field").and_then(Value::as_text) == Some(name);
        if !names || !(step == Some("lower") || step == Some("extend")) {
            continue;
        }
        let Some(role) = role(said).filter(|role| role.supervises()) else { continue };
        let earlier = valid.iter().filter(|v| v.step() == Some("extend") && said.knew(v.dot)).count();
        let by_inspector = step == Some("extend") && earlier >= policy.extensions_before_inspector && switch::on("R72");
        let plan = said.opened.statement.content.get("plan").and_then(Value::as_text);
        let planned = plan.is_some_and(|plan| !plan.trim().is_empty());
        if !by_inspector || (role != Role::Sergeant && planned) {
            valid.push(said);
        }
    }
    valid
}
