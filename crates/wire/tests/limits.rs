//! Each limit holds at its value and refuses one past it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use signed::{ChangeHash, DeviceId, FrameHash, Incarnation, RecordId, StatementHash, Timestamp, UserId, code};
use wire::limits::*;
use wire::{
    Codec, Enrolled, Epoch, FrameBody, Hello, Item, Lane, Leaf, Media, Message, Outcome, Packed, Page, Push, Receipt,
    Rest, WireError,
};

fn verdict(message: &Message) -> Result<(), signed::Code> {
    Message::decode(&message.encode()).map(drop).map_err(WireError::code)
}

fn check(make: impl Fn(usize) -> Message, limit: usize) {
    assert_eq!(verdict(&make(limit)), Ok(()), "at {limit}");
    assert_eq!(verdict(&make(limit + 1)), Err(code::W_TOO_LARGE), "one past {limit}");
}

fn raw(bytes: usize) -> Packed {
    Packed { codec: Codec::Raw, length: bytes as u64, bytes: vec![0; bytes] }
}

fn receipt() -> Receipt {
    Receipt {
        lane: Lane::Rest,
        number: 1,
        head: vec![0],
        index: 0,
        path: Vec::new(),
        outcomes: Vec::new(),
        user: UserId::new("u").unwrap(),
        role: "officer".into(),
        inbox_head: 0,
    }
}

fn enrolled() -> Enrolled {
    Enrolled {
        user: UserId::new("u").unwrap(),
        role: "officer".into(),
        device: DeviceId([0; 16]),
        epoch: Epoch([0; 16]),
        time: Timestamp::from_millis(0),
        directory: Vec::new(),
        server_keys: vec![vec![0]],
    }
}

fn page(count: u64, body: Packed) -> Message {
    let (digest, time, signature) = ([0; 32], Timestamp::from_millis(0), [0; 64]);
    Message::Page(Page { from: 1, count, head: 10_000, digest, time, signature, body })
}

fn body(items: usize, changes: usize) -> FrameBody {
    let item = |_| Item { document: RecordId([0; 16]), changes: vec![vec![0]; changes] };
    FrameBody { previous: FrameHash([0; 32]), signature: [0; 64], items: (0..items).map(item).collect() }
}

#[test]
fn messages() {
    check(|n| Message::Push(Push { lane: Lane::Rest, number: 1, body: raw(n) }), FRAME_PACKED_BYTES_MAX);
    check(|n| page(1, raw(n)), PAGE_PACKED_BYTES_MAX);
    check(|n| page(n as u64, raw(1)), ROWS_PER_PAGE_MAX);
    check(|n| Message::Receipt(Receipt { path: vec![[0; 32]; n], ..receipt() }), PATH_MAX);
    check(|n| Message::Receipt(Receipt { head: vec![0; n], ..receipt() }), LOG_HEAD_BYTES_MAX);
    check(|n| Message::Receipt(Receipt { role: "r".repeat(n), ..receipt() }), ROLE_BYTES_MAX);
    let ok = Outcome { accepted: 1, rest: Rest::Ok };
    check(|n| Message::Receipt(Receipt { outcomes: vec![ok.clone(); n], ..receipt() }), ITEMS_PER_FRAME_MAX);
    let need = |n| Outcome { accepted: 0, rest: Rest::Need(vec![ChangeHash([0; 32]); n]) };
    check(|n| Message::Receipt(Receipt { outcomes: vec![need(n)], ..receipt() }), NEED_MAX);
    let chunk = |n| Media::Chunk { offset: 0, bytes: vec![0; n] };
    check(|n| Message::Media(chunk(n)), MEDIA_CHUNK_BYTES_MAX);
    let hello = |n| Hello {
        versions: vec![1; n],
        incarnation: Incarnation([0; 16]),
        epoch: None,
        cursor: 0,
        digest: [0; 32],
        last_receipt: None,
        ahead: None,
    };
    check(|n| Message::Hello(hello(n)), VERSIONS_MAX);
    check(|n| Message::Enrolled(Enrolled { directory: vec![vec![0]; n], ..enrolled() }), DIRECTORY_MAX);
    check(|n| Message::Enrolled(Enrolled { server_keys: vec![vec![0]; n], ..enrolled() }), SERVER_KEYS_MAX);
    check(|n| Message::Enrolled(Enrolled { server_keys: vec![vec![0; n]], ..enrolled() }), SERVER_KEY_BYTES_MAX);
}

#[test]
fn the_fullest_messages_that_are_allowed_fit_into_a_message() {
    let need = Outcome { accepted: 0, rest: Rest::Need(vec![ChangeHash([0; 32]); NEED_MAX]) };
    let fullest = Receipt {
        outcomes: vec![need; ITEMS_PER_FRAME_MAX],
        path: vec![[0; 32]; PATH_MAX],
        head: vec![0; LOG_HEAD_BYTES_MAX],
        ..receipt()
    };
    for message in [
        Message::Receipt(fullest),
        Message::Push(Push { lane: Lane::Rest, number: u64::MAX >> 1, body: raw(FRAME_PACKED_BYTES_MAX) }),
        page(500, raw(PAGE_PACKED_BYTES_MAX)),
    ] {
        assert!(message.encode().len() <= MESSAGE_BYTES_MAX, "{}", message.number());
        assert_eq!(verdict(&message), Ok(()));
    }
}

#[test]
fn frames() {
    let verdict = |body: &FrameBody| FrameBody::decode(&body.encode()).map(drop).map_err(WireError::code);
    assert_eq!(verdict(&body(ITEMS_PER_FRAME_MAX, 1)), Ok(()));
    assert_eq!(verdict(&body(ITEMS_PER_FRAME_MAX + 1, 1)), Err(code::W_TOO_LARGE));
    assert_eq!(verdict(&body(1, CHANGES_PER_FRAME_MAX)), Ok(()));
    assert_eq!(verdict(&body(1, CHANGES_PER_FRAME_MAX + 1)), Err(code::W_TOO_LARGE));
    assert_eq!(verdict(&body(2, CHANGES_PER_FRAME_MAX / 2 + 1)), Err(code::W_TOO_LARGE));
    assert_eq!(verdict(&body(0, 1)), Err(code::W_FRAME_CONTENT));
    assert_eq!(verdict(&body(1, 0)), Err(code::W_FRAME_CONTENT));
}

#[test]
fn a_frame_inflates_to_its_limit_and_no_further() {
    let mut large = body(1, 1);
    let room = FRAME_BODY_BYTES_MAX - large.encode().len();
    // The head of the change's byte string grows from one byte to five.
    large.items[0].changes[0] = vec![0; 1 + room - 4];
    assert_eq!(large.encode().len(), FRAME_BODY_BYTES_MAX);
    assert_eq!(Push::new(Lane::Rest, 1, &large).open(), Ok(large.clone()));
    large.items[0].changes[0].push(0);
    let refused = Push::new(Lane::Rest, 1, &large).open().map(drop).map_err(WireError::code);
    assert_eq!(refused, Err(code::W_TOO_LARGE));
}

#[test]
fn a_leaf_names_every_statement_of_the_largest_frame() {
    let leaf = |n| Leaf {
        device: DeviceId([0; 16]),
        frame: FrameHash([0; 32]),
        outcomes: Vec::new(),
        statements: vec![vec![StatementHash([0; 32]); n]],
        user: UserId::new("u").unwrap(),
        role: "officer".into(),
    };
    let verdict = |n| Leaf::from_value(leaf(n).to_value()).map(drop).map_err(WireError::code);
    assert_eq!(verdict(STATEMENTS_PER_ITEM_MAX), Ok(()));
    assert_eq!(verdict(STATEMENTS_PER_ITEM_MAX + 1), Err(code::W_TOO_LARGE));
}
