//! What is signed holds for exactly what was signed, and for nothing else.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use signed::cose::{self, Typ};
use signed::digest::sha256;
use signed::merkle::Frontier;
use signed::{
    FrameHash, Incarnation, RecordId, RingSigner, Signer as _, StatementHash, Timestamp, UserId, Value, cbor, code,
};
use wire::{
    Epoch, FrameBody, FrameHeader, Item, Lane, Leaf, LogHead, Outcome, Page, PageHeader, Receipt, Rest, Row, WireError,
};

const INCARNATION: Incarnation = Incarnation([9; 16]);
const EPOCH: Epoch = Epoch([5; 16]);

fn items() -> Vec<Item> {
    vec![
        Item { document: RecordId([1; 16]), changes: vec![b"first".to_vec(), b"second".to_vec()] },
        Item { document: RecordId([2; 16]), changes: vec![b"third".to_vec()] },
    ]
}

fn signed_frame(device: &RingSigner) -> (FrameBody, FrameHash) {
    let unsigned = FrameBody { previous: FrameHash([0; 32]), signature: [0; 64], items: items() };
    let header = unsigned.header(device.public_key().id(), INCARNATION, Lane::Urgent, 1);
    let (signature, hash) = header.sign(device).unwrap();
    (FrameBody { signature, ..unsigned }, hash)
}

#[test]
fn a_frame_is_the_device_s_own_in_its_place_and_in_no_other() {
    let (device, other) = (RingSigner::generate().unwrap(), RingSigner::generate().unwrap());
    let (body, hash) = signed_frame(&device);
    let key = device.public_key();

    let (header, found) = body.verify(key, INCARNATION, Lane::Urgent, 1).unwrap();
    assert_eq!(found, hash);
    assert_eq!(hash.0, sha256(&header.envelope(&body.signature)));
    assert_eq!(FrameHeader::from_value(header.to_value()), Ok(header));

    let refused = |body: &FrameBody, key, incarnation, lane, number| {
        assert_eq!(body.verify(key, incarnation, lane, number), Err(WireError::FrameSignature));
    };
    refused(&body, other.public_key(), INCARNATION, Lane::Urgent, 1);
    refused(&body, key, Incarnation([8; 16]), Lane::Urgent, 1);
    refused(&body, key, INCARNATION, Lane::Rest, 1);
    refused(&body, key, INCARNATION, Lane::Urgent, 2);
    let mut altered = [body.clone(), body.clone(), body.clone(), body.clone(), body.clone()];
    altered[0].previous = FrameHash([1; 32]);
    altered[1].items.swap(0, 1);
    altered[2].items[0].changes.swap(0, 1);
    altered[3].items[1].document = RecordId([3; 16]);
    altered[4].items.truncate(1);
    for body in &altered {
        refused(body, key, INCARNATION, Lane::Urgent, 1);
    }
}

fn rows() -> Vec<Row> {
    let unknown = Row::Unknown { number: 99, body: cbor::map([("later", Value::Int(1))]) };
    vec![Row::Change { document: RecordId([1; 16]), change: b"bytes".to_vec() }, unknown]
}

fn page(server: &RingSigner) -> Page {
    let header = PageHeader {
        user: UserId::new("u").unwrap(),
        epoch: EPOCH,
        from: 7,
        digest: [3; 32],
        time: Timestamp::from_millis(0),
        rows: Vec::new(),
    };
    Page::sign(header, &rows(), 20, server).unwrap()
}

#[test]
fn a_page_is_for_one_user_in_one_epoch_and_covers_rows_nobody_here_knows() {
    let (server, other) = (RingSigner::generate().unwrap(), RingSigner::generate().unwrap());
    let (page, user) = (page(&server), UserId::new("u").unwrap());
    let key = server.public_key();
    let (header, found) = page.verify(&user, EPOCH, key).unwrap();
    assert_eq!(found, rows());
    assert_eq!(header.rows, rows().iter().map(Row::hash).collect::<Vec<_>>());

    let another = UserId::new("v").unwrap();
    let refused = |page: &Page, user, epoch, key| {
        assert_eq!(page.verify(user, epoch, key).map_err(WireError::code), Err(code::W_PAGE_SIGNATURE));
    };
    refused(&page, &another, EPOCH, key);
    refused(&page, &user, Epoch([6; 16]), key);
    refused(&page, &user, EPOCH, other.public_key());
    refused(&Page { from: 8, ..page.clone() }, &user, EPOCH, key);
    refused(&Page { digest: [4; 32], ..page.clone() }, &user, EPOCH, key);
    let mut one_row_less = page.clone();
    one_row_less.count = 1;
    let refusal = one_row_less.verify(&user, EPOCH, key).map_err(WireError::code);
    assert_eq!(refusal, Err(code::W_MALFORMED));
}

#[test]
fn a_receipt_proves_this_frame_with_these_outcomes_in_this_epoch() {
    let (device, server) = (RingSigner::generate().unwrap(), RingSigner::generate().unwrap());
    let (_, frame) = signed_frame(&device);
    let id = device.public_key().id();
    let statements = vec![vec![StatementHash([7; 32])], Vec::new()];
    let refused = Rest::Refused { code: code::C_SEQ.number, kept: true };
    let outcomes = vec![Outcome { accepted: 2, rest: Rest::Ok }, Outcome { accepted: 0, rest: refused }];
    let (user, role) = (UserId::new("u").unwrap(), "officer".to_owned());
    let leaf = Leaf {
        device: id,
        frame,
        outcomes: outcomes.clone(),
        statements: statements.clone(),
        user: user.clone(),
        role: role.clone(),
    };
    let mut log = Frontier::default();
    let (first, second) = ([1; 32], leaf.hash());
    log.push(first);
    log.push(second);
    let head = LogHead {
        epoch: EPOCH,
        time: Timestamp::from_millis(0),
        size: 2,
        root: log.root(),
        audit_size: 4,
        audit_head: [2; 32],
    };
    let receipt = Receipt {
        lane: Lane::Urgent,
        number: 1,
        head: head.sign(&server).unwrap(),
        index: 1,
        path: vec![first],
        outcomes,
        user,
        role,
        inbox_head: 12,
    };
    let key = server.public_key();
    assert_eq!(receipt.verify(id, frame, &statements, key, EPOCH), Ok(head.clone()));

    let verdict = |receipt: &Receipt, frame, statements: &[Vec<StatementHash>], epoch| {
        receipt.verify(id, frame, statements, key, epoch).map(drop).map_err(WireError::code)
    };
    assert_eq!(verdict(&receipt, FrameHash([0; 32]), &statements, EPOCH), Err(code::W_RECEIPT));
    assert_eq!(verdict(&receipt, frame, &[Vec::new(), Vec::new()], EPOCH), Err(code::W_RECEIPT));
    assert_eq!(verdict(&receipt, frame, &statements[..1], EPOCH), Err(code::W_RECEIPT));
    assert_eq!(verdict(&receipt, frame, &statements, Epoch([6; 16])), Err(code::W_EPOCH));
    let altered = [
        Receipt { index: 0, ..receipt.clone() },
        Receipt { path: Vec::new(), ..receipt.clone() },
        Receipt { role: "sergeant".into(), ..receipt.clone() },
        Receipt { head: head.sign(&device).unwrap(), ..receipt.clone() },
        Receipt { head: cose::sign(Typ::Page, &head.to_value(), &server).unwrap(), ..receipt.clone() },
    ];
    for receipt in &altered {
        assert_eq!(verdict(receipt, frame, &statements, EPOCH), Err(code::W_RECEIPT));
    }
}
