//! How our own changes are made: from the state row, never from a loaded document.

use std::num::NonZeroU64;

use automerge::legacy::{Key, Op, OpId, OpType};
use automerge::{ActorId as AmActor, Change, ChangeHash as AmHash, ExpandedChange, ScalarValue};
use signed::{ActorId, ChangeHash, Timestamp, Value};

use crate::change::{NewEntry, OpRef, content_key, to_automerge};
use crate::state::DocState;
use crate::template::Object;
use crate::view::Scalar;

/// Puts one change together. What it makes goes through the same checks as a peer's change before
/// it is saved.
#[derive(Debug)]
pub struct ChangeBuilder<'a> {
    state: &'a DocState,
    actor: ActorId,
    operations: Vec<Op>,
}

impl<'a> ChangeBuilder<'a> {
    /// A change of this actor on top of all heads.
    #[must_use]
    pub fn new(state: &'a DocState, actor: ActorId) -> Self {
        Self { state, actor, operations: Vec::new() }
    }

    /// What a statement in this change must name as seen.
    #[must_use]
    pub fn seen(&self) -> &[ChangeHash] {
        &self.state.heads
    }

    /// Puts a signed statement.
    pub fn statement(&mut self, bytes: Vec<u8>) -> &mut Self {
        let key = content_key(&bytes);
        self.put(Object::Statements, key, ScalarValue::Bytes(bytes), Vec::new())
    }

    /// Adds an entry to an append-only field.
    pub fn entry(&mut self, field: &str, value: &Value, by: &str, at: Timestamp) -> &mut Self {
        let bytes = NewEntry::bytes(value, by, at);
        let key = format!("{field}/{}", content_key(&bytes));
        self.put(Object::Entries, key, ScalarValue::Bytes(bytes), Vec::new())
    }

    /// Adds an entry to a protective field.
    pub fn cautious(&mut self, field: &str, value: &Value, by: &str, at: Timestamp) -> &mut Self {
        let bytes = NewEntry::bytes(value, by, at);
        let key = format!("{field}/{}", content_key(&bytes));
        self.put(Object::Cautious, key, ScalarValue::Bytes(bytes), Vec::new())
    }

    /// Writes a register in place of all values standing in it.
    pub fn field(&mut self, key: &str, value: &Scalar) -> &mut Self {
        let preds = self.standing(key);
        self.put(Object::Fields, key.to_owned(), to_automerge(value), preds)
    }

    /// Empties a register (drafts only).
    pub fn delete_field(&mut self, key: &str) -> &mut Self {
        let preds = self.standing(key);
        if !preds.is_empty() {
            self.push(Object::Fields, key.to_owned(), OpType::Delete, preds);
        }
        self
    }

    /// Whether nothing was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// The change's bytes.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        let seq = self.state.actors.get(&self.actor).map_or(1, |tip| tip.seq + 1);
        let change = Change::from(ExpandedChange {
            operations: self.operations,
            actor_id: AmActor::from(self.actor.0),
            hash: None,
            seq,
            start_op: NonZeroU64::MIN.saturating_add(self.state.max_op),
            time: 0,
            message: None,
            deps: self.state.heads.iter().map(|h| AmHash(h.0)).collect(),
            extra_bytes: Vec::new(),
            author: None,
        });
        change.raw_bytes().to_vec()
    }

    fn standing(&self, key: &str) -> Vec<OpRef> {
        let live = self.state.fields.get(key).map(Vec::as_slice).unwrap_or_default();
        live.iter().map(|op| (op.counter, op.actor)).collect()
    }

    fn put(&mut self, object: Object, key: String, value: ScalarValue, preds: Vec<OpRef>) -> &mut Self {
        self.push(object, key, OpType::Put(value), preds);
        self
    }

    fn push(&mut self, object: Object, key: String, action: OpType, preds: Vec<OpRef>) {
        let preds: Vec<_> = preds.into_iter().map(|(counter, actor)| OpId(counter, AmActor::from(actor.0))).collect();
        self.operations.push(Op {
            action,
            obj: object.id(),
            key: Key::Map(key.into()),
            pred: preds.into(),
            insert: false,
        });
    }
}
