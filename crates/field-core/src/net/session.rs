//! One session: the engine's effects carried out over one link.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use quinn::Connection;
use signed::{Code, MediaHash, code};
use sync_engine::device::{Device, Effect, Input, Report};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use transport::{MessageReader, MessageWriter, StreamError};
use wire::{Lane, Message, Reassembler};

use super::courier::{self, Courier};
use super::dial::{self, Link};
use super::lane::Outbound;
use super::media::{Fate, Uploader};
use super::meter::Meter;
use super::silence::{self, Silence};
use super::store::{LinkState, LinkStore, Server};
use super::sync::Tally;
use super::thread::blocking;
use crate::FieldError;

// Stream priorities: what is small and holds everything up goes first, bulk goes last.
const PRIORITY_CONTROL: i32 = 2;
const PRIORITY_URGENT: i32 = 1;
const PRIORITY_REST: i32 = 0;

/// How long the other side may take to acknowledge our last words.
const FINISH_MAX: Duration = Duration::from_secs(1);

/// How long handing over may stand still before a device that was told to erase itself does so.
const HANDOVER_MAX: Duration = Duration::from_secs(20);

/// How often the store may do what waits for a quiet moment.
const IDLE: Duration = Duration::from_secs(10);

/// Why a session is over.
#[derive(Debug)]
pub(super) enum Ended {
    /// What was waited for has come.
    Done,
    /// Somebody asked us to stop.
    Stopped,
    /// The time is up.
    TimeUp,
    /// The link died, or the other side closed it; the code says what is known of why.
    Lost(Code),
    /// The server, or our own checks, refused to go on.
    Refused(Code),
    /// The server ordered this device to forget, and it has.
    Erased,
    /// The store could not go on.
    Failed(FieldError),
}

/// What a session takes up next.
enum Next {
    Input(Input),
    File(MediaHash, Fate),
    Part([u8; 32], courier::Fate),
}

/// What ends a session from our side.
pub(super) struct Ending {
    /// The report that makes it done, if any does.
    pub(super) at: Option<Report>,
    /// When the time is up.
    pub(super) deadline: Option<Instant>,
    /// Turns true when somebody wants it to stop.
    pub(super) stop: watch::Receiver<bool>,
}

/// A session under way.
pub(super) struct Session {
    store: Arc<dyn LinkStore>,
    device: Device,
    connection: Connection,
    control: Outbound,
    urgent: Option<Outbound>,
    rest: Option<Outbound>,
    meter: Meter,
    done_at: Option<Report>,
    welcomed: bool,
    /// Nothing of any record waits: files may go.
    quiet: bool,
    uploader: Uploader,
    /// What is carried for others goes before files.
    courier: Courier,
    /// Ordered to erase this device, and whether that is done.
    ordered: bool,
    erased: bool,
}

/// Runs one session to its end and closes the link. `saved` rings when something new waits; the
/// tally takes what was sent, came and was paid. Answers whether the server had answered at all.
pub(super) async fn run(
    store: Arc<dyn LinkStore>,
    server: Server,
    link: Link,
    saved: &Notify,
    ending: Ending,
    tally: &mut Tally,
) -> (Ended, bool) {
    let opened = link.connection.open_bi().await;
    let (send, receive) = match opened {
        Ok(streams) => streams,
        Err(error) => return (Ended::Lost(dial::why(&error)), false),
    };
    let uploader = Uploader::start(link.connection.clone(), Arc::clone(&store));
    let mut session = Session {
        store,
        device: Device::new(server.device, server.user, server.keys),
        connection: link.connection.clone(),
        control: Outbound::new(MessageWriter::new(send), PRIORITY_CONTROL),
        urgent: None,
        rest: None,
        meter: Meter::new(),
        done_at: ending.at,
        welcomed: false,
        quiet: false,
        uploader,
        courier: Courier::start(link.connection.clone()),
        ordered: false,
        erased: false,
    };
    let reader = MessageReader::new(receive, Reassembler::new());
    let ended = session.drive(reader, saved, ending.deadline, ending.stop, tally).await;
    let ended = session.obey(ended).await;
    let welcomed = session.welcomed;
    tally.round_trips += session.meter.round_trips();
    // Nobody listens at the end of a dead link.
    let lost = matches!(ended, Ended::Lost(_));
    if !lost {
        session.finish().await;
    }
    let stats = link.connection.stats();
    if !lost {
        link.close().await;
    }
    tally.bytes_out += stats.udp_tx.bytes;
    tally.bytes_in += stats.udp_rx.bytes;
    (ended, welcomed)
}

impl Session {
    async fn drive(
        &mut self,
        mut reader: MessageReader,
        saved: &Notify,
        deadline: Option<Instant>,
        mut stop: watch::Receiver<bool>,
        tally: &mut Tally,
    ) -> Ended {
        let store = Arc::clone(&self.store);
        // What was only typed goes along; a draft that cannot be signed now goes another time.
        let begin = move || {
            let _ = store.idle();
            store.hello()
        };
        let hello = match blocking(begin).await {
            Ok(hello) => hello,
            Err(error) => return Ended::Failed(error),
        };
        if let Err(ended) = self.feed(Input::Connected(hello), tally).await {
            return ended;
        }
        let mut silence = Silence::default();
        let mut tick = interval(silence::TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut idle = interval(IDLE);
        idle.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // A year stands for "no deadline" where the type needs a point in time.
        let deadline = deadline.unwrap_or_else(|| Instant::now() + Duration::from_secs(31_536_000));
        loop {
            let next = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return Ended::Stopped,
                () = sleep_until(deadline) => return Ended::TimeUp,
                message = reader.next() => match message {
                    Ok(Some(message)) => {
                        self.meter.received(&message);
                        Next::Input(Input::Received(message))
                    }
                    Ok(None) | Err(StreamError::Lost) => return Ended::Lost(self.why_lost()),
                    Err(StreamError::Wire(error)) => return Ended::Refused(error.code()),
                },
                () = saved.notified() => {
                    // What was just saved goes before the next file.
                    self.quiet = false;
                    Next::Input(Input::Saved)
                }
                (file, fate) = self.uploader.fate() => Next::File(file, fate),
                (part, fate) = self.courier.fate() => Next::Part(part, fate),
                _ = tick.tick() => {
                    if silence.tick(&self.connection) {
                        return Ended::Lost(code::D_OFFLINE);
                    }
                    continue;
                }
                _ = idle.tick() => {
                    self.quiet();
                    continue;
                }
            };
            let done = match next {
                Next::Input(input) => self.feed(input, tally).await,
                Next::File(file, fate) => self.file_ended(file, fate).await,
                Next::Part(part, fate) => self.part_ended(part, fate).await,
            };
            if let Err(ended) = done {
                return ended;
            }
        }
    }

    /// Lets the store do what waits for a quiet moment; what it saves rings by itself.
    fn quiet(&self) {
        let store = Arc::clone(&self.store);
        drop(tokio::task::spawn_blocking(move || store.idle()));
    }

    fn why_lost(&self) -> Code {
        self.connection.close_reason().map_or(code::D_OFFLINE, |error| dial::why(&error))
    }

    /// Gives the engine an input and carries out all that follows from it.
    async fn feed(&mut self, input: Input, tally: &mut Tally) -> Result<(), Ended> {
        let mut effects: VecDeque<Effect> = self.device.handle(input).into();
        let mut last_word = None;
        while let Some(effect) = effects.pop_front() {
            let next = match effect {
                Effect::Send(message) => {
                    self.send(message, tally).await?;
                    None
                }
                Effect::LoadFrame { lane, after, records } => {
                    let frame = self.ask(move |store| store.next_frame(lane, after, records)).await?;
                    Some(Input::Frame(lane, frame))
                }
                Effect::StoreReceipt(receipt) => {
                    let frame = (receipt.lane, receipt.number);
                    let stored = self.ask(move |store| store.store_receipt(&receipt)).await?;
                    tally.receipted(frame, stored);
                    Some(Input::ReceiptStored)
                }
                Effect::StorePage(page) => {
                    let stored = self.ask(move |store| store.store_page(&page)).await?;
                    tally.received = tally.received.saturating_add(stored.received);
                    Some(Input::PageStored { cursor: stored.cursor, digest_agrees: stored.digest_agrees })
                }
                Effect::StoreAhead(ahead) => {
                    let to = ahead.to;
                    let received = self.ask(move |store| store.store_ahead(&ahead)).await?;
                    tally.received = tally.received.saturating_add(received);
                    Some(Input::AheadStored(to))
                }
                Effect::Report(report) => {
                    if let Some(ended) = self.report(report).await? {
                        last_word = last_word.or(Some(ended));
                    }
                    None
                }
                Effect::Close => return Err(last_word.unwrap_or(Ended::Lost(code::D_OFFLINE))),
            };
            effects.extend(next.map(|input| self.device.handle(input)).unwrap_or_default());
        }
        // Done only when nothing is left to be carried out: the word that a page is on disk too.
        last_word.map_or(Ok(()), Err)
    }

    /// A call of the store, off the thread that serves the socket.
    async fn ask<T: Send + 'static>(
        &self,
        call: impl FnOnce(&dyn LinkStore) -> Result<T, FieldError> + Send + 'static,
    ) -> Result<T, Ended> {
        let store = Arc::clone(&self.store);
        blocking(move || call(&*store)).await.map_err(Ended::Failed)
    }

    async fn report(&mut self, report: Report) -> Result<Option<Ended>, Ended> {
        if report == Report::Quiet {
            self.quiet = true;
            return self.files().await;
        }
        if self.done_at.as_ref() == Some(&report) {
            return Ok(Some(Ended::Done));
        }
        match report {
            Report::Welcomed { time, epoch, role } => {
                self.welcomed = true;
                self.ask(move |store| {
                    store.welcomed(time, epoch, &role)?;
                    store.link(LinkState::Online)
                })
                .await?;
                Ok(None)
            }
            Report::UrgentSent => self.carry().await.map(|_| None),
            Report::Quiet => Ok(None),
            Report::Drift | Report::EpochChanged => {
                self.ask(|store| store.drifted()).await?;
                Ok(None)
            }
            Report::Refused(code, _) => Ok(Some(Ended::Refused(code))),
            Report::EraseOrdered => {
                self.ordered = true;
                Ok(None)
            }
            Report::Erase => {
                self.handed_over().await;
                let said = self.ask(|store| store.erase()).await?;
                self.erased = true;
                if let Some(said) = said {
                    // Where the link is gone nobody hears it.
                    let _ = self.control.send(Message::Erased(said));
                }
                Ok(Some(Ended::Erased))
            }
        }
    }

    /// Waits until the other side has acknowledged every frame: after that the words are gone here.
    async fn handed_over(&mut self) {
        let streams = [self.urgent.take(), self.rest.take()];
        let ends: Vec<_> = streams.into_iter().flatten().map(Outbound::finish).collect();
        let _ = timeout(HANDOVER_MAX, async {
            for end in ends {
                let _ = end.await;
            }
        })
        .await;
    }

    /// An order to erase is carried out however the session ended.
    async fn obey(&self, ended: Ended) -> Ended {
        if !self.ordered || self.erased {
            return ended;
        }
        match self.ask(|store| store.erase()).await {
            Ok(_) => Ended::Erased,
            Err(failed) => failed,
        }
    }

    /// The next part that is carried for another device goes, if there is one: one at a time. Answers whether one is
    /// on its way.
    async fn carry(&mut self) -> Result<bool, Ended> {
        if self.courier.is_busy() || self.ordered {
            return Ok(self.courier.is_busy());
        }
        let after = self.courier.after();
        if let Some(part) = self.ask(move |store| store.carried_next(after)).await? {
            self.courier.send(part);
        }
        Ok(self.courier.is_busy())
    }

    async fn part_ended(&mut self, part: [u8; 32], fate: courier::Fate) -> Result<(), Ended> {
        match fate {
            courier::Fate::Answered(refused) => {
                self.ask(move |store| store.carried_answered(&part, refused)).await?;
            }
            courier::Fate::Broken(code) => return Err(Ended::Refused(code)),
            courier::Fate::Lost => return Err(Ended::Lost(self.why_lost())),
        }
        if self.carry().await? || !self.quiet {
            return Ok(());
        }
        self.files().await?.map_or(Ok(()), Err)
    }

    /// Nothing of any record waits: what is carried goes, then the next file, or all is done.
    async fn files(&mut self) -> Result<Option<Ended>, Ended> {
        if self.done_at == Some(Report::UrgentSent) || self.carry().await? || self.uploader.is_busy() {
            return Ok(None);
        }
        let after = self.uploader.after();
        if let Some(file) = self.ask(move |store| store.media_next(after)).await? {
            self.uploader.send(file);
            return Ok(None);
        }
        Ok((self.done_at == Some(Report::Quiet)).then_some(Ended::Done))
    }

    async fn file_ended(&mut self, file: MediaHash, fate: Fate) -> Result<(), Ended> {
        match fate {
            Fate::Sent => self.ask(move |store| store.media_sent(&file)).await?,
            Fate::Refused(code) => self.ask(move |store| store.media_refused(&file, code)).await?,
            // The link itself may be well: it will say so, or the next session goes on from there.
            Fate::Lost => return Err(Ended::Lost(self.why_lost())),
        }
        let ended = if self.quiet { self.files().await? } else { None };
        ended.map_or(Ok(()), Err)
    }

    async fn send(&mut self, message: Message, tally: &mut Tally) -> Result<(), Ended> {
        self.meter.sent(&message);
        let patient = self.ordered;
        let sent = if let Message::Push(push) = &message {
            tally.pushed((push.lane, push.number));
            let stream = self.stream(push.lane).await?;
            // Without receipts nothing but the stream itself says when to go on.
            if patient { stream.send_in_turn(message, HANDOVER_MAX).await } else { stream.send(message) }
        } else {
            self.control.send(message)
        };
        if sent { Ok(()) } else { Err(Ended::Lost(self.why_lost())) }
    }

    /// The lane's stream, opened on first use.
    async fn stream(&mut self, lane: Lane) -> Result<&Outbound, Ended> {
        let (slot, priority) = match lane {
            Lane::Urgent => (&mut self.urgent, PRIORITY_URGENT),
            Lane::Rest => (&mut self.rest, PRIORITY_REST),
        };
        if slot.is_none() {
            let stream = self.connection.open_uni().await.map_err(|error| Ended::Lost(dial::why(&error)))?;
            *slot = Some(Outbound::new(MessageWriter::new(stream), priority));
        }
        slot.as_ref().ok_or(Ended::Lost(code::D_OFFLINE))
    }

    /// Our last words must arrive: the word that a page is on disk is what tells its author so.
    async fn finish(self) {
        let streams = [self.urgent, self.rest, Some(self.control)];
        let ends: Vec<_> = streams.into_iter().flatten().map(Outbound::finish).collect();
        let _ = timeout(FINISH_MAX, async {
            for end in ends {
                let _ = end.await;
            }
        })
        .await;
    }
}
