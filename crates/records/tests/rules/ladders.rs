//! R15-R19 and R107: four hours of accepted prompts, and nobody went.

use serde_json::json;

use crate::case::Case;

fn call() -> Case {
    let mut case = Case::new();
    case.add(
        "check",
        "welfare_check",
        "call1",
        "03:45",
        json!({ "grade": "urgent", "urgency": "urgent", "attend_by": "2026-03-02T09:00:00Z" }),
    );
    case
}

#[test]
fn r16_an_urgent_check_nobody_is_sent_to_climbs_to_command_within_the_hour() {
    let case = call();
    assert_eq!(case.told("03:59", "R16"), Vec::<String>::new());
    assert_eq!(
        case.told("05:00", "R16"),
        [
            "04:00 call1 R16.unassigned",
            "04:15 sgt1 R16.unassigned",
            "04:30 insp1 R16.unassigned",
            "04:45 com1 R16.unassigned"
        ]
    );
}

#[test]
fn r16_an_immediate_one_climbs_in_twenty_minutes_and_a_holder_who_is_away_is_skipped() {
    let mut case = call();
    case.row_mut("check").body["grade"] = json!("immediate");
    case.person_mut("sgt1").away = true;
    assert_eq!(
        case.told("04:10", "R16"),
        ["03:50 call1 R16.unassigned", "03:55 insp1 R16.unassigned", "04:00 com1 R16.unassigned"]
    );
}

#[test]
fn r15_a_dismissed_prompt_keeps_climbing_and_no_unit_free_is_no_decision() {
    let mut case = call();
    let prompt = case.prompt("04:00", "R16", "call1").unwrap();
    case.step("check", "dismiss_prompt", "call1", "04:00", json!({ "prompt": prompt.to_string() }));
    let answer = json!({ "prompt": prompt.to_string(), "decision": "wait", "reason": "no unit free" });
    case.step("check", "answer_prompt", "call1", "04:01", answer);
    assert_eq!(case.told("04:16", "R16"), ["04:00 call1 R16.unassigned", "04:15 sgt1 R16.unassigned"]);
    // A reasoned decision rests the ladder for one interval, and no longer.
    let answer = json!({ "prompt": prompt.to_string(), "decision": "a unit is two minutes away", "reason": "radioed" });
    case.step("check", "answer_prompt", "call1", "04:20", answer);
    assert_eq!(case.told("04:34", "R16").len(), 2);
    assert_eq!(case.told("04:35", "R16")[2], "04:35 insp1 R16.unassigned");
}

#[test]
fn r18_another_queue_resets_no_timer_and_both_queues_see_it() {
    let mut case = Case::new();
    case.add("ask", "action", "call1", "03:45", json!({ "urgency": "urgent", "owner": "team:t1" }));
    case.step(
        "ask",
        "forward",
        "call1",
        "03:50",
        json!({ "from": ["team:t1"], "to": "team:t2", "why": "areas combined" }),
    );
    let told = case.told("04:01", "R19");
    for user in ["ofc1", "ofc2", "sgt1", "sgt2"] {
        assert!(told.contains(&format!("03:45 {user} R19.unaccepted")), "{told:?}");
    }
    let later = case.told("04:01", "R19");
    assert!(later.iter().any(|line| line.starts_with("04:00 ")), "the clock runs from the call: {later:?}");
}

#[test]
fn r19_a_package_in_a_team_mailbox_is_accepted_within_a_working_day_or_climbs() {
    let mut case = Case::new();
    case.add("package", "action", "ofc1", "2026-03-02T15:00:00Z", json!({ "owner": "team:t2" }));
    let told = case.told("2026-03-03T15:00:00Z", "R19");
    assert!(told.contains(&String::from("15:00 sgt1 R19.unaccepted")), "{told:?}");
    case.step("package", "accept", "ofc2", "2026-03-02T16:00:00Z", json!({}));
    assert_eq!(case.told("2026-03-04T15:00:00Z", "R19"), Vec::<String>::new());
}

#[test]
fn r16_a_package_for_inspectors_that_nobody_takes_climbs_above_them() {
    let mut case = Case::new();
    case.person_mut("insp1").team = Some("inspectors".into());
    case.add("package", "action", "ofc1", "2026-03-02T15:00:00Z", json!({ "owner": "team:inspectors" }));
    let told = case.told("2026-03-03T15:00:00Z", "R19");
    assert_eq!(told, ["15:00 insp1 R19.unaccepted", "15:00 com1 R19.unaccepted"]);
}

#[test]
fn r107_ordered_for_the_morning_and_not_attended_climbs_from_then_until_somebody_is_there() {
    let mut case = call();
    case.step("check", "dispatch", "call1", "08:00", json!({ "to": "ofc1" }));
    assert_eq!(case.told("09:15", "R107"), ["09:15 ofc1 R107.not_attended"]);
    case.step("check", "attend", "ofc1", "09:20", json!({}));
    assert_eq!(case.told("12:00", "R107"), Vec::<String>::new());
}

#[test]
fn r107_without_a_time_an_immediate_check_climbs_after_15_minutes_an_urgent_one_after_an_hour() {
    let graded = |grade: &str| {
        let mut case = Case::new();
        case.add("check", "welfare_check", "call1", "08:00", json!({ "grade": grade }));
        case.step("check", "dispatch", "call1", "08:01", json!({ "to": "ofc1" }));
        case
    };
    // The first rung of an immediate item comes 5 minutes after it was due, that of an urgent one 15.
    let mut immediate = graded("immediate");
    assert_eq!(immediate.told("08:19", "R107"), Vec::<String>::new());
    let told = immediate.told("08:25", "R107");
    assert_eq!(told, ["08:20 ofc1 R107.not_attended", "08:25 sgt1 R107.not_attended"]);
    assert_eq!(graded("urgent").told("09:15", "R107"), ["09:15 ofc1 R107.not_attended"]);
    assert_eq!(graded("scheduled").told("2026-03-03T08:14:00Z", "R107"), Vec::<String>::new());
    assert_eq!(graded("scheduled").told("2026-03-03T08:15:00Z", "R107"), ["08:15 ofc1 R107.not_attended"]);
    // A force that can be there sooner says so.
    immediate.policy.attend_immediate_ms = 10 * 60 * 1000;
    assert_eq!(immediate.told("08:15", "R107"), ["08:15 ofc1 R107.not_attended"]);
    immediate.step("check", "attend", "ofc1", "08:16", json!({}));
    assert_eq!(immediate.told("12:00", "R107"), Vec::<String>::new());
}

#[test]
fn r17_a_supervisors_decision_counts_only_with_thor_and_ndm_filled_for_it() {
    let mut case = call();
    let prompt = case.prompt("04:15", "R16", "sgt1").unwrap().to_string();
    let answer = json!({ "prompt": prompt, "decision": "unit from the north named", "reason": "on their way" });
    case.step("check", "answer_prompt", "sgt1", "04:20", answer.clone());
    assert_eq!(case.told("04:30", "R16")[2], "04:30 insp1 R16.unassigned");
    case.add("thor", "risk_assessment", "sgt1", "04:18", json!({ "model": "THOR" }));
    case.add("ndm", "risk_assessment", "sgt1", "04:19", json!({ "model": "NDM" }));
    assert_eq!(case.told("04:34", "R16").len(), 2);
}
