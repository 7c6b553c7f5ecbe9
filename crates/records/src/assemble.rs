//! A body put together again from what a document says.

use std::collections::BTreeSet;

use documents::{Merge, Scalar, View};
use serde_json::{Map as JsonMap, Value as Json, json};
use signed::Value;

use crate::body::set_path;
use crate::effective;
use crate::kind::{Caution, Field, Kind, Shape, Who};
use crate::policy::Policy;
use crate::seal::filled;
use crate::steps::{Act, Acts};
use crate::writes::by_line;

/// Every field's effective value. `acts` are those that count.
pub(crate) fn body(kind: &Kind, view: &View, policy: &Policy, acts: &[&Act<'_>]) -> JsonMap<String, Json> {
    let reader = Reader { view, policy };
    let mut body = Json::Object(JsonMap::new());
    for field in kind.all_fields().filter(|field| field.who != Who::Computed) {
        let value = match field.merge {
            Merge::W => reader.sealed(kind, field, acts),
            Merge::A => reader.entries(field),
            Merge::M | Merge::C | Merge::L | Merge::S => reader.working(field, field.key),
        };
        if let (Some(value), Json::Object(map)) = (value, &mut body) {
            map.insert(field.path.to_owned(), value);
        }
    }
    if let Some((_, created)) = view.created() {
        let mut put = |name: &str, value: Option<Json>| {
            if let (Some(value), Json::Object(map)) = (value, &mut body) {
                map.entry(name).or_insert(value);
            }
        };
        put("case", created.case.map(|id| json!(id.to_string())));
        put("school", created.school.map(Json::from));
        put("capacity", Some(json!(created.capacity)));
    }
    fill_from_addenda(kind, view, &mut body);
    newer(kind, view, &mut body);
    if let Json::Object(map) = body { map } else { JsonMap::new() }
}

/// What an addendum filled: where nothing stood, or as further lines of a list.
fn fill_from_addenda(kind: &Kind, view: &View, body: &mut Json) {
    let addenda = view.statements.iter().filter(|said| said.step() == Some("addendum"));
    let sets = addenda.filter_map(|said| said.opened.statement.content.get("set")?.as_map());
    for (path, value) in sets.flatten() {
        let top = path.split('/').next().unwrap_or(path);
        if kind.field(top).is_none_or(|field| field.merge != Merge::W) {
            continue;
        }
        let pointer = format!("/{path}");
        match (body.pointer_mut(&pointer), value.to_json()) {
            (Some(Json::Array(known)), Json::Array(more)) => known.extend(more),
            (Some(known), _) if filled(Some(known)) => {}
            // The path was checked when the addendum was made; one that leads nowhere is not shown
            // as a field, and still stands among the addenda.
            (_, value) => drop(set_path(body, path, value)),
        }
    }
}

/// Registers this version does not know are kept and shown under their own key.
fn newer(kind: &Kind, view: &View, body: &mut Json) {
    let Json::Object(map) = body else { return };
    for (key, standing) in &view.fields {
        let top = key.split('/').next().unwrap_or(key);
        if !kind.all_fields().any(|field| field.key == top)
            && let Some(last) = standing.last().filter(|last| last.value != Scalar::Null)
        {
            map.entry(key.clone()).or_insert_with(|| last.value.to_value().to_json());
        }
    }
}

struct Reader<'a> {
    view: &'a View,
    policy: &'a Policy,
}

impl Reader<'_> {
    /// A W field: from the first sealed part that has it, else from the step that brought it.
    fn sealed(&self, kind: &Kind, field: &Field, acts: &[&Act<'_>]) -> Option<Json> {
        let part = self.view.part(kind.part).and_then(|(_, content)| content.get(field.path));
        if let Some(value) = part {
            return Some(value.to_json());
        }
        let brought = acts.iter().filter(|act| BRINGING.contains(&act.step.verb));
        let mut brought =
            brought.filter_map(|act| act.said.opened.statement.content.get(field.path)).map(Value::to_json);
        let first = brought.next()?;
        // Two officers may both attend: their lists stand together, of a time the first counts.
        Some(brought.fold(first, |known, more| match (known, more) {
            (Json::Array(mut known), Json::Array(more)) => {
                known.extend(more);
                Json::Array(known)
            }
            (known, _) => known,
        }))
    }

    fn entries(&self, field: &Field) -> Option<Json> {
        let entries = self.view.entries.get(field.key)?;
        let mut values: Vec<Json> = entries.iter().map(|entry| entry.value.to_json()).collect();
        if field.shape.element().is_none() && !matches!(field.shape, Shape::Set(_)) {
            return values.pop();
        }
        if matches!(field.shape, Shape::Set(_)) {
            let mut once: Vec<Json> = Vec::new();
            for value in values {
                if !once.contains(&value) {
                    once.push(value);
                }
            }
            values = once;
        }
        Some(Json::Array(values))
    }

    fn working(&self, field: &Field, key: &str) -> Option<Json> {
        if field.merge == Merge::M && field.parts().is_empty() {
            return self.cautious(field, key);
        }
        if let Some(element) = field.shape.element().filter(|element| by_line(element)) {
            return self.lines(element, key);
        }
        if field.parts().is_empty() {
            let (standing, _) = self.view.field(key)?;
            return (standing.value != Scalar::Null).then(|| standing.value.to_value().to_json());
        }
        self.parts(field.parts(), key).map(Json::Object)
    }

    fn parts(&self, parts: &[Field], key: &str) -> Option<JsonMap<String, Json>> {
        let part = |part: &Field| {
            let value = self.working(part, &format!("{key}/{}", part.key))?;
            Some((part.path.to_owned(), value))
        };
        let map: JsonMap<String, Json> = parts.iter().filter_map(part).collect();
        (!map.is_empty()).then_some(map)
    }

    fn cautious(&self, field: &Field, key: &str) -> Option<Json> {
        if field.caution != Caution::Union {
            return effective::effective(self.view, field, key, self.policy).map(|entry| entry.value.to_json());
        }
        let mut lines: Vec<&Value> = Vec::new();
        for entry in effective::standing(self.view, key, self.policy) {
            if !lines.iter().any(|known| crate::edits::same_line(known, &entry.value)) {
                lines.push(&entry.value);
            }
        }
        (!lines.is_empty()).then(|| Json::Array(lines.into_iter().map(Value::to_json).collect()))
    }

    /// Lines by id: ids are minted in order of time.
    fn lines(&self, element: &Shape, key: &str) -> Option<Json> {
        let prefix = format!("{key}/");
        let rests = self.view.fields.keys().filter_map(|key| key.strip_prefix(&prefix));
        let ids: BTreeSet<&str> = rests.filter_map(|rest| rest.split('/').next()).collect();
        let line = |id: &str| {
            let key = format!("{key}/{id}");
            if matches!(element, Shape::Record) {
                let (standing, _) = self.view.field(&key)?;
                return (standing.value != Scalar::Null).then(|| json!(id));
            }
            let mut map = self.parts(element.parts(), &key)?;
            map.insert(String::from("id"), json!(id));
            Some(Json::Object(map))
        };
        let lines: Vec<Json> = ids.into_iter().filter_map(line).collect();
        (!lines.is_empty()).then_some(Json::Array(lines))
    }
}

/// Verbs that bring W fields of a live kind.
pub(crate) const BRINGING: [&str; 4] = ["attend", "propose_close", "claim", "complete"];

/// What follows from steps, by field.
pub(crate) fn computed(kind: &Kind, acts: &[&Act<'_>], body: &mut JsonMap<String, Json>) {
    let at = |act: &Act<'_>| json!(act.said.opened.statement.device_at.to_string());
    let by = |verb: &str| acts.iter().filter(move |act| act.step.verb == verb).copied().collect::<Vec<_>>();
    let mut put = |name: &str, value: Option<Json>| {
        if let Some(value) = value.filter(|value| filled(Some(value))) {
            body.insert(name.to_owned(), value);
        }
    };
    match kind.name {
        "action" => {
            let answers = acts.iter().filter(|act| ["accept", "decline"].contains(&act.step.verb)).map(|act| {
                let mut line = json!({ "answer": act.step.verb, "by": act.author(), "at": at(act) });
                if let (Some(reason), Some(line)) = (act.text("reason"), line.as_object_mut()) {
                    line.insert(String::from("reason"), json!(reason));
                }
                line
            });
            put("response", Some(Json::Array(answers.collect())));
            put("outcome", by("complete").last().and_then(|act| act.text("outcome")).map(Json::from));
            put(
                "outcome_told",
                by("tell_outcome")
                    .last()
                    .map(|act| json!({ "to": act.text("to"), "how": act.text("how"), "at": at(act) })),
            );
            let hops = by("forward").into_iter().map(|act| {
                json!({ "from": act.author(), "to": act.text("to"), "why": act.text("why"), "at": at(act),
                        "original_intact": true })
            });
            put("hops", Some(Json::Array(hops.collect())));
        }
        "case" | "welfare_check" => {
            let (proposed, closed) = (by("propose_close"), by("close"));
            let (proposed, closed) = (proposed.last(), closed.last());
            if let Some(act) = proposed.filter(|_| kind.name == "case") {
                put(
                    "closure",
                    Some(json!({ "reason": act.text("reason"), "proposed_by": act.author(),
                    "approved_by": closed.map(|act| act.author()) })),
                );
            }
            if kind.name == "welfare_check" {
                put("closed_by", proposed.map(|act| json!(act.author())));
                put("approved_by", closed.map(|act| json!(act.author())));
            }
            put("members", members(acts));
        }
        _ => {}
    }
}

fn members(acts: &[&Act<'_>]) -> Option<Json> {
    let mut lines: Vec<(String, Json)> = Vec::new();
    for act in acts {
        let Some(user) = act.text("user") else { continue };
        let at = act.said.opened.statement.device_at.to_string();
        match act.step.verb {
            "add_member" => {
                lines.push((user.to_owned(), json!({ "user": user, "role": act.text("role"), "from": at })));
            }
            "remove_member" => {
                let open = lines.iter_mut().rfind(|(known, line)| known == user && line.get("to").is_none());
                if let Some(map) = open.and_then(|(_, line)| line.as_object_mut()) {
                    map.insert(String::from("to"), json!(at));
                }
            }
            _ => {}
        }
    }
    (!lines.is_empty()).then(|| Json::Array(lines.into_iter().map(|(_, line)| line).collect()))
}

/// The acts that count: legal and not refused.
pub(crate) fn counting<'a, 'v>(acts: &'a Acts<'v>, legal: &[bool]) -> Vec<&'a Act<'v>> {
    acts.select(legal, |act| !act.refused()).into_iter().filter_map(|at| acts.get(at)).collect()
}
