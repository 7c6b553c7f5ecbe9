//! A change as it comes from anybody: its bytes read under the rules that need no document.

use std::collections::BTreeSet;

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType};
use automerge::{Change, ExpandedChange, ScalarValue};
use signed::cbor::{self, Fields, Value};
use signed::digest::sha256;
use signed::{ActorId, ChangeHash, Timestamp, code};

use crate::declaration::well_formed;
use crate::preflight;
use crate::refusal::{Refusal, refuse, require};
use crate::statement::Opened;
use crate::template::{Object, Template, genesis_actor};
use crate::view::Scalar;

/// Bytes of a text in a register.
pub const TEXT_BYTES_MAX: usize = 4096;
/// Bytes of a byte string in a register.
pub const BYTES_MAX: usize = 1024;
/// Bytes one insertion into a draft's text may carry.
pub const INSERT_BYTES_MAX: usize = 64;

/// An operation named by another: counter and actor.
pub type OpRef = (u64, ActorId);

/// What one operation of a change writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// A signed statement.
    Statement {
        /// The operation's counter.
        counter: u64,
        /// The statement.
        opened: Box<Opened>,
    },
    /// An entry of an append-only field.
    Entry {
        /// The operation's counter.
        counter: u64,
        /// The entry.
        entry: NewEntry,
    },
    /// An entry of a protective field.
    Cautious {
        /// The operation's counter.
        counter: u64,
        /// The entry.
        entry: NewEntry,
    },
    /// A value in a register.
    Field {
        /// The operation's counter.
        counter: u64,
        /// The register.
        key: String,
        /// The value.
        value: Scalar,
        /// What it replaces.
        preds: Vec<OpRef>,
    },
    /// A draft's register is emptied.
    FieldDelete {
        /// The register.
        key: String,
        /// What it removes.
        preds: Vec<OpRef>,
    },
    /// Text inserted into a draft's account.
    Insert {
        /// The operation's counter.
        counter: u64,
        /// The element it follows; `None` at the beginning.
        after: Option<OpRef>,
    },
    /// An element of a draft's account removed.
    Remove {
        /// The element.
        element: OpRef,
    },
}

/// An entry's parts.
#[derive(Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// The field.
    pub field: String,
    /// First 32 hex digits of the SHA-256 of its bytes.
    pub id: String,
    /// The value.
    pub value: Value,
    /// Who wrote it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl std::fmt::Debug for NewEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.field, self.id)
    }
}

impl NewEntry {
    /// The bytes that stand in the map.
    #[must_use]
    pub fn bytes(value: &Value, by: &str, at: Timestamp) -> Vec<u8> {
        cbor::encode(&cbor::map([
            ("value", value.clone()),
            ("by", Value::text(by)),
            ("at", Value::text(at.to_string())),
        ]))
    }
}

/// The first 32 hex digits of the SHA-256 of some bytes: their name in a map.
#[must_use]
pub fn content_key(bytes: &[u8]) -> String {
    let digest = ChangeHash(sha256(bytes)).to_string();
    digest.get(..32).unwrap_or_default().to_owned()
}

/// A change whose bytes are canonical and whose operations are well-formed; whether it fits its
/// document is for [`mod@crate::check`].
#[derive(Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its hash.
    pub hash: ChangeHash,
    /// Who made it.
    pub actor: ActorId,
    /// Its number.
    pub seq: u64,
    /// Its first operation.
    pub start_op: u64,
    /// Its last operation.
    pub max_op: u64,
    /// What it stands on, sorted.
    pub deps: Vec<ChangeHash>,
    /// The template it was read under.
    pub template: Template,
    /// What it writes.
    pub writes: Vec<Write>,
    /// The bytes as received.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Candidate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "change {} ({} writes)", self.hash, self.writes.len())
    }
}

impl Candidate {
    /// What a change stands on, read without anything else: to ask for what is missing, and to see
    /// by its genesis which template a first change follows.
    pub fn dependencies(bytes: &[u8]) -> Result<Vec<ChangeHash>, Refusal> {
        preflight::dependencies(bytes)
    }

    /// Reads a change of a document of this template.
    pub fn read(bytes: &[u8], template: Template) -> Result<Self, Refusal> {
        preflight::preflight(bytes, template)?;
        let (change, expanded) = expand(bytes)?;
        let canonical = Change::from(expanded.clone());
        require(canonical.raw_bytes() == bytes, code::C_CANONICAL, "not in canonical form")?;
        let candidate = Self::of(&change, &expanded, template)?;
        candidate.check_form()?;
        Ok(candidate)
    }

    /// Reads a change that was read before and kept since: what was asked of its form then is not asked again,
    /// only whether it still is the one its name says.
    pub(crate) fn kept(bytes: &[u8], template: Template) -> Result<Self, Refusal> {
        let (change, expanded) = expand(bytes)?;
        Self::of(&change, &expanded, template)
    }

    fn of(change: &Change, expanded: &ExpandedChange, template: Template) -> Result<Self, Refusal> {
        let (actor, deps) = header(expanded)?;
        for other in change.other_actor_ids() {
            require(
                *other == genesis_actor() || other.to_bytes().len() == 16,
                code::C_ACTOR,
                "an actor that is not 16 bytes",
            )?;
        }
        let start_op = expanded.start_op.get();
        let mut writes = Vec::with_capacity(expanded.operations.len());
        for (counter, op) in (start_op..).zip(&expanded.operations) {
            writes.push(read_write(op, counter, template)?);
        }
        Ok(Self {
            hash: ChangeHash(change.hash().0),
            actor,
            seq: expanded.seq,
            start_op,
            max_op: start_op.saturating_sub(1).saturating_add(writes.len() as u64),
            deps,
            template,
            writes,
            bytes: change.raw_bytes().to_vec(),
        })
    }

    /// The statements it carries.
    pub fn statements(&self) -> impl Iterator<Item = &Opened> {
        self.writes.iter().filter_map(|w| if let Write::Statement { opened, .. } = w { Some(&**opened) } else { None })
    }

    fn check_form(&self) -> Result<(), Refusal> {
        let mut keys = BTreeSet::new();
        for write in &self.writes {
            let key = match write {
                Write::Statement { opened, .. } => (1, String::new(), opened.id.to_string()),
                Write::Entry { entry, .. } => (2, entry.field.clone(), entry.id.clone()),
                Write::Cautious { entry, .. } => (3, entry.field.clone(), entry.id.clone()),
                Write::Field { key, .. } | Write::FieldDelete { key, .. } => (4, key.clone(), String::new()),
                Write::Insert { .. } | Write::Remove { .. } => continue,
            };
            require(keys.insert(key), code::C_REPEATED_KEY, "a key is written twice")?;
        }
        for opened in self.statements() {
            let statement = &opened.statement;
            require(statement.actor == self.actor, code::S_ACTOR, "a statement of another actor")?;
            require(statement.seen == self.deps, code::S_SEEN, "seen is not what the change stands on")?;
        }
        // Only a merge of several heads may be empty.
        require(!self.writes.is_empty() || self.deps.len() > 1, code::C_OP, "an empty change that merges nothing")
    }
}

fn expand(bytes: &[u8]) -> Result<(Change, ExpandedChange), Refusal> {
    let unreadable = Refusal::new(code::C_CHUNK, "automerge cannot read the change");
    let change = Change::try_from(bytes).map_err(|_| unreadable)?;
    let expanded = change.decode();
    Ok((change, expanded))
}

fn header(change: &ExpandedChange) -> Result<(ActorId, Vec<ChangeHash>), Refusal> {
    let actor = ActorId::from_slice(change.actor_id.to_bytes())
        .map_err(|_| Refusal::new(code::C_ACTOR, "an actor that is not 16 bytes"))?;
    require(change.time == 0, code::C_HEADER, "a time in the header")?;
    require(change.message.is_none(), code::C_HEADER, "a message in the header")?;
    require(change.extra_bytes.is_empty(), code::C_HEADER, "extra bytes")?;
    require(change.seq > 0, code::C_SEQ, "changes are numbered from 1")?;
    let deps: Vec<_> = change.deps.iter().map(|d| ChangeHash(d.0)).collect();
    require((1..=256).contains(&deps.len()), code::C_DEPS, "a change stands on 1 to 256 others")?;
    require(deps.is_sorted_by(|a, b| a < b), code::C_DEPS, "dependencies are sorted and distinct")?;
    Ok((actor, deps))
}

fn read_write(op: &Op, counter: u64, template: Template) -> Result<Write, Refusal> {
    let object = match &op.obj {
        ObjectId::Id(OpId(counter, actor)) if *actor == genesis_actor() => Object::by_counter(*counter),
        ObjectId::Id(_) | ObjectId::Root => None,
    };
    let Some(object) = object else { return refuse(code::C_OP, "an operation outside the template's objects") };
    match (object, &op.key) {
        (Object::Words, Key::Seq(element)) if template == Template::Draft => words(op, counter, element),
        (Object::Words, _) => refuse(code::C_OP, "only a draft has words"),
        (_, Key::Map(_)) if op.insert => refuse(code::C_OP, "an insertion into a map"),
        (Object::Statements, Key::Map(key)) => statement(op, counter, key),
        (Object::Entries, Key::Map(key)) if template == Template::Record => {
            Ok(Write::Entry { counter, entry: entry(op, key)? })
        }
        (Object::Cautious, Key::Map(key)) if template == Template::Record => {
            Ok(Write::Cautious { counter, entry: entry(op, key)? })
        }
        (Object::Fields, Key::Map(key)) => field(op, counter, key, template),
        (Object::Entries | Object::Cautious, Key::Map(_)) => refuse(code::C_OP, "a draft has no entries"),
        (_, Key::Seq(_)) => refuse(code::C_OP, "a list operation on a map"),
    }
}

fn put_bytes(op: &Op) -> Result<&[u8], Refusal> {
    require(op.pred.is_empty(), code::C_PRED, "what is written once replaces nothing")?;
    match &op.action {
        OpType::Put(ScalarValue::Bytes(bytes)) => Ok(bytes),
        OpType::Put(_)
        | OpType::Make(_)
        | OpType::Delete
        | OpType::Increment(_)
        | OpType::MarkBegin(_)
        | OpType::MarkEnd(_) => refuse(code::C_OP, "only byte strings are put here"),
    }
}

fn statement(op: &Op, counter: u64, key: &str) -> Result<Write, Refusal> {
    let bytes = put_bytes(op)?;
    require(key == content_key(bytes), code::C_HASH, "a statement stands under its hash")?;
    Ok(Write::Statement { counter, opened: Box::new(Opened::read(bytes)?) })
}

fn entry(op: &Op, key: &str) -> Result<NewEntry, Refusal> {
    let bytes = put_bytes(op)?;
    let Some((field, id)) = key.rsplit_once('/') else {
        return refuse(code::C_KEY, "an entry stands under field/hash");
    };
    require(well_formed(field), code::C_KEY, "the field's name is not well-formed")?;
    require(id == content_key(bytes), code::C_HASH, "an entry stands under its hash")?;
    let shape = |_| Refusal::new(code::C_VALUE, "an entry is {value, by, at}");
    let mut fields = cbor::decode(bytes).and_then(Fields::of).map_err(shape)?;
    let value = fields.value("value").map_err(shape)?;
    let by = fields.text("by").map_err(shape)?;
    let at = fields.text("at").map_err(shape)?;
    fields.finish().map_err(shape)?;
    let at = Timestamp::parse_exact(&at).map_err(|_| Refusal::new(code::C_VALUE, "an entry's time is not a time"))?;
    Ok(NewEntry { field: field.to_owned(), id: id.to_owned(), value, by, at })
}

fn field(op: &Op, counter: u64, key: &str, template: Template) -> Result<Write, Refusal> {
    require(well_formed(key), code::C_KEY, "the register's name is not well-formed")?;
    let preds = preds(op)?;
    match &op.action {
        OpType::Put(value) => Ok(Write::Field { counter, key: key.to_owned(), value: scalar(value)?, preds }),
        OpType::Delete if template == Template::Draft => {
            require(!preds.is_empty(), code::C_PRED, "a deletion deletes something")?;
            Ok(Write::FieldDelete { key: key.to_owned(), preds })
        }
        OpType::Make(_) | OpType::Delete | OpType::Increment(_) | OpType::MarkBegin(_) | OpType::MarkEnd(_) => {
            refuse(code::C_OP, "only put is allowed in a register")
        }
    }
}

fn words(op: &Op, counter: u64, element: &ElementId) -> Result<Write, Refusal> {
    let after = element.as_opid().map(op_ref).transpose()?;
    match &op.action {
        OpType::Put(ScalarValue::Str(text)) if op.insert => {
            require(op.pred.is_empty(), code::C_PRED, "an insertion replaces nothing")?;
            require(text.len() <= INSERT_BYTES_MAX, code::C_VALUE, "an insertion over 64 bytes")?;
            Ok(Write::Insert { counter, after })
        }
        OpType::Delete if !op.insert => {
            let Some(element) = after else { return refuse(code::C_OP, "the beginning cannot be removed") };
            require(preds(op)? == [element], code::C_PRED, "a removal replaces the element itself")?;
            Ok(Write::Remove { element })
        }
        OpType::Make(_)
        | OpType::Delete
        | OpType::Increment(_)
        | OpType::Put(_)
        | OpType::MarkBegin(_)
        | OpType::MarkEnd(_) => refuse(code::C_OP, "only text is inserted and removed in a draft's words"),
    }
}

fn preds(op: &Op) -> Result<Vec<OpRef>, Refusal> {
    let preds = op.pred.iter().map(op_ref).collect::<Result<Vec<_>, _>>()?;
    let distinct: BTreeSet<_> = preds.iter().collect();
    require(distinct.len() == preds.len(), code::C_PRED, "a predecessor is named twice")?;
    Ok(preds)
}

fn op_ref(id: &OpId) -> Result<OpRef, Refusal> {
    let actor = ActorId::from_slice(id.actor().to_bytes())
        .map_err(|_| Refusal::new(code::C_PRED, "an operation of the template is named"))?;
    Ok((id.counter(), actor))
}

fn scalar(value: &ScalarValue) -> Result<Scalar, Refusal> {
    Ok(match value {
        ScalarValue::Null => Scalar::Null,
        ScalarValue::Boolean(b) => Scalar::Bool(*b),
        ScalarValue::Int(i) => Scalar::Int(*i),
        ScalarValue::Str(text) => {
            require(text.len() <= TEXT_BYTES_MAX, code::C_VALUE, "a text over 4 KiB")?;
            Scalar::Text(text.to_string())
        }
        ScalarValue::Bytes(bytes) => {
            require(bytes.len() <= BYTES_MAX, code::C_VALUE, "a byte string over 1 KiB")?;
            Scalar::Bytes(bytes.clone())
        }
        ScalarValue::Timestamp(millis) => {
            let time = Timestamp::from_millis(*millis);
            require(time.millis() == *millis, code::C_VALUE, "a time out of range")?;
            Scalar::Time(time)
        }
        ScalarValue::Uint(_) | ScalarValue::F64(_) | ScalarValue::Counter(_) | ScalarValue::Unknown { .. } => {
            return refuse(code::C_VALUE, "a type that no register holds");
        }
    })
}

/// As automerge writes it.
pub(crate) fn to_automerge(value: &Scalar) -> ScalarValue {
    match value {
        Scalar::Null => ScalarValue::Null,
        Scalar::Bool(b) => ScalarValue::Boolean(*b),
        Scalar::Int(i) => ScalarValue::Int(*i),
        Scalar::Text(t) => ScalarValue::Str(t.as_str().into()),
        Scalar::Bytes(b) => ScalarValue::Bytes(b.clone()),
        Scalar::Time(t) => ScalarValue::Timestamp(t.millis()),
    }
}

/// As we read it; what no register may hold reads as null.
pub(crate) fn from_automerge(value: &ScalarValue) -> Scalar {
    scalar(value).unwrap_or(Scalar::Null)
}
