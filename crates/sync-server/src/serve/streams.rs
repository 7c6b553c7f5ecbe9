//! Between QUIC streams and a session's loop: readers that hold a bounded number of messages, and
//! a writer that a slow peer cannot make wait for anybody else.

use std::time::Duration;

use quinn::{Connection, RecvStream, SendStream, VarInt};
use signed::{Code, code};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};
use transport::{MessageReader, MessageWriter, StreamError};
use wire::{Lane, Message, Reassembler};

use super::limits::{
    INBOUND_MESSAGES_MAX, LAST_WORD_TIME_MAX, MESSAGE_COST_BYTES_MIN, OUTBOUND_MESSAGES_MAX, PUSH_STREAMS_MAX,
    SESSION_BYTES_PER_SECOND,
};

/// What came on a stream.
#[derive(Debug)]
pub(super) enum Came {
    /// A message.
    Message(Message),
    /// Something that is refused with this code.
    Refused(Code),
    /// The stream ended in good order.
    End,
    /// The link is gone.
    Lost,
}

/// Reads the control stream until it ends; everything but pushes belongs on it.
pub(super) async fn read_control(stream: RecvStream, came: Sender<Came>) {
    read(stream, came, Kind::Control).await;
}

/// Takes the streams on which the device pushes, a bounded number at a time, and reads them.
pub(super) async fn read_pushes(connection: Connection, came: Sender<Came>) {
    // Dropped with this future, and every reader with it.
    let mut readers = JoinSet::new();
    while let Ok(stream) = connection.accept_uni().await {
        while readers.try_join_next().is_some() {}
        if readers.len() >= PUSH_STREAMS_MAX {
            let _ = came.send(Came::Refused(code::W_RATE)).await;
            return;
        }
        let came = came.clone();
        readers.spawn(read(stream, came, Kind::Lane(None)));
    }
}

/// What a stream is for; a lane's is known by its first push.
#[derive(Clone, Copy)]
enum Kind {
    Control,
    Lane(Option<Lane>),
}

impl Kind {
    /// Whether the message belongs on this stream.
    fn takes(&mut self, message: &Message) -> bool {
        match (self, message) {
            (Self::Control, Message::Push(_)) => false,
            (Self::Control, _) => true,
            (Self::Lane(lane), Message::Push(push)) => *lane.get_or_insert(push.lane) == push.lane,
            (Self::Lane(_), _) => false,
        }
    }
}

async fn read(stream: RecvStream, came: Sender<Came>, mut kind: Kind) {
    let mut reader = MessageReader::new(stream, Reassembler::new());
    let mut pace = Pace::begin(Instant::now());
    loop {
        let what = match reader.next().await {
            Ok(Some(message)) if kind.takes(&message) => Came::Message(message),
            Ok(Some(_)) => Came::Refused(code::W_UNEXPECTED),
            Ok(None) => Came::End,
            Err(StreamError::Wire(error)) => Came::Refused(error.code()),
            Err(StreamError::Lost) => Came::Lost,
        };
        let goes_on = matches!(what, Came::Message(_));
        // A lane may end when it likes; the end of the control stream is the end of the session.
        let silent = matches!((kind, &what), (Kind::Lane(_), Came::End | Came::Lost));
        if silent || came.send(what).await.is_err() || !goes_on {
            return;
        }
        sleep_until(pace.ready_at(reader.bytes(), Instant::now())).await;
    }
}

/// Keeps one stream to its bytes a second, a second's worth at once.
pub(super) struct Pace {
    // When everything read so far would have arrived at the permitted rate.
    paid_until: Instant,
    counted: u64,
}

impl Pace {
    pub(super) fn begin(now: Instant) -> Self {
        Self { paid_until: now, counted: 0 }
    }

    /// When the next message may be read.
    pub(super) fn ready_at(&mut self, bytes: u64, now: Instant) -> Instant {
        let cost = (bytes - self.counted).max(MESSAGE_COST_BYTES_MIN);
        let micros = cost.saturating_mul(1_000_000) / SESSION_BYTES_PER_SECOND;
        self.counted = bytes;
        self.paid_until = self.paid_until.max(now) + Duration::from_micros(micros);
        self.paid_until.checked_sub(Duration::from_secs(1)).unwrap_or(now)
    }
}

/// Sends messages in order from a bounded queue.
pub(super) struct Outbound {
    queue: Sender<Message>,
    writer: JoinHandle<()>,
}

impl Outbound {
    /// Starts the writer of this stream.
    pub(super) fn start(stream: SendStream) -> Self {
        let (queue, messages) = channel(OUTBOUND_MESSAGES_MAX);
        Self { queue, writer: tokio::spawn(write(stream, messages)) }
    }

    /// Queues a message; false when the peer takes less than it asks for, or is gone.
    pub(super) fn send(&self, message: Message) -> bool {
        self.queue.try_send(message).is_ok()
    }

    /// Lets the last word arrive, within its time, and closes the link with the code's number.
    pub(super) async fn close(self, connection: &Connection, number: u32) {
        let Self { queue, mut writer } = self;
        drop(queue);
        if timeout(LAST_WORD_TIME_MAX, &mut writer).await.is_err() {
            writer.abort();
        }
        connection.close(VarInt::from_u32(number), b"");
    }
}

async fn write(stream: SendStream, mut messages: Receiver<Message>) {
    let mut writer = MessageWriter::new(stream);
    while let Some(message) = messages.recv().await {
        if writer.send(&message).await.is_err() {
            return;
        }
    }
    writer.finish().await;
}

/// A queue of what came on a session's streams.
pub(super) fn inbound() -> (Sender<Came>, Receiver<Came>) {
    channel(INBOUND_MESSAGES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_s_worth_of_bytes_may_come_at_once_and_more_must_wait() {
        let now = Instant::now();
        let mut pace = Pace::begin(now);
        assert!(pace.ready_at(SESSION_BYTES_PER_SECOND, now) <= now);
        assert_eq!(pace.ready_at(3 * SESSION_BYTES_PER_SECOND, now), now + Duration::from_secs(2));
        let later = now + Duration::from_secs(10);
        assert!(pace.ready_at(3 * SESSION_BYTES_PER_SECOND, later) <= later);
    }
}
