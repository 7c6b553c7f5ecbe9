//! Identifiers. Each kind of thing has its own type, so that a device cannot be passed for a user.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

use crate::digest::sha256;

/// Why a text or byte string is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// A fixed-length identifier came with another length.
    #[error("an identifier of {expected} bytes came with {found}")]
    Length {
        /// Bytes the identifier has.
        expected: usize,
        /// Bytes that came.
        found: usize,
    },
    /// The text is not lower-case hexadecimal or a UUID.
    #[error("not a well-formed identifier")]
    Form,
    /// Operator-given ids are 1 to 64 characters of `[A-Za-z0-9._-]`.
    #[error("an id is 1 to 64 characters of A-Z a-z 0-9 . _ -")]
    Alphabet,
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], IdError> {
    bytes.try_into().map_err(|_| IdError::Length { expected: N, found: bytes.len() })
}

macro_rules! bytes_id {
    ($(#[$doc:meta])* $name:ident, $len:literal, $show:expr, $read:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// The raw bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }

            /// From raw bytes of exactly the right length.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, IdError> {
                fixed(bytes).map(Self)
            }
        }

        impl AsRef<[u8; $len]> for $name {
            fn as_ref(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let show: fn(&[u8; $len]) -> String = $show;
                f.write_str(&show(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                let read: fn(&str) -> Result<Vec<u8>, IdError> = $read;
                Self::from_slice(&read(text)?)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    };
}

fn show_uuid(bytes: &[u8; 16]) -> String {
    Uuid::from_bytes(*bytes).hyphenated().to_string()
}

fn read_uuid(text: &str) -> Result<Vec<u8>, IdError> {
    let id = Uuid::try_parse(text).map_err(|_| IdError::Form)?;
    Ok(id.as_bytes().to_vec())
}

fn read_hex(text: &str) -> Result<Vec<u8>, IdError> {
    HEXLOWER.decode(text.as_bytes()).map_err(|_| IdError::Form)
}

bytes_id!(
    /// A record and its document: UUIDv7 where a device mints it, UUIDv5 where it is derived.
    RecordId, 16, show_uuid, read_uuid
);
bytes_id!(
    /// A device, and the `kid` of its key: SHA-256(SubjectPublicKeyInfo)[0..16] with UUIDv8 bits.
    DeviceId, 16, show_uuid, read_uuid
);
bytes_id!(
    /// Who wrote a change, for automerge: one per device *store* (key and incarnation).
    ActorId, 16, |b| HEXLOWER.encode(b), read_hex
);
bytes_id!(
    /// Sixteen random bytes that name one life of a device's store.
    Incarnation, 16, |b| HEXLOWER.encode(b), read_hex
);
bytes_id!(
    /// Automerge's hash of a change's bytes.
    ChangeHash, 32, |b| HEXLOWER.encode(b), read_hex
);
bytes_id!(
    /// SHA-256 of a statement's bytes as received: its identity.
    StatementHash, 32, |b| HEXLOWER.encode(b), read_hex
);
bytes_id!(
    /// SHA-256 of a signed frame header.
    FrameHash, 32, |b| HEXLOWER.encode(b), read_hex
);
bytes_id!(
    /// An attached file: SHA-256 of its whole ciphertext.
    MediaHash, 32, |b| HEXLOWER.encode(b), read_hex
);

/// The one namespace of derived ids (written in `proto/README.md`).
pub const NAMESPACE: Uuid = Uuid::from_u128(0x6f1c_2f0e_5a1b_5d7e_9b0a_3c44_1f6e_8d21);

impl RecordId {
    /// A derived id: UUIDv5 in [`NAMESPACE`] over the parts joined by a zero byte. Ids are given
    /// as 36 lower-case characters, hashes as lower-case hex.
    #[must_use]
    pub fn derived(parts: &[&str]) -> Self {
        Self(*Uuid::new_v5(&NAMESPACE, parts.join("\0").as_bytes()).as_bytes())
    }

    /// A fresh UUIDv7 from a time and ten random bytes (the caller owns clock and randomness).
    #[must_use]
    pub fn mint(now: crate::Timestamp, random: [u8; 10]) -> Self {
        let millis = u64::try_from(now.millis()).unwrap_or(0);
        Self(*uuid::Builder::from_unix_timestamp_millis(millis, &random).as_uuid().as_bytes())
    }

    /// When a device minted it; `None` for one that is derived.
    #[must_use]
    pub fn minted_at(&self) -> Option<crate::Timestamp> {
        let [a, b, c, d, e, f, version, ..] = self.0;
        let millis = i64::from_be_bytes([0, 0, a, b, c, d, e, f]);
        (version >> 4 == 7).then(|| crate::Timestamp::from_millis(millis))
    }

    /// The draft document of a record: the same on each of its author's devices.
    #[must_use]
    pub fn draft(record: RecordId) -> Self {
        Self::derived(&["draft", &record.to_string()])
    }

    /// The police note that belongs to an action's update.
    #[must_use]
    pub fn note(update: RecordId) -> Self {
        Self::derived(&["note", &update.to_string()])
    }
}

impl DeviceId {
    /// The id of the device that holds this public key.
    #[must_use]
    pub fn of_key(spki_der: &[u8]) -> Self {
        let mut id = [0_u8; 16];
        let digest = sha256(spki_der);
        id.copy_from_slice(digest.split_at(16).0);
        Self(*uuid::Builder::from_custom_bytes(id).as_uuid().as_bytes())
    }
}

impl ActorId {
    /// The actor of one life of one device's store.
    #[must_use]
    pub fn of_store(spki_der: &[u8], incarnation: &Incarnation) -> Self {
        let mut text = b"actor".to_vec();
        text.extend_from_slice(spki_der);
        text.extend_from_slice(&incarnation.0);
        let mut id = [0_u8; 16];
        id.copy_from_slice(sha256(&text).split_at(16).0);
        Self(id)
    }
}

macro_rules! given_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// An id given by the operator: 1 to 64 characters of `[A-Za-z0-9._-]`.
            pub fn new(text: &str) -> Result<Self, IdError> {
                let fits = (1..=64).contains(&text.len());
                let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
                if fits && text.chars().all(known) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(IdError::Alphabet)
                }
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }
    };
}

given_id!(
    /// A person who uses Firsthand.
    UserId
);
given_id!(
    /// A school, by its unique reference number.
    SchoolId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_ids_depend_on_every_part_and_on_the_border_between_them() {
        let record = RecordId::derived(&["a", "b"]);
        assert_eq!(record, RecordId::derived(&["a", "b"]));
        assert_ne!(record, RecordId::derived(&["ab"]));
        assert_eq!(record.to_string().len(), 36);
        assert_eq!(record.to_string().parse(), Ok(record));
        assert_ne!(RecordId::draft(record), RecordId::note(record));
    }

    #[test]
    fn operator_ids_keep_to_their_alphabet() {
        assert!(UserId::new("o.brien-2_x").is_ok());
        for bad in ["", "has space", "ünicode", &"x".repeat(65)] {
            assert_eq!(UserId::new(bad), Err(IdError::Alphabet));
        }
    }

    #[test]
    fn a_device_id_is_a_version_8_uuid() {
        let id = DeviceId::of_key(b"any key");
        let uuid = Uuid::from_bytes(id.0);
        assert_eq!(uuid.get_version_num(), 8);
        assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122);
    }
}
