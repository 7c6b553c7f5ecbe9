//! Attached files on the network: sent on a stream of their own behind everything else, fetched when
//! somebody asks for one.

use std::sync::Arc;
use std::time::Duration;

use quinn::Connection;
use signed::{Code, MediaHash, code};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;
use transport::{MessageReader, MessageWriter, StreamError};
use wire::limits::{MEDIA_CHUNK_BYTES_MAX, MEDIA_WINDOW_BYTES};
use wire::{Media, Message, Reassembler};

use super::dial::{self, Link};
use super::store::LinkStore;
use super::sync::{Stop, target};
use super::thread::{self, blocking};
use crate::FieldError;
use crate::media::Files;
use crate::store::media::WaitingMedia;

/// Behind everything else that travels.
const PRIORITY: i32 = -1;

/// What became of a file that was to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// The server has it, whole and checked.
    Sent,
    /// The server does not take it, or it cannot be read here; it stays here.
    Refused(Code),
    /// The stream is gone; where it stopped the server knows.
    Lost,
}

/// Sends one file after the other, by a task of its own: it ends with this value.
pub(super) struct Uploader {
    files: Sender<WaitingMedia>,
    fates: Receiver<(MediaHash, Fate)>,
    busy: bool,
    // The last one that was begun: each is tried once a session.
    after: u64,
    _task: JoinSet<()>,
}

impl Uploader {
    /// One that opens its stream with the first file.
    pub(super) fn start(connection: Connection, store: Arc<dyn LinkStore>) -> Self {
        let (files, waiting) = channel(1);
        let (told, fates) = channel(1);
        let mut task = JoinSet::new();
        task.spawn(send_all(connection, store, waiting, told));
        Self { files, fates, busy: false, after: 0, _task: task }
    }

    /// Whether a file is on its way.
    pub(super) fn is_busy(&self) -> bool {
        self.busy
    }

    /// The place in the queue behind which the next file is looked for.
    pub(super) fn after(&self) -> u64 {
        self.after
    }

    /// Begins with a file.
    pub(super) fn send(&mut self, file: WaitingMedia) {
        self.after = file.number;
        self.busy = self.files.try_send(file).is_ok();
    }

    /// What became of the file that is on its way. Safe to cancel; pending while none is.
    pub(super) async fn fate(&mut self) -> (MediaHash, Fate) {
        if self.busy
            && let Some(fate) = self.fates.recv().await
        {
            self.busy = false;
            return fate;
        }
        std::future::pending().await
    }
}

async fn send_all(
    connection: Connection,
    store: Arc<dyn LinkStore>,
    mut waiting: Receiver<WaitingMedia>,
    told: Sender<(MediaHash, Fate)>,
) {
    let Ok((send, receive)) = connection.open_bi().await else { return };
    let mut stream = MediaStream::over(send, receive);
    while let Some(file) = waiting.recv().await {
        let fate = stream.upload(&store, file).await;
        if told.send((file.sha256, fate)).await.is_err() || fate == Fate::Lost {
            return;
        }
    }
}

struct MediaStream {
    writer: MessageWriter,
    reader: MessageReader,
}

impl MediaStream {
    fn over(send: quinn::SendStream, receive: quinn::RecvStream) -> Self {
        let writer = MessageWriter::new(send);
        writer.set_priority(PRIORITY);
        Self { writer, reader: MessageReader::new(receive, Reassembler::new()) }
    }

    async fn say(&mut self, media: Media) -> Result<(), Fate> {
        self.writer.send(&Message::Media(media)).await.map_err(|_| Fate::Lost)
    }

    async fn hear(&mut self) -> Result<Media, Fate> {
        match self.reader.next().await {
            Ok(Some(Message::Media(Media::Refuse { code }))) => {
                Err(Fate::Refused(Code::by_number(code).unwrap_or(code::W_UNEXPECTED)))
            }
            Ok(Some(Message::Media(media))) => Ok(media),
            Ok(Some(_)) => Err(Fate::Refused(code::W_UNEXPECTED)),
            Ok(None) | Err(StreamError::Lost) => Err(Fate::Lost),
            Err(StreamError::Wire(error)) => Err(Fate::Refused(error.code())),
        }
    }

    async fn upload(&mut self, store: &Arc<dyn LinkStore>, file: WaitingMedia) -> Fate {
        match self.send(store, file).await {
            Ok(()) => Fate::Sent,
            Err(fate) => fate,
        }
    }

    async fn send(&mut self, store: &Arc<dyn LinkStore>, file: WaitingMedia) -> Result<(), Fate> {
        self.say(Media::Offer { sha256: file.sha256, size: file.size }).await?;
        let Some(mut confirmed) = self.word(&file, None).await? else { return Ok(()) };
        let mut sent = confirmed;
        loop {
            while sent < file.size && sent - confirmed < MEDIA_WINDOW_BYTES {
                let (store, from) = (Arc::clone(store), sent);
                let part = blocking(move || store.media_part(&file.sha256, from, MEDIA_CHUNK_BYTES_MAX)).await;
                let bytes = part.map_err(|error| Fate::Refused(error.code))?;
                if bytes.is_empty() {
                    return Err(Fate::Refused(code::R80_DAMAGED));
                }
                let length = bytes.len() as u64;
                self.say(Media::Chunk { offset: sent, bytes }).await?;
                sent += length;
            }
            let Some(known) = self.word(&file, Some((confirmed, sent))).await? else { return Ok(()) };
            confirmed = known;
        }
    }

    /// What the server has of a file: none means all. After the first word it names only what is new to
    /// it and was sent.
    async fn word(&mut self, file: &WaitingMedia, between: Option<(u64, u64)>) -> Result<Option<u64>, Fate> {
        match self.hear().await? {
            Media::Done { sha256 } if sha256 == file.sha256 => Ok(None),
            Media::Have { offset } => {
                let (low, high) = between.unwrap_or((0, file.size - 1));
                let fits = (low..=high).contains(&offset);
                if fits { Ok(Some(offset)) } else { Err(Fate::Refused(code::W_MEDIA_OFFSET)) }
            }
            Media::Done { .. }
            | Media::Offer { .. }
            | Media::Chunk { .. }
            | Media::Fetch { .. }
            | Media::Refuse { .. } => Err(Fate::Refused(code::W_UNEXPECTED)),
        }
    }

    /// Puts what is missing of a file behind what is here.
    async fn fetch(&mut self, files: &Arc<Files>, sha256: MediaHash, size: u64) -> Result<(), Fate> {
        let failed = |error: FieldError| Fate::Refused(error.code);
        let mut offset = files.fetched(&sha256);
        if offset > size {
            files.drop_fetched(&sha256);
            offset = 0;
        }
        self.say(Media::Fetch { sha256, from: offset }).await?;
        loop {
            match self.hear().await? {
                Media::Chunk { offset: at, bytes } => {
                    let end = at.saturating_add(bytes.len() as u64);
                    if at != offset || end > size {
                        return Err(Fate::Refused(code::W_MEDIA_OFFSET));
                    }
                    let files = Arc::clone(files);
                    blocking(move || files.append(&sha256, &bytes)).await.map_err(failed)?;
                    offset = end;
                }
                Media::Done { sha256: done } if done == sha256 => return Ok(()),
                Media::Done { .. }
                | Media::Offer { .. }
                | Media::Have { .. }
                | Media::Fetch { .. }
                | Media::Refuse { .. } => return Err(Fate::Refused(code::W_UNEXPECTED)),
            }
        }
    }
}

/// Fetches the ciphertext of a file, going on where an earlier try stopped; waits at most this long, or
/// until somebody rings. What came is not looked at here.
pub(super) fn fetch(
    store: Arc<dyn LinkStore>,
    files: Files,
    sha256: MediaHash,
    size: u64,
    timeout: Duration,
    stop: &Stop,
) -> Result<(), FieldError> {
    let mut stopped = stop.listen();
    thread::run("field-fetch", async move {
        let fetched = tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => Err(dial::error(code::D_OFFLINE)),
            fetched = tokio::time::timeout(timeout, fetch_over(store, files, sha256, size)) => {
                fetched.unwrap_or_else(|_| Err(dial::error(code::W_TIMEOUT)))
            }
        };
        fetched
    })
}

async fn fetch_over(store: Arc<dyn LinkStore>, files: Files, sha256: MediaHash, size: u64) -> Result<(), FieldError> {
    let (target, _) = target(&store, false).await?;
    let hello = blocking(move || store.hello()).await?;
    let link = dial::dial(target).await.map_err(dial::error)?;
    let fetched = on_a_link(&link, hello, &Arc::new(files), sha256, size).await;
    let why = link.connection.close_reason().map_or(code::D_OFFLINE, |error| dial::why(&error));
    link.close().await;
    fetched.map_err(|fate| match fate {
        Fate::Refused(code) => dial::error(code),
        Fate::Lost | Fate::Sent => dial::error(why),
    })
}

async fn on_a_link(
    link: &Link,
    hello: wire::Hello,
    files: &Arc<Files>,
    sha256: MediaHash,
    size: u64,
) -> Result<(), Fate> {
    // A session begins with a hello; nothing is asked for ahead of its turn, and no row is taken.
    let (send, _receive) = link.connection.open_bi().await.map_err(|_| Fate::Lost)?;
    let mut control = MessageWriter::new(send);
    let hello = wire::Hello { ahead: None, ..hello };
    control.send(&Message::Hello(hello)).await.map_err(|_| Fate::Lost)?;
    let (send, receive) = link.connection.open_bi().await.map_err(|_| Fate::Lost)?;
    MediaStream::over(send, receive).fetch(files, sha256, size).await
}
