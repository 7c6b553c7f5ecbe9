//! What the records of a bundle show, computed from its changes alone: by its maker, who writes it
//! down, and by whoever checks it, who must come to the same.

use std::collections::BTreeMap;

use documents::{Candidate, Checked, DocState, Dot, History, MemoryHistory, Refusal, Template, Verdict, View, check};
use records::{Argument, Beside, Context, Policy, Shown, shown};
use serde_json::{Value as Json, json};
use signed::{ChangeHash, RecordId, StatementHash, Timestamp, code};

use super::people::People;
use crate::project::{outcome_seen_by, unknown_kind};
use crate::store::changes::declaration;

/// Records of a case that are weighed when it closes.
const ARGUMENTS_MAX: usize = documents::statement::CONSIDERED_MAX;

/// A document that grows from its changes.
pub(super) struct Grown {
    id: RecordId,
    kind: String,
    state: DocState,
    history: MemoryHistory,
    pub(super) view: View,
}

impl Grown {
    pub(super) fn new(id: RecordId, kind: &str) -> Self {
        let state = DocState::new(Template::Record);
        Self { id, kind: kind.to_owned(), state, history: MemoryHistory::default(), view: View::default() }
    }

    /// Takes one more change in, checked as the server checks it; `place` is the inbox row by which it came.
    pub(super) fn take(&mut self, candidate: Candidate, place: Option<u64>) -> Result<Checked, Refusal> {
        let verdict =
            check(candidate, self.id, &self.state, &self.history, declaration(&self.kind), records::RULES_VERSION);
        let Ok(verdict) = verdict;
        let checked = match verdict {
            Verdict::Fits(checked) => checked,
            Verdict::Refused(refusal) => return Err(refusal),
            Verdict::Known => return Err(Refusal::new(code::C_SEQ, "a change that is here already")),
            Verdict::Need(_) => return Err(Refusal::new(code::C_DEPS, "an ancestor is missing")),
        };
        self.state.apply(&checked);
        self.history.apply(&checked);
        self.view.apply(&checked);
        if let Some(place) = place {
            self.view.taken(Dot { actor: checked.actor, seq: checked.seq }, place);
        }
        Ok(checked)
    }

    pub(super) fn kind(&self) -> &str {
        &self.kind
    }

    /// The case it belongs to.
    pub(super) fn case(&self) -> Option<RecordId> {
        self.view.created().and_then(|(_, created)| created.case)
    }

    fn stands_on(&self, heads: &[ChangeHash], change: &ChangeHash) -> bool {
        let info = |hash: &ChangeHash| self.history.change(hash).ok().flatten();
        let Some(wanted) = info(change) else { return false };
        heads.iter().any(|head| info(head).is_some_and(|head| head.clock.covers(&wanted.actor, wanted.seq)))
    }
}

/// Everything that decides what a record shows.
pub(super) struct World<'a> {
    pub(super) people: &'a People,
    pub(super) records: &'a BTreeMap<RecordId, Grown>,
    /// To whom a statement was delivered.
    pub(super) delivered: &'a BTreeMap<StatementHash, Vec<String>>,
    pub(super) policy: &'a Policy,
    pub(super) now: Timestamp,
}

impl World<'_> {
    /// What a record shows, in the one form in which a bundle holds it.
    pub(super) fn shown(&self, id: RecordId) -> Option<Json> {
        self.records.get(&id).map(|grown| form(&self.read(grown)))
    }

    fn read(&self, grown: &Grown) -> Shown {
        let Some(kind) = records::kind(&grown.kind) else { return unknown_kind(&grown.view) };
        let arguments = self.arguments(grown);
        let includes = |record: &RecordId, heads: &[ChangeHash], change: &ChangeHash| {
            heads.contains(change) || self.records.get(record).is_some_and(|other| other.stands_on(heads, change))
        };
        let wrote = |dot: &Dot| self.people.user_of(&dot.actor).map(|user| (user.to_owned(), None));
        let delivered = |told: &StatementHash| Ok(self.delivered.get(told).cloned().unwrap_or_default());
        let context = Context {
            now: self.now,
            online: false,
            policy: self.policy,
            arguments: &arguments,
            includes: &includes,
            wrote: &wrote,
            outcome_seen: outcome_seen_by(&grown.view, delivered).unwrap_or(false),
            case: None,
        };
        shown(kind, &grown.view, &context)
    }

    /// A case is weighed with every other record of it in the bundle that is still open.
    fn arguments(&self, grown: &Grown) -> Vec<Argument> {
        if grown.kind != "case" || grown.view.statements.len() < 2 {
            return Vec::new();
        }
        let others = self.records.values().filter(|other| other.kind != "case" && other.case() == Some(grown.id));
        let argues = others.filter(|other| other.kind == "concern" || self.read(other).open);
        let argument = |other: &Grown| Argument { record: other.id, changes: other.state.heads.clone() };
        argues.take(ARGUMENTS_MAX).map(argument).collect()
    }
}

fn form(shown: &Shown) -> Json {
    let gaps: Vec<Json> = shown.gaps.iter().map(|gap| json!({ "code": gap.code.name, "path": gap.path })).collect();
    let conflict = |conflict: &records::Conflict| {
        let value = |one: &records::ConflictValue| json!({ "value": one.value, "by": one.by });
        json!({ "path": conflict.path, "values": conflict.values.iter().map(value).collect::<Vec<_>>() })
    };
    json!({
        "fields": shown.body,
        "title": shown.title,
        "status": shown.status,
        "proposed": shown.proposed,
        "urgency": shown.urgency,
        "due": shown.due.map(|due| due.to_string()),
        "owners": shown.owners,
        "sealed": shown.sealed,
        "gaps": gaps,
        "conflicts": shown.conflicts.iter().map(conflict).collect::<Vec<_>>(),
        "addenda": shown.addenda.iter().map(beside).collect::<Vec<_>>(),
        "accounts": shown.accounts.iter().map(beside).collect::<Vec<_>>(),
        "notices": shown.notices,
    })
}

fn beside(beside: &Beside) -> Json {
    json!({
        "author": beside.author.as_str(),
        "at": beside.at.to_string(),
        "statement": beside.statement.to_string(),
        "says": beside.says,
    })
}
