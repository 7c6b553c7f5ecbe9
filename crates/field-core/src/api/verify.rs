//! Checks everything held against its signatures, hashes and receipts.

use documents::{Candidate, Verdict};
use rusqlite::Connection;
use serde_json::Value as Json;
use signed::digest::sha256_of;
use signed::keys::Signature;
use signed::{ChangeHash, Code, FrameHash, RecordId, StatementHash, code};
use wire::{Epoch, FrameHeader, Lane, Message};

use super::answer::{self, Fault, Verified};
use crate::error::{FieldError, Result};
use crate::field::{Field, Me};
use crate::media::stream;
use crate::store::changes::{self, DocRow};
use crate::store::frames::{self, Placed};
use crate::store::{directory, fixed, log, media, uint};

/// Faults listed at most; what is more is counted.
const FAULTS_MAX: usize = 1000;

#[derive(Default)]
struct Faults {
    list: Vec<Fault>,
    more: u64,
}

impl Faults {
    fn add(&mut self, id: Option<RecordId>, code: Code, message: &str) {
        if self.list.len() < FAULTS_MAX {
            self.list.push(Fault { id: id.map(Into::into), code: code.into(), message: message.to_owned() });
        } else {
            self.more += 1;
        }
    }
}

impl Field {
    /// Checks every change, statement, frame and receipt held, and the consultation log (or one
    /// record's changes and statements): `{"ok","faults":[{"id","code","message"}]}`.
    pub fn verify(&self, id: Option<RecordId>) -> Result<Json> {
        let me = self.me()?;
        let mut faults = Faults::default();
        if id.is_none() {
            self.verify_files(&mut faults)?;
        }
        self.read(move |db| {
            let documents = changes::documents_of(db, id)?;
            if id.is_some() && documents.is_empty() {
                return Err(FieldError::new(code::I_NOT_FOUND, "no such record on this device"));
            }
            for document in documents {
                if let Some(row) = changes::document(db, document)? {
                    verify_document(db, &me, &row, &mut faults)?;
                }
            }
            if id.is_none() {
                verify_frames(db, &me, &mut faults)?;
                if !log::is_whole(db)? {
                    faults.add(None, code::STORE_DAMAGED, "the consultation log is not whole");
                }
            }
            Ok(answer::json(&Verified { ok: faults.list.is_empty(), faults: faults.list, more: faults.more }))
        })
    }

    /// Reads the ciphertext of every attached file that is here; other calls go on meanwhile.
    fn verify_files(&self, faults: &mut Faults) -> Result<()> {
        for (sha256, size) in self.read(media::here)? {
            let found = self.files().read(&sha256).map_err(FieldError::from);
            let found = found.and_then(|mut file| stream::hash_of(&mut file));
            if found != Ok((sha256, size)) {
                faults.add(None, code::R80_DAMAGED, "an attached file is not the one its name says");
            }
        }
        Ok(())
    }
}

/// Reads every change anew, as if it had just come, and compares what that makes with what is
/// stored.
fn verify_document(db: &Connection, me: &Me, row: &DocRow, faults: &mut Faults) -> Result<()> {
    let record = Some(row.record);
    let mut anew = documents::DocState::new(row.template());
    let mut history = documents::MemoryHistory::default();
    for change in changes::changes(db, row.id)? {
        let candidate = match Candidate::read(&change.bytes, row.template()) {
            Ok(candidate) if candidate.hash == change.hash => candidate,
            Ok(_) => {
                faults.add(record, code::C_HASH, "a change is not the one its name says");
                continue;
            }
            Err(refusal) => {
                faults.add(record, refusal.code, refusal.detail);
                continue;
            }
        };
        for opened in candidate.statements() {
            if let Err(refusal) = directory::vouch(db, me, opened)? {
                faults.add(record, refusal.code, refusal.detail);
            }
        }
        let declaration = changes::declaration(&row.kind);
        let verdict = documents::check(candidate, row.id, &anew, &history, declaration, records::RULES_VERSION);
        match verdict {
            Ok(Verdict::Fits(checked)) => {
                anew.apply(&checked);
                history.apply(&checked);
            }
            Ok(Verdict::Known) => {}
            Ok(Verdict::Need(_)) => faults.add(record, code::C_DEPS, "a change whose ancestor is missing"),
            Ok(Verdict::Refused(refusal)) => faults.add(record, refusal.code, refusal.detail),
        }
    }
    if anew != row.state {
        faults.add(record, code::STORE_DAMAGED, "the document's state is not what its changes make");
    }
    Ok(())
}

struct FrameRow {
    lane: Lane,
    number: u64,
    previous: [u8; 32],
    hash: [u8; 32],
    signature: Signature,
    receipt: Option<Vec<u8>>,
    epoch: Option<[u8; 16]>,
}

fn all_frames(db: &Connection) -> Result<Vec<FrameRow>> {
    let mut query = db.prepare_cached(
        "SELECT lane, number, previous, hash, signature, receipt, epoch FROM frame ORDER BY lane, number",
    )?;
    let mut rows = query.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(FrameRow {
            lane: if row.get::<_, i64>(0)? == 0 { Lane::Urgent } else { Lane::Rest },
            number: uint(row.get(1)?),
            previous: row.get(2)?,
            hash: row.get(3)?,
            signature: fixed(&row.get::<_, Vec<u8>>(4)?)?,
            receipt: row.get(5)?,
            epoch: row.get(6)?,
        });
    }
    Ok(found)
}

fn verify_frames(db: &Connection, me: &Me, faults: &mut Faults) -> Result<()> {
    let mut last: Option<(Lane, u64, [u8; 32])> = None;
    for frame in all_frames(db)? {
        let follows = match last {
            Some((lane, number, hash)) if lane == frame.lane => frame.number == number + 1 && frame.previous == hash,
            Some(_) | None => frame.number == 1 && frame.previous == [0; 32],
        };
        if !follows {
            faults.add(None, code::W_FRAME_CHAIN, "the chain of frames has a gap");
        }
        last = Some((frame.lane, frame.number, frame.hash));
        let contents = frames::contents(db, frame.lane, frame.number)?;
        verify_frame(me, &frame, &contents, faults);
        verify_receipt(db, me, &frame, &contents, faults)?;
    }
    Ok(())
}

fn verify_frame(me: &Me, frame: &FrameRow, contents: &[Placed], faults: &mut Faults) {
    let header = FrameHeader {
        device: me.device,
        incarnation: me.incarnation,
        lane: frame.lane,
        number: frame.number,
        previous: FrameHash(frame.previous),
        items: by_item(contents).iter().map(|item| item_hash(item)).collect(),
    };
    let envelope = header.envelope(&frame.signature);
    let verdict = signed::cose::open(signed::cose::Typ::Frame, &envelope)
        .and_then(|opened| opened.verify(me.signer.public_key()));
    if verdict.is_err() || signed::digest::sha256(&envelope) != frame.hash {
        faults.add(None, code::W_FRAME_SIGNATURE, "a frame is not what was signed");
    }
}

fn by_item(contents: &[Placed]) -> Vec<&[Placed]> {
    contents.chunk_by(|one, other| one.item == other.item).collect()
}

/// As `wire::Item::hash`, from the hashes that are kept when the bytes are gone.
fn item_hash(item: &[Placed]) -> [u8; 32] {
    let document = item.first().map(|placed| placed.document.0).unwrap_or_default();
    let mut parts: Vec<&[u8]> = vec![&document];
    parts.extend(item.iter().map(|placed| &placed.sha256[..]));
    sha256_of(&parts)
}

fn verify_receipt(db: &Connection, me: &Me, frame: &FrameRow, contents: &[Placed], faults: &mut Faults) -> Result<()> {
    let (Some(bytes), Some(epoch)) = (&frame.receipt, frame.epoch) else { return Ok(()) };
    let Ok(Message::Receipt(receipt)) = Message::decode(bytes) else {
        faults.add(None, code::W_RECEIPT, "a receipt does not read back");
        return Ok(());
    };
    let mut accepted = Vec::new();
    for (item, outcome) in by_item(contents).into_iter().zip(&receipt.outcomes) {
        let taken = usize::try_from(outcome.accepted).unwrap_or(usize::MAX);
        let mut statements: Vec<StatementHash> = Vec::new();
        for placed in item.iter().take(taken) {
            // Of what was withdrawn, nothing is left to hold the receipt against.
            if !is_here(db, placed.document, &placed.change)? {
                return Ok(());
            }
            statements.extend(changes::statements_of(db, placed.document, &placed.change)?);
        }
        accepted.push(statements);
    }
    let (hash, epoch) = (FrameHash(frame.hash), Epoch(epoch));
    let proven = me.server_keys.iter().any(|key| receipt.verify(me.device, hash, &accepted, key, epoch).is_ok());
    if !proven {
        faults.add(None, code::W_RECEIPT, "a receipt does not prove its frame");
    }
    Ok(())
}

fn is_here(db: &Connection, document: RecordId, change: &ChangeHash) -> Result<bool> {
    Ok(changes::bytes(db, document, change)?.is_some())
}
