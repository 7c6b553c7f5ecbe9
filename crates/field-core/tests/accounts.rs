//! One account, sealed twice from the same draft by its author's two devices: both stand, and the
//! one that the server took first is the first on every screen.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{Person, Server, account, record};
use serde_json::{Value as Json, json};

/// How often two hashes may come out in the same order before chance is not to blame.
const ROUNDS_MAX: usize = 64;

/// One draft on two devices, sealed on both without signal; the handset's is sent first.
struct Twice {
    id: String,
    /// The seals' identities.
    handset: String,
    tablet: String,
}

fn sealed_twice(server: &mut Server, handset: &Person, tablet: &Person) -> Twice {
    let id = handset.new_record("disclosure", account("said first"));
    server.sync(&handset.field);
    server.sync(&tablet.field);
    tablet.edit(&id, "why_called", json!("changed on the tablet")).unwrap();
    let seal = |person: &Person| {
        let sealed = person.field.record_seal(record(&id)).unwrap();
        sealed["statement"].as_str().unwrap().to_owned()
    };
    let (first, second) = (seal(handset), seal(tablet));
    server.sync(&handset.field);
    server.sync(&tablet.field);
    server.sync(&handset.field);
    Twice { id, handset: first, tablet: second }
}

fn why(shown: &Json) -> (&Json, &Json) {
    (&shown["why_called"], &shown["accounts"][0]["body"]["why_called"])
}

#[test]
fn r7_an_account_sealed_again_stands_second_whatever_its_hash() {
    let mut server = Server::new();
    let handset = Person::enrolled(&mut server, "officer1");
    let tablet = Person::enrolled(&mut server, "officer1");
    let sergeant = Person::enrolled(&mut server, "sergeant1");
    let (mut lower, mut higher) = (false, false);
    for _ in 0..ROUNDS_MAX {
        let twice = sealed_twice(&mut server, &handset, &tablet);
        server.sync(&sergeant.field);
        let first = handset.show(&twice.id)["why_called"].clone();
        for person in [&handset, &tablet, &sergeant] {
            let shown = person.show(&twice.id);
            assert_eq!(why(&shown), (&first, &json!("changed on the tablet")));
            assert_eq!(shown["accounts"][0]["statement"], twice.tablet.as_str());
            assert_eq!(shown["accounts"].as_array().unwrap().len(), 1);
            assert_eq!(person.field.verify(None).unwrap()["faults"], json!([]));
        }
        // The maker of the second can choose how its hash sorts; both ways must have been seen.
        if twice.tablet < twice.handset {
            lower = true
        } else {
            higher = true
        }
        if lower && higher {
            return;
        }
    }
    panic!("in {ROUNDS_MAX} rounds every second seal sorted the same way");
}

#[test]
fn r7_what_is_not_sent_yet_stands_after_what_the_server_has() {
    let mut server = Server::new();
    let handset = Person::enrolled(&mut server, "officer1");
    let tablet = Person::enrolled(&mut server, "officer1");
    let id = handset.new_record("disclosure", account("said first"));
    server.sync(&handset.field);
    server.sync(&tablet.field);
    tablet.edit(&id, "why_called", json!("changed on the tablet")).unwrap();
    handset.field.record_seal(record(&id)).unwrap();
    tablet.field.record_seal(record(&id)).unwrap();
    // Until it hears of the other, each shows its own.
    assert_eq!(tablet.show(&id)["why_called"], "changed on the tablet");
    server.sync(&handset.field);
    server.sync(&tablet.field);
    assert_eq!(why(&tablet.show(&id)).1, "changed on the tablet");
    assert_eq!(tablet.list().iter().filter(|line| line["id"] == id.as_str()).count(), 1);
}
