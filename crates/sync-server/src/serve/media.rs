//! Media streams: files beside the records of a session. Nothing of a session waits for them, nor for what comes
//! on a stream that turns out to be a relay stream.

use std::sync::Arc;

use quinn::{Connection, RecvStream, SendStream};
use signed::{Code, MediaHash, code};
use sync_engine::server::Peer;
use tokio::sync::mpsc::Sender;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use transport::{MessageReader, MessageWriter, StreamError};
use wire::{Media, Message, Reassembler};

use super::Shared;
use super::limits::{MEDIA_FETCH_COST_BYTES, SIDE_STREAMS_MAX};
use super::relay;
use super::streams::{Came, Pace};
use crate::core::{Incoming, Offered, Taken};
use crate::error::ServerError;

/// Behind everything else that travels.
const PRIORITY: i32 = -1;

/// Takes the streams that a device opens after its control stream, a bounded number at a time. What
/// does not belong there is told to the session.
pub(super) async fn serve(shared: Arc<Shared>, connection: Connection, peer: Peer, came: Sender<Came>) {
    // Dropped with this future, and every stream with it.
    let mut streams = JoinSet::new();
    while let Ok((send, receive)) = connection.accept_bi().await {
        while streams.try_join_next().is_some() {}
        if streams.len() >= SIDE_STREAMS_MAX {
            let _ = came.send(Came::Refused(code::W_RATE)).await;
            return;
        }
        let (shared, peer, came) = (Arc::clone(&shared), peer.clone(), came.clone());
        streams.spawn(async move {
            if let Err(code) = stream(shared, peer, send, receive).await {
                // The session may be over.
                let _ = came.send(Came::Refused(code)).await;
            }
        });
    }
}

/// What a stream does now.
enum State {
    /// Nothing was offered yet.
    Idle,
    /// A file is coming in.
    Coming(Incoming),
    /// The last offer was refused or is done: chunks that were under way are passed over.
    Over,
}

struct Stream {
    shared: Arc<Shared>,
    peer: Peer,
    writer: MessageWriter,
    state: State,
}

/// Serves one stream to its end; the code of what does not belong on it ends the session.
async fn stream(shared: Arc<Shared>, peer: Peer, send: SendStream, receive: RecvStream) -> Result<(), Code> {
    let writer = MessageWriter::new(send);
    writer.set_priority(PRIORITY);
    let mut reader = MessageReader::new(receive, Reassembler::new());
    let mut next = reader.next().await;
    if let Ok(Some(Message::Relay(first))) = next {
        return relay::stream(&shared, peer.device, first, reader, writer).await;
    }
    let mut stream = Stream { shared, peer, writer, state: State::Idle };
    let mut pace = Pace::begin(Instant::now());
    let mut fetches = 0;
    loop {
        let media = match next {
            Ok(Some(Message::Media(media))) => media,
            Ok(Some(_)) => return Err(code::W_UNEXPECTED),
            Ok(None) | Err(StreamError::Lost) => return Ok(()),
            Err(StreamError::Wire(error)) => return Err(error.code()),
        };
        let said = match media {
            Media::Offer { sha256, size } => stream.offered(sha256, size).await,
            Media::Chunk { offset, bytes } => stream.chunk(offset, bytes).await?,
            Media::Fetch { sha256, from } => {
                fetches += MEDIA_FETCH_COST_BYTES;
                stream.fetched(sha256, from).await
            }
            Media::Have { .. } | Media::Done { .. } | Media::Refuse { .. } => return Err(code::W_UNEXPECTED),
        };
        if said.is_err() {
            return Ok(());
        }
        sleep_until(pace.ready_at(reader.bytes() + fetches, Instant::now())).await;
        next = reader.next().await;
    }
}

/// Nobody reads the stream any more.
struct Gone;

impl Stream {
    async fn say(&mut self, media: Media) -> Result<(), Gone> {
        self.writer.send(&Message::Media(media)).await.map_err(|_| Gone)
    }

    async fn refuse(&mut self, code: Code) -> Result<(), Gone> {
        self.state = State::Over;
        self.say(Media::Refuse { code: code.number }).await
    }

    async fn call<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Shared, &Peer) -> Result<T, ServerError> + Send + 'static,
    ) -> Result<T, Code> {
        let peer = self.peer.clone();
        self.shared.blocking(move |shared| call(shared, &peer)).await
    }

    async fn offered(&mut self, sha256: MediaHash, size: u64) -> Result<(), Gone> {
        // The turn at what was offered before ends.
        self.state = State::Over;
        match self.call(move |shared, peer| shared.core.media_offer(peer, sha256, size)).await {
            Ok(Offered::Whole) => self.say(Media::Done { sha256 }).await,
            Ok(Offered::From(incoming)) => {
                let offset = incoming.confirmed();
                self.state = State::Coming(incoming);
                self.say(Media::Have { offset }).await
            }
            Err(code) => self.refuse(code).await,
        }
    }

    /// A chunk where nothing was offered is an error of the session's.
    async fn chunk(&mut self, offset: u64, bytes: Vec<u8>) -> Result<Result<(), Gone>, Code> {
        let mut incoming = match std::mem::replace(&mut self.state, State::Over) {
            State::Coming(incoming) => incoming,
            State::Over => return Ok(Ok(())),
            State::Idle => return Err(code::W_UNEXPECTED),
        };
        let taken = self
            .call(move |_, peer| {
                let taken = incoming.chunk(peer, offset, &bytes);
                taken.map(|taken| (taken, incoming))
            })
            .await;
        Ok(match taken {
            Ok((Taken::Whole, incoming)) => self.say(Media::Done { sha256: incoming.file() }).await,
            Ok((Taken::Confirmed(offset), incoming)) => {
                self.state = State::Coming(incoming);
                self.say(Media::Have { offset }).await
            }
            Ok((Taken::Written, incoming)) => {
                self.state = State::Coming(incoming);
                Ok(())
            }
            Err(code) => self.refuse(code).await,
        })
    }

    async fn fetched(&mut self, sha256: MediaHash, from: u64) -> Result<(), Gone> {
        self.state = State::Over;
        let size = match self.call(move |shared, peer| shared.core.media_fetch(peer, sha256, from)).await {
            Ok(size) => size,
            Err(code) => return self.refuse(code).await,
        };
        let mut offset = from;
        while offset < size {
            let bytes = match self.call(move |shared, _| shared.core.media_read(sha256, offset)).await {
                Ok(bytes) if bytes.is_empty() => return self.refuse(code::W_MEDIA_MISSING).await,
                Ok(bytes) => bytes,
                Err(code) => return self.refuse(code).await,
            };
            let length = bytes.len() as u64;
            self.say(Media::Chunk { offset, bytes }).await?;
            offset += length;
        }
        self.say(Media::Done { sha256 }).await
    }
}
