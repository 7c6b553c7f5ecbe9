//! Makes the vectors. Run with `FIRSTHAND_WRITE_VECTORS=1` after a change of the protocol, and read
//! the difference before you commit it: signatures are new each time, nothing else may be new
//! without a reason.

mod documents;
mod messages;
mod proofs;

use serde_json::{Value as Json, json};
use signed::{DeviceId, Incarnation, PublicKey, RecordId, RingSigner, Signer as _, Timestamp, UserId, Value};
use wire::Epoch;

use super::{hex, notation, proto, to_hex};

/// One vector in the making: its fields in the order in which a reader wants them.
pub(crate) struct Made(Vec<(&'static str, Json)>);

impl Made {
    /// A vector with a name and the reason for it.
    pub(crate) fn new(name: &str, note: &str) -> Self {
        Self(vec![("name", json!(name)), ("note", json!(note))])
    }

    /// Another field.
    pub(crate) fn with(mut self, field: &'static str, value: impl Into<Json>) -> Self {
        self.0.push((field, value.into()));
        self
    }

    /// Bytes as hex.
    pub(crate) fn hex(self, field: &'static str, bytes: impl AsRef<[u8]>) -> Self {
        self.with(field, to_hex(bytes))
    }

    /// A value in the vectors' notation.
    pub(crate) fn value(self, field: &'static str, value: &Value) -> Self {
        self.with(field, notation::write(value))
    }

    /// The code it is refused with.
    pub(crate) fn refused(self, code: signed::Code) -> Self {
        self.with("refused", code.name)
    }
}

/// The two keys of the vectors.
pub(crate) struct Keys {
    /// A device's.
    pub device: RingSigner,
    /// The server's.
    pub server: RingSigner,
}

impl Keys {
    /// As `keys.json` holds them.
    pub(crate) fn load() -> Self {
        let keys = super::file("keys");
        let one = |name: &str| {
            RingSigner::from_pkcs8(&hex(keys[name]["pkcs8"].as_str().expect("pkcs8"))).expect("a P-256 key")
        };
        Self { device: one("device"), server: one("server") }
    }

    /// The id of the device.
    pub(crate) fn device_id(&self) -> DeviceId {
        self.device.public_key().id()
    }
}

pub(crate) const INCARNATION: Incarnation = Incarnation([0x1c; 16]);
pub(crate) const EPOCH: Epoch = Epoch([0xe0; 16]);

pub(crate) fn record() -> RecordId {
    "019aa7f0-5b00-7c3d-8a11-0242ac120002".parse().expect("an id")
}

pub(crate) fn second_record() -> RecordId {
    "019aa7f0-6c10-7d4e-9b22-0242ac120003".parse().expect("an id")
}

pub(crate) fn user() -> UserId {
    UserId::new("r.hussain").expect("an id")
}

pub(crate) fn time() -> Timestamp {
    Timestamp::parse_exact("2026-11-22T09:30:00.000Z").expect("a time")
}

/// Writes every file anew.
pub(crate) fn write_all() {
    if !proto().join("vectors/keys.json").exists() {
        write_keys();
    }
    let keys = Keys::load();
    let about = |what: &str| what.to_owned();
    write("cbor", &about("The one CBOR form: values and their bytes, and forms that are refused."), documents::cbor());
    write("ids", &about("Identifiers that are computed: documents.md section 3."), documents::ids(&keys));
    write(
        "genesis",
        &about("The genesis change of each template: constant, never sent. documents.md section 4."),
        documents::genesis(),
    );
    write(
        "statements",
        &about("Statements, and envelopes that are none. documents.md sections 1 and 6."),
        documents::statements(&keys),
    );
    write("digest", &about("The audience digest after each change is added. sync.md section 8."), proofs::digest());
    write(
        "frames",
        &about("Push frames: what is rebuilt, hashed and signed. sync.md section 3."),
        proofs::frames(&keys),
    );
    write("pages", &about("Inbox pages. sync.md section 6."), proofs::pages(&keys));
    write("receipts", &about("Receipts: leaf, path and signed head. sync.md section 5."), proofs::receipts(&keys));
    write("messages", &about("Every message, and bytes that are none. messages.cddl."), messages::messages(&keys));
    write(
        "framing",
        &about("Bytes of a stream and the messages in them. transport.md section 4."),
        messages::framing(),
    );
    write("packed", &about("Bodies, packed. transport.md section 6."), messages::packed());
    write("enrolment", &about("Enrolment codes. transport.md section 7."), messages::enrolment(&keys));
}

fn write(name: &str, about: &str, cases: Vec<Made>) {
    let mut text = format!("{{\n  \"about\": {},\n  \"cases\": [\n", json!(about));
    let cases: Vec<String> = cases.iter().map(show).collect();
    text.push_str(&cases.join(",\n"));
    text.push_str("\n  ]\n}\n");
    std::fs::write(proto().join(format!("vectors/{name}.json")), text).expect("writes");
}

fn show(case: &Made) -> String {
    let fields: Vec<String> =
        case.0.iter().map(|(name, value)| format!("      \"{name}\": {}", pretty(value))).collect();
    format!("    {{\n{}\n    }}", fields.join(",\n"))
}

fn pretty(value: &Json) -> String {
    let line = value.to_string();
    if line.len() <= 100 {
        return line;
    }
    serde_json::to_string_pretty(value).expect("JSON").replace('\n', "\n      ")
}

fn write_keys() {
    let one = |note: &str| {
        let key = RingSigner::generate().expect("a key");
        json!({"note": note, "pkcs8": to_hex(key.pkcs8()), "spki": to_hex(key.public_key().spki()),
               "id": key.public_key().id().to_string(), "pin": to_hex(wire::enrolment::pin(key.public_key().spki()))})
    };
    let keys = json!({
        "about": "TEST KEYS. Public for ever, so they protect nothing: they only let the vectors be checked. Never use them.",
        "device": one("TEST KEY of the vectors' device"),
        "server": one("TEST KEY of the vectors' server"),
    });
    let text = serde_json::to_string_pretty(&keys).expect("JSON") + "\n";
    std::fs::write(proto().join("vectors/keys.json"), text).expect("writes");
}

/// The public half of a key in `keys.json`.
pub(crate) fn public_key(name: &str) -> PublicKey {
    let keys = super::file("keys");
    PublicKey::from_spki(&hex(keys[name]["spki"].as_str().expect("spki"))).expect("a public key")
}
