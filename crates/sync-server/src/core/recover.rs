//! An unsealed draft whose author is gone is released by an inspector and the data protection officer
//! together, as a record that says that it was never sealed.

use std::collections::BTreeMap;

use documents::{Created, Scalar, Template, View};
use records::{Body, Compartment, Kind, Role, Writes};
use serde_json::{Map as JsonMap, Value as Json, json};
use signed::cbor::{Map, Value};
use signed::{RecordId, SchoolId, UserId, code};

use super::Core;
use super::audit::{self, Note};
use super::document::Doc;
use super::limits::{PIECE_BYTES_MAX, REASON_BYTES_MAX, RECOVERED_BYTES_MAX};
use super::projection::{Projection, RECOVERED};
use super::types::{RecoverDraft, Recovered};
use super::work::Work;
use super::{directory, vault};
use crate::error::ServerError;

const KIND: &str = "recovered_draft";

impl Core {
    /// Releases a draft. `R9.release` unless an active inspector and an active data protection officer
    /// do it together and say why, `A.not_found` for what is no draft here, `R9.sealed` for one that was
    /// sealed or released, `R9.author_active` while its author has access with a working device.
    pub fn recover_draft(&self, ask: &RecoverDraft) -> Result<Recovered, ServerError> {
        let mut work = Work::begin(self)?;
        work.may_release(ask)?;
        let mut draft = work.draft(ask.record)?;
        let Some((of, found)) = draft.projection.as_ref().and_then(|read| Some((read.of?, read.clone()))) else {
            return Err(ServerError::new(code::A_NOT_FOUND, "a draft that does not say what it would have become"));
        };
        if !found.open || work.tx.document(of)?.is_some() {
            return Err(ServerError::new(code::R9_SEALED, "this draft was sealed, or released already"));
        }
        if work.works(&found.author)? {
            return Err(ServerError::new(code::R9_AUTHOR_ACTIVE, "its author is here and can seal it"));
        }
        let body = body_of(&found.kind, &draft.view);
        let given = |name: &str| body.get(name).and_then(Json::as_str);
        let case = given("case").and_then(|id| id.parse().ok());
        let case = case.unwrap_or_else(|| RecordId::derived(&[KIND, "case", &of.to_string()]));
        let mut touched = Vec::new();
        if work.tx.document(case)?.is_none() {
            let school = given("school").and_then(|id| SchoolId::new(id).ok());
            work.make_case(case, school, &found.author)?;
            touched.push(case);
        }
        let records = work.write_recovered(ask, &found, of, case, &body, &draft.view)?;
        work.end_draft(&mut draft, &found.kind, &records)?;
        touched.extend(&records);
        touched.push(draft.id);
        let about: Vec<RecordId> = [draft.id].iter().chain(&records).copied().collect();
        work.keep(draft);
        work.settle(&touched, None)?;
        for who in [&ask.inspector, &ask.dpo] {
            let to = Some(&ask.inspector);
            let note =
                Note { operation: "disclosure", who: who.as_str(), device: None, to, records: &about, why: KIND };
            audit::append(work.tx.as_mut(), work.now, note)?;
        }
        Ok(Recovered { records, case, grown: work.finish()? })
    }
}

impl Work<'_> {
    fn may_release(&self, ask: &RecoverDraft) -> Result<(), ServerError> {
        let is = |user: &UserId, role| self.person(user).is_some_and(|p| p.row.active && p.role() == Some(role));
        let why = ask.reason.trim();
        let said = (1..=REASON_BYTES_MAX).contains(&why.len());
        if is(&ask.inspector, Role::Inspector) && is(&ask.dpo, Role::Dpo) && said {
            return Ok(());
        }
        let who = "an inspector and the data protection officer release a draft together, with a reason";
        Err(ServerError::new(code::R9_RELEASE, who))
    }

    fn draft(&mut self, id: RecordId) -> Result<Doc, ServerError> {
        for id in [id, RecordId::draft(id)] {
            let found = self.doc(id)?;
            if self.damaged.contains(&id) {
                return Err(ServerError::new(code::A_DOCUMENT, "what the server holds of this draft is damaged"));
            }
            match found {
                Some(doc) if doc.state.template == Template::Draft => return Ok(doc),
                Some(doc) => self.keep(doc),
                None => {}
            }
        }
        Err(ServerError::new(code::A_NOT_FOUND, "no draft of this record is here"))
    }

    /// Whether somebody can still seal what they began.
    fn works(&self, user: &UserId) -> Result<bool, ServerError> {
        let active = self.person(user).is_some_and(|person| person.row.active);
        let devices = self.tx.devices()?;
        Ok(active && devices.iter().any(|device| device.user == *user && device.revoked_at.is_none()))
    }

    fn write_recovered(
        &mut self,
        ask: &RecoverDraft,
        found: &Projection,
        of: RecordId,
        case: RecordId,
        body: &JsonMap<String, Json>,
        view: &View,
    ) -> Result<Vec<RecordId>, ServerError> {
        let misfit = |_| ServerError::new(code::A_DAMAGED, "what was found does not fit a record");
        let Some(kind) = records::kind(KIND) else { return Err(misfit(())) };
        let parts = in_parts(lines(&found.kind, body, view));
        let mut records = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            let says = json!({
                "case": case.to_string(), "of": of.to_string(), "of_kind": found.kind,
                "draft_author": found.author.as_str(), "since": found.created_at.to_string(), "unsealed": true,
                "found": part, "number": number + 1, "numbers": parts.len(),
                "released_by": [ask.inspector.as_str(), ask.dpo.as_str()], "release_reason": ask.reason.trim(),
                "owner": ask.inspector.as_str(),
                "urgency": body.get("urgency").filter(|urgency| urgency.is_string()).cloned().unwrap_or(json!("standard")),
                "links": [{ "record": of.to_string(), "why": "the record that this would have become", "by": directory::SERVER }],
            });
            let now = self.now;
            let mut mint = || vault::random().map_or_else(|_| of.to_string(), |r| RecordId::mint(now, r).to_string());
            let mut says = records::normalise(kind, says, &mut mint).map_err(|_| misfit(()))?;
            records::defaults(kind, &mut says, now);
            let writes = records::split(kind, &says).map_err(|_| misfit(()))?;
            let name = [KIND, &of.to_string(), &(number + 1).to_string()];
            records.push(self.write_one(kind, RecordId::derived(&name), case, &says, writes)?);
        }
        Ok(records)
    }

    fn write_one(
        &mut self,
        kind: &'static Kind,
        id: RecordId,
        case: RecordId,
        says: &Body,
        mut writes: Writes,
    ) -> Result<RecordId, ServerError> {
        let created = Created {
            kind: kind.name.to_owned(),
            template: Template::Record,
            compartment: Compartment::Police { case }.to_string(),
            case: Some(case),
            school: None,
            capacity: says.text("capacity").unwrap_or("safer_schools").to_owned(),
        };
        let content = created.content(Some((kind.part, std::mem::take(&mut writes.sealed))));
        let mut doc = Doc::new(self.core, id, Template::Record)?;
        self.write_own(&mut doc, kind.name, Some(("created", content)), &writes)?;
        self.keep(doc);
        Ok(id)
    }

    /// The last word of the draft itself: it is not looked after any more.
    fn end_draft(&mut self, draft: &mut Doc, kind: &str, records: &[RecordId]) -> Result<(), ServerError> {
        let mut content = Map::new();
        content.insert("records".into(), Value::Array(records.iter().map(|id| Value::bytes(id.0)).collect()));
        self.write_own(draft, kind, Some((RECOVERED, content)), &Writes::default())
    }
}

/// What the draft's registers say, as its author saw it.
fn body_of(kind: &str, view: &View) -> JsonMap<String, Json> {
    let last = |(key, standing): (&String, &Vec<documents::Standing>)| match &standing.last()?.value {
        Scalar::Text(text) => Some((key.clone(), text.clone())),
        Scalar::Null | Scalar::Bool(_) | Scalar::Int(_) | Scalar::Bytes(_) | Scalar::Time(_) => None,
    };
    let texts: BTreeMap<String, String> = view.fields.iter().filter_map(last).collect();
    match records::kind(kind) {
        Some(kind) => records::from_draft(kind, &texts).0,
        // A kind of a newer version: its registers as they stand.
        None => texts.into_iter().map(|(key, text)| (key, Json::String(text))).collect(),
    }
}

/// Everything found, field by field; of a register with several values each, the last one first.
fn lines(kind: &str, body: &JsonMap<String, Json>, view: &View) -> Vec<(String, String)> {
    let words = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut lines = Vec::new();
    for (field, value) in body {
        match value {
            Json::Array(items) => lines.extend(items.iter().map(|item| (field.clone(), words(item)))),
            Json::Null => {}
            Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_) => {
                lines.push((field.clone(), words(value)));
            }
        }
    }
    for (key, standing) in view.fields.iter().filter(|(_, standing)| standing.len() > 1) {
        let others = standing.iter().rev().skip(1).map(|one| one.value.to_value().to_json());
        lines.extend(others.map(|other| (key.clone(), words(&other))));
    }
    if !view.words.is_empty() {
        lines.push((String::from("words"), view.words.clone()));
    }
    if lines.is_empty() {
        lines.push((String::from("kind"), kind.to_owned()));
    }
    lines
}

/// Lines in pieces, and pieces in as many records as they need.
fn in_parts(lines: Vec<(String, String)>) -> Vec<Vec<Json>> {
    let (mut parts, mut part, mut bytes) = (Vec::new(), Vec::new(), 0_usize);
    for (field, text) in lines {
        for piece in pieces(&text) {
            if bytes + piece.len() > RECOVERED_BYTES_MAX && !part.is_empty() {
                parts.push(std::mem::take(&mut part));
                bytes = 0;
            }
            bytes += piece.len() + field.len() + 64;
            part.push(json!({ "field": field, "text": piece }));
        }
    }
    parts.push(part);
    parts
}

fn pieces(text: &str) -> Vec<&str> {
    let (mut rest, mut all) = (text, Vec::new());
    loop {
        let mut at = rest.len().min(PIECE_BYTES_MAX);
        while !rest.is_char_boundary(at) {
            at -= 1;
        }
        let (piece, after) = rest.split_at(at);
        all.push(piece);
        if after.is_empty() {
            return all;
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_lost_however_long_a_draft_is() {
        let long = "é".repeat(RECOVERED_BYTES_MAX);
        let parts = in_parts(vec![("a".into(), long.clone()), ("b".into(), "short".into())]);
        assert!(parts.len() > 1);
        let all: Vec<&Json> = parts.iter().flatten().collect();
        let of =
            |field: &str| all.iter().filter(|l| l["field"] == field).map(|l| l["text"].as_str().unwrap()).collect();
        assert_eq!((of("a"), of("b")), (long, String::from("short")));
    }
}
