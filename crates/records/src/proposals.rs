//! What waits for the server: closing steps that were taken without it, and how it answers.

use documents::View;
use serde_json::Value as Json;
use signed::cbor::{Map, Value};
use signed::{StatementHash, code};

use crate::access::Role;
use crate::attachments::attachments;
use crate::gap::Gap;
use crate::kind::Kind;
use crate::open::{Arguments, considers};
use crate::rules::{self, Attempt};
use crate::seal::filled;
use crate::shown;
use crate::status::{self, Context};
use crate::steps::{Act, Acts};
use crate::verbs::{Actor, requesters, seen_in_record};

/// The server's step that lets a proposal take effect; its content is [`confirmation`].
pub const CONFIRM: &str = "confirm";
/// The server's step that does not; its content is [`refusal`].
pub const REFUSE: &str = "refuse";

/// A closing step that waits for the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The statement.
    pub statement: StatementHash,
    /// Its verb.
    pub verb: &'static str,
    /// What stands in its way for good, as far as this reader knows: it is to be refused.
    pub gaps: Vec<Gap>,
    /// What argues for open and was not seen by it. It is answered with nothing: every reader
    /// computes that the record is reopened, in whatever order things arrive.
    pub unseen: Vec<Gap>,
}

impl Proposal {
    /// The server's step and its content; none while something unseen argues for open.
    #[must_use]
    pub fn answer(&self) -> Option<(&'static str, Map)> {
        if !self.gaps.is_empty() {
            return Some((REFUSE, refusal(&self.statement, &self.gaps)));
        }
        self.unseen.is_empty().then(|| (CONFIRM, confirmation(&self.statement)))
    }
}

/// Every step of a record that still waits for an answer, in causal order.
#[must_use]
pub fn proposals(kind: &'static Kind, view: &View, ctx: &Context<'_>) -> Vec<Proposal> {
    let acts = Acts::of(kind, view);
    let arguments = Arguments::of(kind, view, &acts, ctx.policy);
    let legal = status::legal(&acts, &arguments, ctx);
    let body = shown::shown(kind, view, ctx).body;
    let judge = |(act, legal): (&Act<'_>, &bool)| {
        let mut gaps = Vec::new();
        if !legal {
            gaps.push(Gap::new(code::I_STATE, "status", "this step could not be taken from where the record stood"));
        }
        let message = "this was closed without having seen what argues for keeping it open";
        let mut unseen = arguments.unseen_by(act, None);
        let others = ctx.arguments.iter().filter(|other| !considers(act, other, ctx));
        unseen.extend(others.map(|other| format!("considered/{}", other.record)));
        let unseen = unseen.into_iter().map(|path| Gap::new(code::R93_CLOSED_UNSEEN, path, message)).collect();
        gaps.extend(gate(kind, view, &body, act, ctx));
        gaps.extend(weighed(view, act, ctx));
        Proposal { statement: act.id(), verb: act.step.verb, gaps, unseen }
    };
    acts.iter().zip(&legal).filter(|(act, _)| act.waits() && !act.refused()).map(judge).collect()
}

/// R53 and R54, where they guard a step that was taken offline.
fn gate(kind: &'static Kind, view: &View, body: &Json, act: &Act<'_>, ctx: &Context<'_>) -> Option<Gap> {
    let content = &act.said.opened.statement.content;
    match (kind.name, act.step.verb) {
        ("action", "complete") => {
            let attached = || !attachments(kind, view).is_empty();
            let shown = filled(body.get("evidence")) || content.contains_key("evidence") || attached();
            (!shown).then(|| Gap::new(code::R53_EVIDENCE, "evidence", "what shows that it was done?"))
        }
        ("action", "close") => {
            let excused = content.contains_key("not_tellable") || act.role.supervises() || act.role == Role::Server;
            let seen = ctx.outcome_seen || seen_in_record(view, body);
            let by_requester = requesters(view, body).iter().any(|user| user == act.author());
            let message = "the requester has not seen it: a sergeant may close with a reason";
            (!excused && !seen && !by_requester).then(|| Gap::new(code::R54_NOT_SEEN, "outcome_told", message))
        }
        _ => None,
    }
}

/// What the rules that weigh the whole case have against a step that was taken without it.
fn weighed(view: &View, act: &Act<'_>, ctx: &Context<'_>) -> Vec<Gap> {
    let Some(case) = ctx.case else { return Vec::new() };
    let Some(row) = view.record().and_then(|id| case.row(id)) else { return Vec::new() };
    let statement = &act.said.opened.statement;
    let body = statement.content.iter().map(|(name, value)| (name.clone(), value.to_json())).collect();
    let actor = Actor { user: &statement.author, role: act.role };
    rules::gate(case, &Attempt { row, verb: act.step.verb, body: &body, actor }).refused
}

/// The content of the server's confirmation.
#[must_use]
pub fn confirmation(proposal: &StatementHash) -> Map {
    Map::from([(String::from("confirms"), Value::bytes(proposal.0))])
}

/// The content of the server's refusal.
#[must_use]
pub fn refusal(proposal: &StatementHash, gaps: &[Gap]) -> Map {
    let gaps = Value::Array(gaps.iter().map(Gap::to_value).collect());
    Map::from([(String::from("refuses"), Value::bytes(proposal.0)), (String::from("gaps"), gaps)])
}
