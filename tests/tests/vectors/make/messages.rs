//! Messages, streams, packed bodies and enrolment codes.

use signed::cbor::{self, map};
use signed::{ChangeHash, FrameHash, MediaHash, Signer as _, Value, code};
use wire::{
    Codec, Committed, Enrol, Enrolled, EnrolmentCode, Erased, ErasedReport, FrameBody, Hello, Lane, LogHead, Media,
    Message, Outcome, Packed, Push, Receipt, Refuse, Relay, Relayed, Rest, Resume, Welcome, length_prefix,
};

use super::{EPOCH, INCARNATION, Keys, Made, proofs, time, user};

const FILE: MediaHash = MediaHash([0xf1; 32]);

fn first_hello() -> Hello {
    Hello {
        versions: vec![1],
        incarnation: INCARNATION,
        epoch: None,
        cursor: 0,
        digest: [0; 32],
        last_receipt: None,
        ahead: None,
    }
}

fn receipt(keys: &Keys) -> Receipt {
    let head =
        LogHead { epoch: EPOCH, time: time(), size: 1, root: [0x10; 32], audit_size: 12, audit_head: [0xad; 32] };
    Receipt {
        lane: Lane::Rest,
        number: 9,
        head: head.sign(&keys.server).expect("signs"),
        index: 0,
        path: Vec::new(),
        outcomes: vec![
            Outcome { accepted: 3, rest: Rest::Ok },
            Outcome { accepted: 1, rest: Rest::Need(vec![ChangeHash([0x0e; 32])]) },
            Outcome { accepted: 0, rest: Rest::Refused { code: code::C_SEQ.number, kept: true } },
        ],
        user: user(),
        role: "officer".into(),
        inbox_head: 60,
    }
}

fn erased(keys: &Keys) -> Erased {
    let report =
        ErasedReport { device: keys.device_id(), incarnation: INCARNATION, time: time(), records: 214, unsent: 3 };
    report.sign(&keys.device).expect("signs")
}

/// Uncompressed, so that every reader can follow it to the last byte.
fn push(body: &FrameBody) -> Push {
    let bytes = body.encode();
    Push { lane: Lane::Urgent, number: 1, body: Packed { codec: Codec::Raw, length: bytes.len() as u64, bytes } }
}

fn enrolled(keys: &Keys) -> Enrolled {
    Enrolled {
        user: user(),
        role: "officer".into(),
        device: keys.device_id(),
        epoch: EPOCH,
        time: time(),
        directory: vec![b"a signed statement stands here".to_vec()],
        server_keys: vec![keys.server.public_key().spki().to_vec()],
    }
}

pub(crate) fn messages(keys: &Keys) -> Vec<Made> {
    let (_, body, _) = proofs::frame(keys, 1, FrameHash([0; 32]), proofs::items());
    let later = Hello {
        epoch: Some(EPOCH),
        cursor: 40,
        digest: [0xd1; 32],
        last_receipt: Some((5, [0x10; 32])),
        ahead: Some(Resume { list: [0x7a; 16], position: 3 }),
        ..first_hello()
    };
    let welcome = Welcome {
        version: 1,
        epoch: EPOCH,
        time: time(),
        user: user(),
        role: "officer".into(),
        head: 57,
        digest: Some([0xd1; 32]),
        next: (2, 10),
    };
    let order = Refuse { code: code::W_FRAME_ORDER.number, frame: Some((Lane::Urgent, 7)), expected: Some(3) };
    let whole = Refuse { code: code::D_REVOKED.number, frame: None, expected: None };
    let enrol = Enrol { versions: vec![1], code: [0x0c; 16], secret: *b"sixteen bytes ok", incarnation: INCARNATION };
    let valid = [
        (
            "Hello of a new device",
            "no epoch and no receipt yet: the fields are left out",
            Message::Hello(first_hello()),
        ),
        ("Hello of a device that has synced", "", Message::Hello(later)),
        ("Welcome", "", Message::Welcome(welcome.clone())),
        (
            "Welcome to a device whose cursor is unknown",
            "no digest",
            Message::Welcome(Welcome { digest: None, ..welcome }),
        ),
        ("Push", "the frame of frames.json, not compressed", Message::Push(push(&body))),
        ("Receipt", "an item accepted, one that lacks a change, one refused and kept", Message::Receipt(receipt(keys))),
        ("Page", "zstd where it pays", Message::Page(proofs::page(keys))),
        ("Committed", "", Message::Committed(Committed { cursor: 50 })),
        ("Refuse a frame", "and say which number is expected", Message::Refuse(order)),
        ("Refuse a session", "", Message::Refuse(whole)),
        ("Erase", "", Message::Erase),
        ("Erased", "the device's last word", Message::Erased(erased(keys))),
        ("Resume", "three places of this list are on disk", Message::Resume(Resume { list: [0x7a; 16], position: 3 })),
        ("Ahead", "a directory statement and a change", Message::Ahead(proofs::ahead(keys))),
        ("MediaOffer", "", Message::Media(Media::Offer { sha256: FILE, size: 70_000 })),
        ("MediaHave", "half of it came before a break", Message::Media(Media::Have { offset: 35_000 })),
        ("MediaChunk", "", Message::Media(Media::Chunk { offset: 35_000, bytes: b"ciphertext".to_vec() })),
        ("MediaDone", "", Message::Media(Media::Done { sha256: FILE })),
        ("MediaFetch", "", Message::Media(Media::Fetch { sha256: FILE, from: 0 })),
        ("MediaRefuse", "", Message::Media(Media::Refuse { code: code::R110_LOCKED.number })),
        ("Relay", "of the smallest size; what is in it is sealed", Message::Relay(Relay { sealed: vec![0x5e; 4144] })),
        ("Relayed", "it is on the server's disk", Message::Relayed(Relayed { sha256: [0xca; 32], code: None })),
        (
            "Relayed with a code",
            "a frame before it is missing",
            Message::Relayed(Relayed { sha256: [0xca; 32], code: Some(code::W_FRAME_ORDER.number) }),
        ),
        ("Enrol", "", Message::Enrol(enrol)),
        ("Enrolled", "", Message::Enrolled(enrolled(keys))),
    ];
    let mut cases: Vec<Made> = valid
        .iter()
        .map(|(name, note, message)| {
            let bytes = message.encode();
            let value = cbor::decode(&bytes).expect("decodes");
            Made::new(name, note).with("number", message.number()).value("value", &value).hex("bytes", bytes)
        })
        .collect();
    cases.extend(open_to_new_fields());
    cases.extend(refused(keys));
    cases
}

/// Bytes that a reader must take although it would not write them.
fn open_to_new_fields() -> Vec<Made> {
    let Value::Array(parts) = cbor::decode(&Message::Hello(first_hello()).encode()).expect("decodes") else {
        unreachable!("a message is an array")
    };
    let mut body = parts[1].as_map().expect("a map").clone();
    body.insert("versions".into(), Value::Array(vec![Value::Int(2), Value::Int(3)]));
    body.insert("colour".into(), Value::text("of a later version"));
    let value = Value::Array(vec![Value::Int(1), Value::Map(body)]);
    let note = "a later version's Hello with a field unknown here: read, and answered with W.version";
    vec![
        Made::new("Hello of a later version", note)
            .with("number", 1)
            .value("read_only", &value)
            .hex("bytes", cbor::encode(&value)),
    ]
}

fn refused(keys: &Keys) -> Vec<Made> {
    let message = |number: i64, body: Value| cbor::encode(&Value::Array(vec![Value::Int(number), body]));
    let committed = Message::Committed(Committed { cursor: 50 }).encode();
    let cursor = |value| map([("cursor", value)]);
    let path = Message::Receipt(Receipt { path: vec![[0; 32]; 65], ..receipt(keys) }).encode();
    let role = Message::Receipt(Receipt { role: "r".repeat(65), ..receipt(keys) }).encode();
    let versions = Message::Hello(Hello { versions: vec![1; 17], ..first_hello() }).encode();
    let time = Message::Enrolled(enrolled(keys)).encode();
    let at = time.windows(24).position(|w| w == b"2026-11-22T09:30:00.000Z").expect("is there");
    let time = [&time[..at], b"2026-11-22T09:30:00.000z", &time[at + 24..]].concat();
    let codec = Packed { codec: Codec::Raw, length: 3, bytes: vec![1, 2, 3] };
    let mut codec = Message::Push(Push { lane: Lane::Rest, number: 1, body: codec }).encode();
    let at = codec.windows(2).position(|w| w == [0x83, 0x00]).expect("is there");
    codec[at + 1] = 0x02;
    let both = map([
        ("ok", Value::Int(0)),
        ("need", Value::Array(vec![Value::bytes([0; 32])])),
        ("code", Value::Int(1)),
        ("kept", Value::Bool(true)),
    ]);
    let mut outcome = cbor::decode(&Message::Receipt(receipt(keys)).encode()).expect("decodes");
    if let Value::Array(parts) = &mut outcome
        && let Some(Value::Map(body)) = parts.get_mut(1)
    {
        body.insert("outcomes".into(), Value::Array(vec![both]));
    }
    let page = |from, count, head| Message::Page(wire::Page { from, count, head, ..proofs::page(keys) }).encode();
    let one = |name: &str, note: &str, bytes: Vec<u8>, code| Made::new(name, note).hex("bytes", bytes).refused(code);
    vec![
        one("a number that is reserved", "11", message(11, map([])), code::W_UNEXPECTED),
        one("a number nobody knows", "", message(500, map([])), code::W_UNEXPECTED),
        one("a negative number", "", message(-1, map([])), code::W_MALFORMED),
        one("a byte after the message", "", [&committed[..], &[0]].concat(), code::W_MALFORMED),
        one("a message cut short", "", committed[..committed.len() - 1].to_vec(), code::W_MALFORMED),
        one("no body", "", cbor::encode(&Value::Array(vec![Value::Int(8)])), code::W_MALFORMED),
        one("a body that is an array", "", message(8, Value::Array(Vec::new())), code::W_MALFORMED),
        one(
            "an unknown field",
            "only Hello, Enrol and Refuse are open to new ones",
            message(8, cursor(Value::Int(1))),
            code::W_MALFORMED,
        ),
        one("a missing field", "", message(6, map([])), code::W_MALFORMED),
        one("null for an absent field", "", message(6, cursor(Value::Null)), code::W_MALFORMED),
        one("a negative count", "", message(6, cursor(Value::Int(-1))), code::W_MALFORMED),
        one(
            "a count in more bytes than it needs",
            "",
            [&committed[..committed.len() - 2], &[0x19, 0x00, 0x32]].concat(),
            code::W_MALFORMED,
        ),
        one(
            "a hash of another length",
            "",
            message(
                1,
                map([
                    ("versions", Value::Array(vec![Value::Int(1)])),
                    ("incarnation", Value::bytes([0; 16])),
                    ("cursor", Value::Int(0)),
                    ("digest", Value::bytes([0; 31])),
                ]),
            ),
            code::W_MALFORMED,
        ),
        one("a time in another spelling", "a lower-case z", time, code::W_MALFORMED),
        one("a codec nobody knows", "", codec, code::W_MALFORMED),
        one(
            "a lane nobody knows",
            "",
            message(7, map([("code", Value::Int(1204)), ("frame", Value::Array(vec![Value::Int(2), Value::Int(1)]))])),
            code::W_MALFORMED,
        ),
        one("an outcome of two kinds", "", cbor::encode(&outcome), code::W_MALFORMED),
        one("a page of no rows", "", page(1, 0, 1), code::W_MALFORMED),
        one("a page past its inbox's end", "", page(10, 2, 10), code::W_MALFORMED),
        one("a page of 501 rows", "", page(1, 501, 600), code::W_TOO_LARGE),
        one(
            "a part that is not padded",
            "",
            Message::Relay(Relay { sealed: vec![0; 4143] }).encode(),
            code::W_MALFORMED,
        ),
        one("a path of 65 nodes", "", path, code::W_TOO_LARGE),
        one("a role of 65 bytes", "", role, code::W_TOO_LARGE),
        one("17 versions", "", versions, code::W_TOO_LARGE),
        one(
            "frame number 0",
            "frames are numbered from 1",
            Message::Push(Push {
                lane: Lane::Rest,
                number: 0,
                body: Packed { codec: Codec::Raw, length: 0, bytes: Vec::new() },
            })
            .encode(),
            code::W_MALFORMED,
        ),
    ]
}

pub(crate) fn framing() -> Vec<Made> {
    let on_stream = |message: &Message| {
        let bytes = message.encode();
        [&length_prefix(&bytes)[..], &bytes].concat()
    };
    let committed = Message::Committed(Committed { cursor: 50 });
    let stream = [on_stream(&committed), on_stream(&Message::Erase)].concat();
    let encoded: Vec<_> = [&committed, &Message::Erase].map(|message| crate::vectors::to_hex(message.encode())).into();
    let one = |name: &str, note: &str, bytes: &[u8]| Made::new(name, note).hex("stream", bytes);
    vec![
        one("two messages", "each behind its length in four bytes, most significant first", &stream)
            .with("messages", encoded),
        one("nothing", "an empty stream is no error", &[]).with("messages", Vec::<String>::new()),
        one("a stream that ends inside a message", "", &stream[..stream.len() - 1]).refused(code::W_MALFORMED),
        one("a stream that ends inside a length", "", &[0, 0]).refused(code::W_MALFORMED),
        one(
            "a length one past the limit",
            "refused at once: nothing after the four bytes is waited for",
            &[0, 0x10, 0, 1],
        )
        .refused(code::W_TOO_LARGE),
        one("an empty message", "a length of zero", &[0; 4]).refused(code::W_MALFORMED),
    ]
}

pub(crate) fn packed() -> Vec<Made> {
    let text = b"She said no. She said no. She said no. She said no. She said no. She said no.".repeat(4);
    let packed = Packed::pack(&text);
    assert_eq!(packed.codec, Codec::Zstd);
    let one = |name: &str, note: &str, packed: &Packed| {
        let codec = u8::from(packed.codec == Codec::Zstd);
        Made::new(name, note).with("codec", codec).with("length", packed.length).hex("packed", &packed.bytes)
    };
    let raw = Packed { codec: Codec::Raw, length: 3, bytes: vec![1, 2, 3] };
    let wrong = |length, packed: &Packed| Packed { length, ..packed.clone() };
    vec![
        one("as it is", "", &raw).hex("bytes", &raw.bytes),
        one("zstd", "another encoder may give other packed bytes for the same: they are never hashed", &packed)
            .hex("bytes", &text),
        one("raw, and not as long as declared", "", &wrong(4, &raw)).refused(code::W_MALFORMED),
        one("inflates to more than declared", "", &wrong(packed.length - 1, &packed)).refused(code::W_MALFORMED),
        one("inflates to less than declared", "", &wrong(packed.length + 1, &packed)).refused(code::W_MALFORMED),
        one(
            "declares more than its limit",
            "refused before anything is inflated: the limit here is 4 MiB",
            &wrong(4 * 1024 * 1024 + 1, &packed),
        )
        .refused(code::W_TOO_LARGE),
    ]
}

pub(crate) fn enrolment(keys: &Keys) -> Vec<Made> {
    let code = EnrolmentCode {
        address: "192.0.2.7:4433".into(),
        pins: vec![wire::enrolment::pin(keys.server.public_key().spki()), [0x5e; 32]],
        code: [0x0c; 16],
        secret: *b"sixteen bytes ok",
    };
    let text = code.to_string();
    let (id, secret) = text.split_once('.').expect("two parts");
    let parts = |made: Made, text: &str| {
        made.with("code", text)
            .with("address", code.address.as_str())
            .with("pins", code.pins.iter().map(crate::vectors::to_hex).collect::<Vec<_>>())
            .hex("id", code.code)
            .hex("secret", code.secret)
    };
    let refused = |name: &str, text: String| Made::new(name, "").with("code", text).refused(signed::code::D_CODE_FORM);
    vec![
        parts(Made::new("a code", "as the server prints it: pins of the current key and the spare"), &text),
        parts(
            Made::new("a code as people type it", "the secret in lower case").with("typed", true),
            &format!("{id}.{}", secret.to_lowercase()),
        ),
        refused("no secret", id.to_owned()),
        refused("a secret of 25 characters", text[..text.len() - 1].to_owned()),
        refused("no pins", EnrolmentCode { pins: Vec::new(), ..code.clone() }.to_string()),
        refused("no address", EnrolmentCode { address: String::new(), ..code }.to_string()),
        refused("not base64url", format!("+{id}.{secret}")),
    ]
}
