//! Stores opened side by side, as an app with several users or a test runner does.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Folder, options};
use field_core::Field;

#[test]
fn stores_open_side_by_side_from_the_first_moment_of_a_process() {
    let folders: Vec<Folder> = (0..16).map(|number| Folder::new(&format!("side-{number}"))).collect();
    let start = std::sync::Barrier::new(folders.len());
    std::thread::scope(|scope| {
        for folder in &folders {
            scope.spawn(|| {
                start.wait();
                Field::open(options(folder.path())).unwrap();
            });
        }
    });
}
