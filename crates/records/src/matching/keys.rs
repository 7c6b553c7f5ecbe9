//! The identifiers a record carries, field by field.

use serde_json::Value as Json;

use super::normal;
use super::person::{facts, sound};

/// Identifiers of one record that are compared; what lies beyond is counted.
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
    /// A whole name as it is written, of somebody who has more than one.
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
    /// Its normal form: what is compared.
    pub value: String,
    /// Whether many share it.
    pub shared: bool,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.kind)
    }
}

/// The identifiers of a record of this kind, each once, at most [`KEYS_MAX`].
#[must_use]
pub fn keys(kind: &str, body: &Json) -> Vec<Key> {
    let mut all = Gather { shared: shared_by_many(body), keys: Vec::new() };
    for (field, kind) in FIELDS {
        all.values(body.get(*field), *kind);
    }
    match kind {
        "person" => all.person(body),
        "place" => all.place(body),
        "welfare_check" => all.values(body.get("address"), KeyKind::Address),
        "concern" => all.values(body.get("where"), KeyKind::Address),
        _ => {}
    }
    for field in ["exact_words", "concern_items", "exact_request", "words_verbatim"] {
        all.phones_in(body.get(field));
    }
    all.keys.sort();
    all.keys.dedup_by(|one, other| one.kind == other.kind && one.value == other.value);
    all.keys.truncate(KEYS_MAX);
    all.keys
}

/// Whether what a body names is shared by many: a school, a hotel, a home, a helpline.
#[must_use]
pub fn shared_by_many(body: &Json) -> bool {
    body.get("shared_by_many").and_then(Json::as_array).is_some_and(|words| !words.is_empty())
}

const FIELDS: &[(&str, KeyKind)] = &[
    ("phones", KeyKind::Phone),
    ("emails", KeyKind::Email),
    ("usernames", KeyKind::Username),
    ("vehicles", KeyKind::Vehicle),
    ("addresses", KeyKind::Address),
    ("venues", KeyKind::Venue),
];

struct Gather {
    shared: bool,
    keys: Vec<Key>,
}

impl Gather {
    fn add(&mut self, kind: KeyKind, value: Option<String>) {
        if let Some(value) = value.filter(|_| self.keys.len() < 2 * KEYS_MAX) {
            self.keys.push(Key { kind, value, shared: self.shared });
        }
    }

    fn one(&mut self, text: &str, kind: KeyKind) {
        let value = match kind {
            KeyKind::Phone => normal::phone(text),
            KeyKind::Email | KeyKind::Username => normal::handle(text),
            KeyKind::Vehicle => normal::vehicle(text),
            KeyKind::Address => normal::address(text),
            KeyKind::Venue => normal::venue(text),
            KeyKind::PersonDob | KeyKind::PersonAlias | KeyKind::PersonSchool => None,
        };
        // A place that is no address may be a venue.
        if kind == KeyKind::Address && value.is_none() {
            return self.add(KeyKind::Venue, normal::venue(text));
        }
        self.add(kind, value);
    }

    /// A text, a list of texts, or things said.
    fn values(&mut self, value: Option<&Json>, kind: KeyKind) {
        match value {
            Some(Json::String(text)) => self.one(text, kind),
            Some(Json::Array(lines)) => lines.iter().for_each(|line| self.values(Some(line), kind)),
            Some(Json::Object(map)) => self.values(map.get("as_said").filter(|said| said.is_string()), kind),
            Some(Json::Null | Json::Bool(_) | Json::Number(_)) | None => {}
        }
    }

    fn phones_in(&mut self, value: Option<&Json>) {
        let text = value.map(crate::rules::look::words).unwrap_or_default();
        for (_, number) in normal::phones_in(&text) {
            self.add(KeyKind::Phone, Some(number));
        }
    }

    fn place(&mut self, body: &Json) {
        let kind = match body.get("place_kind").and_then(Json::as_str) {
            Some("phone") => KeyKind::Phone,
            Some("email") => KeyKind::Email,
            Some("username") => KeyKind::Username,
            Some("vehicle") => KeyKind::Vehicle,
            Some("venue") => KeyKind::Venue,
            _ => KeyKind::Address,
        };
        self.values(body.get("value_raw"), kind);
    }

    fn person(&mut self, body: &Json) {
        let facts = facts(body);
        for name in &facts.names {
            let Some(sound) = sound(name) else { continue };
            if let Some(dob) = &facts.dob {
                // The month and the day may have been exchanged: the digits block, the order does not.
                let mut digits: Vec<char> = dob.chars().filter(char::is_ascii_digit).collect();
                digits.sort_unstable();
                let digits: String = digits.into_iter().collect();
                self.add(KeyKind::PersonDob, Some(format!("{sound}/{digits}")));
            }
            for school in &facts.schools {
                self.add(KeyKind::PersonSchool, Some(format!("{sound}/{school}")));
            }
            if facts.names.len() > 1 {
                self.add(KeyKind::PersonAlias, Some(name.clone()));
            }
        }
    }
}
