//! R12, R13, R47, R115: the same number three weeks apart, the same man in three reports nobody joined.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;
use records::matching::{Decision, Entry, KeyKind, Screen, compare, facts, keys, likeness, normal, raises, state};
use serde_json::{Value as Json, json};
use signed::{RecordId, Timestamp};

fn entry(name: &str, kind: &str, body: &Json) -> Entry {
    let record = RecordId::derived(&["test", name]);
    let person = (kind == "person").then(|| facts(body));
    Entry { record, case: Some(RecordId::derived(&["case", name])), keys: keys(kind, body), person }
}

fn kinds(one: &Json, other: &Json) -> Vec<KeyKind> {
    let found = compare(&entry("one", "person", one), &entry("other", "person", other));
    found.into_iter().map(|found| found.kind).collect()
}

#[test]
fn r12_same_number_in_another_format_is_one_match_across_kinds_of_record() {
    let call = entry("call", "concern", &json!({ "phones": ["07700 900123"] }));
    let note =
        entry("note", "disclosure", &json!({ "words_verbatim": [{ "text": "his number is 0044 7700-900123" }] }));
    let found = compare(&note, &call);
    assert_eq!((found.len(), found[0].kind), (1, KeyKind::Phone));
    assert_eq!(compare(&call, &note), found, "whoever comes second");
    let mut same_case = note.clone();
    same_case.case = call.case;
    assert!(compare(&same_case, &call).is_empty(), "one case is known to belong together");
}

#[test]
fn r13_a_name_alone_never_links() {
    let (one, other) = (json!({ "names": ["Sam Carter"] }), json!({ "names": ["Sam Carter"] }));
    assert!(keys("person", &one).is_empty());
    assert!(likeness(&facts(&one), &facts(&other)).is_none() && kinds(&one, &other).is_empty());
}

#[test]
fn r13_the_same_person_is_found_by_sound_and_birthday_alias_and_school() {
    let one = json!({ "names": ["Katherine Smyth"], "dob": "2011-03-04", "school": "100001" });
    for other in [
        json!({ "names": ["Catherine Smith"], "dob": "2011-03-04" }),
        json!({ "names": ["Smith Catherine"], "dob": "2011-04-03" }),
        json!({ "names": ["Kathryn Smith"], "school": "100001" }),
    ] {
        assert!(!kinds(&one, &other).is_empty(), "{other}");
    }
    assert!(kinds(&one, &json!({ "names": ["Catherine Smith"], "dob": "2009-12-12" })).is_empty());
    let alias = json!({ "names": ["Robert Dunn"], "aliases": ["Bobby Blaze"] });
    assert_eq!(kinds(&alias, &json!({ "names": ["Robin Dyer"], "aliases": ["bobby blaze"] })), [KeyKind::PersonAlias]);
}

#[test]
fn r13_addresses_venues_and_plates_meet_and_what_many_share_alerts_nobody() {
    let hotel = |shared: bool| {
        let many = if shared { json!(["hotel"]) } else { json!([]) };
        json!({ "place_kind": "venue", "value_raw": "The Grand Hotel", "shared_by_many": many })
    };
    let call = entry("call", "concern", &json!({ "where": [{ "as_said": "grand hotel" }] }));
    assert!(!compare(&entry("a", "place", &hotel(false)), &call)[0].shared);
    assert!(compare(&entry("a", "place", &hotel(true)), &call)[0].shared);
    let email = |text: &str| entry(text, "person", &json!({ "emails": [text] }));
    assert_eq!(compare(&email("Up@Loader.example "), &email("up@loader.example"))[0].kind, KeyKind::Email);
}

#[test]
fn r13_a_rejected_match_takes_back_what_it_raised_and_may_be_confirmed_again() {
    let at = |hour: u32| Timestamp::parse(&format!("2026-03-02T{hour:02}:00:00Z")).unwrap();
    let mut decisions = Vec::new();
    assert_eq!((state(&decisions), raises(&decisions, true)), ("possible", false));
    decisions.push(Decision { confirmed: true, at: at(9) });
    assert_eq!((state(&decisions), raises(&decisions, true), raises(&decisions, false)), ("confirmed", true, false));
    decisions.push(Decision { confirmed: false, at: at(10) });
    assert_eq!((state(&decisions), raises(&decisions, true)), ("rejected", false));
    decisions.push(Decision { confirmed: true, at: at(11) });
    assert_eq!(state(&decisions), "confirmed");
}

#[test]
fn r47_a_reporter_is_found_in_words_in_another_format_and_masked_in_extracts_alone() {
    let aunt = json!({ "names": ["Ann O'Hara"], "phones": ["07700 900456"], "addresses": ["3 Elm Row LS2 2AB"] });
    let screen = Screen::of([&aunt]);
    let words = "Mrs O'Hara (ring +44 7700 900456) of 3 elm row ls2 2ab says it";
    let masked = screen.mask(words);
    for canary in ["Hara", "900456", "elm row"] {
        assert!(!masked.contains(canary), "{masked}");
    }
    assert!(masked.ends_with("says it") && screen.finds("nobody is named here").is_empty());
    let value = json!({ "text": words, "n": 3 });
    assert_eq!(screen.masked(&value)["n"], 3);
}

#[test]
fn r115_ethnicity_nationality_religion_and_school_type_never_change_a_match() {
    let base = json!({ "names": ["Katherine Smyth"], "dob": "2011-03-04" });
    let other = json!({ "names": ["Catherine Smith"], "dob": "2011-03-04" });
    let expected = kinds(&base, &other);
    for (field, values) in [
        ("ethnicity_self_defined", ["W1", "B2", "A9"]),
        ("ethnicity_officer_perceived", ["IC1", "IC3", "IC5"]),
        ("nationality", ["British", "Polish", "Somali"]),
        ("religion", ["none", "Muslim", "Catholic"]),
        ("school_type", ["academy", "independent", "referral unit"]),
    ] {
        for value in values {
            let mut body = base.clone();
            body[field] = json!(value);
            assert_eq!(keys("person", &body), keys("person", &base), "{field} {value}");
            assert_eq!(kinds(&body, &other), expected, "{field} {value}");
        }
    }
}

proptest! {
    #[test]
    fn no_text_makes_matching_panic_and_what_is_masked_is_no_longer_found(text in ".{0,200}", name in "[A-Za-z' ]{0,20}") {
        let screen = Screen::of([&json!({ "names": [name], "phones": [text.clone()] })]);
        let masked = screen.mask(&text);
        prop_assert!(screen.finds(&masked).is_empty() || masked.contains("[not named]"));
        let _ = keys("concern", &json!({ "phones": [text.clone()], "exact_words": text.clone(), "where": [text.clone()] }));
        let _ = normal::postcode(&text);
    }
}
