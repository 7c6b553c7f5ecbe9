//! Honest changes: what an officer's two tablets and a counsellor's write with automerge itself.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, AutoCommit, Change, ObjId, ROOT, ReadDoc, ScalarValue};
use documents::Template;

/// One change, and everything that was written before it.
pub(crate) struct Scene {
    pub(crate) template: Template,
    pub(crate) before: Vec<Change>,
    pub(crate) change: Change,
}

/// A device's actor.
pub(crate) fn device(number: u8) -> ActorId {
    ActorId::from([number; 16])
}

/// A document that holds nothing but its genesis.
pub(crate) fn begun(template: Template, number: u8) -> AutoCommit {
    let mut document = AutoCommit::new().with_actor(device(number));
    document.apply_changes([template.genesis().change()]).expect("the genesis applies");
    document
}

/// The same document on another device.
pub(crate) fn on_another(document: &mut AutoCommit, number: u8) -> AutoCommit {
    document.fork().with_actor(device(number))
}

/// One of the template's objects.
pub(crate) fn object(document: &AutoCommit, name: &str) -> ObjId {
    let found = document.get(ROOT, name).expect("the document reads").expect("the genesis made it");
    found.1
}

/// Sets a key of one of the maps.
pub(crate) fn put(document: &mut AutoCommit, map: &str, key: &str, value: impl Into<ScalarValue>) {
    let map = object(document, map);
    document.put(map, key, value).expect("a key can be set");
}

/// Deletes a key of a draft's fields.
pub(crate) fn delete(document: &mut AutoCommit, key: &str) {
    let fields = object(document, "fields");
    document.delete(fields, key).expect("a key can be deleted");
}

/// Types in a draft's words: deletes some, then inserts some.
pub(crate) fn type_words(document: &mut AutoCommit, at: usize, deleted: isize, inserted: &str) {
    let words = object(document, "words");
    document.splice_text(words, at, deleted, inserted).expect("words can be typed");
}

/// Makes one change of what was written since the last.
pub(crate) fn commit(document: &mut AutoCommit) {
    document.commit_with(CommitOptions::default().with_time(0));
}

/// Makes the empty change that joins all heads.
pub(crate) fn join(document: &mut AutoCommit) {
    document.empty_change(CommitOptions::default().with_time(0));
}

/// Every change but the genesis.
pub(crate) fn written(document: &mut AutoCommit, template: Template) -> Vec<Change> {
    let mut changes = document.get_changes(&[]);
    changes.retain(|change| change.hash().0 != template.genesis().hash.0);
    changes
}

fn last(template: Template, mut document: AutoCommit) -> Scene {
    let mut before = document.get_changes(&[]);
    let change = before.pop().expect("something was written");
    Scene { template, before, change }
}

/// One scene of each kind.
pub(crate) fn scenes() -> Vec<Scene> {
    vec![first_statement(), many_fields(), resolved(), long_account(), retyped(), joined(), cleared()]
}

/// The officer's tablet begins a record with its statement and three fields.
fn first_statement() -> Scene {
    let mut record = begun(Template::Record, 2);
    put(&mut record, "statements", "5f1de5f1de5f1de5f1de5f1de5f1de5f", vec![0xa5; 300]);
    put(&mut record, "fields", "setting", "classroom");
    put(&mut record, "fields", "seen_alone", true);
    put(&mut record, "fields", "seen_at", ScalarValue::Timestamp(1_760_000_000_000));
    commit(&mut record);
    last(Template::Record, record)
}

/// She fills many fields at once, some of them again.
fn many_fields() -> Scene {
    let mut record = begun(Template::Record, 2);
    for field in 0..12 {
        put(&mut record, "fields", &format!("field_{field:02}"), field);
    }
    commit(&mut record);
    for field in 0..24 {
        put(&mut record, "fields", &format!("field_{field:02}"), format!("answer {field}"));
    }
    put(&mut record, "entries", "evidence/00112233445566778899aabbccddeeff", vec![0xa3; 60]);
    put(&mut record, "cautious", "due/00112233445566778899aabbccddeeff", vec![0xa4; 60]);
    put(&mut record, "fields", "score", -70_000_i64);
    put(&mut record, "fields", "nothing", ());
    commit(&mut record);
    last(Template::Record, record)
}

/// Three devices set one field; a sergeant resolves it.
fn resolved() -> Scene {
    let mut officer = begun(Template::Record, 9);
    put(&mut officer, "fields", "urgency", "low");
    commit(&mut officer);
    let mut others = [on_another(&mut officer, 3), on_another(&mut officer, 200)];
    put(&mut officer, "fields", "urgency", "medium");
    commit(&mut officer);
    for (number, other) in others.iter_mut().enumerate() {
        put(other, "fields", "urgency", format!("high {number}"));
        put(other, "fields", "owner", "a counsellor");
        commit(other);
        officer.merge(other).expect("devices merge");
    }
    put(&mut officer, "fields", "urgency", "high");
    put(&mut officer, "statements", "aaaabbbbccccddddaaaabbbbccccdddd", vec![0xa6; 200]);
    commit(&mut officer);
    last(Template::Record, officer)
}

/// A child's account, typed without a pause.
fn long_account() -> Scene {
    let mut draft = begun(Template::Draft, 4);
    type_words(&mut draft, 0, 0, &"He said it was a sécret. ".repeat(20));
    put(&mut draft, "fields", "setting", "playground");
    commit(&mut draft);
    last(Template::Draft, draft)
}

/// The same draft is edited on two tablets, joined, and edited again in the middle.
fn retyped() -> Scene {
    let mut draft = begun(Template::Draft, 4);
    type_words(&mut draft, 0, 0, "She was in the hall.");
    put(&mut draft, "fields", "list/1", "a scarf");
    commit(&mut draft);
    let mut tablet = on_another(&mut draft, 1);
    type_words(&mut tablet, 4, 3, "stood");
    commit(&mut tablet);
    type_words(&mut draft, 8, 0, "still ");
    commit(&mut draft);
    draft.merge(&mut tablet).expect("tablets merge");
    type_words(&mut draft, 2, 6, "e");
    type_words(&mut draft, 9, 2, " with her aunt, she said, ");
    delete(&mut draft, "list/1");
    commit(&mut draft);
    last(Template::Draft, draft)
}

/// Two tablets wrote; one joins the heads before a seal.
fn joined() -> Scene {
    let mut record = begun(Template::Record, 2);
    put(&mut record, "fields", "setting", "home");
    commit(&mut record);
    let mut other = on_another(&mut record, 5);
    put(&mut other, "fields", "place", "kitchen");
    commit(&mut other);
    put(&mut record, "fields", "who", "aunt");
    commit(&mut record);
    record.merge(&mut other).expect("tablets merge");
    join(&mut record);
    last(Template::Record, record)
}

/// Everything typed is deleted again.
fn cleared() -> Scene {
    let mut draft = begun(Template::Draft, 4);
    type_words(&mut draft, 0, 0, "Not this.");
    commit(&mut draft);
    type_words(&mut draft, 0, 9, "");
    commit(&mut draft);
    last(Template::Draft, draft)
}
