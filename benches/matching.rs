//! A new record matched by the server against 100,000 and against 1,000,000 stored identifiers: the commit of
//! a person who carries none, of one whose identifiers nobody shares, and of one who shares a number; with the
//! memory of the process.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::panic, clippy::indexing_slicing)]

#[path = "../crates/sync-server/tests/common/mod.rs"]
mod common;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use benches::{forget_peak, growth, peak_memory, sizes};
use common::{Handset, World};
use records::matching;
use rusqlite::{Connection, params};
use serde_json::{Value as Json, json};
use signed::digest::sha256;
use signed::{RecordId, Timestamp};
use sync_server::core::vault::database_key;
use sync_server::store::sqlite::connect;
use wire::Lane;

const IDENTIFIERS: usize = 1_000_000;
const RUNS: usize = 500;
/// Records in a frame while nothing is measured.
const TOGETHER: usize = 50;
/// Bytes that a stored record's sealed columns have, as measured of a person.
const SEALED_BYTES: usize = 1_500;

/// The commits of one size, by what the record carries.
#[derive(Default)]
struct Commits {
    nothing: Vec<Duration>,
    unshared: Vec<Duration>,
    shared: Vec<Duration>,
    memory: u64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(place) = arguments.iter().position(|argument| argument == "--fill") {
        return fill(Path::new(&arguments[place + 1]), arguments[place + 2].parse().unwrap());
    }
    let world = World::on_disk();
    let mut officer = world.handset("officer");
    let sizes = sizes(IDENTIFIERS);
    let mut found = sizes.into_iter().enumerate().map(|(round, size)| {
        remember(&world, &mut officer, round);
        fill_in_a_process_of_its_own(&world.dir(), size);
        measure(&world, &mut officer, round)
    });
    let (tenth, whole) = (found.next().unwrap(), found.next().unwrap());
    println!("one person taken in and matched, {RUNS} commits each, {} and {} identifiers stored:", sizes[0], sizes[1]);
    println!("{}", growth("no identifier", tenth.nothing, whole.nothing));
    println!("{}", growth("six identifiers, none of them stored", tenth.unshared, whole.unshared));
    println!("{}", growth("six identifiers, a number shared by another", tenth.shared, whole.shared));
    println!("  peak memory {:.1} MB and {:.1} MB", tenth.memory as f64 / 1e6, whole.memory as f64 / 1e6);
}

/// The number that a person of this round shares with somebody.
fn number(round: usize, at: usize) -> String {
    format!("07{:09}", round * 10_000_000 + at)
}

/// Somebody with an identifier of each kind; `seed` makes them somebody else.
fn person(seed: &str, phone: &str) -> Json {
    let digest = sha256(seed.as_bytes());
    let pick = |at: usize, from: &[&str]| from[usize::from(digest[at]) % from.len()].to_owned();
    let name: String = digest[..8].iter().map(|byte| char::from(b'a' + byte % 26)).collect();
    let given = pick(8, &["Amara", "Ben", "Chidi", "Dilys", "Ewan", "Farah", "Grace", "Hassan"]);
    let (year, month, day) = (8 + digest[9] % 10, 1 + digest[10] % 12, 1 + digest[11] % 28);
    json!({ "roles": ["child"], "names": [format!("{given} {name}")], "dob": format!("20{year:02}-{month:02}-{day:02}"),
            "phones": [phone], "emails": [format!("{name}@example.org")], "usernames": [format!("{name}_{}", digest[12])],
            "addresses": [format!("{} {name} Street, SW{}A {}{}", digest[13], 1 + digest[14] % 9, digest[15] % 10,
                                  pick(16, &["AB", "DE", "FG", "HJ"]))] })
}

/// Takes in whoever a record of this round is to share a number with.
fn remember(world: &World, officer: &mut Handset, round: usize) {
    for at in 0..RUNS {
        officer.create(world, "person", person(&format!("known {round} {at}"), &number(round, at)));
        if (at + 1) % TOGETHER == 0 {
            commit(world, officer);
        }
    }
}

/// One commit of everything that waits to be sent.
fn commit(world: &World, officer: &mut Handset) -> Duration {
    let frame = officer.frame(Lane::Rest).frame;
    let prepared = world.core.prepare(&officer.peer, frame).unwrap();
    let begun = Instant::now();
    let committed = world.core.commit(vec![prepared]).unwrap();
    let took = begun.elapsed();
    let receipt = committed.results[0].as_ref().unwrap();
    assert!(receipt.outcomes.iter().all(wire::Outcome::is_ok));
    // What the device remembers is not the server's memory.
    officer.docs.clear();
    took
}

fn measure(world: &World, officer: &mut Handset, round: usize) -> Commits {
    let mut commits = Commits::default();
    let database = open(&world.dir());
    let before = count(&database, "document WHERE kind = 'match'");
    forget_peak();
    for at in 0..RUNS {
        officer.create(world, "person", json!({ "roles": ["child"], "names": ["Somebody"] }));
        commits.nothing.push(commit(world, officer));
        let own = number(round + 10, at);
        officer.create(world, "person", person(&format!("alone {round} {at}"), &own));
        commits.unshared.push(commit(world, officer));
        officer.create(world, "person", person(&format!("sharing {round} {at}"), &number(round, at)));
        commits.shared.push(commit(world, officer));
    }
    commits.memory = peak_memory(std::process::id());
    assert!(count(&database, "document WHERE kind = 'match'") - before >= RUNS, "each shared number is found");
    commits
}

fn open(dir: &Path) -> Connection {
    let master: [u8; 32] = std::fs::read(dir.join("master.key")).unwrap().try_into().unwrap();
    connect(&dir.join("firsthand.db"), &database_key(&master).unwrap()).unwrap()
}

fn count(database: &Connection, what: &str) -> usize {
    let found: i64 = database.query_row(&format!("SELECT count(*) FROM {what}"), [], |row| row.get(0)).unwrap();
    usize::try_from(found).unwrap()
}

/// The filling needs memory of its own, which is not the server's.
fn fill_in_a_process_of_its_own(dir: &Path, size: usize) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    assert!(command.arg("--fill").arg(dir).arg(size.to_string()).status().unwrap().success());
}

/// Adds people straight into the tables until so many identifiers stand there: in their normal form, under
/// names as random as keyed ones, so that nobody ever finds one of them.
fn fill(dir: &Path, size: usize) {
    let mut database = open(dir);
    database
        .execute_batch("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -400000;")
        .unwrap();
    let mut stored = count(&database, "match_key");
    let first = count(&database, "document");
    let transaction = database.transaction().unwrap();
    for number in first.. {
        if stored >= size {
            break;
        }
        let id = RecordId::mint(Timestamp::from_millis(1_700_000_000_000 + number as i64), [7; 10]);
        put_document(&transaction, id);
        for key in matching::keys("person", &person(&format!("filled {number}"), &self::number(9, number))) {
            let name = sha256(format!("{}\0{}\0elsewhere", key.kind.as_str(), key.value).as_bytes());
            let sql = "INSERT OR IGNORE INTO match_key (hash, document, kind) VALUES (?1, ?2, ?3)";
            let values = params![&name[..16], &id.0[..], key.kind.number() as i64];
            stored += transaction.prepare_cached(sql).unwrap().execute(values).unwrap();
        }
    }
    transaction.commit().unwrap();
    database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
}

/// A record's row: only its size counts, because nothing finds it.
fn put_document(database: &Connection, id: RecordId) {
    let sql = "INSERT INTO document (id, template, kind, case_id, compartment, owner, status, urgency, due, open, gaps, \
               wrapped_key, state, projection, changes) VALUES (?1, 'record', 'person', ?1, 'police', '', 'recorded', \
               'standard', NULL, 0, 0, x'01', ?2, ?3, 1)";
    let values = params![&id.0[..], vec![7_u8; 120], vec![7_u8; SEALED_BYTES]];
    database.prepare_cached(sql).unwrap().execute(values).unwrap();
}
