//! Bytes that are not UTF-8 are that, whichever function they are given to.
#![allow(unsafe_code, clippy::unwrap_used, clippy::undocumented_unsafe_blocks)]

use field::{
    FIELD_OK, FIELD_UTF8, FieldBuffer, FieldBytes, field_close, field_network_changed, field_open, field_search,
};

fn lend(bytes: &[u8]) -> FieldBytes {
    FieldBytes { data: bytes.as_ptr(), len: bytes.len() }
}

#[test]
fn what_is_not_utf8_is_refused_as_that_with_and_without_an_answer() {
    let folder = std::env::temp_dir().join(format!("firsthand-bytes-{}", std::process::id()));
    let config = format!(r#"{{"path":"{}"}}"#, folder.display());
    let (mut store, mut out) = (0, FieldBuffer { data: std::ptr::null_mut(), len: 0 });
    let opened = unsafe {
        field_open(lend(config.as_bytes()), lend(&[7; 32]), std::ptr::null(), &raw mut store, std::ptr::null_mut())
    };
    assert_eq!(opened, FIELD_OK);
    for bytes in [&b"{\"available\":true,\"interface\":\"\xff\"}"[..], b"\xed\xa0\x80"] {
        assert_eq!(unsafe { field_search(store, lend(bytes), &raw mut out) }, FIELD_UTF8);
        unsafe { field::field_buffer_free(&raw mut out) };
        assert_eq!(unsafe { field_network_changed(store, lend(bytes)) }, FIELD_UTF8);
    }
    assert_eq!(field_close(store), FIELD_OK);
    std::fs::remove_dir_all(folder).unwrap();
}
