//! A store as an app on a phone holds it: opened once, and from then on suspended, resumed, locked,
//! unlocked and closed at any moment, by any thread, whatever else is under way.
//!
//! [`Field`] is one open database. A [`Host`] is what an app has a handle to: it keeps the queue of
//! events, the wish to stay in sync and (unless locked) the key while the database is closed.

mod link;
mod locked;

pub use link::{Screen, Within};

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use signed::{Signer, code};

use crate::error::{FieldError, Result};
use crate::event::{Bus, Event, EventReceiver};
use crate::field::{Field, Lifeline};
use crate::net::{Stop, Watch};
use crate::ports::{Clock, Random};
use crate::sealed_box::{SealedBox, Typed};
use crate::types::{Options, StoreKey};

/// How long closing and suspending wait for calls that are under way: the time an operating system
/// gives an app, less what closing the file takes.
pub const PATIENCE: Duration = Duration::from_millis(4_500);

/// How often the end of what nobody rings for is looked for.
const LOOK: Duration = Duration::from_millis(20);

/// One store of one user, for as long as an app holds it. Cheap to clone; every clone is the same.
#[derive(Clone)]
pub struct Host(Arc<Inner>);

struct Inner {
    dir: PathBuf,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    signer: Option<Arc<dyn Signer>>,
    bus: Arc<Bus>,
    events: EventReceiver,
    state: Mutex<State>,
    // Rung when a call ends.
    ended: Condvar,
    // Set for one sync asked for by the app; there is one at a time.
    once: AtomicBool,
    rekeying: Mutex<()>,
}

struct State {
    phase: Phase,
    /// The key the file has, while it may be known.
    key: Option<StoreKey>,
    /// Whether the app wants to stay in sync.
    syncing: bool,
    /// What takes words while the key is gone, as the store itself said when it was open.
    sealed: Option<SealedBox>,
    /// What was said into it since the store was locked.
    typed: Vec<Typed>,
    /// Whether the system says that there is a network.
    network: bool,
    /// Of every database that was opened and may still be open in a call that has not come back.
    opened: Vec<Lifeline>,
    /// Whether the device is somebody's: before, there is nothing to sync.
    enrolled: bool,
    watch: Option<Watch>,
    /// Ends the network calls that are under way.
    stop: Stop,
}

enum Phase {
    Open(Field),
    Suspended,
    Locked,
    Closed,
}

/// What [`Host::event_next`] came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Something happened.
    Event(Event),
    /// Nothing did, in the time given.
    Timeout,
    /// The store was closed.
    Closed,
}

/// A call under way: the database stays open until it is dropped.
pub struct Call<'a> {
    host: &'a Host,
    field: Option<Field>,
}

impl Host {
    /// Opens a store; the errors are those of [`Field::open`].
    pub fn open(options: Options) -> Result<Self> {
        let bus = Arc::new(Bus::default());
        let events = bus.subscribe();
        let field = Field::open_on(options.clone(), Arc::clone(&bus))?;
        let state = State {
            network: true,
            opened: vec![field.lifeline()],
            enrolled: begun(&field),
            sealed: None,
            typed: Vec::new(),
            phase: Phase::Open(field),
            key: Some(options.key),
            syncing: false,
            watch: None,
            stop: Stop::new(),
        };
        let host = Self(Arc::new(Inner {
            dir: options.dir,
            clock: options.clock,
            random: options.random,
            signer: options.signer,
            bus,
            events,
            state: Mutex::new(state),
            ended: Condvar::new(),
            once: AtomicBool::new(false),
            rekeying: Mutex::new(()),
        }));
        host.emptied();
        Ok(host)
    }

    /// The open database, for one call. `STORE.suspended`, `STORE.locked` or `STORE.closed` where
    /// there is none.
    pub fn call(&self) -> Result<Call<'_>> {
        let state = self.state();
        let field = match &state.phase {
            Phase::Open(field) => field.clone(),
            Phase::Suspended | Phase::Locked | Phase::Closed => return Err(state.phase.refusal()),
        };
        Ok(Call { host: self, field: Some(field) })
    }

    /// Waits for the next event. Events are kept while the store is suspended or locked.
    #[must_use]
    pub fn event_next(&self, wait: Duration) -> Next {
        match self.0.events.next_within(wait) {
            Some(event) => Next::Event(event),
            None if self.0.events.is_closed() => Next::Closed,
            None => Next::Timeout,
        }
    }

    /// Changes the store's key: `{"rekeyed":true}`.
    pub fn rekey(&self, new: StoreKey) -> Result<Json> {
        // One at a time, so that the key that is kept is the one the file has.
        let _one = self.0.rekeying.lock().unwrap_or_else(PoisonError::into_inner);
        let call = self.call()?;
        let answer = call.rekey(new.clone())?;
        let mut state = self.state();
        // Locked meanwhile: then nobody keeps it.
        if matches!(state.phase, Phase::Open(_) | Phase::Suspended) {
            state.key = Some(new);
        }
        Ok(answer)
    }

    /// Before the system freezes the app: ends what is under way, closes the file, and leaves no
    /// thread running. `STORE.waiting` when a call (of the device's key, say) has not come back in
    /// time; the file is closed as soon as it does.
    pub fn suspend(&self) -> Result<()> {
        self.shut(Phase::Suspended, Instant::now() + PATIENCE)
    }

    /// Opens the file again after [`Host::suspend`]; does nothing where it is open.
    pub fn resume(&self) -> Result<()> {
        let state = self.state();
        match &state.phase {
            Phase::Open(_) => Ok(()),
            Phase::Suspended => {
                let key = state.key.clone().ok_or_else(|| Phase::Locked.refusal())?;
                self.reopen(state, key)
            }
            Phase::Locked | Phase::Closed => Err(state.phase.refusal()),
        }
    }

    /// Drops the store's key and closes the file: nothing can be read until [`Host::unlock`].
    pub fn lock(&self) -> Result<()> {
        self.shut(Phase::Locked, Instant::now() + PATIENCE)
    }

    /// Opens a locked store with its key. Another key is `STORE.key`, and it stays as it is. It is also how the
    /// app says that it has authenticated the user: reading that had ended for want of the server goes on.
    pub fn unlock(&self, key: StoreKey) -> Result<()> {
        self.open_again(key)?;
        self.emptied();
        self.call()?.reauthenticated()
    }

    fn open_again(&self, key: StoreKey) -> Result<()> {
        let state = self.state();
        match &state.phase {
            Phase::Open(_) if state.key.as_ref() == Some(&key) => Ok(()),
            Phase::Open(_) => {
                Err(FieldError::new(code::STORE_KEY, "this key is not that of the store; nothing was changed"))
            }
            Phase::Suspended | Phase::Locked => self.reopen(state, key),
            Phase::Closed => Err(state.phase.refusal()),
        }
    }

    /// Closes for good: wakes whoever waits for an event, ends what is under way and wipes the key.
    /// Answers in bounded time; a call that has not come back by then keeps its part to itself.
    pub fn close(&self) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        let closed = self.shut(Phase::Closed, end);
        self.0.bus.close();
        match closed {
            Err(error) if error.code == code::STORE_WAITING => Ok(()),
            closed => closed,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn options(&self, key: StoreKey) -> Options {
        Options {
            dir: self.0.dir.clone(),
            key,
            clock: Arc::clone(&self.0.clock),
            random: Arc::clone(&self.0.random),
            signer: self.0.signer.clone(),
        }
    }

    fn reopen(&self, mut state: MutexGuard<'_, State>, key: StoreKey) -> Result<()> {
        state.opened.retain(Lifeline::is_open);
        if !state.opened.is_empty() {
            return Err(waiting());
        }
        let opened = Field::open_on(self.options(key.clone()), Arc::clone(&self.0.bus));
        if opened.as_ref().is_err_and(|error| error.code == code::STORE_DAMAGED) {
            // Set aside with its box: what is said from now on is said to another.
            (state.sealed, state.typed) = (None, Vec::new());
        }
        let field = opened?;
        state.enrolled = begun(&field);
        (state.sealed, state.typed) = (None, Vec::new());
        state.opened.push(field.lifeline());
        state.phase = Phase::Open(field);
        state.key = Some(key);
        state.stop = Stop::new();
        link::keep_up(&mut state)
    }

    /// Leaves the open phase: no new call begins, the network side ends, and the file is closed when
    /// the last call has ended.
    fn shut(&self, to: Phase, end: Instant) -> Result<()> {
        let mut state = self.state();
        let to = match (&state.phase, to) {
            (Phase::Closed, _) => return Err(Phase::Closed.refusal()),
            // Asleep or not, what is locked stays so.
            (Phase::Locked, Phase::Suspended) => Phase::Locked,
            (_, to) => to,
        };
        if !matches!(to, Phase::Suspended) {
            state.key = None;
        }
        if let Phase::Open(field) = &state.phase {
            state.sealed = field.sealed_box();
        }
        let phase = std::mem::replace(&mut state.phase, to);
        state.stop.ring();
        let watch = state.watch.take();
        drop(state);
        let left = || end.saturating_duration_since(Instant::now());
        if let Some(watch) = watch {
            link::ended(watch, &phase, left());
        }
        // The file goes with the last who has it: calls were told to stop, and so was the network side.
        drop(phase);
        while !left().is_zero() {
            let mut state = self.state();
            state.opened.retain(Lifeline::is_open);
            if state.opened.is_empty() {
                return Ok(());
            }
            let turn = left().min(LOOK);
            drop(self.0.ended.wait_timeout(state, turn).unwrap_or_else(PoisonError::into_inner));
        }
        Err(waiting())
    }
}

fn waiting() -> FieldError {
    FieldError::new(
        code::STORE_WAITING,
        "something that was under way has not come back yet; the store closes when it does",
    )
}

/// A store has just been opened: whether it is somebody's. One that does not say tells its first caller why.
fn begun(field: &Field) -> bool {
    // Whatever the last life of the store ended with, no link is up now.
    field.link_gone();
    field.identity().is_ok_and(|identity| identity.is_some())
}

impl Phase {
    fn copy(&self) -> Self {
        match self {
            Self::Open(field) => Self::Open(field.clone()),
            Self::Suspended => Self::Suspended,
            Self::Locked => Self::Locked,
            Self::Closed => Self::Closed,
        }
    }

    fn refusal(&self) -> FieldError {
        match self {
            Self::Open(_) | Self::Suspended => {
                FieldError::new(code::STORE_SUSPENDED, "the store is suspended; resume it")
            }
            Self::Locked => FieldError::new(code::STORE_LOCKED, "the store is locked; unlock it with its key"),
            Self::Closed => FieldError::new(code::STORE_CLOSED, "the store is closed"),
        }
    }
}

impl std::ops::Deref for Call<'_> {
    type Target = Field;

    #[allow(clippy::expect_used, reason = "taken only by drop")]
    fn deref(&self) -> &Field {
        self.field.as_ref().expect("a call holds the database until it is dropped")
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        // The database before the bell: whoever is woken looks whether it is closed.
        drop(self.field.take());
        self.host.0.ended.notify_all();
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Host")
    }
}
