//! `policy`: the file, the command, and a server that is serving meanwhile.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod client;

use client::Device;
use client::process::Place;
use records::policy::Setting;
use serde_json::{Value, json};
use wire::Row;

fn file(place: &Place) -> String {
    std::fs::read_to_string(place.dir().join("policy.toml")).unwrap()
}

fn write(place: &Place, text: &str) {
    std::fs::write(place.dir().join("policy.toml"), text).unwrap();
}

fn version(place: &Place) -> Value {
    place.run(&["policy", "--show"]).done()["version"].clone()
}

#[test]
fn init_writes_every_value_commented_and_show_tells_what_is_in_force() {
    let place = Place::with_people();
    let text = file(&place);
    assert!(Setting::all().iter().all(|setting| text.contains(&format!("\n# {} = ", setting.name))));
    let shown = place.run(&["policy"]).done();
    assert_eq!((&shown["version"], &shown["values"]["promise_hours"]), (&json!(1), &json!(24)));
    assert_eq!(shown["values"].as_object().unwrap().len(), Setting::all().len());
    assert_eq!(place.run(&["policy", "--reload"]).done(), json!({"version": 1, "changed": []}));
}

#[test]
fn set_changes_a_line_of_the_file_and_what_is_in_force() {
    let place = Place::with_people();
    let words = ["policy", "--set", "promise_hours=12", "--set", "urgent_rungs_minutes=[10, 20, 30, 40]"];
    let set = place.run(&words).done();
    assert_eq!(set, json!({"version": 2, "changed": ["urgent_rungs_minutes", "promise_hours"]}));
    let text = file(&place);
    assert!(text.contains("\npromise_hours = 12\n") && text.contains("\nurgent_rungs_minutes = [10, 20, 30, 40]\n"));
    assert_eq!(place.run(&["policy", "--set", "promise_hours=12"]).done(), json!({"version": 2, "changed": []}));
    write(&place, &text.replace("promise_hours = 12", "# promise_hours = 24"));
    assert_eq!(place.run(&["policy"]).done()["pending"], json!(["promise_hours"]));
    assert_eq!(place.run(&["policy", "--reload"]).done(), json!({"version": 3, "changed": ["promise_hours"]}));
}

#[test]
fn a_file_with_mistakes_is_refused_as_a_whole_with_each_of_them() {
    let place = Place::with_people();
    let bad = "promise_hours = 12\npromise_hour = 12\nspan_max = \"nine\"\ncrime_decision_hours = 48\n\
               holidays = [2026-12-25, 2026-12-32]\n";
    write(&place, bad);
    let ran = place.run(&["policy", "--reload"]);
    // The last line is no TOML at all.
    assert_eq!(ran.refused(), ("A.policy".into(), "refused".into()));
    write(&place, &bad.replace("2026-12-32", "2026-12-26, 7.5"));
    let ran = place.run(&["policy", "--reload"]);
    assert_eq!(ran.status, Some(1));
    let gaps = ran.value["error"]["gaps"].as_array().unwrap().iter();
    let gaps: Vec<_> = gaps.map(|gap| (gap["code"].as_str().unwrap(), gap["path"].as_str().unwrap())).collect();
    assert_eq!(
        gaps,
        [
            ("A.policy_range", "crime_decision_hours"),
            ("A.policy_type", "holidays"),
            ("A.policy_name", "promise_hour"),
            ("A.policy_type", "span_max"),
        ]
    );
    let shown = place.run(&["policy"]).done();
    assert_eq!((&shown["version"], &shown["values"]["promise_hours"]), (&json!(1), &json!(24)));
    assert_eq!(shown["problems"].as_array().unwrap().len(), 4);
    // Nor does a bad --set touch the file.
    write(&place, "span_max = 9\n");
    let ran = place.run(&["policy", "--set", "promise_hours=12", "--set", "dip_sample=0"]);
    assert_eq!(ran.refused(), ("A.policy".into(), "refused".into()));
    assert_eq!((file(&place).as_str(), version(&place)), ("span_max = 9\n", json!(1)));
    assert_eq!(place.run(&["policy", "--set", "promise_hours"]).status, Some(2));
}

#[test]
fn a_change_by_hand_is_in_force_from_the_next_start_and_a_mistake_keeps_nobody_from_serving() {
    let place = Place::with_people();
    write(&place, "promise_hours = 12\n");
    assert_eq!(version(&place), json!(1));
    let serving = place.serve();
    assert_eq!(version(&place), json!(2));
    serving.stop();
    write(&place, "promise_hours = 12\nspan_max = -1\n");
    let serving = place.serve();
    assert_eq!(version(&place), json!(2));
    let (_, _, log) = serving.stop();
    let refused = log.lines().find(|line| line.contains("A.policy_range")).expect("it is logged");
    assert!(refused.contains("span_max"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connected_device_is_told_of_a_change_at_once() {
    let place = Place::with_people();
    let _server = place.serve();
    let device = Device::enrolled(&place, "officer").await;
    let (mut session, welcome) = device.session().await;
    let rows = device.read_to(&mut session, welcome.head).await;
    let versions = |rows: &[Row]| -> Vec<u64> {
        rows.iter()
            .filter_map(|row| if let Row::Policy { version, .. } = row { Some(*version) } else { None })
            .collect()
    };
    assert_eq!(versions(&rows), [1]);
    place.run(&["policy", "--set", "phone_after_minutes=5"]).done();
    let rows = device.read_to(&mut session, welcome.head + 1).await;
    assert_eq!(versions(&rows), [2]);
    assert_eq!(place.run(&["verify"]).done()["ok"], true);
}
