//! AS15 (holiday and abstraction): officers were taken from their schools in term, then the schools shut for six weeks;
//! nobody at the school knew whom to ring, what had been asked for aged unseen, and what was written came in no order.

use serde_json::{Value as Json, json};

use crate::world::{World, said};

/// Records on a device that was off for the summer: requirements say 1,000.
const RECORDS: usize = 1_000;
/// They belong to so many cases.
const CASES: usize = 50;

/// What the school asked for, and the case it is of.
fn asked(world: &mut World) -> (String, String) {
    let id = world.new_record(
        "dsl1",
        "action",
        json!({ "exact_request": "please speak to Mia before the holidays", "action_kind": "speak_to_child", "about": [said("Mia")],
            "requested_by": { "person": "dsl1", "org": "school" }, "due": world.in_minutes(7_200), "owner": "ofc1" }),
    );
    world.sync_all(&["dsl1", "ofc1", "sgt1", "insp1"]);
    let case = world.show("ofc1", &id)["case"].as_str().unwrap().to_owned();
    (id, case)
}

fn notices(shown: &Json) -> String {
    shown["notices"].to_string()
}

#[test]
fn as15_the_school_reads_who_covers_timers_run_on_and_lost_hours_are_counted() {
    let mut world = World::new("2026-07-13T08:00:00Z");
    world.sync_all(&["ofc1", "ofc2", "sgt1", "insp1", "dsl1"]);
    let (action, _) = asked(&mut world);
    assert!(!notices(&world.show("dsl1", &action)).contains("covers"));
    // A week before the holidays the officer is taken away; the sergeant names who covers.
    let absence = json!({ "user": "ofc1", "from": "2026-07-13T07:00:00Z", "to": "2026-07-17T15:00:00Z", "kind": "abstracted", "cover": "ofc2" });
    let absence = world.new_record("sgt1", "absence", absence);
    world.sync_all(&["sgt1", "dsl1"]);
    let shown = notices(&world.show("dsl1", &action));
    assert!(shown.contains("ofc2") && shown.contains("covers"), "the school reads the name: {shown}");
    assert!(!shown.contains("abstracted"), "and not why");
    assert!(world.run("dsl1", &["show", &absence], None).is_err(), "the record of it is no school's");
    // Nobody answers: it climbs past the officer who is away, to the sergeant and the inspector.
    world.pass("2d");
    assert!(world.is_prompted("sgt1", "R50.unanswered"));
    world.pass("3d");
    assert!(world.is_prompted("insp1", "R50.unanswered"));
    // He is back, and then the school shuts for six weeks. Police timers do not stop for that.
    assert!(!notices(&world.show("dsl1", &action)).contains("covers"));
    world.pass("42d");
    assert!(world.is_prompted("sgt1", "R73.no_update"), "four weeks without anything, holidays or not");
    assert!(world.is_prompted("com1", "R50.unanswered"), "nobody's holidays ended the ladder");
    let rows = world.admin(&["report", "--kind", "abstraction"]);
    let row = rows.as_array().unwrap().iter().find(|row| row["user"] == "ofc1").unwrap();
    assert_eq!((&row["school"], &row["cover"]), (&json!("100001"), &json!("ofc2")));
    assert_eq!(row["hours_lost"], 40, "five days of eight hours: {row}");
}

#[test]
fn as15_a_device_off_for_six_weeks_brings_a_thousand_records_and_the_school_reads_them_in_order() {
    let mut world = World::new("2026-07-20T08:00:00Z");
    world.sync_all(&["ofc1", "sgt1", "insp1", "dsl1"]);
    let (action, _) = asked(&mut world);
    // Without signal he writes down a thousand things, forty of them for the school; then the phone lies in a drawer.
    let mut bodies = vec![("action_update", json!({ "action": action, "text": "update 0" }))];
    for n in 1..RECORDS {
        bodies.push(match n % 25 {
            0 => ("action_update", json!({ "action": action, "text": format!("update {}", n / 25) })),
            _ => ("contact_log", contact(n)),
        });
    }
    world.written_without_signal("ofc1", &bodies);
    world.pass("42d");
    world.edit("sgt1", &action, json!({ "urgency": "urgent" }));
    world.sync("sgt1");
    let before = world.done("ofc1", &["status"]);
    let unsent = |status: &Json| status["unsent"].as_object().unwrap().values().filter_map(Json::as_u64).sum::<u64>();
    assert!(unsent(&before) >= RECORDS as u64, "{before}");
    let answer = world.done("ofc1", &["sync", "--timeout", "600"]);
    assert_eq!(answer["rejected"], json!([]));
    assert_eq!(unsent(&world.done("ofc1", &["status"])), 0);
    assert_eq!(world.show("ofc1", &action)["urgency"], "urgent", "what others did meanwhile stands");

    world.done("sgt1", &["sync", "--timeout", "600"]);
    let lines = world.done("sgt1", &["list", "contact_log", "--limit", "1000"]).as_array().unwrap().len();
    assert_eq!(lines, RECORDS - RECORDS / 25, "nothing is overwritten, nothing is lost");
    assert_eq!(world.admin(&["verify"])["ok"], true);
    // The school reads his updates in the order in which he wrote them.
    world.sync("dsl1");
    let mut lines = world.list("dsl1", "action_update");
    lines.reverse();
    let ids: Vec<String> = lines.iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect();
    let read: Vec<Json> = ids.iter().map(|id| world.show("dsl1", id)["text"].clone()).collect();
    let written: Vec<Json> = (0..RECORDS / 25).map(|n| json!(format!("update {n}"))).collect();
    assert_eq!(read, written);
}

/// Somebody was rung: each in one of fifty cases.
fn contact(number: usize) -> Json {
    let case = signed::RecordId::derived(&["as15", &(number % CASES).to_string()]);
    json!({ "case": case.to_string(), "person": said(&format!("parent {number}")), "person_role": "parent", "contact": "attempted",
        "how": "phone" })
}

#[test]
fn r77_a_school_break_moves_what_waits_for_the_school_and_no_timer_of_the_police() {
    let mut world = World::new("2026-07-16T09:00:00Z");
    world.admin(&["policy", "--set", "school_closed=[\"2026-07-20/2026-08-31\"]"]);
    world.sync_all(&["ofc1", "sgt1", "insp1", "dsl1"]);
    let (action, _) = asked(&mut world);
    world.step("ofc1", &action, "accept", json!({}));
    let done = json!({ "outcome": "spoken to", "evidence": [{ "ref": "note 7", "type": "note" }] });
    world.step("ofc1", &action, "complete", done);
    world.step("ofc1", &action, "tell_outcome", json!({ "to": "dsl1", "how": "a message" }));
    world.sync_all(&["ofc1", "sgt1"]);
    let unseen = |world: &mut World| world.told_about("sgt1", "R54.not_seen", &action);
    // Five school days from Thursday the 16th would be the 23rd; but school shuts on the 20th, until September.
    world.pass("8d");
    world.sync("sgt1");
    assert_eq!(unseen(&mut world), 0, "nobody is at school to see it");
    // The police's own timers do not stop for that.
    world.pass("27d");
    world.sync("sgt1");
    assert!(world.is_prompted("sgt1", "R73.no_update"), "four weeks without anything, holidays or not");
    // Thursday, Friday and three days of September: at nine on the 4th it is the sergeant's.
    world.pass("14d");
    world.sync("sgt1");
    assert_eq!(unseen(&mut world), 0);
    world.pass("24h");
    world.sync("sgt1");
    assert_eq!(unseen(&mut world), 1);
}

#[test]
fn r77_what_a_school_was_to_do_is_asked_of_somebody_else_when_it_shuts() {
    let mut world = World::new("2026-07-16T09:00:00Z");
    world.admin(&["policy", "--set", "school_closed=[\"2026-07-20/2026-08-31\"]"]);
    world.sync_all(&["ofc1", "sgt1", "dsl1"]);
    let (_, case) = asked(&mut world);
    let watch = json!({ "case": case, "school": "100001", "exact_request": "watch her at the gate",
        "about": [said("the girl")], "action_kind": "enquiry", "owner": "dsl1" });
    let watch = world.new_record("ofc1", "action", watch);
    world.sync_all(&["ofc1", "sgt1", "dsl1"]);
    assert_eq!(world.told_about("ofc1", "R77.contact", &watch), 0);
    // Monday the 20th: nobody is at the gate any more.
    world.pass("4d");
    world.sync("ofc1");
    assert_eq!(world.told_about("ofc1", "R77.contact", &watch), 1);
    assert!(world.marks("ofc1", &watch).contains(&"school_shut".to_owned()));
    // It may wait, says the officer, until somebody can be there; the date is kept.
    let until = json!({ "until": "2026-07-22T08:00:00Z", "reason": "she is at her aunt's until then" });
    world.edit("ofc1", &watch, json!({ "school_exception": until }));
    assert_eq!(world.told_about("ofc1", "R77.contact", &watch), 0, "a date answers it, until then");
    world.pass("2d");
    world.sync_all(&["ofc1", "sgt1"]);
    assert_eq!(world.told_about("ofc1", "R77.contact", &watch), 1, "and then it is asked anew");
    assert_eq!(world.told_about("sgt1", "R77.contact", &watch), 0);
    assert!(world.marks("ofc1", &watch).contains(&"school_shut".to_owned()), "the date has come");
    // Nobody names anybody: a working day later it is the sergeant's. Then the head is asked, at home.
    world.pass("1d");
    world.sync("sgt1");
    assert_eq!(world.told_about("sgt1", "R77.contact", &watch), 1);
    world.edit("ofc1", &watch, json!({ "alternative_contact": "the head, at home" }));
    world.sync_all(&["ofc1", "sgt1", "dsl1"]);
    assert!(!world.is_prompted("sgt1", "R77.contact"));
    assert_eq!(world.show("dsl1", &watch)["alternative_contact"]["as_said"], "the head, at home");
}
