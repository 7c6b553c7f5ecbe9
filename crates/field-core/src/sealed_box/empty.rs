//! Emptying a sealed box into the store, once its key is back.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;
use serde_json::Value as Json;
use signed::{ReaderSecret, code};
use zeroize::Zeroizing;

use super::{ENTRIES_MAX, Entry, FOLDER, MARKS, PURPOSE, Saying, SealedBox, files, mark};
use crate::api::answer;
use crate::error::{FieldError, Result};
use crate::field::{Field, Moment};
use crate::ports;
use crate::store::key::sync_folder;
use crate::store::{changes, erasure, lists, meta};

/// How long a call of an app may empty; the rest comes with the next.
pub(crate) const EMPTYING_MAX: Duration = Duration::from_secs(2);

/// Entries that one answer shows at most.
const SHOWN_MAX: usize = 100;

impl Field {
    /// Sees that the store has a box, of the role that its user has now. A store without one still opens.
    pub(crate) fn keep_box(&self) {
        let kept = self.provide_box().unwrap_or_default();
        self.set_sealed_box(kept);
    }

    fn provide_box(&self) -> Result<Option<SealedBox>> {
        let Ok(me) = self.me() else { return Ok(None) };
        let secret = match self.box_secret()? {
            Some(secret) => secret,
            None => {
                let seed = Zeroizing::new(ports::bytes::<32>(self.random())?);
                self.write(false, |db| meta::set(db, meta::BOX_SECRET, &*seed))?;
                ReaderSecret::derive(seed)
            }
        };
        let key = secret.public();
        let text = format!("{} {}\n", HEXLOWER.encode(key.as_bytes()), me.role.as_str());
        if files::read_key(self.dir()).ok().flatten().is_none_or(|known| known != text) {
            files::write_key(self.dir(), &text)?;
        }
        Ok(Some(SealedBox { dir: self.dir().to_owned(), key, role: me.role }))
    }

    fn box_secret(&self) -> Result<Option<ReaderSecret>> {
        let kept = self.read(|db| meta::get(db, meta::BOX_SECRET))?.map(Zeroizing::new);
        let seed = kept.and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok());
        Ok(seed.map(|seed| ReaderSecret::derive(Zeroizing::new(seed))))
    }

    /// Makes records and edits of what is in the box, each at the time at which it was said, for so long. What does
    /// not open or is refused is kept beside. An entry goes when its words are in the store, and the store knows it
    /// by name until the file is gone: cut off between the two, it is met a second time and changes nothing.
    pub(crate) fn empty_box(&self, within: Duration) -> Result<()> {
        let folder = self.dir().join(FOLDER);
        if files::numbers(&folder)?.is_empty() {
            return Ok(());
        }
        let Some(secret) = self.box_secret()? else { return Ok(()) };
        let _turn = files::turn(self.dir())?;
        let begun = Instant::now();
        let mut stopped = None;
        for number in files::numbers(&folder)?.into_iter().take(ENTRIES_MAX) {
            if begun.elapsed() >= within {
                break;
            }
            let path = files::path(&folder, number);
            let taken = match read(&secret, &path) {
                Some(entry) => self.take(entry),
                None => Ok(false),
            };
            match taken {
                Ok(true) => fs::remove_file(path)?,
                Ok(false) => fs::rename(path, files::kept_path(&folder, number))?,
                // The key that signs, or the disk: the others would fare no better now.
                Err(error) => {
                    stopped = Some(error);
                    break;
                }
            }
        }
        sync_folder(&folder)?;
        self.write(false, |db| Ok(db.execute("DELETE FROM meta WHERE name GLOB ?1", [format!("{MARKS}*")])?))?;
        stopped.map_or(Ok(()), Err)
    }

    /// Whether the words of an entry are in the store now; false where the store will not have them.
    fn take(&self, entry: Entry) -> Result<bool> {
        let Entry { said, id, at, mono_ms, boot, saying } = entry;
        if self.read(|db| Ok(meta::get(db, &mark(&said))?.is_some() || erasure::was(db, id)?))? {
            return Ok(true);
        }
        let moment = Moment { now: at, mono_ms, boot, policy: self.moment().policy };
        let done = match saying {
            Saying::New { .. } if self.holds(id)? => return Ok(true),
            Saying::New { kind, body } => {
                self.record_new_at(&kind, Json::Object(body), &moment, id, Some(&said)).map(drop)
            }
            Saying::Edit { set } => self.record_edit_at(id, set, false, &moment, Some(&said)).map(drop),
        };
        match done {
            Ok(()) => Ok(true),
            Err(error) if error.is_of_the_signer() || error.code.name.starts_with("STORE.") => Err(error),
            Err(_) => Ok(false),
        }
    }

    fn holds(&self, id: signed::RecordId) -> Result<bool> {
        self.read(|db| Ok(lists::draft(db, id)?.is_some() || changes::document(db, id)?.is_some()))
    }

    /// What is in the box still, as whoever has the key may read it: `[{"number","id","at","kind","words"}]`, the
    /// first 100 in the order in which they were said; of what does not open only that it is there.
    pub fn box_list(&self) -> Result<Json> {
        self.unlocked()?;
        let folder = self.dir().join(FOLDER);
        let Some(secret) = self.box_secret()? else { return Ok(answer::json(&Vec::<answer::Boxed>::new())) };
        let waits = files::numbers(&folder)?.into_iter().map(|number| (number, files::path(&folder, number)));
        let kept = files::kept(&folder)?.into_iter().map(|number| (number, files::kept_path(&folder, number)));
        let mut all: Vec<_> = waits.chain(kept).collect();
        all.sort_unstable();
        let shown = all.into_iter().take(SHOWN_MAX).map(|(number, path)| shown(number, read(&secret, &path)));
        Ok(answer::json(&shown.collect::<Vec<_>>()))
    }

    /// Somebody has dealt with what the store refused: it goes from the box. `{"number","left"}`; `I.not_found` of
    /// what is not kept there.
    pub fn box_done(&self, number: u64) -> Result<Json> {
        self.unlocked()?;
        let folder = self.dir().join(FOLDER);
        let _turn = files::turn(self.dir())?;
        if !files::kept(&folder)?.contains(&number) {
            return Err(FieldError::new(code::I_NOT_FOUND, "nothing of this number is kept in the box"));
        }
        fs::remove_file(files::kept_path(&folder, number))?;
        sync_folder(&folder)?;
        Ok(answer::json(&answer::BoxDone { number, left: self.boxed()? }))
    }

    /// Entries that are in the box still.
    pub(crate) fn boxed(&self) -> Result<u64> {
        let folder = self.dir().join(FOLDER);
        Ok((files::numbers(&folder)?.len() + files::kept(&folder)?.len()) as u64)
    }
}

fn shown(number: u64, entry: Option<Entry>) -> answer::Boxed {
    let Some(entry) = entry else { return answer::Boxed { number, ..Default::default() } };
    let (kind, said): (_, Vec<_>) = match entry.saying {
        Saying::New { kind, body } => (Some(kind), body.into_iter().collect()),
        Saying::Edit { set } => (None, set),
    };
    let words = said.into_iter().map(|(path, value)| answer::BoxedWords { path, value }).collect();
    answer::Boxed { number, id: Some(entry.id.into()), at: Some(entry.at.into()), kind, words }
}

fn read(secret: &ReaderSecret, path: &Path) -> Option<Entry> {
    let words = secret.open(PURPOSE, b"", &files::read(path)?).ok()?;
    serde_json::from_slice(&words).ok()
}
