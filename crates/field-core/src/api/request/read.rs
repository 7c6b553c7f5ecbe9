//! Ids, times and objects within a request.

use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::{Map as JsonMap, Value as Json};
use signed::{MediaHash, RecordId, Timestamp};

pub(super) fn id<'de, D: Deserializer<'de>>(value: D) -> Result<RecordId, D::Error> {
    let text = String::deserialize(value)?;
    RecordId::from_str(&text).map_err(|_| D::Error::custom("the id of a record"))
}

pub(super) fn media<'de, D: Deserializer<'de>>(value: D) -> Result<MediaHash, D::Error> {
    let text = String::deserialize(value)?;
    MediaHash::from_str(&text).map_err(|_| D::Error::custom("the hash of a file"))
}

pub(super) fn some_id<'de, D: Deserializer<'de>>(value: D) -> Result<Option<RecordId>, D::Error> {
    let text: Option<String> = Option::deserialize(value)?;
    text.map(|text| RecordId::from_str(&text).map_err(|_| D::Error::custom("the id of a record"))).transpose()
}

pub(super) fn time<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Timestamp>, D::Error> {
    let text: Option<String> = Option::deserialize(value)?;
    text.map(|text| Timestamp::parse(&text).map_err(|_| D::Error::custom("an RFC 3339 time"))).transpose()
}

/// The library takes null for an empty object; a body that was forgotten is not an empty one.
pub(super) fn object<'de, D: Deserializer<'de>>(value: D) -> Result<JsonMap<String, Json>, D::Error> {
    match Json::deserialize(value)? {
        Json::Object(map) => Ok(map),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
            Err(D::Error::custom("an object"))
        }
    }
}

/// Hashes in lower-case hex.
pub(super) fn hashes<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Vec<[u8; 32]>>, D::Error> {
    let texts: Option<Vec<String>> = Option::deserialize(value)?;
    let one = |text: String| {
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).ok();
        bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| D::Error::custom("a SHA-256 in lower-case hex"))
    };
    texts.map(|texts| texts.into_iter().map(one).collect()).transpose()
}
