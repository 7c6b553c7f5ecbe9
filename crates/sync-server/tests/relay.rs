//! What one device carries here for another: whose key it is sealed for, and that who brings it makes no difference.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::path::Path;

use common::{Folder, Handset, Outgoing, TestClock, World};
use documents::Opened;
use serde_json::json;
use signed::{Code, ReaderKey, RingSigner, Signer as _, Value, code};
use sync_engine::server::Peer;
use sync_server::core::Core;
use wire::{Carried, FrameBody, Item, Lane, Outcome, Push, Receipt, Rest, Row};
use zeroize::Zeroizing;

/// The key that a row names, if it is about relay bundles.
fn relay_key(row: &Row) -> Option<ReaderKey> {
    let Row::Directory { statement } = row else { return None };
    let statement = Opened::read(statement).unwrap().statement;
    if statement.sentence.name() != "relay_key" {
        return None;
    }
    Some(ReaderKey::from_slice(statement.content.get("key").and_then(Value::as_bytes).unwrap()).unwrap())
}

/// The key as this device has been told it.
fn key_of(world: &World, handset: &mut Handset) -> ReaderKey {
    handset.pull(world);
    let keys: Vec<ReaderKey> = handset.rows.iter().filter_map(relay_key).collect();
    assert_eq!(keys.len(), 1, "told once");
    keys[0].clone()
}

/// A frame of this device, sealed as one that gives it away would.
fn sealed(key: &ReaderKey, handset: &Handset, outgoing: &Outgoing) -> Vec<u8> {
    let frame = &outgoing.frame;
    let body = FrameBody { previous: frame.header.previous, signature: frame.signature, items: frame.items.clone() };
    let push = Push::new(frame.header.lane, frame.header.number, &body);
    let carried = Carried { device: handset.peer.device, incarnation: handset.incarnation, push };
    carried.seal(key, Zeroizing::new([9; 32])).unwrap()
}

/// Takes a part in as the serving process does.
fn bring(world: &World, part: &[u8]) -> Result<Receipt, Code> {
    let (peer, frame) = world.core.carried(part).unwrap()?;
    world.commit(world.core.prepare(&peer, frame).unwrap()).results.remove(0)
}

fn action() -> serde_json::Value {
    json!({ "case": "0199a000-0000-7000-8000-000000000001", "school": "100001", "kind": "enquiry",
        "exact_request": "please ask", "about": ["a pupil"], "due": "2099-01-01T12:00:00Z",
        "requested_by": { "person": "lead", "org": "School 100001" } })
}

#[test]
fn who_brings_a_frame_makes_no_difference_and_its_own_device_gets_the_same_receipt() {
    let world = World::memory();
    let (mut officer, mut sergeant) = (world.handset("officer"), world.handset("sgt"));
    let key = key_of(&world, &mut officer);
    assert!(key == key_of(&world, &mut sergeant));
    let id = officer.create(&world, "action", action());
    let first = officer.frame(Lane::Urgent);
    officer.create(&world, "action", action());
    let second = officer.frame(Lane::Urgent);
    // Out of its order a frame is refused, and nothing of it stays.
    assert_eq!(bring(&world, &sealed(&key, &officer, &second)), Err(code::W_FRAME_ORDER));
    let brought = bring(&world, &sealed(&key, &officer, &first)).unwrap();
    assert_eq!(brought.outcomes, [Outcome { accepted: 1, rest: Rest::Ok }]);
    sergeant.pull(&world);
    assert!(sergeant.docs.contains_key(&id), "everybody has it before its device comes");
    let heads = world.core.heads(&[sergeant.peer.user.clone()]).unwrap();
    assert_eq!(bring(&world, &sealed(&key, &officer, &first)).unwrap(), brought, "again, by another");
    assert_eq!(officer.send(&world, &first).unwrap(), brought, "and by itself");
    assert_eq!(world.core.heads(&[sergeant.peer.user.clone()]).unwrap(), heads, "nobody hears anything twice");
    officer.send(&world, &second).unwrap();
    assert!(bring(&world, &sealed(&key, &officer, &second)).is_ok());
    world.sound();
}

#[test]
fn what_is_not_sealed_for_us_or_not_signed_by_whom_it_says_is_refused() {
    let world = World::memory();
    let (mut officer, other) = (world.handset("officer"), world.handset("other"));
    let key = key_of(&world, &mut officer);
    officer.create(&world, "action", action());
    let outgoing = officer.frame(Lane::Rest);
    let good = sealed(&key, &officer, &outgoing);
    for place in [0, 40, good.len() - 1] {
        let mut changed = good.clone();
        changed[place] ^= 1;
        assert_eq!(bring(&world, &changed), Err(code::W_RELAY_SEALED), "byte {place}");
    }
    assert_eq!(bring(&world, &[0; 100]), Err(code::W_MALFORMED));
    let stranger = signed::ReaderSecret::derive(Zeroizing::new([1; 32])).public();
    assert_eq!(bring(&world, &sealed(&stranger, &officer, &outgoing)), Err(code::W_RELAY_SEALED));
    // In another's name, and of a device that is none.
    assert_eq!(bring(&world, &sealed(&key, &other, &outgoing)), Err(code::W_FRAME_SIGNATURE));
    let unknown = signed::DeviceId([3; 16]);
    let nobody = Carried { device: unknown, ..Carried::open(&reader(), &good).unwrap() };
    assert_eq!(bring(&world, &nobody.seal(&key, Zeroizing::new([8; 32])).unwrap()), Err(code::D_UNKNOWN));
    assert!(bring(&world, &good).is_ok(), "nothing of that stood in its way");
    world.sound();
}

/// The secret of a server with the master key of these tests.
fn reader() -> signed::ReaderSecret {
    sync_server::core::vault::relay_secret(&[7; 32]).unwrap()
}

#[test]
fn a_revoked_devices_frames_are_kept_aside_once_however_often_they_are_brought() {
    let world = World::memory();
    let mut officer = world.handset("officer");
    let key = key_of(&world, &mut officer);
    let id = officer.create(&world, "action", action());
    let item = |change: &(signed::RecordId, Vec<u8>)| Item { document: change.0, changes: vec![change.1.clone()] };
    let items = officer.outbox.iter().map(item).collect();
    let outgoing = officer.frame_of(Lane::Rest, items);
    let part = sealed(&key, &officer, &outgoing);
    world.core.device_revoke(officer.peer.device, false).unwrap();
    for _ in 0..3 {
        assert_eq!(bring(&world, &part), Err(code::D_REVOKED));
    }
    let row = world.core.devices().unwrap().into_iter().find(|row| row.id == officer.peer.device).unwrap();
    assert_eq!(row.quarantined, 1);
    let filter = sync_server::core::AuditFilter { record: Some(id), ..Default::default() };
    let noted = world.core.audit(&filter).unwrap();
    assert_eq!(noted.iter().filter(|row| row.operation == "quarantine").count(), 1);
    world.sound();
}

#[test]
fn a_database_from_before_tells_everybody_with_a_device_once() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1");
    let folder = Folder::new();
    let dir = folder.0.join("server");
    std::fs::create_dir_all(&dir).unwrap();
    for name in ["server.key", "master.key", "firsthand.db"] {
        std::fs::copy(fixture.join(name), dir.join(name)).unwrap();
    }
    let core = Core::open(&dir, TestClock::new()).unwrap();
    let devices = core.devices().unwrap();
    let users: Vec<_> = devices.iter().map(|device| device.user.clone()).collect();
    let heads = core.heads(&users).unwrap();
    for (device, (user, head)) in devices.iter().zip(&heads) {
        let key = RingSigner::generate().unwrap().public_key().clone();
        let peer = Peer { device: device.id, key, user: user.clone(), role: "officer".into() };
        let page = core.page(&peer, head - 1, None).unwrap().unwrap();
        let (_, rows) = page.verify(user, core.epoch(), core.signer().public_key()).unwrap();
        assert!(relay_key(&rows[0]).is_some(), "the last row of {user}");
    }
    drop(core);
    let again = Core::open(&dir, TestClock::new()).unwrap();
    assert_eq!(again.heads(&users).unwrap(), heads);
    assert!(again.verify().unwrap().ok);
}
