//! A device as the server sees one: it makes changes, frames and signatures, and checks all it gets.

use std::collections::BTreeMap;

use documents::check::{Candidate, Verdict};
use documents::{ChangeBuilder, Created, DocState, MemoryHistory, Sentence, Statement, Template, View, check};
use records::{Actor, Context, Do, Role, Writes};
use serde_json::Value as Json;
use signed::cbor::Map;
use signed::digest::AudienceDigest;
use signed::{
    ActorId, ChangeHash, FrameHash, Incarnation, RecordId, RingSigner, Signer as _, StatementHash, Timestamp, Value,
};
use sync_engine::server::{Peer, ProvenFrame};
use sync_server::core::{PeerState, limits};
use wire::{Enrol, FrameHeader, Hello, Item, Lane, Receipt, Row};

use super::{World, user};

/// One document here.
#[derive(Clone)]
pub struct Copy {
    pub state: DocState,
    pub history: MemoryHistory,
    pub view: View,
}

/// A frame that was signed.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub frame: ProvenFrame,
}

pub struct Handset {
    pub signer: RingSigner,
    pub incarnation: Incarnation,
    pub actor: ActorId,
    pub peer: Peer,
    pub role: Role,
    pub school: Option<String>,
    pub docs: BTreeMap<RecordId, Copy>,
    pub outbox: Vec<(RecordId, Vec<u8>)>,
    pub lanes: BTreeMap<Lane, (u64, FrameHash)>,
    pub cursor: u64,
    /// Every row that ever came.
    pub rows: Vec<Row>,
    /// Changes that count for the digest.
    pub held: BTreeMap<RecordId, Vec<ChangeHash>>,
}

impl Handset {
    pub fn enrol(world: &World, id: &str) -> Self {
        Self::enrol_key(world, id, RingSigner::generate().unwrap())
    }

    pub fn enrol_key(world: &World, id: &str, signer: RingSigner) -> Self {
        let code = world.core.enrol_code(&user(id), "127.0.0.1:1", limits::CODE_TTL_MS).unwrap().code;
        let incarnation = Incarnation(signer.public_key().id().0);
        let enrol = Enrol { versions: wire::version::versions(), code: code.code, secret: code.secret, incarnation };
        let enrolled = world.core.enrol(signer.public_key(), &enrol).unwrap();
        assert_eq!(enrolled.device, signer.public_key().id());
        let PeerState::Known(peer) = world.core.peer(signer.public_key()).unwrap() else { panic!("known") };
        let schools = [("officer", "100001"), ("other", "100002"), ("lead", "100001"), ("lead2", "100002")];
        let schools: BTreeMap<_, _> = schools.into_iter().chain([("staff", "100001"), ("named", "100003")]).collect();
        Self {
            actor: ActorId::of_store(signer.public_key().spki(), &incarnation),
            role: peer.role.parse().unwrap(),
            school: schools.get(id).map(|school| (*school).to_owned()),
            signer,
            incarnation,
            peer,
            docs: BTreeMap::new(),
            outbox: Vec::new(),
            lanes: BTreeMap::new(),
            cursor: 0,
            rows: Vec::new(),
            held: BTreeMap::new(),
        }
    }

    /// A statement in this device's name, unsigned.
    pub fn statement(&self, id: RecordId, kind: &str, sentence: Sentence, content: Map) -> Statement {
        let seen = self.docs.get(&id).map_or(vec![Template::Record.genesis().hash], |doc| doc.state.heads.clone());
        let mut salt = [0; 16];
        salt.copy_from_slice(&signed::digest::sha256(format!("{}{:?}", self.actor, seen).as_bytes())[..16]);
        Statement {
            record: id,
            kind: kind.into(),
            sentence,
            version: 1,
            content,
            author: self.peer.user.clone(),
            role: self.peer.role.clone(),
            actor: self.actor,
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
            salt,
        }
    }

    /// A new record from a body, saved here and waiting to be sent.
    pub fn create(&mut self, world: &World, kind: &str, body: Json) -> RecordId {
        let id = if kind == "case" { body["case"].as_str().unwrap().parse().unwrap() } else { world.id() };
        let kind = records::kind(kind).unwrap();
        let mut mint = || world.id().to_string();
        let mut body = records::normalise(kind, body, &mut mint).expect("a good body");
        records::defaults(kind, &mut body, now());
        let case = body.case().unwrap_or_else(|| world.id());
        let school = self.school.as_ref().filter(|_| self.role.of_school()).map(|s| super::school(s));
        let compartment =
            records::compartment_of(kind, self.role, school.as_ref(), Some(&self.peer.user), &body, case).unwrap();
        let created = Created {
            kind: kind.name.into(),
            template: Template::Record,
            compartment: compartment.to_string(),
            case: Some(case),
            school: body.text("school").map(str::to_owned).or_else(|| self.school.clone()),
            capacity: body.text("capacity").unwrap().to_owned(),
        };
        let mut writes = records::split(kind, &body).expect("fits");
        let content = created.content(Some((kind.part, std::mem::take(&mut writes.sealed))));
        let statement = self.statement(id, kind.name, Sentence::Step("created".into()), content);
        self.write(id, Template::Record, Some(&statement), &writes);
        id
    }

    /// A verb, as `records` plans it.
    pub fn act(&mut self, world: &World, id: RecordId, verb: &str, body: Json, online: bool) {
        let kind = self.kind(id);
        let view = self.docs[&id].view.clone();
        let ctx = Context { online, ..Context::at(now()) };
        let shown = records::shown(kind, &view, &ctx);
        let what = Do { verb, body, considered: Vec::new() };
        let actor = Actor { user: &self.peer.user, role: self.role };
        let mut mint = || world.id().to_string();
        let plan = records::plan(kind, &view, &shown, actor, &what, &ctx, &mut mint)
            .unwrap_or_else(|refused| panic!("{verb}: {:?}", refused.gaps));
        let statement = self.statement(id, kind.name, Sentence::Step(plan.step), plan.content);
        self.write(id, Template::Record, Some(&statement), &plan.writes);
    }

    pub fn edit(&mut self, world: &World, id: RecordId, path: &str, value: Json) {
        let kind = self.kind(id);
        let mut mint = || world.id().to_string();
        let writes = records::edits(
            kind,
            &self.docs[&id].view,
            &[(path.to_owned(), value)],
            &records::Policy::DEFAULT,
            &mut mint,
        )
        .unwrap();
        self.write(id, Template::Record, None, &writes);
    }

    /// One change, whatever it says, taken in here and put into the outbox.
    pub fn write(&mut self, id: RecordId, template: Template, statement: Option<&Statement>, writes: &Writes) {
        let bytes = self.change(id, template, statement, writes);
        assert!(self.take(id, &bytes), "our own change fits");
        self.outbox.push((id, bytes));
    }

    /// One change's bytes.
    pub fn change(&self, id: RecordId, template: Template, statement: Option<&Statement>, writes: &Writes) -> Vec<u8> {
        let fresh = DocState::new(template);
        let state = self.docs.get(&id).map_or(&fresh, |doc| &doc.state);
        let mut builder = ChangeBuilder::new(state, self.actor);
        if let Some(statement) = statement {
            builder.statement(statement.sign(&self.signer).unwrap());
        }
        let by = self.peer.user.as_str();
        for (field, value) in &writes.entries {
            builder.entry(field, value, by, now());
        }
        for (field, value) in &writes.cautious {
            builder.cautious(field, value, by, now());
        }
        for (key, value) in &writes.fields {
            builder.field(key, value);
        }
        builder.finish()
    }

    pub fn kind(&self, id: RecordId) -> &'static records::Kind {
        records::kind(&self.docs[&id].view.created().unwrap().1.kind).unwrap()
    }

    pub fn shown(&self, id: RecordId) -> records::Shown {
        records::shown(self.kind(id), &self.docs[&id].view, &Context { online: true, ..Context::at(now()) })
    }

    fn take(&mut self, id: RecordId, bytes: &[u8]) -> bool {
        let template = Candidate::dependencies(bytes).unwrap().iter().find_map(Template::of_genesis);
        let doc = self.docs.entry(id).or_insert_with(|| {
            let state = DocState::new(template.unwrap());
            Copy { state, history: MemoryHistory::default(), view: View::default() }
        });
        let candidate = Candidate::read(bytes, doc.state.template).unwrap();
        let made = candidate.statements().find_map(|o| o.statement.created().ok());
        let name = doc.view.created().map(|(_, m)| m.kind).or(made.map(|m| m.kind)).unwrap();
        let verdict =
            check(candidate, id, &doc.state, &doc.history, records::kind(&name).unwrap(), records::RULES_VERSION);
        match verdict.unwrap() {
            Verdict::Fits(checked) => {
                doc.state.apply(&checked);
                doc.history.apply(&checked);
                doc.view.apply(&checked);
                true
            }
            Verdict::Known => false,
            other @ (Verdict::Need(_) | Verdict::Refused(_)) => panic!("{other:?}"),
        }
    }

    /// Signs everything in the outbox into one frame of a lane.
    pub fn frame(&mut self, lane: Lane) -> Outgoing {
        let outbox = std::mem::take(&mut self.outbox);
        let mut items: Vec<Item> = Vec::new();
        for (document, change) in outbox {
            match items.iter_mut().find(|item| item.document == document) {
                Some(item) => item.changes.push(change),
                None => items.push(Item { document, changes: vec![change] }),
            }
        }
        self.frame_of(lane, items)
    }

    pub fn frame_of(&mut self, lane: Lane, items: Vec<Item>) -> Outgoing {
        let (last, previous) = self.lanes.get(&lane).copied().unwrap_or((0, FrameHash([0; 32])));
        let header = FrameHeader {
            device: self.peer.device,
            incarnation: self.incarnation,
            lane,
            number: last + 1,
            previous,
            items: items.iter().map(Item::hash).collect(),
        };
        let (signature, hash) = header.sign(&self.signer).unwrap();
        self.lanes.insert(lane, (last + 1, hash));
        Outgoing { frame: ProvenFrame { header, signature, hash, items } }
    }

    /// Sends everything; the receipt is proven before it is believed.
    pub fn push(&mut self, world: &World) -> Receipt {
        let outgoing = self.frame(Lane::Rest);
        self.send(world, &outgoing).unwrap()
    }

    pub fn send(&self, world: &World, outgoing: &Outgoing) -> Result<Receipt, signed::Code> {
        let prepared = world.core.prepare(&self.peer, outgoing.frame.clone()).unwrap();
        let receipt = world.commit(prepared).results.remove(0)?;
        let statements: Vec<Vec<StatementHash>> = outgoing
            .frame
            .items
            .iter()
            .zip(&receipt.outcomes)
            .map(|(item, outcome)| {
                let accepted = item.changes.iter().take(usize::try_from(outcome.accepted).unwrap());
                accepted.flat_map(|bytes| statements_of(bytes)).collect()
            })
            .collect();
        let key = world.core.signer().public_key().clone();
        receipt.verify(self.peer.device, outgoing.frame.hash, &statements, &key, world.core.epoch()).unwrap();
        Ok(receipt)
    }

    /// Takes every page; each is proven, and its digest is what is held here.
    pub fn pull(&mut self, world: &World) -> Vec<Row> {
        let mut new = Vec::new();
        while let Some(page) = world.core.page(&self.peer, self.cursor, None).unwrap() {
            let key = world.core.signer().public_key().clone();
            let (header, rows) = page.verify(&self.peer.user, world.core.epoch(), &key).unwrap();
            for row in &rows {
                self.row(row);
            }
            self.cursor = header.from + rows.len() as u64 - 1;
            assert_eq!(self.digest(), header.digest, "the digest at row {} of {}", self.cursor, self.peer.user);
            new.extend(rows);
            world.core.committed(&self.peer, self.cursor).unwrap();
        }
        self.rows.extend(new.iter().cloned());
        new
    }

    fn row(&mut self, row: &Row) {
        match row {
            Row::Change { document, change } => {
                self.take(*document, change);
                let hash = hash_of(change);
                self.hold(*document, hash);
            }
            Row::Own { document, change, .. } => self.hold(*document, *change),
            Row::Withdrawn { document, .. } => {
                self.docs.remove(document);
                self.held.remove(document);
            }
            Row::Granted { .. }
            | Row::Delivery { .. }
            | Row::Headline { .. }
            | Row::Directory { .. }
            | Row::Policy { .. }
            | Row::Prompt { .. }
            | Row::Match { .. }
            | Row::Held { .. }
            | Row::Unknown { .. } => {}
        }
    }

    fn hold(&mut self, document: RecordId, change: ChangeHash) {
        let held = self.held.entry(document).or_default();
        if !held.contains(&change) {
            held.push(change);
        }
    }

    pub fn digest(&self) -> [u8; 32] {
        let mut digest = AudienceDigest::default();
        for (document, changes) in &self.held {
            changes.iter().for_each(|change| digest.add(*document, *change));
        }
        digest.0
    }

    pub fn hello(&self) -> Hello {
        Hello {
            versions: wire::version::versions(),
            incarnation: self.incarnation,
            epoch: None,
            cursor: self.cursor,
            digest: self.digest(),
            last_receipt: None,
            ahead: None,
        }
    }
}

pub fn now() -> Timestamp {
    Timestamp::parse(super::MORNING).unwrap()
}

fn read(bytes: &[u8]) -> Candidate {
    Candidate::read(bytes, Template::Record).or_else(|_| Candidate::read(bytes, Template::Draft)).unwrap()
}

fn hash_of(bytes: &[u8]) -> ChangeHash {
    read(bytes).hash
}

fn statements_of(bytes: &[u8]) -> Vec<StatementHash> {
    read(bytes).statements().map(|opened| opened.id).collect()
}

/// A text value, for content maps.
pub fn text(text: &str) -> Value {
    Value::text(text)
}
