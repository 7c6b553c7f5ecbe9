//! A document loaded into automerge: how a draft is read and its text edited.

use std::collections::BTreeMap;

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId as AmActor, Automerge, AutomergeError, Change, ObjId, ReadDoc, ScalarValue, Value as AmValue};
use signed::{ActorId, ChangeHash, Value};

use crate::change::{Candidate, from_automerge};
use crate::fold::insert_entry;
use crate::refusal::Refusal;
use crate::state::ChangeInfo;
use crate::statement::Opened;
use crate::template::{Object, Template, genesis_actor};
use crate::view::{Dot, Entry, NOT_TAKEN, Said, Standing, View};

/// Why a document could not be put together from changes that were accepted.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Automerge refused a change that had passed every check.
    #[error("automerge: {0}")]
    Automerge(#[from] AutomergeError),
    /// A stored change is not what was stored.
    #[error("a stored change: {0}")]
    Change(#[from] Refusal),
    /// An ancestor is missing, so automerge keeps the change back in silence.
    #[error("a stored change lacks an ancestor")]
    Ancestor,
}

/// One document in automerge.
pub struct Document {
    template: Template,
    automerge: Automerge,
    places: BTreeMap<ActorId, Vec<Place>>,
}

/// Where a change's operations lie, to find the change of an operation.
struct Place {
    max_op: u64,
    info: ChangeInfo,
}

impl Document {
    /// A document of which nothing but its genesis exists.
    pub fn new(template: Template) -> Result<Self, LoadError> {
        let mut automerge = Automerge::new();
        automerge.apply_changes([template.genesis().change()])?;
        Ok(Self { template, automerge, places: BTreeMap::new() })
    }

    /// Puts stored changes (with what is kept of each) together.
    pub fn load<'a>(
        template: Template,
        changes: impl IntoIterator<Item = (&'a [u8], ChangeInfo)>,
    ) -> Result<Self, LoadError> {
        let mut document = Self::new(template)?;
        let mut batch = Vec::new();
        for (bytes, info) in changes {
            batch.push(read(bytes)?);
            document.remember(info);
        }
        let hashes: Vec<_> = batch.iter().map(Change::hash).collect();
        document.automerge.apply_changes(batch)?;
        // Automerge holds back, without a word, a change whose ancestor is missing.
        if hashes.iter().all(|hash| document.automerge.get_change_by_hash(hash).is_some()) {
            Ok(document)
        } else {
            Err(LoadError::Ancestor)
        }
    }

    /// Takes one more accepted change in.
    pub fn apply(&mut self, bytes: &[u8], info: ChangeInfo) -> Result<(), LoadError> {
        let change = read(bytes)?;
        let hash = change.hash();
        self.automerge.apply_changes([change])?;
        self.remember(info);
        if self.automerge.get_change_by_hash(&hash).is_some() { Ok(()) } else { Err(LoadError::Ancestor) }
    }

    fn remember(&mut self, info: ChangeInfo) {
        let list = self.places.entry(info.actor).or_default();
        let place = list.partition_point(|p| p.info.seq < info.seq);
        list.insert(place, Place { max_op: info.max_op, info });
    }

    /// What the document says.
    pub fn view(&self) -> Result<View, LoadError> {
        let mut view = View { heads: self.heads(), ..View::default() };
        for (_, id, value) in self.values(Object::Statements)? {
            let (Some(place), ScalarValue::Bytes(bytes)) = (self.place(&id), value) else { continue };
            let opened = Opened::read(&bytes)?;
            let dot = Dot { actor: place.info.actor, seq: place.info.seq };
            view.insert_said(Said {
                opened,
                dot,
                clock: place.info.clock.clone(),
                counter: counter(&id),
                taken: NOT_TAKEN,
            });
        }
        for (object, map) in [(Object::Entries, &mut view.entries), (Object::Cautious, &mut view.cautious)] {
            for (key, id, value) in self.values(object)? {
                let (Some(place), ScalarValue::Bytes(bytes)) = (self.place(&id), value) else { continue };
                let Some((field, entry)) = read_entry(&key, &bytes, place, counter(&id)) else { continue };
                insert_entry(map.entry(field).or_default(), entry);
            }
        }
        for (key, id, value) in self.values(Object::Fields)? {
            let Some(place) = self.place(&id) else { continue };
            let dot = Dot { actor: place.info.actor, seq: place.info.seq };
            let standing = Standing { value: from_automerge(&value), counter: counter(&id), dot };
            view.fields.entry(key).or_default().push(standing);
        }
        for standing in view.fields.values_mut() {
            standing.sort_by_key(|s| (s.counter, s.dot.actor));
        }
        if self.template == Template::Draft {
            view.words = self.automerge.text(object_id(Object::Words))?;
        }
        Ok(view)
    }

    /// The document's heads, sorted.
    #[must_use]
    pub fn heads(&self) -> Vec<ChangeHash> {
        let mut heads: Vec<_> = self.automerge.get_heads().into_iter().map(|h| ChangeHash(h.0)).collect();
        heads.sort_unstable();
        heads
    }

    /// Edits a draft's running account to read as given; answers the change's bytes, or nothing
    /// when it reads so already. The document itself is as before until the change is applied.
    pub fn edit_words(&self, actor: ActorId, text: &str) -> Result<Option<Vec<u8>>, LoadError> {
        let mut copy = self.automerge.clone();
        copy.set_actor(AmActor::from(actor.0));
        let mut transaction = copy.transaction();
        transaction.update_text(&object_id(Object::Words), text)?;
        let (Some(hash), _) = transaction.commit_with(CommitOptions::default().with_time(0)) else { return Ok(None) };
        Ok(copy.get_change_by_hash(&hash).map(|change| change.raw_bytes().to_vec()))
    }

    /// Saves as automerge saves, after proving that it loads again: for snapshots, which never
    /// travel.
    pub fn snapshot(&self) -> Result<Vec<u8>, LoadError> {
        Ok(self.automerge.save_and_verify()?)
    }

    fn values(&self, object: Object) -> Result<Vec<(String, ObjId, ScalarValue)>, LoadError> {
        let map = object_id(object);
        let mut all = Vec::new();
        for key in self.automerge.keys(&map) {
            for (value, id) in self.automerge.get_all(&map, key.as_str())? {
                if let AmValue::Scalar(scalar) = value {
                    all.push((key.clone(), id, scalar.into_owned()));
                }
            }
        }
        Ok(all)
    }

    fn place(&self, id: &ObjId) -> Option<&Place> {
        let ObjId::Id(counter, actor, _) = id else { return None };
        let list = self.places.get(&ActorId::from_slice(actor.to_bytes()).ok()?)?;
        list.get(list.partition_point(|place| place.max_op < *counter))
    }
}

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Document({} heads)", self.automerge.get_heads().len())
    }
}

fn read(bytes: &[u8]) -> Result<Change, LoadError> {
    let unreadable = Refusal::new(signed::code::C_CHUNK, "automerge cannot read the change");
    Change::try_from(bytes).map_err(|_| LoadError::Change(unreadable))
}

fn counter(id: &ObjId) -> u64 {
    match id {
        ObjId::Id(counter, _, _) => *counter,
        ObjId::Root => 0,
    }
}

fn object_id(object: Object) -> ObjId {
    ObjId::Id(object as u64, genesis_actor(), 0)
}

fn read_entry(key: &str, bytes: &[u8], place: &Place, counter: u64) -> Option<(String, Entry)> {
    let (field, id) = key.rsplit_once('/')?;
    let value = signed::cbor::decode(bytes).ok()?;
    let map = value.as_map()?;
    let text = |name: &str| map.get(name).and_then(Value::as_text).map(str::to_owned);
    let entry = Entry {
        id: id.to_owned(),
        value: map.get("value")?.clone(),
        by: text("by")?,
        at: text("at")?,
        dot: Dot { actor: place.info.actor, seq: place.info.seq },
        counter,
    };
    Some((field.to_owned(), entry))
}

/// Reads a stored change again: it was canonical when it was accepted, so anything else is damage.
pub fn reread(bytes: &[u8], template: Template) -> Result<Candidate, Refusal> {
    Candidate::read(bytes, template)
}
