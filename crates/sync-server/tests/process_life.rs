//! The program's own life: made, started, stopped, started again, and never two at once.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod client;

use std::process::Command;

use client::process::Place;
use client::{Device, NOTHING_BEFORE, junk_item};
use serde_json::Value;
use signed::Timestamp;
use wire::{Lane, Receipt};

#[test]
fn init_makes_a_folder_whose_secrets_only_its_owner_reads() {
    let place = Place::empty();
    let made = place.run(&["init"]).done();
    assert_eq!(made["dir"], place.dir().to_str().unwrap());
    let pins: Vec<&str> = made["pins"].as_array().unwrap().iter().map(|pin| pin.as_str().unwrap()).collect();
    assert!(pins.len() == 2 && pins[0] != pins[1]);
    assert!(pins.iter().all(|pin| pin.len() == 64 && pin.chars().all(|c| c.is_ascii_hexdigit())));
    #[cfg(unix)]
    for secret in ["server.key", "spare.key", "master.key"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(place.dir().join(secret)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{secret}");
    }
    let config = std::fs::read_to_string(place.dir().join("config.toml")).unwrap();
    assert!(config.lines().all(|line| line.is_empty() || line.starts_with('#')) && config.contains("# test_clock = "));

    let (code, class) = place.run(&["init"]).refused();
    assert_eq!((code.as_str(), class.as_str()), ("A.exists", "refused"));
}

#[test]
fn exit_status_tells_done_refused_and_wrong_usage_apart() {
    let place = Place::with_people();
    let none = place.run(&["user", "deactivate", "--id", "nobody"]);
    assert_eq!(none.refused(), ("A.not_found".into(), "not_found".into()));
    let bad_id = place.run(&["user", "add", "--id", "no spaces", "--name", "x", "--role", "officer"]);
    assert_eq!(bad_id.value["error"]["number"], 1602);
    assert_eq!(bad_id.value["error"]["gaps"], Value::Array(Vec::new()));
    assert_eq!(bad_id.refused().0, "A.id");
    for usage in [&["user", "add", "--id", "x"][..], &["user", "add", "--id", "x", "--name", "x", "--role", "king"]] {
        let ran = place.run(usage);
        assert_eq!((ran.status, &ran.value["error"]["code"]), (Some(2), &Value::from("I.usage")));
    }
    for commands in [&["--help"][..], &["user", "add", "--help"], &["clock", "--help"]] {
        let help = Command::new(env!("CARGO_BIN_EXE_sync-server")).args(commands).output().unwrap();
        assert!(help.status.success() && !help.stdout.is_empty());
    }
    assert_eq!(Place::empty().run(&["verify"]).refused(), ("A.not_initialised".into(), "not_found".into()));
}

#[test]
fn a_server_says_where_it_listens_and_ends_in_order_when_asked() {
    let place = Place::with_people();
    let server = place.serve();
    assert_eq!(server.first_line["event"], "listening");
    assert!(server.first_line["http"].is_null() && server.address.port() != 0);
    let (status, more, log) = server.stop();
    assert_eq!(status.code(), Some(0), "{log}");
    assert_eq!(more, "");
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON in the log: {line}"));
        assert!(line["event"].is_string() && line["level"].is_string());
    }
}

#[test]
fn a_second_serve_is_refused_and_harms_nothing() {
    let place = Place::with_people();
    let mut server = place.serve();
    assert_eq!(place.run(&["serve"]).refused(), ("A.in_use".into(), "busy".into()));
    assert!(server.runs());
    assert_eq!(place.run(&["verify"]).done()["ok"], true);
    assert_eq!(server.stop().0.code(), Some(0));
}

#[test]
fn the_same_port_is_taken_again_after_a_stop_and_after_a_kill() {
    let place = Place::with_people();
    let first = place.serve();
    let address = first.address;
    first.stop();
    let second = place.serve();
    assert_eq!(second.address, address);
    second.kill();
    let third = place.serve_with(&["--listen", "127.0.0.1:0"]);
    assert_eq!(third.address, address);
    assert_eq!(place.code("officer").address, address.to_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_are_told_when_the_server_stops() {
    let place = Place::with_people();
    let server = place.serve();
    let device = Device::enrolled(&place, "officer").await;
    let (mut session, _) = device.session().await;
    server.ask_to_stop();
    assert_eq!(session.refusal().await, signed::code::W_SHUTDOWN);
    assert_eq!(server.ended().0.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_clock_starts_where_it_is_told_runs_and_is_moved_from_outside() {
    let place = Place::with_people();
    assert_eq!(place.run(&["serve", "--now", "2026-03-02T09:00:00Z"]).refused().0, "A.clock");
    assert_eq!(place.run(&["clock", "--advance", "15m"]).refused().0, "A.clock");
    place.configure("test_clock = true");
    assert_eq!(place.run(&["clock", "--advance", "15m"]).refused().0, "A.clock");

    let server = place.serve_with(&["--now", "2026-03-02T09:00:00Z"]);
    let device = Device::enrolled(&place, "officer").await;
    let begun = device.session().await.1.time;
    let start = Timestamp::parse("2026-03-02T09:00:00Z").unwrap();
    assert!((0..60_000).contains(&(begun.millis() - start.millis())), "{begun}");
    let moved = place.run(&["clock", "--advance", "15m"]).done();
    let shown = Timestamp::parse(moved["now"].as_str().unwrap()).unwrap();
    let later = device.session().await.1.time;
    assert!((900_000..960_000).contains(&(later.millis() - begun.millis())), "{begun} {later}");
    assert!((shown.millis() - later.millis()).abs() < 30_000, "{shown} {later}");
    drop(server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_again_and_again_has_every_frame_it_gave_a_receipt_for() {
    let place = Place::with_people();
    let mut server = place.serve();
    let device = Device::enrolled(&place, "officer").await;
    // Made beforehand, so that a frame that is sent again is the same one.
    let mut frames = Vec::new();
    let mut previous = NOTHING_BEFORE;
    for number in 1..=60 {
        let bytes = format!("junk {number}");
        let (push, hash) = device.frame(Lane::Rest, number, previous, vec![junk_item(bytes.as_bytes())]);
        frames.push(push);
        previous = hash;
    }
    let mut receipts: Vec<Receipt> = Vec::new();
    for life in 1..=6 {
        let (mut session, welcome) = device.session().await;
        let taken = usize::try_from(welcome.next.1 - 1).unwrap();
        assert!(taken >= receipts.len(), "{taken} of {}", receipts.len());
        // What was taken and not answered is asked again; the last one answered gets the same.
        if let Some(last) = receipts.last() {
            session.push(&frames[receipts.len() - 1]).await;
            assert_eq!(session.receipt().await.unwrap().head, last.head);
        }
        for push in &frames[receipts.len()..] {
            session.push(push).await;
        }
        while receipts.len() < life * 9 {
            receipts.push(session.receipt().await.unwrap());
        }
        server.kill();
        server = place.serve();
    }
    let numbers: Vec<u64> = receipts.iter().map(|receipt| receipt.number).collect();
    assert_eq!(numbers, (1..=54).collect::<Vec<_>>());
    assert_eq!(place.run(&["verify"]).done()["ok"], true);
    drop(server);
}
