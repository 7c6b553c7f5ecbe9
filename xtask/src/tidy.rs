//! `cargo xtask tidy`: what the house promises about itself and no compiler checks.

pub(crate) mod arrows;
mod changelog;
mod invariants;
pub(crate) mod pages;
mod pure;
mod settings;
mod sizes;
mod sources;
mod words;

use std::fmt;
use std::path::Path;

use crate::{metadata, parts};

/// Something that is not as it should be, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    place: String,
    what: String,
}

impl Fault {
    /// A fault at a path, with a line where one is known: `crates/wire/src/frame.rs:12`.
    pub(crate) fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Looks at everything and prints every fault, so that one run is enough to mend them.
pub(crate) fn run(root: &Path) -> Result<(), String> {
    let packages = metadata::packages(root)?;
    let files = sources::read(root)?;
    let mut faults = arrows::faults(&packages);
    faults.extend(parts::faults(&packages));
    faults.extend(pure::faults(&packages, &files));
    faults.extend(pages::faults(&files));
    faults.extend(sizes::faults(&files, sizes::LONG));
    faults.extend(words::faults(&files));
    faults.extend(invariants::faults(&files, invariants::UNGUARDED));
    faults.extend(changelog::faults(&files));
    faults.extend(settings::faults(&files));
    faults.sort();
    for fault in &faults {
        println!("{fault}");
    }
    match faults.len() {
        0 => {
            println!("tidy: {} files, {} packages", files.len(), packages.len());
            Ok(())
        }
        count => Err(format!("faults found: {count}")),
    }
}

/// Writes down that every protocol page describes the sources as they are now.
pub(crate) fn accept(root: &Path) -> Result<(), String> {
    let files = sources::read(root)?;
    for page in pages::behind(&files) {
        println!("{page}: its sources changed and it did not; you say that it is still true");
    }
    let lock = pages::lock(&files);
    std::fs::write(root.join(pages::LOCK), lock).map_err(|error| format!("{}: {error}", pages::LOCK))
}
