//! Files that grew past what one reads in a sitting.

use super::Fault;
use super::sources::{Files, is_rust};

/// Lines in a Rust file. At 400 look for the seam.
const LINES_MAX: usize = 500;

/// Files that are longer, each with the reason why it cannot be split.
pub(crate) const LONG: &[(&str, &str)] = &[];

/// Files over the limit without a reason, and reasons for files that are not over it.
pub(crate) fn faults(files: &Files, long: &[(&str, &str)]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| is_rust(path)) {
        let lines = text.lines().count();
        let excused = long.iter().any(|(excused, _)| excused == path);
        if lines > LINES_MAX && !excused {
            faults.push(Fault::new(path, format!("{lines} lines; at {LINES_MAX} split it by concern")));
        }
    }
    for (path, _) in long {
        if files.get(*path).is_none_or(|text| text.lines().count() <= LINES_MAX) {
            faults.push(Fault::new("xtask/src/tidy/sizes.rs", format!("{path} needs no excuse any more")));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_needs_a_reason_and_a_short_one_must_have_none() {
        let files = |lines: usize| Files::from([("crates/a/src/b.rs".to_string(), "x\n".repeat(lines))]);
        assert_eq!(faults(&files(LINES_MAX), &[]), []);
        assert_eq!(faults(&files(LINES_MAX + 1), &[]).len(), 1);
        let excuse = [("crates/a/src/b.rs", "one table")];
        assert_eq!(faults(&files(LINES_MAX + 1), &excuse), []);
        assert_eq!(faults(&files(LINES_MAX), &excuse).len(), 1);
    }
}
