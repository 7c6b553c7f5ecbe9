//! What is carried for other devices, on a stream of its own: one part after the other, behind everything urgent of
//! this device's own and before its files.

use quinn::Connection;
use signed::{Code, code};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;
use transport::{MessageReader, MessageWriter, StreamError};
use wire::{Message, Reassembler, Relay};

use crate::store::carried::CarriedPart;

/// Behind everything of this device's own that is text.
const PRIORITY: i32 = -1;

/// What became of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// The server answered: it is on its disk, or why not.
    Answered(Option<Code>),
    /// What came is no answer to it.
    Broken(Code),
    /// The stream is gone.
    Lost,
}

/// Brings one part after the other, by a task of its own: it ends with this value.
pub(super) struct Courier {
    parts: Sender<CarriedPart>,
    fates: Receiver<([u8; 32], Fate)>,
    busy: bool,
    // The last one that was begun: each is tried once a session.
    after: u64,
    _task: JoinSet<()>,
}

impl Courier {
    /// One that opens its stream with the first part.
    pub(super) fn start(connection: Connection) -> Self {
        let (parts, waiting) = channel(1);
        let (told, fates) = channel(1);
        let mut task = JoinSet::new();
        task.spawn(bring_all(connection, waiting, told));
        Self { parts, fates, busy: false, after: 0, _task: task }
    }

    /// Whether a part is on its way.
    pub(super) fn is_busy(&self) -> bool {
        self.busy
    }

    /// The place in the queue behind which the next part is looked for.
    pub(super) fn after(&self) -> u64 {
        self.after
    }

    /// Begins with a part.
    pub(super) fn send(&mut self, part: CarriedPart) {
        self.after = part.number;
        self.busy = self.parts.try_send(part).is_ok();
    }

    /// What became of the part that is on its way. Safe to cancel; pending while none is.
    pub(super) async fn fate(&mut self) -> ([u8; 32], Fate) {
        if self.busy
            && let Some(fate) = self.fates.recv().await
        {
            self.busy = false;
            return fate;
        }
        std::future::pending().await
    }
}

async fn bring_all(connection: Connection, mut waiting: Receiver<CarriedPart>, told: Sender<([u8; 32], Fate)>) {
    let mut stream = None;
    while let Some(part) = waiting.recv().await {
        let name = part.sha256;
        let fate = match bring(&connection, &mut stream, part).await {
            Ok(refused) => Fate::Answered(refused),
            Err(fate) => fate,
        };
        if told.send((name, fate)).await.is_err() || !matches!(fate, Fate::Answered(_)) {
            return;
        }
    }
}

async fn bring(
    connection: &Connection,
    stream: &mut Option<(MessageWriter, MessageReader)>,
    part: CarriedPart,
) -> Result<Option<Code>, Fate> {
    let (writer, reader) = match stream {
        Some(stream) => stream,
        None => {
            let (send, receive) = connection.open_bi().await.map_err(|_| Fate::Lost)?;
            let writer = MessageWriter::new(send);
            writer.set_priority(PRIORITY);
            stream.insert((writer, MessageReader::new(receive, Reassembler::new())))
        }
    };
    writer.send(&Message::Relay(Relay { sealed: part.sealed })).await.map_err(|_| Fate::Lost)?;
    match reader.next().await {
        Ok(Some(Message::Relayed(relayed))) if relayed.sha256 == part.sha256 => {
            Ok(relayed.code.map(|number| Code::by_number(number).unwrap_or(code::W_UNEXPECTED)))
        }
        Ok(Some(_)) => Err(Fate::Broken(code::W_UNEXPECTED)),
        Ok(None) | Err(StreamError::Lost) => Err(Fate::Lost),
        Err(StreamError::Wire(error)) => Err(Fate::Broken(error.code())),
    }
}
