//! One sync and one enrolment, over real QUIC on this machine.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod net_common;

use std::sync::Arc;
use std::time::Duration;

use field_core::net::{Joining, LinkState, Until, enrol, sync};
use net_common::{Manner, Memory, Origin, PATIENCE, TestServer, eventually, record};
use signed::{Incarnation, RingSigner, Signer, code};
use wire::enrolment::pin;
use wire::{EnrolmentCode, Lane};

fn world() -> (Arc<Origin>, TestServer, Arc<Memory>) {
    let origin = Origin::new();
    let server = TestServer::start(&origin, None);
    let device = Memory::new(server.address, origin.key());
    (origin, server, device)
}

#[test]
fn r24_one_flight_takes_everything_with_the_urgent_first() {
    let (origin, _server, device) = world();
    origin.add_row(200);
    for number in 1..=3 {
        device.save(Lane::Rest, number);
    }
    device.save(Lane::Urgent, 9);
    let answer = sync(device.as_store(), PATIENCE, Until::Quiet).unwrap();
    assert_eq!(answer.sent_order, [9, 1, 2, 3].map(record));
    assert_eq!(device.state.lock().unwrap().made, [Lane::Urgent, Lane::Rest, Lane::Rest]);
    assert_eq!((answer.receipts, answer.received), (4, 1));
    assert!(answer.rejected.is_empty() && answer.bytes_out > 0 && answer.bytes_in > 0);
    assert_eq!(answer.round_trips, 2, "a handshake and one flight");
    assert_eq!(device.state.lock().unwrap().rows.len(), 5, "its own four come back as names");
    eventually("the word that all rows are on disk arrives", || origin.kept.lock().unwrap().committed == 5);
    assert_eq!(device.links(), [LinkState::Online]);
    let json = answer.to_json();
    assert_eq!(
        (json["sent"].as_u64(), json["sent_order"][0].as_str()),
        (Some(4), Some(record(9).to_string().as_str()))
    );
}

#[test]
fn a_sync_with_nothing_to_do_is_quiet() {
    let (_origin, _server, device) = world();
    let answer = sync(device.as_store(), PATIENCE, Until::Quiet).unwrap();
    assert_eq!((answer.sent_order.len(), answer.received, answer.round_trips), (0, 0, 2));
}

#[test]
fn many_frames_and_pages_get_through() {
    let (origin, _server, device) = world();
    for number in 0..250 {
        device.save(if number % 5 == 0 { Lane::Urgent } else { Lane::Rest }, number);
    }
    let answer = sync(device.as_store(), PATIENCE, Until::Quiet).unwrap();
    assert_eq!((answer.sent_order.len(), answer.receipts), (250, 250));
    assert_eq!(device.state.lock().unwrap().rows.len(), 250);
    assert_eq!(origin.documents().len(), 250);
}

#[test]
fn until_urgent_sent_every_urgent_record_has_its_receipt() {
    let (origin, _server, device) = world();
    for number in 1..=7 {
        device.save(Lane::Urgent, number);
    }
    let answer = sync(device.as_store(), PATIENCE, Until::UrgentSent).unwrap();
    assert_eq!(answer.receipts, 7);
    assert_eq!(origin.documents().len(), 7);
}

#[test]
fn r1_a_receipt_that_is_lost_is_asked_for_again_with_the_same_frame() {
    let (origin, _server, device) = world();
    origin.manner(Manner::DropsTheFirstReceipt);
    device.save(Lane::Urgent, 1);
    let answer = sync(device.as_store(), PATIENCE, Until::Quiet).unwrap();
    assert_eq!((answer.sent_order, answer.receipts), (vec![record(1)], 1));
    let kept = origin.kept.lock().unwrap();
    assert_eq!(kept.documents.len(), 1, "taken in once");
    assert!(kept.pushes.len() == 2 && kept.pushes[0] == kept.pushes[1]);
}

#[test]
fn without_a_server_it_says_offline_and_keeps_everything() {
    let origin = Origin::new();
    let gone = TestServer::start(&origin, None).address;
    let device = Memory::new(gone, origin.key());
    device.save(Lane::Urgent, 1);
    let error = sync(device.as_store(), Duration::from_millis(300), Until::Quiet).unwrap_err();
    assert_eq!(error.code, code::D_OFFLINE);
    assert_eq!(device.links(), [LinkState::Offline(Some(code::D_OFFLINE))]);
    let _server = TestServer::start(&origin, Some(gone));
    assert_eq!(sync(device.as_store(), PATIENCE, Until::Quiet).unwrap().receipts, 1);
}

#[test]
fn a_server_with_another_key_is_told_nothing() {
    let (origin, _server, device) = world();
    device.state.lock().unwrap().pins = vec![[0; 32]];
    device.save(Lane::Urgent, 1);
    assert_eq!(sync(device.as_store(), PATIENCE, Until::Quiet).unwrap_err().code, code::D_PIN);
    assert_eq!(origin.kept.lock().unwrap().sessions, 0);
}

#[test]
fn a_refusal_is_said_with_its_code() {
    let (origin, _server, device) = world();
    for manner in [Manner::Refuses(code::D_REVOKED), Manner::Closes(code::D_REVOKED)] {
        origin.manner(manner);
        let error = sync(device.as_store(), PATIENCE, Until::Quiet).unwrap_err();
        assert_eq!((error.code, error.code.class.as_str()), (code::D_REVOKED, "denied"), "{manner:?}");
    }
}

#[test]
fn a_revoked_device_erases_itself_when_it_is_told_to() {
    let (origin, _server, device) = world();
    origin.manner(Manner::Erases);
    assert_eq!(sync(device.as_store(), PATIENCE, Until::Quiet).unwrap_err().code, code::D_REVOKED);
    assert!(device.state.lock().unwrap().erased);
}

#[test]
fn r92_where_the_link_breaks_after_the_order_a_device_erases_itself_all_the_same() {
    let (origin, _server, device) = world();
    // The server says its one word and is gone; nobody takes what is handed over.
    origin.manner(Manner::Erases);
    for number in 0..200 {
        device.save(if number % 2 == 0 { Lane::Urgent } else { Lane::Rest }, number);
    }
    assert_eq!(sync(device.as_store(), PATIENCE, Until::Quiet).unwrap_err().code, code::D_REVOKED);
    assert!(device.state.lock().unwrap().erased);
}

#[test]
fn a_store_that_cannot_take_a_page_ends_the_sync_with_its_own_code() {
    let (origin, _server, device) = world();
    origin.add_row(1);
    let full = field_core::FieldError::new(code::STORE_FULL, "the disk is full");
    device.state.lock().unwrap().fail_pages_with = Some(full.clone());
    assert_eq!(sync(device.as_store(), PATIENCE, Until::Quiet), Err(full));
    assert_eq!(origin.kept.lock().unwrap().committed, 0);
    assert_eq!(device.links(), [LinkState::Online], "the server was reached all the same");
}

#[test]
fn an_app_may_call_from_inside_a_runtime_of_its_own() {
    let (_origin, _server, device) = world();
    device.save(Lane::Rest, 1);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let answer = runtime.block_on(async { sync(device.as_store(), PATIENCE, Until::Quiet) });
    assert_eq!(answer.unwrap().receipts, 1);
}

fn joining(origin: &Origin, server: &TestServer) -> Joining {
    let pins = vec![pin(origin.key().spki())];
    Joining {
        signer: Arc::new(RingSigner::generate().unwrap()) as Arc<dyn Signer>,
        incarnation: Incarnation([7; 16]),
        code: EnrolmentCode { address: server.address.to_string(), pins, code: [1; 16], secret: [2; 16] },
        address: None,
    }
}

#[test]
fn a_code_is_traded_for_a_place_in_the_directory() {
    let (origin, server, _) = world();
    let joining = joining(&origin, &server);
    let device = joining.signer.public_key().id();
    let enrolled = enrol(joining, PATIENCE).unwrap();
    assert_eq!((enrolled.device, enrolled.user.as_str()), (device, net_common::USER));
}

#[test]
fn an_enrolment_says_why_it_failed() {
    let (origin, server, _) = world();
    origin.manner(Manner::Refuses(code::D_CODE_USED));
    assert_eq!(enrol(joining(&origin, &server), PATIENCE).unwrap_err().code, code::D_CODE_USED);
    let mut other = joining(&origin, &server);
    other.code.pins = vec![[0; 32]];
    assert_eq!(enrol(other, PATIENCE).unwrap_err().code, code::D_PIN);
    let nobody = Joining { address: Some("127.0.0.1:1".into()), ..joining(&origin, &server) };
    assert_eq!(enrol(nobody, Duration::from_millis(300)).unwrap_err().code, code::D_OFFLINE);
}
