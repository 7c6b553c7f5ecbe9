//! What a reason opens, what an auditor reads, and what a PCSO knows of a check.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{facts, record, user};
use records::Role::{self, Admin, Auditor, Command, Dpo, Dsl, Hub, Inspector, Officer, Pcso, Sergeant, Staff};
use records::{CaseFacts, Compartment, Holder, Holding, RecordFacts, holding, may_create, may_enter, may_step};
use signed::SchoolId;

fn case_id() -> signed::RecordId {
    record(9)
}

/// Somebody of school 100001, team north and area east.
fn holder(name: &str, role: Role) -> Holder {
    let schools = vec![SchoolId::new("100001").unwrap()];
    Holder { user: user(name), role, schools, team: Some("north".into()), area: Some("east".into()) }
}

/// An open case of this school, team and area.
fn case(school: &str, team: &str, area: &str) -> CaseFacts {
    let schools = vec![SchoolId::new(school).unwrap()];
    CaseFacts { open: true, schools, team: Some(team.into()), area: Some(area.into()), ..CaseFacts::default() }
}

fn far() -> CaseFacts {
    case("999999", "south", "west")
}

fn near() -> CaseFacts {
    case("100001", "north", "east")
}

fn compartments() -> Vec<Compartment> {
    let school = || SchoolId::new("999999").unwrap();
    vec![
        Compartment::Share { school: school(), case: case_id() },
        Compartment::ShareAction { school: school(), action: record(1) },
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

#[test]
fn r91_a_reason_opens_what_is_known_as_a_headline_and_nothing_else() {
    let opened = |compartment| RecordFacts { opened: vec![user("me")], ..facts(compartment) };
    let police = || Compartment::Police { case: case_id() };
    assert_eq!(holding(&holder("me", Inspector), &opened(police()), &near()), Holding::Content);
    assert_eq!(holding(&holder("other", Inspector), &opened(police()), &near()), Holding::Headline);
    assert_eq!(holding(&holder("me", Inspector), &opened(police()), &far()), Holding::None);
    let escalated = |compartment| RecordFacts { escalated: true, ..opened(compartment) };
    assert_eq!(holding(&holder("me", Command), &escalated(police()), &far()), Holding::Content);
    assert_eq!(holding(&holder("other", Command), &escalated(police()), &far()), Holding::Headline);
    assert_eq!(holding(&holder("me", Command), &opened(police()), &far()), Holding::None, "it is not escalated");
    let vault = escalated(Compartment::Reporter { case: case_id() });
    assert_eq!(holding(&holder("me", Command), &vault, &far()), Holding::None);
    for role in [Officer, Pcso, Sergeant, Dsl, Staff, Hub, Admin, Dpo] {
        assert_eq!(holding(&holder("me", role), &escalated(police()), &far()), Holding::None, "{role}");
    }
}

#[test]
fn an_auditor_reads_a_case_that_they_opened_but_never_the_reporter_and_writes_nothing_there() {
    let case = CaseFacts { opened: vec![user("me")], ..far() };
    for compartment in compartments() {
        let record = facts(compartment.clone());
        let within = matches!(
            compartment,
            Compartment::Share { .. }
                | Compartment::ShareAction { .. }
                | Compartment::Call { .. }
                | Compartment::Police { .. }
                | Compartment::Intel { .. }
                | Compartment::Hub { .. }
                | Compartment::Audit
        );
        let expected = if within { Holding::Content } else { Holding::None };
        assert_eq!(holding(&holder("me", Auditor), &record, &case), expected, "{compartment}");
        let other = holding(&holder("other", Auditor), &record, &case);
        assert!(other == Holding::None || compartment == Compartment::Audit, "{compartment}");
        // One record of it, opened alone, opens nothing to an auditor.
        let one = RecordFacts { opened: vec![user("me")], granted: vec![user("me")], ..record };
        assert_eq!(holding(&holder("me", Auditor), &one, &far()), other, "{compartment}");
        assert!(compartment.user().is_some() || compartment == Compartment::Audit || !may_enter(Auditor, &compartment));
    }
    for kind in records::kinds() {
        assert_eq!(may_create(Auditor, kind), kind.name == "opening", "{}", kind.name);
        for step in kind.steps.iter().chain(records::kinds::COMMON) {
            assert!(!may_step(Auditor, kind, step.verb), "{} {}", kind.name, step.verb);
        }
    }
}

#[test]
fn a_pcso_knows_of_a_check_whether_it_was_a_hit_and_no_more() {
    let intel = Compartment::Intel { case: case_id() };
    let found = RecordFacts { found: true, ..facts(intel.clone()) };
    assert_eq!(holding(&holder("me", Pcso), &found, &near()), Holding::Headline);
    assert_eq!(holding(&holder("me", Pcso), &facts(intel.clone()), &near()), Holding::None, "it came to nothing yet");
    assert_eq!(holding(&holder("me", Pcso), &found, &far()), Holding::None, "of another school");
    let own = RecordFacts { author: user("me"), granted: vec![user("me")], ..found };
    assert_eq!(holding(&holder("me", Pcso), &own, &near()), Holding::Headline);
    assert!(!may_enter(Pcso, &intel));
}
