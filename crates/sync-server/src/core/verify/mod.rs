//! Looking at everything that is kept: is each thing what was written, and is nothing missing?
//!
//! What it stands on is what the server's administrator cannot make: the devices' signatures over
//! statements and frames. A statement that was altered, swapped or signed by another key fails its
//! signature; one that was deleted is still named by the frame that brought it and by the leaf of
//! its receipt; a row missing from an inbox breaks its numbers or its digest; a shortened log no
//! longer fits the newest head that was signed over it.

mod documents;
mod inboxes;
mod logs;
mod media;

use std::collections::{BTreeMap, BTreeSet};

use signed::{ActorId, ChangeHash, DeviceId, PublicKey, RecordId, StatementHash, UserId};

use super::Core;
use super::types::{Fault, VerifyAnswer};
use super::work::Person;
use crate::error::ServerError;
use crate::store::Reading;

/// Faults that are listed; more are only a longer list of the same.
const FAULTS_MAX: usize = 1000;

/// What is being looked at, and what was found so far.
struct Check<'a> {
    core: &'a Core,
    tx: &'a dyn Reading,
    answer: VerifyAnswer,
    /// Keys that a statement of the directory vouches for.
    keys: BTreeMap<DeviceId, PublicKey>,
    /// Which device an actor is.
    actors: BTreeMap<ActorId, DeviceId>,
    people: BTreeMap<UserId, Person>,
    documents: BTreeMap<RecordId, Held>,
}

/// What a document turned out to hold.
#[derive(Default)]
struct Held {
    changes: Vec<ChangeHash>,
    /// SHA-256 of each change's bytes.
    bytes: BTreeSet<[u8; 32]>,
    statements: BTreeSet<StatementHash>,
    /// Whether it was erased: nothing of it is left, and nothing is missed.
    erased: bool,
}

impl Core {
    /// Looks at everything that is kept, from one steady view; the server may go on serving.
    pub fn verify(&self) -> Result<VerifyAnswer, ServerError> {
        let tx = self.store.read()?;
        let people = tx.users()?.into_iter().map(|row| (row.id.clone(), Person::of(row))).collect();
        let mut check = Check {
            core: self,
            tx: tx.as_ref(),
            answer: VerifyAnswer::default(),
            keys: BTreeMap::new(),
            actors: BTreeMap::new(),
            people,
            documents: BTreeMap::new(),
        };
        check.directory()?;
        check.all_documents()?;
        let roots = check.receipt_log()?;
        check.frames()?;
        check.heads(&roots)?;
        check.inboxes()?;
        check.media()?;
        let mut answer = check.answer;
        answer.ok = answer.faults.is_empty();
        Ok(answer)
    }
}

impl Check<'_> {
    fn fault(&mut self, code: &'static str, what: impl std::fmt::Display) {
        if self.answer.faults.len() < FAULTS_MAX {
            self.answer.faults.push(Fault { code, what: what.to_string() });
        }
    }

    fn require(&mut self, holds: bool, code: &'static str, what: impl std::fmt::Display) {
        if !holds {
            self.fault(code, what);
        }
    }
}
