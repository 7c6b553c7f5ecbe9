//! A device's real store and a server's real core, joined by the two real state machines and nothing
//! else: no socket and no clock, so that every message can be counted, held back or lost.

use std::collections::VecDeque;
use std::path::Path;

use field_core::{Field, Options, StoreKey};
use sync_engine::{device, server};
use sync_server::core::{Core, PeerState, limits};
use wire::{Enrol, Message, Page, Row};

/// What went from the server to the device.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    pub messages: u64,
    pub bytes: u64,
    pub pages: u64,
    /// Rows of pages, and how many of them brought a change or only its name.
    pub rows: u64,
    pub changes: u64,
    pub named: u64,
    /// Messages ahead of their turn, and the changes in them.
    pub ahead: u64,
    pub ahead_changes: u64,
}

/// A session.
pub struct Joined<'a> {
    pub core: &'a Core,
    pub field: &'a Field,
    device: device::Device,
    server: server::Server,
    to_server: VecDeque<Message>,
    to_device: VecDeque<Message>,
    pub counted: Counted,
    pub reports: Vec<device::Report>,
}

/// A store's folder opened as on a handset.
pub fn open(dir: &Path) -> Field {
    Field::open(Options::new(dir, StoreKey::new([4; 32]))).unwrap()
}

/// A new device of this user.
pub fn enrolled(core: &Core, user: &str, dir: &Path) -> Field {
    let field = open(dir);
    let user = signed::UserId::new(user).unwrap();
    let code = core.enrol_code(&user, "127.0.0.1:1", limits::CODE_TTL_MS).unwrap().code;
    let start = field.enrol_begin(&code).unwrap();
    let enrol = Enrol {
        versions: wire::version::versions(),
        code: code.code,
        secret: code.secret,
        incarnation: start.incarnation,
    };
    let answer = core.enrol(start.signer.public_key(), &enrol).unwrap();
    field.enrol_finish(&answer, &code.address, &code.pins).unwrap();
    field
}

impl<'a> Joined<'a> {
    /// A session that has begun: the hello is on its way. `ahead` is what the device says of what goes
    /// ahead; `false` leaves it out.
    pub fn begin(core: &'a Core, field: &'a Field, ahead: bool) -> Self {
        let me = field.identity().unwrap().unwrap();
        let signer = field.signer().unwrap();
        let PeerState::Known(peer) = core.peer(signer.public_key()).unwrap() else { panic!("known") };
        let mut joined = Self {
            core,
            field,
            device: device::Device::new(me.device, me.user.clone(), me.server_keys.clone()),
            server: server::Server::new(peer),
            to_server: VecDeque::new(),
            to_device: VecDeque::new(),
            counted: Counted::default(),
            reports: Vec::new(),
        };
        let mut hello = field.hello().unwrap();
        hello.ahead = hello.ahead.filter(|_| ahead);
        joined.tell_device(device::Input::Connected(hello));
        joined
    }

    /// The server's rows grew.
    pub fn grew(&mut self) {
        let user = self.server.peer().user.clone();
        let head = self.core.heads(&[user]).unwrap()[0].1;
        self.tell_server(server::Input::InboxGrew(head));
    }

    /// Carries messages until this holds, or nothing is left to carry; answers whether it held.
    pub fn until(&mut self, mut done: impl FnMut(&Self) -> bool) -> bool {
        loop {
            if done(self) {
                return true;
            }
            if let Some(message) = self.to_server.pop_front() {
                self.tell_server(server::Input::Received(message));
            } else if let Some(message) = self.to_device.pop_front() {
                self.count(&message);
                self.tell_device(device::Input::Received(message));
            } else {
                return false;
            }
        }
    }

    /// Carries everything.
    pub fn run(&mut self) {
        self.until(|_| false);
        assert!(self.reports.contains(&device::Report::Quiet), "{:?}", self.reports);
        assert!(!self.reports.contains(&device::Report::Drift));
    }

    /// The next message that the device gets, if it is already on its way.
    pub fn next(&self) -> Option<&Message> {
        self.to_device.front()
    }

    fn count(&mut self, message: &Message) {
        let me = self.field.identity().unwrap().unwrap();
        let (counted, key) = (&mut self.counted, &me.server_keys[0]);
        counted.messages += 1;
        counted.bytes += message.encode().len() as u64;
        let rows = match message {
            Message::Page(page) => rows_of(page, &me.user, self.core, key),
            Message::Ahead(ahead) => {
                counted.ahead += 1;
                let rows = ahead.verify(&me.user, self.core.epoch(), key).unwrap();
                counted.ahead_changes += rows.iter().filter(|row| matches!(row, Row::Change { .. })).count() as u64;
                return;
            }
            _ => return,
        };
        counted.pages += 1;
        counted.rows += rows.len() as u64;
        counted.changes += rows.iter().filter(|row| matches!(row, Row::Change { .. })).count() as u64;
        counted.named += rows.iter().filter(|row| matches!(row, Row::Held { .. })).count() as u64;
    }

    fn tell_device(&mut self, input: device::Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for effect in self.device.handle(input) {
                match effect {
                    device::Effect::Send(message) => self.to_server.push_back(message),
                    device::Effect::LoadFrame { lane, after, records } => {
                        let frame = self.field.next_frame(lane, after, records).unwrap();
                        inputs.push_back(device::Input::Frame(lane, frame));
                    }
                    device::Effect::StoreReceipt(receipt) => {
                        self.field.store_receipt(&receipt).unwrap();
                        inputs.push_back(device::Input::ReceiptStored);
                    }
                    device::Effect::StorePage(page) => {
                        let stored = self.field.store_page(&page).unwrap();
                        assert!(stored.digest_agrees, "at row {}", stored.cursor);
                        inputs.push_back(device::Input::PageStored { cursor: stored.cursor, digest_agrees: true });
                    }
                    device::Effect::StoreAhead(ahead) => {
                        self.field.store_ahead(&ahead).unwrap();
                        inputs.push_back(device::Input::AheadStored(ahead.to));
                    }
                    device::Effect::Report(report) => self.reports.push(report),
                    device::Effect::Close => panic!("{:?}", self.reports),
                }
            }
        }
    }

    fn tell_server(&mut self, input: server::Input) {
        let mut inputs = VecDeque::from([input]);
        let peer = self.server.peer().clone();
        while let Some(input) = inputs.pop_front() {
            for effect in self.server.handle(input) {
                match effect {
                    server::Effect::Send(message) => self.to_device.push_back(message),
                    server::Effect::LoadFacts(hello) => {
                        inputs.push_back(server::Input::Facts(self.core.facts(&peer, &hello).unwrap()));
                    }
                    server::Effect::Ingest(frame) => {
                        let prepared = self.core.prepare(&peer, *frame).unwrap();
                        let receipt = self.core.commit(vec![prepared]).unwrap().results.remove(0).unwrap();
                        inputs.push_back(server::Input::Receipt(receipt));
                    }
                    server::Effect::Again(frame) => {
                        inputs.push_back(server::Input::Receipt(self.core.again(&peer, &frame).unwrap()));
                    }
                    server::Effect::LoadPage { after, held } => {
                        inputs.push_back(server::Input::Page(self.core.page(&peer, after, held).unwrap()));
                    }
                    server::Effect::LoadAhead { from, committed } => {
                        inputs.push_back(server::Input::Ahead(self.core.ahead(&peer, from, committed).unwrap()));
                    }
                    server::Effect::Committed(cursor) => drop(self.core.committed(&peer, cursor).unwrap()),
                    server::Effect::Erased(erased) => self.core.device_erased(&peer, &erased).unwrap(),
                    server::Effect::Close => panic!("the server closes"),
                }
            }
        }
    }
}

fn rows_of(page: &Page, user: &signed::UserId, core: &Core, key: &signed::PublicKey) -> Vec<Row> {
    page.verify(user, core.epoch(), key).unwrap().1
}
