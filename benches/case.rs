//! Opening a case on a device, of 200 changes with 20 people and of 2,000 changes with 200: its record, its
//! chronology, its list, and the save of one more word in it.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;
use std::time::Duration;

use benches::{enrolled, forget_peak, growth, key, peak_memory, sizes, times};
use field_core::{Field, ListFilter, Of, Options};
use field_day::programs::Programs;
use serde_json::{Value as Json, json};
use signed::RecordId;

const CHANGES: usize = 2_000;
/// One in so many changes makes a person.
const TO_A_PERSON: usize = 10;
const RUNS: usize = 20;

struct Opened {
    shown: Vec<Duration>,
    timeline: Vec<Duration>,
    list: Vec<Duration>,
    saved: Vec<Duration>,
    memory: u64,
}

fn main() {
    let folder = std::env::temp_dir().join(format!("bench-case-{}", std::process::id()));
    let programs = Programs::build(&[]).unwrap();
    let sizes = sizes(CHANGES);
    let mut found = sizes.into_iter().map(|changes| {
        let folder = folder.join(changes.to_string());
        std::fs::create_dir_all(&folder).unwrap();
        let store = enrolled(&programs, &folder);
        let field = Field::open(Options::new(&store, key(&store))).unwrap();
        let case = fill(&field, changes);
        drop(field);
        measure(&store, case, changes)
    });
    let (tenth, whole) = (found.next().unwrap(), found.next().unwrap());
    println!("a case of {} and of {} changes, one person to {TO_A_PERSON} of them, {RUNS} calls:", sizes[0], sizes[1]);
    println!("{}", growth("the case's record, weighed", tenth.shown, whole.shown));
    println!("{}", growth("its chronology", tenth.timeline, whole.timeline));
    println!("{}", growth("its list", tenth.list, whole.list));
    println!("{}", growth("one more update saved in it", tenth.saved, whole.saved));
    println!("  peak memory {:.1} MB and {:.1} MB", tenth.memory as f64 / 1e6, whole.memory as f64 / 1e6);
    let _ = std::fs::remove_dir_all(&folder);
}

fn id(answer: &Json) -> RecordId {
    answer["id"].as_str().unwrap().parse().unwrap()
}

/// A case as it grows: of ten changes one makes a person and two an action, four update an action, three edit
/// a person.
fn fill(field: &Field, changes: usize) -> RecordId {
    let case = id(&field.record_new("case", json!({"title": "who waits at the gate"})).unwrap());
    let (mut people, mut actions) = (Vec::new(), Vec::new());
    for number in 1..changes {
        match number % TO_A_PERSON {
            1 => people.push(id(&field.record_new("person", person(case, number)).unwrap())),
            2 | 6 => actions.push(id(&field.record_new("action", action(case, number)).unwrap())),
            3 | 5 | 7 | 9 => drop(field.record_new("action_update", update(&actions, number)).unwrap()),
            _ => {
                let said = json!(format!("as said in talk {number}"));
                field.record_edit(people[number * 7 % people.len()], vec![("nationality".into(), said)]).unwrap();
            }
        }
    }
    case
}

fn person(case: RecordId, number: usize) -> Json {
    json!({"case": case.to_string(), "roles": ["child"], "names": [format!("Somebody Number{number}")],
           "phones": [format!("07{number:09}")], "dob": "2011-04-05", "emails": [format!("n{number}@example.org")]})
}

fn action(case: RecordId, number: usize) -> Json {
    json!({"case": case.to_string(), "requested_by": {"person": "lead", "org": "Harbour School"}, "about": ["a pupil"],
           "kind": "enquiry", "exact_request": format!("Could you find out who waits at the gate, note {number}?"),
           "due": "2099-01-01T12:00:00Z"})
}

fn update(actions: &[RecordId], number: usize) -> Json {
    let action = actions[number * 7 % actions.len()];
    json!({"action": action.to_string(), "text": format!("Asked at the gate again, and wrote down talk {number}.")})
}

fn measure(store: &Path, case: RecordId, changes: usize) -> Opened {
    let field = Field::open(Options::new(store, key(store))).unwrap();
    let list = ListFilter { case: Some(case), ..ListFilter::default() };
    let of_kind = ListFilter { kind: Some("action".into()), limit: Some(1), ..list.clone() };
    let newest = [id(&field.record_list(of_kind).unwrap()[0])];
    forget_peak();
    let mut opened = Opened {
        shown: times(RUNS, || assert_eq!(field.record_show(case, None).unwrap()["kind"], "case")),
        timeline: times(RUNS, || {
            let lines = field.timeline(Of::Case(case)).unwrap().as_array().unwrap().len();
            assert!(lines >= changes, "{lines} lines");
        }),
        list: times(RUNS, || drop(field.record_list(list.clone()).unwrap())),
        saved: Vec::new(),
        memory: peak_memory(std::process::id()),
    };
    // Last, because it makes the case larger.
    opened.saved = times(RUNS, || drop(field.record_new("action_update", update(&newest, 0)).unwrap()));
    opened
}
