//! The durable save of a sealed record on a device, beside a bare SQLCipher insert of the same bytes
//! with the same pragmas: what our checks, signature, projection, search index and outbox cost.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;
use std::time::{Duration, Instant};

use benches::{enrolled, key, median, percentile};
use field_core::{Field, Options};
use field_day::programs::Programs;
use rusqlite::{Connection, params};
use serde_json::{Value as Json, json};

const RUNS: usize = 5;
const SAVES: usize = 400;

fn main() {
    let folder = std::env::temp_dir().join(format!("bench-save-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let programs = Programs::build(&[]).unwrap();
    let (mut ours, mut bare) = ((Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
    let mut bytes = 0;
    for run in 0..RUNS {
        let field = device(&programs, &folder.join(run.to_string()));
        let (mut times, size) = save(&field);
        bytes = size;
        ours.0.push(median(&mut times));
        ours.1.push(percentile(&mut times, 95));
        let mut times = insert(&folder.join(format!("{run}.db")), bytes);
        bare.0.push(median(&mut times));
        bare.1.push(percentile(&mut times, 95));
    }
    println!("durable save of one sealed record ({bytes} bytes of change), medians of {RUNS} runs of {SAVES}:");
    println!("  firsthand        p50 {:?}  p95 {:?}", median(&mut ours.0), median(&mut ours.1));
    println!("  bare SQLCipher   p50 {:?}  p95 {:?}", median(&mut bare.0), median(&mut bare.1));
    let _ = std::fs::remove_dir_all(&folder);
}

/// An officer's enrolled device, opened in this process.
fn device(programs: &Programs, folder: &Path) -> Field {
    std::fs::create_dir_all(folder).unwrap();
    let store = enrolled(programs, folder);
    Field::open(Options::new(&store, key(&store))).unwrap()
}

fn body(number: usize) -> Json {
    json!({"requested_by": {"person": "lead", "org": "Harbour School"}, "about": ["a pupil"], "kind": "enquiry",
        "exact_request": format!("Could you find out who waits at the gate, note {number}? {}", "x".repeat(300)),
        "due": "2099-01-01T12:00:00Z"})
}

fn save(field: &Field) -> (Vec<Duration>, usize) {
    let mut times = Vec::with_capacity(SAVES);
    let mut size = 0;
    for number in 0..SAVES {
        let body = body(number);
        let begun = Instant::now();
        let saved = field.record_new("action", body).unwrap();
        times.push(begun.elapsed());
        if number == 0 {
            let shown = field.record_show(saved["id"].as_str().unwrap().parse().unwrap(), None).unwrap();
            let cose = shown["statements"][0]["cose"].as_str().unwrap().len() * 3 / 4;
            // The change around one statement: header, columns, keys.
            size = cose + 160;
        }
    }
    (times, size)
}

fn insert(path: &Path, bytes: usize) -> Vec<Duration> {
    let connection = Connection::open(path).unwrap();
    let key = "5a".repeat(32);
    connection
        .execute_batch(&format!(
            "PRAGMA key = \"x'{key}'\"; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON;
             CREATE TABLE change (hash BLOB NOT NULL PRIMARY KEY, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID;"
        ))
        .unwrap();
    let payload = vec![7_u8; bytes];
    (0..SAVES)
        .map(|number| {
            let mut hash = [0_u8; 32];
            hash[..8].copy_from_slice(&(number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
            let begun = Instant::now();
            connection
                .prepare_cached("INSERT INTO change (hash, bytes) VALUES (?1, ?2)")
                .unwrap()
                .execute(params![hash, payload])
                .unwrap();
            begun.elapsed()
        })
        .collect()
}
