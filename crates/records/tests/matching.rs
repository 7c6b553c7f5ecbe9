//! R12, R13, R14, R47, R115: the same number three weeks apart, the same man in three reports nobody joined.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;
use records::Compartment;
use records::matching::{
    Decision, Entry, KEYS_MAX, KeyKind, Likeness, PossibleMatch, Screen, State, compare, facts, gather, judge, keys,
    match_id, phone, raises, recurrence, score, serious, state,
};
use records::policy::Policy;
use serde_json::{Value as Json, json};
use signed::{RecordId, Timestamp, UserId};

fn id(name: &str) -> RecordId {
    RecordId::derived(&["test", name])
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn entry(name: &str, kind: &str, body: &Json) -> Entry {
    let found = gather(kind, body);
    let case = id(&format!("case of {name}"));
    Entry {
        record: id(name),
        case: Some(case),
        compartment: Compartment::Police { case },
        kind: kind.to_owned(),
        keys: found.list,
        people: found.people,
        names: records::rules::named(body),
        serious: serious(body),
        recorded_at: at("2026-03-02T09:00:00Z"),
    }
}

fn kinds(one: &Json, other: &Json) -> Vec<KeyKind> {
    let found = compare(&entry("one", "person", one), &entry("other", "person", other));
    found.into_iter().map(|found| found.key_kind).collect()
}

fn values(kind: &str, body: &Json) -> Vec<(KeyKind, String)> {
    keys(kind, body).into_iter().map(|key| (key.kind, key.value)).collect()
}

#[test]
fn r12_same_number_in_another_format_is_one_key() {
    for raw in ["07700 900123", "0044 7700-900123", "+447700900123", "+44 (0)7700.900.123"] {
        assert_eq!(phone(raw).as_deref(), Some("+447700900123"), "{raw}");
        let expected = vec![(KeyKind::Phone, String::from("+447700900123"))];
        assert_eq!(values("concern", &json!({ "phones": [raw] })), expected, "{raw}");
        let words = json!({ "exact_request": format!("ask who has {raw}, please") });
        assert_eq!(values("action", &words), expected, "{raw}");
    }
}

#[test]
fn r12_a_call_and_an_account_three_weeks_apart_meet_whoever_comes_second() {
    let call = entry("call", "concern", &json!({ "phones": ["07700 900123"] }));
    let mut note =
        entry("note", "disclosure", &json!({ "words_verbatim": [{ "text": "his number is 0044 7700-900123" }] }));
    note.recorded_at = at("2026-03-23T09:00:00Z");
    let found = compare(&note, &call);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].rule, found[0].key_kind, found[0].earlier), ("R12", KeyKind::Phone, call.record));
    assert!(found[0].alerts && !found[0].serious && !found[0].vault_only);
    assert_eq!(found[0].id, match_id(KeyKind::Phone, call.record, note.record));
    let (low, high) = (found[0].records[0], found[0].records[1]);
    assert!(low < high, "sorted");
    assert_eq!(found[0].id, RecordId::derived(&["match", "R12", &low.to_string(), &high.to_string(), "phone"]));
    assert_eq!(compare(&call, &note), found, "whoever comes second");
    let mut same_case = note.clone();
    same_case.case = call.case;
    assert!(compare(&same_case, &call).is_empty(), "one case is known to belong together");
    let mut names = note.clone();
    names.names.push(call.record);
    assert!(compare(&names, &call).is_empty() && compare(&call, &names).is_empty(), "one names the other");
    let mut draft = note;
    draft.compartment = Compartment::Draft { user: UserId::new("o1").unwrap() };
    assert!(compare(&draft, &call).is_empty(), "a draft is its author's alone");
}

#[test]
fn r13_a_name_alone_never_links() {
    let name = json!({ "names": ["Sam Carter"] });
    assert!(keys("person", &name).is_empty());
    assert!(score(&facts(&name), &facts(&name)).is_none() && kinds(&name, &name).is_empty());
    // Nor with an alias that is only short for it, nor where both have other aliases beside the same name.
    let short = json!({ "names": ["Samuel Carter"], "aliases": ["Sam"] });
    assert!(keys("person", &short).is_empty());
    let (one, other) = (
        json!({ "names": ["Sam Carter"], "aliases": ["Big Blue"] }),
        json!({ "names": ["Sam Carter"], "aliases": ["Smiler"] }),
    );
    assert!(kinds(&one, &other).is_empty());
    for (kind, body) in [
        (
            "disclosure",
            json!({ "speaker": { "as_said": "Sam Carter" }, "named_people": [{ "as_said": "Sam Carter" }] }),
        ),
        ("welfare_check", json!({ "adults_present": [{ "person": { "as_said": "Sam Carter" } }] })),
        ("concern", json!({ "exact_words": "Sam Carter is 12", "subjects": [{ "as_said": "Sam Carter" }] })),
        ("action", json!({ "about": [{ "as_said": "Sam Carter" }], "exact_request": "speak to Sam Carter" })),
    ] {
        assert!(keys(kind, &body).is_empty(), "{kind}");
    }
}

#[test]
fn r13_somebody_who_is_only_described_is_nobodys_name() {
    let about = |said: &str| json!({ "about": [{ "as_said": said }], "school": "100001", "exact_request": "speak" });
    for said in ["a pupil", "the older boy", "A girl", "boy", "his mother"] {
        assert_eq!(values("action", &about(said)), [], "every school has hundreds: {said}");
    }
    for said in ["Lee Child", "An Nguyen", "My Tran", "Grace Friend"] {
        assert!(!values("action", &about(said)).is_empty(), "{said}");
    }
}

#[test]
fn r13_same_person_is_found_by_sound_and_birthday() {
    let one = json!({ "names": ["Katherine Smyth"], "dob": "2011-03-04", "school": "100001" });
    for (other, points) in [
        (json!({ "names": ["Catherine Smith"], "dob": "2011-03-04" }), 950),
        (json!({ "names": ["Smith, Catherine"], "dob": "2011-04-03" }), 850),
        (json!({ "names": ["Kathryn Smith"], "school": "100001" }), 800),
        (json!({ "names": ["Katherine Smyth"], "dob": "2011-03-05", "other_schools": ["100001"] }), 1100),
    ] {
        assert!(!kinds(&one, &other).is_empty(), "{other}");
        let likeness = score(&facts(&one), &facts(&other)).unwrap();
        assert_eq!((likeness.points, likeness.label()), (points, "possible"), "{other}");
        assert!(likeness.points >= Likeness::LEAST);
    }
    let namesake = json!({ "names": ["Katherine Smyth"], "dob": "2009-12-12", "school": "100001" });
    assert!(kinds(&one, &namesake).is_empty(), "two pupils of one name and two birthdays");
    let met = json!({ "adults_present": [{ "person": { "as_said": "Cathryn Smith" }, "dob": "2011-03-04" }] });
    let found = compare(&entry("check", "welfare_check", &met), &entry("one", "person", &one));
    assert_eq!((found.len(), found[0].key_kind, found[0].rule), (1, KeyKind::PersonDob, "R13"));
    let said = json!({ "speaker": { "as_said": "Katherine Smith" }, "school": "100001" });
    let found = compare(&entry("account", "disclosure", &said), &entry("one", "person", &one));
    assert_eq!(found[0].key_kind, KeyKind::PersonSchool);
    let alias = json!({ "names": ["Robert Dunn"], "aliases": ["Bobby Blaze"] });
    assert_eq!(kinds(&alias, &json!({ "names": ["Alan Dyer"], "aliases": ["bobby blaze"] })), [KeyKind::PersonAlias]);
}

#[test]
fn r13_shared_identifiers_link_without_alerting() {
    let hotel = |shared: bool| {
        let many = if shared { json!(["hotel"]) } else { json!([]) };
        json!({ "place_kind": "venue", "value_raw": "The Seaview Hotel, Brighton", "shared_by_many": many })
    };
    let call = entry("call", "concern", &json!({ "where": [{ "as_said": "Seaview Hotel in Brighton" }] }));
    let one = |place: &Entry, shared: &dyn Fn(&records::matching::Key) -> bool| -> PossibleMatch {
        let mut found = judge(&call, std::slice::from_ref(place), shared);
        assert_eq!((found.len(), found[0].key_kind), (1, KeyKind::Venue));
        found.remove(0)
    };
    let (known, said) = (entry("a", "place", &hotel(false)), entry("a", "place", &hotel(true)));
    assert!(one(&known, &|_| false).alerts);
    assert!(!one(&said, &|_| false).alerts, "the record says that many share it");
    assert!(!one(&known, &|key| key.value.contains("hotel")).alerts, "whoever keeps the list says it");
    // A helpline in common does not silence a number in common beside it.
    let numbers = json!({ "phones": ["0800 1111", "07700 900123"] });
    let helpline = |key: &records::matching::Key| key.value == "+448001111";
    let found = judge(&entry("x", "concern", &numbers), &[entry("y", "concern", &numbers)], &helpline);
    assert_eq!((found.len(), found[0].alerts), (1, true));
    let alone = json!({ "phones": ["08001111"] });
    assert!(!judge(&entry("x", "concern", &alone), &[entry("y", "concern", &numbers)], &helpline)[0].alerts);
}

#[test]
fn r13_what_a_reporter_is_known_by_is_for_the_vault_and_a_serious_suspect_is_marked() {
    let mut vault = entry("aunt", "person", &json!({ "names": ["Ann O'Hara"], "phones": ["07700 900456"] }));
    vault.compartment = Compartment::Reporter { case: id("case of aunt") };
    let other = entry("call", "concern", &json!({ "exact_words": "call 07700 900456" }));
    assert!(compare(&vault, &other)[0].vault_only && compare(&other, &vault)[0].vault_only);
    let suspect =
        json!({ "roles": ["suspect"], "markers": [{ "marker": "sexual_offender" }], "phones": ["07700900456"] });
    assert!(compare(&other, &entry("man", "person", &suspect))[0].serious);
}

#[test]
fn r13_a_rejected_match_takes_back_what_it_raised() {
    let number = json!({ "roles": ["suspect"], "markers": [{ "marker": "weapons" }], "phones": ["07700 900456"] });
    let call = entry("call", "concern", &json!({ "phones": ["07700 900456"] }));
    let found = compare(&call, &entry("man", "person", &number)).remove(0);
    let hour = |hour: u32| at(&format!("2026-03-02T{hour:02}:00:00Z"));
    let who = |name: &str| Some(UserId::new(name).unwrap());
    let decide = |confirmed, by, at, reason: &str| Decision { confirmed, by, at, reason: reason.to_owned() };
    let minutes = 15 * 60 * 1000;
    let now = |decisions: &[Decision]| raises(&found, decisions, hour(8), minutes);

    let mut decisions =
        vec![decide(true, None, hour(20), "a machine says so"), decide(true, who("o1"), hour(20), "  ")];
    assert_eq!((now(&decisions).state, now(&decisions).urgency), (State::Possible, None), "no person, no reason");
    assert_eq!(now(&decisions).identity_check_due, Some(at("2026-03-02T08:15:00Z")));
    decisions.push(decide(true, who("o1"), hour(9), "same tattoo"));
    assert_eq!((now(&decisions).state, now(&decisions).urgency), (State::Confirmed, Some("immediate")));
    assert_eq!(now(&decisions).identity_check_due, None);
    decisions.push(decide(false, who("sgt1"), hour(10), "in prison then"));
    let after = now(&decisions);
    assert_eq!((after.state.as_str(), after.urgency), ("rejected", None));
    assert_eq!((after.withdrawn.len(), after.withdrawn[0].raised_at, after.withdrawn[0].at), (1, hour(9), hour(10)));
    assert_eq!(after.withdrawn[0].by.as_str(), "sgt1");
    decisions.push(decide(true, who("sgt1"), hour(11), "released the day before"));
    assert_eq!((now(&decisions).urgency, now(&decisions).withdrawn.len()), (Some("immediate"), 1), "and back");
    decisions.reverse();
    assert_eq!(state(&decisions), State::Confirmed, "in whichever order they come");
    let mut harmless = found.clone();
    harmless.serious = false;
    let calm = raises(&harmless, &decisions, hour(8), minutes);
    assert_eq!((calm.state, calm.urgency, calm.withdrawn.len()), (State::Confirmed, None, 0));
}

#[test]
fn r14_two_concerns_in_six_months_ask_for_a_review_and_three_for_a_strategy_discussion() {
    let day = 24 * 60 * 60 * 1000;
    let (now, policy) = (at("2026-12-01T09:00:00Z"), Policy::default());
    let ago = |name: &str, days: i64| (id(name), now.plus_millis(-days * day));
    let asks = |concerns: &[(RecordId, Timestamp)]| {
        let found = recurrence(concerns, now, &policy);
        (found.within.len(), found.review_due, found.strategy_proposed)
    };
    assert_eq!(asks(&[]), (0, false, false));
    assert_eq!(asks(&[ago("a", 1), ago("old", 184), ago("older", 900)]), (1, false, false));
    assert_eq!(asks(&[ago("a", 1), ago("a", 1)]), (1, false, false), "one concern known twice");
    assert_eq!(asks(&[ago("a", 1), ago("b", 182)]), (2, true, false));
    assert_eq!(asks(&[ago("a", 1), ago("b", 182), ago("c", 70)]), (3, true, true));
    assert_eq!(asks(&[ago("a", 1), ago("ahead", -2)]), (2, true, false), "a clock that is ahead hides nothing");
    let found = recurrence(&[ago("a", 1), ago("b", 50)], now, &policy);
    assert_eq!((found.within, found.latest), (vec![id("b"), id("a")], Some(now.plus_millis(-day))));
    let end = Timestamp::from_millis(i64::MIN);
    assert_eq!(recurrence(&[(id("a"), now)], end, &policy).within.len(), 1, "wild clocks");
}

#[test]
fn r47_a_reporters_number_in_another_format_is_found_and_masked() {
    let aunt = json!({
        "names": ["Ann-Marie O'Hara", "Will May"],
        "phones": ["07700 900456"],
        "emails": ["Ann.OHara@mail.example"],
        "usernames": ["@annie_oh"],
        "addresses": ["3 Elm Row, Leeds LS2 2AB"],
    });
    let screen = Screen::of([&aunt]);
    for (words, masked) in [
        ("ring +44 7700 900456 now", "ring [not named] now"),
        ("ring 0044 (0)7700-900-456, now", "ring [not named], now"),
        ("7700900456", "[not named]"),
        ("mrs O\u{2019}HARA\u{2019}s dog", "mrs O\u{2019}[not named]\u{2019}s dog"),
        ("ann-marie o'hara saw it", "[not named] saw it"),
        ("Marie saw it", "[not named] saw it"),
        ("\u{c1}nn-Mar\u{ed}\u{e9} saw it", "[not named]-[not named] saw it"),
        ("she will, if she may; said Will", "she will, if she may; said [not named]"),
        ("ann.ohara@MAIL.example wrote", "[not named] wrote"),
        ("as annie_oh online", "as [not named] online"),
        ("of 3 elm row ls2 2ab", "of [not named]"),
        ("at 3, LS22AB", "at [not named]"),
        ("next door at 3 Elm Row", "next door at [not named]"),
        ("somewhere in LS2 2AB", "somewhere in [not named]"),
    ] {
        assert_eq!(screen.mask(words), masked);
        assert!(screen.finds(masked).is_empty(), "{masked}");
    }
    for untouched in [
        "the child lives at 5 Elm Road, LS2 2AB",
        "ring 07700 900123 or 999",
        "Hannah, Annabel and Sohara",
        "mill row 3",
        "",
    ] {
        assert_eq!(screen.mask(untouched), untouched);
    }
    let value = json!({ "text": "ring 07700900456", "n": 3 });
    assert_eq!(screen.masked(&value), json!({ "text": "ring [not named]", "n": 3 }));
    assert_eq!(format!("{screen:?}"), "Screen");
    // Nothing leaves unread, however long.
    let long = format!("{} ann.ohara@mail.example and 07700 900456", "word ".repeat(40_000));
    assert!(screen.mask(&long).ends_with("word  [not named] and [not named]"));
    assert_eq!(Screen::default().mask("Ann-Marie O'Hara"), "Ann-Marie O'Hara");
}

#[test]
fn r115_ethnicity_nationality_religion_and_school_type_never_change_a_match() {
    let base = json!({ "names": ["Katherine Smyth"], "dob": "2011-03-04", "school": "100001" });
    let other = json!({ "names": ["Catherine Smith"], "dob": "2011-03-04" });
    let (known, expected) = (entry("other", "person", &other), gather("person", &base));
    let judged = compare(&entry("one", "person", &base), &known);
    assert!(!judged.is_empty());
    let codes = ["W1", "B2", "A9", "not_stated"];
    let nations = ["British", "Polish", "Somali"];
    let faiths = ["none", "Muslim", "Catholic"];
    let schools = ["academy", "independent", "referral unit"];
    for at in 0..(codes.len() * codes.len() * nations.len() * faiths.len() * schools.len()) {
        let mut rest = at;
        let mut pick = |words: &[&str]| {
            let word = words[rest % words.len()].to_owned();
            rest /= words.len();
            word
        };
        let mut body = base.clone();
        body["ethnicity_self_defined"] = json!(pick(&codes));
        body["ethnicity_officer_perceived"] = json!(pick(&codes));
        body["nationality"] = json!(pick(&nations));
        body["religion"] = json!(pick(&faiths));
        body["school_type"] = json!(pick(&schools));
        assert_eq!(gather("person", &body), expected, "{body}");
        assert_eq!(compare(&entry("one", "person", &body), &known), judged, "{body}");
    }
}

#[test]
fn every_declared_field_gives_its_keys_and_says_where() {
    use KeyKind::{Address, Email, Phone, Username, Vehicle, Venue};
    let disclosure = json!({
        "phones": ["mum 07700 900111 or 07700 900112"], "addresses": ["Flat 2, 9 Mill Lane LS1 4AB"],
        "venues": ["Seaview Hotel", "the park"], "named_people": [{ "as_said": "Daz (07700 900113)" }],
    });
    let found = keys("disclosure", &disclosure);
    let told: Vec<(KeyKind, &str)> = found.iter().map(|key| (key.kind, key.path.as_str())).collect();
    assert_eq!(
        told,
        [
            (Phone, "named_people/0"),
            (Phone, "phones/0"),
            (Phone, "phones/0"),
            (Address, "addresses/0"),
            (Venue, "venues/0")
        ]
    );
    let line = id("line").to_string();
    let concern =
        json!({ "concern_items": [{ "id": line, "text": "write to Up@loader.example at 12 Mill Lane LS1 4AB" }] });
    let found = keys("concern", &concern);
    assert_eq!(found.iter().map(|key| key.kind).collect::<Vec<_>>(), [Email, Address]);
    assert_eq!(found[0].path, format!("concern_items/{line}/text"));
    assert_eq!(format!("{found:?}"), "[Email, Address]", "what it says is shown to nobody");
    for (word, raw, kind) in [
        ("phone", "07700900123", Phone),
        ("email", "a@b.example", Email),
        ("username", "@kylie", Username),
        ("vehicle", "ab12 cde", Vehicle),
        ("venue", "Seaview Hotel", Venue),
        ("address", "12 Mill Lane, LS1 4AB", Address),
    ] {
        assert_eq!(keys("place", &json!({ "place_kind": word, "value_raw": raw }))[0].kind, kind);
        assert_eq!(
            keys("intelligence_check", &json!({ "target_kind": word, "target": { "as_said": raw } }))[0].kind,
            kind
        );
    }
    assert!(keys("match", &json!({ "phones": ["07700900123"] })).is_empty());
}

#[test]
fn what_lies_beyond_the_limits_is_counted_and_not_dropped_in_silence() {
    let numbers: Vec<String> = (0..KEYS_MAX + 7).map(|n| format!("07700 {n:06}")).collect();
    let found = gather("concern", &json!({ "phones": numbers }));
    assert_eq!((found.list.len(), found.beyond, found.unread), (KEYS_MAX, 7, 0));
    let long = "word ".repeat(100_000);
    let found = gather("concern", &json!({ "exact_words": long }));
    assert_eq!(found.unread, long.len() - records::matching::TEXT_BYTES_MAX);
}

fn formats(digits: &str) -> Vec<String> {
    let (head, tail) = digits.split_at(4);
    vec![
        format!("0{digits}"),
        format!("0{head} {tail}"),
        format!("+44{digits}"),
        format!("+44 (0){head}-{tail}"),
        format!("0044 {head}.{tail}"),
    ]
}

proptest! {
    #[test]
    fn no_text_makes_matching_panic(text in "\\PC{0,200}", bytes in any::<Vec<u8>>()) {
        for text in [text, String::from_utf8_lossy(&bytes).into_owned()] {
            let body = json!({
                "phones": [&text], "emails": [&text], "vehicles": [&text], "addresses": [&text], "venues": [&text],
                "names": [&text], "aliases": [&text], "dob": &text, "school": &text, "exact_words": &text,
                "where": [{ "as_said": &text }], "speaker": &text, "about": [&text], &text: [{ &text: &text }],
            });
            for kind in ["concern", "disclosure", "person", "action", "welfare_check", "place", "no kind"] {
                let one = entry("one", kind, &body);
                let _ = compare(&one, &entry("other", kind, &body));
                for key in &one.keys {
                    prop_assert!(key.path.bytes().all(|byte| byte.is_ascii_graphic()), "a path holds no words");
                }
            }
            let _ = Screen::of([&body]).mask(&text);
        }
    }

    #[test]
    fn r12_every_format_of_a_number_is_one_key_alone_and_in_words(digits in "7[0-9]{9}") {
        let one = phone(&format!("0{digits}"));
        prop_assert_eq!(one.clone(), Some(format!("+44{digits}")));
        for raw in formats(&digits) {
            prop_assert_eq!(phone(&raw), one.clone());
            let within = values("concern", &json!({ "exact_words": format!("he said {raw}, then left") }));
            prop_assert_eq!(within, vec![(KeyKind::Phone, one.clone().unwrap())], "{}", raw);
        }
    }

    #[test]
    fn r47_a_masked_text_holds_nothing_that_is_looked_for(
        digits in "7[0-9]{9}", name in "[B-Z][a-z]{3,8} [B-Z][a-z]{3,8}", before in "[a-z 0-9,.]{0,40}",
        after in "[a-z 0-9,.]{0,40}", format in 0_usize..5,
    ) {
        let screen = Screen::of([&json!({ "names": [name], "phones": [format!("0{digits}")] })]);
        let text = format!("{before};{};{};{after}", formats(&digits)[format], name.to_uppercase());
        let masked = screen.mask(&text);
        prop_assert!(!masked.to_lowercase().contains(&name.to_lowercase()), "{}", masked);
        prop_assert!(!masked.chars().filter(char::is_ascii_digit).collect::<String>().contains(&digits)
            || text.chars().filter(char::is_ascii_digit).collect::<String>().matches(&digits).count() > 1);
        prop_assert!(screen.finds(&masked).is_empty(), "{}", masked);
    }

    #[test]
    fn r13_a_match_is_the_same_from_either_side(year in 2008_u16..2014, name in "[A-Z][a-z]{6,8} [A-Z][a-z]{6,8}") {
        let body = json!({ "names": [name], "dob": format!("{year}-03-04"), "phones": ["07700 900123"] });
        let (one, other) = (entry("one", "person", &body), entry("other", "person", &body));
        prop_assert_eq!(compare(&one, &other), compare(&other, &one));
        prop_assert_eq!(compare(&one, &other).len(), 2, "by number and by name and birthday");
    }
}
