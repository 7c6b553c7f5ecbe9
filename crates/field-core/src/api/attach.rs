//! Attached files: encrypted onto the disk, named by a signed statement, and never taken away again.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use records::attachments::{ATTACH, FILE_BYTES_MAX, FILES_MAX, TYPE_BYTES_MAX, is_type};
use records::{Attachment, may_step};
use rusqlite::Connection;
use serde_json::Value as Json;
use signed::{Class, Code, MediaHash, RecordId, code};
use sync_engine::Urgency;
use zeroize::Zeroizing;

use super::answer::{self, AttachmentState};
use super::new::finish;
use super::{held, kind_of, request};
use crate::error::{FieldError, Result};
use crate::event::{Event, EventKind};
use crate::field::{Field, Me};
use crate::media::{Files, private, stream};
use crate::pen::{Pen, Saying, Words};
use crate::ports;
use crate::store::media::{self, AttachedRow, WaitingMedia};
use crate::store::{changes, lists};

/// What a file is called where nobody said it.
const TYPE_UNKNOWN: &str = "application/octet-stream";

impl Field {
    /// Attaches a file to a record or draft: `{"sha256","bytes","type"}`. The ciphertext and what names
    /// it are on disk when this answers; the hash is that of the ciphertext. A draft's files are named
    /// when it is sealed. At most 64 MiB (`R80.too_large`) and 100 files a record (`R80.too_many`).
    pub fn attachment_add(&self, id: RecordId, path: &Path, media_type: Option<&str>) -> Result<Json> {
        let failed = |error: std::io::Error| {
            FieldError::new(code::I_VALUE, format!("the file cannot be read: {}", error.kind()))
        };
        let mut file = File::open(path).map_err(failed)?;
        if file.metadata().map_err(failed)?.is_dir() {
            return Err(FieldError::new(code::I_VALUE, "this is a folder and not a file"));
        }
        self.attachment_read(id, &mut file, media_type)
    }

    /// As [`Field::attachment_add`], of a request: a path, or the file itself in base64.
    pub fn attachment_add_request(&self, add: &request::AttachmentAdd) -> Result<Json> {
        let media_type = add.media_type.as_deref();
        match (&add.path, &add.base64) {
            (Some(path), None) => self.attachment_add(add.id, Path::new(path), media_type),
            (None, Some(text)) => {
                let wrong = |_| FieldError::new(code::I_VALUE, "`base64` is not base64 with padding");
                let bytes = Zeroizing::new(data_encoding::BASE64.decode(text.as_bytes()).map_err(wrong)?);
                self.attachment_read(add.id, &mut bytes.as_slice(), media_type)
            }
            (Some(_), Some(_)) | (None, None) => {
                Err(FieldError::new(code::I_VALUE, "a file is given by `path` or by `base64`"))
            }
        }
    }

    /// As [`Field::attachment_add`], of what can be read here.
    pub fn attachment_read(&self, id: RecordId, input: &mut impl Read, media_type: Option<&str>) -> Result<Json> {
        let media_type = media_type.unwrap_or(TYPE_UNKNOWN);
        if !is_type(media_type) {
            let message = format!("a type is at most {TYPE_BYTES_MAX} letters, digits and signs, like image/jpeg");
            return Err(FieldError::new(code::I_VALUE, message));
        }
        let me = self.me()?;
        // Refused before a large file is read; looked at again where it is written.
        self.read(|db| may_attach(db, &me, id))?;
        let key = Zeroizing::new(ports::bytes::<32>(self.random())?);
        let (unique, prefix) = (ports::bytes(self.random())?, ports::bytes(self.random())?);
        let (mut new, sealed) = self.files().write(&unique, |out| {
            let mut out = BufWriter::with_capacity(2 * stream::CHUNK_BYTES, out);
            let sealed = stream::seal(input, &key, prefix, FILE_BYTES_MAX, &mut out)?;
            out.flush()?;
            Ok(sealed)
        })?;
        let file = Attachment {
            sha256: sealed.sha256,
            bytes: sealed.bytes,
            size: sealed.size,
            media_type: media_type.to_owned(),
            key: *key,
        };
        let moment = self.moment();
        let new = std::cell::RefCell::new(&mut new);
        self.write(false, |db| {
            let draft = may_attach(db, &me, id)?;
            // Within the transaction, so that no sweep comes between the file and its row.
            self.files().name(&mut new.borrow_mut(), &file.sha256)?;
            media::put_own(db, id, &file, me.user.as_str(), moment.now)?;
            if !draft {
                say(&Pen { db, me: &me, moment: &moment, random: self.random() }, id)?;
            }
            Ok(())
        })?;
        self.saved();
        Ok(answer::json(&answer::AttachedFile {
            sha256: file.sha256.into(),
            bytes: file.bytes,
            media_type: file.media_type.clone(),
        }))
    }

    /// Decrypts an attached file of which the ciphertext is here into a file that its owner alone can
    /// read: `{"sha256","bytes","type","to"}`. `None` where the ciphertext is not here. That it was
    /// opened is logged. `R110.locked` for a flagged one, `R80.damaged` where it is not what was attached.
    pub fn attachment_open(&self, id: RecordId, sha256: MediaHash, to: &Path) -> Result<Option<Json>> {
        let row = self.attachment(id, &sha256)?;
        let mut input = match self.files().read(&sha256) {
            Ok(input) => input,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        self.consulted(id, Some("attachment"))?;
        let part = beside(to);
        let opened = (|| {
            let mut out = BufWriter::with_capacity(stream::CHUNK_BYTES, private(&part)?);
            let opened = stream::open(&mut input, &row.key, &mut out)?;
            out.into_inner().map_err(|error| error.into_error())?.sync_all()?;
            if opened.sha256 != sha256 || opened.bytes != row.bytes {
                return Err(FieldError::new(code::R80_DAMAGED, "the file is not what was attached"));
            }
            Ok(std::fs::rename(&part, to)?)
        })();
        if let Err(error) = opened {
            let _ = std::fs::remove_file(&part);
            return Err(error);
        }
        Ok(Some(answer::json(&answer::FetchedFile {
            sha256: sha256.into(),
            bytes: row.bytes,
            media_type: row.media_type,
            to: to.to_string_lossy().into_owned(),
        })))
    }

    /// A file of a record that may be opened.
    pub(crate) fn attachment(&self, id: RecordId, sha256: &MediaHash) -> Result<AttachedRow> {
        self.unlocked()?;
        self.me()?;
        let missing = || FieldError::new(code::I_NOT_FOUND, "no such file is attached to this record here");
        let row = self.read(|db| media::one(db, id, sha256))?.ok_or_else(missing)?;
        if row.file.locked {
            return Err(locked());
        }
        Ok(row)
    }

    /// The ciphertext here is not the file any more, and the server has it: it goes, to be fetched again.
    /// Answers whether that is so.
    pub(crate) fn attachment_spoilt(&self, sha256: &MediaHash) -> Result<bool> {
        let (found, _) = stream::hash_of(&mut self.files().read(sha256)?)?;
        if found == *sha256 {
            return Ok(false);
        }
        self.write(false, |db| {
            // The only copy there is stays as it is: something may still be made of it.
            let elsewhere = media::is_elsewhere(db, sha256)?;
            if elsewhere {
                self.files().remove(sha256)?;
                media::set_here(db, sha256, false)?;
            }
            Ok(elsewhere)
        })
    }

    /// The ciphertext of a file was fetched: kept if it is what its name says.
    pub(crate) fn attachment_came(&self, sha256: &MediaHash) -> Result<()> {
        if !self.files().fetched_whole(sha256)? {
            return Err(FieldError::new(code::R80_DAMAGED, "what came is not the file that was attached; try again"));
        }
        self.write(false, |db| {
            // Withdrawn or flagged meanwhile: then it is not kept.
            if media::is_known(db, sha256)? && !media::locked(db, sha256)? {
                self.files().keep_fetched(sha256)?;
                media::set_here(db, sha256, true)?;
            } else {
                self.files().drop_fetched(sha256);
            }
            Ok(())
        })
    }

    /// The next file that may be sent, behind this place in the queue.
    pub(crate) fn media_next(&self, after: u64) -> Result<Option<WaitingMedia>> {
        self.read(|db| media::waiting(db, after))
    }

    /// Bytes of a file that is being sent.
    pub(crate) fn media_part(&self, file: &MediaHash, from: u64, max: usize) -> Result<Vec<u8>> {
        // Flagged while it was on its way: not a byte more.
        if self.read(|db| media::locked(db, file))? {
            return Err(locked());
        }
        self.files().part(file, from, max)
    }

    /// The server has a file of ours.
    pub(crate) fn media_sent(&self, file: &MediaHash) -> Result<()> {
        let records = self.write(false, |db| {
            let records = media::records_of(db, file)?;
            media::sent(db, file)?;
            Ok(records)
        })?;
        if records.is_empty() {
            // Withdrawn meanwhile: it was kept only until it was sent.
            self.sweep_media()?;
        }
        self.tell_of(&records, EventKind::RecordChanged, None);
        Ok(())
    }

    /// The server does not take a file of ours; it stays here with the reason.
    pub(crate) fn media_refused(&self, file: &MediaHash, why: Code) -> Result<()> {
        let records = self.write(false, |db| {
            let records = media::records_of(db, file)?;
            if records.is_empty() && why == code::W_MEDIA_DENIED {
                // Its record is withdrawn here and gone there: nobody will ever ask for it.
                media::sent(db, file)?;
            } else {
                media::refused(db, file, why)?;
            }
            Ok(records)
        })?;
        if records.is_empty() {
            self.sweep_media()?;
        }
        // What passes by itself needs nobody's attention.
        if !matches!(why.class, Class::Busy | Class::Offline) {
            self.tell_of(&records, EventKind::Quarantined, Some(why));
        }
        Ok(())
    }

    fn tell_of(&self, records: &[RecordId], kind: EventKind, code: Option<Code>) {
        let now = self.moment().now;
        let event = |id: &RecordId| Event { id: Some(*id), code, ..Event::new(kind, now) };
        self.tell(&records.iter().map(event).collect::<Vec<_>>());
    }

    /// Takes away the ciphertext that nothing names any more.
    pub(crate) fn sweep_media(&self) -> Result<()> {
        self.read(|db| self.files().sweep(false, |sha256| media::is_known(db, sha256)))
    }

    pub(crate) fn files(&self) -> Files {
        Files::of(self.dir())
    }
}

pub(crate) fn locked() -> FieldError {
    FieldError::new(code::R110_LOCKED, "this file is flagged: it is locked on every device and travels no more")
}

/// The file's name while it is not whole yet, in the same folder.
fn beside(to: &Path) -> std::path::PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(to.file_name().unwrap_or_default());
    name.push(".part");
    to.with_file_name(name)
}

/// Whether this user may attach a file to this record now; answers whether it is a draft.
fn may_attach(db: &Connection, me: &Me, id: RecordId) -> Result<bool> {
    let draft = lists::draft(db, id)?;
    let kind = match &draft {
        Some(draft) => kind_of(&draft.kind)?,
        None => kind_of(&super::record_row(db, id)?.kind)?,
    };
    if !may_step(me.role, kind, ATTACH) {
        return Err(FieldError::new(code::I_DENIED, "this role does not attach files"));
    }
    if media::of_record(db, id)?.len() >= FILES_MAX {
        return Err(FieldError::new(code::R80_TOO_MANY, format!("a record has at most {FILES_MAX} files")));
    }
    Ok(draft.is_some())
}

/// Says in a record what files are attached to it and not yet named by a statement.
pub(crate) fn say(pen: &Pen<'_>, id: RecordId) -> Result<()> {
    let unsaid: Vec<AttachedRow> =
        media::of_record(pen.db, id)?.into_iter().filter(|row| row.statement.is_none()).collect();
    if unsaid.is_empty() {
        return Ok(());
    }
    let (mut row, mut view) = held(pen.db, id)?;
    for one in unsaid {
        let file = Attachment {
            sha256: one.sha256,
            bytes: one.bytes,
            size: one.size,
            media_type: one.media_type,
            key: *one.key,
        };
        let words = Words { saying: Some(Saying::step(ATTACH, file.content())), ..Words::default() };
        pen.write(&mut row, Some(&mut view), &words, Urgency::Info)?;
    }
    finish(pen, &row, &view).map(drop)
}

/// The files of drafts that were sealed by another device of their author, or while the key could not
/// sign: each is named in its record.
pub(crate) fn say_all(field: &Field) -> Result<()> {
    let unsaid = field.read(media::unsaid)?;
    if unsaid.is_empty() {
        return Ok(());
    }
    let (me, moment) = (field.me()?, field.moment());
    for id in unsaid {
        field.write(false, |db| {
            // A draft that is still one is left alone.
            if lists::draft(db, id)?.is_none() && changes::document(db, id)?.is_some() {
                say(&Pen { db, me: &me, moment: &moment, random: field.random() }, id)?;
            }
            Ok(())
        })?;
    }
    field.saved();
    Ok(())
}

/// The files of a record, as they are shown; of a case, those of every record of it that is here.
pub(crate) fn shown(db: &Connection, id: RecordId, kind: &str) -> Result<Vec<answer::Attachment>> {
    let rows = if kind == "case" { media::of_case(db, id)? } else { media::of_record(db, id)? };
    Ok(rows.into_iter().map(|row| attachment(row, id)).collect())
}

fn attachment(row: AttachedRow, shown: RecordId) -> answer::Attachment {
    let file = row.file;
    let state = if file.locked {
        AttachmentState::Locked
    } else if file.own && !file.sent {
        AttachmentState::Waiting
    } else if file.here {
        AttachmentState::Here
    } else {
        AttachmentState::Missing
    };
    answer::Attachment {
        sha256: row.sha256.into(),
        bytes: row.bytes,
        media_type: row.media_type,
        at: row.at.into(),
        by: row.author,
        state,
        record: (row.record != shown).then(|| row.record.into()),
        code: file.code.filter(|_| !file.sent).map(Into::into),
    }
}
