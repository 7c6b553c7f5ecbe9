//! R7, R8: what no honest device makes is kept aside and said by its number, beside honest records
//! that are taken; the record it was aimed at can be written as before, and its sealed words stand.
#![allow(
    clippy::wildcard_enum_match_arm,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout
)]

mod attacks;
#[path = "../common/mod.rs"]
mod common;
#[path = "../../../crates/documents/tests/preflight/forge.rs"]
#[allow(dead_code)]
mod forge;

use std::collections::BTreeMap;
use std::time::Duration;

use attacks::{BOMBS, Family, HISTORIES, OVERWRITES, SENTENCES, SHAPES, Target, other_words};
use common::author::Author;
use common::client::Client;
use common::{SCHOOL, Scene};
use documents::{ChangeBuilder, Statement, Template};
use serde_json::Value as Json;
use signed::{Code, Incarnation, RecordId, Signer, code};
use wire::{Item, Rest};

const WORDS: &str = "Please ask why the boy was not at the gate";
const OTHER_WORDS: &str = "Nothing was asked for at all";

/// Ten times what an answer may take on a machine that does nothing else.
const ANSWER_MAX: Duration = Duration::from_secs(1);
/// What the server may grow by, at its highest, in the whole story.
const GROWTH_KIB_MAX: u64 = 64 * 1024;

/// Kibibytes of a line of a process' status.
fn status(process: u32, line: &str) -> u64 {
    let all = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let found = all.lines().find_map(|text| text.strip_prefix(line)).unwrap();
    found.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap()
}

/// A scene, and in it a device of the officer's that will say anything.
struct Story {
    scene: Scene,
    runtime: tokio::runtime::Runtime,
    author: Author,
    colleague: Client,
    id: RecordId,
    other: RecordId,
}

impl Story {
    fn new() -> Self {
        let scene = Scene::new();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (body, other) = (scene.action_body(WORDS), scene.action_body("something else"));
        let codes = ["officer", "sergeant"].map(|user| scene.server.code(user).unwrap());
        let (author, colleague, id, other) = runtime.block_on(async {
            let mut author = Author::enrol(&codes[0]).await;
            let colleague = Client::enrol(&codes[1]).await.unwrap();
            let ((id, first), (other, second)) = (author.create("action", body), author.create("action", other));
            let edit = author.edit(id, "school", SCHOOL);
            author.push_honest(vec![first, second, edit]).await;
            (author, colleague, id, other)
        });
        Self { scene, runtime, author, colleague, id, other }
    }

    fn target(&self) -> Target<'_> {
        Target { author: &self.author, id: self.id, other: self.other, colleague: &self.colleague }
    }

    fn device(&self) -> Json {
        let list = self.scene.server.admin(&["device", "list"]).unwrap();
        let id = self.author.client.signer.public_key().id().to_string();
        list.as_array().unwrap().iter().find(|row| row["id"] == id.as_str()).unwrap().clone()
    }

    /// How often the audit names each reason of a quarantine.
    fn quarantined(&self) -> BTreeMap<String, usize> {
        let mut all = BTreeMap::new();
        for row in self.scene.server.admin(&["audit"]).unwrap().as_array().unwrap() {
            if row["operation"] == "quarantine" {
                *all.entry(row["why"].as_str().unwrap().to_owned()).or_default() += 1;
            }
        }
        all
    }

    /// Sends each hostile change beside an honest record, and then an honest edit of what was
    /// attacked; everything that is known of the outcome is checked.
    fn withstands(&mut self, families: &[&[Family]]) {
        let process = self.scene.server.process().unwrap();
        let before = status(process, "VmRSS");
        let mut worst = (Duration::ZERO, "");
        let mut expected: BTreeMap<String, usize> = BTreeMap::new();
        let (mut surprises, mut kept_aside) = (Vec::new(), 0);
        let all: Vec<Family> = families.iter().flat_map(|family| family.iter().copied()).collect();
        for (name, code, craft) in &all {
            let hostile = Item { document: self.id, changes: vec![craft(&self.target())] };
            let body = self.scene.action_body(name);
            let sent = self.runtime.block_on(async {
                let (_, honest) = self.author.create("action", body);
                self.author.push(vec![hostile, honest]).await
            });
            let outcomes = &sent.receipt.outcomes;
            assert!(outcomes[1].is_ok(), "{name}: the honest record beside it is taken");
            match outcomes[0].rest {
                Rest::Refused { code: number, kept } => {
                    let said = Code::by_number(number).unwrap();
                    println!("{:>5} us  {said:<18} {name}", sent.took.as_micros());
                    kept_aside += usize::from(kept);
                    if (said, kept, outcomes[0].accepted) != (*code, worth_keeping(*code), 0) {
                        surprises.push(format!("{name}: {said}, kept: {kept}"));
                    }
                }
                ref rest => surprises.push(format!("{name}: {rest:?}")),
            }
            *expected.entry(code.name.to_owned()).or_default() += 1;
            worst = worst.max((sent.took, *name));
            assert!(sent.took < ANSWER_MAX, "{name}: {:?}", sent.took);
            // What was attacked can be written as before, under the very number that was refused.
            self.runtime.block_on(async {
                let edit = self.author.edit(self.id, "school", SCHOOL);
                self.author.push_honest(vec![edit]).await;
            });
        }
        let growth = status(process, "VmHWM").saturating_sub(before);
        println!("{} attacks; worst answer {:?} ({}); the server grew by {growth} KiB", all.len(), worst.0, worst.1);
        assert_eq!(surprises, [""; 0]);
        assert!(growth < GROWTH_KIB_MAX, "the server grew by {growth} KiB");
        assert_eq!(self.device()["quarantined"], kept_aside, "what is worth keeping is kept");
        assert_eq!(self.quarantined(), expected, "every one of them is reported");
    }

    /// A second device sees the words as they were sealed; server and device find nothing wrong.
    fn words_stand(&mut self) -> Json {
        self.scene.sergeant.run(&["sync", "--timeout", "60"]).unwrap();
        let shown = self.scene.sergeant.run(&["show", &self.id.to_string()]).unwrap();
        assert_eq!(shown["exact_request"], WORDS);
        let statements = shown["statements"].as_array().unwrap();
        assert!(!statements.is_empty() && statements.iter().all(|statement| statement["verified"] == true));
        assert_eq!(self.scene.sergeant.run(&["verify"]).unwrap()["ok"], true);
        assert_eq!(self.scene.server.admin(&["verify"]).unwrap()["ok"], true);
        shown
    }
}

/// What breaks a limit, or was not signed by whom it names, is counted and reported, not stored.
fn worth_keeping(code: Code) -> bool {
    code.class != signed::Class::Limit && code != signed::code::S_SIGNATURE
}

#[test]
fn r8_every_family_of_hostile_changes_is_kept_aside_and_the_rest_of_its_frame_is_taken() {
    let mut story = Story::new();
    story.withstands(&[BOMBS, HISTORIES, SHAPES, SENTENCES]);
    let shown = story.words_stand();
    assert_eq!(shown["statements"].as_array().unwrap().len(), 1);
    // A new session of the same device is as good as the old one.
    story.runtime.block_on(async {
        let client = story.author.client.clone();
        story.author.session = client.connect().await;
        let edit = story.author.edit(story.id, "school", SCHOOL);
        story.author.push_honest(vec![edit]).await;
    });
}

#[test]
fn r7_no_change_that_was_made_to_overwrite_sealed_words_changes_them() {
    let mut story = Story::new();
    story.words_stand();
    story.withstands(&[OVERWRITES]);
    let shown = story.words_stand();
    assert_eq!(shown["statements"].as_array().unwrap().len(), 1);
    assert_eq!(shown["accounts"], serde_json::json!([]));
}

#[test]
fn r7_a_live_record_begun_again_with_other_words_by_another_store_is_kept_aside() {
    let mut story = Story::new();
    story.words_stand();
    // Which of two beginnings comes first is decided by a hash: the forger tries salts until it is theirs.
    let first = story.author.docs[&story.id].view.created().unwrap().0.opened.clone();
    let client = story.author.client.reborn(Incarnation([43; 16]));
    let actor = client.actor();
    let content = other_words(&first.statement.content);
    let forged = (0..=u8::MAX).find_map(|salt| {
        let statement = Statement { actor, salt: [salt; 16], content: content.clone(), ..first.statement.clone() };
        let bytes = statement.sign(&*client.signer).unwrap();
        (signed::digest::sha256(&bytes) < first.id.0).then_some(bytes)
    });
    let state = documents::DocState::new(Template::Record);
    let mut builder = ChangeBuilder::new(&state, actor);
    builder.statement(forged.unwrap());
    let items = vec![Item { document: story.id, changes: vec![builder.finish()] }];
    let outcome = story.runtime.block_on(async {
        let mut forger = Author::of(client).await;
        forger.push(items).await.receipt.outcomes[0].rest.clone()
    });
    println!("{outcome:?}");
    story.words_stand();
    assert_eq!(outcome, Rest::Refused { code: code::S_TWINS.number, kept: true });
}

#[test]
fn r94_a_frame_sent_again_gets_the_same_receipt_and_changes_nothing() {
    let mut story = Story::new();
    let mut frames = Vec::new();
    for (name, _, craft) in [&HISTORIES[0], &OVERWRITES[1]] {
        let hostile = Item { document: story.id, changes: vec![craft(&story.target())] };
        let body = story.scene.action_body(name);
        frames.push(story.runtime.block_on(async {
            let (_, honest) = story.author.create("action", body);
            story.author.push(vec![hostile, honest]).await
        }));
    }
    story.scene.sergeant.run(&["sync", "--timeout", "60"]).unwrap();
    let admin = |scene: &Scene| {
        ["audit", "device list", "verify"].map(|words| {
            let words: Vec<&str> = words.split(' ').collect();
            let mut answer = scene.server.admin(&words).unwrap();
            // When a device was last there, and what it has read, is no matter here.
            for row in answer.as_array_mut().into_iter().flatten().filter_map(Json::as_object_mut) {
                row.remove("last_sync_at");
                row.remove("unreceived");
            }
            answer
        })
    };
    let (before, list) = (admin(&story.scene), story.scene.sergeant.run(&["list", "action"]).unwrap());
    let again = |story: &mut Story| {
        story.runtime.block_on(async {
            for sent in &frames {
                let (receipt, took) = story.author.client.send(&mut story.author.session, &sent.push).await;
                assert_eq!(receipt, sent.receipt);
                assert!(took < ANSWER_MAX);
            }
        });
    };
    again(&mut story);
    let client = story.author.client.clone();
    story.author.session = story.runtime.block_on(client.connect());
    again(&mut story);
    // A server that was killed knows it as well.
    story.scene.server.kill();
    story.author.client.address = story.scene.server.serve().unwrap();
    let client = story.author.client.clone();
    story.author.session = story.runtime.block_on(client.connect());
    again(&mut story);
    assert_eq!(admin(&story.scene), before);
    story.scene.sergeant.run(&["sync", "--timeout", "60"]).unwrap();
    assert_eq!(story.scene.sergeant.run(&["list", "action"]).unwrap(), list);
    story.words_stand();
}
