use std::collections::BTreeSet;

use super::*;

fn map(pairs: &[(&str, Value)]) -> Map {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn codes(gaps: &[Gap]) -> Vec<(&str, &str)> {
    gaps.iter().map(|gap| (gap.code.name, gap.path.as_str())).collect()
}

#[test]
fn every_default_is_allowed_and_every_name_ends_in_the_unit_of_its_numbers() {
    let names: BTreeSet<&str> = Setting::all().iter().map(|setting| setting.name).collect();
    assert_eq!(names.len(), Setting::all().len(), "a name stands twice");
    for setting in Setting::all() {
        assert_eq!(setting.form.check(&setting.value(&Policy::DEFAULT)), Ok(()), "{setting:?}");
        let suffix = match setting.form.unit() {
            Unit::Seconds => "_seconds",
            Unit::Minutes => "_minutes",
            Unit::Hours => "_hours",
            Unit::Days => "_days",
            Unit::One => "",
        };
        assert!(setting.name.ends_with(suffix), "{setting:?}");
        assert!(setting.what.trim_end().ends_with('.'), "{setting:?}");
    }
    assert_eq!(Policy::DEFAULT.contradictions(), []);
}

#[test]
fn the_defaults_are_those_of_the_requirements() {
    let default = Policy::DEFAULT.to_value();
    let says = |name: &str| default.as_map().unwrap().get(name).unwrap().to_json().to_string();
    for (name, value) in [
        ("account_delay_hours", "24"),
        ("immediate_rungs_minutes", "[5,10,15,20]"),
        ("urgent_rungs_minutes", "[15,30,45,60]"),
        ("date_warnings_days", "[14,7,2,0]"),
        ("positive_action_high_days", "7"),
        ("extensions_before_inspector", "2"),
        ("load_alert_percent", "150"),
        ("offline_lock_days", "45"),
        ("working_hours", "[8,16]"),
    ] {
        assert_eq!(says(name), value, "{name}");
    }
    assert_eq!(Policy::DEFAULT.account_delay_max_ms, 86_400_000);
}

#[test]
fn the_commented_file_explains_every_value_and_puts_none_in_force() {
    let text = Policy::commented_file();
    assert!(text.lines().all(|line| line.is_empty() || line.starts_with('#')), "a line is in force");
    for setting in Setting::all() {
        let line = format!("# {} = {}", setting.name, setting.text(&Policy::DEFAULT));
        assert_eq!(text.lines().filter(|known| *known == line).count(), 1, "{line}");
    }
    assert!(text.contains("\n# urgent_rungs_minutes = [15, 30, 45, 60]\n"));
    assert!(text.lines().all(|line| line.len() <= 200));
}

/// `FIRSTHAND_WRITE_POLICY=1 cargo test -p records --lib policy` writes it.
#[test]
fn the_page_with_every_value_is_that_of_this_version() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/policy.toml");
    if std::env::var_os("FIRSTHAND_WRITE_POLICY").is_some() {
        std::fs::write(page, Policy::commented_file()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(page).unwrap(), Policy::commented_file());
}

#[test]
fn the_file_of_a_policy_shows_what_differs() {
    let policy =
        Policy { skew_ms: 60_000, holidays: vec!["2026-12-25".into(), "2026-12-26".into()].into(), ..Policy::DEFAULT };
    let text = policy.file();
    let in_force: Vec<&str> = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert_eq!(in_force, ["clock_skew_minutes = 1", "holidays = [\"2026-12-25\", \"2026-12-26\"]"]);
    assert_eq!(policy.differences(&Policy::DEFAULT), ["clock_skew_minutes", "holidays"]);
}

#[test]
fn what_is_written_is_read_in_the_units_people_use() {
    let values = map(&[
        ("account_delay_hours", Value::Int(1)),
        ("urgent_rungs_minutes", Value::Array([20, 30, 45, 90].map(Value::Int).to_vec())),
        ("working_hours", Value::Array([7, 19].map(Value::Int).to_vec())),
        ("command_officers", Value::Array(vec![Value::text("c.gold")])),
        ("holidays", Value::Array(vec![Value::text("2026-12-25/2026-12-28")])),
    ]);
    let policy = Policy::parse(&values, 7).unwrap();
    assert_eq!((policy.version, policy.account_delay_max_ms), (7, 3_600_000));
    assert_eq!(policy.urgent_rungs_ms, [1_200_000, 1_800_000, 2_700_000, 5_400_000]);
    assert_eq!(policy.working_hours, (7, 19));
    assert_eq!(policy.command_officers.as_ref(), ["c.gold"]);
    assert_eq!(policy.promise_ms, Policy::DEFAULT.promise_ms, "what is not named is at its default");
}

#[test]
fn everything_that_is_wrong_is_named_and_nothing_of_it_counts() {
    let values = map(&[
        ("account_delay_hours", Value::Int(1)),
        ("acount_delay_hours", Value::Int(1)),
        ("Promise Hours", Value::Int(1)),
        ("promise_hours", Value::text("24")),
        ("crime_decision_hours", Value::Int(25)),
        ("contact_days", Value::Int(i64::MAX)),
        ("urgent_rungs_minutes", Value::Array([15, 10, 45, 60].map(Value::Int).to_vec())),
        ("date_warnings_days", Value::Array([14, 7].map(Value::Int).to_vec())),
        ("holidays", Value::Array(vec![Value::text("2026-02-30")])),
        ("school_closed", Value::Array(vec![Value::text("2026-08-31/2026-07-22")])),
        ("command_officers", Value::Array(vec![Value::text("not a user")])),
    ]);
    let gaps = Policy::parse(&values, 2).unwrap_err();
    assert_eq!(
        codes(&gaps),
        [
            ("A.policy_name", ".."),
            ("A.policy_name", "acount_delay_hours"),
            ("A.policy_range", "command_officers"),
            ("A.policy_range", "contact_days"),
            ("A.policy_range", "crime_decision_hours"),
            ("A.policy_range", "date_warnings_days"),
            ("A.policy_range", "holidays"),
            ("A.policy_type", "promise_hours"),
            ("A.policy_range", "school_closed"),
            ("A.policy_range", "urgent_rungs_minutes"),
        ]
    );
}

#[test]
fn what_is_more_urgent_is_never_due_later_than_what_is_less() {
    let gaps = Policy::parse(&map(&[("check_immediate_minutes", Value::Int(300))]), 2).unwrap_err();
    assert_eq!(codes(&gaps), [("A.policy_range", "check_immediate_minutes")]);
    let late = Value::Array([20, 31, 46, 61].map(Value::Int).to_vec());
    let gaps = Policy::parse(&map(&[("immediate_rungs_minutes", late)]), 2).unwrap_err();
    assert_eq!(codes(&gaps), [("A.policy_range", "immediate_rungs_minutes")]);
}

#[test]
fn a_policy_travels_and_what_another_version_knows_harms_nothing() {
    let policy = Policy {
        version: 3,
        span_max: 9,
        school_closed: vec!["2026-07-22/2026-08-31".into()].into(),
        ..Policy::DEFAULT
    };
    assert_eq!(Policy::from_value(&policy.to_value(), 3), policy);
    let mut newer = policy.to_value().as_map().unwrap().clone();
    newer.insert("a_setting_of_next_year".into(), Value::Int(1));
    newer.insert("promise_hours".into(), Value::Int(100_000));
    newer.remove("clock_skew_minutes");
    assert_eq!(Policy::from_value(&Value::Map(newer), 3), policy);
    assert_eq!(Policy::from_value(&Value::Null, 4), Policy { version: 4, ..Policy::DEFAULT });
}
