//! The one CBOR profile of everything signed, hashed or sent: RFC 8949 section 4.2.1 and narrower.
//!
//! Maps have text keys, strictly ascending by their encoded bytes; no floats, tags, undefined or
//! other simple values; nesting at most [`DEPTH_MAX`]; shortest forms only; nothing after the
//! value. Whatever is not in this form is refused: a second spelling would give one statement two
//! identities.

use std::collections::BTreeMap;
use std::fmt;

use ciborium::value::Integer;
use serde_json::{Map as JsonMap, Number, Value as Json};

/// How deep a value may nest.
pub const DEPTH_MAX: usize = 16;

/// A value of the profile.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// Null: a value that is known to be absent. An absent *field* is left out instead.
    Null,
    /// True or false.
    Bool(bool),
    /// An integer in the range of a 64-bit signed number.
    Int(i64),
    /// A byte string.
    Bytes(Vec<u8>),
    /// A text.
    Text(String),
    /// An array.
    Array(Vec<Value>),
    /// A map with text keys.
    Map(Map),
}

/// A map of the profile. Its order in memory is by text; on the wire by encoded key.
pub type Map = BTreeMap<String, Value>;

/// Why bytes are not a value of the profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CborError {
    /// Not CBOR, or something follows the value.
    #[error("not well-formed CBOR")]
    Malformed,
    /// Deeper than [`DEPTH_MAX`].
    #[error("nested too deep")]
    TooDeep,
    /// A float, tag, undefined, simple value, or an integer beyond 64 bits.
    #[error("a type outside the profile")]
    Type,
    /// A map key that is not text.
    #[error("a map key that is not text")]
    Key,
    /// Well-formed, but not in the one deterministic form.
    #[error("not in deterministic form")]
    NotDeterministic,
    /// A field is missing, of another type, or unknown where none may be.
    #[error("a field is missing or of another type")]
    Shape,
    /// JSON holds a number that is not an integer.
    #[error("only whole numbers are kept")]
    Float,
}

/// The one byte form of a value.
#[must_use]
pub fn encode(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write(value, &mut out);
    out
}

/// Reads a value; refuses every form but the deterministic one.
pub fn decode(bytes: &[u8]) -> Result<Value, CborError> {
    let mut rest = bytes;
    // A tag wrapper costs ciborium a level as well; two more than the profile allows is enough
    // to see that something is too deep without following it.
    let parsed: ciborium::Value =
        ciborium::de::from_reader_with_recursion_limit(&mut rest, DEPTH_MAX + 2).map_err(|e| match e {
            ciborium::de::Error::RecursionLimitExceeded => CborError::TooDeep,
            ciborium::de::Error::Io(_) | ciborium::de::Error::Syntax(_) | ciborium::de::Error::Semantic(..) => {
                CborError::Malformed
            }
        })?;
    if !rest.is_empty() {
        return Err(CborError::Malformed);
    }
    let value = narrow(parsed, DEPTH_MAX)?;
    if encode(&value) == bytes { Ok(value) } else { Err(CborError::NotDeterministic) }
}

fn narrow(value: ciborium::Value, depth: usize) -> Result<Value, CborError> {
    use ciborium::Value as C;
    let below = || depth.checked_sub(1).ok_or(CborError::TooDeep);
    Ok(match value {
        C::Null => Value::Null,
        C::Bool(b) => Value::Bool(b),
        C::Integer(i) => Value::Int(i64::try_from(i).map_err(|_| CborError::Type)?),
        C::Bytes(b) => Value::Bytes(b),
        C::Text(t) => Value::Text(t),
        C::Array(items) => {
            let depth = below()?;
            Value::Array(items.into_iter().map(|v| narrow(v, depth)).collect::<Result<_, _>>()?)
        }
        C::Map(pairs) => {
            let depth = below()?;
            let mut map = Map::new();
            for (key, value) in pairs {
                let C::Text(key) = key else { return Err(CborError::Key) };
                if map.insert(key, narrow(value, depth)?).is_some() {
                    return Err(CborError::NotDeterministic);
                }
            }
            Value::Map(map)
        }
        C::Float(_) | C::Tag(..) | _ => return Err(CborError::Type),
    })
}

fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(0xf6),
        Value::Bool(false) => out.push(0xf4),
        Value::Bool(true) => out.push(0xf5),
        Value::Int(i) => match u64::try_from(*i) {
            Ok(n) => head(0, n, out),
            Err(_) => head(1, (!*i).unsigned_abs(), out),
        },
        Value::Bytes(b) => {
            head(2, b.len() as u64, out);
            out.extend_from_slice(b);
        }
        Value::Text(t) => text(t, out),
        Value::Array(items) => {
            head(4, items.len() as u64, out);
            items.iter().for_each(|item| write(item, out));
        }
        Value::Map(map) => {
            head(5, map.len() as u64, out);
            // By encoded key: shorter keys first, then by their bytes.
            let mut pairs: Vec<_> = map.iter().collect();
            pairs.sort_by(|(a, _), (b, _)| (a.len(), a.as_bytes()).cmp(&(b.len(), b.as_bytes())));
            for (key, value) in pairs {
                text(key, out);
                write(value, out);
            }
        }
    }
}

fn text(text: &str, out: &mut Vec<u8>) {
    head(3, text.len() as u64, out);
    out.extend_from_slice(text.as_bytes());
}

/// A CBOR head: major type and argument in its shortest form.
pub(crate) fn head(major: u8, argument: u64, out: &mut Vec<u8>) {
    let major = major << 5;
    let bytes = argument.to_be_bytes();
    let [.., b4, b5, b6, b7] = bytes;
    match argument {
        0..=23 => out.push(major | b7),
        24..=0xff => out.extend_from_slice(&[major | 24, b7]),
        0x100..=0xffff => out.extend_from_slice(&[major | 25, b6, b7]),
        0x1_0000..=0xffff_ffff => out.extend_from_slice(&[major | 26, b4, b5, b6, b7]),
        _ => {
            out.push(major | 27);
            out.extend_from_slice(&bytes);
        }
    }
}

impl Value {
    /// A text value.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A byte string.
    pub fn bytes(bytes: impl AsRef<[u8]>) -> Self {
        Self::Bytes(bytes.as_ref().to_vec())
    }

    /// An integer; a count beyond 63 bits does not occur and is clamped.
    #[must_use]
    pub fn uint(number: u64) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }

    /// The text, if this is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The bytes, if this is a byte string.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    /// The integer, if this is one.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        if let Self::Int(number) = self { Some(*number) } else { None }
    }

    /// The integer as a count, if this is one and not negative.
    #[must_use]
    pub fn as_uint(&self) -> Option<u64> {
        self.as_int().and_then(|n| u64::try_from(n).ok())
    }

    /// The elements, if this is an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Value]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    /// The map, if this is one.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        if let Self::Map(map) = self { Some(map) } else { None }
    }

    /// From JSON. JSON has no byte strings: bytes inside record content travel as text.
    pub fn from_json(json: &Json) -> Result<Self, CborError> {
        Self::from_json_within(json, DEPTH_MAX)
    }

    fn from_json_within(json: &Json, depth: usize) -> Result<Self, CborError> {
        let below = || depth.checked_sub(1).ok_or(CborError::TooDeep);
        Ok(match json {
            Json::Null => Self::Null,
            Json::Bool(b) => Self::Bool(*b),
            Json::Number(n) => Self::Int(n.as_i64().ok_or(CborError::Float)?),
            Json::String(s) => Self::Text(s.clone()),
            Json::Array(items) => {
                let depth = below()?;
                let items = items.iter().map(|v| Self::from_json_within(v, depth));
                Self::Array(items.collect::<Result<_, _>>()?)
            }
            Json::Object(map) => {
                let depth = below()?;
                let pairs = map.iter().map(|(k, v)| Ok((k.clone(), Self::from_json_within(v, depth)?)));
                Self::Map(pairs.collect::<Result<_, CborError>>()?)
            }
        })
    }

    /// To JSON; bytes become lower-case hex.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(b) => Json::Bool(*b),
            Self::Int(i) => Json::Number(Number::from(*i)),
            Self::Bytes(b) => Json::String(data_encoding::HEXLOWER.encode(b)),
            Self::Text(t) => Json::String(t.clone()),
            Self::Array(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Self::Map(map) => {
                Json::Object(map.iter().map(|(k, v)| (k.clone(), v.to_json())).collect::<JsonMap<_, _>>())
            }
        }
    }
}

/// Prints types and lengths, never contents: a value may hold the words of a record.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(_) => f.write_str("bool"),
            Self::Int(_) => f.write_str("int"),
            Self::Bytes(b) => write!(f, "bytes({})", b.len()),
            Self::Text(t) => write!(f, "text({})", t.len()),
            Self::Array(items) => write!(f, "array({})", items.len()),
            Self::Map(map) => write!(f, "map({})", map.len()),
        }
    }
}

/// Takes a map apart field by field; what is left over at [`Fields::finish`] is refused.
pub struct Fields(Map);

impl Fields {
    /// The fields of a value that must be a map.
    pub fn of(value: Value) -> Result<Self, CborError> {
        if let Value::Map(map) = value { Ok(Self(map)) } else { Err(CborError::Shape) }
    }

    /// A field that may be absent.
    pub fn optional(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    /// A field that must be there.
    pub fn value(&mut self, name: &str) -> Result<Value, CborError> {
        self.0.remove(name).ok_or(CborError::Shape)
    }

    /// A text that must be there.
    pub fn text(&mut self, name: &str) -> Result<String, CborError> {
        if let Value::Text(text) = self.value(name)? { Ok(text) } else { Err(CborError::Shape) }
    }

    /// A byte string that must be there.
    pub fn bytes(&mut self, name: &str) -> Result<Vec<u8>, CborError> {
        if let Value::Bytes(bytes) = self.value(name)? { Ok(bytes) } else { Err(CborError::Shape) }
    }

    /// A byte string of an exact length.
    pub fn fixed<const N: usize>(&mut self, name: &str) -> Result<[u8; N], CborError> {
        self.bytes(name)?.try_into().map_err(|_| CborError::Shape)
    }

    /// A whole number that must be there.
    pub fn int(&mut self, name: &str) -> Result<i64, CborError> {
        self.value(name)?.as_int().ok_or(CborError::Shape)
    }

    /// A count that must be there.
    pub fn uint(&mut self, name: &str) -> Result<u64, CborError> {
        self.value(name)?.as_uint().ok_or(CborError::Shape)
    }

    /// An array that must be there.
    pub fn array(&mut self, name: &str) -> Result<Vec<Value>, CborError> {
        if let Value::Array(items) = self.value(name)? { Ok(items) } else { Err(CborError::Shape) }
    }

    /// Refuses fields nobody asked for.
    pub fn finish(self) -> Result<(), CborError> {
        if self.0.is_empty() { Ok(()) } else { Err(CborError::Shape) }
    }
}

/// A map from names and values.
pub fn map<'a>(pairs: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    Value::Map(pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
}

impl From<Integer> for Value {
    fn from(number: Integer) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            proptest::collection::vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
            ".{0,30}".prop_map(Value::Text),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..8).prop_map(Value::Array),
                proptest::collection::btree_map(".{0,30}", inner, 0..8).prop_map(Value::Map),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_value_has_one_form_and_reads_back(value in any_value()) {
            let bytes = encode(&value);
            prop_assert_eq!(decode(&bytes), Ok(value.clone()));
            // Another implementation reads the same.
            let other: ciborium::Value = ciborium::from_reader(&bytes[..]).expect("CBOR");
            prop_assert_eq!(narrow(other, DEPTH_MAX), Ok(value));
        }

        #[test]
        fn any_bytes_are_refused_or_are_the_one_form(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(value) = decode(&bytes) {
                prop_assert_eq!(encode(&value), bytes);
            }
        }
    }

    #[test]
    fn other_spellings_of_the_same_value_are_refused() {
        let cases: [(&[u8], CborError); 9] = [
            (&[0x18, 0x05], CborError::NotDeterministic), // 5 in two bytes
            (&[0xa2, 0x61, b'b', 1, 0x61, b'a', 2], CborError::NotDeterministic), // unsorted keys
            (&[0xa2, 0x61, b'a', 1, 0x61, b'a', 2], CborError::NotDeterministic), // repeated key
            (&[0x9f, 0xff], CborError::NotDeterministic), // indefinite length
            (&[0xf9, 0x3c, 0x00], CborError::Type),       // a float
            (&[0xc1, 0x00], CborError::Type),             // a tag
            (&[0xf7], CborError::Type),                   // undefined
            (&[0xa1, 0x01, 0x01], CborError::Key),        // a key that is a number
            (&[0x01, 0x01], CborError::Malformed),        // a trailing byte
        ];
        for (bytes, expected) in cases {
            let found = decode(bytes);
            assert!(found == Err(expected) || (expected == CborError::Type && found.is_err()), "{bytes:x?}: {found:?}");
        }
    }

    #[test]
    fn depth_is_bounded_and_declared_lengths_cost_nothing() {
        let mut deep = vec![0x81; DEPTH_MAX];
        deep.push(0x01);
        assert!(decode(&deep).is_ok());
        let mut deeper = vec![0x81; 100_000];
        deeper.push(0x01);
        assert_eq!(decode(&deeper), Err(CborError::TooDeep));
        // An array of 2^60 elements, a text of 2^60 bytes.
        assert!(decode(&[0x9b, 0x10, 0, 0, 0, 0, 0, 0, 0]).is_err());
        assert!(decode(&[0x7b, 0x10, 0, 0, 0, 0, 0, 0, 0]).is_err());
    }

    #[test]
    fn debug_output_holds_no_contents() {
        let value = map([("name", Value::text("Aisha"))]);
        assert!(!format!("{value:?}").contains("Aisha"));
        assert!(!format!("{:?}", Value::text("Aisha")).contains("Aisha"));
    }
}
