//! What happens to those who are connected while something happens elsewhere.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod client;

use client::process::Place;
use client::{Device, NOTHING_BEFORE, junk_item, refused_at_hello, serves};
use serde_json::Value;
use signed::code;
use wire::version::ALPN;
use wire::{Lane, Message, Row};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_ends_a_live_session_at_once_and_later_words_are_kept_aside() {
    let place = Place::with_people();
    let _server = place.serve();
    let (device, other) = (Device::enrolled(&place, "officer").await, Device::enrolled(&place, "officer").await);
    let (mut session, _) = device.session().await;
    let revoked = place.run(&["device", "revoke", "--id", &device.id().to_string()]).done();
    assert_eq!(revoked["id"], device.id().to_string());
    assert_eq!(session.refusal().await, code::D_REVOKED);

    let mut session = device.silent_session().await;
    session.send(&Message::Hello(device.hello())).await;
    session.push(&device.first_frame(b"written before it knew").0).await;
    assert_eq!(session.refusal().await, code::D_REVOKED);
    let row = place.device(device.id());
    assert_eq!((&row["quarantined"], row["revoked_at"].is_string()), (&Value::from(1), true));
    serves(&other).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_is_to_erase_itself_is_told_so_live_and_whenever_it_comes_back() {
    let place = Place::with_people();
    let _server = place.serve();
    let device = Device::enrolled(&place, "officer").await;
    let (mut session, _) = device.session().await;
    place.run(&["device", "revoke", "--erase", "--id", &device.id().to_string()]).done();
    let mut told = session.next().await.unwrap();
    while matches!(told, Message::Page(_)) {
        told = session.next().await.unwrap();
    }
    assert_eq!(told, Message::Erase);
    assert_eq!(session.closing_code().await, code::D_REVOKED);
    let mut session = device.silent_session().await;
    session.send(&Message::Hello(device.hello())).await;
    assert_eq!(session.next().await, Ok(Message::Erase));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deactivated_user_s_session_ends_at_once() {
    let place = Place::with_people();
    let _server = place.serve();
    let device = Device::enrolled(&place, "lead").await;
    let (mut session, _) = device.session().await;
    place.run(&["user", "deactivate", "--id", "lead"]).done();
    assert_eq!(session.refusal().await, code::D_REVOKED);
    assert_eq!(refused_at_hello(&device).await, code::D_REVOKED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_an_admin_command_causes_reach_a_connected_device_by_themselves() {
    let place = Place::with_people();
    let _server = place.serve();
    let (device, lost) = (Device::enrolled(&place, "officer").await, Device::enrolled(&place, "officer").await);
    let (mut session, welcome) = device.session().await;
    device.read_to(&mut session, welcome.head).await;
    // What the lost handset signed from now on must not be believed: its owner's others learn that.
    place.run(&["device", "revoke", "--id", &lost.id().to_string()]).done();
    let page = session.page().await;
    assert_eq!(page.from, welcome.head + 1);
    let rows = device.rows(&page);
    assert!(rows.iter().all(|row| matches!(row, Row::Directory { .. })) && !rows.is_empty(), "{rows:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_enrols_is_made_known_to_those_who_are_connected() {
    let place = Place::with_people();
    let _server = place.serve();
    let device = Device::enrolled(&place, "officer").await;
    let (mut session, welcome) = device.session().await;
    device.read_to(&mut session, welcome.head).await;
    Device::enrolled(&place, "officer").await;
    let rows = device.rows(&session.page().await);
    assert!(rows.iter().any(|row| matches!(row, Row::Directory { .. })), "{rows:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_admin_command_works_while_the_server_serves() {
    let place = Place::with_people();
    let _server = place.serve();
    let device = Device::enrolled(&place, "officer").await;
    let (mut session, _) = device.session().await;
    session.push(&device.first_frame(b"junk").0).await;
    session.receipt().await.unwrap();

    place.run(&["school", "add", "--id", "100002", "--name", "Dale", "--agreement", "partnership"]).done();
    place.add_user("another", "staff");
    let devices = place.run(&["device", "list"]).done();
    let row = devices.as_array().unwrap()[0].as_object().unwrap();
    for field in ["id", "user", "enrolled_at", "last_sync_at", "unreceived", "quarantined", "revoked_at"] {
        assert!(row.contains_key(field), "{field}");
    }
    let verified = place.run(&["verify"]).done();
    assert_eq!((&verified["ok"], &verified["faults"]), (&Value::from(true), &Value::Array(Vec::new())));
    assert!(verified["records"].is_number() && verified["statements"].is_number());
    assert!(!place.run(&["audit"]).done().as_array().unwrap().is_empty());
    let of_officer = place.run(&["audit", "--user", "officer", "--since", "2020-01-01T00:00:00Z"]).done();
    assert!(!of_officer.as_array().unwrap().is_empty());
    session.push(&device.frame(Lane::Urgent, 1, NOTHING_BEFORE, vec![junk_item(b"more junk")]).0).await;
    session.receipt().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_junk_connections_do_not_stop_an_honest_one() {
    let place = Place::with_people();
    let server = place.serve();
    let device = Device::enrolled(&place, "officer").await;
    let stranger = Device::new(&place.code("officer"));
    let mut junk = Vec::new();
    for n in 0..64_u32 {
        let connection = stranger.connect(ALPN).await.unwrap();
        // Some say nothing, some say nonsense on streams that nobody expects.
        if n % 2 == 0 {
            let mut stream = connection.open_uni().await.unwrap();
            let _ = stream.write_all(&[0xff; 1000]).await;
        }
        junk.push(connection);
    }
    let noise = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    for n in 0..1000_u32 {
        noise.send_to(&signed::digest::sha256(&n.to_be_bytes()), server.address).unwrap();
    }
    let (mut session, _) = device.session().await;
    session.push(&device.first_frame(b"junk").0).await;
    session.receipt().await.unwrap();
    drop(junk);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_never_reads_holds_nobody_up() {
    let place = Place::with_people();
    let _server = place.serve();
    let (stuck, honest) = (Device::enrolled(&place, "officer").await, Device::enrolled(&place, "lead").await);
    let (mut deaf, _) = stuck.session().await;
    let mut previous = NOTHING_BEFORE;
    for number in 1..=64 {
        let (push, hash) = stuck.frame(Lane::Rest, number, previous, vec![junk_item(b"junk")]);
        deaf.push(&push).await;
        previous = hash;
    }
    let (mut session, _) = honest.session().await;
    session.push(&honest.first_frame(b"junk").0).await;
    session.receipt().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_session_too_many_is_refused_by_number() {
    let place = Place::with_people();
    place.configure("sessions_max = 1");
    let _server = place.serve();
    let (first, second) = (Device::enrolled(&place, "officer").await, Device::enrolled(&place, "lead").await);
    let (session, _) = first.session().await;
    assert_eq!(refused_at_hello(&second).await, code::W_SESSIONS);
    drop(session);
}
