//! A device made of nothing but the wire: it keeps every message it is sent, and can send anything.
#![allow(clippy::wildcard_enum_match_arm)]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use documents::{Candidate, Template};
use quinn::{Connection, Endpoint, SendStream};
use signed::{ActorId, FrameHash, Incarnation, PublicKey, RingSigner, Signer};
use transport::{MessageReader, MessageWriter, client_config};
use wire::version::{ALPN, ALPN_ENROL, versions};
use wire::{
    Committed, Enrol, Enrolled, EnrolmentCode, FrameBody, Hello, Item, Lane, Message, Page, Push, Reassembler, Receipt,
    Row,
};

pub const LIFE: Incarnation = Incarnation([42; 16]);

/// Far more than any answer takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A device and its session.
#[derive(Clone)]
pub struct Client {
    pub signer: Arc<RingSigner>,
    pub life: Incarnation,
    pub address: SocketAddr,
    pub pins: Vec<[u8; 32]>,
    pub enrolled: Option<Enrolled>,
    pub rows: Vec<Row>,
    pub messages: Vec<Message>,
    /// Number and hash of the last frame of each lane.
    pub frames: BTreeMap<Lane, (u64, FrameHash)>,
}

/// A frame that was sent, and what came back.
pub struct Sent {
    pub push: Push,
    pub receipt: Receipt,
    pub took: Duration,
}

/// A session that is open.
pub struct Session {
    pub connection: Connection,
    pub writer: MessageWriter,
    pub reader: MessageReader,
    lanes: BTreeMap<Lane, MessageWriter>,
    _endpoint: Endpoint,
}

impl Client {
    /// Enrols a new device with a code.
    pub async fn enrol(code: &str) -> Result<Self, u32> {
        let code: EnrolmentCode = code.parse().unwrap();
        let signer = Arc::new(RingSigner::generate().unwrap());
        let mut client = Self {
            signer,
            life: LIFE,
            address: code.address.parse().unwrap(),
            pins: code.pins.clone(),
            enrolled: None,
            rows: Vec::new(),
            messages: Vec::new(),
            frames: BTreeMap::new(),
        };
        let (connection, _endpoint) = client.dial(ALPN_ENROL).await;
        let (send, receive) = connection.open_bi().await.unwrap();
        let (mut writer, mut reader) = (MessageWriter::new(send), MessageReader::new(receive, Reassembler::new()));
        let enrol = Enrol { versions: versions(), code: code.code, secret: code.secret, incarnation: LIFE };
        writer.send(&Message::Enrol(enrol)).await.unwrap();
        match reader.next().await.unwrap().unwrap() {
            Message::Enrolled(enrolled) => client.enrolled = Some(enrolled),
            Message::Refuse(refuse) => return Err(refuse.code),
            other => panic!("{}", other.number()),
        }
        Ok(client)
    }

    async fn dial(&self, alpn: &[u8]) -> (Connection, Endpoint) {
        let config = client_config(Arc::clone(&self.signer) as Arc<dyn Signer>, &self.pins, alpn, false).unwrap();
        let endpoint = Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
        let connection = endpoint.connect_with(config, self.address, "firsthand").unwrap().await.unwrap();
        (connection, endpoint)
    }

    pub fn server_key(&self) -> PublicKey {
        PublicKey::from_spki(&self.enrolled.as_ref().unwrap().server_keys[0]).unwrap()
    }

    /// Opens a session and says hello.
    pub async fn connect(&self) -> Session {
        let (connection, endpoint) = self.dial(ALPN).await;
        let (send, receive) = connection.open_bi().await.unwrap();
        let mut session = Session {
            connection,
            writer: MessageWriter::new(send),
            reader: MessageReader::new(receive, Reassembler::new()),
            lanes: BTreeMap::new(),
            _endpoint: endpoint,
        };
        let hello = Hello {
            versions: versions(),
            incarnation: self.life,
            epoch: None,
            cursor: self.rows.len() as u64,
            digest: [0; 32],
            last_receipt: None,
            ahead: None,
        };
        session.writer.send(&Message::Hello(hello)).await.unwrap();
        session
    }

    /// Reads until every row of the inbox is here.
    pub async fn read_all(&mut self, session: &mut Session) {
        let mut head = None;
        while head.is_none_or(|head| (self.rows.len() as u64) < head) {
            let message = session.reader.next().await.unwrap().expect("the session goes on");
            self.messages.push(message.clone());
            match message {
                Message::Welcome(welcome) => head = Some(welcome.head),
                Message::Page(page) => {
                    head = Some(page.head);
                    self.take(session, &page).await;
                }
                Message::Receipt(_) => {}
                other => panic!("message {}", other.number()),
            }
        }
    }

    async fn take(&mut self, session: &mut Session, page: &Page) {
        let enrolled = self.enrolled.as_ref().unwrap();
        let (header, rows) = page.verify(&enrolled.user, enrolled.epoch, &self.server_key()).unwrap();
        assert_eq!(header.from, self.rows.len() as u64 + 1, "rows come in order");
        self.rows.extend(rows);
        let cursor = self.rows.len() as u64;
        session.writer.send(&Message::Committed(Committed { cursor })).await.unwrap();
    }

    /// The actor of this life of its store.
    pub fn actor(&self) -> ActorId {
        ActorId::of_store(self.signer.public_key().spki(), &self.life)
    }

    /// The same device after its store was made anew: another actor, and frames from 1.
    pub fn reborn(&self, life: Incarnation) -> Self {
        Self { life, rows: Vec::new(), messages: Vec::new(), frames: BTreeMap::new(), ..self.clone() }
    }

    /// Signs these items into the next frame of a lane, sends it and waits for its receipt, which
    /// must be proven by the server's log. Pages that come meanwhile are taken.
    pub async fn push(&mut self, session: &mut Session, lane: Lane, items: Vec<Item>) -> Sent {
        let (last, previous) = self.frames.get(&lane).copied().unwrap_or((0, FrameHash([0; 32])));
        let unsigned = FrameBody { previous, signature: [0; 64], items };
        let header = unsigned.header(self.signer.public_key().id(), self.life, lane, last + 1);
        let (signature, hash) = header.sign(self.signer.as_ref()).unwrap();
        self.frames.insert(lane, (last + 1, hash));
        let body = FrameBody { signature, ..unsigned };
        let push = Push::new(lane, last + 1, &body);
        let (receipt, took) = self.send(session, &push).await;
        let read = |bytes: &[u8]| Candidate::read(bytes, Template::Record).unwrap();
        let statements: Vec<Vec<_>> = (body.items.iter().zip(&receipt.outcomes))
            .map(|(item, outcome)| {
                let accepted = item.changes.iter().take(usize::try_from(outcome.accepted).unwrap());
                accepted.flat_map(|bytes| read(bytes).statements().map(|said| said.id).collect::<Vec<_>>()).collect()
            })
            .collect();
        let epoch = self.enrolled.as_ref().unwrap().epoch;
        receipt.verify(header.device, hash, &statements, &self.server_key(), epoch).unwrap();
        Sent { push, receipt, took }
    }

    /// Sends a frame as it stands and waits for its receipt.
    pub async fn send(&mut self, session: &mut Session, push: &Push) -> (Receipt, Duration) {
        let begun = Instant::now();
        if !session.lanes.contains_key(&push.lane) {
            let stream = session.lane(push.lane).await;
            session.lanes.insert(push.lane, MessageWriter::new(stream));
        }
        session.lanes.get_mut(&push.lane).unwrap().send(&Message::Push(push.clone())).await.unwrap();
        loop {
            let next = tokio::time::timeout(PATIENCE, session.reader.next()).await.expect("an answer in time");
            let message = next.unwrap().expect("the session goes on");
            self.messages.push(message.clone());
            match message {
                Message::Receipt(receipt) if (receipt.lane, receipt.number) == (push.lane, push.number) => {
                    return (receipt, begun.elapsed());
                }
                Message::Page(page) => self.take(session, &page).await,
                Message::Welcome(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Everything it was ever sent, decoded and inflated, as bytes.
    pub fn everything(&self) -> Vec<u8> {
        let mut all = Vec::new();
        for message in &self.messages {
            all.extend(message.encode());
        }
        for row in &self.rows {
            all.extend(signed::cbor::encode(&row.to_value()));
        }
        all
    }
}

impl Session {
    /// The stream of a lane.
    pub async fn lane(&self, _lane: Lane) -> SendStream {
        self.connection.open_uni().await.unwrap()
    }
}
