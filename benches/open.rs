//! From opening a store to the first list on a screen, with 1,000 and with 10,000 records in it: time,
//! and the memory of a process that does nothing else.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use benches::{enrolled, key, median, median_count, peak_memory};
use field_core::{Field, Host, ListFilter, Options};
use field_day::programs::Programs;
use serde_json::json;

const RUNS: usize = 5;
const SIZES: [usize; 2] = [1_000, 10_000];

/// Lines that a phone's screen shows, and some to scroll.
const SCREEN: u32 = 50;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(place) = arguments.iter().position(|argument| argument == "--look") {
        return look(Path::new(&arguments[place + 1]));
    }
    let folder = std::env::temp_dir().join(format!("bench-open-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let programs = Programs::build(&[]).unwrap();
    let store = enrolled(&programs, &folder);
    let mut made = 0;
    println!("from opening a store to the first {SCREEN} lines, medians of {RUNS} processes:");
    for size in SIZES {
        fill(&store, made, size);
        made = size;
        let bytes = std::fs::metadata(store.join("field.db")).unwrap().len();
        let (mut opened, mut listed, mut memory) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let seen = look_in_a_process_of_its_own(&store);
            opened.push(seen.0);
            listed.push(seen.1);
            memory.push(seen.2);
        }
        println!(
            "  {size:6} records ({:.1} MB): open {:?}, list {:?}, {:.1} MB of memory",
            bytes as f64 / 1e6,
            median(&mut opened),
            median(&mut listed),
            median_count(&mut memory) as f64 / 1e6
        );
    }
    let _ = std::fs::remove_dir_all(&folder);
}

fn fill(store: &Path, from: usize, to: usize) {
    let field = Field::open(Options::new(store, key(store))).unwrap();
    for number in from..to {
        let body = json!({"requested_by": {"person": "lead", "org": "Harbour School"}, "about": ["a pupil"],
            "kind": "enquiry", "exact_request": format!("Could you find out who waits at the gate, note {number}?"),
            "due": "2099-01-01T12:00:00Z"});
        field.record_new("action", body).unwrap();
    }
}

/// What one process needs: to open, to list, and of memory in all.
fn look_in_a_process_of_its_own(store: &Path) -> (Duration, Duration, u64) {
    let output = Command::new(std::env::current_exe().unwrap()).arg("--look").arg(store).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let numbers: Vec<u64> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
    (Duration::from_micros(numbers[0]), Duration::from_micros(numbers[1]), numbers[2])
}

fn look(store: &Path) {
    let begun = Instant::now();
    let host = Host::open(Options::new(store, key(store))).unwrap();
    let opened = begun.elapsed();
    let list = host.call().unwrap().record_list(ListFilter { limit: Some(SCREEN), ..ListFilter::default() }).unwrap();
    let listed = begun.elapsed() - opened;
    assert_eq!(list.as_array().unwrap().len(), SCREEN as usize);
    let peak = peak_memory(std::process::id());
    println!("{} {} {}", opened.as_micros(), listed.as_micros(), peak);
}
