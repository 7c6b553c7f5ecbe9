//! Who is connected, and how they learn at once of what concerns them: rows added to their inbox,
//! a device revoked. Also notices what other processes (admin commands) wrote.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use signed::{Code, DeviceId, PublicKey, UserId, code};
use tokio::sync::watch;

use super::limits::SESSIONS_PER_DEVICE_MAX;
use crate::core::{Core, PeerState};
use crate::error::ServerError;

/// What a session is told from outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signal {
    /// The last row of the user's inbox.
    pub head: u64,
    /// The session is to end.
    pub end: Option<End>,
}

/// Why a session is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Its device was revoked (or its user deactivated).
    Revoked {
        /// Whether the device is to erase itself.
        erase: bool,
    },
    /// It is refused with this code.
    Refused(Code),
}

/// All live sessions.
#[derive(Debug)]
pub struct Live {
    sessions: Mutex<Sessions>,
    sessions_max: usize,
}

#[derive(Debug, Default)]
struct Sessions {
    last: u64,
    by_number: BTreeMap<u64, Entry>,
}

#[derive(Debug)]
struct Entry {
    key: PublicKey,
    device: DeviceId,
    user: UserId,
    signal: watch::Sender<Signal>,
}

/// A session's place among the live ones; leaves it when dropped.
#[derive(Debug)]
pub struct Place<'a> {
    live: &'a Live,
    number: u64,
    /// Hears what the session is told.
    pub signal: watch::Receiver<Signal>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.live.lock().by_number.remove(&self.number);
    }
}

impl Live {
    /// Nobody yet; at most so many at one time.
    #[must_use]
    pub fn new(sessions_max: usize) -> Self {
        Self { sessions: Mutex::default(), sessions_max }
    }

    // What is kept here is whole between any two statements, so a panic elsewhere harms nothing.
    fn lock(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a session in. Too many of one device end its oldest; too many of all are refused
    /// (`W.sessions`).
    pub fn enter(&self, key: &PublicKey, user: &UserId) -> Result<Place<'_>, Code> {
        let device = key.id();
        let mut sessions = self.lock();
        let staying = |entry: &&Entry| entry.device == device && entry.signal.borrow().end.is_none();
        let own = sessions.by_number.values().filter(staying).count();
        if own >= SESSIONS_PER_DEVICE_MAX {
            // Numbers grow, so the first is the oldest.
            if let Some(oldest) = sessions.by_number.values().find(staying) {
                oldest.signal.send_modify(|signal| signal.end = Some(End::Refused(code::W_SESSIONS)));
            }
        } else if sessions.by_number.len() >= self.sessions_max {
            return Err(code::W_SESSIONS);
        }
        sessions.last += 1;
        let number = sessions.last;
        let (sender, signal) = watch::channel(Signal::default());
        sessions.by_number.insert(number, Entry { key: key.clone(), device, user: user.clone(), signal: sender });
        Ok(Place { live: self, number, signal })
    }

    /// Tells the sessions of these users how far their inboxes reach now.
    pub fn grown(&self, heads: Vec<(UserId, u64)>) {
        let heads: BTreeMap<UserId, u64> = heads.into_iter().collect();
        for entry in self.lock().by_number.values() {
            if let Some(head) = heads.get(&entry.user) {
                entry.signal.send_if_modified(|signal| {
                    let grew = *head > signal.head;
                    signal.head = signal.head.max(*head);
                    grew
                });
            }
        }
    }

    /// Sessions at this moment.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().by_number.len()
    }

    /// Looks again at the inboxes of all who are connected.
    pub fn refresh_heads(&self, core: &Core) -> Result<(), ServerError> {
        let users: Vec<UserId> = {
            let users: BTreeMap<UserId, ()> =
                self.lock().by_number.values().map(|entry| (entry.user.clone(), ())).collect();
            users.into_keys().collect()
        };
        if !users.is_empty() {
            self.grown(core.heads(&users)?);
        }
        Ok(())
    }

    /// Looks again whether all who are connected may still be, and ends the sessions of those who
    /// may not.
    pub fn refresh_peers(&self, core: &Core) -> Result<(), ServerError> {
        let keys: Vec<(u64, PublicKey)> =
            self.lock().by_number.iter().map(|(number, entry)| (*number, entry.key.clone())).collect();
        for (number, key) in keys {
            let end = match core.peer(&key)? {
                PeerState::Known(_) => continue,
                PeerState::Revoked { erase, .. } => End::Revoked { erase },
                PeerState::Unknown => End::Refused(code::D_UNKNOWN),
            };
            if let Some(entry) = self.lock().by_number.get(&number) {
                entry.signal.send_modify(|signal| signal.end = Some(end));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use signed::{RingSigner, Signer as _};

    fn key() -> PublicKey {
        RingSigner::generate().unwrap().public_key().clone()
    }

    fn user(name: &str) -> UserId {
        UserId::new(name).unwrap()
    }

    #[test]
    fn one_session_too_many_of_a_device_ends_its_oldest_and_of_all_is_refused() {
        let live = Live::new(SESSIONS_PER_DEVICE_MAX + 1);
        let (handset, other) = (key(), key());
        let mut places: Vec<_> =
            (0..SESSIONS_PER_DEVICE_MAX).map(|_| live.enter(&handset, &user("a")).unwrap()).collect();
        assert!(places.iter().all(|place| place.signal.borrow().end.is_none()));
        places.push(live.enter(&handset, &user("a")).unwrap());
        assert_eq!(places[0].signal.borrow().end, Some(End::Refused(code::W_SESSIONS)));
        assert!(places[1..].iter().all(|place| place.signal.borrow().end.is_none()));
        assert_eq!(live.enter(&other, &user("b")).map(drop), Err(code::W_SESSIONS));
        drop(places);
        assert_eq!(live.count(), 0);
        assert!(live.enter(&other, &user("b")).is_ok());
    }

    #[test]
    fn only_the_sessions_of_a_grown_inbox_are_told_and_only_when_it_grew() {
        let live = Live::new(10);
        let (mut officer, teacher) =
            (live.enter(&key(), &user("officer")).unwrap(), live.enter(&key(), &user("teacher")).unwrap());
        live.grown(vec![(user("officer"), 7), (user("nobody"), 3)]);
        assert!(officer.signal.has_changed().unwrap() && !teacher.signal.has_changed().unwrap());
        assert_eq!(officer.signal.borrow_and_update().head, 7);
        live.grown(vec![(user("officer"), 6)]);
        assert!(!officer.signal.has_changed().unwrap());
    }
}
