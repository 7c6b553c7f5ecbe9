//! Enrolment over the network: each way in which a code is no good has its own number.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod client;

use client::process::Place;
use client::{Device, refused_at_hello};
use signed::{Incarnation, code};
use wire::version::{ALPN, ALPN_ENROL};
use wire::{Enrol, EnrolmentCode, Message};

fn with_wrong_secret(code: &EnrolmentCode) -> EnrolmentCode {
    let mut wrong = code.clone();
    wrong.secret[0] ^= 1;
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_enrols_with_its_code_and_is_known_from_then_on() {
    let place = Place::with_people();
    let _server = place.serve();
    let made = place.run(&["enrol", "--user", "officer"]).done();
    assert!(made["expires_at"].is_string());
    let code: EnrolmentCode = made["code"].as_str().unwrap().parse().unwrap();
    let device = Device::new(&code);
    assert_eq!(refused_at_hello(&device).await, code::D_UNKNOWN);

    let enrolled = device.enrol(&code).await.unwrap();
    assert_eq!((enrolled.user.as_str(), enrolled.role.as_str()), ("officer", "officer"));
    assert_eq!(enrolled.device, device.id());
    assert!(!enrolled.directory.is_empty() && enrolled.server_keys.len() == 2);
    let (_, welcome) = device.session().await;
    assert_eq!(welcome.epoch, enrolled.epoch);
    let row = place.device(device.id());
    assert_eq!((row["user"].as_str(), row["revoked_at"].is_null()), (Some("officer"), true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_key_is_not_pinned_is_not_spoken_to() {
    let place = Place::with_people();
    let _server = place.serve();
    let code = place.code("officer");
    let mut device = Device::new(&code);
    device.pins = vec![[9; 32]];
    for alpn in [ALPN, ALPN_ENROL] {
        assert!(device.connect(alpn).await.is_err());
    }
    device.pins = code.pins.clone();
    assert!(device.connect(b"firsthand/0").await.is_err());
    device.enrol(&code).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_and_a_used_code_are_refused_by_number() {
    let place = Place::with_people();
    let _server = place.serve();
    let code = place.code("officer");
    let device = Device::new(&code);
    assert_eq!(device.enrol(&with_wrong_secret(&code)).await.unwrap_err(), code::D_CODE_WRONG);
    let mut unknown = code.clone();
    unknown.code = [0xee; 16];
    assert_eq!(device.enrol(&unknown).await.unwrap_err(), code::D_CODE_WRONG);
    device.enrol(&code).await.unwrap();
    assert_eq!(Device::new(&code).enrol(&code).await.unwrap_err(), code::D_CODE_USED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sixth_try_is_refused_even_with_the_right_secret() {
    let place = Place::with_people();
    let _server = place.serve();
    let (code, other) = (place.code("officer"), place.code("officer"));
    for _ in 0..5 {
        assert_eq!(Device::new(&code).enrol(&with_wrong_secret(&code)).await.unwrap_err(), code::D_CODE_WRONG);
    }
    assert_eq!(Device::new(&code).enrol(&code).await.unwrap_err(), code::D_CODE_TRIES);
    Device::new(&other).enrol(&other).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_ends_after_fifteen_minutes() {
    let place = Place::with_people();
    place.configure("test_clock = true");
    let _server = place.serve_with(&["--now", "2026-03-02T09:00:00Z"]);
    let (early, late) = (place.code("officer"), place.code("officer"));
    place.run(&["clock", "--advance", "14m"]).done();
    Device::new(&early).enrol(&early).await.unwrap();
    place.run(&["clock", "--advance", "2m"]).done();
    assert_eq!(Device::new(&late).enrol(&late).await.unwrap_err(), code::D_CODE_EXPIRED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_enrolment_is_refused_and_another_version_is_told_ours() {
    let place = Place::with_people();
    let _server = place.serve();
    let code = place.code("officer");
    let device = Device::new(&code);
    let newer = Enrol { versions: vec![99], code: code.code, secret: code.secret, incarnation: Incarnation([7; 16]) };
    assert_eq!(device.say_at_enrolment(&Message::Enrol(newer)).await.unwrap_err(), code::W_VERSION);
    let hello = Message::Hello(device.hello());
    assert_eq!(device.say_at_enrolment(&hello).await.unwrap_err(), code::W_UNEXPECTED);
    let large = Message::Push(device.first_frame(&noise(8_000)).0);
    assert_eq!(device.say_at_enrolment(&large).await.unwrap_err(), code::W_TOO_LARGE);
    device.enrol(&code).await.unwrap();
}

#[test]
fn the_code_is_drawn_where_it_was_asked_for_and_no_pipe_gets_it_unasked() {
    let place = Place::with_people();
    let enrol = |more: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sync-server"));
        command
            .args(["enrol", "--user", "officer", "--address", "127.0.0.1:4433", "--dir"])
            .arg(place.dir())
            .args(more);
        let out = command.stdin(std::process::Stdio::null()).output().unwrap();
        assert!(out.status.success());
        (String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap())
    };
    let drawn = |text: &str| text.lines().filter(|line| line.contains('▀')).count();
    let (plain, asked, json) = (enrol(&[]), enrol(&["--qr"]), enrol(&["--qr", "--json"]));
    assert_eq!((drawn(&plain.0), drawn(&plain.1)), (0, 0));
    assert!(drawn(&asked.0) > 10 && drawn(&asked.1) == 0);
    for text in [&plain.0, &asked.0] {
        text.lines().next().unwrap().parse::<EnrolmentCode>().unwrap();
    }
    assert!(drawn(&json.1) > 10);
    let value: serde_json::Value = serde_json::from_str(&json.0).unwrap();
    value["code"].as_str().unwrap().parse::<EnrolmentCode>().unwrap();
}

/// Bytes that do not compress.
fn noise(count: u32) -> Vec<u8> {
    (0..count / 32).flat_map(|n| signed::digest::sha256(&n.to_be_bytes())).collect()
}
