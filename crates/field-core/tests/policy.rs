//! A force's policy on a device: kept as sent, the newest in force, in what is found, shown and signed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::server::at;
use common::{Person, Server, account, open, record};
use records::Policy;
use serde_json::{Value as Json, json};
use signed::Value;
use sync_engine::device::ProvenPage;
use wire::Row;

fn told(person: &Person, policies: &[&Policy]) {
    let from = person.field.hello().unwrap().cursor + 1;
    let row = |policy: &&Policy| Row::Policy { version: policy.version, values: policy.to_value() };
    let page = ProvenPage { from, rows: policies.iter().map(row).collect(), digest: [9; 32], time: at() };
    person.field.store_page(&page).unwrap();
}

/// An account that ended more than an hour before it is written down; what its seal finds missing.
fn late(person: &Person) -> (String, Vec<String>) {
    let mut body = account("He said it was our secret.");
    body["account_started_at"] = json!("2026-11-23T06:40:00Z");
    body["account_ended_at"] = json!("2026-11-23T06:50:00Z");
    let id = person.new_record("disclosure", body);
    let sealed = person.field.record_seal(record(&id)).unwrap();
    let code = |gap: &Json| gap["code"].as_str().unwrap().to_owned();
    (id, sealed["gaps"].as_array().unwrap().iter().map(code).collect())
}

#[test]
fn the_newest_policy_is_in_force_from_its_page_on_and_after_opening_again() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    assert_eq!(officer.status()["policy"], 1);
    let (before, gaps) = late(&officer);
    assert!(!gaps.contains(&"R4.delay".to_owned()), "{gaps:?}");
    assert!(officer.show(&before)["delay_ms"].is_null());

    let hour = Policy { version: 3, account_delay_max_ms: 3_600_000, ..Policy::DEFAULT };
    let older = Policy { version: 2, ..Policy::DEFAULT };
    told(&officer, &[&hour, &older]);
    assert_eq!(officer.status()["policy"], 3);
    assert!(late(&officer).1.contains(&"R4.delay".to_owned()));
    // What was there before is shown by it too; what its seal said stays as it was said.
    assert_eq!(officer.show(&before)["delay_ms"].as_i64().map(|ms| ms >= 7_200_000), Some(true));

    let Person { folder, field } = officer;
    drop(field);
    let officer = Person { field: open(folder.path()), folder };
    assert_eq!(officer.status()["policy"], 3);
    assert!(late(&officer).1.contains(&"R4.delay".to_owned()));
    // Every statement names the version it was made under.
    server.sync(&officer.field);
    let made: Vec<u64> = server
        .bytes
        .values()
        .filter_map(|bytes| documents::Candidate::read(bytes, documents::Template::Record).ok())
        .flat_map(|change| change.statements().map(|opened| opened.statement.policy).collect::<Vec<_>>())
        .collect();
    assert_eq!((made.iter().min(), made.iter().max()), (Some(&1), Some(&3)), "{made:?}");
}

#[test]
fn a_policy_of_a_newer_server_is_kept_and_what_is_unknown_or_wild_in_it_changes_nothing() {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    let wild = signed::cbor::map([
        ("account_delay_hours", Value::Int(i64::MAX)),
        ("promise_hours", Value::text("soon")),
        ("holidays", Value::Array(vec![Value::Null; 1_000])),
        ("a_value_of_next_year", Value::Int(1)),
    ]);
    let from = officer.field.hello().unwrap().cursor + 1;
    let rows = vec![Row::Policy { version: u64::MAX >> 1, values: wild }];
    officer.field.store_page(&ProvenPage { from, rows, digest: [9; 32], time: at() }).unwrap();
    let (_, gaps) = late(&officer);
    assert!(!gaps.contains(&"R4.delay".to_owned()), "{gaps:?}");
    assert_eq!(officer.status()["policy"], u64::MAX >> 1);
}
