//! One session: the state machine of `sync_engine` between a device's streams and the core.
//!
//! The loop itself never waits for the disk or the peer: frames go through a worker of the session
//! in their order, pages and cursors through blocking calls of their own, and every answer comes
//! back as an input of the machine.

use std::sync::Arc;
use std::time::Duration;

use quinn::Connection;
use signed::{Code, code};
use sync_engine::server::{Effect, Facts, Input, Peer, ProvenFrame, Server};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use wire::{Ahead, Hello, Lane, Message, Page, Receipt, Refuse};

use super::Shared;
use super::committer::Answer;
use super::limits::{HELLO_TIME_MAX, LAST_WORD_TIME_MAX, PUSHES_IN_FLIGHT_MAX};
use super::live::{End, Place};
use super::media;
use super::revoked;
use super::streams::{self, Came, Outbound};
use crate::core::{Core, PeerState};
use crate::error::ServerError;

/// A frame on its way through the session's worker.
enum Work {
    Ingest(Box<ProvenFrame>),
    Again(Box<ProvenFrame>),
}

/// What a call of the core answered.
enum Done {
    Facts(Facts),
    Receipt(Receipt),
    FrameRefused(Code, (Lane, u64)),
    Page(Option<Page>),
    Ahead(Option<Ahead>),
    Committed,
    Failed(Code),
}

/// Serves a known device until either side ends it; answers the code it ended with, if it was
/// refused.
pub(super) async fn serve(shared: &Arc<Shared>, connection: Connection, peer: Peer) -> Option<Code> {
    let deadline = Instant::now() + HELLO_TIME_MAX;
    let mut place = match shared.live.enter(&peer.key, &peer.user) {
        Ok(place) => place,
        Err(code) => return Some(refuse(&connection, code, LAST_WORD_TIME_MAX).await),
    };
    // Asked again now that the session is among the live ones: a revocation that came between the
    // first answer and this would find nobody to end.
    let key = peer.key.clone();
    match shared.blocking(move |shared| shared.core.peer(&key)).await {
        Ok(PeerState::Known(_)) => {}
        Ok(PeerState::Revoked { .. } | PeerState::Unknown) => {
            return Some(refuse(&connection, code::D_REVOKED, LAST_WORD_TIME_MAX).await);
        }
        Err(code) => return Some(refuse(&connection, code, LAST_WORD_TIME_MAX).await),
    }
    let Ok(Ok((send, receive))) = timeout_at(deadline, connection.accept_bi()).await else {
        connection.close(code::W_TIMEOUT.number.into(), b"");
        return Some(code::W_TIMEOUT);
    };
    let (control_sender, mut control) = streams::inbound();
    let (push_sender, mut pushes) = streams::inbound();
    let (work, worked) = channel(PUSHES_IN_FLIGHT_MAX);
    let (done_sender, mut done) = channel(PUSHES_IN_FLIGHT_MAX + 4);
    // Dropped at the end of the session, and with it everything that still runs for it. A commit
    // that is under way is carried through all the same: it belongs to the committer.
    let mut tasks = JoinSet::new();
    tasks.spawn(streams::read_control(receive, control_sender));
    tasks.spawn(media::serve(Arc::clone(shared), connection.clone(), peer.clone(), push_sender.clone()));
    tasks.spawn(streams::read_pushes(connection.clone(), push_sender));
    let (checked, to_answer) = channel(PUSHES_IN_FLIGHT_MAX);
    tasks.spawn(check(Arc::clone(shared), peer.clone(), worked, checked));
    tasks.spawn(answer(Arc::clone(shared), peer.clone(), to_answer, done_sender.clone()));
    let mut session = Session {
        shared,
        machine: Server::new(peer),
        outbound: Outbound::start(send),
        work,
        done: done_sender,
        in_flight: 0,
        cursor: Cursor::default(),
        ended: None,
        leaving: false,
    };
    session.run(&mut place, &mut control, &mut pushes, &mut done, deadline).await;
    if let Some(cursor) = session.cursor.next.take() {
        session.store_cursor(cursor);
    }
    let code = session.ended.flatten();
    if session.leaving {
        revoked::hand_over(shared, session.machine, &mut control, &mut pushes).await;
    }
    session.outbound.close(&connection, code.map_or(0, |code| code.number)).await;
    code
}

/// Refuses a device before any session: on the control stream where it opens one, and as the
/// link's closing code in any case.
pub(super) async fn refuse(connection: &Connection, code: Code, patience: Duration) -> Code {
    if let Ok(Ok((send, _))) = timeout(patience, connection.accept_bi()).await {
        let outbound = Outbound::start(send);
        outbound.send(refusal(code));
        outbound.close(connection, code.number).await;
    }
    connection.close(code.number.into(), b"");
    code
}

/// A refusal of the whole session.
pub(super) fn refusal(code: Code) -> Message {
    Message::Refuse(Refuse { code: code.number, frame: None, expected: None })
}

/// A cursor is stored at most once at a time; what comes meanwhile is stored together.
#[derive(Default)]
struct Cursor {
    storing: bool,
    next: Option<u64>,
}

struct Session<'a> {
    shared: &'a Arc<Shared>,
    machine: Server,
    outbound: Outbound,
    work: Sender<Work>,
    done: Sender<Done>,
    in_flight: usize,
    cursor: Cursor,
    // Set once the session is over: with the code it was refused with, if it was.
    ended: Option<Option<Code>>,
    // Told to erase itself: what it hands over is taken after the session.
    leaving: bool,
}

impl Session<'_> {
    async fn run(
        &mut self,
        place: &mut Place<'_>,
        control: &mut Receiver<Came>,
        pushes: &mut Receiver<Came>,
        done: &mut Receiver<Done>,
        deadline: Instant,
    ) {
        let shared = self.shared;
        let mut greeted = false;
        let mut stopping = false;
        while self.ended.is_none() {
            if stopping && self.in_flight == 0 {
                return self.input(Input::Shutdown);
            }
            tokio::select! {
                biased;
                changed = place.signal.changed() => match changed {
                    Ok(()) => {
                        let signal = *place.signal.borrow_and_update();
                        self.told(signal.head, signal.end);
                    }
                    Err(_) => self.end(Some(code::W_SHUTDOWN)),
                },
                _ = shared.stop.wait(), if !stopping => stopping = true,
                Some(done) = done.recv() => self.answered(done),
                came = control.recv() => {
                    greeted = true;
                    self.came(came.unwrap_or(Came::Lost));
                }
                Some(came) = pushes.recv(), if !stopping && self.in_flight < PUSHES_IN_FLIGHT_MAX => self.came(came),
                () = sleep_until(deadline), if !greeted => self.refuse(code::W_TIMEOUT),
            }
        }
    }

    fn told(&mut self, head: u64, end: Option<End>) {
        match end {
            None => self.input(Input::InboxGrew(head)),
            Some(End::Revoked { erase: true }) => {
                self.input(Input::Revoked);
                self.leaving = true;
                self.ended = Some(Some(code::D_REVOKED));
            }
            Some(End::Revoked { erase: false }) => self.refuse(code::D_REVOKED),
            Some(End::Refused(code)) => self.refuse(code),
        }
    }

    fn came(&mut self, came: Came) {
        match came {
            Came::Message(message) => self.input(Input::Received(message)),
            Came::Refused(code) => self.refuse(code),
            Came::End | Came::Lost => self.end(None),
        }
    }

    fn answered(&mut self, done: Done) {
        match done {
            Done::Facts(facts) => self.input(Input::Facts(facts)),
            Done::Receipt(receipt) => {
                self.in_flight -= 1;
                self.input(Input::Receipt(receipt));
            }
            Done::FrameRefused(code, frame) => {
                self.in_flight -= 1;
                self.input(Input::FrameRefused { code, frame });
            }
            Done::Page(page) => self.input(Input::Page(page)),
            Done::Ahead(ahead) => self.input(Input::Ahead(ahead)),
            Done::Committed => {
                self.cursor.storing = false;
                if let Some(next) = self.cursor.next.take() {
                    self.store_cursor(next);
                }
            }
            Done::Failed(code) => self.refuse(code),
        }
    }

    fn input(&mut self, input: Input) {
        for effect in self.machine.handle(input) {
            self.carry_out(effect);
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Send(message) => self.send(message),
            Effect::LoadFacts(hello) => self.load_facts(hello),
            Effect::Ingest(frame) => self.queue(Work::Ingest(frame)),
            Effect::Again(frame) => self.queue(Work::Again(frame)),
            Effect::LoadPage { after, held } => {
                self.call(move |core, peer| core.page(peer, after, held).map(Done::Page));
            }
            Effect::LoadAhead { from, committed } => {
                self.call(move |core, peer| core.ahead(peer, from, committed).map(Done::Ahead));
            }
            Effect::Committed(cursor) if self.cursor.storing => self.cursor.next = Some(cursor),
            Effect::Committed(cursor) => self.store_cursor(cursor),
            // Only after the session: nobody was told to before.
            Effect::Erased(_) => {}
            Effect::Close => self.end(None),
        }
    }

    fn send(&mut self, message: Message) {
        let refused = if let Message::Refuse(refuse) = &message { Code::by_number(refuse.code) } else { None };
        if !self.outbound.send(message) {
            self.end(Some(code::W_RATE));
        }
        if refused.is_some() {
            self.end(refused);
        }
    }

    fn refuse(&mut self, code: Code) {
        self.send(refusal(code));
    }

    /// The first reason stays.
    fn end(&mut self, code: Option<Code>) {
        self.ended.get_or_insert(code);
    }

    fn queue(&mut self, work: Work) {
        self.in_flight += 1;
        // The machine may release what waited for the hello all at once; that is bounded by the
        // same number, so a full queue is a peer that sends more than it may.
        if self.work.try_send(work).is_err() {
            self.refuse(code::W_RATE);
        }
    }

    fn load_facts(&mut self, hello: Hello) {
        self.call(move |core, peer| core.facts(peer, &hello).map(Done::Facts));
    }

    fn store_cursor(&mut self, cursor: u64) {
        self.cursor.storing = true;
        let peer = self.machine.peer().clone();
        self.ask(move |shared| {
            shared.live.grown(shared.core.committed(&peer, cursor)?);
            Ok(Done::Committed)
        });
    }

    fn call(&self, call: impl FnOnce(&Core, &Peer) -> Result<Done, ServerError> + Send + 'static) {
        let peer = self.machine.peer().clone();
        self.ask(move |shared| call(&shared.core, &peer));
    }

    fn ask(&self, call: impl FnOnce(&Shared) -> Result<Done, ServerError> + Send + 'static) {
        let (shared, done) = (Arc::clone(self.shared), self.done.clone());
        tokio::spawn(async move {
            let answer = shared.blocking(call).await.unwrap_or_else(Done::Failed);
            // The session may be over.
            let _ = done.send(answer).await;
        });
    }
}

/// What a frame waits for on its way out of the worker.
enum Pending {
    Committed(Answer),
    Again(Box<ProvenFrame>),
    Refused(Code),
}

/// Takes the frames of one session in their order: checks one after the other, and hands each to
/// the committer without waiting for the one before to be on disk.
async fn check(shared: Arc<Shared>, peer: Peer, mut work: Receiver<Work>, out: Sender<(Pending, (Lane, u64))>) {
    while let Some(next) = work.recv().await {
        let (pending, frame) = match next {
            Work::Again(proven) => {
                let frame = (proven.header.lane, proven.header.number);
                (Pending::Again(proven), frame)
            }
            Work::Ingest(proven) => {
                let frame = (proven.header.lane, proven.header.number);
                let pending = match shared.submit(&peer, *proven).await {
                    Ok(answer) => Pending::Committed(answer),
                    Err(code) => Pending::Refused(code),
                };
                (pending, frame)
            }
        };
        // What follows a refused frame in its lane cannot be taken.
        let refused = matches!(pending, Pending::Refused(_));
        if out.send((pending, frame)).await.is_err() || refused {
            return;
        }
    }
}

/// Answers the frames in their order: so a frame that is repeated while it is on its way to disk
/// finds its receipt there.
async fn answer(shared: Arc<Shared>, peer: Peer, mut pending: Receiver<(Pending, (Lane, u64))>, done: Sender<Done>) {
    while let Some((pending, frame)) = pending.recv().await {
        let answer = match pending {
            Pending::Committed(answer) => answer.wait().await,
            Pending::Again(proven) => {
                let peer = peer.clone();
                let receipt = shared.blocking(move |shared| Ok(shared.core.again(&peer, &proven))).await;
                receipt.and_then(|receipt| receipt)
            }
            Pending::Refused(code) => Err(code),
        };
        let answer = match answer {
            Ok(receipt) => Done::Receipt(receipt),
            Err(code) => Done::FrameRefused(code, frame),
        };
        if done.send(answer).await.is_err() {
            return;
        }
    }
}
