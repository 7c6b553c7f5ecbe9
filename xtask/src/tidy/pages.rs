//! Protocol pages that fell behind.
//!
//! A page in `proto/` is what a second implementer works from. [`LOCK`] keeps, for every page, a
//! hash of the page and one of the sources that implement it. When the sources change and the
//! page does not, someone has to read the page and either mend it or say that it is still true:
//! `cargo xtask tidy --accept` writes the hashes down again.

use std::collections::BTreeMap;

use super::Fault;
use super::sources::Files;

/// The committed hashes.
pub(crate) const LOCK: &str = "proto/PAGES.lock";

/// Each page, and the files or folders it describes.
const PAGES: &[(&str, &[&str])] = &[
    ("proto/README.md", &["crates/signed/src/ids.rs", "crates/wire/src/version.rs"]),
    ("proto/assumptions.md", &["crates/wire/src/message.rs", "crates/documents/src/change.rs"]),
    ("proto/bundle.md", &["crates/field-core/src/bundle/"]),
    ("proto/codes.md", &["crates/signed/src/code.rs"]),
    (
        "proto/documents.md",
        &[
            "crates/signed/src/cbor.rs",
            "crates/signed/src/cose.rs",
            "crates/documents/src/change.rs",
            "crates/documents/src/check.rs",
            "crates/documents/src/declaration.rs",
            "crates/documents/src/statement.rs",
            "crates/documents/src/template.rs",
        ],
    ),
    ("proto/messages.cddl", &["crates/wire/src/message.rs", "crates/wire/src/codec/"]),
    (
        "proto/relay.md",
        &["crates/wire/src/relay.rs", "crates/signed/src/sealed.rs", "crates/sync-server/src/core/relay.rs"],
    ),
    ("proto/sync.md", &["crates/sync-engine/src/"]),
    ("proto/transport.md", &["crates/transport/src/", "crates/wire/src/enrolment.rs", "crates/wire/src/limits.rs"]),
];

/// What one line of the lock says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hashes {
    page: u64,
    sources: u64,
}

/// Every page that is not as the lock says, or that the table does not know.
pub(crate) fn faults(files: &Files) -> Vec<Fault> {
    let locked = locked(files);
    let now = now(files);
    let mut faults = Vec::new();
    for page in files.keys().filter(|path| is_page(path) && !now.contains_key(path.as_str())) {
        faults.push(Fault::new(page, "this page has no row in xtask/src/tidy/pages.rs"));
    }
    for page in locked.keys().filter(|page| !now.contains_key(page.as_str())) {
        faults.push(Fault::new(LOCK, format!("{page} is gone; `cargo xtask tidy --accept`")));
    }
    for (page, hashes) in &now {
        let what = match locked.get(*page) {
            Some(old) if old == hashes => continue,
            Some(old) if old.page == hashes.page => {
                "fell behind: its sources changed and it did not. Mend it, or read it and `cargo xtask tidy --accept`"
            }
            Some(_) | None => "is newer than the lock; `cargo xtask tidy --accept`",
        };
        faults.push(Fault::new(*page, what));
    }
    faults
}

/// The pages whose sources changed while they stayed the same.
pub(crate) fn behind(files: &Files) -> Vec<&'static str> {
    let locked = locked(files);
    let behind = |page: &str, now: &Hashes| {
        locked.get(page).is_some_and(|old| old.page == now.page && old.sources != now.sources)
    };
    now(files).iter().filter(|(page, now)| behind(page, now)).map(|(page, _)| *page).collect()
}

/// The lock as it should be now.
pub(crate) fn lock(files: &Files) -> String {
    let mut text = String::from("# page, its hash, the hash of its sources; written by `cargo xtask tidy --accept`\n");
    for (page, hashes) in now(files) {
        text.push_str(&format!("{page} {:016x} {:016x}\n", hashes.page, hashes.sources));
    }
    text
}

fn is_page(path: &str) -> bool {
    let name = path.strip_prefix("proto/").unwrap_or_default();
    !name.contains('/') && (name.ends_with(".md") || name.ends_with(".cddl"))
}

fn locked(files: &Files) -> BTreeMap<String, Hashes> {
    let lines = files.get(LOCK).map(String::as_str).unwrap_or_default().lines();
    lines
        .filter_map(|line| {
            let mut words = line.split(' ');
            let page = words.next().filter(|page| *page != "#")?;
            let mut hash = || u64::from_str_radix(words.next()?, 16).ok();
            Some((page.to_string(), Hashes { page: hash()?, sources: hash()? }))
        })
        .collect()
}

/// The pages that exist, as they and their sources are. A page that is not written yet cannot
/// fall behind.
fn now(files: &Files) -> BTreeMap<&'static str, Hashes> {
    let mut now = BTreeMap::new();
    for (page, sources) in PAGES {
        let Some(text) = files.get(*page) else { continue };
        let described = |path: &str| sources.iter().any(|source| path.starts_with(source));
        let mut hash = Fnv::new();
        for (path, text) in files.iter().filter(|(path, _)| described(path)) {
            hash.write(path);
            hash.write(text);
        }
        let sources = hash.0;
        hash = Fnv::new();
        hash.write(text);
        now.insert(*page, Hashes { page: hash.0, sources });
    }
    now
}

/// FNV-1a, 64 bits. It has to notice an edit, not to withstand anyone.
struct Fnv(u64);

impl Fnv {
    const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// With a byte behind it that no UTF-8 text holds, so that borders count.
    fn write(&mut self, text: &str) {
        self.bytes(text.as_bytes());
        self.bytes(&[0xff]);
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "proto/messages.cddl";
    const SOURCE: &str = "crates/wire/src/message.rs";

    fn accepted() -> Files {
        let mut files = Files::from([(PAGE.into(), "a".into()), (SOURCE.into(), "b".into())]);
        files.insert(LOCK.into(), lock(&files));
        files
    }

    fn with(path: &str, text: &str) -> Files {
        let mut files = accepted();
        files.insert(path.into(), text.into());
        files
    }

    #[test]
    fn a_page_that_was_accepted_is_in_order() {
        assert_eq!(faults(&accepted()), []);
    }

    #[test]
    fn a_page_whose_sources_changed_without_it_fell_behind() {
        for files in [with(SOURCE, "c"), with("crates/wire/src/codec/new.rs", "c")] {
            let found = faults(&files);
            assert_eq!(found.len(), 1);
            assert!(found[0].to_string().contains("fell behind"));
            assert_eq!(behind(&files), [PAGE]);
        }
        assert_eq!(faults(&with("crates/signed/src/cbor.rs", "c")), []);
    }

    #[test]
    fn a_change_of_both_has_to_be_written_down() {
        let mut files = with(SOURCE, "c");
        files.insert(PAGE.into(), "d".into());
        assert_eq!(faults(&files).len(), 1);
        assert!(behind(&files).is_empty());
        files.insert(LOCK.into(), lock(&files));
        assert_eq!(faults(&files), []);
    }

    #[test]
    fn a_page_without_a_row_and_a_row_without_a_page_are_noticed() {
        assert_eq!(faults(&with("proto/new.md", "x")).len(), 1);
        assert_eq!(faults(&with("proto/vectors/README.md", "x")), []);
        let mut files = accepted();
        files.remove(PAGE);
        assert_eq!(faults(&files).len(), 1);
    }

    #[test]
    fn the_hash_is_the_published_one() {
        let mut hash = Fnv::new();
        hash.bytes(b"foobar");
        assert_eq!(hash.0, 0x8594_4171_f739_67e8);
    }
}
