//! A thousand records written without signal, pushed to the server and on to a second device; then
//! one edit among them. Times, bytes each way, and the server's memory.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;
use std::time::{Duration, Instant};

use benches::{median, median_count, peak_memory};
use field_day::programs::Programs;
use field_day::stage::{Handset, Server};
use serde_json::{Value as Json, json};

const RUNS: usize = 5;
const RECORDS: usize = 1_000;

#[derive(Default)]
struct Figures {
    push: Vec<Duration>,
    push_out: Vec<u64>,
    push_in: Vec<u64>,
    pull: Vec<Duration>,
    pull_out: Vec<u64>,
    pull_in: Vec<u64>,
    memory: Vec<u64>,
    edit: Vec<Duration>,
    edit_out: Vec<u64>,
    edit_in: Vec<u64>,
    seen: Vec<Duration>,
    seen_in: Vec<u64>,
}

fn main() {
    let programs = Programs::build(&[]).unwrap();
    let mut figures = Figures::default();
    for run in 0..RUNS {
        let folder = std::env::temp_dir().join(format!("bench-sync-{}-{run}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        measure(&programs, &folder, &mut figures);
        let _ = std::fs::remove_dir_all(&folder);
    }
    let kb = |counts: &mut [u64]| format!("{:.1} KB", median_count(counts) as f64 / 1024.0);
    println!("{RECORDS} records written offline, medians of {RUNS} runs:");
    println!(
        "  to the server       {:?}, {} out, {} in",
        median(&mut figures.push),
        kb(&mut figures.push_out),
        kb(&mut figures.push_in)
    );
    println!(
        "  to a second device  {:?}, {} out, {} in",
        median(&mut figures.pull),
        kb(&mut figures.pull_out),
        kb(&mut figures.pull_in)
    );
    println!("  server's peak memory {}", kb(&mut figures.memory));
    println!("one edit among them, from reconnect:");
    println!(
        "  to the server       {:?}, {} out, {} in",
        median(&mut figures.edit),
        kb(&mut figures.edit_out),
        kb(&mut figures.edit_in)
    );
    println!("  to the second       {:?}, {} in", median(&mut figures.seen), kb(&mut figures.seen_in));
}

fn measure(programs: &Programs, folder: &Path, figures: &mut Figures) {
    let mut server = Server::init(programs, &folder.join("server")).unwrap();
    server.admin(&["user", "add", "--id", "sergeant", "--name", "S", "--role", "sergeant", "--team", "east"]).unwrap();
    server
        .admin(&[
            "user",
            "add",
            "--id",
            "officer",
            "--name",
            "O",
            "--role",
            "officer",
            "--team",
            "east",
            "--supervisor",
            "sergeant",
        ])
        .unwrap();
    server.serve().unwrap();
    let join = |user: &str| Handset::enrol(programs, &folder.join(user), user, &server.code(user).unwrap()).unwrap();
    let (mut officer, sergeant) = (join("officer"), join("sergeant"));
    sync(&officer);
    sync(&sergeant);
    server.kill();
    officer.watch().unwrap();
    let mut last = String::new();
    for number in 0..RECORDS {
        let body = json!({"case": "0199a000-0000-7000-8000-000000000001", "requested_by": {"person": "lead", "org": "Harbour School"},
            "exact_request": format!("Could you find out about {number}? {}", words(number)), "about": ["a pupil"],
            "kind": "enquiry", "due": "2099-01-01T12:00:00Z"});
        last = officer.say_with(&["new", "action"], &body).unwrap()["id"].as_str().unwrap().to_owned();
    }
    officer.unwatch().unwrap();
    server.serve().unwrap();
    let (time, answer) = sync(&officer);
    figures.push.push(time);
    figures.push_out.push(answer["bytes_out"].as_u64().unwrap());
    figures.push_in.push(answer["bytes_in"].as_u64().unwrap());
    let (time, answer) = sync(&sergeant);
    figures.pull.push(time);
    figures.pull_out.push(answer["bytes_out"].as_u64().unwrap());
    figures.pull_in.push(answer["bytes_in"].as_u64().unwrap());
    assert_eq!(sergeant.run(&["list", "action"]).unwrap().as_array().unwrap().len(), RECORDS);
    figures.memory.push(peak_memory(server.process().unwrap()));
    officer.run(&["edit", &last, "--set", "urgency=urgent"]).unwrap();
    let (time, answer) = sync(&officer);
    figures.edit.push(time);
    figures.edit_out.push(answer["bytes_out"].as_u64().unwrap());
    figures.edit_in.push(answer["bytes_in"].as_u64().unwrap());
    let (time, answer) = sync(&sergeant);
    figures.seen.push(time);
    figures.seen_in.push(answer["bytes_in"].as_u64().unwrap());
    assert_eq!(sergeant.run(&["show", &last]).unwrap()["urgency"], "urgent");
}

/// One sync as a process of its own; the time is the whole process's unless it says its own.
fn sync(handset: &Handset) -> (Duration, Json) {
    let begun = Instant::now();
    let answer = handset.run(&["sync", "--timeout", "120"]).unwrap();
    let own = answer["elapsed_ms"].as_u64().map(Duration::from_millis);
    (own.unwrap_or_else(|| begun.elapsed()), answer)
}

/// Text that compresses about as prose does.
fn words(seed: usize) -> String {
    const WORDS: [&str; 24] = [
        "she", "said", "that", "the", "boy", "from", "year", "ten", "was", "waiting", "by", "gate", "again", "after",
        "school", "with", "two", "others", "and", "would", "not", "let", "her", "pass",
    ];
    let mut state = seed as u64 + 1;
    let mut text = String::new();
    for _ in 0..110 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let place = usize::try_from(state >> 33).unwrap() % WORDS.len();
        text.push_str(WORDS[place]);
        text.push(' ');
    }
    text
}
