//! A force's policy on the server: versions, who is told, and what the rules do by it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{World, user};
use records::{Policy, Role};
use serde_json::json;
use signed::Value;
use signed::cbor::Map;
use sync_server::core::AuditFilter;
use wire::Row;

const HOUR: i64 = 3_600_000;

fn values(pairs: &[(&str, i64)]) -> Map {
    pairs.iter().map(|(name, number)| ((*name).to_owned(), Value::Int(*number))).collect()
}

/// The policies that rows brought, oldest first.
fn told(rows: &[Row]) -> Vec<Policy> {
    rows.iter()
        .filter_map(|row| if let Row::Policy { version, values } = row { Some((*version, values)) } else { None })
        .map(|(version, values)| Policy::from_value(values, version))
        .collect()
}

/// What each change of the policy that the audit log holds changed.
fn policy_entries(world: &World) -> Vec<String> {
    let all = world.core.audit(&AuditFilter::default()).unwrap();
    let changes = all.into_iter().filter(|row| row.operation == "admin" && row.why == "policy");
    changes.map(|row| row.changed.join(" ")).collect()
}

/// Rules and recipients of the prompts that rows brought.
fn prompts(rows: &[Row]) -> Vec<String> {
    let rule = |row: &Row| {
        let Row::Prompt { line } = row else { return None };
        Some(line.as_map()?.get("rule")?.as_text()?.to_owned())
    };
    rows.iter().filter_map(rule).collect()
}

#[test]
fn a_change_is_the_next_version_audited_and_told_to_everybody_active() {
    let world = World::memory();
    let mut officer = world.handset("officer");
    world.core.user_deactivate(&user("staff"), false).unwrap();
    let before = world.core.heads(&[user("staff")]).unwrap();
    assert_eq!(told(&officer.pull(&world)), [Policy::DEFAULT]);

    let change = world.core.policy_set(&values(&[("account_delay_hours", 1), ("span_max", 9)])).unwrap();
    assert_eq!((change.version, change.changed.as_slice()), (2, &["account_delay_hours", "span_max"][..]));
    assert!(change.grown.iter().any(|(who, _)| *who == user("lead")));
    let found = told(&officer.pull(&world));
    let expected = Policy { version: 2, account_delay_max_ms: HOUR, span_max: 9, ..Policy::DEFAULT };
    assert_eq!(found, std::slice::from_ref(&expected));
    assert_eq!(world.core.heads(&[user("staff")]).unwrap(), before, "who has no access any more is told nothing");
    assert_eq!(policy_entries(&world), ["account_delay_hours span_max"]);

    // The same again changes nothing; what is left out is at its default again.
    let again = world.core.policy_set(&values(&[("span_max", 9), ("account_delay_hours", 1)])).unwrap();
    assert_eq!((again.version, again.changed.len(), again.grown.len()), (2, 0, 0));
    assert_eq!(told(&officer.pull(&world)), []);
    let back = world.core.policy_set(&values(&[("span_max", 9)])).unwrap();
    assert_eq!((back.version, back.changed.as_slice()), (3, &["account_delay_hours"][..]));
    assert_eq!(policy_entries(&world).len(), 2);

    // Somebody new is told what is in force, and nothing of what was.
    world.add("late", Role::Officer, &["100001"], Some("sgt"));
    let in_force = world.core.policy_in_force().unwrap();
    assert_eq!(told(&world.handset("late").pull(&world)), [in_force.policy]);
    assert!(in_force.at.is_some());
    world.sound();
}

#[test]
fn what_is_wrong_is_named_in_full_and_nothing_of_it_is_done() {
    let world = World::memory();
    let mut officer = world.handset("officer");
    officer.pull(&world);
    let mut wrong = values(&[("promise_hours", 0), ("span_maximum", 9), ("dip_sample", 5)]);
    wrong.insert("command_officers".into(), Value::Array(vec![Value::text("nobody"), Value::text("lead")]));
    let refused = world.core.policy_set(&wrong).unwrap_err();
    let gaps: Vec<_> = refused.gaps.iter().map(|gap| (gap.code.name, gap.path.as_str())).collect();
    assert_eq!(refused.code.name, "A.policy");
    assert_eq!(gaps, [("A.policy_range", "promise_hours"), ("A.policy_name", "span_maximum")]);
    // Each of these is no officer who could decide.
    wrong.remove("promise_hours");
    wrong.remove("span_maximum");
    let refused = world.core.policy_set(&wrong).unwrap_err();
    assert_eq!(refused.gaps.len(), 2);
    assert!(refused.gaps.iter().all(|gap| gap.path == "command_officers"));
    assert_eq!(world.core.policy_in_force().unwrap().policy, Policy::DEFAULT);
    assert_eq!((policy_entries(&world).len(), told(&officer.pull(&world)).len()), (0, 0));
    wrong.insert("command_officers".into(), Value::Array(vec![Value::text("insp")]));
    assert_eq!(world.core.policy_set(&wrong).unwrap().version, 2);
}

#[test]
fn r50_a_shorter_time_to_answer_moves_what_is_already_waiting() {
    let world = World::memory();
    let (mut lead, mut sergeant) = (world.handset("lead"), world.handset("sgt"));
    let concern = json!({ "source": "school", "exact_words": "a worry", "heard_how": "direct",
                          "concern_items": [{ "text": "a worry" }] });
    let concern = lead.create(&world, "concern", concern);
    lead.push(&world);
    let case = world.handset("officer");
    let mut officer = case;
    officer.pull(&world);
    let case = officer.docs[&concern].view.created().unwrap().1.case.unwrap();
    let action = json!({ "case": case.to_string(), "school": "100001", "exact_request": "please ring home",
                         "action_kind": "enquiry", "requested_by": { "person": "the lead", "org": "100001" },
                         "about": ["a pupil"], "owner": "officer", "due": "2026-12-01T09:00:00Z" });
    lead.create(&world, "action", action);
    let receipt = lead.push(&world);
    assert!(receipt.outcomes.iter().all(wire::Outcome::is_ok), "{:?}", receipt.outcomes);
    // Monday, ten past ten: by the defaults the sergeant hears of it at one.
    world.clock.advance(HOUR + 600_000);
    world.core.tick().unwrap();
    assert!(!prompts(&sergeant.pull(&world)).contains(&"R50".to_owned()));

    world.core.policy_set(&values(&[("answer_working_hours", 1)])).unwrap();
    world.core.policy_follow().unwrap();
    world.core.tick().unwrap();
    assert!(prompts(&sergeant.pull(&world)).contains(&"R50".to_owned()), "an hour has passed");
    assert!(world.core.policy_follow().unwrap().is_empty(), "it is done once");
    world.sound();
}

#[test]
fn the_policy_lasts_and_another_process_takes_it_up() {
    let world = World::on_disk();
    let other = sync_server::Core::open(&world.dir(), world.clock.clone()).unwrap();
    other.policy_set(&values(&[("clock_skew_minutes", 1)])).unwrap();
    // This one was open all the while: what it signs next names the new version.
    let mut lead = world.handset("lead");
    let concern = json!({ "source": "school", "exact_words": "a worry", "heard_how": "direct",
                          "concern_items": [{ "text": "a worry" }] });
    let concern = lead.create(&world, "concern", concern);
    lead.push(&world);
    let mut officer = world.handset("officer");
    officer.pull(&world);
    let case = officer.docs[&concern].view.created().unwrap().1.case.unwrap();
    let (made_by_server, _) = officer.docs[&case].view.created().unwrap();
    assert_eq!(made_by_server.opened.statement.policy, 2);
    drop(other);
    let world = world.reopen();
    let in_force = world.core.policy_in_force().unwrap().policy;
    assert_eq!((in_force.version, in_force.skew_ms), (2, 60_000));
    // Records read off by version 1 are still what was written; those of version 2 as well.
    world.sound();
    world.core.policy_follow().unwrap();
    world.sound();
}
