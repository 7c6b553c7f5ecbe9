//! Every invariant of ARCHITECTURE.md is guarded by tests that exist.
//!
//! An invariant is a numbered item below `## Invariants`; each of its guards stands on a line of
//! its own: `` - test: `crates/signed/src/cose.rs::every_single_byte_change_is_refused` ``.

use super::Fault;
use super::sources::{Files, is_rust};

const PAGE: &str = "ARCHITECTURE.md";
const TABLE: &str = "xtask/src/tidy/invariants.rs";

/// Invariants that nothing guards yet, by number, with the reason. The list only shrinks.
pub(crate) const UNGUARDED: &[(usize, &str)] = &[];

#[derive(Debug)]
struct Invariant {
    line: usize,
    number: usize,
    guards: Vec<(usize, String)>,
}

/// Invariants without a guard, guards that do not exist, and excuses that are not needed.
pub(crate) fn faults(files: &Files, unguarded: &[(usize, &str)]) -> Vec<Fault> {
    let invariants = read(files.get(PAGE).map(String::as_str).unwrap_or_default());
    if invariants.is_empty() {
        return vec![Fault::new(PAGE, "there are no numbered items below `## Invariants`")];
    }
    let mut faults = Vec::new();
    for (index, invariant) in invariants.iter().enumerate() {
        let place = format!("{PAGE}:{}", invariant.line);
        let excused = unguarded.iter().any(|(number, _)| *number == invariant.number);
        if invariant.number != index + 1 {
            faults.push(Fault::new(&place, format!("this is invariant {}, not {}", index + 1, invariant.number)));
        }
        if invariant.guards.is_empty() && !excused {
            faults.push(Fault::new(&place, "no `- test:` line says what guards this invariant"));
        }
        if !invariant.guards.is_empty() && excused {
            faults
                .push(Fault::new(TABLE, format!("invariant {} is guarded now; take its excuse out", invariant.number)));
        }
        for (line, guard) in invariant.guards.iter().filter(|(_, guard)| !exists(files, guard)) {
            faults.push(Fault::new(format!("{PAGE}:{line}"), format!("there is no test `{guard}`")));
        }
    }
    for (number, _) in unguarded.iter().filter(|(number, _)| !invariants.iter().any(|i| i.number == *number)) {
        faults.push(Fault::new(TABLE, format!("there is no invariant {number} to excuse")));
    }
    faults
}

fn read(text: &str) -> Vec<Invariant> {
    let mut found: Vec<Invariant> = Vec::new();
    let numbered = text.lines().zip(1..);
    let section = numbered.skip_while(|(line, _)| *line != "## Invariants").skip(1);
    for (line, at) in section.take_while(|(line, _)| !line.starts_with("## ")) {
        if let Some(number) = line.split_once(". ").and_then(|(number, _)| number.parse().ok()) {
            found.push(Invariant { line: at, number, guards: Vec::new() });
        } else if let Some(guard) = line.trim().strip_prefix("- test: ")
            && let Some(invariant) = found.last_mut()
        {
            invariant.guards.push((at, guard.trim_matches('`').into()));
        }
    }
    found
}

/// Whether `path::name` is a test: in Rust a function with a test attribute above it, elsewhere a name that occurs.
fn exists(files: &Files, guard: &str) -> bool {
    let Some((path, name)) = guard.rsplit_once("::") else { return false };
    let Some(text) = files.get(path) else { return false };
    if !is_rust(path) {
        return text.contains(name);
    }
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let head = format!("fn {name}(");
    let begins = |line: &str| line.starts_with(&head) || line.starts_with(&format!("async {head}"));
    let is_test = |line: &&str| line.starts_with("#[") && (line.contains("test]") || line.contains("test("));
    lines.iter().enumerate().filter(|(_, line)| begins(line)).any(|(at, _)| {
        let above = lines.iter().take(at).rev();
        above.take_while(|line| line.starts_with("#[") || line.starts_with("//")).any(is_test)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEST: &str = "#[test]\n/// Why.\nfn it_holds() {}\n\nfn helper() {}\n";

    fn with(section: &str) -> Files {
        let page = format!("# A\n\n## Invariants\n\n{section}\n## After\n\n1. not one\n");
        Files::from([(PAGE.into(), page), ("crates/a/src/b.rs".into(), TEST.into())])
    }

    #[test]
    fn an_invariant_with_an_existing_test_is_guarded() {
        let files = with("1. \"Saved\" is on disk.\n   - test: `crates/a/src/b.rs::it_holds`\n");
        assert_eq!(faults(&files, &[]), []);
    }

    #[test]
    fn a_guard_that_is_gone_or_is_no_test_is_a_fault() {
        for guard in ["crates/a/src/b.rs::gone", "crates/a/src/gone.rs::it_holds", "crates/a/src/b.rs::helper", "it"] {
            let files = with(&format!("1. One.\n   - test: `{guard}`\n"));
            assert_eq!(faults(&files, &[]).len(), 1, "{guard}");
        }
    }

    #[test]
    fn an_unguarded_invariant_needs_an_excuse_and_a_guarded_one_must_have_none() {
        assert_eq!(faults(&with("1. One.\n"), &[]).len(), 1);
        assert_eq!(faults(&with("1. One.\n"), &[(1, "later")]), []);
        assert_eq!(faults(&with("1. One.\n   - test: `crates/a/src/b.rs::it_holds`\n"), &[(1, "later")]).len(), 1);
        assert_eq!(faults(&with("1. One.\n"), &[(1, "later"), (2, "later")]).len(), 1);
    }

    #[test]
    fn a_page_without_invariants_or_with_a_gap_in_their_numbers_is_a_fault() {
        assert_eq!(faults(&with(""), &[]).len(), 1);
        assert_eq!(faults(&with("2. Two.\n   - test: `crates/a/src/b.rs::it_holds`\n"), &[]).len(), 1);
    }
}
