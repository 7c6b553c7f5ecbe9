//! The two templates: what every document begins with.
//!
//! A document's four maps (and a draft's text) are made once, by a constant *genesis change* that
//! is never sent: both sides insert it first. Nobody else may make an object, so object ids are
//! constants and an operation can be judged without loading the document.

use std::num::NonZeroU64;
use std::sync::LazyLock;

use automerge::legacy::{Key, ObjectId, Op, OpId, OpType, SortedVec};
use automerge::{ActorId as AmActor, Change, ExpandedChange, ObjType};
use signed::ChangeHash;

/// Which of the two templates a document follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Template {
    /// A record: four maps.
    Record,
    /// A draft: the same four maps and one text.
    Draft,
}

/// The objects of the templates, by the operation of the genesis change that made them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u64)]
pub enum Object {
    /// Signed statements.
    Statements = 1,
    /// Append-only entries (merge code A).
    Entries = 2,
    /// Protective-monotone entries (merge code M).
    Cautious = 3,
    /// Registers (merge codes C, L and S).
    Fields = 4,
    /// A draft's running account.
    Words = 5,
}

impl Object {
    /// The object made by this operation of the genesis change.
    #[must_use]
    pub fn by_counter(counter: u64) -> Option<Self> {
        match counter {
            1 => Some(Self::Statements),
            2 => Some(Self::Entries),
            3 => Some(Self::Cautious),
            4 => Some(Self::Fields),
            5 => Some(Self::Words),
            _ => None,
        }
    }

    /// Its key in the root map.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Statements => "statements",
            Self::Entries => "entries",
            Self::Cautious => "cautious",
            Self::Fields => "fields",
            Self::Words => "words",
        }
    }

    /// Its automerge id inside a change.
    pub(crate) fn id(self) -> ObjectId {
        ObjectId::Id(OpId(self as u64, genesis_actor()))
    }
}

/// The genesis change of one template.
#[derive(Debug)]
pub struct Genesis {
    /// The whole change chunk.
    pub bytes: Vec<u8>,
    /// Its hash.
    pub hash: ChangeHash,
    /// Its last operation: the first real change starts one past it.
    pub max_op: u64,
    change: Change,
}

impl Genesis {
    /// As automerge takes it.
    #[must_use]
    pub fn change(&self) -> Change {
        self.change.clone()
    }
}

static RECORD: LazyLock<Genesis> =
    LazyLock::new(|| make(&[Object::Statements, Object::Entries, Object::Cautious, Object::Fields]));
static DRAFT: LazyLock<Genesis> =
    LazyLock::new(|| make(&[Object::Statements, Object::Entries, Object::Cautious, Object::Fields, Object::Words]));

impl Template {
    /// The genesis change of this template.
    #[must_use]
    pub fn genesis(self) -> &'static Genesis {
        match self {
            Self::Record => &RECORD,
            Self::Draft => &DRAFT,
        }
    }

    /// The template whose genesis change has this hash.
    #[must_use]
    pub fn of_genesis(hash: &ChangeHash) -> Option<Self> {
        [Self::Record, Self::Draft].into_iter().find(|t| t.genesis().hash == *hash)
    }

    /// The name in a `created` statement.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Draft => "draft",
        }
    }
}

/// The one-byte actor of the genesis changes.
pub(crate) fn genesis_actor() -> AmActor {
    AmActor::from([0_u8])
}

fn make(objects: &[Object]) -> Genesis {
    let operations = objects
        .iter()
        .map(|object| Op {
            action: OpType::Make(if *object == Object::Words { ObjType::Text } else { ObjType::Map }),
            obj: ObjectId::Root,
            key: Key::Map(object.name().into()),
            pred: SortedVec::new(),
            insert: false,
        })
        .collect();
    let change = Change::from(ExpandedChange {
        operations,
        actor_id: genesis_actor(),
        hash: None,
        seq: 1,
        start_op: NonZeroU64::MIN,
        time: 0,
        message: None,
        deps: Vec::new(),
        extra_bytes: Vec::new(),
        author: None,
    });
    Genesis { bytes: change.raw_bytes().to_vec(), hash: ChangeHash(change.hash().0), max_op: change.max_op(), change }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_genesis_changes_have_the_sizes_the_protocol_names() {
        assert_eq!(Template::Record.genesis().bytes.len(), 72);
        assert_eq!(Template::Draft.genesis().bytes.len(), 80);
        assert_eq!(Template::Record.genesis().max_op, 4);
        assert_eq!(Template::Draft.genesis().max_op, 5);
    }

    #[test]
    fn a_template_is_known_by_the_hash_of_its_genesis() {
        for template in [Template::Record, Template::Draft] {
            assert_eq!(Template::of_genesis(&template.genesis().hash), Some(template));
        }
        assert_eq!(Template::of_genesis(&ChangeHash([0; 32])), None);
    }
}
