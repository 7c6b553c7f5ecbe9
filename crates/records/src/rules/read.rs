//! From a document to the row a rule looks at.

use documents::{Dot, View};
use serde_json::{Map as JsonMap, Value as Json, json};
use signed::{RecordId, Timestamp};

use super::view::{Row, StepRow};
use crate::access::{Compartment, Role};
use crate::kind::Kind;
use crate::shown::Shown;
use crate::status::{self, Context};
use crate::steps::{Act, Acts};

/// When the server received a change, where the reader knows.
pub type Received<'a> = dyn Fn(&Dot) -> Option<Timestamp> + 'a;

/// Steps kept for the rules: the newest so many of a record.
pub const STEPS_MAX: usize = 400;

impl Row {
    /// A record read off; `None` while nothing says what it is.
    #[must_use]
    pub fn read(id: RecordId, view: &View, shown: &Shown, ctx: &Context<'_>, received: &Received<'_>) -> Option<Self> {
        let (said, created) = view.created()?;
        let statement = &said.opened.statement;
        let text = |name: &str| shown.body.get(name).and_then(Json::as_str).map(str::to_owned);
        Some(Self {
            id,
            case: created.case,
            compartment: created.compartment.parse::<Compartment>().ok()?,
            school: text("school").or(created.school),
            author: statement.author.to_string(),
            role: statement.role.parse().unwrap_or(Role::Server),
            recorded_at: statement.device_at,
            received_at: received(&said.dot),
            status: shown.status.clone(),
            open: shown.open,
            sealed: shown.sealed,
            owners: shown.owners.clone(),
            urgency: shown.urgency.clone(),
            due: shown.due,
            body: shown.body.clone(),
            gaps: shown.gaps.iter().map(|gap| gap.code.name.to_owned()).collect(),
            steps: crate::kind::kind(&created.kind).map(|kind| steps(kind, view, ctx, received)).unwrap_or_default(),
            kind: created.kind,
        })
    }
}

/// The steps that were legal and not refused, in causal order.
fn steps(kind: &'static Kind, view: &View, ctx: &Context<'_>, received: &Received<'_>) -> Vec<StepRow> {
    let acts = Acts::of(kind, view);
    let arguments = crate::open::Arguments::of(kind, view, &acts, ctx.policy);
    let legal = status::legal(&acts, &arguments, ctx);
    let counts = acts.iter().zip(&legal).filter(|(act, legal)| **legal && !act.refused());
    let mut rows: Vec<StepRow> = counts.map(|(act, _)| step(act, received)).collect();
    let early = rows.len().saturating_sub(STEPS_MAX);
    rows.split_off(early)
}

fn step(act: &Act<'_>, received: &Received<'_>) -> StepRow {
    let statement = &act.said.opened.statement;
    StepRow {
        statement: act.said.opened.id,
        verb: act.step.verb.to_owned(),
        author: statement.author.to_string(),
        role: act.role,
        at: received(&act.said.dot).unwrap_or(statement.device_at),
        body: content(&statement.content),
    }
}

fn content(map: &signed::cbor::Map) -> Json {
    // No rule looks at a file's key, and nothing of it is kept twice.
    let said = map.iter().filter(|(name, value)| !(*name == "key" && value.as_bytes().is_some()));
    Json::Object(said.map(|(name, value)| (name.clone(), value.to_json())).collect::<JsonMap<_, _>>())
}

impl Row {
    /// As it is kept beside a record's projection.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
        json!({
            "id": self.id.to_string(), "kind": self.kind, "case": self.case.map(|id| id.to_string()),
            "compartment": self.compartment.to_string(), "school": self.school, "author": self.author,
            "role": self.role.as_str(), "recorded_at": self.recorded_at.to_string(),
            "received_at": time(self.received_at), "status": self.status, "open": self.open,
            "sealed": self.sealed, "owners": self.owners, "urgency": self.urgency, "due": time(self.due),
            "body": self.body, "gaps": self.gaps,
            "steps": self.steps.iter().map(StepRow::to_json).collect::<Vec<_>>(),
        })
    }

    /// From how it is kept; `None` if it is not such a row.
    #[must_use]
    pub fn from_json(mut json: Json) -> Option<Self> {
        let body = json.get_mut("body").map(Json::take)?;
        let text = |name: &str| json.get(name).and_then(Json::as_str);
        let time = |name: &str| text(name).and_then(|at| Timestamp::parse(at).ok());
        let list = |name: &str| {
            let items = json.get(name).and_then(Json::as_array).into_iter().flatten();
            items.filter_map(Json::as_str).map(str::to_owned).collect::<Vec<_>>()
        };
        let flag = |name: &str| json.get(name).and_then(Json::as_bool);
        Some(Self {
            id: text("id")?.parse().ok()?,
            kind: text("kind")?.to_owned(),
            case: text("case").and_then(|id| id.parse().ok()),
            compartment: text("compartment")?.parse().ok()?,
            school: text("school").map(str::to_owned),
            author: text("author")?.to_owned(),
            role: text("role")?.parse().ok()?,
            recorded_at: time("recorded_at")?,
            received_at: time("received_at"),
            status: text("status")?.to_owned(),
            open: flag("open")?,
            sealed: flag("sealed")?,
            owners: list("owners"),
            urgency: text("urgency")?.to_owned(),
            due: time("due"),
            gaps: list("gaps"),
            steps: json.get("steps")?.as_array()?.iter().filter_map(StepRow::from_json).collect(),
            body,
        })
    }
}

impl StepRow {
    fn to_json(&self) -> Json {
        json!({
            "statement": self.statement.to_string(), "verb": self.verb, "author": self.author,
            "role": self.role.as_str(), "at": self.at.to_string(), "body": self.body,
        })
    }

    fn from_json(json: &Json) -> Option<Self> {
        let text = |name: &str| json.get(name).and_then(Json::as_str);
        Some(Self {
            statement: text("statement")?.parse().ok()?,
            verb: text("verb")?.to_owned(),
            author: text("author")?.to_owned(),
            role: text("role")?.parse().ok()?,
            at: Timestamp::parse(text("at")?).ok()?,
            body: json.get("body")?.clone(),
        })
    }
}
