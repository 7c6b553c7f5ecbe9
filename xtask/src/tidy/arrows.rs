//! Which crate may use which.
//!
//! The list of crates is the architecture: a use that is forbidden here needs no reviewer.

use std::collections::BTreeSet;

use super::Fault;
use crate::metadata::Package;

/// The arrows of ARCHITECTURE.md, by the crate's folder under `crates/`. They are transitive: who
/// may use `records` may use `documents` too.
const ARROWS: &[(&str, &[&str])] = &[
    ("signed", &[]),
    ("documents", &["signed"]),
    ("records", &["documents"]),
    ("wire", &["signed"]),
    ("sync-engine", &["wire"]),
    ("transport", &["wire"]),
    ("field-core", &["sync-engine", "records", "transport"]),
    ("sync-server", &["sync-engine", "records", "transport"]),
    ("ffi", &["field-core"]),
    ("field-cli", &["field-core"]),
];

/// Used by tests of every crate and by the folders below, by no product.
const SIMULATION: &str = "sim";

/// What stands around the crates: uses any of them, is used by nothing.
const AROUND: [&str; 4] = ["tests", "benches", "examples", "xtask"];

/// The examples whose stage (real processes, spoken to by command line) tests and other examples may use.
const STAGES: [&str; 2] = ["examples/field-day", "examples/field-week"];

/// Every use that is not an arrow.
pub(crate) fn faults(packages: &[Package]) -> Vec<Fault> {
    packages.iter().flat_map(of_package).collect()
}

fn of_package(package: &Package) -> Vec<Fault> {
    let place = format!("{}/Cargo.toml", package.place);
    let top = package.place.split('/').next().unwrap_or_default();
    let name = package.place.strip_prefix("crates/");
    if !AROUND.contains(&top) && !name.is_some_and(|name| name == SIMULATION || row(name).is_some()) {
        return vec![Fault::new(place, "this package has no row in xtask/src/tidy/arrows.rs")];
    }
    let mut faults = Vec::new();
    for used in &package.uses {
        let allowed = match (name, used.place.strip_prefix("crates/")) {
            // A package may name itself to switch a feature on in its own tests.
            _ if used.place == package.place => used.in_tests_only,
            // Whole-system tests play on the stage of the school day, with the people of the week.
            (None, None) => STAGES.contains(&used.place.as_str()) && matches!(top, "tests" | "benches" | "examples"),
            (Some(_), None) => false,
            (None | Some(SIMULATION), Some(_)) => true,
            (Some(_), Some(SIMULATION)) => used.in_tests_only,
            (Some(name), Some(other)) => reach(name).contains(other),
        };
        if !allowed {
            faults.push(Fault::new(&place, format!("no arrow leads from {} to {}", package.place, used.place)));
        }
    }
    faults
}

fn row(name: &str) -> Option<&'static [&'static str]> {
    ARROWS.iter().find(|(from, _)| *from == name).map(|(_, to)| *to)
}

/// All that can be reached from here along the arrows.
fn reach(name: &str) -> BTreeSet<&'static str> {
    let mut reached = BTreeSet::new();
    let mut ahead: Vec<&str> = row(name).unwrap_or_default().to_vec();
    while let Some(next) = ahead.pop() {
        if reached.insert(next) {
            ahead.extend(row(next).unwrap_or_default());
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Use;

    fn one(place: &str, uses: &str, in_tests_only: bool) -> Vec<Fault> {
        let uses = vec![Use { place: uses.into(), in_tests_only }];
        faults(&[Package { place: place.into(), uses, ..Package::default() }])
    }

    #[test]
    fn arrows_and_what_follows_from_them_are_allowed() {
        for (from, to) in [
            ("crates/documents", "crates/signed"),
            ("crates/field-core", "crates/records"),
            ("crates/ffi", "crates/signed"),
            ("crates/sync-server", "crates/wire"),
            ("crates/sim", "crates/sync-server"),
            ("examples/field-day", "crates/field-core"),
            ("tests", "crates/sim"),
            ("tests", "examples/field-day"),
            ("tests", "examples/field-week"),
            ("examples/field-week", "examples/field-day"),
            ("xtask", "crates/ffi"),
        ] {
            assert_eq!(one(from, to, false), [], "{from} -> {to}");
        }
    }

    #[test]
    fn every_other_arrow_fails_in_products_and_in_tests() {
        for (from, to) in [
            ("crates/documents", "crates/wire"),
            ("crates/wire", "crates/documents"),
            ("crates/signed", "crates/documents"),
            ("crates/records", "crates/wire"),
            ("crates/sync-engine", "crates/records"),
            ("crates/sync-server", "crates/field-core"),
            ("crates/field-core", "crates/sync-server"),
            ("crates/field-core", "crates/field-cli"),
            ("crates/records", "tests"),
            ("crates/records", "xtask"),
            ("xtask", "examples/field-day"),
            ("examples/field-day", "tests"),
        ] {
            for in_tests_only in [false, true] {
                assert_eq!(one(from, to, in_tests_only).len(), 1, "{from} -> {to}");
            }
        }
    }

    #[test]
    fn the_simulation_is_for_tests_only() {
        assert_eq!(one("crates/sync-engine", "crates/sim", true), []);
        assert_eq!(one("crates/sync-engine", "crates/sim", false).len(), 1);
    }

    #[test]
    fn a_crate_without_a_row_fails() {
        assert_eq!(faults(&[Package { place: "crates/new".into(), ..Package::default() }]).len(), 1);
        assert_eq!(faults(&[Package { place: "new".into(), ..Package::default() }]).len(), 1);
    }

    #[test]
    fn no_arrow_leads_back() {
        for (from, _) in ARROWS {
            assert!(!reach(from).contains(from), "{from}");
        }
    }
}
