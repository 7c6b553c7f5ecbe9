//! What happens, told to whoever watches. Events are pulled; a slow watcher loses the oldest.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value as Json;
use signed::{Code, RecordId, StatementHash, Timestamp};

use crate::api::answer;

/// Events kept for one watcher that does not fetch them.
pub const EVENTS_MAX: usize = 4096;

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A record came or changed by sync.
    RecordChanged,
    /// The server has a statement on its disk.
    Receipt,
    /// A statement reached somebody's device.
    Delivered,
    /// Somebody has seen it.
    Seen,
    /// Something of ours was refused and kept, or something that came does not hold.
    Quarantined,
    /// A record was withdrawn, or the device erased itself.
    Erased,
    /// The rules told this user something, or it is over.
    Prompt,
    /// Two records may be about the same.
    Match,
    /// Something carried for another device is at the server, or (with a code) was given up.
    Carried,
    /// The link is up.
    Online,
    /// The link is down.
    Offline,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub event: EventKind,
    /// When, by the device's clock.
    pub at: Timestamp,
    /// The record.
    pub id: Option<RecordId>,
    /// Its kind.
    pub kind: Option<String>,
    /// Where it stands now.
    pub status: Option<String>,
    /// Why, for what was refused.
    pub code: Option<Code>,
    /// Whom it reached.
    pub to: Option<String>,
    /// The statement it is about.
    pub statement: Option<StatementHash>,
}

impl EventKind {
    /// The word in `"event"`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RecordChanged => "record_changed",
            Self::Receipt => "receipt",
            Self::Delivered => "delivered",
            Self::Seen => "seen",
            Self::Quarantined => "quarantined",
            Self::Erased => "erased",
            Self::Prompt => "prompt",
            Self::Match => "match",
            Self::Carried => "carried",
            Self::Online => "online",
            Self::Offline => "offline",
        }
    }
}

impl Event {
    /// An event about nothing in particular yet.
    #[must_use]
    pub fn new(event: EventKind, at: Timestamp) -> Self {
        Self { event, at, id: None, kind: None, status: None, code: None, to: None, statement: None }
    }

    /// The contract's line.
    #[must_use]
    pub fn to_json(&self) -> Json {
        answer::json(&answer::Event {
            event: self.event,
            at: self.at.into(),
            id: self.id.map(Into::into),
            kind: self.kind.clone(),
            status: self.status.clone(),
            code: self.code.map(Into::into),
            to: self.to.clone(),
            statement: self.statement.map(Into::into),
        })
    }
}

#[derive(Debug, Default)]
struct Queue {
    events: VecDeque<Event>,
    missed: u64,
    closed: bool,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    more: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One watcher's queue. Dropping it ends the watching.
#[derive(Debug)]
pub struct EventReceiver(Arc<Shared>);

impl EventReceiver {
    /// The next event if there is one now.
    #[must_use]
    pub fn try_next(&self) -> Option<Event> {
        self.0.lock().events.pop_front()
    }

    /// The next event; `None` after this long, or at once when the store is closed.
    #[must_use]
    pub fn next_within(&self, wait: Duration) -> Option<Event> {
        let end = Instant::now() + wait;
        let mut queue = self.0.lock();
        loop {
            if let Some(event) = queue.events.pop_front() {
                return Some(event);
            }
            let left = end.saturating_duration_since(Instant::now());
            if queue.closed || left.is_zero() {
                return None;
            }
            queue = self.0.more.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Whether the store was closed; what waits in the queue can still be fetched.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.lock().closed
    }

    /// How many events this watcher lost because it did not fetch them; counting starts anew.
    #[must_use]
    pub fn missed(&self) -> u64 {
        std::mem::take(&mut self.0.lock().missed)
    }
}

/// Where events are told.
#[derive(Debug, Default)]
pub(crate) struct Bus {
    watchers: Mutex<Vec<Weak<Shared>>>,
    /// What was last told of the link.
    up: AtomicBool,
}

impl Bus {
    pub(crate) fn subscribe(&self) -> EventReceiver {
        let shared = Arc::new(Shared::default());
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&shared));
        EventReceiver(shared)
    }

    pub(crate) fn tell(&self, events: &[Event]) {
        if events.is_empty() {
            return;
        }
        for event in events.iter().filter(|event| matches!(event.event, EventKind::Online | EventKind::Offline)) {
            self.up.store(event.event == EventKind::Online, Ordering::Release);
        }
        self.each(|shared| {
            let mut queue = shared.lock();
            for event in events {
                if queue.events.len() >= EVENTS_MAX {
                    queue.events.pop_front();
                    queue.missed += 1;
                }
                queue.events.push_back(event.clone());
            }
        });
    }

    fn each(&self, act: impl Fn(&Shared)) {
        let mut watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner);
        watchers.retain(|weak| {
            let Some(shared) = weak.upgrade() else { return false };
            act(&shared);
            shared.more.notify_all();
            true
        });
    }

    /// Whether the last that was told of the link is that it is up.
    pub(crate) fn link_is_up(&self) -> bool {
        self.up.load(Ordering::Acquire)
    }

    /// Wakes every watcher for the last time.
    pub(crate) fn close(&self) {
        self.each(|shared| shared.lock().closed = true);
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_watcher_loses_the_oldest_and_is_told_how_many() {
        let bus = Bus::default();
        let watcher = bus.subscribe();
        for n in 0..EVENTS_MAX as i64 + 3 {
            bus.tell(&[Event::new(EventKind::Online, Timestamp::from_millis(n))]);
        }
        assert_eq!(watcher.missed(), 3);
        assert_eq!(watcher.try_next().map(|e| e.at.millis()), Some(3));
    }

    #[test]
    fn an_event_s_word_is_the_same_wherever_it_is_written() {
        use EventKind::*;
        for event in [RecordChanged, Receipt, Delivered, Seen, Quarantined, Erased, Online, Offline] {
            assert_eq!(Event::new(event, Timestamp::from_millis(0)).to_json()["event"], event.as_str());
        }
    }

    #[test]
    fn closing_wakes_whoever_waits() {
        let bus = Bus::default();
        let watcher = bus.subscribe();
        let waiting = std::thread::spawn(move || watcher.next_within(Duration::from_secs(60)));
        drop(bus);
        assert_eq!(waiting.join().ok(), Some(None));
    }
}
