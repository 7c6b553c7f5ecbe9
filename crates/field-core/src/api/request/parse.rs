//! Reading a request. The messages of the JSON library can quote what they read, and a request
//! holds words of a record: so errors here are made of places and names alone.

use std::fmt::{self, Display};

use records::Gap;
use serde::de::value::SeqDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::Value as Json;
use signed::code;

use super::limits;
use super::strict::Strict;
use crate::error::{FieldError, Result};

/// Bytes of an unknown field's name that an error still repeats.
const NAME_BYTES_MAX: usize = 64;

/// Reads a request: `I.too_large` past [`super::REQUEST_BYTES_MAX`], `I.json` for what is too deep or
/// no JSON object or names a field twice within a value, `I.field` for a field that it does not have, `I.value` for one that is missing or
/// of another type. The gap's path is the field; no message holds a word of what was read.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    limits::check(bytes)?;
    let text = std::str::from_utf8(bytes).map_err(|_| FieldError::new(code::I_JSON, "a request is UTF-8"))?;
    let request: Request = serde_json::from_str(text).map_err(|error| {
        let place = format!(
            "a request is one JSON object in which no field is given twice (line {}, column {})",
            error.line(),
            error.column()
        );
        FieldError::new(code::I_JSON, place)
    })?;
    T::deserialize(request).map_err(|wrong| wrong.gap().into())
}

/// The fields of a request in their order, a repeated one as often as it stands there.
struct Request(Vec<(String, Json)>);

impl<'de> Deserialize<'de> for Request {
    fn deserialize<D: Deserializer<'de>>(input: D) -> std::result::Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Request;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> std::result::Result<Request, M::Error> {
                let mut fields = Vec::new();
                while let Some((name, Strict(value))) = map.next_entry()? {
                    fields.push((name, value));
                }
                Ok(Request(fields))
            }
        }
        input.deserialize_map(InOrder)
    }
}

impl<'de> Deserializer<'de> for Request {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, Wrong> {
        visitor.visit_map(Fields::of(self.0))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// Fields on their way into a struct; an error learns whose value it was.
struct Fields {
    rest: std::vec::IntoIter<(String, Json)>,
    value: Option<(String, Json)>,
}

impl Fields {
    fn of(fields: Vec<(String, Json)>) -> Self {
        Self { rest: fields.into_iter(), value: None }
    }
}

impl<'de> MapAccess<'de> for Fields {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> std::result::Result<Option<K::Value>, Wrong> {
        let Some((name, value)) = self.rest.next() else { return Ok(None) };
        self.value = Some((name.clone(), value));
        seed.deserialize(name.into_deserializer()).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> std::result::Result<S::Value, Wrong> {
        let (name, value) = self.value.take().unwrap_or_default();
        seed.deserialize(Part(value)).map_err(|wrong| wrong.at(&name))
    }
}

/// A value on its way into a field.
struct Part(Json);

impl<'de> Deserializer<'de> for Part {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, Wrong> {
        match self.0 {
            Json::Null => visitor.visit_unit(),
            Json::Bool(value) => visitor.visit_bool(value),
            Json::Number(number) => number.deserialize_any(visitor).map_err(|_| Wrong::Value(None)),
            Json::String(text) => visitor.visit_string(text),
            Json::Array(list) => visitor.visit_seq(SeqDeserializer::new(list.into_iter().map(Part))),
            Json::Object(map) => visitor.visit_map(Fields::of(map.into_iter().collect())),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, Wrong> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl IntoDeserializer<'_, Wrong> for Part {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// What is wrong with a request, without what it says.
#[derive(Debug)]
enum Wrong {
    Unknown(Option<String>),
    Missing(&'static str),
    Twice(&'static str),
    Value(Option<String>),
}

impl Wrong {
    fn at(self, name: &str) -> Self {
        match self {
            Self::Value(None) => Self::Value(repeatable(name)),
            Self::Unknown(_) | Self::Missing(_) | Self::Twice(_) | Self::Value(_) => self,
        }
    }

    fn gap(self) -> Gap {
        match self {
            Self::Unknown(Some(name)) => {
                let message = format!("this request has no field `{name}`");
                Gap::new(code::I_FIELD, name, message)
            }
            Self::Unknown(None) => Gap::new(code::I_FIELD, "", "this request has no such field"),
            Self::Missing(name) => Gap::new(code::I_VALUE, name, format!("`{name}` is missing")),
            Self::Twice(name) => Gap::new(code::I_VALUE, name, format!("`{name}` is given twice")),
            Self::Value(Some(name)) => {
                let message = format!("`{name}` is not what belongs there");
                Gap::new(code::I_VALUE, name, message)
            }
            Self::Value(None) => Gap::new(code::I_VALUE, "", "a value is not what belongs there"),
        }
    }
}

/// A name that can be no more than a name.
fn repeatable(name: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    let fits = (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(plain);
    fits.then(|| name.to_owned())
}

impl Error for Wrong {
    /// The library's sentence may quote a value: it is not even written.
    fn custom<T: Display>(_: T) -> Self {
        Self::Value(None)
    }

    fn unknown_field(name: &str, _: &'static [&'static str]) -> Self {
        Self::Unknown(repeatable(name))
    }

    fn missing_field(name: &'static str) -> Self {
        Self::Missing(name)
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self::Twice(name)
    }
}

impl Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the request that was expected")
    }
}

impl std::error::Error for Wrong {}
