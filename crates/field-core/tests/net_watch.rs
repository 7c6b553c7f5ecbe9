//! Staying connected while servers and networks come and go.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod net_common;

use std::sync::Arc;
use std::time::Instant;

use field_core::net::{LinkState, Watch};
use net_common::{Manner, Memory, Origin, TestServer, eventually};
use signed::code;
use wire::Lane;

#[test]
fn it_is_offline_until_a_server_comes_and_then_sends_by_itself_urgent_first() {
    let origin = Origin::new();
    let address = TestServer::start(&origin, None).address;
    let device = Memory::new(address, origin.key());
    let watch = Watch::start(device.as_store()).unwrap();
    eventually("it says offline", || device.links() == [LinkState::Offline(None)]);
    device.save(Lane::Rest, 1);
    device.save(Lane::Urgent, 2);
    let _server = TestServer::start(&origin, Some(address));
    let returned = Instant::now();
    eventually("both are receipted", || device.receipts() == 2);
    assert!(returned.elapsed().as_secs() < 20, "nobody had to do anything, and it did not take long");
    assert_eq!(device.state.lock().unwrap().made, [Lane::Urgent, Lane::Rest]);
    assert_eq!(origin.documents().len(), 2);
    assert_eq!(device.links(), [LinkState::Offline(None), LinkState::Online]);
    watch.stop().unwrap();
}

#[test]
fn what_is_saved_while_connected_leaves_at_once() {
    let origin = Origin::new();
    let server = TestServer::start(&origin, None);
    let device = Memory::new(server.address, origin.key());
    let _watch = Watch::start(device.as_store()).unwrap();
    eventually("it says online", || device.links() == [LinkState::Online]);
    for number in 1..=20 {
        device.save(Lane::Urgent, number);
        eventually("it is receipted", || device.receipts() == usize::from(number));
    }
    assert_eq!(origin.kept.lock().unwrap().sessions, 1, "over one session");
}

#[test]
fn a_server_that_was_killed_and_returned_is_found_again() {
    let origin = Origin::new();
    let server = TestServer::start(&origin, None);
    let address = server.address;
    let device = Memory::new(address, origin.key());
    let watch = Watch::start(device.as_store()).unwrap();
    eventually("it says online", || device.links().last() == Some(&LinkState::Online));
    device.state.lock().unwrap().links.clear();
    drop(server);
    device.save(Lane::Urgent, 1);
    eventually("it notices that nobody answers", || !device.links().is_empty());
    let _server = TestServer::start(&origin, Some(address));
    eventually("the record is receipted", || device.receipts() == 1);
    assert!(watch.is_running());
    watch.stop().unwrap();
}

#[test]
fn a_changed_network_is_dialled_from_at_once() {
    let origin = Origin::new();
    let server = TestServer::start(&origin, None);
    let device = Memory::new(server.address, origin.key());
    let watch = Watch::start(device.as_store()).unwrap();
    for sessions in 1..=5 {
        eventually("a session begins", || origin.kept.lock().unwrap().sessions == sessions);
        watch.network_changed();
    }
    device.save(Lane::Rest, 1);
    eventually("the record is receipted", || device.receipts() == 1);
}

#[test]
fn a_device_that_was_erased_stops_watching() {
    let origin = Origin::new();
    origin.manner(Manner::Erases);
    let server = TestServer::start(&origin, None);
    let device = Memory::new(server.address, origin.key());
    let watch = Watch::start(device.as_store()).unwrap();
    eventually("it ends", || !watch.is_running());
    assert!(device.state.lock().unwrap().erased);
    assert_eq!(watch.stop().unwrap_err().code, code::D_REVOKED);
}

#[test]
fn a_refused_device_says_why_and_comes_back_when_it_is_let_in() {
    let origin = Origin::new();
    origin.manner(Manner::Refuses(code::D_USER_INACTIVE));
    let server = TestServer::start(&origin, None);
    let device = Memory::new(server.address, origin.key());
    let watch = Watch::start(device.as_store()).unwrap();
    eventually("it says why", || device.links().contains(&LinkState::Offline(Some(code::D_USER_INACTIVE))));
    origin.manner(Manner::Kind);
    watch.network_changed();
    eventually("it says online", || device.links().last() == Some(&LinkState::Online));
}

#[test]
fn stopping_does_not_wait_for_a_network() {
    let origin = Origin::new();
    let address = TestServer::start(&origin, None).address;
    let device: Arc<Memory> = Memory::new(address, origin.key());
    let watch = Watch::start(device.as_store()).unwrap();
    eventually("it says offline", || !device.links().is_empty());
    let asked = Instant::now();
    watch.stop().unwrap();
    assert!(asked.elapsed().as_secs() < 4);
}
