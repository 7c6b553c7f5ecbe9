//! What a [`Host`] takes also while its store is locked: words go into the sealed box (R92).

use serde_json::Value as Json;
use signed::{RecordId, code};

use super::Host;
use crate::error::Result;
use crate::sealed_box::SealedBox;

impl Host {
    /// [`crate::Field::record_new`]; on a locked store [`SealedBox::record_new`].
    pub fn record_new(&self, kind: &str, body: Json) -> Result<Json> {
        match self.call() {
            Ok(call) => call.record_new(kind, body),
            Err(error) if error.code == code::STORE_LOCKED => {
                self.sealed_box()?.record_new(kind, body, &*self.0.clock, &*self.0.random)
            }
            Err(error) => Err(error),
        }
    }

    /// [`crate::Field::record_edit`]; on a locked store [`SealedBox::record_edit`].
    pub fn record_edit(&self, id: RecordId, sets: Vec<(String, Json)>) -> Result<Json> {
        match self.call() {
            Ok(call) => call.record_edit(id, sets),
            Err(error) if error.code == code::STORE_LOCKED => self.edit_boxed(id, sets),
            Err(error) => Err(error),
        }
    }

    /// [`crate::Field::draft_keep`]; on a locked store [`SealedBox::record_edit`].
    pub fn draft_keep(&self, id: RecordId, sets: Vec<(String, Json)>) -> Result<Json> {
        match self.call() {
            Ok(call) => call.draft_keep(id, &sets),
            Err(error) if error.code == code::STORE_LOCKED => self.edit_boxed(id, sets),
            Err(error) => Err(error),
        }
    }

    fn edit_boxed(&self, id: RecordId, sets: Vec<(String, Json)>) -> Result<Json> {
        self.sealed_box()?.record_edit(id, sets, &*self.0.clock, &*self.0.random)
    }

    fn sealed_box(&self) -> Result<SealedBox> {
        let known = self.state().sealed.clone();
        known.map_or_else(|| SealedBox::of(&self.0.dir), Ok)
    }
}
