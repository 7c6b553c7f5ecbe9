//! Frames that are not what they should be: each is one numbered refusal, and the server serves on.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod client;

use client::process::{Place, Serving};
use client::{Device, NOTHING_BEFORE, Session, junk_item, refused_at_hello, serves};
use signed::{Code, FrameHash, code};
use wire::{Lane, Message, Packed, Push, Rest, length_prefix};

async fn officer() -> (Place, Serving, Device) {
    let place = Place::with_people();
    let server = place.serve();
    let device = Device::enrolled(&place, "officer").await;
    (place, server, device)
}

/// What the server says to a session in which this was done.
async fn refusal(device: &Device, act: impl AsyncFnOnce(&mut Session)) -> Code {
    let (mut session, _) = device.session().await;
    act(&mut session).await;
    let code = session.refusal().await;
    serves(device).await;
    code
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hello_of_another_protocol_version_is_refused() {
    let (_place, _server, device) = officer().await;
    let mut session = device.silent_session().await;
    let mut hello = device.hello();
    hello.versions = vec![2, 7];
    session.send(&Message::Hello(hello)).await;
    assert_eq!(session.refusal().await, code::W_VERSION);
    serves(&device).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_short_too_long_and_shapeless_messages_are_refused() {
    let (_place, _server, device) = officer().await;
    let whole = Message::Push(device.first_frame(b"junk").0).encode();
    let mut cut = length_prefix(&whole).to_vec();
    cut.extend_from_slice(&whole[..whole.len() / 2]);
    assert_eq!(refusal(&device, async |session| session.push_bytes(&cut).await).await, code::W_MALFORMED);
    let long = [u32::MAX.to_be_bytes().as_slice(), &[0; 100]].concat();
    assert_eq!(refusal(&device, async |session| session.push_bytes(&long).await).await, code::W_TOO_LARGE);
    let shapeless = [&[0, 0, 0, 4][..], &[0xff; 4]].concat();
    assert_eq!(refusal(&device, async |session| session.push_bytes(&shapeless).await).await, code::W_MALFORMED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_out_of_order_or_of_another_chain_is_refused() {
    let (_place, _server, device) = officer().await;
    let (third, _) = device.frame(Lane::Rest, 3, NOTHING_BEFORE, vec![junk_item(b"x")]);
    assert_eq!(refusal(&device, async |session| session.push(&third).await).await, code::W_FRAME_ORDER);
    let (other_chain, _) = device.frame(Lane::Rest, 1, FrameHash([1; 32]), vec![junk_item(b"x")]);
    assert_eq!(refusal(&device, async |session| session.push(&other_chain).await).await, code::W_FRAME_CHAIN);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_altered_frame_and_another_device_s_frame_are_refused() {
    let (_place, _server, device) = officer().await;
    let (push, _) = device.first_frame(b"as signed");
    let mut body = push.open().unwrap();
    body.items[0].changes[0] = b"as altered".to_vec();
    let altered = Push::new(push.lane, push.number, &body);
    assert_eq!(refusal(&device, async |session| session.push(&altered).await).await, code::W_FRAME_SIGNATURE);

    let stranger = Device { known_as: None, ..Device::new(&_place.code("officer")) };
    let (foreign, _) = stranger.first_frame(b"junk");
    assert_eq!(refusal(&device, async |session| session.push(&foreign).await).await, code::W_FRAME_SIGNATURE);

    let no_body = Push { body: Packed::pack(b"not a frame's body"), ..push };
    assert_eq!(refusal(&device, async |session| session.push(&no_body).await).await, code::W_FRAME_CONTENT);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_on_the_control_stream_and_a_hello_on_a_lane_are_refused() {
    let (_place, _server, device) = officer().await;
    let push = Message::Push(device.first_frame(b"junk").0);
    assert_eq!(refusal(&device, async |session| session.send(&push).await).await, code::W_UNEXPECTED);
    let hello = Message::Hello(device.hello()).encode();
    let framed = [&length_prefix(&hello)[..], &hello].concat();
    assert_eq!(refusal(&device, async |session| session.push_bytes(&framed).await).await, code::W_UNEXPECTED);
    let of_a_lane = |lane| {
        let push = Message::Push(device.frame(lane, 1, NOTHING_BEFORE, vec![junk_item(b"junk")]).0).encode();
        [&length_prefix(&push)[..], &push].concat()
    };
    let mixed = [of_a_lane(Lane::Urgent), of_a_lane(Lane::Rest)].concat();
    assert_eq!(refusal(&device, async |session| session.push_bytes(&mixed).await).await, code::W_UNEXPECTED);
    let twice = Message::Hello(device.hello());
    assert_eq!(refusal(&device, async |session| session.send(&twice).await).await, code::W_UNEXPECTED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_frame_gets_its_first_receipt_and_a_changed_one_is_refused() {
    let (place, _server, device) = officer().await;
    let (push, _) = device.first_frame(b"junk");
    let (mut session, welcome) = device.session().await;
    assert_eq!(welcome.next, (1, 1));
    session.push(&push).await;
    let first = session.receipt().await.unwrap();
    session.push(&push).await;
    let same_session = session.receipt().await.unwrap();
    let (mut session, welcome) = device.session().await;
    assert_eq!(welcome.next, (1, 2));
    session.push(&push).await;
    let later_session = session.receipt().await.unwrap();
    for again in [same_session, later_session] {
        assert_eq!((again.index, &again.head, &again.path), (first.index, &first.head, &first.path));
        assert_eq!(again.outcomes, first.outcomes);
    }
    assert_eq!(place.device(device.id())["quarantined"], 1);

    let (changed, _) = device.first_frame(b"other junk");
    assert_eq!(refusal(&device, async |session| session.push(&changed).await).await, code::W_FRAME_CHANGED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_change_is_kept_aside_and_both_lanes_go_on() {
    let (place, _server, device) = officer().await;
    let (mut session, _) = device.session().await;
    let (first, hash) = device.first_frame(b"no change at all");
    let (second, _) = device.frame(Lane::Rest, 2, hash, vec![junk_item(b"nor is this")]);
    let (urgent, _) = device.frame(Lane::Urgent, 1, NOTHING_BEFORE, vec![junk_item(b"nor this")]);
    for push in [&first, &second, &urgent] {
        session.push(push).await;
    }
    for _ in 0..3 {
        let receipt = session.receipt().await.unwrap();
        let [outcome] = receipt.outcomes.as_slice() else { panic!("one item") };
        let Rest::Refused { kept, .. } = outcome.rest else { panic!("{outcome:?}") };
        assert!(outcome.accepted == 0 && kept);
    }
    assert_eq!(place.device(device.id())["quarantined"], 3);
    assert_eq!(place.run(&["verify"]).done()["ok"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_flight_is_taken_without_waiting_for_the_welcome() {
    let (_place, _server, device) = officer().await;
    let mut session = device.silent_session().await;
    session.push(&device.first_frame(b"junk").0).await;
    session.send(&Message::Hello(device.hello())).await;
    session.welcome().await.unwrap();
    assert_eq!(session.receipt().await.unwrap().number, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_frames_than_may_be_under_way_wait_and_are_all_answered() {
    let (_place, _server, device) = officer().await;
    let (mut session, _) = device.session().await;
    let mut previous = NOTHING_BEFORE;
    let frames = 100;
    for number in 1..=frames {
        let bytes = format!("junk {number}");
        let (push, hash) = device.frame(Lane::Rest, number, previous, vec![junk_item(bytes.as_bytes())]);
        session.push(&push).await;
        previous = hash;
    }
    for number in 1..=frames {
        assert_eq!(session.receipt().await.unwrap().number, number);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_says_nothing_is_sent_away_in_time() {
    let (_place, _server, device) = officer().await;
    let session = device.silent_session().await;
    assert_eq!(session.closing_code().await, code::W_TIMEOUT);
    assert_eq!(refused_at_hello(&Device::new(&_place.code("officer"))).await, code::D_UNKNOWN);
}
