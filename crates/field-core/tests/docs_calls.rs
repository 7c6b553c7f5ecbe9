//! The worked examples of `docs/integrating/calls.md` are what is asked and answered: each block fits
//! its schema, each schema and each function of the C header has one.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page() -> String {
    std::fs::read_to_string(root().join("docs/integrating/calls.md")).unwrap()
}

/// Every block that names a schema, with what stands in it.
fn blocks(page: &str) -> Vec<(String, Json)> {
    let mut found = Vec::new();
    for block in page.split("\n```json ").skip(1) {
        let (name, rest) = block.split_once('\n').unwrap();
        let text = rest.split_once("\n```").unwrap().0;
        found.push((name.to_owned(), serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"))));
    }
    found
}

#[test]
fn every_example_fits_its_schema_and_every_schema_has_an_example() {
    let api = root().join("proto/api");
    let mut shown = BTreeSet::new();
    for (name, json) in blocks(&page()) {
        let text = std::fs::read_to_string(api.join(format!("{name}.schema.json"))).unwrap();
        let schema: Json = serde_json::from_str(&text).unwrap();
        let validator = jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
        let faults: Vec<String> =
            validator.iter_errors(&json).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
        assert!(faults.is_empty(), "{name}: {faults:#?}");
        shown.insert(name);
    }
    let files = std::fs::read_dir(api).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let schemas: BTreeSet<String> = files.filter_map(|file| Some(file.strip_suffix(".schema.json")?.into())).collect();
    assert_eq!(shown, schemas);
}

#[test]
fn every_function_of_the_header_has_an_example() {
    let header = std::fs::read_to_string(root().join("crates/ffi/include/field.h")).unwrap();
    let page = page();
    let headings: BTreeSet<&str> = page.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    let is_name = |word: &&str| word.starts_with("field_") && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let declared = header.lines().filter(|line| !line.starts_with([' ', '/', '*', '#']) && line.contains('('));
    let functions: BTreeSet<&str> = declared
        .filter(|line| !line.starts_with("typedef"))
        .filter_map(|line| line.split('(').next()?.rsplit([' ', '*']).next().filter(is_name))
        .collect();
    assert!(functions.len() > 25, "{functions:?}");
    assert_eq!(headings, functions);
}
