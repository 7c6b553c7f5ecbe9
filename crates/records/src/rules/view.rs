//! What a rule looks at: the rows of a case, never its documents.

use std::fmt;

use serde_json::Value as Json;
use signed::{RecordId, StatementHash, Timestamp};

use crate::access::{Compartment, Role};
use crate::kind::Kind;
use crate::policy::Policy;

use super::people::Directory;

/// A case as far as one reader holds it.
#[derive(Clone, Copy)]
pub struct CaseView<'a> {
    /// The case.
    pub case: RecordId,
    /// Its records, in the order in which they were recorded. The case's own record is among them.
    pub rows: &'a [Row],
    /// Records of other cases that a row names or that a confirmed match joins, where the reader
    /// holds them.
    pub beside: &'a [Row],
    /// Words of the case that nobody has sealed yet: that they exist, never what they say.
    pub drafts: &'a [Unsealed],
    /// Who is who.
    pub people: &'a Directory,
    /// The policy in force.
    pub policy: &'a Policy,
    /// The present moment.
    pub now: Timestamp,
    /// Whether the reader knows every record of the case: the server does.
    pub whole: bool,
    /// Its notifications of which a device of whoever they are for holds the words, where the reader is whole.
    pub reached: &'a [RecordId],
}

/// A draft: that it exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsealed {
    /// The record it will be.
    pub record: RecordId,
    /// Its kind.
    pub kind: String,
    /// Whose it is.
    pub author: String,
    /// Since when.
    pub since: Timestamp,
}

/// One record, read off.
#[derive(Clone, PartialEq)]
pub struct Row {
    /// The record.
    pub id: RecordId,
    /// Its kind's name.
    pub kind: String,
    /// Its case.
    pub case: Option<RecordId>,
    /// Its compartment.
    pub compartment: Compartment,
    /// The school it is of.
    pub school: Option<String>,
    /// Who made it.
    pub author: String,
    /// In which role.
    pub role: Role,
    /// When it was recorded, by its device's clock.
    pub recorded_at: Timestamp,
    /// When the server received it; timers run on it. Absent where this reader does not know.
    pub received_at: Option<Timestamp>,
    /// Where it stands.
    pub status: String,
    /// Whether something is to be done.
    pub open: bool,
    /// Whether its words are sealed (a draft is not).
    pub sealed: bool,
    /// Who answers for it: users, or `team:NAME`.
    pub owners: Vec<String>,
    /// The effective urgency.
    pub urgency: String,
    /// When it is due.
    pub due: Option<Timestamp>,
    /// Every field's effective value.
    pub body: Json,
    /// Codes of the gaps it was sealed with or has now.
    pub gaps: Vec<String>,
    /// Its steps, in causal order: those that were legal and not refused.
    pub steps: Vec<StepRow>,
}

/// One step of a record.
#[derive(Clone, PartialEq)]
pub struct StepRow {
    /// Its statement.
    pub statement: StatementHash,
    /// The verb.
    pub verb: String,
    /// Who.
    pub author: String,
    /// In which role.
    pub role: Role,
    /// When: the server's receipt where it is known, else the device's clock.
    pub at: Timestamp,
    /// What it says.
    pub body: Json,
}

impl<'a> CaseView<'a> {
    /// The records of a kind.
    pub fn of(&self, kind: &'a str) -> impl Iterator<Item = &'a Row> + use<'a> {
        let rows = self.rows;
        rows.iter().filter(move |row| row.kind == kind)
    }

    /// A record of the case, or one beside it.
    #[must_use]
    pub fn row(&self, id: RecordId) -> Option<&'a Row> {
        let (rows, beside) = (self.rows, self.beside);
        rows.iter().chain(beside).find(|row| row.id == id)
    }

    /// The record a `{"record": id}` (or a bare id) names.
    #[must_use]
    pub fn named(&self, value: &Json) -> Option<&'a Row> {
        let id = value.as_str().or_else(|| value.get("record")?.as_str())?;
        self.row(id.parse().ok()?)
    }

    /// Matches that name a record of the case, whichever side's they are.
    pub fn matches(&self) -> impl Iterator<Item = &'a Row> + use<'a> {
        let (rows, beside) = (self.rows, self.beside);
        rows.iter().chain(beside).filter(|row| row.kind == "match")
    }

    /// The case's own record.
    #[must_use]
    pub fn own(&self) -> Option<&'a Row> {
        self.row(self.case)
    }

    /// Who answers for a record: its owner in person, else the case's.
    #[must_use]
    pub fn owner_of(&self, row: &'a Row) -> Option<&'a str> {
        row.owner().or_else(|| self.own().and_then(Row::owner))
    }
}

impl Row {
    /// Its declaration, if this version knows its kind.
    #[must_use]
    pub fn declared(&self) -> Option<&'static Kind> {
        crate::kind::kind(&self.kind)
    }

    /// From when its timers run: the server's receipt, else its device's clock.
    #[must_use]
    pub fn since(&self) -> Timestamp {
        let moved = if super::switch::on("R18") {
            None
        } else {
            self.steps.iter().rfind(|step| matches!(step.verb.as_str(), "assign" | "forward")).map(|step| step.at)
        };
        moved.or(self.received_at).unwrap_or(self.recorded_at)
    }

    /// The first owner in person.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        self.owners.iter().map(String::as_str).find(|owner| !owner.starts_with("team:"))
    }

    /// Whether only a queue answers for it, or nobody.
    #[must_use]
    pub fn unowned(&self) -> bool {
        self.owner().is_none()
    }

    /// A text of its body.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.body.get(field)?.as_str()
    }

    /// A value of its body.
    #[must_use]
    pub fn value(&self, field: &str) -> Option<&Json> {
        self.body.get(field)
    }

    /// A value below its body: `immediate_safety/safe_now`.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Json> {
        self.body.pointer(&format!("/{path}"))
    }

    /// The lines of a list.
    #[must_use]
    pub fn lines(&self, field: &str) -> &[Json] {
        self.body.get(field).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    /// Its steps of one verb, the newest last.
    pub fn did<'r>(&'r self, verb: &'r str) -> impl DoubleEndedIterator<Item = &'r StepRow> {
        self.steps.iter().filter(move |step| step.verb == verb)
    }

    /// Whether it is urgent or immediate.
    #[must_use]
    pub fn urgent(&self) -> bool {
        matches!(self.urgency.as_str(), "urgent" | "immediate")
    }

    /// Whether it is immediate.
    #[must_use]
    pub fn immediate(&self) -> bool {
        self.urgency == "immediate"
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.kind, self.id, self.status)
    }
}

impl fmt::Debug for StepRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.verb, self.at)
    }
}
