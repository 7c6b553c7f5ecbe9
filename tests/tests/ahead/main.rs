//! What goes ahead of its turn: urgent records that overtake a backlog, and a new device that gets what is
//! open first. Real store, real core, real state machines; only the network is left out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]
#![allow(dead_code, unreachable_pub, clippy::wildcard_enum_match_arm)]

mod joined;
#[path = "../../../crates/sync-server/tests/common/mod.rs"]
mod world;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use field_core::{EventKind, EventReceiver, Field, ListFilter};
use joined::{Counted, Joined, enrolled, open};
use serde_json::{Value as Json, json};
use signed::RecordId;
use sync_server::core::AuditFilter;
use wire::Message;
use world::{Handset, World, user};

/// Records of the backlog: more rows than this lie before the device.
const RECORDS: usize = 2_000;

/// Records of a backlog that is just long enough.
const RECORDS_SHARED: usize = 520;

/// `FIRSTHAND_AHEAD_RECORDS=5000` for figures of a larger one.
fn asked_for() -> Option<usize> {
    std::env::var("FIRSTHAND_AHEAD_RECORDS").ok().and_then(|n| n.parse().ok())
}

fn action(case: &str, urgency: &str) -> Json {
    json!({ "case": case, "school": "100001", "exact_request": format!("an {urgency} request"), "action_kind": "enquiry", "urgency": urgency,
            "requested_by": { "person": "a parent", "org": "none" }, "about": ["a pupil"], "due": "2026-12-01T09:00:00Z" })
}

/// An officer whose sergeant has a long backlog; of the records every `open_each`th is still open.
fn backlog(world: &World, records: usize, open_each: usize) -> (Handset, String) {
    let mut officer = world.handset("officer");
    let case = world.id().to_string();
    for number in 0..records {
        let id = officer.create(world, "action", action(&case, "standard"));
        if number % open_each != 0 {
            officer.act(world, id, "decline", json!({ "reason": "done with" }), true);
        }
        if number % 50 == 49 {
            let receipt = officer.push(world);
            assert!(receipt.outcomes.iter().all(wire::Outcome::is_ok), "{:?}", receipt.outcomes);
        }
    }
    (officer, case)
}

fn record(officer: &mut Handset, world: &World, case: &str, urgency: &str) -> RecordId {
    let id = officer.create(world, "action", action(case, urgency));
    assert!(officer.push(world).outcomes[0].is_ok());
    id
}

/// A folder for a device, gone with the world's.
fn folder(world: &World, name: &str) -> PathBuf {
    world.folder.as_ref().unwrap().0.join(name)
}

fn shows(field: &Field, id: RecordId) -> bool {
    field.record_show(id, None).is_ok_and(|shown| shown["exact_request"].is_string())
}

fn told(events: &EventReceiver, id: RecordId) -> usize {
    let all = std::iter::from_fn(|| events.try_next());
    all.filter(|event| event.event == EventKind::RecordChanged && event.id == Some(id)).count()
}

fn cursor(field: &Field) -> u64 {
    field.status().unwrap()["cursor"].as_u64().unwrap()
}

fn disclosed(world: &World, id: RecordId, why: &str) -> usize {
    let filter = AuditFilter { record: Some(id), ..AuditFilter::default() };
    let rows = world.core.audit(&filter).unwrap();
    rows.iter().filter(|row| row.why == why && row.to == Some(user("sgt"))).count()
}

fn sound(field: &Field) {
    let verified = field.verify(None).unwrap();
    assert_eq!(verified["faults"], json!([]));
    assert_eq!(field.status().unwrap()["distrusted"], 0);
}

/// The store as a power cut leaves it: its files as they are at this moment.
fn as_after_a_kill(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        if file.file_type().unwrap().is_file() {
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    }
}

/// Records that are open here, and those that are open and urgent.
fn open_here(field: &Field) -> (usize, usize) {
    let filter = ListFilter { open: true, kind: Some("action".into()), ..ListFilter::default() };
    let list = field.record_list(filter).unwrap();
    let urgent = list.as_array().unwrap().iter().filter(|line| line["urgency"] == "urgent").count();
    (list.as_array().unwrap().len(), urgent)
}

/// What a new device had been sent, and after how long, when it held the first urgent record, every open
/// record, and everything.
fn first_sync(world: &World, name: &str, ahead: bool, open: usize) -> [(Duration, Counted); 3] {
    let field = enrolled(&world.core, "sgt", &folder(world, name));
    let begun = Instant::now();
    let mut session = Joined::begin(&world.core, &field, ahead);
    let mut reached: Vec<(Duration, Counted)> = Vec::new();
    for wanted in [(1, 1), (open, 1)] {
        let mut messages = u64::MAX;
        assert!(session.until(|session| {
            let fresh = std::mem::replace(&mut messages, session.counted.messages) != session.counted.messages;
            let held = if fresh { open_here(&field) } else { (0, 0) };
            held.0 >= wanted.0 && held.1 >= wanted.1
        }));
        reached.push((begun.elapsed(), session.counted.clone()));
    }
    session.run();
    sound(&field);
    reached.push((begun.elapsed(), session.counted.clone()));
    reached.try_into().unwrap()
}

#[test]
fn r24_an_urgent_record_overtakes_a_backlog_of_thousands_and_its_row_is_a_harmless_repeat() {
    let world = World::on_disk();
    let sergeant = enrolled(&world.core, "sgt", &folder(&world, "sgt"));
    let (mut officer, case) = backlog(&world, RECORDS, 1);
    let urgent = record(&mut officer, &world, &case, "immediate");
    let events = sergeant.events();

    let mut session = Joined::begin(&world.core, &sergeant, true);
    assert!(session.until(|session| matches!(session.next(), Some(Message::Ahead(_)))));
    assert_eq!(disclosed(&world, urgent, "ahead"), 1, "it stands in the chain before it leaves");
    let sent = session.counted.ahead;
    assert!(session.until(|session| session.counted.ahead > sent));
    assert!(shows(&sergeant, urgent));
    assert_eq!((cursor(&sergeant), told(&events, urgent)), (0, 1));
    println!("the urgent one came with {:?}", session.counted);

    // What becomes urgent while the backlog is on its way goes next.
    assert!(session.until(|session| session.counted.pages == 1));
    let second = record(&mut officer, &world, &case, "urgent");
    session.grew();
    let at = session.counted.clone();
    assert!(session.until(|_| shows(&sergeant, second)));
    println!("the second came after {} messages more", session.counted.messages - at.messages);
    assert!(session.counted.pages - at.pages <= 3 && cursor(&sergeant) < RECORDS as u64);

    session.run();
    let counted = session.counted.clone();
    assert!(counted.named >= RECORDS as u64, "{counted:?}");
    assert_eq!(told(&events, urgent), 0, "its row says nothing new");
    assert_eq!(sergeant.record_list(ListFilter::default()).unwrap().as_array().unwrap().len(), RECORDS + 3);
    sound(&sergeant);
    world.sound();
}

#[test]
fn a_change_that_comes_ahead_and_then_whole_as_a_row_counts_once() {
    let world = World::on_disk();
    let sergeant = enrolled(&world.core, "sgt", &folder(&world, "sgt"));
    let (mut officer, case) = backlog(&world, RECORDS_SHARED, 1);
    let urgent = record(&mut officer, &world, &case, "immediate");
    let events = sergeant.events();
    {
        // The link breaks before the server hears that it is on disk, and the store then wants nothing ahead.
        let mut session = Joined::begin(&world.core, &sergeant, true);
        assert!(session.until(|session| session.counted.ahead == 1));
    }
    assert_eq!(told(&events, urgent), 1);
    let mut session = Joined::begin(&world.core, &sergeant, false);
    session.run();
    assert_eq!((session.counted.ahead, session.counted.named), (0, 0));
    assert_eq!(told(&events, urgent), 0);
    sound(&sergeant);
    // A change on top of it comes as ever.
    officer.act(&world, urgent, "accept", json!({}), true);
    officer.push(&world);
    session.grew();
    session.run();
    assert_eq!(told(&events, urgent), 1);
    sound(&sergeant);
}

#[test]
fn a_new_device_gets_open_records_first_and_resumes_after_a_kill() {
    let world = World::on_disk();
    let many = asked_for().unwrap_or(1_000);
    let (mut officer, case) = backlog(&world, many, 10);
    let urgent = record(&mut officer, &world, &case, "urgent");
    let open_records = many / 10 + 1;
    let plain = first_sync(&world, "plain", false, open_records);
    let first = first_sync(&world, "first", true, open_records);
    for (place, what) in ["the first urgent record", "every open record", "everything"].iter().enumerate() {
        println!("{what}: rows alone {:?}; open first {:?}", plain[place], first[place]);
    }
    assert!(first[0].1.bytes * 20 < plain[0].1.bytes && first[1].1.bytes * 2 < plain[1].1.bytes);
    assert_eq!(first[1].1.pages, 0, "every open record comes before the first row");
    let all = first[2].1.changes + first[2].1.ahead_changes;
    assert_eq!(all, plain[2].1.changes, "no change is sent twice");

    // The same with a kill of both sides in the middle of what goes ahead, and again among the rows.
    let device = enrolled(&world.core, "sgt", &folder(&world, "a"));
    let mut session = Joined::begin(&world.core, &device, true);
    assert!(session.until(|session| session.counted.ahead == 2));
    let sent_before = session.counted.ahead_changes;
    as_after_a_kill(&folder(&world, "a"), &folder(&world, "b"));
    drop(session);
    drop(device);
    let world = world.reopen();
    let device = open(&folder(&world, "b"));
    assert!(shows(&device, urgent));
    let mut session = Joined::begin(&world.core, &device, true);
    assert!(session.until(|session| session.counted.pages == 3));
    let (before, after) = (sent_before + session.counted.ahead_changes, first[1].1.ahead_changes);
    assert!(before == after, "it goes on behind what is on its disk: {before} of {after}");
    let rows = session.counted.clone();
    as_after_a_kill(&folder(&world, "b"), &folder(&world, "c"));
    drop(session);
    drop(device);
    let world = world.reopen();
    let device = open(&folder(&world, "c"));
    let mut session = Joined::begin(&world.core, &device, true);
    session.run();
    assert_eq!(session.counted.ahead, 0, "nothing of it goes twice");
    let head = world.core.heads(&[user("sgt")]).unwrap()[0].1;
    assert_eq!(rows.rows + session.counted.rows, head, "each row once");
    assert_eq!(open_here(&device), (open_records, 1));
    sound(&device);
    world.sound();
}

#[test]
fn what_was_taken_away_meanwhile_is_gone_and_what_was_given_again_is_whole() {
    let world = World::on_disk();
    let other = enrolled(&world.core, "other", &folder(&world, "other"));
    let late = enrolled(&world.core, "other", &folder(&world, "late"));
    let (mut officer, case) = backlog(&world, RECORDS_SHARED, 1);
    let case: RecordId = case.parse().unwrap();
    officer.pull(&world);
    let member = |officer: &mut Handset, verb: &str| {
        officer.act(&world, case, verb, json!({ "user": "other" }), true);
        assert!(officer.push(&world).outcomes[0].is_ok());
        officer.pull(&world);
    };
    member(&mut officer, "add_member");
    {
        // All of it came ahead, and a part of the rows.
        let mut session = Joined::begin(&world.core, &other, true);
        assert!(session.until(|session| session.counted.pages == 2));
        assert!(session.counted.ahead > 0);
        assert_eq!(open_here(&other).0, RECORDS_SHARED);
    }
    member(&mut officer, "remove_member");
    member(&mut officer, "add_member");
    let mut session = Joined::begin(&world.core, &other, true);
    session.run();
    assert_eq!(open_here(&other).0, RECORDS_SHARED, "given again, and whole");
    sound(&other);

    // A device that read nothing yet: an unread row takes it all away, so nothing of it goes ahead.
    let mut session = Joined::begin(&world.core, &late, true);
    session.run();
    assert_eq!((session.counted.ahead, session.counted.named), (0, 0));
    assert_eq!(open_here(&late).0, RECORDS_SHARED);
    sound(&late);

    // Taken away for good: nothing of it is left, and nothing of it goes ahead to a new device.
    member(&mut officer, "remove_member");
    for device in [&other, &late] {
        let mut session = Joined::begin(&world.core, device, true);
        session.run();
        assert_eq!(open_here(device).0, 0);
        sound(device);
    }
    let fresh = enrolled(&world.core, "other", &folder(&world, "fresh"));
    let mut session = Joined::begin(&world.core, &fresh, true);
    session.run();
    assert_eq!((session.counted.ahead, session.counted.changes), (0, 0), "{:?}", session.counted);
    world.sound();
}
