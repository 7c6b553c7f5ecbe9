//! What was just said into a box, while whoever said it goes on: typing makes one entry, and not one each two seconds.

use documents::Merge;
use records::set_path;
use serde_json::Value as Json;
use signed::{RecordId, code};

use super::{BOXED, Entry, Ports, Saying, SealedBox, files, fits, whole};
use crate::api::{answer, vital};
use crate::error::{FieldError, Result};

/// An entry that can still be typed on: the app's process has its words in memory anyway.
pub(crate) struct Typed {
    pub(super) number: u64,
    pub(super) entry: Entry,
    pub(super) kind: Option<&'static records::Kind>,
}

/// Entries that are remembered at most; what comes about another record is an entry of its own.
const REMEMBERED_MAX: usize = 8;

impl Typed {
    pub(super) fn made(&self) -> Json {
        let (case, statement, gaps) = (None, None, None);
        answer::json(&answer::Made { id: self.entry.id.into(), status: BOXED.to_owned(), case, statement, gaps })
    }

    pub(super) fn edited(&self) -> Json {
        answer::json(&answer::Edited { id: self.entry.id.into(), status: BOXED.to_owned(), gaps: None })
    }

    /// The entry with this typed on, if it can be: a draft grows by it, a change takes the newer value. Of a record
    /// that is live at once the words stand as they were first said.
    fn grown(&self, set: &[(String, Json)], ports: Ports<'_>) -> Result<Option<Entry>> {
        let saying = match (&self.entry.saying, self.kind) {
            (Saying::New { kind, body }, Some(declared)) if declared.drafted => {
                let mut body = Json::Object(body.clone());
                for (path, value) in set {
                    set_path(&mut body, path, value.clone())?;
                }
                Saying::New { kind: kind.clone(), body: whole(declared, body, ports)? }
            }
            (Saying::New { .. }, Some(declared)) => {
                let head = |path: &str| declared.field(path.split('/').next().unwrap_or(path));
                if set.iter().filter_map(|(path, _)| head(path)).any(|field| field.merge == Merge::W) {
                    return Err(FieldError::new(code::S_SEALED, "what was said stands; say the rest as an addendum"));
                }
                return Ok(None);
            }
            (Saying::New { .. }, None) => return Ok(None),
            (Saying::Edit { set: known }, _) => {
                let mut known = known.clone();
                for (path, value) in set {
                    let place = known.iter_mut().find(|(other, _)| other == path && !path.contains('+'));
                    match place {
                        Some((_, old)) => old.clone_from(value),
                        None => known.push((path.clone(), value.clone())),
                    }
                }
                if fits(&known).is_err() {
                    return Ok(None);
                }
                Saying::Edit { set: known }
            }
        };
        Ok(Some(Entry { saying, ..self.entry.clone() }))
    }
}

impl SealedBox {
    /// [`SealedBox::record_new`], remembered.
    pub(crate) fn say_new(&self, kind: &str, body: Json, typed: &mut Vec<Typed>, ports: Ports<'_>) -> Result<Json> {
        let begun = self.begin(kind, body, ports)?;
        let made = begun.made();
        remember(typed, begun);
        Ok(made)
    }

    /// [`SealedBox::record_edit`], typed on to what is remembered of this record.
    pub(crate) fn say_edit(
        &self,
        id: RecordId,
        set: Vec<(String, Json)>,
        typed: &mut Vec<Typed>,
        ports: Ports<'_>,
    ) -> Result<Json> {
        fits(&set)?;
        if let Some(known) = typed.iter_mut().rfind(|known| known.entry.id == id)
            && let Some(entry) = known.grown(&set, ports)?
        {
            let sealed = self.seal(&entry, ports)?;
            files::replace(&self.dir, known.number, &sealed, known.kind.is_some_and(|kind| vital(kind.name)))?;
            known.entry = entry;
            return Ok(known.edited());
        }
        let begun = self.change(id, set, ports)?;
        let edited = begun.edited();
        remember(typed, begun);
        Ok(edited)
    }
}

fn remember(typed: &mut Vec<Typed>, begun: Typed) {
    if typed.len() >= REMEMBERED_MAX {
        typed.remove(0);
    }
    typed.push(begun);
}
