//! AS6 (Issue 39, case 3): a first account in a foster home. In the real case officers wrote "allegation"
//! and "bogus", asked for everything or nothing, and a late turn was told she was "unwilling".

use serde_json::{Value as Json, json};

use crate::world::{World, any, gaps, said};

#[test]
fn as6_each_step_has_its_own_answer_and_no_word_of_doubt_travels_with_the_handover() {
    let mut world = World::new("2026-03-02T14:00:00Z");
    world.sync_all(&["ofc1", "sgt1"]);
    let wish = |step: &str, choice: &str| json!({ "step": step, "choice": choice, "at": "2026-03-02T14:00:00Z" });
    let body = json!({ "speaker": said("a girl aged 15"), "account_started_at": world.in_minutes(-60), "account_ended_at": world.in_minutes(-10),
        "words_verbatim": [{ "seq": 1, "speaker": "girl", "text": "it is not bogus, he touched me", "exact": true }],
        "observations": [{ "text": "She looked down. The allegation is bogus; this allegation is doubted." }],
        "questions_asked": [{ "seq": 1, "text": "Tell me what happened.", "asker": "ofc1", "type": "open" }],
        "child_wishes": [wish("medical_centre", "undecided"), wish("samples", "undecided"), wish("clothing", "yes"), wish("court", "undecided")],
        "body_worn": [{ "ref": "BWV1", "on_at": world.in_minutes(-60), "off_at": world.in_minutes(-10) }] });
    let (account, sealed) = world.sealed("ofc1", "disclosure", body);
    let found = gaps(&sealed);
    assert!(any(&found, "I.required body_worn/") && any(&found, "R34.special_measures"), "{found:?}");
    let prompted = world.prompts("ofc1").iter().filter(|code| *code == "R81.language").count();
    assert_eq!(prompted, 2, "'allegation' twice and 'bogus' in the officer's text; not in hers");
    let shown = world.show("ofc1", &account);
    assert_eq!(shown["child_wishes"].as_array().unwrap().len(), 4);
    let case = shown["case"].as_str().unwrap().to_owned();
    // She changes her mind about one step; the first answer stays beside it.
    world.edit("ofc1", &account, json!({ "child_wishes/+": wish("court", "yes") }));
    assert_eq!(world.show("ofc1", &account)["child_wishes"].as_array().unwrap().len(), 5);
    let codes = world.refused("ofc1", &case, "propose_close", json!({ "reason": "undecided about court" }));
    assert!(any(&codes, "R58.undecided"), "a no does not close the case: {codes:?}");
    // The handover has no place for "unwilling"; her wishes travel with the record.
    let bad = json!({ "case": case, "from": "ofc1", "to": "ofc2", "reason": "planned", "opinion": "unwilling" });
    let error = world.run("ofc1", &["new", "handover"], Some(&bad)).unwrap_err();
    assert_eq!(error["code"], "I.field");
    let good = json!({ "case": case, "from": "ofc1", "to": "ofc2", "reason": "planned", "spoken": "yes", "items": [{ "record": account, "next_step": "ring her" }] });
    let handover = world.new_record("ofc1", "handover", good);
    world.sync_all(&["ofc1", "sgt1"]);
    assert!(world.is_prompted("sgt1", "R68.not_accepted") && world.is_prompted("sgt1", "R58.undecided"));
    let _: Json = world.show("sgt1", &handover);
}
