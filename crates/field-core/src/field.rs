//! One open store, and the little state beside it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};
use std::time::Duration;

use records::{Policy, Role};
use rusqlite::Connection;
use serde_json::Value as Json;
use signed::digest::AudienceDigest;
use signed::{ActorId, DeviceId, Incarnation, PublicKey, RingSigner, Signer, Timestamp, UserId, code};
use wire::Epoch;

use crate::api::answer::{self, Rekeyed};
use crate::error::{FieldError, Result, damaged};
use crate::event::{Bus, Event, EventKind, EventReceiver};
use crate::media::Files;
use crate::ports;
use crate::sealed_box::SealedBox;
use crate::store::{Store, changes, directory, fixed, media, meta, policy};
use crate::types::{Identity, Options, StoreKey};

/// One open device store. Cheap to clone; every clone is the same store, and the last one dropped
/// closes it. Calls block for as long as a transaction takes; none waits for the network.
#[derive(Clone)]
pub struct Field(Arc<Inner>);

struct Inner {
    options: Options,
    key: Mutex<StoreKey>,
    store: Mutex<Store>,
    me: Mutex<Option<Arc<Me>>>,
    // The digest at the cursor: read from the rows when first asked for, then carried along.
    digest: Mutex<Option<AudienceDigest>>,
    // The policy in force: read at opening, and set after a page has brought another.
    policy: Mutex<Arc<Policy>>,
    // The sealed box, as the store itself knows it, for whoever locks it without asking the database again.
    sealed_box: Mutex<Option<SealedBox>>,
    locked: AtomicBool,
    bus: Arc<Bus>,
    wakers: Mutex<Vec<Waker>>,
    // The last to go, after the store has closed its file: what a lifeline looks at.
    alive: Arc<()>,
}

/// Called after a save; false when nobody waits for it any more.
pub type Waker = Box<dyn Fn() -> bool + Send + Sync>;

/// Tells whether an open database is still open.
pub(crate) struct Lifeline(Weak<()>);

impl Lifeline {
    pub(crate) fn is_open(&self) -> bool {
        self.0.strong_count() > 0
    }
}

/// Whose device this is, with the key that signs.
pub(crate) struct Me {
    pub(crate) user: UserId,
    pub(crate) role: Role,
    pub(crate) device: DeviceId,
    pub(crate) actor: ActorId,
    pub(crate) incarnation: Incarnation,
    pub(crate) server_keys: Vec<PublicKey>,
    pub(crate) epoch: Epoch,
    pub(crate) signer: Arc<dyn Signer>,
}

/// One moment, as the device's clock tells it, and the policy then in force.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    pub(crate) now: Timestamp,
    pub(crate) mono_ms: u64,
    pub(crate) boot: String,
    pub(crate) policy: Arc<Policy>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Field {
    /// Opens a store, alone: another process (or another `Field`) on it is answered
    /// `STORE.in_use`. Another key: `STORE.key`, and no byte is changed. Damage: the files are
    /// moved to `damaged-<time>/` and kept, `STORE.damaged`. A newer schema: `STORE.newer`.
    pub fn open(options: Options) -> Result<Field> {
        let field = Self::open_on(options, Arc::default())?;
        // What cannot be done now is done later: there may be an account to be saved.
        let _ = field.empty_box(Duration::MAX);
        Ok(field)
    }

    /// Opens a store whose events go where those of its last life went.
    pub(crate) fn open_on(options: Options, bus: Arc<Bus>) -> Result<Field> {
        let store = Store::open(&options.dir, &options.key, &*options.random, options.clock.now())?;
        // What a crash left of files that no row knows; nobody else is at the folder.
        let db = store.db()?;
        // It must not keep a store from opening: there may be an account to be saved.
        let _ = Files::of(&options.dir).sweep(true, |sha256| media::is_known(db, sha256));
        let policy = Arc::new(policy::current(store.db()?)?);
        let field = Self(Arc::new(Inner {
            key: Mutex::new(options.key.clone()),
            options,
            store: Mutex::new(store),
            me: Mutex::default(),
            digest: Mutex::default(),
            policy: Mutex::new(policy),
            sealed_box: Mutex::default(),
            locked: AtomicBool::new(false),
            bus,
            wakers: Mutex::default(),
            alive: Arc::default(),
        }));
        field.keep_box();
        Ok(field)
    }

    /// Whether this database is still open somewhere, to be asked when one's own clone is gone.
    pub(crate) fn lifeline(&self) -> Lifeline {
        Lifeline(Arc::downgrade(&self.0.alive))
    }

    /// From now on, everything that happens.
    #[must_use]
    pub fn events(&self) -> EventReceiver {
        self.0.bus.subscribe()
    }

    /// Calls this after every save that puts something into the outbox, until it answers false.
    /// It must not block and must not call back into the store.
    pub fn on_saved(&self, waker: Waker) {
        let mut wakers = lock(&self.0.wakers);
        // Those of syncs that are over; one wakened for nothing looks and waits on.
        wakers.retain(|wake| wake());
        wakers.push(waker);
    }

    pub(crate) fn saved(&self) {
        lock(&self.0.wakers).retain(|wake| wake());
    }

    pub(crate) fn tell(&self, events: &[Event]) {
        self.0.bus.tell(events);
    }

    pub(crate) fn dir(&self) -> &std::path::Path {
        &self.0.options.dir
    }

    pub(crate) fn random(&self) -> &dyn ports::Random {
        &*self.0.options.random
    }

    pub(crate) fn moment(&self) -> Moment {
        let clock = &self.0.options.clock;
        let policy = Arc::clone(&lock(&self.0.policy));
        Moment { now: clock.now(), mono_ms: clock.mono_ms(), boot: clock.boot(), policy }
    }

    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        work(lock(&self.0.store).db()?)
    }

    /// One transaction, on disk when it answers. What is vital is saved from the reserve where the
    /// disk is full; the work may then run twice.
    pub(crate) fn write<T>(&self, vital: bool, work: impl Fn(&Connection) -> Result<T>) -> Result<T> {
        lock(&self.0.store).write(vital, |transaction| work(transaction))
    }

    /// Brings everything into the one file: what was freed is left nowhere beside it. Where somebody reads just
    /// now, the next checkpoint does it.
    pub(crate) fn settle(&self) -> Result<()> {
        self.read(|db| Ok(db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?))
    }

    /// As [`Field::write`], if nobody else is at the store.
    pub(crate) fn try_write<T>(&self, work: impl Fn(&Connection) -> Result<T>) -> Option<Result<T>> {
        let mut store = match self.0.store.try_lock() {
            Ok(store) => store,
            Err(TryLockError::Poisoned(store)) => store.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        Some(store.write(false, |transaction| work(transaction)))
    }

    /// Tells that the link is down, if the last that was told is that it is up.
    pub(crate) fn tell_offline(&self, now: Timestamp) {
        if self.0.bus.link_is_up() {
            self.0.bus.tell(&[Event::new(EventKind::Offline, now)]);
        }
    }

    /// What one account's content is read through: refused while the store is locked, and after too long
    /// without the server.
    pub(crate) fn unlocked(&self) -> Result<()> {
        if self.0.locked.load(Ordering::Acquire) {
            return Err(FieldError::new(code::STORE_LOCKED, "the store is locked; open it again to read"));
        }
        self.not_lapsed()
    }

    /// Ends reading until the store is opened again; capture stays possible. What was typed into
    /// drafts is put where it is safe first.
    pub fn lock(&self) -> Result<()> {
        let flushed = self.drafts_flush(None);
        self.0.locked.store(true, Ordering::Release);
        flushed.map(drop)
    }

    /// Changes the store's key: `{"rekeyed":true}`. A crash in between leaves a store that opens with
    /// one of the two.
    pub fn rekey(&self, new: StoreKey) -> Result<Json> {
        let mut old = lock(&self.0.key);
        lock(&self.0.store).rekey(&old, &new, self.random())?;
        *old = new;
        Ok(answer::json(&Rekeyed { rekeyed: true }))
    }

    pub(crate) fn take_files_away(&self) -> Result<()> {
        lock(&self.0.store).erase()?;
        self.forget_me();
        self.set_sealed_box(None);
        *lock(&self.0.digest) = None;
        Ok(())
    }

    /// Who this is; `D.not_enrolled` before enrolment.
    pub(crate) fn me(&self) -> Result<Arc<Me>> {
        if let Some(me) = &*lock(&self.0.me) {
            return Ok(Arc::clone(me));
        }
        // Kept while the store is held: what is written later is forgotten later, and read anew.
        let me = self.read(|db| {
            let me = self.read_me(db)?.map(Arc::new);
            (*lock(&self.0.me)).clone_from(&me);
            Ok(me)
        })?;
        me.ok_or_else(|| FieldError::new(code::D_NOT_ENROLLED, "this device is not enrolled yet"))
    }

    pub(crate) fn forget_me(&self) {
        *lock(&self.0.me) = None;
    }

    fn read_me(&self, db: &Connection) -> Result<Option<Me>> {
        let Some(user) = meta::text(db, meta::USER)? else { return Ok(None) };
        let wrong = || damaged("what the store knows of its user does not read back");
        let role = meta::text(db, meta::ROLE)?.ok_or_else(wrong)?.parse().map_err(|_| wrong())?;
        let elsewhere =
            || FieldError::new(code::D_SIGNER, "the key of this device is not in its store: open it with the key");
        let signer = self.stored_signer(db)?.ok_or_else(elsewhere)?;
        // Another key would be another device: the server would know neither.
        if meta::get(db, meta::DEVICE)?.is_some_and(|device| device != signer.public_key().id().0) {
            return Err(FieldError::new(code::D_SIGNER, "this key is not the one the device was enrolled with"));
        }
        let incarnation = Incarnation(fixed(&meta::get(db, meta::INCARNATION)?.ok_or_else(wrong)?)?);
        Ok(Some(Me {
            user: UserId::new(&user).map_err(|_| wrong())?,
            role,
            device: signer.public_key().id(),
            actor: ActorId::of_store(signer.public_key().spki(), &incarnation),
            incarnation,
            server_keys: directory::server_keys(db)?,
            epoch: Epoch(fixed(&meta::get(db, meta::EPOCH)?.ok_or_else(wrong)?)?),
            signer,
        }))
    }

    /// The device key: the one given at opening, else the one the store keeps.
    pub(crate) fn stored_signer(&self, db: &Connection) -> Result<Option<Arc<dyn Signer>>> {
        if let Some(signer) = &self.0.options.signer {
            return Ok(Some(Arc::clone(signer)));
        }
        let Some(pkcs8) = meta::get(db, meta::SIGNER)? else { return Ok(None) };
        let pkcs8 = zeroize::Zeroizing::new(pkcs8);
        Ok(Some(Arc::new(RingSigner::from_pkcs8(&pkcs8)?)))
    }

    /// Whose device this is, once enrolled.
    pub fn identity(&self) -> Result<Option<Identity>> {
        let me = match self.me() {
            Ok(me) => me,
            Err(error) if error.code == code::D_NOT_ENROLLED => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(Some(Identity {
            user: me.user.clone(),
            role: me.role,
            device: me.device,
            actor: me.actor,
            incarnation: me.incarnation,
            server_keys: me.server_keys.clone(),
            epoch: me.epoch,
        }))
    }

    /// What takes words while the key is gone, if the store has such a box.
    pub(crate) fn sealed_box(&self) -> Option<SealedBox> {
        lock(&self.0.sealed_box).clone()
    }

    pub(crate) fn set_sealed_box(&self, sealed_box: Option<SealedBox>) {
        *lock(&self.0.sealed_box) = sealed_box;
    }

    /// The digest over everything that came by rows, at the cursor.
    pub(crate) fn digest(&self, db: &Connection) -> Result<AudienceDigest> {
        let mut known = lock(&self.0.digest);
        if let Some(digest) = *known {
            return Ok(digest);
        }
        let digest = changes::audience_digest(db)?;
        *known = Some(digest);
        Ok(digest)
    }

    /// After a page has brought a policy.
    pub(crate) fn set_policy(&self, policy: Arc<Policy>) {
        *lock(&self.0.policy) = policy;
    }

    /// After rows changed it: it is read anew when next asked for.
    pub(crate) fn set_digest(&self, digest: Option<AudienceDigest>) {
        *lock(&self.0.digest) = digest;
    }
}

impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Field")
    }
}
