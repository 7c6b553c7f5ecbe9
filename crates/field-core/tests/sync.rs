//! Devices and a server: what goes out, what comes in, and what is believed.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::sync::Arc;

use common::server::{Day, EPOCH, at};
use common::{Person, Server, account, action, code, concern, record};
use documents::{ChangeBuilder, DocState, Sentence, Statement, Template};
use field_core::{EventKind, Field, TestClock};
use serde_json::json;
use signed::cbor::Map;
use signed::{RecordId, RingSigner, Signer, Timestamp, UserId, Value};
use sync_engine::device::{ProvenAhead, ProvenPage, Report};
use wire::{Lane, Row};

fn quiet(day: &Day) -> bool {
    day.reports.contains(&Report::Quiet) && !day.reports.contains(&Report::Drift)
}

#[test]
fn what_an_officer_seals_without_signal_reaches_the_sergeant_word_for_word() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let sergeant = Person::enrolled(&mut server, "sergeant1");
    let id = officer.new_record("disclosure", account("He said it was our secret."));
    officer.field.record_seal(record(&id)).unwrap();
    let events = officer.field.events();

    let day = server.sync(&officer.field);
    assert!(quiet(&day), "{:?}", day.reports);
    assert_eq!(
        officer.status()["unsent"],
        json!({ "immediate": 0, "urgent": 0, "standard": 0, "info": 0, "media": 0 })
    );
    let told: Vec<EventKind> = std::iter::from_fn(|| events.try_next()).map(|e| e.event).collect();
    assert!(told.contains(&EventKind::Receipt) && told.contains(&EventKind::Online), "{told:?}");

    let day = server.sync(&sergeant.field);
    assert!(day.pages.iter().all(|page| page.digest_agrees));
    let shown = sergeant.show(&id);
    assert_eq!(shown["words_verbatim"][0]["text"], "He said it was our secret.");
    assert!(shown["statements"].as_array().unwrap().iter().all(|s| s["verified"] == true));
    assert_eq!(sergeant.search("secret")[0]["id"], id);
    // The draft is nobody else's.
    assert_eq!(sergeant.list().iter().filter(|l| l["id"] == id).count(), 1);
    assert!(sergeant.search("WITHDRAWN").is_empty());
    assert_eq!(officer.field.verify(None).unwrap()["faults"], json!([]));
    assert_eq!(sergeant.field.verify(None).unwrap()["faults"], json!([]));
    let states: Vec<_> = officer.show(&id)["delivery"].as_array().unwrap().clone();
    assert!(states.iter().any(|s| s["state"] == "at_server"), "{states:?}");
    assert!(!officer.show(&id)["receipts"].as_array().unwrap().is_empty());
    assert!(officer.status()["last_receipt_at"].is_string());
}

#[test]
fn the_most_urgent_record_leaves_first_and_alone() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    for n in 0..6 {
        officer.new_record("action", action(&format!("ordinary {n}")));
    }
    let mut now = action("now");
    now["urgency"] = json!("immediate");
    let id = officer.new_record("action", now);
    let day = server.sync(&officer.field);
    let first = day.sent[0].open().unwrap();
    assert_eq!((day.sent[0].lane, first.items.len()), (Lane::Urgent, 1));
    assert_eq!(first.items[0].document, record(&id));
    let order: Vec<RecordId> = day.stored.iter().flat_map(|s| s.sent.clone()).collect();
    assert_eq!((order[0], order.len()), (record(&id), 7));
}

#[test]
fn a_frame_is_committed_before_it_is_handed_out_and_is_the_same_each_time() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    officer.new_record("action", action("one"));
    let first = officer.field.next_frame(Lane::Rest, 0, 50).unwrap().unwrap();
    officer.new_record("action", action("two"));
    let again = officer.field.next_frame(Lane::Rest, 0, 50).unwrap().unwrap();
    assert_eq!((first.push.open().unwrap(), first.frame), (again.push.open().unwrap(), again.frame));
    let next = officer.field.next_frame(Lane::Rest, 1, 50).unwrap().unwrap();
    assert_eq!(next.push.open().unwrap().previous, first.frame);
    assert!(officer.field.next_frame(Lane::Rest, 2, 50).unwrap().is_none());
    let Person { folder, field } = officer;
    drop(field);
    let reopened = common::open(folder.path());
    let after = reopened.next_frame(Lane::Rest, 0, 50).unwrap().unwrap();
    assert_eq!((after.frame, after.push), (first.frame, first.push));
    assert!(quiet(&server.sync(&reopened)));
    assert_eq!(reopened.verify(None).unwrap()["ok"], true);
}

#[test]
fn r93_two_officers_change_one_field_offline_and_both_values_stand_until_a_sergeant_resolves() {
    let mut server = Server::new();
    let one = Person::enrolled(&mut server, "officer1");
    let two = Person::enrolled(&mut server, "officer2");
    let sergeant = Person::enrolled(&mut server, "sergeant1");
    let id = one.new_record("person", json!({ "roles": ["child"], "names": ["Child A"], "dob": "2014-01-01" }));
    server.sync(&one.field);
    server.sync(&two.field);
    one.edit(&id, "dob", json!("2013-05-05")).unwrap();
    two.edit(&id, "dob", json!("2012-06-06")).unwrap();
    for person in [&one, &two, &one, &sergeant] {
        server.sync(&person.field);
    }
    let values = |p: &Person| p.show(&id)["conflicts"][0]["values"].as_array().cloned().unwrap_or_default();
    assert_eq!(values(&one).len(), 2);
    assert_eq!(one.list()[0]["conflicts"], 1);
    let by: Vec<_> = values(&sergeant).iter().map(|v| v["by"].clone()).collect();
    assert!(by.contains(&json!("officer1")) && by.contains(&json!("officer2")), "{by:?}");
    assert_eq!(code(&one.edit(&id, "dob", json!("2011-01-01")).unwrap_err()), "R93.conflict");

    let body = json!({ "path": "dob", "value": "2013-05-05", "reason": "birth certificate" });
    sergeant.step(&id, "resolve", body).unwrap();
    for person in [&sergeant, &one, &two] {
        assert!(quiet(&server.sync(&person.field)));
    }
    for person in [&one, &two, &sergeant] {
        let shown = person.show(&id);
        assert_eq!((&shown["dob"], &shown["conflicts"]), (&json!("2013-05-05"), &json!([])));
    }
}

#[test]
fn r93_two_owners_at_once_are_both_responsible() {
    let mut server = Server::new();
    let one = Person::enrolled(&mut server, "officer1");
    let two = Person::enrolled(&mut server, "officer2");
    let id = one.new_record("action", action("visit"));
    server.sync(&one.field);
    server.sync(&two.field);
    one.step(&id, "assign", json!({ "to": "officer1" })).unwrap();
    two.step(&id, "assign", json!({ "to": "officer2" })).unwrap();
    for person in [&one, &two, &one] {
        server.sync(&person.field);
    }
    let mut owners: Vec<_> = one.show(&id)["owners"].as_array().unwrap().clone();
    owners.sort_by_key(ToString::to_string);
    assert_eq!(owners, [json!("officer1"), json!("officer2")]);
    assert_eq!(one.show(&id)["status"], two.show(&id)["status"]);
}

#[test]
fn a_second_device_of_the_author_continues_the_draft_and_drops_it_once_sealed() {
    let mut server = Server::new();
    let handset = Person::enrolled(&mut server, "officer1");
    let tablet = Person::enrolled(&mut server, "officer1");
    let id = handset.new_record("disclosure", account("begun on the handset"));
    server.sync(&handset.field);
    server.sync(&tablet.field);
    assert_eq!(tablet.show(&id)["words_verbatim"][0]["text"], "begun on the handset");
    assert_eq!(tablet.list()[0]["status"], "draft");
    tablet.edit(&id, "why_called", json!("added on the tablet")).unwrap();
    assert_eq!(tablet.field.record_seal(record(&id)).unwrap()["status"], "sealed");
    server.sync(&tablet.field);
    assert!(quiet(&server.sync(&handset.field)));
    assert_eq!(handset.list()[0]["status"], "sealed");
    assert_eq!(handset.show(&id)["why_called"], "added on the tablet");
    assert_eq!(code(&handset.field.record_seal(record(&id)).unwrap_err()), "S.sealed");
}

#[test]
fn what_the_server_refuses_stays_with_its_code_and_the_rest_is_said_again() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let sergeant = Person::enrolled(&mut server, "sergeant1");
    let id = officer.new_record("person", json!({ "roles": ["child"], "names": ["Child A"] }));
    server.sync(&officer.field);
    officer.edit(&id, "dob", json!("2013-05-05")).unwrap();
    officer.edit(&id, "sex", json!("female")).unwrap();
    let frame = officer.field.next_frame(Lane::Rest, 0, 1).unwrap().unwrap().push.open().unwrap();
    let refused = documents::Candidate::read(&frame.items[0].changes[0], Template::Record).unwrap().hash;
    server.refusals.insert(refused, signed::code::S_OWNER.number);

    let day = server.sync(&officer.field);
    let rejected: Vec<_> = day.stored.iter().flat_map(|s| s.rejected.clone()).collect();
    assert_eq!((rejected[0].id, rejected[0].code.name), (record(&id), "S.owner"));
    let shown = officer.show(&id);
    assert_eq!(shown["sex"], "female");
    assert!(shown["dob"].is_null());
    assert_eq!(shown["refused"][0]["code"], "S.owner");
    assert_eq!(officer.status()["refused"], 1);
    assert_eq!(officer.status()["unsent"]["standard"], 0);
    server.sync(&sergeant.field);
    assert_eq!(sergeant.show(&id)["sex"], "female");
    assert_eq!(officer.field.verify(None).unwrap()["faults"], json!([]));
    // And the record goes on.
    officer.edit(&id, "dob", json!("2012-01-01")).unwrap();
    assert!(quiet(&server.sync(&officer.field)));
    assert_eq!(officer.show(&id)["dob"], "2012-01-01");
}

#[test]
fn a_record_the_server_will_not_have_at_all_stays_as_it_was_written() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let id = officer.recorded("concern", concern("a worry"));
    let frame = officer.field.next_frame(Lane::Rest, 0, 1).unwrap().unwrap().push.open().unwrap();
    let item = frame.items.iter().find(|item| item.document == record(&id)).unwrap();
    let refused = documents::Candidate::read(&item.changes[0], Template::Record).unwrap().hash;
    server.refusals.insert(refused, signed::code::S_COMPARTMENT.number);
    let day = server.sync(&officer.field);
    assert_eq!(day.stored.iter().map(|s| s.rejected.len()).sum::<usize>(), 1);
    let shown = officer.show(&id);
    assert_eq!(shown["exact_words"], "a worry");
    assert_eq!(shown["refused"][0]["code"], "S.compartment");
    assert!(server.sync(&officer.field).sent.is_empty(), "it is not sent again and again");
}

/// A page with these rows right after the cursor, as if the server had signed it.
fn hand_made(person: &Person, rows: Vec<Row>) -> ProvenPage {
    let from = person.field.hello().unwrap().cursor + 1;
    ProvenPage { from, rows, digest: [9; 32], time: at() }
}

fn forged(signer: &RingSigner, actor: signed::ActorId, author: &str, document: RecordId, words: &str) -> Vec<u8> {
    let state = DocState::new(Template::Record);
    let mut builder = ChangeBuilder::new(&state, actor);
    let created = documents::Created {
        kind: "concern".into(),
        template: Template::Record,
        compartment: "POLICE(01912d68-783e-7a03-8467-5661c1243ad4)".into(),
        case: None,
        school: None,
        capacity: "safer_schools".into(),
    };
    let part: Map = [("exact_words".to_owned(), Value::text(words))].into();
    let statement = Statement {
        record: document,
        kind: "concern".into(),
        sentence: Sentence::Step("created".into()),
        version: 1,
        content: created.content(Some(("account", part))),
        author: UserId::new(author).unwrap(),
        role: "officer".into(),
        actor,
        event_at: None,
        device_at: at(),
        mono_ms: 0,
        boot: "b".into(),
        offset_ms: None,
        rules: 1,
        policy: 1,
        gaps: vec![],
        seen: builder.seen().to_vec(),
        shown: vec![],
        salt: [1; 16],
    };
    builder.statement(statement.sign(signer).unwrap());
    builder.finish()
}

#[test]
fn what_does_not_hold_is_kept_apart_and_told_even_when_the_server_signs_the_page() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let sergeant = Person::enrolled(&mut server, "sergeant1");
    let mine = officer.recorded("concern", concern("true words"));
    server.sync(&officer.field);
    server.sync(&sergeant.field);
    let stranger = RingSigner::generate().unwrap();
    let document = RecordId::derived(&["forged"]);
    let actor = signed::ActorId::of_store(stranger.public_key().spki(), &signed::Incarnation([3; 16]));
    let of_officer = officer.field.identity().unwrap().unwrap();
    let genuine = server.bytes.iter().find(|((d, _), _)| *d == record(&mine)).unwrap().1.clone();
    let mut altered = genuine.clone();
    let at_words = altered.windows(10).position(|w| w == b"true words").unwrap();
    altered[at_words] = b'X';
    let rows = vec![
        Row::Change { document, change: forged(&stranger, actor, "officer1", document, "unknown key") },
        Row::Change { document, change: forged(&server.signer, server.actor(), "officer1", document, "server key") },
        Row::Change { document, change: forged(&stranger, of_officer.actor, "officer1", document, "stolen actor") },
        Row::Change { document: record(&mine), change: altered },
        Row::Change { document, change: b"no change at all".to_vec() },
        Row::Directory { statement: b"nothing".to_vec() },
        Row::Unknown { number: 99, body: Value::Null },
        Row::Withdrawn { document: RecordId::derived(&["never held"]), headline: None },
    ];
    let outcome = sergeant.field.store_page(&hand_made(&sergeant, rows)).unwrap();
    assert!(!outcome.digest_agrees);
    let codes: Vec<_> = outcome.events.iter().filter_map(|e| e.code).map(|c| c.name).collect();
    assert_eq!(codes.len(), 6, "{codes:?}");
    assert_eq!(&codes[..3], ["S.key", "S.author", "S.key"]);
    assert_eq!(sergeant.show(&mine)["exact_words"], "true words");
    assert!(sergeant.field.record_show(document, None).is_err());
    assert_eq!(sergeant.status()["distrusted"], 6);
    assert_eq!(outcome.received, 0);
    assert_eq!(outcome.cursor, sergeant.field.hello().unwrap().cursor);
}

#[test]
fn a_page_that_came_twice_changes_nothing_and_one_with_a_gap_is_refused() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let sergeant = Person::enrolled(&mut server, "sergeant1");
    officer.recorded("concern", concern("a worry"));
    server.sync(&officer.field);
    let me = sergeant.field.identity().unwrap().unwrap();
    let page = server.page(me.device, 0).unwrap();
    let (_, rows) = page.verify(&me.user, EPOCH, server.signer.public_key()).unwrap();
    let proven = ProvenPage { from: 1, rows, digest: page.digest, time: page.time };
    let first = sergeant.field.store_page(&proven).unwrap();
    let again = sergeant.field.store_page(&proven).unwrap();
    assert!(first.digest_agrees && again.digest_agrees);
    assert_eq!((again.cursor, again.received), (first.cursor, 0));
    let far = ProvenPage { from: first.cursor + 2, ..proven };
    assert_eq!(code(&sergeant.field.store_page(&far).unwrap_err()), "W.page_order");
}

#[test]
fn a_withdrawn_record_leaves_a_line_and_nothing_else_and_unsent_work_is_still_sent() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let sergeant = Person::enrolled(&mut server, "sergeant1");
    let id = officer.new_record("action", action("CANARYWITHDRAWN visit"));
    server.sync(&officer.field);
    server.sync(&sergeant.field);
    sergeant.step(&id, "assign", json!({ "to": "officer1" })).unwrap();
    let headline = signed::cbor::map([
        ("id", Value::bytes(record(&id).0)),
        ("kind", Value::text("action")),
        ("time", Value::text(at().to_string())),
    ]);
    let rows = vec![Row::Withdrawn { document: record(&id), headline: Some(headline) }];
    sergeant.field.store_page(&hand_made(&sergeant, rows)).unwrap();
    assert!(sergeant.search("CANARYWITHDRAWN").is_empty());
    assert_eq!(sergeant.list()[0]["status"], "withdrawn");
    assert!(!sergeant.show(&id).to_string().contains("CANARY"));
    assert_eq!(sergeant.field.hello().unwrap().digest, [0; 32]);
    let frame = sergeant.field.next_frame(Lane::Rest, 0, 50).unwrap().unwrap();
    assert_eq!(frame.push.open().unwrap().items[0].document, record(&id));
}

#[test]
fn delivery_and_headlines_are_shown_and_told() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let id = officer.new_record("action", action("visit"));
    server.sync(&officer.field);
    let statement = officer.show(&id)["statements"][0]["sha256"].as_str().unwrap().parse().unwrap();
    let other = RecordId::derived(&["elsewhere"]);
    let line = signed::cbor::map([
        ("id", Value::bytes(other.0)),
        ("kind", Value::text("action")),
        ("status", Value::text("requested")),
        ("urgency", Value::text("urgent")),
    ]);
    let to = UserId::new("lead1").unwrap();
    let rows = vec![Row::Delivery { document: record(&id), statement, to, at: at() }, Row::Headline { line }];
    let outcome = officer.field.store_page(&hand_made(&officer, rows)).unwrap();
    let delivered = outcome.events.iter().find(|e| e.event == EventKind::Delivered).unwrap().to_json();
    assert_eq!((&delivered["to"], &delivered["event"]), (&json!("lead1"), &json!("delivered")));
    let state = |json: &serde_json::Value| {
        json["delivery"].as_array().unwrap().iter().any(|d| d["state"] == "delivered" && d["to"] == "lead1")
    };
    assert!(state(&officer.show(&id)));
    let listed = officer.list();
    assert!(state(listed.iter().find(|l| l["id"] == id.as_str()).unwrap()));
    let headline = listed.iter().find(|l| l["id"] == other.to_string()).unwrap();
    assert_eq!((&headline["status"], &headline["urgency"]), (&json!("requested"), &json!("urgent")));
}

#[test]
fn a_school_sees_its_action_and_no_police_record() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let lead = Person::enrolled(&mut server, "lead1");
    let asked = lead.new_record("action", action("please visit"));
    let case = lead.show(&asked)["case"].clone();
    server.sync(&lead.field);
    server.sync(&officer.field);
    officer.step(&asked, "accept", json!({})).unwrap();
    let mut police = concern("CANARYPOLICE words");
    police["case"] = case;
    officer.recorded("concern", police);
    server.sync(&officer.field);
    assert!(quiet(&server.sync(&lead.field)));
    assert_eq!(lead.show(&asked)["status"], "accepted");
    assert_eq!(lead.show(&asked)["owner"], "officer1");
    assert!(lead.search("CANARYPOLICE").is_empty());
    assert_eq!(lead.list().len(), 1);
}

#[test]
fn r24_what_has_waited_too_long_goes_along_behind_what_is_urgent_and_never_with_the_immediate() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let ordinary = officer.new_record("action", action("ordinary"));
    let (folder, field) = (officer.folder, officer.field);
    drop(field);
    let mut later = common::options(folder.path());
    later.clock = Arc::new(TestClock::starting_at(Timestamp::parse("2026-11-23T09:20:00Z").unwrap()));
    let officer = Person { field: Field::open(later).unwrap(), folder };
    let urgent = |request: &str, urgency: &str| {
        let mut body = action(request);
        body["urgency"] = json!(urgency);
        record(&officer.new_record("action", body))
    };
    let documents = |number: u64, records: usize| -> Vec<RecordId> {
        let frame = officer.field.next_frame(Lane::Urgent, number - 1, records).unwrap().unwrap();
        frame.push.open().unwrap().items.iter().map(|item| item.document).collect()
    };

    let first = urgent("first", "urgent");
    assert_eq!(documents(1, 1), [first], "the first frame of a session holds one record");
    let now = urgent("now", "immediate");
    assert_eq!(documents(2, 4), [now]);
    let (third, fourth) = (urgent("third", "urgent"), urgent("fourth", "urgent"));
    assert_eq!(documents(3, 4), [third, fourth, record(&ordinary)]);
    assert!(officer.field.next_frame(Lane::Rest, 0, 4).unwrap().is_none(), "it is sent once");
}

#[test]
fn a_row_that_names_what_is_not_here_is_not_taken_and_nothing_comes_ahead_any_more() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    assert_eq!(officer.field.hello().unwrap().ahead, Some(wire::Resume::default()));
    let row = Row::Held { document: RecordId([1; 16]), change: signed::ChangeHash([2; 32]) };
    let page = ProvenPage { from: 1, rows: vec![row], digest: [0; 32], time: at() };
    assert_eq!(officer.field.store_page(&page).unwrap_err().code.name, "W.ahead");
    assert_eq!(officer.status()["cursor"], 0);
    assert_eq!(officer.field.hello().unwrap().ahead, None);
    assert!(quiet(&server.sync(&officer.field)), "everything comes as rows");
}

#[test]
fn what_comes_ahead_is_checked_like_a_row_and_is_counted_by_its_row_alone() {
    let mut server = Server::new();
    let (officer, sergeant) = (Person::enrolled(&mut server, "officer1"), Person::enrolled(&mut server, "sergeant1"));
    let id = officer.new_record("concern", concern("He waits at the gate."));
    server.sync(&officer.field);
    let document = record(&id);
    let changes: Vec<Row> = server.documents[&document]
        .3
        .iter()
        .map(|hash| server.bytes[&(document, *hash)].clone())
        .map(|change| Row::Change { document, change })
        .collect();
    let directory = server.users["sergeant1"].rows.iter().map(|(row, _)| row.clone());
    let directory: Vec<Row> = directory.filter(|row| matches!(row, Row::Directory { .. })).collect();
    let ahead = |position, rows: Vec<Row>| {
        let to = wire::Resume { list: [9; 16], position };
        sergeant.field.store_ahead(&ProvenAhead { to, rows }).unwrap()
    };
    // Nobody vouches for it yet: left out, and nothing else harmed.
    assert_eq!(ahead(1, changes.clone()), 0);
    assert!(sergeant.search("gate").is_empty());
    let before = sergeant.field.hello().unwrap();
    assert_eq!(ahead(2, [directory, changes].concat()), 1);
    assert_eq!(sergeant.search("gate")[0]["id"], id);
    let after = sergeant.field.hello().unwrap();
    assert_eq!((after.cursor, after.digest), (before.cursor, before.digest));
    assert_eq!(after.ahead, Some(wire::Resume { list: [9; 16], position: 2 }));
    let day = server.sync(&sergeant.field);
    assert!(quiet(&day) && day.pages.iter().all(|page| page.digest_agrees), "{:?}", day.reports);
    assert_eq!(sergeant.field.verify(None).unwrap()["faults"], json!([]));
    assert_eq!(sergeant.list().iter().filter(|line| line["id"] == id).count(), 1);
}

#[test]
fn r100_after_forty_two_days_offline_a_thousand_records_go_without_a_reset_and_none_is_overwritten() {
    let mut server = Server::new();
    let handset = Person::enrolled(&mut server, "officer1");
    server.sync(&handset.field);
    let ids: Vec<String> =
        (0..1000).map(|n| handset.new_record("action", action(&format!("before the holidays {n}")))).collect();
    for _ in 0..40 {
        if quiet(&server.sync(&handset.field)) {
            break;
        }
    }
    let unsent = handset.status()["unsent"].clone();
    assert!(unsent.as_object().unwrap().values().all(|n| n == 0), "{unsent}");
    let list = handset.list();
    let at_server = |line: &&serde_json::Value| {
        line["delivery"].as_array().unwrap().iter().any(|step| step["state"] == "at_server")
    };
    let held: std::collections::BTreeSet<&str> =
        list.iter().filter(at_server).map(|line| line["id"].as_str().unwrap()).collect();
    assert!(ids.iter().all(|id| held.contains(id.as_str())), "{} of {}", held.len(), ids.len());
    assert_eq!(handset.field.verify(None).unwrap()["ok"], true);
}
