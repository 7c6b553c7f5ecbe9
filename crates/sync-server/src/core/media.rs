//! Attached files: which statement names which, who may bring and fetch them, and their coming in.
//!
//! How far a file has come is told by what lies in the object store and by nothing else, so that it
//! goes on at the byte whatever was killed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use documents::{Opened, Sentence};
use records::Attachment;
use records::attachments::{ATTACH, FLAG_IMAGE, flagged};
use signed::{MediaHash, RecordId, code};
use sync_engine::server::Peer;
use wire::limits::{MEDIA_BYTES_MAX, MEDIA_CHUNK_BYTES_MAX};

use super::audit::{self, Note};
use super::inbox::holds_content;
use super::limits::{MEDIA_CONFIRM_BYTES, MEDIA_UNFINISHED_BYTES_MAX, MEDIA_USER_BYTES_MAX};
use super::work::Work;
use super::{Core, directory, receipts};
use crate::error::ServerError;
use crate::store::media::{MediaNameRow, MediaRow};
use crate::store::{Reading, StoreError};

const DENIED: ServerError = ServerError::new(code::W_MEDIA_DENIED, "no record of this user's names such a file");
const LOCKED: ServerError = ServerError::new(code::R110_LOCKED, "a flagged file travels no more");
const MISSING: ServerError = ServerError::new(code::W_MEDIA_MISSING, "the file has not come yet");
const SIZE: ServerError = ServerError::new(code::W_MEDIA_SIZE, "not the size that the statement says");
const OFFSET: ServerError = ServerError::new(code::W_MEDIA_OFFSET, "bytes that do not follow what is here");
const HASH: ServerError = ServerError::new(code::W_MEDIA_HASH, "the bytes that came are another file's");
const FULL: ServerError = ServerError::new(code::W_MEDIA_FULL, "more files than the server keeps for one sender");
const TAKEN_OVER: ServerError = ServerError::new(code::W_MEDIA_TAKEN_OVER, "a later offer goes on with this file");

impl Work<'_> {
    /// Keeps what an accepted statement says of files.
    pub(crate) fn media_said(&mut self, document: RecordId, opened: &Opened) -> Result<(), ServerError> {
        let statement = &opened.statement;
        let Sentence::Step(step) = &statement.sentence else { return Ok(()) };
        if step == ATTACH
            && let Some(file) = Attachment::of(&statement.content)
        {
            if self.tx.media(&file.sha256)?.is_none() {
                self.tx.put_media(&MediaRow {
                    sha256: file.sha256,
                    size: file.size,
                    complete: false,
                    locked: false,
                    destroyed: None,
                    device: None,
                    user: None,
                })?;
            }
            let (statement, author) = (opened.id, statement.author.clone());
            self.tx.add_media_name(&MediaNameRow { sha256: file.sha256, document, statement, author })?;
        } else if step == FLAG_IMAGE
            && let Some(file) = flagged(&statement.content)
            && self.tx.media_names(&file)?.iter().any(|name| name.document == document)
        {
            self.tx.lock_media(&file)?;
        }
        Ok(())
    }
}

impl Work<'_> {
    /// A document is erased: the files that no other one names are destroyed; answers which.
    pub(crate) fn media_erased(&mut self, document: RecordId) -> Result<Vec<MediaHash>, ServerError> {
        let mut gone = Vec::new();
        for row in self.tx.media_of(document)? {
            let mut named = false;
            for name in self.tx.media_names(&row.sha256)? {
                named |= name.document != document && !self.erased(name.document)?;
            }
            if !named {
                self.tx.destroy_media(&row.sha256, self.now)?;
                gone.push(row.sha256);
            }
        }
        Ok(gone)
    }
}

/// What an offer came to.
#[derive(Debug)]
pub enum Offered {
    /// The file is here already.
    Whole,
    /// It is to be sent from the offset that [`Incoming::confirmed`] says.
    From(Incoming),
}

/// What a chunk came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is written; nothing new is confirmed.
    Written,
    /// Everything before this offset is on the disk.
    Confirmed(u64),
    /// The file is whole, and its hash is right.
    Whole,
}

/// Files that are coming in: one writer each, the one that offered last.
#[derive(Debug, Default)]
pub(crate) struct Uploads(Mutex<BTreeMap<MediaHash, Arc<Upload>>>);

#[derive(Debug, Default)]
struct Upload {
    turn: AtomicU64,
    // Held while bytes are written.
    writing: Mutex<()>,
}

/// One sender's turn at a file. It ends when this is dropped, or when somebody offers the file again.
#[derive(Debug)]
pub struct Incoming {
    core: Arc<Core>,
    file: MediaHash,
    size: u64,
    upload: Arc<Upload>,
    turn: u64,
    written: u64,
    confirmed: u64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Uploads {
    fn take(&self, file: &MediaHash) -> (Arc<Upload>, u64) {
        let mut all = lock(&self.0);
        let upload = all.entry(*file).or_default();
        let turn = upload.turn.fetch_add(1, Ordering::SeqCst) + 1;
        (Arc::clone(upload), turn)
    }

    fn leave(&self, file: &MediaHash, turn: u64) {
        let mut all = lock(&self.0);
        // Whoever came later raised the number while the list was held.
        if all.get(file).is_some_and(|upload| upload.turn.load(Ordering::SeqCst) == turn) {
            all.remove(file);
        }
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.core.uploads.leave(&self.file, self.turn);
    }
}

impl Core {
    /// A device offers a file: it goes on where it stopped, whoever sent the bytes before.
    pub fn media_offer(self: &Arc<Self>, peer: &Peer, file: MediaHash, size: u64) -> Result<Offered, ServerError> {
        let row = {
            let tx = self.store.read()?;
            let row = tx.media(&file)?.ok_or(DENIED)?;
            let mut may = false;
            for name in tx.media_names(&file)? {
                may |= name.author == peer.user || holds_content(tx.as_ref(), &peer.user, name.document)?;
            }
            if !may {
                return Err(DENIED);
            }
            if row.destroyed.is_some() {
                return Err(DENIED);
            }
            if row.locked {
                return Err(LOCKED);
            }
            if row.complete {
                return Ok(Offered::Whole);
            }
            if size != row.size || size > MEDIA_BYTES_MAX {
                return Err(SIZE);
            }
            within_limits(tx.as_ref(), peer, &row)?;
            row
        };
        let (upload, turn) = self.uploads.take(&file);
        let mut incoming = Incoming { core: Arc::clone(self), file, size, upload, turn, written: 0, confirmed: 0 };
        // Whoever writes now ends its chunk first; it finds its turn gone at the next one.
        let held = Arc::clone(&incoming.upload);
        let _writing = lock(&held.writing);
        if self.objects.look(&file)?.is_some_and(|(found, _)| found == file) {
            // It was whole before a crash kept that from being noted.
            incoming.note_whole(peer)?;
            return Ok(Offered::Whole);
        }
        if row.device != Some(peer.device) {
            let mut tx = self.store.write()?;
            let (device, user) = (Some(peer.device), Some(peer.user.clone()));
            tx.put_media(&MediaRow { device, user, ..tx.media(&file)?.unwrap_or(row) })?;
            tx.commit()?;
        }
        let mut settled = self.objects.settle(&file)?;
        if settled > size {
            self.objects.remove(&file)?;
            settled = 0;
        }
        (incoming.written, incoming.confirmed) = (settled, settled);
        Ok(Offered::From(incoming))
    }

    /// A device fetches a file from an offset on; answers its size. That it is given out stands in the
    /// audit chain before its first byte leaves.
    pub fn media_fetch(&self, peer: &Peer, file: MediaHash, from: u64) -> Result<u64, ServerError> {
        let (row, records) = {
            let tx = self.store.read()?;
            let row = tx.media(&file)?.ok_or(DENIED)?;
            let mut records = Vec::new();
            for name in tx.media_names(&file)? {
                if !records.contains(&name.document) && holds_content(tx.as_ref(), &peer.user, name.document)? {
                    records.push(name.document);
                }
            }
            (row, records)
        };
        if records.is_empty() {
            return Err(DENIED);
        }
        if row.locked {
            return Err(LOCKED);
        }
        if !row.complete {
            return Err(MISSING);
        }
        if from > row.size {
            return Err(OFFSET);
        }
        let mut tx = self.store.write()?;
        let note = Note {
            operation: "disclosure",
            who: directory::SERVER,
            device: Some(peer.device),
            to: Some(&peer.user),
            records: &records,
            why: "media",
        };
        audit::append(tx.as_mut(), self.clock.now(), note)?;
        receipts::sign_tip(self.epoch, self.signer.as_ref(), tx.as_mut(), self.clock.now())?;
        tx.commit()?;
        Ok(row.size)
    }

    /// Takes away the bytes of a file that was destroyed; whoever is sending it has lost its turn.
    pub(crate) fn media_forget(&self, file: &MediaHash) -> Result<(), ServerError> {
        let (upload, turn) = self.uploads.take(file);
        let removed = {
            let _writing = lock(&upload.writing);
            self.objects.remove(file)
        };
        self.uploads.leave(file, turn);
        Ok(removed?)
    }

    /// The next bytes of a file that is being fetched; none at its end. Asked for each: what was flagged
    /// meanwhile stops at once.
    pub fn media_read(&self, file: MediaHash, from: u64) -> Result<Vec<u8>, ServerError> {
        if self.store.read()?.media(&file)?.is_none_or(|row| row.locked) {
            return Err(LOCKED);
        }
        self.objects.read(&file, from, MEDIA_CHUNK_BYTES_MAX)?.ok_or(MISSING)
    }
}

fn within_limits(tx: &dyn Reading, peer: &Peer, row: &MediaRow) -> Result<(), ServerError> {
    let own = |mine: bool| if mine { 0 } else { row.size };
    let unfinished = tx.media_unfinished(peer.device)? + own(row.device == Some(peer.device));
    let kept = tx.media_bytes(&peer.user)? + own(row.user.as_ref() == Some(&peer.user));
    if unfinished > MEDIA_UNFINISHED_BYTES_MAX || kept > MEDIA_USER_BYTES_MAX { Err(FULL) } else { Ok(()) }
}

impl Incoming {
    /// The file.
    #[must_use]
    pub fn file(&self) -> MediaHash {
        self.file
    }

    /// Everything before this offset is on the disk.
    #[must_use]
    pub fn confirmed(&self) -> u64 {
        self.confirmed
    }

    /// Takes the next bytes.
    pub fn chunk(&mut self, peer: &Peer, offset: u64, bytes: &[u8]) -> Result<Taken, ServerError> {
        let held = Arc::clone(&self.upload);
        let _writing = lock(&held.writing);
        if held.turn.load(Ordering::SeqCst) != self.turn {
            return Err(TAKEN_OVER);
        }
        if self.core.store.read()?.media(&self.file)?.is_none_or(|row| row.locked) {
            return Err(LOCKED);
        }
        if offset != self.written {
            return Err(OFFSET);
        }
        let end = offset.saturating_add(bytes.len() as u64);
        if end > self.size {
            return Err(SIZE);
        }
        self.core.objects.append(&self.file, offset, bytes)?;
        self.written = end;
        if end == self.size {
            if !self.core.objects.finish(&self.file)? {
                return Err(HASH);
            }
            self.note_whole(peer)?;
            return Ok(Taken::Whole);
        }
        if end - self.confirmed >= MEDIA_CONFIRM_BYTES {
            self.confirmed = self.core.objects.settle(&self.file)?;
            return Ok(Taken::Confirmed(self.confirmed));
        }
        Ok(Taken::Written)
    }

    fn note_whole(&self, peer: &Peer) -> Result<(), ServerError> {
        let mut tx = self.core.store.write()?;
        let row = tx.media(&self.file)?.ok_or(StoreError::Damaged)?;
        let mut records: Vec<RecordId> = tx.media_names(&self.file)?.iter().map(|name| name.document).collect();
        records.dedup();
        tx.put_media(&MediaRow { complete: true, ..row })?;
        let note = Note {
            operation: "collection",
            who: peer.user.as_str(),
            device: Some(peer.device),
            to: None,
            records: &records,
            why: "media",
        };
        let now = self.core.clock.now();
        audit::append(tx.as_mut(), now, note)?;
        receipts::sign_tip(self.core.epoch, self.core.signer.as_ref(), tx.as_mut(), now)?;
        Ok(tx.commit()?)
    }
}
