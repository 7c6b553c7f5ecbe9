//! A small force and a school around a server's core: real keys, real changes, no network.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod handset;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use records::Role;
use signed::{RingSigner, SchoolId, Signer as _, Timestamp, UserId};
use sync_server::core::{Agreement, Clock, Committed, Core, Prepared, SchoolNew, Secrets, UserNew};
use sync_server::store::memory::Memory;

#[allow(unused_imports)]
pub use handset::{Handset, Outgoing};

pub const MORNING: &str = "2026-11-23T09:00:00.000Z";

/// A clock that stands until it is moved.
pub struct TestClock(AtomicI64);

impl TestClock {
    pub fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(Timestamp::parse(MORNING).unwrap().millis())))
    }

    pub fn advance(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        // Every look is a millisecond later, so that times differ.
        Timestamp::from_millis(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

/// A directory below cargo's own for tests, removed at the end.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A server, its clock, and a record id that grows.
pub struct World {
    pub core: Core,
    pub clock: Arc<TestClock>,
    pub folder: Option<Folder>,
    ids: Mutex<u64>,
}

pub fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

pub fn school(id: &str) -> SchoolId {
    SchoolId::new(id).unwrap()
}

pub fn secrets() -> Secrets {
    let spare = RingSigner::generate().unwrap().public_key().clone();
    Secrets { master: [7; 32].into(), signer: RingSigner::generate().unwrap(), spare }
}

impl World {
    /// A server in memory.
    pub fn memory() -> Self {
        let clock = TestClock::new();
        let core = Core::found(Box::new(Memory::default()), secrets(), clock.clone()).unwrap();
        Self { core, clock, folder: None, ids: Mutex::new(0) }.peopled()
    }

    /// A server on disk.
    pub fn on_disk() -> Self {
        let (folder, clock) = (Folder::new(), TestClock::new());
        let dir = folder.0.join("server");
        sync_server::init(&dir, sync_server::core::InitOptions { now: clock.now() }).unwrap();
        let core = Core::open(&dir, clock.clone()).unwrap();
        Self { core, clock, folder: Some(folder), ids: Mutex::new(0) }.peopled()
    }

    pub fn dir(&self) -> PathBuf {
        self.folder.as_ref().unwrap().0.join("server")
    }

    /// Opens the directory again, as after a restart.
    pub fn reopen(self) -> Self {
        let dir = self.dir();
        let Self { core, clock, folder, ids } = self;
        drop(core);
        Self { core: Core::open(&dir, clock.clone()).unwrap(), clock, folder, ids }
    }

    fn peopled(self) -> Self {
        for (id, agreement) in [
            ("100001", Agreement::Partnership),
            ("100002", Agreement::Partnership),
            ("100003", Agreement::NamedContact),
        ] {
            let new = SchoolNew { id: school(id), name: format!("School {id}"), agreement, until: None };
            self.core.school_add(new).unwrap();
        }
        self.add("insp", Role::Inspector, &[], None);
        self.add("sgt", Role::Sergeant, &[], Some("insp"));
        self.add("officer", Role::Officer, &["100001"], Some("sgt"));
        self.add("other", Role::Officer, &["100002"], Some("sgt"));
        self.add("lead", Role::Dsl, &["100001"], None);
        self.add("lead2", Role::Dsl, &["100002"], None);
        self.add("named", Role::Dsl, &["100003"], None);
        self.add("staff", Role::Staff, &["100001"], None);
        self
    }

    pub fn add(&self, id: &str, role: Role, schools: &[&str], supervisor: Option<&str>) {
        let police = !role.of_school();
        self.core
            .user_add(UserNew {
                id: user(id),
                name: format!("Name of {id}"),
                role,
                schools: schools.iter().map(|id| school(id)).collect(),
                team: police.then(|| "north".to_owned()),
                area: police.then(|| "city".to_owned()),
                supervisor: supervisor.map(user),
            })
            .unwrap();
    }

    pub fn id(&self) -> signed::RecordId {
        let mut ids = self.ids.lock().unwrap();
        *ids += 1;
        let mut random = [0; 10];
        random[2..].copy_from_slice(&ids.to_be_bytes());
        signed::RecordId::mint(self.clock.now(), random)
    }

    /// A device of this user, enrolled.
    pub fn handset(&self, id: &str) -> Handset {
        Handset::enrol(self, id)
    }

    /// Takes one frame in, by itself.
    pub fn commit(&self, frame: Prepared) -> Committed {
        self.core.commit(vec![frame]).unwrap()
    }

    /// Everything is as it was written.
    pub fn sound(&self) {
        let answer = self.core.verify().unwrap();
        assert!(answer.ok, "{:?}", answer.faults);
    }
}
