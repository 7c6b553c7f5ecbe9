//! Messages on a QUIC stream.

use quinn::{ReadError, RecvStream, SendStream, WriteError};
use wire::{Message, Reassembler, WireError, length_prefix};

/// Why a stream gave no message, or took none.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The link is gone.
    #[error("the link was lost")]
    Lost,
    /// What came is not in the protocol's form.
    #[error(transparent)]
    Wire(#[from] WireError),
}

impl From<ReadError> for StreamError {
    fn from(_: ReadError) -> Self {
        Self::Lost
    }
}

impl From<WriteError> for StreamError {
    fn from(_: WriteError) -> Self {
        Self::Lost
    }
}

/// Reads messages from a stream.
pub struct MessageReader {
    stream: RecvStream,
    reassembler: Reassembler,
    bytes: u64,
}

// One read asks for at most this much, so that a stream never holds more than two messages.
const READ_BYTES: usize = 64 * 1024;

impl MessageReader {
    /// Reads with the given bounds ([`Reassembler::new`] or [`Reassembler::enrolment`]).
    #[must_use]
    pub fn new(stream: RecvStream, reassembler: Reassembler) -> Self {
        Self { stream, reassembler, bytes: 0 }
    }

    /// The next message; `None` at the stream's orderly end. Safe to cancel: what was read is kept.
    pub async fn next(&mut self) -> Result<Option<Message>, StreamError> {
        loop {
            if let Some(message) = self.reassembler.pop()? {
                return Ok(Some(message));
            }
            match self.stream.read_chunk(READ_BYTES, true).await? {
                Some(chunk) => {
                    self.bytes += chunk.bytes.len() as u64;
                    self.reassembler.push(&chunk.bytes)?;
                }
                None => {
                    self.reassembler.finish()?;
                    return Ok(None);
                }
            }
        }
    }

    /// Bytes read so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// Writes messages to a stream.
pub struct MessageWriter {
    stream: SendStream,
    bytes: u64,
}

impl MessageWriter {
    /// Writes to this stream.
    #[must_use]
    pub fn new(stream: SendStream) -> Self {
        Self { stream, bytes: 0 }
    }

    /// Writes one message; returns when the transport has taken it.
    pub async fn send(&mut self, message: &Message) -> Result<(), StreamError> {
        let bytes = message.encode();
        let mut framed = length_prefix(&bytes).to_vec();
        framed.extend_from_slice(&bytes);
        self.bytes += framed.len() as u64;
        self.stream.write_all(&framed).await?;
        Ok(())
    }

    /// The urgent lane before the rest, control before both.
    pub fn set_priority(&self, priority: i32) {
        let _ = self.stream.set_priority(priority);
    }

    /// Says that nothing more comes, and waits until the other side has everything.
    pub async fn finish(mut self) {
        if self.stream.finish().is_ok() {
            let _ = self.stream.stopped().await;
        }
    }

    /// Bytes written so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}
