//! A frame's changes read and their signatures looked at: the work of the processor, outside any
//! transaction.

use documents::{Candidate, Refusal, Template, Write};
use signed::digest::sha256;
use signed::{RecordId, code};
use sync_engine::server::{Peer, ProvenFrame};
use wire::FrameHeader;

use super::Core;
use super::limits::PUSH_OPERATIONS_MAX;
use crate::error::ServerError;
use crate::store::Reading;

/// A frame whose changes were read and whose signatures were looked at.
#[derive(Debug)]
pub struct Prepared {
    pub(crate) peer: Peer,
    pub(crate) header: FrameHeader,
    pub(crate) signature: [u8; 64],
    pub(crate) hash: signed::FrameHash,
    pub(crate) items: Vec<PreparedItem>,
}

/// Changes of one document.
#[derive(Debug)]
pub(crate) struct PreparedItem {
    pub(crate) document: RecordId,
    pub(crate) changes: Vec<PreparedChange>,
}

/// One change.
#[derive(Debug)]
pub(crate) struct PreparedChange {
    /// SHA-256 of the bytes as received.
    pub(crate) sha: [u8; 32],
    pub(crate) bytes: Vec<u8>,
    pub(crate) read: Read,
}

/// What came of reading a change.
#[derive(Debug)]
pub(crate) enum Read {
    /// Its form is right, and its signatures hold.
    Good(Box<Candidate>),
    /// Its template is not known yet: it may stand on a change that is on its way.
    Later,
    /// It is never accepted; the hash is there where it could be read at all.
    Bad(Refusal, Option<signed::ChangeHash>),
}

impl Prepared {
    /// Whose frame it is.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Its lane and number.
    #[must_use]
    pub fn place(&self) -> (wire::Lane, u64) {
        (self.header.lane, self.header.number)
    }
}

impl Core {
    /// Reads a frame's changes and checks their signatures: the work of the processor, to be done
    /// on worker threads before [`Core::commit`].
    pub fn prepare(&self, peer: &Peer, frame: ProvenFrame) -> Result<Prepared, ServerError> {
        let tx = self.store.read()?;
        let mut budget = PUSH_OPERATIONS_MAX;
        let mut items = Vec::with_capacity(frame.items.len());
        for item in frame.items {
            let known = tx.document(item.document)?.and_then(|row| template_named(&row.template));
            let mut template = known;
            let mut changes = Vec::with_capacity(item.changes.len());
            for bytes in item.changes {
                let read = self.read_change(tx.as_ref(), &bytes, &mut template, &mut budget)?;
                changes.push(PreparedChange { sha: sha256(&bytes), bytes, read });
            }
            items.push(PreparedItem { document: item.document, changes });
        }
        let (header, signature, hash) = (frame.header, frame.signature, frame.hash);
        Ok(Prepared { peer: peer.clone(), header, signature, hash, items })
    }

    /// Reads one change under its document's template; the first change of a document says by its
    /// genesis which one that is.
    pub(crate) fn read_change(
        &self,
        tx: &dyn Reading,
        bytes: &[u8],
        template: &mut Option<Template>,
        budget: &mut usize,
    ) -> Result<Read, ServerError> {
        let dependencies = match Candidate::dependencies(bytes) {
            Ok(dependencies) => dependencies,
            Err(refusal) => return Ok(Read::Bad(refusal, None)),
        };
        let begun = dependencies.iter().find_map(Template::of_genesis);
        *template = template.or(begun);
        let Some(template) = *template else { return Ok(Read::Later) };
        let candidate = match Candidate::read(bytes, template) {
            Ok(candidate) => candidate,
            Err(refusal) => return Ok(Read::Bad(refusal, None)),
        };
        let hash = Some(candidate.hash);
        let Some(left) = budget.checked_sub(cost(&candidate)) else {
            let refusal = Refusal::new(code::C_PUSH_BUDGET, "more operations than one push may hold");
            return Ok(Read::Bad(refusal, hash));
        };
        *budget = left;
        for opened in candidate.statements() {
            let Some(key) = self.key(tx, opened.kid)? else {
                return Ok(Read::Bad(Refusal::new(code::S_KEY, "a statement by an unknown key"), hash));
            };
            if let (Err(refusal), false) = (opened.verify(&key), self.faults.unsigned_accepted) {
                return Ok(Read::Bad(refusal, hash));
            }
        }
        Ok(Read::Good(Box::new(candidate)))
    }
}

/// Operations and predecessors, whichever is more.
fn cost(candidate: &Candidate) -> usize {
    let preds = |write: &Write| match write {
        Write::Field { preds, .. } | Write::FieldDelete { preds, .. } => preds.len(),
        Write::Remove { .. } => 1,
        Write::Statement { .. } | Write::Entry { .. } | Write::Cautious { .. } | Write::Insert { .. } => 0,
    };
    let preds: usize = candidate.writes.iter().map(preds).sum();
    candidate.writes.len().max(preds).max(1)
}

/// The template with this name.
pub(crate) fn template_named(name: &str) -> Option<Template> {
    [Template::Record, Template::Draft].into_iter().find(|template| template.as_str() == name)
}
