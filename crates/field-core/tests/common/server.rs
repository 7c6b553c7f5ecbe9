//! The server of these tests.

use std::collections::{BTreeMap, VecDeque};

use documents::{Candidate, Created, Sentence, Statement, Template};
use field_core::{Field, PageOutcome, Stored};
use signed::cbor::{self, Map, Value};
use signed::digest::AudienceDigest;
use signed::merkle::Frontier;
use signed::{
    ActorId, ChangeHash, DeviceId, Incarnation, PublicKey, ReaderSecret, RecordId, RingSigner, Signer, StatementHash,
    Timestamp, UserId,
};
use sync_engine::device::{Device, Effect, Input, Report};
use wire::{
    Enrolled, EnrolmentCode, Epoch, FrameBody, Lane, Leaf, LogHead, Message, Outcome, Page, PageHeader, Push, Receipt,
    Rest, Row, Welcome,
};
use zeroize::Zeroizing;

pub const EPOCH: Epoch = Epoch([5; 16]);

pub struct User {
    pub role: &'static str,
    pub schools: Vec<&'static str>,
    pub rows: Vec<(Row, Option<DeviceId>)>,
    pub digest: AudienceDigest,
}

pub struct Known {
    pub user: String,
    pub key: PublicKey,
    pub incarnation: Incarnation,
    pub actor: ActorId,
}

/// Everything one sync did.
#[derive(Default)]
pub struct Day {
    pub stored: Vec<Stored>,
    pub pages: Vec<PageOutcome>,
    pub sent: Vec<Push>,
    pub reports: Vec<Report>,
}

pub struct Server {
    pub signer: RingSigner,
    pub users: BTreeMap<String, User>,
    pub devices: BTreeMap<DeviceId, Known>,
    pub documents: BTreeMap<RecordId, (Created, Template, String, Vec<ChangeHash>)>,
    pub bytes: BTreeMap<(RecordId, ChangeHash), Vec<u8>>,
    /// What the next changes of these documents are answered.
    pub refusals: BTreeMap<ChangeHash, u32>,
    pub expected: BTreeMap<(DeviceId, Lane), u64>,
    /// Opens what is carried here; announced to every new device.
    pub relay: Option<ReaderSecret>,
    /// The last row this session's device was sent.
    told: u64,
    log: Frontier,
    leaves: Vec<[u8; 32]>,
}

pub fn at() -> Timestamp {
    Timestamp::parse("2026-11-23T09:00:30Z").unwrap()
}

impl Server {
    pub fn new() -> Self {
        let mut server = Self {
            signer: RingSigner::generate().unwrap(),
            users: BTreeMap::new(),
            devices: BTreeMap::new(),
            documents: BTreeMap::new(),
            bytes: BTreeMap::new(),
            refusals: BTreeMap::new(),
            expected: BTreeMap::new(),
            relay: Some(ReaderSecret::derive(Zeroizing::new([7; 32]))),
            told: 0,
            log: Frontier::default(),
            leaves: Vec::new(),
        };
        for (user, role, schools) in [
            ("officer1", "officer", vec!["100001"]),
            ("officer2", "officer", vec!["100001"]),
            ("sergeant1", "sergeant", vec![]),
            ("lead1", "dsl", vec!["100001"]),
        ] {
            server
                .users
                .insert(user.into(), User { role, schools, rows: Vec::new(), digest: AudienceDigest::default() });
        }
        server
    }

    pub fn actor(&self) -> ActorId {
        ActorId::of_store(self.signer.public_key().spki(), &Incarnation([1; 16]))
    }

    /// A directory statement by the server's key.
    pub fn says(&self, subject: &str, step: &str, content: Map) -> Vec<u8> {
        let statement = Statement {
            record: RecordId::derived(&["directory", subject]),
            kind: "directory".into(),
            sentence: Sentence::Step(step.into()),
            version: 1,
            content,
            author: UserId::new("server").unwrap(),
            role: "server".into(),
            actor: self.actor(),
            event_at: None,
            device_at: at(),
            mono_ms: 0,
            boot: "boot".into(),
            offset_ms: None,
            rules: 1,
            policy: 1,
            gaps: Vec::new(),
            seen: Vec::new(),
            shown: Vec::new(),
            salt: [0; 16],
        };
        statement.sign(&self.signer).unwrap()
    }

    fn of_user(&self, user: &str) -> Vec<u8> {
        let found = &self.users[user];
        let content = cbor::map([
            ("user", Value::text(user)),
            ("name", Value::text("Name")),
            ("role", Value::text(found.role)),
            ("schools", Value::Array(found.schools.iter().map(|s| Value::text(*s)).collect())),
            ("active", Value::Bool(true)),
        ]);
        self.says(user, "user", content.as_map().unwrap().clone())
    }

    fn of_device(&self, id: DeviceId) -> Vec<u8> {
        let known = &self.devices[&id];
        let content = cbor::map([
            ("user", Value::text(&known.user)),
            ("role", Value::text(self.users[&known.user].role)),
            ("device", Value::bytes(id.0)),
            ("spki", Value::bytes(known.key.spki())),
            ("actor", Value::bytes(known.actor.0)),
            ("incarnation", Value::bytes(known.incarnation.0)),
            ("from", Value::text(at().to_string())),
        ]);
        self.says(&id.to_string(), "device", content.as_map().unwrap().clone())
    }

    fn of_relay(&self) -> Option<Vec<u8>> {
        let key = self.relay.as_ref()?.public();
        let content = cbor::map([("key", Value::bytes(key.as_bytes()))]);
        Some(self.says("relay", "relay_key", content.as_map().unwrap().clone()))
    }

    pub fn enrol(&mut self, field: &Field, user: &str) {
        let pins = vec![wire::enrolment::pin(self.signer.public_key().spki())];
        let code = EnrolmentCode { address: "127.0.0.1:1".into(), pins: pins.clone(), code: [1; 16], secret: [2; 16] };
        let start = field.enrol_begin(&code).unwrap();
        let key = start.signer.public_key().clone();
        let (id, actor) = (key.id(), ActorId::of_store(key.spki(), &start.incarnation));
        self.devices.insert(id, Known { user: user.into(), key, incarnation: start.incarnation, actor });
        let enrolled = Enrolled {
            user: UserId::new(user).unwrap(),
            role: self.users[user].role.into(),
            device: id,
            epoch: EPOCH,
            time: at(),
            directory: [self.of_user(user), self.of_device(id)].into_iter().chain(self.of_relay()).collect(),
            server_keys: vec![self.signer.public_key().spki().to_vec()],
        };
        field.enrol_finish(&enrolled, &code.address, &pins).unwrap();
        // Everybody who may come to share a compartment learns the key first.
        let statements = [self.of_user(user), self.of_device(id)];
        for one in self.users.values_mut() {
            one.rows.extend(statements.iter().map(|s| (Row::Directory { statement: s.clone() }, None)));
        }
        // A second device gets what the user may hold from the same list, from its beginning.
    }

    /// Police see everything but others' drafts; a school sees its own SHARE.
    fn audience(&self, created: &Created, author: &str) -> Vec<String> {
        let may = |name: &String, user: &User| match created.template {
            Template::Draft => name == author,
            Template::Record if user.role == "dsl" => {
                user.schools.iter().any(|s| created.compartment.starts_with(&format!("SHARE({s},")))
            }
            Template::Record => true,
        };
        self.users.iter().filter(|(name, user)| may(name, user)).map(|(name, _)| name.clone()).collect()
    }

    /// Takes one frame of a device; answers its receipt.
    pub fn take(&mut self, device: DeviceId, push: &Push) -> Receipt {
        let body = push.open().unwrap();
        let known = &self.devices[&device];
        let (_, frame) = body.verify(&known.key, known.incarnation, push.lane, push.number).unwrap();
        let expected = self.expected.entry((device, push.lane)).or_insert(1);
        assert_eq!(push.number, *expected, "frames come in order");
        *expected += 1;
        let (outcomes, statements) = self.items(device, push, &body);
        let user = self.devices[&device].user.clone();
        let role = self.users[&user].role.to_owned();
        let leaf = Leaf {
            device,
            frame,
            outcomes: outcomes.clone(),
            statements,
            user: UserId::new(&user).unwrap(),
            role: role.clone(),
        };
        let index = self.log.size();
        self.leaves.push(leaf.hash());
        self.log.push(leaf.hash());
        let head = LogHead {
            epoch: EPOCH,
            time: at(),
            size: self.log.size(),
            root: self.log.root(),
            audit_size: 0,
            audit_head: [0; 32],
        };
        Receipt {
            lane: push.lane,
            number: push.number,
            head: head.sign(&self.signer).unwrap(),
            index,
            path: signed::merkle::path(&self.leaves, usize::try_from(index).unwrap()).unwrap(),
            outcomes,
            user: UserId::new(&user).unwrap(),
            role,
            inbox_head: self.users[&user].rows.len() as u64,
        }
    }

    fn items(&mut self, device: DeviceId, push: &Push, body: &FrameBody) -> (Vec<Outcome>, Vec<Vec<StatementHash>>) {
        let (mut outcomes, mut statements) = (Vec::new(), Vec::new());
        for (place, item) in (0_u64..).zip(&body.items) {
            let (mut accepted, mut rest, mut named) = (0, Rest::Ok, Vec::new());
            for bytes in &item.changes {
                match self.one(device, push, place, item.document, bytes) {
                    Ok(ids) => {
                        accepted += 1;
                        named.extend(ids);
                    }
                    Err(why) => {
                        rest = why;
                        break;
                    }
                }
            }
            outcomes.push(Outcome { accepted, rest });
            statements.push(named);
        }
        (outcomes, statements)
    }

    fn one(
        &mut self,
        device: DeviceId,
        push: &Push,
        item: u64,
        document: RecordId,
        bytes: &[u8],
    ) -> Result<Vec<StatementHash>, Rest> {
        let template = match self.documents.get(&document) {
            Some((_, template, ..)) => *template,
            None => {
                let deps = Candidate::dependencies(bytes).unwrap();
                deps.iter().find_map(Template::of_genesis).ok_or_else(|| Rest::Need(deps.clone()))?
            }
        };
        let candidate = Candidate::read(bytes, template).unwrap();
        let ids = candidate.statements().map(|o| o.id).collect();
        if self.bytes.contains_key(&(document, candidate.hash)) {
            return Ok(ids);
        }
        if let Some(code) = self.refusals.get(&candidate.hash) {
            return Err(Rest::Refused { code: *code, kept: true });
        }
        let missing: Vec<_> = candidate
            .deps
            .iter()
            .filter(|d| Template::of_genesis(d).is_none() && !self.bytes.contains_key(&(document, **d)))
            .copied()
            .collect();
        if !missing.is_empty() {
            return Err(Rest::Need(missing));
        }
        let author = self.devices[&device].user.clone();
        if let Some(opened) = candidate.statements().find(|o| o.statement.sentence.name() == "created") {
            let created = opened.statement.created().unwrap();
            self.documents.entry(document).or_insert((created, template, author.clone(), Vec::new()));
        }
        self.documents.get_mut(&document).unwrap().3.push(candidate.hash);
        self.bytes.insert((document, candidate.hash), bytes.to_vec());
        let (created, _, first, _) = &self.documents[&document];
        for name in self.audience(&created.clone(), &first.clone()) {
            let user = self.users.get_mut(&name).unwrap();
            user.digest.add(document, candidate.hash);
            let row = Row::Change { document, change: bytes.to_vec() };
            // For the device that sent it the row only names it: where a page is cut.
            let _ = (push.lane, item);
            user.rows.push((row, (name == author).then_some(device)));
        }
        Ok(ids)
    }

    /// The rest of a user's inbox as one page for one device, if there is any.
    pub fn page(&self, device: DeviceId, cursor: u64) -> Option<Page> {
        let name = &self.devices[&device].user;
        let user = &self.users[name];
        let rows: Vec<Row> = user
            .rows
            .iter()
            .skip(usize::try_from(cursor).unwrap())
            .map(|(row, own)| match row {
                Row::Change { document, change } if *own == Some(device) => {
                    let template = self.documents[document].1;
                    let change = Candidate::read(change, template).unwrap().hash;
                    Row::Own { document: *document, change, lane: Lane::Rest, frame: 1, item: 0 }
                }
                other => other.clone(),
            })
            .collect();
        if rows.is_empty() {
            return None;
        }
        let header = PageHeader {
            user: UserId::new(name).unwrap(),
            epoch: EPOCH,
            from: cursor + 1,
            digest: user.digest.0,
            time: at(),
            rows: Vec::new(),
        };
        Some(Page::sign(header, &rows, user.rows.len() as u64, &self.signer).unwrap())
    }

    /// One whole session of a device, through the real state machine.
    pub fn sync(&mut self, field: &Field) -> Day {
        let me = field.identity().unwrap().unwrap();
        let mut link = Device::new(me.device, me.user.clone(), me.server_keys.clone());
        let mut day = Day::default();
        let mut effects: VecDeque<Effect> = link.handle(Input::Connected(field.hello().unwrap())).into();
        let mut turns = 0;
        while let Some(effect) = effects.pop_front() {
            turns += 1;
            assert!(turns < 10_000, "a sync ends");
            let inputs = match effect {
                Effect::Send(message) => {
                    if let Message::Push(push) = &message {
                        day.sent.push(push.clone());
                    }
                    self.answer(me.device, message).into_iter().map(Input::Received).collect()
                }
                Effect::LoadFrame { lane, after, records } => {
                    vec![Input::Frame(lane, field.next_frame(lane, after, records).unwrap())]
                }
                Effect::StoreReceipt(receipt) => {
                    let stored = field.store_receipt(&receipt).unwrap();
                    let again = stored.reissued;
                    day.stored.push(stored);
                    let mut inputs = vec![Input::ReceiptStored];
                    if again {
                        inputs.push(Input::Saved);
                    }
                    inputs
                }
                Effect::StorePage(page) => {
                    let outcome = field.store_page(&page).unwrap();
                    let input = Input::PageStored { cursor: outcome.cursor, digest_agrees: outcome.digest_agrees };
                    day.pages.push(outcome);
                    vec![input]
                }
                Effect::StoreAhead(ahead) => {
                    field.store_ahead(&ahead).unwrap();
                    vec![Input::AheadStored(ahead.to)]
                }
                Effect::Report(report) => {
                    if let Report::Welcomed { time, epoch, role } = &report {
                        field.welcomed(*time, *epoch, role).unwrap();
                        field.link(field_core::net::LinkState::Online).unwrap();
                    }
                    day.reports.push(report);
                    Vec::new()
                }
                Effect::Close => break,
            };
            for input in inputs {
                effects.extend(link.handle(input));
            }
        }
        day
    }

    fn answer(&mut self, device: DeviceId, message: Message) -> Vec<Message> {
        let user = self.devices[&device].user.clone();
        match message {
            Message::Hello(hello) => {
                let next = |lane| self.expected.get(&(device, lane)).copied().unwrap_or(1);
                let mut answers = vec![Message::Welcome(Welcome {
                    version: 1,
                    epoch: EPOCH,
                    time: at(),
                    user: UserId::new(&user).unwrap(),
                    role: self.users[&user].role.into(),
                    head: self.users[&user].rows.len() as u64,
                    digest: None,
                    next: (next(Lane::Urgent), next(Lane::Rest)),
                })];
                answers.extend(self.page(device, hello.cursor).map(Message::Page));
                self.told = self.users[&user].rows.len() as u64;
                answers
            }
            Message::Push(push) => {
                let receipt = self.take(device, &push);
                let page = self.page(device, self.told).map(Message::Page);
                self.told = self.users[&user].rows.len() as u64;
                [Message::Receipt(receipt)].into_iter().chain(page).collect()
            }
            _ => Vec::new(),
        }
    }
}
