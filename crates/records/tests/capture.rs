//! What a seal finds missing, and what may be added afterwards.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use records::{Body, Gap, Policy, SealTimes, kind, normalise, seal_gaps};
use serde_json::{Value as Json, json};
use signed::{Code, code};

/// A whole account, nothing open.
fn account() -> Json {
    json!({
        "speaker": "Aisha",
        "child_view": [{ "child": "Aisha", "words": "I want to stay at my gran's" }],
        "read_back": "done",
        "words_verbatim": [{ "seq": 1, "speaker": "Aisha", "text": "he keeps coming to the caravan", "exact": true }],
        "observations": [{ "text": "looked at the floor, few answers", "at": "2026-11-23T08:20:00Z" }],
        "interpretation": [{ "text": "she seemed afraid of being overheard", "basis": "looked at the door twice" }],
        "questions_asked": [{ "seq": 1, "text": "what happened then?", "asker": "PC Okafor", "type": "open" }],
        "who_present": [{ "person": "PC Okafor", "role": "officer", "part_or_whole": "whole" }],
        "seen_alone": "yes",
        "account_started_at": "2026-11-23T08:10:00Z",
        "account_ended_at": "2026-11-23T08:40:00Z",
        "setting": { "type": "wellbeing office", "place": "school", "chosen_by_child": "yes" },
        "how_recorded": "typed_live",
        "communication": { "needs": ["time to answer"], "interpreter": "no" },
        "first_evidence_done": { "not_applicable": "no offence disclosed" },
        "medical_need": "no",
        "immediate_safety": { "safe_now": "yes", "where_going": "home", "with_whom": "gran", "suspect_access": "no" },
        "reassured": { "done": { "when": "2026-11-23T08:41:00Z", "by": "PC Okafor" } },
    })
}

fn body(json: Json) -> Body {
    let kind = kind("disclosure").unwrap();
    let mut body = normalise(kind, json, &mut ids()).expect("a good body");
    records::defaults(kind, &mut body, at(MORNING));
    body
}

fn without(names: &[&str]) -> Body {
    let mut json = account();
    for name in names {
        json.as_object_mut().unwrap().remove(*name);
    }
    body(json)
}

fn with(path: &str, value: Json) -> Body {
    let mut json = account();
    records::set_path(&mut json, path, value).unwrap();
    body(json)
}

fn gaps_at(body: &Body, recorded_at: &str) -> Vec<(Code, String)> {
    let times = SealTimes { recorded_at: at(recorded_at), policy: &Policy::DEFAULT };
    seal_gaps(kind("disclosure").unwrap(), body, &times).into_iter().map(|gap| (gap.code, gap.path)).collect()
}

fn gaps(body: &Body) -> Vec<(Code, String)> {
    gaps_at(body, MORNING)
}

fn gap(code: Code, path: &str) -> Vec<(Code, String)> {
    vec![(code, path.to_owned())]
}

#[test]
fn a_whole_account_has_no_gaps() {
    assert_eq!(gaps(&body(account())), []);
}

#[test]
fn r2_a_blank_account_is_incomplete() {
    assert_eq!(gaps(&without(&["words_verbatim"])), gap(code::R2_BLANK, "words_verbatim"));
}

#[test]
fn r2_nothing_disclosed_is_an_account_once_it_says_why_they_were_called() {
    let mut json = account();
    json.as_object_mut().unwrap().remove("words_verbatim");
    json["nothing_disclosed"] = json!(true);
    assert_eq!(gaps(&body(json.clone())), gap(code::R2_BLANK, "why_called"));
    json["nothing_disclosed"] = json!({ "value": true, "why_called": "her tutor was worried" });
    assert_eq!(gaps(&body(json)), []);
}

#[test]
fn r3_an_interpretation_says_what_it_rests_on() {
    let body = with("interpretation", json!([{ "text": "she seemed afraid" }]));
    let id = body.0["interpretation"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(gaps(&body), gap(code::R3_BASIS, &format!("interpretation/{id}")));
}

#[test]
fn r3_the_same_words_do_not_stand_in_two_places() {
    let body = with("observations/+", json!({ "text": "He keeps coming  to the caravan" }));
    let found = gaps(&body);
    assert_eq!((found.len(), found[0].0), (1, code::R3_TWICE));
    assert!(found[0].1.starts_with("observations/"));
}

#[test]
fn r4_an_account_written_down_late_says_why() {
    assert_eq!(gaps_at(&body(account()), "2026-11-24T08:40:00Z"), []);
    assert_eq!(gaps_at(&body(account()), "2026-11-24T08:40:01Z"), gap(code::R4_DELAY, "delay_reason"));
    let late = with("delay_reason", json!("the officer was taken ill"));
    assert_eq!(gaps_at(&late, "2026-11-26T08:41:00Z"), []);
    let times = SealTimes { recorded_at: at("2026-11-26T08:40:00Z"), policy: &Policy::DEFAULT };
    let shown = records::shown_draft(kind("disclosure").unwrap(), &late, &times);
    assert_eq!(shown.delay_ms, Some(3 * 24 * 60 * 60 * 1000), "the delay is shown to every reader");
}

#[test]
fn r5_and_r6_what_is_unanswered_is_listed_by_its_own_code() {
    for (field, code, path) in [
        ("who_present", code::R5_WHO_PRESENT, "who_present"),
        ("seen_alone", code::R5_SEEN_ALONE, "seen_alone"),
        ("setting", code::R5_SETTING, "setting"),
        ("questions_asked", code::R5_QUESTIONS, "questions_asked"),
        ("how_recorded", code::R5_HOW_RECORDED, "how_recorded"),
        ("immediate_safety", code::R6_SAFE_NOW, "immediate_safety/safe_now"),
        ("medical_need", code::R6_MEDICAL_NEED, "medical_need"),
        ("first_evidence_done", code::R6_FIRST_EVIDENCE, "first_evidence_done"),
        ("speaker", code::REQUIRED, "speaker"),
        ("reassured", code::REQUIRED, "reassured"),
    ] {
        assert!(gaps(&without(&[field])).contains(&(code, path.to_owned())), "{field}");
        assert_eq!(gaps(&without(&[field])).iter().filter(|(_, p)| p.starts_with(field)).count(), 1, "{field}");
    }
}

#[test]
fn r5_unknown_or_none_with_its_reason_is_an_answer() {
    let mut json = account();
    json["seen_alone"] = json!({ "unknown": "another pupil came in half way" });
    json["questions_asked"] = json!({ "none": "she spoke freely" });
    json["immediate_safety"]["safe_now"] = json!({ "unknown": "she would not say" });
    assert_eq!(gaps(&body(json)), []);
}

#[test]
fn r5_a_parent_in_the_room_is_shown() {
    let times = SealTimes { recorded_at: at(MORNING), policy: &Policy::DEFAULT };
    let body = with("who_present/+", json!({ "person": "Mrs A", "role": "mother", "part_or_whole": "whole" }));
    let shown = records::shown_draft(kind("disclosure").unwrap(), &body, &times);
    assert_eq!(shown.notices, ["R5: a parent or carer was in the room"]);
}

#[test]
fn r11_names_still_missing_are_counted() {
    let times = SealTimes { recorded_at: at(MORNING), policy: &Policy::DEFAULT };
    let mut json = account();
    json["counts_stated"] = json!({ "victims": 6, "suspects": 1 });
    json["named_people"] =
        json!([{ "as_said": "Kay", "role_said": "victim" }, { "as_said": "T", "role_said": "suspect" }]);
    let shown = records::shown_draft(kind("disclosure").unwrap(), &body(json), &times);
    assert_eq!(shown.notices, ["R11: 6 victims stated, 1 named"]);
}

#[test]
fn sealed_incomplete_becomes_sealed_when_its_gaps_are_filled() {
    let officer = officer();
    let body = without(&["medical_need", "how_recorded", "who_present"]);
    let mut doc = Doc::sealed("disclosure", &officer, &body, at(MORNING));
    let open: Vec<String> = doc.shown_to(&officer).gaps.into_iter().map(|gap| gap.path).collect();
    assert_eq!(doc.shown_to(&officer).status, "sealed_incomplete");
    assert_eq!(open, ["who_present", "how_recorded", "medical_need"]);

    // Only what the seal found missing may be filled.
    let refused = doc.addendum(&officer, None, &[("seen_alone".into(), json!("no"))]).unwrap_err();
    assert_eq!((refused[0].code, refused[0].path.as_str()), (code::S_SEALED, "seen_alone"));
    doc.addendum(&officer, Some("typed on the way back"), &[("how_recorded".into(), json!("memory"))]).unwrap();
    doc.addendum(
        &officer,
        None,
        &[("medical_need".into(), json!("yes")), ("who_present/+".into(), json!({ "person": "PC Okafor" }))],
    )
    .unwrap();
    let shown = doc.shown_to(&officer);
    assert_eq!((shown.status.as_str(), shown.gaps.len()), ("sealed", 0));
    assert_eq!(shown.body["how_recorded"], "memory");
    assert_eq!(shown.body["medical_need"]["yn3"], "yes");
    assert_eq!(shown.body["who_present"][0]["person"]["as_said"], "PC Okafor");
    assert_eq!(shown.addenda.len(), 2);
    assert_eq!(
        (&shown.addenda[0].says["text"], shown.addenda[0].author.as_str()),
        (&json!("typed on the way back"), "okafor")
    );
}

#[test]
fn r7_sealed_words_are_changed_by_no_edit() {
    let officer = officer();
    let mut doc = Doc::sealed("disclosure", &officer, &body(account()), at(MORNING));
    let line = doc.shown_to(&officer).body["words_verbatim"][0]["id"].as_str().unwrap().to_owned();
    for (path, value) in [
        ("words_verbatim".to_owned(), json!([])),
        (format!("words_verbatim/{line}/text"), json!("nothing happened")),
        ("words_verbatim/+".to_owned(), json!({ "text": "more" })),
        ("speaker".to_owned(), json!("someone else")),
        ("setting/type".to_owned(), json!("home")),
    ] {
        let refused = doc.edit(&officer, &path, value).unwrap_err();
        assert_eq!((refused[0].code, refused[0].path.as_str()), (code::S_SEALED, path.as_str()));
    }
    let opinion = doc.shown_to(&officer).body["interpretation"][0]["id"].as_str().unwrap().to_owned();
    let refused = doc.edit(&officer, &format!("interpretation/{opinion}/text"), json!("x")).unwrap_err();
    assert_eq!(refused[0].code, code::S_SEALED, "an entry never changes");
    doc.edit(&officer, "child_wishes/+", json!({ "step": "court", "choice": "undecided" })).unwrap();
    assert_eq!(doc.shown_to(&officer).body["child_wishes"][0]["choice"], "undecided");
}

#[test]
fn r10_accounts_that_differ_stand_side_by_side() {
    let officer = officer();
    let mut doc = Doc::sealed("disclosure", &officer, &body(account()), at(MORNING));
    doc.act(&officer, "mark_differs", json!({ "record": record(7).to_string() }));
    let shown = doc.shown_to(&officer);
    assert_eq!(shown.differs, [record(7)]);
    assert_eq!(shown.body["links"][0]["record"], record(7).to_string());
}

#[test]
fn unknown_fields_and_wrong_shapes_are_refused_by_path() {
    let kind = kind("disclosure").unwrap();
    let refused = |json: Json| -> Vec<(Code, String)> {
        let gaps: Vec<Gap> = normalise(kind, json, &mut ids()).unwrap_err();
        gaps.into_iter().map(|gap| (gap.code, gap.path)).collect()
    };
    for (json, code, path) in [
        (json!({ "truth_view": "no" }), code::I_FIELD, "truth_view"),
        (json!({ "compartment": "POLICE" }), code::I_FIELD, "compartment"),
        (json!({ "kind": "disclosure" }), code::I_FIELD, "kind"),
        (json!({ "immediate_safety": { "safe": "yes" } }), code::I_FIELD, "immediate_safety/safe"),
        (json!({ "seen_alone": "maybe" }), code::I_VALUE, "seen_alone"),
        (json!({ "seen_alone": { "unknown": " " } }), code::I_VALUE, "seen_alone"),
        (json!({ "counts_stated": { "victims": 1.5 } }), code::I_VALUE, "counts_stated/victims"),
        (json!({ "account_ended_at": "yesterday" }), code::I_VALUE, "account_ended_at"),
        (json!({ "who_present": "everyone" }), code::I_VALUE, "who_present"),
        (json!({ "how_recorded": "guessed" }), code::I_VALUE, "how_recorded"),
        (json!({ "reassured": { "done": {} } }), code::I_VALUE, "reassured"),
        (json!({ "urgency": "whenever" }), code::I_VALUE, "urgency"),
        (
            json!({ "communication": { "adjustment_made": "x".repeat(4097) } }),
            code::I_TOO_LARGE,
            "communication/adjustment_made",
        ),
        (json!([1]), code::I_JSON, ""),
    ] {
        assert_eq!(refused(json), [(code, path.to_owned())]);
    }
    // Nothing mandatory refuses a save.
    assert!(normalise(kind, json!({}), &mut ids()).is_ok());
    assert!(normalise(kind, json!({ "how_recorded": { "other": "in shorthand" } }), &mut ids()).is_ok());
}

#[test]
fn a_gap_says_nothing_of_what_the_record_says() {
    let kind = kind("disclosure").unwrap();
    let planted = "Zebedee";
    let wrong =
        json!({ "seen_alone": planted, "speaker": { "who": planted }, "counts_stated": { "victims": planted } });
    let gaps = normalise(kind, wrong, &mut ids()).unwrap_err();
    assert!(gaps.len() >= 3);
    assert!(gaps.iter().all(|gap| !gap.message.contains(planted)));
    assert!(!format!("{:?}{:?}", body(account()), gaps).contains("caravan"));
}

#[test]
fn r26_a_child_under_13_and_a_sexual_indicator_make_it_immediate() {
    let policy = Policy::DEFAULT;
    let raise = |name: &str, json: Json, ages: &[i64]| {
        let kind = kind(name).unwrap();
        let body = normalise(kind, json, &mut ids()).unwrap();
        records::raise::urgency_raise(kind, &body, ages, &policy)
    };
    let caravan = json!({ "indicators": ["older_person", "hotel_or_private_room"] });
    let words = |text: &str| json!({ "words_verbatim": [{ "text": text }] });
    for (name, body, ages, expected) in [
        ("concern", caravan.clone(), vec![12], Some("immediate")),
        ("concern", caravan, vec![13], None),
        ("concern", json!({ "indicators": ["co_sleeping"] }), vec![5], None),
        ("concern", json!({ "indicators": ["hotel_or_private_room"] }), vec![12], None),
        (
            "concern",
            json!({ "indicators": ["sexual_rumour"], "subjects": ["a girl aged 12"] }),
            vec![],
            Some("immediate"),
        ),
        (
            "concern",
            json!({ "indicators": ["sexual_rumour"], "exact_words": "my 12-year-old niece" }),
            vec![],
            Some("immediate"),
        ),
        ("concern", json!({ "indicators": ["sexual_rumour"], "exact_words": "it was 12 years ago" }), vec![], None),
        ("concern", json!({ "indicators": ["blackmail"], "exact_words": "he wants money" }), vec![12], None),
        (
            "concern",
            json!({ "indicators": ["blackmail"], "exact_words": "he wants nudes" }),
            vec![12],
            Some("immediate"),
        ),
        ("disclosure", words("he touched me"), vec![9], Some("immediate")),
        ("disclosure", words("he shouted at me"), vec![9], None),
        ("disclosure", words("he touched me"), vec![], None),
        ("action", json!({}), vec![9], None),
    ] {
        assert_eq!(raise(name, body, &ages), expected, "{name} {ages:?}");
    }
}

#[test]
fn r119_of_a_person_who_was_only_named_nothing_but_the_role_is_asked() {
    let open = |json: Json| {
        let kind = kind("person").unwrap();
        let body = normalise(kind, json, &mut ids()).unwrap();
        let times = SealTimes { recorded_at: at(MORNING), policy: &Policy::DEFAULT };
        seal_gaps(kind, &body, &times).into_iter().map(|gap| gap.path).collect::<Vec<_>>()
    };
    let named = json!({ "roles": ["suspect"], "names": ["Big T"], "not_yet_spoken_to": "only named" });
    assert_eq!(open(named), Vec::<String>::new());
    assert_eq!(open(json!({ "not_yet_spoken_to": "only named" })), ["roles"]);
    let met = open(json!({ "roles": ["suspect"], "names": ["Big T"] }));
    for asked in ["dob", "ethnicity_self_defined", "contact_with_children"] {
        assert!(met.iter().any(|path| path == asked), "{met:?}");
    }
}
