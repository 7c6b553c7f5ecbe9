//! What goes ahead of its turn: urgent records that overtake a backlog, and a new device that gets what is
//! open first. Real store, real core, real state machines; only the network is left out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]
#![allow(dead_code, unreachable_pub, clippy::wildcard_enum_match_arm)]

mod joined;
#[path = "../../../crates/sync-server/tests/common/mod.rs"]
mod world;

use std::path::PathBuf;

use field_core::{EventKind, EventReceiver, Field, ListFilter};
use joined::{Joined, enrolled};
use serde_json::{Value as Json, json};
use signed::RecordId;
use sync_server::core::AuditFilter;
use wire::Message;
use world::{Handset, World, user};

/// Records of the backlog: more rows than this lie before the device.
const RECORDS: usize = 2_000;

fn action(case: &str, urgency: &str) -> Json {
    json!({ "case": case, "school": "100001", "exact_request": format!("an {urgency} request"), "action_kind": "enquiry", "urgency": urgency,
            "requested_by": { "person": "a parent", "org": "none" }, "about": ["a pupil"], "due": "2026-12-01T09:00:00Z" })
}

/// An officer whose sergeant has a long backlog; of the records every `open_each`th is still open.
fn backlog(world: &World, open_each: usize) -> (Handset, String) {
    let mut officer = world.handset("officer");
    let case = world.id().to_string();
    for number in 0..RECORDS {
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

#[test]
fn r24_an_urgent_record_overtakes_a_backlog_of_thousands_and_its_row_is_a_harmless_repeat() {
    let world = World::on_disk();
    let sergeant = enrolled(&world.core, "sgt", &folder(&world, "sgt"));
    let (mut officer, case) = backlog(&world, 1);
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
    let (mut officer, case) = backlog(&world, 1);
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
