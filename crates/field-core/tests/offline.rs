//! A day without signal: everything an officer does works, and what is said to be saved is on disk.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{Person, Server, account, action, code, concern, open, record};
use field_core::ListFilter;
use serde_json::{Value as Json, json};

fn officer() -> (Server, Person) {
    let mut server = Server::new();
    let officer = Person::enrolled(&mut server, "officer1");
    (server, officer)
}

#[test]
fn an_account_is_drafted_edited_sealed_added_to_listed_and_found() {
    let (_server, officer) = officer();
    let made = officer.field.record_new("disclosure", account("He showed me pictures.")).unwrap();
    assert_eq!(made["status"], "draft");
    let id = made["id"].as_str().unwrap();
    assert_eq!(officer.show(id)["case"], made["case"]);

    officer.edit(id, "counts_stated", json!({ "suspects": 1 })).unwrap();
    let sealed = officer.field.record_seal(record(id)).unwrap();
    assert_eq!((&sealed["status"], &sealed["gaps"]), (&json!("sealed"), &json!([])));

    let shown = officer.show(id);
    assert_eq!(shown["words_verbatim"][0]["text"], "He showed me pictures.");
    assert_eq!(shown["counts_stated"]["suspects"], 1);
    assert_eq!(shown["kind"], "disclosure");
    let statement = &shown["statements"][0];
    assert_eq!((&statement["sha256"], &statement["verified"]), (&sealed["statement"], &json!(true)));
    assert!(shown["keys"][statement["kid"].as_str().unwrap()].is_string());

    officer.field.record_addendum(record(id), Some("Said so again at 10.".into()), vec![], "asked again").unwrap();
    let shown = officer.show(id);
    assert_eq!(shown["addenda"][0]["text"], "Said so again at 10.");
    assert_eq!(shown["statements"].as_array().unwrap().len(), 2);

    let line = &officer.list()[0];
    assert_eq!((&line["id"], &line["status"], &line["sealed"]), (&json!(id), &json!("sealed"), &json!(true)));
    assert_eq!(officer.search("pictures")[0]["id"], id);
    assert_eq!(officer.search("PICT")[0]["id"], id);
    assert!(officer.search("nothing-like-it").is_empty());
    assert_eq!(officer.field.verify(None).unwrap(), json!({ "ok": true, "faults": [], "more": 0 }));
}

#[test]
fn r1_what_was_reported_saved_is_there_after_the_process_is_gone() {
    let (_server, officer) = officer();
    let draft = officer.new_record("disclosure", account("first words"));
    let concern = officer.recorded("concern", concern("a worry"));
    let Person { folder, field } = officer;
    // Forgotten, not closed: no destructor runs, as after a kill; only the lock file is let go.
    let copy = common::Folder::new("copy");
    for name in ["field.db", "field.db-wal", "keycheck"] {
        std::fs::copy(folder.path().join(name), copy.path().join(name)).unwrap();
    }
    std::mem::forget(field);
    let again = open(copy.path());
    let listed = again.record_list(ListFilter::default()).unwrap();
    let ids: Vec<&str> = listed.as_array().unwrap().iter().map(|l| l["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&draft.as_str()) && ids.contains(&concern.as_str()), "{ids:?}");
    let shown = again.record_show(record(&draft), None).unwrap();
    assert_eq!(shown["words_verbatim"][0]["text"], "first words");
}

#[test]
fn a_sealed_word_cannot_be_changed_by_an_edit() {
    let (_server, officer) = officer();
    let id = officer.new_record("disclosure", account("the child's words"));
    officer.field.record_seal(record(&id)).unwrap();
    let before = officer.show(&id);
    let refused = officer.edit(&id, "words_verbatim", json!([{ "text": "other words" }])).unwrap_err();
    assert_eq!(code(&refused), "S.sealed");
    assert_eq!(refused.gaps[0].path, "words_verbatim");
    let refused = officer.field.record_seal(record(&id)).unwrap_err();
    assert_eq!(code(&refused), "S.sealed");
    assert_eq!(officer.show(&id)["words_verbatim"], before["words_verbatim"]);
    let concern = officer.recorded("concern", concern("exact words"));
    assert_eq!(code(&officer.edit(&concern, "exact_words", json!("softer")).unwrap_err()), "S.sealed");
    assert_eq!(code(&officer.field.record_seal(record(&concern)).unwrap_err()), "S.sealed");
}

#[test]
fn r2_a_seal_with_gaps_names_them_and_an_addendum_fills_them() {
    let (_server, officer) = officer();
    let mut body = account("words");
    for name in ["seen_alone", "medical_need", "immediate_safety"] {
        body.as_object_mut().unwrap().remove(name);
    }
    let id = officer.new_record("disclosure", body);
    let sealed = officer.field.record_seal(record(&id)).unwrap();
    assert_eq!(sealed["status"], "sealed_incomplete");
    let codes: Vec<&str> = sealed["gaps"].as_array().unwrap().iter().map(|g| g["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"R5.seen_alone") && codes.contains(&"R6.safe_now"), "{codes:?}");

    let sets = vec![("seen_alone".to_owned(), json!("no"))];
    officer.field.record_addendum(record(&id), None, sets, "answered later").unwrap();
    let gaps = officer.show(&id)["gaps"].clone();
    assert!(!gaps.as_array().unwrap().iter().any(|g| g["code"] == "R5.seen_alone"), "{gaps}");
    let other = vec![("words_verbatim".to_owned(), json!([{ "text": "x" }]))];
    assert!(officer.field.record_addendum(record(&id), None, other, "no").is_err());
}

#[test]
fn r26_a_young_child_and_a_sexual_rumour_make_a_concern_immediate() {
    let (_server, officer) = officer();
    let mut body = concern("a rumour about a girl aged 12");
    body["indicators"] = json!(["sexual_rumour"]);
    let id = officer.recorded("concern", body);
    assert_eq!(officer.show(&id)["urgency"], "immediate");
    assert_eq!(officer.list()[0]["urgency"], "immediate");
    // With it goes the notice to the hub.
    let kinds: Vec<_> = officer.list().iter().map(|line| line["kind"].clone()).collect();
    assert_eq!(kinds, [json!("concern"), json!("notification")]);
    assert_eq!(officer.status()["unsent"]["immediate"], 2);
}

#[test]
fn what_is_unsent_is_counted_by_urgency_and_a_draft_with_its_record_once() {
    let (_server, officer) = officer();
    let mut urgent = action("visit today");
    urgent["urgency"] = json!("urgent");
    officer.new_record("action", urgent);
    officer.recorded("concern", concern("a worry"));
    let id = officer.new_record("disclosure", account("words"));
    assert_eq!(
        officer.status()["unsent"],
        json!({ "immediate": 0, "urgent": 1, "standard": 1, "info": 1, "media": 0 })
    );
    officer.field.record_seal(record(&id)).unwrap();
    assert_eq!(
        officer.status()["unsent"],
        json!({ "immediate": 0, "urgent": 1, "standard": 3, "info": 0, "media": 0 })
    );
    // The account, what a rule asks to be looked up for it, the concern and the action.
    let unsent = officer.field.record_list(ListFilter { unsent: true, ..ListFilter::default() }).unwrap();
    assert_eq!(unsent.as_array().unwrap().len(), 4);
}

#[test]
fn a_list_is_read_page_by_page_as_a_screen_shows_it() {
    let (_server, officer) = officer();
    for number in 0..7 {
        officer.new_record("action", action(&format!("number {number}")));
    }
    let whole = officer.list();
    let page = |before: Option<&str>| {
        let filter = ListFilter { limit: Some(3), before: before.map(record), ..ListFilter::default() };
        officer.field.record_list(filter).unwrap().as_array().unwrap().clone()
    };
    let mut read = page(None);
    while let Some(last) = read.last().map(|line| line["id"].as_str().unwrap().to_owned()) {
        let next = page(Some(&last));
        if next.is_empty() {
            break;
        }
        read.extend(next);
    }
    assert_eq!(read, whole);
    let unknown = ListFilter { before: Some(signed::RecordId::derived(&["nowhere"])), ..ListFilter::default() };
    assert_eq!(code(&officer.field.record_list(unknown).unwrap_err()), "I.not_found");
}

#[test]
fn the_police_text_of_an_update_becomes_a_record_of_its_own() {
    let (_server, officer) = officer();
    let action = officer.new_record("action", action("visit"));
    let body = json!({ "action": action, "text": "Visited.", "text_police": "Door not opened by V." });
    let update = officer.new_record("action_update", body);
    let listed = officer.list();
    let note = listed.iter().find(|l| l["kind"] == "action_note").unwrap();
    assert_eq!(note["id"], signed::RecordId::note(record(&update)).to_string());
    let (update, note) = (officer.show(&update), officer.show(note["id"].as_str().unwrap()));
    assert!(update["compartment"].as_str().unwrap().starts_with("SHARE(100001,"));
    assert!(note["compartment"].as_str().unwrap().starts_with("POLICE("));
    assert!(!update.to_string().contains("Door not opened"));
    assert_eq!(note["text"], "Door not opened by V.");
    assert_eq!(update["case"], officer.show(&action)["case"]);
}

#[test]
fn steps_move_an_action_on_and_wrong_ones_are_refused() {
    let (_server, officer) = officer();
    let id = officer.new_record("action", action("visit"));
    assert_eq!(officer.step(&id, "accept", json!({})).unwrap()["status"], "accepted");
    assert_eq!(officer.show(&id)["owner"], "officer1");
    assert_eq!(code(&officer.step(&id, "fly", json!({})).unwrap_err()), "I.verb");
    let lower = json!({ "field": "urgency", "value": "info", "reason": "r" });
    assert_eq!(code(&officer.step(&id, "lower", lower).unwrap_err()), "I.denied");
    let missing = "01912d68-783e-7a03-8467-5661c1243ad4";
    assert_eq!(code(&officer.step(missing, "accept", json!({})).unwrap_err()), "I.not_found");
}

#[test]
fn a_body_with_an_unknown_field_or_kind_is_refused_by_path() {
    let (_server, officer) = officer();
    let refused = officer.field.record_new("concern", json!({ "no_such": 1 })).unwrap_err();
    assert_eq!((code(&refused), refused.gaps[0].path.as_str()), ("I.field", "no_such"));
    assert_eq!(code(&officer.field.record_new("poem", json!({})).unwrap_err()), "I.kind");
    assert_eq!(refused.to_json()["error"]["class"], "refused");
    assert!(refused.to_json()["error"]["number"].is_number());
}

#[test]
fn autosave_keeps_words_at_once_and_a_pause_makes_them_a_draft_change() {
    let (_server, officer) = officer();
    let id = officer.new_record("disclosure", json!({}));
    let outbox = |o: &Person| o.field.next_frame(wire::Lane::Rest, 0, 50).unwrap();
    officer.field.draft_keep(record(&id), &[("why_called".into(), json!("bruise seen"))]).unwrap();
    assert_eq!(officer.show(&id)["why_called"], "bruise seen");
    let first = outbox(&officer).unwrap().push.open().unwrap();
    assert!(!bytes_hold(&first.items[0].changes, "bruise seen"));
    assert_eq!(officer.field.drafts_flush(None).unwrap(), 1);
    assert_eq!(officer.field.drafts_flush(None).unwrap(), 0);
    let second = officer.field.next_frame(wire::Lane::Rest, 1, 50).unwrap().unwrap().push.open().unwrap();
    assert!(bytes_hold(&second.items[0].changes, "bruise seen"));
}

fn bytes_hold(changes: &[Vec<u8>], text: &str) -> bool {
    changes.iter().any(|c| c.windows(text.len()).any(|w| w == text.as_bytes()))
}

#[test]
fn a_word_typed_and_deleted_before_sealing_is_in_no_byte_of_the_sealed_record() {
    let (mut server, officer) = officer();
    let id = officer.new_record("disclosure", account("WITHDRAWNWORD at first"));
    officer.edit(&id, "words_verbatim", json!([{ "text": "what stands", "exact": true }])).unwrap();
    officer.field.record_seal(record(&id)).unwrap();
    server.sync(&officer.field);
    let mut draft = false;
    for ((document, _), bytes) in &server.bytes {
        let holds = bytes_hold(std::slice::from_ref(bytes), "WITHDRAWNWORD");
        assert!(!holds || *document == signed::RecordId::draft(record(&id)));
        draft |= holds;
    }
    assert!(draft, "the draft itself keeps its history");
    assert!(!officer.show(&id).to_string().contains("WITHDRAWNWORD"));
    assert!(officer.search("WITHDRAWNWORD").is_empty());
}

#[test]
fn opening_a_record_is_logged_and_a_locked_store_only_writes() {
    let (_server, officer) = officer();
    let id = officer.recorded("concern", concern("a worry"));
    officer.show(&id);
    officer.show(&id);
    assert_eq!(officer.field.verify(None).unwrap()["ok"], true);
    officer.field.lock().unwrap();
    let refused = officer.field.record_show(record(&id), None).unwrap_err();
    assert_eq!((code(&refused), refused.code.class.as_str()), ("STORE.locked", "locked"));
    assert_eq!(code(&officer.field.search("worry").unwrap_err()), "STORE.locked");
    officer.new_record("concern", concern("capture goes on"));
}

#[test]
fn before_enrolment_only_status_answers() {
    let folder = common::Folder::new("fresh");
    let field = open(folder.path());
    assert_eq!(field.status().unwrap()["user"], Json::Null);
    assert_eq!(code(&field.record_new("concern", concern("x")).unwrap_err()), "D.not_enrolled");
    assert!(field.identity().unwrap().is_none());
}
