//! Every message reads back as it was written, and nothing that can come in does harm.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use signed::merkle::Node;
use signed::{
    ChangeHash, DeviceId, FrameHash, Incarnation, MediaHash, RecordId, StatementHash, Timestamp, UserId, Value, cbor,
};
use wire::{
    Ahead, Codec, Committed, Enrol, Enrolled, Epoch, FrameBody, FrameHeader, Hello, Item, Lane, Leaf, LogHead, Media,
    Message, Outcome, Packed, Page, PageHeader, Push, Receipt, Refuse, Rest, Resume, Row, Welcome, WireError, codec,
};

fn count() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..300, 0..=i64::MAX.unsigned_abs()]
}

fn from_one() -> impl Strategy<Value = u64> {
    prop_oneof![1_u64..300, 1..=i64::MAX.unsigned_abs()]
}

fn time() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_millis)
}

fn user() -> impl Strategy<Value = UserId> {
    "[A-Za-z0-9._-]{1,64}".prop_map(|id| UserId::new(&id).unwrap())
}

fn role() -> impl Strategy<Value = String> {
    "[a-z_]{1,64}"
}

fn lane() -> impl Strategy<Value = Lane> {
    prop_oneof![Just(Lane::Urgent), Just(Lane::Rest)]
}

fn packed() -> impl Strategy<Value = Packed> {
    let codec = prop_oneof![Just(Codec::Raw), Just(Codec::Zstd)];
    (codec, count(), vec(any::<u8>(), 0..200)).prop_map(|(codec, length, bytes)| Packed { codec, length, bytes })
}

fn signature() -> impl Strategy<Value = [u8; 64]> {
    any::<([u8; 32], [u8; 32])>().prop_map(|(r, s)| [r, s].concat().try_into().unwrap())
}

fn some_bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 1..80)
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let rest = prop_oneof![
        Just(Rest::Ok),
        vec(any::<[u8; 32]>().prop_map(ChangeHash), 1..4).prop_map(Rest::Need),
        any::<(u32, bool)>().prop_map(|(code, kept)| Rest::Refused { code, kept }),
    ];
    (count(), rest).prop_map(|(accepted, rest)| Outcome { accepted, rest })
}

fn line() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        ".{0,12}".prop_map(Value::Text),
        vec(any::<u8>(), 0..12).prop_map(Value::Bytes),
    ];
    let inner = leaf.prop_recursive(3, 12, 4, |inner| vec(inner, 0..4).prop_map(Value::Array));
    proptest::collection::btree_map("[a-z]{1,9}", inner, 0..5).prop_map(Value::Map)
}

fn row() -> impl Strategy<Value = Row> {
    let document = || any::<[u8; 16]>().prop_map(RecordId);
    let statement = || any::<[u8; 32]>().prop_map(StatementHash);
    prop_oneof![
        (document(), some_bytes()).prop_map(|(document, change)| Row::Change { document, change }),
        (document(), any::<[u8; 32]>(), lane(), from_one(), count()).prop_map(
            |(document, change, lane, frame, item)| Row::Own {
                document,
                change: ChangeHash(change),
                lane,
                frame,
                item
            }
        ),
        document().prop_map(|document| Row::Granted { document }),
        (document(), option::of(line())).prop_map(|(document, headline)| Row::Withdrawn { document, headline }),
        (document(), statement(), user(), time()).prop_map(|(document, statement, to, at)| Row::Delivery {
            document,
            statement,
            to,
            at
        }),
        line().prop_map(|line| Row::Headline { line }),
        some_bytes().prop_map(|statement| Row::Directory { statement }),
        (count(), line()).prop_map(|(version, values)| Row::Policy { version, values }),
        line().prop_map(|line| Row::Prompt { line }),
        line().prop_map(|line| Row::Match { line }),
        (document(), any::<[u8; 32]>())
            .prop_map(|(document, change)| Row::Held { document, change: ChangeHash(change) }),
        (12_u64..1 << 40, line()).prop_map(|(number, body)| Row::Unknown { number, body }),
    ]
}

fn item() -> impl Strategy<Value = Item> {
    (any::<[u8; 16]>(), vec(some_bytes(), 1..4))
        .prop_map(|(document, changes)| Item { document: RecordId(document), changes })
}

fn frame_body() -> impl Strategy<Value = FrameBody> {
    (any::<[u8; 32]>(), signature(), vec(item(), 1..5)).prop_map(|(previous, signature, items)| FrameBody {
        previous: FrameHash(previous),
        signature,
        items,
    })
}

fn frame_header() -> impl Strategy<Value = FrameHeader> {
    (any::<([u8; 16], [u8; 16], [u8; 32])>(), lane(), from_one(), vec(any::<[u8; 32]>(), 1..5)).prop_map(
        |((device, incarnation, previous), lane, number, items)| FrameHeader {
            device: DeviceId(device),
            incarnation: Incarnation(incarnation),
            lane,
            number,
            previous: FrameHash(previous),
            items,
        },
    )
}

fn page_header() -> impl Strategy<Value = PageHeader> {
    (user(), any::<([u8; 16], [u8; 32])>(), from_one(), time(), vec(any::<[u8; 32]>(), 1..5)).prop_map(
        |(user, (epoch, digest), from, time, rows)| PageHeader { user, epoch: Epoch(epoch), from, digest, time, rows },
    )
}

fn leaf() -> impl Strategy<Value = Leaf> {
    let statements = vec(vec(any::<[u8; 32]>().prop_map(StatementHash), 0..3), 0..4);
    (any::<([u8; 16], [u8; 32])>(), vec(outcome(), 0..4), statements, user(), role()).prop_map(
        |((device, frame), outcomes, statements, user, role)| Leaf {
            device: DeviceId(device),
            frame: FrameHash(frame),
            outcomes,
            statements,
            user,
            role,
        },
    )
}

fn log_head() -> impl Strategy<Value = LogHead> {
    (any::<([u8; 16], Node, Node)>(), time(), count(), count()).prop_map(
        |((epoch, root, audit_head), time, size, audit_size)| LogHead {
            epoch: Epoch(epoch),
            time,
            size,
            root,
            audit_size,
            audit_head,
        },
    )
}

fn resume() -> impl Strategy<Value = Resume> {
    (any::<[u8; 16]>(), count()).prop_map(|(list, position)| Resume { list, position })
}

fn hello() -> impl Strategy<Value = Hello> {
    let (epoch, last) = (option::of(any::<[u8; 16]>()), option::of((count(), any::<Node>())));
    (vec(count(), 1..16), any::<[u8; 16]>(), epoch, count(), any::<[u8; 32]>(), last, option::of(resume())).prop_map(
        |(versions, incarnation, epoch, cursor, digest, last_receipt, ahead)| Hello {
            versions,
            incarnation: Incarnation(incarnation),
            epoch: epoch.map(Epoch),
            cursor,
            digest,
            last_receipt,
            ahead,
        },
    )
}

fn welcome() -> impl Strategy<Value = Welcome> {
    let digest = option::of(any::<[u8; 32]>());
    (count(), any::<[u8; 16]>(), time(), user(), role(), count(), digest, (from_one(), from_one())).prop_map(
        |(version, epoch, time, user, role, head, digest, next)| Welcome {
            version,
            epoch: Epoch(epoch),
            time,
            user,
            role,
            head,
            digest,
            next,
        },
    )
}

fn receipt() -> impl Strategy<Value = Receipt> {
    let path = vec(any::<Node>(), 0..6);
    (lane(), from_one(), some_bytes(), count(), path, vec(outcome(), 0..5), user(), role(), count()).prop_map(
        |(lane, number, head, index, path, outcomes, user, role, inbox_head)| Receipt {
            lane,
            number,
            head,
            index,
            path,
            outcomes,
            user,
            role,
            inbox_head,
        },
    )
}

fn page() -> impl Strategy<Value = Page> {
    (1_u64..1 << 40, 1_u64..=500, 0_u64..1 << 40, any::<[u8; 32]>(), time(), signature(), packed()).prop_map(
        |(from, count, more, digest, time, signature, body)| Page {
            from,
            count,
            head: from + count - 1 + more,
            digest,
            time,
            signature,
            body,
        },
    )
}

fn enrolled() -> impl Strategy<Value = Enrolled> {
    let key = || vec(some_bytes(), 0..4);
    (user(), role(), any::<([u8; 16], [u8; 16])>(), time(), key(), vec(some_bytes(), 1..3)).prop_map(
        |(user, role, (device, epoch), time, directory, server_keys)| Enrolled {
            user,
            role,
            device: DeviceId(device),
            epoch: Epoch(epoch),
            time,
            directory,
            server_keys,
        },
    )
}

fn media() -> impl Strategy<Value = Media> {
    let file = || any::<[u8; 32]>().prop_map(MediaHash);
    prop_oneof![
        (file(), from_one()).prop_map(|(sha256, size)| Media::Offer { sha256, size }),
        count().prop_map(|offset| Media::Have { offset }),
        (count(), some_bytes()).prop_map(|(offset, bytes)| Media::Chunk { offset, bytes }),
        file().prop_map(|sha256| Media::Done { sha256 }),
        (file(), count()).prop_map(|(sha256, from)| Media::Fetch { sha256, from }),
        any::<u32>().prop_map(|code| Media::Refuse { code }),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    let refuse = (any::<u32>(), option::of((lane(), count())), option::of(count()))
        .prop_map(|(code, frame, expected)| Refuse { code, frame, expected });
    let enrol = (vec(count(), 1..16), any::<([u8; 16], [u8; 16], [u8; 16])>()).prop_map(
        |(versions, (code, secret, incarnation))| Enrol {
            versions,
            code,
            secret,
            incarnation: Incarnation(incarnation),
        },
    );
    prop_oneof![
        hello().prop_map(Message::Hello),
        welcome().prop_map(Message::Welcome),
        (lane(), from_one(), packed()).prop_map(|(lane, number, body)| Message::Push(Push { lane, number, body })),
        receipt().prop_map(Message::Receipt),
        page().prop_map(Message::Page),
        count().prop_map(|cursor| Message::Committed(Committed { cursor })),
        refuse.prop_map(Message::Refuse),
        Just(Message::Erase),
        vec(any::<u8>(), 1..=wire::limits::ERASED_BYTES_MAX)
            .prop_map(|report| Message::Erased(wire::Erased { report })),
        resume().prop_map(Message::Resume),
        (resume(), time(), signature(), packed()).prop_map(|(to, time, signature, body)| Message::Ahead(Ahead {
            to,
            time,
            signature,
            body
        })),
        media().prop_map(Message::Media),
        (1..4_usize, any::<u8>()).prop_map(|(pads, byte)| Message::Relay(wire::Relay {
            sealed: vec![byte; pads * wire::limits::RELAY_PAD_BYTES + signed::sealed::OVERHEAD_LEN]
        })),
        (any::<[u8; 32]>(), option::of(any::<u32>()))
            .prop_map(|(sha256, code)| Message::Relayed(wire::Relayed { sha256, code })),
        enrol.prop_map(Message::Enrol),
        enrolled().prop_map(Message::Enrolled),
    ]
}

/// What a peer could do to a message on its way.
#[derive(Clone, Debug)]
enum Damage {
    Flip(usize, u8),
    Cut(usize),
    Insert(usize, u8),
    Repeat(usize, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (any::<usize>(), 1_u8..).prop_map(|(at, bits)| Damage::Flip(at, bits)),
        any::<usize>().prop_map(Damage::Cut),
        any::<(usize, u8)>().prop_map(|(at, byte)| Damage::Insert(at, byte)),
        (any::<usize>(), 1_usize..20).prop_map(|(at, n)| Damage::Repeat(at, n)),
    ]
}

fn damaged(mut bytes: Vec<u8>, damage: &Damage) -> Vec<u8> {
    let length = bytes.len().max(1);
    match damage {
        Damage::Flip(at, bits) => {
            if let Some(byte) = bytes.get_mut(at % length) {
                *byte ^= bits;
            }
        }
        Damage::Cut(at) => bytes.truncate(at % length),
        Damage::Insert(at, byte) => bytes.insert(at % length, *byte),
        Damage::Repeat(at, n) => {
            let from = at % length;
            let piece = bytes[from..(from + n).min(bytes.len())].to_vec();
            bytes.extend(piece);
        }
    }
    bytes
}

fn is_open_to_new_fields(message: &Message) -> bool {
    matches!(message, Message::Hello(_) | Message::Enrol(_) | Message::Refuse(_))
}

/// Whatever decodes has one byte form (but for the three messages that new fields may join).
fn one_form_or_refused(bytes: &[u8]) {
    match Message::decode(bytes) {
        Ok(message) => {
            assert!(is_open_to_new_fields(&message) || message.encode() == bytes, "{message:?}");
            match &message {
                Message::Push(push) => drop(push.open()),
                Message::Page(page) => {
                    let user = UserId::new("u").unwrap();
                    let key = key();
                    drop(page.verify(&user, Epoch([0; 16]), &key));
                }
                Message::Ahead(ahead) => drop(ahead.verify(&UserId::new("u").unwrap(), Epoch([0; 16]), &key())),
                Message::Erased(erased) => drop(wire::ErasedReport::verify(erased, &key())),
                Message::Hello(_)
                | Message::Resume(_)
                | Message::Welcome(_)
                | Message::Receipt(_)
                | Message::Committed(_)
                | Message::Refuse(_)
                | Message::Erase
                | Message::Media(_)
                | Message::Relay(_)
                | Message::Relayed(_)
                | Message::Enrol(_)
                | Message::Enrolled(_) => {}
            }
        }
        Err(error) => assert!((1200..1300).contains(&error.code().number), "{error}"),
    }
}

fn key() -> signed::PublicKey {
    use std::sync::OnceLock;
    static KEY: OnceLock<signed::PublicKey> = OnceLock::new();
    use signed::Signer as _;
    KEY.get_or_init(|| signed::RingSigner::generate().unwrap().public_key().clone()).clone()
}

proptest! {
    #[test]
    fn every_message_reads_back(message in message()) {
        let bytes = message.encode();
        prop_assert_eq!(Message::decode(&bytes), Ok(message));
    }

    #[test]
    fn every_row_reads_back(row in row()) {
        prop_assert_eq!(Row::from_value(row.to_value()), Ok(row));
    }

    #[test]
    fn every_frame_body_reads_back_packed_or_not(body in frame_body(), lane in lane()) {
        prop_assert_eq!(FrameBody::decode(&body.encode()), Ok(body.clone()));
        prop_assert_eq!(Push::new(lane, 1, &body).open(), Ok(body));
    }

    #[test]
    fn everything_signed_or_hashed_reads_back(
        frame in frame_header(), page in page_header(), leaf in leaf(), head in log_head(),
    ) {
        prop_assert_eq!(FrameHeader::from_value(frame.to_value()), Ok(frame));
        prop_assert_eq!(PageHeader::from_value(page.to_value()), Ok(page));
        prop_assert_eq!(Leaf::from_value(leaf.to_value()), Ok(leaf));
        prop_assert_eq!(LogHead::from_value(head.to_value()), Ok(head));
    }

    #[test]
    fn arbitrary_bytes_are_a_message_or_a_numbered_refusal(bytes in vec(any::<u8>(), 0..300)) {
        one_form_or_refused(&bytes);
    }

    #[test]
    fn arbitrary_values_are_a_message_or_a_numbered_refusal(number in 0_u64..40, body in line()) {
        one_form_or_refused(&cbor::encode(&Value::Array(vec![Value::uint(number), body])));
    }

    #[test]
    fn damaged_messages_are_another_message_or_a_numbered_refusal(
        message in message(), damages in vec(damage(), 1..4),
    ) {
        one_form_or_refused(&damages.iter().fold(message.encode(), damaged));
    }

    #[test]
    fn damaged_bodies_are_another_body_or_a_numbered_refusal(body in frame_body(), damages in vec(damage(), 1..4)) {
        let bytes = damages.iter().fold(body.encode(), damaged);
        match FrameBody::decode(&bytes) {
            Ok(found) => prop_assert_eq!(found.encode(), bytes),
            Err(error) => {
                let expected = matches!(error, WireError::FrameContent | WireError::TooLarge { .. });
                prop_assert!(expected, "{}", error);
            }
        }
    }

    #[test]
    fn debug_output_is_short_whatever_is_held(message in message(), row in row()) {
        let shown = format!("{message:?} {row:?}");
        prop_assert!(shown.len() < 4000, "{} characters", shown.len());
        if let Message::Enrol(enrol) = &message {
            let secret = format!("{:?}", enrol.secret);
            prop_assert!(!shown.contains(secret.trim_matches(['[', ']'])));
        }
    }
}

#[test]
fn a_later_version_may_add_fields_to_the_three_messages_that_must_always_be_understood() {
    let hello = cbor::map([
        ("versions", Value::Array(vec![Value::Int(2)])),
        ("incarnation", Value::bytes([1; 16])),
        ("cursor", Value::Int(0)),
        ("digest", Value::bytes([0; 32])),
        ("something_new", Value::Int(1)),
    ]);
    let bytes = cbor::encode(&Value::Array(vec![Value::uint(codec::number::HELLO), hello]));
    let Ok(Message::Hello(hello)) = Message::decode(&bytes) else { unreachable!("decodes") };
    assert_eq!(wire::version::choose(&hello.versions), None);

    let committed = cbor::map([("cursor", Value::Int(0)), ("something_new", Value::Int(1))]);
    let bytes = cbor::encode(&Value::Array(vec![Value::uint(codec::number::COMMITTED), committed]));
    assert_eq!(Message::decode(&bytes).map_err(WireError::code), Err(signed::code::W_MALFORMED));
}

#[test]
fn a_number_nobody_knows_is_unexpected() {
    for number in [0_u64, 11, 13, 23, 34, 1 << 40] {
        let bytes = cbor::encode(&Value::Array(vec![Value::uint(number), cbor::map([])]));
        assert_eq!(Message::decode(&bytes), Err(WireError::UnknownMessage(number)));
    }
}
