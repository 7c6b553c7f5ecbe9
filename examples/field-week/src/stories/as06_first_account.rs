//! AS6 (Issue 39, case 3): a first account in a foster home. In the real case officers wrote "allegation" and
//! "bogus", asked for everything or nothing, and a late turn was told she was "unwilling".

use serde_json::{Value as Json, json};

use crate::scene::{Scene, Summary};
use crate::world::{any, gaps, said};

/// Plays it.
pub(super) fn play() -> Summary {
    let title = "AS6. A first account: each step has its own answer, and no word of doubt travels with the handover.";
    let mut scene = Scene::new(title, "2026-03-02T14:00:00Z", "ofc1");
    scene.world.sync_all(&["ofc1", "sgt1"]);
    let (case, account, brother) = she_speaks(&mut scene);
    the_words_are_looked_at(&mut scene, &account);
    she_changes_her_mind(&mut scene, &case, &account);
    the_handover(&mut scene, &case, &account);
    he_is_met(&mut scene, &brother);
    scene.end("AS6", "sgt1", &case, &["ofc1", "sgt1"])
}

fn wish(step: &str, choice: &str) -> Json {
    json!({ "step": step, "choice": choice, "at": "2026-03-02T14:00:00Z" })
}

fn she_speaks(scene: &mut Scene) -> (String, String, String) {
    let (started, ended) = (scene.world.in_minutes(-60), scene.world.in_minutes(-10));
    let body = json!({ "speaker": said("a girl aged 15"), "account_started_at": started, "account_ended_at": ended,
        "words_verbatim": [{ "seq": 1, "speaker": "girl", "text": "it is not bogus, he touched me", "exact": true }],
        "observations": [{ "text": "She looked down. The allegation is bogus; this allegation is doubted." }],
        "questions_asked": [{ "seq": 1, "text": "Tell me what happened.", "asker": "ofc1", "type": "open" }],
        "named_people": [{ "as_said": "his brother", "role_said": "suspect" }, { "as_said": "Kay", "role_said": "witness" }],
        "child_wishes": [wish("medical_centre", "undecided"), wish("samples", "undecided"), wish("clothing", "yes"), wish("court", "undecided")],
        "body_worn": [{ "ref": "BWV1", "on_at": started, "off_at": ended }] });
    let account =
        scene.makes("ofc1", "disclosure", &body, "listens in a foster home, without signal, and types as she speaks");
    let sealed = scene.seals("ofc1", &account, "seals her words: they do not change any more");
    let found = gaps(&sealed);
    assert!(any(&found, "I.required body_worn/") && any(&found, "R34.special_measures"), "{found:?}");
    let case = scene.world.show("ofc1", &account)["case"].as_str().unwrap().to_owned();
    let brother = json!({ "case": case, "roles": ["suspect"], "names": ["his brother"], "not_yet_spoken_to": "only named by her" });
    let brother = scene.makes("ofc1", "person", &brother, "notes that his brother was only named");
    let desk = scene.world.find("ofc1", "action", |action| action["action_kind"] == "check");
    assert_eq!(desk.len(), 1);
    scene.tell("ofc1", "finds one request to the intelligence desk for both names, and no form for either");
    scene.child_may_be_left("leaves her with her carer");
    (case, account, brother)
}

fn the_words_are_looked_at(scene: &mut Scene, account: &str) {
    let prompted = scene.world.prompts("ofc1").iter().filter(|code| *code == "R81.language").count();
    assert_eq!(prompted, 2, "'allegation' twice and 'bogus' in the officer's text; not in hers");
    scene.tell(
        "ofc1",
        "is asked about two of the officer's own words, `allegation` and `bogus` (R81.language); hers stay",
    );
    let open = json!({ "seen_alone": "yes", "how_recorded": "typed_live", "child_view/+": { "child": "the girl", "words": "I want to stay here" } });
    scene.adds("ofc1", account, &open, "asked after the seal", "adds what was still missing and could wait");
}

fn she_changes_her_mind(scene: &mut Scene, case: &str, account: &str) {
    let court = json!({ "child_wishes/+": wish("court", "yes") });
    scene.edits("ofc1", account, court, "is told by her that she would go to court; her first answer stays beside it");
    assert_eq!(scene.world.show("ofc1", account)["child_wishes"].as_array().unwrap().len(), 5);
    scene.world.sync("ofc1");
    let reason = json!({ "reason": "undecided about court" });
    let codes =
        scene.is_refused("ofc1", case, "propose_close", &reason, "tries to close the case: `undecided about court`");
    assert!(any(&codes, "R58.undecided"), "{codes:?}");
}

fn the_handover(scene: &mut Scene, case: &str, account: &str) {
    let bad = json!({ "case": case, "from": "ofc1", "to": "ofc2", "reason": "planned", "opinion": "unwilling" });
    let error = scene.world.run("ofc1", &["new", "handover"], Some(&bad)).unwrap_err();
    assert_eq!(error["code"], "I.field");
    scene.tell("ofc1", "finds no place in a handover for `unwilling` (I.field)");
    let good = json!({ "case": case, "from": "ofc1", "to": "ofc2", "reason": "planned", "spoken": "yes",
        "items": [{ "record": account, "next_step": "ring her" }] });
    scene.makes("ofc1", "handover", &good, "hands over, with her own wishes and a next step");
    scene.world.sync_all(&["ofc1", "sgt1"]);
    scene.is_prompted("sgt1", "R68.not_accepted");
    scene.is_prompted("sgt1", "R58.undecided");
}

fn he_is_met(scene: &mut Scene, brother: &str) {
    scene.edits("ofc1", brother, json!({ "not_yet_spoken_to": null }), "has spoken to his brother");
    scene.looks("ofc1", brother, "sees what is asked about him from now on");
}
