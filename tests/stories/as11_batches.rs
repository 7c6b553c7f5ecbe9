//! AS11 (Ofsted's letter): police notices of children in homes with violence were sent to social care in batches, some of
//! them weeks late; children missing from care were not told at once, and nobody from the police came to conferences.

use serde_json::{Value as Json, json};
use signed::Timestamp;

use crate::world::{World, any, gaps, said};

/// What was seen that evening: every fourth is immediate, and they are not recorded in that order.
fn violence(world: &World, number: usize) -> Json {
    let words = format!("shouting and blows at home {number}, the children were on the stairs");
    let urgency = if number % 4 == 3 { "immediate" } else { "urgent" };
    json!({ "source": "999", "heard_how": "direct", "exact_words": words, "concern_items": [{ "text": words }],
        "received_from": { "person": "a neighbour" }, "known_to_school_log": "no", "subjects": [said(&format!("child {number}"))],
        "indicators": ["domestic_abuse"], "urgency": urgency, "event_at": world.now() })
}

fn seconds(from: &Json, to: &Json) -> i64 {
    let time = |value: &Json| Timestamp::parse(value.as_str().unwrap_or_else(|| panic!("{value}"))).unwrap().millis();
    (time(to) - time(from)) / 1000
}

/// The urgencies of the notices a handset tells of, in the order in which it tells them, as it comes online.
fn told_in_order(world: &mut World, user: &str) -> Vec<String> {
    let ids = world.watched(user, "notification", 12);
    ids.iter().map(|id| world.show(user, id)["urgency"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn as11_twelve_notices_arrive_one_by_one_the_most_urgent_first_and_the_outage_shows() {
    let mut world = World::new("2026-03-02T18:00:00Z");
    world.sync_all(&["ofc1", "hub1", "sgt1"]);
    // The hub's link is cut; twelve homes in forty minutes.
    let mut incidents = Vec::new();
    for number in 0..12 {
        let body = violence(&world, number);
        incidents.push(world.new_record("ofc1", "concern", body));
        world.sync("ofc1");
        world.pass("200s");
    }
    let back = json!(world.now());
    let order = told_in_order(&mut world, "hub1");
    assert_eq!(order.len(), 12, "one by one: {order:?}");
    assert_eq!(order.iter().filter(|urgency| *urgency == "immediate").count(), 3);
    assert!(order.iter().take(3).all(|urgency| urgency == "immediate"), "{order:?}");
    world.sync_all(&["hub1", "ofc1"]);
    let mut named = Vec::new();
    for line in world.list("hub1", "notification") {
        let notice = world.show("hub1", line["id"].as_str().unwrap());
        assert!(notice["reason"].is_string() && notice["risk"].is_string(), "each with its own assessment: {notice}");
        named.push(notice["incident"].as_str().unwrap().to_owned());
    }
    named.sort();
    incidents.sort();
    assert_eq!(named, incidents, "twelve deliveries of twelve incidents");

    // What the supervisor reads of it: every item's delay, and that the hub could not be reached.
    let rows = world.admin(&["report", "--kind", "delivery"]);
    let of_hub: Vec<&Json> =
        rows.as_array().unwrap().iter().filter(|row| row["org"] == "hub" && row["record"].is_string()).collect();
    assert_eq!(of_hub.len(), 12);
    for row in &of_hub {
        let after = seconds(&back, &row["delivered_at"]);
        assert!((0..=60).contains(&after), "a minute after the link came back: {after} s, {row}");
        assert_eq!(row["delay_s"], seconds(&row["recorded_at"], &row["delivered_at"]), "{row}");
    }
    let sum = rows.as_array().unwrap().iter().find(|row| row["org"] == "hub" && row["n"].is_u64()).unwrap();
    assert!(sum["worst_s"].as_i64().unwrap() >= 2_300 && sum["median_s"].is_i64() && sum["p95_s"].is_i64(), "{sum}");
    let outages = sum["outages"].as_array().unwrap();
    assert_eq!(outages.len(), 1, "{sum}");
    assert!((2_300..=2_500).contains(&outages[0]["seconds"].as_i64().unwrap()), "{sum}");
}

#[test]
fn as11_no_call_groups_incidents_and_brothers_and_sisters_are_named_in_one() {
    let mut world = World::new("2026-03-02T18:00:00Z");
    world.sync_all(&["ofc1", "hub1"]);
    let body = violence(&world, 0);
    let first = world.new_record("ofc1", "concern", body);
    let body = violence(&world, 1);
    let second = world.new_record("ofc1", "concern", body);
    let notice = |extra: Json| {
        let mut body = json!({ "recipient_org": "hub", "recipients": ["hub1"], "reason": "violence at home", "risk": "high",
            "incident": first, "urgency": "urgent" });
        for (name, value) in extra.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    for grouped in [json!({ "incidents": [first, second] }), json!({ "incident": [first, second] })] {
        let refused = world.run("ofc1", &["new", "notification"], Some(&notice(grouped))).unwrap_err();
        assert!(refused["gaps"].as_array().unwrap().iter().any(|gap| gap["code"] == "R20.grouped"), "{refused}");
    }
    let children = json!({ "children": [{ "person": said("Mia"), "spoken_to": "yes" }, { "person": said("Tom"), "spoken_to": "no" }] });
    let id = world.new_record("ofc1", "notification", notice(children));
    world.sync_all(&["ofc1", "hub1"]);
    assert_eq!(world.show("hub1", &id)["children"].as_array().unwrap().len(), 2);
}

#[test]
fn as11_a_child_missing_from_care_reaches_the_hub_at_once_and_the_return_is_asked_for() {
    let mut world = World::new("2026-03-02T22:00:00Z");
    world.sync_all(&["ofc1", "hub1", "sgt1", "insp1"]);
    let missing = world.new_record(
        "ofc1",
        "missing_episode",
        json!({ "child": said("Mia"), "reported_at": world.now(), "missing_from": "care", "subjects": [said("Mia")],
            "social_worker": said("Ms Ashdown"), "owner": "ofc1" }),
    );
    world.sync("ofc1");
    assert!(world.is_prompted("hub1", "R22.missing"), "at once");
    let notices = world.find("hub1", "notification", |notice| notice["incident"] == missing.as_str());
    assert_eq!(notices.len(), 1, "and with a notice of its own, whoever held the pen called it urgent or not");
    let shown = world.show("ofc1", &missing);
    assert!(shown["marks"].as_array().unwrap().contains(&json!("home_not_told")), "home only where it is safe");

    // The hub has it; where the child is stays owed until somebody says so, and climbs.
    world.step("hub1", &notices[0], "take_note", json!({}));
    world.sync_all(&["hub1", "ofc1"]);
    assert!(world.is_prompted("ofc1", "R22.return"), "returned, seen or not traced?");
    world.pass("35m");
    assert!(world.is_prompted("sgt1", "R22.return"), "silence climbs");
    world.step("ofc1", &missing, "returned", json!({}));
    let codes = gaps(&world.show("ofc1", &missing));
    for field in ["circumstances", "wider_risk"] {
        assert!(any(&codes, &format!("R22.return return_conversation/{field}")), "{codes:?}");
    }
    let asked = json!({ "return_conversation": { "circumstances": "she was at the caravan", "wider_risk": "two other girls", "by": "ofc1" } });
    world.edit("ofc1", &missing, asked);
    let shown = world.show("ofc1", &missing);
    assert!(!any(&gaps(&shown), "R22.return"), "{:?}", gaps(&shown));
    let back = shown["statements"].as_array().unwrap().iter().find(|said| said["step"] == "returned").unwrap();
    assert!(back["at"].is_string(), "the state stands with its time");
    world.sync_all(&["ofc1", "sgt1"]);
    assert!(!world.prompts("sgt1").contains(&"R22.return".to_owned()), "what was answered is over");
}

#[test]
fn as11_a_conference_the_police_stayed_away_from_without_a_reason_climbs() {
    let mut world = World::new("2026-03-02T10:00:00Z");
    world.sync_all(&["ofc1", "hub1", "sgt1", "insp1"]);
    let body = violence(&world, 0);
    let concern = world.new_record("ofc1", "concern", body);
    let case = world.show("ofc1", &concern)["case"].as_str().unwrap().to_owned();
    world.sync_all(&["ofc1", "hub1"]);
    let conference = |came: Json| {
        json!({ "case": case, "meeting_type": "initial_conference", "called_by": said("Ms Ashdown"), "next_date": "2026-03-20T10:00:00Z",
            "reason_told_to_each": [{ "person": said("police"), "reason": "a child on the stairs" }],
            "invited": [{ "person": said("ofc1"), "org": "police" }, { "person": said("GP"), "org": "health" }],
            "attendance": [{ "person": said("ofc1"), "org": "police", "came": came },
                { "person": said("GP"), "org": "health", "came": { "sent_written": "read by nobody who could explain it" } }] })
    };
    for (came, climbs) in
        [(json!({ "absent": "at another conference" }), false), (json!("absent_reason_unknown"), true)]
    {
        let id = world.new_record("hub1", "meeting", conference(came));
        world.step("hub1", &id, "hold", json!({}));
        world.sync_all(&["hub1", "sgt1"]);
        assert_eq!(world.is_prompted("sgt1", "R66.absent"), climbs);
    }
    world.pass("1d");
    assert!(world.is_prompted("insp1", "R66.absent"), "the inspector after a working day");
    let rows = world.admin(&["report", "--kind", "attendance"]);
    let police = rows.as_array().unwrap().iter().find(|row| row["org"] == "police").unwrap();
    assert_eq!(
        (&police["invited"], &police["absent_with_reason"], &police["absent_without"]),
        (&json!(2), &json!(1), &json!(1))
    );
}

#[test]
fn r21_a_notice_that_is_not_urgent_reaches_somebody_within_a_day_or_is_told_another_way() {
    let mut world = World::new("2026-03-02T18:00:00Z");
    world.sync_all(&["ofc1", "hub1", "sgt1"]);
    let body = violence(&world, 0);
    let concern = world.new_record("ofc1", "concern", body);
    let case = world.show("ofc1", &concern)["case"].as_str().unwrap().to_owned();
    let notice = |risk: &str| {
        json!({ "case": case, "recipient_org": "hub", "recipients": ["hub1"], "reason": "violence at home", "risk": risk,
            "incident": concern, "urgency": "standard" })
    };
    let in_time = world.new_record("ofc1", "notification", notice("standard"));
    world.sync_all(&["ofc1", "hub1", "hub1"]);
    // From here on the hub's link is cut.
    let late = world.new_record("ofc1", "notification", notice("standard, a second evening"));
    world.sync("ofc1");
    world.pass("23h");
    assert!(!world.is_prompted("ofc1", "R21.not_reached"));
    world.pass("2h");
    for user in ["ofc1", "sgt1"] {
        assert_eq!(world.told_about(user, "R21.not_reached", &late), 1, "{user}");
        assert_eq!(world.told_about(user, "R21.not_reached", &in_time), 0, "{user}");
    }
    world.sync_all(&["hub1", "hub1", "ofc1", "sgt1"]);
    for user in ["ofc1", "sgt1"] {
        assert!(!world.prompts(user).contains(&"R21.not_reached".to_owned()), "it has arrived: {user}");
    }
}
