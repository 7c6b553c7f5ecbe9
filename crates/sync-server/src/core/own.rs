//! What the server adds of its own: a case record at first sight of a case, the raise of R26, the
//! answer to what was proposed offline; and the order in which a frame's consequences follow.

use std::collections::BTreeSet;
use std::sync::Arc;

use documents::{Candidate, ChangeBuilder, Created, Template, Verdict};
use records::rules::{Row, look};
use records::{Body, Compartment, Context, Kind, Role, Writes};
use serde_json::{Value as Json, json};
use signed::cbor::{Map, Value};
use signed::{RecordId, SchoolId, UserId, code};

use super::directory::SERVER;
use super::document::Doc;
use super::limits::PERSONS_NAMED_MAX;
use super::opening::OPENING;
use super::projection::{Projection, context};
use super::weigh::Weighing;
use super::work::Work;
use crate::error::ServerError;

pub(crate) const MISFIT: ServerError =
    ServerError::new(code::A_DAMAGED, "the server's own change does not fit its document");

impl Work<'_> {
    /// Everything that follows from new changes of these documents, in order: cases that are seen
    /// for the first time, what the server adds, what is read off, who gets rows.
    pub(crate) fn settle(&mut self, touched: &[RecordId], sender: Option<&UserId>) -> Result<(), ServerError> {
        let mut order = self.new_cases(touched)?;
        order.extend(self.changed(touched)?);
        order.extend(self.about_persons(&order)?);
        let mut moved = BTreeSet::new();
        for id in &order {
            let Some(mut doc) = self.doc(*id)? else { continue };
            let added = self.add_own(&mut doc);
            let changed = added.and_then(|()| self.project(&mut doc));
            self.keep(doc);
            if changed? {
                moved.insert(*id);
            }
        }
        self.publish_absences(&order)?;
        order.extend(self.match_all(&order.clone())?);
        let mut cases: BTreeSet<RecordId> = order.iter().filter_map(|id| self.case_of(*id)).collect();
        for id in &order {
            cases.extend(self.cases_of_match(*id)?);
            cases.extend(self.cases_of_training(*id)?);
            cases.extend(self.cases_of_absent(*id)?);
        }
        for case in cases {
            self.answer_proposals(case, &order)?;
            order.extend(self.follow(case)?);
        }
        order.sort();
        order.dedup();
        self.settle_all(&order, sender)?;
        self.moved.append(&mut moved);
        self.settle_moved(&order)
    }

    /// Brings rows of every other document of the cases whose readers may be others now; `settled` is sorted.
    pub(crate) fn settle_moved(&mut self, settled: &[RecordId]) -> Result<(), ServerError> {
        for case in std::mem::take(&mut self.moved) {
            for id in self.tx.documents_of_case(case)? {
                if settled.binary_search(&id).is_err() {
                    self.settle_one(id, None)?;
                    // Nothing of it changed: it need not stay in memory.
                    self.docs.remove(&id);
                }
            }
        }
        Ok(())
    }

    /// Brings rows of each of these documents to whoever may hold it.
    pub(crate) fn settle_all(&mut self, order: &[RecordId], sender: Option<&UserId>) -> Result<(), ServerError> {
        order.iter().try_for_each(|id| self.settle_one(*id, sender))
    }

    /// The cases of the records a match names: what is decided about it is weighed in both.
    fn cases_of_match(&self, id: RecordId) -> Result<Vec<RecordId>, ServerError> {
        let Some(row) = self.docs.get(&id).and_then(|doc| doc.projection.as_ref()?.row.clone()) else {
            return Ok(Vec::new());
        };
        if row.kind != "match" {
            return Ok(Vec::new());
        }
        let mut cases = Vec::new();
        for named in row.lines("records").iter().filter_map(|id| id.as_str()?.parse().ok()) {
            cases.extend(self.row_of(named)?.and_then(|row| row.case));
        }
        Ok(cases)
    }

    /// The cases of what the same person was trained in before: a newer day ends what is owed there.
    fn cases_of_training(&self, id: RecordId) -> Result<Vec<RecordId>, ServerError> {
        let row = self.docs.get(&id).and_then(|doc| doc.projection.as_ref()?.row.as_ref());
        let Some(user) = row.filter(|row| row.kind == "training").and_then(|row| row.text("user")) else {
            return Ok(Vec::new());
        };
        let mut cases = Vec::new();
        for other in self.tx.of_kind("training")? {
            let row = self.row_of(other)?.filter(|row| row.text("user") == Some(user));
            cases.extend(row.and_then(|row| row.case));
        }
        Ok(cases)
    }

    /// The open cases of whoever an absence is about: who answers for them is another from now on (R68).
    fn cases_of_absent(&self, id: RecordId) -> Result<Vec<RecordId>, ServerError> {
        let row = self.docs.get(&id).and_then(|doc| doc.projection.as_ref()?.row.as_ref());
        let absent = row.filter(|row| row.kind == "absence").and_then(|row| UserId::new(row.text("user")?).ok());
        let Some(absent) = absent else { return Ok(Vec::new()) };
        let mut cases = Vec::new();
        for id in self.tx.open_of(&absent)? {
            cases.extend(self.row_of(id)?.and_then(|row| row.case));
        }
        Ok(cases)
    }

    /// Whether another child of the same case still goes to a school (R90): a brother, a friend.
    fn another_child_of(&self, school: &str, child: &Row) -> bool {
        let ids = child.case.and_then(|case| self.tx.documents_of_case(case).ok()).unwrap_or_default();
        let others = ids.into_iter().filter(|id| *id != child.id).filter_map(|id| self.row_of(id).ok().flatten());
        others.into_iter().any(|row| look::is(&row, "child") && row.school.as_deref() == Some(school))
    }

    /// The case a loaded record belongs to; drafts belong to none.
    fn case_of(&self, id: RecordId) -> Option<RecordId> {
        let doc = self.docs.get(&id).filter(|doc| doc.state.template == Template::Record)?;
        doc.projection.as_ref()?.case
    }

    /// Reads a document off once more and brings rows to whoever may hold it by that.
    pub(crate) fn read_off_again(&mut self, id: RecordId) -> Result<(), ServerError> {
        let Some(mut doc) = self.doc(id)? else { return Ok(()) };
        doc.dirty = true;
        self.project(&mut doc)?;
        self.settle_audience(&mut doc, None)
    }

    fn settle_one(&mut self, id: RecordId, sender: Option<&UserId>) -> Result<(), ServerError> {
        let Some(mut doc) = self.doc(id)? else { return Ok(()) };
        let settled = self.settle_audience(&mut doc, sender);
        self.keep(doc);
        settled
    }

    /// Those of these documents that hold something new, each once.
    fn changed(&mut self, touched: &[RecordId]) -> Result<Vec<RecordId>, ServerError> {
        let mut changed = Vec::new();
        for id in touched {
            if self.docs.get(id).is_some_and(|doc| doc.dirty) && !changed.contains(id) {
                changed.push(*id);
            }
        }
        Ok(changed)
    }

    /// Reads a document off and writes its row; answers whether it is a case whose members may be
    /// others now.
    pub(crate) fn project(&mut self, doc: &mut Doc) -> Result<bool, ServerError> {
        if !doc.dirty && doc.projection.is_some() {
            return Ok(false);
        }
        let before = doc.projection.as_ref().map(Projection::case_facts);
        let attended = doc.projection.as_ref().and_then(|projection| projection.school.clone());
        let sent = doc.projection.as_ref().map(|projection| projection.owners.clone()).unwrap_or_default();
        doc.projection = Projection::of(doc.id, &doc.view, self.now, &self.policy, &doc.received);
        self.flush(doc)?;
        let Some(after) = &doc.projection else { return Ok(false) };
        if let (Some(row), true) = (&after.row, after.school != attended) {
            let row = row.clone();
            let left = attended.filter(|school| !self.another_child_of(school, &row));
            super::schooling::changed(self.tx.as_mut(), &row, left.as_deref(), self.now)?;
        }
        self.trained |= after.kind == "training";
        if let (None, OPENING, Some(row)) = (&before, after.kind.as_str(), &after.row) {
            let row = row.clone();
            self.opened(&row)?;
        }
        let Some(after) = &doc.projection else { return Ok(false) };
        if after.kind == "welfare_check" && after.owners != sent {
            // Who is sent reads the call they are sent for.
            self.moved.extend(after.case);
        }
        Ok(after.kind == "case" && before.as_ref() != Some(&after.case_facts()))
    }

    /// Makes the case records that these documents name and nobody has made.
    fn new_cases(&mut self, touched: &[RecordId]) -> Result<Vec<RecordId>, ServerError> {
        let mut made = Vec::new();
        for id in touched {
            let Some(doc) = self.docs.get(id).filter(|doc| doc.dirty) else { continue };
            let Some((said, created)) = doc.view.created() else { continue };
            let Some(case) = created.case.filter(|case| case != id) else { continue };
            if created.template == Template::Draft || self.docs.contains_key(&case) || self.tx.document(case)?.is_some()
            {
                continue;
            }
            let author = said.opened.statement.author.clone();
            let school = created.school.or_else(|| school_in(&created.compartment));
            let school = school.and_then(|school| SchoolId::new(&school).ok());
            self.make_case(case, school, &author)?;
            made.push(case);
        }
        Ok(made)
    }

    pub(crate) fn make_case(
        &mut self,
        case: RecordId,
        school: Option<SchoolId>,
        author: &UserId,
    ) -> Result<(), ServerError> {
        let Some(kind) = records::kind("case") else { return Err(MISFIT) };
        let schools = match (&school, self.person(author)) {
            (Some(school), _) => vec![school.clone()],
            (None, Some(person)) => person.row.schools.clone(),
            (None, None) => Vec::new(),
        };
        let mut body = Body::default();
        if let Some(owner) = self.case_owner(&schools, author)? {
            body.0.insert("owner".into(), json!(owner.as_str()));
        }
        if let Some(school) = &school {
            body.0.insert("schools".into(), json!([school.as_str()]));
        }
        let writes = records::split(kind, &body).map_err(|_| MISFIT)?;
        let created = Created {
            kind: kind.name.to_owned(),
            template: Template::Record,
            compartment: Compartment::Police { case }.to_string(),
            case: Some(case),
            school: school.map(|school| school.to_string()),
            capacity: "safer_schools".to_owned(),
        };
        let content = created.content(Some((kind.part, writes.sealed.clone())));
        let mut doc = Doc::new(self.core, case, Template::Record)?;
        self.write_own(&mut doc, kind.name, Some(("created", content)), &writes)?;
        self.keep(doc);
        Ok(())
    }

    /// The posted officer with fewest open cases, then the lowest user id; else a sergeant: the
    /// author's own supervisor before others.
    fn case_owner(&self, schools: &[SchoolId], author: &UserId) -> Result<Option<UserId>, ServerError> {
        let mut officers = Vec::new();
        for (person, holder) in self.active() {
            if holder.role == Role::Officer && holder.schools.iter().any(|school| schools.contains(school)) {
                officers.push((self.tx.open_count(&person.row.id, "case")?, person.row.id.clone()));
            }
        }
        if let Some((_, officer)) = officers.into_iter().min() {
            return Ok(Some(officer));
        }
        let own = self.person(author).and_then(|person| person.row.supervisor.clone());
        let sergeants = self.active().filter(|(_, holder)| holder.role == Role::Sergeant);
        let sergeants: Vec<_> = sergeants.map(|(person, _)| person.row.id.clone()).collect();
        Ok(own.filter(|user| sergeants.contains(user)).or_else(|| sergeants.into_iter().next()))
    }

    /// Concerns and disclosures that name a person of whom something new is known: their ages may
    /// raise them.
    fn about_persons(&mut self, order: &[RecordId]) -> Result<Vec<RecordId>, ServerError> {
        let mut more = Vec::new();
        for id in order {
            let Some(created) = self.docs.get(id).and_then(|doc| doc.view.created()).map(|(_, made)| made) else {
                continue;
            };
            let (Some(case), "person") = (created.case, created.kind.as_str()) else { continue };
            for other in self.tx.documents_of_case(case)? {
                let asks =
                    self.tx.document(other)?.is_some_and(|row| ["concern", "disclosure"].contains(&row.kind.as_str()));
                if asks && !order.contains(&other) && !more.contains(&other) {
                    more.push(other);
                }
            }
        }
        Ok(more)
    }

    /// What the rules ask the server to add to this document.
    fn add_own(&mut self, doc: &mut Doc) -> Result<(), ServerError> {
        if doc.state.template == Template::Draft {
            return Ok(());
        }
        let Some(kind) = doc.view.created().and_then(|(_, made)| records::kind(&made.kind)) else { return Ok(()) };
        self.raise(doc, kind)
    }

    /// R26: a child under 13 and any sexual indicator make a record immediate.
    fn raise(&mut self, doc: &mut Doc, kind: &'static Kind) -> Result<(), ServerError> {
        let shown = records::shown(kind, &doc.view, &context(self.now, &self.policy));
        let Json::Object(map) = shown.body else { return Ok(()) };
        let body = Body(map);
        let ages = self.ages(&body)?;
        let asked = records::raise::urgency_raise(kind, &body, &ages, &self.policy);
        // Once only: a sergeant's reasoned lowering is not undone by the rule that was lowered.
        let raised = |urgency: &str| {
            let entries = doc.view.cautious.get("urgency").map(Vec::as_slice).unwrap_or_default();
            entries.iter().any(|entry| entry.value.as_text() == Some(urgency))
        };
        let Some(urgency) = asked.filter(|urgency| !raised(urgency)) else { return Ok(()) };
        let cautious = vec![(String::from("urgency"), Value::text(urgency))];
        self.write_own(doc, kind.name, None, &Writes { cautious, ..Writes::default() })
    }

    /// Ages of the persons a record names, as far as they are known.
    fn ages(&mut self, body: &Body) -> Result<Vec<i64>, ServerError> {
        let lines = body.0.get("subjects").and_then(Json::as_array).into_iter().flatten();
        let named = lines.chain(body.0.get("speaker")).filter_map(|line| line.get("record")?.as_str()?.parse().ok());
        let named: Vec<RecordId> = named.take(PERSONS_NAMED_MAX).collect();
        let mut ages = Vec::new();
        for id in named {
            let Some(doc) = self.doc(id)? else { continue };
            if let Some(kind) = doc.view.created().and_then(|(_, made)| records::kind(&made.kind)) {
                let person = records::shown(kind, &doc.view, &context(self.now, &self.policy)).body;
                ages.extend(age(&person, &self.now.to_string()));
            }
            self.keep(doc);
        }
        Ok(ages)
    }

    /// Answers each step of these documents that was taken offline: the server knows what its author
    /// did not.
    fn answer_proposals(&mut self, case: RecordId, order: &[RecordId]) -> Result<(), ServerError> {
        for id in order {
            let of_it = self.case_of(*id) == Some(case);
            let waits = of_it && self.docs.get(id).is_some_and(|doc| doc.view.statements.iter().any(proposed));
            if !waits {
                continue;
            }
            let weighing = self.weighing(case)?;
            let Some(mut doc) = self.doc(*id)? else { continue };
            let answered = self.answer(&mut doc, &weighing);
            self.keep(doc);
            answered?;
        }
        Ok(())
    }

    fn answer(&mut self, doc: &mut Doc, weighing: &Weighing) -> Result<(), ServerError> {
        let Some(kind) = doc.view.created().and_then(|(_, made)| records::kind(&made.kind)) else { return Ok(()) };
        let policy = Arc::clone(&self.policy);
        let view = weighing.view(self.now, &policy);
        let context = Context { case: Some(&view), ..context(self.now, &policy) };
        for proposal in records::proposals(kind, &doc.view, &context) {
            if let Some((step, content)) = proposal.answer() {
                self.write_own(doc, kind.name, Some((step, content)), &Writes::default())?;
            }
        }
        self.project(doc).map(drop)
    }

    /// One change by the server: it goes through the same checks as anybody's.
    pub(crate) fn write_own(
        &mut self,
        doc: &mut Doc,
        kind: &str,
        step: Option<(&str, Map)>,
        writes: &Writes,
    ) -> Result<(), ServerError> {
        if doc.state.heads.len() > documents::statement::SEEN_MAX {
            // A statement names what it has seen, and only so many heads.
            let merge = ChangeBuilder::new(&doc.state, self.core.actor).finish();
            self.take_own(doc, &merge)?;
        }
        let mut builder = ChangeBuilder::new(&doc.state, self.core.actor);
        if let Some((step, content)) = step {
            let mut statement = self.core.says(doc.id, kind, step, content, self.now)?;
            statement.seen = builder.seen().to_vec();
            builder.statement(statement.sign(self.core.signer.as_ref())?);
        }
        for (field, value) in &writes.entries {
            builder.entry(field, value, SERVER, self.now);
        }
        for (field, value) in &writes.cautious {
            builder.cautious(field, value, SERVER, self.now);
        }
        for (key, value) in &writes.fields {
            builder.field(key, value);
        }
        let bytes = builder.finish();
        self.take_own(doc, &bytes)
    }

    fn take_own(&mut self, doc: &mut Doc, bytes: &[u8]) -> Result<(), ServerError> {
        let candidate = Candidate::read(bytes, doc.state.template).map_err(|_| MISFIT)?;
        match self.fits(doc, &candidate)? {
            Verdict::Fits(checked) => doc.take(self, &checked, None),
            Verdict::Known | Verdict::Need(_) | Verdict::Refused(_) => Err(MISFIT),
        }
    }
}

/// A step that was taken without the server.
fn proposed(said: &documents::Said) -> bool {
    said.opened.statement.content.get("proposed") == Some(&Value::Bool(true))
}

/// The school in `SHARE(school,..)`.
pub(crate) fn school_in(compartment: &str) -> Option<String> {
    match compartment.parse::<Compartment>().ok()? {
        Compartment::Share { school, .. } | Compartment::ShareAction { school, .. } => Some(school.to_string()),
        Compartment::Call { .. }
        | Compartment::Police { .. }
        | Compartment::Intel { .. }
        | Compartment::Hub { .. }
        | Compartment::Reporter { .. }
        | Compartment::Staffing { .. }
        | Compartment::Prompts { .. }
        | Compartment::Draft { .. }
        | Compartment::Audit => None,
    }
}

/// The age a person record gives, on this day.
fn age(person: &Json, today: &str) -> Option<i64> {
    let estimated = || person.pointer("/estimated_age/years")?.as_i64();
    let number = |text: &str, from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let born = person.get("dob").and_then(Json::as_str);
    let years = born.and_then(|born| {
        let before_birthday = today.get(5..10)? < born.get(5..10)?;
        Some(number(today, 0, 4)? - number(born, 0, 4)? - i64::from(before_birthday))
    });
    years.or_else(estimated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_counted_from_the_birthday_and_an_estimate_stands_in() {
        let today = "2026-11-22T09:00:00.000Z";
        assert_eq!(age(&json!({ "dob": "2014-11-22" }), today), Some(12));
        assert_eq!(age(&json!({ "dob": "2014-11-23" }), today), Some(11));
        assert_eq!(age(&json!({ "estimated_age": { "years": 9 } }), today), Some(9));
        assert_eq!(age(&json!({ "dob": { "unknown": "not asked" } }), today), None);
    }
}
