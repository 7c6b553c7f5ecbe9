//! What a document says, put together from its checked changes: the same for every order.

use std::collections::BTreeMap;

use signed::{ActorId, ChangeHash, RecordId, StatementHash, Timestamp, Value};

use crate::statement::{Created, Opened, Sentence};

/// Which changes of which actors stand before a point: a change covers another when the other is
/// its ancestor (or itself).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clock(pub BTreeMap<ActorId, u64>);

impl Clock {
    /// Whether change number `seq` of `actor` is covered.
    #[must_use]
    pub fn covers(&self, actor: &ActorId, seq: u64) -> bool {
        self.0.get(actor).is_some_and(|known| *known >= seq)
    }

    /// The least clock that covers both.
    pub fn join(&mut self, other: &Clock) {
        for (actor, seq) in &other.0 {
            let known = self.0.entry(*actor).or_default();
            *known = (*known).max(*seq);
        }
    }
}

/// A scalar that may stand in a register.
#[derive(Clone, PartialEq, Eq)]
pub enum Scalar {
    /// Cleared.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text of at most 4 KiB.
    Text(String),
    /// At most 1 KiB; deterministic CBOR where the field is structured.
    Bytes(Vec<u8>),
    /// A time.
    Time(Timestamp),
}

impl Scalar {
    /// As a value: structured bytes are opened.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(b) => Value::Bool(*b),
            Self::Int(i) => Value::Int(*i),
            Self::Text(t) => Value::text(t),
            Self::Bytes(b) => signed::cbor::decode(b).unwrap_or_else(|_| Value::bytes(b)),
            Self::Time(t) => Value::text(t.to_string()),
        }
    }

    /// From a value: what is structured becomes deterministic CBOR bytes.
    #[must_use]
    pub fn from_value(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(b) => Self::Bool(*b),
            Value::Int(i) => Self::Int(*i),
            Value::Text(t) => Self::Text(t.clone()),
            Value::Bytes(_) | Value::Array(_) | Value::Map(_) => Self::Bytes(signed::cbor::encode(value)),
        }
    }
}

impl std::fmt::Debug for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Time(_) => "time",
        })
    }
}

/// Where in the history something was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dot {
    /// The writing actor.
    pub actor: ActorId,
    /// Its change's number.
    pub seq: u64,
}

/// One statement of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The statement itself.
    pub opened: Opened,
    /// The change that carries it.
    pub dot: Dot,
    /// What that change stood on (its ancestors and itself).
    pub clock: Clock,
    /// The operation's counter: higher than that of everything it knew.
    pub counter: u64,
    /// In which place the server took the change that carries it ([`View::taken`]).
    pub taken: u64,
}

/// The place of what the server has not taken yet, as far as this reader knows: after all it has.
pub const NOT_TAKEN: u64 = u64::MAX;

/// The author and role of what the server says itself.
pub const SERVER: &str = "server";

impl Said {
    /// The step's name, if it is a step.
    #[must_use]
    pub fn step(&self) -> Option<&str> {
        match &self.opened.statement.sentence {
            Sentence::Step(name) => Some(name),
            Sentence::Part(_) => None,
        }
    }

    /// What sorts beginnings and sealed parts. A change is taken after its ancestors, so this order
    /// is causal too. What the server said at first sight gives way to what a person says.
    fn first(&self) -> (bool, u64, u64, signed::StatementHash) {
        (self.opened.statement.role == SERVER, self.taken, self.counter, self.opened.id)
    }

    /// Whether this one was written knowing the other.
    #[must_use]
    pub fn knew(&self, other: Dot) -> bool {
        self.clock.covers(&other.actor, other.seq)
    }
}

/// One entry of an append-only or protective field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The first 32 hex digits of the SHA-256 of its bytes: its name within the field.
    pub id: String,
    /// The value.
    pub value: Value,
    /// Who wrote it.
    pub by: String,
    /// When, by their device.
    pub at: String,
    /// Where in the history.
    pub dot: Dot,
    /// The operation's counter: higher than that of everything it knew.
    pub counter: u64,
}

/// One of the values that stand in a register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The value.
    pub value: Scalar,
    /// The operation's counter: the highest (then the highest actor) is automerge's winner.
    pub counter: u64,
    /// Where in the history.
    pub dot: Dot,
}

/// A document's content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Statements in causal order (what knew of another comes after it), then by identity.
    pub statements: Vec<Said>,
    /// Append-only entries by field, in causal order.
    pub entries: BTreeMap<String, Vec<Entry>>,
    /// Protective entries by field.
    pub cautious: BTreeMap<String, Vec<Entry>>,
    /// Every value standing in each register; the last is the winner.
    pub fields: BTreeMap<String, Vec<Standing>>,
    /// A draft's running account.
    pub words: String,
    /// The heads.
    pub heads: Vec<ChangeHash>,
}

impl View {
    /// The `created` statement that counts, if the document has one that can be read.
    #[must_use]
    pub fn created(&self) -> Option<(&Said, Created)> {
        let said = self.statements.iter().filter(|s| s.step() == Some("created")).min_by_key(|s| s.first())?;
        Some((said, said.opened.statement.created().ok()?))
    }

    /// Notes in which place the server took a change: its own count, or the number of the inbox
    /// row by which it came (back). Who makes a change chooses every byte of it and so its hash,
    /// but not when the server took it; so this settles which of two accounts is the first.
    pub fn taken(&mut self, dot: Dot, place: u64) {
        for said in self.statements.iter_mut().filter(|said| said.dot == dot) {
            said.taken = place;
        }
    }

    /// The record's id.
    #[must_use]
    pub fn record(&self) -> Option<RecordId> {
        self.statements.first().map(|s| s.opened.statement.record)
    }

    /// A statement by its identity.
    #[must_use]
    pub fn statement(&self, id: &StatementHash) -> Option<&Said> {
        self.statements.iter().find(|s| s.opened.id == *id)
    }

    /// The winner of a register, and whether it stands alone.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<(&Standing, bool)> {
        let standing = self.fields.get(key)?;
        Some((standing.last()?, standing.len() == 1))
    }

    /// The sealed content of a part, from its own statement or from within `created`: the first of
    /// [`View::parts`] is the one that counts.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<(&Said, &signed::cbor::Map)> {
        self.parts().into_iter().find(|(_, part, _)| *part == name).map(|(said, _, content)| (said, content))
    }

    /// Every sealed part, in the order in which the server took them; then those it has not taken,
    /// in causal order.
    #[must_use]
    pub fn parts(&self) -> Vec<(&Said, &str, &signed::cbor::Map)> {
        let mut parts: Vec<_> = self
            .statements
            .iter()
            .filter_map(|said| sealed_part(said).map(|(part, content)| (said, part, content)))
            .collect();
        parts.sort_by_key(|(said, _, _)| said.first());
        parts
    }
}

/// The sealed part a statement holds, if it holds one.
#[must_use]
pub fn sealed_part(said: &Said) -> Option<(&str, &signed::cbor::Map)> {
    let statement = &said.opened.statement;
    match &statement.sentence {
        Sentence::Part(name) => Some((name, &statement.content)),
        Sentence::Step(step) if step == "created" => {
            let sealed = statement.content.get("sealed")?.as_map()?;
            Some((sealed.get("part")?.as_text()?, sealed.get("content")?.as_map()?))
        }
        Sentence::Step(_) => None,
    }
}
