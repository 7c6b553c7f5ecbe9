//! Lowering, extending, resolving: what only a sergeant or above does, with a reason.

use serde_json::Value as Json;
use signed::{Value, code};

use super::Planning;
use crate::access::Role;
use crate::effective::{self, rank};
use crate::gap::Gap;
use crate::kind::{Caution, Field};
use crate::path::Place;
use crate::{edits, writes};
use documents::Merge;

impl Planning<'_> {
    fn place(&mut self, path: &str, value: Json) -> Option<(Place, Json)> {
        match edits::regular(self.kind, path, value, self.new_id) {
            Ok(found) => Some(found),
            Err(gaps) => {
                self.refused.extend(gaps);
                None
            }
        }
    }

    /// A reasoned step towards less caution; it supersedes only entries it has seen.
    pub(super) fn lower(&mut self) {
        let (Some(path), Some(value)) = (self.text("field").map(str::to_owned), self.body.get("value").cloned()) else {
            return;
        };
        let head = self.kind.field(&path).and_then(|field| field.parts().first()).filter(|part| part.merge == Merge::M);
        let path = match head {
            Some(part) if !value.is_object() => format!("{path}/{}", part.path),
            _ => path,
        };
        let union = crate::path::follow(self.kind, &path).is_some_and(|place| place.field.caution == Caution::Union);
        if union {
            return self.lower_line(&path, &value);
        }
        let Some((place, value)) = self.place(&path, value) else { return };
        match place.field.caution {
            Caution::Order(_) => {}
            Caution::Earliest => {
                return self.refuse(code::I_LOWER, &path, "a date is moved later by the verb extend");
            }
            Caution::Union | Caution::None => {
                return self.refuse(code::I_LOWER, &path, "this field is not protective: edit it");
            }
        }
        let value = Value::from_json(&value).unwrap_or(Value::Null);
        self.supersede(place.field, &place.key, &value);
    }

    /// Of a set of markers, one is taken away: named by its line, its word or the whole line.
    fn lower_line(&mut self, path: &str, value: &Json) {
        let Some(place) = crate::path::follow(self.kind, path) else { return };
        let word = |entry: &Value| {
            let map = entry.as_map();
            let own = |name: &str| map.and_then(|map| map.get(name)).and_then(Value::as_text).map(str::to_owned);
            place
                .shape
                .element()
                .and_then(|e| e.parts().first())
                .and_then(|head| own(head.path))
                .or_else(|| own("as_said"))
        };
        let cbor = Value::from_json(value).unwrap_or(Value::Null);
        let names = |entry: &Value| {
            let id = entry.as_map().and_then(|map| map.get("id")).and_then(Value::as_text);
            let given = value.as_str();
            edits::same_line(entry, &cbor) || (given.is_some() && (id == given || word(entry).as_deref() == given))
        };
        let standing = effective::standing(self.view, &place.key, self.ctx.policy);
        let ids: Vec<Value> =
            standing.iter().filter(|entry| names(&entry.value)).map(|entry| Value::text(&entry.id)).collect();
        if ids.is_empty() {
            return self.refuse(code::I_VALUE, "value", "no such line stands");
        }
        self.plan.content.insert(String::from("field"), Value::text(&place.key));
        self.plan.content.insert(String::from("supersedes"), Value::Array(ids));
    }

    /// Names every standing entry more cautious than the value, and writes the value.
    fn supersede(&mut self, field: &'static Field, key: &str, value: &Value) {
        let standing = effective::standing(self.view, key, self.ctx.policy);
        let target = rank(field.caution, value);
        let over: Vec<Value> = standing
            .iter()
            .filter(|entry| rank(field.caution, &entry.value) < target)
            .map(|entry| Value::text(&entry.id))
            .collect();
        if over.is_empty() {
            return self.refuse(code::I_STATE, key, "nothing more cautious stands: a raise is an edit");
        }
        let there = standing.iter().any(|entry| rank(field.caution, &entry.value) == target);
        self.plan.content.insert(String::from("field"), Value::text(key));
        self.plan.content.insert(String::from("supersedes"), Value::Array(over));
        if !there {
            self.plan.writes.cautious.push((key.to_owned(), value.clone()));
        }
    }

    /// A date moved later; past the policy's number, by an inspector and with a plan (R72).
    pub(super) fn extend(&mut self) {
        let Some(due) = self.body.get("new_due").cloned() else { return };
        // A kind has one date that is never moved later by itself: due, attend_by, to, review_by.
        let dated = self.kind.fields.iter().find(|field| field.caution == Caution::Earliest);
        let name = dated.map_or("due", |field| field.path);
        let Some((place, due)) = self.place(name, due) else { return };
        let earlier = effective::lowerings(self.view, place.field.key, self.ctx.policy);
        let earlier = earlier.iter().filter(|said| said.step() == Some("extend")).count();
        if earlier >= self.ctx.policy.extensions_before_inspector {
            if self.actor.role == Role::Sergeant {
                self.refuse(code::R72_INSPECTOR, name, "a third extension is an inspector's decision");
            }
            if self.text("plan").is_none() {
                self.refuse(code::R72_PLAN, "plan", "what is done by then that was not done before, and by whom?");
            }
        }
        let by = self.text("authorised_by").unwrap_or(self.actor.user.as_str()).to_owned();
        self.plan.content.insert(String::from("authorised_by"), Value::text(by));
        let value = Value::from_json(&due).unwrap_or(Value::Null);
        self.plan.content.insert(String::from("new_due"), value.clone());
        self.supersede(place.field, &place.key, &value);
    }

    /// One value over all that stand in a register; or one owner, or one status.
    pub(super) fn resolve(&mut self) {
        let (Some(path), Some(value)) = (self.text("path").map(str::to_owned), self.body.get("value").cloned()) else {
            return;
        };
        if path == "status" {
            return self.resolve_status(&value);
        }
        let Some((place, value)) = self.place(&path, value) else { return };
        let owners = path == "owner" && self.shown.owners.len() > 1;
        let several = self.view.fields.get(&place.key).is_some_and(|standing| standing.len() > 1);
        if !(owners || several) {
            return self.refuse(code::I_STATE, &path, "one value stands here: nothing is to be resolved");
        }
        if !matches!(place.field.merge, Merge::C | Merge::L | Merge::S) || place.line.is_some() {
            return self.refuse(code::I_FIELD, &path, "name the one field that is in conflict");
        }
        match writes::registers(place.field, &place.key, &place.path, &value) {
            Ok(fields) => self.plan.writes.fields.extend(fields),
            Err(gaps) => self.refused.extend(gaps),
        }
        self.plan.content.insert(String::from("path"), Value::text(&place.path));
        self.plan.resolves = Some(place.key);
    }

    fn resolve_status(&mut self, value: &Json) {
        let odds = |gap: &Gap| [code::R93_CONCURRENT_STEPS, code::R93_CLOSED_UNSEEN].contains(&gap.code);
        if !self.shown.gaps.iter().any(odds) {
            return self.refuse(code::I_STATE, "status", "no steps are at odds: nothing is to be resolved");
        }
        let known =
            |status: &str| self.kind.initial == status || self.kind.steps.iter().any(|step| step.to == Some(status));
        if !value.as_str().is_some_and(known) {
            self.refuse(code::I_VALUE, "value", "not a status of this kind of record");
        }
    }
}
