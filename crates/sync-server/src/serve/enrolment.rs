//! Enrolment: an unknown device sends its one-time code and learns who it is, or why not.

use std::sync::Arc;

use quinn::Connection;
use signed::{Code, PublicKey, code};
use tokio::time::{Instant, timeout_at};
use transport::{MessageReader, StreamError};
use wire::{Message, Reassembler, Refuse, version};

use super::Shared;
use super::limits::HELLO_TIME_MAX;
use super::session::refusal;
use super::streams::Outbound;

/// Serves one link of `firsthand-enrol/1`.
pub(super) async fn serve(shared: &Arc<Shared>, connection: Connection, key: PublicKey) {
    let device = key.id();
    let deadline = Instant::now() + HELLO_TIME_MAX;
    let Ok(Ok((send, receive))) = timeout_at(deadline, connection.accept_bi()).await else {
        connection.close(code::W_TIMEOUT.number.into(), b"");
        return;
    };
    let mut reader = MessageReader::new(receive, Reassembler::enrolment());
    let answer = match timeout_at(deadline, reader.next()).await {
        Ok(Ok(Some(message))) => enrol(shared, key, message).await,
        Ok(Ok(None)) => Err(refusal(code::W_MALFORMED)),
        Ok(Err(StreamError::Wire(error))) => Err(refusal(error.code())),
        Ok(Err(StreamError::Lost)) => return,
        Err(_) => Err(refusal(code::W_TIMEOUT)),
    };
    let code = match &answer {
        Err(Message::Refuse(refuse)) => Code::by_number(refuse.code),
        Ok(_) | Err(_) => None,
    };
    let line = shared.log.info(if code.is_some() { "enrolment_refused" } else { "enrolled" }).device(device);
    drop(match code {
        Some(code) => line.code(code),
        None => line,
    });
    let outbound = Outbound::start(send);
    outbound.send(answer.unwrap_or_else(|refusal| refusal));
    outbound.close(&connection, code.map_or(0, |code| code.number)).await;
}

async fn enrol(shared: &Arc<Shared>, key: PublicKey, message: Message) -> Result<Message, Message> {
    let Message::Enrol(enrol) = message else { return Err(refusal(code::W_UNEXPECTED)) };
    if version::choose(&enrol.versions).is_none() {
        let expected = Some(version::PROTOCOL_VERSION);
        return Err(Message::Refuse(Refuse { code: code::W_VERSION.number, frame: None, expected }));
    }
    let enrolled = shared.blocking(move |shared| {
        let enrolled = shared.core.enrol(&key, &enrol);
        // Colleagues who are connected learn of the new device at once.
        shared.live.refresh_heads(&shared.core)?;
        Ok(enrolled)
    });
    match enrolled.await {
        Ok(Ok(enrolled)) => Ok(Message::Enrolled(enrolled)),
        Ok(Err(code)) | Err(code) => Err(refusal(code)),
    }
}
