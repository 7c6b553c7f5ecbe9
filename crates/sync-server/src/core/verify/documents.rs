//! The directory, and every document from its bytes up.

use std::collections::BTreeMap;

use documents::{
    Candidate, Checked, Clock, Declaration, DocState, Dot, MemoryHistory, Verdict, View, declaration::Undeclared,
};
use signed::cbor::{Map, Value};
use signed::cose::{self, Typ};
use signed::digest::sha256;
use signed::{ActorId, DeviceId, Incarnation, PublicKey, RecordId, Signer as _, StatementHash, Timestamp};

use super::{Check, Held};
use crate::core::document::change_place;
use crate::core::erase::ERASED;
use crate::core::policy;
use crate::core::prepare::template_named;
use crate::core::projection::Projection;
use crate::core::vault::{DocumentKey, Purpose};
use crate::error::ServerError;
use crate::store::rows::{ChangeRow, DocumentRow};

/// A document as it grows again.
struct Growing {
    state: DocState,
    history: MemoryHistory,
    view: View,
    received: BTreeMap<Dot, Timestamp>,
}

impl Check<'_> {
    /// Every statement of the directory; what it says of keys must be what the rows say.
    pub(super) fn directory(&mut self) -> Result<(), ServerError> {
        let server = self.core.signer.public_key().clone();
        self.keys.insert(server.id(), server.clone());
        for (row, number) in self.tx.directory()?.into_iter().zip(1_u64..) {
            self.require(row.number == number, "V.directory_gap", number);
            let payload = cose::open(Typ::Statement, &row.statement).and_then(|opened| opened.verify(&server));
            match payload {
                Ok(Value::Map(payload)) => self.vouch(&payload),
                Ok(_) | Err(_) => self.fault("V.directory", row.number),
            }
        }
        for device in self.tx.devices()? {
            let vouched = self.keys.get(&device.id).is_some_and(|key| *key == device.key);
            self.require(vouched, "V.device_key", device.id);
        }
        for row in self.tx.actors()? {
            self.require(self.actors.get(&row.actor) == Some(&row.device), "V.actor", row.actor);
        }
        Ok(())
    }

    /// Takes in what a statement about a device says.
    fn vouch(&mut self, payload: &Map) {
        let device = || {
            let content = payload.get("content")?.as_map()?;
            let bytes = |name: &str| content.get(name).and_then(Value::as_bytes);
            let key = PublicKey::from_spki(bytes("spki")?).ok()?;
            let actor = ActorId::from_slice(bytes("actor")?).ok()?;
            let incarnation = Incarnation::from_slice(bytes("incarnation")?).ok()?;
            (ActorId::of_store(key.spki(), &incarnation) == actor).then_some((key, actor))
        };
        if payload.get("step").and_then(Value::as_text) != Some("device") {
            return;
        }
        match device() {
            Some((key, actor)) => {
                self.actors.insert(actor, key.id());
                self.keys.insert(key.id(), key);
            }
            None => self.fault("V.directory", "device"),
        }
    }

    /// Every document, change by change.
    pub(super) fn all_documents(&mut self) -> Result<(), ServerError> {
        for id in self.tx.documents()? {
            let Some(row) = self.tx.document(id)? else { continue };
            self.answer.records += 1;
            let held = self.document(&row)?;
            self.documents.insert(id, held);
        }
        Ok(())
    }

    fn document(&mut self, row: &DocumentRow) -> Result<Held, ServerError> {
        let mut held = Held::default();
        if let Some(tombstone) = self.tx.erasure(row.id)? {
            held.erased = true;
            // What stays of it is this row and nothing below it.
            let gone = row.key.is_empty() && row.state.is_empty() && row.projection.is_empty();
            let rows = self.tx.changes(row.id)?.is_empty() && self.tx.statements(row.id)?.is_empty();
            let same = row.status == ERASED && tombstone.kind == row.kind && tombstone.case == row.case;
            self.require(gone && rows && same, "V.erasure", row.id);
            return Ok(held);
        }
        let (Some(template), Ok(key)) = (template_named(&row.template), self.core.vault.unwrap(row.id, &row.key))
        else {
            self.fault("V.key", row.id);
            return Ok(held);
        };
        let mut growing = Growing {
            state: DocState::new(template),
            history: MemoryHistory::default(),
            view: View::default(),
            received: BTreeMap::new(),
        };
        let changes = self.tx.changes(row.id)?;
        self.require(changes.len() as u64 == row.changes, "V.change_gap", row.id);
        for (change, place) in changes.iter().zip(1_u64..) {
            self.require(change.place == place, "V.change_gap", row.id);
            self.change(row.id, &key, change, &mut growing, &mut held);
        }
        let rows: std::collections::BTreeSet<StatementHash> =
            self.tx.statements(row.id)?.into_iter().map(|statement| statement.id).collect();
        self.require(rows == held.statements, "V.statement_rows", row.id);
        self.read_off(row, &key, &growing);
        Ok(held)
    }

    fn change(&mut self, id: RecordId, key: &DocumentKey, row: &ChangeRow, growing: &mut Growing, held: &mut Held) {
        let Ok(bytes) = key.open(Purpose::Change, &change_place(id, row.hash), &row.bytes) else {
            return self.fault("V.change_sealed", format_args!("{id} {}", row.hash));
        };
        let candidate = match Candidate::read(&bytes, growing.state.template) {
            Ok(candidate) if candidate.hash == row.hash => candidate,
            Ok(_) | Err(_) => return self.fault("V.change", format_args!("{id} {}", row.hash)),
        };
        for opened in candidate.statements() {
            self.answer.statements += 1;
            let key = self.keys.get(&opened.kid);
            let signed = key.is_some_and(|key| opened.verify(key).is_ok());
            self.require(signed, "V.signature", format_args!("{id} {}", opened.id));
            let spoken_by = self.device_of(candidate.actor);
            self.require(spoken_by == Some(opened.kid), "V.signer", format_args!("{id} {}", opened.id));
        }
        match fits(candidate, id, growing) {
            Some(checked) => {
                let same = checked.actor == row.actor
                    && checked.seq == row.seq
                    && checked.max_op == row.max_op
                    && Clock::from_bytes(&row.clock).as_ref() == Some(&checked.clock);
                self.require(same, "V.change_row", format_args!("{id} {}", row.hash));
                held.changes.push(checked.hash);
                held.bytes.insert(sha256(&bytes));
                held.statements.extend(checked.statements().map(|opened| opened.id));
                growing.state.apply(&checked);
                growing.history.apply(&checked);
                growing.view.apply(&checked);
                let dot = Dot { actor: row.actor, seq: row.seq };
                growing.view.taken(dot, held.changes.len() as u64);
                growing.received.insert(dot, row.at);
            }
            None => self.fault("V.change", format_args!("{id} {}", row.hash)),
        }
    }

    /// The device an actor is: the server's own, or one the directory vouches for.
    pub(super) fn device_of(&self, actor: ActorId) -> Option<DeviceId> {
        if actor == self.core.actor {
            Some(self.core.signer.public_key().id())
        } else {
            self.actors.get(&actor).copied()
        }
    }

    /// The state row and the projection must be what the changes give.
    fn read_off(&mut self, row: &DocumentRow, key: &DocumentKey, growing: &Growing) {
        let state = key.open(Purpose::State, &row.id.0, &row.state);
        self.require(state.is_ok_and(|state| state == growing.state.to_bytes()), "V.state", row.id);
        let Ok(Some(stored)) = Projection::open(key, row) else { return self.fault("V.projection", row.id) };
        let Ok(Some(by)) = policy::of_version(self.tx, stored.policy) else {
            return self.fault("V.policy", stored.policy);
        };
        let computed = Projection::of(row.id, &growing.view, stored.at, &by.policy, &growing.received);
        self.require(computed.as_ref() == Some(&stored), "V.projection", row.id);
        let clear = computed.map(|computed| computed.in_clear(row.clone()));
        self.require(clear.as_ref() == Some(row), "V.projection", row.id);
    }
}

fn fits(candidate: Candidate, id: RecordId, growing: &Growing) -> Option<Checked> {
    let made = candidate.statements().find_map(|opened| opened.statement.created().ok());
    let kind = growing.view.created().map(|(_, made)| made.kind).or(made.map(|made| made.kind))?;
    let (declaration, rules): (&dyn Declaration, u64) = match records::kind(&kind) {
        Some(kind) => (kind, records::RULES_VERSION),
        None => (&Undeclared, 0),
    };
    match documents::check(candidate, id, &growing.state, &growing.history, declaration, rules) {
        Ok(Verdict::Fits(checked)) => Some(checked),
        Ok(Verdict::Known | Verdict::Need(_) | Verdict::Refused(_)) => None,
    }
}
