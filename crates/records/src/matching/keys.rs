//! The identifiers a record carries: their kinds, and what is answered for a record.

use std::fmt;

use serde_json::Value as Json;

use super::gather::Gather;
use super::person::PersonFacts;

/// Identifiers of one record that are compared. What lies beyond is counted in [`Keys::beyond`].
pub const KEYS_MAX: usize = 200;

/// What kind of identifier it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum KeyKind {
    Phone,
    Email,
    Username,
    Vehicle,
    Address,
    Venue,
    /// How the name sounds, and the birthday.
    PersonDob,
    /// What somebody is called besides their own name.
    PersonAlias,
    /// How the name sounds, and the school.
    PersonSchool,
}

impl KeyKind {
    /// Every kind, in the order of its number in a store.
    pub const ALL: [Self; 9] = [
        Self::Phone,
        Self::Email,
        Self::Username,
        Self::Vehicle,
        Self::Address,
        Self::Venue,
        Self::PersonDob,
        Self::PersonAlias,
        Self::PersonSchool,
    ];

    /// The word in `key_kind`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Username => "username",
            Self::Vehicle => "vehicle",
            Self::Address => "address",
            Self::Venue => "venue",
            Self::PersonDob => "person",
            Self::PersonAlias => "alias",
            Self::PersonSchool => "name_and_school",
        }
    }

    /// The rule that finds it.
    #[must_use]
    pub fn rule(self) -> &'static str {
        if self == Self::Phone { "R12" } else { "R13" }
    }

    /// Its number in a store.
    #[must_use]
    pub fn number(self) -> u64 {
        Self::ALL.iter().position(|kind| *kind == self).map_or(0, |at| at as u64)
    }

    /// The kind with this number.
    #[must_use]
    pub fn by_number(number: u64) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// Whether people it finds have to be weighed.
    #[must_use]
    pub fn of_person(self) -> bool {
        matches!(self, Self::PersonDob | Self::PersonAlias | Self::PersonSchool)
    }
}

/// One identifier of a record. What it says is shown to nobody: `Debug` holds its kind alone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Its kind.
    pub kind: KeyKind,
    /// Its normal form: what is compared, or hashed under a key and then compared.
    pub value: String,
    /// The first place in the body where it stands: `phones/0`, `concern_items/<id>/text`.
    pub path: String,
    /// Whether the record says that many share it.
    pub shared: bool,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)
    }
}

/// The identifiers of one record, and what of it was not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// Each once, as the fields are declared: at most [`KEYS_MAX`].
    pub list: Vec<Key>,
    /// How many more there were.
    pub beyond: usize,
    /// Bytes of its texts that were not looked at.
    pub unread: usize,
    /// Whoever it says enough of to be weighed.
    pub people: Vec<PersonFacts>,
}

/// Every identifier a record of this kind carries, by declared field; a body as `show` prints it. A name alone is
/// none.
#[must_use]
pub fn gather(kind: &str, body: &Json) -> Keys {
    Gather::of(kind, body)
}

/// The identifiers alone: see [`gather`].
#[must_use]
pub fn keys(kind: &str, body: &Json) -> Vec<Key> {
    gather(kind, body).list
}

/// Whether what a body names is shared by many: a school, a hotel, a home, a helpline.
#[must_use]
pub fn shared_by_many(body: &Json) -> bool {
    body.get("shared_by_many").and_then(Json::as_array).is_some_and(|words| !words.is_empty())
}
