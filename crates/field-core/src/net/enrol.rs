//! Enrolment over the network: a one-time code for a place in the directory.

use std::sync::Arc;
use std::time::Duration;

use signed::{Code, Incarnation, Signer, code};
use transport::{MessageReader, MessageWriter, StreamError};
use wire::enrolment::EnrolmentCode;
use wire::{Enrol, Enrolled, Message, Reassembler, version};

use super::dial::{self, Link, Target};
use super::sync::Stop;
use super::thread;
use crate::FieldError;

/// What a new device brings.
pub struct Joining {
    /// Its key.
    pub signer: Arc<dyn Signer>,
    /// This life of its store.
    pub incarnation: Incarnation,
    /// The one-time code.
    pub code: EnrolmentCode,
    /// Where to dial, if not where the code says.
    pub address: Option<String>,
}

/// Trades the code for a welcome; waits at most this long. Nothing is stored here: a code whose
/// answer was lost is used up, and the next try says so.
pub fn enrol(joining: Joining, timeout: Duration) -> Result<Enrolled, FieldError> {
    enrol_until(joining, timeout, &Stop::new())
}

/// As [`enrol()`], or until somebody rings.
pub fn enrol_until(joining: Joining, timeout: Duration, stop: &Stop) -> Result<Enrolled, FieldError> {
    let mut stopped = stop.listen();
    thread::run("field-enrol", async move {
        let asked = tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => Err(code::D_OFFLINE),
            asked = tokio::time::timeout(timeout, ask(joining)) => asked.unwrap_or(Err(code::D_OFFLINE)),
        };
        asked.map_err(dial::error)
    })
}

async fn ask(joining: Joining) -> Result<Enrolled, Code> {
    let own = joining.signer.public_key().id();
    let link = dial::dial(Target {
        address: joining.address.unwrap_or_else(|| joining.code.address.clone()),
        pins: joining.code.pins.clone(),
        signer: joining.signer,
        alpn: version::ALPN_ENROL,
        keep_alive: false,
    })
    .await?;
    let question = Message::Enrol(Enrol {
        versions: version::versions(),
        code: joining.code.code,
        secret: joining.code.secret,
        incarnation: joining.incarnation,
    });
    let answer = exchange(&link, &question).await;
    link.close().await;
    let enrolled = answer?;
    if enrolled.device == own { Ok(enrolled) } else { Err(code::D_UNKNOWN) }
}

async fn exchange(link: &Link, question: &Message) -> Result<Enrolled, Code> {
    let lost = || link.connection.close_reason().map_or(code::D_OFFLINE, |error| dial::why(&error));
    let (send, receive) = link.connection.open_bi().await.map_err(|error| dial::why(&error))?;
    let mut writer = MessageWriter::new(send);
    writer.send(question).await.map_err(|_| lost())?;
    // The answer is large: it brings the directory.
    let mut reader = MessageReader::new(receive, Reassembler::new());
    match reader.next().await {
        Ok(Some(Message::Enrolled(enrolled))) => Ok(enrolled),
        Ok(Some(Message::Refuse(refuse))) => Err(Code::by_number(refuse.code).unwrap_or(code::W_UNEXPECTED)),
        Ok(Some(
            Message::Hello(_)
            | Message::Welcome(_)
            | Message::Push(_)
            | Message::Receipt(_)
            | Message::Page(_)
            | Message::Committed(_)
            | Message::Erase
            | Message::Erased(_)
            | Message::Resume(_)
            | Message::Ahead(_)
            | Message::Media(_)
            | Message::Relay(_)
            | Message::Relayed(_)
            | Message::Enrol(_),
        )) => Err(code::W_UNEXPECTED),
        Ok(None) | Err(StreamError::Lost) => Err(lost()),
        Err(StreamError::Wire(error)) => Err(error.code()),
    }
}
