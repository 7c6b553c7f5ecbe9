//! Reports: rows read off what is stored, for people and for machines.

use std::collections::{BTreeMap, BTreeSet};

use records::rules::{self, Row, switch};
use records::{Role, worktime};
use serde_json::{Value as Json, json};
use signed::{RecordId, StatementHash, Timestamp, UserId};
use wire::codec::inbox::number;

use super::Core;
use super::inbox::walk;
use super::work::Work;
use crate::error::ServerError;

/// Which report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportKind {
    /// R20, R51: how long each urgent record took to each organisation, and each change of what it asked for.
    Delivery,
    /// R74: what each officer carries, by supervisor.
    Workload,
    /// What was told and is not done.
    Overdue,
    /// R86, R87: completeness of ethnicity by capacity, role and outcome.
    Completeness,
    /// R66: who came to meetings.
    Attendance,
    /// R76: school hours lost.
    Abstraction,
    /// R75: what is claimed as done and shows nothing.
    Claims,
}

mod delivery;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

impl Core {
    /// A report's rows.
    pub fn report(&self, kind: ReportKind) -> Result<Vec<Json>, ServerError> {
        let work = Work::begin(self)?;
        let rows = work.all_rows()?;
        let report = Report { work: &work, rows };
        let made = match kind {
            ReportKind::Delivery => report.delivery()?,
            ReportKind::Workload => report.workload(),
            ReportKind::Overdue => report.overdue()?,
            ReportKind::Completeness => report.completeness(),
            ReportKind::Attendance => report.attendance(),
            ReportKind::Abstraction => report.abstraction(),
            ReportKind::Claims => report.claims(),
        };
        // Nothing was written: the transaction is given back.
        drop(report);
        Ok(made)
    }
}

impl Work<'_> {
    fn all_rows(&self) -> Result<Vec<Row>, ServerError> {
        let mut rows = Vec::new();
        for id in self.tx.documents()? {
            if let Ok(Some(row)) = self.row_of(id) {
                rows.push(row);
            }
        }
        Ok(rows)
    }
}

/// When a device of a reader first had a document, and when it had a statement.
#[derive(Default)]
struct Delivered {
    documents: BTreeMap<(RecordId, UserId), Timestamp>,
    statements: BTreeMap<(StatementHash, UserId), Timestamp>,
}

struct Report<'a, 'w> {
    work: &'a Work<'w>,
    rows: Vec<Row>,
}

impl Report<'_, '_> {
    fn of<'r>(&'r self, kind: &'r str) -> impl Iterator<Item = &'r Row> {
        self.rows.iter().filter(move |row| row.kind == kind)
    }

    fn org(&self, user: &UserId) -> String {
        let Some(holder) = self.work.person(user).and_then(|person| person.holder.as_ref()) else {
            return String::from("unknown");
        };
        match (holder.role, holder.schools.first()) {
            (Role::Dsl | Role::Staff, Some(school)) => format!("school:{school}"),
            (Role::Hub, _) => String::from("hub"),
            (Role::Call, _) => String::from("control_room"),
            _ => String::from("police"),
        }
    }

    /// When a device of each reader had what, as its authors were told.
    fn delivered(&self) -> Result<Delivered, ServerError> {
        let mut first = Delivered::default();
        for person in self.work.people() {
            walk(self.work.tx.reading(), &person.row.id, 0, u64::MAX, &mut |row| {
                if row.kind != number::DELIVERY {
                    return;
                }
                let Ok(value) = signed::cbor::decode(&row.body) else { return };
                if let Ok(wire::Row::Delivery { document, statement, to, at }) = wire::Row::from_value(value) {
                    let known = first.documents.entry((document, to.clone())).or_insert(at);
                    *known = (*known).min(at);
                    let known = first.statements.entry((statement, to)).or_insert(at);
                    *known = (*known).min(at);
                }
            })?;
        }
        Ok(first)
    }

    /// R74: open by risk, overdue, oldest, stale, unsealed, hours; weighted by the hours there are.
    fn workload(&self) -> Vec<Json> {
        let people = self.work.directory();
        let now = self.work.now;
        let told = self.work.tx.prompts_told().unwrap_or_default();
        let absences = self.work.absences();
        let mut made = Vec::new();
        let mut loads: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        let officers = people.members().filter(|one| matches!(one.role, Role::Officer | Role::Pcso));
        for officer in officers {
            let own = |row: &&Row| row.open && row.owners.contains(&officer.user);
            let cases: Vec<&Row> = self.of("case").filter(own).collect();
            let risk = |case: &Row| {
                let levels = self.of("risk_assessment").filter(|risk| risk.case == Some(case.id));
                levels
                    .max_by_key(|risk| risk.since())
                    .and_then(|risk| risk.text("level"))
                    .unwrap_or("not_assessed")
                    .to_owned()
            };
            let mut by_risk: BTreeMap<String, usize> = BTreeMap::new();
            for case in &cases {
                *by_risk.entry(risk(case)).or_default() += 1;
            }
            let open: Vec<&Row> = self.rows.iter().filter(own).collect();
            let overdue = told.iter().filter(|row| row.user.as_str() == officer.user).count();
            let oldest = open.iter().map(|row| (now.millis() - row.since().millis()) / DAY_MS).max().unwrap_or(0);
            let stale = told.iter().filter(|row| row.user.as_str() == officer.user && row.rule == "R73").count();
            // Whoever covers carries what they cover, in the hours they have for it.
            let absent = |owner: &String| {
                people.member(owner).is_some_and(|one| one.away && one.cover.as_ref() == Some(&officer.user))
            };
            let covering = self.rows.iter().filter(|row| row.open && row.owners.iter().any(absent)).count();
            let hours = self.hours(&officer.user, &absences);
            let load = ratio((open.len() + covering) * 40, usize::try_from(hours).unwrap_or(40).max(1));
            let supervisor = officer.supervisor.clone().unwrap_or_default();
            loads.entry(supervisor.clone()).or_default().push(load);
            made.push(json!({
                "supervisor": supervisor, "officer": officer.user, "open_by_risk": by_risk, "open": open.len(),
                "covering": covering,
                "overdue": overdue, "oldest_days": oldest, "stale": stale, "unsealed": self.unsealed(&officer.user),
                "hours": hours, "load": load,
            }));
        }
        self.alerts(&mut made, &loads);
        self.tenures(&mut made);
        made
    }

    /// A supervisor with too many, and whoever carries far more than the others of the team.
    fn alerts(&self, made: &mut Vec<Json>, loads: &BTreeMap<String, Vec<f64>>) {
        for (supervisor, of_team) in loads {
            let mut sorted = of_team.clone();
            sorted.sort_by(f64::total_cmp);
            let median = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
            let most = ratio(self.work.policy.load_alert_percent, 100) * median;
            for row in made.iter_mut().filter(|row| row.get("supervisor").and_then(Json::as_str) == Some(supervisor)) {
                let load = row.get("load").and_then(Json::as_f64).unwrap_or(0.0);
                if let (true, Json::Object(map)) = (median > 0.0 && load > most, row) {
                    map.insert("alert".into(), json!("load"));
                }
            }
            if of_team.len() > self.work.policy.span_max {
                made.push(json!({ "supervisor": supervisor, "officers": of_team.len(), "alert": "span" }));
            }
        }
    }

    /// R83: how many of each supervisor's people have been in their role for long. Who they are, each of them alone
    /// is told.
    fn tenures(&self, made: &mut Vec<Json>) {
        let mut long: BTreeMap<String, usize> = BTreeMap::new();
        for (person, _) in self.work.active() {
            let reached =
                self.work.tenure_ends(&person.row.id).is_ok_and(|end| end.is_some_and(|at| at <= self.work.now));
            if let Some(supervisor) = person.row.supervisor.as_ref().filter(|_| reached && switch::on("R83")) {
                *long.entry(supervisor.to_string()).or_default() += 1;
            }
        }
        let line = |(supervisor, people)| json!({ "supervisor": supervisor, "long_in_role": people });
        made.extend(long.into_iter().map(line));
    }

    fn unsealed(&self, user: &str) -> usize {
        let documents = self.work.tx.documents().unwrap_or_default();
        let drafts = documents.into_iter().filter_map(|id| self.work.tx.document(id).ok().flatten());
        drafts.filter(|row| row.template == "draft" && row.open && row.compartment == format!("DRAFT({user})")).count()
    }

    /// Hours a week somebody works, as the last record about them says; else a whole week's. Whoever covers
    /// part-time has no more than that part.
    fn hours(&self, user: &str, absences: &[Row]) -> i64 {
        const WEEK: i64 = 40;
        let of_user = self.of("absence").filter(|row| row.text("user") == Some(user));
        let last = of_user.max_by_key(|row| row.since()).and_then(|row| row.value("hours_per_week")?.as_i64());
        let covers = absences.iter().filter(|row| row.text("cover") == Some(user));
        let percent = covers.filter_map(|row| row.value("fte_percent_of_cover")?.as_i64()).min();
        let part = percent.map_or(WEEK, |percent| WEEK * percent.clamp(0, 100) / 100);
        last.filter(|_| switch::on("R74")).unwrap_or(WEEK).min(part)
    }

    fn overdue(&self) -> Result<Vec<Json>, ServerError> {
        let mut highest: BTreeMap<(RecordId, String), crate::store::rules::PromptRow> = BTreeMap::new();
        for prompt in self.work.tx.prompts_told()? {
            let key = (prompt.record, prompt.rule.clone());
            if highest.get(&key).is_none_or(|known| known.rung < prompt.rung) {
                highest.insert(key, prompt);
            }
        }
        let owner = |record: RecordId| {
            let row = self.rows.iter().find(|row| row.id == record);
            row.and_then(Row::owner).map(str::to_owned)
        };
        let line = |prompt: crate::store::rules::PromptRow| {
            json!({
                "record": prompt.record.to_string(), "rule": prompt.rule, "rung": prompt.rung,
                "due_at": prompt.due.to_string(), "owner": owner(prompt.record), "told": prompt.user.as_str(),
            })
        };
        Ok(highest.into_values().map(line).collect())
    }

    /// R86: by capacity, role and outcome; a rate only where few enough are unknown, and no small cells.
    fn completeness(&self) -> Vec<Json> {
        let mut groups: BTreeMap<(String, String, String), Vec<Option<String>>> = BTreeMap::new();
        for person in self.of("person") {
            for role in person.lines("roles").iter().filter_map(Json::as_str) {
                if !matches!(role, "suspect" | "child" | "sibling") {
                    continue;
                }
                let capacity = person.text("capacity").unwrap_or("safer_schools").to_owned();
                let key = (capacity, role.to_owned(), self.outcome(person));
                let stated = person.text("ethnicity_self_defined").map(str::to_owned);
                groups.entry(key).or_default().push(stated.filter(|code| code != "NS"));
            }
        }
        let policy = &self.work.policy;
        let mut made = Vec::new();
        for ((capacity, role, outcome), people) in groups {
            let (n, unknown) = (people.len(), people.iter().filter(|one| one.is_none()).count());
            let enough = unknown * 100 <= policy.unknown_max_percent * n || !switch::on("R86");
            let rate = if enough { rates(&people, policy.cell_least) } else { json!("insufficient data") };
            made.push(json!({
                "capacity": capacity, "role": role, "outcome": outcome, "n": n, "unknown": unknown, "rate": rate,
            }));
        }
        made
    }

    /// R87: what the school and what the police decided, together.
    fn outcome(&self, person: &Row) -> String {
        let id = person.id.to_string();
        let of_person = |row: &&Row| {
            row.lines("about").iter().any(|line| line.get("record").and_then(Json::as_str) == Some(id.as_str()))
        };
        let school = self.of("school_outcome").find(of_person).filter(|_| switch::on("R87"));
        let sanction = school.and_then(|row| row.text("sanction")).unwrap_or("none");
        let police = school.and_then(|row| row.text("police_outcome")).unwrap_or("none");
        format!("school:{sanction} police:{police}")
    }

    fn attendance(&self) -> Vec<Json> {
        let mut orgs: BTreeMap<String, [usize; 4]> = BTreeMap::new();
        for meeting in self.of("meeting") {
            for line in meeting.lines("invited") {
                let org = line.get("org").and_then(Json::as_str).unwrap_or("unknown").to_owned();
                if let Some(invited) = orgs.entry(org).or_default().first_mut() {
                    *invited += 1;
                }
            }
            for line in meeting.lines("attendance") {
                let org = line.get("org").and_then(Json::as_str).unwrap_or("unknown").to_owned();
                let came = line.get("came");
                let place = match came.and_then(Json::as_str) {
                    Some("attended") => 1,
                    Some(_) => 3,
                    None if came.is_some_and(|came| came.get("absent").is_some()) => 2,
                    None => 1,
                };
                if let Some(count) = orgs.entry(org).or_default().get_mut(place) {
                    *count += 1;
                }
            }
        }
        let line = |(org, [invited, attended, with, without]): (String, [usize; 4])| {
            json!({
                "org": org, "invited": invited, "attended": attended, "absent_with_reason": with,
                "absent_without": without,
            })
        };
        orgs.into_iter().map(line).collect()
    }

    /// R76: school hours lost, school by school, and who covers.
    fn abstraction(&self) -> Vec<Json> {
        let people = self.work.directory();
        let mut made = Vec::new();
        for absence in self.of("absence").filter(|row| row.text("absence_kind") == Some("abstracted")) {
            let user = absence.text("user").unwrap_or_default();
            let time = |field: &str| absence.text(field).and_then(|at| Timestamp::parse(at).ok());
            let (Some(from), to) = (time("from"), time("to").unwrap_or(self.work.now)) else { continue };
            let hours = worktime::working_ms(from, to, &self.work.core.policy()) / 3_600_000;
            for school in people.member(user).map(|member| member.schools.clone()).unwrap_or_default() {
                made.push(json!({
                    "user": user, "school": school, "hours_lost": hours, "cover": absence.text("cover"),
                }));
            }
        }
        made
    }

    /// R75: what is claimed and shows nothing, and documents that are expected and not there.
    fn claims(&self) -> Vec<Json> {
        let done = |row: &Row| matches!(row.status.as_str(), "completed" | "outcome_told" | "closed" | "claimed");
        let shown = |row: &Row| {
            let named = !row.lines("evidence").is_empty() || row.value("system_reference").is_some();
            named || row.did(records::attachments::ATTACH).next().is_some()
        };
        let said: BTreeSet<&str> =
            self.of("action_update").filter(|row| rules::says_done(row)).filter_map(|row| row.text("action")).collect();
        let kinds = ["action", "intelligence_check"];
        let line = |row: &Row| {
            let missing = row.kind == "action" && rules::document_missing(row);
            let claimed = said.contains(row.id.to_string().as_str()) || done(row);
            let listed = (claimed && !shown(row)) || (missing && row.status != "declined");
            listed.then(|| {
                json!({
                    "record": row.id.to_string(), "kind": row.kind, "status": row.status, "owner": row.owner(),
                    "claimed": claimed, "document": if missing { "missing" } else { "not_expected" },
                })
            })
        };
        self.rows.iter().filter(|row| kinds.contains(&row.kind.as_str())).filter_map(line).collect()
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    #[allow(clippy::cast_precision_loss)]
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn rates(people: &[Option<String>], cell_least: usize) -> Json {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for code in people.iter().flatten() {
        *counts.entry(code).or_default() += 1;
    }
    let known: usize = counts.values().sum();
    let cell = |(code, n): (&str, usize)| {
        let share = (ratio(n, known) * 1000.0).round() / 1000.0;
        (code.to_owned(), if n < cell_least { json!("suppressed") } else { json!(share) })
    };
    Json::Object(counts.into_iter().map(cell).collect())
}
