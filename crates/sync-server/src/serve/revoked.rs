//! A revoked device, or one whose user was deactivated: what it sends in its first flight is kept
//! aside for an auditor, and then it is told. One that is to erase itself hands over the rest first, and
//! what it then says of itself is kept.

use std::collections::VecDeque;
use std::sync::Arc;

use quinn::Connection;
use signed::{Code, code};
use sync_engine::server::{Effect, Input, Peer, Server};
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};
use wire::Message;

use super::Shared;
use super::limits::{
    HANDOVER_FRAMES_MAX, HANDOVER_QUIET, HANDOVER_TIME_MAX, REVOKED_FRAMES_MAX, REVOKED_QUIET, REVOKED_TIME_MAX,
};
use super::session::{self, refusal};
use super::streams::{self, Came, Outbound};

/// Takes the device's first flight into quarantine, tells it that it is revoked (and to erase
/// itself, where that was ordered), and ends the link.
pub(super) async fn serve(shared: &Arc<Shared>, connection: Connection, peer: Peer, erase: bool) -> Code {
    let deadline = Instant::now() + REVOKED_TIME_MAX;
    let Ok(Ok((send, receive))) = timeout_at(deadline, connection.accept_bi()).await else {
        return session::refuse(&connection, code::D_REVOKED, REVOKED_QUIET).await;
    };
    let (control_sender, mut control) = streams::inbound();
    let (push_sender, mut pushes) = streams::inbound();
    let mut tasks = JoinSet::new();
    tasks.spawn(streams::read_control(receive, control_sender));
    tasks.spawn(streams::read_pushes(connection.clone(), push_sender));

    let mut visit = Visit { shared, machine: Server::new(peer), frames: 0, over: false, said: false };
    while !visit.over && visit.frames < REVOKED_FRAMES_MAX {
        let until = deadline.min(Instant::now() + REVOKED_QUIET);
        match timeout_at(until, next(&mut control, &mut pushes)).await {
            Ok(Some(message)) => visit.received(message).await,
            Ok(None) | Err(_) => break,
        }
    }
    let frames = visit.frames as u64;
    let _ = shared.log.warn("revoked_device").device(visit.machine.peer().device).count("frames", frames);
    let outbound = Outbound::start(send);
    outbound.send(if erase { Message::Erase } else { refusal(code::D_REVOKED) });
    if erase {
        visit.machine.handle(Input::Revoked);
        visit.hand_over(&mut control, &mut pushes).await;
    }
    outbound.close(&connection, code::D_REVOKED.number).await;
    code::D_REVOKED
}

async fn next(control: &mut Receiver<Came>, pushes: &mut Receiver<Came>) -> Option<Message> {
    let came = tokio::select! {
        biased;
        came = control.recv() => came,
        Some(came) = pushes.recv() => Some(came),
    };
    match came {
        Some(Came::Message(message)) => Some(message),
        Some(Came::Refused(_) | Came::End | Came::Lost) | None => None,
    }
}

/// After a live session's device was told to erase itself: takes what it hands over, and its last word.
pub(super) async fn hand_over(
    shared: &Arc<Shared>,
    machine: Server,
    control: &mut Receiver<Came>,
    pushes: &mut Receiver<Came>,
) {
    let mut visit = Visit { shared, machine, frames: 0, over: false, said: false };
    visit.hand_over(control, pushes).await;
}

/// The machine of an ordinary session proves the frames; nothing it wants to say is said.
struct Visit<'a> {
    shared: &'a Arc<Shared>,
    machine: Server,
    frames: usize,
    over: bool,
    /// Whether it has said that it erased itself.
    said: bool,
}

impl Visit<'_> {
    async fn hand_over(&mut self, control: &mut Receiver<Came>, pushes: &mut Receiver<Came>) {
        let deadline = Instant::now() + HANDOVER_TIME_MAX;
        let mut talks = true;
        self.frames = 0;
        while self.frames < HANDOVER_FRAMES_MAX {
            // After its last word only what is on its way comes still.
            let patience = if talks && !self.said { HANDOVER_QUIET } else { REVOKED_QUIET };
            let came = tokio::select! {
                biased;
                Some(came) = pushes.recv() => Some(came),
                came = control.recv(), if talks => came,
                () = sleep_until(deadline.min(Instant::now() + patience)) => return,
            };
            match came {
                Some(Came::Message(message)) => self.received(message).await,
                Some(Came::Refused(_) | Came::End | Came::Lost) | None => talks = false,
            }
        }
    }

    async fn received(&mut self, message: Message) {
        let mut effects: VecDeque<Effect> = self.machine.handle(Input::Received(message)).into();
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::LoadFacts(hello) => {
                    let peer = self.machine.peer().clone();
                    match self.shared.blocking(move |shared| shared.core.facts(&peer, &hello)).await {
                        Ok(facts) => effects.extend(self.machine.handle(Input::Facts(facts))),
                        Err(_) => self.over = true,
                    }
                }
                Effect::Ingest(frame) => {
                    self.frames += 1;
                    let peer = self.machine.peer().clone();
                    if let Ok(answer) = self.shared.submit(&peer, *frame).await {
                        // The core knows that the peer is revoked: it keeps the frame aside and
                        // gives no receipt.
                        let _ = answer.wait().await;
                    }
                }
                Effect::Erased(erased) => {
                    let peer = self.machine.peer().clone();
                    let kept = self.shared.blocking(move |shared| shared.core.device_erased(&peer, &erased)).await;
                    let word = if kept.is_ok() { "device_erased" } else { "device_erased_unproven" };
                    let _ = self.shared.log.warn(word).device(self.machine.peer().device);
                    self.said = true;
                }
                Effect::Close => self.over = true,
                Effect::Send(_)
                | Effect::Again(_)
                | Effect::LoadPage { .. }
                | Effect::LoadAhead { .. }
                | Effect::Committed(_) => {}
            }
        }
    }
}
