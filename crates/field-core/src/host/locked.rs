//! What a [`Host`] takes also while its store is locked: words go into the sealed box (R92).

use std::sync::MutexGuard;

use serde_json::Value as Json;
use signed::{RecordId, code};

use super::{Host, Phase, State};
use crate::error::{FieldError, Result};
use crate::sealed_box::{EMPTYING_MAX, Ports, SealedBox};

/// What a locked store is asked.
type Say<'a> = dyn FnMut(&SealedBox, &mut State, Ports<'_>) -> Result<Json> + 'a;

impl Host {
    /// [`crate::Field::record_new`]; on a locked store [`SealedBox::record_new`].
    pub fn record_new(&self, kind: &str, body: Json) -> Result<Json> {
        match self.call() {
            Ok(call) => call.record_new(kind, body),
            Err(error) => match self.locked(&error) {
                Some(state) => self.say(state, &mut |sealed, state, ports| {
                    sealed.say_new(kind, body.clone(), &mut state.typed, ports)
                }),
                None => self.call()?.record_new(kind, body),
            },
        }
    }

    /// [`crate::Field::record_edit`]; on a locked store [`SealedBox::record_edit`].
    pub fn record_edit(&self, id: RecordId, sets: Vec<(String, Json)>) -> Result<Json> {
        match self.call() {
            Ok(call) => call.record_edit(id, sets),
            Err(error) => match self.locked(&error) {
                Some(state) => self.say_edit(state, id, &sets),
                None => self.call()?.record_edit(id, sets),
            },
        }
    }

    /// [`crate::Field::draft_keep`]; on a locked store [`SealedBox::record_edit`].
    pub fn draft_keep(&self, id: RecordId, sets: Vec<(String, Json)>) -> Result<Json> {
        match self.call() {
            Ok(call) => call.draft_keep(id, &sets),
            Err(error) => match self.locked(&error) {
                Some(state) => self.say_edit(state, id, &sets),
                None => self.call()?.draft_keep(id, &sets),
            },
        }
    }

    fn say_edit(&self, state: MutexGuard<'_, State>, id: RecordId, sets: &[(String, Json)]) -> Result<Json> {
        self.say(state, &mut |sealed, state, ports| sealed.say_edit(id, sets.to_vec(), &mut state.typed, ports))
    }

    /// The state, for as long as it stays locked: whoever unlocks waits, and then finds what was said.
    fn locked(&self, why: &FieldError) -> Option<MutexGuard<'_, State>> {
        let state = self.state();
        (why.code == code::STORE_LOCKED && matches!(state.phase, Phase::Locked)).then_some(state)
    }

    fn say(&self, mut state: MutexGuard<'_, State>, say: &mut Say<'_>) -> Result<Json> {
        // As the store itself said when it was open: a file laid beside it meanwhile does not count.
        let sealed = state.sealed.clone().map_or_else(|| SealedBox::of(&self.0.dir), Ok)?;
        say(&sealed, &mut state, Ports { clock: &*self.0.clock, random: &*self.0.random })
    }

    /// Empties the box after the file was opened. What is not done now is done later.
    pub(super) fn emptied(&self) {
        if let Ok(call) = self.call() {
            let _ = call.empty_box(EMPTYING_MAX);
        }
    }
}
