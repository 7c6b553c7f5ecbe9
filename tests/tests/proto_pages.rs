//! The pages of `proto/` say what the code says: every code, every limit, every version.
//!
//! `FIRSTHAND_WRITE_CODES=1 cargo test -p system-tests --test proto_pages` writes the table of
//! codes anew.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::PathBuf;

use signed::code;
use wire::{codec, limits, version};

fn path(page: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../proto").join(page)
}

fn page(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

const TABLE: &str = "| number | code | class |\n|---|---|---|\n";

fn codes() -> String {
    let mut all = code::ALL.to_vec();
    all.sort_by_key(|code| code.number);
    let rows = all.iter().map(|code| format!("| {} | `{}` | {} |\n", code.number, code.name, code.class.as_str()));
    TABLE.to_owned() + &rows.collect::<String>()
}

#[test]
fn the_table_of_codes_is_current() {
    let text = page("codes.md");
    let (before, _) = text.split_once(TABLE).expect("codes.md has its table, at its end");
    let current = before.to_owned() + &codes();
    if std::env::var_os("FIRSTHAND_WRITE_CODES").is_some() {
        std::fs::write(path("codes.md"), &current).unwrap();
        return;
    }
    assert!(text == current, "proto/codes.md is not the list in the code; see the head of this test's file");
}

#[test]
fn every_class_is_explained() {
    let text = page("codes.md");
    for code in code::ALL {
        assert!(text.contains(&format!("**{}**", code.class.as_str())), "{}", code.class.as_str());
    }
}

macro_rules! named {
    ($($name:ident),* $(,)?) => { [$((stringify!($name), limits::$name.to_string())),*] };
}

#[test]
fn the_limits_on_the_page_are_those_in_the_code() {
    let text = page("transport.md");
    for (name, value) in named![
        MESSAGE_BYTES_MAX,
        ENROL_BYTES_MAX,
        FRAME_BODY_BYTES_MAX,
        FRAME_PACKED_BYTES_MAX,
        ITEMS_PER_FRAME_MAX,
        CHANGES_PER_FRAME_MAX,
        ROWS_PER_PAGE_MAX,
        PAGE_BODY_BYTES_MAX,
        PAGE_PACKED_BYTES_MAX,
        VALUES_MAX,
        PATH_MAX,
        VERSIONS_MAX,
        NEED_MAX,
        STATEMENTS_PER_ITEM_MAX,
        LOG_HEAD_BYTES_MAX,
        ROLE_BYTES_MAX,
        DIRECTORY_MAX,
        SERVER_KEYS_MAX,
        SERVER_KEY_BYTES_MAX,
        ENROLMENT_CODE_CHARS_MAX,
        ADDRESS_BYTES_MAX,
        MEDIA_BYTES_MAX,
        MEDIA_CHUNK_BYTES_MAX,
        MEDIA_WINDOW_BYTES,
        RELAY_PAD_BYTES,
        RELAY_PART_BYTES_MAX,
        RELAY_PARTS_MAX,
        RELAY_FILE_BYTES_MAX,
    ] {
        let row = format!("| `{name}` | {value} |");
        assert!(text.contains(&row), "proto/transport.md has no row {row}");
    }
}

#[test]
fn versions_and_message_numbers_are_listed() {
    let text = page("README.md");
    for version in version::SUPPORTED {
        assert!(text.contains(&format!("| {version} | 20")), "version {version} has no row with a date");
    }
    use codec::number::{COMMITTED, ENROL, ENROLLED, ERASE, ERASED, HELLO, PAGE, PUSH, RECEIPT, REFUSE, WELCOME};
    use codec::number::{MEDIA_CHUNK, MEDIA_DONE, MEDIA_FETCH, MEDIA_HAVE, MEDIA_OFFER, MEDIA_REFUSE, RELAY, RELAYED};
    let named = [
        (HELLO, "Hello"),
        (WELCOME, "Welcome"),
        (PUSH, "Push"),
        (RECEIPT, "Receipt"),
        (PAGE, "Page"),
        (COMMITTED, "Committed"),
        (REFUSE, "Refuse"),
        (ERASE, "Erase"),
        (ERASED, "Erased"),
        (MEDIA_OFFER, "MediaOffer"),
        (MEDIA_HAVE, "MediaHave"),
        (MEDIA_CHUNK, "MediaChunk"),
        (MEDIA_DONE, "MediaDone"),
        (MEDIA_FETCH, "MediaFetch"),
        (MEDIA_REFUSE, "MediaRefuse"),
        (RELAY, "Relay"),
        (RELAYED, "Relayed"),
        (ENROL, "Enrol"),
        (ENROLLED, "Enrolled"),
    ];
    for (number, name) in named {
        let row = format!("| {number} | {name} |");
        assert!(text.contains(&row), "proto/README.md has no row {row}");
    }
    assert!(text.contains(&signed::ids::NAMESPACE.to_string()), "the namespace of derived ids");
    let transport = page("transport.md");
    for alpn in [version::ALPN, version::ALPN_ENROL] {
        assert!(transport.contains(&format!("`{}`", String::from_utf8_lossy(alpn))));
    }
}
