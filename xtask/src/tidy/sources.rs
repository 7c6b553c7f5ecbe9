//! The files of the repository: what git tracks and what it would track.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::command;

/// Every text of the repository, by its path from the root.
pub(crate) type Files = BTreeMap<String, String>;

/// Reads all of it. What is not UTF-8 is not text and is left alone.
pub(crate) fn read(root: &Path) -> Result<Files, String> {
    let mut git = Command::new("git");
    // A clone may belong to another user than the one who builds in it.
    git.current_dir(root).args(["-c", "safe.directory=*", "ls-files", "-z"]);
    git.args(["--cached", "--others", "--exclude-standard"]);
    let printed = command::output(git).map_err(|why| format!("git ls-files: {why}"))?;
    let mut files = Files::new();
    for path in printed.split('\0').filter(|path| !path.is_empty()) {
        // A path may be tracked and deleted; that is not tidy's business.
        if let Some(text) = std::fs::read(root.join(path)).ok().and_then(|bytes| String::from_utf8(bytes).ok()) {
            files.insert(path.into(), text);
        }
    }
    Ok(files)
}

/// Whether a path is Rust.
pub(crate) fn is_rust(path: &str) -> bool {
    path.ends_with(".rs")
}

/// The number of the first line that only tests compile; one past the last when there is none.
pub(crate) fn tests_begin(path: &str, text: &str) -> usize {
    if path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs") {
        return 1;
    }
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let module =
        |pair: &[&str]| matches!(pair, ["#[cfg(test)]", next] if next.starts_with("mod ") && next.ends_with('{'));
    lines.windows(2).position(module).map_or(lines.len() + 1, |before| before + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_begin_at_their_module_and_whole_test_files_at_the_top() {
        assert_eq!(tests_begin("crates/a/tests/b.rs", "fn a() {}\n"), 1);
        assert_eq!(tests_begin("crates/a/src/b.rs", "fn a() {}\n#[cfg(test)]\nmod tests {\n}\n"), 2);
        assert_eq!(tests_begin("crates/a/src/b.rs", "#[cfg(test)]\nfn helper() {}\n"), 3);
        assert_eq!(tests_begin("crates/a/src/b.rs", "#[cfg(test)]\nmod tests;\nfn a() {}\n"), 4);
        assert_eq!(tests_begin("crates/a/src/b/tests.rs", "fn a() {}\n"), 1);
    }
}
