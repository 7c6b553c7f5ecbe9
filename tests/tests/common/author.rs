//! Somebody who writes records with nothing but the documents' own tools: what they make is what a
//! handset makes, until a test bends it.
#![allow(clippy::wildcard_enum_match_arm)]

use std::collections::BTreeMap;

use documents::check::{Candidate, Checked, Verdict};
use documents::{ChangeBuilder, Created, DocState, MemoryHistory, Scalar, Sentence, Statement, Template, View, check};
use records::{Role, SealTimes, Writes};
use serde_json::Value as Json;
use signed::cbor::Map;
use signed::{ActorId, RecordId, Timestamp, UserId};
use wire::{Item, Lane, Rest};

use super::client::{Client, Sent, Session};

/// One document here.
#[derive(Clone)]
pub struct Held {
    pub state: DocState,
    pub history: MemoryHistory,
    pub view: View,
    /// Its changes as they were made.
    pub changes: Vec<Checked>,
}

/// A device, its session, and what it has written.
pub struct Author {
    pub client: Client,
    pub session: Session,
    pub user: UserId,
    pub role: Role,
    pub docs: BTreeMap<RecordId, Held>,
    minted: u16,
}

pub fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap())
}

impl Author {
    /// A new device with this code, in a session, with every row of its user's inbox.
    pub async fn enrol(code: &str) -> Self {
        Self::of(Client::enrol(code).await.unwrap()).await
    }

    /// A device that is enrolled.
    pub async fn of(mut client: Client) -> Self {
        let mut session = client.connect().await;
        client.read_all(&mut session).await;
        let enrolled = client.enrolled.as_ref().unwrap();
        let (user, role) = (enrolled.user.clone(), enrolled.role.parse().unwrap());
        Self { client, session, user, role, docs: BTreeMap::new(), minted: 0 }
    }

    pub fn actor(&self) -> ActorId {
        self.client.actor()
    }

    pub fn mint(&mut self) -> RecordId {
        self.minted += 1;
        let mut random = [0; 10];
        random[..8].copy_from_slice(&self.actor().0[..8]);
        random[8..].copy_from_slice(&self.minted.to_be_bytes());
        RecordId::mint(now(), random)
    }

    /// A sentence in this device's name, about what it knows of the record.
    pub fn statement(&self, id: RecordId, kind: &str, sentence: Sentence, content: Map) -> Statement {
        let seen = self.docs.get(&id).map_or(vec![Template::Record.genesis().hash], |doc| doc.state.heads.clone());
        Statement {
            record: id,
            kind: kind.into(),
            sentence,
            version: 1,
            content,
            author: self.user.clone(),
            role: self.role.as_str().into(),
            actor: self.actor(),
            event_at: None,
            device_at: now(),
            mono_ms: 1,
            boot: "boot".into(),
            offset_ms: None,
            rules: records::RULES_VERSION,
            policy: 1,
            gaps: Vec::new(),
            seen,
            shown: Vec::new(),
            salt: [7; 16],
        }
    }

    /// A change of this device on everything it knows of a record.
    pub fn change(&self, id: RecordId, fill: impl FnOnce(&mut ChangeBuilder<'_>)) -> Vec<u8> {
        let fresh = DocState::new(Template::Record);
        let mut builder = ChangeBuilder::new(self.docs.get(&id).map_or(&fresh, |doc| &doc.state), self.actor());
        fill(&mut builder);
        builder.finish()
    }

    /// The first change of a live record, as its body asks for it.
    pub fn beginning(&mut self, id: RecordId, kind: &str, body: Json) -> (Statement, Writes) {
        let kind = records::kind(kind).unwrap();
        let mut mint = || self.mint().to_string();
        let mut body = records::normalise(kind, body, &mut mint).unwrap();
        let when = SealTimes { recorded_at: now(), policy: &records::Policy::DEFAULT };
        records::defaults(kind, &mut body, when.recorded_at);
        let case = body.case().unwrap();
        let compartment = records::compartment_of(kind, self.role, None, None, &body, case).unwrap();
        let created = Created {
            kind: kind.name.into(),
            template: Template::Record,
            compartment: compartment.to_string(),
            case: Some(case),
            school: body.text("school").map(str::to_owned),
            capacity: body.text("capacity").unwrap().to_owned(),
        };
        let mut writes = records::split(kind, &body).unwrap();
        let content = created.content(Some((kind.part, std::mem::take(&mut writes.sealed))));
        let mut statement = self.statement(id, kind.name, Sentence::Step("created".into()), content);
        statement.event_at = body.event_at();
        statement.gaps = records::seal_gaps(kind, &body, &when).iter().map(records::Gap::to_value).collect();
        (statement, writes)
    }

    /// Writes what a body asks for.
    pub fn fill(&self, builder: &mut ChangeBuilder<'_>, statement: &Statement, writes: &Writes) {
        builder.statement(statement.sign(self.client.signer.as_ref()).unwrap());
        for (field, value) in &writes.entries {
            builder.entry(field, value, self.user.as_str(), now());
        }
        for (field, value) in &writes.cautious {
            builder.cautious(field, value, self.user.as_str(), now());
        }
        for (key, value) in &writes.fields {
            builder.field(key, value);
        }
    }

    /// An honest new record: its id and its item.
    pub fn create(&mut self, kind: &str, body: Json) -> (RecordId, Item) {
        let id = self.mint();
        let (statement, writes) = self.beginning(id, kind, body);
        let bytes = self.change(id, |builder| self.fill(builder, &statement, &writes));
        (id, self.written(id, bytes))
    }

    /// An honest edit of a register.
    pub fn edit(&mut self, id: RecordId, key: &str, value: &str) -> Item {
        let bytes = self.change(id, |builder| {
            builder.field(key, &Scalar::Text(value.into()));
        });
        self.written(id, bytes)
    }

    /// An honest step of a record.
    pub fn step(&mut self, id: RecordId, kind: &str, step: &str, content: Map) -> Item {
        let bytes = self.step_unchecked(id, kind, step, content);
        self.written(id, bytes)
    }

    /// The change with a step, whatever it says.
    pub fn step_unchecked(&self, id: RecordId, kind: &str, step: &str, content: Map) -> Vec<u8> {
        let statement = self.statement(id, kind, Sentence::Step(step.into()), content);
        let signed = statement.sign(self.client.signer.as_ref()).unwrap();
        self.change(id, |builder| {
            builder.statement(signed);
        })
    }

    /// An honest change, held to every check here before it leaves.
    fn written(&mut self, id: RecordId, bytes: Vec<u8>) -> Item {
        let candidate = Candidate::read(&bytes, Template::Record).unwrap();
        let doc = self.docs.entry(id).or_insert_with(|| Held {
            state: DocState::new(Template::Record),
            history: MemoryHistory::default(),
            view: View::default(),
            changes: Vec::new(),
        });
        let made = candidate.statements().find_map(|said| said.statement.created().ok());
        let name = doc.view.created().map(|(_, made)| made.kind).or(made.map(|made| made.kind)).unwrap();
        let kind = records::kind(&name).unwrap();
        match check(candidate, id, &doc.state, &doc.history, kind, records::RULES_VERSION).unwrap() {
            Verdict::Fits(checked) => {
                doc.state.apply(&checked);
                doc.history.apply(&checked);
                doc.view.apply(&checked);
                doc.changes.push(checked);
            }
            other => panic!("{other:?}"),
        }
        Item { document: id, changes: vec![bytes] }
    }

    pub async fn push(&mut self, items: Vec<Item>) -> Sent {
        self.client.push(&mut self.session, Lane::Rest, items).await
    }

    /// Pushes what must be taken.
    pub async fn push_honest(&mut self, items: Vec<Item>) {
        let sent = self.push(items).await;
        for outcome in &sent.receipt.outcomes {
            assert_eq!(outcome.rest, Rest::Ok);
        }
    }
}
