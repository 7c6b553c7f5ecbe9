//! The texts that have a form of their own.

use serde::Serialize;
use signed::{ChangeHash, DeviceId, FrameHash, MediaHash, RecordId, StatementHash, Timestamp};

/// The id of a record or of a device: a UUID.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("format" = "uuid")))]
pub struct Id(String);

/// A SHA-256, in lower-case hex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[0-9a-f]{64}$")))]
pub struct Hash(String);

/// A time, as RFC 3339 writes it; in an answer always in UTC and to the millisecond.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
pub struct Time(String);

/// Bytes, in base64 with padding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("contentEncoding" = "base64")))]
pub struct Base64(String);

/// The permanent name of a code; it begins with the rule or the part that refuses. The C interface's own
/// refusals bear the names of `field.h`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("pattern" = "^([A-Z]+[0-9]*\\.[a-z0-9_]+|FIELD_[A-Z0-9_]+)$")))]
pub struct CodeName(&'static str);

/// What a caller can do about a refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("enum" = all::classes())))]
pub struct Class(&'static str);

/// A user's role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("enum" = all::roles())))]
pub struct Role(&'static str);

impl From<[u8; 32]> for Hash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(data_encoding::HEXLOWER.encode(&bytes))
    }
}

macro_rules! written_as {
    ($($word:ident: $($from:ty)+;)*) => {$($(
        impl From<$from> for $word {
            fn from(value: $from) -> Self {
                Self(value.to_string())
            }
        }
    )+)*};
}

written_as! {
    Id: RecordId DeviceId;
    Hash: ChangeHash FrameHash MediaHash StatementHash;
    Time: Timestamp;
}

impl From<&[u8]> for Base64 {
    fn from(bytes: &[u8]) -> Self {
        Self(data_encoding::BASE64.encode(bytes))
    }
}

impl From<signed::Code> for CodeName {
    fn from(code: signed::Code) -> Self {
        Self(code.name)
    }
}

impl From<signed::Code> for Class {
    fn from(code: signed::Code) -> Self {
        Self(code.class.as_str())
    }
}

impl From<records::Role> for Role {
    fn from(role: records::Role) -> Self {
        Self(role.as_str())
    }
}

#[cfg(feature = "schema")]
mod all {
    use std::collections::BTreeSet;

    /// The classes of all codes, and that of a call that is none: no error has another one.
    pub(super) fn classes() -> BTreeSet<&'static str> {
        signed::code::ALL.iter().map(|code| code.class.as_str()).chain(["usage"]).collect()
    }

    pub(super) fn roles() -> Vec<&'static str> {
        records::Role::ALL.iter().map(|role| role.as_str()).collect()
    }
}
