//! Relay streams: what a device carries for others. A part is taken as if the device that signed it had sent it; the
//! carrier hears only whether it may let go of it.

use std::sync::Arc;

use signed::digest::sha256;
use signed::{Code, DeviceId, code};
use tokio::time::{Instant, sleep_until};
use transport::{MessageReader, MessageWriter, StreamError};
use wire::{Message, Relay, Relayed};

use super::Shared;
use super::limits::RELAY_COST_BYTES;
use super::streams::Pace;

/// Takes parts to the end of the stream, one after the other; the code of what does not belong on it ends the
/// session. Nothing that a part holds does.
pub(super) async fn stream(
    shared: &Arc<Shared>,
    carrier: DeviceId,
    first: Relay,
    mut reader: MessageReader,
    mut writer: MessageWriter,
) -> Result<(), Code> {
    let mut pace = Pace::begin(Instant::now());
    let (mut part, mut opened) = (first, 0);
    loop {
        let sha256 = sha256(&part.sealed);
        let refused = take(shared, part).await;
        let line = match refused {
            None => shared.log.debug("relayed"),
            Some(code) => shared.log.info("relay_refused").code(code),
        };
        let _ = line.device(carrier);
        let answer = Message::Relayed(Relayed { sha256, code: refused.map(|code| code.number) });
        if writer.send(&answer).await.is_err() {
            return Ok(());
        }
        opened += RELAY_COST_BYTES;
        sleep_until(pace.ready_at(reader.bytes() + opened, Instant::now())).await;
        part = match reader.next().await {
            Ok(Some(Message::Relay(next))) => next,
            Ok(Some(_)) => return Err(code::W_UNEXPECTED),
            Ok(None) | Err(StreamError::Lost) => return Ok(()),
            Err(StreamError::Wire(error)) => return Err(error.code()),
        };
    }
}

/// Takes one part in; answers why not, once what becomes of it is on disk.
async fn take(shared: &Arc<Shared>, part: Relay) -> Option<Code> {
    let opened = shared.blocking(move |shared| shared.core.carried(&part.sealed)).await;
    let (peer, frame) = match opened.and_then(|opened| opened) {
        Ok(opened) => opened,
        Err(refused) => return Some(refused),
    };
    let taken = match shared.submit(&peer, frame).await {
        // The receipt waits for the device itself.
        Ok(answer) => answer.wait().await.map(drop),
        Err(refused) => Err(refused),
    };
    match taken {
        Ok(()) => None,
        // It is kept aside, and that is nothing that a carrier should learn of a colleague.
        Err(code::D_REVOKED) => {
            let _ = shared.log.warn("revoked_device").device(peer.device).count("frames", 1);
            None
        }
        Err(refused) => Some(refused),
    }
}
