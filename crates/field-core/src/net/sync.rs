//! One sync, from dialling to quiet.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;
use signed::code::Class;
use signed::{Code, RecordId, code};
use sync_engine::Backoff;
use sync_engine::device::Report;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use wire::Lane;
use wire::version::ALPN;

use super::dial::{self, Link, Target};
use super::session::{self, Ended, Ending};
use super::store::{LinkState, LinkStore, Server};
use super::thread::{self, blocking};
use crate::answer::{self, Id, Synced};
use crate::{FieldError, Rejected, Stored};

/// When a sync is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// Nothing waits, everything sent is receipted, every row is on disk.
    Quiet,
    /// Every immediate and urgent record has its receipt.
    UrgentSent,
}

/// What a sync did and cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncAnswer {
    /// Changes of others that came.
    pub received: u64,
    /// Records whose receipt is on this device's disk now.
    pub receipts: usize,
    /// Records the server refused; they stay here.
    pub rejected: Vec<Rejected>,
    /// Records sent, each once, in the order of sending.
    pub sent_order: Vec<RecordId>,
    /// Bytes of UDP payload sent.
    pub bytes_out: u64,
    /// Bytes of UDP payload received.
    pub bytes_in: u64,
    /// Round trips on the longest chain of waiting, handshake included.
    pub round_trips: u64,
    /// From the call to the answer, in milliseconds.
    pub elapsed_ms: u64,
}

impl SyncAnswer {
    /// As the command line prints it.
    #[must_use]
    pub fn to_json(&self) -> Json {
        answer::json(&self.answer())
    }

    pub(crate) fn answer(&self) -> Synced {
        Synced {
            sent: self.sent_order.len() as u64,
            received: self.received,
            receipts: self.receipts as u64,
            rejected: self.rejected.iter().map(Rejected::answer).collect(),
            sent_order: self.sent_order.iter().map(|id| Id::from(*id)).collect(),
            bytes_out: self.bytes_out,
            bytes_in: self.bytes_in,
            round_trips: self.round_trips,
            elapsed_ms: self.elapsed_ms,
        }
    }
}

/// Ends a sync or an enrolment that is under way: it answers as if its time were up.
#[derive(Clone, Debug)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// One that nobody has rung.
    #[must_use]
    pub fn new() -> Self {
        Self(watch::channel(false).0)
    }

    /// Ends what listens to it, now and later.
    pub fn ring(&self) {
        self.0.send_replace(true);
    }

    pub(super) fn listen(&self) -> watch::Receiver<bool> {
        self.0.subscribe()
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

/// Syncs once, within this time. A link that breaks on the way is dialled again; `D.offline` when
/// no server answers, `W.timeout` when one did but the time did not suffice.
pub fn sync(store: Arc<dyn LinkStore>, timeout: Duration, until: Until) -> Result<SyncAnswer, FieldError> {
    let (answer, done) = sync_within(store, timeout, until, &Stop::new())?;
    done.map(|()| answer)
}

/// As [`sync()`], or until somebody rings; says what was done also where not all could be.
pub fn sync_within(
    store: Arc<dyn LinkStore>,
    timeout: Duration,
    until: Until,
    stop: &Stop,
) -> Result<(SyncAnswer, Result<(), FieldError>), FieldError> {
    let stopped = stop.listen();
    thread::run("field-sync", async move {
        let started = Instant::now();
        let saved = Arc::new(Notify::new());
        ring_on_save(&store, &saved);
        let mut tally = Tally::default();
        let done = once(&store, &saved, started + timeout, until, stopped, &mut tally).await;
        if let Err(error) = &done
            && !tally.reached
        {
            let offline = LinkState::Offline(Some(error.code));
            let store = Arc::clone(&store);
            // A store that was just erased has nowhere to keep this; the reason above counts.
            let _ = blocking(move || store.link(offline)).await;
        }
        Ok((tally.answer(started.elapsed()), done))
    })
}

async fn once(
    store: &Arc<dyn LinkStore>,
    saved: &Notify,
    deadline: Instant,
    until: Until,
    mut stop: watch::Receiver<bool>,
    tally: &mut Tally,
) -> Result<(), FieldError> {
    let at = match until {
        Until::Quiet => Report::Quiet,
        Until::UrgentSent => Report::UrgentSent,
    };
    let mut backoff = Backoff::default();
    loop {
        let (target, server) = target(store, false).await?;
        tally.reached = false;
        let link = dial_before(target, deadline, &mut stop).await.map_err(dial::error)?;
        let ending = Ending { at: Some(at.clone()), deadline: Some(deadline), stop: stop.clone() };
        let (ended, welcomed) = session::run(Arc::clone(store), server, link, saved, ending, tally).await;
        tally.reached = welcomed;
        let reason = match ended {
            Ended::Done => return Ok(()),
            Ended::Failed(error) => return Err(error),
            Ended::Erased => return Err(dial::error(code::D_REVOKED)),
            Ended::TimeUp | Ended::Stopped => {
                return Err(dial::error(if welcomed { code::W_TIMEOUT } else { code::D_OFFLINE }));
            }
            Ended::Lost(reason) | Ended::Refused(reason) => reason,
        };
        let passing = matches!(reason.class, Class::Offline | Class::Busy);
        let wait = Duration::from_millis(backoff.next_ms(true, thread::random()));
        if !passing || Instant::now() + wait >= deadline {
            return Err(dial::error(reason));
        }
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return Err(dial::error(reason)),
            () = tokio::time::sleep(wait) => {}
        }
    }
}

async fn dial_before(target: Target, deadline: Instant, stop: &mut watch::Receiver<bool>) -> Result<Link, Code> {
    tokio::select! {
        _ = stop.wait_for(|stop| *stop) => Err(code::D_OFFLINE),
        dialled = tokio::time::timeout_at(deadline, dial::dial(target)) => dialled.unwrap_or(Err(code::D_OFFLINE)),
    }
}

/// Rings the bell at every save, for as long as somebody listens to it.
pub(super) fn ring_on_save(store: &Arc<dyn LinkStore>, bell: &Arc<Notify>) {
    let bell = Arc::downgrade(bell);
    store.on_saved(Box::new(move || {
        let Some(bell) = bell.upgrade() else { return false };
        bell.notify_one();
        true
    }));
}

/// Whom the store says to dial.
pub(super) async fn target(store: &Arc<dyn LinkStore>, watched: bool) -> Result<(Target, Server), FieldError> {
    let store = Arc::clone(store);
    blocking(move || {
        let server = store.server()?;
        let target = Target {
            address: server.address.clone(),
            pins: server.pins.clone(),
            signer: store.signer()?,
            alpn: ALPN,
            keep_alive: watched,
        };
        Ok((target, server))
    })
    .await
}

/// Counts while a sync runs, over all its links.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Frames in the order of their sending, with the records they hold once the store has said so.
    frames: Vec<((Lane, u64), Vec<RecordId>)>,
    receipted: BTreeSet<RecordId>,
    rejected: Vec<Rejected>,
    pub(super) received: u64,
    pub(super) bytes_out: u64,
    pub(super) bytes_in: u64,
    pub(super) round_trips: u64,
    /// Whether the last dial came to a server that answered.
    reached: bool,
    /// A watching session runs for days and nobody asks what it sent.
    off: bool,
}

impl Tally {
    /// One that keeps no list.
    pub(super) fn off() -> Self {
        Self { off: true, ..Self::default() }
    }

    pub(super) fn pushed(&mut self, frame: (Lane, u64)) {
        if !self.off {
            self.frames.push((frame, Vec::new()));
        }
    }

    pub(super) fn receipted(&mut self, frame: (Lane, u64), stored: Stored) {
        if self.off {
            return;
        }
        if let Some((_, records)) = self.frames.iter_mut().rfind(|(sent, _)| *sent == frame) {
            records.extend(stored.sent.iter().copied());
            records.extend(stored.rejected.iter().map(|rejected| rejected.id));
        }
        self.receipted.extend(stored.sent);
        self.rejected.extend(stored.rejected);
    }

    fn answer(self, elapsed: Duration) -> SyncAnswer {
        let mut seen = BTreeSet::new();
        let all = self.frames.into_iter().flat_map(|(_, records)| records);
        SyncAnswer {
            received: self.received,
            receipts: self.receipted.len(),
            rejected: self.rejected,
            sent_order: all.filter(|record| seen.insert(*record)).collect(),
            bytes_out: self.bytes_out,
            bytes_in: self.bytes_in,
            round_trips: self.round_trips,
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        }
    }
}
