//! Where a record stands: computed from its steps, never stored, the same in every order of
//! delivery.
//!
//! Steps form a graph: each knows the ones it was written on. They are replayed in an order that
//! respects that graph and otherwise lets the earlier status go first, so that two people acting
//! at once are at odds only where no order of their steps is legal. A closing or completing step
//! takes effect only while it has seen everything that argues for open.

use signed::{ChangeHash, RecordId, Timestamp};

use crate::gap::Gap;
use crate::kind::Argues;
use crate::open::{Arguments, considers};
use crate::policy::Policy;
use crate::steps::{Act, Acts};

/// What another record of the case says for open: a closing step must have considered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// The other record.
    pub record: RecordId,
    /// The changes by which it argues.
    pub changes: Vec<ChangeHash>,
}

/// Whether these heads of a record stand on a change.
pub type Includes<'a> = dyn Fn(&RecordId, &[ChangeHash], &ChangeHash) -> bool + 'a;
/// Who wrote a change, and when.
pub type Wrote<'a> = dyn Fn(&documents::Dot) -> Option<(String, Option<Timestamp>)> + 'a;

/// What the reader knows beside the document.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The reader's clock.
    pub now: Timestamp,
    /// Whether the server can be asked: without it, a step that closes is a proposal.
    pub online: bool,
    /// The policy in force.
    pub policy: &'a Policy,
    /// Other records that argue for open.
    pub arguments: &'a [Argument],
    /// Whether these heads of that record stand on this change.
    pub includes: &'a Includes<'a>,
    /// Who wrote a change and when, where the reader knows it better than the statements.
    pub wrote: &'a Wrote<'a>,
    /// Whether delivery shows that the requester has seen the outcome.
    pub outcome_seen: bool,
    /// The case, for rules that weigh several records.
    pub case: Option<&'a crate::rules::CaseView<'a>>,
}

impl<'a> Context<'a> {
    /// A reader who knows the document alone.
    #[must_use]
    pub fn at(now: Timestamp) -> Context<'a> {
        Context {
            now,
            online: false,
            policy: &Policy::DEFAULT,
            arguments: &[],
            includes: &|_, heads, change| heads.contains(change),
            wrote: &|_| None,
            outcome_seen: false,
            case: None,
        }
    }
}

/// Where a record stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) status: String,
    pub(crate) if_confirmed: String,
    pub(crate) proposed: Option<String>,
    pub(crate) gaps: Vec<Gap>,
}

/// The status of a live kind.
pub(crate) fn standing(acts: &Acts<'_>, arguments: &Arguments<'_>, ctx: &Context<'_>) -> Standing {
    let machine = Machine { acts, arguments, ctx };
    let legal = machine.legal();
    let full = machine.combine(&acts.select(&legal, |act| !act.refused()), None);
    let mut gaps = Vec::new();
    if full.conflict {
        let message = "two steps were taken at once and do not agree: a sergeant resolves the status";
        gaps.push(Gap::new(signed::code::R93_CONCURRENT_STEPS, "status", message));
    }
    let unseen = |path: &str| {
        let message = "this was closed without having seen what argues for keeping it open";
        Gap::new(signed::code::R93_CLOSED_UNSEEN, path, message)
    };
    gaps.extend(full.unseen.iter().map(|path| unseen(path)));
    if full.undone {
        return Standing { status: REOPENED.into(), if_confirmed: REOPENED.into(), proposed: None, gaps };
    }
    let binding = machine.combine(&acts.select(&legal, |act| !act.refused() && !act.waits()), None);
    let status = if binding.undone { REOPENED.to_owned() } else { binding.status };
    let waiting = acts.select(&legal, |act| act.waits() && !act.refused());
    let last = waiting.last().and_then(|at| acts.get(*at)).map(|act| act.step.verb.to_owned());
    let proposed = if status == full.status { None } else { last };
    gaps.extend(acts.refusals());
    Standing { if_confirmed: if proposed.is_some() { full.status } else { status.clone() }, status, proposed, gaps }
}

/// Which acts are legal, each judged by what it knew.
pub(crate) fn legal(acts: &Acts<'_>, arguments: &Arguments<'_>, ctx: &Context<'_>) -> Vec<bool> {
    Machine { acts, arguments, ctx }.legal()
}

const REOPENED: &str = "reopened";

/// From least to most far along: concurrent steps are replayed in this order.
const ORDER: [&str; 43] = [
    "open",
    "possible",
    "proposed",
    "in_force",
    "missing",
    "queued",
    "not_available_offline",
    "requested",
    "dispatched",
    "attended",
    "questioned",
    "set",
    "claimed",
    "accepted",
    "in_progress",
    "blocked",
    "breached",
    "seen",
    "not_traced",
    "unsealed",
    "sealed",
    "sent",
    "recorded",
    "confirmed",
    "rejected",
    "completed",
    "outcome_told",
    "answered",
    "resolved",
    "replaced",
    "ended",
    "not_done",
    "done",
    "acknowledged",
    "returned",
    "replied",
    "outcome_recorded",
    "held",
    "cancelled",
    "closing_proposed",
    "declined",
    "closed",
    REOPENED,
];
/// Where nothing is left to do, or nothing but an approval: open beats these.
const CLOSED: [&str; 17] = [
    "completed",
    "outcome_told",
    "answered",
    "resolved",
    "replaced",
    "ended",
    "not_done",
    "done",
    "acknowledged",
    "returned",
    "replied",
    "outcome_recorded",
    "held",
    "cancelled",
    "closing_proposed",
    "declined",
    "closed",
];

fn order(status: &str) -> usize {
    ORDER.iter().position(|known| *known == status).unwrap_or(0)
}

/// Open beats closed; of two open ones the further along, of two closed ones the less.
fn beats<'s>(one: &'s str, other: &'s str) -> &'s str {
    let (lesser, greater) = if order(one) <= order(other) { (one, other) } else { (other, one) };
    match (CLOSED.contains(&lesser), CLOSED.contains(&greater)) {
        (false, false) | (true, false) => greater,
        (true, true) | (false, true) => lesser,
    }
}

struct Machine<'m, 'v> {
    acts: &'m Acts<'v>,
    arguments: &'m Arguments<'v>,
    ctx: &'m Context<'m>,
}

#[derive(Default)]
struct Outcome {
    status: String,
    conflict: bool,
    /// Closed by a step that had not seen what argues for open.
    undone: bool,
    /// What it had not seen.
    unseen: Vec<String>,
}

impl Machine<'_, '_> {
    fn legal(&self) -> Vec<bool> {
        let mut legal: Vec<bool> = Vec::new();
        let mut status = self.acts.initial().to_owned();
        for act in self.acts.iter().take(self.acts.early()) {
            legal.push(act.allowed(&status));
            status = act.leads(&status).unwrap_or(&status).to_owned();
        }
        for act in self.acts.iter().skip(self.acts.early()) {
            let known: Vec<usize> = self.acts.select(&legal, |earlier| act.knew(earlier));
            let before = self.combine(&known, Some(act));
            let status = if before.undone { REOPENED } else { before.status.as_str() };
            legal.push(act.allowed(status));
        }
        legal
    }

    /// The status these acts lead to together, as known to `reader` (or to everyone).
    fn combine(&self, acts: &[usize], reader: Option<&Act<'_>>) -> Outcome {
        let begin = |at: &usize| *at < self.acts.early();
        let early = acts.iter().filter(|at| begin(at)).filter_map(|at| self.acts.get(*at));
        let initial =
            early.fold(self.acts.initial().to_owned(), |status, act| act.leads(&status).unwrap_or(&status).to_owned());
        let weighed = acts.iter().filter(|at| !begin(at)).filter_map(|at| self.acts.get(*at));
        let (mut status, acts, word) = self.resolved(initial, weighed.filter(|act| act.to().is_some()).collect());
        let mut conflict = false;
        for act in in_order(acts.clone()) {
            let next = act.leads(&status);
            conflict |= next.is_none();
            status = next.unwrap_or_else(|| beats(&status, act.to().unwrap_or(&status))).to_owned();
        }
        let mut outcome = Outcome { status, conflict, ..Outcome::default() };
        if CLOSED.contains(&outcome.status.as_str()) && crate::rules::switch::on("R93") {
            let unseen = self.unseen(&acts, word, reader);
            outcome.undone = !unseen.is_empty();
            outcome.unseen = unseen;
        } else if reader.is_none() && at_odds(&acts) {
            outcome.unseen.push(String::from("status"));
        }
        outcome
    }

    /// Acts after the last word of a sergeant about the status, and that word.
    fn resolved<'a>(&self, initial: String, acts: Vec<&'a Act<'a>>) -> (String, Vec<&'a Act<'a>>, Option<&'a Act<'a>>) {
        let words: Vec<&Act<'_>> = acts.iter().copied().filter(|act| act.resolves_status()).collect();
        let last =
            words.iter().copied().filter(|act| !words.iter().any(|later| later.knew(act))).max_by_key(|a| a.id());
        let Some(last) = last else { return (initial, acts, None) };
        let status = last.to().unwrap_or(self.acts.initial()).to_owned();
        let after = acts.into_iter().filter(|act| !last.knew(act) && act.id() != last.id()).collect();
        (status, after, Some(last))
    }

    /// What argues for open and was seen by none of the last closing steps as a whole.
    fn unseen(&self, acts: &[&Act<'_>], word: Option<&Act<'_>>, reader: Option<&Act<'_>>) -> Vec<String> {
        let closed = acts.iter().copied().filter(|act| act.step.argues == Argues::Closed);
        let closing: Vec<&Act<'_>> = closed.chain(word).collect();
        let last = closing.iter().filter(|act| !closing.iter().any(|later| later.knew(act)));
        let unseen = last.map(|close| {
            let mut paths = self.arguments.unseen_by(close, reader);
            if reader.is_none() {
                paths.extend(
                    self.ctx
                        .arguments
                        .iter()
                        .filter(|other| !considers(close, other, self.ctx))
                        .map(|other| format!("considered/{}", other.record)),
                );
            }
            paths
        });
        unseen.min_by(|one, other| (one.len(), one).cmp(&(other.len(), other))).unwrap_or_default()
    }
}

/// Whether something closed and something opened at once, and nobody has acted since knowing both.
fn at_odds(acts: &[&Act<'_>]) -> bool {
    let closing = acts.iter().filter(|act| act.step.argues == Argues::Closed);
    closing.into_iter().any(|close| {
        let opening = acts.iter().filter(|act| act.step.argues == Argues::Open);
        opening.into_iter().any(|open| {
            let apart = !open.knew(close) && !close.knew(open);
            apart && !acts.iter().any(|later| later.knew(open) && later.knew(close))
        })
    })
}

/// An order in which each act comes after those it knew; where that leaves a choice, the lesser
/// status first.
fn in_order<'a>(acts: Vec<&'a Act<'a>>) -> Vec<&'a Act<'a>> {
    let chain = acts.iter().zip(acts.iter().skip(1)).all(|(earlier, later)| later.knew(earlier));
    if chain {
        return acts;
    }
    let waits_for = |act: &Act<'_>| acts.iter().filter(|other| act.knew(other)).count();
    let mut left: Vec<(usize, &Act<'_>)> = acts.iter().map(|act| (waits_for(act), *act)).collect();
    let mut sorted = Vec::with_capacity(acts.len());
    while !left.is_empty() {
        let ready = left.iter().enumerate().filter(|(_, (waits, _))| *waits == 0);
        let next = ready.min_by_key(|(_, (_, act))| (order(act.to().unwrap_or_default()), act.id())).map(|(at, _)| at);
        // Acts never wait for one another in a circle: each knows only earlier ones.
        let (_, act) = left.remove(next.unwrap_or(0));
        for (waits, other) in &mut left {
            if other.knew(act) {
                *waits = waits.saturating_sub(1);
            }
        }
        sorted.push(act);
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_every_kind_has_its_place() {
        for kind in crate::kinds() {
            let of_steps = kind.steps.iter().filter_map(|step| step.to);
            let from =
                kind.steps.iter().flat_map(|step| step.from).copied().filter(|from| *from != "sealed_incomplete");
            for status in of_steps.chain(from).chain([kind.initial]).chain(kind.done.iter().copied()) {
                assert!(ORDER.contains(&status), "{}: {status}", kind.name);
            }
            for step in kind.steps.iter().filter(|step| step.argues == Argues::Closed) {
                assert!(step.to.is_some_and(|to| CLOSED.contains(&to)), "{}: {}", kind.name, step.verb);
            }
        }
        assert!(CLOSED.iter().all(|status| ORDER.contains(status)));
    }
}
