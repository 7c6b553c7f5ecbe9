//! What a verb writes, or why it is refused. A gate blocks only the verb it guards; what this
//! device cannot know becomes a gap ending `.unknown_here`, never a block.

use std::fmt;

use documents::View;
use serde_json::{Map as JsonMap, Value as Json};
use signed::cbor::{self, Map, Value};
use signed::{ChangeHash, Code, RecordId, UserId, code};

use crate::access::Role;
use crate::attachments::{ATTACH, FLAG_IMAGE};
use crate::body::NewRecord;
use crate::edits;
use crate::gap::Gap;
use crate::kind::{Argues, Kind, Owns, Step};
use crate::normal::Normal;
use crate::rights;
use crate::rules::{self, Attempt};
use crate::shown::Shown;
use crate::status::Context;
use crate::veil::Veil;
use crate::verb_bodies;
use crate::writes::Writes;

mod actions;
mod protective;
mod release;

pub use actions::requesters;
pub(crate) use actions::seen_in_record;

/// Who acts.
#[derive(Clone, Copy, Debug)]
pub struct Actor<'a> {
    /// The user.
    pub user: &'a UserId,
    /// In which role.
    pub role: Role,
}

/// What is to be done.
#[derive(Clone)]
pub struct Do<'a> {
    /// The verb.
    pub verb: &'a str,
    /// Its body, as the contract has it.
    pub body: Json,
    /// For a step that closes: other records, with the heads that were looked at.
    pub considered: Vec<(RecordId, Vec<ChangeHash>)>,
}

/// A step and what is written with it, in one change.
#[derive(Clone, PartialEq, Eq)]
pub struct Plan {
    /// The step's name in the statement.
    pub step: String,
    /// Its content.
    pub content: Map,
    /// What is written beside it.
    pub writes: Writes,
    /// The register it resolves: its value is written over all that stand there.
    pub resolves: Option<String>,
    /// Whether it waits for the server to confirm it (`proposed: true` stands in the content).
    pub proposed: bool,
    /// Records to be made with it.
    pub creates: Vec<NewRecord>,
    /// What this device cannot know (`.unknown_here`): for the statement's `gaps`.
    pub gaps: Vec<Gap>,
    /// Where words were masked (R47): for whoever takes the step, never for the statement. That somebody is masked
    /// there would tell a reader what the mask keeps from them.
    pub masked: Vec<Gap>,
}

/// Why a verb is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}")]
pub struct Refused {
    /// The first gap's code.
    pub code: Code,
    /// Everything that stands in the way.
    pub gaps: Vec<Gap>,
}

/// What a verb writes.
pub fn plan(
    kind: &'static Kind,
    view: &View,
    shown: &Shown,
    actor: Actor<'_>,
    what: &Do<'_>,
    ctx: &Context<'_>,
    new_id: &mut dyn FnMut() -> String,
) -> Result<Plan, Refused> {
    let Some(step) = kind.step(what.verb).filter(|step| !["addendum", ATTACH].contains(&step.verb)) else {
        return refuse(code::I_VERB, what.verb, "this kind of record has no such verb");
    };
    if !rights::may_step(actor.role, kind, step.verb) {
        return refuse(code::I_DENIED, what.verb, "this role may not do that");
    }
    if kind.drafted && !shown.sealed {
        return refuse(code::I_DRAFT, "", "seal it first");
    }
    let mut body = verb_body(step, what.body.clone(), new_id)?;
    let veil = veiled(view, shown, actor, ctx);
    let masked = veil.map_or_else(Vec::new, |veil| veil.step(kind, step.verb, &mut body));
    let (step, claimed) = claimed_only(kind, step, &body);
    let mut planned =
        Planning { kind, view, shown, actor, step, body, ctx, new_id, plan: Plan::new(step), refused: Vec::new() };
    planned.plan.masked = masked;
    planned.state();
    planned.needs();
    planned.ownership();
    planned.content();
    if claimed {
        let message = "without a reference it is claimed, and counts as not done";
        planned.plan.gaps.push(Gap::new(code::R36_REFERENCE, "system_reference", message));
    }
    match step.verb {
        "complete" if kind.name == "action" => planned.complete(),
        "close" => planned.close(),
        "reopen" => planned.reopen(),
        "accept" | "assign" | "forward" => planned.owner(),
        "attend" | "propose_close" => planned.brings(),
        "set_date" => planned.sets(&["at"]),
        "hold" => planned.sets(&["next_date"]),
        "lower" => planned.lower(),
        "extend" => planned.extend(),
        "resolve" => planned.resolve(),
        "mark_differs" => planned.differs(),
        FLAG_IMAGE => planned.flag(),
        "release_extract" => planned.release(),
        _ => {}
    }
    planned.rules();
    planned.finish(&what.considered)
}

/// What is masked in a step's words: those about a record that a school or the hub reads.
fn veiled(view: &View, shown: &Shown, actor: Actor<'_>, ctx: &Context<'_>) -> Option<Veil> {
    let compartment = view.created()?.1.compartment.parse().ok()?;
    Veil::of(ctx.case?, actor.role, &compartment, &shown.body)
}

/// R36: a check that is completed without a reference is claimed.
fn claimed_only(kind: &'static Kind, step: &'static Step, body: &JsonMap<String, Json>) -> (&'static Step, bool) {
    let referenced = body.get("system_reference").is_some_and(|reference| crate::seal::filled(reference.get("ref")));
    let check = kind.name == "intelligence_check" && step.verb == "complete" && rules::switch::on("R36");
    match kind.step("claim").filter(|_| check && !referenced) {
        Some(claim) => (claim, true),
        None => (step, false),
    }
}

/// The verb's body: unknown names and wrong shapes are refused by path.
fn verb_body(step: &Step, body: Json, new_id: &mut dyn FnMut() -> String) -> Result<JsonMap<String, Json>, Refused> {
    let map = match body {
        Json::Object(map) => map,
        Json::Null => JsonMap::new(),
        Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
            return refuse(code::I_JSON, "", "a verb's body is a JSON object");
        }
    };
    let mut normal = Normal { new_id, gaps: Vec::new() };
    match normal.object(verb_bodies::of(step.verb), map, "") {
        Some(Json::Object(map)) if normal.gaps.is_empty() => Ok(map),
        _ => Err(Refused::of(normal.gaps)),
    }
}

fn refuse<T>(code: Code, path: &str, message: &str) -> Result<T, Refused> {
    Err(Refused::of(vec![Gap::new(code, path, message)]))
}

struct Planning<'a> {
    kind: &'static Kind,
    view: &'a View,
    shown: &'a Shown,
    actor: Actor<'a>,
    step: &'static Step,
    body: JsonMap<String, Json>,
    ctx: &'a Context<'a>,
    new_id: &'a mut dyn FnMut() -> String,
    plan: Plan,
    refused: Vec<Gap>,
}

impl Planning<'_> {
    fn refuse(&mut self, code: Code, path: &str, message: &str) {
        if rules::switch::counts(code) {
            self.refused.push(Gap::new(code, path, message));
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name)?.as_str().filter(|text| !text.trim().is_empty())
    }

    fn owns(&self) -> bool {
        self.shown.owners.iter().any(|owner| owner == self.actor.user.as_str())
    }

    /// Whether someone in person, and not a queue, answers for it.
    fn owned_by_a_person(&self) -> bool {
        self.shown.owners.iter().any(|owner| !owner.starts_with("team:"))
    }

    fn above(&self) -> bool {
        self.actor.role.supervises() || self.actor.role == Role::Server
    }

    /// The state machine: what is proposed counts for the one who goes on from it.
    fn state(&mut self) {
        let from = self.step.from;
        let stands = [self.shown.status.as_str(), self.shown.status_if_confirmed.as_str()];
        if !from.is_empty() && !stands.iter().any(|status| from.contains(status)) {
            let message = format!("{} cannot be done while the record is {}", self.step.verb, self.shown.status);
            self.refuse(code::I_STATE, "status", &message);
        }
    }

    fn needs(&mut self) {
        for part in verb_bodies::of(self.step.verb).iter().filter(|part| part.need == crate::Need::Required) {
            let given = crate::seal::filled(self.body.get(part.path));
            if !given {
                self.refuse(part.code, part.path, "this verb needs it");
            }
        }
    }

    /// An owner's verbs are for an owner, or for a sergeant and above.
    fn ownership(&mut self) {
        let owners_own = ["accept", "decline", "start", "block", "complete", "tell_outcome", "forward"];
        let taken =
            if self.step.owns == Owns::Author { self.owned_by_a_person() } else { !self.shown.owners.is_empty() };
        let named = self.shown.body.get("to").and_then(Json::as_str);
        let another = self.kind.name == "handover" && named != Some(self.actor.user.as_str());
        if another && ["accept", "question"].contains(&self.step.verb) && !self.above() {
            self.refuse(code::S_OWNER, "to", "it is handed to another by name: they accept it, or a sergeant");
        }
        if owners_own.contains(&self.step.verb) && taken && !self.owns() && !self.above() {
            self.refuse(code::S_OWNER, "owner", "someone else answers for this: ask them, or a sergeant");
        }
    }

    fn content(&mut self) {
        for (name, value) in self.body.clone() {
            match Value::from_json(&value) {
                Ok(value) => drop(self.plan.content.insert(name, value)),
                Err(_) => self.refuse(code::I_VALUE, &name, "whole numbers only, and fewer levels"),
            }
        }
    }

    /// Fields of the record that a verb brings a new value of.
    fn sets(&mut self, names: &[&str]) {
        let given = |name: &&str| Some(((*name).to_owned(), self.body.get(*name)?.clone()));
        let sets: Vec<_> = names.iter().filter_map(given).collect();
        self.write(&sets);
    }

    /// The owner's register goes with the step; the step is what counts.
    fn owner(&mut self) {
        let user = self.actor.user.as_str().to_owned();
        let to =
            if self.step.owns == Owns::Author { user.clone() } else { self.text("to").unwrap_or_default().to_owned() };
        let police = [Role::Officer, Role::Pcso].contains(&self.actor.role) || self.above();
        if self.step.verb == "assign" && !(self.above() || (police && to == user)) {
            self.refuse(code::I_DENIED, "to", "an officer may take it over; a sergeant gives it to another");
        }
        if self.step.verb == "forward" {
            self.plan.content.insert(String::from("original_intact"), Value::Bool(true));
            // The queue it leaves goes on seeing it until somebody has accepted it (R18).
            let from = self.shown.owners.iter().map(Value::text).collect();
            self.plan.content.insert(String::from("from"), Value::Array(from));
            if let Some(context) = self.shown.body.get("carried_context").and_then(|v| Value::from_json(v).ok()) {
                self.plan.content.insert(String::from("carried_context"), context);
            }
        }
        if self.kind.field("owner").is_none() || to.is_empty() {
            return;
        }
        let standing = self.view.fields.get("owner").map(Vec::as_slice).unwrap_or_default();
        // A device and the server may both have made what a rule asks for: one owner, written twice.
        let agree = standing.iter().all(|one| standing.first().is_some_and(|first| first.value == one.value));
        if standing.len() > 1 && (agree || self.step.verb == "accept") {
            return;
        }
        self.write(&[(String::from("owner"), Json::String(to))]);
    }

    fn write(&mut self, sets: &[(String, Json)]) {
        match edits::verb_writes(self.kind, self.view, sets, self.ctx.policy, self.new_id) {
            Ok(writes) => {
                self.plan.writes.entries.extend(writes.entries);
                self.plan.writes.cautious.extend(writes.cautious);
                self.plan.writes.fields.extend(writes.fields);
            }
            Err(gaps) => self.refused.extend(gaps),
        }
    }

    fn differs(&mut self) {
        let Some(record) = self.text("record").map(str::to_owned) else { return };
        let line = serde_json::json!({ "record": record, "why": "differs", "by": self.actor.user.as_str() });
        self.write(&[(String::from("links/+"), line)]);
    }

    /// What the rules that weigh the whole case have against it.
    fn rules(&mut self) {
        let Some(case) = self.ctx.case else { return };
        let Some(row) = self.view.record().and_then(|id| case.row(id)) else { return };
        let attempt = Attempt { row, verb: self.step.verb, body: &self.body, actor: self.actor };
        let gate = rules::gate(case, &attempt);
        self.refused.extend(gate.refused);
        self.plan.gaps.extend(gate.unknown);
    }

    fn finish(mut self, considered: &[(RecordId, Vec<ChangeHash>)]) -> Result<Plan, Refused> {
        if !self.refused.is_empty() {
            return Err(Refused::of(self.refused));
        }
        if self.step.argues == Argues::Closed && !considered.is_empty() {
            let line = |(record, heads): &(RecordId, Vec<ChangeHash>)| {
                let heads = heads.iter().map(|head| Value::bytes(head.0)).collect();
                cbor::map([("record", Value::bytes(record.0)), ("heads", Value::Array(heads))])
            };
            let lines = considered.iter().take(documents::statement::CONSIDERED_MAX).map(line).collect();
            self.plan.content.insert(String::from("considered"), Value::Array(lines));
        }
        // Proposing to close is itself only a proposal, and that an outcome was told is a fact.
        let closes = matches!(self.step.verb, "complete" | "close");
        if closes && !self.ctx.online && self.actor.role != Role::Server {
            self.plan.proposed = true;
            self.plan.content.insert(String::from("proposed"), Value::Bool(true));
        }
        Ok(self.plan)
    }
}

impl Plan {
    fn new(step: &Step) -> Self {
        Self {
            step: step.verb.to_owned(),
            content: Map::new(),
            writes: Writes::default(),
            resolves: None,
            proposed: false,
            creates: Vec::new(),
            gaps: Vec::new(),
            masked: Vec::new(),
        }
    }
}

impl Refused {
    fn of(gaps: Vec<Gap>) -> Self {
        let code = gaps.first().map_or(code::I_VALUE, |gap| gap.code);
        Self { code, gaps }
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "plan({}, {:?})", self.step, self.writes)
    }
}

impl fmt::Debug for Do<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "do({})", self.verb)
    }
}
