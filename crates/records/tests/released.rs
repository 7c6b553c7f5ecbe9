//! R47, R88: what an officer releases of an account to a school, and what they cannot release by it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use records::rules::{CaseView, Directory, Member, Row};
use records::veil::Veil;
use records::{Actor, Body, Compartment, Context, Do, Plan, Policy, Refused, Role, normalise};
use serde_json::{Value as Json, json};

/// A girl's account; her aunt, who rang, asked not to be known.
fn account() -> Doc {
    let body = json!({
        "case": record(9).to_string(), "speaker": "a girl",
        "words_verbatim": [{ "seq": 1, "speaker": "a girl", "text": "He waits at the gate. Ann O'Hara saw him there too." }],
        "observations": [{ "text": "She would not look at the door while we spoke.", "at": MORNING }],
    });
    let kind = records::kind("disclosure").unwrap();
    let mut body = normalise(kind, body, &mut ids()).unwrap();
    records::defaults(kind, &mut body, at(MORNING));
    Doc::sealed("disclosure", &officer(), &body, at(MORNING))
}

fn vault() -> Row {
    Row {
        id: record(20),
        kind: "person".into(),
        case: Some(record(9)),
        compartment: Compartment::Reporter { case: record(9) },
        school: None,
        author: "call".into(),
        role: Role::Call,
        recorded_at: at(MORNING),
        received_at: None,
        status: "open".into(),
        open: true,
        sealed: true,
        owners: vec![],
        urgency: "standard".into(),
        due: None,
        body: json!({ "roles": ["reporter"], "names": ["Ann O'Hara"], "phones": ["07700 900456"] }),
        gaps: vec![],
        steps: vec![],
    }
}

fn member(user: &str, role: Role, school: &str) -> Member {
    Member {
        user: user.into(),
        role,
        schools: vec![school.into()],
        team: None,
        area: None,
        supervisor: None,
        cover: None,
        away: false,
        training: vec![],
    }
}

/// A case of these records, as an officer's device looks at it.
fn case_of<T>(rows: &[Row], see: impl FnOnce(&CaseView<'_>) -> T) -> T {
    let people = Directory::of(vec![
        member("ann", Role::Dsl, "100001"),
        member("dsl1", Role::Dsl, "100001"),
        member("tutor", Role::Staff, "100002"),
        member("ofc1", Role::Officer, "100003"),
    ]);
    see(&CaseView {
        case: record(9),
        rows,
        beside: &[],
        drafts: &[],
        people: &people,
        policy: &Policy::DEFAULT,
        now: at(MORNING),
        whole: false,
        reached: &[],
    })
}

/// What the officer's device would write, with these records of the case on it.
fn release(doc: &Doc, rows: &[Row], body: Json) -> Result<Plan, Refused> {
    case_of(rows, |case| {
        let view = doc.view_of_all();
        let ctx = Context { case: Some(case), ..Context::at(at(MORNING)) };
        let shown = records::shown(doc.kind, &view, &ctx);
        let who = officer();
        let what = Do { verb: "release_extract", body, considered: Vec::new() };
        let actor = Actor { user: &who.user, role: who.role };
        records::plan(doc.kind, &view, &shown, actor, &what, &ctx, &mut ids())
    })
}

fn codes(refused: Refused) -> Vec<String> {
    refused.gaps.iter().map(|gap| format!("{} {}", gap.code.name, gap.path)).collect()
}

fn extract(to: &str) -> Json {
    json!({ "to": to, "parts": ["words_verbatim"], "text": "He waits at the gate.", "reason": "they asked" })
}

#[test]
fn r88_an_extract_is_a_record_of_its_own_that_says_of_which_and_which_parts() {
    let plan = release(&account(), &[], extract("100001")).unwrap();
    let [made] = &plan.creates[..] else { panic!("one record") };
    assert_eq!(made.kind, "extract");
    let body = Json::Object(made.body.0.clone());
    assert_eq!(body["of"], account().view_of_all().record().unwrap().to_string());
    assert_eq!((&body["of_kind"], &body["of_recorded_at"]), (&json!("disclosure"), &json!(MORNING)));
    assert_eq!((&body["parts"], &body["text"]), (&json!(["words_verbatim"]), &json!("He waits at the gate.")));
    assert_eq!((&body["school"], body.get("to")), (&json!("100001"), None));
    // The step says which, and keeps no second copy of the words.
    assert!(plan.content.contains_key("extract") && !plan.content.contains_key("text"));
    // Who releases it and when are its author and its time: nobody types them.
    assert!(body.get("by").is_none());
}

#[test]
fn r88_an_extract_for_somebody_at_a_school_lies_with_that_school() {
    let plan = release(&account(), &[], extract("tutor")).unwrap();
    let body = &plan.creates[0].body.0;
    assert_eq!((&body["school"], &body["to"]), (&json!("100002"), &json!("tutor")));
    // A tutor nobody has heard of here: the school is said beside the name.
    let mut unknown = extract("tutor2");
    unknown["school"] = json!("100001");
    let plan = release(&account(), &[], unknown.clone()).unwrap();
    assert_eq!(
        (&plan.creates[0].body.0["school"], &plan.creates[0].body.0["to"]),
        (&json!("100001"), &json!("tutor2"))
    );
    unknown["to"] = json!("tutor");
    assert_eq!(codes(release(&account(), &[], unknown).unwrap_err()), ["R88.school to"]);
    for nobody in ["ofc1", "100009", "tutor2"] {
        assert_eq!(codes(release(&account(), &[], extract(nobody)).unwrap_err()), ["R88.school to"]);
    }
}

#[test]
fn r88_only_what_is_named_leaves_and_what_is_named_must_be_there() {
    let mut wrong = extract("100001");
    wrong["parts"] = json!(["words_verbatim", "interpretation", "markers"]);
    assert_eq!(codes(release(&account(), &[], wrong).unwrap_err()), ["R88.part parts/1", "R88.part parts/2"]);
    let mut more = extract("100001");
    more["text"] = json!("He waits at the gate. She would not look at the door while we spoke!");
    assert_eq!(codes(release(&account(), &[], more.clone()).unwrap_err()), ["R88.other_part observations"]);
    more["parts"] = json!(["words_verbatim", "observations"]);
    assert!(release(&account(), &[], more).is_ok());
    // Nothing said later either, unless it is named.
    let mut doc = account();
    doc.addendum(&officer(), Some("it was the gate on the river side"), &[]).unwrap();
    let mut later = extract("100001");
    later["text"] = json!("It was the gate on the river side");
    assert_eq!(codes(release(&doc, &[], later.clone()).unwrap_err()), ["R88.other_part addenda"]);
    later["parts"] = json!(["addenda"]);
    assert!(release(&doc, &[], later).is_ok());
}

#[test]
fn r88_of_a_risk_assessment_nothing_is_released() {
    let body =
        json!({ "case": record(9).to_string(), "model": "THRIVE", "level": "high", "threat": { "value": "a man" } });
    let kind = records::kind("risk_assessment").unwrap();
    let body = normalise(kind, body, &mut ids()).unwrap();
    let doc = Doc::sealed("risk_assessment", &officer(), &body, at(MORNING));
    let body = json!({ "to": "100001", "parts": ["threat"], "text": "a man", "reason": "they asked" });
    assert_eq!(codes(release(&doc, &[], body).unwrap_err()), ["R88.not_released "]);
}

#[test]
fn r47_the_reporter_is_masked_in_an_extract_and_the_account_keeps_its_words() {
    let doc = account();
    let mut body = extract("100001");
    body["text"] = json!("He waits at the gate. Ann O'Hara saw him there too. Ring 07700900456.");
    let plan = release(&doc, &[vault()], body.clone()).unwrap();
    let text = plan.creates[0].body.0["text"].as_str().unwrap();
    assert_eq!(text, "He waits at the gate. [not named] saw him there too. Ring [not named].");
    assert!(plan.masked.iter().any(|gap| gap.code.name == "R47.reporter_named"));
    assert!(
        plan.gaps.iter().all(|gap| gap.code.name != "R47.reporter_named"),
        "no statement says that somebody is masked"
    );
    assert!(!format!("{:?}", plan.content).contains("Hara"), "nor does the step name her");
    let words = doc.shown_to_all().body["words_verbatim"][0]["text"].clone();
    assert_eq!(words, "He waits at the gate. Ann O'Hara saw him there too.");
    // A device without the vault cannot know, and says so.
    let blind = release(&doc, &[], body).unwrap();
    assert!(blind.gaps.iter().any(|gap| gap.code.name == "R47.unknown_here"));
}

fn share() -> Compartment {
    Compartment::Share { school: signed::SchoolId::new("100001").unwrap(), case: record(9) }
}

fn hub() -> Compartment {
    Compartment::Hub { case: record(9) }
}

/// What an officer's device masks in a record of this body.
fn veil_for(rows: &[Row], compartment: &Compartment, body: &Json) -> Option<Veil> {
    case_of(rows, |case| Veil::of(case, Role::Officer, compartment, body))
}

fn veil(rows: &[Row], compartment: &Compartment) -> Veil {
    veil_for(rows, compartment, &json!({})).unwrap()
}

fn body_of(kind: &str, body: Json) -> Body {
    normalise(records::kind(kind).unwrap(), body, &mut ids()).unwrap()
}

/// A person of the case, for a reason of their own.
fn person(number: u8, body: Json) -> Row {
    Row { id: record(number), compartment: Compartment::Police { case: record(9) }, body, ..vault() }
}

#[test]
fn r47_what_an_officer_writes_for_a_school_or_the_hub_is_masked_and_what_they_write_for_the_police_is_not() {
    for (role, compartment, leaves) in [
        (Role::Officer, share(), true),
        (Role::Sergeant, hub(), true),
        (Role::Officer, Compartment::Police { case: record(9) }, false),
        // A school's own words are its own: it holds no vault.
        (Role::Dsl, share(), false),
        (Role::Hub, hub(), false),
    ] {
        let of = |rows: &[Row]| case_of(rows, |case| Veil::of(case, role, &compartment, &json!({}))).is_some();
        assert_eq!(of(&[vault()]), leaves, "{role} {compartment}");
        assert!(!of(&[]), "nobody asked not to be known");
    }
    let veil = veil(&[vault()], &share());
    let kind = records::kind("action").unwrap();
    let mut body = body_of(
        "action",
        json!({
            "case": record(9).to_string(), "school": "100001", "exact_request": "Ann O'Hara rang: watch the gate",
            "about": [{ "as_said": "Ann's niece" }, { "record": record(20).to_string() }], "action_kind": "enquiry",
            "requested_by": { "person": "Ann O'Hara", "org": "family" }, "owner": "dsl1",
            "carried_context": [{ "said": "ring 07700900456", "of": record(20).to_string() }],
        }),
    );
    let masked = veil.body(kind, &mut body);
    let paths: Vec<String> = masked.iter().map(|gap| format!("{} {}", gap.code.name, gap.path)).collect();
    assert_eq!(
        paths,
        [
            "R47.reporter_named about",
            "R47.reporter_named carried_context",
            "R47.reporter_named exact_request",
            "R47.reporter_named requested_by"
        ]
    );
    let text = Json::Object(body.0.clone()).to_string();
    for name in ["Ann", "O'Hara", "07700900456"] {
        assert!(!text.contains(name), "{name} in {text}");
    }
    assert_eq!(body.0["exact_request"], "[not named] rang: watch the gate");
    assert_eq!(body.0["about"][1]["record"], record(20).to_string(), "which record it is stays");
    assert_eq!((&body.0["owner"], &body.0["action_kind"]), (&json!("dsl1"), &json!("enquiry")));
    assert!(veil.body(kind, &mut body).is_empty(), "once is enough");
    // The same of one value that is set later; a user's id is nobody's name.
    let mut sets = vec![
        ("alternative_contact".to_owned(), json!("Ann O'Hara")),
        ("requested_by".to_owned(), json!({ "unknown": "Ann would not say" })),
        ("requested_by/person".to_owned(), json!("ann")),
    ];
    assert_eq!(veil.sets(kind, &mut sets).len(), 2);
    assert_eq!(sets[0].1, "[not named]");
    assert_eq!(sets[1].1, json!({ "unknown": "[not named] would not say" }));
    assert_eq!(sets[2].1, "ann");
    let (mut text, mut reason) = (String::from("she was seen"), String::from("Ann rang back"));
    assert_eq!(veil.addendum(kind, Some(&mut text), &mut [], &mut reason).len(), 1);
    assert_eq!((text.as_str(), reason.as_str()), ("she was seen", "[not named] rang back"));
}

/// A referral with what is masked in it by these records' vault.
fn referred(rows: &[Row], body: Json) -> Body {
    let mut whole = json!({ "case": record(9).to_string(), "to": "hub" });
    whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    let mut body = body_of("referral", whole);
    if let Some(veil) = veil_for(rows, &hub(), &Json::Object(body.0.clone())) {
        veil.body(records::kind("referral").unwrap(), &mut body);
    }
    body
}

/// What becomes of a request of a school in these words.
fn asked(rows: &[Row], words: &str) -> Json {
    let mut sets = vec![("exact_request".to_owned(), json!(words))];
    if let Some(veil) = veil_for(rows, &share(), &json!({})) {
        veil.sets(records::kind("action").unwrap(), &mut sets);
    }
    sets.remove(0).1
}

#[test]
fn r47_a_referral_names_the_child_it_is_about_also_where_that_child_reported_it() {
    let reporter = |number: u8, name: &str, born: &str| Row {
        id: record(number),
        body: json!({ "roles": ["child", "reporter"], "names": [name], "dob": born }),
        ..vault()
    };
    let all = [vault(), reporter(21, "Kim Lee", "2014-01-01"), reporter(22, "Bo Ray", "2013-01-01")];
    let facts = json!(["Kim Lee told a friend", "Bo Ray saw it", "Ann O'Hara rang"]);
    let sent = referred(&all, json!({ "child": "Kim Lee", "facts": facts }));
    assert_eq!(sent.0["child"], json!({ "as_said": "Kim Lee" }));
    assert_eq!(sent.0["facts"], json!(["Kim Lee told a friend", "[not named] saw it", "[not named] rang"]));
    let by_record = referred(&all, json!({ "child": { "record": record(21).to_string() }, "facts": facts }));
    assert_eq!(by_record.0["facts"][0], "Kim Lee told a friend");
    // A school is told no name of a child who reported.
    assert_eq!(asked(&all, "Kim Lee rang"), "[not named] rang");
    // Whom a sergeant decided to name is named (R114): a child, and no grown-up beside them.
    let basis = "sgt1: needed to keep her safe";
    let decided = json!({ "child": "Kim Lee", "facts": facts, "lawful_basis_to_name_child_witness": basis });
    assert_eq!(
        referred(&all, decided).0["facts"],
        json!(["Kim Lee told a friend", "Bo Ray saw it", "[not named] rang"])
    );
}

#[test]
fn r47_what_a_child_shares_with_the_reporter_is_the_childs_and_who_is_of_the_case_is_not_missed() {
    let home = "3 Elm Row, Leeds LS2 2AB";
    let aunt = Row {
        body: json!({ "roles": ["reporter"], "names": ["Ann Reed"], "addresses": [home], "phones": ["07700 900456"] }),
        ..vault()
    };
    let marf = json!({ "child_family_name": "Reed", "address": home, "household": [{ "name": "Ann Reed", "relation": "aunt" }] });
    let body = json!({ "child": "Kim Reed, ring her aunt on 07700 900456", "marf": marf,
        "facts": ["Ann Reed rang about Kim Reed", "Ann said so; ring 07700 900456"] });
    let alone = std::slice::from_ref(&aunt);
    // The child can be found; who rang is not named, and her number leaves nowhere.
    let sent = referred(alone, body.clone());
    assert_eq!(sent.0["child"], json!({ "as_said": "Kim Reed, ring her aunt on [not named]" }));
    assert_eq!((&sent.0["marf"]["child_family_name"], &sent.0["marf"]["address"]), (&json!("Reed"), &json!(home)));
    assert_eq!(sent.0["marf"]["household"][0]["name"], "[not named]");
    assert_eq!(sent.0["facts"], json!(["[not named] rang about Kim Reed", "[not named] said so; ring [not named]"]));
    // Whom a case is about has a family's name that everybody in it knows; who only saw something is no such person.
    assert_eq!(asked(alone, "speak to Kim Reed"), "speak to Kim [not named]");
    let worry = Row {
        id: record(23),
        kind: "concern".into(),
        ..person(23, json!({ "subjects": [{ "as_said": "Kim Reed" }] }))
    };
    assert_eq!(
        asked(&[aunt.clone(), worry], "speak to Kim Reed; Ann Reed rang"),
        "speak to Kim Reed; [not named] rang"
    );
    let niece = Row {
        id: record(26),
        kind: "concern".into(),
        ..person(26, json!({ "subjects": [{ "as_said": "Ann Reed's niece" }] }))
    };
    assert_eq!(asked(&[aunt.clone(), niece], "Mrs Reed rang"), "Mrs [not named] rang");
    let saw = person(24, json!({ "roles": ["witness"], "names": ["Ann Reed"], "phones": ["07700 900456"] }));
    assert_eq!(asked(&[aunt.clone(), saw], "Ann Reed rang"), "[not named] rang");
    // That a school speaks of her confirms nothing to it.
    let guess = Row {
        id: record(25),
        kind: "concern".into(),
        compartment: share(),
        body: json!({ "exact_words": "was it Ann Reed?" }),
        ..vault()
    };
    assert_eq!(asked(&[aunt.clone(), guess], "Ann Reed rang"), "[not named] rang");
    // Where she is in the case as the mother as well, that she is missing would tell more than her name.
    let mother =
        json!({ "roles": ["parent_carer"], "names": ["Ann Reed"], "addresses": [home], "phones": ["07700 900456"] });
    assert_eq!(asked(&[aunt, person(22, mother)], "speak to Ann Reed"), "speak to Ann Reed");
}
