//! The server's end of a session.

use std::collections::BTreeMap;

use signed::{Code, DeviceId, FrameHash, Incarnation, PublicKey, Timestamp, UserId, code};
use wire::{
    Ahead, Epoch, Erased, FrameHeader, Hello, Item, Lane, Message, Page, Push, Receipt, Refuse, Resume, Welcome,
    version,
};

use crate::limits::{AHEAD_BACKLOG_ROWS, AHEAD_IN_FLIGHT_MAX, PAGES_IN_FLIGHT_MAX};

/// Whose session this is: found by the hash of the key that TLS proved.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The device.
    pub device: DeviceId,
    /// Its key.
    pub key: PublicKey,
    /// Its user.
    pub user: UserId,
    /// Their role.
    pub role: String,
}

/// What the store answers to a device's hello.
#[derive(Clone, Debug)]
pub struct Facts {
    /// This server's epoch.
    pub epoch: Epoch,
    /// Its clock.
    pub time: Timestamp,
    /// The last row of the user's inbox.
    pub head: u64,
    /// The audience digest at the device's cursor, if there is such a row.
    pub digest: Option<[u8; 32]>,
    /// For each lane (urgent, rest) of this incarnation: the last number taken, and its header.
    pub lanes: [(u64, FrameHash); 2],
}

/// What happens to the server's end.
#[derive(Debug)]
pub enum Input {
    /// A message came.
    Received(Message),
    /// The answer to [`Effect::LoadFacts`].
    Facts(Facts),
    /// The answer to [`Effect::Ingest`] and [`Effect::Again`], durable.
    Receipt(Receipt),
    /// A frame could not be taken as a whole.
    FrameRefused {
        /// Why.
        code: Code,
        /// Which.
        frame: (Lane, u64),
    },
    /// The answer to [`Effect::LoadPage`]; `None` when there are no rows yet.
    Page(Option<Page>),
    /// The answer to [`Effect::LoadAhead`]; `None` when nothing up to the row that was asked for goes
    /// ahead any more.
    Ahead(Option<Ahead>),
    /// Rows were added to this user's inbox; this is its last.
    InboxGrew(u64),
    /// The device was revoked and is to erase itself: it is told so, and from then on what it pushes is taken
    /// in and answered by nothing.
    Revoked,
    /// The server is stopping.
    Shutdown,
}

/// What the driver is to do.
#[derive(Debug)]
pub enum Effect {
    /// Send on the control stream.
    Send(Message),
    /// Look up what answers this hello.
    LoadFacts(Hello),
    /// Take a proven frame in: in one transaction, then fsync, then its receipt.
    Ingest(Box<ProvenFrame>),
    /// A frame that was taken before: answer its receipt if the header is the same one.
    Again(Box<ProvenFrame>),
    /// Cut a page of the rows after this one.
    LoadPage {
        /// The last row already sent.
        after: u64,
        /// What the device holds of what went ahead of its turn.
        held: Option<Resume>,
    },
    /// Choose what goes ahead of its turn next.
    LoadAhead {
        /// What this device was sent last, or holds.
        from: Resume,
        /// The last row that it holds.
        committed: u64,
    },
    /// The device holds every row up to here.
    Committed(u64),
    /// The device says that it erased itself.
    Erased(Erased),
    /// End the session.
    Close,
}

/// A frame whose signature holds.
#[derive(Clone, Debug)]
pub struct ProvenFrame {
    /// The signed header.
    pub header: FrameHeader,
    /// The signature over it.
    pub signature: [u8; 64],
    /// SHA-256 of the signed header.
    pub hash: FrameHash,
    /// What it holds.
    pub items: Vec<Item>,
}

/// One session, seen from the server.
#[derive(Debug)]
pub struct Server {
    peer: Peer,
    state: State,
    incarnation: Option<Incarnation>,
    lanes: BTreeMap<Lane, (u64, FrameHash)>,
    waiting: Vec<Push>,
    sent: u64,
    committed: u64,
    head: u64,
    loading_page: bool,
    pages: Vec<u64>,
    ahead: Option<Turn>,
}

/// What goes ahead of its turn in this session.
#[derive(Clone, Copy, Debug)]
struct Turn {
    /// What is on the device's disk, and what was sent.
    held: Resume,
    sent: Resume,
    in_flight: usize,
    loading: bool,
    /// The inbox's end when something was last looked for, and up to where nothing is left.
    asked: u64,
    looked: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Hello,
    Facts,
    Open,
    /// Told to erase itself: it hands over what it has, and nothing is answered.
    Leaving,
    Closed,
}

/// Pushes held back until the hello is answered: one flight of both lanes.
const WAITING_MAX: usize = 8;

impl Server {
    /// A session with a device that TLS has proven.
    #[must_use]
    pub fn new(peer: Peer) -> Self {
        Self {
            peer,
            state: State::Hello,
            incarnation: None,
            lanes: BTreeMap::new(),
            waiting: Vec::new(),
            sent: 0,
            committed: 0,
            head: 0,
            loading_page: false,
            pages: Vec::new(),
            ahead: None,
        }
    }

    /// Whose session this is.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Takes one input; answers what is to be done, in order.
    pub fn handle(&mut self, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        match self.state {
            State::Closed => return effects,
            State::Leaving => {
                self.leaving(input, &mut effects);
                return effects;
            }
            State::Hello | State::Facts | State::Open => {}
        }
        match input {
            Input::Received(message) => self.received(message, &mut effects),
            Input::Facts(facts) => self.facts(facts, &mut effects),
            Input::Receipt(receipt) => {
                self.head = self.head.max(receipt.inbox_head);
                effects.push(Effect::Send(Message::Receipt(receipt)));
                self.fill(&mut effects);
            }
            Input::FrameRefused { code, frame } => self.refuse(code, Some(frame), None, &mut effects),
            Input::Page(page) => self.page(page, &mut effects),
            Input::Ahead(ahead) => self.ahead(ahead, &mut effects),
            Input::InboxGrew(head) => {
                self.head = self.head.max(head);
                self.fill(&mut effects);
            }
            Input::Revoked => {
                effects.push(Effect::Send(Message::Erase));
                self.state = State::Leaving;
            }
            Input::Shutdown => self.refuse(code::W_SHUTDOWN, None, None, &mut effects),
        }
        effects
    }

    /// What a device hands over is proven and taken in; what is wrong with a frame is nobody's business any
    /// more.
    fn leaving(&mut self, input: Input, effects: &mut Vec<Effect>) {
        match input {
            Input::Received(Message::Push(push)) if self.incarnation.is_some() => self.handed_over(&push, effects),
            Input::Received(Message::Erased(erased)) => effects.push(Effect::Erased(erased)),
            Input::Facts(facts) => {
                self.lanes = lanes(&facts);
                for push in std::mem::take(&mut self.waiting) {
                    self.handed_over(&push, effects);
                }
            }
            Input::Shutdown => self.close(effects),
            Input::Received(_)
            | Input::Receipt(_)
            | Input::FrameRefused { .. }
            | Input::Page(_)
            | Input::Ahead(_)
            | Input::InboxGrew(_)
            | Input::Revoked => {}
        }
    }

    fn handed_over(&mut self, push: &Push, effects: &mut Vec<Effect>) {
        let (last, previous) = self.lanes.get(&push.lane).copied().unwrap_or((0, FrameHash([0; 32])));
        let Ok(proven) = self.prove(push) else { return };
        if push.number == last + 1 && proven.header.previous == previous {
            self.lanes.insert(push.lane, (push.number, proven.hash));
            effects.push(Effect::Ingest(Box::new(proven)));
        }
    }

    fn received(&mut self, message: Message, effects: &mut Vec<Effect>) {
        match message {
            Message::Hello(hello) if self.state == State::Hello => self.hello(hello, effects),
            Message::Push(push) => match self.state {
                State::Open => self.push(&push, effects),
                State::Hello | State::Facts if self.waiting.len() < WAITING_MAX => self.waiting.push(push),
                State::Hello | State::Facts | State::Leaving | State::Closed => {
                    self.refuse(code::W_RATE, Some((push.lane, push.number)), None, effects);
                }
            },
            Message::Committed(committed) if self.state == State::Open => {
                if committed.cursor > self.sent {
                    return self.refuse(code::W_PAGE_ORDER, None, Some(self.sent), effects);
                }
                if committed.cursor > self.committed {
                    self.committed = committed.cursor;
                    self.pages.retain(|last| *last > committed.cursor);
                    effects.push(Effect::Committed(committed.cursor));
                }
                self.fill(effects);
            }
            Message::Resume(to) if self.state == State::Open => self.resumed(to, effects),
            Message::Refuse(_) => self.close(effects),
            Message::Hello(_)
            | Message::Committed(_)
            | Message::Resume(_)
            | Message::Ahead(_)
            | Message::Welcome(_)
            | Message::Receipt(_)
            | Message::Page(_)
            | Message::Erase
            | Message::Erased(_)
            | Message::Media(_)
            | Message::Relay(_)
            | Message::Relayed(_)
            | Message::Enrol(_)
            | Message::Enrolled(_) => self.refuse(code::W_UNEXPECTED, None, None, effects),
        }
    }

    fn hello(&mut self, hello: Hello, effects: &mut Vec<Effect>) {
        if version::choose(&hello.versions).is_none() {
            return self.refuse(code::W_VERSION, None, Some(version::PROTOCOL_VERSION), effects);
        }
        self.incarnation = Some(hello.incarnation);
        self.sent = hello.cursor;
        self.committed = hello.cursor;
        self.ahead =
            hello.ahead.map(|held| Turn { held, sent: held, in_flight: 0, loading: false, asked: 0, looked: 0 });
        self.state = State::Facts;
        effects.push(Effect::LoadFacts(hello));
    }

    fn facts(&mut self, facts: Facts, effects: &mut Vec<Effect>) {
        if self.state != State::Facts {
            return;
        }
        self.state = State::Open;
        let [urgent, rest] = facts.lanes;
        self.lanes = lanes(&facts);
        // Rows may have been added, and told, since the facts were read.
        self.head = self.head.max(facts.head);
        // A device that is ahead of us (we were restored) gets no rows until the two are
        // reconciled; what it sends is taken all the same.
        self.sent = self.sent.max(self.committed);
        effects.push(Effect::Send(Message::Welcome(Welcome {
            version: version::PROTOCOL_VERSION,
            epoch: facts.epoch,
            time: facts.time,
            user: self.peer.user.clone(),
            role: self.peer.role.clone(),
            head: facts.head,
            digest: facts.digest,
            next: (urgent.0 + 1, rest.0 + 1),
        })));
        for push in std::mem::take(&mut self.waiting) {
            if self.state == State::Open {
                self.push(&push, effects);
            }
        }
        self.fill(effects);
    }

    fn push(&mut self, push: &Push, effects: &mut Vec<Effect>) {
        let frame = (push.lane, push.number);
        let (last, previous) = self.lanes.get(&push.lane).copied().unwrap_or((0, FrameHash([0; 32])));
        if push.number > last + 1 || push.number == 0 {
            return self.refuse(code::W_FRAME_ORDER, Some(frame), Some(last + 1), effects);
        }
        let proven = match self.prove(push) {
            Ok(proven) => Box::new(proven),
            Err(code) => return self.refuse(code, Some(frame), None, effects),
        };
        if push.number <= last {
            return effects.push(Effect::Again(proven));
        }
        if proven.header.previous != previous {
            return self.refuse(code::W_FRAME_CHAIN, Some(frame), None, effects);
        }
        self.lanes.insert(push.lane, (push.number, proven.hash));
        effects.push(Effect::Ingest(proven));
    }

    fn prove(&self, push: &Push) -> Result<ProvenFrame, Code> {
        let incarnation = self.incarnation.ok_or(code::W_UNEXPECTED)?;
        let body = push.open().map_err(wire::WireError::code)?;
        let (header, hash) =
            body.verify(&self.peer.key, incarnation, push.lane, push.number).map_err(wire::WireError::code)?;
        Ok(ProvenFrame { header, signature: body.signature, hash, items: body.items })
    }

    fn page(&mut self, page: Option<Page>, effects: &mut Vec<Effect>) {
        self.loading_page = false;
        if let Some(page) = page {
            self.sent = page.from + page.count - 1;
            self.head = self.head.max(page.head);
            self.pages.push(self.sent);
            effects.push(Effect::Send(Message::Page(page)));
            self.fill(effects);
        }
    }

    fn ahead(&mut self, ahead: Option<Ahead>, effects: &mut Vec<Effect>) {
        if let Some(turn) = &mut self.ahead {
            turn.loading = false;
            match ahead {
                None => turn.looked = turn.asked,
                Some(ahead) => {
                    turn.sent = ahead.to;
                    turn.in_flight += 1;
                    effects.push(Effect::Send(Message::Ahead(ahead)));
                }
            }
        }
        self.fill(effects);
    }

    fn resumed(&mut self, to: Resume, effects: &mut Vec<Effect>) {
        match &mut self.ahead {
            Some(turn) if to.list == turn.sent.list && to.position <= turn.sent.position && turn.in_flight > 0 => {
                turn.in_flight -= 1;
                turn.held = to;
                self.fill(effects);
            }
            Some(_) | None => self.refuse(code::W_UNEXPECTED, None, None, effects),
        }
    }

    /// What goes ahead of its turn first; then pages, in the room that is left for them.
    fn fill(&mut self, effects: &mut Vec<Effect>) {
        if self.state != State::Open {
            return;
        }
        let behind = self.head.saturating_sub(self.committed) >= AHEAD_BACKLOG_ROWS;
        let mut held = None;
        if let Some(turn) = &mut self.ahead {
            held = Some(turn.held);
            if behind && turn.looked < self.head {
                if !turn.loading && turn.in_flight < AHEAD_IN_FLIGHT_MAX {
                    (turn.loading, turn.asked) = (true, self.head);
                    effects.push(Effect::LoadAhead { from: turn.sent, committed: self.committed });
                }
                return;
            }
            // Rows need not repeat what is on its way to the disk.
            if turn.in_flight > 0 {
                return;
            }
        }
        // What is urgent must not wait behind many pages that are on their way.
        let most = if behind { PAGES_IN_FLIGHT_MAX / 2 } else { PAGES_IN_FLIGHT_MAX };
        let room = (self.pages.len() as u64) < most;
        if !self.loading_page && self.sent < self.head && room {
            self.loading_page = true;
            effects.push(Effect::LoadPage { after: self.sent, held });
        }
    }

    fn refuse(&mut self, code: Code, frame: Option<(Lane, u64)>, expected: Option<u64>, effects: &mut Vec<Effect>) {
        effects.push(Effect::Send(Message::Refuse(Refuse { code: code.number, frame, expected })));
        self.close(effects);
    }

    fn close(&mut self, effects: &mut Vec<Effect>) {
        self.state = State::Closed;
        effects.push(Effect::Close);
    }
}

fn lanes(facts: &Facts) -> BTreeMap<Lane, (u64, FrameHash)> {
    let [urgent, rest] = facts.lanes;
    [(Lane::Urgent, urgent), (Lane::Rest, rest)].into()
}
