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
    /// Whether its kind of record is accepted by whoever is to do it.
    acceptable: bool,
    answer: Answer<'v>,
}

/// What the server said of a proposal.
#[derive(Clone, Copy)]
enum Answer<'v> {
    None,
    Confirmed,
    Refused(&'v Said),
}

/// Steps weighed against one another; those before the last so many are replayed in their causal
/// order alone, so that a record with thousands of steps is still shown at once.
pub(crate) const STEPS_WEIGHED_MAX: usize = 200;

/// Every step of a document, in causal order.
pub(crate) struct Acts<'v>(Vec<Act<'v>>, &'static str);

impl<'v> Acts<'v> {
    pub(crate) fn of(kind: &'static Kind, view: &'v View) -> Self {
        let read = |said: &'v Said| {
            let step = kind.step(said.step()?)?;
            let role = effective::role(said)?;
            let act =
                || Act { said, step, role, acceptable: kind.step("accept").is_some(), answer: answer(view, said) };
            crate::rights::may_step(role, kind, step.verb).then(act)
        };
        Self(view.statements.iter().filter_map(read).collect(), crate::kinds::checks::initial(kind, view))
    }

    /// Where the record stood before any of them.
    pub(crate) fn initial(&self) -> &'static str {
        self.1
    }

    /// How many are not weighed against one another.
    pub(crate) fn early(&self) -> usize {
        self.0.len().saturating_sub(STEPS_WEIGHED_MAX)
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
        if self.resolves_status() {
            return self.text("value");
        }
        if self.takes_over() { Some("accepted") } else { self.step.to }
    }

    /// Whoever takes an action over has accepted it.
    fn takes_over(&self) -> bool {
        self.acceptable && self.step.verb == "assign" && self.text("to") == Some(self.author())
    }

    /// The status it leads to from this one; `None` if it cannot be taken there.
    pub(crate) fn leads<'s>(&'s self, status: &'s str) -> Option<&'s str> {
        if self.takes_over() {
            return Some(if ["requested", "declined"].contains(&status) { "accepted" } else { status });
        }
        self.to().filter(|to| self.allowed(status) || *to == status)
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
    let events = acts.select(legal, |act| act.owner().is_some());
    let events = events.into_iter().rev().take(STEPS_WEIGHED_MAX).rev().filter_map(|at| acts.get(at));
    let mut taken: Vec<Taken<'_>> = Vec::new();
    for act in events {
        let known: BTreeSet<&str> = heads(&taken, |earlier| act.knew(earlier)).filter_map(Act::owner).collect();
        let decides = known.len() < 2 || act.role.supervises();
        if decides || !act.owner().is_some_and(|owner| known.contains(owner)) {
            taken.push(Taken { act, decides });
        }
    }
    let by_steps: BTreeSet<String> = heads(&taken, |_| true).filter_map(Act::owner).map(str::to_owned).collect();
    if !by_steps.is_empty() {
        return by_steps.into_iter().collect();
    }
    let registers = view.fields.get("owner").map(Vec::as_slice).unwrap_or_default();
    let named: BTreeSet<String> =
        registers.iter().filter_map(|standing| standing.value.to_value().as_text().map(str::to_owned)).collect();
    named.into_iter().collect()
}

/// A step that made someone the owner.
struct Taken<'a> {
    act: &'a Act<'a>,
    /// Whether it takes the place of those it knew: not where it knew of two owners and was made
    /// by neither a sergeant nor above.
    decides: bool,
}

/// Of the steps known, those whose place no other has taken.
fn heads<'t>(
    taken: &'t [Taken<'t>],
    known: impl Fn(&Act<'_>) -> bool + Copy + 't,
) -> impl Iterator<Item = &'t Act<'t>> {
    let replaced =
        move |one: &Act<'_>| taken.iter().any(|later| later.decides && known(later.act) && later.act.knew(one));
    taken.iter().map(|taken| taken.act).filter(move |act| known(act) && !replaced(act))
}
