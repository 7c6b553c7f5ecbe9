//! Reading and writing `proto/vectors`.

pub(crate) mod make;
pub(crate) mod notation;
pub(crate) mod schema;

use std::path::PathBuf;

use serde_json::Value as Json;

/// The folder of the protocol's documents.
pub(crate) fn proto() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../proto")
}

/// One file of vectors.
pub(crate) fn file(name: &str) -> Json {
    let path = proto().join("vectors").join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The cases of a file.
pub(crate) fn cases(name: &str) -> Vec<Case> {
    let file = file(name);
    let cases = file["cases"].as_array().unwrap_or_else(|| panic!("{name}: no cases"));
    assert!(!cases.is_empty(), "{name}: no cases");
    cases.iter().map(|case| Case(case.clone())).collect()
}

/// One vector.
pub(crate) struct Case(Json);

impl Case {
    /// Its name, for messages of tests.
    pub(crate) fn name(&self) -> &str {
        self.0["name"].as_str().expect("every case has a name")
    }

    /// A field of it, if it has one.
    pub(crate) fn get(&self, field: &str) -> Option<&Json> {
        self.0.get(field)
    }

    /// A field that must be there.
    pub(crate) fn field(&self, field: &str) -> &Json {
        self.get(field).unwrap_or_else(|| panic!("{}: no field {field}", self.name()))
    }

    /// A text.
    pub(crate) fn text(&self, field: &str) -> &str {
        self.field(field).as_str().unwrap_or_else(|| panic!("{}: {field} is not a text", self.name()))
    }

    /// A number.
    pub(crate) fn number(&self, field: &str) -> u64 {
        self.field(field).as_u64().unwrap_or_else(|| panic!("{}: {field} is not a number", self.name()))
    }

    /// Bytes written as hex.
    pub(crate) fn bytes(&self, field: &str) -> Vec<u8> {
        hex(self.text(field))
    }

    /// Bytes of a fixed length.
    pub(crate) fn fixed<const N: usize>(&self, field: &str) -> [u8; N] {
        self.bytes(field).try_into().unwrap_or_else(|_| panic!("{}: {field} has another length", self.name()))
    }

    /// A value in the vectors' notation.
    pub(crate) fn value(&self, field: &str) -> signed::Value {
        notation::read(self.field(field))
    }

    /// The code this is refused with, if it is.
    pub(crate) fn refused(&self) -> Option<signed::Code> {
        let name = self.get("refused")?.as_str().expect("a code's name");
        Some(signed::Code::by_name(name).unwrap_or_else(|| panic!("no code {name}")))
    }
}

/// Bytes from hex.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(text.as_bytes()).expect("lower-case hex")
}

/// Bytes as hex.
pub(crate) fn to_hex(bytes: impl AsRef<[u8]>) -> String {
    data_encoding::HEXLOWER.encode(bytes.as_ref())
}
