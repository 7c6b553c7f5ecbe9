//! R88: what a school may not hold is in no byte it has: store, freed pages, memory, messages.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::canary::{DRAFT, OTHER, POLICE, SHARED, found_at_school, planted, store};
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
