//! What is hashed, signed and proven: digests, frames, pages, receipts.

use signed::cbor;
use signed::digest::AudienceDigest;
use signed::merkle::{self, leaf_hash};
use signed::{ChangeHash, FrameHash, Signer as _, StatementHash, Value, code};
use wire::{
    Ahead, AheadHeader, FrameBody, FrameHeader, Item, Lane, Leaf, LogHead, Message, Outcome, Page, PageHeader, Receipt,
    Rest, Resume, Row,
};

use super::{EPOCH, INCARNATION, Keys, Made, record, second_record, time, user};

pub(crate) fn digest() -> Vec<Made> {
    let mut digest = AudienceDigest::default();
    let changes =
        [(record(), [0xaa; 32]), (record(), [0xbb; 32]), (second_record(), [0xff; 32]), (second_record(), [0xcc; 32])];
    let mut cases = vec![
        Made::new("no change", "the digest of nothing").with("changes", Vec::<String>::new()).hex("digest", digest.0),
    ];
    for (index, (document, change)) in changes.iter().enumerate() {
        digest.add(*document, ChangeHash(*change));
        let so_far: Vec<_> = changes[..=index]
            .iter()
            .map(|(document, change)| vec![document.to_string(), ChangeHash(*change).to_string()])
            .collect();
        cases.push(
            Made::new(&format!("{} changes", index + 1), "the same in any order")
                .with("changes", so_far)
                .hex("digest", digest.0),
        );
    }
    cases
}

/// What stands for the bytes of changes here: the protocol does not look into them.
pub(crate) fn items() -> Vec<Item> {
    vec![
        Item { document: record(), changes: vec![b"first change".to_vec(), b"second change".to_vec()] },
        Item { document: second_record(), changes: vec![b"another document's".to_vec()] },
    ]
}

pub(crate) fn frame(
    keys: &Keys,
    number: u64,
    previous: FrameHash,
    items: Vec<Item>,
) -> (FrameHeader, FrameBody, FrameHash) {
    let unsigned = FrameBody { previous, signature: [0; 64], items };
    let header = unsigned.header(keys.device_id(), INCARNATION, Lane::Urgent, number);
    let (signature, hash) = header.sign(&keys.device).expect("signs");
    (header, FrameBody { signature, ..unsigned }, hash)
}

pub(crate) fn frames(keys: &Keys) -> Vec<Made> {
    let (header, body, hash) = frame(keys, 1, FrameHash([0; 32]), items());
    let more = vec![Item { document: record(), changes: vec![b"third change".to_vec()] }];
    let (second_header, second, second_hash) = frame(keys, 2, hash, more);
    let valid = |name: &str, note: &str, header: &FrameHeader, body: &FrameBody, hash: FrameHash| {
        place(Made::new(name, note), header.number, body)
            .value("body", &body.to_value())
            .with("item_hashes", header.items.iter().map(crate::vectors::to_hex).collect::<Vec<_>>())
            .value("header", &header.to_value())
            .hex("header_bytes", cbor::encode(&header.to_value()))
            .hex("signed_header", header.envelope(&body.signature))
            .hex("frame_hash", hash.0)
    };
    let refused = |name: &str, note: &str, number, body: &FrameBody, code| {
        place(Made::new(name, note), number, body).refused(code)
    };
    let mut altered = body.clone();
    altered.items[0].changes[1] = b"second chance".to_vec();
    let mut swapped = body.clone();
    swapped.items.swap(0, 1);
    let mut chained = second.clone();
    chained.previous = FrameHash([0; 32]);
    let empty = FrameBody { items: Vec::new(), ..body.clone() };
    vec![
        valid("the first frame of a lane", "previous is 32 zero bytes", &header, &body, hash),
        valid("the second", "previous is the hash of the first's signed header", &second_header, &second, second_hash),
        refused("a byte of a change altered", "", 1, &altered, code::W_FRAME_SIGNATURE),
        refused("two items exchanged", "", 1, &swapped, code::W_FRAME_SIGNATURE),
        refused("another number", "the first frame sent as the third", 3, &body, code::W_FRAME_SIGNATURE),
        refused("another previous", "", 2, &chained, code::W_FRAME_SIGNATURE),
        refused("no items", "", 1, &empty, code::W_FRAME_CONTENT),
        Made::new("not a body", "the body is cut short")
            .hex("incarnation", INCARNATION.0)
            .with("lane", 0)
            .with("number", 1)
            .hex("body_bytes", &body.encode()[..body.encode().len() - 1])
            .refused(code::W_FRAME_CONTENT),
    ]
}

fn place(made: Made, number: u64, body: &FrameBody) -> Made {
    made.hex("incarnation", INCARNATION.0).with("lane", 0).with("number", number).hex("body_bytes", body.encode())
}

pub(crate) fn rows() -> Vec<Row> {
    let line = |status: &str| {
        cbor::map([
            ("id", Value::bytes(second_record().0)),
            ("kind", Value::text("action")),
            ("status", Value::text(status)),
        ])
    };
    vec![
        Row::Granted { document: record() },
        Row::Change { document: record(), change: b"first change".to_vec() },
        Row::Own { document: second_record(), change: ChangeHash([0x0c; 32]), lane: Lane::Urgent, frame: 1, item: 1 },
        Row::Delivery { document: record(), statement: StatementHash([0x57; 32]), to: user(), at: time() },
        Row::Headline { line: line("requested") },
        Row::Withdrawn { document: second_record(), headline: Some(line("closed")) },
        Row::Withdrawn { document: second_record(), headline: None },
        Row::Directory { statement: b"a signed statement stands here".to_vec() },
        Row::Policy { version: 3, values: cbor::map([("recording_delay_minutes", Value::Int(60))]) },
        Row::Held { document: record(), change: ChangeHash([0x0d; 32]) },
        Row::Prompt { line: line("requested") },
        Row::Match { line: line("possible") },
        Row::Unknown { number: 4_000, body: cbor::map([("later", Value::Bool(true))]) },
    ]
}

pub(crate) fn page(keys: &Keys) -> Page {
    let header =
        PageHeader { user: user(), epoch: EPOCH, from: 41, digest: [0xd1; 32], time: time(), rows: Vec::new() };
    Page::sign(header, &rows(), 57, &keys.server).expect("signs")
}

pub(crate) fn ahead(keys: &Keys) -> Ahead {
    let to = Resume { list: [0x7a; 16], position: 3 };
    let header = AheadHeader { user: user(), epoch: EPOCH, to, time: time(), rows: Vec::new() };
    let rows: Vec<Row> = rows().into_iter().filter(Row::goes_ahead).collect();
    Ahead::sign(header, &rows, &keys.server).expect("signs")
}

pub(crate) fn pages(keys: &Keys) -> Vec<Made> {
    let page = page(keys);
    let (header, rows) = page.verify(&user(), EPOCH, keys.server.public_key()).expect("verifies");
    let one = |name: &str, note: &str, page: &Page, user: &str| {
        Made::new(name, note)
            .with("user", user)
            .hex("epoch", EPOCH.0)
            .hex("bytes", Message::Page(page.clone()).encode())
    };
    let values: Vec<Value> = rows.iter().map(Row::to_value).collect();
    let raw = wire::Packed { codec: wire::Codec::Raw, length: 0, bytes: cbor::encode(&Value::Array(values.clone())) };
    let raw = Page { body: wire::Packed { length: raw.bytes.len() as u64, ..raw }, ..page.clone() };
    let digest = Page { digest: [0xd2; 32], ..raw.clone() };
    let fewer = Page { count: raw.count - 1, ..raw.clone() };
    vec![
        one(
            "a page with a row of every kind",
            "the last row is of a later version: kept and hashed like any other",
            &raw,
            "r.hussain",
        )
        .with("rows", values.iter().map(crate::vectors::notation::write).collect::<Vec<_>>())
        .with("row_hashes", header.rows.iter().map(crate::vectors::to_hex).collect::<Vec<_>>())
        .value("header", &header.to_value())
        .hex("signed_header", header.envelope(keys.server.public_key().id(), &page.signature)),
        one("another user's page", "rightly signed, for somebody else", &raw, "a.clarke")
            .refused(code::W_PAGE_SIGNATURE),
        one("another digest", "", &digest, "r.hussain").refused(code::W_PAGE_SIGNATURE),
        one("a row more than it counts", "", &fewer, "r.hussain").refused(code::W_MALFORMED),
    ]
}

pub(crate) fn receipts(keys: &Keys) -> Vec<Made> {
    let (_, _, hash) = frame(keys, 1, FrameHash([0; 32]), items());
    let refused = Rest::Refused { code: code::C_SEQ.number, kept: true };
    let outcomes = vec![Outcome { accepted: 2, rest: Rest::Ok }, Outcome { accepted: 0, rest: refused }];
    let statements = vec![vec![StatementHash([0x57; 32])], Vec::new()];
    let leaf = Leaf {
        device: keys.device_id(),
        frame: hash,
        outcomes: outcomes.clone(),
        statements: statements.clone(),
        user: user(),
        role: "officer".into(),
    };
    let leaves = [
        leaf_hash(b"an earlier leaf"),
        leaf_hash(b"another"),
        leaf.hash(),
        leaf_hash(b"a later one"),
        leaf_hash(b"the last"),
    ];
    let head = LogHead {
        epoch: EPOCH,
        time: time(),
        size: leaves.len() as u64,
        root: merkle::root(&leaves),
        audit_size: 12,
        audit_head: [0xad; 32],
    };
    let receipt = Receipt {
        lane: Lane::Urgent,
        number: 1,
        head: head.sign(&keys.server).expect("signs"),
        index: 2,
        path: merkle::path(&leaves, 2).expect("is there"),
        outcomes,
        user: user(),
        role: "officer".into(),
        inbox_head: 57,
    };
    let known: Vec<Vec<String>> =
        statements.iter().map(|item| item.iter().map(ToString::to_string).collect()).collect();
    let one = |name: &str, note: &str, receipt: &Receipt| {
        Made::new(name, note)
            .hex("frame_hash", hash.0)
            .with("statements", known.clone())
            .hex("epoch", EPOCH.0)
            .hex("bytes", Message::Receipt(receipt.clone()).encode())
    };
    let other_epoch = LogHead { epoch: wire::Epoch([0xe1; 16]), ..head.clone() };
    let refused = |name: &str, note: &str, receipt: Receipt, code| one(name, note, &receipt).refused(code);
    vec![
        one("a receipt", "leaf 2 of a log of five; one item accepted, one refused and kept", &receipt)
            .value("leaf", &leaf.to_value())
            .hex("leaf_bytes", cbor::encode(&leaf.to_value()))
            .hex("leaf_hash", leaf.hash())
            .with("log", leaves.iter().map(crate::vectors::to_hex).collect::<Vec<_>>())
            .value("head", &head.to_value()),
        refused("another place in the log", "", Receipt { index: 3, ..receipt.clone() }, code::W_RECEIPT),
        refused(
            "a path cut short",
            "",
            Receipt { path: receipt.path[1..].to_vec(), ..receipt.clone() },
            code::W_RECEIPT,
        ),
        refused(
            "another role",
            "the leaf names the role",
            Receipt { role: "sergeant".into(), ..receipt.clone() },
            code::W_RECEIPT,
        ),
        refused(
            "signed by the device itself",
            "",
            Receipt { head: head.sign(&keys.device).expect("signs"), ..receipt.clone() },
            code::W_RECEIPT,
        ),
        refused(
            "another epoch",
            "rightly signed, in another life of the server's data",
            Receipt { head: other_epoch.sign(&keys.server).expect("signs"), ..receipt },
            code::W_EPOCH,
        ),
    ]
}
