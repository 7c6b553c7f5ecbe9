//! CBOR, ids, templates and statements.

use documents::Template;
use signed::cbor::{self, map};
use signed::cose::{self, Typ};
use signed::digest::sha256;
use signed::keys::Signature;
use signed::{ActorId, RecordId, Signer as _, Value, code};

use super::{INCARNATION, Keys, Made, record, time};
use crate::vectors::hex;

pub(crate) fn cbor() -> Vec<Made> {
    let valid = [
        ("null", "a value known to be absent; an absent field is left out instead", Value::Null),
        ("booleans", "", Value::Array(vec![Value::Bool(false), Value::Bool(true)])),
        (
            "integers",
            "each in its shortest form",
            Value::Array(
                [0, 23, 24, 255, 256, 65_535, 65_536, 4_294_967_296, i64::MAX, -1, -24, -25, i64::MIN]
                    .map(Value::Int)
                    .to_vec(),
            ),
        ),
        ("bytes", "", Value::bytes([1, 2, 255])),
        ("text", "UTF-8; its length is that in bytes", Value::text("Zoë said \"no\"")),
        (
            "map order",
            "keys ascend by their encoded bytes: the shorter first, then byte by byte",
            map([("b", Value::Int(1)), ("aa", Value::Int(2)), ("a", Value::Int(3)), ("é", Value::Int(4))]),
        ),
        (
            "nesting at the limit",
            "16 containers around a value",
            (0..16).fold(Value::Null, |v, _| Value::Array(vec![v])),
        ),
    ];
    let valid = valid
        .iter()
        .map(|(name, note, value)| Made::new(name, note).value("value", value).hex("bytes", cbor::encode(value)));
    let refused = [
        ("an integer in more bytes than it needs", "1805"),
        ("a length in more bytes than it needs", "580101"),
        ("keys out of order", "a2616201616101"),
        ("a longer key before a shorter one", "a262616101616202"),
        ("the same key twice", "a2616101616102"),
        ("an array of indefinite length", "9f01ff"),
        ("a text in chunks", "7f616161 62ff"),
        ("a float", "f93c00"),
        ("a tag", "c100"),
        ("undefined", "f7"),
        ("another simple value", "f0"),
        ("a key that is a number", "a10101"),
        ("an integer of 64 bits and no sign", "1bffffffffffffffff"),
        ("a text that is not UTF-8", "61ff"),
        ("a byte after the value", "0101"),
        ("an array cut short", "8201"),
        ("nothing", ""),
        ("nesting past the limit", "818181818181818181818181818181818101"),
        ("a length beyond all bytes", "5bffffffffffffffff"),
    ];
    let refused = refused
        .iter()
        .map(|(name, bytes)| Made::new(name, "").hex("bytes", hex(&bytes.replace(' ', ""))).refused(code::W_MALFORMED));
    valid.chain(refused).collect()
}

pub(crate) fn ids(keys: &Keys) -> Vec<Made> {
    let spki = keys.device.public_key().spki();
    let statement = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let derived = |name: &str, note: &str, parts: &[&str]| {
        Made::new(name, note).with("parts", parts.to_vec()).with("id", RecordId::derived(parts).to_string())
    };
    let record = record().to_string();
    vec![
        Made::new("device", "SHA-256(SubjectPublicKeyInfo)[0..16] with the bits of a version 8 UUID; also the kid")
            .hex("spki", spki)
            .with("id", keys.device_id().to_string()),
        Made::new("actor", "SHA-256('actor' || SubjectPublicKeyInfo || incarnation)[0..16]")
            .hex("spki", spki)
            .hex("incarnation", INCARNATION.0)
            .with("id", ActorId::of_store(spki, &INCARNATION).to_string()),
        derived("draft", "the draft document of a record", &["draft", &record]),
        derived("note", "the police note of an action's update", &["note", &record]),
        derived(
            "made by a rule",
            "the rule, the statement that called for it, what it is for",
            &["R55", statement, &record],
        ),
    ]
}

pub(crate) fn genesis() -> Vec<Made> {
    [Template::Record, Template::Draft]
        .map(|template| {
            let genesis = template.genesis();
            Made::new(template.as_str(), "one automerge change chunk; its hash is SHA-256 of all but the first 8 bytes")
                .with("length", genesis.bytes.len())
                .with("last_operation", genesis.max_op)
                .hex("bytes", &genesis.bytes)
                .hex("hash", genesis.hash.0)
        })
        .into()
}

/// The payload of a record's first statement: `created`, with the sealed account in it.
fn created(keys: &Keys) -> Value {
    let turn = |seq, speaker: &str, text: &str| {
        map([
            ("seq", Value::Int(seq)),
            ("speaker", Value::text(speaker)),
            ("text", Value::text(text)),
            ("exact", Value::Bool(true)),
        ])
    };
    let words = Value::Array(vec![
        turn(1, "officer", "Tell me what happened."),
        turn(2, "child", "Nothing happened. I don't want to talk about it."),
    ]);
    let sealed = map([("part", Value::text("account")), ("content", map([("words_verbatim", words)]))]);
    let content = map([
        ("kind", Value::text("disclosure")),
        ("template", Value::text("record")),
        ("compartment", Value::text("POLICE(019aa7f0-4a00-7b2c-8900-0242ac120001)")),
        ("case", Value::bytes(hex("019aa7f04a007b2c89000242ac120001"))),
        ("capacity", Value::text("safer_schools")),
        ("sealed", sealed),
    ]);
    payload(keys, "disclosure", "created", content, vec![Value::bytes(Template::Record.genesis().hash.0)])
}

fn payload(keys: &Keys, kind: &str, step: &str, content: Value, seen: Vec<Value>) -> Value {
    let spki = keys.device.public_key().spki();
    map([
        ("record", Value::bytes(record().0)),
        ("kind", Value::text(kind)),
        ("step", Value::text(step)),
        ("version", Value::Int(1)),
        ("content", content),
        ("author", Value::text("r.hussain")),
        ("role", Value::text("officer")),
        ("actor", Value::bytes(ActorId::of_store(spki, &INCARNATION).0)),
        ("event_at", Value::text("2026-11-22T09:05:00.000Z")),
        ("device_at", Value::text(time().to_string())),
        ("mono_ms", Value::Int(8_123_456)),
        ("boot", Value::text("6f1d")),
        ("offset_ms", Value::Int(-1_250)),
        ("rules", Value::Int(1)),
        ("policy", Value::Int(1)),
        ("gaps", Value::Array(Vec::new())),
        ("seen", Value::Array(seen)),
        ("shown", Value::Array(Vec::new())),
        ("salt", Value::bytes([0x5a; 16])),
    ])
}

pub(crate) fn statements(keys: &Keys) -> Vec<Made> {
    let created = created(keys);
    let accept = payload(keys, "action", "accept", map([]), vec![Value::bytes([0x0a; 32]), Value::bytes([0x0b; 32])]);
    let valid = [
        (
            "created, with a sealed account",
            "the first statement of a document; the server routes by its content",
            &created,
        ),
        (
            "a step",
            "its seen are the document's heads when it was signed: the dependencies of the change that carries it",
            &accept,
        ),
    ];
    let mut cases: Vec<Made> = valid
        .iter()
        .map(|(name, note, payload)| {
            let bytes = cose::sign(Typ::Statement, payload, &keys.device).expect("signs");
            let opened = cose::open(Typ::Statement, &bytes).expect("opens");
            Made::new(name, note)
                .value("payload", payload)
                .hex("payload_bytes", opened.payload_bytes())
                .hex("kid", opened.kid().0)
                .hex("signature", opened.signature())
                .hex("bytes", &bytes)
                .hex("identity", sha256(&bytes))
        })
        .collect();
    cases.extend(refused(keys, &map([("words", Value::text("no"))])));
    cases
}

fn refused(keys: &Keys, payload: &Value) -> Vec<Made> {
    let good = cose::sign(Typ::Statement, payload, &keys.device).expect("signs");
    let opened = cose::open(Typ::Statement, &good).expect("opens");
    let (body, kid) = (cbor::encode(payload), keys.device_id());
    let replaced = |from: &[u8], to: &[u8]| {
        let at = good.windows(from.len()).position(|window| window == from).expect("is there");
        [&good[..at], to, &good[at + from.len()..]].concat()
    };
    let signed_as = |typ, payload: &[u8]| {
        // The right signature over the wrong thing: only the form can tell.
        let message = cose_message(kid.0, typ, payload);
        cose::envelope(kid, typ, payload, &keys.device.sign(&message).expect("signs"))
    };
    let stranger = cose::sign(Typ::Statement, payload, &keys.server).expect("signs");
    let header = [&[0xa3, 0x01, 0x26, 0x04, 0x50], &kid.0[..], &[0x10, 0x73], b"firsthand/statement"].concat();
    let unordered = [&[0xa3, 0x04, 0x50], &kid.0[..], &[0x01, 0x26, 0x10, 0x73], b"firsthand/statement"].concat();
    let floats = [&[0xa1, 0x61, b'n', 0xf9, 0x3c, 0x00][..]].concat();
    let as_received =
        |name: &str, note: &str, bytes: Vec<u8>, code| Made::new(name, note).hex("bytes", bytes).refused(code);
    vec![
        as_received(
            "a high s",
            "the other of a signature's two forms: n - s",
            replaced(opened.signature(), &high(opened.signature())),
            code::S_SIGNATURE,
        ),
        as_received(
            "a word altered",
            "",
            replaced(&body, &cbor::encode(&cbor::map([("words", Value::text("ok"))]))),
            code::S_SIGNATURE,
        ),
        as_received(
            "another key's signature",
            "checked against the device's key, which its kid does not name",
            stranger,
            code::S_KEY,
        ),
        as_received(
            "signed as a frame",
            "typ firsthand/frame where a statement is expected",
            signed_as(Typ::Frame, &body),
            code::S_FORM,
        ),
        as_received(
            "a protected header in another order",
            "the same map in another spelling",
            replaced(&header, &unordered),
            code::S_FORM,
        ),
        as_received(
            "a longer head",
            "the payload's length in two bytes where one would do",
            replaced(
                &[&[0x40 + u8::try_from(body.len()).expect("short")], &body[..]].concat(),
                &[&[0x58, u8::try_from(body.len()).expect("short")], &body[..]].concat(),
            ),
            code::S_FORM,
        ),
        as_received(
            "an unprotected header",
            "the map that must be empty holds a field",
            replaced(&[&header[..], &[0xa0]].concat(), &[&header[..], &[0xa1, 0x01, 0x01]].concat()),
            code::S_FORM,
        ),
        as_received("no tag", "tag 18 left out", good[1..].to_vec(), code::S_FORM),
        as_received("a byte after it", "", [&good[..], &[0]].concat(), code::S_FORM),
        as_received("cut short", "", good[..good.len() - 1].to_vec(), code::S_FORM),
        as_received(
            "a payload with a float",
            "rightly signed, but not in the CBOR profile",
            signed_as(Typ::Statement, &floats),
            code::S_FORM,
        ),
    ]
}

fn cose_message(kid: [u8; 16], typ: Typ, payload: &[u8]) -> Vec<u8> {
    let name = typ.as_str().as_bytes();
    let length = u8::try_from(name.len()).expect("short");
    let header = [&[0xa3, 0x01, 0x26, 0x04, 0x50], &kid[..], &[0x10, 0x60 + length], name].concat();
    let mut out = vec![0x84, 0x6a];
    out.extend_from_slice(b"Signature1");
    out.extend([0x58, u8::try_from(header.len()).expect("short")]);
    out.extend(header);
    out.extend([0x40, 0x40 + u8::try_from(payload.len()).expect("short")]);
    out.extend_from_slice(payload);
    out
}

/// The high twin of a low signature: `n - s`.
fn high(low: &Signature) -> Signature {
    let order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    let mut out = *low;
    let mut borrow = 0_i16;
    for index in (0..32).rev() {
        let difference = i16::from(order[index]) - i16::from(low[32 + index]) - borrow;
        borrow = i16::from(difference < 0);
        out[32 + index] = u8::try_from(difference.rem_euclid(256)).expect("a byte");
    }
    out
}
