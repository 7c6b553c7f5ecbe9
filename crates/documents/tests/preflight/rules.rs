//! A plain form of the operation rules: what a change may say after everything before it. Mutants
//! that break them are refused elsewhere; those that keep them must do no harm.

use std::collections::{BTreeMap, BTreeSet};

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType};
use automerge::{ActorId, Change, ExpandedChange, ScalarValue};
use documents::Template;

use crate::stories::Scene;

const WORDS: u64 = 5;

/// Where an operation wrote: an object of the template, and a key of it or nothing for an element.
type Place = (u64, Option<String>);

/// What was written before, and by whom.
pub(crate) struct Past {
    template: Template,
    places: BTreeMap<OpId, Place>,
    expected: Change,
}

impl Past {
    pub(crate) fn of(scene: &Scene) -> Self {
        let mut places = BTreeMap::new();
        for change in scene.before.iter().skip(1) {
            let change = change.decode();
            for (operation, counter) in change.operations.iter().zip(change.start_op.get()..) {
                remember(&mut places, operation, OpId::new(counter, &change.actor_id));
            }
        }
        Self { template: scene.template, places, expected: scene.change.clone() }
    }

    /// Whether the rules let this change follow.
    pub(crate) fn allows(&self, change: &ExpandedChange) -> bool {
        let follows = change.actor_id == *self.expected.actor_id()
            && change.seq == self.expected.seq()
            && change.start_op == self.expected.start_op()
            && change.deps == self.expected.deps();
        let (mut places, mut written) = (self.places.clone(), BTreeSet::new());
        follows
            && change.operations.iter().zip(change.start_op.get()..).all(|(operation, counter)| {
                // What an insert follows may stand many times; what is put or deleted, once.
                let target = format!("{:?} {:?}", operation.obj, operation.key);
                let allowed = (operation.insert || written.insert(target)) && self.allows_operation(operation, &places);
                remember(&mut places, operation, OpId::new(counter, &change.actor_id));
                allowed
            })
    }

    fn allows_operation(&self, operation: &Op, places: &BTreeMap<OpId, Place>) -> bool {
        let named: BTreeSet<_> = operation.pred.iter().collect();
        let known = |id: &OpId, place: &Place| places.get(id) == Some(place);
        if named.len() != operation.pred.len() {
            return false;
        }
        match (object(operation), &operation.key) {
            (Some(map @ 1..=4), Key::Map(key)) => {
                let place = (map, Some(key.to_string()));
                !operation.insert
                    && (1..=64).contains(&key.len())
                    && named.iter().all(|id| known(id, &place) && self.places.contains_key(id))
                    && match &operation.action {
                        OpType::Put(ScalarValue::Bytes(_)) => map == 4 || named.is_empty(),
                        OpType::Put(value) => map == 4 && scalar(value),
                        OpType::Delete => map == 4 && self.template == Template::Draft && !named.is_empty(),
                        OpType::Make(_) | OpType::Increment(_) | OpType::MarkBegin(_) | OpType::MarkEnd(_) => false,
                    }
            }
            (Some(WORDS), Key::Seq(after)) => {
                let element = match after {
                    ElementId::Head => None,
                    ElementId::Id(id) => Some(id),
                };
                let stands = element.is_none_or(|id| known(id, &(WORDS, None)));
                let inserts = matches!(&operation.action, OpType::Put(ScalarValue::Str(text)) if text.len() <= 64);
                let deletes = operation.action == OpType::Delete && element.is_some();
                stands
                    && if operation.insert {
                        inserts && named.is_empty()
                    } else {
                        deletes && named.into_iter().eq(element)
                    }
            }
            _ => false,
        }
    }
}

fn scalar(value: &ScalarValue) -> bool {
    match value {
        ScalarValue::Str(_)
        | ScalarValue::Bytes(_)
        | ScalarValue::Int(_)
        | ScalarValue::Uint(_)
        | ScalarValue::Timestamp(_)
        | ScalarValue::Boolean(_)
        | ScalarValue::Null => true,
        ScalarValue::F64(_) | ScalarValue::Counter(_) | ScalarValue::Unknown { .. } => false,
    }
}

fn object(operation: &Op) -> Option<u64> {
    match &operation.obj {
        ObjectId::Id(id) if id.actor() == &ActorId::from([0_u8]) => Some(id.counter()),
        ObjectId::Id(_) | ObjectId::Root => None,
    }
}

/// Deletes leave nothing that can be named.
fn remember(places: &mut BTreeMap<OpId, Place>, operation: &Op, id: OpId) {
    let place = match (object(operation), &operation.key) {
        (Some(map), Key::Map(key)) => (map, Some(key.to_string())),
        (Some(object), Key::Seq(_)) => (object, None),
        (None, _) => return,
    };
    if operation.action != OpType::Delete {
        places.insert(id, place);
    }
}
