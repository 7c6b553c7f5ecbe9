//! Ids and times within a request.

use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error};
use signed::{RecordId, Timestamp};

pub(super) fn id<'de, D: Deserializer<'de>>(value: D) -> Result<RecordId, D::Error> {
    let text = String::deserialize(value)?;
    RecordId::from_str(&text).map_err(|_| D::Error::custom("the id of a record"))
}

pub(super) fn some_id<'de, D: Deserializer<'de>>(value: D) -> Result<Option<RecordId>, D::Error> {
    let text: Option<String> = Option::deserialize(value)?;
    text.map(|text| RecordId::from_str(&text).map_err(|_| D::Error::custom("the id of a record"))).transpose()
}

pub(super) fn time<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Timestamp>, D::Error> {
    let text: Option<String> = Option::deserialize(value)?;
    text.map(|text| Timestamp::parse(&text).map_err(|_| D::Error::custom("an RFC 3339 time"))).transpose()
}
