//! The day is worth nothing if it cannot fail: each planted fault makes it fail, and without one the
//! same programs play it to its end.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

use std::path::PathBuf;
use std::sync::OnceLock;

use field_day::day::Day;
use field_day::programs::Programs;
use field_day::stage::set_patience;
use field_day::told::Teller;

fn programs() -> &'static Programs {
    static PROGRAMS: OnceLock<Programs> = OnceLock::new();
    PROGRAMS.get_or_init(|| Programs::build(&["test-faults"]).unwrap())
}

/// Whether the day with this fault was played to an end at which every fact holds; else, why not.
fn play(fault: Option<&str>) -> Result<(), String> {
    let name = format!("planted-{}-{}", std::process::id(), fault.unwrap_or("none"));
    let dir: PathBuf = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&dir).unwrap();
    let played = Day::play(programs(), &dir, 11, fault, &mut Teller::new(true));
    let _ = std::fs::remove_dir_all(&dir);
    let facts = played.map_err(|failure| failure.0)?;
    let broken: Vec<_> = facts.list().iter().filter(|fact| !fact.holds).map(|fact| fact.what.clone()).collect();
    if facts.all_hold() { Ok(()) } else { Err(broken.join("; ")) }
}

#[test]
fn the_day_fails_with_each_planted_fault_and_only_then() {
    assert_eq!(play(None), Ok(()));
    set_patience(10);
    for fault in ["record_lost", "wrong_order", "school_sees_police", "stale_status", "unsigned_sent"] {
        let why = play(Some(fault)).expect_err(fault);
        println!("{fault}: {why}");
    }
}
