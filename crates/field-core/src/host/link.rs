//! The network side of a [`Host`]: nothing here makes the app's calling thread wait for it, but the
//! one call that is asked to.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use signed::{MediaHash, RecordId, code};
use wire::EnrolmentCode;

use super::{Host, PATIENCE, Phase, State};
use crate::api::answer::{self, SyncedWithin};
use crate::error::{FieldError, Result};
use crate::net::{SyncAnswer, Until, Watch, sync_within};

/// What ending a session in order may take out of a budget.
const FAREWELL: Duration = Duration::from_millis(1_500);

/// What one sync within a budget came to.
#[derive(Clone, Debug)]
pub struct Within {
    /// What was done.
    pub answer: SyncAnswer,
    /// Whether something is left to send or fetch.
    pub more: bool,
}

/// The turn of the one sync that an app may ask for: given back however it ends.
struct Turn(Host);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.0.once.store(false, Ordering::Release);
    }
}

impl Within {
    /// `{"sent",..,"more"}`.
    #[must_use]
    pub fn to_json(&self) -> Json {
        answer::json(&SyncedWithin { done: self.answer.answer(), more: self.more })
    }
}

/// Whether a person is looking at the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// A person is looking.
    Foreground,
    /// Nobody is.
    Background,
}

impl Host {
    /// Becomes somebody's device: `{"device","user","role"}`. Waits for the network, at most this
    /// long, or until the store is suspended or closed.
    pub fn enrol(&self, code: &EnrolmentCode, timeout: Duration) -> Result<Json> {
        let call = self.call()?;
        let stop = self.state().stop.clone();
        let answer = call.enrol_until(code, timeout, &stop)?;
        drop(call);
        let mut state = self.state();
        state.enrolled = true;
        keep_up(&mut state)?;
        Ok(answer)
    }

    /// Decrypts an attached file into a file: `{"sha256","bytes","type","to"}`. Where it is not on this
    /// device, waits for the network, at most this long, or until the store is suspended or closed.
    pub fn attachment_fetch(&self, id: RecordId, sha256: MediaHash, to: &Path, timeout: Duration) -> Result<Json> {
        let call = self.call()?;
        let (stop, network) = {
            let state = self.state();
            (state.stop.clone(), state.network)
        };
        let timeout = if network { timeout } else { Duration::ZERO };
        call.attachment_fetch_until(id, sha256, to, timeout, &stop)
    }

    /// Stays in sync from now on, whenever there is coverage, through suspensions too. Returns at
    /// once; before enrolment it begins with it.
    pub fn sync_start(&self) -> Result<()> {
        let mut state = self.state();
        if matches!(state.phase, Phase::Closed) {
            return Err(state.phase.refusal());
        }
        state.syncing = true;
        keep_up(&mut state)
    }

    /// Ends staying in sync, and waits until the session has ended in order.
    pub fn sync_stop(&self) -> Result<()> {
        let mut state = self.state();
        if matches!(state.phase, Phase::Closed) {
            return Err(state.phase.refusal());
        }
        state.syncing = false;
        let Some(watch) = state.watch.take() else { return Ok(()) };
        let phase = state.phase.copy();
        drop(state);
        if ended(watch, &phase, PATIENCE) {
            return Ok(());
        }
        Err(FieldError::new(code::STORE_WAITING, "the network side has not come to its end yet"))
    }

    /// Syncs once within a budget, most urgent first; each frame that is receipted stays so. The
    /// network was told to be away: `D.offline` at once. Another such call is under way: `W.sessions`.
    pub fn sync_once(&self, budget: Duration) -> Result<Within> {
        let end = Instant::now() + budget;
        if !self.state().network {
            return Err(FieldError::new(code::D_OFFLINE, "there is no network; what you wrote is safe here and waits"));
        }
        // Refused here and not on the other thread where the store is not open.
        drop(self.call()?);
        if self.0.once.swap(true, Ordering::AcqRel) {
            return Err(FieldError::new(code::W_SESSIONS, "a sync is under way already"));
        }
        let (answer, answered) = channel();
        let host = self.clone();
        let work = move || {
            let turn = Turn(host);
            let within = turn.0.sync_until(end);
            drop(turn);
            // Nobody may wait for it any more; what was done is on disk.
            let _ = answer.send(within);
        };
        let started = std::thread::Builder::new().name("field-once".into()).spawn(work);
        if let Err(error) = started {
            self.0.once.store(false, Ordering::Release);
            return Err(error.into());
        }
        // A disk or a signer that does not come back must not cost the app its turn.
        match answered.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(within) => within,
            Err(_) => Ok(Within { answer: SyncAnswer::default(), more: true }),
        }
    }

    fn sync_until(&self, end: Instant) -> Result<Within> {
        let left = || end.saturating_duration_since(Instant::now());
        let call = self.call()?;
        let (stop, watch) = {
            let mut state = self.state();
            (state.stop.clone(), state.watch.take())
        };
        // One session at a time: staying in sync makes room, and comes back after it.
        if let Some(watch) = watch {
            watch.stop_within(left() / 2);
        }
        let time = left().saturating_sub(FAREWELL.min(left() / 2));
        let synced = sync_within(Arc::new(call.clone()), time, Until::Quiet, &stop);
        drop(call);
        keep_up(&mut self.state())?;
        let (answer, done) = synced?;
        let done_some = answer.receipts > 0 || answer.received > 0 || !answer.rejected.is_empty();
        match done {
            Ok(()) => Ok(Within { answer, more: false }),
            Err(error) if error.code == code::W_TIMEOUT => Ok(Within { answer, more: true }),
            // The link was lost after something had been done.
            Err(error) if error.code == code::D_OFFLINE && done_some => Ok(Within { answer, more: true }),
            // Stopped by closing, suspending or locking: that is the reason, not the network.
            Err(error) => Err(self.call().err().unwrap_or(error)),
        }
    }

    /// The network came, went or changed.
    pub fn network_changed(&self, available: bool) -> Result<()> {
        self.look_again(Some(available))
    }

    /// Takes up what the system says of the network, if it says something, and looks for the server at
    /// once.
    fn look_again(&self, available: Option<bool>) -> Result<()> {
        let mut state = self.state();
        if matches!(state.phase, Phase::Closed) {
            return Err(state.phase.refusal());
        }
        state.network = available.unwrap_or(state.network);
        keep_up(&mut state)?;
        if let Some(watch) = &state.watch {
            watch.network(state.network);
        }
        Ok(())
    }

    /// The app came to the front or left it. In front it looks for the server at once; behind, what
    /// was typed into drafts is made ready to be sent.
    pub fn screen(&self, screen: Screen) -> Result<()> {
        match screen {
            Screen::Foreground => self.look_again(None),
            Screen::Background => self.call()?.drafts_flush(None).map(drop),
        }
    }
}

/// Ends the network side; a link that is no more is told and kept as offline.
pub(super) fn ended(watch: Watch, phase: &Phase, patience: Duration) -> bool {
    let ended = watch.stop_within(patience);
    if let (true, Phase::Open(field)) = (ended, phase) {
        field.link_gone();
    }
    ended
}

/// Starts the network side where it is wanted, possible and not running.
pub(super) fn keep_up(state: &mut State) -> Result<()> {
    let Phase::Open(field) = &state.phase else { return Ok(()) };
    if state.watch.as_ref().is_some_and(Watch::is_running) || !state.syncing {
        return Ok(());
    }
    if state.enrolled {
        state.watch = Some(field.watch_where(state.network)?);
    }
    Ok(())
}
