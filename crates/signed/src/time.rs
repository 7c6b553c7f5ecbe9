//! Points in time as the protocol writes them: UTC, milliseconds, RFC 3339 with `Z`.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds since 1970-01-01T00:00:00Z. Written as `2026-11-22T09:30:00.000Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The text is not a time in the one form that is accepted.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not an RFC 3339 time")]
pub struct TimeError;

// The years 1 to 9999: what RFC 3339 can write.
const MILLIS_MIN: i64 = -62_135_596_800_000;
const MILLIS_MAX: i64 = 253_402_300_799_999;

impl Timestamp {
    /// A time from milliseconds since 1970, clamped to the years RFC 3339 can write.
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(MILLIS_MIN, MILLIS_MAX))
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn millis(self) -> i64 {
        self.0
    }

    /// Any RFC 3339 time, as people type it; kept to the millisecond and in UTC.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let parsed = DateTime::parse_from_rfc3339(text).map_err(|_| TimeError)?;
        Ok(Self::from_millis(parsed.timestamp_millis()))
    }

    /// Only the one canonical form; what peers send must be in it.
    pub fn parse_exact(text: &str) -> Result<Self, TimeError> {
        let time = Self::parse(text)?;
        if time.to_string() == text { Ok(time) } else { Err(TimeError) }
    }

    /// This time moved by a signed number of milliseconds, clamped.
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self::from_millis(self.0.saturating_add(millis))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = DateTime::<Utc>::from_timestamp_millis(self.0).unwrap_or(DateTime::UNIX_EPOCH);
        f.write_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_one_written_form() {
        let time = Timestamp::parse("2026-11-22T10:30:00+01:00").expect("valid");
        assert_eq!(time.to_string(), "2026-11-22T09:30:00.000Z");
        assert!(Timestamp::parse_exact("2026-11-22T09:30:00Z").is_err());
        assert_eq!(Timestamp::parse_exact("2026-11-22T09:30:00.000Z"), Ok(time));
    }

    #[test]
    fn a_wild_clock_is_clamped_and_still_prints() {
        assert_eq!(Timestamp::from_millis(i64::MAX).to_string(), "9999-12-31T23:59:59.999Z");
        let _ = Timestamp::from_millis(i64::MIN).plus_millis(i64::MIN).to_string();
    }
}
