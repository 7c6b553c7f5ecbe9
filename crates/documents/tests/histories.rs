//! Honest histories: nothing honest is refused, every order gives the same, and the two ways of
//! reading a document agree.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{Device, Replica, content, now};
use documents::{ChangeBuilder, DocState, Scalar, Sentence, Template, View};
use proptest::prelude::*;
use signed::Value;

#[derive(Clone, Debug)]
enum Act {
    Title(String),
    Grade(i64),
    Update(String),
    Raise(String),
    Say(String),
    Sync(usize),
}

fn acts() -> impl Strategy<Value = Vec<(usize, Act)>> {
    let act = prop_oneof![
        ".{0,20}".prop_map(Act::Title),
        any::<i64>().prop_map(Act::Grade),
        ".{0,20}".prop_map(Act::Update),
        "[a-z]{1,8}".prop_map(Act::Raise),
        ".{0,40}".prop_map(Act::Say),
        (0_usize..3).prop_map(Act::Sync),
    ];
    proptest::collection::vec((0_usize..3, act), 1..40)
}

/// Three devices act on one record, now and then taking each other's changes.
fn play(acts: &[(usize, Act)]) -> (Vec<Vec<u8>>, Vec<Replica>) {
    let devices = [Device::new("officer"), Device::new("sergeant"), Device::new("lead")];
    let mut replicas = vec![Replica::new(Template::Record); 3];
    let first = devices[0].create(&replicas[0]);
    for replica in &mut replicas {
        assert!(replica.take(&first));
    }
    let mut all = vec![first];
    for (who, act) in acts {
        let (device, replica) = (&devices[*who], &replicas[*who]);
        let mut builder = ChangeBuilder::new(&replica.state, device.actor);
        match act {
            Act::Title(title) => {
                builder.field("title", &Scalar::Text(title.clone()));
            }
            Act::Grade(grade) => {
                if replica.state.fields.get("grade").is_some_and(|live| live.len() > 1) {
                    let step = Sentence::Step("resolve".into());
                    builder.statement(device.statement(replica, step, content(&[("path", "grade")])));
                }
                builder.field("grade", &Scalar::Int(*grade));
            }
            Act::Update(text) => {
                builder.entry("updates", &Value::text(text), device.user, now());
            }
            Act::Raise(level) => {
                builder.cautious("urgency", &Value::text(level), device.user, now());
            }
            Act::Say(words) => {
                let part = Sentence::Part("account".into());
                builder.statement(device.statement(replica, part, content(&[("words", words)])));
            }
            Act::Sync(other) => {
                let theirs: Vec<_> = replicas[*other].changes.iter().map(|c| c.bytes.clone()).collect();
                replicas[*who].take_all(&theirs);
                continue;
            }
        }
        let bytes = builder.finish();
        all.push(bytes.clone());
        // The same entry written twice in one breath is the same change again.
        replicas[*who].take(&bytes);
    }
    (all, replicas)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_order_gives_the_same_document_and_both_readings_agree(acts in acts(), seed in any::<u64>()) {
        let (mut all, mut replicas) = play(&acts);
        for replica in &mut replicas {
            replica.take_all(&all);
        }
        let mut shuffled = Replica::new(Template::Record);
        let mut random = seed;
        for last in (1..all.len()).rev() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let pick = usize::try_from(random >> 33).unwrap() % (last + 1);
            all.swap(last, pick);
        }
        shuffled.take_all(&all);
        prop_assert_eq!(shuffled.changes.len(), replicas[0].changes.len());
        for replica in &replicas {
            prop_assert_eq!(&replica.view, &shuffled.view);
            prop_assert_eq!(&replica.state, &shuffled.state);
        }
        let document = shuffled.document();
        prop_assert_eq!(&document.view().unwrap(), &shuffled.view);
        let kept = || shuffled.changes.iter().map(|change| (change.bytes.as_slice(), change.info()));
        prop_assert_eq!(&View::of_kept(kept()).unwrap(), &shuffled.view);
        prop_assert_eq!(View::of_kept(kept().skip(1)).is_ok(), shuffled.changes.len() == 1, "without its beginning");
        prop_assert_eq!(DocState::from_bytes(&shuffled.state.to_bytes()), Ok(shuffled.state.clone()));
        prop_assert!(document.snapshot().is_ok());
    }

    #[test]
    fn a_drafts_words_are_edited_through_automerge_and_pass_the_same_checks(
        texts in proptest::collection::vec(".{0,60}", 1..8)
    ) {
        let device = Device::new("officer");
        let mut replica = Replica::new(Template::Draft);
        let first = device.create(&replica);
        prop_assert!(replica.take(&first));
        for text in &texts {
            if let Some(bytes) = replica.document().edit_words(device.actor, text).unwrap() {
                prop_assert!(replica.take(&bytes));
            }
            prop_assert_eq!(&replica.document().view().unwrap().words, text);
        }
        let mut builder = ChangeBuilder::new(&replica.state, device.actor);
        builder.field("anything/at.all", &Scalar::Text("x".into()));
        let bytes = builder.finish();
        prop_assert!(replica.take(&bytes));
        let mut builder = ChangeBuilder::new(&replica.state, device.actor);
        builder.delete_field("anything/at.all");
        let bytes = builder.finish();
        prop_assert!(replica.take(&bytes));
        prop_assert!(replica.view.fields.is_empty());
    }
}
