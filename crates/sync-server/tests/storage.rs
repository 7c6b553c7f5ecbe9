//! The store's adapters, its keys, and what a crash leaves.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::path::Path;

use common::{Folder, TestClock, World, user};
use serde_json::json;
use signed::code;
use sync_server::core::Core;
use sync_server::store::memory::Memory;
use sync_server::store::sqlite::Sqlite;
use sync_server::store::{Store, StoreError, conformance};

const KEY: [u8; 32] = [42; 32];

#[test]
fn memory_conforms() {
    conformance::run(Box::new(Memory::default()), Ok).unwrap();
}

#[test]
fn sqlite_conforms() {
    let folder = Folder::new();
    let path = folder.0.join("db");
    let store = Sqlite::create(&path, &KEY).unwrap();
    let again = |store: Box<dyn Store>| -> Result<Box<dyn Store>, StoreError> {
        drop(store);
        Ok(Box::new(Sqlite::open(&path, &KEY)?))
    };
    conformance::run(Box::new(store), again).unwrap();
}

/// Each file with the digest of its bytes. The `-shm` file is left out: it is memory that the
/// processes at a database share, and holds nothing that lasts.
fn files(dir: &Path) -> Vec<(std::path::PathBuf, [u8; 32])> {
    let paths = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let kept = paths.filter(|path| !path.to_string_lossy().ends_with("-shm"));
    let mut files: Vec<_> =
        kept.map(|path| (path.clone(), signed::digest::sha256(&std::fs::read(path).unwrap()))).collect();
    files.sort();
    files
}

#[test]
fn a_wrong_key_is_an_error_and_changes_no_byte() {
    let folder = Folder::new();
    let path = folder.0.join("db");
    {
        let store = Sqlite::create(&path, &KEY).unwrap();
        let mut tx = store.write().unwrap();
        tx.put_meta("a", b"readable words").unwrap();
        tx.commit().unwrap();
        // With the write-ahead log still there: nothing of it may move either.
        let before = files(&folder.0);
        assert_eq!(Sqlite::open(&path, &[1; 32]).unwrap_err(), StoreError::Key);
        assert_eq!(files(&folder.0), before);
    }
    let before = files(&folder.0);
    assert_eq!(Sqlite::open(&path, &[1; 32]).unwrap_err(), StoreError::Key);
    assert_eq!(files(&folder.0), before);
    let whole: Vec<u8> = before.iter().flat_map(|(path, _)| std::fs::read(path).unwrap()).collect();
    assert!(!whole.windows(14).any(|window| window == b"readable words"));
    Sqlite::open(&path, &KEY).unwrap();
}

#[test]
fn a_plain_truncated_or_newer_file_is_refused() {
    let folder = Folder::new();
    let path = folder.0.join("plain");
    let plain = rusqlite::Connection::open(&path).unwrap();
    plain.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1);").unwrap();
    drop(plain);
    assert_eq!(Sqlite::open(&path, &KEY).unwrap_err(), StoreError::Damaged);
    let short = folder.0.join("short");
    std::fs::write(&short, b"12345").unwrap();
    assert_eq!(Sqlite::open(&short, &KEY).unwrap_err(), StoreError::Damaged);
    let newer = folder.0.join("newer");
    drop(Sqlite::create(&newer, &KEY).unwrap());
    let connection = sync_server::store::sqlite::connect(&newer, &KEY).unwrap();
    connection.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(connection);
    assert_eq!(Sqlite::open(&newer, &KEY).unwrap_err(), StoreError::Newer);
}

fn concern(words: &str) -> serde_json::Value {
    json!({ "source": "school", "exact_words": words, "heard_how": "direct", "concern_items": [{ "text": words }] })
}

#[test]
fn what_was_receipted_is_there_after_a_restart_and_what_was_not_committed_is_not() {
    let world = World::on_disk();
    let mut lead = world.handset("lead");
    let id = lead.create(&world, "concern", concern("a worry"));
    let receipt = lead.push(&world);
    // A batch that was prepared and never committed, as when the process dies before its fsync.
    lead.create(&world, "concern", concern("a second worry"));
    let frame = lead.frame(wire::Lane::Rest);
    drop(world.core.prepare(&lead.peer, frame.frame.clone()).unwrap());
    let world = world.reopen();
    let facts = world.core.facts(&lead.peer, &lead.hello()).unwrap();
    assert_eq!(facts.lanes[1].0, receipt.number);
    assert_eq!(facts.digest, Some(lead.digest()));
    let mut officer = world.handset("officer");
    officer.pull(&world);
    assert!(officer.docs.contains_key(&id));
    assert!(lead.send(&world, &frame).unwrap().outcomes[0].is_ok(), "the same frame goes through afterwards");
    assert_eq!(world.core.again(&lead.peer, &frame.frame).unwrap().number, receipt.number + 1);
    world.sound();
}

#[test]
fn several_frames_of_one_batch_are_taken_in_order_with_one_head() {
    let world = World::on_disk();
    let (mut lead, mut lead2) = (world.handset("lead"), world.handset("lead2"));
    let mut batch = Vec::new();
    let mut frames = Vec::new();
    for round in 0..3 {
        for handset in [&mut lead, &mut lead2] {
            handset.create(&world, "concern", concern(&format!("worry {round}")));
            let frame = handset.frame(wire::Lane::Rest);
            batch.push(world.core.prepare(&handset.peer, frame.frame.clone()).unwrap());
            frames.push((handset.peer.clone(), frame));
        }
    }
    // The first frame twice in one batch: the same receipt.
    batch.push(world.core.prepare(&frames[0].0, frames[0].1.frame.clone()).unwrap());
    let committed = world.core.commit(batch).unwrap();
    let receipts: Vec<_> = committed.results.into_iter().map(Result::unwrap).collect();
    assert_eq!(receipts[0], receipts[6]);
    assert!(receipts.iter().all(|receipt| receipt.head == receipts[0].head));
    assert!(committed.grown.iter().any(|(who, _)| *who == user("officer")));
    world.sound();
}

#[test]
fn a_server_directory_is_made_once_and_opened_only_with_its_keys() {
    let world = World::on_disk();
    let dir = world.dir();
    let options = sync_server::core::InitOptions { now: sync_server::Clock::now(&*TestClock::new()) };
    assert_eq!(sync_server::init(&dir, options).unwrap_err().code, code::A_EXISTS);
    let missing = dir.join("nothing");
    assert_eq!(Core::open(&missing, TestClock::new()).unwrap_err().code, code::A_NOT_INITIALISED);
    // A second one beside it is what an admin command is.
    assert!(Core::open(&dir, TestClock::new()).is_ok());
    #[cfg(unix)]
    for name in ["server.key", "spare.key", "master.key", "firsthand.db"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(dir.join(name)).unwrap().permissions().mode();
        assert!(name == "firsthand.db" || mode & 0o777 == 0o600, "{name}");
    }
    let key = dir.join("master.key");
    let right = std::fs::read(&key).unwrap();
    std::fs::write(&key, [0; 32]).unwrap();
    assert_eq!(Core::open(&dir, TestClock::new()).unwrap_err().code, code::STORE_KEY);
    std::fs::remove_file(&key).unwrap();
    assert_eq!(Core::open(&dir, TestClock::new()).unwrap_err().code, code::STORE_KEY);
    std::fs::write(&key, right).unwrap();
    Core::open(&dir, TestClock::new()).unwrap();
}

#[test]
fn an_admin_command_of_another_process_is_noticed() {
    let world = World::on_disk();
    let before = world.core.data_version().unwrap();
    let beside = Core::open(&world.dir(), world.clock.clone()).unwrap();
    let new = sync_server::core::SchoolNew {
        id: common::school("100009"),
        name: "Another school".into(),
        agreement: sync_server::core::Agreement::Partnership,
        until: None,
    };
    beside.school_add(new).unwrap();
    assert_ne!(world.core.data_version().unwrap(), before);
    assert_eq!(world.core.data_version().unwrap(), world.core.data_version().unwrap());
    world.sound();
}

/// The database of version 1, with the key that opens it, must open for ever.
#[test]
fn the_first_released_schema_opens() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1");
    let folder = Folder::new();
    let dir = folder.0.join("server");
    std::fs::create_dir_all(&dir).unwrap();
    for name in ["server.key", "master.key", "firsthand.db"] {
        std::fs::copy(fixture.join(name), dir.join(name)).unwrap();
    }
    let core = Core::open(&dir, TestClock::new()).unwrap();
    let answer = core.verify().unwrap();
    assert!(answer.ok, "{:?}", answer.faults);
    assert!(answer.records >= 2 && answer.statements >= 2);
    assert_eq!(core.devices().unwrap().len(), 2);
}
