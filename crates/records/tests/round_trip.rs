//! A body survives being taken apart into a document, and being kept as a draft.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use proptest::prelude::*;
use records::{Body, from_draft, kind, normalise, to_draft};
use serde_json::{Value as Json, json};

/// A body of each kind that uses every shape.
fn bodies() -> Vec<(&'static str, Json)> {
    let id = |n: u8| record(n).to_string();
    let done = json!({ "done": { "when": "2026-11-23T08:41:00Z", "by": "PC Okafor" } });
    vec![
        (
            "case",
            json!({ "title": "Autumn term", "schools": ["100001"], "owner": "okafor", "cover": "price", "plan": [id(2)],
            "linked_cases": [id(3)], "school": "100001", "case": id(1) }),
        ),
        (
            "person",
            json!({ "roles": ["child", "witness"], "names": ["Aisha"], "aliases": ["Ash"], "dob": "2014-03-01",
            "estimated_age": { "years": 12, "basis": "school year" }, "treat_as_child": true,
            "vulnerability": ["autism", { "vulnerability": "in_care", "source": "school" }],
            "communication_needs": ["time"], "social_worker": "Ms Bell", "ethnicity_self_defined": { "unknown": { "not_asked": "unwell" } },
            "ethnicity_officer_perceived": "A2", "nationality": "British", "sex": "F", "other_schools": ["St Mary's"],
            "household": id(4), "markers": [{ "marker": "violence", "source": "log", "date": "2026-01-02" }],
            "jobs_and_volunteering": ["paper round"], "contact_with_children": { "yn3": { "unknown": "new" }, "evidence": "none yet" },
            "safe_contact": { "how": "text", "when": "after four", "not_to_know": ["her father"] },
            "phones": ["07700 900123"], "emails": ["a@example.org"], "usernames": ["ash12"], "addresses": ["12 Mill Lane"] }),
        ),
        (
            "concern",
            json!({ "source": "school", "exact_words": "she said he waits by the gate – “every day”",
            "concern_items": [{ "text": "waits by the gate", "about_person": "the man" }, { "text": "gifts" }],
            "received_from": "anonymous", "relation_to_child": "aunt", "where": ["the gate", { "record": id(5) }],
            "phones": [7700900], "indicators": ["older_person", { "other": "a drone" }], "known_to_school_log": "yes",
            "heard_how": "second_hand", "advice_given": [{ "to": "aunt", "text": "call 999" }], "scheme_quoted": "Makesafe" }),
        ),
        (
            "disclosure",
            json!({ "speaker": { "record": id(2) }, "about": ["her brother"],
            "child_view": [{ "child": "Aisha", "words": "leave me alone" }, { "child": "Sam", "not_asked": "not there" }],
            "read_back": { "no": "she left", "child_correction": "it was Monday" },
            "words_verbatim": [{ "seq": 1, "speaker": "A", "text": "no", "exact": true }, { "text": "…" }],
            "questions_asked": { "none": "she spoke freely" }, "seen_alone": { "unknown": "door open" },
            "setting": { "type": "office", "place": "school", "chosen_by_child": "no" },
            "communication": { "needs": ["time"], "interpreter": "no", "adjustment_made": "drawings" },
            "body_worn": [{ "ref": "bw1", "on_at": "2026-11-23T08:10:00Z" }], "first_evidence_done": done,
            "medical_need": { "yn3": "yes", "what": "bruise", "acted": "nurse" },
            "immediate_safety": { "safe_now": "no", "where_going": "gran", "suspect_access": { "unknown": "?" } },
            "named_people": [{ "as_said": "T", "role_said": "suspect" }], "counts_stated": { "victims": 6 },
            "child_wishes": [{ "step": "court", "choice": "undecided" }], "told_child": ["I will ring on Friday"],
            "original_note_ref": "note 1", "special_measures_explained": { "not_done": "later" }, "reassured": done }),
        ),
        (
            "welfare_check",
            json!({ "request": { "concern": id(2), "concern_items": [{ "id": id(8), "text": "co-sleeping" }],
            "requested_by": "okafor", "instructions": ["see every child"] }, "grade": "urgent",
            "attend_by": "2026-11-23T12:00:00Z", "address": "12 Mill Lane", "markers_acknowledged": ["firearms"],
            "attended_at": "2026-11-23T11:00:00Z", "left_at": "2026-11-23T12:10:00Z", "attendees": ["PC Okafor"],
            "children": [{ "person": "Sam", "seen": "yes", "seen_alone": done, "sleeping_arrangement": { "not_done": "asleep" },
                "observed": "clingy", "communication_need": { "unknown": "very young" } }, { "person": "Jo" }],
            "adults_present": [{ "person": "Mr B", "relation": "uncle", "dob": "1970-01-01" }],
            "others_who_stay_or_visit": { "none": "asked the mother" }, "siblings_all_listed": done,
            "living_conditions": { "food": { "done": { "when": "2026-11-23T11:00:00Z", "by": "x" }, "text": "enough" },
                "heating": { "not_done": "no time" } },
            "suspect_handling": { "present": "no", "left_at": "2026-11-23T11:30:00Z" },
            "concern_answers": [{ "concern_item": id(8), "answer": { "not_addressed": "asleep" } }],
            "intelligence_checks": [id(5), id(6)], "risk": id(7), "referral_decision": [{ "child": "Sam", "ref": id(9) }],
            "reporter_contacted": { "not_applicable": "patrol" }, "advice_sought": [{ "from": "hub", "advice": "refer" }],
            "outcome": { "other": "called away" } }),
        ),
        ("action", {
            let mut body = action_body();
            body["evidence"] = json!([{ "ref": "r", "hash": "ab" }]);
            body["owner"] = json!("team:north");
            body["carried_context"] = json!(["year 8"]);
            body
        }),
        (
            "action_update",
            json!({ "action": id(2), "text": "visited", "next_date": "2026-11-27T15:00:00Z", "school": "100001" }),
        ),
        ("action_note", json!({ "action": id(2), "update": id(3), "text": "suspect was there" })),
    ]
}

#[test]
fn what_was_recorded_is_what_is_shown() {
    for (name, json) in bodies() {
        let kind = kind(name).unwrap();
        let mut body = normalise(kind, json, &mut ids()).unwrap_or_else(|gaps| panic!("{name}: {gaps:?}"));
        records::defaults(kind, &mut body, at(MORNING));
        let doc = Doc::sealed(name, &officer(), &body, at(MORNING));
        let shown = doc.shown_to_all().body;
        for (field, value) in &body.0 {
            assert_eq!(&shown[field], value, "{name}: {field}");
        }
        assert_eq!(shown, Json::Object(body.0), "{name}: nothing else is shown");
    }
}

#[test]
fn a_regular_body_is_its_own_regular_form() {
    for (name, json) in bodies() {
        let kind = kind(name).unwrap();
        let body = normalise(kind, json, &mut ids()).unwrap();
        let again =
            normalise(kind, Json::Object(body.0.clone()), &mut ids()).unwrap_or_else(|gaps| panic!("{name}: {gaps:?}"));
        assert_eq!(again.0, body.0, "{name}");
    }
}

#[test]
fn a_draft_holds_every_body_in_small_well_formed_registers() {
    for (name, json) in bodies() {
        let kind = kind(name).unwrap();
        let body = normalise(kind, json, &mut ids()).unwrap();
        let fields = to_draft(kind, &body);
        assert!(fields.iter().all(|(key, text)| documents::declaration::well_formed(key) && text.len() <= 4000));
        assert_eq!(from_draft(kind, &fields).0, body.0, "{name}");
    }
}

#[test]
fn the_same_value_twice_is_one_entry() {
    let kind = kind("concern").unwrap();
    let body =
        normalise(kind, json!({ "phones": ["07700 900123", "07700 900123", "07700 900124"] }), &mut ids()).unwrap();
    assert_eq!(records::split(kind, &body).unwrap().entries.len(), 2);
}

#[test]
fn the_police_text_of_an_update_becomes_a_note_of_its_own() {
    let kind = kind("action_update").unwrap();
    let json = json!({ "action": record(2).to_string(), "text": "visited", "text_police": "he was there", "school": "100001" });
    let mut body = normalise(kind, json, &mut ids()).unwrap();
    assert_eq!(
        records::split(kind, &body).unwrap_err()[0].path,
        "text_police",
        "it never enters what the school holds"
    );
    let note = records::take_note(kind, &mut body, record(3)).unwrap();
    assert!(records::split(kind, &body).is_ok());
    assert_eq!((note.id, note.kind), (Some(signed::RecordId::note(record(3))), "action_note"));
    assert_eq!((&note.body.0["text"], &note.body.0["update"]), (&json!("he was there"), &json!(record(3).to_string())));
}

#[test]
fn r48_what_is_said_of_a_reporters_motive_becomes_a_note_of_the_police() {
    let kind = kind("referral").unwrap();
    let json = json!({ "case": record(1).to_string(), "facts": ["a man lives there", "she may have an agenda"], "opinion": [
        { "text": "a grudge, perhaps" }, { "text": "a grudge", "basis": "a court order", "approved_by": "sgt1" }] });
    let mut body = normalise(kind, json, &mut ids()).unwrap();
    let withheld = records::withhold::withhold(kind, &mut body, record(3)).unwrap();
    assert_eq!(body.0["facts"], json!(["a man lives there"]));
    assert_eq!(body.0["opinion"].as_array().unwrap().len(), 1, "what a sergeant approved goes along");
    assert_eq!((withheld.note.id, withheld.note.kind), (Some(signed::RecordId::note(record(3))), "action_note"));
    assert_eq!(withheld.note.body.0["text"], "she may have an agenda\na grudge, perhaps");
    assert_eq!(withheld.gaps.iter().map(|gap| gap.path.as_str()).next(), Some("facts/1"));
    assert_eq!(records::withhold::withhold(kind, &mut body, record(3)), None);
}

#[test]
fn values_are_set_by_path() {
    let kind = kind("disclosure").unwrap();
    let mut body = json!({});
    let line = record(7).to_string();
    for (path, value) in [
        ("setting/type", json!("office")),
        ("words_verbatim/+", json!({ "text": "first" })),
        ("about/+", json!("Sam")),
        ("medical_need/what", json!("a bruise")),
    ] {
        records::set_path(&mut body, path, value).unwrap();
    }
    records::set_path(&mut body, &format!("words_verbatim/{line}/text"), json!("second")).unwrap();
    records::set_path(&mut body, &format!("words_verbatim/{line}/seq"), json!(2)).unwrap();
    let body = normalise(kind, body, &mut ids()).unwrap();
    assert_eq!(body.0["words_verbatim"][1]["id"], json!(line));
    assert_eq!(body.0["words_verbatim"][1]["text"], "second");
    let mut json = Json::Object(body.0);
    records::set_path(&mut json, &format!("words_verbatim/{line}"), Json::Null).unwrap();
    records::set_path(&mut json, "setting", Json::Null).unwrap();
    assert_eq!(json["words_verbatim"].as_array().unwrap().len(), 1);
    assert!(json.get("setting").is_none());
    assert_eq!(records::set_path(&mut json, "about//x", json!(1)).unwrap_err().code, signed::code::I_PATH);
    assert_eq!(records::set_path(&mut json, "medical_need/what/x", json!(1)).unwrap_err().code, signed::code::I_PATH);
}

#[test]
fn chunks_left_behind_by_a_merge_lose_no_words() {
    let kind = kind("disclosure").unwrap();
    let long = |c: &str| Body(serde_json::Map::from_iter([("why_called".to_owned(), json!(c.repeat(9000)))]));
    let mut fields = to_draft(kind, &long("a"));
    // The other device shortened the text; one of its old remainders survived the merge.
    fields.extend(to_draft(kind, &Body(serde_json::Map::from_iter([("why_called".to_owned(), json!("short"))]))));
    assert_eq!(from_draft(kind, &fields).0["why_called"], "short");
    fields.insert("why_called".into(), "\"half a text".into());
    fields.retain(|key, _| key != "why_called.2");
    let kept = from_draft(kind, &fields);
    assert!(kept.0["why_called"].as_str().unwrap().contains("half a text"));
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z \\\\\"\u{e9}\u{1F600}\n]{0,40}",
        Just("ж".repeat(5000)),
        Just("\u{1F600}".repeat(3001)),
        Just("\"\\".repeat(4001)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_draft_gives_back_any_words(lines in proptest::collection::vec(words(), 0..6), why in words(), order in any::<u64>()) {
        let kind = kind("disclosure").unwrap();
        let mut ids = ids();
        let mut spoken: Vec<Json> = lines.iter().map(|text| json!({ "text": text, "id": ids() })).collect();
        if !spoken.is_empty() {
            let by = usize::try_from(order).unwrap_or(1) % spoken.len();
            spoken.rotate_left(by);
        }
        let body = Body(serde_json::Map::from_iter([
            ("why_called".to_owned(), json!(why)),
            ("words_verbatim".to_owned(), Json::Array(spoken)),
        ]));
        let fields = to_draft(kind, &body);
        for (key, text) in &fields {
            prop_assert!(documents::declaration::well_formed(key) && text.len() <= 4000);
        }
        prop_assert_eq!(from_draft(kind, &fields), body);
    }

    #[test]
    fn no_body_makes_a_panic(text in "\\PC{0,60}", field in 0_usize..200, number in any::<i64>()) {
        for kind in records::kinds() {
            let fields: Vec<_> = kind.all_fields().collect();
            let name = fields[field % fields.len()].path;
            for value in [json!(text), json!(number), json!([text, number, null]), json!({ "unknown": text, "id": text }),
                          json!([{ "id": text }]), json!({ "done": { "when": text, "by": text } }), json!(1.5), Json::Null] {
                let body = Json::Object(serde_json::Map::from_iter([(name.to_owned(), value.clone())]));
                if let Ok(body) = normalise(kind, body, &mut ids()) {
                    let _ = records::split(kind, &body);
                    let _ = from_draft(kind, &to_draft(kind, &body));
                }
                let view = documents::View::default();
                let _ = records::edits(kind, &view, &[(format!("{name}/{text}"), value.clone()), (name.to_owned(), value)], &records::Policy::DEFAULT, &mut ids());
                let _ = records::set_path(&mut json!({}), &text, json!(number));
            }
        }
    }
}
