//! A document while it is worked on: its key, its state row, and what it says.

use std::collections::BTreeMap;

use documents::{Candidate, ChangeInfo, Checked, Clock, DocState, Dot, History, Refusal, Template, View};
use records::Policy;
use signed::{ActorId, ChangeHash, RecordId, Timestamp, UserId, code};

use super::Core;
use super::projection::Projection;
use super::vault::{DocumentKey, Purpose};
use super::work::Work;
use crate::error::ServerError;
use crate::store::rows::{ChangeRow, DocumentRow, Origin, StatementRow};
use crate::store::{Reading, StoreError};

/// One document's damage, where a failing disk is everybody's.
const DAMAGED: ServerError = ServerError::new(code::A_DOCUMENT, "a document is not as it was written");

/// A loaded document.
pub(crate) struct Doc {
    pub(crate) id: RecordId,
    pub(crate) key: DocumentKey,
    pub(crate) wrapped: Vec<u8>,
    pub(crate) state: DocState,
    pub(crate) view: View,
    /// As it was when it was loaded or last settled; `None` while nothing was settled.
    pub(crate) projection: Option<Projection>,
    /// Changes by place: number 1 first.
    pub(crate) changes: Vec<ChangeHash>,
    /// How many of them those who hold it have rows for.
    pub(crate) told: usize,
    /// What is loaded differs from what is stored.
    pub(crate) dirty: bool,
    /// When each change was received.
    pub(crate) received: BTreeMap<Dot, Timestamp>,
}

/// The look-ups of `documents::check` over the store.
pub(crate) struct StoreHistory<'a> {
    pub(crate) tx: &'a dyn Reading,
    pub(crate) document: RecordId,
    pub(crate) key: &'a DocumentKey,
}

impl History for StoreHistory<'_> {
    type Error = StoreError;

    fn change(&self, hash: &ChangeHash) -> Result<Option<ChangeInfo>, StoreError> {
        let Some(row) = self.tx.change(self.document, *hash)? else { return Ok(None) };
        info(&row).map(Some)
    }

    fn operation(&self, key: &str, counter: u64, actor: &ActorId) -> Result<Option<u64>, StoreError> {
        self.tx.operation(self.document, &self.key.register(key), counter, *actor)
    }
}

fn info(row: &ChangeRow) -> Result<ChangeInfo, StoreError> {
    let clock = Clock::from_bytes(&row.clock).ok_or(StoreError::Damaged)?;
    Ok(ChangeInfo { actor: row.actor, seq: row.seq, max_op: row.max_op, clock })
}

/// What binds a sealed change to its place.
pub(crate) fn change_place(document: RecordId, hash: ChangeHash) -> Vec<u8> {
    [&document.0[..], &hash.0[..]].concat()
}

impl Doc {
    /// A document of which nothing but its genesis exists.
    pub(crate) fn new(core: &Core, id: RecordId, template: Template) -> Result<Self, ServerError> {
        let (key, wrapped) = core.vault.make(id)?;
        Ok(Self {
            id,
            key,
            wrapped,
            state: DocState::new(template),
            view: View::default(),
            projection: None,
            changes: Vec::new(),
            told: 0,
            dirty: true,
            received: BTreeMap::new(),
        })
    }

    /// A stored document, put together from its changes. The cost is that of its changes. What is
    /// not as it was written is `A.document`.
    pub(crate) fn load(core: &Core, tx: &dyn Reading, id: RecordId) -> Result<Option<Self>, ServerError> {
        let Some(row) = tx.document(id)?.filter(|row| !row.key.is_empty()) else { return Ok(None) };
        let key = core.vault.unwrap(id, &row.key).map_err(|_| DAMAGED)?;
        let state = key.open(Purpose::State, &id.0, &row.state).map_err(|_| DAMAGED)?;
        let state = DocState::from_bytes(&state).map_err(|_| DAMAGED)?;
        let projection = Projection::open(&key, &row).map_err(|_| DAMAGED)?;
        let (mut view, mut changes, mut received) = (View::default(), Vec::new(), BTreeMap::new());
        for row in tx.changes(id)? {
            changes.push(row.hash);
            view.apply(&reread(&key, &row, state.template).map_err(|_| DAMAGED)?);
            let dot = Dot { actor: row.actor, seq: row.seq };
            view.taken(dot, changes.len() as u64);
            received.insert(dot, row.at);
        }
        let told = changes.len();
        Ok(Some(Self { id, key, wrapped: row.key, state, view, projection, changes, told, dirty: false, received }))
    }

    /// Takes a checked change in: here and, as rows, in the store.
    pub(crate) fn take(
        &mut self,
        work: &mut Work<'_>,
        checked: &Checked,
        origin: Option<Origin>,
    ) -> Result<(), ServerError> {
        self.state.apply(checked);
        self.view.apply(checked);
        self.changes.push(checked.hash);
        let dot = Dot { actor: checked.actor, seq: checked.seq };
        self.view.taken(dot, self.changes.len() as u64);
        self.received.insert(dot, work.now);
        if self.changes.len() == 1 {
            // The rows below refer to this one; what is in it is written again by `flush`.
            work.tx.put_document(&self.row(work.now, &work.policy)?)?;
        }
        self.dirty = true;
        work.tx.add_change(&ChangeRow {
            document: self.id,
            hash: checked.hash,
            place: self.changes.len() as u64,
            actor: checked.actor,
            seq: checked.seq,
            max_op: checked.max_op,
            clock: checked.clock.to_bytes(),
            bytes: self.key.seal(Purpose::Change, &change_place(self.id, checked.hash), &checked.bytes)?,
            at: work.now,
            origin,
        })?;
        for (register, counter) in checked.operations() {
            let register = self.key.register(register);
            work.tx.add_operation(self.id, &register, counter, checked.actor, checked.seq)?;
        }
        for opened in checked.statements() {
            work.tx.add_statement(&StatementRow {
                id: opened.id,
                document: self.id,
                change: checked.hash,
                kid: opened.kid,
                author: opened.statement.author.clone(),
            })?;
            if self.state.template == Template::Record {
                work.media_said(self.id, opened)?;
            }
        }
        Ok(())
    }

    /// The row as it is to be stored.
    pub(crate) fn row(&self, now: Timestamp, policy: &Policy) -> Result<DocumentRow, ServerError> {
        let fresh;
        let projection = match &self.projection {
            Some(projection) => projection,
            None => {
                fresh = Projection::of(self.id, &self.view, now, policy, &self.received).ok_or(StoreError::Damaged)?;
                &fresh
            }
        };
        let row = DocumentRow {
            id: self.id,
            template: self.state.template.as_str().to_owned(),
            kind: String::new(),
            case: None,
            compartment: String::new(),
            owner: String::new(),
            status: String::new(),
            urgency: String::new(),
            due: None,
            open: true,
            gaps: 0,
            key: self.wrapped.clone(),
            state: self.key.seal(Purpose::State, &self.id.0, &self.state.to_bytes())?,
            projection: projection.seal(&self.key, self.id)?,
            changes: self.changes.len() as u64,
        };
        Ok(projection.in_clear(row))
    }

    /// Who made it, once it has been said.
    pub(crate) fn author(&self) -> Option<&UserId> {
        self.view.created().map(|(said, _)| &said.opened.statement.author)
    }
}

/// A stored change as it was when it was checked.
pub(crate) fn reread(key: &DocumentKey, row: &ChangeRow, template: Template) -> Result<Checked, ServerError> {
    let bytes = key.open(Purpose::Change, &change_place(row.document, row.hash), &row.bytes)?;
    let damaged = |_: Refusal| ServerError::new(code::A_DAMAGED, "a stored change is not what was accepted");
    let candidate = Candidate::read(&bytes, template).map_err(damaged)?;
    let info = info(row)?;
    Ok(Checked {
        hash: candidate.hash,
        actor: candidate.actor,
        seq: candidate.seq,
        max_op: candidate.max_op,
        deps: candidate.deps,
        clock: info.clock,
        writes: candidate.writes,
        bytes: candidate.bytes,
    })
}

impl Core {
    /// What is read off a document, without loading it; damage is `A.document`.
    pub(crate) fn projection(&self, row: &DocumentRow) -> Result<Option<Projection>, ServerError> {
        if row.key.is_empty() {
            // It was erased.
            return Ok(None);
        }
        let key = self.vault.unwrap(row.id, &row.key).map_err(|_| DAMAGED)?;
        Projection::open(&key, row).map_err(|_| DAMAGED)
    }
}

impl Work<'_> {
    /// A document out of what is loaded, or loaded now; put it back with [`Work::keep`]. A damaged
    /// one is passed over and remembered: nothing else waits for it.
    pub(crate) fn doc(&mut self, id: RecordId) -> Result<Option<Doc>, ServerError> {
        if let Some(doc) = self.docs.remove(&id) {
            return Ok(Some(doc));
        }
        match Doc::load(self.core, self.tx.reading(), id) {
            Err(error) if error.code == code::A_DOCUMENT => {
                self.damaged.insert(id);
                Ok(None)
            }
            loaded => loaded,
        }
    }

    pub(crate) fn keep(&mut self, doc: Doc) {
        self.docs.insert(doc.id, doc);
    }

    /// Writes a document's row if it has changed.
    pub(crate) fn flush(&mut self, doc: &mut Doc) -> Result<(), ServerError> {
        if std::mem::take(&mut doc.dirty) {
            self.tx.put_document(&doc.row(self.now, &self.policy)?)?;
        }
        Ok(())
    }
}
