//! What section 1 of the requirements gives each role, cell by cell: roles by kinds and verbs, roles by
//! compartments. The answers are written out, so that a changed right is a changed line here.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::BTreeSet;

use common::{record, user};
use records::{CaseFacts, Compartment, Holder, Holding, RecordFacts, Role, holding, kind, may_create, may_step};
use signed::SchoolId;

/// The columns: a letter where the role may, `-` where it may not.
const COLUMNS: [(char, Role); 12] = [
    ('o', Role::Officer),
    ('p', Role::Pcso),
    ('s', Role::Sergeant),
    ('i', Role::Inspector),
    ('c', Role::Command),
    ('d', Role::Dsl),
    ('f', Role::Staff),
    ('h', Role::Hub),
    ('l', Role::Call),
    ('m', Role::Admin),
    ('a', Role::Auditor),
    ('x', Role::Dpo),
];

/// What may be done to a record of every kind.
const EVERY_KIND: &[(&str, &str)] = &[
    ("confirm_seen", "opsicdfhl---"),
    ("acknowledge", "opsicdfhl---"),
    ("mark_differs", "opsicdfhl---"),
    ("addendum", "opsicdfhl---"),
    ("answer_prompt", "opsicdfhl---"),
    ("dismiss_prompt", "opsicdfhl---"),
    ("attach", "opsicdfhl---"),
    ("flag_image", "opsicdfhl---"),
    // Less caution and a choice between two truths are a supervisor's.
    ("lower", "--sic-------"),
    ("resolve", "--sic-------"),
    // Words leave for a school by an officer's or a sergeant's hand (1.3).
    ("share", "o-si--------"),
    ("release_extract", "o-si--------"),
];

/// Kind, verb (`new` makes it), who may.
#[rustfmt::skip]
const KINDS: &[(&str, &str, &str)] = &[
    ("case", "new", "opsi--------"),
    ("case", "propose_close", "opsi--------"),
    ("case", "close", "--sic-------"),
    ("case", "reopen", "opsic-------"),
    ("case", "challenge", "-----dfh----"),
    ("case", "assign", "opsic-------"),
    ("case", "add_member", "o-si--------"),
    ("case", "remove_member", "o-si--------"),
    ("case", "hand_over", "--sic-------"),
    ("case", "approve", "--sic-------"),
    ("person", "new", "opsi-dfhl---"),
    ("concern", "new", "opsi-dfhl---"),
    ("disclosure", "new", "opsi-df-----"),
    ("welfare_check", "new", "opsi----l---"),
    ("welfare_check", "dispatch", "opsic---l---"),
    ("welfare_check", "attend", "opsi--------"),
    ("welfare_check", "propose_close", "opsi--------"),
    ("welfare_check", "close", "--sic-------"),
    ("welfare_check", "reopen", "opsic-------"),
    ("welfare_check", "challenge", "-----dfh----"),
    ("welfare_check", "assign", "opsic---l---"),
    ("welfare_check", "extend", "--sic-------"),
    ("action", "new", "opsi-dfhl---"),
    ("action", "accept", "opsicd-h----"),
    ("action", "decline", "opsicd-h----"),
    ("action", "start", "opsi-d-h----"),
    ("action", "block", "opsi-d-h----"),
    ("action", "complete", "opsi-d-h----"),
    ("action", "tell_outcome", "opsi-d-h----"),
    ("action", "close", "opsicd-h----"),
    ("action", "reopen", "opsicdfh----"),
    ("action", "challenge", "-----dfh----"),
    ("action", "forward", "opsicd-h----"),
    ("action", "assign", "opsic-------"),
    ("action", "extend", "--sic-------"),
    ("action", "confirm", "opsi-dfhl---"),
    ("action", "differs", "opsi-dfhl---"),
    ("action_update", "new", "opsi-d-h----"),
    ("action_note", "new", "opsi--------"),
    ("risk_assessment", "new", "opsi----l---"),
    ("risk_assessment", "endorse", "--sic-------"),
    ("risk_assessment", "unchanged", "opsi--------"),
    ("risk_assessment", "assign", "opsic-------"),
    ("crime_recording_decision", "new", "opsi--------"),
    ("crime_recording_decision", "review", "--sic-------"),
    ("crime_recording_decision", "assign", "opsic-------"),
    ("intelligence_check", "new", "opsi----l---"),
    ("intelligence_check", "claim", "opsi----l---"),
    ("intelligence_check", "complete", "opsi----l---"),
    ("intelligence_check", "not_done", "opsi----l---"),
    ("intelligence_check", "reopen", "opsic---l---"),
    ("intelligence_check", "assign", "opsic---l---"),
    ("intelligence_check", "extend", "--sic-------"),
    ("intelligence_submission", "new", "opsi--------"),
    ("meeting", "new", "opsi-d-h----"),
    ("meeting", "hold", "opsi-d-h----"),
    ("meeting", "set_date", "opsi-d-h----"),
    ("meeting", "decline", "--sic-------"),
    ("meeting", "cancel", "opsi-d-h----"),
    ("meeting", "reopen", "opsicd-h----"),
    ("meeting", "assign", "opsicd-h----"),
    ("referral", "new", "opsi-d-h----"),
    ("referral", "send", "opsi-d-h----"),
    ("referral", "read", "opsi---h----"),
    ("referral", "chase", "opsi-d-h----"),
    ("referral", "reply", "opsi---h----"),
    ("referral", "record_outcome", "opsi-d-h----"),
    ("referral", "reopen", "opsicd-h----"),
    ("notification", "new", "opsi---hl---"),
    ("notification", "take_note", "opsi---h----"),
    ("missing_episode", "new", "opsi-dfhl---"),
    ("missing_episode", "returned", "opsi-d-hl---"),
    ("missing_episode", "seen", "opsi-d-hl---"),
    ("missing_episode", "not_traced", "opsi-d-hl---"),
    ("missing_episode", "assign", "opsicd-hl---"),
    ("handover", "new", "opsic----m--"),
    ("handover", "question", "opsic-------"),
    ("handover", "accept", "opsic-------"),
    ("handover", "assign", "opsic-------"),
    ("deadline", "new", "opsi--------"),
    ("deadline", "answer", "opsic-------"),
    ("deadline", "reopen", "opsic-------"),
    ("deadline", "assign", "opsic-------"),
    ("deadline", "extend", "--sic-------"),
    ("contact_log", "new", "opsi---hl---"),
    ("absence", "new", "opsic----m--"),
    ("absence", "end", "opsic----m--"),
    ("agreement", "new", "---------m-x"),
    ("agreement", "end", "opsic----m--"),
    ("help_request", "new", "opsicdfhl---"),
    ("help_request", "answer", "--sic-------"),
    ("help_request", "reopen", "opsicdfhl---"),
    ("help_request", "assign", "--sic-------"),
    ("language_prompt", "new", "opsicdfhl---"),
    ("escalation", "new", "opsic-------"),
    ("search", "new", "opsic---l---"),
    ("opening", "new", "---ic-----a-"),
    ("training", "new", "--si-----m--"),
    ("escalation", "answer", "opsic-------"),
    ("escalation", "reopen", "opsic-------"),
    ("escalation", "assign", "opsic-------"),
    ("protective_measure", "new", "opsi--------"),
    ("protective_measure", "end", "opsic-------"),
    ("protective_measure", "breach", "opsi--------"),
    ("protective_measure", "replace", "--si--------"),
    ("protective_measure", "assign", "opsic-------"),
    ("protective_measure", "extend", "--sic-------"),
    ("safety_plan", "new", "opsi--------"),
    ("safety_plan", "reviewed", "opsi--------"),
    ("safety_plan", "end", "opsic-------"),
    ("safety_plan", "assign", "opsic-------"),
    ("safety_plan", "extend", "--sic-------"),
    ("device_seen", "new", "opsi--------"),
    ("school_outcome", "new", "opsi-d------"),
    ("feedback", "new", "-----df-----"),
    ("extract", "new", "o-si--------"),
    ("place", "new", "opsi-dfhl---"),
    ("match", "new", "opsi--------"),
    ("match", "confirm_match", "opsi--------"),
    ("match", "reject_match", "opsi--------"),
    ("match", "looked_at", "opsi--------"),
    ("recovered_draft", "new", "------------"),
    ("recovered_draft", "close", "--sic-------"),
    ("recovered_draft", "assign", "opsic-------"),
];

/// Columns: SHARE, SHARE_ACTION, CALL, POLICE, INTEL, HUB, REPORTER, STAFFING, PROMPTS, DRAFT, AUDIT.
/// `C` content, `H` headline, `-` nothing. Rows in the order of [`COLUMNS`].
#[rustfmt::skip]
const HOLD: &[(&str, [&str; 12])] = &[
    ("near", [
        "CC-CC------", "CC-C-------", "CCCCCCC----", "HHHHHHHC---",
        "-----------", "CC---------", "-----------", "-----------",
        "--C--------", "-------C---", "----------C", "----------C",
    ]),
    ("near: closed", [
        "CC-CC------", "CC-C-------", "HHHHHHH----", "HHHHHHHC---",
        "-----------", "CC---------", "-----------", "-----------",
        "-----------", "-------C---", "----------C", "----------C",
    ]),
    ("near: escalated", [
        "CC-CC------", "CC-C-------", "CCCCCCC----", "CCCCCCCC---",
        "HHHHHH-----", "CC---------", "-----------", "-----------",
        "--C--------", "-------C---", "----------C", "----------C",
    ]),
    // What was opened with a reason: a headline becomes content, and an auditor reads the case.
    ("near: opened", [
        "CC-CC------", "CC-C-------", "CCCCCCC----", "CCCCCCCC---",
        "-----------", "CC---------", "-----------", "-----------",
        "--C--------", "-------C---", "CCCCCC----C", "----------C",
    ]),
    ("near: escalated and opened", [
        "CC-CC------", "CC-C-------", "CCCCCCC----", "CCCCCCCC---",
        "CCCCCC-----", "CC---------", "-----------", "-----------",
        "--C--------", "-------C---", "CCCCCC----C", "----------C",
    ]),
    ("near: restricted and opened", [
        "-----------", "-----------", "-----------", "CCCCCCCCCCC",
        "CCCCCCCCCCC", "-----------", "-----------", "-----------",
        "-----------", "-----------", "-----------", "-----------",
    ]),
    // A check that came to a hit, or to nothing known.
    ("near: found", [
        "CC-CC------", "CC-CH------", "CCCCCCC----", "HHHHHHHC---",
        "-----------", "CC---------", "-----------", "-----------",
        "--C--------", "-------C---", "----------C", "----------C",
    ]),
    ("near: asked for it", [
        "CCCCCC-----", "CCCC-C-----", "CCCCCCC----", "CCCCCCCC---",
        "CCCCCC-----", "CC---------", "CC---------", "-----C-----",
        "--C--------", "-------C---", "----------C", "----------C",
    ]),
    ("near: granted", [
        "CCCCCCC----", "CCCC-CC----", "CCCCCCC----", "CCCCCCCC---",
        "CCCCCC-----", "CC---------", "CC---------", "-----C-----",
        "--C--------", "-------C---", "----------C", "----------C",
    ]),
    ("near: restricted", [
        "-----------", "-----------", "-----------", "CCCCCCCCCCC",
        "CCCCCCCCCCC", "-----------", "-----------", "-----------",
        "-----------", "-----------", "-----------", "-----------",
    ]),
    ("far", [
        "-----------", "-----------", "-----------", "-----------",
        "-----------", "-----------", "-----------", "-----------",
        "--C--------", "-------C---", "----------C", "----------C",
    ]),
    ("far: escalated", [
        "-----------", "-----------", "-----------", "-----------",
        "HHHHHH-----", "-----------", "-----------", "-----------",
        "--C--------", "-------C---", "----------C", "----------C",
    ]),
    ("far: opened", [
        "-----------", "-----------", "-----------", "-----------",
        "-----------", "-----------", "-----------", "-----------",
        "--C--------", "-------C---", "CCCCCC----C", "----------C",
    ]),
    ("far: found", [
        "-----------", "-----------", "-----------", "-----------",
        "-----------", "-----------", "-----------", "-----------",
        "--C--------", "-------C---", "----------C", "----------C",
    ]),
    ("far: author", [
        "CCCCCCC----", "CCCC-CC----", "CCCCCCC--C-", "CCCCCCC--C-",
        "CCCCCC-----", "CC---------", "CC---------", "-----C-----",
        "--C--------", "-------C---", "----------C", "----------C",
    ]),
    ("far: granted", [
        "CCCCCCC----", "CCCC-CC----", "CCCCCCC----", "CCCCCCC----",
        "CCCCCC-----", "-----------", "-----------", "-----C-----",
        "--C--------", "-------C---", "----------C", "----------C",
    ]),
    ("far: owner of the case", [
        "CC-CCCC----", "CC-C-CC----", "CCCCCCC----", "CCCCCCC----",
        "-----------", "-----------", "-----------", "-----------",
        "--C--------", "-------C---", "----------C", "----------C",
    ]),
    ("far: cover", [
        "CC-CCCC----", "CC-C-CC----", "CCCCCCC----", "CCCCCCC----",
        "-----------", "-----------", "-----------", "-----------",
        "--C--------", "-------C---", "----------C", "----------C",
    ]),
    ("far: added by name", [
        "CCCCCC-----", "CCCC-C-----", "CCCCCCC----", "CCCCCCC----",
        "CCCCCC-----", "-----------", "-----------", "-----C-----",
        "--C--------", "-------C---", "----------C", "----------C",
    ]),
    ("far: one's own data", [
        "-------CCC-", "-------CCC-", "-------CC--", "-------CC--",
        "-------CCC-", "-------CCC-", "-------CCC-", "-------CCC-",
        "--C----CCC-", "-------CC--", "-------CC-C", "-------C--C",
    ]),
    ("far: supervises the author", [
        "-----------", "-----------", "-------CCH-", "---------H-",
        "-----------", "-----------", "-----------", "-----------",
        "--C--------", "-------C---", "----------C", "----------C",
    ]),
];

fn school(id: &str) -> SchoolId {
    SchoolId::new(id).unwrap()
}

#[test]
fn every_role_makes_and_does_exactly_what_its_row_says() {
    let mut wrong = Vec::new();
    let mut cell = |kind_name: &str, verb: &str, answers: &str| {
        let kind = kind(kind_name).unwrap();
        assert_eq!(answers.len(), COLUMNS.len(), "{kind_name} {verb}");
        for ((letter, role), answer) in COLUMNS.into_iter().zip(answers.chars()) {
            assert!(answer == letter || answer == '-', "{kind_name} {verb}: {answer} in the column of {role}");
            let may = if verb == "new" { may_create(role, kind) } else { may_step(role, kind, verb) };
            if may != (answer == letter) {
                wrong.push(format!("{role} {verb} {kind_name}: {may}"));
            }
        }
    };
    for (kind, verb, answers) in KINDS {
        cell(kind, verb, answers);
    }
    for kind in records::kinds() {
        let own: Vec<&str> = kind.steps.iter().map(|step| step.verb).collect();
        for (verb, answers) in EVERY_KIND.iter().filter(|(verb, _)| !own.contains(verb)) {
            cell(kind.name, verb, answers);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_role_kind_and_verb_has_its_row_once() {
    let roles: BTreeSet<Role> = COLUMNS.into_iter().map(|(_, role)| role).chain([Role::Server]).collect();
    assert_eq!(roles, Role::ALL.into_iter().collect());
    let rows: BTreeSet<(&str, &str)> = KINDS.iter().map(|(kind, verb, _)| (*kind, *verb)).collect();
    assert_eq!(rows.len(), KINDS.len(), "a row stands twice");
    let own = |kind: &'static records::Kind| kind.steps.iter().map(|step| (kind.name, step.verb));
    let declared = records::kinds().flat_map(|kind| own(kind).chain([(kind.name, "new")])).collect();
    assert_eq!(rows, declared);
    let common: BTreeSet<&str> = EVERY_KIND.iter().map(|(verb, _)| *verb).collect();
    assert_eq!(common, records::kinds::COMMON.iter().map(|step| step.verb).collect());
}

fn compartments(urn: &str, whose: &str) -> [Compartment; 11] {
    let case = record(9);
    let all = [
        Compartment::Share { school: school(urn), case },
        Compartment::ShareAction { school: school(urn), action: record(1) },
        Compartment::Call { incident: case },
        Compartment::Police { case },
        Compartment::Intel { case },
        Compartment::Hub { case },
        Compartment::Reporter { case },
        Compartment::Staffing { user: user(whose) },
        Compartment::Prompts { user: user(whose) },
        Compartment::Draft { user: user(whose) },
        Compartment::Audit,
    ];
    // A new compartment does not compile until it has its column.
    for one in &all {
        match one {
            Compartment::Share { .. }
            | Compartment::ShareAction { .. }
            | Compartment::Call { .. }
            | Compartment::Police { .. }
            | Compartment::Intel { .. }
            | Compartment::Hub { .. }
            | Compartment::Reporter { .. }
            | Compartment::Staffing { .. }
            | Compartment::Prompts { .. }
            | Compartment::Draft { .. }
            | Compartment::Audit => {}
        }
    }
    all
}

/// The record and its case are opened by `me`.
fn opened(facts: &mut RecordFacts, case: &mut CaseFacts) {
    (facts.opened, case.opened) = (vec![user("me")], vec![user("me")]);
}

/// One cell: what `me` holds, of the same school, team and area as the case (`near`) or of none of them.
fn cell(role: Role, situation: &str, compartment: Compartment) -> char {
    let near = situation.starts_with("near");
    let place = |here: &str, there: &str| Some(if near { here } else { there }.to_owned());
    let posted = role.of_school() || matches!(role, Role::Officer | Role::Pcso);
    let me = Holder {
        user: user("me"),
        role,
        schools: if posted { vec![school("100001")] } else { vec![] },
        team: Some("north".to_owned()),
        area: Some("east".to_owned()),
    };
    let mut case = CaseFacts {
        open: true,
        schools: vec![school(if near { "100001" } else { "999999" })],
        team: place("north", "south"),
        area: place("east", "west"),
        ..CaseFacts::default()
    };
    let mut facts = common::facts(compartment);
    match situation.split_once(": ").map_or("", |(_, what)| what) {
        "" | "one's own data" => {}
        "closed" => (facts.open, case.open) = (false, false),
        "escalated" => facts.escalated = true,
        "author" => facts.author = user("me"),
        "asked for it" => facts.requested_by = vec![user("me")],
        "granted" => facts.granted = vec![user("me")],
        "owner of the case" => case.owner = Some(user("me")),
        "cover" => case.cover = Some(user("me")),
        "added by name" => case.members = vec![user("me")],
        "supervises the author" => facts.author_supervisor = Some(user("me")),
        "restricted" => case.restricted = true,
        "opened" => opened(&mut facts, &mut case),
        "escalated and opened" => {
            facts.escalated = true;
            opened(&mut facts, &mut case);
        }
        "restricted and opened" => {
            case.restricted = true;
            opened(&mut facts, &mut case);
        }
        "found" => facts.found = true,
        other => panic!("no such situation: {other}"),
    }
    match holding(&me, &facts, &case) {
        Holding::Content => 'C',
        Holding::Headline => 'H',
        Holding::None => '-',
    }
}

#[test]
fn every_role_holds_of_every_compartment_exactly_what_its_row_says() {
    let mut wrong = Vec::new();
    for (situation, rows) in HOLD {
        let urn = if situation.starts_with("near") { "100001" } else { "999999" };
        let whose = if situation.ends_with("one's own data") { "me" } else { "someone" };
        for ((_, role), expected) in COLUMNS.into_iter().zip(rows) {
            let found: String = compartments(urn, whose).into_iter().map(|one| cell(role, situation, one)).collect();
            if found != *expected {
                wrong.push(format!("{situation}, {role}: {found}, not {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
