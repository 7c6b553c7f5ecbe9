//! Bundles (R97): what one proves, what is noticed, and what a hostile one cannot do.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm
)]

mod common;

use std::path::PathBuf;

use common::server::Server;
use common::{Folder, Person, account, action, code, concern, record};
use documents::{Opened, Statement};
use field_core::bundle::{Export, What, verify_bytes};
use field_core::{Field, FieldError};
use serde_json::{Value as Json, json};
use signed::cbor::{self, Map, Value};
use signed::digest::sha256;
use signed::{RingSigner, Signer};

/// An officer with a case of an account, a concern and an action that was carried out.
struct Desk {
    _server: Server,
    officer: Person,
    folder: Folder,
    case: String,
    account: String,
}

impl Desk {
    fn new() -> Self {
        let mut server = Server::new();
        let officer = Person::enrolled(&mut server, "officer1");
        let sergeant = Person::enrolled(&mut server, "sergeant1");
        let account = officer.new_record("disclosure", account("He said it was our secret."));
        officer.field.record_seal(record(&account)).unwrap();
        let case = officer.show(&account)["case"].as_str().unwrap().to_owned();
        let mut worry = concern("a worry about a child");
        worry["case"] = json!(case);
        officer.new_record("concern", worry);
        let mut asked = action("please visit");
        asked["case"] = json!(case);
        let asked = officer.new_record("action", asked);
        officer.step(&asked, "accept", json!({})).unwrap();
        let text = Some(String::from("Said so again at 10."));
        officer.field.record_addendum(record(&account), text, vec![], "asked again").unwrap();
        for person in [&officer, &sergeant, &officer] {
            server.sync(&person.field);
        }
        let folder = Folder::new("desk");
        std::fs::create_dir_all(folder.path()).unwrap();
        Self { _server: server, officer, folder, case, account }
    }

    fn export(&self) -> Export {
        let to = self.folder.path().join("bundle");
        Export { what: What::Case(record(&self.case)), to, purpose: None, to_whom: None, with_reporter: false }
    }

    fn bundle(&self) -> Vec<u8> {
        self.officer.field.export(&self.export()).unwrap();
        std::fs::read(self.folder.path().join("bundle")).unwrap()
    }
}

fn map(bytes: &[u8]) -> Map {
    let Value::Map(map) = cbor::decode(bytes).unwrap() else { panic!("no map") };
    map
}

fn list<'a>(map: &'a mut Map, name: &str) -> &'a mut Vec<Value> {
    let Some(Value::Array(items)) = map.get_mut(name) else { panic!("no {name}") };
    items
}

fn fields(value: &mut Value) -> &mut Map {
    let Value::Map(map) = value else { panic!("no map") };
    map
}

fn codes(verified: &Json) -> Vec<&str> {
    verified["faults"].as_array().unwrap().iter().map(|fault| fault["code"].as_str().unwrap()).collect()
}

/// What checking says of a bundle that was changed.
fn changed(bytes: &[u8], change: impl FnOnce(&mut Map)) -> Json {
    let mut map = map(bytes);
    change(&mut map);
    let verified = verify_bytes(&cbor::encode(&Value::Map(map)), &[]);
    assert_eq!(verified["ok"], false, "{verified}");
    assert!(codes(&verified).contains(&"B.seal"), "whatever is changed, the seal is broken: {verified}");
    verified
}

#[test]
fn r97_a_whole_bundle_holds_and_says_who_made_it_and_by_whose_key() {
    let desk = Desk::new();
    let bytes = desk.bundle();
    let verified = verify_bytes(&bytes, &[]);
    assert_eq!(verified["ok"], true, "{verified}");
    assert_eq!((&verified["exported_by"], &verified["shown_checked"]), (&json!("officer1"), &json!(true)));
    assert!(verified["records"].as_u64().unwrap() >= 3 && verified["statements"].as_u64().unwrap() >= 5, "{verified}");
    assert!(verified["receipts"].as_u64().unwrap() >= 1 && verified["reads"].as_u64().unwrap() >= 3, "{verified}");
    let pin: [u8; 32] =
        data_encoding::HEXLOWER.decode(verified["pins"][0].as_str().unwrap().as_bytes()).unwrap().try_into().unwrap();
    assert_eq!(verify_bytes(&bytes, &[pin])["ok"], true);
    assert!(codes(&verify_bytes(&bytes, &[[7; 32]])).contains(&"B.pin"));
}

#[test]
fn r97_each_thing_that_is_changed_or_taken_out_is_named_for_what_it_is() {
    let bytes = Desk::new().bundle();
    let names = |verified: Json, wanted: &str| assert!(codes(&verified).contains(&wanted), "{wanted}: {verified}");
    names(changed(&bytes, |map| drop(list(map, "records").pop())), "B.statements");
    names(changed(&bytes, |map| drop(list(map, "statements").pop())), "B.statements");
    names(changed(&bytes, |map| list(map, "directory").clear()), "B.signature");
    names(changed(&bytes, |map| drop(map.remove("keys"))), "B.keys");
    names(changed(&bytes, |map| list(map, "server_keys")[0] = Value::bytes([4; 91])), "B.server_key");
    names(changed(&bytes, |map| drop(map.remove("reads"))), "B.reads");
    names(changed(&bytes, |map| drop(list(map, "reads").remove(1))), "B.reads");
    names(changed(&bytes, |map| drop(list(map, "reads").pop())), "B.reads");
    let forged = |map: &mut Map| {
        let receipt = fields(&mut list(map, "receipts")[0]);
        receipt.insert("frame".into(), Value::bytes([9; 32]));
    };
    names(changed(&bytes, forged), "B.receipt");
    let reworded = |map: &mut Map| {
        for record in list(map, "records") {
            let record = fields(record);
            let shown = record["shown"].as_text().unwrap().replace("our secret", "her secret");
            record.insert("shown".into(), Value::text(shown));
        }
    };
    names(changed(&bytes, reworded), "B.shown");
    let swapped = |map: &mut Map| {
        let other = fields(&mut list(map, "records")[0])["changes"].clone();
        fields(&mut list(map, "records")[1]).insert("changes".into(), other);
    };
    names(changed(&bytes, swapped), "B.change");
    let delivered = |map: &mut Map| {
        let row = [("record", Value::bytes([1; 16])), ("statement", Value::bytes([2; 32])), ("to", Value::text("x"))];
        list(map, "delivery").push(cbor::map(row));
    };
    names(changed(&bytes, delivered), "B.delivery");
}

/// A bundle of somebody else's words under a seal of their own: the keys are not vouched for.
#[test]
fn r97_a_seal_by_a_stranger_or_over_other_words_holds_nothing() {
    let bytes = Desk::new().bundle();
    let mut map = map(&bytes);
    list(&mut map, "records").pop();
    let Some(Value::Bytes(seal)) = map.remove("seal") else { panic!("no seal") };
    let hash = sha256(&cbor::encode(&Value::Map(map.clone())));
    let opened = Opened::read(&seal).unwrap();
    let content = Map::from([(String::from("sha256"), Value::bytes(hash))]);
    let statement = Statement { content, ..opened.statement };
    let stranger = RingSigner::generate().unwrap();
    map.insert("seal".into(), Value::Bytes(statement.sign(&stranger).unwrap()));
    let mut keys = fields(map.get_mut("keys").unwrap()).clone();
    keys.insert(stranger.public_key().id().to_string(), Value::bytes(stranger.public_key().spki()));
    map.insert("keys".into(), Value::Map(keys));
    let verified = verify_bytes(&cbor::encode(&Value::Map(map)), &[]);
    assert!(codes(&verified).contains(&"B.seal"), "{verified}");
}

#[test]
fn r91_an_export_is_logged_before_the_file_exists() {
    let desk = Desk::new();
    let nowhere = Export {
        to: PathBuf::from("/no/such/folder/bundle"),
        purpose: Some("a first try".into()),
        to_whom: Some("inspectorate".into()),
        ..desk.export()
    };
    let refused = desk.officer.field.export(&nowhere).unwrap_err();
    assert_eq!(code(&refused), "STORE.io");
    let mut map = map(&desk.bundle());
    let said: Vec<String> = list(&mut map, "reads")
        .iter_mut()
        .filter_map(|row| Some(fields(row).get("entry")?.as_map()?.get("purpose")?.as_text()?.to_owned()))
        .collect();
    assert!(said.iter().any(|said| said == "export; to: inspectorate; for: a first try"), "{said:?}");
    let long = Export { purpose: Some("x".repeat(201)), ..desk.export() };
    assert_eq!(code(&desk.officer.field.export(&long).unwrap_err()), "I.too_large");
}

#[cfg(unix)]
#[test]
fn r97_the_file_is_its_owners_alone_also_where_another_stood() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new();
    let to = desk.folder.path().join("bundle");
    std::fs::write(&to, b"before").unwrap();
    std::fs::set_permissions(&to, std::fs::Permissions::from_mode(0o644)).unwrap();
    desk.bundle();
    assert_eq!(std::fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
    let left: Vec<_> = std::fs::read_dir(desk.folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left, ["bundle"]);
}

fn export(field: &Field, export: &Export) -> Result<Json, FieldError> {
    field.export(export)
}

#[test]
fn r47_no_reporter_leaves_with_a_bundle_unless_a_holder_of_the_vault_asks_and_that_is_logged() {
    let desk = Desk::new();
    let officer = &desk.officer;
    let asked = |with_reporter| Export { with_reporter, ..desk.export() };
    let denied = export(&officer.field, &asked(true)).unwrap_err();
    assert_eq!(code(&denied), "I.denied", "no vault of this case is held");
    let neighbour = json!({ "roles": ["reporter"], "names": ["Henrietta Vane"], "phones": ["07700 900123"],
        "case": desk.case });
    officer.new_record("person", neighbour);
    // Named after a line break too, in a reason, and in a value that was replaced since.
    let mut worry = concern("heard through the wall.\nHenrietta told me");
    worry["case"] = json!(desk.case);
    officer.new_record("concern", worry);
    officer.field.record_addendum(record(&desk.account), Some("more".into()), vec![], "Ms Vane rang").unwrap();
    let made = export(&officer.field, &asked(false)).unwrap();
    assert!(made["masked"].as_u64().unwrap() >= 2, "{made}");
    let bytes = std::fs::read(desk.folder.path().join("bundle")).unwrap();
    for word in ["Henrietta", "Vane", "900123"] {
        assert!(!holds(&bytes, word), "{word}");
    }
    let verified = verify_bytes(&bytes, &[]);
    assert_eq!((&verified["ok"], &verified["masked"]), (&json!(true), &made["masked"]), "{verified}");

    let whole = export(&officer.field, &asked(true)).unwrap();
    assert_eq!(whole["masked"], 0);
    let bytes = std::fs::read(desk.folder.path().join("bundle")).unwrap();
    assert!(holds(&bytes, "Henrietta Vane"));
    assert!(holds(&bytes, "export with reporter"), "it is in the log of reads");
    assert_eq!(verify_bytes(&bytes, &[])["ok"], true);
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

/// Random numbers from a printed seed; `BUNDLE_SEED=<seed>` plays it again.
struct Dice(u64);

impl Dice {
    fn new() -> Self {
        let clock = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
        let seed = std::env::var("BUNDLE_SEED").ok().and_then(|text| text.parse().ok());
        let seed = seed.unwrap_or_else(|| u64::try_from(clock() & 0xffff_ffff).unwrap());
        println!("BUNDLE_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap()
    }
}

/// Changes one value somewhere in a tree.
fn disturb(value: &mut Value, dice: &mut Dice) {
    match value {
        Value::Array(items) if !items.is_empty() && dice.below(8) > 0 => {
            let at = dice.below(items.len());
            match dice.below(6) {
                0 => drop(items.remove(at)),
                1 => items.push(items[at].clone()),
                _ => disturb(&mut items[at], dice),
            }
        }
        Value::Map(map) if !map.is_empty() && dice.below(8) > 0 => {
            let name = map.keys().nth(dice.below(map.len())).unwrap().clone();
            match dice.below(10) {
                0 => drop(map.remove(&name)),
                1 => drop(map.insert("strange".into(), Value::Null)),
                _ => disturb(map.get_mut(&name).unwrap(), dice),
            }
        }
        Value::Bytes(bytes) if !bytes.is_empty() && dice.below(8) > 0 => {
            let at = dice.below(bytes.len());
            match dice.below(4) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, 0xff),
                _ => bytes[at] ^= 1 << dice.below(8),
            }
        }
        Value::Int(number) if dice.below(2) == 0 => *number = number.wrapping_mul(-7).wrapping_add(i64::MAX),
        other => {
            *other = [
                Value::Null,
                Value::Int(i64::MIN),
                Value::Bytes(vec![0; 91]),
                Value::text("{\"a\":[1]}"),
                Value::Array(vec![Value::Null; 9]),
                Value::Map(Map::new()),
                Value::Bool(true),
            ][dice.below(7)]
            .clone();
        }
    }
}

#[test]
fn a_bundle_that_is_disturbed_anywhere_is_refused_and_never_a_panic() {
    let bytes = Desk::new().bundle();
    let whole = cbor::decode(&bytes).unwrap();
    let mut dice = Dice::new();
    for round in 0..600 {
        let disturbed = if round % 2 == 0 {
            let mut bytes = bytes.clone();
            for _ in 0..=dice.below(3) {
                let at = dice.below(bytes.len());
                match dice.below(4) {
                    0 => bytes.truncate(at),
                    1 => bytes.insert(at, u8::try_from(dice.below(256)).unwrap()),
                    _ => bytes[at] ^= 1 << dice.below(8),
                }
                if bytes.is_empty() {
                    break;
                }
            }
            bytes
        } else {
            let mut value = whole.clone();
            for _ in 0..=dice.below(3) {
                disturb(&mut value, &mut dice);
            }
            cbor::encode(&value)
        };
        if disturbed != bytes {
            let verified = verify_bytes(&disturbed, &[]);
            assert_eq!(verified["ok"], false, "round {round}");
        }
    }
}

#[test]
fn what_would_take_more_memory_than_a_bundle_may_is_refused_before_it_is_built() {
    for hostile in [
        // A million and more values; one array that says it is longer than anything; nesting.
        [vec![0x9a, 0x00, 0x20, 0x00, 0x00], vec![0xf6; 0x20_0000]].concat(),
        vec![0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        vec![0x81; 1_000_000],
        Vec::new(),
    ] {
        assert_eq!(codes(&verify_bytes(&hostile, &[])), ["B.form"]);
    }
}

#[test]
fn an_export_of_nothing_is_not_found_and_leaves_no_file() {
    let desk = Desk::new();
    let nothing = Export { what: What::Record(record("019aa7f0-5b00-7c3d-8a11-0242ac120002")), ..desk.export() };
    assert_eq!(code(&desk.officer.field.export(&nothing).unwrap_err()), "I.not_found");
    assert!(!desk.folder.path().join("bundle").exists());
}
