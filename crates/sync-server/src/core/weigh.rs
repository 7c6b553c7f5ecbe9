//! The rules over a case, and what they ask of the server: records that must exist, values that must
//! be raised, and prompts, each of which is a timer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use documents::{Created, Template};
use records::matching::plain;
use records::rules::{self, CaseView, Directory, Made, Member, Prompt, Raise, Row, Unsealed};
use records::{Role, Writes};
use serde_json::{Value as Json, json};
use signed::cbor::{self, Map, Value};
use signed::{RecordId, Timestamp, UserId};

use super::Core;
use super::directory::SERVER;
use super::document::Doc;
use super::limits::{CASE_ROWS_MAX, PROMPTS_PER_TICK_MAX, WEIGHED_AGAIN_MAX};
use super::own::{MISFIT, school_in};
use super::work::Work;
use crate::error::ServerError;
use crate::store::rules::PromptRow;

/// What a document is to its case.
enum Part {
    Record(Box<Row>),
    Draft(Unsealed),
}

/// A case, read off.
pub(crate) struct Weighing {
    case: RecordId,
    rows: Vec<Row>,
    beside: Vec<Row>,
    drafts: Vec<Unsealed>,
    people: Directory,
    whole: bool,
    reached: Vec<RecordId>,
}

impl Weighing {
    /// As a rule looks at it.
    pub(crate) fn view<'a>(&'a self, now: Timestamp, policy: &'a records::Policy) -> CaseView<'a> {
        CaseView {
            case: self.case,
            rows: &self.rows,
            beside: &self.beside,
            drafts: &self.drafts,
            people: &self.people,
            policy,
            now,
            whole: self.whole,
            reached: &self.reached,
        }
    }
}

impl Core {
    /// Everything that has fallen due: prompts are told, each once. Answers the inboxes that grew.
    pub fn tick(&self) -> Result<Vec<(UserId, u64)>, ServerError> {
        let now = self.clock.now();
        self.arm_calendar()?;
        if self.store.read()?.next_due()?.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        let mut grown = BTreeMap::new();
        loop {
            let mut work = Work::begin(self)?;
            let due = work.tx.prompts_due(work.now, PROMPTS_PER_TICK_MAX)?;
            if due.is_empty() {
                return Ok(grown.into_iter().collect());
            }
            let (dates, due): (Vec<_>, Vec<_>) = due.into_iter().partition(|row| row.user.as_str() == SERVER);
            for row in dates {
                work.date_came(row)?;
            }
            let cases: BTreeSet<RecordId> = due.iter().map(|row| row.case).collect();
            let mut order = Vec::new();
            for case in cases {
                order.extend(work.follow(case)?);
            }
            work.settle_all(&order, None)?;
            // What the case no longer asks for was ended by now; what is left was waiting for its time.
            for row in due {
                work.still_due(&row)?;
            }
            work.settle_moved(&[])?;
            grown.extend(work.finish()?);
        }
    }
}

impl Core {
    /// The dates of the calendar stand among what falls due.
    fn arm_calendar(&self) -> Result<(), ServerError> {
        if self.calendar_armed.load(Ordering::Relaxed) {
            return Ok(());
        }
        let mut work = Work::begin(self)?;
        work.watch_calendar()?;
        work.finish()?;
        self.calendar_armed.store(true, Ordering::Relaxed);
        Ok(())
    }
}

impl Work<'_> {
    /// Reads a case off.
    pub(crate) fn weighing(&self, case: RecordId) -> Result<Weighing, ServerError> {
        let (mut rows, mut drafts) = (Vec::new(), Vec::new());
        let ids = self.tx.documents_of_case(case)?;
        let mut whole = ids.len() <= CASE_ROWS_MAX;
        for id in ids.into_iter().take(CASE_ROWS_MAX) {
            match self.part_of(id) {
                Ok(Some(Part::Record(row))) => rows.push(*row),
                Ok(Some(Part::Draft(draft))) => drafts.push(draft),
                Ok(None) => {}
                // One damaged record hides itself, not its case.
                Err(error) if error.code == signed::code::A_DOCUMENT => whole = false,
                Err(error) => return Err(error),
            }
        }
        rows.sort_by_key(|row| (row.recorded_at, row.id));
        let beside = self.beside(case, &rows)?;
        let reached = self.reached(&rows)?;
        Ok(Weighing { case, rows, beside, drafts, people: self.directory(), whole, reached })
    }

    /// What a document is to its case.
    fn part_of(&self, id: RecordId) -> Result<Option<Part>, ServerError> {
        let stored;
        let projection = match self.docs.get(&id) {
            Some(doc) => doc.projection.as_ref(),
            None => {
                let Some(row) = self.tx.document(id)? else { return Ok(None) };
                stored = self.core.projection(&row)?;
                stored.as_ref()
            }
        };
        let Some(projection) = projection else { return Ok(None) };
        if let Some(row) = &projection.row {
            return Ok(Some(Part::Record(Box::new(row.clone()))));
        }
        let open = projection.template == Template::Draft.as_str() && projection.open;
        Ok(open.then(|| {
            Part::Draft(Unsealed {
                record: id,
                kind: projection.kind.clone(),
                author: projection.author.to_string(),
                since: projection.created_at,
            })
        }))
    }

    /// A record's row, from what is loaded or what is stored.
    pub(crate) fn row_of(&self, id: RecordId) -> Result<Option<Row>, ServerError> {
        if let Some(doc) = self.docs.get(&id) {
            return Ok(doc.projection.as_ref().and_then(|projection| projection.row.clone()));
        }
        let Some(row) = self.tx.document(id)? else { return Ok(None) };
        Ok(self.core.projection(&row)?.and_then(|projection| projection.row))
    }

    /// Records of other cases that these name.
    fn beside(&self, case: RecordId, rows: &[Row]) -> Result<Vec<Row>, ServerError> {
        let mut found = Vec::new();
        let names = rows.iter().flat_map(|row| rules::named(&row.body));
        let names: BTreeSet<RecordId> = names.filter(|id| !rows.iter().any(|row| row.id == *id)).collect();
        for id in names.into_iter().take(CASE_ROWS_MAX) {
            if let Ok(Some(row)) = self.row_of(id)
                && row.case != Some(case)
            {
                found.push(row);
            }
        }
        for row in rows.iter().take(CASE_ROWS_MAX) {
            for one in self.matches_of(row.id)? {
                if one.case != Some(case) && !found.iter().any(|known| known.id == one.id) {
                    let others = one.lines("records").iter().filter_map(|id| id.as_str()?.parse().ok());
                    for other in others.collect::<Vec<RecordId>>() {
                        let known = found.iter().chain(rows).any(|known| known.id == other);
                        found.extend(self.row_of(other)?.filter(|_| !known));
                    }
                    found.push(one);
                }
            }
        }
        Ok(found)
    }

    /// Who is who, for the ladders.
    pub(crate) fn directory(&self) -> Directory {
        let member = |(person, holder): (&super::work::Person, &records::Holder)| Member {
            user: person.row.id.to_string(),
            role: holder.role,
            schools: person.row.schools.iter().map(ToString::to_string).collect(),
            team: person.row.team.clone(),
            area: person.row.area.clone(),
            supervisor: person.row.supervisor.as_ref().map(ToString::to_string),
            cover: None,
            away: false,
            training: Vec::new(),
        };
        let mut members: Vec<Member> = self.active().map(member).collect();
        for absence in self.absences() {
            let user = absence.text("user").unwrap_or_default();
            for member in members.iter_mut().filter(|member| member.user == user) {
                member.away = true;
                member.cover = absence.text("cover").map(str::to_owned);
            }
        }
        let trainings = self.trainings();
        for member in &mut members {
            member.training = trainings.get(&member.user).cloned().unwrap_or_default();
        }
        Directory::of_all(members)
    }

    /// Absences that are not ended.
    pub(crate) fn all_absences(&self) -> Vec<Row> {
        let ids = self.tx.open_of_kind("absence").unwrap_or_default();
        ids.into_iter().filter_map(|id| self.row_of(id).ok().flatten()).collect()
    }

    /// Absences that run now.
    pub(super) fn absences(&self) -> Vec<Row> {
        let time = |row: &Row, field: &str| row.text(field).and_then(|at| Timestamp::parse(at).ok());
        let runs = |row: &Row| {
            time(row, "from").is_none_or(|from| from <= self.now) && time(row, "to").is_none_or(|to| to > self.now)
        };
        self.all_absences().into_iter().filter(runs).collect()
    }

    /// Weighs a case until nothing more follows; answers the documents that changed or were made.
    pub(crate) fn follow(&mut self, case: RecordId) -> Result<Vec<RecordId>, ServerError> {
        let mut changed = Vec::new();
        for round in 0..WEIGHED_AGAIN_MAX {
            let weighing = self.weighing(case)?;
            let policy = Arc::clone(&self.policy);
            let view = weighing.view(self.now, &policy);
            let found = rules::weigh(&view);
            let mut more = Vec::new();
            for made in &found.makes {
                more.extend(self.make(made, &weighing)?);
            }
            let own = self.about_our_own(&weighing).then_some(Raise {
                rule: "R111",
                record: case,
                field: "restricted",
                value: Json::Bool(true),
            });
            for raise in found.raises.iter().chain(&own) {
                more.extend(self.raise_by_rule(raise)?);
            }
            if more.is_empty() || round + 1 == WEIGHED_AGAIN_MAX {
                let wanted: Vec<Prompt> = found.items.iter().flat_map(|item| rules::prompts(&view, item)).collect();
                self.reconcile(case, &wanted)?;
                break;
            }
            changed.extend(more);
        }
        changed.sort();
        changed.dedup();
        Ok(changed)
    }

    /// R111: whether somebody of the case bears the name of a user. Looked at here alone: no device learns
    /// who was compared with whom.
    fn about_our_own(&self, weighing: &Weighing) -> bool {
        if !rules::switch::on("R111") {
            return false;
        }
        let users: BTreeSet<String> = self.people().map(|person| plain(&person.row.name)).collect();
        let people = weighing.rows.iter().filter(|row| row.kind == "person");
        let of_concern =
            |row: &&Row| !row.lines("roles").iter().any(|role| role == "reporter" || role == "professional");
        let names = people.filter(of_concern).flat_map(|row| row.lines("names").iter().chain(row.lines("aliases")));
        names.filter_map(Json::as_str).map(plain).any(|name| name.contains(' ') && users.contains(&name))
    }

    /// Makes a record a rule asks for, unless it is there.
    pub(crate) fn make(&mut self, made: &Made, weighing: &Weighing) -> Result<Option<RecordId>, ServerError> {
        let Some(id) = made.new.id else { return Ok(None) };
        if self.docs.contains_key(&id) || self.tx.document(id)?.is_some() {
            return Ok(None);
        }
        let Some(kind) = records::kind(made.new.kind) else { return Err(MISFIT) };
        let source = weighing.rows.iter().chain(&weighing.beside).find(|row| row.id == made.from);
        let mut lines = 0_u32;
        // The ids of lines follow from the record's: the server and a device make the same ones.
        let mut line_id = || {
            lines += 1;
            RecordId::derived(&["line", &id.to_string(), &lines.to_string()]).to_string()
        };
        let body = Json::Object(made.new.body.0.clone());
        let mut body = records::normalise(kind, body, &mut line_id).map_err(|_| MISFIT)?;
        records::defaults(kind, &mut body, self.now);
        let case = body.case().or(source.and_then(|row| row.case)).unwrap_or(weighing.case);
        body.0.insert("case".into(), json!(case.to_string()));
        if let (None, Some(school)) = (body.text("school"), source.and_then(|row| row.school.clone())) {
            body.0.insert("school".into(), json!(school));
        }
        let compartment =
            records::compartment_of(kind, rules::maker(source), None, None, &body, case).map_err(|_| MISFIT)?;
        let compartment = compartment.to_string();
        let writes = records::split(kind, &body).map_err(|_| MISFIT)?;
        let created = Created {
            kind: kind.name.to_owned(),
            template: Template::Record,
            school: school_in(&compartment).or_else(|| body.text("school").map(str::to_owned)),
            compartment,
            case: Some(case),
            capacity: body.text("capacity").unwrap_or("safer_schools").to_owned(),
        };
        let content = created.content(Some((kind.part, writes.sealed.clone())));
        let mut doc = Doc::new(self.core, id, Template::Record)?;
        self.write_own(&mut doc, kind.name, Some(("created", content)), &writes)?;
        self.project(&mut doc)?;
        self.keep(doc);
        Ok(Some(id))
    }

    /// Raises a protective value, once: a sergeant's reasoned lowering is not undone by the rule that
    /// was lowered.
    fn raise_by_rule(&mut self, raise: &Raise) -> Result<Option<RecordId>, ServerError> {
        let Some(mut doc) = self.doc(raise.record)? else { return Ok(None) };
        let written = self.raise_doc(&mut doc, raise);
        self.keep(doc);
        Ok(written?.then_some(raise.record))
    }

    fn raise_doc(&mut self, doc: &mut Doc, raise: &Raise) -> Result<bool, ServerError> {
        let Some(kind) = doc.view.created().and_then(|(_, made)| records::kind(&made.kind)) else { return Ok(false) };
        let Some(field) = kind.field(raise.field) else { return Err(MISFIT) };
        let Ok(mut value) = Value::from_json(&raise.value) else { return Err(MISFIT) };
        let entries = doc.view.cautious.get(field.key).map(Vec::as_slice).unwrap_or_default();
        if entries.iter().any(|entry| rules::same(&entry.value, &value)) {
            return Ok(false);
        }
        if let Value::Map(map) = &mut value {
            let line = RecordId::derived(&["line", raise.rule, &doc.id.to_string(), &raise.value.to_string()]);
            map.insert("id".into(), Value::text(line.to_string()));
        }
        if raise.field == "restricted" {
            self.moved.insert(doc.id);
        }
        let cautious = vec![(field.key.to_owned(), value)];
        self.write_own(doc, kind.name, None, &Writes { cautious, ..Writes::default() })?;
        self.project(doc)?;
        Ok(true)
    }

    /// Brings the stored prompts of a case to what its rules ask for now, and tells what is due.
    fn reconcile(&mut self, case: RecordId, wanted: &[Prompt]) -> Result<(), ServerError> {
        let stored = self.tx.prompts_of_case(case)?;
        let restricted = match self.row_of(case) {
            Ok(row) => row.is_some_and(|row| row.value("restricted") == Some(&Json::Bool(true))),
            // While nobody can say who may be told, nothing is told and nothing taken back.
            Err(error) if error.code == signed::code::A_DOCUMENT => return Ok(()),
            Err(error) => return Err(error),
        };
        let inspects = |user: &str| {
            let role = UserId::new(user).ok().and_then(|user| self.person(&user).and_then(super::work::Person::role));
            matches!(role, Some(Role::Inspector | Role::Command))
        };
        let wanted: Vec<&Prompt> = wanted.iter().filter(|one| !restricted || inspects(&one.to)).collect();
        let mut known: BTreeMap<RecordId, PromptRow> = stored.into_iter().map(|row| (row.id, row)).collect();
        for prompt in wanted {
            let Ok(user) = UserId::new(&prompt.to) else { continue };
            let before = known.remove(&prompt.id);
            let mut row = PromptRow {
                id: prompt.id,
                case,
                record: prompt.record,
                user,
                rule: prompt.rule.to_owned(),
                rung: prompt.rung,
                due: prompt.due_at,
                told: before.as_ref().and_then(|row| row.told),
                ended: None,
                line: cbor::encode(&line(prompt, case)),
            };
            let reopened = before.as_ref().is_some_and(|row| row.ended.is_some());
            if let Some(before) = &before {
                if row.told.is_some() {
                    // What was told stays as it was told.
                    row.due = before.due;
                    row.line.clone_from(&before.line);
                }
                if row == *before {
                    continue;
                }
            }
            if (row.told.is_none() || reopened) && row.due <= self.now {
                self.tell_prompt(&mut row)?;
            }
            self.tx.put_prompt(&row)?;
        }
        for mut row in known.into_values().filter(|row| row.ended.is_none()) {
            if row.told.is_none() {
                self.tx.remove_prompt(row.id)?;
                continue;
            }
            row.ended = Some(self.now);
            self.tx.put_prompt(&row)?;
            self.tell_line(&row)?;
        }
        Ok(())
    }

    /// A prompt that was due when this tick began and that nothing has told or taken away since.
    fn still_due(&mut self, row: &PromptRow) -> Result<(), ServerError> {
        let now = self.tx.prompts_of_case(row.case)?.into_iter().find(|known| known.id == row.id);
        let Some(mut row) = now.filter(|row| row.told.is_none() && row.ended.is_none() && row.due <= self.now) else {
            return Ok(());
        };
        self.tell_prompt(&mut row)?;
        Ok(self.tx.put_prompt(&row)?)
    }

    fn tell_prompt(&mut self, row: &mut PromptRow) -> Result<(), ServerError> {
        row.told = Some(self.now);
        let role = self.person(&row.user).and_then(super::work::Person::role);
        let told = self.tx.told_in_case(row.case)?;
        let decides = |user: &UserId| {
            self.person(user).and_then(super::work::Person::role).is_some_and(Role::decides_escalations)
        };
        if decides(&row.user) && !told.iter().any(decides) {
            // Who is asked to decide may read it from now on.
            self.moved.insert(row.case);
        }
        // Somebody of a school hears only of what the school holds.
        let school = role.is_some_and(Role::of_school);
        let holds = self.tx.holder(row.record, &row.user)?.is_some_and(|holder| holder.content);
        if school && !holds {
            return Ok(());
        }
        self.tell_line(row)
    }

    /// A record is gone: what is owed about it is over, and whoever was told hears so.
    pub(super) fn end_prompts_of(&mut self, record: RecordId, case: Option<RecordId>) -> Result<(), ServerError> {
        for mut row in self.tx.prompts_of_case(case.unwrap_or(record))? {
            if row.record != record || row.ended.is_some() {
                continue;
            }
            if row.told.is_none() {
                self.tx.remove_prompt(row.id)?;
                continue;
            }
            row.ended = Some(self.now);
            self.tx.put_prompt(&row)?;
            self.tell_line(&row)?;
        }
        Ok(())
    }

    fn tell_line(&mut self, row: &PromptRow) -> Result<(), ServerError> {
        let Ok(Value::Map(mut line)) = cbor::decode(&row.line) else {
            return Err(crate::store::StoreError::Damaged.into());
        };
        if let Some(told) = row.told {
            line.insert("told_at".into(), Value::text(told.to_string()));
        }
        if let Some(ended) = row.ended {
            line.insert("ended".into(), Value::text(ended.to_string()));
        }
        self.tell(&row.user, None, &wire::Row::Prompt { line: Value::Map(line) })?;
        Ok(())
    }
}

fn line(prompt: &Prompt, case: RecordId) -> Value {
    let mut map = Map::new();
    let mut put = |name: &str, value| map.insert(name.to_owned(), value);
    put("id", Value::bytes(prompt.id.0));
    put("rule", Value::text(prompt.rule));
    put("code", Value::text(prompt.code.name));
    put("record", Value::bytes(prompt.record.0));
    put("case", Value::bytes(case.0));
    put("rung", Value::uint(prompt.rung));
    put("due_at", Value::text(prompt.due_at.to_string()));
    put("for", Value::text(&prompt.to));
    put("text", Value::text(prompt.text));
    Value::Map(map)
}
