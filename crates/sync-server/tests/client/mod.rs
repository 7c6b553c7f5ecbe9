//! A device as small as it can be, made of `transport` and `wire` alone: it enrols, says hello,
//! pushes frames (honest or not) and reads what the server answers.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part of this")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::wildcard_enum_match_arm)]

pub mod process;
pub mod trace;

use std::net::SocketAddr;
use std::sync::Arc;

use quinn::{Connection, ConnectionError, Endpoint};
use signed::{Code, DeviceId, FrameHash, Incarnation, PublicKey, RecordId, RingSigner, Signer as _, code};
use tokio::time::timeout;
use transport::{MessageReader, MessageWriter, client_config};
use wire::version::{self, ALPN, ALPN_ENROL};
use wire::{
    Committed, Enrol, Enrolled, EnrolmentCode, FrameBody, Hello, Item, Lane, Message, Page, Push, Reassembler, Receipt,
    Row, Welcome,
};

use process::{PATIENCE, Place};

/// A device's key and what it knows of the server.
pub struct Device {
    pub signer: Arc<RingSigner>,
    pub incarnation: Incarnation,
    pub address: SocketAddr,
    pub pins: Vec<[u8; 32]>,
    pub known_as: Option<Enrolled>,
}

impl Device {
    /// A new key for the server of this code.
    pub fn new(code: &EnrolmentCode) -> Self {
        Self {
            signer: Arc::new(RingSigner::generate().unwrap()),
            incarnation: Incarnation([7; 16]),
            address: code.address.parse().unwrap(),
            pins: code.pins.clone(),
            known_as: None,
        }
    }

    /// A new device of this user, enrolled over the network.
    pub async fn enrolled(place: &Place, user: &str) -> Self {
        let code = place.code(user);
        let mut device = Self::new(&code);
        device.known_as = Some(device.enrol(&code).await.unwrap());
        device
    }

    pub fn id(&self) -> DeviceId {
        self.signer.public_key().id()
    }

    /// Dials the server.
    pub async fn connect(&self, alpn: &[u8]) -> Result<Connection, ConnectionError> {
        let signer = Arc::clone(&self.signer);
        let config = client_config(signer, &self.pins, alpn, true).unwrap();
        let endpoint = Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
        let connecting = endpoint.connect_with(config, self.address, "firsthand").unwrap();
        timeout(PATIENCE, connecting).await.unwrap()
    }

    /// Says this on a new enrolment link and hears the answer.
    pub async fn say_at_enrolment(&self, message: &Message) -> Result<Enrolled, Code> {
        let connection = self.connect(ALPN_ENROL).await.unwrap();
        let mut session = Session::open(connection).await;
        session.send(message).await;
        match session.next().await? {
            Message::Enrolled(enrolled) => Ok(enrolled),
            other => panic!("{other:?}"),
        }
    }

    /// Enrols with this code.
    pub async fn enrol(&self, code: &EnrolmentCode) -> Result<Enrolled, Code> {
        let (code, secret) = (code.code, code.secret);
        let enrol = Enrol { versions: version::versions(), code, secret, incarnation: self.incarnation };
        self.say_at_enrolment(&Message::Enrol(enrol)).await
    }

    /// The hello of a device that holds nothing.
    pub fn hello(&self) -> Hello {
        Hello {
            versions: version::versions(),
            incarnation: self.incarnation,
            epoch: None,
            cursor: 0,
            digest: [0; 32],
            last_receipt: None,
            ahead: None,
        }
    }

    /// A link of `firsthand/1` on which nothing is said yet.
    pub async fn silent_session(&self) -> Session {
        Session::open(self.connect(ALPN).await.unwrap()).await
    }

    /// A session with its welcome.
    pub async fn session(&self) -> (Session, Welcome) {
        let mut session = self.silent_session().await;
        session.send(&Message::Hello(self.hello())).await;
        let welcome = session.welcome().await.unwrap();
        (session, welcome)
    }

    /// The rows of a page, if the server signed them for this device's user.
    pub fn rows(&self, page: &Page) -> Vec<Row> {
        let known_as = self.known_as.as_ref().unwrap();
        let key = PublicKey::from_spki(&known_as.server_keys[0]).unwrap();
        page.verify(&known_as.user, known_as.epoch, &key).unwrap().1
    }

    /// Reads and commits pages until row `head` is here; answers all rows.
    pub async fn read_to(&self, session: &mut Session, head: u64) -> Vec<Row> {
        let (mut rows, mut cursor) = (Vec::new(), 0);
        while cursor < head {
            let page = session.page().await;
            cursor = page.from + page.count - 1;
            rows.extend(self.rows(&page));
            session.send(&Message::Committed(Committed { cursor })).await;
        }
        rows
    }

    /// A signed frame.
    pub fn frame(&self, lane: Lane, number: u64, previous: FrameHash, items: Vec<Item>) -> (Push, FrameHash) {
        let unsigned = FrameBody { previous, signature: [0; 64], items };
        let header = unsigned.header(self.id(), self.incarnation, lane, number);
        let (signature, hash) = header.sign(self.signer.as_ref()).unwrap();
        (Push::new(lane, number, &FrameBody { signature, ..unsigned }), hash)
    }

    /// The first frame of the lane of bulk, with bytes in it that are no change.
    pub fn first_frame(&self, bytes: &[u8]) -> (Push, FrameHash) {
        self.frame(Lane::Rest, 1, NOTHING_BEFORE, vec![junk_item(bytes)])
    }
}

/// What the first frame of a lane names as its previous one.
pub const NOTHING_BEFORE: FrameHash = FrameHash([0; 32]);

/// An item whose one change is these bytes.
pub fn junk_item(bytes: &[u8]) -> Item {
    Item { document: RecordId([5; 16]), changes: vec![bytes.to_vec()] }
}

/// One link of a device.
pub struct Session {
    pub connection: Connection,
    control: MessageWriter,
    reader: MessageReader,
    lanes: Vec<(Lane, MessageWriter)>,
    pub pages: Vec<Page>,
}

impl Session {
    async fn open(connection: Connection) -> Self {
        let (send, receive) = connection.open_bi().await.unwrap();
        let reader = MessageReader::new(receive, Reassembler::new());
        Self { connection, control: MessageWriter::new(send), reader, lanes: Vec::new(), pages: Vec::new() }
    }

    /// Says something on the control stream.
    pub async fn send(&mut self, message: &Message) {
        // A server that has already refused hears nothing more; its word is read next.
        let _ = self.control.send(message).await;
    }

    /// Pushes a frame on its lane's stream.
    pub async fn push(&mut self, push: &Push) {
        if !self.lanes.iter().any(|(lane, _)| *lane == push.lane) {
            let stream = self.connection.open_uni().await.unwrap();
            self.lanes.push((push.lane, MessageWriter::new(stream)));
        }
        let (_, writer) = self.lanes.iter_mut().find(|(lane, _)| *lane == push.lane).unwrap();
        let _ = writer.send(&Message::Push(push.clone())).await;
    }

    /// Writes bytes to a new lane stream and ends it.
    pub async fn push_bytes(&mut self, bytes: &[u8]) {
        let mut stream = self.connection.open_uni().await.unwrap();
        let _ = stream.write_all(bytes).await;
        let _ = stream.finish();
        // Kept until its bytes are there, since dropping would not reset but says nothing either.
        let _ = timeout(PATIENCE, stream.stopped()).await;
    }

    /// The next message that is no refusal; a refusal or the server's closing code otherwise.
    pub async fn next(&mut self) -> Result<Message, Code> {
        match timeout(PATIENCE, self.reader.next()).await.expect("the server answers in time") {
            Ok(Some(Message::Refuse(refuse))) => Err(Code::by_number(refuse.code).unwrap()),
            Ok(Some(message)) => Ok(message),
            Ok(None) | Err(_) => Err(self.closing_code().await),
        }
    }

    /// The number with which the server closed the link.
    pub async fn closing_code(&self) -> Code {
        match timeout(PATIENCE, self.connection.closed()).await.expect("the server closes in time") {
            ConnectionError::ApplicationClosed(close) => {
                let number = u32::try_from(close.error_code.into_inner()).unwrap();
                Code::by_number(number).unwrap_or_else(|| panic!("closed with {number}"))
            }
            other => panic!("{other}"),
        }
    }

    pub async fn welcome(&mut self) -> Result<Welcome, Code> {
        match self.next().await? {
            Message::Welcome(welcome) => Ok(welcome),
            other => panic!("{other:?}"),
        }
    }

    /// The next receipt; pages before it are kept.
    pub async fn receipt(&mut self) -> Result<Receipt, Code> {
        loop {
            match self.next().await? {
                Message::Receipt(receipt) => return Ok(receipt),
                Message::Page(page) => self.pages.push(page),
                other => panic!("{other:?}"),
            }
        }
    }

    /// The refusal that must come; what was on its way before it is passed over.
    pub async fn refusal(&mut self) -> Code {
        loop {
            if let Err(code) = self.next().await {
                return code;
            }
        }
    }

    /// The next page.
    pub async fn page(&mut self) -> Page {
        if !self.pages.is_empty() {
            return self.pages.remove(0);
        }
        match self.next().await.unwrap() {
            Message::Page(page) => page,
            other => panic!("{other:?}"),
        }
    }
}

/// What a server says to a device it does not know, or knows too well.
pub async fn refused_at_hello(device: &Device) -> Code {
    let mut session = device.silent_session().await;
    session.send(&Message::Hello(device.hello())).await;
    session.refusal().await
}

/// That the server still serves this device.
pub async fn serves(device: &Device) {
    let (session, _) = device.session().await;
    session.connection.close(code::W_SHUTDOWN.number.into(), b"");
}
