//! What the calendar brings: an agreement that ends (R89), a month that begins (R78), a long time in one role
//! (R83), training that is known (R82), an opening that is closed again (R91). Each date is a row among the prompts, addressed to the server: none is lost or comes twice.

use std::collections::BTreeMap;
use std::sync::Arc;

use records::rules::{look, switch};
use records::{Body, Role};
use serde_json::json;
use signed::cbor::{self, Map, Value};
use signed::{Code, RecordId, SchoolId, Timestamp, UserId, code};

use super::audit::{self, Note};
use super::directory::SERVER;
use super::own::MISFIT;
use super::vault;
use super::work::{Person, Work};
use crate::error::ServerError;
use crate::store::rows::SchoolRow;
use crate::store::rules::PromptRow;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Who was trained in what, and when last: by user and course.
pub(crate) type Trainings = BTreeMap<String, Vec<(String, Timestamp)>>;

impl Work<'_> {
    /// Every date of the calendar, each once: also of what was there before dates were kept.
    pub(crate) fn watch_calendar(&mut self) -> Result<(), ServerError> {
        for school in self.tx.schools()? {
            self.watch_agreement(&school)?;
        }
        let people: Vec<UserId> = self.active().map(|(person, _)| person.row.id.clone()).collect();
        for user in people {
            self.watch_tenure(&user)?;
        }
        self.watch_openings()?;
        self.watch_month()
    }

    /// R83: the day on which somebody has been in their role for long, as a row that falls due; once.
    pub(crate) fn watch_tenure(&mut self, user: &UserId) -> Result<(), ServerError> {
        let Some(due) = self.tenure_ends(user)? else { return Ok(()) };
        let id = RecordId::derived(&["tenure", user.as_str(), &due.to_string()]);
        if self.tx.prompts_of_case(id)?.is_empty() {
            self.put_date(id, "R83", due, user.as_str())?;
        }
        Ok(())
    }

    /// When somebody of the police will have been in their role for as long as the policy says.
    pub(crate) fn tenure_ends(&self, user: &UserId) -> Result<Option<Timestamp>, ServerError> {
        let police = |role: &Role| !role.of_school() && !matches!(role, Role::Hub | Role::Server);
        let Some(role) = self.person(user).and_then(Person::role).filter(police) else { return Ok(None) };
        let since = self.in_role_since(user, role.as_str())?;
        Ok(since.map(|since| look::later(since, self.policy.tenure_ms)))
    }

    /// The end of a school's agreement, as a row that falls due; once.
    pub(crate) fn watch_agreement(&mut self, school: &SchoolRow) -> Result<(), ServerError> {
        let Some(due) = school.until.as_deref().and_then(day_after) else { return Ok(()) };
        let id = RecordId::derived(&["agreement", school.id.as_str(), &due.to_string()]);
        if !self.tx.prompts_of_case(id)?.is_empty() {
            return Ok(());
        }
        self.put_date(id, "R89", due, school.id.as_str())
    }

    /// The first of the next month, as a row that falls due; once.
    fn watch_month(&mut self) -> Result<(), ServerError> {
        let due = next_month(self.now).ok_or(MISFIT)?;
        let id = RecordId::derived(&["dip_sample", &due.to_string()]);
        if self.tx.prompts_of_case(id)?.is_empty() {
            self.put_date(id, "R78", due, "")?;
        }
        Ok(())
    }

    pub(super) fn put_date(
        &mut self,
        id: RecordId,
        rule: &str,
        due: Timestamp,
        about: &str,
    ) -> Result<(), ServerError> {
        let user = UserId::new(SERVER).map_err(|_| MISFIT)?;
        let line = cbor::encode(&Value::Map(Map::from([("about".to_owned(), Value::text(about))])));
        let (rule, rung) = (rule.to_owned(), 1);
        let row = PromptRow { id, case: id, record: id, user, rule, rung, due, told: None, ended: None, line };
        Ok(self.tx.put_prompt(&row)?)
    }

    /// A date has come.
    pub(crate) fn date_came(&mut self, mut row: PromptRow) -> Result<(), ServerError> {
        (row.told, row.ended) = (Some(self.now), Some(self.now));
        self.tx.put_prompt(&row)?;
        match row.rule.as_str() {
            "R89" => self.agreement_ended(&row),
            "R78" => {
                self.watch_month()?;
                self.sample(row.due)
            }
            "R83" => self.long_in_role(&row),
            "R91" => {
                let opening = about(&row)?;
                self.opening_ended(&opening)
            }
            _ => Ok(()),
        }
    }

    /// R89: the standing share of a school ends at this moment, on every device that held it; data protection
    /// officers are told.
    fn agreement_ended(&mut self, row: &PromptRow) -> Result<(), ServerError> {
        let Ok(school) = SchoolId::new(&about(row)?) else { return Ok(()) };
        let newest = self.tx.school(&school)?.and_then(|school| school.until).as_deref().and_then(day_after);
        if newest != Some(row.due) || !switch::on("R89") {
            // It was signed again since.
            return Ok(());
        }
        self.settle_school(&school)?;
        audit::append(self.tx.as_mut(), self.now, Note::admin("agreement_ended"))?;
        let officers: Vec<UserId> = self
            .active()
            .filter(|(_, holder)| holder.role == Role::Dpo)
            .map(|(person, _)| person.row.id.clone())
            .collect();
        let text = format!("the agreement with school {school} has ended: its standing share stopped");
        for user in officers {
            self.tell_date(row, &user, code::R89_ENDED, &text)?;
        }
        Ok(())
    }

    /// R83: whoever has been in one role for long is reminded of it. Their sergeant reads how many of theirs are, and
    /// not who.
    fn long_in_role(&mut self, row: &PromptRow) -> Result<(), ServerError> {
        let Some(user) = UserId::new(&about(row)?).ok().filter(|_| switch::on("R83")) else { return Ok(()) };
        if !self.person(&user).is_some_and(|person| person.row.active) {
            return Ok(());
        }
        if self.tenure_ends(&user)? != Some(row.due) {
            // The role or the policy is another since.
            return self.watch_tenure(&user);
        }
        let text = "you have been in this role for a long time: talk with your sergeant about how you are";
        self.tell_date(row, &user, code::R83_TENURE, text)
    }

    /// Tells somebody that a date has come.
    fn tell_date(&mut self, row: &PromptRow, user: &UserId, code: Code, text: &str) -> Result<(), ServerError> {
        let id = RecordId::derived(&["prompt", &row.rule, &row.id.to_string(), user.as_str()]);
        let mut map = Map::new();
        let mut put = |name: &str, value| map.insert(name.to_owned(), value);
        put("id", Value::bytes(id.0));
        put("rule", Value::text(&row.rule));
        put("code", Value::text(code.name));
        put("record", Value::bytes(row.id.0));
        put("case", Value::bytes(row.id.0));
        put("rung", Value::uint(1));
        put("due_at", Value::text(row.due.to_string()));
        put("told_at", Value::text(self.now.to_string()));
        put("for", Value::text(user.as_str()));
        put("text", Value::text(text));
        self.tell(user, None, &wire::Row::Prompt { line: Value::Map(map) })?;
        Ok(())
    }

    /// Takes from the people of a school what they hold and may no longer.
    fn settle_school(&mut self, school: &SchoolId) -> Result<(), ServerError> {
        let of_school = |person: &&super::work::Person| person.row.schools.contains(school);
        let people: Vec<UserId> = self.people().filter(of_school).map(|person| person.row.id.clone()).collect();
        for id in self.tx.documents()? {
            for user in &people {
                if self.tx.holder(id, user)?.is_some() {
                    let Some(doc) = self.doc(id)? else { continue };
                    self.settle_newcomer(&doc, user)?;
                }
            }
        }
        Ok(())
    }

    /// R78: so many open cases of each inspector's area, drawn by lot; reading one and recording what was found
    /// is a date of theirs until the month ends.
    fn sample(&mut self, month: Timestamp) -> Result<(), ServerError> {
        if !switch::on("R78") {
            return Ok(());
        }
        let lot: [u8; 16] = vault::random()?;
        let mut cases = Vec::new();
        for id in self.tx.open_of_kind("case")? {
            let drawn = signed::digest::sha256(&[&lot[..], &id.0].concat());
            if let Ok(Some(row)) = self.row_of(id) {
                cases.push((drawn, id, row.owner().map(str::to_owned)));
            }
        }
        cases.sort();
        let people = self.directory();
        let inspectors: Vec<String> = people.in_role(Role::Inspector).map(str::to_owned).collect();
        let due = next_month(month).ok_or(MISFIT)?;
        let mut made = Vec::new();
        for inspector in inspectors {
            let own = |owner: &Option<String>| {
                owner.as_deref().and_then(|owner| people.inspector_of(owner)) == Some(inspector.as_str())
            };
            let drawn = cases.iter().filter(|(_, _, owner)| own(owner)).take(self.policy.dip_sample);
            for case in drawn.map(|(_, case, _)| *case).collect::<Vec<_>>() {
                made.extend(self.make_sample(case, &inspector, month, due)?);
                made.extend(self.follow(case)?);
            }
        }
        self.settle_all(&made, None)
    }

    fn make_sample(
        &mut self,
        case: RecordId,
        inspector: &str,
        month: Timestamp,
        due: Timestamp,
    ) -> Result<Option<RecordId>, ServerError> {
        let id = RecordId::derived(&["R78", &case.to_string(), &month.to_string()]);
        let body = json!({ "deadline_kind": "dip_sample", "what": "dip sample of the month",
            "for_record": { "record": case.to_string() }, "owner": inspector, "due": due.to_string() });
        let serde_json::Value::Object(body) = body else { return Err(MISFIT) };
        let new = records::body::NewRecord { id: Some(id), kind: "deadline", body: Body(body) };
        let weighing = self.weighing(case)?;
        self.make(&records::rules::Made { rule: "R78", from: case, new }, &weighing)
    }

    /// Who was trained in what. Kept between transactions until a training changes.
    pub(crate) fn trainings(&self) -> Arc<Trainings> {
        let kept = self.core.trainings.read().ok().and_then(|kept| kept.clone());
        if let (Some(kept), false) = (kept, self.trained) {
            return kept;
        }
        let mut found = Trainings::new();
        for id in self.tx.of_kind("training").unwrap_or_default() {
            let Ok(Some(row)) = self.row_of(id) else { continue };
            let (Some(user), Some(course)) = (row.text("user"), row.text("course")) else { continue };
            if let Some(on) = row.text("trained_on").and_then(|on| Timestamp::parse(on).ok()) {
                found.entry(user.to_owned()).or_default().push((course.to_owned(), on));
            }
        }
        let found = Arc::new(found);
        if let (false, Ok(mut kept)) = (self.trained, self.core.trainings.write()) {
            *kept = Some(Arc::clone(&found));
        }
        found
    }
}

/// What a date is about: a school, a user, an opening.
fn about(row: &PromptRow) -> Result<String, ServerError> {
    let Ok(Value::Map(line)) = cbor::decode(&row.line) else { return Err(MISFIT) };
    line.get("about").and_then(Value::as_text).map(str::to_owned).ok_or(MISFIT)
}

/// Midnight (UTC) after a day `YYYY-MM-DD`.
fn day_after(day: &str) -> Option<Timestamp> {
    let midnight = Timestamp::parse(&format!("{day}T00:00:00Z")).ok()?;
    Some(Timestamp::from_millis(midnight.millis() + DAY_MS))
}

/// Midnight (UTC) of the first day of the month after a moment's.
fn next_month(at: Timestamp) -> Option<Timestamp> {
    let text = at.to_string();
    let (year, month) = (text.get(..4)?.parse::<u32>().ok()?, text.get(5..7)?.parse::<u32>().ok()?);
    let (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    Timestamp::parse(&format!("{year:04}-{month:02}-01T00:00:00Z")).ok()
}
