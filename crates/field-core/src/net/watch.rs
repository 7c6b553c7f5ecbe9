//! Staying connected: one session after another, for as long as somebody watches.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use signed::Code;
use signed::code::{self, Class};
use sync_engine::Backoff;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use super::dial::{self, Link};
use super::session::{self, Ended, Ending};
use super::store::{LinkState, LinkStore, Server};
use super::sync::{Tally, ring_on_save, target};
use super::thread;
use crate::FieldError;

/// Handshakes under way at once. A new one starts every redial interval without waiting for the
/// last to give up: on a slow path the older one gets through, and after an outage the newest.
const DIALS_MAX: usize = 8;

/// A device that stays connected on a thread of its own, until this is dropped or stopped.
pub struct Watch {
    stop: watch::Sender<bool>,
    available: watch::Sender<bool>,
    network: Arc<Notify>,
    thread: Option<JoinHandle<Result<(), FieldError>>>,
    // Disconnected once the thread has nothing left to do.
    ended: Receiver<()>,
}

impl Watch {
    /// Starts to dial. Whether a server is reached, the store hears by [`LinkStore::link`].
    pub fn start(store: Arc<dyn LinkStore>) -> Result<Self, FieldError> {
        Self::start_where(store, true)
    }

    /// As [`Watch::start`]; where no network is available it waits for [`Watch::network`] to say so.
    pub(crate) fn start_where(store: Arc<dyn LinkStore>, available: bool) -> Result<Self, FieldError> {
        let (stop, stopped) = watch::channel(false);
        let (there, is_there) = watch::channel(available);
        let network = Arc::new(Notify::new());
        let (running, ended) = channel::<()>();
        let work = stay(store, stopped, is_there, Arc::clone(&network));
        Ok(Self {
            stop,
            available: there,
            network,
            thread: Some(thread::start_held("field-watch", work, running)?),
            ended,
        })
    }

    /// The network changed (another cell, a cable, out of a tunnel): dials at once from a new
    /// socket instead of finding out that the old one is dead.
    pub fn network_changed(&self) {
        self.network.notify_one();
    }

    /// Whether there is a network at all: without one nothing is dialled, and the session ends.
    pub fn network(&self, available: bool) {
        self.available.send_replace(available);
        self.network.notify_one();
    }

    /// Whether it still runs; it ends by itself only when the device was erased or the store fails
    /// for good.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Ends the session in order, and waits for that.
    pub fn stop(mut self) -> Result<(), FieldError> {
        self.end()
    }

    /// As [`Watch::stop`], but waits at most this long: false when the thread was left to end by
    /// itself, because a call of the store or of the device's key has not come back.
    pub fn stop_within(mut self, patience: Duration) -> bool {
        self.stop.send_replace(true);
        let ended = self.ended.recv_timeout(patience) == Err(RecvTimeoutError::Disconnected);
        if ended {
            // How it ended was told as it happened.
            let _ = self.end();
        } else {
            drop(self.thread.take());
        }
        ended
    }

    fn end(&mut self) -> Result<(), FieldError> {
        self.stop.send_replace(true);
        let Some(thread) = self.thread.take() else { return Ok(()) };
        thread.join().unwrap_or_else(|_| Err(FieldError::new(code::STORE_IO, "the network side stopped unexpectedly")))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // Whoever drops it without asking does not want to know how it ended.
        let _ = self.end();
    }
}

async fn stay(
    store: Arc<dyn LinkStore>,
    mut stop: watch::Receiver<bool>,
    mut available: watch::Receiver<bool>,
    network: Arc<Notify>,
) -> Result<(), FieldError> {
    let saved = Arc::new(Notify::new());
    ring_on_save(&store, &saved);
    let mut told = Told::default();
    let mut backoff = Backoff::default();
    while !*stop.borrow() {
        if !*available.borrow() {
            told.offline(&store, code::D_OFFLINE).await;
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                _ = available.wait_for(|available| *available) => backoff.reset(),
            }
        }
        let linked = connect(&store, &mut told, &mut backoff, &mut stop, &available, &network).await?;
        // Stopped, or without a network now: which of the two is looked at above.
        let Some((link, server)) = linked else { continue };
        // The session stops for a new network as it does for a stop.
        let (change, changed) = watch::channel(false);
        let ending = Ending { at: None, deadline: None, stop: changed };
        let mut tally = Tally::off();
        let running = session::run(Arc::clone(&store), server, link, &saved, ending, &mut tally);
        tokio::pin!(running);
        let (ended, welcomed) = loop {
            tokio::select! {
                ended = &mut running => break ended,
                _ = stop.wait_for(|stop| *stop), if !*change.borrow() => drop(change.send_replace(true)),
                () = network.notified(), if !*change.borrow() => drop(change.send_replace(true)),
            }
        };
        if welcomed {
            backoff.reset();
            told = Told(Some(LinkState::Online));
        }
        let Some(reason) = after(ended)? else { continue };
        told.offline(&store, reason).await;
        if reason != code::D_OFFLINE {
            pause(reason, &mut backoff, &mut stop, &network).await;
        }
    }
    Ok(())
}

/// What a session's end means for staying connected: a reason to wait, or none (dial at once).
fn after(ended: Ended) -> Result<Option<Code>, FieldError> {
    match ended {
        Ended::Done | Ended::Stopped | Ended::TimeUp => Ok(None),
        Ended::Lost(code) | Ended::Refused(code) => Ok(Some(code)),
        Ended::Erased => Err(dial::error(code::D_REVOKED)),
        // A full disk may be cleared and a key unlocked; what is damaged or gone will not mend by
        // dialling.
        Ended::Failed(error) if may_mend(error.code) => Ok(Some(error.code)),
        Ended::Failed(error) => Err(error),
    }
}

/// Whether a store that cannot go on now can by itself, or by what a person does, later.
fn may_mend(reason: Code) -> bool {
    let signer = [code::D_SIGNER, code::D_SIGNER_TIMEOUT];
    matches!(reason.class, Class::Limit | Class::Locked) || signer.contains(&reason)
}

/// Dials until a handshake gets through; `None` when somebody stops it or the network is gone.
async fn connect(
    store: &Arc<dyn LinkStore>,
    told: &mut Told,
    backoff: &mut Backoff,
    stop: &mut watch::Receiver<bool>,
    available: &watch::Receiver<bool>,
    network: &Notify,
) -> Result<Option<(Link, Server)>, FieldError> {
    let mut dials: JoinSet<Result<(Link, Server), Code>> = JoinSet::new();
    loop {
        if !*available.borrow() {
            return Ok(None);
        }
        if dials.len() < DIALS_MAX {
            let (target, server) = target(store, true).await?;
            dials.spawn(async move { Ok((dial::dial(target).await?, server)) });
        }
        let wait = tokio::time::sleep(Duration::from_millis(backoff.next_ms(true, thread::random())));
        tokio::pin!(wait);
        let mut refused = None;
        loop {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return Ok(None),
                () = network.notified() => {
                    if !*available.borrow() {
                        return Ok(None);
                    }
                    dials.abort_all();
                    backoff.reset();
                    break;
                }
                Some(dialled) = dials.join_next() => match dialled {
                    Ok(Ok(linked)) => return Ok(Some(linked)),
                    Ok(Err(code)) if code == code::D_OFFLINE => {}
                    Ok(Err(code)) => {
                        refused = Some(code);
                        break;
                    }
                    Err(_aborted) => {}
                },
                () = &mut wait => break,
            }
        }
        told.offline(store, refused.unwrap_or(code::D_OFFLINE)).await;
        if let Some(code) = refused {
            dials.abort_all();
            pause(code, backoff, stop, network).await;
        }
    }
}

/// Waits before dialling a server that said no: briefly when that may pass by itself, up to a
/// minute when a person has to act first. A new network ends the wait.
async fn pause(reason: Code, backoff: &mut Backoff, stop: &mut watch::Receiver<bool>, network: &Notify) {
    let passing = matches!(reason.class, Class::Offline | Class::Busy);
    let wait = Duration::from_millis(backoff.next_ms(passing, thread::random()));
    tokio::select! {
        _ = stop.wait_for(|stop| *stop) => {}
        () = network.notified() => backoff.reset(),
        () = tokio::time::sleep(wait) => {}
    }
}

/// What the store was last told, so that it hears each thing once.
#[derive(Debug, Default)]
struct Told(Option<LinkState>);

impl Told {
    /// Best effort: a store that cannot keep it (a full disk) has told it already, and must not end this.
    async fn offline(&mut self, store: &Arc<dyn LinkStore>, reason: Code) {
        let state = LinkState::Offline((reason != code::D_OFFLINE).then_some(reason));
        if self.0 == Some(state) || (matches!(self.0, Some(LinkState::Offline(_))) && reason == code::D_OFFLINE) {
            return;
        }
        self.0 = Some(state);
        let store = Arc::clone(store);
        let _ = thread::blocking(move || store.link(state)).await;
    }
}
