//! Changes no honest device makes: each is refused by its number, and the record can still be
//! written, saved and loaded afterwards.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::num::NonZeroU64;

use automerge::legacy::{Key, ObjectId, Op, OpId, OpType};
use automerge::{ActorId as AmActor, Change, ChangeHash as AmHash, ExpandedChange, ObjType, ScalarValue};
use common::{Device, Replica, content};
use documents::change::content_key;
use documents::check::Verdict;
use documents::{ChangeBuilder, Scalar, Sentence, Template};
use signed::{ChangeHash, Code, code};

struct Scene {
    device: Device,
    other: Device,
    replica: Replica,
}

/// A record with a title, a grade in conflict and a sealed account.
fn scene() -> Scene {
    let (device, other) = (Device::new("officer"), Device::new("sergeant"));
    let mut replica = Replica::new(Template::Record);
    assert!(replica.take(&device.create(&replica)));
    let account = device.statement(&replica, Sentence::Part("account".into()), content(&[("words", "he said no")]));
    let mut builder = ChangeBuilder::new(&replica.state, device.actor);
    builder.statement(account).field("title", &Scalar::Text("one".into()));
    let bytes = builder.finish();
    assert!(replica.take(&bytes));
    let (mut left, mut right) =
        (ChangeBuilder::new(&replica.state, device.actor), ChangeBuilder::new(&replica.state, other.actor));
    left.field("grade", &Scalar::Int(1));
    right.field("grade", &Scalar::Int(2));
    let (left, right) = (left.finish(), right.finish());
    assert!(replica.take(&left) && replica.take(&right));
    Scene { device, other, replica }
}

impl Scene {
    /// A change like an honest one, then bent.
    fn bent(&self, bend: impl FnOnce(&mut ExpandedChange)) -> Vec<u8> {
        let mut builder = ChangeBuilder::new(&self.replica.state, self.device.actor);
        builder.field("title", &Scalar::Text("two".into()));
        let mut change = Change::try_from(builder.finish().as_slice()).unwrap().decode();
        change.hash = None;
        bend(&mut change);
        Change::from(change).raw_bytes().to_vec()
    }

    fn is_refused(&self, bytes: &[u8], expected: Code) {
        assert_eq!(self.replica.refusal(bytes).code, expected);
        self.still_works();
    }

    fn still_works(&self) {
        let mut replica = self.replica.clone();
        let mut builder = ChangeBuilder::new(&replica.state, self.other.actor);
        builder.field("title", &Scalar::Text("still here".into()));
        let bytes = builder.finish();
        assert!(replica.take(&bytes));
        assert!(replica.document().snapshot().is_ok());
    }
}

fn op(object: u64, key: &str, action: OpType, pred: Vec<OpId>) -> Op {
    Op {
        action,
        obj: ObjectId::Id(OpId(object, AmActor::from([0_u8]))),
        key: Key::Map(key.into()),
        pred: pred.into(),
        insert: false,
    }
}

fn put(object: u64, key: &str, value: ScalarValue, pred: Vec<OpId>) -> Op {
    op(object, key, OpType::Put(value), pred)
}

#[test]
fn a_predecessor_must_be_an_operation_on_the_same_key_in_an_ancestor() {
    let scene = scene();
    let actor = AmActor::from(scene.device.actor.0);
    let absent = scene.bent(|c| c.operations[0].pred = vec![OpId(999, actor.clone())].into());
    scene.is_refused(&absent, code::C_PRED);
    let grade = scene.replica.state.fields["grade"][0];
    let foreign = scene.bent(|c| c.operations[0].pred = vec![OpId(grade.counter, AmActor::from(grade.actor.0))].into());
    scene.is_refused(&foreign, code::C_PRED);
    let stranger = scene.bent(|c| c.operations[0].pred = vec![OpId(5, AmActor::from([8_u8; 16]))].into());
    scene.is_refused(&stranger, code::C_PRED);
    let genesis = scene.bent(|c| c.operations[0].pred = vec![OpId(1, AmActor::from([0_u8]))].into());
    scene.is_refused(&genesis, code::C_PRED);
}

#[test]
fn numbers_must_continue_where_the_ancestors_end() {
    let scene = scene();
    scene.is_refused(&scene.bent(|c| c.start_op = NonZeroU64::new(4_000_000).unwrap()), code::C_START_OP);
    scene.is_refused(&scene.bent(|c| c.start_op = NonZeroU64::new(2).unwrap()), code::C_START_OP);
    scene.is_refused(&scene.bent(|c| c.seq += 1), code::C_SEQ);
    scene.is_refused(&scene.bent(|c| c.seq -= 1), code::C_EQUIVOCATION);
    // Standing on an older change, past one's own newest: the previous change is no ancestor.
    let first = scene.replica.changes[0].hash;
    let skipping = scene.bent(|c| {
        c.deps = vec![AmHash(first.0)];
        c.start_op = NonZeroU64::new(6).unwrap();
        c.operations[0].pred = Vec::new().into();
    });
    assert!(matches!(scene.replica.refusal(&skipping).code, code::C_SEQ | code::C_EQUIVOCATION));
    let missing = scene.bent(|c| c.deps.push(AmHash([3; 32])));
    assert_eq!(scene.replica.judge(&missing), Ok(Verdict::Need(vec![ChangeHash([3; 32])])));
    let redundant = scene.bent(|c| c.deps.push(AmHash(first.0)));
    scene.is_refused(&redundant, code::C_DEPS);
}

#[test]
fn the_header_carries_nothing_else() {
    let scene = scene();
    scene.is_refused(&scene.bent(|c| c.time = 1), code::C_HEADER);
    scene.is_refused(&scene.bent(|c| c.message = Some("hello".into())), code::C_HEADER);
    scene.is_refused(&scene.bent(|c| c.extra_bytes = vec![1, 1, 65]), code::C_HEADER);
}

#[test]
fn nobody_makes_objects_touches_the_root_or_deletes() {
    let scene = scene();
    let made = scene.bent(|c| c.operations = vec![op(4, "title", OpType::Make(ObjType::Map), Vec::new())]);
    assert!(scene.replica.judge(&made).is_err());
    let root = scene.bent(|c| {
        let mut put = put(4, "statements", ScalarValue::Int(1), Vec::new());
        put.obj = ObjectId::Root;
        c.operations = vec![put];
    });
    assert!(scene.replica.judge(&root).is_err());
    let deleted = scene.bent(|c| c.operations[0].action = OpType::Delete);
    assert!(scene.replica.judge(&deleted).is_err());
    let counted = scene.bent(|c| c.operations[0].action = OpType::Increment(1));
    assert!(scene.replica.judge(&counted).is_err());
    let words = scene.bent(|c| c.operations = vec![put(5, "words", ScalarValue::Int(1), Vec::new())]);
    assert!(scene.replica.judge(&words).is_err());
    scene.still_works();
}

#[test]
fn r7_a_sealed_word_cannot_be_overwritten() {
    let scene = scene();
    let sealed = scene.replica.view.part("account").unwrap().0;
    let key = content_key(&sealed.opened.bytes);
    let target = OpId(6, AmActor::from(scene.device.actor.0));
    let over = scene.bent(|c| {
        c.operations = vec![put(1, &key, ScalarValue::Bytes(b"other words".to_vec()), vec![target])];
    });
    scene.is_refused(&over, code::C_PRED);
    // With an empty predecessor list automerge's `get` would return the newcomer.
    let beside =
        scene.bent(|c| c.operations = vec![put(1, &key, ScalarValue::Bytes(b"other words".to_vec()), Vec::new())]);
    scene.is_refused(&beside, code::C_HASH);
    let register = scene.bent(|c| c.operations = vec![put(4, "words", ScalarValue::Str("x".into()), Vec::new())]);
    scene.is_refused(&register, code::C_KEY);
}

#[test]
fn registers_hold_what_their_kind_declares() {
    let scene = scene();
    let field = |key: &str, value: ScalarValue| scene.bent(|c| c.operations = vec![put(4, key, value, Vec::new())]);
    scene.is_refused(&field("unheard_of", ScalarValue::Int(1)), code::C_KEY);
    scene.is_refused(&field("Title", ScalarValue::Int(1)), code::C_KEY);
    scene.is_refused(&field("approved", ScalarValue::F64(1.5)), code::C_VALUE);
    scene.is_refused(&field("approved", ScalarValue::counter(1)), code::C_VALUE);
    scene.is_refused(&field("approved", ScalarValue::Str("x".repeat(4097).into())), code::C_VALUE);
    scene.is_refused(&field("approved", ScalarValue::Bytes(vec![0; 1025])), code::C_VALUE);
    let twice = scene.bent(|c| {
        c.operations = vec![
            put(4, "approved", ScalarValue::Int(1), Vec::new()),
            put(4, "approved", ScalarValue::Int(2), Vec::new()),
        ];
    });
    scene.is_refused(&twice, code::C_REPEATED_KEY);
}

#[test]
fn r93_several_values_are_replaced_only_by_the_verb_resolve() {
    let scene = scene();
    let mut builder = ChangeBuilder::new(&scene.replica.state, scene.device.actor);
    builder.field("grade", &Scalar::Int(3));
    scene.is_refused(&builder.finish(), code::C_RESOLVE);
    let mut builder = ChangeBuilder::new(&scene.replica.state, scene.device.actor);
    let resolve = Sentence::Step("resolve".into());
    builder.statement(scene.device.statement(&scene.replica, resolve, content(&[("path", "grade")])));
    builder.field("grade", &Scalar::Int(3));
    let bytes = builder.finish();
    let mut replica = scene.replica.clone();
    assert!(replica.take(&bytes));
    assert_eq!(replica.view.fields["grade"].len(), 1);
}

#[test]
fn a_statement_names_its_record_its_actor_and_what_it_saw() {
    let scene = scene();
    let part = || Sentence::Part("account".into());
    let put_statement = |bytes: Vec<u8>| {
        let mut builder = ChangeBuilder::new(&scene.replica.state, scene.device.actor);
        builder.statement(bytes);
        builder.finish()
    };
    let elsewhere = Replica { record: signed::RecordId([1; 16]), ..scene.replica.clone() };
    scene.is_refused(&put_statement(scene.device.statement(&elsewhere, part(), content(&[]))), code::S_RECORD);
    scene.is_refused(&put_statement(scene.other.statement(&scene.replica, part(), content(&[]))), code::S_ACTOR);
    let blind = scene.device.statement_seeing(scene.replica.record, vec![], part(), content(&[]));
    scene.is_refused(&put_statement(blind), code::S_SEEN);
    let mut unreadable = scene.device.statement(&scene.replica, part(), content(&[]));
    unreadable.push(0);
    scene.is_refused(&put_statement(unreadable), code::S_FORM);
}

#[test]
fn a_first_change_says_which_document_it_begins() {
    let scene = scene();
    let replica = Replica::new(Template::Record);
    let mut builder = ChangeBuilder::new(&replica.state, scene.device.actor);
    builder.field("title", &Scalar::Int(1));
    assert_eq!(replica.refusal(&builder.finish()).code, code::C_CREATED);
    // A second genesis, by anybody, is a change that makes objects.
    let genesis = Template::Record.genesis().bytes.clone();
    assert!(scene.replica.judge(&genesis).is_err());
    // A change that names the other template's genesis.
    let mut draft = Replica::new(Template::Draft);
    draft.record = scene.replica.record;
    assert_eq!(scene.replica.refusal(&Device::new("lead").create(&draft)).code, code::C_DEPS);
}

#[test]
fn the_same_change_again_changes_nothing() {
    let scene = scene();
    let again = scene.replica.changes[1].bytes.clone();
    assert_eq!(scene.replica.judge(&again), Ok(Verdict::Known));
}
