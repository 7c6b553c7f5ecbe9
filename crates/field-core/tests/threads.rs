//! Many threads of one app write to one record at once: each change stands on what the last one left.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::sync::Barrier;

use common::{Person, Server, account, action, code, record};
use serde_json::{Value as Json, json};

const THREADS: usize = 8;
const ROUNDS: usize = 6;

/// Runs this on every thread at once, several times.
fn at_once(work: impl Fn(usize, usize) + Sync) {
    let start = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (work, start) = (&work, &start);
            scope.spawn(move || {
                // Only once: a thread that fails must not leave the others waiting.
                start.wait();
                (0..ROUNDS).for_each(|round| work(thread, round));
            });
        }
    });
}

fn whole(person: &Person, id: &str) -> Json {
    assert_eq!(person.field.verify(None).unwrap()["faults"], json!([]));
    person.show(id)
}

#[test]
fn r98_addenda_from_many_threads_all_stand() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let id = officer.new_record("disclosure", account("words"));
    officer.field.record_seal(record(&id)).unwrap();
    at_once(|thread, round| {
        let text = format!("{thread}.{round}");
        officer.field.record_addendum(record(&id), Some(text), Vec::new(), "heard again").unwrap();
    });
    let shown = whole(&officer, &id);
    assert_eq!(shown["addenda"].as_array().unwrap().len(), THREADS * ROUNDS);
    // And the server takes all of it.
    let sergeant = Person::enrolled(&mut server, "sergeant1");
    server.sync(&officer.field);
    server.sync(&sergeant.field);
    assert_eq!(whole(&sergeant, &id)["addenda"].as_array().unwrap().len(), THREADS * ROUNDS);
}

#[test]
fn r98_edits_steps_and_looks_from_many_threads_leave_one_whole_record() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let id = officer.new_record("action", action("visit"));
    at_once(|thread, round| match thread % 4 {
        0 => drop(officer.edit(&id, "urgency", json!(if round % 2 == 0 { "urgent" } else { "immediate" }))),
        1 => drop(officer.field.record_do(record(&id), "accept", json!({}))),
        2 => drop(officer.show(&id)),
        _ => drop(officer.edit(&id, "subjects/+", json!(format!("somebody {thread}.{round}")))),
    });
    let shown = whole(&officer, &id);
    assert_eq!(shown["status"], "accepted");
    assert_eq!(shown["urgency"], "immediate");
    assert_eq!(officer.list().len(), 1);
}

#[test]
fn r98_a_draft_typed_into_by_many_threads_keeps_every_field_and_is_sealed_once() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let id = officer.new_record("disclosure", account("words"));
    at_once(|thread, round| {
        let value = json!({ "text": format!("seen by {thread} in {round}") });
        officer.field.draft_keep(record(&id), &[("observations/+".into(), value)]).unwrap();
    });
    let sealed = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| sealed.lock().unwrap().push(officer.field.record_seal(record(&id))));
        }
    });
    let sealed = sealed.into_inner().unwrap();
    assert_eq!(sealed.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert!(sealed.iter().filter_map(|answer| answer.as_ref().err()).all(|error| code(error) == "S.sealed"));
    assert_eq!(whole(&officer, &id)["observations"].as_array().unwrap().len(), THREADS * ROUNDS);
}

#[test]
fn r93_edits_while_pages_bring_another_persons_edits_leave_both_stores_whole() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let sergeant = Person::enrolled(&mut server, "sergeant1");
    let id = officer.new_record("action", action("visit"));
    server.sync(&officer.field);
    server.sync(&sergeant.field);
    for round in 0..ROUNDS {
        sergeant.edit(&id, "subjects/+", json!(format!("from the sergeant {round}"))).unwrap();
        server.sync(&sergeant.field);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for number in 0..10 {
                    officer.edit(&id, "subjects/+", json!(format!("from the officer {round}.{number}"))).unwrap();
                }
            });
            server.sync(&officer.field);
        });
        server.sync(&officer.field);
        server.sync(&sergeant.field);
    }
    let count = |person: &Person| whole(person, &id)["subjects"].as_array().unwrap().len();
    assert_eq!(count(&officer), count(&sergeant));
    assert!(count(&officer) >= ROUNDS * 11);
}
