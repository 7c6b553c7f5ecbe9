//! A device's store in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use field_core::net::{LinkState, LinkStore, Server};
use field_core::{FieldError, PageOutcome, Stored};
use signed::{FrameHash, Incarnation, PublicKey, RecordId, RingSigner, Signer, Timestamp, UserId};
use sync_engine::device::{Outgoing, ProvenAhead, ProvenPage, ProvenReceipt};
use wire::{Epoch, FrameBody, FrameHeader, Hello, Item, Lane, Push, Row, enrolment::pin, version};

use super::server::USER;

type Waker = Box<dyn Fn() -> bool + Send + Sync>;

/// A record's id out of a number.
pub fn record(number: u8) -> RecordId {
    RecordId([number; 16])
}

/// A store without a disk.
pub struct Memory {
    pub signer: Arc<RingSigner>,
    pub incarnation: Incarnation,
    pub state: Mutex<State>,
    wakers: Mutex<Vec<Waker>>,
}

pub struct State {
    pub address: String,
    pub keys: Vec<PublicKey>,
    pub pins: Vec<[u8; 32]>,
    pub waiting: Vec<(Lane, RecordId)>,
    pub receipts: Vec<(Lane, u64)>,
    pub rows: Vec<Row>,
    pub links: Vec<LinkState>,
    pub made: Vec<Lane>,
    pub erased: bool,
    pub fail_pages_with: Option<FieldError>,
    frames: BTreeMap<(Lane, u64), (Outgoing, Vec<RecordId>)>,
}

impl Memory {
    /// A device that was enrolled with this server.
    pub fn new(address: impl ToString, server: &PublicKey) -> Arc<Self> {
        Arc::new(Self {
            signer: Arc::new(RingSigner::generate().unwrap()),
            incarnation: Incarnation([7; 16]),
            wakers: Mutex::default(),
            state: Mutex::new(State {
                address: address.to_string(),
                keys: vec![server.clone()],
                pins: vec![pin(server.spki())],
                waiting: Vec::new(),
                receipts: Vec::new(),
                rows: Vec::new(),
                links: Vec::new(),
                made: Vec::new(),
                erased: false,
                fail_pages_with: None,
                frames: BTreeMap::new(),
            }),
        })
    }

    pub fn as_store(self: &Arc<Self>) -> Arc<dyn LinkStore> {
        Arc::clone(self) as Arc<dyn LinkStore>
    }

    /// Saves a record.
    pub fn save(&self, lane: Lane, number: u8) {
        self.state.lock().unwrap().waiting.push((lane, record(number)));
        self.wakers.lock().unwrap().retain(|wake| wake());
    }

    pub fn links(&self) -> Vec<LinkState> {
        self.state.lock().unwrap().links.clone()
    }

    pub fn receipts(&self) -> usize {
        self.state.lock().unwrap().receipts.len()
    }

    fn make(&self, state: &mut State, lane: Lane, records: usize) -> Option<Outgoing> {
        let chosen: Vec<_> = state.waiting.iter().filter(|(l, _)| *l == lane).map(|w| w.1).take(records).collect();
        if chosen.is_empty() {
            return None;
        }
        state.waiting.retain(|(_, id)| !chosen.contains(id));
        let of_lane = state.frames.range((lane, 0)..=(lane, u64::MAX)).next_back();
        let (number, previous) =
            of_lane.map_or((1, FrameHash([0; 32])), |((_, number), (frame, _))| (number + 1, frame.frame));
        let items: Vec<Item> =
            chosen.iter().map(|id| Item { document: *id, changes: vec![b"a change".to_vec()] }).collect();
        let hashes = items.iter().map(Item::hash).collect();
        let device = self.signer.public_key().id();
        let header = FrameHeader { device, incarnation: self.incarnation, lane, number, previous, items: hashes };
        let (signature, frame) = header.sign(&*self.signer).unwrap();
        let statements = items.iter().map(|_| vec![Vec::new()]).collect();
        let push = Push::new(lane, number, &FrameBody { previous, signature, items });
        let outgoing = Outgoing { push, frame, statements };
        state.made.push(lane);
        state.frames.insert((lane, number), (outgoing.clone(), chosen));
        Some(outgoing)
    }
}

impl LinkStore for Memory {
    fn signer(&self) -> Result<Arc<dyn Signer>, FieldError> {
        Ok(Arc::clone(&self.signer) as Arc<dyn Signer>)
    }

    fn server(&self) -> Result<Server, FieldError> {
        let state = self.state.lock().unwrap();
        Ok(Server {
            address: state.address.clone(),
            pins: state.pins.clone(),
            keys: state.keys.clone(),
            device: self.signer.public_key().id(),
            user: UserId::new(USER).unwrap(),
        })
    }

    fn hello(&self) -> Result<Hello, FieldError> {
        Ok(Hello {
            versions: version::versions(),
            incarnation: self.incarnation,
            epoch: None,
            cursor: self.state.lock().unwrap().rows.len() as u64,
            digest: [0; 32],
            last_receipt: None,
            ahead: None,
        })
    }

    fn next_frame(&self, lane: Lane, after: u64, records: usize) -> Result<Option<Outgoing>, FieldError> {
        let mut state = self.state.lock().unwrap();
        let waits = |number: &u64| *number > after && !state.receipts.contains(&(lane, *number));
        let again = state.frames.iter().find(|((l, number), _)| *l == lane && waits(number));
        if let Some((_, (frame, _))) = again {
            return Ok(Some(frame.clone()));
        }
        Ok(self.make(&mut state, lane, records))
    }

    fn store_receipt(&self, receipt: &ProvenReceipt) -> Result<Stored, FieldError> {
        let mut state = self.state.lock().unwrap();
        state.receipts.push((receipt.lane, receipt.number));
        let sent = state.frames[&(receipt.lane, receipt.number)].1.clone();
        Ok(Stored { changes: sent.len() as u64, sent, ..Stored::default() })
    }

    fn store_page(&self, page: &ProvenPage) -> Result<PageOutcome, FieldError> {
        let mut state = self.state.lock().unwrap();
        if let Some(error) = &state.fail_pages_with {
            return Err(error.clone());
        }
        state.rows.extend(page.rows.iter().cloned());
        let received = page.rows.iter().filter(|row| !matches!(row, Row::Own { .. })).count() as u64;
        Ok(PageOutcome { cursor: state.rows.len() as u64, digest_agrees: true, received, events: Vec::new() })
    }

    fn store_ahead(&self, _: &ProvenAhead) -> Result<u64, FieldError> {
        panic!("nothing comes ahead here")
    }

    fn welcomed(&self, _: Timestamp, _: Epoch, _: &str) -> Result<(), FieldError> {
        Ok(())
    }

    fn drifted(&self) -> Result<(), FieldError> {
        panic!("nothing drifts here")
    }

    fn erase(&self) -> Result<Option<wire::Erased>, FieldError> {
        self.state.lock().unwrap().erased = true;
        let device = self.signer.public_key().id();
        let time = Timestamp::from_millis(0);
        let report = wire::ErasedReport { device, incarnation: self.incarnation, time, records: 0, unsent: 0 };
        Ok(Some(report.sign(&*self.signer).unwrap()))
    }

    fn on_saved(&self, waker: Waker) {
        self.wakers.lock().unwrap().push(waker);
    }

    fn idle(&self) -> Result<(), FieldError> {
        Ok(())
    }

    fn link(&self, state: LinkState) -> Result<(), FieldError> {
        let mut kept = self.state.lock().unwrap();
        if kept.erased {
            return Err(FieldError::new(signed::code::STORE_IO, "gone"));
        }
        kept.links.push(state);
        Ok(())
    }
}
