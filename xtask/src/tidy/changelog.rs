//! The changelog is open for the next entry.

use super::Fault;
use super::sources::Files;

/// `CHANGELOG.md` has a place for what is not released yet.
pub(crate) fn faults(files: &Files) -> Vec<Fault> {
    let text = files.get("CHANGELOG.md").map(String::as_str).unwrap_or_default();
    if text.lines().any(|line| line.trim_end() == "## [Unreleased]") {
        return Vec::new();
    }
    vec![Fault::new("CHANGELOG.md", "there is no `## [Unreleased]` section")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changelog_without_an_open_section_is_a_fault() {
        let with = |text: &str| Files::from([("CHANGELOG.md".into(), text.into())]);
        assert_eq!(faults(&with("# Changelog\n\n## [Unreleased]\n")), []);
        assert_eq!(faults(&with("# Changelog\n\n## [0.1.0]\n")).len(), 1);
        assert_eq!(faults(&Files::new()).len(), 1);
    }
}
