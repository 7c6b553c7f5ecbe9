//! Matching on this device, over what it holds: the same code as the server's, at once and offline.

use std::collections::BTreeMap;

use records::matching::{self, Entry, PossibleMatch as Found};
use records::{Body, compartment_of};
use rusqlite::Connection;
use serde_json::json;
use signed::RecordId;

use crate::api::answer::PossibleMatch;
use crate::api::kind_of;
use crate::api::new::{self, Fresh};
use crate::error::Result;
use crate::field::Me;
use crate::pen::Pen;
use crate::store::{changes, erasure, weighed};

/// Records that share one identifier and are compared: what more share is shared by many.
const PER_KEY_MAX: usize = 50;

/// Everything held here that has something in common with another record held here.
fn found(db: &Connection) -> Result<Vec<(RecordId, Found)>> {
    let entries: Vec<Entry> = weighed::all(db)?.iter().filter(|row| row.kind != "match").map(Entry::of_row).collect();
    let mut by_key: BTreeMap<(&'static str, &str), Vec<usize>> = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        for key in &entry.keys {
            by_key.entry((key.kind.as_str(), key.value.as_str())).or_default().push(at);
        }
    }
    let mut all = BTreeMap::new();
    for places in by_key.values() {
        let sharing: Vec<&Entry> = places.iter().take(PER_KEY_MAX).filter_map(|at| entries.get(*at)).collect();
        for (at, one) in sharing.iter().enumerate() {
            for other in sharing.iter().skip(at + 1) {
                for found in matching::compare(one, other) {
                    all.insert(found.id, found);
                }
            }
        }
    }
    Ok(all.into_iter().collect())
}

/// Possible matches among what is held here. School roles are told of none.
pub(crate) fn held(db: &Connection, me: &Me) -> Result<Vec<(RecordId, PossibleMatch)>> {
    if me.role.of_school() {
        return Ok(Vec::new());
    }
    let mut list = Vec::new();
    for (id, found) in found(db)? {
        let state = state(db, id)?.unwrap_or_else(|| String::from("possible"));
        let found = PossibleMatch {
            id: id.into(),
            rule: found.rule.to_owned(),
            state,
            records: found.records.into_iter().map(Into::into).collect(),
            key_kind: found.key_kind.as_str().to_owned(),
        };
        list.push((id, found));
    }
    Ok(list)
}

/// Where a match stands whose record is held here.
pub(crate) fn state(db: &Connection, id: RecordId) -> Result<Option<String>> {
    Ok(weighed::get(db, id)?.filter(|row| row.kind == "match").map(|row| row.status))
}

/// Makes the record of a match that was found here and not made yet, so that it can be decided on.
pub(crate) fn ensure(pen: &Pen<'_>, id: RecordId) -> Result<()> {
    if changes::document(pen.db, id)?.is_some() || erasure::was(pen.db, id)? {
        return Ok(());
    }
    let Some((_, found)) = found(pen.db)?.into_iter().find(|(known, _)| *known == id) else { return Ok(()) };
    // What a reporter is known by stays in the vault: that match is the server's to make.
    if found.vault_only {
        return Ok(());
    }
    let kind = kind_of("match")?;
    let first = found.records.first().map(|id| weighed::get(pen.db, *id)).transpose()?.flatten();
    let Some(case) = first.and_then(|row| row.case) else { return Ok(()) };
    let mut body = Body::default();
    body.0.insert("rule".into(), json!(found.rule));
    body.0.insert("records".into(), json!(found.records.map(|id| id.to_string())));
    body.0.insert("key_kind".into(), json!(found.key_kind.as_str()));
    body.0.insert("shared".into(), json!(!found.alerts));
    body.0.insert("case".into(), json!(case.to_string()));
    records::defaults(kind, &mut body, pen.moment.now);
    let compartment = compartment_of(kind, pen.me.role, None, None, &body, case)?;
    if records::may_create(pen.me.role, kind) && records::may_enter(pen.me.role, &compartment) {
        new::make_one(pen, &Fresh { id, kind, body })?;
    }
    Ok(())
}
