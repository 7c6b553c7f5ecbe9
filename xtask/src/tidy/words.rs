//! Words that do not belong in what we hand on: unfinished marks, sleeping tests, traces of the
//! machine or the tools somebody worked with. The patterns are put together from pieces, so that
//! this file may be looked at like any other.

use super::Fault;
use super::sources::{Files, is_rust, tests_begin};

/// In any Rust file.
const UNFINISHED: [(&str, &str); 4] = [
    (concat!("todo", "!("), "finish it"),
    (concat!("unimplemented", "!("), "finish it"),
    (concat!("#[", "ignore"), "a test that does not run shows nothing: mend it or take it out"),
    (concat!("dbg", "!("), "take it out"),
];

/// In tests: who sleeps guesses.
const SLEEP: &str = concat!("sle", "ep(");

/// Tests that may sleep, with the reason: the real passing of time is what they test.
const MAY_SLEEP: &[(&str, &str)] = &[];

/// Whole words, in any text, in any case.
const WORDS: [&str; 6] = [
    concat!("age", "nt"),
    concat!("age", "nts"),
    concat!("L", "LM"),
    concat!("chat", "gpt"),
    concat!("cla", "ude"),
    concat!("copi", "lot"),
];

/// What one of these words may follow: a browser's name for itself.
const HONEST: [&str; 3] = ["user-", "user ", "user_"];

/// Where paths of one machine begin.
const PATHS: [&str; 4] = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];

/// Where every dependency comes from, in `Cargo.lock`.
const REGISTRY: &str = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";

/// Texts written by others.
const NOT_OURS: [&str; 3] = ["Cargo.lock", "LICENSE-APACHE", "LICENSE-MIT"];

/// Every such word.
pub(crate) fn faults(files: &Files) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, text) in files {
        if path == "Cargo.lock" {
            let foreign = |line: &str| line.starts_with("source = ") && line != REGISTRY;
            faults.extend(each(path, text, |_, line| {
                foreign(line).then(|| "comes from elsewhere than crates.io".into())
            }));
        }
        if NOT_OURS.contains(&path.as_str()) {
            continue;
        }
        let tests = if is_rust(path) { tests_begin(path, text) } else { usize::MAX };
        let may_sleep = MAY_SLEEP.iter().any(|(excused, _)| excused == path);
        faults.extend(each(path, text, |number, line| {
            let unfinished = UNFINISHED.iter().find(|(mark, _)| is_rust(path) && line.contains(mark));
            if let Some((mark, advice)) = unfinished {
                return Some(format!("`{mark}`: {advice}"));
            }
            if number >= tests && !may_sleep && line.contains(SLEEP) {
                return Some("a test waits for an event, not for a time".into());
            }
            trace(line)
        }));
    }
    faults
}

fn each(path: &str, text: &str, fault: impl Fn(usize, &str) -> Option<String>) -> Vec<Fault> {
    let lines = text.lines().zip(1..);
    lines.filter_map(|(line, at)| fault(at, line).map(|what| Fault::new(format!("{path}:{at}"), what))).collect()
}

/// A word or path that tells of somebody's machine or tools.
fn trace(line: &str) -> Option<String> {
    let lower = line.to_lowercase();
    for word in WORDS.map(str::to_lowercase) {
        let found = lower.match_indices(&word).any(|(at, _)| {
            let (before, after) =
                (lower.get(..at).unwrap_or_default(), lower.get(at + word.len()..).unwrap_or_default());
            !before.ends_with(letter) && !after.starts_with(letter) && !HONEST.iter().any(|h| before.ends_with(h))
        });
        if found {
            return Some(format!("the word `{word}` does not belong here"));
        }
    }
    for path in PATHS {
        let found = line.match_indices(path).any(|(at, _)| {
            let inside = |c: char| c.is_alphanumeric() || "_-.~*)}".contains(c);
            !line.get(..at).unwrap_or_default().ends_with(inside)
        });
        if found {
            return Some(format!("a path of one machine (`{path}`)"));
        }
    }
    None
}

fn letter(c: char) -> bool {
    c.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str, text: &str) -> usize {
        faults(&Files::from([(path.into(), text.into())])).len()
    }

    #[test]
    fn unfinished_marks_are_found_in_rust_and_only_there() {
        for (mark, _) in UNFINISHED {
            assert_eq!(at("crates/a/src/b.rs", &format!("  {mark}")), 1, "{mark}");
            assert_eq!(at("docs/a.md", mark), 0, "{mark}");
        }
    }

    #[test]
    fn a_test_does_not_sleep_and_a_program_may() {
        assert_eq!(at("tests/stories/a.rs", &format!("thread::{SLEEP}second);")), 1);
        assert_eq!(at("crates/a/src/b.rs", &format!("time::{SLEEP}second).await;")), 0);
        assert_eq!(at("crates/a/src/b.rs", &format!("#[cfg(test)]\nmod tests {{\n {SLEEP}1);\n}}\n")), 1);
    }

    #[test]
    fn whole_words_are_found_in_any_case_and_parts_of_words_are_not() {
        for word in WORDS {
            assert_eq!(at("docs/a.md", &format!("An {}.", word.to_uppercase())), 1, "{word}");
            assert_eq!(at("docs/a.md", &format!("re{word}ed")), 0, "{word}");
            assert_eq!(at("docs/a.md", &format!("User-{word}: x")), 0, "{word}");
        }
    }

    #[test]
    fn a_path_of_one_machine_is_found_and_a_path_of_the_repository_is_not() {
        for path in PATHS {
            assert_eq!(at("docs/a.md", &format!("see `{path}x`")), 1, "{path}");
            assert_eq!(at("docs/a.md", &format!("see docs{path}x")), 0, "{path}");
        }
    }

    #[test]
    fn dependencies_come_from_one_registry() {
        assert_eq!(at("Cargo.lock", &format!("{REGISTRY}\n")), 0);
        assert_eq!(at("Cargo.lock", "source = \"registry+https://example.org/index\"\n"), 1);
    }
}
