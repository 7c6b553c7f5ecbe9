//! Matching over everything the server holds: keyed hashes of identifiers, looked up when a record comes in.

use std::collections::BTreeSet;

use documents::{Created, Template};
use records::matching::{self, Entry, PossibleMatch as Found};
use records::rules::Row;
use records::{Body, Compartment, Role, Writes};
use serde_json::json;
use signed::cbor::{Map, Value};
use signed::{RecordId, UserId};

use super::document::Doc;
use super::limits::{MATCHES_PER_KEY_MAX, MATCHES_PER_RECORD_MAX};
use super::opening::OPENING;
use super::own::MISFIT;
use super::work::Work;
use crate::error::ServerError;
use crate::store::rules::KeyHash;

/// The number under which a match is found by a record it names.
const NAMED: u64 = 99;

impl Work<'_> {
    /// Looks for what these changed records have in common with any other; answers the matches made.
    pub(crate) fn match_all(&mut self, changed: &[RecordId]) -> Result<Vec<RecordId>, ServerError> {
        let mut made = Vec::new();
        for id in changed {
            let Some(row) = self.row_of(*id)? else { continue };
            if row.kind == "match" {
                self.index_match(&row)?;
                continue;
            }
            if row.kind == OPENING {
                self.index_opening(&row)?;
                continue;
            }
            made.extend(self.match_one(&row)?);
        }
        Ok(made)
    }

    fn match_one(&mut self, row: &Row) -> Result<Vec<RecordId>, ServerError> {
        let entry = Entry::of_row(row);
        let hashes: Vec<(KeyHash, u64)> = entry
            .keys
            .iter()
            .map(|key| (self.core.vault.match_key(key.kind.as_str(), &key.value), key.kind.number()))
            .collect();
        let before = self.tx.keys_of(row.id)?;
        if before.is_empty() && hashes.is_empty() {
            return Ok(Vec::new());
        }
        let fresh: Vec<KeyHash> =
            hashes.iter().filter(|(hash, _)| !before.iter().any(|(known, _)| known == hash)).map(|(h, _)| *h).collect();
        self.tx.put_keys(row.id, &hashes)?;
        let mut others: BTreeSet<RecordId> = BTreeSet::new();
        for hash in fresh {
            others.extend(self.tx.with_key(&hash, MATCHES_PER_KEY_MAX)?);
        }
        others.remove(&row.id);
        let mut made = Vec::new();
        for other in others.into_iter().take(MATCHES_PER_RECORD_MAX) {
            let Ok(Some(known)) = self.row_of(other) else { continue };
            for found in matching::compare(&entry, &Entry::of_row(&known)) {
                made.extend(self.make_match(&found, row, &known)?);
            }
        }
        Ok(made)
    }

    /// Makes the record of a match, unless it is there, and gives it to whoever is to look at it.
    fn make_match(&mut self, found: &Found, new: &Row, known: &Row) -> Result<Option<RecordId>, ServerError> {
        let id = found.id;
        if self.docs.contains_key(&id) || self.tx.document(id)?.is_some() {
            return Ok(None);
        }
        let lower = if found.records.first() == Some(&new.id) { new } else { known };
        // R13: what a reporter is known by is for the holders of that vault, and stays in it.
        let vault = [new, known].into_iter().find(|row| matches!(row.compartment, Compartment::Reporter { .. }));
        let (first, told) = match vault {
            Some(row) => (row, vec![row]),
            None => (lower, vec![new, known]),
        };
        let (Some(case), Some(kind)) = (first.case, records::kind("match")) else { return Ok(None) };
        let mut body = Body::default();
        body.0.insert("rule".into(), json!(found.rule));
        body.0.insert("records".into(), json!(found.records.map(|id| id.to_string())));
        body.0.insert("key_kind".into(), json!(found.key_kind.as_str()));
        body.0.insert("serious".into(), json!(found.serious));
        body.0.insert("shared".into(), json!(!found.alerts));
        records::defaults(kind, &mut body, self.now);
        let writes = records::split(kind, &body).map_err(|_| MISFIT)?;
        let created = Created {
            kind: kind.name.to_owned(),
            template: Template::Record,
            compartment: match vault {
                Some(_) => Compartment::Reporter { case },
                None => Compartment::Intel { case },
            }
            .to_string(),
            case: Some(case),
            school: None,
            capacity: "safer_schools".to_owned(),
        };
        let content = created.content(Some((kind.part, writes.sealed.clone())));
        let mut doc = Doc::new(self.core, id, Template::Record)?;
        self.write_own(&mut doc, kind.name, Some(("created", content)), &writes)?;
        for user in self.concerned(&told)? {
            let content = Map::from([(String::from("to"), Value::text(user))]);
            self.write_own(&mut doc, kind.name, Some(("share", content)), &Writes::default())?;
        }
        self.project(&mut doc)?;
        self.keep(doc);
        if let Some(row) = self.row_of(id)? {
            self.index_match(&row)?;
        }
        Ok(Some(id))
    }

    /// Whoever answers for these records and their cases, and their sergeants.
    fn concerned(&self, rows: &[&Row]) -> Result<Vec<String>, ServerError> {
        let people = self.directory();
        let mut users = BTreeSet::new();
        for row in rows {
            let case = row.case.map(|case| self.row_of(case)).transpose()?.flatten();
            let own = people.member(&row.author).map(|member| member.user.as_str());
            let owner = case.as_ref().and_then(Row::owner).or_else(|| row.owner());
            for user in owner.into_iter().chain(own) {
                users.insert(user.to_owned());
                users.extend(people.sergeant_of(user).map(str::to_owned));
            }
        }
        users.retain(|user| people.role(user).is_some_and(|role| !role.of_school() && role != Role::Hub));
        Ok(users.into_iter().collect())
    }

    /// A match is found by the records it names, and told to whom it was given.
    fn index_match(&mut self, row: &Row) -> Result<(), ServerError> {
        let named: Vec<RecordId> = row.lines("records").iter().filter_map(|id| id.as_str()?.parse().ok()).collect();
        let keys: Vec<(KeyHash, u64)> =
            named.iter().map(|id| (self.core.vault.match_key("record", &id.to_string()), NAMED)).collect();
        self.tx.put_keys(row.id, &keys)?;
        let told: BTreeSet<String> =
            row.did("share").filter_map(|step| Some(step.body.get("to")?.as_str()?.to_owned())).collect();
        for user in told.iter().filter_map(|user| UserId::new(user).ok()) {
            self.tell_match(row, &named, &user)?;
        }
        Ok(())
    }

    /// The notice names a record only to whoever may know of it.
    fn tell_match(&mut self, row: &Row, named: &[RecordId], user: &UserId) -> Result<(), ServerError> {
        let mut cleared = Vec::new();
        for id in named {
            let own = self.row_of(*id)?.is_some_and(|row| row.author == user.as_str());
            if own || self.may_hold(*id, user)? {
                cleared.push(Value::bytes(id.0));
            }
        }
        let mut line = Map::new();
        let mut put = |name: &str, value| line.insert(name.to_owned(), value);
        put("id", Value::bytes(row.id.0));
        put("rule", Value::text(row.text("rule").unwrap_or_default()));
        put("state", Value::text(&row.status));
        put("records", Value::Array(cleared));
        put("key_kind", Value::text(row.text("key_kind").unwrap_or_default()));
        self.tell(user, None, &wire::Row::Match { line: Value::Map(line) })?;
        Ok(())
    }

    /// The matches that name a record.
    pub(crate) fn matches_of(&self, id: RecordId) -> Result<Vec<Row>, ServerError> {
        let hash = self.core.vault.match_key("record", &id.to_string());
        let mut found = Vec::new();
        for id in self.tx.with_key(&hash, MATCHES_PER_RECORD_MAX)? {
            found.extend(self.row_of(id)?.filter(|row| row.kind == "match"));
        }
        Ok(found)
    }
}
