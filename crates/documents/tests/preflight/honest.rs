//! No honest change is refused, and what preflight counts is what automerge finds.

use std::num::NonZeroU64;

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType};
use automerge::{ActorId, Change, ExpandedChange, ScalarValue};
use documents::Template;
use documents::preflight::{dependencies, preflight};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use crate::forge::Parts;
use crate::stories::{begun, commit, delete, device, join, on_another, put, scenes, type_words, written};

/// Preflight agrees with automerge about this change in everything it counts.
fn counted_as_automerge_does(change: &Change, template: Template) {
    let declared = preflight(change.raw_bytes(), template).expect("an honest change is not refused");
    let expanded = change.decode();
    let named: usize = expanded.operations.iter().map(|operation| operation.pred.len()).sum();
    assert_eq!(declared.operations, change.len() as u64);
    assert_eq!(declared.operations, expanded.operations.len() as u64);
    assert_eq!(declared.predecessors, named as u64);
    assert_eq!(declared.hash.0, change.hash().0);
    assert_eq!(declared.seq, change.seq());
    assert_eq!(declared.start_op, change.start_op().get());
    assert_eq!(declared.max_op(), change.max_op());
    assert_eq!(&declared.actor.0[..], change.actor_id().to_bytes());
    let genesis = [0_u8];
    let others = declared.names_genesis.then_some(&genesis[..]).into_iter();
    let others = others.chain(declared.actors.iter().map(|actor| &actor.0[..]));
    assert!(others.eq(change.other_actor_ids().iter().map(ActorId::to_bytes)));
    assert!(declared.deps.iter().map(|dep| dep.0).eq(change.deps().iter().map(|dep| dep.0)));
    assert_eq!(dependencies(change.raw_bytes()), Ok(declared.deps));
    assert!(declared.visited_bytes <= change.raw_bytes().len() as u64, "every byte is looked at once");
    let keys: usize = expanded.operations.iter().map(key_bytes).sum();
    assert_eq!(declared.key_bytes, keys as u64);
}

fn key_bytes(operation: &Op) -> usize {
    match &operation.key {
        Key::Map(text) => text.len(),
        Key::Seq(_) => 0,
    }
}

#[test]
fn the_stories_of_a_record_and_a_draft_pass() {
    for scene in scenes() {
        for change in scene.before.iter().skip(1).chain([&scene.change]) {
            counted_as_automerge_does(change, scene.template);
        }
    }
}

#[test]
fn what_a_record_may_write_a_draft_may_write_too() {
    for scene in scenes() {
        assert!(preflight(scene.change.raw_bytes(), Template::Draft).is_ok());
    }
}

#[test]
fn a_change_taken_apart_and_written_again_is_the_same() {
    for scene in scenes() {
        assert_eq!(Parts::read(scene.change.raw_bytes()).bytes(), scene.change.raw_bytes());
    }
    for (parts, template) in [(Parts::of_one_put(), Template::Record), (Parts::of_words(), Template::Draft)] {
        let change = Change::from_bytes(parts.bytes()).expect("automerge reads it");
        assert_eq!(Change::from(change.decode()).raw_bytes(), parts.bytes());
        counted_as_automerge_does(&change, template);
    }
}

#[test]
fn a_long_account_typed_at_once_is_one_change() {
    let mut draft = begun(Template::Draft, 4);
    type_words(&mut draft, 0, 0, &"a child's own words, ünd so on. ".repeat(100));
    commit(&mut draft);
    for change in written(&mut draft, Template::Draft) {
        counted_as_automerge_does(&change, Template::Draft);
    }
}

#[test]
fn the_dependencies_tell_the_template_of_a_first_change() {
    for (template, mut document) in [Template::Record, Template::Draft].map(|t| (t, begun(t, 4))) {
        put(&mut document, "fields", "setting", "school");
        commit(&mut document);
        let change = written(&mut document, template).pop().expect("one change");
        let deps = dependencies(change.raw_bytes()).expect("it has dependencies");
        let told: Vec<_> = deps.iter().filter_map(Template::of_genesis).collect();
        assert_eq!(told, [template]);
    }
}

#[test]
fn a_genesis_does_not_travel() {
    for template in [Template::Record, Template::Draft] {
        assert!(preflight(&template.genesis().bytes, template).is_err());
    }
}

/// What somebody does at a tablet.
#[derive(Clone, Debug)]
enum Deed {
    Put { map: usize, key: u8, value: ScalarValue },
    Delete { key: u8 },
    Type { at: usize, deleted: usize, inserted: String },
    Commit,
    Fetch { from: usize },
    Join,
}

fn value() -> impl Strategy<Value = ScalarValue> {
    prop_oneof![
        any::<i64>().prop_map(ScalarValue::Int),
        any::<u64>().prop_map(ScalarValue::Uint),
        any::<bool>().prop_map(ScalarValue::Boolean),
        any::<i64>().prop_map(ScalarValue::Timestamp),
        Just(ScalarValue::Null),
        vec(any::<u8>(), 0..200).prop_map(ScalarValue::Bytes),
        ".{0,80}".prop_map(|text| ScalarValue::Str(text.into())),
    ]
}

fn deed(template: Template) -> impl Strategy<Value = Deed> {
    let put = (0..4_usize, any::<u8>(), value()).prop_map(|(map, key, value)| Deed::Put { map, key, value });
    let shared = prop_oneof![
        6 => put,
        3 => Just(Deed::Commit),
        1 => (0..3_usize).prop_map(|from| Deed::Fetch { from }),
        1 => Just(Deed::Join),
    ];
    let typed = (any::<usize>(), 0..12_usize, "[a-zé€𝄞 ]{0,40}").prop_map(|(at, deleted, inserted)| Deed::Type {
        at,
        deleted,
        inserted,
    });
    let drafted = prop_oneof![3 => typed, 1 => any::<u8>().prop_map(|key| Deed::Delete { key })];
    match template {
        Template::Record => shared.boxed(),
        Template::Draft => prop_oneof![1 => shared, 1 => drafted].boxed(),
    }
}

/// Three tablets do these things; everything they wrote.
fn written_by_three(template: Template, deeds: &[(usize, Deed)]) -> Vec<Change> {
    let mut first = begun(template, 90);
    let mut tablets = [on_another(&mut first, 17), on_another(&mut first, 203), first];
    for (who, deed) in deeds {
        let tablet = tablets.get_mut(*who).expect("one of three");
        match deed {
            Deed::Put { map, key, value } => {
                let map = ["statements", "entries", "cautious", "fields"].get(*map).expect("one of four");
                put(tablet, map, &format!("key_{}", key % 24), value.clone());
            }
            Deed::Delete { key } => delete(tablet, &format!("key_{}", key % 24)),
            Deed::Type { at, deleted, inserted } => {
                let long = length(tablet);
                let at = at.checked_rem(long + 1).unwrap_or(0);
                let deleted = isize::try_from((*deleted).min(long - at)).expect("a small number");
                type_words(tablet, at, deleted, inserted);
            }
            Deed::Commit => commit(tablet),
            Deed::Fetch { from } => {
                let source = tablets.get_mut(*from).expect("one of three");
                commit(source);
                let mut other = source.clone();
                let tablet = tablets.get_mut(*who).expect("one of three");
                commit(tablet);
                if from != who {
                    tablet.merge(&mut other).expect("tablets merge");
                }
            }
            Deed::Join => {
                commit(tablet);
                join(tablet);
            }
        }
    }
    let mut changes = Vec::new();
    for tablet in &mut tablets {
        commit(tablet);
        changes.extend(written(tablet, template));
    }
    changes
}

fn length(document: &automerge::AutoCommit) -> usize {
    use automerge::ReadDoc;
    document.length(crate::stories::object(document, "words"))
}

/// An operation as our own writer builds it, without regard to what came before.
fn operation(template: Template) -> impl Strategy<Value = Op> {
    let key = "[a-z][a-z0-9_/.]{0,40}".prop_map(|text| Key::Map(text.into()));
    let in_map = (1..=4_u64, key, value().prop_map(OpType::Put), named(), Just(false));
    let element = prop_oneof![
        1 => Just(ElementId::Head),
        5 => operation_id().prop_map(ElementId::Id),
    ];
    let letter = "[a-zé€]{1,2}".prop_map(|text| OpType::Put(ScalarValue::Str(text.into())));
    let in_words = prop_oneof![
        (letter, Just(true), Just(Vec::new())),
        (Just(OpType::Delete), Just(false), vec(operation_id(), 1))
    ];
    let in_words = (Just(5_u64), element.prop_map(Key::Seq), in_words)
        .prop_map(|(object, key, (action, insert, named))| (object, key, action, named, insert));
    let shape = match template {
        Template::Record => in_map.boxed(),
        Template::Draft => prop_oneof![in_map, in_words].boxed(),
    };
    shape.prop_map(|(object, key, action, named, insert)| Op {
        action,
        obj: ObjectId::Id(OpId::new(object, &ActorId::from([0_u8]))),
        key,
        pred: named.into(),
        insert,
    })
}

fn operation_id() -> impl Strategy<Value = OpId> {
    let counter = prop_oneof![1..200_u64, Just(u64::from(u32::MAX))];
    (counter, 1..6_u8).prop_map(|(counter, number)| OpId::new(counter, &device(number)))
}

fn named() -> impl Strategy<Value = Vec<OpId>> {
    prop_oneof![3 => Just(Vec::new()), 2 => vec(operation_id(), 1), 1 => vec(operation_id(), 0..9)]
}

fn built(template: Template) -> impl Strategy<Value = Change> {
    // Runs come from operations that stand several times in a row.
    let operations = vec((operation(template), prop_oneof![4 => 1..3_usize, 1 => 1..60_usize]), 0..30);
    let deps = btree_set(any::<[u8; 32]>(), 1..20);
    (operations, deps, 1..6_u8, 1..1_000_000_u64, 1..1_000_000_u64).prop_map(
        |(operations, deps, number, seq, start)| {
            Change::from(ExpandedChange {
                operations: operations.into_iter().flat_map(|(one, times)| std::iter::repeat_n(one, times)).collect(),
                actor_id: device(number),
                hash: None,
                seq,
                start_op: NonZeroU64::MIN.saturating_add(start),
                time: 0,
                message: None,
                deps: deps.into_iter().map(automerge::ChangeHash).collect(),
                extra_bytes: Vec::new(),
                author: None,
            })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_three_tablets_do_to_a_record_passes(
        deeds in vec((0..3_usize, deed(Template::Record)), 0..80)
    ) {
        for change in written_by_three(Template::Record, &deeds) {
            counted_as_automerge_does(&change, Template::Record);
        }
    }

    #[test]
    fn whatever_three_tablets_do_to_a_draft_passes(
        deeds in vec((0..3_usize, deed(Template::Draft)), 0..80)
    ) {
        for change in written_by_three(Template::Draft, &deeds) {
            counted_as_automerge_does(&change, Template::Draft);
        }
    }

    #[test]
    fn a_record_change_built_from_operations_passes(change in built(Template::Record)) {
        counted_as_automerge_does(&change, Template::Record);
    }

    #[test]
    fn a_draft_change_built_from_operations_passes(change in built(Template::Draft)) {
        counted_as_automerge_does(&change, Template::Draft);
    }
}
