//! Helpers of the tests: one small world with a key, an actor and a document.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;

use documents::check::{Candidate, Checked, Verdict};
use documents::{
    ChangeBuilder, Created, Declaration, DocState, Document, MemoryHistory, Merge, Refusal, Sentence, Statement,
    Template, View, check,
};
use signed::{ActorId, Incarnation, RecordId, RingSigner, Signer, Timestamp, UserId};

/// A kind with one field of each merge code.
pub struct Kind;

impl Declaration for Kind {
    fn merge(&self, key: &str) -> Option<Merge> {
        match key {
            "title" => Some(Merge::L),
            "owner" | "grade" => Some(Merge::C),
            "approved" => Some(Merge::S),
            "updates" => Some(Merge::A),
            "urgency" => Some(Merge::M),
            "words" => Some(Merge::W),
            _ => None,
        }
    }
}

/// One device: a key and an actor.
pub struct Device {
    pub signer: RingSigner,
    pub actor: ActorId,
    pub user: &'static str,
}

impl Device {
    pub fn new(user: &'static str) -> Self {
        let signer = RingSigner::generate().unwrap();
        let actor = ActorId::of_store(signer.public_key().spki(), &Incarnation([7; 16]));
        Self { signer, actor, user }
    }

    pub fn statement(&self, replica: &Replica, sentence: Sentence, content: signed::cbor::Map) -> Vec<u8> {
        self.statement_seeing(replica.record, replica.state.heads.clone(), sentence, content)
    }

    pub fn statement_seeing(
        &self,
        record: RecordId,
        seen: Vec<signed::ChangeHash>,
        sentence: Sentence,
        content: signed::cbor::Map,
    ) -> Vec<u8> {
        let statement = Statement {
            record,
            kind: "test".into(),
            sentence,
            version: 1,
            content,
            author: UserId::new(self.user).unwrap(),
            role: "officer".into(),
            actor: self.actor,
            event_at: None,
            device_at: now(),
            mono_ms: 5,
            boot: "boot".into(),
            offset_ms: None,
            rules: 1,
            policy: 1,
            gaps: Vec::new(),
            seen,
            shown: Vec::new(),
            salt: [9; 16],
        };
        statement.sign(&self.signer).unwrap()
    }

    pub fn create(&self, replica: &Replica) -> Vec<u8> {
        let mut builder = ChangeBuilder::new(&replica.state, self.actor);
        let content = created(replica.state.template).content(None);
        builder.statement(self.statement(replica, Sentence::Step("created".into()), content));
        builder.finish()
    }
}

pub fn now() -> Timestamp {
    Timestamp::parse("2026-11-22T09:00:00Z").unwrap()
}

pub fn created(template: Template) -> Created {
    Created {
        kind: "test".into(),
        template,
        compartment: "POLICE(x)".into(),
        case: None,
        school: None,
        capacity: "safer_schools".into(),
    }
}

/// One copy of the document.
#[derive(Clone)]
pub struct Replica {
    pub record: RecordId,
    pub state: DocState,
    pub history: MemoryHistory,
    pub view: View,
    pub changes: Vec<Checked>,
}

impl Replica {
    pub fn new(template: Template) -> Self {
        Self {
            record: RecordId::derived(&["test"]),
            state: DocState::new(template),
            history: MemoryHistory::default(),
            view: View::default(),
            changes: Vec::new(),
        }
    }

    pub fn judge(&self, bytes: &[u8]) -> Result<Verdict, Refusal> {
        let candidate = Candidate::read(bytes, self.state.template)?;
        Ok(check(candidate, self.record, &self.state, &self.history, &Kind, 1).unwrap())
    }

    pub fn refusal(&self, bytes: &[u8]) -> Refusal {
        match self.judge(bytes) {
            Err(refusal) | Ok(Verdict::Refused(refusal)) => refusal,
            Ok(other) => panic!("not refused: {other:?}"),
        }
    }

    pub fn take(&mut self, bytes: &[u8]) -> bool {
        match self.judge(bytes) {
            Ok(Verdict::Fits(checked)) => {
                self.state.apply(&checked);
                self.history.apply(&checked);
                self.view.apply(&checked);
                self.changes.push(checked);
                true
            }
            Ok(Verdict::Known | Verdict::Need(_)) => false,
            Ok(Verdict::Refused(refusal)) | Err(refusal) => panic!("refused: {refusal}"),
        }
    }

    /// Delivers changes in the given order, again and again until nothing new fits.
    pub fn take_all(&mut self, changes: &[Vec<u8>]) {
        while changes.iter().filter(|bytes| self.take(bytes)).count() > 0 {}
    }

    pub fn document(&self) -> Document {
        let changes = self.changes.iter().map(|c| (c.bytes.as_slice(), c.info()));
        Document::load(self.state.template, changes).unwrap()
    }
}

pub fn content(pairs: &[(&str, &str)]) -> BTreeMap<String, signed::Value> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), signed::Value::text(*v))).collect()
}
