//! R88: what a school may not hold is in no byte it has: store, freed pages, memory, messages.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::canary::{DRAFT, OTHER, POLICE, RELEASED, REPORTER, SHARED, found_at_school, planted, released, store};
use common::pages::{files, holds};

#[test]
fn r88_no_canary_of_another_compartment_is_at_the_school() {
    let mut scene = planted(common::programs(), &[]);
    assert_eq!(found_at_school(&mut scene), [""; 0]);
    let officer = store(&scene.officer);
    for canary in [POLICE, DRAFT, SHARED] {
        assert!(holds(&officer, canary), "the same search finds what the officer holds");
    }
    assert!(!holds(&officer, OTHER));
}

#[test]
fn r88_an_extract_is_all_that_the_school_has_of_the_account_it_is_of_and_names_no_reporter() {
    let mut scene = planted(common::programs(), &[]);
    let read = released(&mut scene);
    let [extract] = &read[..] else { panic!("one extract: {read:?}") };
    assert_eq!(extract["text"], format!("{RELEASED}, says [not named]."));
    assert_eq!((&extract["author"], &extract["parts"][0]), (&"officer".into(), &"words_verbatim".into()));
    let account = extract["of"].as_str().unwrap();
    assert_eq!(scene.officer.say(&["show", account]).unwrap()["kind"], "disclosure");
    assert!(scene.lead.say(&["show", account]).is_err(), "the account itself is not theirs");
    assert_eq!(found_at_school(&mut scene), [""; 0]);
    assert!(holds(&store(&scene.lead), RELEASED), "the same search finds what was released");
    assert!(holds(&store(&scene.officer), REPORTER), "and whom only the police hold");
}

#[test]
fn r92_without_the_key_no_file_of_any_device_or_the_server_holds_a_readable_word() {
    let scene = planted(common::programs(), &[]);
    let devices = [&scene.officer, &scene.sergeant, &scene.lead, &scene.stranger];
    for folder in devices.map(|h| h.store().to_path_buf()).iter().chain([&scene.server.dir().to_path_buf()]) {
        for file in files(folder) {
            let bytes = std::fs::read(&file).unwrap();
            for canary in [POLICE, DRAFT, OTHER, SHARED, "canary", "a pupil"] {
                assert!(!holds(&bytes, canary), "{} holds a readable word", file.display());
            }
        }
    }
}
