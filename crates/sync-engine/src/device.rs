//! The device's end of a session.

use std::collections::BTreeMap;

use signed::{Code, DeviceId, FrameHash, PublicKey, StatementHash, Timestamp, UserId, code};
use wire::{
    Ahead, Committed, Epoch, Hello, Lane, LogHead, Message, Outcome, Page, Push, Receipt, Refuse, Resume, Row, Welcome,
};

use crate::limits::{FRAMES_IN_FLIGHT_MAX, GROWTH_RECORDS};

/// What happens to the device's end.
#[derive(Debug)]
pub enum Input {
    /// The link is up; this is what the store knows.
    Connected(Hello),
    /// A message came.
    Received(Message),
    /// The answer to [`Effect::LoadFrame`]; `None` when nothing waits in the lane.
    Frame(Lane, Option<Outgoing>),
    /// The answer to [`Effect::StoreReceipt`]: it is on disk.
    ReceiptStored,
    /// The answer to [`Effect::StorePage`]: it is on disk, and this is the cursor now, with whether
    /// the store's own digest at it is the page's.
    PageStored {
        /// The last row held.
        cursor: u64,
        /// Whether the store holds what the server says it should.
        digest_agrees: bool,
    },
    /// The answer to [`Effect::StoreAhead`]: on disk up to here.
    AheadStored(Resume),
    /// Something new waits in the outbox.
    Saved,
}

/// A frame as the store committed it: a resend is byte-identical.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The message.
    pub push: Push,
    /// SHA-256 of its signed header.
    pub frame: FrameHash,
    /// The statements in each change of each item.
    pub statements: ItemStatements,
}

/// For each item of a frame, for each of its changes: the statements in it.
pub type ItemStatements = Vec<Vec<Vec<StatementHash>>>;

/// What the driver is to do.
#[derive(Debug)]
pub enum Effect {
    /// Send on the stream this message belongs to.
    Send(Message),
    /// Load the first committed frame of the lane after this number, or make one of at most so
    /// many records.
    LoadFrame {
        /// Which lane.
        lane: Lane,
        /// The last number already on its way.
        after: u64,
        /// Records it may hold.
        records: usize,
    },
    /// Store what became of a frame; the receipt is proven.
    StoreReceipt(Box<ProvenReceipt>),
    /// Store these rows and the cursor in one transaction; the page is proven.
    StorePage(Box<ProvenPage>),
    /// Store these documents, which do not wait for their rows; the cursor stays. They are proven.
    StoreAhead(Box<ProvenAhead>),
    /// Tell whoever watches.
    Report(Report),
    /// End the session.
    Close,
}

/// A receipt whose signature, leaf and path hold.
#[derive(Clone, Debug)]
pub struct ProvenReceipt {
    /// The lane.
    pub lane: Lane,
    /// The frame's number.
    pub number: u64,
    /// Per item.
    pub outcomes: Vec<Outcome>,
    /// The receipt as it came, to be kept as proof.
    pub receipt: Receipt,
    /// The signed head it proves against.
    pub head: LogHead,
}

/// A page whose signature holds and which follows the cursor.
#[derive(Clone, Debug)]
pub struct ProvenPage {
    /// Number of the first row.
    pub from: u64,
    /// The rows.
    pub rows: Vec<Row>,
    /// The user's audience digest at the last row.
    pub digest: [u8; 32],
    /// When the server signed it.
    pub time: Timestamp,
}

/// Rows that go ahead of their turn and whose signature holds.
#[derive(Clone, Debug)]
pub struct ProvenAhead {
    /// The server's list, and how far this goes in it.
    pub to: Resume,
    /// The rows: statements of the directory and changes.
    pub rows: Vec<Row>,
}

/// What a watching person or a log may be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// The server answered.
    Welcomed {
        /// Its clock.
        time: Timestamp,
        /// Its epoch.
        epoch: Epoch,
        /// This user's role, as the server knows it.
        role: String,
    },
    /// Nothing waits, everything sent is receipted, and every row is on disk.
    Quiet,
    /// Every immediate and urgent record has its receipt.
    UrgentSent,
    /// What the store holds is not what the server says it should; nothing is wiped.
    Drift,
    /// The server was restored from a backup (or is another).
    EpochChanged,
    /// The server refused something or everything.
    Refused(Code, Option<(Lane, u64)>),
    /// This device is revoked and is to erase itself, whatever becomes of this session. What is unsent
    /// goes first: [`Report::Erase`] follows.
    EraseOrdered,
    /// Everything that can be handed over is: the device erases itself now.
    Erase,
}

/// One session, seen from the device.
#[derive(Debug)]
pub struct Device {
    id: DeviceId,
    user: UserId,
    server_keys: Vec<PublicKey>,
    hello: Option<Hello>,
    welcome: Option<Welcome>,
    lanes: BTreeMap<Lane, LaneState>,
    /// The last row on disk, and the last one received: several pages may be on their way to it.
    cursor: u64,
    received: u64,
    head: u64,
    storing_pages: u64,
    storing_ahead: u64,
    storing_receipts: u64,
    told_quiet: bool,
    told_urgent: bool,
    /// Ordered to erase itself: what is left is sent without waiting for anything.
    leaving: bool,
    left: bool,
}

#[derive(Debug, Default)]
struct LaneState {
    in_flight: BTreeMap<u64, (FrameHash, ItemStatements)>,
    last: u64,
    sent: usize,
    loading: bool,
    empty: bool,
    saved_while_loading: bool,
}

impl Device {
    /// A session of this device with a server whose keys are pinned.
    #[must_use]
    pub fn new(id: DeviceId, user: UserId, server_keys: Vec<PublicKey>) -> Self {
        Self {
            id,
            user,
            server_keys,
            hello: None,
            welcome: None,
            lanes: [Lane::Urgent, Lane::Rest].into_iter().map(|lane| (lane, LaneState::default())).collect(),
            cursor: 0,
            received: 0,
            head: 0,
            storing_pages: 0,
            storing_ahead: 0,
            storing_receipts: 0,
            told_quiet: false,
            told_urgent: false,
            leaving: false,
            left: false,
        }
    }

    /// Takes one input; answers what is to be done, in order.
    pub fn handle(&mut self, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.leaving {
            self.leave(input, &mut effects);
            return effects;
        }
        match input {
            Input::Connected(hello) => {
                self.cursor = hello.cursor;
                self.received = hello.cursor;
                effects.push(Effect::Send(Message::Hello(hello.clone())));
                self.hello = Some(hello);
                // The frames go right behind, without waiting for the answer.
                self.fill(&mut effects);
            }
            Input::Received(message) => self.received(message, &mut effects),
            Input::Frame(lane, frame) => self.loaded(lane, frame, &mut effects),
            Input::ReceiptStored => self.storing_receipts = self.storing_receipts.saturating_sub(1),
            Input::PageStored { cursor, digest_agrees } => {
                self.storing_pages = self.storing_pages.saturating_sub(1);
                self.cursor = cursor;
                effects.push(Effect::Send(Message::Committed(Committed { cursor })));
                if !digest_agrees {
                    effects.push(Effect::Report(Report::Drift));
                }
            }
            Input::AheadStored(to) => {
                self.storing_ahead = self.storing_ahead.saturating_sub(1);
                effects.push(Effect::Send(Message::Resume(to)));
            }
            Input::Saved => {
                for lane in self.lanes.values_mut() {
                    lane.empty = false;
                    lane.saved_while_loading = lane.loading;
                }
                self.told_quiet = false;
                self.told_urgent = false;
                self.fill(&mut effects);
            }
        }
        self.tell(&mut effects);
        effects
    }

    /// Hands over what is left, lane by lane, and listens to nothing else any more.
    fn leave(&mut self, input: Input, effects: &mut Vec<Effect>) {
        match input {
            Input::Frame(name, frame) => {
                let lane = self.lane(name);
                lane.loading = false;
                match frame {
                    None => lane.empty = true,
                    Some(frame) => {
                        lane.last = frame.push.number;
                        effects.push(Effect::Send(Message::Push(frame.push)));
                    }
                }
            }
            Input::Connected(_)
            | Input::Received(_)
            | Input::ReceiptStored
            | Input::PageStored { .. }
            | Input::AheadStored(_)
            | Input::Saved => {}
        }
        self.hand_over(effects);
    }

    /// Asks for the next frame that is left; says when there is none.
    fn hand_over(&mut self, effects: &mut Vec<Effect>) {
        let records = GROWTH_RECORDS.last().copied().unwrap_or(1);
        for (name, lane) in &mut self.lanes {
            if lane.loading {
                return;
            }
            if !lane.empty {
                lane.loading = true;
                return effects.push(Effect::LoadFrame { lane: *name, after: lane.last, records });
            }
        }
        if !std::mem::replace(&mut self.left, true) {
            effects.extend([Effect::Report(Report::Erase), Effect::Close]);
        }
    }

    /// Ordered to erase itself. A lane that had nothing left is asked once more: what waited for receipts
    /// of the other lane never was.
    fn ordered(&mut self, effects: &mut Vec<Effect>) {
        self.leaving = true;
        effects.push(Effect::Report(Report::EraseOrdered));
        self.lanes.values_mut().for_each(|lane| lane.empty = false);
        self.hand_over(effects);
    }

    fn lane(&mut self, lane: Lane) -> &mut LaneState {
        self.lanes.entry(lane).or_default()
    }

    /// Asks for the next frames: the urgent lane first; the rest only when everything urgent has its
    /// receipt. Two lanes are two streams, so merely sending the urgent ones first would leave the
    /// order in which the server takes them to chance.
    fn fill(&mut self, effects: &mut Vec<Effect>) {
        if self.hello.is_none() {
            return;
        }
        for (name, lane) in &mut self.lanes {
            if !lane.loading && !lane.empty && lane.in_flight.len() < FRAMES_IN_FLIGHT_MAX {
                lane.loading = true;
                let step = GROWTH_RECORDS.get(lane.sent).or(GROWTH_RECORDS.last());
                let records = step.copied().unwrap_or(1);
                effects.push(Effect::LoadFrame { lane: *name, after: lane.last, records });
            }
            if lane.loading || !lane.empty || !lane.in_flight.is_empty() {
                return;
            }
        }
    }

    fn loaded(&mut self, name: Lane, frame: Option<Outgoing>, effects: &mut Vec<Effect>) {
        let lane = self.lane(name);
        lane.loading = false;
        match frame {
            None => lane.empty = !std::mem::take(&mut lane.saved_while_loading),
            Some(frame) => {
                lane.last = frame.push.number;
                lane.sent += 1;
                lane.in_flight.insert(frame.push.number, (frame.frame, frame.statements));
                effects.push(Effect::Send(Message::Push(frame.push)));
            }
        }
        self.fill(effects);
    }

    fn received(&mut self, message: Message, effects: &mut Vec<Effect>) {
        match message {
            Message::Welcome(welcome) if self.welcome.is_none() => self.welcomed(welcome, effects),
            Message::Receipt(receipt) => self.receipt(receipt, effects),
            Message::Page(page) => self.page(&page, effects),
            Message::Ahead(ahead) => self.ahead(&ahead, effects),
            Message::Refuse(refuse) => Self::refused(&refuse, effects),
            Message::Erase => self.ordered(effects),
            Message::Welcome(_)
            | Message::Hello(_)
            | Message::Push(_)
            | Message::Committed(_)
            | Message::Resume(_)
            | Message::Erased(_)
            | Message::Media(_)
            | Message::Relay(_)
            | Message::Relayed(_)
            | Message::Enrol(_)
            | Message::Enrolled(_) => fail(code::W_UNEXPECTED, effects),
        }
    }

    fn welcomed(&mut self, welcome: Welcome, effects: &mut Vec<Effect>) {
        let Some(hello) = &self.hello else { return fail(code::W_UNEXPECTED, effects) };
        if welcome.user != self.user {
            return fail(code::D_UNKNOWN, effects);
        }
        effects.push(Effect::Report(Report::Welcomed {
            time: welcome.time,
            epoch: welcome.epoch,
            role: welcome.role.clone(),
        }));
        if hello.epoch.is_some_and(|known| known != welcome.epoch) {
            effects.push(Effect::Report(Report::EpochChanged));
        }
        // A server without the row we stand at, or with another digest at it, has lost something,
        // or we have.
        if welcome.digest.is_some_and(|theirs| theirs != hello.digest) || welcome.head < hello.cursor {
            effects.push(Effect::Report(Report::Drift));
        }
        self.head = self.head.max(welcome.head);
        self.welcome = Some(welcome);
    }

    fn receipt(&mut self, receipt: Receipt, effects: &mut Vec<Effect>) {
        let Some(welcome) = &self.welcome else { return fail(code::W_UNEXPECTED, effects) };
        let (id, epoch) = (self.id, welcome.epoch);
        let lane = self.lanes.entry(receipt.lane).or_default();
        let Some((frame, statements)) = lane.in_flight.get(&receipt.number) else {
            return fail(code::W_UNEXPECTED, effects);
        };
        let accepted: Vec<Vec<StatementHash>> = statements
            .iter()
            .zip(&receipt.outcomes)
            .map(|(changes, outcome)| {
                let accepted = usize::try_from(outcome.accepted).unwrap_or(usize::MAX);
                changes.iter().take(accepted).flatten().copied().collect()
            })
            .collect();
        let proven = self.server_keys.iter().find_map(|key| receipt.verify(id, *frame, &accepted, key, epoch).ok());
        let Some(head) = proven else { return fail(code::W_RECEIPT, effects) };
        lane.in_flight.remove(&receipt.number);
        self.head = self.head.max(receipt.inbox_head);
        self.storing_receipts += 1;
        effects.push(Effect::StoreReceipt(Box::new(ProvenReceipt {
            lane: receipt.lane,
            number: receipt.number,
            outcomes: receipt.outcomes.clone(),
            receipt,
            head,
        })));
        self.fill(effects);
    }

    fn page(&mut self, page: &Page, effects: &mut Vec<Effect>) {
        let Some(welcome) = &self.welcome else { return fail(code::W_UNEXPECTED, effects) };
        if page.from != self.received + 1 {
            return fail(code::W_PAGE_ORDER, effects);
        }
        let epoch = welcome.epoch;
        let proven = self.server_keys.iter().find_map(|key| page.verify(&self.user, epoch, key).ok());
        let Some((_, rows)) = proven else { return fail(code::W_PAGE_SIGNATURE, effects) };
        if rows.len() as u64 != page.count || rows.is_empty() {
            return fail(code::W_PAGE_ORDER, effects);
        }
        self.head = self.head.max(page.head);
        self.storing_pages += 1;
        self.received = page.from + page.count - 1;
        effects.push(Effect::StorePage(Box::new(ProvenPage {
            from: page.from,
            rows,
            digest: page.digest,
            time: page.time,
        })));
    }

    fn ahead(&mut self, ahead: &Ahead, effects: &mut Vec<Effect>) {
        let asked = self.hello.as_ref().is_some_and(|hello| hello.ahead.is_some());
        let Some(welcome) = self.welcome.as_ref().filter(|_| asked) else { return fail(code::W_UNEXPECTED, effects) };
        let epoch = welcome.epoch;
        let proven = self.server_keys.iter().find_map(|key| ahead.verify(&self.user, epoch, key).ok());
        let Some(rows) = proven else { return fail(code::W_PAGE_SIGNATURE, effects) };
        self.storing_ahead += 1;
        effects.push(Effect::StoreAhead(Box::new(ProvenAhead { to: ahead.to, rows })));
    }

    fn refused(refuse: &Refuse, effects: &mut Vec<Effect>) {
        let code = Code::by_number(refuse.code).unwrap_or(code::W_UNEXPECTED);
        effects.push(Effect::Report(Report::Refused(code, refuse.frame)));
        // A refusal is always the last word of a session: a frame that is refused as a whole stands
        // in the way of all that follow it in its lane, and only a new session can mend that.
        effects.push(Effect::Close);
    }

    /// Says when all is done; each once until something new is saved.
    fn tell(&mut self, effects: &mut Vec<Effect>) {
        if self.welcome.is_none() || self.storing_receipts > 0 {
            return;
        }
        let done = |lane: Option<&LaneState>| lane.is_none_or(|l| l.empty && l.in_flight.is_empty() && !l.loading);
        let urgent = done(self.lanes.get(&Lane::Urgent));
        if urgent && !std::mem::replace(&mut self.told_urgent, true) {
            effects.push(Effect::Report(Report::UrgentSent));
        }
        if !urgent {
            self.told_urgent = false;
        }
        let stored = self.storing_pages == 0 && self.storing_ahead == 0;
        let quiet = urgent && done(self.lanes.get(&Lane::Rest)) && stored && self.cursor >= self.head;
        if quiet && !self.told_quiet {
            effects.push(Effect::Report(Report::Quiet));
        }
        self.told_quiet = quiet;
    }
}

fn fail(code: Code, effects: &mut Vec<Effect>) {
    effects.push(Effect::Report(Report::Refused(code, None)));
    effects.push(Effect::Close);
}
