//! Attached files through the C interface.
#![allow(unsafe_code, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::undocumented_unsafe_blocks)]

mod common;

use common::{Folder, account, action, bytes, call, enrolled, refused};
use field::{
    FIELD_OK, field_attachment_add, field_attachment_fetch, field_close, field_network_changed, field_record_do,
    field_record_new, field_record_seal, field_record_show, field_status_get,
};
use serde_json::{Value as Json, json};

#[test]
fn r80_a_file_is_attached_by_path_or_in_base64_listed_and_opened_again() {
    let folder = Folder::new();
    let store = enrolled(&folder);
    let draft = call(field_record_new, store, &account("it is on the paper"));
    let photo = folder.0.join("photo.jpg");
    std::fs::write(&photo, b"a photo of a paper").unwrap();
    let by_path = json!({ "id": draft["id"], "path": photo, "type": "image/jpeg" });
    let by_path = call(field_attachment_add, store, &by_path);
    let inline = json!({ "id": draft["id"], "base64": "YSBkcmF3aW5n" });
    let inline = call(field_attachment_add, store, &inline);
    assert_eq!((by_path["bytes"].as_u64(), by_path["type"].as_str()), (Some(18), Some("image/jpeg")));
    assert_eq!(inline["bytes"], 9);
    call(field_record_seal, store, &json!({ "id": draft["id"] }));
    let shown = call(field_record_show, store, &json!({ "id": draft["id"] }));
    let listed: Vec<&Json> = shown["attachments"].as_array().unwrap().iter().map(|file| &file["sha256"]).collect();
    assert_eq!(listed, [&by_path["sha256"], &inline["sha256"]]);
    assert_eq!(call(field_status_get, store, &json!({}))["unsent"]["media"], 2);
    let to = folder.0.join("shown");
    let fetch = json!({ "id": draft["id"], "sha256": inline["sha256"], "to": to });
    assert_eq!(call(field_attachment_fetch, store, &fetch)["to"], json!(to));
    assert_eq!(std::fs::read(&to).unwrap(), b"a drawing");
    assert_eq!(field_close(store), FIELD_OK);
}

#[test]
fn what_cannot_be_attached_or_opened_is_said_by_its_code() {
    let folder = Folder::new();
    let store = enrolled(&folder);
    let id = call(field_record_new, store, &action("the footage"))["id"].clone();
    let add = |more: Json| {
        let mut request = more;
        request["id"] = id.clone();
        refused(field_attachment_add, store, &request).1
    };
    assert_eq!(add(json!({})), "I.value");
    assert_eq!(add(json!({ "path": "/tmp/a", "base64": "eA==" })), "I.value");
    assert_eq!(add(json!({ "base64": "no base64" })), "I.value");
    assert_eq!(add(json!({ "path": "/nowhere/at/all" })), "I.value");
    assert_eq!(add(json!({ "base64": "eA==", "type": "a name, in words" })), "I.value");
    let file = call(field_attachment_add, store, &json!({ "id": id, "base64": "eA==" }));
    let fetch = |sha256: Json| {
        refused(field_attachment_fetch, store, &json!({ "id": id, "sha256": sha256, "to": folder.0.join("x") })).1
    };
    assert_eq!(fetch(json!("00".repeat(32))), "I.not_found");
    assert_eq!(fetch(json!("photo")), "I.value");
    // A file that is not here any more needs the network, and there is none.
    std::fs::remove_dir_all(folder.0.join("store/media")).unwrap();
    let network = br#"{"available":false}"#;
    assert_eq!(unsafe { field_network_changed(store, bytes(network)) }, FIELD_OK);
    assert_eq!(fetch(file["sha256"].clone()), "D.offline");
    let flag = json!({ "id": id, "verb": "flag_image", "body": { "sha256": file["sha256"], "reason": "r" } });
    call(field_record_do, store, &flag);
    assert_eq!(fetch(file["sha256"].clone()), "R110.locked");
    assert_eq!(field_close(store), FIELD_OK);
}
