//! Both ends of a session, joined by hand: who says what, in which order, and what is refused.
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
    Epoch, FrameBody, FrameHeader, Hello, Item, Lane, LogHead, Message, Outcome, Page, PageHeader, Push, Receipt, Rest,
    Row,
};

const EPOCH: Epoch = Epoch([4; 16]);
const LIFE: Incarnation = Incarnation([5; 16]);

fn now() -> Timestamp {
    Timestamp::parse("2026-11-22T09:00:00Z").unwrap()
}

fn officer() -> UserId {
    UserId::new("officer").unwrap()
}

/// A device's store as the engine sees it: records that wait, and frames made of them.
struct DeviceStore {
    signer: RingSigner,
    waiting: BTreeMap<Lane, VecDeque<RecordId>>,
    frames: BTreeMap<(Lane, u64), Outgoing>,
    previous: BTreeMap<Lane, FrameHash>,
    receipts: Vec<(Lane, u64)>,
    rows: Vec<Row>,
    records_asked: Vec<(Lane, usize)>,
}

impl DeviceStore {
    fn new() -> Self {
        Self {
            signer: RingSigner::generate().unwrap(),
            waiting: BTreeMap::new(),
            frames: BTreeMap::new(),
            previous: BTreeMap::new(),
            receipts: Vec::new(),
            rows: Vec::new(),
            records_asked: Vec::new(),
        }
    }

    fn save(&mut self, lane: Lane, number: u8) {
        self.waiting.entry(lane).or_default().push_back(RecordId([number; 16]));
    }

    fn id(&self) -> DeviceId {
        self.signer.public_key().id()
    }

    fn hello(&self) -> Hello {
        Hello {
            versions: vec![1],
            incarnation: LIFE,
            epoch: None,
            cursor: self.rows.len() as u64,
            digest: [0; 32],
            last_receipt: None,
        }
    }

    fn frame(&mut self, lane: Lane, after: u64, records: usize) -> Option<Outgoing> {
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

    fn make(&mut self, lane: Lane, number: u64, documents: Vec<RecordId>) -> Outgoing {
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
struct ServerStore {
    signer: RingSigner,
    lanes: BTreeMap<Lane, (u64, FrameHash)>,
    receipts: BTreeMap<(Lane, u64), (FrameHash, Receipt)>,
    order: Vec<RecordId>,
    leaves: Vec<merkle::Node>,
    inbox: Vec<Row>,
}

impl ServerStore {
    fn new() -> Self {
        Self {
            signer: RingSigner::generate().unwrap(),
            lanes: BTreeMap::new(),
            receipts: BTreeMap::new(),
            order: Vec::new(),
            leaves: Vec::new(),
            inbox: Vec::new(),
        }
    }

    fn facts(&self) -> Facts {
        let lane = |lane| self.lanes.get(&lane).copied().unwrap_or((0, FrameHash([0; 32])));
        Facts {
            epoch: EPOCH,
            time: now(),
            head: self.inbox.len() as u64,
            digest: None,
            lanes: [lane(Lane::Urgent), lane(Lane::Rest)],
        }
    }

    fn ingest(&mut self, device: DeviceId, frame: &server::ProvenFrame) -> Receipt {
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

    fn page(&self, after: u64) -> Option<Page> {
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
struct Link {
    device: Device,
    server: Server,
    to_server: VecDeque<Message>,
    to_device: VecDeque<Message>,
    reports: Vec<Report>,
    messages: usize,
    up: bool,
}

impl Link {
    fn new(device: &DeviceStore, server: &ServerStore) -> Self {
        let key = device.signer.public_key().clone();
        let peer = Peer { device: key.id(), key, user: officer(), role: "officer".into() };
        let pins: Vec<PublicKey> = vec![server.signer.public_key().clone()];
        Self {
            device: Device::new(device.id(), officer(), pins),
            server: Server::new(peer),
            to_server: VecDeque::new(),
            to_device: VecDeque::new(),
            reports: Vec::new(),
            messages: 0,
            up: true,
        }
    }

    fn tell_device(&mut self, store: &mut DeviceStore, input: device::Input) {
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
                    device::Effect::Report(report) => self.reports.push(report),
                    device::Effect::Close => self.up = false,
                }
            }
        }
    }

    fn tell_server(&mut self, store: &mut ServerStore, input: server::Input) {
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
                    server::Effect::LoadPage { after } => inputs.push_back(server::Input::Page(store.page(after))),
                    server::Effect::Committed(_) => {}
                    server::Effect::Close => self.up = false,
                }
            }
        }
    }

    /// Carries messages until both are silent; a loop would never end, so they are counted.
    fn run(&mut self, device: &mut DeviceStore, server: &mut ServerStore) {
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

fn connect(device: &mut DeviceStore, server: &mut ServerStore) -> Link {
    let mut link = Link::new(device, server);
    let hello = device.hello();
    link.tell_device(device, device::Input::Connected(hello));
    link
}

fn refusal(link: &Link) -> Code {
    let mut refusals =
        link.reports.iter().filter_map(|r| if let Report::Refused(code, _) = r { Some(*code) } else { None });
    refusals.next().expect("a refusal")
}

#[test]
fn r24_the_urgent_records_arrive_first_and_everything_is_receipted() {
    let (mut device, mut server) = (DeviceStore::new(), ServerStore::new());
    (0..90).for_each(|n| device.save(Lane::Rest, n));
    (100..105).for_each(|n| device.save(Lane::Urgent, n));
    let mut link = connect(&mut device, &mut server);
    link.run(&mut device, &mut server);
    assert_eq!(server.order.len(), 95);
    assert!(server.order[..5].iter().all(|id| id.0[0] >= 100));
    assert_eq!(device.rows.len(), 95);
    assert!(link.reports.contains(&Report::Quiet) && link.reports.contains(&Report::UrgentSent));
    // Each lane grows: one record alone, then 4, 16, 50.
    let rest: Vec<_> = device.records_asked.iter().filter(|(l, _)| *l == Lane::Rest).map(|(_, n)| *n).collect();
    assert_eq!(rest[..4], [1, 4, 16, 50]);
}

#[test]
fn the_first_frames_leave_before_the_server_has_said_a_word() {
    let (mut device, mut server) = (DeviceStore::new(), ServerStore::new());
    device.save(Lane::Urgent, 1);
    let link = connect(&mut device, &mut server);
    let kinds: Vec<_> = link.to_server.iter().map(Message::number).collect();
    assert_eq!(kinds, [1, 3], "Hello, then Push");
}

#[test]
fn r99_a_receipt_that_was_lost_comes_again_for_the_same_bytes() {
    let (mut device, mut server) = (DeviceStore::new(), ServerStore::new());
    device.save(Lane::Urgent, 1);
    let mut link = connect(&mut device, &mut server);
    while let Some(message) = link.to_server.pop_front() {
        link.tell_server(&mut server, server::Input::Received(message));
    }
    // The link breaks before anything comes back.
    assert!(device.receipts.is_empty());
    let mut link = connect(&mut device, &mut server);
    link.run(&mut device, &mut server);
    assert_eq!(device.receipts, [(Lane::Urgent, 1)]);
    assert_eq!(server.order.len(), 1, "taken once");
    assert!(link.reports.contains(&Report::Quiet));
}

#[test]
fn r23_what_is_saved_while_connected_goes_out_at_once_and_quiet_is_said_again() {
    let (mut device, mut server) = (DeviceStore::new(), ServerStore::new());
    let mut link = connect(&mut device, &mut server);
    link.run(&mut device, &mut server);
    assert_eq!(link.reports.iter().filter(|r| **r == Report::Quiet).count(), 1);
    device.save(Lane::Rest, 9);
    link.tell_device(&mut device, device::Input::Saved);
    link.run(&mut device, &mut server);
    assert_eq!(server.order, [RecordId([9; 16])]);
    assert_eq!(link.reports.iter().filter(|r| **r == Report::Quiet).count(), 2);
}

#[test]
fn r51_rows_that_appear_while_connected_are_sent_without_being_asked_for() {
    let (mut device, mut server) = (DeviceStore::new(), ServerStore::new());
    let mut link = connect(&mut device, &mut server);
    link.run(&mut device, &mut server);
    server.inbox.extend((0..40).map(|n| Row::Granted { document: RecordId([n; 16]) }));
    link.tell_server(&mut server, server::Input::InboxGrew(40));
    link.run(&mut device, &mut server);
    assert_eq!(device.rows.len(), 40);
}

#[test]
fn an_altered_frame_an_early_one_and_another_chain_are_refused_by_number() {
    let altered = |push: &mut Push| {
        let mut body = push.open().unwrap();
        body.items[0].changes[0].push(9);
        *push = Push::new(push.lane, push.number, &body);
    };
    let early = |push: &mut Push| push.number = 7;
    let truncated = |push: &mut Push| push.body.bytes.truncate(push.body.bytes.len() - 1);
    type Bend<'a> = &'a dyn Fn(&mut Push);
    let cases: [(Bend<'_>, Code); 3] =
        [(&altered, code::W_FRAME_SIGNATURE), (&early, code::W_FRAME_ORDER), (&truncated, code::W_FRAME_CONTENT)];
    for (bend, expected) in cases {
        let (mut device, mut server) = (DeviceStore::new(), ServerStore::new());
        device.save(Lane::Urgent, 1);
        let mut link = connect(&mut device, &mut server);
        for message in &mut link.to_server {
            if let Message::Push(push) = message {
                bend(push);
            }
        }
        link.run(&mut device, &mut server);
        assert_eq!(refusal(&link), expected);
        assert!(!link.up && server.order.is_empty());
        // Nothing is lost: the next session takes the frame as it was committed.
        let mut link = connect(&mut device, &mut server);
        link.run(&mut device, &mut server);
        assert_eq!(server.order.len(), 1);
    }
}

#[test]
fn a_frame_whose_content_changed_after_it_was_taken_is_refused() {
    let (mut device, mut server) = (DeviceStore::new(), ServerStore::new());
    device.save(Lane::Urgent, 1);
    connect(&mut device, &mut server).run(&mut device, &mut server);
    // A store copied from a backup makes another frame number 1.
    let mut copied = DeviceStore::new();
    copied.signer = RingSigner::from_pkcs8(device.signer.pkcs8()).unwrap();
    copied.save(Lane::Urgent, 2);
    let mut link = connect(&mut copied, &mut server);
    link.run(&mut copied, &mut server);
    assert_eq!(refusal(&link), code::W_FRAME_CHANGED);
    assert_eq!(server.order.len(), 1);
}

#[test]
fn another_version_and_a_message_out_of_turn_are_refused_by_number() {
    let (mut device, mut server) = (DeviceStore::new(), ServerStore::new());
    let mut link = Link::new(&device, &server);
    let hello = Hello { versions: vec![9], ..device.hello() };
    link.tell_device(&mut device, device::Input::Connected(hello));
    link.run(&mut device, &mut server);
    assert_eq!(refusal(&link), code::W_VERSION);
    let mut link = Link::new(&device, &server);
    link.tell_server(&mut server, server::Input::Received(Message::Erase));
    link.run(&mut device, &mut server);
    assert_eq!(refusal(&link), code::W_UNEXPECTED);
}

#[test]
fn a_page_that_skips_or_that_another_key_signed_is_not_stored() {
    for other_key in [false, true] {
        let (mut device, mut server) = (DeviceStore::new(), ServerStore::new());
        server.inbox.extend((0..20).map(|n| Row::Granted { document: RecordId([n; 16]) }));
        let mut link = connect(&mut device, &mut server);
        while let Some(message) = link.to_server.pop_front() {
            link.tell_server(&mut server, server::Input::Received(message));
        }
        if other_key {
            server.signer = RingSigner::generate().unwrap();
        }
        let page = if other_key { server.page(0) } else { server.page(3) };
        for message in &mut link.to_device {
            if matches!(message, Message::Page(_)) {
                *message = Message::Page(page.clone().unwrap());
            }
        }
        link.run(&mut device, &mut server);
        assert_eq!(refusal(&link), if other_key { code::W_PAGE_SIGNATURE } else { code::W_PAGE_ORDER });
        assert!(device.rows.is_empty());
    }
}

#[test]
fn a_receipt_that_proves_nothing_leaves_the_record_in_the_outbox() {
    let (mut device, mut server) = (DeviceStore::new(), ServerStore::new());
    device.save(Lane::Urgent, 1);
    let mut link = connect(&mut device, &mut server);
    while let Some(message) = link.to_server.pop_front() {
        link.tell_server(&mut server, server::Input::Received(message));
    }
    for message in &mut link.to_device {
        if let Message::Receipt(receipt) = message {
            receipt.outcomes[0].rest = Rest::Refused { code: 1300, kept: false };
            receipt.outcomes[0].accepted = 0;
        }
    }
    link.run(&mut device, &mut server);
    assert_eq!(refusal(&link), code::W_RECEIPT);
    assert!(device.receipts.is_empty());
}

#[test]
fn a_server_that_lost_rows_or_was_restored_is_noticed_and_nothing_is_wiped() {
    let (mut device, mut server) = (DeviceStore::new(), ServerStore::new());
    device.rows = vec![Row::Granted { document: RecordId([1; 16]) }; 5];
    let mut link = Link::new(&device, &server);
    let hello = Hello { epoch: Some(Epoch([9; 16])), ..device.hello() };
    link.tell_device(&mut device, device::Input::Connected(hello));
    link.run(&mut device, &mut server);
    assert!(link.reports.contains(&Report::EpochChanged) && link.reports.contains(&Report::Drift));
    assert_eq!(device.rows.len(), 5);
}

#[test]
fn a_revoked_device_is_told_to_erase_itself_and_gets_nothing_more() {
    let (mut device, mut server) = (DeviceStore::new(), ServerStore::new());
    let mut link = connect(&mut device, &mut server);
    link.run(&mut device, &mut server);
    link.tell_server(&mut server, server::Input::Revoked);
    server.inbox.push(Row::Granted { document: RecordId([1; 16]) });
    link.tell_server(&mut server, server::Input::InboxGrew(1));
    link.run(&mut device, &mut server);
    assert!(link.reports.contains(&Report::Erase));
    assert!(device.rows.is_empty());
}
