//! Rules that weigh several records: pure functions over the rows of a case, the same on the
//! handset and on the server.
//!
//! A rule looks at a [`CaseView`] and says what follows as [`Findings`]: gaps that block a closing,
//! [`Item`]s that somebody owes (with the [`mod@ladder`] by which each climbs), records that must exist,
//! values that must be raised, marks that every reader sees. Nothing is written here and nothing is
//! remembered: what a rule finds again stands, what it does not find any more is over. `gate` says
//! what stands in the way of one step. Each rule is one line of a family's table ([`Rule`]), with its
//! id beside its code and in its tests' names; `docs/adding-a-rule.md` walks through one.

mod actions;
mod capture;
mod checks;
mod crime;
mod extracts;
pub mod ladder;
pub mod look;
mod matches;
mod measures;
pub mod people;
pub mod read;
mod referral;
mod risk;
mod schools;
pub mod staffing;
mod submission;
mod supervision;
pub mod switch;
pub mod urgent;
pub mod view;
mod vulnerable;
mod welfare;

use serde_json::Value as Json;
use signed::{Code, RecordId, Timestamp};

use crate::access::{Compartment, Role};
use crate::body::NewRecord;
use crate::gap::Gap;
use crate::shown::Shown;
use crate::verbs::Actor;
pub use extracts::as_it_stands;
pub use ladder::{Prompt, Rung, To, prompts, rank};
pub use people::{Directory, Member};
pub use submission::carried;
pub use supervision::{document_missing, says_done};
pub use view::{CaseView, Row, StepRow, Unsealed};

/// One rule of the requirements.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Its id, `R12`.
    pub id: &'static str,
    /// What it finds.
    pub weigh: Option<fn(&CaseView<'_>, &mut Findings)>,
    /// What it has against one step.
    pub gate: Option<fn(&CaseView<'_>, &Attempt<'_>, &mut Gate)>,
}

/// A step somebody is about to take.
pub struct Attempt<'a> {
    /// The record.
    pub row: &'a Row,
    /// The verb.
    pub verb: &'a str,
    /// Its body.
    pub body: &'a serde_json::Map<String, serde_json::Value>,
    /// Who.
    pub actor: Actor<'a>,
}

/// What stands in the way of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gate {
    /// What is known to be missing: the step is refused and each is listed.
    pub refused: Vec<Gap>,
    /// What this device cannot know (its codes end in `.unknown_here`): it goes with the step.
    pub unknown: Vec<Gap>,
}

/// What follows from a case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// Gaps, each with the record it is shown with. They block that record's closing.
    pub gaps: Vec<(RecordId, Gap)>,
    /// What somebody owes.
    pub items: Vec<Item>,
    /// Records that must exist because of a rule. Each has a derived id: device and server make
    /// the same one.
    pub makes: Vec<Made>,
    /// Protective values that must be raised; done once, so that a reasoned lowering stands.
    pub raises: Vec<Raise>,
    /// What every reader sees beside a record.
    pub marks: Vec<(RecordId, Mark)>,
}

/// A record a rule makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// The rule.
    pub rule: &'static str,
    /// The record it is made for: case and school are taken from it where the body names none.
    pub from: RecordId,
    /// The record; its id is `RecordId::derived` of the rule, the source and the target.
    pub new: NewRecord,
}

/// A protective value that a rule raises.
#[derive(Clone, PartialEq)]
pub struct Raise {
    /// The rule.
    pub rule: &'static str,
    /// The record.
    pub record: RecordId,
    /// The M field, as in a body (`urgency`, `grade`, `markers`).
    pub field: &'static str,
    /// The value; for a list, one line of it.
    pub value: serde_json::Value,
}

/// Something every reader of a record is to see, computed and never stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The rule.
    pub rule: &'static str,
    /// A word, such as `stale` or `unendorsed`.
    pub word: &'static str,
    /// A sentence without a word of the record.
    pub text: &'static str,
}

/// Something somebody owes. It lives for as long as its rule finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The rule.
    pub rule: &'static str,
    /// Its code.
    pub code: Code,
    /// The record.
    pub record: RecordId,
    /// Which one, where a rule finds several on one record; else empty. An id or a field's name.
    pub about: String,
    /// Since when.
    pub since: Timestamp,
    /// Who is told, and when: each rung later than the one before.
    pub rungs: Vec<Rung>,
    /// What is owed, without a word of the record.
    pub text: &'static str,
    /// A prompt that is answered by a reasoned decision or an action rests for this long at most;
    /// `None` where only the work itself ends it.
    pub rests_ms: Option<i64>,
}

impl Item {
    /// Something that is owed on a record from a moment on; its rungs follow by [`Item::climbs`].
    #[must_use]
    pub fn of(rule: &'static str, code: Code, row: &Row, since: Timestamp, text: &'static str) -> Self {
        Self { rule, code, record: row.id, about: String::new(), since, rungs: Vec::new(), text, rests_ms: None }
    }

    /// Which one of several.
    #[must_use]
    pub fn about(mut self, about: impl Into<String>) -> Self {
        self.about = about.into();
        self
    }

    /// A rung at a moment.
    #[must_use]
    pub fn at(mut self, at: Timestamp, to: To) -> Self {
        self.rungs.push(Rung { at, to });
        self
    }

    /// A rung so many milliseconds after its beginning.
    #[must_use]
    pub fn after(self, ms: i64, to: To) -> Self {
        let at = look::later(self.since, ms);
        self.at(at, to)
    }

    /// These rungs.
    #[must_use]
    pub fn climbs(mut self, rungs: Vec<Rung>) -> Self {
        self.rungs = rungs;
        self
    }
}

/// The families and their rules, in the order of the requirements.
const FAMILIES: &[&[Rule]] = &[
    matches::RULES,
    capture::RULES,
    urgent::RULES,
    actions::RULES,
    vulnerable::RULES,
    checks::RULES,
    risk::RULES,
    welfare::RULES,
    crime::RULES,
    submission::RULES,
    supervision::RULES,
    measures::RULES,
    staffing::RULES,
    schools::RULES,
    extracts::RULES,
];

/// Every rule that weighs or guards.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.iter().flat_map(|family| family.iter())
}

/// Everything that follows from a case.
#[must_use]
pub fn weigh(view: &CaseView<'_>) -> Findings {
    let mut findings = Findings::default();
    for rule in rules().filter(|rule| switch::on(rule.id)) {
        if let Some(weigh) = rule.weigh {
            weigh(view, &mut findings);
        }
    }
    findings
}

/// What stands in the way of a step, by every rule.
#[must_use]
pub fn gate(view: &CaseView<'_>, attempt: &Attempt<'_>) -> Gate {
    let mut gate = Gate::default();
    for rule in rules().filter(|rule| switch::on(rule.id)) {
        if let Some(guard) = rule.gate {
            guard(view, attempt, &mut gate);
        }
    }
    gate
}

impl Findings {
    /// Adds a gap of a record.
    pub fn gap(&mut self, row: &Row, code: Code, path: impl Into<String>, message: &str) {
        self.gaps.push((row.id, Gap::new(code, path, message)));
    }

    /// Adds a mark that every reader of a record sees.
    pub fn mark(&mut self, row: &Row, rule: &'static str, word: &'static str, text: &'static str) {
        self.marks.push((row.id, Mark { rule, word, text }));
    }

    /// Raises a protective value.
    pub fn raise(&mut self, rule: &'static str, row: &Row, field: &'static str, value: impl Into<serde_json::Value>) {
        self.raises.push(Raise { rule, record: row.id, field, value: value.into() });
    }

    /// Makes a record. `target` tells several of one rule and source apart.
    pub fn make(
        &mut self,
        rule: &'static str,
        source: &Row,
        target: &str,
        kind: &'static str,
        body: serde_json::Map<String, serde_json::Value>,
    ) {
        let id = RecordId::derived(&[rule, &source.id.to_string(), target]);
        let new = NewRecord { id: Some(id), kind, body: crate::body::Body(body) };
        self.makes.push(Made { rule, from: source.id, new });
    }

    /// Adds something that is owed.
    pub fn owe(&mut self, item: Item) {
        self.items.push(item);
    }
}

impl Gate {
    /// The step is refused.
    pub fn refuse(&mut self, code: Code, path: impl Into<String>, message: &str) {
        self.refused.push(Gap::new(code, path, message));
    }

    /// This device cannot know.
    pub fn unknown(&mut self, code: Code, path: impl Into<String>, message: &str) {
        self.unknown.push(Gap::new(code, path, message));
    }
}

impl std::fmt::Debug for Raise {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} raises {} of {}", self.rule, self.field, self.record)
    }
}

/// In whose role a rule makes what follows from a record: what the control room recorded stays in the
/// control room's compartment, all else is as the server's own.
#[must_use]
pub fn maker(source: Option<&Row>) -> Role {
    let call = source.is_some_and(|row| matches!(row.compartment, Compartment::Call { .. }));
    if call { Role::Call } else { Role::Server }
}

/// Whether two values say the same, their lines' ids apart.
#[must_use]
pub fn same(one: &signed::Value, other: &signed::Value) -> bool {
    let bare = |value: &signed::Value| {
        let mut value = value.clone();
        if let signed::Value::Map(map) = &mut value {
            map.remove("id");
        }
        value
    };
    bare(one) == bare(other)
}

/// The ids of records a body names.
#[must_use]
pub fn named(body: &Json) -> Vec<RecordId> {
    fn gather(value: &Json, found: &mut Vec<RecordId>) {
        match value {
            Json::String(text) if text.len() == 36 => found.extend(text.parse::<RecordId>().ok()),
            Json::String(_) | Json::Null | Json::Bool(_) | Json::Number(_) => {}
            Json::Array(items) => items.iter().for_each(|item| gather(item, found)),
            Json::Object(map) => {
                map.iter().filter(|(name, _)| *name != "id").for_each(|(_, value)| gather(value, found));
            }
        }
    }
    let mut found = Vec::new();
    gather(body, &mut found);
    found
}

/// Puts what was found about a record into how it is shown: its gaps, and what every reader sees. A
/// sealed record with such a gap is incomplete.
pub fn apply(findings: &Findings, record: RecordId, shown: &mut Shown) {
    for (_, gap) in findings.gaps.iter().filter(|(id, _)| *id == record) {
        if !shown.gaps.contains(gap) {
            shown.gaps.push(gap.clone());
        }
    }
    for (_, mark) in findings.marks.iter().filter(|(id, _)| *id == record) {
        shown.notices.push(mark.text.to_owned());
        shown.marks.push(mark.clone());
    }
    if shown.status == "sealed" && !shown.gaps.is_empty() {
        shown.status = String::from("sealed_incomplete");
        shown.status_if_confirmed.clone_from(&shown.status);
    }
}

/// The id of what a rule makes for a target of a source.
#[must_use]
pub fn made_id(rule: &str, source: RecordId, target: &str) -> RecordId {
    RecordId::derived(&[rule, &source.to_string(), target])
}
