//! The numbers that wrappers in other languages carry are those of the C header, and the Python one
//! knows every function of it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// From here on a status is the number of a code, which a wrapper need not know.
const CODES_BEGIN: i64 = 1000;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(place: &Path) -> String {
    std::fs::read_to_string(place).unwrap_or_else(|error| panic!("{}: {error}", place.display()))
}

fn header() -> String {
    read(&root().join("crates/ffi/include/field.h"))
}

/// A name as every language would write it alike: `key_locked`, `keyLocked` and `KEY_LOCKED` are one.
fn plain(name: &str) -> String {
    name.chars().filter(|c| *c != '_').flat_map(char::to_uppercase).collect()
}

/// `#define FIELD_NAME number`, without the versions of the interface.
fn of_header() -> BTreeMap<String, i64> {
    let header = header();
    let line = |line: &str| {
        let mut words = line.strip_prefix("#define FIELD_")?.split_whitespace();
        let (name, number) = (words.next()?, words.next()?.parse().ok()?);
        (!name.starts_with("ABI_")).then(|| (plain(name), number))
    };
    header.lines().filter_map(line).collect()
}

/// `.. NAME = number`, `.. name: Type = number`, `.. NAME(number)`: how a table writes a constant.
fn of_table(text: &str) -> BTreeMap<String, i64> {
    let line = |line: &str| {
        let line = line.trim().trim_end_matches([';', ',']);
        let (left, number) = match line.split_once('=') {
            Some((left, right)) => (left.split(':').next()?, right.trim()),
            None => line.strip_suffix(')')?.split_once('(')?,
        };
        let name = left.split_whitespace().last()?;
        Some((plain(name), number.parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}

/// Files of this name below a folder; none where the folder is not there.
fn below(folder: &Path, name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(below(&path, name));
        } else if path.ends_with(name) {
            found.push(path);
        }
    }
    found
}

#[test]
fn every_table_has_the_small_numbers_of_the_header_and_no_other() {
    let header = of_header();
    let small: BTreeSet<&String> = header.iter().filter(|(_, number)| **number < CODES_BEGIN).map(|(n, _)| n).collect();
    assert_eq!(small.len(), 12, "{small:?}");
    let mut tables = vec![
        root().join("examples/python/firsthand/status.py"),
        root().join("examples/swift/Sources/Firsthand/Status.swift"),
    ];
    tables.extend(below(&root().join("examples/java"), "Status.java"));
    for place in tables {
        let table = of_table(&read(&place));
        for (name, number) in &table {
            assert_eq!(header.get(name), Some(number), "{}: {name}", place.display());
        }
        let missing: Vec<_> = small.iter().filter(|name| !table.contains_key(**name)).collect();
        assert!(missing.is_empty(), "{}: {missing:?} are missing", place.display());
    }
}

#[test]
fn a_table_is_read_in_every_way_it_may_be_written() {
    let text = "KEY_LOCKED = 6\n    public static let keyLocked: Int32 = 6\n    static final int KEY_LOCKED = 6;\n    KEY_LOCKED(6),";
    for line in text.lines() {
        assert_eq!(of_table(line), BTreeMap::from([(String::from("KEYLOCKED"), 6)]), "{line}");
    }
}

#[test]
fn the_python_wrapper_knows_every_function_and_the_version_of_the_header() {
    let header = header();
    let names: BTreeSet<&str> = header
        .match_indices("field_")
        .map(|(at, _)| header[at..].split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap())
        .filter(|name| header.contains(&format!(" {name}(")) || header.contains(&format!("*{name}(")))
        .collect();
    assert!(names.len() >= 30, "{names:?}");
    let library = read(&root().join("examples/python/firsthand/library.py"));
    let known: BTreeSet<&str> = library.split('"').filter(|word| word.starts_with("field_")).collect();
    assert_eq!(known, names);
    let major = header.lines().find_map(|line| line.strip_prefix("#define FIELD_ABI_MAJOR ")).unwrap();
    assert!(library.contains(&format!("ABI_MAJOR = {major}\n")));
}
