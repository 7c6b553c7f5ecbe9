//! The story in C under valgrind and AddressSanitizer: not one wrong access, nothing lost.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::path::Path;
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
    let checkers: [(fn(&Path) -> Command, &Path, i32); 2] = [(valgrind, &plain, 99), (sanitized, &watched, 98)];
    for (checker, program, found) in checkers {
        for (fault, expected) in [("none", 0), ("leak", found), ("past", found)] {
            let ended = checker(program).arg(fault).output().unwrap();
            let said = String::from_utf8_lossy(&ended.stderr);
            assert_eq!(ended.status.code(), Some(expected), "{fault}: {said}");
        }
    }
}
