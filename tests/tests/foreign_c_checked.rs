//! The story in C under valgrind and AddressSanitizer: not one wrong access, nothing lost.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::process::Command;

use common::checked::{ASAN, sanitized, valgrind};
use common::compile::{C99, Link, STORY, compile};
use common::{Folder, foreign};

const PLANTED: &str = "tests/c/planted.c";

#[test]
fn the_story_is_clean_under_valgrind() {
    let folder = Folder::new();
    let program = folder.path().join("story");
    compile(&C99, &[STORY], Link::Shared, &[], &program);
    foreign::tell(valgrind(&program));
}

#[test]
fn the_story_is_clean_under_address_sanitizer() {
    let folder = Folder::new();
    let program = folder.path().join("story");
    compile(&C99, &[STORY], Link::Shared, &ASAN, &program);
    foreign::tell(sanitized(&program));
}

#[test]
fn both_checkers_see_what_an_app_does_wrong_with_an_answer() {
    let folder = Folder::new();
    let (plain, watched) = (folder.path().join("plain"), folder.path().join("watched"));
    compile(&C99, &[PLANTED], Link::Shared, &[], &plain);
    compile(&C99, &[PLANTED], Link::Shared, &ASAN, &watched);
    let ended = |mut checked: Command, fault: &str| checked.arg(fault).output().unwrap().status.code();
    for (fault, by_valgrind, by_sanitizer) in [("none", 0, 0), ("leak", 99, 98), ("past", 99, 98)] {
        assert_eq!(ended(valgrind(&plain), fault), Some(by_valgrind), "{fault}");
        assert_eq!(ended(sanitized(&watched), fault), Some(by_sanitizer), "{fault}");
    }
}
