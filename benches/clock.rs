//! The server's clock over 10,000 and over 100,000 open items: a tick when nothing is due, and one when a
//! hundred items of as many cases are.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::panic, clippy::indexing_slicing)]

#[path = "../crates/sync-server/tests/common/mod.rs"]
mod common;

use std::path::Path;
use std::time::{Duration, Instant};

use benches::{forget_peak, growth, peak_memory, sizes, times};
use common::{Handset, World};
use rusqlite::{Connection, params};
use serde_json::json;
use signed::digest::sha256;
use signed::{RecordId, Timestamp};
use sync_server::core::Clock as _;
use sync_server::core::vault::database_key;
use sync_server::store::sqlite::connect;

const ITEMS: usize = 100_000;
const IDLE_RUNS: usize = 1_000;
/// Ticks at which something is due, and how many items are due at each.
const DUE_RUNS: usize = 20;
const DUE: usize = 100;
/// Records in a frame.
const FRAME: usize = 50;

struct Ticks {
    idle: Vec<Duration>,
    due: Vec<Duration>,
    memory: u64,
}

fn main() {
    let sizes = sizes(ITEMS);
    let [tenth, whole] = sizes.map(|size| {
        let world = World::on_disk();
        let mut officer = world.handset("officer");
        let database = open(&world.dir());
        for batch in 0..DUE_RUNS {
            ask(&world, &mut officer, batch);
        }
        fill(&database, size);
        measure(&world, &database)
    });
    println!("a tick of the clock over {} and {} open items:", sizes[0], sizes[1]);
    println!("{}", growth("nothing is due", tenth.idle, whole.idle));
    println!("{}", growth(&format!("{DUE} are due, of {DUE} cases"), tenth.due, whole.due));
    println!("  peak memory {:.1} MB and {:.1} MB", tenth.memory as f64 / 1e6, whole.memory as f64 / 1e6);
}

fn open(dir: &Path) -> Connection {
    let master: [u8; 32] = std::fs::read(dir.join("master.key")).unwrap().try_into().unwrap();
    connect(&dir.join("firsthand.db"), &database_key(&master).unwrap()).unwrap()
}

/// A batch of actions, each of a case of its own. Recorded a minute after the batch before, so that what is
/// owed about them falls due a minute after it too.
fn ask(world: &World, officer: &mut Handset, batch: usize) {
    for number in 0..DUE {
        let case = world.id().to_string();
        // Somebody else each time: what is asked about the same person is matched, and that is not measured here.
        let digest = sha256(case.as_bytes());
        let name: String = digest[..12].iter().map(|byte| char::from(b'a' + byte % 26)).collect();
        let action = json!({ "case": case, "school": "100001", "action_kind": "enquiry", "about": [format!("{name} {name}")],
            "exact_request": format!("Could you find out who waits at the gate, note {batch}/{number}?"),
            "requested_by": { "person": "the lead", "org": "100001" }, "due": "2099-12-01T09:00:00Z" });
        officer.create(world, "action", action);
        if (number + 1) % FRAME == 0 {
            let receipt = officer.push(world);
            assert!(receipt.outcomes.iter().all(wire::Outcome::is_ok));
        }
    }
    world.clock.advance(60_000);
}

/// Open items that fall due in twenty years, until there are so many; their cases are never weighed.
fn fill(database: &Connection, size: usize) {
    let held: i64 = database.query_row("SELECT count(*) FROM open_item", [], |row| row.get(0)).unwrap();
    database.execute_batch("PRAGMA foreign_keys = OFF; BEGIN").unwrap();
    for number in held..size as i64 {
        let at = Timestamp::from_millis(2_400_000_000_000 + number * 1000);
        let id = RecordId::mint(Timestamp::from_millis(1_700_000_000_000 + number), [7; 10]);
        let prompt = &sha256(&id.0)[..16];
        let document = "INSERT INTO document (id, template, kind, case_id, compartment, owner, status, urgency, due, open, \
            gaps, wrapped_key, state, projection, changes) VALUES (?1, 'record', 'action', ?1, 'police', 'officer', \
            'requested', 'standard', ?2, 1, 0, x'01', ?3, ?3, 1)";
        let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
            database.prepare_cached(sql).unwrap().execute(values).unwrap();
        };
        run(document, params![&id.0[..], at.millis(), vec![7_u8; 500]]);
        run("INSERT INTO open_item (person, kind, document) VALUES ('officer', 'action', ?1)", params![&id.0[..]]);
        let sql = "INSERT INTO prompt (id, case_id, record, person, rule, rung, due, line) \
                   VALUES (?1, ?2, ?2, 'officer', 'R50', 1, ?3, ?4)";
        run(sql, params![prompt, &id.0[..], at.millis(), vec![7_u8; 200]]);
    }
    database.execute_batch("COMMIT").unwrap();
}

/// When the next item falls due.
fn next(database: &Connection) -> Timestamp {
    let sql = "SELECT min(due) FROM prompt WHERE told IS NULL AND ended IS NULL";
    Timestamp::from_millis(database.query_row(sql, [], |row| row.get(0)).unwrap())
}

/// How many items are due and not told yet.
fn due(database: &Connection, now: Timestamp) -> i64 {
    let sql = "SELECT count(*) FROM prompt WHERE told IS NULL AND ended IS NULL AND due <= ?1";
    database.query_row(sql, [now.millis()], |row| row.get(0)).unwrap()
}

fn measure(world: &World, database: &Connection) -> Ticks {
    forget_peak();
    let idle = times(IDLE_RUNS, || assert!(world.core.tick().unwrap().is_empty()));
    let mut ticks = Vec::new();
    while ticks.len() < DUE_RUNS {
        world.clock.advance(next(database).millis() - world.clock.now().millis());
        let due = due(database, world.clock.now());
        // A date of the calendar (a month begins) comes alone, and is none of these ticks.
        assert!(due <= DUE as i64, "{due} are due");
        let begun = Instant::now();
        world.core.tick().unwrap();
        if due == DUE as i64 {
            ticks.push(begun.elapsed());
        }
    }
    Ticks { idle, due: ticks, memory: peak_memory(std::process::id()) }
}
