//! A server that enrols whoever comes, and then is gone: everything else here is offline.

use std::sync::Arc;

use documents::{Sentence, Statement};
use quinn::{Connection, Endpoint};
use signed::cbor::{Map, Value};
use signed::{ActorId, Incarnation, PublicKey, RecordId, RingSigner, Signer, Timestamp, UserId};
use transport::{MessageReader, MessageWriter, quic, server_config};
use wire::enrolment::pin;
use wire::{Enrolled, EnrolmentCode, Epoch, Message, Reassembler};

const NOW: &str = "2026-11-22T08:00:00.000Z";

/// Serves until it is dropped.
pub struct EnrolServer {
    address: String,
    key: PublicKey,
    _runtime: tokio::runtime::Runtime,
}

impl EnrolServer {
    pub fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let signer = Arc::new(RingSigner::generate().unwrap());
        let config = server_config(Arc::clone(&signer) as Arc<dyn Signer>).unwrap();
        let key = signer.public_key().clone();
        let endpoint =
            runtime.block_on(async move { Endpoint::server(config, "127.0.0.1:0".parse().unwrap()).unwrap() });
        let address = endpoint.local_addr().unwrap().to_string();
        runtime.spawn(async move {
            while let Some(incoming) = endpoint.accept().await {
                if let Ok(connection) = incoming.await {
                    enrol(&signer, connection).await;
                }
            }
        });
        Self { address, key, _runtime: runtime }
    }

    /// A code for it.
    pub fn code(&self) -> String {
        let pins = vec![pin(self.key.spki())];
        EnrolmentCode { address: self.address.clone(), pins, code: [1; 16], secret: [2; 16] }.to_string()
    }
}

async fn enrol(signer: &RingSigner, connection: Connection) {
    let Ok((send, receive)) = connection.accept_bi().await else { return };
    let mut reader = MessageReader::new(receive, Reassembler::enrolment());
    let Ok(Some(Message::Enrol(enrol))) = reader.next().await else { return };
    let device = quic::peer_key(&connection).unwrap();
    let enrolled = Enrolled {
        user: UserId::new("pc.green").unwrap(),
        role: "officer".into(),
        device: device.id(),
        epoch: Epoch([9; 16]),
        time: Timestamp::parse(NOW).unwrap(),
        directory: directory(signer, &device, enrol.incarnation),
        server_keys: vec![signer.public_key().spki().to_vec()],
    };
    let mut writer = MessageWriter::new(send);
    let _ = writer.send(&Message::Enrolled(enrolled)).await;
    writer.finish().await;
    connection.closed().await;
}

fn directory(signer: &RingSigner, device: &PublicKey, incarnation: Incarnation) -> Vec<Vec<u8>> {
    let actor = ActorId::of_store(device.spki(), &incarnation);
    let text = Value::text;
    vec![
        statement(
            signer,
            "user",
            "pc.green",
            &[
                ("user", text("pc.green")),
                ("name", text("PC Green")),
                ("role", text("officer")),
                ("schools", Value::Array(vec![text("100001")])),
                ("active", Value::Bool(true)),
            ],
        ),
        statement(
            signer,
            "school",
            "school:100001",
            &[("school", text("100001")), ("name", text("Northfield")), ("agreement", text("partnership"))],
        ),
        statement(
            signer,
            "device",
            &device.id().to_string(),
            &[
                ("device", Value::bytes(device.id().0)),
                ("user", text("pc.green")),
                ("role", text("officer")),
                ("spki", Value::bytes(device.spki())),
                ("actor", Value::bytes(actor.0)),
                ("incarnation", Value::bytes(incarnation.0)),
                ("from", text(NOW)),
            ],
        ),
    ]
}

fn statement(signer: &RingSigner, step: &str, about: &str, content: &[(&str, Value)]) -> Vec<u8> {
    let content: Map = content.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Statement {
        record: RecordId::derived(&["directory", about]),
        kind: "directory".into(),
        sentence: Sentence::Step(step.into()),
        version: 1,
        content,
        author: UserId::new("server").unwrap(),
        role: "server".into(),
        actor: ActorId([1; 16]),
        event_at: None,
        device_at: Timestamp::parse(NOW).unwrap(),
        mono_ms: 0,
        boot: "test".into(),
        offset_ms: None,
        rules: 1,
        policy: 1,
        gaps: Vec::new(),
        seen: Vec::new(),
        shown: Vec::new(),
        salt: [0; 16],
    }
    .sign(signer)
    .unwrap()
}
