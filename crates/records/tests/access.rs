//! Who may hold, make and do what, as one table each.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{record, user};
use records::Role::{
    self, Admin, Auditor, Call, Command, Dpo, Dsl, Hub, Inspector, Officer, Pcso, Sergeant, Server, Staff,
};
use records::{
    Body, CaseFacts, Compartment, Holder, Holding, RecordFacts, compartment_of, holding, kind, may_create, may_edit,
    may_enter, may_step,
};
use serde_json::json;
use signed::SchoolId;

fn school(id: &str) -> SchoolId {
    SchoolId::new(id).unwrap()
}
fn case_id() -> signed::RecordId {
    record(9)
}

fn holder(name: &str, role: Role) -> Holder {
    let schools = if role.of_school() || role == Officer || role == Pcso { vec![school("100001")] } else { vec![] };
    Holder { user: user(name), role, schools, team: Some("north".into()), area: Some("east".into()) }
}

fn facts(compartment: Compartment) -> RecordFacts {
    RecordFacts { author_supervisor: Some(user("boss")), ..common::facts(compartment) }
}

/// A case of another school, team and area than anyone here has.
fn far() -> CaseFacts {
    CaseFacts {
        open: true,
        schools: vec![school("999999")],
        team: Some("south".into()),
        area: Some("west".into()),
        ..CaseFacts::default()
    }
}

/// The case of the school, team and area everyone here has.
fn near() -> CaseFacts {
    CaseFacts {
        open: true,
        schools: vec![school("100001")],
        team: Some("north".into()),
        area: Some("east".into()),
        ..CaseFacts::default()
    }
}

fn compartments(urn: &str) -> Vec<Compartment> {
    vec![
        Compartment::Share { school: school(urn), case: case_id() },
        Compartment::ShareAction { school: school(urn), action: record(1) },
        Compartment::Call { incident: case_id() },
        Compartment::Police { case: case_id() },
        Compartment::Intel { case: case_id() },
        Compartment::Hub { case: case_id() },
        Compartment::Reporter { case: case_id() },
        Compartment::Staffing { user: user("someone") },
        Compartment::Prompts { user: user("someone") },
        Compartment::Draft { user: user("someone") },
        Compartment::Audit,
    ]
}

const ROLES: [Role; 12] = [Officer, Pcso, Sergeant, Inspector, Command, Dsl, Staff, Hub, Call, Admin, Auditor, Dpo];

/// C content, H headline, - nothing; a column per compartment in the order above.
fn row(role: Role, near_by: bool, change: impl Fn(&mut RecordFacts)) -> String {
    let urn = if near_by { "100001" } else { "999999" };
    let case = if near_by { near() } else { far() };
    let letter = |compartment| {
        let mut facts = facts(compartment);
        change(&mut facts);
        match holding(&holder("me", role), &facts, &case) {
            Holding::Content => 'C',
            Holding::Headline => 'H',
            Holding::None => '-',
        }
    };
    compartments(urn).into_iter().map(letter).collect()
}

#[test]
fn by_posting_each_role_holds_exactly_this() {
    //                SHARE SHARE_ACTION CALL POLICE INTEL HUB REPORTER STAFFING PROMPTS DRAFT AUDIT
    let expected = [
        (Officer, "CC-CC------"),
        (Pcso, "CC-C-------"),
        (Sergeant, "CCCCCCC----"),
        (Inspector, "HHHHHHHC---"),
        (Command, "-----------"),
        (Dsl, "CC---------"),
        (Staff, "-----------"),
        (Hub, "-----------"),
        (Call, "--C--------"),
        (Admin, "-------C---"),
        (Auditor, "----------C"),
        (Dpo, "----------C"),
    ];
    for (role, expected) in expected {
        assert_eq!(row(role, true, |_| {}), expected, "{role}");
    }
}

#[test]
fn of_another_school_team_and_area_nobody_holds_anything_without_a_name() {
    for role in ROLES {
        let expected = match role {
            Call => "--C--------",
            Admin => "-------C---",
            Auditor | Dpo => "----------C",
            Officer | Pcso | Sergeant | Inspector | Command | Dsl | Staff | Hub | Server => "-----------",
        };
        assert_eq!(row(role, false, |_| {}), expected, "{role}");
    }
}

#[test]
fn an_author_keeps_it_where_the_role_may_enter() {
    let expected = [
        (Officer, "CCCCCCC----"),
        (Pcso, "CCCC-CC----"),
        (Sergeant, "CCCCCCC--C-"),
        (Inspector, "CCCCCCC--C-"),
        (Command, "CCCCCC-----"),
        (Dsl, "CC---------"),
        (Staff, "CC---------"),
        (Hub, "-----C-----"),
        (Call, "--C--------"),
        (Admin, "-------C---"),
        (Auditor, "----------C"),
        (Dpo, "----------C"),
    ];
    for (role, expected) in expected {
        assert_eq!(row(role, false, |facts| facts.author = user("me")), expected, "{role}");
    }
}

#[test]
fn a_grant_opens_only_what_the_role_may_enter_and_never_another_school_to_staff() {
    let expected = [
        (Officer, "CCCCCCC----"),
        (Pcso, "CCCC-CC----"),
        (Command, "CCCCCC-----"),
        (Dsl, "-----------"),
        (Staff, "-----------"),
        (Hub, "-----C-----"),
        (Auditor, "----------C"),
    ];
    for (role, expected) in expected {
        assert_eq!(row(role, false, |facts| facts.granted = vec![user("me")]), expected, "{role}");
    }
    assert_eq!(row(Staff, true, |facts| facts.granted = vec![user("me")]), "CC---------");
    assert_eq!(row(Staff, true, |facts| facts.requested_by = vec![user("me")]), "CC---------");
}

#[test]
fn r88_the_bar_beats_every_posting_grant_and_authorship() {
    for role in [Dsl, Staff] {
        for compartment in [
            Compartment::Police { case: case_id() },
            Compartment::Intel { case: case_id() },
            Compartment::Reporter { case: case_id() },
        ] {
            let mut facts = facts(compartment.clone());
            facts.author = user("me");
            facts.owners = vec![user("me")];
            facts.requested_by = vec![user("me")];
            facts.granted = vec![user("me")];
            let mut case = near();
            case.owner = Some(user("me"));
            case.cover = Some(user("me"));
            case.members = vec![user("me")];
            assert_eq!(holding(&holder("me", role), &facts, &case), Holding::None, "{role} {compartment}");
            assert!(!may_enter(role, &compartment));
        }
    }
}

#[test]
fn a_sergeant_holds_the_teams_open_cases_and_headlines_of_its_closed_ones() {
    let police = || facts(Compartment::Police { case: case_id() });
    let shah = holder("me", Sergeant);
    assert_eq!(holding(&shah, &police(), &near()), Holding::Content);
    assert_eq!(holding(&shah, &police(), &CaseFacts { open: false, ..near() }), Holding::Headline);
    let supervised = CaseFacts { supervisors: vec![user("me")], ..far() };
    assert_eq!(holding(&shah, &police(), &supervised), Holding::Content);
}

#[test]
fn an_inspector_and_command_open_what_is_escalated() {
    let police = |escalated| RecordFacts { escalated, ..facts(Compartment::Police { case: case_id() }) };
    assert_eq!(holding(&holder("me", Inspector), &police(true), &near()), Holding::Content);
    assert_eq!(holding(&holder("me", Inspector), &police(true), &far()), Holding::None);
    assert_eq!(holding(&holder("me", Command), &police(true), &far()), Holding::Headline);
}

#[test]
fn owners_cover_members_and_the_dispatched_hold_it() {
    let police = || facts(Compartment::Police { case: case_id() });
    let me = holder("me", Officer);
    for case in [
        CaseFacts { owner: Some(user("me")), ..far() },
        CaseFacts { cover: Some(user("me")), ..far() },
        CaseFacts { members: vec![user("me")], ..far() },
    ] {
        assert_eq!(holding(&me, &police(), &case), Holding::Content);
    }
    let call = RecordFacts { owners: vec![user("me")], ..facts(Compartment::Call { incident: case_id() }) };
    assert_eq!(holding(&me, &call, &far()), Holding::Content);
    let hub = facts(Compartment::Hub { case: case_id() });
    let named = CaseFacts { members: vec![user("me")], ..far() };
    assert_eq!(holding(&holder("me", Hub), &hub, &named), Holding::Content);
}

#[test]
fn a_draft_is_its_authors_and_the_sergeant_learns_only_that_it_exists() {
    let draft = facts(Compartment::Draft { user: user("someone") });
    for role in ROLES.into_iter().filter(|role| ![Admin, Auditor, Dpo].contains(role)) {
        assert_eq!(holding(&holder("someone", role), &draft, &near()), Holding::Content, "{role}");
    }
    assert_eq!(holding(&holder("boss", Sergeant), &draft, &near()), Holding::Headline);
    let sealed = RecordFacts { open: false, ..draft.clone() };
    assert_eq!(holding(&holder("boss", Sergeant), &sealed, &near()), Holding::None);
    assert_eq!(holding(&holder("someone", Sergeant), &sealed, &near()), Holding::Content);
    assert_eq!(holding(&holder("other", Sergeant), &draft, &near()), Holding::None);
    assert_eq!(holding(&holder("other", Officer), &draft, &near()), Holding::None);
}

#[test]
fn r124_staff_data_is_for_whoever_is_asked_to_answer_it_and_never_for_whom_it_is_about() {
    let worry = facts(Compartment::Staffing { user: user("lead") });
    assert_eq!(holding(&holder("boss2", Sergeant), &worry, &far()), Holding::None);
    assert_eq!(holding(&holder("friend", Officer), &worry, &far()), Holding::None);
    let asked = RecordFacts { asked: vec![user("boss2"), user("friend")], ..worry.clone() };
    for (name, role) in [("boss2", Sergeant), ("friend", Officer), ("friend", Inspector)] {
        assert_eq!(holding(&holder(name, role), &asked, &far()), Holding::Content, "{name} {role}");
    }
    assert_eq!(holding(&holder("about", Officer), &asked, &far()), Holding::None);
    let prompts = RecordFacts { compartment: Compartment::Prompts { user: user("lead") }, ..asked };
    assert_eq!(holding(&holder("friend", Officer), &prompts, &far()), Holding::None, "nobody is asked about prompts");
}

#[test]
fn command_opens_reassigns_and_decides_and_does_nothing_else_for_a_case() {
    let may = |kind_name: &str, verb: &str| may_step(Command, kind(kind_name).unwrap(), verb);
    for (kind, verb) in [
        ("case", "hand_over"),
        ("case", "approve"),
        ("case", "close"),
        ("action", "assign"),
        ("welfare_check", "dispatch"),
        ("escalation", "answer"),
        ("crime_recording_decision", "review"),
        ("risk_assessment", "endorse"),
        ("disclosure", "lower"),
        ("disclosure", "acknowledge"),
    ] {
        assert!(may(kind, verb), "{verb} {kind}");
    }
    for (kind, verb) in [
        ("welfare_check", "attend"),
        ("welfare_check", "propose_close"),
        ("action", "complete"),
        ("disclosure", "share"),
        ("disclosure", "release_extract"),
        ("case", "add_member"),
        ("intelligence_check", "complete"),
        ("referral", "send"),
    ] {
        assert!(!may(kind, verb), "{verb} {kind}");
    }
}

#[test]
fn each_role_makes_exactly_these_kinds() {
    let told = "person concern disclosure welfare_check action action_update action_note";
    let weighed = "risk_assessment crime_recording_decision intelligence_check intelligence_submission meeting referral \
                   notification missing_episode";
    let kept = "deadline contact_log absence help_request language_prompt escalation search";
    let after = "protective_measure safety_plan device_seen school_outcome extract place match";
    let police = format!("case {told} {weighed} handover {kept} {after}");
    let expected = [
        (Officer, police.clone()),
        (Pcso, police.replace(" extract", "")),
        (Sergeant, police.replace("search", "search training")),
        (Inspector, police.replace("search", "search training opening")),
        (Command, "handover absence help_request language_prompt escalation search opening".to_owned()),
        (
            Dsl,
            "person concern disclosure action action_update meeting referral missing_episode help_request \
             language_prompt school_outcome feedback place"
                .to_owned(),
        ),
        (
            Staff,
            "person concern disclosure action missing_episode help_request language_prompt feedback place".to_owned(),
        ),
        (
            Hub,
            "person concern action action_update meeting referral notification missing_episode contact_log \
             help_request language_prompt place"
                .to_owned(),
        ),
        (
            Call,
            "person concern welfare_check action risk_assessment intelligence_check notification missing_episode \
             contact_log help_request language_prompt search place"
                .to_owned(),
        ),
        (Admin, "handover absence agreement training".to_owned()),
        (Auditor, "opening".to_owned()),
        (Dpo, "agreement".to_owned()),
    ];
    let all: Vec<&str> = records::kinds().filter(|kind| may_create(Server, kind)).map(|kind| kind.name).collect();
    assert_eq!(all.len(), records::kinds().count(), "the server makes what a rule makes");
    for (role, expected) in expected {
        let may: Vec<&str> = records::kinds().filter(|kind| may_create(role, kind)).map(|kind| kind.name).collect();
        assert_eq!(may.join(" "), expected, "{role}");
    }
}

#[test]
fn each_role_takes_exactly_these_steps() {
    let verbs = |role: Role, name: &str| -> String {
        let kind = kind(name).unwrap();
        let own = kind.steps.iter().filter(|step| may_step(role, kind, step.verb)).map(|step| step.verb);
        own.collect::<Vec<_>>().join(" ")
    };
    let all = "accept decline start block complete tell_outcome close";
    for (role, kind, expected) in [
        (Officer, "action", format!("{all} reopen forward assign confirm differs")),
        (Pcso, "action", format!("{all} reopen forward assign confirm differs")),
        (Sergeant, "action", format!("{all} reopen forward assign extend confirm differs")),
        (Dsl, "action", format!("{all} reopen challenge forward confirm differs")),
        (Staff, "action", "reopen challenge confirm differs".to_owned()),
        (Hub, "action", format!("{all} reopen challenge forward confirm differs")),
        (Call, "action", "confirm differs".to_owned()),
        (Auditor, "action", String::new()),
        (Officer, "case", "propose_close reopen assign add_member remove_member".to_owned()),
        (Sergeant, "case", "propose_close close reopen assign add_member remove_member hand_over approve".to_owned()),
        (Dsl, "case", "challenge".to_owned()),
        (Officer, "welfare_check", "dispatch attend propose_close reopen assign".to_owned()),
        (Sergeant, "welfare_check", "dispatch attend propose_close close reopen assign extend".to_owned()),
        (Call, "welfare_check", "dispatch assign".to_owned()),
        (Admin, "welfare_check", String::new()),
    ] {
        assert_eq!(verbs(role, kind), expected, "{role} {kind}");
    }
    let action = kind("action").unwrap();
    for verb in ["lower", "resolve"] {
        let may: Vec<Role> = Role::ALL.into_iter().filter(|role| may_step(*role, action, verb)).collect();
        assert_eq!(may, [Sergeant, Inspector, Command, Server], "{verb}");
    }
    assert!(!may_step(Server, action, "no_such_verb"));
}

#[test]
fn fields_are_changed_only_by_those_who_may_enter() {
    let action = kind("action").unwrap();
    let share = Compartment::Share { school: school("100001"), case: case_id() };
    let police = Compartment::Police { case: case_id() };
    let due = action.field("due").unwrap();
    assert!(may_edit(Dsl, &share, action, due) && may_edit(Officer, &police, action, due));
    assert!(!may_edit(Dsl, &police, action, due));
    for role in [Admin, Auditor, Dpo] {
        assert!(!may_edit(role, &police, action, due) && !may_edit(role, &share, action, due));
    }
    // What a verb changes, or what follows from steps, is edited by nobody.
    for name in ["owner", "status", "hops"] {
        assert!(!may_edit(Sergeant, &police, action, action.field(name).unwrap()), "{name}");
    }
    assert!(!may_edit(Officer, &police, action, kind("person").unwrap().field("dob").unwrap()));
}

#[test]
fn where_a_record_belongs_follows_from_kind_author_and_content() {
    let empty = Body::default();
    let body = |json: serde_json::Value| Body(json.as_object().unwrap().clone());
    let at_school = body(json!({ "school": "100001" }));
    let reporter = body(json!({ "roles": ["witness", "reporter"] }));
    let own = school("100002");
    let rang_reporter = body(json!({ "person": "Ann", "person_role": "reporter" }));
    let rang_mother = body(json!({ "person": "Bea", "person_role": "parent" }));
    for (name, role, body, expected) in [
        ("contact_log", Officer, &rang_reporter, "REPORTER("),
        ("contact_log", Hub, &rang_reporter, "REPORTER("),
        ("contact_log", Officer, &rang_mother, "POLICE("),
        ("referral", Dsl, &empty, "HUB("),
        ("intelligence_check", Pcso, &empty, "INTEL("),
        ("meeting", Dsl, &empty, "SHARE(100002,"),
        ("school_outcome", Dsl, &empty, "SHARE(100002,"),
        ("feedback", Staff, &empty, "SHARE(100002,"),
        ("concern", Dsl, &empty, "SHARE(100002,"),
        ("disclosure", Staff, &empty, "SHARE(100002,"),
        ("action", Dsl, &at_school, "SHARE(100002,"),
        ("person", Dsl, &reporter, "REPORTER("),
        ("person", Officer, &reporter, "REPORTER("),
        ("person", Officer, &empty, "POLICE("),
        ("disclosure", Officer, &at_school, "POLICE("),
        ("welfare_check", Pcso, &at_school, "POLICE("),
        ("concern", Officer, &at_school, "POLICE("),
        ("action", Officer, &at_school, "SHARE(100001,"),
        ("action_update", Officer, &at_school, "SHARE(100001,"),
        ("extract", Officer, &at_school, "SHARE(100001,"),
        ("action_note", Officer, &at_school, "POLICE("),
        ("action", Officer, &empty, "POLICE("),
        ("action", Hub, &empty, "HUB("),
        ("welfare_check", Call, &empty, "CALL("),
        ("concern", Call, &empty, "CALL("),
        ("case", Officer, &at_school, "POLICE("),
        ("case", Server, &at_school, "POLICE("),
    ] {
        let found = compartment_of(kind(name).unwrap(), role, Some(&own), None, body, case_id()).unwrap();
        assert_eq!(found.to_string(), format!("{expected}{})", case_id()), "{name} by {role}");
        assert_eq!(found.to_string().parse::<Compartment>().unwrap(), found);
    }
    assert!(compartment_of(kind("concern").unwrap(), Dsl, None, None, &empty, case_id()).is_err());
    let alone = records::rights::without_agreement(Compartment::Share { school: own, case: case_id() }, record(1));
    assert_eq!(alone.to_string(), format!("SHARE_ACTION(100002,{})", record(1)));
}

#[test]
fn a_compartment_has_one_spelling() {
    let upper = format!("POLICE({})", case_id()).replace("police", "POLICE").to_uppercase();
    for text in
        ["", "POLICE", "POLICE()", "POLICE(x)", "SHARE(100001)", "NOWHERE(x)", "DRAFT(a b)", "POLICE(x", upper.as_str()]
    {
        assert!(text.parse::<Compartment>().is_err(), "{text}");
    }
    for compartment in compartments("100001") {
        assert_eq!(compartment.to_string().parse::<Compartment>().unwrap(), compartment);
    }
    for role in Role::ALL {
        assert_eq!(role.to_string().parse::<Role>().unwrap(), role);
    }
}
