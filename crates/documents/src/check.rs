//! Whether a change fits its document: ancestors, numbers, registers. Nothing is loaded for it.

use std::collections::BTreeSet;

use signed::{ChangeHash, RecordId, code};

pub use crate::change::{Candidate, NewEntry, OpRef, Write};
pub use crate::state::Checked;

use crate::declaration::{Declaration, Merge, well_formed};
use crate::refusal::{Refusal, refuse, require};
use crate::state::{DocState, History, WORDS_KEY};
use crate::template::Template;
use crate::view::Clock;

/// What came of checking a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It fits.
    Fits(Checked),
    /// It is here already.
    Known,
    /// It stands on changes that are not here.
    Need(Vec<ChangeHash>),
    /// It never fits.
    Refused(Refusal),
}

/// Checks a change against its document and the declaration of its kind. The fields of an unknown
/// kind are kept and read by no rule.
pub fn check<H: History>(
    candidate: Candidate,
    record: RecordId,
    state: &DocState,
    history: &H,
    kind: &dyn Declaration,
    rules: u64,
) -> Result<Verdict, H::Error> {
    if history.change(&candidate.hash)?.is_some() {
        return Ok(Verdict::Known);
    }
    let ancestry = match ancestry(&candidate, state, history)? {
        Ok(ancestry) => ancestry,
        Err(verdict) => return Ok(verdict),
    };
    let judge = Judge { candidate: &candidate, record, state, history, kind, rules, clock: &ancestry.clock };
    if let Err(refusal) = judge.numbers(&ancestry).and_then(|()| judge.statements()) {
        return Ok(Verdict::Refused(refusal));
    }
    if let Err(refusal) = judge.operations()? {
        return Ok(Verdict::Refused(refusal));
    }
    let mut clock = ancestry.clock;
    clock.0.insert(candidate.actor, candidate.seq);
    Ok(Verdict::Fits(Checked {
        hash: candidate.hash,
        actor: candidate.actor,
        seq: candidate.seq,
        max_op: candidate.max_op,
        deps: candidate.deps,
        clock,
        writes: candidate.writes,
        bytes: candidate.bytes,
    }))
}

struct Ancestry {
    clock: Clock,
    max_op: u64,
    from_genesis: bool,
}

fn ancestry<H: History>(
    candidate: &Candidate,
    state: &DocState,
    history: &H,
) -> Result<Result<Ancestry, Verdict>, H::Error> {
    let genesis = state.template.genesis();
    if candidate.deps == [genesis.hash] {
        return Ok(Ok(Ancestry { clock: Clock::default(), max_op: genesis.max_op, from_genesis: true }));
    }
    let refused = |code, detail| Ok(Err(Verdict::Refused(Refusal::new(code, detail))));
    let (mut known, mut missing) = (Vec::new(), Vec::new());
    for dep in &candidate.deps {
        // The genesis is an ancestor of everything; and no change stands on another template's.
        if Template::of_genesis(dep).is_some() {
            return refused(code::C_DEPS, "the genesis beside other dependencies");
        }
        match history.change(dep)? {
            Some(info) => known.push(info),
            None => missing.push(*dep),
        }
    }
    if !missing.is_empty() {
        return Ok(Err(Verdict::Need(missing)));
    }
    for (index, dep) in known.iter().enumerate() {
        let others = known.iter().enumerate().filter(|(other, _)| *other != index);
        if others.into_iter().any(|(_, other)| other.clock.covers(&dep.actor, dep.seq)) {
            return refused(code::C_DEPS, "a dependency that is an ancestor of another");
        }
    }
    let mut clock = Clock::default();
    known.iter().for_each(|info| clock.join(&info.clock));
    let max_op = known.iter().map(|info| info.max_op).max().unwrap_or(genesis.max_op);
    Ok(Ok(Ancestry { clock, max_op, from_genesis: false }))
}

struct Judge<'a, H: History> {
    candidate: &'a Candidate,
    record: RecordId,
    state: &'a DocState,
    history: &'a H,
    kind: &'a dyn Declaration,
    rules: u64,
    clock: &'a Clock,
}

impl<H: History> Judge<'_, H> {
    fn numbers(&self, ancestry: &Ancestry) -> Result<(), Refusal> {
        let change = self.candidate;
        require(
            change.start_op == ancestry.max_op + 1,
            code::C_START_OP,
            "the first operation is not one past the dependencies'",
        )?;
        let before = self.clock.0.get(&change.actor).copied().unwrap_or(0);
        let held = self.state.actors.get(&change.actor).map_or(0, |tip| tip.seq);
        if change.seq <= held {
            return refuse(code::C_EQUIVOCATION, "this actor already has another change of this number");
        }
        require(change.seq == before + 1, code::C_SEQ, "the actor's previous change is not an ancestor")?;
        if ancestry.from_genesis {
            let creates = change.statements().any(|s| s.statement.sentence.name() == "created");
            require(creates, code::C_CREATED, "a first change must say what document it begins")?;
        }
        Ok(())
    }

    fn statements(&self) -> Result<(), Refusal> {
        for opened in self.candidate.statements() {
            require(opened.statement.record == self.record, code::S_RECORD, "a statement of another record")?;
            if opened.statement.sentence.name() == "created" {
                let created = opened.statement.created()?;
                require(
                    created.template == self.state.template,
                    code::C_TEMPLATE,
                    "created names another template than the one it stands on",
                )?;
                require(created.kind == opened.statement.kind, code::C_CREATED, "created names two kinds")?;
            }
        }
        Ok(())
    }

    /// Whether this document may hold fields that this version of the rules does not know.
    fn newer(&self) -> bool {
        let created = self.candidate.statements().map(|s| s.statement.rules).max().unwrap_or(0);
        self.state.rules.max(created) > self.rules
    }

    fn operations(&self) -> Result<Result<(), Refusal>, H::Error> {
        let mut inserted = BTreeSet::new();
        let resolves = self.candidate.statements().any(|s| s.statement.sentence.name() == "resolve");
        for write in &self.candidate.writes {
            let verdict = match write {
                Write::Statement { .. } => Ok(()),
                Write::Entry { entry, .. } => self.entry_field(&entry.field, Merge::A),
                Write::Cautious { entry, .. } => self.entry_field(&entry.field, Merge::M),
                Write::Field { key, preds, .. } => match self.field_key(key, preds, resolves) {
                    Ok(()) => self.ancestors(key, preds)?,
                    Err(refusal) => Err(refusal),
                },
                Write::FieldDelete { key, preds } => self.ancestors(key, preds)?,
                Write::Insert { counter, after } => {
                    let verdict = self.element(after.as_ref(), &inserted)?;
                    inserted.insert(*counter);
                    verdict
                }
                Write::Remove { element } => self.element(Some(element), &inserted)?,
            };
            if verdict.is_err() {
                return Ok(verdict);
            }
        }
        Ok(Ok(()))
    }

    fn entry_field(&self, field: &str, expected: Merge) -> Result<(), Refusal> {
        match self.kind.merge(field) {
            Some(merge) => require(merge == expected, code::C_KEY, "a field that is not kept in this map"),
            None => require(self.newer(), code::C_KEY, "a field the kind does not declare"),
        }
    }

    fn field_key(&self, key: &str, preds: &[OpRef], resolves: bool) -> Result<(), Refusal> {
        if self.state.template == Template::Draft {
            return Ok(());
        }
        let merge = match self.kind.merge(key) {
            Some(merge) => merge,
            None if self.newer() && well_formed(key) => Merge::C,
            None => return refuse(code::C_KEY, "a field the kind does not declare"),
        };
        match merge {
            Merge::C | Merge::S => require(
                preds.len() < 2 || resolves,
                code::C_RESOLVE,
                "several values are replaced without the verb resolve",
            ),
            Merge::L => Ok(()),
            Merge::W | Merge::A | Merge::M => refuse(code::C_KEY, "a field that is no register"),
        }
    }

    fn ancestors(&self, key: &str, preds: &[OpRef]) -> Result<Result<(), Refusal>, H::Error> {
        for (counter, actor) in preds {
            let seq = self.history.operation(key, *counter, actor)?;
            if !seq.is_some_and(|seq| self.clock.covers(actor, seq)) {
                return Ok(refuse(code::C_PRED, "a predecessor that is no operation on this key in an ancestor"));
            }
        }
        Ok(Ok(()))
    }

    fn element(&self, element: Option<&OpRef>, inserted: &BTreeSet<u64>) -> Result<Result<(), Refusal>, H::Error> {
        let Some((counter, actor)) = element else { return Ok(Ok(())) };
        if *actor == self.candidate.actor && inserted.contains(counter) {
            return Ok(Ok(()));
        }
        self.ancestors(WORDS_KEY, &[(*counter, *actor)])
    }
}
