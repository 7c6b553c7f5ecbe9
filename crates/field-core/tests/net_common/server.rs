//! A server without checks of what it is sent: TLS, streams and the engine are the real ones.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use documents::{Candidate, Template};
use quinn::{Connection, Endpoint, Incoming, VarInt};
use signed::digest::{AudienceDigest, sha256};
use signed::{
    ChangeHash, Code, FrameHash, PublicKey, RecordId, RingSigner, Signer, StatementHash, Timestamp, UserId, merkle,
};
use sync_engine::server::{Effect, Facts, Input, Peer, ProvenFrame, Server};
use tokio::sync::mpsc;
use transport::{MessageReader, MessageWriter, quic, server_config};
use wire::version::ALPN_ENROL;
use wire::{
    Enrolled, Epoch, Lane, LogHead, Message, Outcome, Page, PageHeader, Push, Reassembler, Receipt, Refuse, Rest, Row,
};

/// The one user there is.
pub const USER: &str = "pc.green";

const EPOCH: Epoch = Epoch([9; 16]);

/// How the server treats whoever comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// It does what it should.
    Kind,
    /// It refuses every session, or the enrolment.
    Refuses(Code),
    /// It orders the device to erase itself.
    Erases,
    /// It takes one frame in, and dies before the receipt leaves; kind from then on.
    DropsTheFirstReceipt,
    /// It closes every link with this code before a word is said.
    Closes(Code),
}

/// What survives a restart.
pub struct Origin {
    pub signer: Arc<RingSigner>,
    pub kept: Mutex<Kept>,
}

pub struct Kept {
    pub manner: Manner,
    pub pushes: Vec<Push>,
    pub documents: Vec<RecordId>,
    pub sessions: usize,
    pub committed: u64,
    rows: Vec<Row>,
    leaves: Vec<merkle::Node>,
    receipts: BTreeMap<(Lane, u64), (FrameHash, Receipt)>,
}

impl Origin {
    pub fn new() -> Arc<Self> {
        let kept = Kept {
            manner: Manner::Kind,
            pushes: Vec::new(),
            documents: Vec::new(),
            sessions: 0,
            committed: 0,
            rows: Vec::new(),
            leaves: Vec::new(),
            receipts: BTreeMap::new(),
        };
        Arc::new(Self { signer: Arc::new(RingSigner::generate().unwrap()), kept: Mutex::new(kept) })
    }

    pub fn key(&self) -> &PublicKey {
        self.signer.public_key()
    }

    pub fn manner(&self, manner: Manner) {
        self.kept.lock().unwrap().manner = manner;
    }

    /// A row for the user, before a session begins.
    pub fn add_row(&self, number: u8) {
        self.kept.lock().unwrap().rows.push(Row::Granted { document: RecordId([number; 16]) });
    }

    pub fn documents(&self) -> Vec<RecordId> {
        self.kept.lock().unwrap().documents.clone()
    }

    fn ingest(&self, frame: &ProvenFrame) -> Receipt {
        let mut kept = self.kept.lock().unwrap();
        let place = (frame.header.lane, frame.header.number);
        let mut outcomes = Vec::new();
        let mut statements = Vec::new();
        for (index, item) in frame.items.iter().enumerate() {
            kept.documents.push(item.document);
            let mut of_item = Vec::new();
            for bytes in &item.changes {
                let (change, said) = read_change(bytes);
                let row =
                    Row::Own { document: item.document, change, lane: place.0, frame: place.1, item: index as u64 };
                kept.rows.push(row);
                of_item.extend(said);
            }
            outcomes.push(Outcome { accepted: item.changes.len() as u64, rest: Rest::Ok });
            statements.push(of_item);
        }
        let mut receipt = Receipt {
            lane: place.0,
            number: place.1,
            head: Vec::new(),
            index: kept.leaves.len() as u64,
            path: Vec::new(),
            outcomes,
            user: UserId::new(USER).unwrap(),
            role: "officer".into(),
            inbox_head: kept.rows.len() as u64,
        };
        kept.leaves.push(receipt.leaf(frame.header.device, frame.hash, &statements).hash());
        receipt.path = merkle::path(&kept.leaves, kept.leaves.len() - 1).unwrap();
        let head = LogHead {
            epoch: EPOCH,
            time: Timestamp::from_millis(0),
            size: kept.leaves.len() as u64,
            root: merkle::root(&kept.leaves),
            audit_size: 0,
            audit_head: [0; 32],
        };
        receipt.head = head.sign(&*self.signer).unwrap();
        kept.receipts.insert(place, (frame.hash, receipt.clone()));
        receipt
    }

    fn answer(&self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::LoadFacts(_) => {
                let kept = self.kept.lock().unwrap();
                let lane = |lane| {
                    let last = kept.receipts.range((lane, 0)..=(lane, u64::MAX)).next_back();
                    last.map_or((0, FrameHash([0; 32])), |((_, number), (hash, _))| (*number, *hash))
                };
                Some(Input::Facts(Facts {
                    epoch: EPOCH,
                    time: Timestamp::from_millis(0),
                    head: kept.rows.len() as u64,
                    digest: None,
                    lanes: [lane(Lane::Urgent), lane(Lane::Rest)],
                }))
            }
            Effect::Ingest(frame) => Some(Input::Receipt(self.ingest(&frame))),
            Effect::Again(frame) => {
                let kept = self.kept.lock().unwrap();
                let (hash, receipt) = &kept.receipts[&(frame.header.lane, frame.header.number)];
                assert_eq!(*hash, frame.hash, "a resend is the same frame");
                Some(Input::Receipt(receipt.clone()))
            }
            Effect::LoadAhead { .. } => Some(Input::Ahead(None)),
            Effect::LoadPage { after, .. } => {
                let kept = self.kept.lock().unwrap();
                let rows: Vec<Row> = kept.rows.iter().skip(usize::try_from(after).unwrap()).take(3).cloned().collect();
                let mut digest = AudienceDigest::default();
                for row in kept.rows.iter().take(usize::try_from(after).unwrap() + rows.len()) {
                    if let Row::Own { document, change, .. } = row {
                        digest.add(*document, *change);
                    }
                }
                let header = PageHeader {
                    user: UserId::new(USER).unwrap(),
                    epoch: EPOCH,
                    from: after + 1,
                    digest: digest.0,
                    time: Timestamp::from_millis(0),
                    rows: Vec::new(),
                };
                Some(Input::Page(Some(Page::sign(header, &rows, kept.rows.len() as u64, &*self.signer).unwrap())))
            }
            Effect::Committed(cursor) => {
                self.kept.lock().unwrap().committed = cursor;
                None
            }
            Effect::Send(_) | Effect::Erased(_) | Effect::Close => None,
        }
    }
}

/// The change's name and its statements; of the other tests' few bytes, a hash.
fn read_change(bytes: &[u8]) -> (ChangeHash, Vec<StatementHash>) {
    let real = [Template::Record, Template::Draft].into_iter().find_map(|t| Candidate::read(bytes, t).ok());
    real.map_or((ChangeHash(sha256(bytes)), Vec::new()), |change| {
        (change.hash, change.statements().map(|said| said.id).collect())
    })
}

/// A serving server. Dropping it is a kill: it says nothing to anybody.
pub struct TestServer {
    pub address: SocketAddr,
    runtime: Option<tokio::runtime::Runtime>,
}

impl TestServer {
    /// Serves on a free port, or again on the one it had.
    pub fn start(origin: &Arc<Origin>, again: Option<SocketAddr>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let config = server_config(Arc::clone(&origin.signer) as Arc<dyn Signer>).unwrap();
        let origin = Arc::clone(origin);
        let address = again.unwrap_or_else(|| "127.0.0.1:0".parse().unwrap());
        let endpoint = runtime.block_on(async move { Endpoint::server(config, address).unwrap() });
        let address = endpoint.local_addr().unwrap();
        runtime.spawn(async move {
            while let Some(incoming) = endpoint.accept().await {
                tokio::spawn(serve(Arc::clone(&origin), incoming));
            }
        });
        Self { address, runtime: Some(runtime) }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        // Waits until the socket is free for the next life.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(super::PATIENCE);
        }
    }
}

async fn serve(origin: Arc<Origin>, incoming: Incoming) {
    let Ok(connection) = incoming.await else { return };
    let manner = origin.kept.lock().unwrap().manner;
    if let Manner::Closes(code) = manner {
        connection.close(VarInt::from_u32(code.number), b"");
        return;
    }
    if quic::alpn(&connection).as_deref() == Some(ALPN_ENROL) {
        return enrol(&origin, &connection, manner).await;
    }
    session(&origin, &connection, manner).await;
}

async fn enrol(origin: &Origin, connection: &Connection, manner: Manner) {
    let Ok((send, receive)) = connection.accept_bi().await else { return };
    let mut reader = MessageReader::new(receive, Reassembler::enrolment());
    let Ok(Some(Message::Enrol(_))) = reader.next().await else { return };
    let answer = match manner {
        Manner::Refuses(code) => Message::Refuse(Refuse { code: code.number, frame: None, expected: None }),
        Manner::Kind | Manner::Erases | Manner::DropsTheFirstReceipt | Manner::Closes(_) => {
            Message::Enrolled(Enrolled {
                user: UserId::new(USER).unwrap(),
                role: "officer".into(),
                device: quic::peer_key(connection).unwrap().id(),
                epoch: EPOCH,
                time: Timestamp::from_millis(0),
                directory: Vec::new(),
                server_keys: vec![origin.key().spki().to_vec()],
            })
        }
    };
    let mut writer = MessageWriter::new(send);
    let _ = writer.send(&answer).await;
    writer.finish().await;
}

async fn session(origin: &Origin, connection: &Connection, manner: Manner) {
    let Ok((send, receive)) = connection.accept_bi().await else { return };
    let mut writer = MessageWriter::new(send);
    let refusal = match manner {
        Manner::Refuses(code) => Some(Message::Refuse(Refuse { code: code.number, frame: None, expected: None })),
        Manner::Erases => Some(Message::Erase),
        Manner::Kind | Manner::DropsTheFirstReceipt | Manner::Closes(_) => None,
    };
    if let Some(refusal) = refusal {
        let _ = writer.send(&refusal).await;
        return writer.finish().await;
    }
    origin.kept.lock().unwrap().sessions += 1;
    let (messages, mut inbox) = mpsc::channel(16);
    tokio::spawn(read(MessageReader::new(receive, Reassembler::new()), messages.clone()));
    let lanes = connection.clone();
    tokio::spawn(async move {
        while let Ok(stream) = lanes.accept_uni().await {
            tokio::spawn(read(MessageReader::new(stream, Reassembler::new()), messages.clone()));
        }
    });
    let key = quic::peer_key(connection).unwrap();
    let peer = Peer { device: key.id(), key, user: UserId::new(USER).unwrap(), role: "officer".into() };
    let mut server = Server::new(peer);
    while let Some(message) = inbox.recv().await {
        if let Message::Push(push) = &message {
            origin.kept.lock().unwrap().pushes.push(push.clone());
        }
        let mut effects = server.handle(Input::Received(message));
        while !effects.is_empty() {
            let effect = effects.remove(0);
            match &effect {
                Effect::Send(message) => {
                    let drops = origin.kept.lock().unwrap().manner == Manner::DropsTheFirstReceipt;
                    if drops && matches!(message, Message::Receipt(_)) {
                        origin.manner(Manner::Kind);
                        connection.close(VarInt::from_u32(0), b"");
                        return;
                    }
                    let _ = writer.send(message).await;
                }
                Effect::Close => return writer.finish().await,
                Effect::LoadFacts(_)
                | Effect::Ingest(_)
                | Effect::Again(_)
                | Effect::LoadPage { .. }
                | Effect::LoadAhead { .. }
                | Effect::Committed(_)
                | Effect::Erased(_) => {
                    if let Some(input) = origin.answer(effect) {
                        effects.extend(server.handle(input));
                    }
                }
            }
        }
    }
}

async fn read(mut reader: MessageReader, messages: mpsc::Sender<Message>) {
    while let Ok(Some(message)) = reader.next().await {
        if messages.send(message).await.is_err() {
            return;
        }
    }
}
