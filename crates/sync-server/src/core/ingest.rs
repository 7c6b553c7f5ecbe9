//! Taking frames in: each change checked, its rows written, and what became of it said.

use documents::{Candidate, Checked, Declaration, Refusal, Template, Verdict, declaration::Undeclared};
use records::Role;
use signed::{ActorId, ChangeHash, Class, Code, RecordId, StatementHash, UserId, code};
use wire::{Leaf, Outcome, Rest};

use super::Core;
use super::audit::{self, Note};
use super::authority::{Sender, own_words};
use super::directory::SERVER;
use super::document::{Doc, StoreHistory};
use super::limits::QUARANTINE_BYTES_MAX;
use super::prepare::{Prepared, PreparedChange, PreparedItem, Read, template_named};
use super::receipts;
use super::types::Committed;
use super::work::Work;
use crate::error::ServerError;
use crate::store::StoreError;
use crate::store::rows::{FrameRow, Origin, QuarantineRow};

/// What became of one change.
enum Fate {
    /// It is in, or was already.
    In(Vec<StatementHash>),
    /// It stands on what is not here.
    Need(Vec<ChangeHash>),
    /// It never gets in.
    Out(Refusal, Option<ChangeHash>),
}

/// What became of one item.
struct Done {
    outcome: Outcome,
    statements: Vec<StatementHash>,
}

impl Core {
    /// Takes frames in, in order, in one transaction with one fsync; receipts are built of what is
    /// on disk. A failure of the store fails the batch and leaves nothing of it.
    pub fn commit(&self, frames: Vec<Prepared>) -> Result<Committed, ServerError> {
        let mut work = Work::begin(self)?;
        let mut taken: Vec<Result<FrameRow, Code>> = Vec::with_capacity(frames.len());
        for frame in frames {
            taken.push(work.frame(frame)?);
        }
        let grew = taken.iter().flatten().any(|row| row.size == 0);
        let size = if grew { receipts::sign_head(self, work.tx.as_mut(), work.now)? } else { 0 };
        for row in taken.iter_mut().flatten().filter(|row| row.size == 0) {
            row.size = size;
            row.inbox_head = work.tx.inbox_head(&work.user_of(row)?)?.0;
            work.tx.put_frame(row)?;
        }
        let grown = work.finish()?;
        // From here on it is on disk.
        let tx = self.store.read()?;
        let results = taken.into_iter().map(|row| match row {
            Ok(row) => receipts::of_frame(tx.as_ref(), &row).map(Ok),
            Err(code) => Ok(Err(code)),
        });
        Ok(Committed { results: results.collect::<Result<_, ServerError>>()?, grown })
    }
}

impl Work<'_> {
    fn user_of(&self, row: &FrameRow) -> Result<UserId, ServerError> {
        Ok(self.tx.device(row.device)?.ok_or(StoreError::Damaged)?.user)
    }

    /// Takes one frame in; a row of size 0 is one whose head is still to be signed.
    fn frame(&mut self, frame: Prepared) -> Result<Result<FrameRow, Code>, ServerError> {
        let (device, life, lane) = (frame.peer.device, frame.header.incarnation, frame.header.lane);
        let Some(entry) = self.tx.device(device)? else { return Ok(Err(code::D_UNKNOWN)) };
        let active = self.person(&entry.user).is_some_and(|person| person.row.active);
        if entry.revoked_at.is_some() || !active {
            self.put_aside_all(&frame)?;
            return Ok(Err(code::D_REVOKED));
        }
        let last = self.tx.last_frame(device, &life, lane)?;
        let (number, previous) = last.map_or((0, signed::FrameHash([0; 32])), |row| (row.number, row.hash));
        if frame.header.number <= number {
            return self.taken_before(&frame);
        }
        if frame.header.number != number + 1 {
            return Ok(Err(code::W_FRAME_ORDER));
        }
        if frame.header.previous != previous {
            return Ok(Err(code::W_FRAME_CHAIN));
        }
        let Some(role) = self.person(&entry.user).and_then(super::work::Person::role) else {
            return Ok(Err(code::D_ROLE));
        };
        self.new_life(&entry, life)?;
        Ok(Ok(self.take_items(frame, role)?))
    }

    /// A frame that is here already: the same header gets the same receipt.
    fn taken_before(&self, frame: &Prepared) -> Result<Result<FrameRow, Code>, ServerError> {
        let header = &frame.header;
        let row = self.tx.frame(header.device, &header.incarnation, header.lane, header.number)?;
        Ok(row.filter(|row| row.hash == frame.hash).ok_or(code::W_FRAME_CHANGED))
    }

    fn take_items(&mut self, frame: Prepared, role: Role) -> Result<FrameRow, ServerError> {
        let sender = Sender { peer: &frame.peer, role };
        let mut touched: Vec<RecordId> = Vec::new();
        let (mut outcomes, mut statements, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for (place, item) in frame.items.iter().enumerate() {
            let origin = Origin {
                device: frame.peer.device,
                incarnation: frame.header.incarnation,
                lane: frame.header.lane,
                frame: frame.header.number,
                item: place as u64,
            };
            let done = self.item(item, &sender, origin)?;
            if !touched.contains(&item.document) {
                touched.push(item.document);
            }
            rows.push((item.document, item.changes.iter().map(|change| change.sha).collect()));
            outcomes.push(done.outcome);
            statements.push(done.statements);
        }
        self.settle(&touched, Some(&frame.peer.user))?;
        let (user, role) = (frame.peer.user.clone(), frame.peer.role.clone());
        self.audit_frame(&frame, &outcomes)?;
        let leaf = Leaf { device: frame.peer.device, frame: frame.hash, outcomes, statements, user, role };
        let index = receipts::append(self.tx.as_mut(), &leaf)?;
        let row = FrameRow {
            device: frame.peer.device,
            incarnation: frame.header.incarnation,
            lane: frame.header.lane,
            number: frame.header.number,
            hash: frame.hash,
            previous: frame.header.previous,
            signature: frame.signature,
            items: rows,
            index,
            size: 0,
            inbox_head: 0,
        };
        // The next frame of the lane may stand in this very batch: its number and hash are needed.
        self.tx.put_frame(&row)?;
        Ok(row)
    }

    fn audit_frame(&mut self, frame: &Prepared, outcomes: &[Outcome]) -> Result<(), ServerError> {
        let both = frame.items.iter().zip(outcomes);
        let taken: Vec<RecordId> =
            both.filter(|(_, outcome)| outcome.accepted > 0).map(|(item, _)| item.document).collect();
        if taken.is_empty() {
            return Ok(());
        }
        let note = Note {
            operation: "collection",
            who: frame.peer.user.as_str(),
            device: Some(frame.peer.device),
            to: None,
            records: &taken,
            why: "push",
        };
        audit::append(self.tx.as_mut(), self.now, note)
    }

    fn item(&mut self, item: &PreparedItem, sender: &Sender<'_>, origin: Origin) -> Result<Done, ServerError> {
        let mut done = Done { outcome: Outcome { accepted: 0, rest: Rest::Ok }, statements: Vec::new() };
        for (at, change) in item.changes.iter().enumerate() {
            match self.change(item.document, change, sender, origin)? {
                Fate::In(mut statements) => {
                    done.outcome.accepted += 1;
                    done.statements.append(&mut statements);
                }
                Fate::Need(changes) => {
                    done.outcome.rest = Rest::Need(changes);
                    break;
                }
                Fate::Out(refusal, hash) => {
                    let rest = item.changes.get(at..).unwrap_or_default();
                    done.outcome.rest = self.put_aside(item.document, rest, hash, refusal.code, sender)?;
                    break;
                }
            }
        }
        Ok(done)
    }

    fn change(
        &mut self,
        document: RecordId,
        change: &PreparedChange,
        sender: &Sender<'_>,
        origin: Origin,
    ) -> Result<Fate, ServerError> {
        if self.erased(document)? {
            let refusal =
                Refusal::new(code::R96_ERASED, "this record was erased, with approval, and does not come back");
            return Ok(Fate::Out(refusal, None));
        }
        let again;
        let candidate = match &change.read {
            Read::Good(candidate) => candidate,
            Read::Bad(refusal, hash) => return Ok(Fate::Out(*refusal, *hash)),
            Read::Later => {
                // Its document may have come in since.
                let row = self.tx.document(document)?;
                let mut template = row.and_then(|row| template_named(&row.template));
                let mut budget = super::limits::PUSH_OPERATIONS_MAX;
                match self.core.read_change(self.tx.reading(), &change.bytes, &mut template, &mut budget)? {
                    Read::Good(candidate) => {
                        again = candidate;
                        &again
                    }
                    Read::Bad(refusal, hash) => return Ok(Fate::Out(refusal, hash)),
                    Read::Later => return self.missing(document, &change.bytes),
                }
            }
        };
        let doc = match self.doc(document)? {
            Some(doc) => doc,
            None if self.damaged.contains(&document) => {
                let refusal = Refusal::new(code::A_DOCUMENT, "what the server holds of this document is damaged");
                return Ok(Fate::Out(refusal, Some(candidate.hash)));
            }
            None => Doc::new(self.core, document, candidate.template)?,
        };
        self.judge(doc, candidate, sender, origin)
    }

    /// What a change of an unknown document stands on.
    fn missing(&self, document: RecordId, bytes: &[u8]) -> Result<Fate, ServerError> {
        match Candidate::dependencies(bytes) {
            Ok(needed) => self.need(document, needed, None),
            Err(refusal) => Ok(Fate::Out(refusal, None)),
        }
    }

    /// Asks for what is missing, unless it is here and was refused.
    fn need(
        &self,
        document: RecordId,
        needed: Vec<ChangeHash>,
        change: Option<ChangeHash>,
    ) -> Result<Fate, ServerError> {
        for hash in &needed {
            if self.tx.in_quarantine(document, &hash.0)? {
                let refusal = Refusal::new(code::C_DEPENDS_ON_REFUSED, "it stands on a change that was refused");
                return Ok(Fate::Out(refusal, change));
            }
        }
        Ok(Fate::Need(needed))
    }

    fn judge(
        &mut self,
        mut doc: Doc,
        candidate: &Candidate,
        sender: &Sender<'_>,
        origin: Origin,
    ) -> Result<Fate, ServerError> {
        let hash = candidate.hash;
        let fate = match self.verdict(&doc, candidate, sender, origin)? {
            Verdict::Known => Fate::In(candidate.statements().map(|opened| opened.id).collect()),
            Verdict::Need(needed) => self.need(doc.id, needed, Some(hash))?,
            Verdict::Refused(refusal) => Fate::Out(refusal, Some(hash)),
            Verdict::Fits(checked) => {
                let statements = checked.statements().map(|opened| opened.id).collect();
                if !(self.core.faults.record_lost && doc.state.template == Template::Record && lost(&checked)) {
                    doc.take(self, &checked, Some(origin))?;
                }
                Fate::In(statements)
            }
        };
        if !doc.changes.is_empty() {
            self.keep(doc);
        }
        Ok(fate)
    }

    /// Everything that can speak against a change, cheapest first.
    fn verdict(
        &mut self,
        doc: &Doc,
        candidate: &Candidate,
        sender: &Sender<'_>,
        origin: Origin,
    ) -> Result<Verdict, ServerError> {
        // What is here already was judged when it came, whoever sends it again.
        if self.tx.change(doc.id, candidate.hash)?.is_some() {
            return Ok(Verdict::Known);
        }
        if candidate.template != doc.state.template {
            let refusal = Refusal::new(code::C_TEMPLATE, "a change under another template than its document's");
            return Ok(Verdict::Refused(refusal));
        }
        if candidate.actor != ActorId::of_store(sender.peer.key.spki(), &origin.incarnation) {
            let refusal = Refusal::new(code::C_FOREIGN_ACTOR, "a change by another store than the one that sends it");
            return Ok(Verdict::Refused(refusal));
        }
        if let Err(refusal) = own_words(candidate, sender) {
            return Ok(Verdict::Refused(refusal));
        }
        let verdict = self.fits(doc, candidate)?;
        if let Verdict::Fits(checked) = &verdict
            && let Err(refusal) = self.authorise(doc, checked, sender)?
        {
            return Ok(Verdict::Refused(refusal));
        }
        Ok(verdict)
    }

    /// Whether a change fits its document.
    pub(crate) fn fits(&self, doc: &Doc, candidate: &Candidate) -> Result<Verdict, ServerError> {
        let made = candidate.statements().find_map(|opened| opened.statement.created().ok());
        let name = doc.view.created().map(|(_, made)| made.kind).or(made.map(|made| made.kind)).unwrap_or_default();
        let declaration: &dyn Declaration = match records::kind(&name) {
            Some(kind) => kind,
            None => &Undeclared,
        };
        let history = StoreHistory { tx: self.tx.reading(), document: doc.id, key: &doc.key };
        // An undeclared kind was let in by its creation: every field of it is from a newer version.
        let rules = if records::kind(&name).is_some() { records::RULES_VERSION } else { 0 };
        Ok(documents::check(candidate.clone(), doc.id, &doc.state, &history, declaration, rules)?)
    }

    /// Keeps changes aside and says so to the auditor; answers what the device is told.
    fn put_aside(
        &mut self,
        document: RecordId,
        changes: &[PreparedChange],
        first: Option<ChangeHash>,
        code: Code,
        sender: &Sender<'_>,
    ) -> Result<Rest, ServerError> {
        let device = sender.peer.device;
        let who = sender.peer.user.as_str();
        let note =
            Note { operation: "quarantine", who, device: Some(device), to: None, records: &[document], why: code.name };
        audit::append(self.tx.as_mut(), self.now, note)?;
        let (held, _) = self.tx.quarantined(device)?;
        let more: u64 = changes.iter().map(|change| change.bytes.len() as u64).sum();
        if held + more > QUARANTINE_BYTES_MAX {
            return Ok(Rest::Refused { code: code::W_QUARANTINE_FULL.number, kept: false });
        }
        if !worth_keeping(code) {
            return Ok(Rest::Refused { code: code.number, kept: false });
        }
        for (at, change) in changes.iter().enumerate() {
            let read = match &change.read {
                Read::Good(candidate) => Some(candidate.hash),
                Read::Bad(_, hash) => *hash,
                Read::Later => None,
            };
            let hash = first.filter(|_| at == 0).or(read).map_or(change.sha, |hash| hash.0);
            let code = if at == 0 { code } else { code::C_DEPENDS_ON_REFUSED };
            self.keep_aside(device, document, hash, code, &change.bytes)?;
        }
        Ok(Rest::Refused { code: code.number, kept: true })
    }

    fn keep_aside(
        &mut self,
        device: signed::DeviceId,
        document: RecordId,
        hash: [u8; 32],
        code: Code,
        bytes: &[u8],
    ) -> Result<(), ServerError> {
        Ok(self.tx.add_quarantine(&QuarantineRow {
            device,
            document,
            hash,
            code: code.number,
            at: self.now,
            length: bytes.len() as u64,
            bytes: self.core.vault.seal_aside(&hash, bytes)?,
        })?)
    }

    /// Whether everything of a frame is in quarantine: it came before, by whatever way.
    fn is_aside(&self, frame: &Prepared) -> Result<bool, ServerError> {
        for item in &frame.items {
            for change in &item.changes {
                if !self.tx.in_quarantine(item.document, &named(change))? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// What a revoked device sends is kept and merged nowhere; what is kept already says nothing new.
    fn put_aside_all(&mut self, frame: &Prepared) -> Result<(), ServerError> {
        let device = frame.peer.device;
        if self.is_aside(frame)? {
            return Ok(());
        }
        let (held, _) = self.tx.quarantined(device)?;
        let changes = || frame.items.iter().flat_map(|item| item.changes.iter().map(|change| (item.document, change)));
        let more: u64 = changes().map(|(_, change)| change.bytes.len() as u64).sum();
        if held + more > QUARANTINE_BYTES_MAX {
            return Ok(());
        }
        for (document, change) in changes() {
            // Not even aside: nothing of what was erased comes back.
            if self.erased(document)? {
                continue;
            }
            self.keep_aside(device, document, named(change), code::D_REVOKED, &change.bytes)?;
        }
        let mut records: Vec<RecordId> = frame.items.iter().map(|item| item.document).collect();
        records.dedup();
        let note = Note {
            operation: "quarantine",
            who: frame.peer.user.as_str(),
            device: Some(device),
            to: None,
            records: &records,
            why: code::D_REVOKED.name,
        };
        audit::append(self.tx.as_mut(), self.now, note)
    }
}

/// The name of a change in quarantine.
fn named(change: &PreparedChange) -> [u8; 32] {
    if let Read::Good(candidate) = &change.read { candidate.hash.0 } else { change.sha }
}

/// What breaks a limit, or is not what anybody signed, is said and counted but takes no room.
fn worth_keeping(code: Code) -> bool {
    code != code::R96_ERASED && code.class != Class::Limit && code.class != Class::Damaged && code != code::S_SIGNATURE
}

/// `test-faults`: an action's first change.
fn lost(checked: &Checked) -> bool {
    checked.statements().any(|opened| {
        opened.statement.kind == "action"
            && opened.statement.role != SERVER
            && opened.statement.sentence.name() == "created"
    })
}
