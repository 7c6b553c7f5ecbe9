//! One outgoing stream, written by a task of its own: whoever hands over a message never waits for
//! the other side to read.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use transport::MessageWriter;
use wire::Message;

/// Messages that may wait for one stream. The engine keeps four frames of a lane and four pages in
/// flight, so only a broken one comes near.
const WAITING_MAX: usize = 64;

/// A stream we write to.
pub(super) struct Outbound {
    messages: mpsc::Sender<Message>,
    task: JoinHandle<()>,
}

impl Outbound {
    /// Starts the task that writes this stream.
    pub(super) fn new(writer: MessageWriter, priority: i32) -> Self {
        writer.set_priority(priority);
        let (messages, waiting) = mpsc::channel(WAITING_MAX);
        Self { messages, task: tokio::spawn(write(writer, waiting)) }
    }

    /// Hands a message over; false when the stream is gone or hopelessly behind.
    pub(super) fn send(&self, message: Message) -> bool {
        self.messages.try_send(message).is_ok()
    }

    /// As [`Outbound::send`], but waits this long for its turn.
    pub(super) async fn send_in_turn(&self, message: Message, patience: Duration) -> bool {
        timeout(patience, self.messages.send(message)).await.is_ok_and(|sent| sent.is_ok())
    }

    /// Sends what waits and ends the stream; the answer is done when the other side has it all.
    pub(super) fn finish(self) -> JoinHandle<()> {
        self.task
    }
}

async fn write(mut writer: MessageWriter, mut waiting: mpsc::Receiver<Message>) {
    while let Some(message) = waiting.recv().await {
        // A lost link shows on the reading side, which reports it.
        if writer.send(&message).await.is_err() {
            return;
        }
    }
    writer.finish().await;
}
