//! The attacks, family by family: each with the number it is refused with.

use std::num::NonZeroU64;

use super::OTHER_WORDS;
use super::common::SCHOOL;
use super::common::author::{Author, now};
use super::common::client::Client;
use super::forge::{self, Parts};
use automerge::legacy::{Key, ObjectId, Op, OpId, OpType};
use automerge::{ActorId as AmActor, Change, ChangeHash as AmHash, ExpandedChange, ObjType, ScalarValue};
use documents::change::{NewEntry, content_key};
use documents::{ChangeBuilder, Scalar, Sentence, Statement, Template};
use signed::cbor::Map;
use signed::cose::{self, Typ};
use signed::{ActorId, Code, RecordId, RingSigner, Signer, UserId, Value, code};

/// One attack: its name, the number it is refused with, and how it is made.
pub(super) type Family = (&'static str, Code, fn(&Target<'_>) -> Vec<u8>);

/// The record that is attacked, and whatever an attacker may have come by.
pub(super) struct Target<'a> {
    pub(super) author: &'a Author,
    pub(super) id: RecordId,
    /// Another record of the same author.
    pub(super) other: RecordId,
    /// The key of somebody else's device, known to the server.
    pub(super) colleague: &'a Client,
}

impl Target<'_> {
    pub(super) fn actor(&self) -> AmActor {
        AmActor::from(self.author.actor().0)
    }

    /// An honest edit.
    pub(super) fn honest(&self) -> Vec<u8> {
        self.author.change(self.id, |builder| {
            builder.field("school", &Scalar::Text(SCHOOL.into()));
        })
    }

    /// An honest edit, then bent.
    pub(super) fn bent(&self, bend: impl FnOnce(&mut ExpandedChange)) -> Vec<u8> {
        let mut change = Change::try_from(self.honest().as_slice()).unwrap().decode();
        change.hash = None;
        bend(&mut change);
        Change::from(change).raw_bytes().to_vec()
    }

    /// An honest edit's operation instead of which there is another.
    pub(super) fn doing(&self, op: Op) -> Vec<u8> {
        self.bent(|change| change.operations = vec![op])
    }

    /// An honest edit whose columns were written by hand.
    pub(super) fn forged(&self, forge: impl FnOnce(Parts) -> Parts) -> Vec<u8> {
        forge(Parts::read(&self.honest())).bytes()
    }

    /// The same statement-carrying change an honest step makes, its statement altered.
    pub(super) fn says(&self, alter: impl FnOnce(&mut Statement)) -> Vec<u8> {
        self.signed_by(&*self.author.client.signer, alter)
    }

    pub(super) fn signed_by(&self, signer: &dyn Signer, alter: impl FnOnce(&mut Statement)) -> Vec<u8> {
        let mut statement = self.step();
        alter(&mut statement);
        self.put(statement.sign(signer).unwrap())
    }

    /// An honest step's envelope, then other bytes.
    pub(super) fn enveloped(&self, alter: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut envelope = self.step().sign(&*self.author.client.signer).unwrap();
        alter(&mut envelope);
        self.put(envelope)
    }

    pub(super) fn step(&self) -> Statement {
        self.author.statement(self.id, "action", Sentence::Step("accept".into()), Map::new())
    }

    pub(super) fn put(&self, envelope: Vec<u8>) -> Vec<u8> {
        self.author.change(self.id, |builder| {
            builder.statement(envelope);
        })
    }

    /// The operation that put the sealed words, and its key.
    pub(super) fn sealed(&self) -> (OpId, String) {
        let (said, _) = self.author.docs[&self.id].view.created().unwrap();
        (OpId(said.counter, AmActor::from(said.dot.actor.0)), content_key(&said.opened.bytes))
    }

    /// The operation that stands in a register.
    pub(super) fn standing(&self, key: &str) -> OpId {
        let live = self.author.docs[&self.id].state.fields[key][0];
        OpId(live.counter, AmActor::from(live.actor.0))
    }
}

fn op(object: u64, key: &str, action: OpType, pred: Vec<OpId>) -> Op {
    let obj = ObjectId::Id(OpId(object, AmActor::from([0_u8])));
    Op { action, obj, key: Key::Map(key.into()), pred: pred.into(), insert: false }
}

fn put(object: u64, key: &str, value: ScalarValue, pred: Vec<OpId>) -> Op {
    op(object, key, OpType::Put(value), pred)
}

fn text(text: &str) -> ScalarValue {
    ScalarValue::Str(text.into())
}

const STATEMENTS: u64 = 1;
const ENTRIES: u64 = 2;
const CAUTIOUS: u64 = 3;
const FIELDS: u64 = 4;

/// What declares more than it is: a few bytes each, or one long key.
pub(super) const BOMBS: &[Family] = &[
    ("millions of predecessors", code::C_PREDS, |t| {
        let count = 50_000_000_u64;
        t.forged(|parts| {
            parts
                .with(forge::PREDECESSOR_COUNT, forge::one(count))
                .with(forge::PREDECESSOR_ACTOR, forge::run(50_000_000, 0))
                .with(forge::PREDECESSOR_COUNTER, forge::delta(50_000_000, 1))
        })
    }),
    ("one huge key of nine thousand operations", code::C_KEYS, |t| {
        let key = "k".repeat(30_000);
        t.forged(|parts| Parts { columns: Parts::of_many(9_000, &key).columns, ..parts })
    }),
    ("one huge value of nine thousand operations", code::C_VALUES, |t| {
        let many = Parts::of_many(9_000, "school").with(forge::VALUE_KIND, forge::run(9_000, 60_000 << 4 | 6));
        t.forged(|parts| Parts { columns: many.with(forge::VALUE, vec![b'v'; 60_000]).columns, ..parts })
    }),
    ("a run of millions of operations", code::C_OPS, |t| {
        t.forged(|parts| Parts { columns: Parts::of_many(5_000_000, "school").columns, ..parts })
    }),
    ("runs whose sum wraps around", code::C_OPS, |t| {
        let wrapped = [forge::run(i64::MAX, 1), forge::run(i64::MAX, 1), forge::run(3, 1)].concat();
        t.forged(|parts| parts.with(forge::ACTION, wrapped))
    }),
    ("a key that says it is a gigabyte long", code::C_ROWS, |t| {
        let promised = [forge::signed(-1), forge::unsigned(900_000_000), b"k".to_vec()].concat();
        t.forged(|parts| parts.with(forge::KEY_TEXT, promised))
    }),
    ("a deflated column", code::C_COLUMNS, |t| {
        t.forged(|mut parts| {
            parts.columns.iter_mut().filter(|(number, _)| *number == forge::VALUE).for_each(|(number, _)| *number |= 8);
            parts
        })
    }),
    ("a compressed chunk", code::C_CHUNK, |t| {
        let long = t.bent(|c| c.operations[0].action = OpType::Put(text(&"word ".repeat(50_000))));
        let mut change = Change::try_from(long.as_slice()).unwrap();
        let compressed = change.bytes().into_owned();
        assert!(compressed.len() * 100 < long.len(), "it was compressed");
        compressed
    }),
    ("a saved document", code::C_CHUNK, |_| {
        let mut document = automerge::AutoCommit::new();
        automerge::transaction::Transactable::put(&mut document, automerge::ROOT, "k", 1).unwrap();
        document.save()
    }),
    ("no chunk at all", code::C_CHUNK, |_| b"disclosure".to_vec()),
    ("more values than a change holds", code::C_VALUES, |t| {
        t.bent(|c| c.operations[0].action = OpType::Put(text(&"w".repeat(300_000))))
    }),
    ("a change over its size", code::C_SIZE, |t| t.forged(|parts| Parts { extra: vec![1; 400_000], ..parts })),
];

/// Operations that name what they do not stand on, and numbers that do not continue.
pub(super) const HISTORIES: &[Family] = &[
    ("an absent predecessor", code::C_PRED, |t| t.bent(|c| c.operations[0].pred = vec![OpId(999, t.actor())].into())),
    ("a predecessor of another key", code::C_PRED, |t| {
        t.doing(put(FIELDS, "owner", text("officer"), vec![t.standing("school")]))
    }),
    ("a predecessor by an unknown actor", code::C_PRED, |t| {
        t.bent(|c| c.operations[0].pred = vec![OpId(5, AmActor::from([8_u8; 16]))].into())
    }),
    ("a predecessor in the template", code::C_PRED, |t| {
        t.bent(|c| c.operations[0].pred = vec![OpId(1, AmActor::from([0_u8]))].into())
    }),
    ("a far first operation", code::C_START_OP, |t| t.bent(|c| c.start_op = NonZeroU64::new(4_000_000).unwrap())),
    ("the last first operation there is", code::C_RANGE, |t| {
        t.bent(|c| c.start_op = NonZeroU64::new(u64::from(u32::MAX) + 1).unwrap())
    }),
    ("a first operation that was used", code::C_START_OP, |t| t.bent(|c| c.start_op = NonZeroU64::new(5).unwrap())),
    ("a number left out", code::C_SEQ, |t| t.bent(|c| c.seq += 1)),
    ("a number used before", code::C_EQUIVOCATION, |t| t.bent(|c| c.seq -= 1)),
    ("the actor's own previous change left out", code::C_SEQ, |t| {
        let first = &t.author.docs[&t.id].changes[0];
        t.bent(|c| {
            c.deps = vec![AmHash(first.hash.0)];
            c.start_op = NonZeroU64::new(first.max_op + 1).unwrap();
            c.operations[0].pred = Vec::new().into();
        })
    }),
    ("a dependency that is an ancestor of another", code::C_DEPS, |t| {
        let first = AmHash(t.author.docs[&t.id].changes[0].hash.0);
        t.bent(|c| {
            c.deps.push(first);
            c.deps.sort();
        })
    }),
    ("the genesis beside other dependencies", code::C_DEPS, |t| {
        t.bent(|c| {
            c.deps.push(AmHash(Template::Record.genesis().hash.0));
            c.deps.sort();
        })
    }),
    ("a time in the header", code::C_HEADER, |t| t.bent(|c| c.time = 1)),
    ("a message in the header", code::C_HEADER, |t| t.bent(|c| c.message = Some("hello".into()))),
    ("extra bytes", code::C_HEADER, |t| t.bent(|c| c.extra_bytes = vec![1, 1, 65])),
    ("a change by another store", code::C_FOREIGN_ACTOR, |t| {
        let mut builder = ChangeBuilder::new(&t.author.docs[&t.id].state, ActorId([9; 16]));
        builder.field("school", &Scalar::Text(SCHOOL.into()));
        builder.finish()
    }),
    ("a change in a colleague's name", code::C_FOREIGN_ACTOR, |t| {
        let mut builder = ChangeBuilder::new(&t.author.docs[&t.id].state, t.colleague.actor());
        let statement = Statement { author: user("sergeant"), role: "sergeant".into(), ..t.step() };
        let statement = Statement { actor: t.colleague.actor(), ..statement };
        builder.statement(statement.sign(&*t.colleague.signer).unwrap());
        builder.finish()
    }),
];

/// Objects, operations and values that nobody may make.
pub(super) const SHAPES: &[Family] = &[
    ("a second genesis", code::C_ACTOR, |_| Template::Record.genesis().bytes.clone()),
    ("the template made again by a device", code::C_OP, |t| {
        let make =
            |name: &str| Op { obj: ObjectId::Root, ..op(STATEMENTS, name, OpType::Make(ObjType::Map), Vec::new()) };
        t.bent(|c| c.operations = ["statements", "entries", "cautious", "fields"].map(make).to_vec())
    }),
    ("a map made in a register", code::C_OP, |t| t.doing(op(FIELDS, "school", OpType::Make(ObjType::Map), Vec::new()))),
    ("a value in the root", code::C_OP, |t| {
        t.doing(Op { obj: ObjectId::Root, ..put(FIELDS, "statements", ScalarValue::Int(1), Vec::new()) })
    }),
    ("a deletion", code::C_OP, |t| t.bent(|c| c.operations[0].action = OpType::Delete)),
    ("an increment", code::C_OP, |t| t.bent(|c| c.operations[0].action = OpType::Increment(1))),
    ("a list operation on a map", code::C_COLUMNS, |t| {
        let insert = Op {
            key: Key::Seq(automerge::legacy::ElementId::Head),
            insert: true,
            ..put(FIELDS, "k", text("x"), Vec::new())
        };
        t.doing(insert)
    }),
    ("words in a record", code::C_OP, |t| t.doing(put(5, "words", text("x"), Vec::new()))),
    ("a run spelt another way", code::C_CANONICAL, |t| t.forged(|parts| parts.with(forge::ACTION, forge::run(1, 1)))),
    ("a checksum of other bytes", code::C_CHECKSUM, |t| {
        let mut bytes = t.honest();
        bytes[5] ^= 1;
        bytes
    }),
    ("bytes after the change", code::C_CHUNK, |t| [t.honest(), vec![0]].concat()),
    ("an unknown register", code::C_KEY, |t| t.doing(put(FIELDS, "unheard_of", ScalarValue::Int(1), Vec::new()))),
    ("a register's name that is none", code::C_KEY, |t| t.doing(put(FIELDS, "School", text("x"), Vec::new()))),
    ("a text over 4 KiB", code::C_VALUE, |t| t.bent(|c| c.operations[0].action = OpType::Put(text(&"x".repeat(4097))))),
    ("bytes over 1 KiB", code::C_VALUE, |t| {
        t.bent(|c| c.operations[0].action = OpType::Put(ScalarValue::Bytes(vec![0; 1025])))
    }),
    ("a counter", code::C_VALUE, |t| t.bent(|c| c.operations[0].action = OpType::Put(ScalarValue::counter(1)))),
    ("a float", code::C_VALUE, |t| t.bent(|c| c.operations[0].action = OpType::Put(ScalarValue::F64(0.5)))),
    ("one register twice", code::C_REPEATED_KEY, |t| {
        t.bent(|c| c.operations = vec![c.operations[0].clone(), c.operations[0].clone()])
    }),
    ("nothing at all", code::C_OP, |t| t.bent(|c| c.operations.clear())),
    ("an entry in another's name", code::S_AUTHOR, |t| {
        t.author.change(t.id, |builder| {
            builder.cautious("urgency", &Value::text("urgent"), "sergeant", now());
        })
    }),
];

/// Statements that are not their sender's, not of this record, or not what was signed.
pub(super) const SENTENCES: &[Family] = &[
    ("a statement by a key nobody knows", code::S_KEY, |t| t.signed_by(&RingSigner::generate().unwrap(), |_| {})),
    ("a statement by a colleague's key", code::S_KEY, |t| t.signed_by(&*t.colleague.signer, |_| {})),
    ("a colleague's signature under one's own name", code::S_SIGNATURE, |t| {
        let by_colleague = t.step().sign(&*t.colleague.signer).unwrap();
        let opened = cose::open(Typ::Statement, &by_colleague).unwrap();
        let kid = t.author.client.signer.public_key().id();
        t.put(cose::envelope(kid, Typ::Statement, opened.payload_bytes(), opened.signature()))
    }),
    ("a statement in another's name", code::S_AUTHOR, |t| t.says(|s| s.author = user("sergeant"))),
    ("a statement in another role", code::S_ROLE, |t| t.says(|s| s.role = "sergeant".into())),
    ("a step above one's role", code::S_ROLE, |t| t.says(|s| s.sentence = Sentence::Step("extend".into()))),
    ("a step that this kind has not", code::S_ROLE, |t| t.says(|s| s.sentence = Sentence::Step("vanish".into()))),
    ("a statement of another kind", code::S_COMPARTMENT, |t| t.says(|s| s.kind = "concern".into())),
    ("a statement of another record", code::S_RECORD, |t| t.says(|s| s.record = t.other)),
    ("a statement of another store", code::S_ACTOR, |t| t.says(|s| s.actor = ActorId([9; 16]))),
    ("a statement that saw less than its change", code::S_SEEN, |t| t.says(|s| s.seen.clear())),
    ("a statement said before, said again", code::S_SEEN, |t| {
        t.put(t.author.docs[&t.id].view.created().unwrap().0.opened.bytes.clone())
    }),
    ("another record's beginning", code::S_SEEN, |t| {
        t.put(t.author.docs[&t.other].view.created().unwrap().0.opened.bytes.clone())
    }),
    ("an altered signature", code::S_SIGNATURE, |t| t.enveloped(|bytes| *bytes.last_mut().unwrap() ^= 1)),
    ("no signature", code::S_SIGNATURE, |t| {
        t.enveloped(|bytes| {
            let from = bytes.len() - 64;
            bytes[from..].fill(0);
        })
    }),
    ("an altered payload", code::S_SIGNATURE, |t| {
        let envelope = t.step().sign(&*t.author.client.signer).unwrap();
        let opened = cose::open(Typ::Statement, &envelope).unwrap();
        let payload = signed::cbor::encode(&Statement { mono_ms: 2, ..t.step() }.to_value());
        t.put(cose::envelope(opened.kid(), Typ::Statement, &payload, opened.signature()))
    }),
    ("a signature with the other s", code::S_SIGNATURE, |t| {
        let envelope = t.step().sign(&*t.author.client.signer).unwrap();
        let opened = cose::open(Typ::Statement, &envelope).unwrap();
        let (kid, signature) = (opened.kid(), high_s(*opened.signature()));
        t.put(cose::envelope(kid, Typ::Statement, opened.payload_bytes(), &signature))
    }),
    ("a frame's signature under a statement", code::S_FORM, |t| {
        t.put(cose::sign(Typ::Frame, &t.step().to_value(), &*t.author.client.signer).unwrap())
    }),
    ("a statement with a byte behind it", code::S_FORM, |t| t.enveloped(|bytes| bytes.push(0))),
    ("a statement without an envelope", code::S_FORM, |t| t.put(signed::cbor::encode(&t.step().to_value()))),
];

/// Changes made to overwrite the sealed words.
pub(super) const OVERWRITES: &[Family] = &[
    ("the statement overwritten", code::C_PRED, |t| {
        let (sealed, key) = t.sealed();
        t.doing(put(STATEMENTS, &key, ScalarValue::Bytes(OTHER_WORDS.into()), vec![sealed]))
    }),
    ("the statement overwritten as if it were not there", code::C_HASH, |t| {
        let (_, key) = t.sealed();
        t.doing(put(STATEMENTS, &key, ScalarValue::Bytes(OTHER_WORDS.into()), Vec::new()))
    }),
    ("another signed statement under its key", code::C_HASH, |t| {
        let (_, key) = t.sealed();
        t.doing(put(STATEMENTS, &key, ScalarValue::Bytes(t.reworded()), Vec::new()))
    }),
    ("another signed statement in its place", code::C_PRED, |t| {
        let (sealed, _) = t.sealed();
        let other = t.reworded();
        t.doing(put(STATEMENTS, &content_key(&other), ScalarValue::Bytes(other), vec![sealed]))
    }),
    ("the statement's bytes once more", code::S_SEEN, |t| {
        let (_, key) = t.sealed();
        let same = t.author.docs[&t.id].view.created().unwrap().0.opened.bytes.clone();
        t.doing(put(STATEMENTS, &key, ScalarValue::Bytes(same), Vec::new()))
    }),
    ("the statement deleted", code::C_PRED, |t| {
        let (sealed, key) = t.sealed();
        t.doing(op(STATEMENTS, &key, OpType::Delete, vec![sealed]))
    }),
    ("the statement incremented", code::C_PRED, |t| {
        let (sealed, key) = t.sealed();
        t.doing(op(STATEMENTS, &key, OpType::Increment(1), vec![sealed]))
    }),
    ("a register named like a sealed field", code::C_KEY, |t| {
        t.doing(put(FIELDS, "exact_request", text(OTHER_WORDS), Vec::new()))
    }),
    ("a register within a sealed field", code::C_KEY, |t| {
        t.doing(put(FIELDS, "requested_by/person", text(OTHER_WORDS), Vec::new()))
    }),
    ("an entry of a sealed field", code::C_KEY, |t| t.entry(ENTRIES, "exact_request")),
    ("a protective entry of a sealed field", code::C_KEY, |t| t.entry(CAUTIOUS, "exact_request")),
    ("the maps made anew, empty", code::C_OP, |t| {
        let make = op(STATEMENTS, "statements", OpType::Make(ObjType::Map), vec![OpId(1, AmActor::from([0_u8]))]);
        t.doing(Op { obj: ObjectId::Root, ..make })
    }),
    ("the record begun again by the same store", code::C_EQUIVOCATION, |t| {
        let doc = documents::DocState::new(Template::Record);
        let mut builder = ChangeBuilder::new(&doc, t.author.actor());
        builder.statement(t.reworded_at(vec![Template::Record.genesis().hash]));
        builder.finish()
    }),
    ("a second beginning on top of the first", code::S_TWINS, |t| t.put(t.reworded())),
];

impl Target<'_> {
    /// The first statement with other words in it, signed by its author.
    pub(super) fn reworded(&self) -> Vec<u8> {
        self.reworded_at(self.author.docs[&self.id].state.heads.clone())
    }

    pub(super) fn reworded_at(&self, seen: Vec<signed::ChangeHash>) -> Vec<u8> {
        let first = self.author.docs[&self.id].view.created().unwrap().0.opened.statement.clone();
        let statement = Statement { content: other_words(&first.content), seen, ..first };
        statement.sign(&*self.author.client.signer).unwrap()
    }

    pub(super) fn entry(&self, object: u64, field: &str) -> Vec<u8> {
        let bytes = NewEntry::bytes(&Value::text(OTHER_WORDS), "officer", now());
        let key = format!("{field}/{}", content_key(&bytes));
        self.doing(put(object, &key, ScalarValue::Bytes(bytes), Vec::new()))
    }
}

/// The content of `created`, with other words sealed in it.
pub(super) fn other_words(content: &Map) -> Map {
    let mut content = content.clone();
    let Some(Value::Map(sealed)) = content.get_mut("sealed") else { panic!("a sealed part") };
    let Some(Value::Map(words)) = sealed.get_mut("content") else { panic!("its content") };
    words.insert("exact_request".into(), Value::text(OTHER_WORDS));
    content
}

pub(super) fn user(id: &str) -> UserId {
    UserId::new(id).unwrap()
}

/// The order of P-256 minus `s`: as good a signature to whoever does not look.
fn high_s(mut signature: [u8; 64]) -> [u8; 64] {
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad,
        0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let mut borrow = 0;
    for at in (0..32).rev() {
        let value = i16::from(ORDER[at]) - i16::from(signature[32 + at]) - borrow;
        borrow = i16::from(value < 0);
        signature[32 + at] = u8::try_from(value.rem_euclid(256)).unwrap();
    }
    signature
}
