//! A whole device on the network: the real store, the real driver, one small server.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;
mod net_common;

use std::time::Duration;

use common::{Folder, open};
use field_core::net::Until;
use field_core::{EventKind, Field};
use net_common::{Origin, PATIENCE, TestServer, USER, eventually};
use signed::code;
use wire::EnrolmentCode;
use wire::enrolment::pin;

fn enrolled(folder: &Folder, origin: &Origin, server: &TestServer) -> Field {
    let field = open(folder.path());
    let pins = vec![pin(origin.key().spki())];
    let code = EnrolmentCode { address: server.address.to_string(), pins, code: [1; 16], secret: [2; 16] };
    assert_eq!(field.enrol(&code, PATIENCE).unwrap()["user"], USER);
    assert_eq!(field.enrol(&code, PATIENCE).unwrap_err().code, code::D_ENROLLED);
    field
}

fn unsent(field: &Field) -> u64 {
    let unsent = field.status().unwrap()["unsent"].take();
    ["immediate", "urgent", "standard", "info"].iter().filter_map(|urgency| unsent[urgency].as_u64()).sum()
}

#[test]
fn what_a_device_saved_is_receipted_and_nothing_drifts() {
    let (origin, folder) = (Origin::new(), Folder::new("net"));
    let server = TestServer::start(&origin, None);
    let field = enrolled(&folder, &origin, &server);
    let events = field.events();
    for urgency in ["standard", "immediate", "urgent"] {
        let mut body = common::action("please visit");
        body["urgency"] = urgency.into();
        field.record_new("action", body).unwrap();
    }
    let list = common::lines(field.record_list(field_core::ListFilter::default()).unwrap());
    let by_urgency = |urgency: &str| list.iter().find(|line| line["urgency"] == urgency).unwrap()["id"].clone();
    let answer = field.sync(PATIENCE, Until::Quiet).unwrap().to_json();
    assert_eq!(answer["sent_order"][0], by_urgency("immediate"), "{answer}");
    assert_eq!(answer["sent_order"][1], by_urgency("urgent"), "{answer}");
    assert_eq!((&answer["sent"], &answer["receipts"]), (&3.into(), &3.into()));
    assert_eq!(unsent(&field), 0);
    let status = field.status().unwrap();
    assert_eq!((&status["online"], &status["drift_at"]), (&true.into(), &serde_json::Value::Null));
    let told: Vec<_> = std::iter::from_fn(|| events.try_next()).map(|event| event.event).collect();
    assert!(told.contains(&EventKind::Online) && told.contains(&EventKind::Receipt), "{told:?}");
    let again = field.sync(PATIENCE, Until::Quiet).unwrap();
    assert_eq!((again.sent_order.len(), again.round_trips), (0, 2));
}

#[test]
fn r23_a_watching_device_sends_by_itself_when_the_server_returns() {
    let (origin, folder) = (Origin::new(), Folder::new("net"));
    let server = TestServer::start(&origin, None);
    let address = server.address;
    let field = enrolled(&folder, &origin, &server);
    drop(server);
    let events = field.events();
    let _watch = field.watch().unwrap();
    let first = events.next_within(PATIENCE).unwrap();
    assert_eq!(first.event, EventKind::Offline, "the first thing told is the link");
    field.record_new("action", common::action("please visit")).unwrap();
    assert_eq!(unsent(&field), 1);
    let _server = TestServer::start(&origin, Some(address));
    eventually("everything is receipted", || unsent(&field) == 0);
}

#[test]
fn a_sync_ends_when_its_time_is_up() {
    let (origin, folder) = (Origin::new(), Folder::new("net"));
    let server = TestServer::start(&origin, None);
    let field = enrolled(&folder, &origin, &server);
    drop(server);
    let error = field.sync(Duration::from_millis(200), Until::UrgentSent).unwrap_err();
    assert_eq!(error.code, code::D_OFFLINE);
    assert_eq!(field.status().unwrap()["online"], false);
}
