//! Lists of a device with 1,000 and with 10,000 records in it, none of which has reached the server yet: every
//! line, the lines that wait, a screen of each, and a page in the middle.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;
use std::time::Duration;

use benches::{enrolled, forget_peak, growth, key, peak_memory, sizes, times};
use field_core::{Field, ListFilter, Options};
use field_day::programs::Programs;
use serde_json::json;

const RECORDS: usize = 10_000;
const RUNS: usize = 100;
/// Calls that show every line.
const WHOLE_RUNS: usize = 20;
/// Lines that a phone's screen shows, and some to scroll.
const SCREEN: u32 = 50;

struct Lists {
    all: Vec<Duration>,
    unsent: Vec<Duration>,
    screen: Vec<Duration>,
    unsent_screen: Vec<Duration>,
    kind_screen: Vec<Duration>,
    middle: Vec<Duration>,
    memory: u64,
}

fn main() {
    let folder = std::env::temp_dir().join(format!("bench-list-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let programs = Programs::build(&[]).unwrap();
    let store = enrolled(&programs, &folder);
    let mut made = 0;
    let sizes = sizes(RECORDS);
    let mut found = sizes.into_iter().map(|size| {
        fill(&store, made, size);
        made = size;
        measure(&store, size)
    });
    let (tenth, whole) = (found.next().unwrap(), found.next().unwrap());
    println!("lists of a device with {} and {} records, all unsent:", sizes[0], sizes[1]);
    println!("{}", growth("every line", tenth.all, whole.all));
    println!("{}", growth("every line that waits for a receipt", tenth.unsent, whole.unsent));
    println!("{}", growth(&format!("the first {SCREEN}"), tenth.screen, whole.screen));
    println!("{}", growth(&format!("the first {SCREEN} that wait"), tenth.unsent_screen, whole.unsent_screen));
    println!("{}", growth("a kind of which there is one, the oldest", tenth.kind_screen, whole.kind_screen));
    println!("{}", growth(&format!("{SCREEN} in the middle"), tenth.middle, whole.middle));
    println!("  peak memory {:.1} MB and {:.1} MB", tenth.memory as f64 / 1e6, whole.memory as f64 / 1e6);
    let _ = std::fs::remove_dir_all(&folder);
}

fn fill(store: &Path, from: usize, to: usize) {
    let field = Field::open(Options::new(store, key(store))).unwrap();
    for number in from..to {
        if number == 0 {
            field.record_new("person", json!({"roles": ["child"], "names": ["Somebody"]})).unwrap();
            continue;
        }
        let body = json!({"requested_by": {"person": "lead", "org": "Harbour School"}, "about": ["a pupil"],
            "kind": "enquiry", "exact_request": format!("Could you find out who waits at the gate, note {number}?"),
            "due": "2099-01-01T12:00:00Z"});
        field.record_new("action", body).unwrap();
    }
}

fn measure(store: &Path, size: usize) -> Lists {
    let field = Field::open(Options::new(store, key(store))).unwrap();
    let list = |filter: &ListFilter| field.record_list(filter.clone()).unwrap().as_array().unwrap().len();
    let every = ListFilter::default();
    let unsent = ListFilter { unsent: true, ..every.clone() };
    let screen = |of: &ListFilter| ListFilter { limit: Some(SCREEN), ..of.clone() };
    let shown = field.record_list(every.clone()).unwrap();
    let middle = shown[size / 2]["id"].as_str().unwrap().parse().unwrap();
    let person = ListFilter { kind: Some("person".into()), ..every.clone() };
    let middle = ListFilter { before: Some(middle), ..screen(&every) };
    drop(shown);
    forget_peak();
    Lists {
        all: times(WHOLE_RUNS, || assert_eq!(list(&every), size)),
        unsent: times(WHOLE_RUNS, || assert_eq!(list(&unsent), size)),
        screen: times(RUNS, || assert_eq!(list(&screen(&every)), SCREEN as usize)),
        unsent_screen: times(RUNS, || assert_eq!(list(&screen(&unsent)), SCREEN as usize)),
        kind_screen: times(RUNS, || assert_eq!(list(&screen(&person)), 1)),
        middle: times(RUNS, || assert!(list(&middle) > 0)),
        memory: peak_memory(std::process::id()),
    }
}
