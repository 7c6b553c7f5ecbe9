//! The vectors of `proto/` hold for this implementation, in both directions, and the messages
//! among them are instances of `proto/messages.cddl`.
//!
//! `FIRSTHAND_WRITE_VECTORS=1 cargo test -p system-tests --test proto_vectors` makes them anew.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod vectors;

use std::process::Command;

use documents::Template;
use signed::cose::{self, CoseError, Typ};
use signed::digest::{AudienceDigest, sha256};
use signed::{
    ActorId, ChangeHash, Code, DeviceId, FrameHash, Incarnation, RecordId, StatementHash, cbor, code, merkle,
};
use wire::{
    Codec, EnrolmentCode, Epoch, FrameBody, FrameHeader, Lane, Leaf, LogHead, Message, Packed, Page, Push, Reassembler,
    Receipt, Row, WireError,
};

use vectors::make::{Keys, public_key};
use vectors::schema::Schema;
use vectors::{Case, cases, hex, notation, to_hex};

/// What came of a vector that may be refused.
fn expect<T>(case: &Case, found: Result<T, Code>) -> Option<T> {
    match (case.refused(), found) {
        (None, Ok(found)) => Some(found),
        (Some(expected), Err(refused)) => {
            assert_eq!(refused, expected, "{}", case.name());
            None
        }
        (None, Err(refused)) => panic!("{}: refused with {refused}", case.name()),
        (Some(expected), Ok(_)) => panic!("{}: taken, not refused with {expected}", case.name()),
    }
}

#[test]
fn the_vectors_can_be_made_anew() {
    if std::env::var_os("FIRSTHAND_WRITE_VECTORS").is_some() {
        vectors::make::write_all();
    }
    let keys = Keys::load();
    assert_eq!(public_key("device").id(), keys.device_id());
}

#[test]
fn cbor_has_one_form() {
    for case in cases("cbor") {
        let bytes = case.bytes("bytes");
        if let Some(value) = expect(&case, cbor::decode(&bytes).map_err(|e| WireError::Form(e).code())) {
            assert_eq!(value, case.value("value"), "{}", case.name());
            assert_eq!(to_hex(cbor::encode(&case.value("value"))), to_hex(bytes), "{}", case.name());
        }
    }
}

#[test]
fn ids_are_computed_alike() {
    for case in cases("ids") {
        let found = match (case.get("parts"), case.get("incarnation")) {
            (Some(parts), _) => {
                let parts: Vec<&str> = parts.as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
                RecordId::derived(&parts).to_string()
            }
            (None, Some(_)) => {
                ActorId::of_store(&case.bytes("spki"), &Incarnation(case.fixed("incarnation"))).to_string()
            }
            (None, None) => DeviceId::of_key(&case.bytes("spki")).to_string(),
        };
        assert_eq!(found, case.text("id"), "{}", case.name());
    }
}

#[test]
fn every_document_begins_with_these_bytes() {
    for case in cases("genesis") {
        let template = [Template::Record, Template::Draft].into_iter().find(|t| t.as_str() == case.name()).unwrap();
        let genesis = template.genesis();
        assert_eq!(to_hex(&genesis.bytes), case.text("bytes"), "{}", case.name());
        assert_eq!(genesis.hash.to_string(), case.text("hash"), "{}", case.name());
        assert_eq!(genesis.max_op, case.number("last_operation"), "{}", case.name());
    }
}

#[test]
fn statements_have_one_form_and_their_author_s_signature() {
    let key = public_key("device");
    for case in cases("statements") {
        let bytes = case.bytes("bytes");
        let found = cose::open(Typ::Statement, &bytes).and_then(|opened| Ok((opened.verify(&key)?, opened)));
        let Some((payload, opened)) = expect(&case, found.map_err(statement_code)) else { continue };
        assert_eq!(payload, case.value("payload"), "{}", case.name());
        assert_eq!(to_hex(cbor::encode(&case.value("payload"))), case.text("payload_bytes"), "{}", case.name());
        assert_eq!(opened.identity().to_string(), case.text("identity"), "{}", case.name());
        let again = cose::envelope(
            DeviceId(case.fixed("kid")),
            Typ::Statement,
            &case.bytes("payload_bytes"),
            &case.fixed("signature"),
        );
        assert_eq!(to_hex(again), to_hex(&bytes), "{}", case.name());
    }
}

/// As `proto/documents.md` section 1 assigns them.
fn statement_code(error: CoseError) -> Code {
    match error {
        CoseError::Form | CoseError::Header | CoseError::Payload(_) => code::S_FORM,
        CoseError::Signature => code::S_SIGNATURE,
        CoseError::Key => code::S_KEY,
    }
}

#[test]
fn the_audience_digest_is_a_sum() {
    for case in cases("digest") {
        let mut digest = AudienceDigest::default();
        for change in case.field("changes").as_array().unwrap().iter().rev() {
            let [document, change] = [0, 1].map(|index| change[index].as_str().unwrap());
            digest.add(document.parse().unwrap(), change.parse::<ChangeHash>().unwrap());
        }
        assert_eq!(to_hex(digest.0), case.text("digest"), "{}", case.name());
    }
}

#[test]
fn messages_read_and_write_and_fit_the_schema() {
    let schema = Schema::load();
    let mut numbers = std::collections::BTreeSet::new();
    for case in cases("messages") {
        let bytes = case.bytes("bytes");
        let Some(message) = expect(&case, Message::decode(&bytes).map_err(WireError::code)) else { continue };
        assert_eq!(message.number(), case.number("number"), "{}", case.name());
        let field = if case.get("read_only").is_some() { "read_only" } else { "value" };
        assert_eq!(to_hex(cbor::encode(&case.value(field))), to_hex(&bytes), "{}", case.name());
        if field == "value" {
            assert_eq!(to_hex(message.encode()), to_hex(&bytes), "{}", case.name());
        }
        assert_eq!(schema.check("message", &bytes), Ok(()), "{}", case.name());
        numbers.insert(message.number());
    }
    assert_eq!(
        Vec::from_iter(numbers),
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14, 15, 16, 17, 18, 19, 20, 21, 22, 32, 33],
        "every message has a vector"
    );
}

#[test]
fn the_schema_refuses_what_the_messages_refuse() {
    // What a schema cannot say: bytes that are no CBOR or not in the one form, the inside of a
    // time, one field that depends on another.
    let beyond_it = [
        "a byte after the message",
        "a message cut short",
        "a count in more bytes than it needs",
        "a time in another spelling",
        "a page past its inbox's end",
    ];
    let schema = Schema::load();
    for case in cases("messages").iter().filter(|case| case.refused().is_some()) {
        let fits = schema.check("message", &case.bytes("bytes")).is_ok();
        assert!(!fits || beyond_it.contains(&case.name()), "{} fits the schema", case.name());
    }
}

#[test]
fn streams_are_cut_into_messages() {
    for case in cases("framing") {
        let mut reassembler = Reassembler::new();
        let mut read = || -> Result<Vec<String>, WireError> {
            reassembler.push(&case.bytes("stream"))?;
            let mut messages = Vec::new();
            while let Some(message) = reassembler.pop()? {
                messages.push(to_hex(message.encode()));
            }
            reassembler.finish()?;
            Ok(messages)
        };
        let found = read().map_err(WireError::code);
        if let Some(found) = expect(&case, found) {
            assert_eq!(serde_json::json!(found), *case.field("messages"), "{}", case.name());
        }
    }
}

#[test]
fn bodies_are_unpacked_to_what_they_declare() {
    for case in cases("packed") {
        let codec = if case.number("codec") == 0 { Codec::Raw } else { Codec::Zstd };
        let packed = Packed { codec, length: case.number("length"), bytes: case.bytes("packed") };
        let found = packed.unpack(wire::limits::FRAME_BODY_BYTES_MAX).map_err(WireError::code);
        if let Some(bytes) = expect(&case, found) {
            assert_eq!(to_hex(&bytes), case.text("bytes"), "{}", case.name());
            assert_eq!(Packed::pack(&bytes).unpack(bytes.len()), Ok(bytes), "{}", case.name());
        }
    }
}

#[test]
fn enrolment_codes_read_and_write() {
    for case in cases("enrolment") {
        let found = case.text("code").parse::<EnrolmentCode>().map_err(WireError::code);
        let Some(found) = expect(&case, found) else { continue };
        let pins = case.field("pins").as_array().unwrap();
        let expected = EnrolmentCode {
            address: case.text("address").into(),
            pins: pins.iter().map(|pin| hex(pin.as_str().unwrap()).try_into().unwrap()).collect(),
            code: case.fixed("id"),
            secret: case.fixed("secret"),
        };
        assert_eq!(found, expected, "{}", case.name());
        if case.get("typed").is_none() {
            assert_eq!(expected.to_string(), case.text("code"), "{}", case.name());
        }
    }
}

#[test]
fn frames_are_rebuilt_hashed_and_proven() {
    let (key, schema) = (public_key("device"), Schema::load());
    for case in cases("frames") {
        let lane = if case.number("lane") == 0 { Lane::Urgent } else { Lane::Rest };
        let bytes = case.bytes("body_bytes");
        let found = FrameBody::decode(&bytes).and_then(|body| {
            let proof = body.verify(&key, Incarnation(case.fixed("incarnation")), lane, case.number("number"))?;
            Ok((body, proof))
        });
        let Some((body, (header, hash))) = expect(&case, found.map_err(WireError::code)) else { continue };
        assert_eq!(FrameBody::from_value(case.value("body")).unwrap(), body, "{}", case.name());
        assert_eq!(to_hex(body.encode()), to_hex(&bytes), "{}", case.name());
        let items: Vec<_> = header.items.iter().map(to_hex).collect();
        assert_eq!(serde_json::json!(items), *case.field("item_hashes"), "{}", case.name());
        assert_eq!(FrameHeader::from_value(case.value("header")).unwrap(), header, "{}", case.name());
        assert_eq!(to_hex(cbor::encode(&header.to_value())), case.text("header_bytes"), "{}", case.name());
        assert_eq!(to_hex(header.envelope(&body.signature)), case.text("signed_header"), "{}", case.name());
        assert_eq!(hash, FrameHash(sha256(&case.bytes("signed_header"))), "{}", case.name());
        assert_eq!(hash.to_string(), case.text("frame_hash"), "{}", case.name());
        assert_eq!(Push::new(lane, 1, &body).open(), Ok(body), "{}", case.name());
        assert_eq!(schema.check("frame-body", &bytes), Ok(()), "{}", case.name());
        assert_eq!(schema.check("frame-header", &case.bytes("header_bytes")), Ok(()), "{}", case.name());
    }
}

fn page(case: &Case) -> Result<Page, Code> {
    let message = Message::decode(&case.bytes("bytes")).map_err(WireError::code)?;
    let Message::Page(page) = message else { panic!("{}: {message:?}", case.name()) };
    Ok(page)
}

#[test]
fn pages_are_rebuilt_and_proven() {
    let (key, schema) = (public_key("server"), Schema::load());
    for case in cases("pages") {
        let user = signed::UserId::new(case.text("user")).unwrap();
        let proven = page(&case).and_then(|page| {
            let proof = page.verify(&user, Epoch(case.fixed("epoch")), &key).map_err(WireError::code)?;
            Ok((page, proof))
        });
        let Some((page, (header, rows))) = expect(&case, proven) else { continue };
        let values: Vec<_> = rows.iter().map(|row| notation::write(&row.to_value())).collect();
        assert_eq!(serde_json::json!(values), *case.field("rows"), "{}", case.name());
        let hashes: Vec<_> = rows.iter().map(|row| to_hex(row.hash())).collect();
        assert_eq!(serde_json::json!(hashes), *case.field("row_hashes"), "{}", case.name());
        assert_eq!(header.to_value(), case.value("header"), "{}", case.name());
        let envelope = header.envelope(key.id(), &page.signature);
        assert_eq!(to_hex(envelope), case.text("signed_header"), "{}", case.name());
        assert_eq!(schema.check("row-list", &page.body.bytes), Ok(()), "{}", case.name());
        let header = cbor::encode(&header.to_value());
        assert_eq!(schema.check("page-header", &header), Ok(()), "{}", case.name());
        for row in &rows {
            let bytes = cbor::encode(&row.to_value());
            assert_eq!(schema.check("row", &bytes), Ok(()), "{}: {row:?}", case.name());
            assert_eq!(Row::from_value(row.to_value()).as_ref(), Ok(row));
        }
    }
}

fn receipt(case: &Case) -> Result<Receipt, Code> {
    let message = Message::decode(&case.bytes("bytes")).map_err(WireError::code)?;
    let Message::Receipt(receipt) = message else { panic!("{}: {message:?}", case.name()) };
    Ok(receipt)
}

#[test]
fn receipts_prove_their_frame() {
    let (key, device, schema) = (public_key("server"), public_key("device").id(), Schema::load());
    for case in cases("receipts") {
        let frame = FrameHash(case.fixed("frame_hash"));
        let items = case.field("statements").as_array().unwrap();
        let item = |hashes: &serde_json::Value| -> Vec<StatementHash> {
            hashes.as_array().unwrap().iter().map(|hash| hash.as_str().unwrap().parse().unwrap()).collect()
        };
        let statements: Vec<_> = items.iter().map(item).collect();
        let proven = receipt(&case).and_then(|receipt| {
            let head = receipt.verify(device, frame, &statements, &key, Epoch(case.fixed("epoch")));
            Ok((receipt, head.map_err(WireError::code)?))
        });
        let Some((receipt, head)) = expect(&case, proven) else { continue };
        assert_eq!(LogHead::from_value(case.value("head")).unwrap(), head, "{}", case.name());
        let leaf = receipt.leaf(device, frame, &statements);
        assert_eq!(Leaf::from_value(case.value("leaf")).unwrap(), leaf, "{}", case.name());
        let bytes = cbor::encode(&leaf.to_value());
        assert_eq!(to_hex(&bytes), case.text("leaf_bytes"), "{}", case.name());
        assert_eq!(to_hex(leaf.hash()), case.text("leaf_hash"), "{}", case.name());
        let log: Vec<_> =
            case.field("log").as_array().unwrap().iter().map(|node| hex(node.as_str().unwrap())).collect();
        let log: Vec<merkle::Node> = log.into_iter().map(|node| node.try_into().unwrap()).collect();
        assert_eq!(merkle::root(&log), head.root, "{}", case.name());
        assert_eq!(merkle::path(&log, 2).as_ref(), Some(&receipt.path), "{}", case.name());
        assert_eq!(schema.check("leaf", &bytes), Ok(()), "{}", case.name());
        assert_eq!(schema.check("log-head", &cbor::encode(&head.to_value())), Ok(()), "{}", case.name());
    }
}

#[test]
fn another_reader_written_from_the_documents_agrees() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/python/check_vectors.py");
    let run = Command::new("python3").arg(script).arg(vectors::proto().join("vectors")).output();
    let Ok(run) = run else {
        return eprintln!("left out: python3 is not here, so the vectors were not read by another implementation");
    };
    eprint!("{}", String::from_utf8_lossy(&run.stdout));
    assert!(run.status.success(), "{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
}
