//! The steps of a record, as far as they were made by someone who may make them.

use std::collections::BTreeSet;

use documents::{Dot, Said, View};
use signed::{StatementHash, Value};

use crate::access::Role;
use crate::effective;
use crate::gap::Gap;
use crate::kind::{Kind, Owns, Step};

/// One step.
pub(crate) struct Act<'v> {
    pub(crate) said: &'v Said,
    pub(crate) step: &'static Step,
    pub(crate) role: Role,
    answer: Answer<'v>,
}

/// What the server said of a proposal.
#[derive(Clone, Copy)]
enum Answer<'v> {
    None,
    Confirmed,
    Refused(&'v Said),
}

/// Every step of a document, in causal order.
pub(crate) struct Acts<'v>(Vec<Act<'v>>);

impl<'v> Acts<'v> {
    pub(crate) fn of(kind: &'static Kind, view: &'v View) -> Self {
        let read = |said: &'v Said| {
            let step = kind.step(said.step()?)?;
            let role = effective::role(said)?;
            crate::rights::may_step(role, kind, step.verb).then(|| Act { said, step, role, answer: answer(view, said) })
        };
        Self(view.statements.iter().filter_map(read).collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn get(&self, at: usize) -> Option<&Act<'v>> {
        self.0.get(at)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Act<'v>> {
        self.0.iter()
    }

    /// Places of the acts marked, that also meet a condition.
    pub(crate) fn select(&self, marked: &[bool], also: impl Fn(&Act<'v>) -> bool) -> Vec<usize> {
        let both = self.0.iter().zip(marked).enumerate();
        both.filter(|(_, (act, marked))| **marked && also(act)).map(|(at, _)| at).collect()
    }

    /// The server's reasons for refusing the last proposal, until a later step.
    pub(crate) fn refusals(&self) -> Vec<Gap> {
        let Some(Answer::Refused(said)) = self.0.last().map(|act| act.answer) else { return Vec::new() };
        let gaps = said.opened.statement.content.get("gaps").and_then(Value::as_array).unwrap_or_default();
        gaps.iter().filter_map(Gap::from_value).collect()
    }
}

fn answer<'v>(view: &'v View, proposal: &Said) -> Answer<'v> {
    let names = |said: &Said, field: &str| {
        let named = said.opened.statement.content.get(field).and_then(Value::as_bytes);
        named == Some(proposal.opened.id.as_bytes().as_slice())
    };
    let by_server = view.statements.iter().filter(|said| effective::role(said) == Some(Role::Server));
    for said in by_server {
        if said.step() == Some("refuse") && names(said, "refuses") {
            return Answer::Refused(said);
        }
        if said.step() == Some("confirm") && names(said, "confirms") {
            return Answer::Confirmed;
        }
    }
    Answer::None
}

impl Act<'_> {
    pub(crate) fn id(&self) -> StatementHash {
        self.said.opened.id
    }

    pub(crate) fn dot(&self) -> Dot {
        self.said.dot
    }

    /// Whether it was made knowing the other (and is not the other).
    pub(crate) fn knew(&self, other: &Act<'_>) -> bool {
        self.id() != other.id() && self.said.knew(other.said.dot)
    }

    pub(crate) fn author(&self) -> &str {
        self.said.opened.statement.author.as_str()
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.said.opened.statement.content.get(name)?.as_text()
    }

    /// A proposal the server has not confirmed.
    pub(crate) fn waits(&self) -> bool {
        let proposed = self.said.opened.statement.content.get("proposed") == Some(&Value::Bool(true));
        proposed && !matches!(self.answer, Answer::Confirmed)
    }

    pub(crate) fn refused(&self) -> bool {
        matches!(self.answer, Answer::Refused(_))
    }

    /// The status it leads to.
    pub(crate) fn to(&self) -> Option<&str> {
        if self.resolves_status() { self.text("value") } else { self.step.to }
    }

    pub(crate) fn resolves(&self, path: &str) -> bool {
        self.step.verb == "resolve" && self.text("path") == Some(path)
    }

    pub(crate) fn resolves_status(&self) -> bool {
        self.resolves("status")
    }

    pub(crate) fn allowed(&self, status: &str) -> bool {
        self.resolves_status() || self.step.from.is_empty() || self.step.from.contains(&status)
    }

    /// Whom it makes the owner.
    pub(crate) fn owner(&self) -> Option<&str> {
        if self.resolves("owner") {
            return self.text("value");
        }
        match self.step.owns {
            Owns::Nobody => None,
            Owns::Author => Some(self.author()),
            Owns::To => self.text("to"),
        }
    }
}

/// Who answers for a record. Two who took it at once both do, until a sergeant or above decides.
pub(crate) fn owners(view: &View, acts: &Acts<'_>, legal: &[bool]) -> Vec<String> {
    let mut heads: Vec<(&Act<'_>, &str)> = Vec::new();
    for (act, _) in acts.iter().zip(legal).filter(|(_, legal)| **legal) {
        let Some(owner) = act.owner() else { continue };
        let known: BTreeSet<&str> = heads.iter().filter(|(head, _)| act.knew(head)).map(|(_, owner)| *owner).collect();
        if known.len() < 2 || act.role.supervises() {
            heads.retain(|(head, _)| !act.knew(head));
            heads.push((act, owner));
        } else if !known.contains(owner) {
            heads.push((act, owner));
        }
    }
    let by_steps: BTreeSet<String> = heads.iter().map(|(_, owner)| (*owner).to_owned()).collect();
    if !by_steps.is_empty() {
        return by_steps.into_iter().collect();
    }
    let registers = view.fields.get("owner").map(Vec::as_slice).unwrap_or_default();
    let named: BTreeSet<String> =
        registers.iter().filter_map(|standing| standing.value.to_value().as_text().map(str::to_owned)).collect();
    named.into_iter().collect()
}
