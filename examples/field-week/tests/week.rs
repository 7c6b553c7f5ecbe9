//! The whole week is played, as a person would play it.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::process::Command;

use field_week::scene::Summary;

/// Fields answered before and after the child could be left, as a line of the summary says them.
fn answered(page: &str, story: &str) -> (usize, usize) {
    let line = page.lines().find(|line| line.starts_with(&format!("{story}: ")) && line.contains(" answered "));
    let line = line.unwrap_or_else(|| panic!("{story} has no summary: {page}"));
    let number = |after: &str| line.split_once(after).unwrap().1.split(' ').next().unwrap().parse().unwrap();
    (number(" answered "), number("left, and "))
}

#[test]
fn three_stories_are_told_to_their_end_and_nobody_is_asked_too_early() {
    let played = Command::new(env!("CARGO_BIN_EXE_field-week")).output().unwrap();
    let (page, noise) = (String::from_utf8(played.stdout).unwrap(), String::from_utf8_lossy(&played.stderr));
    assert!(played.status.success(), "{page}\n{noise}");
    assert_eq!(page.matches("`field timeline --case`").count(), 3, "each ends with its case: {page}");
    assert_eq!(page.lines().filter(|line| line.trim_start().starts_with("AT  ")).count(), 3, "as field prints it");
    for story in ["AS2", "AS4", "AS6"] {
        let (before, after) = answered(&page, story);
        // What the child waits for is few answers; what an office can wait for comes after.
        assert!((1..=20).contains(&before) && after > 0, "{story}: {before}, {after}");
        let waits = format!("{story}: no step asked for what R119 lets wait: of ");
        assert!(page.lines().any(|line| line.starts_with(&waits)), "{page}");
    }
    for shown in [
        "(R44.concern_item), 4 times",
        "(R45.clerical)",
        "(R26.under_thirteen)",
        "(R12.same_number)",
        "(R58.undecided)",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
}

#[test]
fn a_story_in_which_somebody_is_asked_too_early_or_nobody_could_be_does_not_hold() {
    let good = Summary {
        story: "AS0",
        who: "officer ofc1".into(),
        before: (3, 5),
        after: (1, 1),
        named: (2, 1, 1),
        gaps: 9,
        early: Vec::new(),
    };
    assert!(good.holds());
    assert!(!Summary { early: vec!["R25.dob people/p1".into()], ..good.clone() }.holds());
    for named in [(0, 0, 0), (2, 0, 0), (2, 1, 0)] {
        assert!(!Summary { named, ..good.clone() }.holds(), "{named:?}");
    }
}
