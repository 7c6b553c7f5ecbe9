//! The small row kept per document, from which changes are checked and built without loading it.

use std::collections::BTreeMap;

use signed::cbor::{self, CborError, Fields, Map, Value};
use signed::{ActorId, ChangeHash};

use crate::change::Write;
use crate::template::Template;
use crate::view::Clock;

/// The last change of an actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Its number.
    pub seq: u64,
    /// Its hash.
    pub hash: ChangeHash,
}

/// An operation that stands in a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LiveOp {
    /// Its counter.
    pub counter: u64,
    /// Who wrote it.
    pub actor: ActorId,
    /// In which of their changes.
    pub seq: u64,
}

/// Everything about a document that checking or building the next change needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocState {
    /// Its template.
    pub template: Template,
    /// Its heads, sorted; the genesis change alone when nothing was written yet.
    pub heads: Vec<ChangeHash>,
    /// The highest operation counter.
    pub max_op: u64,
    /// The last change of each actor.
    pub actors: BTreeMap<ActorId, Tip>,
    /// The operations standing in each register.
    pub fields: BTreeMap<String, Vec<LiveOp>>,
    /// The rules version under which it was created.
    pub rules: u64,
}

/// What is kept of each accepted change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeInfo {
    /// Who made it.
    pub actor: ActorId,
    /// Its number.
    pub seq: u64,
    /// Its last operation (one below its first, if it has none).
    pub max_op: u64,
    /// Its ancestors and itself.
    pub clock: Clock,
}

/// A change that fits its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Its hash.
    pub hash: ChangeHash,
    /// Who made it.
    pub actor: ActorId,
    /// Its number.
    pub seq: u64,
    /// Its last operation.
    pub max_op: u64,
    /// What it stands on.
    pub deps: Vec<ChangeHash>,
    /// Its ancestors and itself.
    pub clock: Clock,
    /// What it writes.
    pub writes: Vec<Write>,
    /// The bytes as received.
    pub bytes: Vec<u8>,
}

impl Checked {
    /// What is kept of it for later checks.
    #[must_use]
    pub fn info(&self) -> ChangeInfo {
        ChangeInfo { actor: self.actor, seq: self.seq, max_op: self.max_op, clock: self.clock.clone() }
    }

    /// The operations on registers and words that a later change may name: (key, counter).
    pub fn operations(&self) -> impl Iterator<Item = (&str, u64)> {
        self.writes.iter().filter_map(|write| match write {
            Write::Field { key, counter, .. } => Some((key.as_str(), *counter)),
            Write::Insert { counter, .. } => Some((WORDS_KEY, *counter)),
            Write::Statement { .. }
            | Write::Entry { .. }
            | Write::Cautious { .. }
            | Write::FieldDelete { .. }
            | Write::Remove { .. } => None,
        })
    }

    /// The statements it carries.
    pub fn statements(&self) -> impl Iterator<Item = &crate::Opened> {
        self.writes.iter().filter_map(|w| if let Write::Statement { opened, .. } = w { Some(&**opened) } else { None })
    }
}

/// Look-ups beyond the state row, answered by whoever stores the changes.
pub trait History {
    /// Why a look-up can fail.
    type Error;

    /// An accepted change of this document.
    fn change(&self, hash: &ChangeHash) -> Result<Option<ChangeInfo>, Self::Error>;

    /// The number of the change in which `actor` made operation `counter` on this register (or,
    /// for `words`, on the text), whether or not it still stands.
    fn operation(&self, key: &str, counter: u64, actor: &ActorId) -> Result<Option<u64>, Self::Error>;
}

/// The key under which [`History::operation`] knows the elements of a draft's text: no register
/// can have it.
pub const WORDS_KEY: &str = "";

impl DocState {
    /// A document of which nothing but its genesis exists.
    #[must_use]
    pub fn new(template: Template) -> Self {
        let genesis = template.genesis();
        Self {
            template,
            heads: vec![genesis.hash],
            max_op: genesis.max_op,
            actors: BTreeMap::new(),
            fields: BTreeMap::new(),
            rules: 0,
        }
    }

    /// Takes a checked change in.
    pub fn apply(&mut self, change: &Checked) {
        self.heads.retain(|head| !change.deps.contains(head));
        self.heads.push(change.hash);
        self.heads.sort_unstable();
        self.max_op = self.max_op.max(change.max_op);
        self.actors.insert(change.actor, Tip { seq: change.seq, hash: change.hash });
        for write in &change.writes {
            match write {
                Write::Field { key, counter, preds, .. } => {
                    let live = self.fields.entry(key.clone()).or_default();
                    live.retain(|op| !preds.contains(&(op.counter, op.actor)));
                    live.push(LiveOp { counter: *counter, actor: change.actor, seq: change.seq });
                    live.sort_unstable();
                }
                Write::FieldDelete { key, preds } => {
                    if let Some(live) = self.fields.get_mut(key) {
                        live.retain(|op| !preds.contains(&(op.counter, op.actor)));
                        if live.is_empty() {
                            self.fields.remove(key);
                        }
                    }
                }
                Write::Statement { opened, .. } => {
                    if opened.statement.sentence.name() == "created" {
                        self.rules = self.rules.max(opened.statement.rules);
                    }
                }
                Write::Entry { .. } | Write::Cautious { .. } | Write::Insert { .. } | Write::Remove { .. } => {}
            }
        }
    }

    /// The row's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let heads = self.heads.iter().map(|h| Value::bytes(h.0)).collect();
        let actors = self.actors.iter().map(|(actor, tip)| {
            Value::Array(vec![Value::bytes(actor.0), Value::uint(tip.seq), Value::bytes(tip.hash.0)])
        });
        let fields = self.fields.iter().map(|(key, ops)| {
            let op = |op: &LiveOp| {
                Value::Array(vec![Value::uint(op.counter), Value::bytes(op.actor.0), Value::uint(op.seq)])
            };
            (key.clone(), Value::Array(ops.iter().map(op).collect()))
        });
        cbor::encode(&cbor::map([
            ("template", Value::text(self.template.as_str())),
            ("heads", Value::Array(heads)),
            ("max_op", Value::uint(self.max_op)),
            ("actors", Value::Array(actors.collect())),
            ("fields", Value::Map(fields.collect::<Map>())),
            ("rules", Value::uint(self.rules)),
        ]))
    }

    /// A row as it was stored.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CborError> {
        let mut row = Fields::of(cbor::decode(bytes)?)?;
        let template = match row.text("template")?.as_str() {
            "record" => Template::Record,
            "draft" => Template::Draft,
            _ => return Err(CborError::Shape),
        };
        let heads = row.array("heads")?.iter().map(read_hash).collect::<Result<_, _>>()?;
        let mut actors = BTreeMap::new();
        for item in row.array("actors")? {
            let [actor, seq, hash] = triple(&item)?;
            actors.insert(read_actor(actor)?, Tip { seq: read_uint(seq)?, hash: read_hash(hash)? });
        }
        let mut fields = BTreeMap::new();
        let Value::Map(map) = row.value("fields")? else { return Err(CborError::Shape) };
        for (key, ops) in map {
            let read = |item: &Value| {
                let [counter, actor, seq] = triple(item)?;
                Ok(LiveOp { counter: read_uint(counter)?, actor: read_actor(actor)?, seq: read_uint(seq)? })
            };
            let ops = ops.as_array().ok_or(CborError::Shape)?;
            fields.insert(key, ops.iter().map(read).collect::<Result<Vec<_>, CborError>>()?);
        }
        Ok(Self { template, heads, max_op: row.uint("max_op")?, actors, fields, rules: row.uint("rules")? })
    }
}

fn triple(item: &Value) -> Result<&[Value; 3], CborError> {
    item.as_array().and_then(|a| a.try_into().ok()).ok_or(CborError::Shape)
}

fn read_uint(value: &Value) -> Result<u64, CborError> {
    value.as_uint().ok_or(CborError::Shape)
}

fn read_hash(value: &Value) -> Result<ChangeHash, CborError> {
    value.as_bytes().and_then(|b| ChangeHash::from_slice(b).ok()).ok_or(CborError::Shape)
}

fn read_actor(value: &Value) -> Result<ActorId, CborError> {
    value.as_bytes().and_then(|b| ActorId::from_slice(b).ok()).ok_or(CborError::Shape)
}

impl Clock {
    /// 24 bytes an actor: the id, then the number, big-endian.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|(actor, seq)| actor.0.into_iter().chain(seq.to_be_bytes())).collect()
    }

    /// A clock as it was stored; `None` when the bytes are not one.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (pairs, []) = bytes.as_chunks::<24>() else { return None };
        let read = |pair: &[u8; 24]| {
            let (actor, seq) = pair.split_first_chunk::<16>()?;
            Some((ActorId(*actor), u64::from_be_bytes(seq.try_into().ok()?)))
        };
        pairs.iter().map(read).collect::<Option<_>>().map(Self)
    }
}

/// A history in memory: for tests, tools and documents that are being rebuilt.
#[derive(Clone, Debug, Default)]
pub struct MemoryHistory {
    changes: BTreeMap<ChangeHash, ChangeInfo>,
    operations: BTreeMap<(String, u64, ActorId), u64>,
}

impl MemoryHistory {
    /// Takes a checked change in.
    pub fn apply(&mut self, change: &Checked) {
        self.changes.insert(change.hash, change.info());
        for (key, counter) in change.operations() {
            self.operations.insert((key.to_owned(), counter, change.actor), change.seq);
        }
    }
}

impl History for MemoryHistory {
    type Error = std::convert::Infallible;

    fn change(&self, hash: &ChangeHash) -> Result<Option<ChangeInfo>, Self::Error> {
        Ok(self.changes.get(hash).cloned())
    }

    fn operation(&self, key: &str, counter: u64, actor: &ActorId) -> Result<Option<u64>, Self::Error> {
        Ok(self.operations.get(&(key.to_owned(), counter, *actor)).copied())
    }
}
