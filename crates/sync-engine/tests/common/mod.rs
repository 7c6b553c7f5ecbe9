//! A device's store, a server's store and a link between them, as the engine sees them.
#![allow(dead_code, unreachable_pub)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::{BTreeMap, VecDeque};

use signed::merkle::{self, Frontier};
use signed::{
    ChangeHash, Code, DeviceId, FrameHash, Incarnation, PublicKey, RecordId, RingSigner, Signer, Timestamp, UserId,
    code,
};
use sync_engine::device::{self, Device, Outgoing, Report};
use sync_engine::server::{self, Facts, Peer, Server};
use wire::{
    Ahead, AheadHeader, Epoch, FrameBody, FrameHeader, Hello, Item, Lane, LogHead, Message, Outcome, Page, PageHeader,
    Push, Receipt, Rest, Resume, Row,
};

pub const EPOCH: Epoch = Epoch([4; 16]);
pub const LIFE: Incarnation = Incarnation([5; 16]);

pub fn now() -> Timestamp {
    Timestamp::parse("2026-11-22T09:00:00Z").unwrap()
}

pub fn officer() -> UserId {
    UserId::new("officer").unwrap()
}

/// A device's store as the engine sees it: records that wait, and frames made of them.
pub struct DeviceStore {
    pub signer: RingSigner,
    pub waiting: BTreeMap<Lane, VecDeque<RecordId>>,
    pub frames: BTreeMap<(Lane, u64), Outgoing>,
    pub previous: BTreeMap<Lane, FrameHash>,
    pub receipts: Vec<(Lane, u64)>,
    pub rows: Vec<Row>,
    pub records_asked: Vec<(Lane, usize)>,
    pub ahead: Vec<Row>,
    pub held: Option<Resume>,
}

impl DeviceStore {
    pub fn new() -> Self {
        Self {
            signer: RingSigner::generate().unwrap(),
            waiting: BTreeMap::new(),
            frames: BTreeMap::new(),
            previous: BTreeMap::new(),
            receipts: Vec::new(),
            rows: Vec::new(),
            records_asked: Vec::new(),
            ahead: Vec::new(),
            held: Some(Resume::default()),
        }
    }

    pub fn save(&mut self, lane: Lane, number: u8) {
        self.waiting.entry(lane).or_default().push_back(RecordId([number; 16]));
    }

    pub fn id(&self) -> DeviceId {
        self.signer.public_key().id()
    }

    pub fn hello(&self) -> Hello {
        Hello {
            versions: vec![1],
            incarnation: LIFE,
            epoch: None,
            cursor: self.rows.len() as u64,
            digest: [0; 32],
            last_receipt: None,
            ahead: self.held,
        }
    }

    pub fn frame(&mut self, lane: Lane, after: u64, records: usize) -> Option<Outgoing> {
        let unsent = |(l, n): &(Lane, u64)| *l == lane && *n > after && !self.receipts.contains(&(*l, *n));
        if let Some(key) = self.frames.keys().copied().find(unsent) {
            return Some(self.frames[&key].clone());
        }
        self.records_asked.push((lane, records));
        let queue = self.waiting.entry(lane).or_default();
        let documents: Vec<_> = queue.drain(..records.min(queue.len())).collect();
        if documents.is_empty() {
            return None;
        }
        let number = self.frames.keys().filter(|(l, _)| *l == lane).count() as u64 + 1;
        let outgoing = self.make(lane, number, documents);
        self.frames.insert((lane, number), outgoing.clone());
        Some(outgoing)
    }

    pub fn make(&mut self, lane: Lane, number: u64, documents: Vec<RecordId>) -> Outgoing {
        let previous = self.previous.get(&lane).copied().unwrap_or(FrameHash([0; 32]));
        let items: Vec<_> =
            documents.into_iter().map(|document| Item { document, changes: vec![vec![1, 2, 3]] }).collect();
        let mut body = FrameBody { previous, signature: [0; 64], items };
        let header: FrameHeader = body.header(self.id(), LIFE, lane, number);
        let (signature, frame) = header.sign(&self.signer).unwrap();
        body.signature = signature;
        self.previous.insert(lane, frame);
        let statements = vec![vec![Vec::new()]; body.items.len()];
        Outgoing { push: Push::new(lane, number, &body), frame, statements }
    }
}

/// A server's store as the engine sees it: a log of receipts and one inbox.
pub struct ServerStore {
    pub signer: RingSigner,
    pub lanes: BTreeMap<Lane, (u64, FrameHash)>,
    pub receipts: BTreeMap<(Lane, u64), (FrameHash, Receipt)>,
    pub order: Vec<RecordId>,
    pub leaves: Vec<merkle::Node>,
    pub inbox: Vec<Row>,
    /// What goes ahead of its turn, one document a message.
    pub urgent: Vec<RecordId>,
    /// How far the device had come with it at each page.
    pub asked: Vec<u64>,
}

impl ServerStore {
    pub fn new() -> Self {
        Self {
            signer: RingSigner::generate().unwrap(),
            lanes: BTreeMap::new(),
            receipts: BTreeMap::new(),
            order: Vec::new(),
            leaves: Vec::new(),
            inbox: Vec::new(),
            urgent: Vec::new(),
            asked: Vec::new(),
        }
    }

    pub fn ahead(&self, from: Resume) -> Option<Ahead> {
        let to = Resume { list: [7; 16], position: from.position + 1 };
        let document = self.urgent.get(usize::try_from(from.position).unwrap())?;
        let header = AheadHeader { user: officer(), epoch: EPOCH, to, time: now(), rows: Vec::new() };
        let row = Row::Change { document: *document, change: vec![1] };
        Some(Ahead::sign(header, &[row], &self.signer).unwrap())
    }

    pub fn facts(&self) -> Facts {
        let lane = |lane| self.lanes.get(&lane).copied().unwrap_or((0, FrameHash([0; 32])));
        Facts {
            epoch: EPOCH,
            time: now(),
            head: self.inbox.len() as u64,
            digest: None,
            lanes: [lane(Lane::Urgent), lane(Lane::Rest)],
        }
    }

    pub fn ingest(&mut self, device: DeviceId, frame: &server::ProvenFrame) -> Receipt {
        let (lane, number) = (frame.header.lane, frame.header.number);
        self.lanes.insert(lane, (number, frame.hash));
        for (index, item) in (0_u64..).zip(&frame.items) {
            self.order.push(item.document);
            let change = ChangeHash(signed::digest::sha256(&item.changes[0]));
            self.inbox.push(Row::Own { document: item.document, change, lane, frame: number, item: index });
        }
        let outcomes: Vec<_> = frame.items.iter().map(|_| Outcome { accepted: 1, rest: Rest::Ok }).collect();
        let mut receipt = Receipt {
            lane,
            number,
            head: Vec::new(),
            index: self.leaves.len() as u64,
            path: Vec::new(),
            outcomes,
            user: officer(),
            role: "officer".into(),
            inbox_head: self.inbox.len() as u64,
        };
        let statements = vec![Vec::new(); frame.items.len()];
        self.leaves.push(receipt.leaf(device, frame.hash, &statements).hash());
        let mut frontier = Frontier::default();
        self.leaves.iter().for_each(|leaf| drop(frontier.push(*leaf)));
        let head = LogHead {
            epoch: EPOCH,
            time: now(),
            size: frontier.size(),
            root: frontier.root(),
            audit_size: 0,
            audit_head: [0; 32],
        };
        receipt.head = head.sign(&self.signer).unwrap();
        receipt.path = merkle::path(&self.leaves, self.leaves.len() - 1).unwrap();
        self.receipts.insert((lane, number), (frame.hash, receipt.clone()));
        receipt
    }

    pub fn page(&self, after: u64) -> Option<Page> {
        let rows: Vec<_> = self.inbox.iter().skip(usize::try_from(after).unwrap()).take(7).cloned().collect();
        let header = PageHeader {
            user: officer(),
            epoch: EPOCH,
            from: after + 1,
            digest: [0; 32],
            time: now(),
            rows: Vec::new(),
        };
        (!rows.is_empty()).then(|| Page::sign(header, &rows, self.inbox.len() as u64, &self.signer).unwrap())
    }
}

/// Both ends and the wire between them.
pub struct Link {
    pub device: Device,
    pub server: Server,
    pub to_server: VecDeque<Message>,
    pub to_device: VecDeque<Message>,
    pub last_words: Vec<wire::Erased>,
    pub reports: Vec<Report>,
    pub messages: usize,
    pub up: bool,
}

impl Link {
    pub fn new(device: &DeviceStore, server: &ServerStore) -> Self {
        let key = device.signer.public_key().clone();
        let peer = Peer { device: key.id(), key, user: officer(), role: "officer".into() };
        let pins: Vec<PublicKey> = vec![server.signer.public_key().clone()];
        Self {
            device: Device::new(device.id(), officer(), pins),
            server: Server::new(peer),
            to_server: VecDeque::new(),
            to_device: VecDeque::new(),
            last_words: Vec::new(),
            reports: Vec::new(),
            messages: 0,
            up: true,
        }
    }

    pub fn tell_device(&mut self, store: &mut DeviceStore, input: device::Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for effect in self.device.handle(input) {
                match effect {
                    device::Effect::Send(message) => self.to_server.push_back(message),
                    device::Effect::LoadFrame { lane, after, records } => {
                        inputs.push_back(device::Input::Frame(lane, store.frame(lane, after, records)));
                    }
                    device::Effect::StoreReceipt(receipt) => {
                        store.receipts.push((receipt.lane, receipt.number));
                        inputs.push_back(device::Input::ReceiptStored);
                    }
                    device::Effect::StorePage(page) => {
                        assert_eq!(page.from, store.rows.len() as u64 + 1);
                        store.rows.extend(page.rows);
                        let cursor = store.rows.len() as u64;
                        inputs.push_back(device::Input::PageStored { cursor, digest_agrees: true });
                    }
                    device::Effect::StoreAhead(ahead) => {
                        store.ahead.extend(ahead.rows);
                        store.held = Some(ahead.to);
                        inputs.push_back(device::Input::AheadStored(ahead.to));
                    }
                    device::Effect::Report(report) => self.reports.push(report),
                    device::Effect::Close => self.up = false,
                }
            }
        }
    }

    pub fn tell_server(&mut self, store: &mut ServerStore, input: server::Input) {
        let mut inputs = VecDeque::from([input]);
        let device = self.server.peer().device;
        while let Some(input) = inputs.pop_front() {
            for effect in self.server.handle(input) {
                match effect {
                    server::Effect::Send(message) => self.to_device.push_back(message),
                    server::Effect::LoadFacts(_) => inputs.push_back(server::Input::Facts(store.facts())),
                    server::Effect::Ingest(frame) => {
                        inputs.push_back(server::Input::Receipt(store.ingest(device, &frame)));
                    }
                    server::Effect::Again(frame) => {
                        let key = (frame.header.lane, frame.header.number);
                        let (hash, receipt) = store.receipts[&key].clone();
                        inputs.push_back(if hash == frame.hash {
                            server::Input::Receipt(receipt)
                        } else {
                            server::Input::FrameRefused { code: code::W_FRAME_CHANGED, frame: key }
                        });
                    }
                    server::Effect::LoadPage { after, held } => {
                        store.asked.push(held.map_or(0, |held| held.position));
                        inputs.push_back(server::Input::Page(store.page(after)));
                    }
                    server::Effect::LoadAhead { from, .. } => {
                        inputs.push_back(server::Input::Ahead(store.ahead(from)));
                    }
                    server::Effect::Committed(_) => {}
                    server::Effect::Erased(erased) => self.last_words.push(erased),
                    server::Effect::Close => self.up = false,
                }
            }
        }
    }

    /// Carries messages until both are silent; a loop would never end, so they are counted.
    pub fn run(&mut self, device: &mut DeviceStore, server: &mut ServerStore) {
        loop {
            if let Some(message) = self.to_server.pop_front() {
                self.tell_server(server, server::Input::Received(message));
            } else if let Some(message) = self.to_device.pop_front() {
                self.tell_device(device, device::Input::Received(message));
            } else {
                return;
            }
            self.messages += 1;
            assert!(self.messages < 10_000, "a sync loop");
        }
    }
}

pub fn connect(device: &mut DeviceStore, server: &mut ServerStore) -> Link {
    let mut link = Link::new(device, server);
    let hello = device.hello();
    link.tell_device(device, device::Input::Connected(hello));
    link
}

pub fn refusal(link: &Link) -> Code {
    let mut refusals =
        link.reports.iter().filter_map(|r| if let Report::Refused(code, _) = r { Some(*code) } else { None });
    refusals.next().expect("a refusal")
}
