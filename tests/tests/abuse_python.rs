//! Abuse of `libfield` from Python: each row of `tests/python/abuse.py` comes to what it must, and
//! every store verifies whole at the end.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout)]

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use common::Scene;
use field_day::programs::library;
use serde_json::Value as Json;

/// How many rows each chapter has at least: one that ends early is not a pass.
const CHAPTERS: [(&str, usize); 14] = [
    ("open", 35),
    ("close", 8),
    ("twice", 3),
    ("handle", 69),
    ("null", 35),
    ("request", 150),
    ("value", 13),
    ("threads", 1),
    ("fork", 50),
    ("log", 4),
    ("end", 3),
    ("signer", 28),
    ("release", 4),
    ("cycles", 3),
];

#[test]
fn nothing_done_wrong_from_python_does_harm() {
    let scene = Scene::new();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/abuse.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(scene.folder.path().join("abuse"));
    for _ in 0..3 {
        command.arg(scene.server.code("officer").unwrap());
    }
    command.env("FIELD_LIBRARY", library().unwrap()).env("PYTHONDONTWRITEBYTECODE", "1");
    let output = command.output().unwrap();
    let (text, faults) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let rows: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut chapters: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &rows {
        *chapters.entry(row["chapter"].as_str().unwrap()).or_default() += 1;
        println!("{} | {} | {} {}", row["chapter"], row["what"], row["status"], row["name"]);
    }
    let wrong: Vec<&Json> = rows.iter().filter(|row| row["ok"] != true).collect();
    assert!(wrong.is_empty(), "{wrong:#?}\n{faults}");
    for (chapter, rows) in CHAPTERS {
        assert!(chapters.get(chapter).is_some_and(|n| *n >= rows), "{chapter} ended early: {chapters:?}\n{faults}");
    }
    assert_eq!(output.status.code(), Some(0), "{faults}");
    assert_eq!(scene.server.admin(&["verify"]).unwrap()["ok"], true);
}
