//! Emptying a sealed box into the store, once its key is back.

use std::collections::VecDeque;

use data_encoding::HEXLOWER;
use records::set_path;
use serde_json::Value as Json;
use signed::{ReaderSecret, RecordId, code};
use zeroize::Zeroizing;

use super::{Entry, FOLDER, PURPOSE, Saying, SealedBox, files};
use crate::api::answer;
use crate::error::{FieldError, Result};
use crate::field::{Field, Moment};
use crate::ports;
use crate::store::{changes, lists, meta};

impl Field {
    /// Sees that the store has a box, of the role that its user has now, and empties it. Nothing of this keeps a
    /// store from opening: what cannot be done now is done the next time.
    pub(crate) fn keep_box(&self) {
        let _ = self.provide_box();
        let _ = self.empty_box();
    }

    fn provide_box(&self) -> Result<()> {
        let Ok(me) = self.me() else { return Ok(()) };
        let secret = match self.box_secret()? {
            Some(secret) => secret,
            None => {
                let seed = Zeroizing::new(ports::bytes::<32>(self.random())?);
                self.write(false, |db| meta::set(db, meta::BOX_SECRET, &*seed))?;
                ReaderSecret::derive(seed)
            }
        };
        let text = format!("{} {}\n", HEXLOWER.encode(secret.public().as_bytes()), me.role.as_str());
        if files::read_key(self.dir()).ok().flatten().is_none_or(|known| known != text) {
            files::write_key(self.dir(), &text)?;
        }
        Ok(())
    }

    /// The box as the store itself knows it: whoever changes the files beside it while it is locked gains nothing.
    pub(crate) fn sealed_box(&self) -> Result<SealedBox> {
        let none = || FieldError::new(code::STORE_LOCKED, "this store has no box yet");
        let key = self.box_secret()?.ok_or_else(none)?.public();
        Ok(SealedBox { dir: self.dir().to_owned(), key, role: self.me()?.role })
    }

    fn box_secret(&self) -> Result<Option<ReaderSecret>> {
        let kept = self.read(|db| meta::get(db, meta::BOX_SECRET))?.map(Zeroizing::new);
        let seed = kept.and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok());
        Ok(seed.map(|seed| ReaderSecret::derive(Zeroizing::new(seed))))
    }

    /// Makes records and edits of what is in the box, each at the time at which it was said. What does not open or
    /// is refused stays where it is. An entry goes when its words are in the store: cut off between the two, it is
    /// met a second time and changes nothing.
    pub(crate) fn empty_box(&self) -> Result<()> {
        let folder = self.dir().join(FOLDER);
        if files::numbers(&folder)?.is_empty() {
            return Ok(());
        }
        let Some(secret) = self.box_secret()? else { return Ok(()) };
        let _turn = files::turn(self.dir())?;
        let policy = self.moment().policy;
        let mut entries = Vec::new();
        for number in files::numbers(&folder)? {
            entries.extend(read(&secret, files::read(&folder, number)?).map(|entry| (number, entry)));
        }
        let mut entries = VecDeque::from(entries);
        while let Some((number, entry)) = entries.pop_front() {
            let moment = Moment { now: entry.at, mono_ms: entry.mono_ms, boot: entry.boot, policy: policy.clone() };
            let (id, mut numbers) = (entry.id, vec![number]);
            let taken = match entry.saying {
                Saying::New { .. } if self.holds(id)? => Ok(()),
                Saying::New { kind, body } => {
                    let body = grown(Json::Object(body), id, &mut entries, &mut numbers);
                    self.record_new_at(&kind, body, &moment, id).map(drop)
                }
                Saying::Edit { set } => self.record_edit_at(id, set, &moment).map(drop),
            };
            match taken {
                // The record's own entry last: while it is there, the others are met as edits of what is held.
                Ok(()) => numbers.iter().rev().try_for_each(|number| files::remove(&folder, *number))?,
                // The key that signs, or the disk: the others would fare no better now.
                Err(error) if error.is_of_the_signer() || error.code.name.starts_with("STORE.") => return Err(error),
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// What is in the box still, as whoever has the key may read it: `[{"id","at","kind","words"}]`, in the order
    /// in which it was said; of what does not open only that it is there.
    pub fn box_list(&self) -> Result<Json> {
        self.unlocked()?;
        let folder = self.dir().join(FOLDER);
        let Some(secret) = self.box_secret()? else { return Ok(answer::json(&Vec::<answer::Boxed>::new())) };
        let _turn = files::turn(self.dir())?;
        let mut left = Vec::new();
        for number in files::numbers(&folder)? {
            left.push(read(&secret, files::read(&folder, number)?).map_or_else(answer::Boxed::default, shown));
        }
        Ok(answer::json(&left))
    }

    fn holds(&self, id: RecordId) -> Result<bool> {
        self.read(|db| Ok(lists::draft(db, id)?.is_some() || changes::document(db, id)?.is_some()))
    }

    /// Things said that are in the box still: there is none in a store that could make records of all of them.
    pub(crate) fn boxed(&self) -> u64 {
        files::numbers(&self.dir().join(FOLDER)).map_or(0, |known| known.len() as u64)
    }
}

/// A record's first words with what was typed on before anybody but the writer could see them: one record, made once.
fn grown(mut body: Json, id: RecordId, entries: &mut VecDeque<(u64, Entry)>, numbers: &mut Vec<u64>) -> Json {
    entries.retain(|(number, entry)| {
        let Saying::Edit { set } = &entry.saying else { return true };
        if entry.id != id {
            return true;
        }
        let mut with = body.clone();
        // What does not fit stays in the box as it is.
        let fits = set.iter().all(|(path, value)| set_path(&mut with, path, value.clone()).is_ok());
        if fits {
            body = with;
            numbers.push(*number);
        }
        !fits
    });
    body
}

fn shown(entry: Entry) -> answer::Boxed {
    let (kind, said): (_, Vec<_>) = match entry.saying {
        Saying::New { kind, body } => (Some(kind), body.into_iter().collect()),
        Saying::Edit { set } => (None, set),
    };
    let words = said.into_iter().map(|(path, value)| answer::BoxedWords { path, value }).collect();
    answer::Boxed { id: Some(entry.id.into()), at: Some(entry.at.into()), kind, words }
}

fn read(secret: &ReaderSecret, sealed: Option<Vec<u8>>) -> Option<Entry> {
    let words = secret.open(PURPOSE, b"", &sealed?).ok()?;
    serde_json::from_slice(&words).ok()
}
