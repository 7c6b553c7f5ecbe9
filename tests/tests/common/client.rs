//! A device made of nothing but the wire: it keeps every message it is sent, and can send anything.
#![allow(clippy::wildcard_enum_match_arm)]

use std::net::SocketAddr;
use std::sync::Arc;

use quinn::{Connection, Endpoint, SendStream};
use signed::{Incarnation, PublicKey, RingSigner, Signer};
use transport::{MessageReader, MessageWriter, client_config};
use wire::version::{ALPN, ALPN_ENROL, versions};
use wire::{Committed, Enrol, Enrolled, EnrolmentCode, Hello, Lane, Message, Reassembler, Row};

pub const LIFE: Incarnation = Incarnation([42; 16]);

/// A device and its session.
pub struct Client {
    pub signer: Arc<RingSigner>,
    pub address: SocketAddr,
    pub pins: Vec<[u8; 32]>,
    pub enrolled: Option<Enrolled>,
    pub rows: Vec<Row>,
    pub messages: Vec<Message>,
}

/// A session that is open.
pub struct Session {
    pub connection: Connection,
    pub writer: MessageWriter,
    pub reader: MessageReader,
    _endpoint: Endpoint,
}

impl Client {
    /// Enrols a new device with a code.
    pub async fn enrol(code: &str) -> Result<Self, u32> {
        let code: EnrolmentCode = code.parse().unwrap();
        let signer = Arc::new(RingSigner::generate().unwrap());
        let mut client = Self {
            signer,
            address: code.address.parse().unwrap(),
            pins: code.pins.clone(),
            enrolled: None,
            rows: Vec::new(),
            messages: Vec::new(),
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
            _endpoint: endpoint,
        };
        let hello = Hello {
            versions: versions(),
            incarnation: LIFE,
            epoch: None,
            cursor: self.rows.len() as u64,
            digest: [0; 32],
            last_receipt: None,
        };
        session.writer.send(&Message::Hello(hello)).await.unwrap();
        session
    }

    /// Reads until every row of the inbox is here.
    pub async fn read_all(&mut self, session: &mut Session) {
        let enrolled = self.enrolled.clone().unwrap();
        let key = self.server_key();
        let mut head = None;
        while head.is_none_or(|head| (self.rows.len() as u64) < head) {
            let message = session.reader.next().await.unwrap().expect("the session goes on");
            self.messages.push(message.clone());
            match message {
                Message::Welcome(welcome) => head = Some(welcome.head),
                Message::Page(page) => {
                    let (_, rows) = page.verify(&enrolled.user, enrolled.epoch, &key).unwrap();
                    head = Some(page.head);
                    self.rows.extend(rows);
                    let cursor = self.rows.len() as u64;
                    session.writer.send(&Message::Committed(Committed { cursor })).await.unwrap();
                }
                Message::Receipt(_) => {}
                other => panic!("message {}", other.number()),
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
